#!/usr/bin/env bash
# Coverage-guided fuzzing of KIR's decoder, validator, interpreter and openings, on the stable compiler.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/fuzz.sh [--help] [--minutes N] [TARGET...]
       scripts/fuzz.sh --replay FILE TARGET

Runs the fuzz targets of kir/fuzz one after the other, N minutes each (default 5), and prints executions, coverage and
findings. Without names it runs both:
  kernel    any bytes as a kernel: no panic, no acceptance of what the specification refuses, no run beyond the static
            bounds, and the same words as the second implementation
  opening   any bytes as an opening: no panic, and no false opening verifies

A run continues where the last one stopped: the corpus and each input that failed are stored in $TOUCHSTONE_FUZZ (default:
fuzz in Touchstone's cache folder). --replay runs one such file. This needs a C++ compiler for libFuzzer, but no other
toolchain: the stable compiler can run the instrumentation pass of LLVM. `cargo fuzz run TARGET` in kir/fuzz does the same
with a nightly compiler.
EOF
}

minutes=5 replay='' targets=()
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help) usage; exit 0 ;;
    --minutes) minutes="${2:?--minutes takes a number}"; shift 2 ;;
    --replay) replay="${2:?--replay takes a file}"; shift 2 ;;
    kernel | opening) targets+=("$1"); shift ;;
    *) printf 'fuzz: there is no target or option "%s"\n' "$1" >&2; usage >&2; exit 2 ;;
    esac
done
[[ "$minutes" =~ ^[1-9][0-9]*$ ]] || { printf 'fuzz: --minutes takes a number from 1, not "%s"\n' "$minutes" >&2; exit 2; }
[ -z "$replay" ] || [ ${#targets[@]} -eq 1 ] || { echo 'fuzz: --replay takes a file and its target' >&2; exit 2; }
[ -z "$replay" ] || [ -f "$replay" ] || { printf 'fuzz: there is no file %s\n' "$replay" >&2; exit 2; }
[ ${#targets[@]} -gt 0 ] || targets=(kernel opening)

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
corpus="${TOUCHSTONE_FUZZ:-$TOUCHSTONE_CACHE/fuzz}"
host="$(rustc -vV | sed -n 's/^host: //p')"
build="${CARGO_TARGET_DIR:-$TOUCHSTONE_ROOT/target}/fuzz"

# The flags of cargo-fuzz without the address sanitizer, which the stable compiler lacks; this code has no unsafe blocks.
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
# With an explicit --target, these flags do not apply to build scripts.
RUSTFLAGS="$flags" CARGO_TARGET_DIR="$build" cargo build --quiet --release --locked --target "$host" \
    --manifest-path "$TOUCHSTONE_ROOT/kir/fuzz/Cargo.toml"

for target in "${targets[@]}"; do
    program="$build/$host/release/$target"
    if [ -n "$replay" ]; then
        "$program" "$replay"
        continue
    fi
    mkdir -p "$corpus/$target" "$corpus/found"
    "$program" "$corpus/$target" -artifact_prefix="$corpus/found/$target-" -max_total_time=$((minutes * 60)) \
        -max_len=8192 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1
done

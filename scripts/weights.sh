#!/usr/bin/env bash
# Measures the pallets' weights on the runtime's Wasm and writes them into pallets/*/src/weights.rs.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/weights.sh [--help] [--judge | PALLET...]

Builds the runtime with its benchmarks and the benchmark runner (both are kept apart from the ordinary build), runs the
benchmarks of all pallets of this project, or of those named (as pallet_escrow), and writes their weights.

With --judge it writes nothing: it prints what an operation and a unit of fuel cost the judge in each way of burning it
(jumps between chunks, bit fields, packed products ...), and what a KiB opened costs, in the runtime's Wasm. The dearest
unit is what `refute` is measured with.

Environment:
  STEPS    points on each component's range          (default 50)
  REPEAT   measurements at each point                (default 20)

Run it on the machine that validators are expected to have, with nothing else running. Afterwards: scripts/test.sh.
EOF
}
case "${1:-}" in -h | --help) usage; exit 0 ;; esac

"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"

steps="${STEPS:-50}"
repeat="${REPEAT:-20}"
# Other features than the ordinary build: a target folder of its own, or both would be built again each time.
target="${WEIGHTS_TARGET_DIR:-$TOUCHSTONE_CACHE/weights}"

printf '== benchmark runner\n'
# The one Wasm among its dependencies belongs to a command that is not used here.
SKIP_WASM_BUILD=1 cargo build --locked --release --manifest-path scripts/bencher/Cargo.toml --target-dir "$target/bencher"
bencher="$target/bencher/release/touchstone-bencher"

# The Wasm alone, with the flags of substrate-wasm-builder: the native side of the runtime is not needed here.
printf '== runtime with benchmarks\n'
toolchain="${WASM_BUILD_TOOLCHAIN:+$WASM_BUILD_TOOLCHAIN}"
CARGO_PROFILE_RELEASE_PANIC=abort CARGO_PROFILE_RELEASE_LTO=thin \
    RUSTFLAGS="-C link-arg=--export-table --cfg substrate_runtime" \
    RUSTUP_TOOLCHAIN="${toolchain:-$(rustup show active-toolchain | cut -d' ' -f1)}" \
    cargo rustc --locked --release --package touchstone-runtime --lib --crate-type cdylib \
    --target wasm32v1-none --no-default-features --features runtime-benchmarks --target-dir "$target/runtime"
wasm="$target/runtime/wasm32v1-none/release/touchstone_runtime.wasm"

if [ "${1:-}" = --judge ]; then
    results="$(mktemp)"
    "$bencher" --runtime "$wasm" --genesis-builder runtime --genesis-builder-preset development --extra \
        --pallet pallet_disputes --extrinsic "open,$(sed -n 's/^    fn \(fuel_of_[a-z_]*\)(.*/\1/p' \
            pallets/disputes/src/benchmarking/mod.rs | paste -sd,)" \
        --steps "${STEPS:-5}" --repeat "$repeat" --json-file "$results" >/dev/null
    exec node scripts/judge.mjs "$results"
fi

pallets=("$@")
if [ ${#pallets[@]} -eq 0 ]; then
    for file in pallets/*/src/benchmarking*; do
        folder="$(basename "$(dirname "$(dirname "$file")")")"
        pallets+=("pallet_${folder//-/_}")
    done
fi

for pallet in "${pallets[@]}"; do
    folder="${pallet#pallet_}"
    output="pallets/${folder//_/-}/src/weights.rs"
    [ -f "$output" ] || { printf 'weights: there is no %s\n' "$output" >&2; exit 2; }
    printf '== %s\n' "$pallet"
    # Into a scratch file first: a run that fails half-way leaves the committed weights alone.
    scratch="$(mktemp)"
    "$bencher" --runtime "$wasm" --genesis-builder runtime --genesis-builder-preset development \
        --pallet "$pallet" --extrinsic '*' --steps "$steps" --repeat "$repeat" \
        --template scripts/weights-template.hbs --output "$scratch"
    mv "$scratch" "$output"
done

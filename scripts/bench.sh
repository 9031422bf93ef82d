#!/usr/bin/env bash
# Measures every table of docs/performance.md on this machine.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/bench.sh [--help] [--quick] [TABLE...]

Without names all tables are measured and printed, in this order:
  judge       what operations, fuel and openings cost in the runtime's Wasm (scripts/weights.sh --judge)
  proofs      how large proofs are
  moves       what each transaction of a dispute takes, and how many lead to a refutation
  emission    emitted against hand-written WGSL, for every standard kernel, on the first GPU or on lavapipe
  matmul      the hand-tuned int8 product against the emitted one and against the device's peak
  tree        the cost of a BLAKE3 tree on the device, relative to the product whose result it commits
  comparison  the hand-tuned int8 product against a public one (a separate crate, built first: takes a few minutes)

  --quick     small sizes and few rounds, to see whether it runs

Figures are medians, and ratios come from alternating runs. Use a machine without other load.
EOF
}
case "${1:-}" in -h | --help) usage; exit 0 ;; esac
quick=()
if [ "${1:-}" = --quick ]; then
    quick=(--quick)
    shift
fi
[ $# -gt 0 ] || set -- judge proofs moves emission matmul tree comparison

for table in "$@"; do
    case "$table" in
    judge | proofs | moves | emission | matmul | tree | comparison) ;;
    *) printf 'bench: there is no table "%s"\n' "$table" >&2; usage >&2; exit 2 ;;
    esac
done

"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"

# Build the whole workspace: a single crate would rebuild its dependencies with other features.
build=(--locked --profile "$TOUCHSTONE_PROFILE" --workspace)
printf 'machine: %s cores, %s\n' "$(nproc)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)"
for table in "$@"; do
    printf '\n== %s\n' "$table"
    case "$table" in
    judge) REPEAT="${REPEAT:-$([ ${#quick[@]} -gt 0 ] && echo 2 || echo 10)}" scripts/weights.sh --judge ;;
    proofs)
        # The tests print the sizes to standard error.
        cargo test "${build[@]}" --lib size 2>&1 >/dev/null |
            grep bytes || { printf 'bench: no sizes were printed\n' >&2; exit 1; }
        ;;
    moves)
        cargo test "${build[@]}" --lib moves:: -- --nocapture --test-threads 1 2>/dev/null |
            grep '^|' || { printf 'bench: no moves were printed\n' >&2; exit 1; }
        ;;
    emission | matmul | tree) cargo bench "${build[@]}" --bench "$table" -- "${quick[@]}" ;;
    comparison)
        # Not --locked: the lock file of this crate follows the dependencies of the workspace.
        cargo run --release --manifest-path benches/matmul-comparison/Cargo.toml \
            --target-dir "$TOUCHSTONE_CACHE/comparison" -- "${quick[@]}"
        ;;
    esac
done

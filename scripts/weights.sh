#!/usr/bin/env bash
# Measures the weights of pallets in the runtime's Wasm and writes them to weights.rs files.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/weights.sh [--help] [--into FOLDER] [PALLET...]
       scripts/weights.sh --judge

Builds the runtime with its benchmarks and a program that runs them (both in folders of their own), runs the benchmarks of
all pallets that have a file for their weights, or of the named ones (such as pallet_disputes), and writes their weights: those of this project's pallets to
pallets/NAME/src/weights.rs, those of others to runtime/src/weights/PALLET.rs.

  --into FOLDER  write FOLDER/PALLET.rs and leave the tree as it is
  --judge        write nothing: print what an operation and a unit of fuel cost the judge in each way of spending it
                 (jumps between chunks, bit fields, packed products ...), and what a KiB that a proof opens costs. The
                 weight of `refute` is measured with the most expensive unit

Environment:
  STEPS                 points in the range of each component  (default 50; 5 with --judge)
  REPEAT                measurements at each point             (default 20)
  RUNS                  measurements of each pallet            (default 2; of each function the fastest one counts)
  WEIGHTS_TARGET_DIR    build folder                           (default: weights in Touchstone's cache folder)

Run it on the kind of machine that validators use, with nothing else running. Then run scripts/test.sh.
EOF
}

judge=false into='' pallets=()
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help) usage; exit 0 ;;
    --judge) judge=true; shift ;;
    --into) into="${2:?--into takes a folder}"; shift 2 ;;
    -*) printf 'weights: there is no option %s\n' "$1" >&2; usage >&2; exit 2 ;;
    *) pallets+=("$1"); shift ;;
    esac
done
[ -z "$into" ] || into="$(mkdir -p "$into" && cd "$into" && pwd)"

"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"

weights_of() {
    local folder="${1#pallet_}"
    local own="pallets/${folder//_/-}/src/weights.rs"
    if [ -f "$own" ]; then printf '%s' "$own"; else printf 'runtime/src/weights/%s.rs' "$1"; fi
}
template_of() {
    case "$(weights_of "$1")" in
    pallets/*) printf 'scripts/weights-template.hbs' ;;
    *) printf 'scripts/runtime-weights-template.hbs' ;;
    esac
}
if [ ${#pallets[@]} -eq 0 ]; then
    for file in pallets/*/src/weights.rs; do
        folder="$(basename "${file%/src/weights.rs}")"
        pallets+=("pallet_${folder//-/_}")
    done
    for file in runtime/src/weights/*_*.rs; do pallets+=("$(basename "${file%.rs}")"); done
fi
for pallet in "${pallets[@]}"; do
    [ -f "$(weights_of "$pallet")" ] || { printf 'weights: there is no %s\n' "$(weights_of "$pallet")" >&2; exit 2; }
done

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# Other features than those of the ordinary build: in one target folder, each would be built again after the other.
target="${WEIGHTS_TARGET_DIR:-$TOUCHSTONE_CACHE/weights}"

printf '== benchmark runner\n'
# The only Wasm among its dependencies belongs to a command that is not used here.
SKIP_WASM_BUILD=1 cargo build --locked --release --manifest-path scripts/bencher/Cargo.toml --target-dir "$target/bencher"

printf '== runtime with benchmarks\n'
touchstone_build_wasm "$TOUCHSTONE_ROOT" "$target/runtime" runtime-benchmarks
bench=("$target/bencher/release/touchstone-bencher" --runtime "$TOUCHSTONE_WASM_FILE"
    --genesis-builder runtime --genesis-builder-preset development)

if $judge; then
    names="$("${bench[@]}" --extra --pallet pallet_disputes --extrinsic '*' --list --no-csv-header |
        sed -n 's/^pallet_disputes, \(fuel_of_.*\)$/\1/p' | paste -sd,)"
    "${bench[@]}" --extra --pallet pallet_disputes --extrinsic "open,$names" --steps "${STEPS:-5}" --repeat "${REPEAT:-20}" \
        --json-file "$work/judge.json" >/dev/null
    cargo run --quiet --locked --profile "$TOUCHSTONE_PROFILE" -p touchstone-kir --example isa >"$work/isa.json"
    node scripts/judge.mjs "$work/judge.json" "$work/isa.json"
    exit
fi

cargo build --quiet "${TOUCHSTONE_TOOLS_FLAGS[@]}" --bin fastest-weights
runs="$(seq "${RUNS:-2}")"
for run in $runs; do
    for pallet in "${pallets[@]}"; do
        printf '== %s, run %s\n' "$pallet" "$run"
        "${bench[@]}" --pallet "$pallet" --extrinsic '*' --steps "${STEPS:-50}" --repeat "${REPEAT:-20}" \
            --template "$(template_of "$pallet")" --output "$work/$pallet.$run.rs"
    done
done

# Only now: a run that fails leaves the committed weights as they are.
for pallet in "${pallets[@]}"; do
    "$TOUCHSTONE_TOOLS_BIN/fastest-weights" "$work/$pallet.rs" "$work/$pallet".[0-9]*.rs
    if [ -n "$into" ]; then mv "$work/$pallet.rs" "$into/"; else mv "$work/$pallet.rs" "$(weights_of "$pallet")"; fi
done

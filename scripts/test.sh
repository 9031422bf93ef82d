#!/usr/bin/env bash
# Every check of the project, from a fresh clone.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/test.sh [--help] [STAGE...]

Runs scripts/setup.sh and then the named stages in their order. Without arguments, all of them, as CI does, with test,
and js and demo, beside lint, features, doc and upgrade:
  format    cargo fmt --check
  build     node, programs and all tests
  lint      cargo clippy, warnings are errors
  test      cargo test: units, properties, GPU against interpreter, nodes and markets end to end, dependencies, scripts
  features  pallets and runtime with runtime-benchmarks and try-runtime: clippy, and a test of each benchmark
  upgrade   the migrations of this runtime on a chain of the previous release (scripts/upgrade-check.sh; needs build)
  doc       cargo doc, warnings are errors; the links of the Markdown pages, and the commands that they show (needs build)
  js        polkadot.js scripts, end to end against a real node and worker
  demo      the demonstration, which fails if a word differs, a digit job is late, or the balances do not add up
EOF
}

# In a whole run: tests wait for blocks most of the time, so they run beside each other and beside the stages that
# compile, which yield to them.
before=(format build)
compiling=(lint features doc upgrade)
waiting=(js demo)
stages=("${before[@]}" "${compiling[@]}" test "${waiting[@]}")
for stage in "$@"; do
    case "$stage" in
    -h | --help) usage; exit 0 ;;
    *)
        [[ " ${stages[*]} " == *" $stage "* ]] || {
            printf 'test: there is no stage "%s"\n' "$stage" >&2
            usage >&2
            exit 2
        }
        ;;
    esac
done
[ $# -eq 0 ] || stages=("$@")

"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"
work="$(mktemp -d)"

format() {
    cargo fmt --all --check && cargo fmt --check --manifest-path scripts/tools/Cargo.toml && scripts/check-width.sh
}
build() { cargo test "${TOUCHSTONE_CARGO_FLAGS[@]}" --no-run --quiet; }
lint() { cargo clippy "${TOUCHSTONE_CARGO_FLAGS[@]}" --quiet -- -D warnings; }
test() {
    cargo test "${TOUCHSTONE_CARGO_FLAGS[@]}" --no-fail-fast &&
        cargo test --locked --profile "$TOUCHSTONE_PROFILE" --workspace --doc &&
        cargo test "${TOUCHSTONE_TOOLS_FLAGS[@]}"
}
doc() {
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --profile "$TOUCHSTONE_PROFILE" --workspace --no-deps --quiet &&
        (cd scripts/check-docs && npm test --silent) &&
        node scripts/check-docs
}
features() { touchstone_test_features --no-fail-fast -- benchmark; }
upgrade() { scripts/upgrade-check.sh; }
js() { (cd scripts/polkadot-js && npm test); }
demo() {
    DEMO_OUTPUT="$work/demo" node scripts/polkadot-js/demo/story.mjs || {
        tail -n 30 "$work"/demo/logs/*.log >&2 || true
        return 1
    }
}

started=$SECONDS
run() {
    local begun=$SECONDS
    printf '\n== %s\n' "$1"
    "$1" || { printf '\ntest: stage "%s" failed\n' "$1" >&2; return 1; }
    printf -- '-- %s: %d s\n' "$1" $((SECONDS - begun))
}

all() {
    for stage in "$@"; do run "$stage" || return 1; done
}
# Stages that run beside others, each lane in a process group of its own, so that it can be ended whole. What they print
# comes at the end, also if the run ends early.
lanes=()
lane() {
    set -m
    all "$@" >"$work/lane-$1.log" 2>&1 &
    set +m
    lanes+=("$!")
    printf '\n== %s: beside the other stages\n' "$*"
}
show_lanes() {
    cat "$work"/lane-*.log 2>/dev/null || true
    rm -f "$work"/lane-*.log
}
end() {
    for pid in "${lanes[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
    show_lanes
    rm -rf "$work"
}
trap end EXIT

if [ $# -eq 0 ]; then
    all "${before[@]}" || exit 1
    lane test
    lane "${waiting[@]}"
    (renice -n 10 "$BASHPID" >/dev/null && all "${compiling[@]}") || exit 1
    passed=true
    for pid in "${lanes[@]}"; do wait "$pid" || passed=false; done
    show_lanes
    $passed || exit 1
else
    all "${stages[@]}" || exit 1
fi
printf '\nAll stages passed in %d min %d s.\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60))

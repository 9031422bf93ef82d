#!/usr/bin/env bash
# Runs every check of the project, from a fresh clone: set-up, format, build, lints, tests, documentation, polkadot.js end to end.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/test.sh [--help] [STAGE...]

Without arguments all stages run in this order; names select stages:
  format   cargo fmt --check
  build    node, programs and all tests
  lint     cargo clippy, warnings are errors
  test     cargo test: units, properties, GPU against interpreter, end to end on real nodes
  doc      cargo doc, warnings are errors; the links of the Markdown pages, and the commands that they show (needs build)
  js       polkadot.js scripts, end to end against a real node and worker
  demo     the demonstration, which fails if a word differs, a digit job is late, or the balances do not add up
EOF
}
case "${1:-}" in -h | --help) usage; exit 0 ;; esac

"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"

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
js() { (cd scripts/polkadot-js && npm test); }
demo() {
    local output failed=0
    output="$(mktemp -d)"
    DEMO_OUTPUT="$output" node scripts/polkadot-js/demo/story.mjs || failed=1
    [ "$failed" = 0 ] || tail -n 30 "$output"/logs/*.log >&2 || true
    rm -rf "$output"
    return "$failed"
}

[ $# -gt 0 ] || set -- format build lint test doc js demo
started=$SECONDS
for stage in "$@"; do
    case "$stage" in
    format | build | lint | test | doc | js | demo) ;;
    *) printf 'test: there is no stage "%s"\n' "$stage" >&2; usage >&2; exit 2 ;;
    esac
    begun=$SECONDS
    printf '\n== %s\n' "$stage"
    "$stage" || { printf '\ntest: stage "%s" failed\n' "$stage" >&2; exit 1; }
    printf -- '-- %s: %d s\n' "$stage" $((SECONDS - begun))
done
printf '\nAll stages passed in %d min %d s.\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60))

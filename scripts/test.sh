#!/usr/bin/env bash
# Every check of the project, from a fresh clone: set-up, format, build, lints, tests, documentation, polkadot.js end to end.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/test.sh [--help] [STAGE...]

Without arguments all stages run in this order; name some to run only these:
  format   cargo fmt --check
  build    node, programs and all tests
  lint     cargo clippy, warnings are errors
  test     cargo test: units, properties, GPU against interpreter, end to end on real nodes
  doc      cargo doc, warnings are errors
  js       polkadot.js scripts, end to end against a real node and worker; beside `test`, since both mostly wait for blocks
  demo     the demonstration, which fails if a word differs, a digit job is late, or the balances do not add up
EOF
}
case "${1:-}" in -h | --help) usage; exit 0 ;; esac

"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"

format() { cargo fmt --all --check; }
build() { cargo test "${TOUCHSTONE_CARGO_FLAGS[@]}" --no-run --quiet; }
lint() { cargo clippy "${TOUCHSTONE_CARGO_FLAGS[@]}" --quiet -- -D warnings; }
test() {
    cargo test "${TOUCHSTONE_CARGO_FLAGS[@]}" --no-fail-fast &&
        cargo test --locked --profile "$TOUCHSTONE_PROFILE" --workspace --doc
}
doc() { RUSTDOCFLAGS="-D warnings" cargo doc --locked --profile "$TOUCHSTONE_PROFILE" --workspace --no-deps --quiet; }
js() { (cd scripts/polkadot-js && npm test); }
demo() {
    local output failed=0
    output="$(mktemp -d)"
    DEMO_OUTPUT="$output" node scripts/polkadot-js/demo/story.mjs || failed=1
    [ "$failed" = 0 ] || tail -n 30 "$output"/logs/*.log >&2 || true
    rm -rf "$output"
    return "$failed"
}

[ $# -gt 0 ] || set -- format build lint test js doc demo
# The output of `js` is shown when its turn comes.
js_pid='' js_log=''
finish() {
    [ -z "$js_pid" ] || kill "$js_pid" 2>/dev/null || true
    [ -z "$js_log" ] || rm -f "$js_log"
}
trap finish EXIT
begin_js() {
    js_log="$(mktemp)"
    js >"$js_log" 2>&1 &
    js_pid=$!
}
end_js() {
    local failed=0
    wait "$js_pid" || failed=1
    js_pid=''
    cat "$js_log"
    return "$failed"
}

started=$SECONDS
for stage in "$@"; do
    begun=$SECONDS
    printf '\n== %s\n' "$stage"
    command="$stage"
    case "$stage" in
    test) case " $* " in *' test '*' js '*) begin_js ;; esac ;;
    js) [ -z "$js_pid" ] || command=end_js ;;
    format | build | lint | doc | demo) ;;
    *) printf 'test: there is no stage "%s"\n' "$stage" >&2; usage >&2; exit 2 ;;
    esac
    "$command" || { printf '\ntest: stage "%s" failed\n' "$stage" >&2; exit 1; }
    printf -- '-- %s: %d s\n' "$stage" $((SECONDS - begun))
done
printf '\nAll stages passed in %d min %d s.\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60))

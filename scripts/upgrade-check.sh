#!/usr/bin/env bash
# Checks that a chain of the previous release can be upgraded to the runtime of this tree.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/upgrade-check.sh [--help] [--from REF] [--wasm]

Makes a chain of the previous release, with that release's Wasm and with a job in every stage, and
  1. runs the new runtime's on_runtime_upgrade on its state with the checks of try-runtime: those before and after each
     migration, the decoding of every stored value, the invariants of every pallet, and that it fits a block;
  2. upgrades the running chain, and checks that blocks are finalised and that a committed job settles.

  --from REF   a tag or commit, in the place of the one in scripts/previous-release (in a shallow clone that lacks that
               one: the present commit)
  --wasm       only build the Wasm of that release, and print its file and its BLAKE2 hash

The Wasm is never committed: it is built from the release's own sources and kept in $TOUCHSTONE_CACHE/releases. Where the
sources of the runtime have not changed since, the Wasm of this tree is used. Needs the programs of the ordinary build
(scripts/test.sh build).

Until the first network is launched, storage may change without a migration: the commit after such a change moves
scripts/previous-release to it. Afterwards that file names the last release that runs on a network.
EOF
}

from='' only_wasm=false
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help) usage; exit 0 ;;
    --from) from="${2:?--from takes a tag or commit}"; shift 2 ;;
    --wasm) only_wasm=true; shift ;;
    *) printf 'upgrade-check: there is no option %s\n' "$1" >&2; usage >&2; exit 2 ;;
    esac
done

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"
say() { printf 'upgrade-check: %s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

if [ -z "$from" ]; then
    from="$(cat scripts/previous-release)"
    if [ "$(git rev-parse --is-shallow-repository)" = true ] && ! git cat-file -e "$from^{commit}" 2>/dev/null; then
        say "this clone is shallow and lacks $from: checking the upgrade from this commit to itself"
        from=HEAD
    fi
fi
commit="$(git rev-parse --verify --quiet "$from^{commit}")" ||
    die "$from is not in this clone: fetch the whole history (git fetch --unshallow --tags), or pass another --from"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
releases="$TOUCHSTONE_CACHE/releases"
mkdir -p "$releases" "$work/release"
git archive "$commit" | tar -x -C "$work/release"
built="$TARGET_BIN/wbuild/touchstone-runtime"

# What the runtime is made of.
sources=(runtime pallets kir/src kir/Cargo.toml Cargo.toml Cargo.lock)
wasm="$releases/$commit.wasm"
if [ -s "$wasm" ]; then
    say "using the Wasm of $from that was built earlier"
elif ! $only_wasm && [ -s "$built/touchstone_runtime.wasm" ] && git diff --quiet "$commit" -- "${sources[@]}"; then
    say "the runtime has not changed since $from: using the Wasm of this tree"
    wasm="$built/touchstone_runtime.wasm"
else
    say "building the Wasm of $from"
    touchstone_build_wasm "$work/release" "$releases/target" >&2
    # Into place at once, for other runs that look for it.
    unfinished="$(mktemp "$releases/.wasm.XXXXXXXX")"
    cp "$TOUCHSTONE_WASM_FILE" "$unfinished"
    mv "$unfinished" "$wasm"
fi
if $only_wasm; then
    printf '%s  %s\n' "$(b2sum --length=256 "$wasm" | cut -d' ' -f1)" "$wasm"
    exit
fi

[ -s "$built/touchstone_runtime.compact.compressed.wasm" ] && [ -x "$TARGET_BIN/touchstone-node" ] ||
    die "the node has not been built: run scripts/test.sh build"
cargo build --locked --quiet --profile "$TOUCHSTONE_PROFILE" --workspace --example release_spec
"$TARGET_BIN/examples/release_spec" "$wasm" >"$work/spec.json"
# The release's scripts run with the packages of this tree.
ln -s "$TOUCHSTONE_ROOT/scripts/polkadot-js/node_modules" "$work/release/scripts/polkadot-js/node_modules"
node scripts/polkadot-js/upgrade/check.mjs --spec "$work/spec.json" --release "$work/release" \
    --code "$built/touchstone_runtime.compact.compressed.wasm" --state "$work/state.json" --folder "$work/chain" || {
    tail -n 30 "$work"/chain/logs/*.log >&2 || true
    exit 1
}
TOUCHSTONE_STATE="$work/state.json" touchstone_test_features --quiet -- --ignored --nocapture upgrade

#!/usr/bin/env bash
# Compiles the standard kernels: kernels/<name>.wgsl to kernels/<name>.kir, which are committed.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/kernels.sh [--help] [--no-build]

Compiles every kernels/*.wgsl into the .kir file beside it, and says which of them changed. The files are committed, so that
a buyer needs no compiler; a test of the compiler says when one is not what its source compiles to.

  --no-build   take `touchstone` as it was built last
EOF
}
build=true
case "${1:-}" in
-h | --help) usage; exit 0 ;;
--no-build) build=false ;;
"") ;;
*) usage >&2; exit 2 ;;
esac

if $build; then
    "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
fi
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"
if $build; then
    cargo build "${TOUCHSTONE_CARGO_FLAGS[@]}"
fi

new="$(mktemp -d)"
trap 'rm -rf "$new"' EXIT
for source in kernels/*.wgsl; do
    name="$(basename "$source" .wgsl)"
    "$TARGET_BIN/touchstone" compile "$source" -o "$new/$name.kir" >/dev/null
    if cmp -s "$new/$name.kir" "kernels/$name.kir"; then
        printf 'unchanged  kernels/%s.kir\n' "$name"
    else
        install -m 644 "$new/$name.kir" "kernels/$name.kir"
        printf 'written    kernels/%s.kir (%d bytes)\n' "$name" "$(wc -c <"kernels/$name.kir")"
    fi
done

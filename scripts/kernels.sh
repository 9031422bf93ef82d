#!/usr/bin/env bash
# Compiles the standard kernels: kernels/wgsl/NAME.wgsl to kernels/kir/NAME.kir, which are committed.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/kernels.sh [--help] [NAME...]

Compiles kernels/wgsl/NAME.wgsl (without names: all of them) to kernels/kir/NAME.kir, and prints which files changed and what
each kernel needs. The files are committed, so that a buyer needs no compiler; a test of the compiler says when one is not what its
source compiles to. Builds the compiler alone, which takes a minute or two the first time.
EOF
}
case "${1:-}" in
-h | --help) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
esac

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"
sources=(kernels/wgsl/*.wgsl)
if [ $# -gt 0 ]; then
    sources=()
    for name in "$@"; do sources+=("kernels/wgsl/$name.wgsl"); done
fi
# The compiler's tests embed the compiled kernels, so the file of a new kernel must exist before it can be compiled.
new=()
for source in "${sources[@]}"; do
    [ -f "$source" ] || { printf 'kernels: there is no %s\n' "$source" >&2; exit 2; }
    target="kernels/kir/$(basename "$source" .wgsl).kir"
    [ -e "$target" ] || new+=("$target")
done
# Removes the empty file of a kernel that did not compile.
trap 'for file in "${new[@]}"; do [ -s "$file" ] || rm -f "$file"; done' EXIT
for file in "${new[@]}"; do : >"$file"; done
cargo run --quiet --locked --profile "$TOUCHSTONE_PROFILE" -p touchstone-compiler --example kernels -- kernels/kir "${sources[@]}"

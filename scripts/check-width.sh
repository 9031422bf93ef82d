#!/usr/bin/env bash
# Rust files keep to the width of rustfmt.toml. rustfmt itself does not break comments and strings, and does not format
# code around a string that is too long.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/check-width.sh [--help] [FOLDER...]

Lists the lines of Rust files that are longer than max_width in rustfmt.toml, and fails if there are any. Rows of tables
in comments cannot be broken and may be longer, and so may generated weights. Without folders: all Rust files.

Example: scripts/check-width.sh kir compiler
EOF
}
case "${1:-}" in
-h | --help) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."
width=$(sed -n 's/^max_width = //p' rustfmt.toml)
# Characters are counted, not bytes.
export LC_ALL=C.UTF-8
[ $# -gt 0 ] || set -- .
long=$(git ls-files -z -- "${@/%//*.rs}" ':!:pallets/*/src/weights.rs' ':!:runtime/src/weights/*' | xargs -0 -r grep -HnE "^.{$((width + 1)),}$" |
    grep -vE '^[^:]+:[0-9]+: *//[/!]? *\|' || true)
[ -z "$long" ] || { printf '%s\ncheck-width: break these lines before column %s\n' "$long" "$width" >&2; exit 1; }

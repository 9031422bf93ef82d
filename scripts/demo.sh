#!/usr/bin/env bash
# The whole market in one run: a chain, providers, a watcher, real jobs, a fraud, and who was paid.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/demo.sh [--help]

Installs what is missing, builds, and tells the story on a development chain of its own: a network that reads handwritten
digits, a photograph and a Mandelbrot set are computed by a GPU provider and paid from escrow; a provider that commits one
wrong word is refuted in one transaction. Pictures and the programs' logs are left in demo-output/.

Environment:
  DEMO_OUTPUT                where to leave them (default: demo-output)
EOF
}
case "${1:-}" in
-h | --help) usage; exit 0 ;;
"") ;;
*) usage >&2; exit 2 ;;
esac

"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"

printf 'demo: building (the first time takes a while)\n'
cargo build --quiet "${TOUCHSTONE_CARGO_FLAGS[@]}"

# The story starts and ends all other programs, also on Ctrl-C.
exec node scripts/polkadot-js/demo/story.mjs

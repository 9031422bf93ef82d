#!/usr/bin/env bash
# The whole market in one run: a chain, providers, a watcher, real jobs, a fraud, and who was paid.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/demo.sh [--help]

Installs what is missing, builds, and tells the story on a development chain of its own: a network that reads handwritten
digits, a photograph and a Mandelbrot set are computed by a GPU provider and paid from escrow; a provider that commits one
wrong word is refuted in one transaction. It says which GPU computes; without one, lavapipe does, on the CPU. The first
build takes long (some 1,200 crates), the story then a minute or two. Pictures and the programs' logs are left in
demo-output/. Ctrl-C ends it at any time, with all that it has started.

Environment:
  DEMO_OUTPUT                where to leave them (default: demo-output)
EOF
}
case "${1:-}" in
-h | --help) usage; exit 0 ;;
"") ;;
*) usage >&2; exit 2 ;;
esac

stopped() {
    printf '\ndemo: stopped; start it again to go on where it was\n' >&2
    exit 130
}
trap stopped INT TERM

printf 'demo: 1 of 3: set-up\n'
"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"

printf '\ndemo: 2 of 3: build\n'
# Cargo's own bar on a terminal, a line for each crate elsewhere.
cargo build "${TOUCHSTONE_CARGO_FLAGS[@]}"

# The best adapter comes first: its name, and what it is.
adapter="$("$TARGET_BIN/gpu-worker" adapters | sed -n '1,2p')"
case "$adapter" in
*$'\n'*software*) adapter="lavapipe, on the CPU: there is no GPU here" ;;
*) adapter="the GPU ${adapter%%$'\n'*}" ;;
esac
printf '\ndemo: 3 of 3: the story, computed by %s\n' "$adapter"

# The story starts and ends all other programs, also on Ctrl-C.
trap - INT TERM
exec node scripts/polkadot-js/demo/story.mjs

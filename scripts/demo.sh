#!/usr/bin/env bash
# The whole market in one run: a chain, providers, a watcher, real jobs, two false results, and the payments.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/demo.sh [--help]

Installs what is missing, builds, and runs the demo on a temporary development chain. A GPU provider computes a network that
reads handwritten digits, a filtered photograph and a Mandelbrot set, and is paid from escrow. Another provider commits one
wrong word and is refuted in one transaction. A third one commits a random root and serves nothing: the watcher demands the
data on the chain, no answer comes, and the chain refutes the result by itself. The script prints which GPU computes; without
one it is lavapipe, on the CPU. The first build takes long (about 1,200 crates), the demo then a minute or two. Pictures and
the programs' logs are written to demo-output/. Ctrl-C stops the demo and every program that it has started.

Environment:
  DEMO_OUTPUT                where to write them (default: demo-output)
EOF
}
case "${1:-}" in
-h | --help) usage; exit 0 ;;
"") ;;
*) usage >&2; exit 2 ;;
esac

stopped() {
    printf '\ndemo: stopped; start it again to continue\n' >&2
    exit 130
}
trap stopped INT TERM

printf 'demo: 1 of 3: set-up\n'
"$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"

printf '\ndemo: 2 of 3: build\n'
# Cargo shows a progress bar on a terminal, and a line for each crate elsewhere.
cargo build "${TOUCHSTONE_CARGO_FLAGS[@]}"

# The first two lines describe the best adapter: its name and its kind.
adapter="$("$TARGET_BIN/gpu-worker" adapters | sed -n '1,2p')"
case "$adapter" in
*$'\n'*software*) adapter="lavapipe, on the CPU: there is no GPU here" ;;
*) adapter="the GPU ${adapter%%$'\n'*}" ;;
esac
printf '\ndemo: 3 of 3: the demo, computed by %s\n' "$adapter"

# The demo starts and stops all other programs, also on Ctrl-C.
trap - INT TERM
exec node scripts/polkadot-js/demo/story.mjs

#!/usr/bin/env bash
# Measures the weights again and says which committed ones no longer hold on this machine.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/weight-drift.sh [--help] [--percent N] [--noise MICROSECONDS] [--json] [--all] [--from FOLDER] [PALLET...]

Measures the weights of all pallets of this project, or of the named ones (such as pallet_escrow), with scripts/weights.sh,
and compares them with the committed ones: the number of reads and writes, which has to be the same, and the time with the
database, at the least and the largest value of each component. It changes no file of the tree.

  --percent N           how much a time may change         (default 20)
  --noise MICROSECONDS  changes below this are ignored     (default 3)
  --json                print a list of objects instead of a table: pallet, function, at, committed, measured (time in
                        picoseconds, proof in bytes, reads, writes), change_percent, drift (the reason, or null)
  --all                 list every weight, not only those that have drifted
  --from FOLDER         compare an earlier measurement (scripts/weights.sh --into FOLDER) instead of a new one

Exit code: 0 nothing has drifted, 1 something has, 2 it could not be measured or compared. STEPS and REPEAT are those of
scripts/weights.sh. This is not part of CI: times of a shared machine prove nothing. Run it where the committed weights were
measured, with nothing else running.

Examples:
  scripts/weight-drift.sh
  STEPS=10 REPEAT=5 scripts/weight-drift.sh --percent 50 pallet_escrow
  scripts/weight-drift.sh --json | jq -r '.[] | "\(.function) \(.drift)"'
EOF
}

compare=() pallets=() from=''
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help) usage; exit 0 ;;
    --percent | --noise) compare+=("$1" "${2:?$1 takes a number}"); shift 2 ;;
    --json | --all) compare+=("$1"); shift ;;
    --from) from="${2:?--from takes a folder}"; shift 2 ;;
    -*) printf 'weight-drift: there is no option %s\n' "$1" >&2; usage >&2; exit 2 ;;
    *) pallets+=("$1"); shift ;;
    esac
done

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
if [ -z "$from" ]; then
    from="$(mktemp -d)"
    trap 'rm -rf "$from"' EXIT
    # What the measurement prints is progress; standard output is for the comparison.
    "$TOUCHSTONE_ROOT/scripts/weights.sh" --into "$from" "${pallets[@]}" >&2 || exit 2
fi
from="$(cd "$from" && pwd)" || exit 2
cd "$TOUCHSTONE_ROOT"
cargo build --quiet "${TOUCHSTONE_TOOLS_FLAGS[@]}" --bin weight-drift || exit 2
"$TOUCHSTONE_TOOLS_BIN/weight-drift" "${compare[@]}" "$from"

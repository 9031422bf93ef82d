#!/usr/bin/env bash
# Mutation tests of the judge: changes the validator and the interpreter in hundreds of ways, and reports which changes no test
# detects.
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: scripts/mutants.sh [--help] [--shard K/N] [--report] [FILE...]

Mutates kir/src/FILE.rs (without names: interpret validate alu module cost isa reader, in this order) and runs the tests of
the kernel crate on each mutant: first those that end within a second, then on what survived all but the longest.

  --shard K/N  only each N-th mutant, from the K-th (0 ... N-1): for several machines, or one evening of several
  --report     only print the results so far

Results are stored under $TOUCHSTONE_CACHE/mutants, by file and its contents. After an interruption the next run continues with the
rest; only survivors are tried again. Mutants that change no meaning are listed with their reasons in .cargo/mutants.toml.
Fails if a mutant survives. It takes hours of one core, so it is not part of CI. Installs cargo-mutants of the version below in
the same folder if it is missing.
TEXT
}

version=27.1.0
files=(interpret validate alu module cost isa reader)
shard=0/1
report=false
names=()
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help) usage; exit 0 ;;
    --shard) shard="${2:?--shard K/N}"; shift 2 ;;
    --shard=*) shard="${1#*=}"; shift ;;
    --report) report=true; shift ;;
    -*) usage >&2; exit 2 ;;
    *) names+=("$1"); shift ;;
    esac
done
[[ "$shard" =~ ^([0-9]+)/([1-9][0-9]*)$ ]] && [ "${BASH_REMATCH[1]}" -lt "${BASH_REMATCH[2]}" ] || {
    echo "mutants.sh: --shard takes K/N with K below N, not '$shard'" >&2
    exit 2
}
k=${BASH_REMATCH[1]} n=${BASH_REMATCH[2]}
[ ${#names[@]} -gt 0 ] && files=("${names[@]}")

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$TOUCHSTONE_ROOT"
for file in "${files[@]}"; do
    [ -f "kir/src/$file.rs" ] || { echo "mutants.sh: there is no kir/src/$file.rs" >&2; exit 2; }
done
home="$TOUCHSTONE_CACHE/mutants"
mkdir -p "$home"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export PATH="$home/tools/bin:$PATH"
if [ "$(cargo mutants --version 2>/dev/null)" != "cargo-mutants $version" ]; then
    cargo install --locked --root "$home/tools" --version "$version" cargo-mutants
fi

# A separate build folder and profile, in which a mutant builds within seconds. Each shard has its own, because Cargo does not
# distinguish the mutants of two shards.
export CARGO_TARGET_DIR="$home/target-$k-$n" CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=0
arguments=(--config='profile.dev.package."*".opt-level=2' --config='profile.dev.package.touchstone-reference.opt-level=2' --test=it)
quick=(vectors:: operations:: refusals:: control:: memory:: cost:: encoding::)
# These take minutes in this profile.
full=(--skip a_hundred_thousand --skip two_hundred_thousand --skip exhaustive::)

# Mutants of kir/src/$1.rs in this shard, one a line, unless they are explained.
list() {
    cargo mutants --list --colors never -f "kir/src/$1.rs" "${@:2}" | awk -v k="$k" -v n="$n" 'NR % n == (k + 1) % n'
}

# Lines of the first file that are in none of the others.
without() {
    grep -vxFf <(cat "${@:2}" 2>/dev/null) "$1" || true
}

# Runs the mutants of the list on stdin that are in kir/src/$1.rs, in folder $2, with $3 seconds for each; further
# arguments go to the tests. The results of an interrupted run are kept.
try() {
    local file=$1 out=$2 seconds=$3 patterns=() name
    local own=("${arguments[@]/#/--cargo-arg=}")
    shift 3
    while IFS= read -r name; do
        patterns+=(-F "^$(sed 's/[][\.*^$+?(){}|\\&~#-]/\\&/g' <<<"$name")\$")
    done
    [ ${#patterns[@]} -gt 0 ] || return 0
    mkdir -p "$out"
    cargo mutants --colors never --no-times --baseline skip --timeout "$seconds" -f "kir/src/$file.rs" -o "$out" \
        "${own[@]}" "${patterns[@]}" -- --locked -- "$@" || case $? in
    2 | 3) ;; # A mutant survived, or ran out of time.
    *) exit 1 ;;
    esac
}

# The tests must pass on the unchanged code, or their results on mutants mean nothing.
prove() {
    # Cargo would otherwise mistake the build of a mutant for the unchanged code.
    rm -rf "$CARGO_TARGET_DIR"/debug/.fingerprint/touchstone-*
    echo "The tests on the unchanged code:"
    cargo test --quiet --locked -p touchstone-kir "${arguments[@]}" -- "$@"
}

# Adds the results of the run in $2 to the lists of folder $1.
remember() {
    local kind
    for kind in caught unviable timeout missed; do
        touch "$1/$kind"
        [ -f "$2/mutants.out/$kind.txt" ] || continue
        sort -u "$1/$kind" "$2/mutants.out/$kind.txt" -o "$1/$kind"
    done
    rm -rf "$2"
}

state() {
    echo "$home/$1-$(sha256sum "kir/src/$1.rs" | cut -c 1-12)"
}

if ! $report; then
    prove "${quick[@]}"
    proved=false
    for file in "${files[@]}"; do
        dir="$(state "$file")"
        mkdir -p "$dir"
        all="$work/all" run="$dir/run-$k-$n" rest="$work/rest"
        list "$file" >"$all"
        # Mutants that an interrupted run has caught.
        rm -f "$run/mutants.out/"{missed,timeout}.txt
        remember "$dir" "$run"
        without "$all" "$dir/caught" "$dir/unviable" | try "$file" "$run" 60 "${quick[@]}"
        rm -f "$run/mutants.out/"{missed,timeout}.txt
        remember "$dir" "$run"
        # Retry survivors of earlier runs, because there may be new tests.
        for kind in missed timeout; do
            touch "$dir/$kind"
            # Into place at once, for the other shards, which share the results.
            unfinished="$(mktemp "$dir/.$kind.XXXXXXXX")"
            without "$dir/$kind" "$all" >"$unfinished"
            mv "$unfinished" "$dir/$kind"
        done
        without "$all" "$dir/caught" "$dir/unviable" >"$rest"
        [ ! -s "$rest" ] || $proved || { prove "${full[@]}"; proved=true; }
        try "$file" "$run" 600 "${full[@]}" <"$rest"
        remember "$dir" "$run"
    done
fi

printf '%-10s %8s %8s %9s %8s %8s %8s %6s\n' file mutants caught unviable timeout missed explained left
survivors=0
for file in "${files[@]}"; do
    dir="$(state "$file")"
    mkdir -p "$dir"
    touch "$dir"/{caught,unviable,timeout,missed}
    list "$file" --no-config >"$work/every"
    list "$file" >"$work/all"
    count() { grep -cxFf "$work/all" "$1" || true; }
    explained=$(($(wc -l <"$work/every") - $(wc -l <"$work/all")))
    left=$(without "$work/all" "$dir"/{caught,unviable,timeout,missed} | wc -l)
    printf '%-10s %8d %8d %9d %8d %8d %8d %6d\n' "$file" "$(wc -l <"$work/every")" "$(count "$dir/caught")" \
        "$(count "$dir/unviable")" "$(count "$dir/timeout")" "$(count "$dir/missed")" "$explained" "$left"
    survivors=$((survivors + $(count "$dir/missed")))
done
[ "$survivors" -eq 0 ] || {
    echo "No test notices these:"
    for file in "${files[@]}"; do sed 's/^/  /' "$(state "$file")/missed"; done
    exit 1
}

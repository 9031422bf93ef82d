# Sourced by every script: the build folder, and the compiler for the runtime's Wasm. What the caller has set stays.

TOUCHSTONE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
case "${HOME:-}" in
/*) ;;
*)
    printf 'env: error: HOME is no absolute path: set it to that of your home folder; cargo, rustup and the build live in it\n' >&2
    return 1
    ;;
esac
# The XDG base directory specification has it so: a folder that is empty or not absolute is ignored.
case "${XDG_CACHE_HOME:-}" in
/*) TOUCHSTONE_CACHE="${TOUCHSTONE_CACHE:-$XDG_CACHE_HOME/touchstone}" ;;
*) TOUCHSTONE_CACHE="${TOUCHSTONE_CACHE:-$HOME/.cache/touchstone}" ;;
esac
case "$TOUCHSTONE_CACHE" in /*) ;; *) TOUCHSTONE_CACHE="$PWD/$TOUCHSTONE_CACHE" ;; esac
export TOUCHSTONE_ROOT TOUCHSTONE_CACHE

# CI starts from a new clone: a build folder outside of it is still there for the next run.
if [ "${CI:-}" = true ] && [ -z "${CARGO_TARGET_DIR:-}" ]; then
    export CARGO_TARGET_DIR="$TOUCHSTONE_CACHE/target"
fi

# The Wasm build looks for Cargo.lock above the build folder, which may be outside of the clone.
export WASM_BUILD_WORKSPACE_HINT="$TOUCHSTONE_ROOT"

# One profile and one set of packages for everything: a second one would build a thousand crates again.
TOUCHSTONE_PROFILE=ci
TOUCHSTONE_CARGO_FLAGS=(--locked --profile "$TOUCHSTONE_PROFILE" --workspace --all-targets)
# Pallets and runtime with the features that ordinary builds leave out, and without the builder of the Wasm:
# scripts/weights.sh builds the one that has benchmarks.
TOUCHSTONE_FEATURE_FLAGS=(--locked --profile "$TOUCHSTONE_PROFILE" --no-default-features)
TOUCHSTONE_FEATURE_FLAGS+=(--features std,runtime-benchmarks,try-runtime)
for manifest in "$TOUCHSTONE_ROOT"/runtime/Cargo.toml "$TOUCHSTONE_ROOT"/pallets/*/Cargo.toml; do
    # Crates without the features, such as primitives, are built as dependencies.
    if grep -q '^try-runtime = ' "$manifest"; then
        TOUCHSTONE_FEATURE_FLAGS+=(-p "$(sed -n 's/^name = "\(.*\)"/\1/p' "$manifest")")
    fi
done

# Lints and tests pallets and runtime with these features; takes what `cargo test` takes. Clippy compiles as rustc does and
# lints on the way, so that the dependencies are built once, not once for the lints and once for the tests.
touchstone_test_features() (
    export CLIPPY_ARGS="-Dwarnings__CLIPPY_HACKERY__"
    RUSTC_WORKSPACE_WRAPPER="$(cd "$TOUCHSTONE_ROOT" && rustc --print sysroot)/bin/clippy-driver"
    export RUSTC_WORKSPACE_WRAPPER
    # Without tests too, as the Wasm with benchmarks is built: some lints look at that alone.
    cargo build "${TOUCHSTONE_FEATURE_FLAGS[@]}" --lib --quiet && cargo test "${TOUCHSTONE_FEATURE_FLAGS[@]}" --lib "$@"
)

TARGET_BIN="${CARGO_TARGET_DIR:-$TOUCHSTONE_ROOT/target}/$TOUCHSTONE_PROFILE"
export TARGET_BIN

# scripts/tools is a workspace of its own, with a build folder of its own.
TOUCHSTONE_TOOLS_TARGET="${CARGO_TARGET_DIR:-$TOUCHSTONE_ROOT/target}/tools"
TOUCHSTONE_TOOLS_FLAGS=(--locked --release --manifest-path "$TOUCHSTONE_ROOT/scripts/tools/Cargo.toml" --target-dir "$TOUCHSTONE_TOOLS_TARGET")
TOUCHSTONE_TOOLS_BIN="$TOUCHSTONE_TOOLS_TARGET/release"

[ -d "$HOME/.cargo/bin" ] && case ":$PATH:" in *":$HOME/.cargo/bin:"*) ;; *) PATH="$HOME/.cargo/bin:$PATH" ;; esac

# True if the compiler that cargo uses can build for Wasm.
touchstone_wasm_target_present() {
    local libs
    libs="$(cd "$TOUCHSTONE_ROOT" && rustc --print target-libdir --target wasm32v1-none 2>/dev/null)" || return 1
    compgen -G "$libs/libcore-*.rlib" >/dev/null
}

# True if Debian's compiler can build for Wasm, with libraries that this version of it has built. With rustup, it is the
# toolchain `debian`.
touchstone_debian_wasm_present() {
    compgen -G "/usr/lib/rustlib/wasm32v1-none/lib/libcore-*.rlib" >/dev/null &&
        [ "$(cat /usr/lib/rustlib/wasm32v1-none/built-by 2>/dev/null)" = "$(/usr/bin/rustc --version 2>/dev/null)" ] &&
        command -v rust-lld >/dev/null &&
        { ! command -v rustup >/dev/null || rustup toolchain list 2>/dev/null | grep -q '^debian'; }
}

if command -v rustup >/dev/null && [ -z "${WASM_BUILD_TOOLCHAIN:-}" ] && ! touchstone_wasm_target_present && touchstone_debian_wasm_present; then
    export WASM_BUILD_TOOLCHAIN=debian
fi

# Builds the runtime's Wasm alone from the clone in folder $1, with the target folder $2 and the features that follow, and
# sets TOUCHSTONE_WASM_FILE. The flags are those of substrate-wasm-builder; the paths of this machine are left out, so
# that the same sources give the same Wasm in any folder.
touchstone_build_wasm() {
    local source=$1 target=$2 features
    shift 2
    features="$(IFS=,; printf '%s' "$*")"
    (
        cd "$source"
        unset CARGO_TARGET_DIR
        if [ -n "${WASM_BUILD_TOOLCHAIN:-}" ]; then export RUSTUP_TOOLCHAIN="$WASM_BUILD_TOOLCHAIN"; fi
        flags="-C link-arg=--export-table --cfg substrate_runtime"
        flags+=" --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$PWD=/touchstone"
        CARGO_PROFILE_RELEASE_PANIC=abort CARGO_PROFILE_RELEASE_LTO=thin RUSTFLAGS="$flags" \
            cargo rustc --locked --release --package touchstone-runtime --lib --crate-type cdylib \
            --target wasm32v1-none --no-default-features --features "$features" --target-dir "$target"
    ) || return 1
    TOUCHSTONE_WASM_FILE="$target/wasm32v1-none/release/touchstone_runtime.wasm"
}

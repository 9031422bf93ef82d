# Sourced by every script: where the build lives and which compiler makes the runtime Wasm.
# It sets nothing that the caller has set already.

TOUCHSTONE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
: "${HOME:?set HOME: cargo, rustup and the build live in it}"
TOUCHSTONE_CACHE="${TOUCHSTONE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/touchstone}"
export TOUCHSTONE_ROOT TOUCHSTONE_CACHE

# CI clones afresh: a build folder outside the clone stays warm from one run to the next.
if [ "${CI:-}" = true ] && [ -z "${CARGO_TARGET_DIR:-}" ]; then
    export CARGO_TARGET_DIR="$TOUCHSTONE_CACHE/target"
fi

# The Wasm build looks for Cargo.lock above the build folder, which may lie elsewhere.
export WASM_BUILD_WORKSPACE_HINT="$TOUCHSTONE_ROOT"

# One profile and one set of packages for everything, or a thousand crates are built twice.
TOUCHSTONE_PROFILE=ci
TOUCHSTONE_CARGO_FLAGS=(--locked --profile "$TOUCHSTONE_PROFILE" --workspace --all-targets)
TARGET_BIN="${CARGO_TARGET_DIR:-$TOUCHSTONE_ROOT/target}/$TOUCHSTONE_PROFILE"
export TARGET_BIN

[ -d "$HOME/.cargo/bin" ] && case ":$PATH:" in *":$HOME/.cargo/bin:"*) ;; *) PATH="$HOME/.cargo/bin:$PATH" ;; esac

# True if the toolchain of rust-toolchain.toml can build for Wasm by itself.
touchstone_wasm_target_present() {
    local libs
    libs="$(cd "$TOUCHSTONE_ROOT" && rustc --print target-libdir --target wasm32v1-none 2>/dev/null)" || return 1
    compgen -G "$libs/libcore-*.rlib" >/dev/null
}

# True if Debian's compiler, linked as the toolchain `debian`, can: with libraries that this very compiler has built.
touchstone_debian_wasm_present() {
    compgen -G "/usr/lib/rustlib/wasm32v1-none/lib/libcore-*.rlib" >/dev/null &&
        [ "$(cat /usr/lib/rustlib/wasm32v1-none/built-by 2>/dev/null)" = "$(/usr/bin/rustc --version 2>/dev/null)" ] &&
        command -v rust-lld >/dev/null &&
        rustup toolchain list 2>/dev/null | grep -q '^debian'
}

if [ -z "${WASM_BUILD_TOOLCHAIN:-}" ] && ! touchstone_wasm_target_present && touchstone_debian_wasm_present; then
    export WASM_BUILD_TOOLCHAIN=debian
fi

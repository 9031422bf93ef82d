#!/usr/bin/env bash
# Installs what a build of Touchstone needs and the machine lacks. Safe to run again: it does only what is missing.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/setup.sh [--help]

Installs, if missing: Debian packages (C compiler, protobuf compiler, Vulkan loader and the software adapter lavapipe),
the Rust toolchain of rust-toolchain.toml, the Wasm target (from the Rust distribution server, or, where that cannot be
reached, built from the sources of Debian's compiler), Node.js packages of scripts/polkadot-js.

Environment:
  TOUCHSTONE_CACHE           where intermediate builds go (default: ~/.cache/touchstone)
  TOUCHSTONE_WASM=debian     use Debian's compiler for Wasm without asking the distribution server
EOF
}
case "${1:-}" in
-h | --help) usage; exit 0 ;;
"") ;;
*) usage >&2; exit 2 ;;
esac

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
        die "this step needs root: run '$*' as root, then run scripts/setup.sh again"
    fi
}

apt_updated=
apt_install() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    command -v apt-get >/dev/null || die "install these packages with your system's package manager: ${missing[*]}"
    say "installing Debian packages: ${missing[*]}"
    local log="$TOUCHSTONE_CACHE/apt.log"
    if [ -z "$apt_updated" ]; then
        as_root apt-get update >"$log" 2>&1 || { tail -5 "$log" >&2; die "apt-get update failed (log: $log)"; }
        apt_updated=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" \
        >>"$log" 2>&1 || { tail -5 "$log" >&2; die "could not install ${missing[*]} (log: $log)"; }
}

install_system_packages() {
    local packages=()
    command -v cc >/dev/null || packages+=(build-essential)
    command -v protoc >/dev/null || packages+=(protobuf-compiler)
    command -v git >/dev/null || packages+=(git)
    command -v curl >/dev/null || packages+=(curl ca-certificates)
    # The Vulkan loader, and lavapipe so that there is an adapter without a GPU.
    if command -v dpkg-query >/dev/null; then packages+=(libvulkan1 mesa-vulkan-drivers); fi
    if [ ${#packages[@]} != 0 ]; then apt_install "${packages[@]}"; fi
}

install_rust() {
    if ! command -v rustup >/dev/null; then
        say "installing rustup"
        curl --proto '=https' --tlsv1.2 -sSf --max-time 120 https://sh.rustup.rs -o "$TOUCHSTONE_CACHE/rustup-init.sh" ||
            die "rustup is missing and the Rust distribution server cannot be reached: install rustup, then run this again"
        sh "$TOUCHSTONE_CACHE/rustup-init.sh" -y --no-modify-path --profile minimal --default-toolchain none \
            >"$TOUCHSTONE_CACHE/rustup.log" 2>&1 || die "rustup's installer failed (log: $TOUCHSTONE_CACHE/rustup.log)"
        PATH="$HOME/.cargo/bin:$PATH"
    fi
    local channel
    channel="$(sed -n 's/^channel = "\(.*\)"/\1/p' "$TOUCHSTONE_ROOT/rust-toolchain.toml")"
    rust_present "$channel" || adopt_rust "$channel" || {
        say "installing Rust $channel"
        rustup toolchain install "$channel" --profile minimal -c rustfmt -c clippy \
            >"$TOUCHSTONE_CACHE/rustup.log" 2>&1 ||
            die "Rust $channel with rustfmt and clippy cannot be installed (log: $TOUCHSTONE_CACHE/rustup.log)"
    }
}

# True if this toolchain is there with everything that the scripts call. Rustup alone would install what is missing.
rust_present() {
    RUSTUP_AUTO_INSTALL=0 cargo "+$1" fmt --version >/dev/null 2>&1 &&
        RUSTUP_AUTO_INSTALL=0 cargo "+$1" clippy --version >/dev/null 2>&1
}

# Often the very version is there under another name ("stable"), and no server to fetch it from again. Rustup links no
# toolchain under the name of a version, but takes one that it finds in its folder.
adopt_rust() {
    local name home host
    home="$(rustup show home)"
    while read -r name _; do
        rust_present "$name" && [ "$(rustc "+$name" --version | cut -d' ' -f2)" = "$1" ] || continue
        host="$(rustc "+$name" -vV | sed -n 's/^host: //p')"
        [ ! -e "$home/toolchains/$1-$host" ] || continue
        say "using the toolchain $name as Rust $1"
        ln -s "$(rustc "+$name" --print sysroot)" "$home/toolchains/$1-$host"
        return 0
    done < <(rustup toolchain list)
    return 1
}

# Debian's archive carries a current compiler with its sources; the Wasm libraries are built from them in half a minute.
build_debian_wasm_target() {
    apt_install rustc-web cargo-web rust-web-src lld-22
    rustup toolchain list | grep -q '^debian' || rustup toolchain link debian /usr
    touchstone_debian_wasm_present && return
    # The Wasm target links with rust-lld, which Debian ships under its own name only.
    command -v rust-lld >/dev/null || as_root ln -s /usr/bin/lld-22 /usr/local/bin/rust-lld
    say "building core and alloc for wasm32v1-none with $(rustc +debian --version)"
    local work="$TOUCHSTONE_CACHE/wasm-std"
    rm -rf "$work"
    mkdir -p "$work/src"
    printf '[package]\nname = "wasm-std"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$work/Cargo.toml"
    printf '#![no_std]\n' >"$work/src/lib.rs"
    # Without embedded bitcode a runtime with link-time optimisation fails: "can't find section .llvmbc".
    (cd "$work" && env -u CARGO_TARGET_DIR RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
        cargo +debian build --release -Zbuild-std=core,alloc --target wasm32v1-none) >"$work/log" 2>&1 ||
        { tail -5 "$work/log" >&2; die "the Wasm libraries could not be built (log: $work/log)"; }
    local into=/usr/lib/rustlib/wasm32v1-none/lib
    as_root mkdir -p "$into"
    as_root rm -f "$into"/lib{core,alloc,compiler_builtins}-*.rlib
    as_root cp "$work"/target/wasm32v1-none/release/deps/lib{core,alloc,compiler_builtins}-*.rlib "$into/"
    /usr/bin/rustc --version | as_root tee "$into/../built-by" >/dev/null
    # A runtime built against other libraries would miss crates.
    rm -rf "${TARGET_BIN:?}/wbuild"
}

install_wasm_target() {
    if touchstone_wasm_target_present || touchstone_debian_wasm_present; then return; fi
    if [ "${TOUCHSTONE_WASM:-}" != debian ]; then
        say "adding the Wasm target"
        if (cd "$TOUCHSTONE_ROOT" && timeout 180 rustup target add wasm32v1-none) >"$TOUCHSTONE_CACHE/rustup.log" 2>&1 &&
            touchstone_wasm_target_present; then
            return
        fi
        say "the Rust distribution server does not answer: using Debian's compiler for Wasm"
    fi
    build_debian_wasm_target
}

install_node_packages() {
    local scripts="$TOUCHSTONE_ROOT/scripts/polkadot-js"
    command -v npm >/dev/null || apt_install nodejs npm
    local major
    major="$(node --version | sed 's/^v\([0-9]*\).*/\1/')"
    [ "$major" -ge 20 ] || die "Node.js $major is too old for scripts/polkadot-js: install Node.js 20 or later"
    if ! cmp -s "$scripts/package-lock.json" "$scripts/node_modules/.touchstone-lock"; then
        say "installing the packages of scripts/polkadot-js"
        (cd "$scripts" && npm ci --no-audit --no-fund) >"$TOUCHSTONE_CACHE/npm.log" 2>&1 ||
            { tail -5 "$TOUCHSTONE_CACHE/npm.log" >&2; die "npm ci failed (log: $TOUCHSTONE_CACHE/npm.log)"; }
        cp "$scripts/package-lock.json" "$scripts/node_modules/.touchstone-lock"
    fi
}

mkdir -p "$TOUCHSTONE_CACHE" || die "set TOUCHSTONE_CACHE to a folder that can be written"
install_system_packages
install_rust
install_wasm_target
install_node_packages
say "ready"

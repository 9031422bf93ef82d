#!/usr/bin/env bash
# Installs what a build of Touchstone needs and this machine does not have. You can run it again at any time.
set -euo pipefail

usage() {
    cat <<'EOF'
Usage: scripts/setup.sh [--help]

Installs, where missing:
  - Debian packages: a C compiler, the protobuf compiler, the Vulkan loader, and lavapipe, which runs Vulkan on the CPU;
  - the Rust toolchain of rust-toolchain.toml, through rustup. Where rustup is missing and cannot be downloaded, Debian's
    own current compiler with its rustfmt and clippy is used instead;
  - the Wasm target: downloaded, or, where that is not possible, built in half a minute from the sources of Debian's
    compiler;
  - Node.js 18.17 or later, and the packages of scripts/polkadot-js and scripts/check-docs.

The package registries (Debian, crates.io, npm) are enough; everything else is optional.

Environment:
  TOUCHSTONE_CACHE           folder for downloads, logs and intermediate builds (default: ~/.cache/touchstone)
  TOUCHSTONE_RUST=debian     use Debian's compiler for everything, even where rustup could be installed
  TOUCHSTONE_WASM=debian     use Debian's compiler for Wasm without trying to download the target
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

# Debian's archive has a current compiler under names of its own. The last package provides the linker for Wasm.
DEBIAN_RUST=(rustc-web cargo-web rust-web-src lld-22)
DEBIAN_RUST_TOOLS=(rustfmt-web rust-web-clippy)

install_rust() {
    if ! command -v rustup >/dev/null; then
        # Debian's compiler, installed by an earlier run.
        if debian_rust_present; then return; fi
        if [ "${TOUCHSTONE_RUST:-}" = debian ] || ! install_rustup; then
            install_debian_rust
            return
        fi
    fi
    install_toolchain
}

install_toolchain() {
    local channel
    channel="$(sed -n 's/^channel = "\(.*\)"/\1/p' "$TOUCHSTONE_ROOT/rust-toolchain.toml")"
    rust_present "$channel" || adopt_rust "$channel" || {
        say "installing Rust $channel"
        rustup toolchain install "$channel" --profile minimal -c rustfmt -c clippy \
            >"$TOUCHSTONE_CACHE/rustup.log" 2>&1 ||
            die "Rust $channel with rustfmt and clippy cannot be installed (log: $TOUCHSTONE_CACHE/rustup.log)"
    }
}

install_rustup() {
    say "installing rustup"
    { curl --proto '=https' --tlsv1.2 -sSf --max-time 120 https://sh.rustup.rs -o "$work/rustup-init.sh" &&
        sh "$work/rustup-init.sh" -y --no-modify-path --profile minimal --default-toolchain none; } \
        >"$TOUCHSTONE_CACHE/rustup.log" 2>&1 || {
        say "rustup cannot be downloaded (log: $TOUCHSTONE_CACHE/rustup.log): using Debian's compiler"
        return 1
    }
    PATH="$HOME/.cargo/bin:$PATH"
}

debian_rust_present() {
    local tool
    for tool in rustc cargo cargo-fmt cargo-clippy; do [ -x "/usr/bin/$tool" ] || return 1; done
    dpkg-query -W -f='${Status}' rustc-web 2>/dev/null | grep -q 'install ok installed'
}

install_debian_rust() {
    command -v apt-get >/dev/null ||
        die "there is neither rustup nor Debian's compiler: install rustup (https://rustup.rs), then run scripts/setup.sh again"
    apt_install "${DEBIAN_RUST[@]}" "${DEBIAN_RUST_TOOLS[@]}"
    say "using $(/usr/bin/rustc --version)"
}

# True if this toolchain is installed with everything that the scripts call. By itself, rustup would try to download it.
rust_present() {
    RUSTUP_AUTO_INSTALL=0 cargo "+$1" fmt --version >/dev/null 2>&1 &&
        RUSTUP_AUTO_INSTALL=0 cargo "+$1" clippy --version >/dev/null 2>&1
}

# The right version is often installed under another name ("stable"), on a machine that cannot download it again. rustup
# refuses to link a toolchain under a version's name, but uses one that it finds in its folder.
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

# Builds the Wasm libraries from the sources of Debian's compiler, in half a minute.
build_debian_wasm_target() {
    apt_install "${DEBIAN_RUST[@]}"
    if command -v rustup >/dev/null; then
        rustup toolchain list | grep -q '^debian' || rustup toolchain link debian /usr
    fi
    touchstone_debian_wasm_present && return
    # rustc looks for the linker under this name; Debian ships it under another one.
    command -v rust-lld >/dev/null || as_root ln -s /usr/bin/lld-22 /usr/local/bin/rust-lld
    say "building core and alloc for wasm32v1-none with $(/usr/bin/rustc --version)"
    mkdir -p "$work/wasm-std/src"
    printf '[package]\nname = "wasm-std"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$work/wasm-std/Cargo.toml"
    printf '#![no_std]\n' >"$work/wasm-std/src/lib.rs"
    # Without embedded bitcode a runtime with link-time optimisation fails: "can't find section .llvmbc".
    (cd "$work/wasm-std" && env -u CARGO_TARGET_DIR -u RUSTUP_TOOLCHAIN PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 \
        RUSTFLAGS=-Cembed-bitcode=yes /usr/bin/cargo build --release -Zbuild-std=core,alloc --target wasm32v1-none) \
        >"$TOUCHSTONE_CACHE/wasm-std.log" 2>&1 || {
        tail -5 "$TOUCHSTONE_CACHE/wasm-std.log" >&2
        die "the Wasm libraries could not be built (log: $TOUCHSTONE_CACHE/wasm-std.log)"
    }
    local into=/usr/lib/rustlib/wasm32v1-none/lib
    as_root mkdir -p "$into"
    as_root rm -f "$into"/lib{core,alloc,compiler_builtins}-*.rlib
    as_root cp "$work"/wasm-std/target/wasm32v1-none/release/deps/lib{core,alloc,compiler_builtins}-*.rlib "$into/"
    /usr/bin/rustc --version | as_root tee "$into/../built-by" >/dev/null
    # A runtime that was built against other libraries would miss crates.
    rm -rf "${TARGET_BIN:?}/wbuild"
}

install_wasm_target() {
    if touchstone_wasm_target_present || touchstone_debian_wasm_present; then return; fi
    if [ "${TOUCHSTONE_WASM:-}" != debian ] && command -v rustup >/dev/null; then
        say "adding the Wasm target"
        if (cd "$TOUCHSTONE_ROOT" && timeout 180 rustup target add wasm32v1-none) >"$TOUCHSTONE_CACHE/rustup.log" 2>&1 &&
            touchstone_wasm_target_present; then
            return
        fi
        say "the Wasm target cannot be downloaded: using Debian's compiler for Wasm"
    fi
    build_debian_wasm_target
}

# The least version that the scripts run on, as Debian 12 has it (18.20): the first one with URL.canParse.
NODE_LEAST=18.17.0

install_node_packages() {
    command -v node >/dev/null && command -v npm >/dev/null || apt_install nodejs npm
    local version folder
    version="$(node --version)"
    printf '%s\n' "$NODE_LEAST" "${version#v}" | sort --version-sort --check=quiet ||
        die "Node.js $version is too old for scripts/polkadot-js: install Node.js $NODE_LEAST or later"
    for folder in scripts/polkadot-js scripts/check-docs; do
        cmp -s "$TOUCHSTONE_ROOT/$folder/package-lock.json" "$TOUCHSTONE_ROOT/$folder/node_modules/.touchstone-lock" && continue
        say "installing the packages of $folder"
        (cd "$TOUCHSTONE_ROOT/$folder" && npm ci --no-audit --no-fund) >"$TOUCHSTONE_CACHE/npm.log" 2>&1 ||
            { tail -5 "$TOUCHSTONE_CACHE/npm.log" >&2; die "npm ci failed (log: $TOUCHSTONE_CACHE/npm.log)"; }
        cp "$TOUCHSTONE_ROOT/$folder/package-lock.json" "$TOUCHSTONE_ROOT/$folder/node_modules/.touchstone-lock"
    done
}

mkdir -p "$TOUCHSTONE_CACHE" && [ -w "$TOUCHSTONE_CACHE" ] ||
    die "$TOUCHSTONE_CACHE cannot be written: set TOUCHSTONE_CACHE to a folder that can"
# Two set-ups at once would install the same packages: the second one waits and finds nothing left to do.
if command -v flock >/dev/null; then
    exec 9>"$TOUCHSTONE_CACHE/setup.lock"
    flock 9
fi
work="$(mktemp -d "$TOUCHSTONE_CACHE/setup.XXXXXXXX")"
trap 'rm -rf "$work"' EXIT
install_system_packages
install_rust
install_wasm_target
install_node_packages
say "ready"

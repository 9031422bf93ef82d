//! Builds the runtime a second time, for Wasm: the form that goes on chain.

fn main() {
    #[cfg(feature = "wasm")]
    build_wasm();
}

#[cfg(feature = "wasm")]
fn build_wasm() {
    // The builder looks for Cargo.lock above the target folder, which may lie outside of the workspace.
    if std::env::var_os("WASM_BUILD_WORKSPACE_HINT").is_none() {
        std::env::set_var("WASM_BUILD_WORKSPACE_HINT", concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    }
    // The builder knows cargo's own profiles. `ci` is this workspace's, and its Wasm is the released one.
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    if std::env::var_os("WASM_BUILD_TYPE").is_none() && std::path::Path::new(&out).iter().any(|part| part == "ci") {
        std::env::set_var("WASM_BUILD_TYPE", "release");
    }

    // Clippy puts itself between cargo and the compiler, and knows only the targets of its own toolchain.
    std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");

    // The builder turns on the same features for the Wasm; this one is for the native side.
    std::env::remove_var("CARGO_FEATURE_WASM");

    #[cfg(feature = "metadata-hash")]
    substrate_wasm_builder::WasmBuilder::init_with_defaults().enable_metadata_hash("TSN", 12).build();

    #[cfg(not(feature = "metadata-hash"))]
    substrate_wasm_builder::WasmBuilder::build_using_defaults();
}

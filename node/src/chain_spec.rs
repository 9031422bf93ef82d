//! The chain specifications that are built in.

use sc_service::{ChainType, GenericChainSpec, Properties};
use touchstone_runtime::{genesis::STAGING_RUNTIME_PRESET, WASM_BINARY};

/// A chain's specification.
pub(crate) type ChainSpec = GenericChainSpec;

/// Loads the built-in specification with this name (`dev`, `local`, `staging`), or the file at this path.
pub(crate) fn load(id: &str) -> Result<ChainSpec, String> {
    match id {
        "dev" => named("Touchstone Development", "dev", ChainType::Development, "development"),
        "" | "local" => named("Touchstone Local", "local", ChainType::Local, "local_testnet"),
        "staging" => named("Touchstone Staging", "staging", ChainType::Live, STAGING_RUNTIME_PRESET),
        path => ChainSpec::from_json_file(path.into()).map_err(|error| {
            format!("no chain is named {path:?} (dev, local, staging), and there is no such file: {error}")
        }),
    }
}

fn named(name: &str, id: &str, kind: ChainType, preset: &str) -> Result<ChainSpec, String> {
    let code = WASM_BINARY.ok_or("this node was built without a runtime (SKIP_WASM_BUILD)")?;
    let properties = Properties::from_iter([
        ("tokenSymbol".into(), "TSN".into()),
        ("tokenDecimals".into(), 12.into()),
        ("ss58Format".into(), 42.into()),
    ]);
    Ok(ChainSpec::builder(code, None)
        .with_name(name)
        .with_id(id)
        // Nodes of two chains must not take each other for peers.
        .with_protocol_id(&format!("touchstone-{id}"))
        .with_chain_type(kind)
        .with_properties(properties)
        .with_genesis_config_preset_name(preset)
        .build())
}

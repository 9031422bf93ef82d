//! Prints the raw specification of a development chain whose genesis is made by another runtime than this node's: that
//! of a release, for `scripts/upgrade-check.sh`.
//!
//! ```text
//! release_spec RUNTIME.wasm > release.json
//! ```

use std::{env, fs};

use sc_service::{ChainType, GenericChainSpec};

type Spec = GenericChainSpec;

fn main() -> Result<(), String> {
    let mut arguments = env::args().skip(1);
    let (Some(file), None) = (arguments.next(), arguments.next()) else {
        return Err("usage: release_spec RUNTIME.wasm".into());
    };
    let code = fs::read(&file).map_err(|error| format!("{file}: {error}"))?;
    let spec = Spec::builder(&code, None)
        .with_name("Touchstone Release")
        .with_id("release")
        .with_protocol_id("touchstone-release")
        .with_chain_type(ChainType::Development)
        .with_genesis_config_preset_name("development")
        .build();
    print!("{}", spec.as_json(true)?);
    Ok(())
}

//! The migrations of this runtime, on the state of a chain of the previous release.

use std::{collections::BTreeMap, env, fs};

use frame_support::traits::TryState;
use frame_try_runtime::{runtime_decl_for_try_runtime::TryRuntimeV1, TryStateSelect, UpgradeCheckSelect};
use serde::Deserialize;
use sp_storage::Storage;

use crate::{AllPalletsWithSystem, Runtime, System};

/// The part of a raw chain specification that holds the state.
#[derive(Deserialize)]
struct Spec {
    genesis: Genesis,
}

#[derive(Deserialize)]
struct Genesis {
    raw: Raw,
}

#[derive(Deserialize)]
struct Raw {
    top: BTreeMap<String, String>,
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    sp_core::bytes::from_hex(hexadecimal).expect("a raw specification is hexadecimal")
}

/// `scripts/upgrade-check.sh` makes the state and runs this.
#[test]
#[ignore = "needs the state of a release: run scripts/upgrade-check.sh"]
fn upgrade_keeps_the_state_of_the_previous_release() {
    let file = env::var("TOUCHSTONE_STATE").expect("TOUCHSTONE_STATE names a raw specification");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let spec: Spec = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let top = spec.genesis.raw.top.iter().map(|(key, value)| (bytes(key), bytes(value))).collect();
    let mut chain = sp_io::TestExternalities::new(Storage { top, ..Default::default() });
    chain.execute_with(|| {
        let block = System::block_number();
        assert!(block > 0, "it is the state of a chain that has run");
        assert!(pallet_reverse_auction::Jobs::<Runtime>::iter().count() >= 5, "with a job in every stage");

        // Panics with the reason if a check fails.
        let (used, limit) = Runtime::on_runtime_upgrade(UpgradeCheckSelect::All);
        assert!(used.all_lte(limit), "the migrations take {used}, a block has {limit}");
        AllPalletsWithSystem::try_state(block, TryStateSelect::All).expect("every pallet agrees with itself");
        println!("migrated the state of block {block}: {used} of {limit}");
    });
}

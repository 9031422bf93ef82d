//! Runs the runtime's benchmarks on its Wasm, with the arguments of `benchmark pallet`.
//!
//! The published runner does the same but builds RocksDB; weights need only an in-memory state.

use clap::Parser;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;

fn main() -> sc_cli::Result<()> {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    PalletCmd::parse().run_with_spec::<BlakeTwo256, ()>(None)
}

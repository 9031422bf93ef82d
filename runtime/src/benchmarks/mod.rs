//! The benchmarks that `scripts/weights.sh` runs.

mod scenes;

use alloc::{string::String, vec::Vec};

use frame_benchmarking::{define_benchmarks, BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::traits::{StorageInfo, StorageInfoTrait, WhitelistedStorageKeys};
use frame_system_benchmarking::{extensions::Pallet as SystemExtensions, Pallet as SystemBench};

use crate::*;

pub(crate) use scenes::Scenes;

define_benchmarks!(
    [frame_system, SystemBench::<Runtime>]
    [frame_system_extensions, SystemExtensions::<Runtime>]
    [pallet_assets, Assets]
    [pallet_balances, Balances]
    [pallet_multisig, Multisig]
    [pallet_parameters, Parameters]
    [pallet_proxy, Proxy]
    [pallet_sudo, Sudo]
    [pallet_timestamp, Timestamp]
    [pallet_transaction_payment, TransactionPayment]
    [pallet_utility, Utility]
    [pallet_demands, Demands]
    [pallet_dispute_clock, DisputeClock]
    [pallet_disputes, Disputes]
    [pallet_kernel_registry, KernelRegistry]
    [pallet_provider_registry, ProviderRegistry]
    [pallet_reverse_auction, ReverseAuction]
);

impl frame_system_benchmarking::Config for Runtime {}
impl pallet_transaction_payment::BenchmarkConfig for Runtime {}

/// All benchmarks, and the storage that their proofs are about.
pub(crate) fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
    let mut list = Vec::new();
    list_benchmarks!(list, extra);
    (list, AllPalletsWithSystem::storage_info())
}

/// Runs what `config` asks for.
pub(crate) fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
    let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
    let mut batches = Vec::new();
    let params = (&config, &whitelist);
    add_benchmarks!(params, batches);
    Ok(batches)
}

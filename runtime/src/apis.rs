//! The runtime APIs for the node and its clients.

use alloc::vec::Vec;

use frame_support::{
    genesis_builder_helper::{build_state, get_preset},
    traits::KeyOwnerProofSystem,
    weights::Weight,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use sp_api::impl_runtime_apis;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
    traits::{Block as BlockT, NumberFor},
    transaction_validity::{TransactionSource, TransactionValidity},
    ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;
use touchstone_primitives::{
    views::{
        Challengeable, Cursor, DemandView, EscrowView, JobView, KernelView, Page, ProviderView, Quote, ResultView,
    },
    Clock, CommitmentId, JobId, JobSpec, KernelHash, QuoteError, Terms, Tick,
};

use crate::{
    constants::EPOCH_DURATION, genesis, AccountId, Babe, Balance, Block, Demands, DisputeClock, Executive, Grandpa,
    Historical, InherentDataExt, KernelRegistry, Nonce, ProviderRegistry, ReverseAuction, Runtime, RuntimeCall,
    RuntimeGenesisConfig, SessionKeys, System, TransactionPayment, VERSION,
};

impl_runtime_apis! {
    impl sp_api::Core<Block> for Runtime {
        fn version() -> RuntimeVersion {
            VERSION
        }

        fn execute_block(block: <Block as BlockT>::LazyBlock) {
            Executive::execute_block(block)
        }

        fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
            Executive::initialize_block(header)
        }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> OpaqueMetadata {
            OpaqueMetadata::new(Runtime::metadata().into())
        }

        fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
            Runtime::metadata_at_version(version)
        }

        fn metadata_versions() -> Vec<u32> {
            Runtime::metadata_versions()
        }
    }

    impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
        fn execute_view_function(
            id: frame_support::view_functions::ViewFunctionId,
            input: Vec<u8>,
        ) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
            Runtime::execute_view_function(id, input)
        }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
            Executive::apply_extrinsic(extrinsic)
        }

        fn finalize_block() -> <Block as BlockT>::Header {
            Executive::finalize_block()
        }

        fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
            data.create_extrinsics()
        }

        fn check_inherents(block: <Block as BlockT>::LazyBlock, data: InherentData) -> CheckInherentsResult {
            data.check_extrinsics(&block)
        }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            source: TransactionSource,
            transaction: <Block as BlockT>::Extrinsic,
            block_hash: <Block as BlockT>::Hash,
        ) -> TransactionValidity {
            Executive::validate_transaction(source, transaction, block_hash)
        }
    }

    impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
        fn offchain_worker(header: &<Block as BlockT>::Header) {
            Executive::offchain_worker(header)
        }
    }

    impl sp_consensus_babe::BabeApi<Block> for Runtime {
        fn configuration() -> sp_consensus_babe::BabeConfiguration {
            let epoch = Babe::epoch_config().unwrap_or(genesis::BABE_EPOCH_CONFIG);
            sp_consensus_babe::BabeConfiguration {
                slot_duration: Babe::slot_duration(),
                epoch_length: EPOCH_DURATION,
                c: epoch.c,
                authorities: Babe::authorities().to_vec(),
                randomness: Babe::randomness(),
                allowed_slots: epoch.allowed_slots,
            }
        }

        fn current_epoch_start() -> sp_consensus_babe::Slot {
            Babe::current_epoch_start()
        }

        fn current_epoch() -> sp_consensus_babe::Epoch {
            Babe::current_epoch()
        }

        fn next_epoch() -> sp_consensus_babe::Epoch {
            Babe::next_epoch()
        }

        fn generate_key_ownership_proof(
            _: sp_consensus_babe::Slot,
            authority: sp_consensus_babe::AuthorityId,
        ) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> {
            let proof = Historical::prove((sp_consensus_babe::KEY_TYPE, authority))?;
            Some(sp_consensus_babe::OpaqueKeyOwnershipProof::new(codec::Encode::encode(&proof)))
        }

        fn submit_report_equivocation_unsigned_extrinsic(
            equivocation: sp_consensus_babe::EquivocationProof<<Block as BlockT>::Header>,
            key_owner: sp_consensus_babe::OpaqueKeyOwnershipProof,
        ) -> Option<()> {
            Babe::submit_unsigned_equivocation_report(equivocation, key_owner.decode()?)
        }
    }

    impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
        fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
            Grandpa::grandpa_authorities()
        }

        fn current_set_id() -> sp_consensus_grandpa::SetId {
            Grandpa::current_set_id()
        }

        fn generate_key_ownership_proof(
            _: sp_consensus_grandpa::SetId,
            authority: sp_consensus_grandpa::AuthorityId,
        ) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
            let proof = Historical::prove((sp_consensus_grandpa::KEY_TYPE, authority))?;
            Some(sp_consensus_grandpa::OpaqueKeyOwnershipProof::new(codec::Encode::encode(&proof)))
        }

        fn submit_report_equivocation_unsigned_extrinsic(
            equivocation: sp_consensus_grandpa::EquivocationProof<<Block as BlockT>::Hash, NumberFor<Block>>,
            key_owner: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
        ) -> Option<()> {
            Grandpa::submit_unsigned_equivocation_report(equivocation, key_owner.decode()?)
        }
    }

    impl sp_session::SessionKeys<Block> for Runtime {
        fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
            SessionKeys::generate(&owner, seed).into()
        }

        fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
            SessionKeys::decode_into_raw_public_keys(&encoded)
        }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(account: AccountId) -> Nonce {
            System::account_nonce(account)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
        fn query_info(transaction: <Block as BlockT>::Extrinsic, len: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_info(transaction, len)
        }

        fn query_fee_details(transaction: <Block as BlockT>::Extrinsic, len: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_fee_details(transaction, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(len: u32) -> Balance {
            TransactionPayment::length_to_fee(len)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<Block, Balance, RuntimeCall>
        for Runtime
    {
        fn query_call_info(call: RuntimeCall, len: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_call_info(call, len)
        }

        fn query_call_fee_details(call: RuntimeCall, len: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_call_fee_details(call, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(len: u32) -> Balance {
            TransactionPayment::length_to_fee(len)
        }
    }

    impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
        fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
            build_state::<RuntimeGenesisConfig>(config)
        }

        fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
            get_preset::<RuntimeGenesisConfig>(id, genesis::get_preset)
        }

        fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
            genesis::preset_names()
        }
    }

    impl touchstone_primitives::TouchstoneApi<Block, AccountId> for Runtime {
        fn clock() -> Tick {
            DisputeClock::now()
        }

        fn terms() -> Terms {
            ReverseAuction::terms()
        }

        fn job(job: JobId) -> Option<JobView<AccountId>> {
            ReverseAuction::view(job)
        }

        fn result(job: JobId) -> Option<ResultView<AccountId>> {
            ReverseAuction::result(job)
        }

        fn demands(commitment: CommitmentId, limit: u32) -> Vec<DemandView<AccountId>> {
            Demands::demands(commitment, limit)
        }

        fn demand_bond(job: JobId, commitment: CommitmentId) -> Option<Balance> {
            Demands::bond(job, commitment)
        }

        fn outputs(job: JobId) -> Option<Vec<u8>> {
            ReverseAuction::outputs(job)
        }

        fn inline_inputs(job: JobId) -> Vec<(u8, Vec<u8>)> {
            ReverseAuction::inline_inputs(job)
        }

        fn escrow(job: JobId) -> Option<EscrowView<AccountId>> {
            ReverseAuction::held(job)
        }

        fn provider(account: AccountId) -> Option<ProviderView<AccountId>> {
            ProviderRegistry::view(account)
        }

        fn providers(after: Option<Cursor>, limit: u32) -> Page<ProviderView<AccountId>> {
            ProviderRegistry::list(after, limit)
        }

        fn jobs_of(buyer: AccountId, after: Option<Cursor>, limit: u32) -> Page<JobView<AccountId>> {
            ReverseAuction::jobs_of(buyer, after, limit)
        }

        fn duties(provider: AccountId, after: Option<Cursor>, limit: u32) -> Page<JobView<AccountId>> {
            ReverseAuction::duties(provider, after, limit)
        }

        fn challengeable(after: Option<Cursor>, limit: u32) -> Page<Challengeable<AccountId>> {
            ReverseAuction::challengeable(after, limit)
        }

        fn open_auctions(after: Option<Cursor>, limit: u32) -> Page<JobView<AccountId>> {
            ReverseAuction::open_auctions(after, limit)
        }

        fn quote(spec: JobSpec) -> Result<Quote<AccountId>, QuoteError> {
            ReverseAuction::quote(spec)
        }

        fn kernel(hash: KernelHash) -> Option<KernelView<AccountId>> {
            KernelRegistry::view(hash)
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    impl frame_benchmarking::Benchmark<Block> for Runtime {
        fn benchmark_metadata(
            extra: bool,
        ) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
            crate::benchmarks::metadata(extra)
        }

        fn dispatch_benchmark(
            config: frame_benchmarking::BenchmarkConfig,
        ) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
            crate::benchmarks::dispatch(config)
        }
    }

    #[cfg(feature = "try-runtime")]
    impl frame_try_runtime::TryRuntime<Block> for Runtime {
        fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
            // A failed check must stop try-runtime here, with its reason. This code never runs in a block.
            let weight = Executive::try_runtime_upgrade(checks).unwrap_or_else(|error| panic!("{error:?}"));
            (weight, crate::configs::system::Weights::get().max_block)
        }

        fn execute_block(
            block: <Block as BlockT>::LazyBlock,
            state_root_check: bool,
            signature_check: bool,
            select: frame_try_runtime::TryStateSelect,
        ) -> Weight {
            Executive::try_execute_block(block, state_root_check, signature_check, select)
                .unwrap_or_else(|error| panic!("{error:?}"))
        }
    }
}

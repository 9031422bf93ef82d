use alloc::vec::Vec;
use codec::Codec;

use crate::{
    views::{Duty, EscrowView, JobView, KernelView, ProviderView, Quote, ResultView},
    JobId, JobSpec, KernelHash, Terms, Tick,
};

/// Why there is no quote: the submission would fail for the same reason.
#[derive(Clone, PartialEq, Eq, Debug, codec::Encode, codec::Decode, scale_info::TypeInfo)]
pub struct QuoteError {
    /// Name of the error that `submit` would give, as in the metadata.
    pub error: Vec<u8>,
}

sp_api::decl_runtime_apis! {
    /// Everything that people and programs read of the market.
    pub trait TouchstoneApi<AccountId> where AccountId: Codec {
        /// The current tick of the dispute clock.
        fn clock() -> Tick;

        /// The conditions that a job submitted now would copy.
        fn terms() -> Terms;

        /// A job, until its record is removed.
        fn job(job: JobId) -> Option<JobView<AccountId>>;

        /// The committed result of a job.
        fn result(job: JobId) -> Option<ResultView<AccountId>>;

        /// The inline inputs of a job with their index among the inputs.
        fn inline_inputs(job: JobId) -> Vec<(u8, Vec<u8>)>;

        /// What is held for a job.
        fn escrow(job: JobId) -> Option<EscrowView<AccountId>>;

        /// A provider.
        fn provider(account: AccountId) -> Option<ProviderView<AccountId>>;

        /// All providers, at most 256 after `after`.
        fn providers(after: Option<AccountId>) -> Vec<ProviderView<AccountId>>;

        /// The jobs that a provider holds.
        fn duties(provider: AccountId) -> Vec<Duty>;

        /// The jobs whose results can be challenged now, at most 256 after `after`.
        fn challengeable(after: Option<JobId>) -> Vec<JobId>;

        /// The jobs that take bids, at most 256 after `after`. One whose last tick for bids has just passed can still be
        /// among them.
        fn open_auctions(after: Option<JobId>) -> Vec<JobId>;

        /// Who would take this job, at what price, and why the others would not.
        fn quote(spec: JobSpec) -> Result<Quote<AccountId>, QuoteError>;

        /// A kernel.
        fn kernel(hash: KernelHash) -> Option<KernelView<AccountId>>;
    }
}

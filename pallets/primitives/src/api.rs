use alloc::vec::Vec;
use codec::Codec;

use crate::{
    views::{
        Challengeable, Cursor, DemandView, EscrowView, JobView, KernelView, Page, ProviderView, Quote, ResultView,
    },
    Balance, CommitmentId, JobId, JobSpec, KernelHash, Terms, Tick,
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

        /// The outputs of all steps, one after the other, if they came with the commitment of the job's result and that
        /// is not settled yet.
        fn outputs(job: JobId) -> Option<Vec<u8>>;

        /// The demands for data of a result whose outcome is not known, at most `limit` of them and never more than
        /// 256: first those that wait for an answer.
        fn demands(commitment: CommitmentId, limit: u32) -> Vec<DemandView<AccountId>>;

        /// What a demand for data of this result would hold now; `None` if the job has no such result that can be
        /// challenged.
        fn demand_bond(job: JobId, commitment: CommitmentId) -> Option<Balance>;

        /// The inline inputs of a job with their index among the inputs.
        fn inline_inputs(job: JobId) -> Vec<(u8, Vec<u8>)>;

        /// What is held for a job.
        fn escrow(job: JobId) -> Option<EscrowView<AccountId>>;

        /// A provider.
        fn provider(account: AccountId) -> Option<ProviderView<AccountId>>;

        // Lists are read in pages: each read looks at no more than `limit` entries (at least 1, at most 64) and says
        // where the next page begins. An entry that comes or goes between two reads is met or missed; no other is.

        /// All providers.
        fn providers(after: Option<Cursor>, limit: u32) -> Page<ProviderView<AccountId>>;

        /// The jobs that a buyer has submitted, until their records are removed.
        fn jobs_of(buyer: AccountId, after: Option<Cursor>, limit: u32) -> Page<JobView<AccountId>>;

        /// The jobs that a provider works on, or whose result it stands by.
        fn duties(provider: AccountId, after: Option<Cursor>, limit: u32) -> Page<JobView<AccountId>>;

        /// The jobs whose results can be challenged now.
        fn challengeable(after: Option<Cursor>, limit: u32) -> Page<Challengeable<AccountId>>;

        /// The jobs that take bids.
        fn open_auctions(after: Option<Cursor>, limit: u32) -> Page<JobView<AccountId>>;

        /// Who would take this job, at what price, and why the others would not.
        fn quote(spec: JobSpec) -> Result<Quote<AccountId>, QuoteError>;

        /// A kernel.
        fn kernel(hash: KernelHash) -> Option<KernelView<AccountId>>;
    }
}

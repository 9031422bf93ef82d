//! The chain's records as this library reads them.

pub use subxt::utils::AccountId32 as AccountId;

/// A job.
pub type JobView = touchstone_primitives::views::JobView<AccountId>;
/// A committed result.
pub type ResultView = touchstone_primitives::views::ResultView<AccountId>;
/// A demand for data of a result.
pub type DemandView = touchstone_primitives::views::DemandView<AccountId>;
/// A provider.
pub type ProviderView = touchstone_primitives::views::ProviderView<AccountId>;

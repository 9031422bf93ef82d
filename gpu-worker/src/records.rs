//! Lists of the chain as whole records: several reads at once, not one after the other.

use futures::future::try_join_all;
use touchstone_client::{
    chain::{At, ChainError},
    AccountId, JobView, ResultView,
};
use touchstone_primitives::JobId;

/// A job whose result can be challenged now.
#[derive(Clone, Debug)]
pub struct Challengeable {
    /// The job.
    pub job: JobView,
    /// The result.
    pub result: ResultView,
}

/// The jobs that a provider works on, or whose result it stands by.
pub async fn duties(at: &At, provider: &AccountId) -> Result<Vec<JobView>, ChainError> {
    let duties = at.duties(provider).await?;
    // Duties and jobs are read at one block, so a duty has its job.
    Ok(try_join_all(duties.iter().map(|duty| at.job(duty.job))).await?.into_iter().flatten().collect())
}

/// A page of the jobs that take bids, and where the next one begins; `None` at the end of the list.
pub async fn open_auctions(at: &At, after: Option<JobId>) -> Result<(Vec<JobView>, Option<JobId>), ChainError> {
    let ids = at.open_auctions(after).await?;
    let jobs = try_join_all(ids.iter().map(|id| at.job(*id))).await?;
    Ok((jobs.into_iter().flatten().collect(), ids.last().copied()))
}

/// The jobs whose results can be challenged now.
pub async fn challengeable(at: &At) -> Result<Vec<Challengeable>, ChainError> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let ids = at.challengeable(after).await?;
        let Some(last) = ids.last() else { return Ok(all) };
        after = Some(*last);
        let jobs = try_join_all(ids.iter().map(|id| at.job(*id))).await?;
        let results = try_join_all(ids.iter().map(|id| at.result(*id))).await?;
        let both = jobs.into_iter().zip(results);
        all.extend(both.filter_map(|(job, result)| Some(Challengeable { job: job?, result: result? })));
    }
}

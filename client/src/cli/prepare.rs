//! From a description to a job that the chain would take.

use touchstone_client::{
    chain::Chain,
    manifest::{Manifest, Prepared},
    AccountId,
};
use touchstone_primitives::views::Quote;

/// Reads inputs and kernels; the deadline that the description leaves out is 20 ticks, within what the chain allows.
pub(super) async fn prepare(chain: &Chain, manifest: &Manifest) -> anyhow::Result<Prepared> {
    let terms = chain.at_best().await?.terms().await?;
    let deadline = 20.clamp(terms.min_deadline, terms.max_deadline.max(terms.min_deadline));
    Ok(manifest.prepare(deadline)?)
}

/// The kernels that the job names and the chain lacks, each once.
pub(super) async fn missing_kernels(chain: &Chain, prepared: &Prepared) -> anyhow::Result<Vec<[u8; 32]>> {
    let at = chain.at_best().await?;
    let mut missing = Vec::new();
    for step in &prepared.spec.steps {
        if !missing.contains(&step.kernel) && at.kernel(step.kernel).await?.is_none() {
            missing.push(step.kernel);
        }
    }
    Ok(missing)
}

/// The chain's quote; its refusal is an error with a remedy.
pub(super) async fn quote(chain: &Chain, prepared: &Prepared) -> anyhow::Result<Quote<AccountId>> {
    match chain.at_best().await?.quote(&prepared.spec).await? {
        Ok(quote) => Ok(quote),
        Err(name) => {
            let error = chain.error_by_name("ReverseAuction", &name).await?;
            anyhow::bail!("the chain would not take this job: {error}")
        }
    }
}

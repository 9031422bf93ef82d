//! Brings the inputs of a job to its provider.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use touchstone_client::{
    blobs::{self, Content, Endpoint},
    chain::{Chain, ChainError},
    manifest::Upload,
    AccountId, JobView,
};
use touchstone_primitives::{views::Stage, JobId, Tick};

use super::{
    context::Context,
    output::{hex, plain},
    reach,
};

/// Between two tries of one input.
const PAUSE: Duration = Duration::from_millis(500);

/// Puts these inputs to the provider that is assigned, at once and side by side. A provider that is away, or does not
/// know the job yet, is tried again for as long as it has the job.
pub(super) async fn put_all<'a>(
    context: &Context,
    chain: &Chain,
    view: &JobView,
    uploads: impl IntoIterator<Item = &'a Upload>,
) -> anyhow::Result<()> {
    let endpoint = endpoint_of(context, chain, view).await?;
    let puts = uploads.into_iter().map(|upload| async {
        let (root, path) = (upload.root, upload.path.clone());
        let content = tokio::task::spawn_blocking(move || Content::open(&root, &path)).await??;
        put_one(chain, view, &endpoint, &content)
            .await
            .with_context(|| format!("the input {:?} could not be put", upload.name))?;
        context.out.event(
            json!({
                "event": "put",
                "job": view.id.to_string(),
                "input": upload.name,
                "root": hex(&upload.root),
                "bytes": upload.len,
                "attempt": view.attempt,
            }),
            || format!("put {:?}, {} bytes, to {endpoint}", upload.name, upload.len),
        );
        Ok(())
    });
    futures::future::try_join_all(puts).await.map(drop)
}

/// Those inputs that the assigned provider had and has no longer: it found their files damaged, and waits for them. A
/// provider that does not answer has none to wait for.
pub(super) async fn asked_again<'a>(
    context: &Context,
    chain: &Chain,
    view: &JobView,
    uploads: &'a [Upload],
) -> anyhow::Result<Vec<&'a Upload>> {
    let endpoint = &endpoint_of(context, chain, view).await?;
    let heads = uploads.iter().map(|upload| async move {
        let is_missing = matches!(blobs::head(endpoint, &upload.root).await, Ok(None));
        is_missing.then_some(upload)
    });
    Ok(futures::future::join_all(heads).await.into_iter().flatten().collect())
}

async fn endpoint_of(context: &Context, chain: &Chain, view: &JobView) -> anyhow::Result<Endpoint> {
    let endpoint = plain(view.endpoint.as_deref().unwrap_or_default());
    Ok(Endpoint::new(&reach::http(context, chain).await?, &endpoint)?)
}

async fn put_one(chain: &Chain, view: &JobView, endpoint: &Endpoint, content: &Content) -> anyhow::Result<()> {
    loop {
        let error = match blobs::put_once(endpoint, content).await {
            Err(error) if error.is_transient() => error,
            other => return Ok(other?),
        };
        tracing::debug!(%error, "trying again");
        tokio::time::sleep(PAUSE).await;
        // A node that is away says nothing about the job.
        let Ok((clock, now)) = look(chain, view.id).await else { continue };
        if !is_awaited(view.attempt, clock, now.as_ref().map(|now| (now.attempt, &now.stage))) {
            return Err(
                anyhow::Error::new(error).context("the provider's time for the job ended before it had the input")
            );
        }
    }
}

async fn look(chain: &Chain, job: JobId) -> Result<(Tick, Option<JobView>), ChainError> {
    let at = chain.at_best().await?;
    Ok((at.clock().await?, at.job(job).await?))
}

/// Whether the provider of this attempt still waits for inputs, given the job's attempt and stage of now. A provider
/// whose last moment to pass is over may have started late: it takes inputs until its deadline. A job that the chain
/// does not have was in a block that is retracted.
fn is_awaited(attempt: u32, clock: Tick, now: Option<(u32, &Stage<AccountId>)>) -> bool {
    match now {
        None => true,
        Some((current, Stage::Assigned { commit_by, .. })) => current == attempt && clock <= *commit_by,
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use touchstone_primitives::{views::BidView, CloseReason};

    use super::*;

    #[test]
    fn inputs_are_awaited_until_the_deadline_of_the_same_attempt() {
        let deal = BidView { provider: AccountId::from([3; 32]), device: 0, price: 1, collateral: 1 };
        let assigned = Stage::Assigned { deal, pass_by: 5, commit_by: 8 };
        for (clock, expected) in [(3, true), (5, true), (6, true), (8, true), (9, false)] {
            assert_eq!(is_awaited(1, clock, Some((1, &assigned))), expected, "{clock}");
        }
        assert!(!is_awaited(1, 3, Some((2, &assigned))), "another provider has it");
        assert!(!is_awaited(1, 3, Some((1, &Stage::Open { closes: 9, best: None }))), "it was passed");
        let closed = Stage::Closed { reason: CloseReason::Cancelled, at: 3 };
        assert!(!is_awaited(1, 3, Some((1, &closed))));
        assert!(is_awaited(1, 3, None), "a retracted block brings the job again");
    }
}

//! A block with an assignment is retracted: the chain of the other validator is heavier.

use touchstone_primitives::{views::Stage, CloseReason, Source};

use crate::support::*;

const TRIPLE: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(0) var<storage, read> numbers: array<u32>;
    @group(0) @binding(9) var<storage, read_write> tripled: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        tripled[id.x] = 3u * numbers[id.x];
    }";

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_is_retracted_costs_nobody_and_the_job_completes() {
    let folder = tempfile::tempdir().unwrap();
    let (validators, chain) = Validators::start(folder.path(), "local").await;
    let url = &validators.a.url;

    let (triple, buyer) = (kernel(TRIPLE), signer("//Ferdie"));
    upload(&chain, &buyer, &triple).await;
    let provider = Provider::new(folder.path(), "//Charlie");
    provider.register(url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(url, &[]);

    // B sleeps while A assigns the job; then A sleeps until B's chain is the better one. The submission is signed when
    // A's best block is one that will be retracted: it has to be valid on B's chain all the same.
    let common = validators.part().await;
    let input: Vec<u8> = (0..500u32).flat_map(u32::to_le_bytes).collect();
    let steps: [(_, &[u8], u32); 1] = [(&triple, &[0], 500)];
    let job = spec(&[(input.as_slice(), Source::Inline)], &steps, 40);
    let id = submit_job(&chain, &buyer, 1, job, &[&input]).await;
    let assigned = chain.at_best().await.unwrap();
    let view = assigned.job(id).await.unwrap().unwrap();
    assert!(!matches!(view.stage, Stage::Open { .. }), "{:?}", view.stage);
    validators.retract(common, &assigned.head()).await;

    // The pool brings the submission again, and the worker does its work again, as if nothing had happened.
    let again = until(&chain, "the job is committed", |at| async move {
        let view = at.job(id).await.ok()??;
        is_committed(&view.stage).then_some(view)
    })
    .await;
    assert_eq!(again.attempt, 1, "no attempt was used up");
    let result = until(&chain, "the result is there", |at| async move { at.result(id).await.ok()? }).await;
    let output: Vec<u8> = (0..500u32).flat_map(|i| (3 * i).to_le_bytes()).collect();
    assert_eq!(result.trace, trace_of(&[output]).buffer());
    validators.until_they_agree().await;
    let provider_view = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((provider_view.missed, provider_view.refuted), (0, 0));

    let call = touchstone_client::chain::Call::Accept { job: id, commitment: result.commitment };
    submit(&chain, &buyer, call).await;
    // The block with the acceptance may lose to the other validator's, too: then it comes in the next one.
    let end = until(&chain, "the price is paid", |at| async move {
        match at.job(id).await.ok()??.stage {
            Stage::Committed { accepted, .. } => accepted.then_some(None),
            Stage::Closed { reason, .. } => Some(Some(reason)),
            _ => None,
        }
    })
    .await;
    assert!(end.is_none_or(|reason| reason == CloseReason::Settled), "{end:?}");
    assert_eq!(worker.interrupt(), Some(0));
}

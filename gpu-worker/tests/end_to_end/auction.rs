//! Open auctions among workers that bid by themselves.

use touchstone_client::chain::Call;
use touchstone_primitives::{views::Stage, CloseReason, DeviceClass, Matching, Source};

use crate::support::*;

/// Ticks for bids: two workers need three or four blocks to find out who works for less.
const AUCTION: u32 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn an_open_auction_goes_to_the_worker_that_asks_for_less_and_is_paid() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let chain = node.chain().await;
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    upload(&chain, &signer("//Alice"), &double).await;
    let (cheap, dear) = (Provider::new(folder.path(), "//Bob"), Provider::new(folder.path(), "//Dave"));
    cheap.register(&node.url, "1TSN").await;
    dear.register(&node.url, "3TSN").await;
    cheap.until_active(&chain).await;
    dear.until_active(&chain).await;

    let input = numbers(5000, 1);
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 5000)];
    let mut job = spec(&[(input.as_slice(), Source::Inline)], &steps, 20);
    job.matching = Matching::Open { ticks: AUCTION };
    let quote = chain.at_best().await.unwrap().quote(&job).await.unwrap().unwrap();
    let ask = |provider: &Provider| {
        let candidate = quote.candidates.iter().find(|candidate| candidate.provider == provider.account()).unwrap();
        assert_eq!(candidate.obstacles, []);
        candidate.price
    };
    let (low, high) = (ask(&cheap), ask(&dear));
    assert!(low < high);
    job.ceiling = 10 * low;

    let workers = [cheap.run_bidding(&node.url, &[]), dear.run_bidding(&node.url, &[])];
    // A job that no device here may take, beside the one that both may: nobody bids for it.
    let mut other = job.clone();
    let device = chain.at_best().await.unwrap().provider(&cheap.account()).await.unwrap().unwrap().devices.remove(0);
    other.class = DeviceClass::ALL.into_iter().find(|class| *class != device.spec.class);
    let unsold = submit_job(&chain, &buyer, 2, other, &[&input]).await;
    let id = submit_job(&chain, &buyer, 1, job.clone(), &[&input]).await;
    let stage = chain.at_best().await.unwrap().job(id).await.unwrap().unwrap().stage;
    assert!(matches!(stage, Stage::Open { .. }), "{stage:?}");

    let view = until_stage(&chain, id, "the job is committed", is_committed).await;
    let Stage::Committed { deal, .. } = view.stage else { unreachable!() };
    assert_eq!(deal.provider, cheap.account());
    assert!(low <= deal.price && deal.price < high, "{low} <= {} < {high}", deal.price);
    let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    assert_eq!(result.trace, trace_of(&[times(&input, 2)]).buffer());
    let before = chain.at_best().await.unwrap().balance(&cheap.account()).await.unwrap();
    let call = Call::Accept { job: id, commitment: result.commitment };
    submit(&chain, &buyer, call).await;
    let (account, owned) = (cheap.account(), before.free + before.held);
    let paid = until(&chain, "the price is paid at a tick after the acceptance", |at| async move {
        let now = at.balance(&account).await.ok()?;
        Some(now.free + now.held - owned).filter(|paid| *paid > 0)
    });
    assert_eq!(paid.await, deal.price, "paid at the price of the bid");
    let at = chain.at_best().await.unwrap();
    let dear_view = at.provider(&dear.account()).await.unwrap().unwrap();
    assert_eq!(dear_view.open_jobs, 0, "a provider that was outbid is bound to nothing");

    let closed = until_stage(&chain, unsold, "the auction without bids ends", is_closed).await;
    assert!(matches!(closed.stage, Stage::Closed { reason: CloseReason::NoBids, .. }), "{:?}", closed.stage);
    for worker in workers {
        assert_eq!(worker.interrupt(), Some(0));
    }
}

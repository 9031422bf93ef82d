use std::{pin::pin, sync::Arc};

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use touchstone_client::{
    chain::{At, Call, Chain, ChainError, TxError},
    signer::Signer,
    AccountId, JobView,
};
use touchstone_primitives::{views::Stage, JobId, Tick};

use super::plan::{Auction, Best, BidAction, BidResult, Bids, Market, Offer, Offered};
use crate::{
    agent::{Examined, Worker},
    blobs::BlobStore,
    metrics::Metrics,
};

/// What the bidder works with.
pub struct BidderConfig {
    /// The chain.
    pub chain: Chain,
    /// The provider's key.
    pub signer: Signer,
    /// Knows what this machine can do.
    pub worker: Arc<Worker>,
    /// Where the blobs of jobs have to go.
    pub store: Arc<dyn BlobStore>,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// What the tasks report.
enum Event {
    Examined(JobId, Examined),
    Bid(JobId, BidResult),
}

struct Bidder {
    config: BidderConfig,
    bids: Bids,
    events: mpsc::UnboundedSender<Event>,
    /// Where the page of auctions that is read at the next block begins.
    after: Option<JobId>,
}

/// Bids in the open auctions of the chain, at each new best block, until `stop` is cancelled.
///
/// A job that it wins appears among the provider's duties, where the agent finds it. A bid that is on its way when it
/// stops arrives by itself.
pub async fn run(config: BidderConfig, stop: CancellationToken) -> Result<(), ChainError> {
    let heads = config.chain.best_blocks();
    let mut heads = pin!(heads);
    let (events, mut happened) = mpsc::unbounded_channel();
    let mut bidder = Bidder { config, bids: Bids::default(), events, after: None };
    loop {
        let look = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            head = heads.next() => match head {
                Some(Ok(_)) => true,
                Some(Err(ChainError::Unreachable { .. } | ChainError::Refused { .. })) => false,
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            Some(event) = happened.recv() => bidder.hear(event),
        };
        if !look {
            continue;
        }
        match bidder.look().await {
            Ok(()) => {}
            Err(error) if is_missing(&error) => {
                tracing::warn!("this chain does not list its auctions: nothing is bid");
                return Ok(());
            }
            // The agent says so already; the next block tells more.
            Err(error @ (ChainError::Unreachable { .. } | ChainError::Refused { .. })) => {
                tracing::debug!(%error, "the auctions could not be read");
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether the runtime is one from before it listed its auctions.
fn is_missing(error: &ChainError) -> bool {
    matches!(error, ChainError::Refused { message, .. } if message.contains("open_auctions is not found"))
}

impl Bidder {
    async fn look(&mut self) -> Result<(), ChainError> {
        let at = self.config.chain.at_best().await?;
        let (used, quota) = self.config.store.usage();
        let read = read(&at, self.config.signer.account(), self.after, quota.saturating_sub(used)).await?;
        self.after = read.next;
        for action in self.bids.reconcile(&read.market) {
            match action {
                BidAction::Examine(id) => {
                    if let Some(job) = read.jobs.iter().find(|job| job.id == id) {
                        self.examine(job.clone());
                    }
                }
                BidAction::Bid(bid) => self.send(bid),
            }
        }
        Ok(())
    }

    /// Tells the plan; returns whether the chain should be looked at now: as soon as all that was to be examined is.
    fn hear(&mut self, event: Event) -> bool {
        match event {
            Event::Examined(job, examined) => {
                match examined {
                    Examined::Fit => self.bids.examined(job, true),
                    Examined::Unfit => self.bids.examined(job, false),
                    Examined::Unknown => self.bids.unexamined(job),
                }
                examined == Examined::Fit && !self.bids.is_examining()
            }
            Event::Bid(job, outcome) => {
                self.bids.bid(job, outcome);
                false
            }
        }
    }

    fn examine(&self, job: JobView) {
        let (worker, events) = (self.config.worker.clone(), self.events.clone());
        tokio::spawn(async move {
            let examined = worker.examine(&job).await;
            // Nobody listens only when the bidder has stopped.
            drop(events.send(Event::Examined(job.id, examined)));
        });
    }

    fn send(&self, bid: Offered) {
        let Offered { job, attempt, device, price } = bid;
        let (chain, signer) = (self.config.chain.clone(), self.config.signer.clone());
        let (events, metrics) = (self.events.clone(), self.config.metrics.clone());
        tokio::spawn(async move {
            tracing::info!(%job, price, "bidding");
            let outcome = match chain.submit(&signer, Call::Bid { job, attempt, device, price }).await {
                Ok(block) => {
                    metrics.jobs.with_label_values(&["bid"]).inc();
                    tracing::info!(%job, price, block = block.block.number, "bid");
                    BidResult::Open
                }
                Err(error) => {
                    tracing::info!(%job, price, %error, "the bid failed");
                    outcome(&error)
                }
            };
            drop(events.send(Event::Bid(job, outcome)));
        });
    }
}

/// What a bid that failed says about the next one. Most reasons lie in what has changed meanwhile; the state at the next
/// block shows them. Those that it does not show would make the next bid fail as well, and cost another fee.
fn outcome(error: &TxError) -> BidResult {
    let passing =
        ["NotLower", "TooLate", "NotOpen", "WrongAttempt", "UnknownJob", "NoFreeSlot", "NoAsk", "TooLittleStake"];
    match error.dispatch_error() {
        Some(error) if !passing.contains(&error.name.as_str()) => BidResult::Barred,
        _ => BidResult::Open,
    }
}

/// What was read at one block.
struct Read {
    market: Market,
    jobs: Vec<JobView>,
    /// Where the next page begins.
    next: Option<JobId>,
}

/// Reads the provider and one page of auctions. Nothing of the auctions is read while there is no free slot.
async fn read(at: &At, account: &AccountId, after: Option<JobId>, room: u64) -> Result<Read, ChainError> {
    let clock = at.clock().await?;
    let mut market = Market { clock, room, ..Market::default() };
    let mut jobs = Vec::new();
    if let Some(provider) = at.provider(account).await? {
        market.stake = provider.free_stake;
        market.offers = provider
            .devices
            .iter()
            .filter(|device| device.active_from <= clock)
            .filter_map(|device| {
                let ask = device.ask?;
                let free = ask.slots.saturating_sub(device.busy);
                let (class, memory) = (device.spec.class, device.spec.memory);
                Some(Offer { device: device.id, ask, class, memory, free })
            })
            .collect();
        market.duties = at.duties(account).await?.into_iter().map(|duty| duty.job).collect();
    }
    if market.offers.iter().all(|offer| offer.free == 0) {
        return Ok(Read { market, jobs, next: after });
    }
    let page = at.open_auctions(after).await?;
    // The list is gone through page by page; behind its end it begins anew.
    let next = page.last().copied();
    for id in page {
        let Some(job) = at.job(id).await? else {
            continue;
        };
        if let Some(auction) = auction(&job, account) {
            market.auctions.push(auction);
            jobs.push(job);
        }
    }
    Ok(Read { market, jobs, next })
}

/// The auction of a job that takes bids in the native coin, in which asks are.
fn auction(job: &JobView, account: &AccountId) -> Option<Auction> {
    let Stage::Open { closes, best } = &job.stage else { return None };
    let closes: Tick = *closes;
    job.spec.asset.is_none().then(|| Auction {
        job: job.id,
        attempt: job.attempt,
        closes,
        best: best.as_ref().map(|best| Best { price: best.price, own: best.provider == *account }),
        ceiling: job.spec.ceiling,
        class: job.spec.class,
        work: job.totals.work,
        fuel: job.totals.fuel,
        memory: job.totals.memory,
        bytes: job.totals.input_bytes.saturating_add(job.totals.output_bytes),
        min_collateral: job.spec.min_collateral,
        terms: job.terms,
    })
}

#[cfg(test)]
mod tests {
    use touchstone_client::chain::DispatchError;

    use super::*;

    fn failed(name: &str) -> TxError {
        let error = DispatchError { pallet: Some("ReverseAuction".into()), name: name.into(), docs: String::new() };
        TxError::Failed { call: "ReverseAuction.bid".into(), error: Box::new(error), block: [0; 32] }
    }

    #[test]
    fn a_bid_that_came_too_late_bars_nothing_and_an_exclusion_bars_the_job() {
        for name in ["NotLower", "TooLate", "NotOpen", "WrongAttempt", "NoFreeSlot"] {
            assert_eq!(outcome(&failed(name)), BidResult::Open, "{name}");
        }
        for name in ["Excluded", "WrongClass", "SomethingNew"] {
            assert_eq!(outcome(&failed(name)), BidResult::Barred, "{name}");
        }
        let cut = TxError::Chain(ChainError::Unreachable { url: "ws://x".into(), reason: "cut".into() });
        assert_eq!(outcome(&cut), BidResult::Open);
    }

    #[test]
    fn a_chain_without_a_list_of_auctions_is_told_from_one_that_is_busy() {
        let refused =
            |message: &str| ChainError::Refused { method: "state_call".into(), code: 4003, message: message.into() };
        assert!(is_missing(&refused(
            "Client error: Execution failed: Exported method TouchstoneApi_open_auctions is not found"
        )));
        assert!(!is_missing(&refused("Client error: UnknownBlock: State already discarded")));
    }
}

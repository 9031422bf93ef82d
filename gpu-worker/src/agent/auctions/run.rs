use std::{pin::pin, sync::Arc};

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use touchstone_client::{
    chain::{all_pages, At, Call, Chain, ChainError, TxError},
    signer::Signer,
    AccountId, JobView,
};
use touchstone_primitives::{
    views::{Cursor, Stage},
    DeviceId, JobId, Tick, Trace,
};

use super::plan::{Auction, Best, BidAction, BidResult, Bids, Market, Offer, Offered};
use crate::{
    agent::{duties::TICK, Examined, Worker},
    blobs::{space, BlobStore},
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
    pub store: Arc<BlobStore>,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// What the tasks report.
enum Event {
    Examined(JobId, DeviceId, Examined),
    Bid(JobId, BidResult),
}

struct Bidder {
    config: BidderConfig,
    bids: Bids,
    events: mpsc::UnboundedSender<Event>,
    /// Where the page of auctions that is read at the next block begins.
    after: Option<Cursor>,
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
            // The agent says so already; the next block tells more.
            Err(error @ (ChainError::Unreachable { .. } | ChainError::Refused { .. })) => {
                tracing::debug!(%error, "the auctions could not be read");
            }
            Err(error) => return Err(error),
        }
    }
}

impl Bidder {
    async fn look(&mut self) -> Result<(), ChainError> {
        let at = self.config.chain.at_best().await?;
        let (used, quota) = self.config.store.usage();
        let read = self.read(&at, quota.saturating_sub(used)).await?;
        self.after = read.next;
        for action in self.bids.reconcile(&read.market) {
            match action {
                BidAction::Examine(id, device) => {
                    if let Some(job) = read.jobs.iter().find(|job| job.id == id) {
                        self.examine(job.clone(), device);
                    }
                }
                BidAction::Bid(bid) => self.send(bid),
            }
        }
        Ok(())
    }

    /// Tells the plan. Returns whether to read the chain now, which is when all examinations have ended.
    fn hear(&mut self, event: Event) -> bool {
        match event {
            Event::Examined(job, device, examined) => {
                match examined {
                    Examined::Fit(takes) => self.bids.examined(job, device, Some(takes)),
                    Examined::Unfit => self.bids.examined(job, device, None),
                    Examined::Unknown => self.bids.unexamined(job, device),
                }
                // What one device cannot do is to be examined on the next.
                examined != Examined::Unknown && !self.bids.is_examining()
            }
            Event::Bid(job, result) => {
                self.bids.bid(job, result);
                false
            }
        }
    }

    fn examine(&self, job: JobView, device: DeviceId) {
        let (worker, events) = (self.config.worker.clone(), self.events.clone());
        tokio::spawn(async move {
            let examined = worker.examine(&job, device).await;
            // Nobody listens only when the bidder has stopped.
            drop(events.send(Event::Examined(job.id, device, examined)));
        });
    }

    fn send(&self, bid: Offered) {
        let Offered { job, attempt, device, price } = bid;
        let (chain, signer) = (self.config.chain.clone(), self.config.signer.clone());
        let (events, metrics) = (self.events.clone(), self.config.metrics.clone());
        tokio::spawn(async move {
            tracing::info!(%job, device, price, "bidding");
            let result = match chain.submit(&signer, Call::Bid { job, attempt, device, price }).await {
                Ok(block) => {
                    metrics.jobs.with_label_values(&["bid"]).inc();
                    tracing::info!(%job, price, block = block.block.number, "bid");
                    BidResult::Open
                }
                Err(error) => {
                    tracing::info!(%job, price, %error, "the bid failed");
                    after(&error)
                }
            };
            drop(events.send(Event::Bid(job, result)));
        });
    }

    /// Reads the provider and one page of auctions. Nothing of the auctions is read while there is no free slot.
    async fn read(&self, at: &At, free_space: u64) -> Result<Read, ChainError> {
        let account = self.config.signer.account();
        let (clock, provider, duties) =
            tokio::try_join!(at.clock(), at.provider(account), all_pages(|after| at.duties(account, after)))?;
        let duties = duties.into_iter().map(|job| job.id).collect();
        let mut market = Market { clock, space: free_space, duties, ..Market::default() };
        if let Some(provider) = provider {
            self.config.worker.registered(&provider.devices);
            market.stake = provider.free_stake;
            market.offers = provider
                .devices
                .iter()
                .filter(|device| device.active_from <= clock)
                .filter_map(|device| {
                    let ask = device.ask?;
                    // A device that is not on this machine does not bid.
                    let worker = &self.config.worker;
                    let (backlog, memory) = (worker.device(device.id)?.backlog(), worker.memory(device.id)?);
                    let free = ask.slots.saturating_sub(device.busy);
                    let class = device.spec.class;
                    Some(Offer { device: device.id, ask, class, memory, free, backlog })
                })
                .collect();
        }
        let mut jobs = Vec::new();
        if market.offers.iter().all(|offer| offer.free == 0) {
            return Ok(Read { market, jobs, next: self.after.clone() });
        }
        // The list is read page by page; after its end it begins again.
        let page = at.open_auctions(self.after.clone()).await?;
        let next = page.next;
        for job in page.items {
            if let Some(auction) = auction(&job, account) {
                market.auctions.push(auction);
                jobs.push(job);
            }
        }
        Ok(Read { market, jobs, next })
    }
}

/// What a failed bid says about the next one. Most failures come from a change that the state at the next block shows.
/// The others would make the next bid fail as well, and cost another fee.
fn after(error: &TxError) -> BidResult {
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
    next: Option<Cursor>,
}

/// The auction of a job that takes bids in the native coin, in which asks are.
fn auction(job: &JobView, account: &AccountId) -> Option<Auction> {
    let Stage::Open { closes, best } = &job.stage else { return None };
    let closes: Tick = *closes;
    let inputs = job.spec.inputs.iter().map(|input| input.buffer.len);
    // Each step has one instance.
    let trace = Trace::len_of(job.output_bytes.len().try_into().unwrap_or(u32::MAX));
    let outputs = job.output_bytes.iter().copied().chain([trace]);
    job.spec.asset.is_none().then(|| Auction {
        job: job.id,
        attempt: job.attempt,
        closes,
        // The measured time does not include the time until a commitment is in a block.
        deadline: TICK.saturating_mul(job.spec.deadline.saturating_sub(2)),
        best: best.as_ref().map(|best| Best { price: best.price, own: best.provider == *account }),
        ceiling: job.spec.ceiling,
        class: job.spec.class,
        work: job.totals.work,
        fuel: job.totals.fuel,
        memory: job.totals.memory,
        bytes: inputs.chain(outputs).map(space).fold(0, u64::saturating_add),
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
            assert_eq!(after(&failed(name)), BidResult::Open, "{name}");
        }
        for name in ["Excluded", "WrongClass", "SomethingNew"] {
            assert_eq!(after(&failed(name)), BidResult::Barred, "{name}");
        }
        let cut = TxError::Chain(ChainError::Unreachable { url: "ws://x".into(), reason: "cut".into() });
        assert_eq!(after(&cut), BidResult::Open);
    }
}

use std::{collections::BTreeMap, time::Duration};

use touchstone_primitives::{Ask, Balance, DeviceClass, DeviceId, JobId, Terms, Tick};

/// Number of jobs that are remembered. Above it, jobs whose auctions are not visible are forgotten.
const REMEMBERED: usize = 4096;

/// What remains between a bid and the floor is dropped at once when it is below this part of the floor: not every bid
/// is worth its fee.
const WORTHWHILE: Balance = 64;

/// A device of this provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Number.
    pub device: DeviceId,
    /// What it works for.
    pub ask: Ask,
    /// Its class.
    pub class: DeviceClass,
    /// Its memory, bytes.
    pub memory: u64,
    /// Slots that are free on the chain.
    pub free: u8,
    /// How long the jobs that it has keep it busy yet.
    pub backlog: Duration,
}

/// An auction that takes bids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auction {
    /// The job.
    pub job: JobId,
    /// The attempt that a bid names.
    pub attempt: u32,
    /// Last tick for bids.
    pub closes: Tick,
    /// From the assignment on, what a provider has for the job.
    pub deadline: Duration,
    /// The best bid.
    pub best: Option<Best>,
    /// Highest price.
    pub ceiling: Balance,
    /// Class of device, or any.
    pub class: Option<DeviceClass>,
    /// Work that is priced.
    pub work: u64,
    /// Worst-case fuel.
    pub fuel: u64,
    /// Memory of a device, bytes.
    pub memory: u64,
    /// Bytes of all its buffers.
    pub bytes: u64,
    /// The buyer's least collateral.
    pub min_collateral: Balance,
    /// The conditions of the job.
    pub terms: Terms,
}

impl Auction {
    fn collateral(&self, price: Balance) -> Balance {
        self.terms.collateral(price, self.fuel, self.min_collateral)
    }
}

/// The best bid of an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Best {
    /// Its price.
    pub price: Balance,
    /// It is this provider's.
    pub own: bool,
}

/// The chain at one best block, as far as bids are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Market {
    /// The dispute clock after the block: the tick of the next one.
    pub clock: Tick,
    /// Devices whose asks count now.
    pub offers: Vec<Offer>,
    /// Stake that is not at risk.
    pub stake: Balance,
    /// Space in the blob store, bytes.
    pub space: u64,
    /// Auctions; a job has at most one.
    pub auctions: Vec<Auction>,
    /// Jobs that this provider holds.
    pub duties: Vec<JobId>,
}

/// What to do. Each is answered by the [`Bids`] method of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BidAction {
    /// Find out whether this device can do the job: answered by [`Bids::examined`].
    Examine(JobId, DeviceId),
    /// Send this bid: answered by [`Bids::bid`].
    Bid(Offered),
}

/// A bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The job.
    pub job: JobId,
    /// Its attempt.
    pub attempt: u32,
    /// The device.
    pub device: DeviceId,
    /// The price.
    pub price: Balance,
}

/// What became of a bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BidResult {
    /// It is the best one, or came too late: the next block tells.
    Open,
    /// The chain takes no bid of this provider for the job.
    Barred,
}

/// Whether a device can do a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fitness {
    Examining,
    /// It takes so long, at least.
    Fit(Duration),
    Unfit,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    /// What is known of the devices.
    devices: BTreeMap<DeviceId, Fitness>,
    /// The chain takes no bid of this provider for the job.
    barred: bool,
    /// A bid has been sent, with what it binds. No second one is sent before it was seen or dropped.
    under_way: Option<Bound>,
}

/// What a bid binds.
#[derive(Clone, Copy, Debug)]
struct Bound {
    device: DeviceId,
    collateral: Balance,
    bytes: u64,
    time: Duration,
}

/// What is bid for, and how much. Pure: snapshots and answers in, actions out.
///
/// Bids descend by halves: each lies in the middle between what beats the best bid (or the ceiling) and the floor,
/// which is the device's ask. Nobody has to guess what the others would work for, and a few blocks are enough to find
/// out.
#[derive(Clone, Debug, Default)]
pub struct Bids {
    jobs: BTreeMap<JobId, Entry>,
}

impl Bids {
    /// Compares the auctions with what is known and under way.
    pub fn reconcile(&mut self, market: &Market) -> Vec<BidAction> {
        // A job that was held and is in an auction again was passed or failed here: the chain takes no bid for it.
        for job in &market.duties {
            self.jobs.insert(*job, Entry { barred: true, ..Entry::default() });
        }
        self.forget(market);
        let mut free = Free::of(market);
        for (job, entry) in &self.jobs {
            if let (Some(bound), false) = (entry.under_way, market.is_best(job)) {
                free.take(bound);
            }
        }
        // What closes first is bid for first; the ids make the order one that does not depend on the node.
        let mut auctions: Vec<_> = market.auctions.iter().filter(|auction| market.clock <= auction.closes).collect();
        auctions.sort_by_key(|auction| (auction.closes, auction.job));
        auctions.into_iter().filter_map(|auction| self.attend(auction, &mut free)).collect()
    }

    /// Whether an answer about a job is awaited.
    pub fn is_examining(&self) -> bool {
        self.jobs.values().flat_map(|entry| entry.devices.values()).any(|fitness| *fitness == Fitness::Examining)
    }

    /// It is known whether a device can do a job, and how long it takes at least.
    pub fn examined(&mut self, job: JobId, device: DeviceId, takes: Option<Duration>) {
        let devices = self.jobs.get_mut(&job).map(|entry| &mut entry.devices);
        if let Some(fitness @ Fitness::Examining) = devices.and_then(|devices| devices.get_mut(&device)) {
            *fitness = takes.map_or(Fitness::Unfit, Fitness::Fit);
        }
    }

    /// It could not be found out whether a device can do a job: the next block asks again.
    pub fn unexamined(&mut self, job: JobId, device: DeviceId) {
        if let Some(entry) = self.jobs.get_mut(&job) {
            if entry.devices.get(&device) == Some(&Fitness::Examining) {
                entry.devices.remove(&device);
            }
        }
    }

    /// A bid is in a best block, or failed.
    pub fn bid(&mut self, job: JobId, result: BidResult) {
        if let Some(entry) = self.jobs.get_mut(&job) {
            entry.under_way = None;
            entry.barred |= result == BidResult::Barred;
        }
    }

    fn attend(&mut self, auction: &Auction, free: &mut Free) -> Option<BidAction> {
        if auction.best.is_some_and(|best| best.own) {
            return None;
        }
        let entry = self.jobs.get(&auction.job);
        if entry.is_some_and(|entry| entry.barred || entry.under_way.is_some()) {
            return None;
        }
        let none = BTreeMap::new();
        let (bid, bound, fitness) = free.bid(auction, entry.map_or(&none, |entry| &entry.devices))?;
        let entry = self.jobs.entry(auction.job).or_default();
        match fitness {
            None => {
                entry.devices.insert(bid.device, Fitness::Examining);
                Some(BidAction::Examine(auction.job, bid.device))
            }
            Some(Fitness::Fit(_)) => {
                entry.under_way = Some(bound);
                free.take(bound);
                Some(BidAction::Bid(bid))
            }
            Some(Fitness::Examining | Fitness::Unfit) => None,
        }
    }

    fn forget(&mut self, market: &Market) {
        if self.jobs.len() > REMEMBERED {
            let in_sight = |job: &JobId| market.auctions.iter().any(|auction| auction.job == *job);
            self.jobs.retain(|job, entry| entry.under_way.is_some() || in_sight(job));
        }
    }
}

impl Market {
    fn is_best(&self, job: &JobId) -> bool {
        self.auctions.iter().any(|auction| auction.job == *job && auction.best.is_some_and(|best| best.own))
    }
}

/// What is not bound yet.
struct Free {
    offers: Vec<Offer>,
    stake: Balance,
    space: u64,
}

impl Free {
    fn of(market: &Market) -> Self {
        Self { offers: market.offers.clone(), stake: market.stake, space: market.space }
    }

    fn take(&mut self, bound: Bound) {
        if let Some(offer) = self.offers.iter_mut().find(|offer| offer.device == bound.device) {
            offer.free = offer.free.saturating_sub(1);
            offer.backlog = offer.backlog.saturating_add(bound.time);
        }
        self.stake = self.stake.saturating_sub(bound.collateral);
        self.space = self.space.saturating_sub(bound.bytes);
    }

    /// The bid of the cheapest device that suits, by the chain's own rules and by what is known of the devices, and
    /// what is known of this one.
    fn bid(&self, auction: &Auction, known: &BTreeMap<DeviceId, Fitness>) -> Option<(Offered, Bound, Option<Fitness>)> {
        if auction.bytes > self.space {
            return None;
        }
        let suits = |offer: &&Offer| {
            let in_time = match known.get(&offer.device) {
                None | Some(Fitness::Examining) => true,
                Some(Fitness::Fit(takes)) => takes.is_zero() || takes.saturating_add(offer.backlog) <= auction.deadline,
                Some(Fitness::Unfit) => false,
            };
            let is_class = auction.class.is_none_or(|class| class == offer.class);
            offer.free > 0 && is_class && offer.memory >= auction.memory && in_time
        };
        let (floor, device) =
            self.offers.iter().filter(suits).map(|offer| (floor(&offer.ask, auction.work), offer.device)).min()?;
        let price = next_price(floor, auction.ceiling, auction.best.map(|best| best.price))?;
        // A lower price may need less collateral.
        let price = [price, floor].into_iter().find(|price| auction.collateral(*price) <= self.stake)?;
        let bid = Offered { job: auction.job, attempt: auction.attempt, device, price };
        let fitness = known.get(&device).copied();
        let time = match fitness {
            Some(Fitness::Fit(takes)) => takes,
            _ => Duration::ZERO,
        };
        Some((bid, Bound { device, collateral: auction.collateral(price), bytes: auction.bytes, time }, fitness))
    }
}

/// The least that a device works for.
pub fn floor(ask: &Ask, work: u64) -> Balance {
    ask.price(work).max(ask.minimum)
}

/// The next bid: not below `floor`, not above `ceiling`, lower than `best`; `None` if there is no such price.
pub fn next_price(floor: Balance, ceiling: Balance, best: Option<Balance>) -> Option<Balance> {
    let top = match best {
        None => ceiling,
        Some(best) => best.checked_sub(1)?.min(ceiling),
    };
    let margin = top.checked_sub(floor)?;
    match margin <= floor / WORTHWHILE {
        true => Some(floor),
        false => Some(floor + margin / 2),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINE: JobId = JobId([1; 32]);
    const MINUTE: Duration = Duration::from_secs(60);

    fn terms() -> Terms {
        let terms: &[u8] = &[0; 512];
        // All zeros but for what these tests look at.
        let mut terms: Terms = codec::Decode::decode(&mut &*terms).unwrap();
        terms.collateral_factor = 2;
        terms
    }

    fn offer(device: DeviceId, per_gigafuel: Balance) -> Offer {
        let ask = Ask { per_gigafuel, minimum: 0, slots: 4 };
        Offer { device, ask, class: DeviceClass::Cpu, memory: 1000, free: 4, backlog: Duration::ZERO }
    }

    /// At an ask of `p` the floor is `p`.
    fn auction(job: JobId, best: Option<Best>) -> Auction {
        Auction {
            job,
            attempt: 0,
            closes: 10,
            deadline: MINUTE,
            best,
            ceiling: 1000,
            class: None,
            work: 1_000_000_000,
            fuel: 1,
            memory: 1000,
            bytes: 10,
            min_collateral: 0,
            terms: terms(),
        }
    }

    fn market(auctions: Vec<Auction>) -> Market {
        Market { clock: 5, offers: vec![offer(0, 100)], stake: 10_000, space: 1000, auctions, duties: Vec::new() }
    }

    fn others(price: Balance) -> Option<Best> {
        Some(Best { price, own: false })
    }

    /// A plan that knows that this machine can do the job.
    fn fit(job: JobId) -> Bids {
        let mut bids = Bids::default();
        bids.reconcile(&market(vec![auction(job, None)]));
        bids.examined(job, 0, Some(Duration::ZERO));
        bids
    }

    fn bid(price: Balance) -> BidAction {
        BidAction::Bid(Offered { job: MINE, attempt: 0, device: 0, price })
    }

    #[test]
    fn a_job_is_examined_once_and_bid_for_once_it_fits() {
        let mut bids = Bids::default();
        let market = market(vec![auction(MINE, None)]);
        assert_eq!(bids.reconcile(&market), [BidAction::Examine(MINE, 0)]);
        assert_eq!(bids.reconcile(&market), []);
        assert!(bids.is_examining());
        bids.examined(MINE, 0, Some(Duration::ZERO));
        assert!(!bids.is_examining());
        assert_eq!(bids.reconcile(&market), [bid(550)]);
        assert_eq!(bids.reconcile(&market), [], "it is under way");
    }

    #[test]
    fn a_job_that_this_machine_cannot_do_is_left_alone() {
        let mut bids = Bids::default();
        let market = market(vec![auction(MINE, None)]);
        bids.reconcile(&market);
        bids.examined(MINE, 0, None);
        for _ in 0..3 {
            assert_eq!(bids.reconcile(&market), []);
        }
    }

    #[test]
    fn what_could_not_be_found_out_is_asked_again() {
        let mut bids = Bids::default();
        let market = market(vec![auction(MINE, None)]);
        bids.reconcile(&market);
        bids.unexamined(MINE, 0);
        assert_eq!(bids.reconcile(&market), [BidAction::Examine(MINE, 0)]);
    }

    #[test]
    fn its_own_best_bid_is_not_undercut() {
        let mut bids = fit(MINE);
        bids.reconcile(&market(vec![auction(MINE, None)]));
        bids.bid(MINE, BidResult::Open);
        let best = Some(Best { price: 550, own: true });
        assert_eq!(bids.reconcile(&market(vec![auction(MINE, best)])), []);
    }

    #[test]
    fn a_better_bid_of_another_is_answered_until_the_floor() {
        let mut bids = fit(MINE);
        for (best, expected) in [(1000, 549), (549, 324), (324, 211), (103, 101), (102, 100), (101, 100)] {
            let seen = market(vec![auction(MINE, others(best))]);
            assert_eq!(bids.reconcile(&seen), [bid(expected)], "{best}");
            bids.bid(MINE, BidResult::Open);
        }
        for best in [100, 99, 1, 0] {
            assert_eq!(bids.reconcile(&market(vec![auction(MINE, others(best))])), [], "{best}");
        }
    }

    #[test]
    fn a_bid_whose_block_was_retracted_is_repeated() {
        let mut bids = fit(MINE);
        let open = market(vec![auction(MINE, None)]);
        assert_eq!(bids.reconcile(&open), [bid(550)]);
        bids.bid(MINE, BidResult::Open);
        let best = Some(Best { price: 550, own: true });
        assert_eq!(bids.reconcile(&market(vec![auction(MINE, best)])), []);
        assert_eq!(bids.reconcile(&open), [bid(550)]);
    }

    #[test]
    fn nothing_is_bid_after_the_auction_closes() {
        let mut bids = fit(MINE);
        let mut late = market(vec![auction(MINE, None)]);
        late.clock = 11;
        assert_eq!(bids.reconcile(&late), []);
        late.clock = 10;
        assert_eq!(bids.reconcile(&late), [bid(550)]);
    }

    #[test]
    fn what_the_chain_would_refuse_is_not_even_examined() {
        let refused = |change: fn(&mut Auction)| {
            let mut auction = auction(MINE, None);
            change(&mut auction);
            assert_eq!(Bids::default().reconcile(&market(vec![auction])), []);
        };
        refused(|auction| auction.ceiling = 99);
        refused(|auction| auction.class = Some(DeviceClass::Discrete));
        refused(|auction| auction.memory = 1001);
        refused(|auction| auction.bytes = 1001);
        refused(|auction| auction.min_collateral = 10_001);
        refused(|auction| auction.best = others(100));
        refused(|auction| auction.work = 11_000_000_000);
    }

    #[test]
    fn less_stake_makes_the_bid_lower_not_impossible() {
        let mut bids = fit(MINE);
        let mut poor = market(vec![auction(MINE, None)]);
        poor.stake = 200;
        assert_eq!(bids.reconcile(&poor), [bid(100)]);
        poor.stake = 199;
        assert_eq!(fit(MINE).reconcile(&poor), []);
    }

    #[test]
    fn the_minimum_of_the_ask_is_a_floor() {
        let mut bids = fit(MINE);
        let mut dear = market(vec![auction(MINE, others(400))]);
        dear.offers[0].ask.minimum = 400;
        assert_eq!(bids.reconcile(&dear), []);
        dear.offers[0].ask.minimum = 399;
        assert_eq!(bids.reconcile(&dear), [bid(399)]);
    }

    #[test]
    fn the_cheapest_device_that_suits_bids() {
        let mut bids = Bids::default();
        let mut several = market(vec![auction(MINE, others(302))]);
        several.offers = vec![offer(0, 300), offer(1, 200), offer(2, 100)];
        several.offers[2].free = 0;
        assert_eq!(bids.reconcile(&several), [BidAction::Examine(MINE, 1)]);
        bids.examined(MINE, 1, Some(Duration::ZERO));
        let expected = Offered { job: MINE, attempt: 0, device: 1, price: 250 };
        assert_eq!(bids.reconcile(&several), [BidAction::Bid(expected)]);
    }

    #[test]
    fn what_the_cheapest_device_cannot_do_another_one_may() {
        let mut bids = Bids::default();
        let mut two = market(vec![auction(MINE, None)]);
        two.offers = vec![offer(0, 100), offer(1, 200)];
        assert_eq!(bids.reconcile(&two), [BidAction::Examine(MINE, 0)]);
        assert_eq!(bids.reconcile(&two), [], "an answer is awaited");
        bids.examined(MINE, 0, None);
        assert_eq!(bids.reconcile(&two), [BidAction::Examine(MINE, 1)]);
        bids.examined(MINE, 1, Some(MINUTE));
        let expected = Offered { job: MINE, attempt: 0, device: 1, price: 600 };
        assert_eq!(bids.reconcile(&two), [BidAction::Bid(expected)]);
    }

    #[test]
    fn a_job_that_would_be_late_is_not_bid_for_until_the_device_has_less_to_do() {
        let second = Duration::from_secs(1);
        let mut bids = Bids::default();
        let mut open = market(vec![auction(MINE, None)]);
        bids.reconcile(&open);
        bids.examined(MINE, 0, Some(50 * second));
        open.offers[0].backlog = 11 * second;
        assert_eq!(bids.reconcile(&open), []);
        open.offers[0].backlog = 10 * second;
        assert_eq!(bids.reconcile(&open), [bid(550)]);

        let mut slow = Bids::default();
        open.offers[0].backlog = Duration::ZERO;
        slow.reconcile(&open);
        slow.examined(MINE, 0, Some(MINUTE + second));
        assert_eq!(slow.reconcile(&open), []);
    }

    #[test]
    fn bids_on_their_way_take_time_too() {
        let jobs: Vec<JobId> = (1..=3).map(|byte| JobId([byte; 32])).collect();
        let open = market(jobs.iter().map(|job| auction(*job, None)).collect());
        let mut bids = Bids::default();
        bids.reconcile(&open);
        jobs.iter().for_each(|job| bids.examined(*job, 0, Some(MINUTE / 2)));
        assert_eq!(bids.reconcile(&open).len(), 2, "a third one would be late");
        assert_eq!(bids.reconcile(&open), []);
    }

    #[test]
    fn a_job_that_was_held_and_comes_back_is_not_bid_for() {
        let mut bids = fit(MINE);
        let mut held = market(Vec::new());
        held.duties = vec![MINE];
        bids.reconcile(&held);
        assert_eq!(bids.reconcile(&market(vec![auction(MINE, None)])), []);
    }

    #[test]
    fn a_job_that_the_chain_bars_is_not_bid_for_again() {
        let mut bids = fit(MINE);
        let open = market(vec![auction(MINE, None)]);
        bids.reconcile(&open);
        bids.bid(MINE, BidResult::Barred);
        assert_eq!(bids.reconcile(&open), []);
    }

    #[test]
    fn bids_on_their_way_count_before_they_arrive() {
        let jobs: Vec<JobId> = (1..=6).map(|byte| JobId([byte; 32])).collect();
        let mut open = market(jobs.iter().map(|job| auction(*job, None)).collect());
        let mut bids = Bids::default();
        assert_eq!(bids.reconcile(&open).len(), 6);
        jobs.iter().for_each(|job| bids.examined(*job, 0, Some(Duration::ZERO)));
        // Four slots, however often the chain is looked at before the bids are in it.
        assert_eq!(bids.reconcile(&open).len(), 4);
        assert_eq!(bids.reconcile(&open), []);
        // The chain has two of them: it counts their slots and stake itself.
        for auction in &mut open.auctions[..2] {
            auction.best = Some(Best { price: 550, own: true });
        }
        open.offers[0].free = 2;
        assert_eq!(bids.reconcile(&open), []);
    }

    #[test]
    fn memory_does_not_grow_without_end() {
        let mut bids = Bids::default();
        for turn in 0..20u32 {
            let jobs = (0..400u32).map(|number| {
                let mut id = [0; 32];
                id[..4].copy_from_slice(&(turn * 400 + number).to_le_bytes());
                auction(JobId(id), None)
            });
            bids.reconcile(&market(jobs.collect()));
        }
        assert!(bids.jobs.len() <= REMEMBERED + 400, "{}", bids.jobs.len());
    }

    /// One of several bidders with a floor of its own.
    fn play(floors: &[Balance], ceiling: Balance) -> (Option<(usize, Balance)>, u32) {
        let mut best: Option<(usize, Balance)> = None;
        let mut rounds = 0;
        loop {
            let before = best;
            for (who, floor) in floors.iter().enumerate() {
                if best.is_none_or(|(winner, _)| winner != who) {
                    if let Some(price) = next_price(*floor, ceiling, best.map(|(_, price)| price)) {
                        best = Some((who, price));
                        rounds += 1;
                    }
                }
            }
            if best == before {
                return (best, rounds);
            }
        }
    }

    proptest! {
        #[test]
        fn a_bid_is_between_floor_and_ceiling_and_below_the_best(
            floor in any::<Balance>(), ceiling in any::<Balance>(), best in any::<Option<Balance>>(),
        ) {
            match next_price(floor, ceiling, best) {
                Some(price) => {
                    prop_assert!(floor <= price && price <= ceiling);
                    prop_assert!(best.is_none_or(|best| price < best));
                }
                None => prop_assert!(floor > ceiling || best.is_some_and(|best| floor >= best)),
            }
        }

        /// The lowest floor wins, at no more than the second lowest, within a few dozen bids.
        #[test]
        fn an_auction_among_such_bidders_goes_to_the_lowest_floor(
            floors in proptest::collection::btree_set(1u128..1 << 40, 1..6), ceiling in 1u128..1 << 41,
        ) {
            let floors: Vec<Balance> = floors.into_iter().collect();
            let (best, rounds) = play(&floors, ceiling);
            match best {
                None => prop_assert!(floors[0] > ceiling),
                Some((winner, price)) => {
                    prop_assert_eq!(winner, 0);
                    prop_assert!(price >= floors[0] && price <= ceiling);
                    if let Some(second) = floors.get(1) {
                        prop_assert!(price < *second || *second > ceiling);
                    }
                }
            }
            prop_assert!(rounds <= 60 * floors.len() as u32, "{rounds}");
        }

        /// Whatever the chain shows: what is bid binds no more slots, stake and space than are free, nothing is bid for
        /// twice at once, and never below a floor.
        #[test]
        fn no_more_is_bound_than_is_free(
            shapes in proptest::collection::vec((0u8..8, 1u128..2000, any::<Option<u16>>(), any::<bool>()), 0..12),
            stake in 0u128..6000, space in 0u64..100, free in 0u8..4, answers in any::<u8>(),
        ) {
            let auctions: BTreeMap<u8, Auction> = shapes
                .into_iter()
                .map(|(job, ceiling, best, own)| {
                    let best = best.map(|price| Best { price: price.into(), own });
                    (job, Auction { ceiling, ..auction(JobId([job; 32]), best) })
                })
                .collect();
            let mut market = market(auctions.into_values().collect());
            market.stake = stake;
            market.space = space;
            market.offers[0].free = free;
            let mut bids = Bids::default();
            let mut bound = Vec::new();
            for turn in 0..4 {
                for action in bids.reconcile(&market) {
                    match action {
                        BidAction::Examine(job, device) => {
                            let fits = answers & (1 << (job.0[0] % 8)) != 0;
                            bids.examined(job, device, fits.then_some(Duration::ZERO));
                        }
                        BidAction::Bid(bid) => {
                            prop_assert!(turn > 0, "not before it was examined");
                            let auction = market.auctions.iter().find(|auction| auction.job == bid.job).unwrap();
                            prop_assert!(bid.price >= 100 && bid.price <= auction.ceiling);
                            prop_assert!(auction.best.is_none_or(|best| !best.own && bid.price < best.price));
                            prop_assert!(bound.iter().all(|(job, _)| *job != bid.job));
                            bound.push((bid.job, auction.collateral(bid.price)));
                        }
                    }
                }
            }
            prop_assert!(bound.len() <= usize::from(free));
            prop_assert!(bound.iter().map(|(_, collateral)| collateral).sum::<Balance>() <= stake);
            prop_assert!(bound.len() as u64 * 10 <= space);
        }
    }
}

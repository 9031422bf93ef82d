use std::{collections::BTreeMap, fmt};

use touchstone_primitives::{views::MAX_DEMANDS, Balance, Subject, Terms};

use crate::{amount, types::DemandView};

/// The bond doubles with each so many demands of a result that wait for an answer: the chain's `DOUBLES_EVERY`.
const DOUBLES_EVERY: u32 = 64;

/// Demands of one account for one result that wait for an answer at the same time, at most. A worker has as many
/// answers on their way, which fill two blocks: more would bring nothing sooner, and could raise the bond.
pub const AT_ONCE: u32 = 24;

/// What demands that are still to be made hold and cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// How many there are: each is answered once.
    pub answers: u32,
    /// Held for one of them, at most.
    pub bond: Balance,
    /// Held at the same time, at most: the bonds of those that wait, and the prices of those that were answered.
    pub held: Balance,
    /// Paid for the answers if the result stands.
    pub prices: Balance,
    /// The fee of one demand, at most, as fees are now.
    pub fee: Balance,
}

impl Estimate {
    /// For these nodes, under the terms of the job, while `open` other demands of the result wait for an answer.
    pub fn new(terms: &Terms, open: u32, nodes: &[Subject], fee: Balance) -> Self {
        let answers = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        let at_once = widest(nodes).min(AT_ONCE);
        let bonds = (0..at_once).map(|earlier| bond_of(terms, open.saturating_add(earlier)));
        let price = terms.answer_price;
        // A bond is at least a price, so most is held when all but the last ones were answered.
        let answered = price.saturating_mul(answers.saturating_sub(at_once).into());
        Self {
            answers,
            bond: bonds.clone().max().unwrap_or(0),
            held: bonds.fold(answered, Balance::saturating_add),
            prices: price.saturating_mul(answers.into()),
            fee,
        }
    }

    /// The fees of all of them, at most, as fees are now.
    pub fn fees(&self) -> Balance {
        self.fee.saturating_mul(self.answers.into())
    }

    /// What all of it costs if the result stands, at most.
    pub fn cost(&self) -> Balance {
        self.prices.saturating_add(self.fees())
    }

    /// What of the coins that are held comes back with the answers.
    pub fn returns(&self) -> Balance {
        self.held.saturating_sub(self.prices)
    }
}

/// For people.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = match self.answers {
            1 => "1 answer".into(),
            many => format!("{many} answers"),
        };
        write!(
            f,
            "{answers} for {}, and fees of at most {}, if the result stands; at most {} are held at once, of which {} \
            come back with the answers",
            amount::show(self.prices),
            amount::show(self.fees()),
            amount::show(self.held),
            amount::show(self.returns()),
        )
    }
}

/// How many of these nodes wait for an answer at the same time, if each is demanded as soon as its value is known: no
/// node shows another one of its kind.
fn widest(nodes: &[Subject]) -> u32 {
    let mut kinds: BTreeMap<(Option<u32>, Option<u8>), u32> = BTreeMap::new();
    for Subject { instance, node } in nodes {
        let count = kinds.entry((*instance, node.revealed_level())).or_default();
        *count = count.saturating_add(1);
    }
    kinds.into_values().max().unwrap_or(0)
}

/// What a demand holds while `open` others of the result wait for an answer: as the chain computes it.
fn bond_of(terms: &Terms, open: u32) -> Balance {
    least_bond(terms).saturating_mul(Balance::saturating_pow(2, open / DOUBLES_EVERY))
}

fn least_bond(terms: &Terms) -> Balance {
    terms.demand_bond.max(terms.answer_price)
}

/// How many demands of a result wait for an answer, by one read of its demands. That does not list more than
/// [`MAX_DEMANDS`]; beyond it the bond of the next demand tells, and the number is rather too large.
pub fn open_demands(terms: &Terms, bond: Balance, demands: &[DemandView]) -> u32 {
    let listed = demands.iter().filter(|demand| !demand.answered).count();
    let listed = u32::try_from(listed).unwrap_or(u32::MAX);
    if listed < MAX_DEMANDS {
        return listed;
    }
    let doubled = bond.checked_div(least_bond(terms)).unwrap_or(0).max(1).ilog2();
    doubled.saturating_mul(DOUBLES_EVERY).saturating_add(DOUBLES_EVERY - 1).max(listed)
}

#[cfg(test)]
pub(super) mod tests {
    use touchstone_kir::Node;
    use touchstone_primitives::JobId;

    use super::*;
    use crate::types::AccountId;

    pub(in super::super) const TSN: Balance = 1_000_000_000_000;

    /// Terms of which nothing counts but what demands hold and cost, in hundredths of a coin.
    pub(in super::super) fn terms(demand_bond: Balance, answer_price: Balance) -> Terms {
        Terms {
            window_base: 1,
            bytes_per_tick: 1,
            accept_window: 1,
            min_deadline: 1,
            max_deadline: 1,
            auction: 1,
            max_auction: 1,
            retention: 1,
            max_attempts: 1,
            max_passes: 1,
            collateral_factor: 1,
            pass_fee: 0,
            bounty: 0,
            answer_time: 1,
            challenge_time: 1,
            demand_bond: demand_bond * TSN / 100,
            answer_price: answer_price * TSN / 100,
            fee_ppm: 0,
            fee_floor_per_gigafuel: 0,
            fuel_per_byte: 1,
            max_fuel: 1,
            max_memory: 1,
        }
    }

    fn subject(instance: Option<u32>, level: u8, position: u32) -> Subject {
        Subject { instance, node: Node { level, position } }
    }

    /// The trace, the root of an output, and so many nodes of its bytes.
    fn nodes(of_bytes: u32) -> Vec<Subject> {
        let above = [subject(None, 0, 0), subject(Some(0), 9, 0)];
        above.into_iter().chain((0..of_bytes).map(|position| subject(Some(0), 6, position))).collect()
    }

    #[test]
    fn all_but_the_last_ones_are_answered_when_most_is_held() {
        let estimate = Estimate::new(&terms(20, 8), 0, &nodes(5), TSN / 1000);
        assert_eq!((estimate.answers, estimate.bond), (7, TSN / 5));
        assert_eq!(estimate.held, 2 * (TSN * 8 / 100) + 5 * (TSN / 5));
        assert_eq!((estimate.prices, estimate.fees()), (TSN * 56 / 100, TSN * 7 / 1000));
        assert_eq!(estimate.cost(), TSN * 567 / 1000);
        assert_eq!(estimate.returns(), TSN * 60 / 100);
        assert_eq!(
            estimate.to_string(),
            "7 answers for 0.56 TSN, and fees of at most 0.007 TSN, if the result stands; at most 1.16 TSN are held at \
             once, of which 0.6 TSN come back with the answers"
        );
    }

    #[test]
    fn no_more_wait_at_the_same_time_than_a_worker_answers() {
        let estimate = Estimate::new(&terms(20, 8), 0, &nodes(100), 0);
        let at_once = Balance::from(AT_ONCE);
        assert_eq!(estimate.held, (102 - at_once) * (TSN * 8 / 100) + at_once * (TSN / 5));
        assert_eq!(estimate.bond, TSN / 5);
    }

    #[test]
    fn the_bond_doubles_with_each_64_demands_of_the_result_that_are_open() {
        let terms = terms(20, 8);
        for (open, of_first, of_last) in [(0, 1, 1), (59, 1, 1), (60, 1, 2), (64, 2, 2), (640, 1024, 1024)] {
            let estimate = Estimate::new(&terms, open, &nodes(5), 0);
            assert_eq!((bond_of(&terms, open), estimate.bond), (of_first * TSN / 5, of_last * TSN / 5), "{open}");
        }
        assert_eq!(bond_of(&self::terms(5, 8), 0), TSN * 8 / 100, "never less than the price");
        assert_eq!(bond_of(&terms, u32::MAX), Balance::MAX);
    }

    #[test]
    fn what_is_known_already_costs_nothing() {
        let nothing = Estimate::new(&terms(20, 8), 3, &[], TSN);
        assert_eq!(nothing, Estimate { fee: TSN, ..Estimate::default() });
        assert_eq!((nothing.cost(), nothing.returns()), (0, 0));
    }

    #[test]
    fn demands_that_one_read_does_not_list_are_known_by_the_bond() {
        let terms = terms(20, 8);
        let demand = |answered| DemandView {
            job: JobId([1; 32]),
            instance: None,
            node: Node { level: 0, position: 0 },
            len: 64,
            demander: AccountId([1; 32]),
            deadline: 9,
            answered,
        };
        let some = [demand(false), demand(true), demand(false)];
        assert_eq!(open_demands(&terms, TSN / 5, &some), 2);
        let many = vec![demand(false); MAX_DEMANDS as usize];
        // 2⁵ times the least bond: 320 to 383 are open.
        assert_eq!(open_demands(&terms, bond_of(&terms, 320), &many), 383);
        assert_eq!(open_demands(&terms, 0, &many), MAX_DEMANDS);
    }
}

//! Whether a demand is made: whether it is time, and whether it costs more than the operator allows.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use touchstone_client::{amount, chain::NotCurrent};
use touchstone_primitives::{Balance, CommitmentId, Subject, Terms, Tick};

use super::case::Times;

/// The largest bond that is held for one demand, in least bonds, unless the operator says how much it may be.
const LEAST_BONDS: Balance = 10;

/// Tries that have to fail before something is demanded. One may fail because the provider restarts, or a connection
/// is bad, and an answer costs coins although the data would have been served a little later.
const TRIES: u32 = 2;

/// What demands may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemandLimits {
    /// Demand at all.
    pub is_enabled: bool,
    /// Largest bond of one demand; without it, ten times the least bond of the job's terms.
    pub most_bond: Option<Balance>,
    /// Demands of this account whose outcome is not known, all results together. The coins of each are held until
    /// then: the bond before the answer, the price of the answer after it. So this limits what is held at one time,
    /// and what can be spent in one dispute window.
    pub most_demands: usize,
}

/// Why nothing is demanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The operator does not want it.
    #[error("demands are switched off (demand = false)")]
    Disabled,
    /// It may be served a little later.
    #[error("it is tried again first")]
    TooEarly,
    /// The bond is too large.
    #[error("the bond is {}, and no more than {} is allowed (most_bond)", amount::show(*.bond), amount::show(*.most))]
    TooDear {
        /// What would be held.
        bond: Balance,
        /// What may be held.
        most: Balance,
    },
    /// There are too many.
    #[error(
        "{most} demands of this account are open, or answered for results that can still be challenged, and there may \
        be no more (most_demands)"
    )]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// The dispute window is over.
    #[error("the dispute window is over, and no recent answer shows the node")]
    WindowOver,
    /// The account cannot pay for it, or the transaction failed.
    #[error("{0}")]
    Failed(String),
    /// The node should not be relied on.
    #[error(transparent)]
    NotCurrent(#[from] NotCurrent),
}

/// What decides whether it is time for a demand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Tries of this result that failed because the provider does not serve.
    pub(super) failures: u32,
    /// This watcher has demanded data of this result before.
    pub(super) is_pursued: bool,
    /// There is no later look.
    pub(super) is_last_look: bool,
}

impl Patience {
    /// Whether it is time at this tick. If less than a third of the window is left, a second try could come too late.
    fn is_over(&self, times: &Times, clock: Tick) -> bool {
        let is_urgent = times.left(clock) < times.window / 3;
        self.failures >= TRIES || self.is_pursued || self.is_last_look || is_urgent
    }
}

impl DemandLimits {
    /// Whether something of a result may be demanded now.
    pub(super) fn allow(&self, patience: &Patience, times: &Times, clock: Tick) -> Result<(), Refusal> {
        match (self.is_enabled, patience.is_over(times, clock)) {
            (false, _) => Err(Refusal::Disabled),
            (true, false) => Err(Refusal::TooEarly),
            (true, true) => Ok(()),
        }
    }

    /// Whether this may be held for one demand, under the terms of its job.
    pub(super) fn allow_bond(&self, terms: &Terms, bond: Balance) -> Result<(), Refusal> {
        let least = terms.demand_bond.max(terms.answer_price);
        let most = self.most_bond.unwrap_or(least.saturating_mul(LEAST_BONDS));
        match bond > most {
            true => Err(Refusal::TooDear { bond, most }),
            false => Ok(()),
        }
    }
}

/// The demands of this account whose outcome is not known, as the chain showed them last.
#[derive(Default)]
pub(super) struct Budget(Mutex<HashMap<CommitmentId, BTreeSet<Subject>>>);

impl Budget {
    fn lock(&self) -> MutexGuard<'_, HashMap<CommitmentId, BTreeSet<Subject>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These are the demands for data of a result.
    pub(super) fn note(&self, result: CommitmentId, demands: BTreeSet<Subject>) {
        let mut all = self.lock();
        match demands.is_empty() {
            true => all.remove(&result),
            false => all.insert(result, demands),
        };
    }

    /// The outcome of all other results is known.
    pub(super) fn retain(&self, stands: impl Fn(&CommitmentId) -> bool) {
        self.lock().retain(|result, _| stands(result));
    }

    /// Takes the place of one more demand.
    pub(super) fn take(&self, result: CommitmentId, subject: Subject, limits: &DemandLimits) -> Result<(), Refusal> {
        let mut all = self.lock();
        let taken: usize = all.values().map(BTreeSet::len).sum();
        if taken >= limits.most_demands {
            return Err(Refusal::TooMany { most: limits.most_demands });
        }
        all.entry(result).or_default().insert(subject);
        Ok(())
    }

    /// A demand was not made after all.
    pub(super) fn give_back(&self, result: &CommitmentId, subject: &Subject) {
        if let Some(demands) = self.lock().get_mut(result) {
            demands.remove(subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use touchstone_kir::Node;

    use super::*;

    const TIMES: Times = Times { committed_at: 0, window: 30, last: 30 };
    const LIMITS: DemandLimits = DemandLimits { is_enabled: true, most_bond: None, most_demands: 2 };
    const PATIENCE: Patience = Patience { failures: 1, is_pursued: false, is_last_look: false };

    #[test]
    fn the_second_failure_is_enough_and_the_first_one_near_the_end() {
        assert_eq!(LIMITS.allow(&PATIENCE, &TIMES, 20), Err(Refusal::TooEarly));
        assert_eq!(LIMITS.allow(&PATIENCE, &TIMES, 21), Ok(()));
        assert_eq!(LIMITS.allow(&Patience { failures: 2, ..PATIENCE }, &TIMES, 1), Ok(()));
    }

    #[test]
    fn who_has_demanded_before_or_looks_once_waits_for_no_second_failure() {
        assert_eq!(LIMITS.allow(&Patience { is_pursued: true, ..PATIENCE }, &TIMES, 1), Ok(()));
        assert_eq!(LIMITS.allow(&Patience { is_last_look: true, ..PATIENCE }, &TIMES, 1), Ok(()));
    }

    #[test]
    fn nothing_is_demanded_where_demands_are_switched_off() {
        let off = DemandLimits { is_enabled: false, ..LIMITS };
        assert_eq!(off.allow(&Patience { failures: 9, ..PATIENCE }, &TIMES, 29), Err(Refusal::Disabled));
    }

    fn terms(demand_bond: Balance, answer_price: Balance) -> Terms {
        Terms {
            window_base: 2,
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
            pass_fee: 1,
            bounty: 1,
            answer_time: 10,
            challenge_time: 10,
            demand_bond,
            answer_price,
            fee_ppm: 1,
            fee_floor_per_gigafuel: 1,
            fuel_per_byte: 1,
            max_fuel: 1,
            max_memory: 1,
        }
    }

    #[test]
    fn a_bond_of_ten_least_ones_is_allowed_unless_the_operator_says_another_amount() {
        assert_eq!(LIMITS.allow_bond(&terms(20, 8), 200), Ok(()));
        assert_eq!(LIMITS.allow_bond(&terms(20, 8), 201), Err(Refusal::TooDear { bond: 201, most: 200 }));
        assert_eq!(LIMITS.allow_bond(&terms(20, 30), 300), Ok(()));
        let own = DemandLimits { most_bond: Some(20), ..LIMITS };
        assert_eq!(own.allow_bond(&terms(20, 8), 20), Ok(()));
        assert_eq!(own.allow_bond(&terms(20, 8), 40), Err(Refusal::TooDear { bond: 40, most: 20 }));
        let text = Refusal::TooDear { bond: 2_000_000_000_000, most: 500_000_000_000 }.to_string();
        assert_eq!(text, "the bond is 2 TSN, and no more than 0.5 TSN is allowed (most_bond)");
    }

    fn subject(position: u32) -> Subject {
        Subject { instance: None, node: Node { level: 0, position } }
    }

    #[test]
    fn places_for_demands_are_counted_over_all_results_until_their_outcome_is_known() {
        let [first, second] = [1, 2].map(|number| CommitmentId([number; 32]));
        let budget = Budget::default();
        budget.note(first, BTreeSet::from([subject(1)]));
        assert_eq!(budget.take(second, subject(1), &LIMITS), Ok(()));
        assert_eq!(budget.take(second, subject(2), &LIMITS), Err(Refusal::TooMany { most: 2 }));
        budget.give_back(&second, &subject(1));
        assert_eq!(budget.take(second, subject(2), &LIMITS), Ok(()));
        // The first result is refuted or settled.
        budget.retain(|result| *result == second);
        assert_eq!(budget.take(second, subject(3), &LIMITS), Ok(()));
        // The block with both was retracted.
        budget.note(second, BTreeSet::new());
        assert_eq!(budget.take(first, subject(1), &LIMITS), Ok(()));
    }
}

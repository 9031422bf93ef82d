//! The service of the queue: what became of each demand, under a weight meter.

use frame_support::{
    pallet_prelude::*,
    storage::with_storage_layer,
    traits::{
        fungible::{Inspect, MutateHold},
        tokens::{DepositConsequence, Fortitude, Precision, Provenance, Restriction},
    },
    weights::WeightMeter,
};
use touchstone_primitives::{Balance, ChallengedResult, Clock, CommitmentId, Fate, Jobs, Tick};

use crate::{Config, Demand, Demands, Event, HoldReason, Pallet, Queue, QueueCursor, Stage, Subject, WeightInfo};

impl<T: Config> Pallet<T> {
    /// Weight of the heaviest service of one demand. A refutation is followed by a search for another provider.
    pub(crate) fn serve_weight() -> Weight {
        T::WeightInfo::serve_unanswered().saturating_add(T::Jobs::retry_weight()).max(T::WeightInfo::serve_answered())
    }

    /// Serves demands that are due, oldest first, until the meter is empty. Goes on from where it stopped: the cursor
    /// never passes a tick that still has demands.
    pub(crate) fn serve_queue(meter: &mut WeightMeter) {
        if meter.try_consume(T::WeightInfo::serve_base()).is_err() {
            return;
        }
        let now = T::Clock::now();
        let start = QueueCursor::<T>::get();
        let mut cursor = start;
        'ticks: while cursor <= now {
            if meter.try_consume(T::WeightInfo::serve_tick()).is_err() {
                break;
            }
            // One iterator for the whole tick: starting again at the head would visit every removed key again.
            for (commitment, subject) in Queue::<T>::iter_key_prefix(cursor) {
                if meter.try_consume(Self::serve_weight()).is_err() {
                    break 'ticks;
                }
                Self::serve(cursor, commitment, subject);
            }
            match cursor.checked_add(1) {
                Some(next) => cursor = next,
                None => break,
            }
        }
        if cursor != start {
            QueueCursor::<T>::put(cursor);
        }
    }

    /// Looks at one demand, and takes it out of the queue or moves it to a later tick. One that fails keeps its bond
    /// and is tried again at the next tick.
    pub(crate) fn serve(tick: Tick, commitment: CommitmentId, subject: Subject) {
        Queue::<T>::remove(tick, (commitment, subject));
        let Some(demand) = Demands::<T>::get(commitment, subject) else { return };
        let again = match with_storage_layer(|| Self::advance(commitment, subject, demand)) {
            Ok(again) => again,
            Err(error) => {
                Self::deposit_event(Event::Failed { commitment, subject, error });
                Some(T::Clock::now())
            }
        };
        if let Some(again) = again {
            // The present tick may have been served, no later one has.
            let later = again.max(T::Clock::now().saturating_add(1));
            Queue::<T>::insert(later, (commitment, subject), ());
        }
    }

    /// Does what is due for a demand. Returns when to look at it again.
    fn advance(
        commitment: CommitmentId,
        subject: Subject,
        demand: Demand<T::AccountId>,
    ) -> Result<Option<Tick>, DispatchError> {
        let Demand { job, provider, demander, price, stage, .. } = demand;
        match stage {
            Stage::Asked { deadline, .. } if T::Clock::now() <= deadline => Ok(Some(deadline.saturating_add(1))),
            Stage::Asked { bond, .. } => {
                Self::give_back(&demander, bond)?;
                Demands::<T>::remove(commitment, subject);
                // Without a result, another challenge was faster.
                let Ok(result) = T::Jobs::challenged(&job, &commitment) else {
                    Self::deposit_event(Event::Closed { commitment, subject, paid: 0 });
                    return Ok(None);
                };
                let refuter = demander.clone();
                Self::deposit_event(Event::Unanswered { job, commitment, subject, provider, demander });
                result.refute(&refuter)?;
                Ok(None)
            }
            Stage::Answered { .. } => {
                let paid = match T::Jobs::fate(&job, &commitment) {
                    // Nothing is known before that tick is over.
                    Fate::Undecided { until } => return Ok(Some(until.saturating_add(1))),
                    Fate::Stood => Self::pay(&demander, &provider, price)?,
                    Fate::Refuted => {
                        Self::give_back(&demander, price)?;
                        0
                    }
                };
                Demands::<T>::remove(commitment, subject);
                Self::deposit_event(Event::Closed { commitment, subject, paid });
                Ok(None)
            }
        }
    }

    fn give_back(demander: &T::AccountId, amount: Balance) -> DispatchResult {
        T::Currency::release(&HoldReason::Bond.into(), demander, amount, Precision::Exact).map(drop)
    }

    /// Pays an answer; what cannot be received burns. Returns what was paid.
    fn pay(demander: &T::AccountId, provider: &T::AccountId, price: Balance) -> Result<Balance, DispatchError> {
        let reason = HoldReason::Bond.into();
        let (precision, force) = (Precision::Exact, Fortitude::Force);
        if T::Currency::can_deposit(provider, price, Provenance::Extant) == DepositConsequence::Success {
            T::Currency::transfer_on_hold(&reason, demander, provider, price, precision, Restriction::Free, force)?;
            return Ok(price);
        }
        T::Currency::burn_held(&reason, demander, price, precision, force)?;
        Ok(0)
    }
}

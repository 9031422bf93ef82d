//! The service of the agenda: what is due is done, under a weight meter.

use frame_support::{storage::with_storage_layer, weights::WeightMeter};
use sp_runtime::{DispatchError, Weight};
use touchstone_primitives::{Clock, JobId, Providers, Tick};

use crate::{store::Entry, Agenda, AgendaCursor, Config, Event, Pallet, WeightInfo};

impl<T: Config> Pallet<T> {
    /// Weight of the heaviest transition.
    pub(crate) fn advance_weight() -> Weight {
        T::WeightInfo::poke_unsold()
            .max(T::WeightInfo::poke_sold())
            .max(Self::weight_with_search(T::WeightInfo::poke_missed(), T::Providers::match_weight()))
            .max(T::WeightInfo::poke_accepted())
            .max(T::WeightInfo::poke_stood().saturating_add(T::WeightInfo::drop_outputs()))
            .max(T::WeightInfo::poke_expired())
            .max(T::WeightInfo::serve_early())
    }

    /// Serves jobs that are due, oldest deadline first, until the meter is empty. Continues where the last service
    /// stopped: the cursor never passes a tick that still has jobs.
    pub(crate) fn serve_agenda(meter: &mut WeightMeter) {
        if meter.try_consume(T::WeightInfo::serve_base()).is_err() {
            return;
        }
        let now = T::Clock::now();
        let mut cursor = AgendaCursor::<T>::get();
        let start = cursor;
        'ticks: while cursor <= now {
            if meter.try_consume(T::WeightInfo::serve_tick()).is_err() {
                break;
            }
            // One iterator for the whole tick: starting again at the head would visit every removed key again.
            for id in Agenda::<T>::iter_key_prefix(cursor) {
                if !meter.can_consume(Self::advance_weight()) {
                    break 'ticks;
                }
                meter.consume(Self::serve(cursor, id));
            }
            match cursor.checked_add(1) {
                Some(next) => cursor = next,
                None => break,
            }
        }
        if cursor != start {
            AgendaCursor::<T>::put(cursor);
        }
    }

    /// Advances one job, and returns what that weighed. One of which nothing is due yet is served again when it is. One
    /// that fails is parked, so that it neither stops the others nor is tried in each block; it can still be poked.
    pub(crate) fn serve(tick: Tick, id: JobId) -> Weight {
        let advanced = with_storage_layer(|| {
            let (entry, stage) = Entry::<T>::load(&id)?;
            match stage.due(&entry.job.terms, T::Clock::now()) {
                Some(due) => Self::advance(entry, due),
                None => {
                    entry.save(stage);
                    Ok(T::WeightInfo::serve_early())
                }
            }
        });
        let error: DispatchError = match advanced {
            Ok(weight) => return weight,
            Err(error) => error,
        };
        if let Ok((entry, stage)) = Entry::<T>::load(&id) {
            entry.park(stage);
        }
        // Whatever the record says, this agenda entry must not be served again.
        Agenda::<T>::remove(tick, id);
        Self::deposit_event(Event::JobParked { job: id, error });
        Self::advance_weight()
    }
}

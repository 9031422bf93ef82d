//! The one writer of the job's record and of the two indexes that follow from it: the agenda and the duties.

use touchstone_primitives::{JobId, Tick};

use crate::{Agenda, Config, Duties, Error, Inline, Jobs, Parked};

/// The record as this runtime stores it.
pub type JobOf<T> = crate::Job<<T as frame_system::Config>::AccountId, <T as Config>::Consideration>;

/// A job, taken out of storage to be changed. Nothing is written before [`save`](Self::save) or
/// [`remove`](Self::remove), which keep the indexes in step.
pub(crate) struct Entry<T: Config> {
    pub id: JobId,
    pub job: JobOf<T>,
    indexed: Indexed<T::AccountId>,
}

/// Where the indexes have the job at present.
struct Indexed<AccountId> {
    agenda: Option<Tick>,
    duty: Option<AccountId>,
    parked: bool,
}

impl<T: Config> Entry<T> {
    /// A job that is not stored yet.
    pub fn new(id: JobId, job: JobOf<T>) -> Self {
        Self { id, job, indexed: Indexed { agenda: None, duty: None, parked: false } }
    }

    /// The stored job.
    pub fn load(id: &JobId) -> Result<Self, Error<T>> {
        let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
        let parked = Parked::<T>::contains_key(id);
        let indexed = Indexed {
            agenda: (!parked).then(|| job.stage.due_at(&job.terms)),
            duty: job.stage.on_duty().cloned(),
            parked,
        };
        Ok(Self { id: *id, job, indexed })
    }

    /// Writes the record and moves its index entries. A parked job is back on the agenda.
    pub fn save(mut self) {
        let due = self.job.stage.due_at(&self.job.terms);
        self.index(Some(due), self.job.stage.on_duty().cloned());
        Jobs::<T>::insert(self.id, self.job);
    }

    /// Removes the record with all that belongs to it, and gives it to the caller.
    pub fn remove(mut self) -> JobOf<T> {
        self.index(None, None);
        Inline::<T>::remove(self.id);
        Jobs::<T>::remove(self.id);
        self.job
    }

    /// Takes the job off the agenda and notes it as parked.
    pub fn park(mut self) {
        let duty = self.indexed.duty.clone();
        self.index(None, duty);
        Parked::<T>::insert(self.id, ());
    }

    fn index(&mut self, agenda: Option<Tick>, duty: Option<T::AccountId>) {
        let was = &self.indexed;
        if was.agenda != agenda {
            if let Some(tick) = was.agenda {
                Agenda::<T>::remove(tick, self.id);
            }
            if let Some(tick) = agenda {
                Agenda::<T>::insert(tick, self.id, ());
            }
        }
        if was.duty != duty {
            if let Some(provider) = &was.duty {
                Duties::<T>::remove(provider, self.id);
            }
            if let Some(provider) = &duty {
                Duties::<T>::insert(provider, self.id, ());
            }
        }
        if was.parked {
            Parked::<T>::remove(self.id);
        }
        self.indexed = Indexed { agenda, duty, parked: false };
    }
}

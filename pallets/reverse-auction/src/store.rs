//! The one writer of the job's record and of the indexes that follow from it: agenda, duties, open auctions.

use touchstone_primitives::{JobId, Tick};

use crate::{Agenda, Config, Duties, Error, Inline, Job, Jobs, OpenAuctions, Parked, Stage};

/// The record as this runtime stores it.
pub type JobOf<T> = crate::Job<<T as frame_system::Config>::AccountId, <T as Config>::Consideration>;

/// A job, taken out of storage to be changed. Nothing is written before [`save`](Self::save) or
/// [`remove`](Self::remove), which keep the indexes in step.
pub(crate) struct Entry<T: Config> {
    pub id: JobId,
    pub job: JobOf<T>,
    indexed: Indexed<T::AccountId>,
}

/// Where the indexes have the job, or should have it.
struct Indexed<AccountId> {
    agenda: Option<Tick>,
    duty: Option<AccountId>,
    open: bool,
    parked: bool,
}

impl<AccountId> Indexed<AccountId> {
    const NOWHERE: Self = Self { agenda: None, duty: None, open: false, parked: false };
}

impl<AccountId: Clone> Indexed<AccountId> {
    /// Where a job belongs that is on the agenda, or parked.
    fn of<Ticket>(job: &Job<AccountId, Ticket>, parked: bool) -> Self {
        Self {
            agenda: (!parked).then(|| job.stage.due_at(&job.terms)),
            duty: job.stage.on_duty().cloned(),
            open: matches!(job.stage, Stage::Open(_)),
            parked,
        }
    }
}

impl<T: Config> Entry<T> {
    /// A job that is not stored yet.
    pub fn new(id: JobId, job: JobOf<T>) -> Self {
        Self { id, job, indexed: Indexed::NOWHERE }
    }

    /// The stored job.
    pub fn load(id: &JobId) -> Result<Self, Error<T>> {
        let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
        let indexed = Indexed::of(&job, Parked::<T>::contains_key(id));
        Ok(Self { id: *id, job, indexed })
    }

    /// Writes the record and moves its index entries. A parked job is back on the agenda.
    pub fn save(self) {
        self.index(Indexed::of(&self.job, false));
        Jobs::<T>::insert(self.id, self.job);
    }

    /// Removes the record with all that belongs to it, and gives it to the caller.
    pub fn remove(self) -> JobOf<T> {
        self.index(Indexed::NOWHERE);
        Inline::<T>::remove(self.id);
        Jobs::<T>::remove(self.id);
        self.job
    }

    /// Takes the job, as it is stored, off the agenda and notes it as parked.
    pub fn park(self) {
        self.index(Indexed::of(&self.job, true));
    }

    /// Moves the entries of the indexes to where they belong now.
    fn index(&self, now: Indexed<T::AccountId>) {
        let was = &self.indexed;
        if was.agenda != now.agenda {
            if let Some(tick) = was.agenda {
                Agenda::<T>::remove(tick, self.id);
            }
            if let Some(tick) = now.agenda {
                Agenda::<T>::insert(tick, self.id, ());
            }
        }
        if was.duty != now.duty {
            if let Some(provider) = &was.duty {
                Duties::<T>::remove(provider, self.id);
            }
            if let Some(provider) = &now.duty {
                Duties::<T>::insert(provider, self.id, ());
            }
        }
        match (was.open, now.open) {
            (true, false) => OpenAuctions::<T>::remove(self.id),
            (false, true) => OpenAuctions::<T>::insert(self.id, ()),
            _ => (),
        }
        match (was.parked, now.parked) {
            (true, false) => Parked::<T>::remove(self.id),
            (false, true) => Parked::<T>::insert(self.id, ()),
            _ => (),
        }
    }
}

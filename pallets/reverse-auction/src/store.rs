//! The one writer of the job's record and of the indexes that follow from its stage: agenda, duties, open auctions,
//! challengeable results.

use touchstone_primitives::{JobId, Tick};

use crate::{Agenda, Challengeable, Config, Duties, Error, Inline, Job, Jobs, OpenAuctions, Parked, Record, Stage};

type AccountOf<T> = <T as frame_system::Config>::AccountId;
type TicketOf<T> = <T as Config>::Consideration;

/// The job as this runtime stores it.
pub type JobOf<T> = Job<AccountOf<T>, TicketOf<T>>;

/// The record as this runtime stores it.
pub type RecordOf<T> = Record<AccountOf<T>, TicketOf<T>>;

/// A job taken out of its record, without its stage. Nothing is written before [`save`](Self::save), which names the
/// new stage, or [`remove`](Self::remove). Both keep the indexes in step.
pub(crate) struct Entry<T: Config> {
    pub id: JobId,
    pub job: JobOf<T>,
    indexed: Indexed<AccountOf<T>>,
}

/// Where the indexes have the job, or should have it.
struct Indexed<AccountId> {
    agenda: Option<Tick>,
    duty: Option<AccountId>,
    open: bool,
    challengeable: bool,
    parked: bool,
}

impl<AccountId> Indexed<AccountId> {
    const NOWHERE: Self = Self { agenda: None, duty: None, open: false, challengeable: false, parked: false };
}

impl<AccountId: Clone> Indexed<AccountId> {
    /// Where a job in this stage belongs that is on the agenda, or parked.
    fn of<Ticket>(job: &Job<AccountId, Ticket>, stage: &Stage<AccountId>, parked: bool) -> Self {
        Self {
            agenda: (!parked).then(|| stage.due_at(&job.terms)),
            duty: stage.on_duty().cloned(),
            open: matches!(stage, Stage::Open(_)),
            challengeable: matches!(stage, Stage::Committed(_)),
            parked,
        }
    }
}

impl<T: Config> Entry<T> {
    /// A job that is not stored yet.
    pub fn new(id: JobId, job: JobOf<T>) -> Self {
        Self { id, job, indexed: Indexed::NOWHERE }
    }

    /// The stored job, apart from its stage.
    pub fn load(id: &JobId) -> Result<(Self, Stage<AccountOf<T>>), Error<T>> {
        let Record { job, stage } = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
        let indexed = Indexed::of(&job, &stage, Parked::<T>::contains_key(id));
        Ok((Self { id: *id, job, indexed }, stage))
    }

    /// Writes the record with this stage and moves its index entries. A parked job is back on the agenda.
    pub fn save(self, stage: Stage<AccountOf<T>>) {
        self.index(Indexed::of(&self.job, &stage, false));
        Jobs::<T>::insert(self.id, Record { job: self.job, stage });
    }

    /// Removes the record with all that belongs to it, and returns the job.
    pub fn remove(self) -> JobOf<T> {
        self.index(Indexed::NOWHERE);
        Inline::<T>::remove(self.id);
        Jobs::<T>::remove(self.id);
        self.job
    }

    /// Takes the job off the agenda and notes it as parked. `stage` is the stage that is stored.
    pub fn park(self, stage: &Stage<AccountOf<T>>) {
        self.index(Indexed::of(&self.job, stage, true));
    }

    /// Moves the entries of the indexes to where they belong now.
    fn index(&self, now: Indexed<AccountOf<T>>) {
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
        match (was.challengeable, now.challengeable) {
            (true, false) => Challengeable::<T>::remove(self.id),
            (false, true) => Challengeable::<T>::insert(self.id, ()),
            _ => (),
        }
        match (was.parked, now.parked) {
            (true, false) => Parked::<T>::remove(self.id),
            (false, true) => Parked::<T>::insert(self.id, ()),
            _ => (),
        }
    }
}

//! The one writer of the job's record and of the indexes that follow from its stage: agenda, duties, open auctions.

use touchstone_primitives::{Clock, JobFunds, JobId, Tick};

use crate::{Agenda, Config, Duties, Error, Inline, Job, Jobs, OpenAuctions, Record, Stage};

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
    /// The tick at which the agenda has the job.
    agenda: Option<Tick>,
    indexed: Indexed<AccountOf<T>>,
}

/// Where the other indexes have the job, or should have it.
struct Indexed<AccountId> {
    duty: Option<AccountId>,
    open: bool,
}

impl<AccountId> Indexed<AccountId> {
    const NOWHERE: Self = Self { duty: None, open: false };
}

impl<AccountId: Clone> Indexed<AccountId> {
    /// Where a job in this stage belongs.
    fn of(stage: &Stage<AccountId>) -> Self {
        Self { duty: stage.on_duty().cloned(), open: matches!(stage, Stage::Open(_)) }
    }
}

impl<T: Config> Entry<T> {
    /// A job that is not stored yet.
    pub(crate) fn new(id: JobId, job: JobOf<T>) -> Self {
        Self { id, job, agenda: None, indexed: Indexed::NOWHERE }
    }

    /// The stored job, apart from its stage.
    pub(crate) fn load(id: &JobId) -> Result<(Self, Stage<AccountOf<T>>), Error<T>> {
        let Record { job, stage, agenda } = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
        let indexed = Indexed::of(&stage);
        Ok((Self { id: *id, job, agenda, indexed }, stage))
    }

    /// What is held for the job, to lend to escrow.
    pub(crate) fn funds(&mut self) -> Result<JobFunds<'_, AccountOf<T>>, Error<T>> {
        let Job { buyer, spec, funds, .. } = &mut self.job;
        let funds = funds.as_mut().ok_or(Error::<T>::NothingHeld)?;
        Ok(JobFunds { job: self.id, buyer, asset: spec.asset, funds })
    }

    /// Writes the record with this stage and moves its index entries. A parked job is back on the agenda.
    pub(crate) fn save(mut self, stage: Stage<AccountOf<T>>) {
        self.index(Indexed::of(&stage));
        self.file(stage.due_at(&self.job.terms));
        self.write(stage);
    }

    /// Removes the record with all that belongs to it, and returns the job.
    pub(crate) fn remove(mut self) -> JobOf<T> {
        self.index(Indexed::NOWHERE);
        self.unfile();
        Inline::<T>::remove(self.id);
        Jobs::<T>::remove(self.id);
        self.job
    }

    /// Parks the job: takes it off the agenda. `stage` is the stage that is stored.
    pub(crate) fn park(mut self, stage: Stage<AccountOf<T>>) {
        self.unfile();
        self.write(stage);
    }

    fn write(self, stage: Stage<AccountOf<T>>) {
        Jobs::<T>::insert(self.id, Record { job: self.job, stage, agenda: self.agenda });
    }

    /// Sees to it that the agenda has the job at a tick that it has not served yet, and in time for `due`. An entry
    /// that comes too early stays: it is cheaper to move it when it is served.
    fn file(&mut self, due: Tick) {
        let now = T::Clock::now();
        // The agenda may have served the present tick, but no later one.
        let latest = due.max(now.saturating_add(1));
        if self.agenda.is_some_and(|tick| now < tick && tick <= latest) {
            return;
        }
        self.unfile();
        Agenda::<T>::insert(latest, self.id, ());
        self.agenda = Some(latest);
    }

    fn unfile(&mut self) {
        if let Some(tick) = self.agenda.take() {
            Agenda::<T>::remove(tick, self.id);
        }
    }

    /// Moves the entries of the other indexes to where they belong now.
    fn index(&self, now: Indexed<AccountOf<T>>) {
        let was = &self.indexed;
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
    }
}

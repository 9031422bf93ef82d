//! The one executor, shared by work and by examinations of jobs that might become work.

use tokio::sync::{watch, Mutex, MutexGuard};

use super::{ExecuteError, Executor, Workload};

/// An executor that examines only while no work wants it. A job whose kernels take a driver long to compile would otherwise
/// hold up work that is due.
pub struct PreemptibleExecutor {
    executor: Mutex<Executor>,
    /// How many want it for work and do not have it yet.
    waiting: watch::Sender<usize>,
}

impl PreemptibleExecutor {
    /// Shares an executor.
    pub fn new(executor: Executor) -> Self {
        Self { executor: Mutex::new(executor), waiting: watch::Sender::new(0) }
    }

    /// The executor, for work: an examination that has it is broken off.
    pub async fn for_work(&self) -> MutexGuard<'_, Executor> {
        let _waits = Waits::new(&self.waiting);
        self.executor.lock().await
    }

    /// [Prepares](Executor::prepare) a program. `None` while the executor is at work, or if work came before the answer.
    pub async fn examine(&self, program: &Workload) -> Option<Result<(), ExecuteError>> {
        let mut executor = self.executor.try_lock().ok()?;
        let mut waiting = self.waiting.subscribe();
        tokio::select! {
            biased;
            // The child goes with what is broken off: its driver may compile for long yet.
            _ = waiting.wait_for(|&works| works > 0) => None,
            prepared = executor.prepare(program) => Some(prepared),
        }
    }
}

/// Counts as waiting until it is dropped.
struct Waits<'a>(&'a watch::Sender<usize>);

impl<'a> Waits<'a> {
    fn new(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|works| *works = works.saturating_add(1));
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|works| *works = works.saturating_sub(1));
    }
}

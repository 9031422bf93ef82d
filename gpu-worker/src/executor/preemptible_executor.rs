//! The executors of one device, shared by work and by what may wait.

use std::{
    future::Future,
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{watch, Semaphore, SemaphorePermit};

use super::{Done, ExecuteError, Executor, Workload};

/// Memory is counted in pieces of this size.
const PIECE: u64 = 1 << 20;

/// The executors of one device: a child for each workload that runs at the same time.
///
/// Work has precedence: what may wait (an examination before a bid, a late comparison) runs only while there is no
/// work, and ends when work arrives. Workloads run side by side as long as their buffers fit the device's memory
/// together.
pub struct PreemptibleExecutor {
    /// Those that have nothing to do.
    idle: Mutex<Vec<Executor>>,
    /// Never started: what further ones are made after.
    pattern: Executor,
    /// Device memory that workloads may take together, in pieces.
    memory: Semaphore,
    /// How many pieces that is to be.
    limit: watch::Sender<u32>,
    /// How many there are. More than the limit while workloads hold pieces that will be taken away.
    granted: Mutex<u32>,
    /// How many workloads run, or wait to run.
    works: watch::Sender<usize>,
}

impl PreemptibleExecutor {
    /// Shares an executor that has opened its device, and makes others after it. Their workloads take at most `memory`
    /// bytes together.
    pub fn new(executor: Executor, memory: u64) -> Self {
        let pieces = pieces(memory / PIECE);
        Self {
            pattern: executor.twin(),
            idle: Mutex::new(vec![executor]),
            memory: Semaphore::new(pieces as usize),
            limit: watch::Sender::new(pieces),
            granted: Mutex::new(pieces),
            works: watch::Sender::new(0),
        }
    }

    /// An executor for a workload with buffers of so many bytes. Waits for memory; a workload larger than all of it
    /// runs alone. What may wait is ended.
    pub async fn for_work(&self, bytes: u64) -> AtWork<'_> {
        let counted = Counted::new(&self.works);
        let wanted = u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX);
        let mut limit = self.limit.subscribe();
        let memory = loop {
            let most = *limit.borrow_and_update();
            tokio::select! {
                // It is never closed.
                memory = self.memory.acquire_many(wanted.clamp(1, most)) => break memory.ok(),
                // If there is less memory now, a workload that needs all of it would wait for ever.
                Ok(()) = limit.changed() => {}
            }
        };
        AtWork { executor: self.take(), home: self, _memory: memory, _counted: counted }
    }

    /// From now on workloads take at most `memory` bytes together. Running workloads keep what they have, so call this
    /// again from time to time: the rest is taken away when they have ended.
    pub fn limit_memory(&self, memory: u64) {
        let limit = pieces(memory / PIECE);
        {
            let mut granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
            if *granted < limit {
                self.memory.add_permits((limit - *granted) as usize);
                *granted = limit;
            } else {
                let taken = self.memory.forget_permits((*granted - limit) as usize);
                *granted -= u32::try_from(taken).unwrap_or(u32::MAX).min(*granted);
            }
        }
        self.limit.send_if_modified(|before| std::mem::replace(before, limit) != limit);
    }

    /// Whether a workload runs, or waits to run.
    pub fn is_at_work(&self) -> bool {
        *self.works.borrow() > 0
    }

    /// Returns when no workload runs or waits.
    pub async fn until_idle(&self) {
        // The sender lives as long as this.
        drop(self.works.subscribe().wait_for(|works| *works == 0).await);
    }

    /// [Prepares](Executor::prepare) a workload. `None` while there is work, or if work came before the answer.
    pub async fn examine(&self, workload: &Workload) -> Option<Result<(), ExecuteError>> {
        let mut executor = self.take_unless_at_work()?;
        let done = self.unless_work_comes(executor.prepare(workload)).await;
        self.put_back(executor);
        done
    }

    /// [Runs](Executor::run) a workload that may wait. `None` while there is work, or if work came before the answer.
    pub async fn run_between_work(&self, workload: &Workload) -> Option<Result<Done, ExecuteError>> {
        let mut executor = self.take_unless_at_work()?;
        let done = self.unless_work_comes(executor.run(workload)).await;
        self.put_back(executor);
        done
    }

    /// The child ends with the interrupted workload, because its driver may compile for a long time.
    async fn unless_work_comes<T>(&self, task: impl Future<Output = T>) -> Option<T> {
        let mut works = self.works.subscribe();
        tokio::select! {
            biased;
            _ = works.wait_for(|works| *works > 0) => None,
            done = task => Some(done),
        }
    }

    fn take_unless_at_work(&self) -> Option<Executor> {
        (!self.is_at_work()).then(|| self.take())
    }

    fn take(&self) -> Executor {
        self.idle().pop().unwrap_or_else(|| self.pattern.twin())
    }

    fn put_back(&self, executor: Executor) {
        self.idle().push(executor);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Executor>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As many pieces as a semaphore can count.
fn pieces(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).clamp(1, 1 << 28)
}

/// An executor at work. Others can use it again when this is dropped.
pub struct AtWork<'a> {
    executor: Executor,
    home: &'a PreemptibleExecutor,
    _memory: Option<SemaphorePermit<'a>>,
    _counted: Counted<'a>,
}

impl AtWork<'_> {
    /// No other workload runs on the device, or waits for it.
    pub fn is_alone(&self) -> bool {
        *self.home.works.borrow() == 1
    }
}

impl Deref for AtWork<'_> {
    type Target = Executor;

    fn deref(&self) -> &Executor {
        &self.executor
    }
}

impl DerefMut for AtWork<'_> {
    fn deref_mut(&mut self) -> &mut Executor {
        &mut self.executor
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let executor = std::mem::replace(&mut self.executor, self.home.pattern.twin());
        self.home.put_back(executor);
    }
}

/// Counts as work until it is dropped.
struct Counted<'a>(&'a watch::Sender<usize>);

impl<'a> Counted<'a> {
    fn new(works: &'a watch::Sender<usize>) -> Self {
        works.send_modify(|works| *works = works.saturating_add(1));
        Self(works)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|works| *works = works.saturating_sub(1));
    }
}

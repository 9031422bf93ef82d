use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use touchstone_kir::Root;
use touchstone_primitives::{Buffer, DeviceId, JobId, PassReason, Tick};

use crate::agent::Computed;

/// For so many snapshots work continues after its assignment has vanished: a retracted block is usually replaced by
/// one with the same assignment.
const PATIENCE: u32 = 3;

/// One assignment of one job: a re-auctioned job is another assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assignment {
    /// The job.
    pub job: JobId,
    /// Number of the assignment.
    pub attempt: u32,
}

/// What the chain says about one assignment of this provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Which.
    pub assignment: Assignment,
    /// The device that was bid, or whose ask was the lowest.
    pub device: DeviceId,
    /// It is not committed yet. Otherwise the commitment stands and its window is open.
    pub pending: bool,
    /// Last tick for passing.
    pub pass_by: Tick,
    /// Last tick for the commitment.
    pub commit_by: Tick,
}

/// The chain at one best block, as far as the plan is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The dispute clock after the block: the tick of the next one.
    pub clock: Tick,
    /// This provider's duties.
    pub duties: Vec<Duty>,
}

/// The shortest time between two blocks, and so between two ticks.
pub const TICK: Duration = Duration::from_secs(3);

impl Snapshot {
    /// Whether a result of this job is still to be committed.
    pub fn is_pending(&self, job: &JobId) -> bool {
        self.duties.iter().any(|duty| duty.pending && duty.assignment.job == *job)
    }

    /// When the assignment is due, if blocks come as fast as they can.
    pub fn deadline(&self, assignment: &Assignment) -> Instant {
        let due = self.duties.iter().find(|duty| duty.assignment == *assignment).map_or(0, |duty| duty.commit_by);
        Instant::now() + TICK * due.saturating_sub(self.clock)
    }
}

/// Why an assignment cannot be done here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// As the chain records it.
    pub reason: PassReason,
    /// For people.
    pub text: String,
}

impl Obstacle {
    fn inputs_missing() -> Self {
        Self { reason: PassReason::InputsMissing, text: "its inputs did not arrive in time".into() }
    }

    fn no_space() -> Self {
        Self { reason: PassReason::DoesNotFit, text: "there was no space for its blobs in time".into() }
    }

    fn too_slow(finish: Tick, commit_by: Tick) -> Self {
        let text = format!("it would be done at tick {finish}, and is due at tick {commit_by}");
        Self { reason: PassReason::TooSlow, text }
    }
}

/// What to do. Each action that takes time is answered by the [`Plan`] method of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Gather the inputs, compute on this device, check: answered by [`Plan::worked`].
    Start(Start),
    /// Stop working on it, because its assignment is gone. Not answered.
    Abort(Assignment),
    /// Commit the trace with this root and length: answered by [`Plan::committed`].
    Commit(Assignment, Buffer),
    /// Pass, for this reason: answered by [`Plan::passed`].
    Pass(Assignment, Obstacle),
    /// Look at the chain again shortly, before the next block: inputs that are on their way may yet arrive.
    LookAgain,
}

/// Work that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// On what.
    pub assignment: Assignment,
    /// Where.
    pub device: DeviceId,
    /// It can still be passed: what would be late is not begun.
    pub may_pass: bool,
}

/// How far an assignment has got.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// Inputs are being gathered or steps computed. It will be done at this tick, if that is known.
    Working(Needs, Option<Tick>),
    /// The result is there.
    Ready(Computed),
    /// A commitment has been sent. No second one is sent before it was seen or dropped.
    Committing(Computed),
    /// It cannot be done here.
    Unable(Obstacle),
    /// A pass is on its way.
    Passing(Obstacle),
}

/// Whether an assignment has what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Awaited(Lack),
    /// The next block is the last one in which it can pass.
    LastCall(Lack),
    Complete,
}

/// What an assignment lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    /// Not all inputs have arrived.
    Inputs,
    /// The store has no space for its blobs.
    Space,
}

impl Lack {
    fn obstacle(self) -> Obstacle {
        match self {
            Self::Inputs => Obstacle::inputs_missing(),
            Self::Space => Obstacle::no_space(),
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    phase: Phase,
    /// Snapshots in a row in which the assignment was missing.
    missing: u32,
    /// Tick at which work on it was last started: what fails at once is not tried again before the next one.
    started: Tick,
}

/// What is under way. Pure: events and snapshots in, actions out.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    entries: BTreeMap<Assignment, Entry>,
}

impl Plan {
    /// Compares the chain with what is under way.
    pub fn reconcile(&mut self, snapshot: &Snapshot) -> Vec<Action> {
        let mut actions = self.forget_what_vanished(snapshot);
        for duty in &snapshot.duties {
            actions.extend(self.attend(duty, snapshot.clock));
        }
        actions
    }

    /// The blobs of the results whose commitment is not certain yet: outputs and traces.
    pub fn blobs(&self) -> impl Iterator<Item = &Root> {
        self.entries.values().flat_map(|entry| match &entry.phase {
            Phase::Ready(computed) | Phase::Committing(computed) => computed.blobs.as_slice(),
            _ => &[],
        })
    }

    /// All inputs of an assignment have arrived.
    pub fn gathered(&mut self, assignment: Assignment) {
        if let Some(Phase::Working(needs, _)) = self.phase(assignment) {
            *needs = Needs::Complete;
        }
    }

    /// An input of an assignment is missing again, so the assignment waits for it as at first.
    pub fn awaited(&mut self, assignment: Assignment) {
        if let Some(Phase::Working(needs, _)) = self.phase(assignment) {
            *needs = Needs::Awaited(Lack::Inputs);
        }
    }

    /// The store has no space for an assignment, which waits until others are done.
    pub fn no_space(&mut self, assignment: Assignment) {
        if let Some(Phase::Working(needs, _)) = self.phase(assignment) {
            *needs = match needs {
                // It has had its last moment.
                Needs::LastCall(_) => Needs::LastCall(Lack::Space),
                Needs::Awaited(_) | Needs::Complete => Needs::Awaited(Lack::Space),
            };
        }
    }

    /// The result of an assignment is expected at a tick.
    pub fn foretold(&mut self, assignment: Assignment, finish: Tick) {
        if let Some(Phase::Working(_, expected)) = self.phase(assignment) {
            *expected = Some(finish);
        }
    }

    /// Work is done, or cannot be.
    pub fn worked(&mut self, assignment: Assignment, outcome: Result<Computed, Obstacle>) {
        if let Some(phase @ Phase::Working(..)) = self.phase(assignment) {
            *phase = match outcome {
                Ok(computed) => Phase::Ready(computed),
                Err(obstacle) => Phase::Unable(obstacle),
            };
        }
    }

    /// A commitment is in a best block, or failed. Either way the next snapshot tells whether it is still due.
    pub fn committed(&mut self, assignment: Assignment) {
        if let Some(phase) = self.phase(assignment) {
            if let Phase::Committing(computed) = phase {
                *phase = Phase::Ready(computed.clone());
            }
        }
    }

    /// A pass is in a best block, or failed. Either way the next snapshot tells whether it is still due.
    pub fn passed(&mut self, assignment: Assignment) {
        if let Some(phase) = self.phase(assignment) {
            if let Phase::Passing(obstacle) = phase {
                *phase = Phase::Unable(obstacle.clone());
            }
        }
    }

    fn phase(&mut self, assignment: Assignment) -> Option<&mut Phase> {
        self.entries.get_mut(&assignment).map(|entry| &mut entry.phase)
    }

    fn forget_what_vanished(&mut self, snapshot: &Snapshot) -> Vec<Action> {
        let mut actions = Vec::new();
        self.entries.retain(|assignment, entry| {
            let same_job = snapshot.duties.iter().find(|duty| duty.assignment.job == assignment.job);
            entry.missing = match same_job {
                Some(duty) if duty.assignment == *assignment => 0,
                // Another attempt has taken its place.
                Some(_) => PATIENCE + 1,
                None => entry.missing + 1,
            };
            let keep = entry.missing <= PATIENCE;
            if !keep && matches!(entry.phase, Phase::Working(..)) {
                actions.push(Action::Abort(*assignment));
            }
            keep
        });
        actions
    }

    fn attend(&mut self, duty: &Duty, clock: Tick) -> Vec<Action> {
        let assignment = duty.assignment;
        let start = Start { assignment, device: duty.device, may_pass: clock <= duty.pass_by };
        let Some(entry) = self.entries.get_mut(&assignment) else {
            if !duty.pending {
                // An earlier process committed it. Only its blobs are needed.
                return Vec::new();
            }
            let phase = Phase::Working(Needs::Awaited(Lack::Inputs), None);
            self.entries.insert(assignment, Entry { phase, missing: 0, started: clock });
            return vec![Action::Start(start)];
        };
        if !duty.pending {
            return match entry.phase {
                // An earlier process committed it, and this one saw that too late.
                Phase::Working(..) => {
                    self.entries.remove(&assignment);
                    vec![Action::Abort(assignment)]
                }
                _ => Vec::new(),
            };
        }
        match &entry.phase {
            // A commitment that is ready at its last tick needs a block yet. Later than the last tick for passing, work
            // goes on: the deadline may still be met.
            Phase::Working(_, Some(finish)) if *finish >= duty.commit_by && clock <= duty.pass_by => {
                let obstacle = Obstacle::too_slow(*finish, duty.commit_by);
                entry.phase = Phase::Passing(obstacle.clone());
                vec![Action::Abort(assignment), Action::Pass(assignment, obstacle)]
            }
            // The clock shows the tick of the next block. Later than this, work goes on whatever is missing: passing is
            // no longer possible.
            Phase::Working(Needs::Awaited(lack), finish) if clock == duty.pass_by => {
                entry.phase = Phase::Working(Needs::LastCall(*lack), *finish);
                vec![Action::LookAgain]
            }
            Phase::Working(Needs::LastCall(lack), _) if clock <= duty.pass_by => {
                let obstacle = lack.obstacle();
                entry.phase = Phase::Passing(obstacle.clone());
                vec![Action::Abort(assignment), Action::Pass(assignment, obstacle)]
            }
            Phase::Ready(computed) if clock <= duty.commit_by => {
                let computed = computed.clone();
                let trace = computed.trace;
                entry.phase = Phase::Committing(computed);
                vec![Action::Commit(assignment, trace)]
            }
            Phase::Unable(obstacle) if clock <= duty.pass_by => {
                let obstacle = obstacle.clone();
                entry.phase = Phase::Passing(obstacle.clone());
                vec![Action::Pass(assignment, obstacle)]
            }
            Phase::Unable(obstacle) if clock <= duty.commit_by && clock != entry.started => {
                let reason = &obstacle.text;
                tracing::error!(job = %assignment.job, reason, "too late to pass: trying until the deadline");
                entry.phase = Phase::Working(Needs::Awaited(Lack::Inputs), None);
                entry.started = clock;
                vec![Action::Start(start)]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use touchstone_primitives::Trace;

    use super::*;

    /// The result of every job.
    fn computed() -> Computed {
        Computed::new(&Trace::new(vec![[5; 32], [6; 32]]))
    }

    fn commit(assignment: Assignment) -> Action {
        Action::Commit(assignment, computed().trace)
    }

    fn assignment(job: u8, attempt: u32) -> Assignment {
        Assignment { job: JobId([job; 32]), attempt }
    }

    /// Each job is on a device of its own.
    fn duty(job: u8, attempt: u32, pending: bool) -> Duty {
        Duty { assignment: assignment(job, attempt), device: job + 10, pending, pass_by: 5, commit_by: 10 }
    }

    fn start(job: u8, attempt: u32, may_pass: bool) -> Action {
        Action::Start(Start { assignment: assignment(job, attempt), device: job + 10, may_pass })
    }

    fn obstacle(reason: PassReason, text: &str) -> Obstacle {
        Obstacle { reason, text: text.into() }
    }

    fn at(clock: Tick, duties: &[Duty]) -> Snapshot {
        Snapshot { clock, duties: duties.to_vec() }
    }

    #[test]
    fn an_assignment_is_started_once_and_committed_once() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let pending = at(1, &[duty(1, 1, true)]);
        assert_eq!(plan.reconcile(&pending), [start(1, 1, true)]);
        assert_eq!(plan.reconcile(&pending), []);
        plan.gathered(a);
        plan.worked(a, Ok(computed()));
        assert_eq!(plan.reconcile(&pending), [commit(a)]);
        assert_eq!(plan.reconcile(&pending), []);
        plan.committed(a);
        assert_eq!(plan.reconcile(&at(2, &[duty(1, 1, false)])), []);
    }

    #[test]
    fn a_commitment_that_was_dropped_or_retracted_is_repeated_without_computing_again() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let pending = at(1, &[duty(1, 1, true)]);
        plan.reconcile(&pending);
        plan.worked(a, Ok(computed()));
        plan.reconcile(&pending);
        plan.committed(a);
        assert_eq!(plan.reconcile(&pending), [commit(a)]);
        plan.committed(a);
        assert_eq!(plan.reconcile(&at(2, &[duty(1, 1, false)])), []);
        // The block with the commitment is retracted.
        assert_eq!(plan.reconcile(&pending), [commit(a)]);
    }

    #[test]
    fn outputs_and_trace_of_a_result_are_kept_also_when_it_is_committed() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let pending = at(1, &[duty(1, 1, true)]);
        let blobs = |plan: &Plan| plan.blobs().copied().collect::<Vec<_>>();
        plan.reconcile(&pending);
        assert!(blobs(&plan).is_empty());
        plan.worked(a, Ok(computed()));
        assert_eq!(blobs(&plan), computed().blobs);
        plan.reconcile(&pending);
        assert_eq!(blobs(&plan), computed().blobs);
        plan.committed(a);
        // The block with the commitment may be retracted.
        plan.reconcile(&at(2, &[duty(1, 1, false)]));
        assert_eq!(blobs(&plan), computed().blobs);
    }

    #[test]
    fn what_an_earlier_process_committed_is_left_alone() {
        let mut plan = Plan::default();
        assert_eq!(plan.reconcile(&at(1, &[duty(1, 1, false)])), []);
    }

    #[test]
    fn work_survives_a_short_retraction_and_ends_with_a_long_one() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let pending = at(1, &[duty(1, 1, true)]);
        plan.reconcile(&pending);
        for _ in 0..PATIENCE {
            assert_eq!(plan.reconcile(&at(1, &[])), []);
        }
        assert_eq!(plan.reconcile(&pending), []);
        for _ in 0..PATIENCE {
            plan.reconcile(&at(1, &[]));
        }
        assert_eq!(plan.reconcile(&at(1, &[])), [Action::Abort(a)]);
        // It comes back all the same.
        assert_eq!(plan.reconcile(&pending), [start(1, 1, true)]);
    }

    #[test]
    fn another_attempt_ends_the_work_on_the_one_before_at_once() {
        let mut plan = Plan::default();
        plan.reconcile(&at(1, &[duty(1, 1, true)]));
        assert_eq!(plan.reconcile(&at(1, &[duty(1, 2, true)])), [Action::Abort(assignment(1, 1)), start(1, 2, true)]);
        // A late answer of the first attempt does not count for the second one.
        plan.worked(assignment(1, 1), Ok(computed()));
        assert_eq!(plan.reconcile(&at(1, &[duty(1, 2, true)])), []);
    }

    #[test]
    fn it_passes_while_it_still_can_when_inputs_do_not_arrive() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(1, &duties));
        assert_eq!(plan.reconcile(&at(4, &duties)), []);
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::LookAgain]);
        let reason = obstacle(PassReason::InputsMissing, "its inputs did not arrive in time");
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::Abort(a), Action::Pass(a, reason.clone())]);
        assert_eq!(plan.reconcile(&at(5, &duties)), []);
        // The pass was dropped from the pool.
        plan.passed(a);
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::Pass(a, reason)]);
    }

    #[test]
    fn inputs_that_arrive_at_the_last_moment_are_in_time() {
        let mut plan = Plan::default();
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(1, &duties));
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::LookAgain]);
        plan.gathered(assignment(1, 1));
        assert_eq!(plan.reconcile(&at(5, &duties)), []);
        plan.worked(assignment(1, 1), Ok(computed()));
        assert_eq!(plan.reconcile(&at(6, &duties)), [commit(assignment(1, 1))]);
    }

    #[test]
    fn an_input_that_is_lost_is_waited_for_until_the_last_moment_to_pass_or_the_deadline() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(1, &duties));
        plan.gathered(a);
        plan.awaited(a);
        assert_eq!(plan.reconcile(&at(4, &duties)), []);
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::LookAgain]);
        let mut brought = plan.clone();
        let missing = Obstacle::inputs_missing();
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::Abort(a), Action::Pass(a, missing)]);
        brought.gathered(a);
        assert_eq!(brought.reconcile(&at(5, &duties)), [], "the buyer has put it again");
        // Later than that it cannot pass: it waits.
        brought.awaited(a);
        assert_eq!(brought.reconcile(&at(6, &duties)), []);
        brought.gathered(a);
        brought.worked(a, Ok(computed()));
        assert_eq!(brought.reconcile(&at(10, &duties)), [commit(a)]);
    }

    #[test]
    fn a_job_for_which_there_is_no_space_is_waited_for_and_passed_for_that_at_the_last_moment() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        let no_space = obstacle(PassReason::DoesNotFit, "there was no space for its blobs in time");
        plan.reconcile(&at(1, &duties));
        plan.no_space(a);
        assert_eq!(plan.reconcile(&at(4, &duties)), [], "others may be done soon");
        let mut freed = plan.clone();
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::LookAgain]);
        plan.no_space(a);
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::Abort(a), Action::Pass(a, no_space.clone())]);
        // With space for them, it is the inputs that are waited for.
        freed.awaited(a);
        assert_eq!(freed.reconcile(&at(5, &duties)), [Action::LookAgain]);
        let mut gathered = freed.clone();
        let missing = Obstacle::inputs_missing();
        assert_eq!(freed.reconcile(&at(5, &duties)), [Action::Abort(a), Action::Pass(a, missing)]);
        // An output for which there is no space is waited for as well.
        gathered.gathered(a);
        assert_eq!(gathered.reconcile(&at(5, &duties)), []);
        gathered.no_space(a);
        assert_eq!(gathered.reconcile(&at(5, &duties)), [Action::LookAgain]);
        assert_eq!(gathered.reconcile(&at(5, &duties)), [Action::Abort(a), Action::Pass(a, no_space)]);
    }

    #[test]
    fn a_job_for_which_there_is_no_space_is_worked_on_when_it_is_too_late_to_pass() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        assert_eq!(plan.reconcile(&at(6, &duties)), [start(1, 1, false)]);
        plan.no_space(a);
        assert_eq!(plan.reconcile(&at(7, &duties)), []);
        plan.worked(a, Ok(computed()));
        assert_eq!(plan.reconcile(&at(10, &duties)), [commit(a)]);
    }

    #[test]
    fn a_worker_that_starts_after_the_last_moment_to_pass_works_until_the_deadline() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        assert_eq!(plan.reconcile(&at(7, &duties)), [start(1, 1, false)]);
        assert_eq!(plan.reconcile(&at(8, &duties)), []);
        plan.gathered(a);
        plan.worked(a, Ok(computed()));
        assert_eq!(plan.reconcile(&at(9, &duties)), [commit(a)]);
    }

    #[test]
    fn it_does_not_pass_once_the_inputs_are_there() {
        let mut plan = Plan::default();
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(1, &duties));
        plan.gathered(assignment(1, 1));
        assert_eq!(plan.reconcile(&at(5, &duties)), []);
        plan.worked(assignment(1, 1), Ok(computed()));
        assert_eq!(plan.reconcile(&at(10, &duties)), [commit(assignment(1, 1))]);
    }

    #[test]
    fn what_cannot_be_done_is_passed_or_tried_again_when_it_is_too_late_for_that() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(1, &duties));
        let large = obstacle(PassReason::DoesNotFit, "too large");
        plan.worked(a, Err(large.clone()));
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::Pass(a, large.clone())]);
        plan.passed(a);
        assert_eq!(plan.reconcile(&at(6, &duties)), [start(1, 1, false)]);
        plan.worked(a, Err(large));
        assert_eq!(plan.reconcile(&at(11, &duties)), []);
    }

    #[test]
    fn what_fails_at_once_after_the_last_moment_to_pass_is_tried_once_in_every_tick() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        for clock in 6..=10 {
            assert_eq!(plan.reconcile(&at(clock, &duties)), [start(1, 1, false)], "tick {clock}");
            for _ in 0..3 {
                plan.worked(a, Err(obstacle(PassReason::DeviceFault, "the executor cannot be started")));
                assert_eq!(plan.reconcile(&at(clock, &duties)), [], "tick {clock}");
            }
        }
        assert_eq!(plan.reconcile(&at(11, &duties)), []);
    }

    #[test]
    fn what_failed_over_several_ticks_is_tried_again_at_once() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(6, &duties));
        assert_eq!(plan.reconcile(&at(8, &duties)), []);
        plan.worked(a, Err(obstacle(PassReason::DeviceFault, "the device was lost")));
        assert_eq!(plan.reconcile(&at(8, &duties)), [start(1, 1, false)]);
    }

    #[test]
    fn work_starts_on_the_device_that_the_chain_names() {
        let mut plan = Plan::default();
        let duties = [Duty { device: 3, ..duty(1, 1, true) }, Duty { device: 0, ..duty(2, 1, true) }];
        let started: Vec<(JobId, DeviceId)> = plan
            .reconcile(&at(1, &duties))
            .into_iter()
            .map(|action| match action {
                Action::Start(Start { assignment, device, .. }) => (assignment.job, device),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(started, [(JobId([1; 32]), 3), (JobId([2; 32]), 0)]);
    }

    #[test]
    fn a_job_that_will_be_late_is_passed_while_that_is_possible() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(1, &duties));
        plan.gathered(a);
        plan.foretold(a, 9);
        assert_eq!(plan.reconcile(&at(2, &duties)), [], "in time");
        plan.foretold(a, 10);
        let late = obstacle(PassReason::TooSlow, "it would be done at tick 10, and is due at tick 10");
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::Abort(a), Action::Pass(a, late.clone())]);
        assert_eq!(plan.reconcile(&at(5, &duties)), []);
        // The pass was dropped from the pool.
        plan.passed(a);
        assert_eq!(plan.reconcile(&at(5, &duties)), [Action::Pass(a, late)]);
    }

    #[test]
    fn a_job_that_will_be_late_is_worked_on_when_it_is_too_late_to_pass() {
        let mut plan = Plan::default();
        let a = assignment(1, 1);
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(1, &duties));
        plan.gathered(a);
        plan.foretold(a, 99);
        assert_eq!(plan.reconcile(&at(6, &duties)), []);
        plan.worked(a, Ok(computed()));
        assert_eq!(plan.reconcile(&at(10, &duties)), [commit(a)]);
    }

    #[test]
    fn nothing_is_committed_after_the_deadline() {
        let mut plan = Plan::default();
        let duties = [duty(1, 1, true)];
        plan.reconcile(&at(1, &duties));
        plan.worked(assignment(1, 1), Ok(computed()));
        assert_eq!(plan.reconcile(&at(11, &duties)), []);
    }

    /// What can happen to a plan, in any order.
    #[derive(Clone, Debug)]
    enum Happening {
        Block(Tick, Vec<Duty>),
        Gathered(Assignment),
        Awaited(Assignment),
        NoSpace(Assignment),
        Foretold(Assignment, Tick),
        Worked(Assignment, bool),
        Committed(Assignment),
        Passed(Assignment),
    }

    fn any_assignment() -> impl Strategy<Value = Assignment> {
        (0u8..3, 1u32..3).prop_map(|(job, attempt)| assignment(job, attempt))
    }

    fn any_happening() -> impl Strategy<Value = Happening> {
        let duties = proptest::collection::btree_map(0u8..3, (1u32..3, any::<bool>()), 0..3);
        prop_oneof![
            3 => (0u32..12, duties).prop_map(|(clock, duties)| {
                let duties = duties
                    .into_iter()
                    .map(|(job, (attempt, pending))| duty(job, attempt, pending))
                    .collect();
                Happening::Block(clock, duties)
            }),
            1 => any_assignment().prop_map(Happening::Gathered),
            1 => any_assignment().prop_map(Happening::Awaited),
            1 => any_assignment().prop_map(Happening::NoSpace),
            1 => (any_assignment(), 0u32..14).prop_map(|(a, finish)| Happening::Foretold(a, finish)),
            1 => (any_assignment(), any::<bool>()).prop_map(|(a, ok)| Happening::Worked(a, ok)),
            1 => any_assignment().prop_map(Happening::Committed),
            1 => any_assignment().prop_map(Happening::Passed),
        ]
    }

    proptest! {
        /// Whatever happens: no two commitments or passes of one assignment are under way at once, and nothing is
        /// committed or passed that the chain does not ask for at that moment.
        #[test]
        fn nothing_is_ever_under_way_twice(happenings in proptest::collection::vec(any_happening(), 0..60)) {
            let mut plan = Plan::default();
            let mut under_way = std::collections::BTreeSet::new();
            for happening in happenings {
                match happening {
                    Happening::Block(clock, duties) => {
                        for action in plan.reconcile(&at(clock, &duties)) {
                            let pending = |a| duties.iter().any(|d| d.assignment == a && d.pending);
                            match action {
                                Action::Commit(a, trace) => {
                                    prop_assert_eq!(trace, computed().trace);
                                    prop_assert!(pending(a) && clock <= 10);
                                    prop_assert!(under_way.insert(a));
                                }
                                Action::Pass(a, _) => {
                                    prop_assert!(pending(a) && clock <= 5);
                                    prop_assert!(under_way.insert(a));
                                }
                                Action::Start(Start { assignment: a, device, may_pass }) => {
                                    prop_assert!(pending(a));
                                    prop_assert_eq!(device, a.job.0[0] + 10);
                                    prop_assert_eq!(may_pass, clock <= 5);
                                    // Forgotten while on its way: the nonce manager and the chain keep it single.
                                    under_way.remove(&a);
                                }
                                Action::Abort(_) | Action::LookAgain => {}
                            }
                        }
                    }
                    Happening::Gathered(a) => plan.gathered(a),
                    Happening::Awaited(a) => plan.awaited(a),
                    Happening::NoSpace(a) => plan.no_space(a),
                    Happening::Foretold(a, finish) => plan.foretold(a, finish),
                    Happening::Worked(a, ok) => {
                        plan.worked(a, ok.then(computed).ok_or(obstacle(PassReason::Other, "no")));
                    }
                    Happening::Committed(a) => { plan.committed(a); under_way.remove(&a); }
                    Happening::Passed(a) => { plan.passed(a); under_way.remove(&a); }
                }
            }
        }
    }
}

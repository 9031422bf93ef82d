//! Demands for data of results that their providers do not serve, one after the other, until a wrong word is shown.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use futures::future::try_join_all;
use touchstone_client::{
    chain::{At, Chain, ChainError, Head, TxError},
    demanding::{cost, is_demanded, moves_to_go, node_name, Answers, Ask, Goal},
    funds::{self, FundsError, Need},
    reexec::FileBuffer,
    signer::Signer,
    AccountId, DemandView,
};
use touchstone_primitives::{views::MAX_DEMANDS, Balance, CommitmentId, Subject, Tick, Trace};

use super::{
    budget::{Budget, DemandLimits, Patience, Refusal},
    case::{Case, Record, Times},
    check::CONFIRMED,
    conclusion::{Conclusion, Refutation, Waiting},
    differing,
    error::CheckError,
    execution::{blocking, DeviceError, Executions, Maker, OutputBytes, Thoroughness},
    memory::Memory,
    plan::{self, Aim, Demanded, Move, OwnOutput, Search},
};
use crate::{inputs::Inputs, metrics::Metrics};

/// Moves of one look that change nothing on the chain. There are few: each brings something that was missing.
const MOVES: u32 = 16;

/// Results whose demands are read side by side.
const SIDE_BY_SIDE: usize = 64;

/// Demands data, and reads the answers.
pub(super) struct Demander {
    pub(super) chain: Chain,
    pub(super) signer: Signer,
    pub(super) inputs: Arc<Inputs>,
    pub(super) executions: Arc<Executions>,
    pub(super) limits: DemandLimits,
    pub(super) budget: Budget,
    pub(super) metrics: Arc<Metrics>,
    /// There is no later look at a result.
    pub(super) once: bool,
}

/// What came of pursuing a result.
pub(super) enum Pursuit {
    /// This was found.
    Concluded(Conclusion),
    /// Answers have shown the whole trace: the outputs that it names may be served.
    TraceShown,
}

/// A result on the chain, at one block.
struct View {
    head: Head,
    clock: Tick,
    /// What the next demand holds.
    bond: Balance,
    demands: Vec<DemandView>,
}

impl Demander {
    fn own(&self) -> &AccountId {
        self.signer.account()
    }

    fn count(&self, outcome: &str) {
        self.metrics.demanded.with_label_values(&[outcome]).inc();
    }

    /// Reads which demands of this account for data of these results there are, as after a restart.
    pub(super) async fn recall(&self, at: &At, results: &[CommitmentId]) -> Result<(), ChainError> {
        if !self.limits.is_enabled {
            return Ok(());
        }
        for some in results.chunks(SIDE_BY_SIDE) {
            let read = try_join_all(some.iter().map(|result| at.demands(*result, MAX_DEMANDS))).await?;
            some.iter().zip(read).for_each(|(result, demands)| self.note(*result, &demands));
        }
        Ok(())
    }

    /// Other results do not stand any longer.
    pub(super) fn forget_except(&self, stands: impl Fn(&CommitmentId) -> bool) {
        self.budget.retain(stands);
    }

    /// A result that was waited for was refuted: nobody has answered by the deadline.
    pub(super) fn unanswered(&self, waiting: &Waiting) {
        if waiting.is_own {
            self.count("unanswered");
        }
    }

    fn note(&self, result: CommitmentId, demands: &[DemandView]) {
        let own: BTreeSet<Subject> = plan::own_demands(demands, self.own()).map(DemandView::subject).collect();
        self.budget.note(result, own);
    }

    /// What is still waited for. Only the chain is asked.
    pub(super) async fn still_waits(
        &self,
        record: &Record,
        memory: &mut Memory,
    ) -> Result<Option<Waiting>, CheckError> {
        let Some(awaited) = memory.awaited else { return Ok(None) };
        let head = self.chain.best().await?;
        let demands = self.chain.at(head).demands(record.result.commitment, MAX_DEMANDS).await?;
        if let Some(waiting) = awaited.at(head.number, &demands, self.own()) {
            return Ok(Some(memory.wait(waiting, awaited.sent)));
        }
        memory.awaited = None;
        let subject = awaited.waiting.subject;
        if plan::demanded(&demands, &subject, self.own()) == Demanded::Answered {
            tracing::info!(job = %record.job.id, node = node_name(&subject), "a demand was answered");
            if awaited.waiting.is_own {
                self.count("answered");
            }
        }
        Ok(None)
    }

    /// Reads a result at the best block.
    async fn view(&self, record: &Record) -> Result<View, CheckError> {
        let head = self.chain.best().await?;
        let at = self.chain.at(head);
        let commitment = record.result.commitment;
        let (clock, bond, demands) = tokio::try_join!(
            at.clock(),
            at.demand_bond(record.job.id, commitment),
            at.demands(commitment, MAX_DEMANDS)
        )?;
        self.note(commitment, &demands);
        Ok(View { head, clock, bond: bond.ok_or(CheckError::Over)?, demands })
    }

    /// Goes on with a result that its provider does not serve, for this reason: reads what answers have shown, and
    /// compares it or demands the next part.
    pub(super) async fn pursue(
        &self,
        case: &Case,
        memory: &mut Memory,
        why: CheckError,
    ) -> Result<Pursuit, CheckError> {
        let result = &case.record.result;
        let view = self.view(&case.record).await?;
        memory.is_pursued |= plan::own_demands(&view.demands, self.own()).next().is_some();
        // Somebody else's demands are followed in any case.
        if view.demands.is_empty() {
            if let Err(reason) = self.allow(&case.record, memory, view.clock) {
                return Err(CheckError::NotDemanded { why: Box::new(why), reason });
            }
        }
        match self.executions.thoroughness {
            Thoroughness::Sample(_) => self.aim_at_sample(case, memory, &view, &why),
            Thoroughness::Device(_) | Thoroughness::Cpu => {
                self.executions.trace(case, &mut memory.own).await?;
            }
        }

        let mut own_output = None;
        for _ in 0..MOVES {
            // Whatever the provider serves.
            if memory.own.as_ref().is_some_and(|own| own.trace.buffer() == result.trace) {
                return Ok(Pursuit::Concluded(Conclusion::Right));
            }
            let view = self.view(&case.record).await?;
            let (next, shown) = self.next(case, memory, &view, own_output.as_ref()).await?;
            if let Some(trace) = shown {
                memory.trace = Some(trace);
                return Ok(Pursuit::TraceShown);
            }
            match next {
                Some(Move::Ask(ask)) => {
                    let text = why.to_string();
                    return match self.ask(&case.record, memory, view, *ask, &text).await {
                        Ok(waiting) => Ok(Pursuit::Concluded(Conclusion::Waiting(waiting))),
                        Err(AskError::Refused(reason)) => Err(CheckError::NotDemanded { why: Box::new(why), reason }),
                        Err(AskError::Check(error)) => Err(error),
                    };
                }
                Some(Move::Hash(instance)) => own_output = Some(self.hash(case, memory, instance).await?),
                Some(Move::Compare(instance)) => {
                    if let Some(refutation) = self.compare(case, memory, instance).await? {
                        return Ok(Pursuit::Concluded(Conclusion::Wrong(refutation)));
                    }
                    if memory.goal.is_some() {
                        tracing::info!(
                            job = %case.record.job.id, step = instance,
                            "the sampled words of this step are right, as answers to demands show them; the rest is \
                            not served, and was not looked at"
                        );
                        return Ok(Pursuit::Concluded(Conclusion::Right));
                    }
                    self.doubt_device(case, memory).await?;
                    own_output = None;
                }
                // The device has found other roots than its outputs have.
                None if memory.own.as_ref().is_some_and(|own| own.maker == Maker::Device) => {
                    self.doubt_device(case, memory).await?;
                    own_output = None;
                }
                None => {
                    return Err(CheckError::Internal(
                        "no demand leads to a difference: node and client are of different versions".into(),
                    ))
                }
            }
        }
        Err(CheckError::Internal("the search for a difference does not end".into()))
    }

    /// Whether something of this result may be demanded now.
    fn allow(&self, record: &Record, memory: &Memory, clock: Tick) -> Result<(), Refusal> {
        let patience = Patience { failures: memory.failures, is_pursued: memory.is_pursued, is_last_look: self.once };
        self.limits.allow(&patience, &Times::of(record), clock)
    }

    /// A sampling watcher looks at one chunk of the first output that is not served: all that its step reads is at
    /// hand. Without the trace that is the first step of the job, which reads inputs alone.
    fn aim_at_sample(&self, case: &Case, memory: &mut Memory, view: &View, why: &CheckError) {
        let step = match why {
            CheckError::Output { step, .. } => *step,
            _ => 0,
        };
        // Each step has one instance.
        let instance = u32::try_from(step).unwrap_or(u32::MAX);
        if memory.goal.is_none_or(|goal| goal.instance != Some(instance)) {
            let (len, seed) = (case.loaded.output_len(step), rand::random());
            memory.goal = Some(plan::draw(instance, len, &view.demands, self.own(), seed));
        }
    }

    /// The next move, and the trace if answers have shown all of it for the first time.
    async fn next(
        &self,
        case: &Case,
        memory: &mut Memory,
        view: &View,
        own_output: Option<&OwnOutput>,
    ) -> Result<(Option<Move>, Option<Trace>), CheckError> {
        let record = &case.record;
        let Memory { answers, trace, own, goal, .. } = memory;
        // A tick is a block at least.
        let since: u64 = Times::of(record).committed_at.into();
        let answers = answers.get_or_insert_with(|| Answers::new(record.result.commitment, since));
        let search = search(record, trace, own.as_ref().map(|own| &own.trace), goal)?;
        answers.read(&self.chain, view.head, &view.demands, |answers| !search.lacks(answers, &view.demands)).await?;
        let shown = match search.served {
            Some(_) => None,
            None => search.trace(answers).whole(),
        };
        Ok((search.next(answers, own_output), shown))
    }

    /// The hash tree of one's own output of an instance.
    async fn hash(&self, case: &Case, memory: &mut Memory, instance: u32) -> Result<OwnOutput, CheckError> {
        let step = instance as usize;
        let Some(own) = &mut memory.own else { return Err(CheckError::Internal("nothing was computed".into())) };
        match self.executions.keep_outputs(case, own, step).await {
            Ok(()) => {}
            Err(DeviceError::Check(error)) => return Err(error),
            Err(DeviceError::Execute(error)) => {
                tracing::warn!(job = %case.record.job.id, %error, "the device failed; computing on the CPU");
                *own = self.executions.on_cpu(case).await?;
            }
        }
        Ok(OwnOutput { instance, tree: self.executions.tree(own, step).await? })
    }

    /// Looks in what answers have shown of an output for a word that the interpreter finds wrong.
    async fn compare(
        &self,
        case: &Case,
        memory: &Memory,
        instance: u32,
    ) -> Result<Option<Box<Refutation>>, CheckError> {
        let step = instance as usize;
        let Memory { answers, trace, own, goal, .. } = memory;
        let own = own.as_ref();
        let search = search(&case.record, trace, own.map(|own| &own.trace), goal)?;
        let lost = || CheckError::Internal("what answers have shown is gone".into());
        let answers = answers.as_ref().ok_or_else(lost)?;
        let mut known = search.trace(answers);
        let shown = search.output(&known, answers, instance).ok_or_else(lost)?;

        let mut outputs: Vec<Option<OutputBytes>> = Vec::new();
        outputs.resize_with(step, || None);
        let suspects = match (&self.executions.thoroughness, goal, own) {
            (Thoroughness::Sample(count), Some(goal), _) => {
                // Outputs before the first one that is not served were fetched.
                for read in case.outputs_read(step) {
                    let root = known.root(u32::try_from(read).unwrap_or(u32::MAX)).ok_or_else(lost)?;
                    let held = self.inputs.checked(root, case.loaded.output_len(read)).await?;
                    if let Some(slot) = outputs.get_mut(read) {
                        *slot = Some(OutputBytes::File(held.path));
                    }
                }
                plan::sample(&shown, goal, *count, rand::random())
            }
            (_, _, Some(own)) => {
                // All that comes before the first difference is one's own.
                known.take_own(&own.trace, case.outputs_read(step).filter_map(|read| u32::try_from(read).ok()));
                for (output, slot) in outputs.iter_mut().enumerate() {
                    *slot = own.output(output).map(|path| OutputBytes::File(path.into()));
                }
                let mine = own.output(step).map(PathBuf::from).ok_or_else(lost)?;
                let theirs = shown.clone();
                let find = move || -> Result<Vec<u32>, CheckError> {
                    Ok(differing::in_shown(&FileBuffer::open(&mine)?, &theirs, CONFIRMED)?)
                };
                blocking(find).await??
            }
            _ => return Err(lost()),
        };
        outputs.push(Some(OutputBytes::Shown(shown)));
        self.executions.prove(case, outputs, known, step, suspects).await
    }

    /// The interpreter confirms the provider where the device differs: the interpreter computes everything.
    async fn doubt_device(&self, case: &Case, memory: &mut Memory) -> Result<(), CheckError> {
        if memory.own.as_ref().is_none_or(|own| own.maker == Maker::Cpu) {
            return Err(CheckError::Internal("the interpreter contradicts itself".into()));
        }
        tracing::error!(
            job = %case.record.job.id,
            "THIS DEVICE IS FAULTY: the interpreter confirms what the provider has committed; computing on the CPU"
        );
        memory.own = None;
        memory.own = Some(self.executions.on_cpu(case).await?);
        Ok(())
    }

    /// Demands a node, or waits for the answer if somebody has demanded it. `why` says what is not served.
    async fn ask(
        &self,
        record: &Record,
        memory: &mut Memory,
        view: View,
        ask: Ask,
        why: &str,
    ) -> Result<Waiting, AskError> {
        let (job, commitment, subject) = (&record.job, record.result.commitment, ask.subject());
        match plan::demanded(&view.demands, &subject, self.own()) {
            Demanded::Open { deadline, is_own } => {
                let sent = memory.awaited.and_then(|awaited| awaited.sent);
                return Ok(memory.wait(Waiting { subject, deadline, is_own }, sent));
            }
            Demanded::Answered => return Err(CheckError::AnswerNotFound(node_name(&subject)).into()),
            Demanded::Not => {}
        }
        let shown_by = ask.shown_by(&view.demands, view.clock);
        if shown_by.is_empty() && Times::of(record).is_window_over(view.clock) {
            return Err(Refusal::WindowOver.into());
        }
        self.allow(record, memory, view.clock)?;
        self.limits.allow_bond(&job.terms, view.bond)?;
        if let Some(not_current) = self.chain.not_current().await.map_err(CheckError::from)? {
            return Err(Refusal::from(not_current).into());
        }
        let (left, node) = (ask.left, node_name(&subject));
        let call = ask.call(job.id, commitment, shown_by);
        let needs = [Need::new("held for the demand", view.bond)];
        match funds::ensure(&self.chain, &self.signer, &call, &needs).await {
            Ok(_) => {}
            Err(FundsError::Tx(TxError::Chain(error))) => return Err(CheckError::from(error).into()),
            Err(error) => return Err(Refusal::Failed(error.to_string()).into()),
        }
        self.budget.take(commitment, subject, &self.limits)?;

        let deadline = view.clock.saturating_add(job.terms.answer_time);
        tracing::warn!(
            job = %job.id, provider = %record.result.provider, why,
            "demanding {node}, {}; {}; without an answer by about tick {deadline} the result is refuted",
            moves_to_go(left), cost(view.bond, job.terms.answer_price)
        );
        match self.chain.submit(&self.signer, call).await {
            Ok(block) => {
                self.count("sent");
                tracing::info!(job = %job.id, node, block = block.block.number, "demanded");
                Ok(memory.wait(Waiting { subject, deadline, is_own: true }, Some(block.block.number)))
            }
            Err(error) => {
                self.budget.give_back(&commitment, &subject);
                match error {
                    // Somebody else was faster: the answer serves everybody.
                    error if is_demanded(&error) => {
                        Ok(memory.wait(Waiting { subject, deadline, is_own: false }, Some(view.head.number)))
                    }
                    TxError::Chain(error) => Err(CheckError::from(error).into()),
                    error => {
                        self.count("failed");
                        Err(Refusal::Failed(error.to_string()).into())
                    }
                }
            }
        }
    }
}

/// Why nothing is demanded, or waited for.
enum AskError {
    Refused(Refusal),
    Check(CheckError),
}

impl From<Refusal> for AskError {
    fn from(reason: Refusal) -> Self {
        Self::Refused(reason)
    }
}

impl From<CheckError> for AskError {
    fn from(error: CheckError) -> Self {
        Self::Check(error)
    }
}

/// The search in a result: for a chunk if one was drawn, or else for a difference from what this machine has computed.
fn search<'a>(
    record: &'a Record,
    served: &'a Option<Trace>,
    own: Option<&'a Trace>,
    goal: &'a Option<Goal>,
) -> Result<Search<'a>, CheckError> {
    let aim = match (goal, own) {
        (Some(goal), _) => Aim::Sample(goal),
        (None, Some(own)) => Aim::Difference(own),
        (None, None) => return Err(CheckError::Internal("nothing was computed or drawn".into())),
    };
    let (committed, output_bytes) = (record.result.trace, record.job.output_bytes.as_slice());
    Ok(Search { aim, committed, served: served.as_ref(), output_bytes })
}

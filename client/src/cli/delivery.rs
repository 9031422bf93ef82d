//! Bytes that a provider does not serve, by demands: all that can be demanded is demanded at once, and the answers are
//! read from the blocks. Everything is on the chain, so a command that was stopped is repeated and goes on.

use std::{collections::BTreeSet, fmt};

use anyhow::Context as _;
use futures::{future::join_all, StreamExt};
use serde_json::json;
use touchstone_client::{
    amount,
    chain::{Chain, ChainError, DispatchError, Head, TxError},
    demanding::{
        is_demanded, node_name, open_demands, window_end, Answers, Ask, Estimate, KnownTrace, Limits, Round, TooMuch,
        Wanted, AT_ONCE,
    },
    funds::{self, Need},
    signer::Signer,
    DemandView,
};
use touchstone_primitives::{views::Stage, Balance, Subject, Tick, Trace};

use super::{
    context::Context,
    data::Committed,
    look::{self, Look},
    output::hex,
};

/// Seconds of a tick, if no block is full.
const SECONDS: u32 = 3;

/// Demands for bytes of one result.
pub(super) struct Delivery<'a> {
    context: &'a Context,
    chain: &'a Chain,
    committed: &'a Committed,
    limits: &'a Limits,
    /// Who demands; none if nothing is to be sent.
    signer: Option<Signer>,
    /// The trace, if it is known as a whole.
    pub(super) trace: Option<Trace>,
    /// Standard output is for something else than events.
    pub(super) is_quiet: bool,
    window_end: Tick,
    answers: Answers,
    /// What was demanded here, and the fees for that.
    sent: BTreeSet<Subject>,
    fees: Balance,
}

/// What is left to be demanded.
pub(super) struct Offer {
    pub(super) estimate: Estimate,
    /// Demands that wait for an answer.
    pub(super) waiting: usize,
    /// Ticks until the end of the dispute window.
    pub(super) ticks_left: Tick,
    /// Why it is more than the limits allow, if it is.
    pub(super) refused: Option<TooMuch>,
}

/// What was demanded, and where.
struct Sent {
    subject: Subject,
    block: u64,
    extrinsic: [u8; 32],
}

/// How far the bytes are known at one block.
enum State {
    Shown(Vec<u8>),
    Open(Box<Open>),
    /// The result cannot be challenged any more.
    Over,
}

/// What is missing.
struct Open {
    look: Look,
    bond: Balance,
    is_window_over: bool,
    /// Can be demanded now, and nobody has.
    asks: Vec<Ask>,
    /// Was demanded and waits for an answer, until this tick.
    waiting: Vec<Tick>,
    /// Was answered, and no block that the node has shows the answer.
    lost: Vec<Subject>,
    /// Follows, and nobody has demanded it.
    later: Vec<Subject>,
}

impl Open {
    /// Answers that are still to come.
    fn left(&self) -> usize {
        self.asks.len().saturating_add(self.waiting.len()).saturating_add(self.later.len())
    }

    /// The demands that the chain takes, with the answers to name. In the window none has to be named.
    fn takeable(&self) -> Vec<(&Ask, Vec<Subject>)> {
        if !self.is_window_over {
            return self.asks.iter().map(|ask| (ask, Vec::new())).collect();
        }
        let named = self.asks.iter().map(|ask| (ask, ask.shown_by(&self.look.demands, self.look.clock)));
        named.filter(|(_, shown_by)| !shown_by.is_empty()).collect()
    }

    /// An error if nothing that is missing will be shown.
    fn ensure_hope(&self) -> anyhow::Result<()> {
        let has_hope = !self.waiting.is_empty() || !self.lost.is_empty() || !self.takeable().is_empty();
        anyhow::ensure!(
            has_hope,
            "the dispute window is over, and no recent answer leads to what is missing: the chain takes no demand for \
            it any more"
        );
        Ok(())
    }

    fn lost_text(&self) -> Option<String> {
        let first = self.lost.first()?;
        Some(format!(
            "{} was answered, but the answer is in no block that this node has: name a node that keeps all blocks with \
            --url",
            node_name(first)
        ))
    }
}

impl<'a> Delivery<'a> {
    /// Of a committed result, within these limits.
    ///
    /// # Errors
    /// Nothing of it can be demanded.
    pub(super) fn new(
        context: &'a Context,
        chain: &'a Chain,
        committed: &'a Committed,
        limits: &'a Limits,
        signer: Option<Signer>,
    ) -> anyhow::Result<Self> {
        ensure_demandable(committed)?;
        let (Stage::Committed { committed_at, .. }, Some(window_end)) =
            (&committed.job.stage, window_end(&committed.job))
        else {
            anyhow::bail!("the result of the job {} cannot be challenged any more", committed.job.id);
        };
        // A tick is a block at least.
        let answers = Answers::new(committed.result.commitment, (*committed_at).into());
        let (trace, is_quiet, sent, fees) = (None, false, BTreeSet::new(), 0);
        Ok(Self { context, chain, committed, limits, signer, trace, is_quiet, window_end, answers, sent, fees })
    }

    /// What is left to be demanded of these bytes, and what it takes. Nothing is sent.
    pub(super) async fn offer(&mut self, wanted: &Wanted) -> anyhow::Result<Offer> {
        let head = self.chain.best().await?;
        let open = match self.state(head, wanted).await? {
            State::Shown(_) => {
                let estimate = Estimate::default();
                return Ok(Offer { estimate, waiting: 0, ticks_left: 0, refused: None });
            }
            State::Over => anyhow::bail!(look::refutation(&self.chain.at(head), self.committed).await?),
            State::Open(open) => open,
        };
        open.ensure_hope()?;
        let estimate = self.estimate(&open, wanted).await?;
        let refused = self.limits.allow(wanted.size(), &estimate, self.spent()).err();
        let ticks_left = self.window_end.saturating_sub(open.look.clock);
        Ok(Offer { estimate, waiting: open.waiting.len(), ticks_left, refused })
    }

    /// Demands what can be demanded now. Gives the bytes, if nothing of them is missing.
    pub(super) async fn step(&mut self, wanted: &Wanted) -> anyhow::Result<Option<Vec<u8>>> {
        let head = self.chain.best().await?;
        let open = match self.state(head, wanted).await? {
            State::Shown(bytes) => return Ok(Some(bytes)),
            State::Over => anyhow::bail!(look::refutation(&self.chain.at(head), self.committed).await?),
            State::Open(open) => open,
        };
        open.ensure_hope()?;
        if let Some(text) = open.lost_text() {
            anyhow::bail!(text);
        }
        let (left, before) = (open.left(), open.waiting.len());
        let sent = self.send(&open, wanted).await?;
        let waiting = before.saturating_add(sent.len());
        let json = json!({
            "job": self.committed.job.id.to_string(),
            "demands": sent.iter().map(|sent| look::json_of(&sent.subject)).collect::<Vec<_>>(),
            "waiting": waiting,
            "left": left,
        });
        self.context.out.result(json, || {
            format!(
                "{waiting} demands for the {wanted} wait for an answer, {} of them made now; {left} answers are to \
                come: the same command goes on when these are there",
                sent.len()
            )
        });
        Ok(None)
    }

    /// Demands and waits until the bytes are shown.
    pub(super) async fn follow(&mut self, wanted: &Wanted) -> anyhow::Result<Vec<u8>> {
        let mut told = None;
        let mut heads = Box::pin(self.chain.best_blocks());
        while let Some(head) = heads.next().await {
            let seen = match head {
                Ok(head) => self.state(head, wanted).await.map(|state| (head, state)),
                Err(error) => Err(error.into()),
            };
            let (head, state) = match seen {
                Ok(seen) => seen,
                // A node that is restarting: the next block tells more.
                Err(error) if error.downcast_ref::<ChainError>().is_some_and(look::is_passing) => continue,
                Err(error) => return Err(error),
            };
            let open = match state {
                State::Shown(bytes) => {
                    self.context.way_on.clear();
                    return Ok(bytes);
                }
                State::Over => {
                    let text = look::refutation(&self.chain.at(head), self.committed).await?;
                    self.context.way_on.clear();
                    anyhow::bail!(
                        "the {wanted} was not shown in time, or is wrong: {text}. The bonds of your demands come back, \
                        and the job goes to another provider"
                    );
                }
                State::Open(open) => open,
            };
            open.ensure_hope()?;
            let sent = self.send(&open, wanted).await?;
            for sent in &sent {
                self.tell_sent(sent);
            }
            let waiting = open.waiting.len().saturating_add(sent.len());
            let now = (waiting, open.left(), open.lost.len());
            if told.replace(now) != Some(now) {
                self.tell(&open, waiting);
            }
        }
        anyhow::bail!("the node tells of no more blocks")
    }

    fn tell_sent(&self, Sent { subject, block, extrinsic }: &Sent) {
        let price = self.committed.job.terms.answer_price;
        let json = json!({
            "event": "demanded",
            "job": self.committed.job.id.to_string(),
            "demand": look::json_of(subject),
            "price": price.to_string(),
            "block": block,
            "extrinsic": hex(extrinsic),
        });
        self.event(json, || {
            format!("{} is demanded in block {block}; an answer is paid {}", node_name(subject), amount::show(price))
        });
    }

    fn tell(&self, open: &Open, waiting: usize) {
        if let Some(text) = open.lost_text() {
            self.context.out.note(text);
        }
        // Demands of now have the latest deadline.
        let answer_time = self.committed.job.terms.answer_time;
        let own = open.look.clock.saturating_add(answer_time);
        let deadline = if waiting > open.waiting.len() { Some(own) } else { open.waiting.iter().copied().max() };
        let Some(deadline) = deadline else { return };
        let left = open.left();
        let json = json!({
            "event": "waiting",
            "job": self.committed.job.id.to_string(),
            "waiting": waiting,
            "left": left,
            "deadline": deadline,
        });
        self.event(json, || {
            format!("{waiting} demands wait for an answer, until about tick {deadline}; {left} answers are to come")
        });
    }

    /// An event of the stream on standard output, or a remark where that is for something else.
    fn event(&self, json: serde_json::Value, text: impl FnOnce() -> String) {
        match self.is_quiet {
            true => self.context.out.note(text()),
            false => self.context.out.event(json, text),
        }
    }

    /// What was spent here, if the result stands.
    fn spent(&self) -> Balance {
        let demands = Balance::try_from(self.sent.len()).unwrap_or(Balance::MAX);
        self.committed.job.terms.answer_price.saturating_mul(demands).saturating_add(self.fees)
    }

    /// How far the bytes are known at a block.
    async fn state(&mut self, head: Head, wanted: &Wanted) -> anyhow::Result<State> {
        let (committed, served) = (self.committed, self.trace.as_ref());
        let goal = wanted.first_chunk();
        let look = Look::at(self.chain, head, committed, &goal, served, &mut self.answers).await?;
        let trace = KnownTrace::new(served, committed.result.trace, &self.answers);
        let is_window_over = look.clock > self.window_end;
        let round = wanted.next(&trace, &self.answers, is_window_over).with_context(|| {
            format!("there is no way to the {wanted} from its trace: node and client are of different versions")
        })?;
        let (asks, mut later) = match round {
            Round::Shown(bytes) => return Ok(State::Shown(bytes)),
            Round::Demands { asks, later } => (asks, later),
        };
        let Some(bond) = look.bond else { return Ok(State::Over) };
        later.retain(|subject| look.demand(subject).is_none());
        let (mut free, mut waiting, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        for ask in asks {
            let wider = look.demands.iter().find(|demand| ask.is_shown_with(demand));
            match look.demand(&ask.subject()).or(wider) {
                None => free.push(ask),
                Some(demand) if demand.answered => lost.push(demand.subject()),
                Some(demand) => waiting.push(demand.deadline),
            }
        }
        Ok(State::Open(Box::new(Open { look, bond, is_window_over, asks: free, waiting, lost, later })))
    }

    /// What the demands that nobody has made hold and cost.
    async fn estimate(&self, open: &Open, wanted: &Wanted) -> anyhow::Result<Estimate> {
        let (job, result) = (&self.committed.job, &self.committed.result);
        let longest = wanted.longest_demand(job.id, result.commitment, result.trace, open.is_window_over);
        let fee = match &self.signer {
            Some(signer) => self.chain.fee(signer, &longest).await?,
            // It does not depend on who signs.
            None => self.chain.fee(&Signer::from_uri("//Alice", "the development account")?, &longest).await?,
        };
        let nodes: Vec<Subject> = open.asks.iter().map(Ask::subject).chain(open.later.iter().copied()).collect();
        let others = open_demands(&job.terms, open.bond, &open.look.demands);
        Ok(Estimate::new(&job.terms, others, &nodes, fee))
    }

    /// Makes the demands that can be made now, side by side, if their whole cost is within the limits.
    async fn send(&mut self, open: &Open, wanted: &Wanted) -> anyhow::Result<Vec<Sent>> {
        let takeable = open.takeable();
        if takeable.is_empty() {
            return Ok(Vec::new());
        }
        let signer = self.signer.as_ref().context("no signer is set: pass --signer, which pays for the demands")?;
        let is_own = |demand: &&DemandView| !demand.answered && demand.demander == *signer.account();
        let own = open.look.demands.iter().filter(is_own).count();
        let room = (AT_ONCE as usize).saturating_sub(own);
        let (job, commitment) = (self.committed.job.id, self.committed.result.commitment);
        let (subjects, calls): (Vec<_>, Vec<_>) = takeable
            .into_iter()
            .take(room)
            .map(|(ask, shown_by)| (ask.subject(), ask.clone().call(job, commitment, shown_by)))
            .unzip();
        let Some(first) = calls.first() else { return Ok(Vec::new()) };
        let estimate = self.estimate(open, wanted).await?;
        self.limits.allow(wanted.size(), &estimate, self.spent())?;
        let more = estimate.answers.saturating_sub(1);
        let needs = [
            Need::new("held for the demands, at most", estimate.held),
            Need::new(format!("for the fees of {more} more demands"), estimate.fee.saturating_mul(more.into())),
        ];
        funds::ensure(self.chain, signer, first, &needs).await?;

        self.context.way_on.set(format!(
            "demands for data of the job {job} may be on the chain: the same command goes on with them and makes none \
            twice"
        ));
        let outcomes = join_all(calls.into_iter().map(|call| self.chain.submit(signer, call))).await;
        let (mut sent, mut failure) = (Vec::new(), None);
        for (subject, outcome) in subjects.into_iter().zip(outcomes) {
            match outcome {
                Ok(block) => {
                    self.sent.insert(subject);
                    self.fees = self.fees.saturating_add(block.fee.unwrap_or(0));
                    sent.push(Sent { subject, block: block.block.number, extrinsic: block.extrinsic });
                }
                Err(error) if is_settled_by_the_next_look(&error) => {}
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            None => Ok(sent),
            Some(error) => Err(error.into()),
        }
    }
}

/// An error if the outputs came with the commitment.
pub(super) fn ensure_demandable(committed: &Committed) -> anyhow::Result<()> {
    anyhow::ensure!(
        !committed.result.carried,
        "nothing of this result needs to be demanded: its outputs came with the commitment; `touchstone fetch {}` \
        reads them from the chain",
        committed.job.id
    );
    Ok(())
}

/// Whether the next block shows what to do instead: somebody else was faster, or the window or the result has ended.
fn is_settled_by_the_next_look(error: &TxError) -> bool {
    let over = ["UnknownCommitment", "WindowOver"];
    let is_over = |error: &DispatchError| over.iter().any(|name| error.is("Demands", name));
    is_demanded(error) || error.dispatch_error().is_some_and(is_over)
}

/// For people.
impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.estimate.answers, self.waiting) {
            (0, 0) => return f.write_str("everything was demanded and answered: the blocks have it"),
            (0, waiting) => return write!(f, "everything was demanded, and {waiting} answers are to come"),
            _ => write!(f, "{}; without an answer all of that comes back, with the bounty; ", self.estimate)?,
        }
        match self.ticks_left {
            0 => f.write_str("the dispute window is at its end: what is demanded now has to follow recent answers"),
            ticks => write!(
                f,
                "the dispute window has {ticks} more ticks, of {SECONDS} seconds if no block is full, and each round \
                of demands takes a few of them"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_tells_costs_and_time() {
        let unit = 1_000_000_000_000;
        let estimate = Estimate { answers: 1, bond: unit / 5, held: unit / 5, prices: unit / 20, fee: unit / 100 };
        let offer = |waiting, ticks_left, estimate| Offer { estimate, waiting, ticks_left, refused: None }.to_string();
        let costs = "1 answer for 0.05 TSN, and fees of at most 0.01 TSN, if the result stands; at most 0.2 TSN are \
                     held at once, of which 0.15 TSN come back with the answers; without an answer all of that comes \
                     back, with the bounty; ";
        let some = offer(0, 30, estimate);
        assert!(some.starts_with(costs) && some.contains("has 30 more ticks, of 3 seconds"), "{some}");
        let late = offer(0, 0, estimate);
        assert!(late.starts_with(costs) && late.contains("is at its end"), "{late}");
        let nothing = Estimate::default();
        assert_eq!(offer(2, 30, nothing), "everything was demanded, and 2 answers are to come");
        assert_eq!(offer(0, 30, nothing), "everything was demanded and answered: the blocks have it");
    }

    #[test]
    fn a_demand_that_came_too_late_is_looked_at_again_and_any_other_failure_is_an_error() {
        let failed = |pallet: &str, name: &str| {
            let error = DispatchError { pallet: Some(pallet.into()), name: name.into(), docs: String::new() };
            TxError::Failed { call: "Demands.demand".into(), error: Box::new(error), block: [0; 32] }
        };
        for name in ["AlreadyDemanded", "UnknownCommitment", "WindowOver"] {
            assert!(is_settled_by_the_next_look(&failed("Demands", name)), "{name}");
        }
        assert!(!is_settled_by_the_next_look(&failed("Demands", "ForeignPath")));
        assert!(!is_settled_by_the_next_look(&failed("Disputes", "WindowOver")));
    }
}

//! Data that is not served: it is demanded on the chain, and answered there, or the result is refuted.

use std::path::Path;

use serde_json::{json, Value};
use touchstone_client::{
    blobs,
    chain::{At, Call, Chain, Funds},
    trace, AccountId, DemandView,
};
use touchstone_kir::{verify_reveal, Node as TreeNode, Outboard, Reveal, CHUNK};
use touchstone_primitives::{
    views::{Stage, MAX_DEMANDS},
    Ask, AttemptEnd, Balance, Buffer, CloseReason, CommitmentId, JobId, JobSpec, Source, Subject, Target, Trace,
};

use crate::support::*;

const TSN: Balance = 1_000_000_000_000;

/// Numbers without a pattern, out of nothing: whoever checks a job that begins with them needs no input.
const COUNT: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(9) var<storage, read_write> counted: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        counted[id.x] = 2654435761u * id.x;
    }";

/// Words of each output of a job that counts and doubles: 79 chunks, which no single answer shows.
const WORDS: u32 = 20_000;

/// A word of the second output, in its chunk 69.
const WORD: usize = 17_777;

/// Ticks for an execution: enough to submit several jobs before any of them is computed. The window has 34.
const PATIENT: u32 = 16;

/// Outputs that go with the commitment are not demanded: those of a small result stay with the worker.
const NOT_CARRYING: &[&str] = &["--carry-outputs", "0"];

/// Who demands by hand.
const DEMANDER: &str = "//Ferdie//stash";

/// The outputs of a job that counts and doubles.
fn counted_and_doubled() -> Vec<Vec<u8>> {
    let counted = numbers(WORDS, 0);
    let doubled = times(&counted, 2);
    vec![counted, doubled]
}

fn subject(instance: Option<u32>, level: u8, position: u32) -> Subject {
    Subject { instance, node: TreeNode { level, position } }
}

fn owned(funds: Funds) -> Balance {
    funds.free + funds.held
}

async fn balance(chain: &Chain, account: &AccountId) -> Funds {
    chain.at_best().await.unwrap().balance(account).await.unwrap()
}

/// A committed result, and what its outputs are.
struct Committed {
    job: JobId,
    commitment: CommitmentId,
    /// It was committed in this block or a later one: a tick is a block at least.
    since: u64,
    /// What the provider gets for the job, apart from answers.
    price: Balance,
    outputs: Vec<Vec<u8>>,
}

impl Committed {
    /// Waits for the result of a job, which has to have these outputs.
    async fn wait(chain: &Chain, job: JobId, outputs: Vec<Vec<u8>>) -> Self {
        let view = until_stage(chain, job, "the job is committed", is_committed).await;
        let Stage::Committed { deal, commitment, committed_at, .. } = view.stage else { unreachable!() };
        let result = chain.at_best().await.unwrap().result(job).await.unwrap().unwrap();
        assert_eq!((result.commitment, result.trace), (commitment, trace_of(&outputs).buffer()));
        Self { job, commitment, since: committed_at.into(), price: deal.price, outputs }
    }

    fn trace(&self) -> Trace {
        trace_of(&self.outputs)
    }

    /// The demand for the root of the tree over the trace, or over an output.
    fn demand(&self, instance: Option<u32>) -> (Subject, Call) {
        let trace = self.trace();
        let (target, Buffer { root, len }) = match instance {
            None => (Target::Trace, trace.buffer()),
            Some(instance) => {
                let output = &self.outputs[instance as usize];
                let buffer = Buffer { root: touchstone_kir::root(output), len: output.len() as u32 };
                (Target::Output { instance, trace: trace.open([instance]).unwrap() }, buffer)
            }
        };
        let node = TreeNode::top(len);
        let (job, commitment) = (self.job, self.commitment);
        let call = Call::Demand { job, commitment, target, node, value: root, path: Vec::new(), shown_by: Vec::new() };
        (Subject { instance, node }, call)
    }

    /// Those whose outcome is not known.
    async fn demands(&self, chain: &Chain) -> Vec<DemandView> {
        chain.at_best().await.unwrap().demands(self.commitment, MAX_DEMANDS).await.unwrap()
    }

    /// The answers in the blocks up to this state, in their order: of what looks like one, what shows committed data.
    async fn answers(&self, chain: &Chain, at: &At) -> Option<Vec<(Subject, Reveal)>> {
        let mut answers = chain.answers(&self.commitment, self.since..=at.head().number).await.ok()?;
        answers.retain(|(subject, reveal)| self.shows(subject, reveal));
        Some(answers)
    }

    fn shows(&self, subject: &Subject, reveal: &Reveal) -> bool {
        let bytes = match subject.instance {
            None => self.trace().to_bytes(),
            Some(instance) => match self.outputs.get(instance as usize) {
                Some(output) => output.clone(),
                None => return false,
            },
        };
        let value = Outboard::new(&bytes).unwrap().node(subject.node);
        value.is_some_and(|value| verify_reveal(subject.node, &value, reveal, bytes.len() as u32).is_ok())
    }

    /// Waits until a demand is answered, and gives what the answer shows.
    async fn until_shown(&self, chain: &Chain, subject: Subject) -> Reveal {
        until(chain, "the demand is answered", |at| async move {
            let demands = at.demands(self.commitment, MAX_DEMANDS).await.ok()?;
            demands.iter().find(|demand| demand.subject() == subject && demand.answered)?;
            let answers = self.answers(chain, &at).await?;
            answers.into_iter().find_map(|(of, reveal)| (of == subject).then_some(reveal))
        })
        .await
    }
}

/// One node, four providers, and a watcher that sees all of them.
#[tokio::test(flavor = "multi_thread")]
async fn who_serves_nothing_answers_on_the_chain_or_is_refuted() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let (url, chain) = (node.url.clone(), node.chain().await);
    let (count, double, buyer) = (kernel(COUNT), kernel(DOUBLE), signer("//Ferdie"));
    let watcher = Provider::new(folder.path(), "//Charlie");
    let random = Provider::new(folder.path(), "//Eve").out_of_reach();
    let wrong = Provider::new(folder.path(), "//Dave").out_of_reach();
    let right = Provider::new(folder.path(), "//Bob").out_of_reach();
    let withholds = Provider::new(folder.path(), "//Alice");

    let ask = Ask { per_gigafuel: TSN, minimum: 0, slots: 1 };
    let asks = ["2TSN", "3TSN", "4TSN"].map(|price| ["--price", price, "--memory-mib", "1024", "--slots", "1"]);
    tokio::join!(
        upload(&chain, &buyer, &count),
        upload(&chain, &watcher.signer, &double),
        random.register_only(&chain, ask),
        wrong.register_with(&url, &asks[0]),
        right.register_with(&url, &asks[1]),
        withholds.register_with(&url, &asks[2]),
    );
    for provider in [&random, &wrong, &right, &withholds] {
        provider.until_active(&chain).await;
    }
    let withholding = withholds.run(&url, NOT_CARRYING);

    // Nobody computes yet, so each job takes the slot of the cheapest provider that is left.
    let steps: [(_, &[u8], u32); 2] = [(&count, &[], WORDS), (&double, &[0], WORDS)];
    let of_random = assigned(&chain, &random, 1, spec(&[], &steps, PATIENT)).await;
    let of_wrong = assigned(&chain, &wrong, 2, spec(&[], &steps, PATIENT)).await;
    let of_right = assigned(&chain, &right, 3, spec(&[], &steps, PATIENT)).await;
    let input = numbers(3000, 7);
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 3000)];
    let inputs = [(input.as_slice(), Source::Put)];
    let of_withholding = assigned(&chain, &withholds, 4, spec(&inputs, &steps, PATIENT)).await;
    blobs::put(&withholds.endpoint(), &touchstone_kir::root(&input), input.clone().into()).await.unwrap();

    // Without asks, so that what is refuted goes to nobody else.
    tokio::join!(
        random.retire(&chain),
        wrong.retire(&chain),
        right.retire(&chain),
        nothing_is_demanded_where_there_is_no_result(&url, of_right),
    );
    let _lying = wrong.run(&url, &["--testing-corrupt-word", &format!("1:{WORD}")]);
    let answering = right.run(&url, &[]);
    let trace = Buffer { root: [9; 32], len: Trace::len_of(2) };
    submit(&chain, &random.signer, Call::Commit { job: of_random, attempt: 1, trace, outputs: None }).await;
    let mut outputs = counted_and_doubled();
    outputs[1][WORD * 4] ^= 1;
    let of_wrong = Committed::wait(&chain, of_wrong, outputs).await;
    let of_right = Committed::wait(&chain, of_right, counted_and_doubled()).await;
    let of_withholding = Committed::wait(&chain, of_withholding, vec![times(&input, 2)]).await;
    withholds.retire(&chain).await;
    std::fs::remove_file(withholds.blob(&of_withholding.trace().buffer().root)).unwrap();

    let before = balance(&chain, &watcher.account()).await;
    let watching = watcher.watch(&url);
    tokio::join!(
        a_provider_that_commits_random_roots_and_serves_nothing_is_refuted_by_the_watcher_alone(
            &chain, &random, &watcher, of_random
        ),
        a_wrong_word_that_is_only_revealed_on_the_chain_is_refuted(&chain, &wrong, &watcher, &watching, &of_wrong),
        a_provider_that_serves_nothing_but_answers_is_paid_if_it_is_right(&url, &chain, &right, &watching, &of_right),
        a_result_whose_trace_alone_is_withheld_is_confirmed_without_a_demand(
            &chain,
            &withholds,
            &watching,
            &of_withholding
        ),
    );
    the_watcher_has_two_bounties_and_all_bonds_and_prices_back(&chain, &watcher, before).await;
    for worker in [answering, withholding] {
        assert_eq!(worker.interrupt(), Some(0));
    }
}

/// Submits a job that this provider gets.
async fn assigned(chain: &Chain, provider: &Provider, salt: u8, spec: JobSpec) -> JobId {
    let job = submit_job(chain, &signer("//Ferdie"), salt, spec, &[]).await;
    let view = chain.at_best().await.unwrap().job(job).await.unwrap().unwrap();
    let Stage::Assigned { deal, .. } = view.stage else { panic!("{:?}", view.stage) };
    assert_eq!(deal.provider, provider.account());
    job
}

async fn nothing_is_demanded_where_there_is_no_result(url: &str, job: JobId) {
    let unknown = JobId([7; 32]);
    for (job, text) in [(unknown, format!("the chain has no job {unknown}")), (job, "has no committed result".into())] {
        let (code, printed, said) = touchstone(url, DEMANDER, &["demand", &job.to_string()]).await;
        assert_eq!((code, printed.len()), (1, 0), "{said}");
        assert!(said.contains(&text), "{said}");
    }
}

/// Waits until the result of a job is refuted, which costs its provider the collateral and nothing else. Gives the
/// state in which that was seen.
async fn until_refuted(chain: &Chain, provider: &Provider, job: JobId) -> At {
    let account = provider.account();
    // The collateral is no part of it since the job was assigned.
    let stake = chain.at_best().await.unwrap().provider(&account).await.unwrap().unwrap().free_stake;
    let at = until(chain, "the result is refuted", |at| async move {
        let stands = at.result(job).await.ok()?.is_some();
        (!stands).then_some(at)
    })
    .await;
    let record = at.provider(&account).await.unwrap().unwrap();
    assert_eq!((record.settled, record.refuted, record.missed), (0, 1, 0));
    assert_eq!(record.free_stake, stake, "the collateral does not come back");
    let view = at.job(job).await.unwrap().unwrap();
    let [attempt] = &view.history[..] else { panic!("one attempt has failed: {:?}", view.history) };
    assert_eq!((attempt.attempt, attempt.provider, attempt.end), (1, account, AttemptEnd::Refuted));
    at
}

/// Nobody else takes the job, so the auction that follows closes it.
async fn the_buyer_gets_everything_back(chain: &Chain, job: JobId) {
    let closed = until_stage(chain, job, "the auction that follows ends", is_closed).await;
    assert!(matches!(closed.stage, Stage::Closed { reason: CloseReason::NoBids, .. }), "{:?}", closed.stage);
    assert_eq!(chain.at_best().await.unwrap().escrow(job).await.unwrap(), None);
}

/// Waits until the result of a job is settled.
async fn until_settled(chain: &Chain, provider: &Provider, job: JobId) {
    let closed = until_stage(chain, job, "the window ends", is_closed).await;
    assert!(matches!(closed.stage, Stage::Closed { reason: CloseReason::Settled, .. }), "{:?}", closed.stage);
    let record = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((record.settled, record.refuted, record.missed), (1, 0, 0));
}

/// Waits for the report of a watcher that comes to this verdict.
async fn until_reported(chain: &Chain, watching: &Process, job: JobId, verdict: &str) -> Value {
    until(chain, "the watcher reports its verdict", |_| async move {
        watching.reports(job).into_iter().find(|report| report["verdict"] == verdict)
    })
    .await
}

async fn a_provider_that_commits_random_roots_and_serves_nothing_is_refuted_by_the_watcher_alone(
    chain: &Chain,
    provider: &Provider,
    watcher: &Provider,
    job: JobId,
) {
    let commitment = chain.at_best().await.unwrap().result(job).await.unwrap().unwrap().commitment;
    let asked = until(chain, "the watcher demands the trace", |at| async move {
        at.demands(commitment, MAX_DEMANDS).await.ok()?.into_iter().next()
    })
    .await;
    let by = (asked.subject(), asked.demander, asked.answered);
    assert_eq!(by, (subject(None, 0, 0), watcher.account(), false));
    let at = until_refuted(chain, provider, job).await;
    assert!(at.clock().await.unwrap() > asked.deadline, "the provider had all of its time");
    assert_eq!(at.demands(commitment, MAX_DEMANDS).await.unwrap(), []);
    the_buyer_gets_everything_back(chain, job).await;
}

async fn a_wrong_word_that_is_only_revealed_on_the_chain_is_refuted(
    chain: &Chain,
    provider: &Provider,
    watcher: &Provider,
    watching: &Process,
    committed: &Committed,
) {
    let at = until_refuted(chain, provider, committed.job).await;
    // Everything was answered in time: it fell by what the answers show.
    let demands = at.demands(committed.commitment, MAX_DEMANDS).await.unwrap();
    let are_answered = demands.iter().all(|demand| demand.answered && demand.demander == watcher.account());
    assert!(are_answered, "{demands:?}");
    let answers = committed.answers(chain, &at).await.unwrap();
    let asked: Vec<Subject> = answers.iter().map(|(subject, _)| *subject).collect();
    assert_eq!(asked, [subject(None, 0, 0), subject(Some(1), 7, 0), subject(Some(1), 4, 4)]);
    // The second 64 chunks, of which there are 15.
    assert!(answers[2].1 == Reveal::Bytes(committed.outputs[1][64 * CHUNK..].to_vec()));

    let report = until_reported(chain, watching, committed.job, "wrong").await;
    let wrong = &report["wrong"];
    assert_eq!((&wrong["step"], &wrong["word"]), (&1.into(), &WORD.into()));
    assert_eq!(wrong["committed"].as_u64().unwrap() ^ 1, wrong["computed"].as_u64().unwrap());
    assert!(report["transaction"]["Ok"].as_u64().is_some(), "{report}");
    the_buyer_gets_everything_back(chain, committed.job).await;
}

async fn a_provider_that_serves_nothing_but_answers_is_paid_if_it_is_right(
    url: &str,
    chain: &Chain,
    provider: &Provider,
    watching: &Process,
    committed: &Committed,
) {
    let demander = *signer(DEMANDER).account();
    let before = balance(chain, &demander).await;
    what_a_demand_costs_is_told_before_it_is_made(url, chain, committed).await;
    trace_and_output_are_shown_by_answers(url, chain, committed).await;
    // The watcher comes to the same trace by itself, and demands nothing.
    until_reported(chain, watching, committed.job, "right").await;
    let demands = committed.demands(chain).await;
    assert!(demands.iter().all(|demand| demand.answered && demand.demander == demander), "{demands:?}");
    assert_eq!(demands.len(), 3);

    let prices = 3 * chain.at_best().await.unwrap().terms().await.unwrap().answer_price;
    let paid = balance(chain, &demander).await;
    assert_eq!(paid.held - before.held, prices, "the rest of each bond came back with its answer");
    let of_provider = balance(chain, &provider.account()).await;
    until_settled(chain, provider, committed.job).await;
    until(chain, "the answers are paid", |at| async move {
        at.demands(committed.commitment, MAX_DEMANDS).await.ok()?.is_empty().then_some(())
    })
    .await;
    let after = balance(chain, &provider.account()).await;
    assert_eq!(owned(after) - owned(of_provider), committed.price + prices);
    let at_last = balance(chain, &demander).await;
    assert_eq!((at_last.free, at_last.held), (paid.free, before.held));

    let (code, printed, said) = touchstone(url, DEMANDER, &["demand", &committed.job.to_string()]).await;
    assert_eq!((code, printed.len()), (1, 0), "{said}");
    assert!(said.contains("cannot be challenged any more"), "{said}");
}

/// How `touchstone demand` names a node.
fn named(subject: Subject) -> Value {
    json!({ "step": subject.instance, "level": subject.node.level, "position": subject.node.position })
}

async fn what_a_demand_costs_is_told_before_it_is_made(url: &str, chain: &Chain, committed: &Committed) {
    let (job, word) = (committed.job.to_string(), WORD.to_string());
    let demand = ["demand", &job, "--step", "1", "--word", &word, "--dry-run"];
    let (code, told, said) = touchstone(url, DEMANDER, &demand).await;
    assert_eq!(code, 0, "{said}");
    let terms = chain.at_best().await.unwrap().terms().await.unwrap();
    // The root of the output is in the trace, which is not served either.
    let expected = json!({
        "job": job,
        "commitment": committed.commitment.to_string(),
        "demand": named(subject(None, 0, 0)),
        "shownBy": [],
        "bond": terms.demand_bond.to_string(),
        "price": terms.answer_price.to_string(),
        "left": 3,
    });
    assert_eq!(told, [expected]);
    for (arguments, expected, text) in [
        (["--step", "1", "--chunk", "79", "--dry-run"], 1, "has 79 chunks of 1 KiB, counted from 0"),
        (["--step", "2", "--chunk", "0", "--dry-run"], 1, "the job has no step 2"),
        (["--step", "1", "--chunk", "0", "--word=0"], 2, "cannot be used with"),
    ] {
        let (code, told, said) = touchstone(url, DEMANDER, &[&["demand", &job], &arguments[..]].concat()).await;
        assert_eq!((code, told.len()), (expected, 0), "{said}");
        assert!(said.contains(text), "{said}");
    }
    assert_eq!(committed.demands(chain).await, [], "nothing was sent");
}

async fn trace_and_output_are_shown_by_answers(url: &str, chain: &Chain, committed: &Committed) {
    let (job, word) = (committed.job.to_string(), WORD.to_string());
    let shown = |chunk: usize, bytes: &[u8]| {
        let bytes = format!("0x{}", hex::encode(bytes));
        json!({ "job": job, "chunk": chunk, "bytes": bytes })
    };
    let asked = |told: &[Value]| -> Vec<(Value, u64)> {
        told.iter().map(|event| (event["demand"].clone(), event["left"].as_u64().unwrap())).collect()
    };

    let (code, told, said) = touchstone(url, DEMANDER, &["demand", &job, "--follow"]).await;
    assert_eq!(code, 0, "{said}");
    let [sent @ .., bytes] = &told[..] else { panic!("{said}") };
    assert_eq!(asked(sent), [(named(subject(None, 0, 0)), 1)]);
    assert!(sent[0]["block"].as_u64().is_some(), "{sent:?}");
    assert_eq!(*bytes, shown(0, &committed.trace().to_bytes()));

    // The answer before is read from the blocks, so that the root of the output is known.
    let follow = ["demand", &job, "--step", "1", "--word", &word, "--follow"];
    let (code, told, said) = touchstone(url, DEMANDER, &follow).await;
    assert_eq!(code, 0, "{said}");
    let [sent @ .., bytes] = &told[..] else { panic!("{said}") };
    assert_eq!(asked(sent), [(named(subject(Some(1), 7, 0)), 2), (named(subject(Some(1), 4, 4)), 1)]);
    let chunk = WORD * 4 / CHUNK;
    let right = shown(chunk, &committed.outputs[1][chunk * CHUNK..][..CHUNK]);
    assert_eq!(*bytes, right);

    // What was shown once costs nothing more.
    let before = balance(chain, signer(DEMANDER).account()).await;
    let (code, told, said) = touchstone(url, DEMANDER, &follow[..follow.len() - 1]).await;
    assert_eq!((code, told), (0, vec![right]), "{said}");
    assert_eq!(balance(chain, signer(DEMANDER).account()).await, before);
}

async fn a_result_whose_trace_alone_is_withheld_is_confirmed_without_a_demand(
    chain: &Chain,
    provider: &Provider,
    watching: &Process,
    committed: &Committed,
) {
    let (endpoint, output) = (provider.endpoint(), &committed.outputs[0]);
    assert!(trace::fetch(&endpoint, committed.trace().buffer()).await.is_err());
    let root = touchstone_kir::root(output);
    assert!(blobs::fetch(&endpoint, &root, output.len() as u32, |_| {}).await.unwrap() == *output);

    until_reported(chain, watching, committed.job, "right").await;
    assert_eq!(committed.demands(chain).await, []);
    // The provider has lost its trace and could answer no demand.
    until_settled(chain, provider, committed.job).await;
}

async fn the_watcher_has_two_bounties_and_all_bonds_and_prices_back(chain: &Chain, watcher: &Provider, before: Funds) {
    let account = watcher.account();
    let after = until(chain, "nothing is held for demands", |at| async move {
        let funds = at.balance(&account).await.ok()?;
        (funds.held == before.held).then_some(funds)
    })
    .await;
    let bounty = chain.at_best().await.unwrap().terms().await.unwrap().bounty;
    let gained = owned(after) - owned(before);
    assert!(gained < 2 * bounty && gained > bounty + bounty / 2, "two bounties without the fees: {gained}");
}

/// The specification of a chain on which no answer comes too late, however slow the machine.
fn unhurried(folder: &Path, chain: &str) -> String {
    chain_with(folder, chain, |genesis| {
        let answer_time = &mut genesis["conditions"]["terms"]["answerTime"];
        assert_eq!(*answer_time, 10);
        *answer_time = 1000.into();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demand_is_answered_though_worker_and_node_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (rpc, p2p) = (free_port(), free_port());
    let specification = unhurried(folder.path(), "dev");
    let start = || Node::start(folder.path(), "kept", rpc, p2p, &["--dev", "--chain", &specification]);
    let mut node = start();
    let (url, chain) = (node.url.clone(), node.chain().await);
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    upload(&chain, &buyer, &double).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(&url, NOT_CARRYING);
    let input = numbers(1000, 3);
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 1000)];
    let job = spec(&[(input.as_slice(), Source::Inline)], &steps, 40);
    let id = submit_job(&chain, &buyer, 1, job, &[&input]).await;
    let committed = Committed::wait(&chain, id, vec![times(&input, 2)]).await;

    let worker =
        a_worker_killed_in_mid_demand_answers_after_its_restart(&url, &chain, &provider, worker, &committed).await;
    let (_node, chain) =
        a_node_that_restarts_in_mid_demand_loses_nothing(node, start, &chain, &worker, &committed).await;
    let record = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((record.missed, record.refuted), (0, 0));
    assert_eq!(worker.interrupt(), Some(0));
}

async fn a_worker_killed_in_mid_demand_answers_after_its_restart(
    url: &str,
    chain: &Chain,
    provider: &Provider,
    worker: Process,
    committed: &Committed,
) -> Process {
    // It stands still while the demand gets into its block, and is killed before it can see that.
    worker.signal("-STOP");
    let (trace, call) = committed.demand(None);
    submit(chain, &signer("//Charlie"), call).await;
    drop(worker);
    let asked = committed.demands(chain).await;
    let [open] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((open.subject(), open.answered), (trace, false));
    let worker = provider.run(url, NOT_CARRYING);
    assert_eq!(committed.until_shown(chain, trace).await, Reveal::Bytes(committed.trace().to_bytes()));
    worker
}

async fn a_node_that_restarts_in_mid_demand_loses_nothing(
    node: Node,
    start: impl Fn() -> Node,
    chain: &Chain,
    worker: &Process,
    committed: &Committed,
) -> (Node, Chain) {
    worker.signal("-STOP");
    let (output, call) = committed.demand(Some(0));
    let block = submit(chain, &signer("//Charlie"), call).await.block;
    until(chain, "the block with the demand is final", |_| async {
        (chain.finalized().await.ok()?.number >= block.number).then_some(())
    })
    .await;
    let before = committed.demands(chain).await;
    assert!(before.iter().any(|demand| demand.subject() == output && !demand.answered), "{before:?}");

    drop(node);
    let mut node = start();
    let chain = node.chain().await;
    assert_eq!(committed.demands(&chain).await, before);
    worker.signal("-CONT");
    assert!(committed.until_shown(&chain, output).await == Reveal::Bytes(committed.outputs[0].clone()));
    (node, chain)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demand_and_its_answer_in_blocks_that_are_retracted_are_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (validators, chain) = Validators::start(folder.path(), &unhurried(folder.path(), "local")).await;
    let url = &validators.a.url;
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    upload(&chain, &buyer, &double).await;
    let provider = Provider::new(folder.path(), "//Charlie");
    provider.register(url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(url, NOT_CARRYING);
    let input = numbers(1000, 3);
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 1000)];
    let job = spec(&[(input.as_slice(), Source::Inline)], &steps, 100);
    let id = submit_job(&chain, &buyer, 1, job, &[&input]).await;
    let committed = Committed::wait(&chain, id, vec![times(&input, 2)]).await;

    // Both have the result. Demand and answer are in blocks of A alone.
    let common = validators.part().await;
    let (trace, call) = committed.demand(None);
    let lost = submit(&chain, &signer("//Eve"), call).await.block;
    let shown = Reveal::Bytes(committed.trace().to_bytes());
    assert_eq!(committed.until_shown(&chain, trace).await, shown);
    validators.retract(common, &lost).await;

    // The pool brings both again. An answer that comes before its demand there fails, and the worker gives another one.
    assert_eq!(committed.until_shown(&chain, trace).await, shown);
    validators.until_they_agree().await;
    let at = chain.at_best().await.unwrap();
    assert_eq!(at.result(id).await.unwrap().map(|result| result.commitment), Some(committed.commitment));
    let record = at.provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((record.missed, record.refuted), (0, 0));
    assert_eq!(worker.interrupt(), Some(0));
}

//! An output that its provider does not serve: the buyer has it from answers on the chain, at the cost that was told.

use std::{path::Path, process::Stdio};

use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use touchstone_client::chain::{Chain, Funds};
use touchstone_primitives::{
    views::{Stage, MAX_DEMANDS},
    Balance, CommitmentId, JobId,
};

use crate::support::*;

const BUYER: &str = "//Ferdie";

/// Words without a pattern, out of nothing.
const SPREAD: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(9) var<storage, read_write> spread: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        spread[id.x] = 2654435761u * id.x + 12345u;
    }";

/// 300 KiB: one answer with nodes, and five with bytes.
const WORDS: u32 = 76_800;

/// Answers to the trace, to the root of the output, and to its bytes.
const ANSWERS: Balance = 1 + 1 + 5;

/// Ticks for an execution. So long a window that nothing here comes too late.
const PATIENT: u32 = 100;

fn output() -> Vec<u8> {
    (0..WORDS).flat_map(|index| index.wrapping_mul(2_654_435_761).wrapping_add(12_345).to_le_bytes()).collect()
}

/// A job with a committed result, and the folder of its buyer.
struct Bought<'a> {
    url: &'a str,
    chain: &'a Chain,
    folder: &'a Path,
    id: JobId,
    job: String,
    commitment: CommitmentId,
    output: Vec<u8>,
}

impl Bought<'_> {
    /// A file of the buyer.
    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// `touchstone` with this command for the job.
    async fn run(&self, command: &str, arguments: &[&str]) -> (i32, Vec<Value>, String) {
        touchstone(self.url, BUYER, &[&[command, &self.job], arguments].concat()).await
    }

    async fn funds(&self) -> Funds {
        self.chain.at_best().await.unwrap().balance(signer(BUYER).account()).await.unwrap()
    }

    async fn ensure_nothing_was_demanded(&self) {
        let demands = self.chain.at_best().await.unwrap().demands(self.commitment, MAX_DEMANDS).await.unwrap();
        assert_eq!(demands, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_has_an_output_that_is_not_served_from_the_chain_at_the_cost_that_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let (url, chain) = (node.url.clone(), node.chain().await);
    let spread = kernel(SPREAD);
    upload(&chain, &signer("//Alice"), &spread).await;
    let provider = Provider::new(folder.path(), "//Bob").out_of_reach();
    provider.register(&url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(&url, &[]);
    let steps: [(_, &[u8], u32); 1] = [(&spread, &[], WORDS)];
    let id = submit_job(&chain, &signer(BUYER), 1, spec(&[], &steps, PATIENT), &[]).await;
    let view = until_stage(&chain, id, "the job is committed", is_committed).await;
    let Stage::Committed { commitment, .. } = view.stage else { unreachable!() };
    let (job, output) = (id.to_string(), output());
    let bought = Bought { url: &url, chain: &chain, folder: folder.path(), id, job, commitment, output };

    let before = bought.funds().await;
    a_fetch_tells_what_to_do_and_sends_nothing(&bought).await;
    let told = the_cost_is_told_before_anything_is_sent(&bought).await;
    more_than_the_limits_allow_is_not_demanded(&bought).await;
    assert_eq!(bought.funds().await, before, "not even a fee");

    a_command_that_is_stopped_says_how_to_go_on(&bought).await;
    a_fetch_goes_on_and_demands_the_rest(&bought).await;
    it_costs_what_was_told(&bought, before, &told).await;
    what_was_shown_once_costs_nothing_more(&bought).await;
    assert_eq!(worker.interrupt(), Some(0));
}

async fn a_fetch_tells_what_to_do_and_sends_nothing(bought: &Bought<'_>) {
    let file = bought.file("result.bin");
    let (code, printed, said) = bought.run("fetch", &["-o", &file]).await;
    assert_eq!((code, printed.len()), (1, 0), "{said}");
    assert!(said.contains("the provider does not serve the trace of its result"), "{said}");
    let command = format!("touchstone demand {} --step 0 --bytes --follow --out {file} --most-cost ", bought.job);
    assert!(said.contains(&command), "{said}");
    assert!(said.contains("7 answers for 0.525 TSN") && said.contains(" more ticks"), "{said}");
    assert!(!Path::new(&file).exists());
    bought.ensure_nothing_was_demanded().await;
}

/// Gives what the dry run tells.
async fn the_cost_is_told_before_anything_is_sent(bought: &Bought<'_>) -> Value {
    let (code, told, said) = bought.run("demand", &["--step", "0", "--bytes", "--dry-run"]).await;
    assert_eq!((code, told.len()), (0, 1), "{said}");
    let terms = bought.chain.at_best().await.unwrap().terms().await.unwrap();
    let (price, bond) = (terms.answer_price, terms.demand_bond);
    let expected = json!({
        "job": bought.job,
        "commitment": bought.commitment.to_string(),
        "step": 0,
        "first": 0,
        "end": WORDS * 4,
        "answers": ANSWERS as u32,
        "waiting": 0,
        "bond": bond.to_string(),
        // The five answers with bytes come last, and are demanded at once.
        "held": (2 * price + 5 * bond).to_string(),
        "prices": (ANSWERS * price).to_string(),
        "returns": (5 * (bond - price)).to_string(),
        "refused": null,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(told[0][key], *value, "{key}: {told:?}");
    }
    let amount = |key: &str| told[0][key].as_str().unwrap().parse::<Balance>().unwrap();
    assert_eq!(amount("cost"), amount("prices") + amount("fees"));
    assert!(told[0]["ticksLeft"].as_u64().is_some_and(|left| left > 0));

    // Within the output, an unaligned range: two of its five nodes.
    let (_, some, said) = bought.run("demand", &["--step", "0", "--bytes=65535..65537", "--dry-run"]).await;
    assert_eq!(some[0]["answers"], 4, "{said}");
    told[0].clone()
}

async fn more_than_the_limits_allow_is_not_demanded(bought: &Bought<'_>) {
    let file = bought.file("result.bin");
    let bytes = ["--step", "0", "--bytes", "--follow", "--out", &file];
    for (command, arguments, text) in [
        ("demand", [&bytes[..], &["--most-cost", "0.1TSN"]].concat(), "no more than 0.1 TSN is allowed: --most-cost"),
        ("demand", [&bytes[..], &["--most-bond", "0.1TSN"]].concat(), "a demand holds 0.2 TSN"),
        ("demand", vec!["--step", "0", "--bytes=307199..307201", "--dry-run"], "has 307200 bytes"),
        ("demand", vec!["--step", "0", "--bytes", "--follow"], "name a file with --out"),
        ("fetch", vec!["-o", &file, "--demand", "--most-cost", "0.5TSN"], "no more than 0.5 TSN is allowed"),
    ] {
        let (code, printed, said) = bought.run(command, &arguments).await;
        assert_eq!((code, printed.len()), (1, 0), "{arguments:?}: {said}");
        assert!(said.contains(text), "{arguments:?}: {said}");
    }
    assert!(!Path::new(&file).exists());
    bought.ensure_nothing_was_demanded().await;
}

/// How events name a node of the output, or of the trace.
fn named(step: Option<u8>, level: u8, position: u32) -> Value {
    json!({ "step": step, "level": level, "position": position })
}

async fn a_command_that_is_stopped_says_how_to_go_on(bought: &Bought<'_>) {
    let file = bought.file("result.bin");
    let demand = ["demand", &bought.job, "--step", "0", "--bytes", "--follow", "--out", &file];
    let mut command = touchstone_command(bought.url, BUYER, &demand);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
    let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    assert_eq!((&event["event"], &event["demand"]), (&"demanded".into(), &named(None, 0, 0)));

    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let mut said = String::new();
    child.stderr.as_mut().unwrap().read_to_string(&mut said).await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(130), "{said}");
    assert!(said.contains("the same command goes on with them and makes none twice"), "{said}");
    assert!(!Path::new(&file).exists(), "not all of it was there");
}

async fn a_fetch_goes_on_and_demands_the_rest(bought: &Bought<'_>) {
    let file = bought.file("result.bin");
    let (code, told, said) = bought.run("fetch", &["-o", &file, "--demand"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(std::fs::read(&file).unwrap() == bought.output);
    let demanded: Vec<Value> =
        told.iter().filter(|event| event["event"] == "demanded").map(|event| event["demand"].clone()).collect();
    let of_bytes = (0..5).map(|position| named(Some(0), 6, position));
    let expected: Vec<Value> = [named(Some(0), 9, 0)].into_iter().chain(of_bytes).collect();
    assert_eq!(demanded, expected, "the trace was demanded before");
    let root = format!("0x{}", hex::encode(touchstone_kir::root(&bought.output)));
    let expected = json!({ "file": file, "step": 0, "bytes": WORDS * 4, "root": root });
    assert_eq!(told.last(), Some(&expected));
}

async fn it_costs_what_was_told(bought: &Bought<'_>, before: Funds, told: &Value) {
    let amount = |key: &str| told[key].as_str().unwrap().parse::<Balance>().unwrap();
    let after = bought.funds().await;
    // The prices go to the provider when the result is settled; the rest of each bond came back with its answer.
    assert_eq!(after.held - before.held, amount("prices"));
    let fees = before.free + before.held - after.free - after.held;
    assert!(fees <= amount("fees") && fees > amount("fees") / 2, "{fees} of {told}");
    let demands = bought.chain.at_best().await.unwrap().demands(bought.commitment, MAX_DEMANDS).await.unwrap();
    let buyer = *signer(BUYER).account();
    assert_eq!(demands.len() as Balance, ANSWERS);
    assert!(demands.iter().all(|demand| demand.job == bought.id && demand.answered && demand.demander == buyer));
}

async fn what_was_shown_once_costs_nothing_more(bought: &Bought<'_>) {
    let before = bought.funds().await;
    let (part, again) = (bought.file("part.bin"), bought.file("again.bin"));
    let some = ["--step", "0", "--bytes=1000..200001", "--follow", "--out", &part];
    let (code, told, said) = bought.run("demand", &some).await;
    assert_eq!(code, 0, "{said}");
    let expected =
        json!({ "event": "shown", "job": bought.job, "step": 0, "first": 1000, "end": 200_001, "file": part });
    assert_eq!(told, [expected]);
    assert!(std::fs::read(&part).unwrap() == bought.output[1000..200_001]);

    // It is taken from the blocks without a word about demands.
    let (code, _, said) = bought.run("fetch", &["-o", &again]).await;
    assert_eq!(code, 0, "{said}");
    assert!(std::fs::read(&again).unwrap() == bought.output);
    assert_eq!(bought.funds().await, before);
}

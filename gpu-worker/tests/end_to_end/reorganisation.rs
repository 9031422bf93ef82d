//! A block with an assignment is retracted: the chain of the other validator is heavier.

use std::time::{Duration, Instant};

use serde_json::{json, Value};
use touchstone_primitives::{views::Stage, CloseReason, Source};

use crate::support::*;

const TRIPLE: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(0) var<storage, read> numbers: array<u32>;
    @group(0) @binding(9) var<storage, read_write> tripled: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        tripled[id.x] = 3u * numbers[id.x];
    }";

/// A call of the node's RPC, over HTTP.
async fn rpc(node: &Node, method: &str, params: Value) -> Value {
    let answer: Value = reqwest::Client::new()
        .post(node.url.replace("ws://", "http://"))
        .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

async fn until_true(what: &str, seconds: u64, ask: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !ask().await {
        assert!(started.elapsed() < Duration::from_secs(seconds), "{seconds} s passed before {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn header(node: &Node, number: Option<u64>) -> Option<Value> {
    let hash = match number {
        None => Value::Null,
        Some(number) => rpc(node, "chain_getBlockHash", json!([number])).await,
    };
    if number.is_some() && hash.is_null() {
        return None;
    }
    Some(rpc(node, "chain_getHeader", json!([hash])).await)
}

fn number(header: &Value) -> u64 {
    let text = header["number"].as_str().unwrap();
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

async fn best(node: &Node) -> u64 {
    number(&header(node, None).await.unwrap())
}

async fn hash(node: &Node, number: u64) -> Value {
    rpc(node, "chain_getBlockHash", json!([number])).await
}

/// Primary blocks above `base`: BABE prefers the chain that has more of them, then the longer one.
async fn weight(node: &Node, base: u64) -> u64 {
    let mut primaries = 0;
    for number in base + 1..=best(node).await {
        let header = header(node, Some(number)).await.unwrap();
        let logs = header["digest"]["logs"].as_array().unwrap();
        // A pre-runtime digest (6) of "BABE", the compact length, then the variant: 1 is primary.
        let claim = logs.iter().find_map(|log| log.as_str().unwrap().strip_prefix("0x0642414245")).unwrap();
        let bytes = hex::decode(claim).unwrap();
        let start = match bytes[0] & 3 {
            0 => 1,
            1 => 2,
            _ => panic!("a long pre-digest"),
        };
        primaries += u64::from(bytes[start] == 1);
    }
    primaries
}

async fn address(node: &Node) -> String {
    let peer = rpc(node, "system_localPeerId", json!([])).await;
    format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", node.p2p, peer.as_str().unwrap())
}

async fn peers(node: &Node) -> u64 {
    rpc(node, "system_health", json!([])).await["peers"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_is_retracted_costs_nobody_and_the_job_completes() {
    let folder = tempfile::tempdir().unwrap();
    let validator = |name: &str, more: &[&str]| {
        let mut arguments = vec!["--chain", "local", "--force-authoring"];
        arguments.extend(more);
        Node::start(folder.path(), name, free_port(), free_port(), &arguments)
    };
    let mut a = validator("a", &["--alice"]);
    let mut b = validator("b", &["--bob"]);
    let (chain, _) = (a.chain().await, b.chain().await);
    rpc(&a, "system_addReservedPeer", json!([address(&b).await])).await;
    until_true("the validators meet", 60, async || peers(&a).await == 1).await;
    until_true("they agree", 60, async || {
        let height = best(&b).await;
        height > 0 && hash(&a, height).await == hash(&b, height).await
    })
    .await;

    let (triple, buyer) = (kernel(TRIPLE), signer("//Ferdie"));
    upload(&chain, &buyer, &triple).await;
    let provider = Provider::new(folder.path(), "//Charlie");
    provider.register(&a.url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(&a.url, &[]);

    // B sleeps while A assigns the job; then A sleeps until B's chain is the better one. The submission is signed when
    // A's best block is one that will be retracted: it has to be valid on B's chain all the same.
    until_true("a block that both have", 30, async || {
        let now = best(&a).await;
        hash(&a, now).await == hash(&b, now).await
    })
    .await;
    b.process.signal("-STOP");
    let common = best(&a).await;
    until_true("a block that only A has", 60, async || best(&a).await > common).await;
    let input: Vec<u8> = (0..500u32).flat_map(u32::to_le_bytes).collect();
    let steps: [(_, &[u8], u32); 1] = [(&triple, &[0], 500)];
    let job = spec(&[(input.as_slice(), Source::Inline)], &steps, 40);
    let id = submit_job(&chain, &buyer, 1, job, &[&input]).await;
    let assigned = chain.at_best().await.unwrap();
    let view = assigned.job(id).await.unwrap().unwrap();
    let (height, block) = (assigned.head().number, json!(assigned.head().hash_hex()));
    assert!(!matches!(view.stage, Stage::Open { .. }), "{:?}", view.stage);
    assert!(height > common);
    let (ours, tip) = (weight(&a, common).await, best(&a).await);
    a.process.signal("-STOP");
    b.process.signal("-CONT");
    assert_ne!(hash(&b, height).await, block, "B does not have this block");
    until_true("B's chain is heavier", 240, async || best(&b).await > tip + 1 && weight(&b, common).await > ours).await;
    a.process.signal("-CONT");
    until_true("the block with the assignment is retracted", 60, async || hash(&a, height).await != block).await;

    // The pool brings the submission again, and the worker does its work again, as if nothing had happened.
    let again = until(&chain, "the job is committed", |at| async move {
        let view = at.job(id).await.ok()??;
        is_committed(&view.stage).then_some(view)
    })
    .await;
    assert_eq!(again.attempt, 1, "no attempt was used up");
    let result = until(&chain, "the result is there", |at| async move { at.result(id).await.ok()? }).await;
    let output: Vec<u8> = (0..500u32).flat_map(|i| (3 * i).to_le_bytes()).collect();
    assert_eq!(result.trace, trace_of(&[output]).buffer());
    until_true("both validators agree again", 60, async || {
        let height = best(&b).await;
        hash(&a, height).await == hash(&b, height).await
    })
    .await;
    let provider_view = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((provider_view.missed, provider_view.refuted), (0, 0));

    let call = touchstone_client::chain::Call::Accept { job: id, commitment: result.commitment };
    submit(&chain, &buyer, call).await;
    // The block with the acceptance may lose to the other validator's, too: then it comes in the next one.
    let end = until(&chain, "the price is paid", |at| async move {
        match at.job(id).await.ok()??.stage {
            Stage::Committed { accepted, .. } => accepted.then_some(None),
            Stage::Closed { reason, .. } => Some(Some(reason)),
            _ => None,
        }
    })
    .await;
    assert!(end.is_none_or(|reason| reason == CloseReason::Settled), "{end:?}");
    assert_eq!(worker.interrupt(), Some(0));
}

//! Submits a job from Rust and follows it until its result is committed.
//!
//! It needs a chain with a provider, as the guide for buyers starts them (docs/guides/buyer.md), and runs with
//!
//! ```text
//! cargo run --profile ci -p touchstone-client --example submit_and_follow -- ws://127.0.0.1:9944 //Bob
//! ```
//!
//! The job has no inputs: each invocation writes the square of its index.

use futures::StreamExt;
use touchstone_client::{
    amount,
    blobs::{self, Endpoint},
    chain::{Call, Chain},
    http::{Http, Reach},
    kernels::LocalKernel,
    signer::Signer,
    trace,
};
use touchstone_primitives::{views::Stage, JobId, JobSpec, Matching, Step};

const SQUARES: &str = "
const WINDOW: u32 = 1;
@group(0) @binding(9) var<storage, read_write> squares: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    squares[id.x] = id.x * id.x;
}
";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "ws://127.0.0.1:9944".into());
    let buyer = Signer::resolve(&arguments.next().unwrap_or_else(|| "//Bob".into()))?;
    let chain = Chain::connect(&url).await?;

    // A kernel is uploaded once, for everybody.
    // The source is our own, so it is compiled in this process. A program that compiles sources from others calls
    // `touchstone_compiler::serve()` first in its `main` instead.
    touchstone_compiler::trust_sources();
    let kernel = LocalKernel::compile(SQUARES, "squares.wgsl")?;
    if chain.at_best().await?.kernel(kernel.hash()).await?.is_none() {
        chain.submit(&buyer, Call::UploadKernel { code: kernel.kernel.encode() }).await?;
    }

    let spec = JobSpec {
        inputs: Default::default(),
        steps: vec![Step {
            kernel: kernel.hash(),
            reads: Default::default(),
            invocations: 1000,
            params: Default::default(),
        }]
        .try_into()
        .map_err(|_| anyhow::anyhow!("one step is within the limit"))?,
        matching: Matching::Instant,
        class: None,
        asset: None,
        ceiling: amount::parse("5TSN")?,
        deadline: 20,
        min_collateral: 0,
    };
    // A quote costs nothing and says why the chain would refuse.
    let quote = chain.at_best().await?.quote(&spec).await?.map_err(|error| anyhow::anyhow!("refused: {error}"))?;
    println!("held while it runs: {}", amount::show(quote.held));

    // Known before it is sent. Keep the salt: the same salt and specification are the same job, which the chain takes
    // once.
    let salt = rand::random();
    let job = JobId::new(&chain.genesis_hash(), buyer.account(), &salt, &spec);
    println!("{job}");
    let code_bytes = quote.totals.code_bytes;
    chain.submit(&buyer, Call::Submit { salt, spec, inline: Default::default(), code_bytes }).await?;

    // Every block tells where the job stands. The stream never ends; an error in it means that the node is away.
    let mut heads = Box::pin(chain.best_blocks());
    while let Some(head) = heads.next().await {
        let Ok(head) = head else { continue };
        let Some(view) = chain.at(head).job(job).await? else { continue };
        match view.stage {
            Stage::Open { closes, .. } => println!("block {}: an auction is open until tick {closes}", head.number),
            Stage::Assigned { deal, .. } => {
                println!("block {}: {} computes it for {}", head.number, deal.provider, amount::show(deal.price));
            }
            Stage::Closed { reason, .. } => anyhow::bail!("the job closed: {reason:?}"),
            Stage::Committed { .. } => break,
        }
    }

    let at = chain.at_best().await?;
    let (view, result) = (at.job(job).await?, at.result(job).await?);
    if let (Some(view), Some(result)) = (view, result) {
        let bytes = match at.outputs(&view, &result).await? {
            // A small result came with its commitment: the chain has it.
            Some(carried) => carried.outputs()[0].clone(),
            // Otherwise the provider serves it. The trace is verified against the committed root, and each range of a
            // download against its root in the trace.
            None => {
                // The provider of a development chain serves on loopback; elsewhere `Reach::Public` is right.
                let http = Http::new(Reach::Any)?;
                let endpoint = Endpoint::new(&http, &String::from_utf8(view.endpoint.unwrap_or_default())?)?;
                let trace = trace::fetch(&endpoint, result.trace).await?;
                blobs::fetch(&endpoint, &trace.roots()[0], view.output_bytes[0], |_| {}).await?
            }
        };
        let words: Vec<_> =
            bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
        println!("the first squares: {:?}", &words[..10]);
        let call = Call::Accept { job, commitment: result.commitment };
        println!("accepted in block {}", chain.submit(&buyer, call).await?.block.number);
    }
    Ok(())
}

//! Checks a committed result from Rust: executes a sample of each step again and says which word is wrong, if one is.
//!
//! ```text
//! cargo run --profile ci -p touchstone-client --example check_result -- ws://127.0.0.1:9944 JOB [NAME=FILE…]
//! ```
//!
//! Inputs come from the files that are named, and otherwise from the provider. So do the trace and the outputs, unless
//! they came with the commitment: then the chain has them.

use anyhow::Context;
use touchstone_client::{
    blobs::{self, Endpoint},
    chain::Chain,
    http::{Http, Reach},
    manifest,
    reexec::{claim, Extent, Reexecution},
    sources::SourceFlags,
    trace,
};
use touchstone_primitives::JobId;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("name the node, for example ws://127.0.0.1:9944")?;
    let id = arguments.next().as_deref().and_then(manifest::hash).context("name the job: 0x and 64 hex digits")?;
    let inputs = arguments.map(|text| text.parse()).collect::<Result<_, _>>()?;
    let sources = SourceFlags { inputs, ..SourceFlags::default() }.open()?;

    let chain = Chain::connect(&url).await?;
    let at = chain.at_best().await?;
    let job = at.job(JobId(id)).await?.context("the chain has no such job")?;
    let result = at.result(job.id).await?.context("no result is committed")?;
    // The provider of a development chain serves on loopback; elsewhere `Reach::Public` is right.
    let http = Http::new(Reach::Any)?;
    let endpoint = Endpoint::new(&http, &String::from_utf8(job.endpoint.clone().unwrap_or_default())?)?;

    // Everything that the steps read and write, in the order of the job: inputs first, then outputs.
    let mut buffers = Vec::new();
    for input in &job.spec.inputs {
        let bytes = match sources.bring(&input.buffer, || anyhow::Ok(Vec::new())).await? {
            Some(bytes) => bytes,
            None => blobs::fetch(&endpoint, &input.buffer.root, input.buffer.len, |_| {}).await?,
        };
        buffers.push(bytes);
    }
    // The chain has root and length of the trace; the roots of the outputs are in the trace.
    let carried = at.outputs(&job, &result).await?;
    let trace = match &carried {
        Some(carried) => carried.trace().clone(),
        None => trace::find(&endpoint, &sources, result.trace).await?,
    };
    for (root, len) in trace.roots().iter().zip(&job.output_bytes) {
        buffers.push(match carried.as_ref().and_then(|carried| carried.find(root)) {
            Some(bytes) => bytes.to_vec(),
            None => blobs::fetch(&endpoint, root, *len, |_| {}).await?,
        });
    }
    let mut kernels = Vec::new();
    for step in &job.spec.steps {
        kernels.push(at.kernel(step.kernel).await?.context("a kernel is gone")?.code);
    }

    let slices: Vec<Option<&[u8]>> = buffers.iter().map(|bytes| Some(bytes.as_slice())).collect();
    let reexecution = Reexecution::new(&job.spec, &kernels, &slices)?;
    for step in 0..job.spec.steps.len() as u8 {
        let extent = Extent::Sample { count: 256, seed: rand::random() };
        match reexecution.check(step, extent, |_| {})? {
            None => println!(
                "step {step}: {} invocations are right",
                extent.of(job.spec.steps[usize::from(step)].invocations)
            ),
            Some(wrong) => {
                let (_limits, proof) = reexecution.prove(&trace, step, wrong.word)?;
                println!("step {step}: word {} is {:#x}, not {:#x}", wrong.word, wrong.computed, wrong.committed);
                println!(
                    "{:?} and a proof that opens trace, output and {} buffers refute it",
                    claim(&job, &result, step, wrong.word),
                    proof.reads.len()
                );
            }
        }
    }
    Ok(())
}

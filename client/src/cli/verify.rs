//! `touchstone verify`

use rand::RngCore;
use serde_json::{json, Value};
use touchstone_client::{
    lengths::FalseLength,
    reexec::{Extent, WrongWord},
    sources::SourceFlags,
};
use touchstone_primitives::JobId;

use super::{
    context::{Context, Done},
    data::{self, Committed, Evidence},
    output::parse_job,
    reach,
};

#[derive(clap::Args)]
#[command(after_help = "\
Outputs are read from the chain, if they came with the commitment, and otherwise fetched from the provider; inputs and
the trace from there or from where --manifest, --input, --store and --mirror say; all are verified against their roots.
Buffers of more than 256 MiB together go into temporary files, in
the folder that TMPDIR names (/var/tmp if it is not set). The kernels come from the chain. A sample of n invocations of
each step misses a result of which a share s is wrong with probability (1 - s)^n; --all misses nothing. A wrong word, or
a root of data of another length than the trace or the output, gives exit code 3: `touchstone challenge` refutes it.

Examples:
  touchstone verify 0x…
  touchstone verify 0x… --step 0 --all --json
  touchstone verify 0x… --manifest job.toml
  touchstone verify 0x… --input image=photo.rgba --input weights=https://example.org/weights")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// Execute this many invocations of each step, at least one
    #[arg(long, default_value_t = 256, value_name = "N", conflicts_with = "all",
        value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,

    /// Execute every invocation
    #[arg(long)]
    all: bool,

    /// Only this step
    #[arg(long, value_name = "N")]
    step: Option<u8>,

    #[command(flatten)]
    sources: SourceFlags,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let sources = args.sources.open()?;
    let chain = context.settings.chain().await?;
    let at = chain.at_best().await?;
    let committed = data::committed(&reach::http(context, &chain).await?, &at, args.job).await?.with_sources(sources);
    let steps = steps(args.step, committed.job.spec.steps.len());
    let brought = match committed.evidence(&at, &steps).await? {
        Evidence::Buffers(brought) => brought,
        Evidence::FalseLength(length) => return Ok(false_length(context, &committed, &length)),
    };
    let extent = extent(args.all, args.samples);
    let (executed, found) = tokio::task::spawn_blocking(move || brought.check(&steps, extent)).await??;
    let json = json!({
        "job": args.job.to_string(),
        "commitment": committed.result.commitment.to_string(),
        "executed": executed,
        "wrong": found.as_ref().map(json_of),
    });
    context.out.result(json, || match &found {
        None => format!("{executed} invocations executed again: every word is right"),
        Some(wrong) => format!(
            "WRONG: {}\nrefute it with: touchstone challenge {} --step {} --word {}",
            text_of(wrong),
            args.job,
            wrong.step,
            wrong.word
        ),
    });
    Ok(if found.is_some() { Done::WrongResult } else { Done::Ok })
}

fn false_length(context: &Context, committed: &Committed, length: &FalseLength) -> Done {
    let job = committed.job.id;
    let json = json!({
        "job": job.to_string(),
        "commitment": committed.result.commitment.to_string(),
        "executed": 0,
        "wrong": json_of_length(length),
    });
    context.out.result(json, || format!("WRONG: {length}\nrefute it with: touchstone challenge {job}"));
    Done::WrongResult
}

/// The step asked for, or all of them.
pub(super) fn steps(step: Option<u8>, all: usize) -> Vec<u8> {
    step.map_or_else(|| (0..all.min(256) as u8).collect(), |step| vec![step])
}

/// All invocations, or a random sample that a provider cannot predict.
pub(super) fn extent(all: bool, samples: u32) -> Extent {
    if all {
        Extent::All
    } else {
        Extent::Sample { count: samples, seed: rand::thread_rng().next_u64() }
    }
}

/// The word for programs.
pub(super) fn json_of(wrong: &WrongWord) -> Value {
    json!({ "step": wrong.step, "word": wrong.word, "committed": wrong.committed, "computed": wrong.computed })
}

/// A false length for programs. Each step has one instance.
pub(super) fn json_of_length(length: &FalseLength) -> Value {
    let step = length.target.instance();
    json!({
        "target": if step.is_some() { "output" } else { "trace" },
        "step": step,
        "committedBytes": length.committed,
        "declaredBytes": length.declared,
    })
}

/// The word for people.
pub(super) fn text_of(wrong: &WrongWord) -> String {
    format!(
        "step {}, word {}: {:#010x} is committed, {:#010x} is right",
        wrong.step, wrong.word, wrong.committed, wrong.computed
    )
}

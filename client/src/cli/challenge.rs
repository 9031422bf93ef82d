//! `touchstone challenge`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use codec::Encode;
use serde_json::{json, Value};
use touchstone_client::{
    chain::{At, Call},
    files::{self, OwnInput},
    lengths::FalseLength,
    reexec::{self, WrongWord},
    sources::SourceFlags,
};
use touchstone_primitives::{JobId, Proof, ProofLimits, Target};

use super::{
    context::{Context, Done},
    data::{self, Committed, Evidence},
    output::{hex, parse_job},
    reach, transact, verify,
};

#[derive(clap::Args)]
#[command(after_help = "\
Without --word every invocation is executed again until a wrong word is met. The proof is built here and checked by the
chain: it opens what the one invocation reads, the one chunk of the output that holds the word, and their roots in the
trace. A root of data of another length than the trace or the output is found first; it is refuted by the last chunk of
that data. Buffers of more than 256 MiB together go into temporary files, in the folder that TMPDIR names (/var/tmp if
it is not set).

Examples:
  touchstone --signer //Charlie challenge 0x…
  touchstone --signer //Charlie challenge 0x… --step 1 --word 777
  touchstone challenge 0x… --dry-run --out proof.scale
  touchstone --signer //Charlie challenge 0x… --manifest job.toml

--out writes the proof in SCALE, the last argument of the call as it is submitted, and beside it FILE.json with the
call, its other arguments and the finding.")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// The step; all of them are searched if left out
    #[arg(long, value_name = "N")]
    step: Option<u8>,

    /// Index of the wrong word in the step's output
    #[arg(long, value_name = "N", requires = "step")]
    word: Option<u32>,

    /// Build the proof and say how large it is, without submitting it; a wrong result gives exit code 3
    #[arg(long)]
    dry_run: bool,

    /// Write the proof to this file, and a summary to FILE.json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    sources: SourceFlags,
}

/// What is wrong with a result, and what proves it.
enum Finding {
    Word { wrong: WrongWord, limits: ProofLimits, proof: Proof },
    Length(FalseLength),
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let signer = if args.dry_run { None } else { Some(context.settings.signer()?) };
    let sources = args.sources.open()?;
    let inputs = [context.inputs.clone(), args.sources.files()].concat();
    // Before all the work.
    if let Some(file) = &args.out {
        refuse_own_input(file, &inputs)?;
    }
    let chain = context.settings.chain().await?;
    let at = chain.at_best().await?;
    let committed = data::committed(&reach::http(context, &chain).await?, &at, args.job).await?.with_sources(sources);
    let finding = find(&at, &committed, &args).await?;
    context.out.note(finding.text());
    let proof = finding.proof();
    if let Some(file) = &args.out {
        write(file, &inputs, &proof, &finding.summary(&committed, proof.len()))?;
        context.out.note(format!("the proof is in {}, what it is about in {}", file.display(), beside(file).display()));
    }

    let bytes = proof.len();
    let Some(signer) = signer else {
        let json = json!({ "wrong": finding.json(), "proofBytes": bytes, "proof": args.out });
        context.out.result(json, || format!("the proof has {bytes} bytes; nothing was submitted"));
        return Ok(Done::WrongResult);
    };
    let wrong = finding.json();
    let block = transact::submit(&chain, &signer, finding.call(&committed)).await?;
    let json = json!({
        "wrong": wrong,
        "proofBytes": bytes,
        "proof": args.out,
        "block": block.block.number,
        "extrinsic": hex(&block.extrinsic),
    });
    context.out.result(json, || {
        format!(
            "refuted in block {} with a proof of {bytes} bytes: {} loses its collateral",
            block.block.number, committed.result.provider
        )
    });
    Ok(Done::Ok)
}

/// A false length, or else a wrong word, or else an error that says that nothing is wrong.
async fn find(at: &At, committed: &Committed, args: &Args) -> anyhow::Result<Finding> {
    let steps = verify::steps(args.step, committed.job.spec.steps.len());
    let brought = match committed.evidence(at, &steps).await? {
        Evidence::Buffers(brought) => brought,
        Evidence::FalseLength(length) => return Ok(Finding::Length(length)),
    };
    let (step, word) = (args.step, args.word);
    let found = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let wrong = match (step, word) {
            (Some(step), Some(word)) => {
                let wrong = brought.reexecution()?.word(step, word)?;
                (wrong.committed != wrong.computed).then_some(wrong)
            }
            _ => brought.check(&steps, reexec::Extent::All)?.1,
        };
        let Some(wrong) = wrong else { return Ok(None) };
        let (limits, proof) = brought.prove(wrong.step, wrong.word)?;
        Ok(Some(Finding::Word { wrong, limits, proof }))
    })
    .await??;
    found.context("every word that was executed again is right: there is nothing to refute")
}

impl Finding {
    fn text(&self) -> String {
        match self {
            Self::Word { wrong, .. } => verify::text_of(wrong),
            Self::Length(length) => length.to_string(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Word { wrong, .. } => verify::json_of(wrong),
            Self::Length(length) => verify::json_of_length(length),
        }
    }

    /// The last argument of the call, in SCALE.
    fn proof(&self) -> Vec<u8> {
        match self {
            Self::Word { proof, .. } => proof.encode(),
            Self::Length(length) => length.opening.encode(),
        }
    }

    /// Everything about the call but the proof itself.
    fn summary(&self, committed: &Committed, bytes: usize) -> Value {
        let result = &committed.result;
        let mut arguments = json!({
            "job": committed.job.id.to_string(),
            "attempt": result.attempt,
            "commitment": result.commitment.to_string(),
        });
        match self {
            Self::Word { wrong, limits, .. } => {
                let (mut claim, limits) = (arguments, json!({ "fuel": limits.fuel, "codeBytes": limits.code_bytes }));
                // Each step has one instance.
                claim["instance"] = wrong.step.into();
                claim["word"] = wrong.word.into();
                arguments = json!({ "claim": claim, "limits": limits });
            }
            Self::Length(length) => {
                arguments["target"] = json_of_target(&length.target);
                arguments["len"] = length.committed.into();
            }
        }
        json!({
            "call": match self {
                Self::Word { .. } => "disputes.refute",
                Self::Length(_) => "disputes.refuteLength",
            },
            "arguments": arguments,
            "provider": result.provider.to_string(),
            "wrong": self.json(),
            "proofBytes": bytes,
        })
    }

    fn call(self, committed: &Committed) -> Call {
        let (job, result) = (&committed.job, &committed.result);
        match self {
            Self::Word { wrong, limits, proof } => {
                Call::Refute { claim: reexec::claim(job, result, wrong.step, wrong.word), limits, proof }
            }
            Self::Length(length) => length.call(job.id, result),
        }
    }
}

/// The buffer whose length is false, as programs write the argument of the call.
fn json_of_target(target: &Target) -> Value {
    match target {
        Target::Trace => json!("Trace"),
        Target::Output { instance, trace } => {
            let ranges: Vec<_> =
                trace.ranges.iter().map(|range| json!({ "first": range.first, "count": range.count })).collect();
            let siblings: Vec<_> = trace.siblings.iter().map(|sibling| hex(sibling)).collect();
            let opening = json!({ "ranges": ranges, "data": hex(&trace.data), "siblings": siblings });
            json!({ "Output": { "instance": instance, "trace": opening } })
        }
    }
}

fn write(file: &Path, inputs: &[PathBuf], proof: &[u8], summary: &Value) -> anyhow::Result<()> {
    refuse_own_input(file, inputs)?;
    files::write(file, proof)?;
    Ok(files::write(&beside(file), format!("{summary:#}\n").as_bytes())?)
}

/// Neither the proof nor its summary is written over what this command reads.
fn refuse_own_input(file: &Path, inputs: &[PathBuf]) -> Result<(), OwnInput> {
    files::refuse_own_input(file, inputs)?;
    files::refuse_own_input(&beside(file), inputs)
}

/// Where the summary goes: the file's name with `.json` behind it.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

#[cfg(test)]
mod tests {
    use touchstone_primitives::Trace;

    use super::*;

    #[test]
    fn the_summary_lies_beside_the_proof_whatever_its_name() {
        assert_eq!(beside(Path::new("a/proof.scale")), Path::new("a/proof.scale.json"));
        assert_eq!(beside(Path::new("proof")), Path::new("proof.json"));
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("no/proof"), &[], &[1], &json!({})).unwrap_err().to_string();
        assert!(error.contains("no/proof cannot be written") && error.contains("create its folder first"), "{error}");
    }

    #[test]
    fn proof_and_summary_are_written_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proof.scale");
        write(&file, &[], &[1, 2, 3], &json!({ "call": "disputes.refute" })).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), [1, 2, 3]);
        let summary: Value = serde_json::from_slice(&std::fs::read(beside(&file)).unwrap()).unwrap();
        assert_eq!(summary["call"], "disputes.refute");
    }

    #[test]
    fn the_target_of_a_false_length_is_written_with_all_that_opens_its_root() {
        assert_eq!(json_of_target(&Target::Trace), "Trace");
        let trace = Trace::new(vec![[1; 32], [2; 32]]);
        let target = Target::Output { instance: 1, trace: trace.open([1]).unwrap() };
        let shown = json_of_target(&target);
        assert_eq!(shown["Output"]["instance"], 1);
        let opening = &shown["Output"]["trace"];
        assert_eq!(opening["ranges"], json!([{ "first": 0, "count": 1 }]));
        assert_eq!(opening["data"], hex(&trace.to_bytes()));
        assert_eq!(opening["siblings"], json!([]));
    }
}

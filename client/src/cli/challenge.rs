//! `touchstone challenge`

use codec::Encode;
use serde_json::json;
use touchstone_client::{chain::Call, reexec};
use touchstone_primitives::JobId;

use super::{
    data,
    output::{hex, parse_job},
    verify, Context, Done,
};

#[derive(clap::Args)]
#[command(after_help = "\
Without --word every invocation is executed again until a wrong word is met. The proof is built here and checked by the
chain: it opens what the one invocation reads and the one chunk of the output that holds the word.")]
pub struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// The step; all of them are searched if left out
    #[arg(long, value_name = "N")]
    step: Option<u8>,

    /// Index of the wrong word in the step's output
    #[arg(long, value_name = "N", requires = "step")]
    word: Option<u32>,

    /// Build the proof and say how large it is, without submitting it
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let signer = if args.dry_run { None } else { Some(context.settings.signer()?) };
    let chain = context.settings.chain().await?;
    let at = chain.at_best().await?;
    let committed = data::committed(&at, args.job).await?;
    let steps = verify::steps(args.step, committed.job.spec.steps.len());
    let brought = committed.bring(&at, &steps).await?;

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
        let (limits, proof) = brought.reexecution()?.prove(wrong.step, wrong.word)?;
        Ok(Some((wrong, limits, proof)))
    })
    .await??;
    let Some((wrong, limits, proof)) = found else {
        anyhow::bail!("every word that was executed again is right: there is nothing to refute");
    };
    context.out.note(verify::text_of(&wrong));

    let claim = reexec::claim(&committed.job, &committed.result, wrong.step, wrong.word);
    let bytes = proof.encoded_size();
    let Some(signer) = signer else {
        context.out.result(json!({ "wrong": verify::json_of(&wrong), "proofBytes": bytes }), || {
            format!("the proof has {bytes} bytes; nothing was submitted")
        });
        return Ok(Done::WrongResult);
    };
    let block = chain.submit(&signer, Call::Refute { claim, limits, proof }).await?;
    let json = json!({
        "wrong": verify::json_of(&wrong),
        "proofBytes": bytes,
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

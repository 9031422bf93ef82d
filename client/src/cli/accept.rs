//! `touchstone accept`

use serde_json::json;
use touchstone_client::chain::Call;
use touchstone_primitives::JobId;

use super::{data, output::parse_job, Context, Done};

#[derive(clap::Args)]
#[command(after_help = "\
The price is paid at once; the provider's collateral stays at risk until the window ends. If the result is refuted after
all, the price comes back out of the collateral.

Examples:
  touchstone --signer //Bob accept 0x…")]
pub struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let signer = context.settings.signer()?;
    let chain = context.settings.chain().await?;
    let committed = data::committed(&chain.at_best().await?, args.job).await?;
    let call =
        Call::Accept { job: args.job, attempt: committed.result.attempt, commitment: committed.result.commitment };
    let block = chain.submit(&signer, call).await?;
    context.out.result(json!({ "job": args.job.to_string(), "block": block.block.number }), || {
        format!("accepted in block {}: {} is paid", block.block.number, committed.result.provider)
    });
    Ok(Done::Ok)
}

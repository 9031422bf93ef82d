//! `touchstone cancel` and `touchstone poke`

use serde_json::json;
use touchstone_client::chain::Call;
use touchstone_primitives::JobId;

use super::{
    context::{Context, Done},
    output::parse_job,
    transact,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone --signer //Bob cancel 0x…")]
pub(super) struct Cancel {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone --signer //Bob poke 0x…")]
pub(super) struct Poke {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,
}

pub(super) async fn cancel(context: &Context, args: Cancel) -> anyhow::Result<Done> {
    call(context, args.job, Call::Cancel { job: args.job }, "taken back").await
}

pub(super) async fn poke(context: &Context, args: Poke) -> anyhow::Result<Done> {
    call(context, args.job, Call::Poke { job: args.job }, "moved on").await
}

async fn call(context: &Context, job: JobId, call: Call, done: &str) -> anyhow::Result<Done> {
    let signer = context.settings.signer()?;
    let chain = context.settings.chain().await?;
    let block = transact::submit(&chain, &signer, call).await?;
    context.out.result(json!({ "job": job.to_string(), "block": block.block.number }), || {
        format!("{done} in block {}", block.block.number)
    });
    Ok(Done::Ok)
}

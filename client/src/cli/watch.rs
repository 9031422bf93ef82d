//! `touchstone watch`

use std::time::Instant;

use touchstone_primitives::JobId;

use super::{
    context::{Context, Done},
    follow::{self, Timeline, Until},
    output::parse_job,
    stages,
};

#[derive(clap::Args)]
#[command(after_help = "\
Blocks and seconds count from the submission if `submit --watch` follows the job, otherwise from the start of watching.

Examples:
  touchstone watch 0x…
  touchstone watch 0x… --until committed --json")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// Stop here
    #[arg(long, value_enum, default_value = "paid")]
    until: Until,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let chain = context.settings.chain().await?;
    let head = chain.best().await?;
    stages::job(&chain.at(head), args.job).await?;
    let mut timeline = Timeline::new(args.job, head, Instant::now());
    follow::follow(context, &chain, &mut timeline, args.until, &[]).await
}

//! `touchstone put`

use std::{path::PathBuf, time::Instant};

use touchstone_client::manifest::Manifest;
use touchstone_primitives::JobId;

use super::{
    context::{Context, Done},
    follow::{self, Timeline, Until},
    output::{hex, parse_job},
    prepare, stages,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone put 0x… job.toml

`touchstone submit` does this by itself. This command is for a job that was assigned to another provider after `submit`
had ended, for one whose provider found an input damaged and asks for it again, or for one that was submitted by another
program.")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// Its description, for the files of the inputs
    manifest: PathBuf,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let manifest = Manifest::read(&args.manifest)?;
    let chain = context.settings.chain().await?;
    let prepared = prepare::prepare(&chain, &manifest).await?;
    let head = chain.best().await?;
    let view = stages::job(&chain.at(head), args.job).await?;
    for input in &view.spec.inputs {
        anyhow::ensure!(
            input.source != touchstone_primitives::Source::Put
                || prepared.uploads.iter().any(|upload| upload.root == input.buffer.root),
            "{} does not describe this job: none of its files has the root {}",
            args.manifest.display(),
            hex(&input.buffer.root)
        );
    }
    anyhow::ensure!(!prepared.uploads.is_empty(), "the job has no inputs to put");
    let mut timeline = Timeline::new(args.job, head, Instant::now());
    follow::follow(context, &chain, &mut timeline, Until::Assigned, &prepared.uploads).await
}

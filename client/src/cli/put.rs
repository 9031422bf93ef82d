//! `touchstone put`

use std::{path::PathBuf, time::Instant};

use anyhow::Context as _;
use serde_json::json;
use touchstone_client::{
    blobs,
    manifest::{Manifest, Upload},
    JobView,
};
use touchstone_primitives::JobId;

use super::{
    output::{hex, parse_job, plain},
    quote, show,
    watch::{self, Timeline, Until},
    Context, Done,
};

#[derive(clap::Args)]
#[command(after_help = "\
`touchstone submit` does this by itself. This command is for a job that was assigned to another provider after `submit`
had ended, or that was submitted by another program.")]
pub struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// Its description, for the files of the inputs
    manifest: PathBuf,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let manifest = Manifest::read(&args.manifest)?;
    let chain = context.settings.chain().await?;
    let prepared = quote::prepare(&chain, &manifest).await?;
    let head = chain.best().await?;
    let view = show::job(&chain.at(head), args.job).await?;
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
    watch::follow(context, &chain, &mut timeline, Until::Assigned, &prepared.uploads).await
}

/// Puts all inputs to the provider that is assigned.
pub async fn put_all(context: &Context, view: &JobView, uploads: &[Upload]) -> anyhow::Result<()> {
    let endpoint = plain(view.endpoint.as_deref().unwrap_or_default());
    for upload in uploads {
        blobs::put(&endpoint, &upload.root, upload.bytes.clone())
            .await
            .with_context(|| format!("the input {:?} could not be put", upload.name))?;
        context.out.event(
            json!({
                "event": "put",
                "input": upload.name,
                "root": hex(&upload.root),
                "bytes": upload.bytes.len(),
                "attempt": view.attempt,
            }),
            || format!("put {:?}, {} bytes, to {endpoint}", upload.name, upload.bytes.len()),
        );
    }
    Ok(())
}

//! `touchstone fetch`

use std::path::PathBuf;

use serde_json::json;
use touchstone_client::blobs;
use touchstone_primitives::JobId;

use super::{
    context::{Context, Done},
    data,
    output::{self, bytes_bar, hex, parse_job},
    reach,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone fetch 0x… -o result.bin
  touchstone fetch 0x… --step 0 -o - | xxd | head

A file appears under its name when all of it is there. A link, a pipe or a device is written into and stays what it
is.")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// Output of this step; the last one if left out
    #[arg(long, value_name = "N")]
    step: Option<u8>,

    /// Write here; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let chain = context.settings.chain().await?;
    let at = chain.at_best().await?;
    let committed = data::committed(&reach::http(context, &chain).await?, &at, args.job).await?;
    let step = args.step.unwrap_or_else(|| committed.job.spec.steps.len().saturating_sub(1) as u8);
    committed.check_step(step)?;
    let buffer = committed.output(&committed.trace().await?, step)?;

    let mut file = output::create(&args.output, &context.inputs)?;
    let bar = bytes_bar(&format!("output {step}"), buffer.len.into());
    let endpoint = committed.endpoint()?;
    let fetched = blobs::fetch_to(&endpoint, &buffer.root, buffer.len, &mut file, |done| bar.set_position(done));
    let fetched = fetched.await;
    bar.finish_and_clear();
    fetched?;
    let is_stdout = file.is_stdout();
    file.commit()?;
    if is_stdout {
        return Ok(Done::Ok);
    }
    let json = json!({
        "file": args.output.display().to_string(),
        "step": step,
        "bytes": buffer.len,
        "root": hex(&buffer.root),
    });
    context.out.result(json, || {
        format!("{}: {} bytes, verified against {}", args.output.display(), buffer.len, hex(&buffer.root))
    });
    Ok(Done::Ok)
}

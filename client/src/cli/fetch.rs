//! `touchstone fetch`

use std::{io::Write, path::PathBuf};

use anyhow::Context as _;
use serde_json::json;
use touchstone_client::blobs;
use touchstone_primitives::JobId;

use super::{
    data,
    output::{bytes_bar, hex, parse_job},
    Context, Done,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone fetch 0x… -o result.bin
  touchstone fetch 0x… --step 0 -o - | xxd | head")]
pub struct Args {
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

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let at = context.settings.chain().await?.at_best().await?;
    let committed = data::committed(&at, args.job).await?;
    let step = args.step.unwrap_or_else(|| committed.result.roots.len().saturating_sub(1) as u8);
    let buffer = committed.output(step)?;

    if args.output.as_os_str() == "-" {
        let bytes = committed.fetch(&format!("output {step}"), buffer).await?;
        std::io::stdout().write_all(&bytes)?;
        return Ok(Done::Ok);
    }
    // The name appears only with the whole content behind it.
    let partial = args.output.with_extension("partial");
    let bar = bytes_bar(&format!("output {step}"), buffer.len.into());
    let written = async {
        let file =
            std::fs::File::create(&partial).with_context(|| format!("{} cannot be written", partial.display()))?;
        let mut file = std::io::BufWriter::new(file);
        blobs::fetch_to(&committed.endpoint, &buffer.root, buffer.len, &mut file, |done| bar.set_position(done))
            .await?;
        file.flush()?;
        std::fs::rename(&partial, &args.output).with_context(|| format!("{} cannot be written", args.output.display()))
    }
    .await;
    bar.finish_and_clear();
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written?;
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

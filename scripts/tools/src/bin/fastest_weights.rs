//! Merges several measurements of a pallet's weights. `scripts/weights.sh` calls it.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use touchstone_tools::fastest::fastest;

/// Takes each weight function from the measurement in which it was fastest.
#[derive(Parser)]
struct Args {
    /// The file to write.
    into: PathBuf,
    /// The measurements: weights.rs files of the same pallet.
    #[arg(required = true)]
    measurements: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fastest-weights: error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let read = |path: &PathBuf| fs::read_to_string(path).with_context(|| path.display().to_string());
    let merged = fastest(&args.measurements.iter().map(read).collect::<Result<Vec<_>>>()?)?;
    fs::write(&args.into, merged).with_context(|| args.into.display().to_string())
}

//! Says which committed weights a new measurement no longer supports. `scripts/weight-drift.sh` measures and calls it.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{bail, Context, Result};
use clap::Parser;
use comfy_table::{presets::NOTHING, CellAlignment, Table};
use touchstone_tools::{
    drift::{compare, Limits, Row},
    weights,
};

/// Compares committed weights with a new measurement.
#[derive(Parser)]
struct Args {
    /// The folder with the new measurement: NAME.rs for each pallet.
    measured: PathBuf,
    /// The root of the project: its pallets hold their committed weights, the runtime those of other pallets.
    #[arg(long, default_value = ".")]
    project: PathBuf,
    /// The largest change of a time that is no drift, in percent.
    #[arg(long, default_value_t = 20.0)]
    percent: f64,
    /// Changes below this many microseconds are no drift.
    #[arg(long, default_value_t = 3.0)]
    noise: f64,
    /// Print JSON: one object for each function and point.
    #[arg(long)]
    json: bool,
    /// Print all functions, not only those that have drifted.
    #[arg(long)]
    all: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("weight-drift: error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// True if nothing has drifted.
fn run(args: &Args) -> Result<bool> {
    if !(args.percent.is_finite() && args.percent >= 0.0 && args.noise.is_finite() && args.noise >= 0.0) {
        bail!("--percent and --noise take numbers from 0");
    }
    let limits = Limits { time_percent: args.percent, noise: (args.noise * 1e6) as u128 };
    let mut rows = Vec::new();
    for pallet in measured_pallets(args)? {
        let own = format!("pallets/{}/src/weights.rs", pallet.trim_start_matches("pallet_").replace('_', "-"));
        let committed = match args.project.join(own) {
            own if own.exists() => own,
            _ => args.project.join(format!("runtime/src/weights/{pallet}.rs")),
        };
        let read = |path: PathBuf| {
            let source = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            weights::read(&source).with_context(|| path.display().to_string())
        };
        rows.extend(compare(&pallet, &read(committed)?, &read(args.measured.join(format!("{pallet}.rs")))?, &limits));
    }
    let drifted = rows.iter().filter(|row| row.drift.is_some()).count();
    if args.json {
        let shown: Vec<_> = rows.iter().filter(|row| args.all || row.drift.is_some()).collect();
        println!("{}", serde_json::to_string_pretty(&shown)?);
    } else {
        print(&rows, args.all);
        println!("{drifted} of {} weights have drifted by more than {} %.", rows.len(), args.percent);
    }
    Ok(drifted == 0)
}

fn measured_pallets(args: &Args) -> Result<Vec<String>> {
    let folder = std::fs::read_dir(&args.measured).with_context(|| args.measured.display().to_string())?;
    let mut names = Vec::new();
    for entry in folder {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    if names.is_empty() {
        bail!("{} holds no measured weights: scripts/weight-drift.sh writes them", args.measured.display());
    }
    names.sort();
    Ok(names)
}

fn print(rows: &[Row], all: bool) {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(["pallet", "function", "at", "committed µs", "measured µs", "drift"]);
    for column in 3..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let micros = |time: Option<u128>| time.map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time as f64 / 1e6));
    for row in rows.iter().filter(|row| all || row.drift.is_some()) {
        table.add_row([
            row.pallet.clone(),
            row.function.clone(),
            row.at.clone(),
            micros(row.committed.map(|cost| cost.time)),
            micros(row.measured.map(|cost| cost.time)),
            row.drift.clone().unwrap_or_default(),
        ]);
    }
    if table.row_count() > 0 {
        println!("{table}");
    }
}

//! Emitted WGSL against hand-written WGSL of the same algorithm, for every standard kernel, on one device.
//!
//! `cargo bench -p touchstone-gpu --bench emission -- [--quick] [--json] [--device NAME] [--show] [kernel …]`
//!
//! A baseline (`benches/baselines/<name>.wgsl`) is WGSL as an expert writes it without knowing KIR: no guards, no
//! views, no loop bounds. Both sides get the same facts as constants, both are compiled as trusted modules, and both
//! use the adapter's 64-bit integers if it has them. Outputs are compared word for word. Then the two run alternately,
//! and the ratio is the median over the pairs of hand-written time to emitted time: 1 means equal, below 1 the emitted
//! one is slower.

mod baseline;
mod device;

use std::{process::ExitCode, time::Duration};

use touchstone_compiler::{emit_for, Target};
use touchstone_kernels::{Standard, ALL};
use touchstone_kir::Kernel;

use device::Device;

/// Target time of one submission: far above the cost of submitting, and short enough for many pairs.
const SAMPLE: Duration = Duration::from_millis(30);

struct Options {
    pairs: usize,
    json: bool,
    show: bool,
    device: Option<String>,
    kernels: Vec<String>,
}

impl Options {
    fn parse() -> Result<Self, String> {
        let mut options = Options { pairs: 51, json: false, show: false, device: None, kernels: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => options.pairs = 15,
                "--json" => options.json = true,
                "--show" => options.show = true,
                "--device" => options.device = Some(arguments.next().ok_or("--device needs a name")?),
                // Cargo adds this one.
                "--bench" => {}
                name if ALL.iter().any(|kernel| kernel.name == name) => options.kernels.push(name.into()),
                other => return Err(format!("{other} is neither an option nor a standard kernel")),
            }
        }
        Ok(options)
    }
}

/// The result for one kernel.
struct Row {
    name: &'static str,
    invocations: u32,
    /// Medians, milliseconds.
    hand: f64,
    emitted: f64,
    /// Median of hand-written time / emitted time, and the quartiles around it.
    ratio: f64,
    quartiles: [f64; 2],
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    // `cargo test --all-targets` also builds and starts benches: there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let options = Options::parse()?;
    let device = Device::open(options.device.as_deref())?;
    if !options.json {
        println!("{}, {}, {} pairs\n", device.name(), device.clock(), options.pairs);
        println!(
            "| kernel | invocations | hand-written, ms | emitted, ms | ratio | quartiles |\n|---|---|---|---|---|---|"
        );
    }
    let mut rows = Vec::new();
    for standard in
        ALL.iter().filter(|kernel| options.kernels.is_empty() || options.kernels.iter().any(|name| name == kernel.name))
    {
        let row = measure(&device, standard, &options)?;
        print(&row, &options, &device);
        rows.push(row);
    }
    if !options.json && !rows.is_empty() {
        let geometric = (rows.iter().map(|row| row.ratio.ln()).sum::<f64>() / rows.len() as f64).exp();
        let least = rows.iter().map(|row| row.ratio).fold(f64::INFINITY, f64::min);
        println!("\ngeometric mean {geometric:.3}, least {least:.3}, {} kernels", rows.len());
    }
    Ok(())
}

fn print(row: &Row, options: &Options, device: &Device) {
    let Row { name, invocations, hand, emitted, ratio, quartiles: [low, high] } = row;
    if options.json {
        println!(
            "{{\"device\":{:?},\"kernel\":\"{name}\",\"invocations\":{invocations},\"hand_ms\":{hand:.3},\
             \"emitted_ms\":{emitted:.3},\"ratio\":{ratio:.4},\"quartiles\":[{low:.4},{high:.4}]}}",
            device.name()
        );
    } else {
        println!("| {name} | {invocations} | {hand:.2} | {emitted:.2} | {ratio:.3} | {low:.3} … {high:.3} |");
    }
}

fn measure(device: &Device, standard: &Standard, options: &Options) -> Result<Row, String> {
    let name = standard.name;
    let kernel = Kernel::decode(standard.kir).map_err(|error| format!("{name}: {error}"))?;
    let work = (standard.work)();
    let lens: Vec<u32> = work.inputs.iter().map(|input| input.len() as u32).collect();
    let target =
        Target { int64: device.has_int64(), invocations: work.invocations, whole_step: true, ..Target::default() };
    let emitted = emit_for(&target, &kernel, &work.params, &lens);
    let hand = baseline::source(name, &work, device.row(), device.has_int64())?;
    if options.show {
        println!("{}\n=====\n{hand}", emitted.source);
    }

    let arena = device.arena(&work, kernel.window());
    let shaders = [
        arena.shader(&format!("{name}, hand-written"), &hand, baseline::WORKGROUP_SIZE)?,
        arena.shader(&format!("{name}, emitted"), &emitted.source, emitted.workgroup_size)?,
    ];
    // As many invocations as fill a sample, and as many repetitions as fill it with few.
    let whole = work.invocations;
    let [expected, got] = [&shaders[0], &shaders[1]].map(|shader| arena.output_of(shader, whole));
    let (expected, got) = (expected?, got?);
    if let Some(word) = expected.iter().zip(&got).position(|(a, b)| a != b) {
        return Err(format!(
            "{name}: word {word} is {:#010x} by the baseline and {:#010x} by the emission",
            expected[word], got[word]
        ));
    }
    if got.iter().all(|word| *word == got[0]) {
        return Err(format!("{name}: a result of one repeated word compares nothing"));
    }

    let once = arena.time(&shaders[0], whole, 1)?.min(arena.time(&shaders[0], whole, 1)?);
    let share = SAMPLE.as_secs_f64() / once.as_secs_f64().max(1e-9);
    let (count, repetitions) = match share < 1.0 {
        true => (((f64::from(whole) * share) as u32).clamp(1, whole), 1),
        false => (whole, share.clamp(1.0, 200.0) as u32),
    };
    let mut times = [Vec::new(), Vec::new()];
    for pair in 0..options.pairs {
        for side in [pair % 2, 1 - pair % 2] {
            let elapsed = arena.time(&shaders[side], count, repetitions)?;
            times[side].push(elapsed.as_secs_f64() * 1e3 / f64::from(repetitions));
        }
    }
    let mut ratios: Vec<f64> = times[0].iter().zip(&times[1]).map(|(hand, emitted)| hand / emitted).collect();
    let [mut hand, mut emitted] = times;
    Ok(Row {
        name,
        invocations: count,
        hand: quantile(&mut hand, 0.5),
        emitted: quantile(&mut emitted, 0.5),
        ratio: quantile(&mut ratios, 0.5),
        quartiles: [quantile(&mut ratios, 0.25), quantile(&mut ratios, 0.75)],
    })
}

fn quantile(values: &mut [f64], at: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * at).round() as usize]
}

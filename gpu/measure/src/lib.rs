//! Shared by the benches of the GPU crate: command line, buffers of noise, interleaved medians, tables and JSON.

#![deny(unreachable_pub)]

use std::time::{Duration, Instant};

use serde_json::{json, Value};
use touchstone_gpu::{Class, DeviceBuffer, Gpu};

pub use processor_time::processor_time;

mod processor_time;

/// The options on the command line.
pub struct Options {
    /// Small sizes and one round, to see whether it runs.
    pub quick: bool,
    /// JSON instead of a table.
    pub json: bool,
    /// Part of the adapter's name.
    pub adapter: Option<String>,
    /// Edges of the matrices, instead of the usual ones.
    pub sizes: Vec<u32>,
    /// Rounds of measurements.
    pub rounds: usize,
}

impl Options {
    /// `None` if cargo only tests that the bench starts.
    pub fn of_bench(usage: &str) -> Option<Self> {
        std::env::args().any(|word| word == "--bench").then(|| Self::parse(usage))
    }

    /// Parses the command line; stops with `usage` at a word that it does not know.
    pub fn parse(usage: &str) -> Self {
        let mut options = Self { quick: false, json: false, adapter: None, sizes: Vec::new(), rounds: 5 };
        let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value\n{usage}"));
            match word.as_str() {
                "--quick" => (options.quick, options.rounds) = (true, 1),
                "--json" => options.json = true,
                "--adapter" => options.adapter = Some(value()),
                "--rounds" => options.rounds = value().parse().expect("a number of rounds"),
                "--size" => options.sizes.push(value().parse().expect("the edge of a matrix")),
                _ => panic!("{word}?\n{usage}"),
            }
        }
        options
    }

    /// Opens the requested adapter, or the first one.
    pub fn open(&self) -> Gpu {
        Gpu::open(self.adapter.as_deref(), Duration::from_secs(300)).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Pseudo-random bytes, the same on every machine.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..len.div_ceil(8)).flat_map(|_| word()).take(len).collect()
}

/// Writes bytes to a buffer on the device.
pub fn upload(gpu: &Gpu, bytes: &[u8]) -> DeviceBuffer {
    gpu.upload(bytes.len() as u32, &mut &bytes[..]).unwrap_or_else(|error| panic!("{error}"))
}

/// Measures how long work takes, independent of other processes on the machine.
pub struct Clock {
    /// Cores that a software adapter computes on.
    cores: Option<f64>,
}

impl Clock {
    /// The clock that fits the device.
    pub fn new(gpu: &Gpu) -> Self {
        let cores =
            (gpu.summary().class == Class::Cpu).then(|| std::thread::available_parallelism().map_or(1, usize::from));
        Self { cores: cores.map(|cores| cores as f64) }
    }

    /// Time of work on the device: real time, or for a software adapter the CPU time of its threads divided by the
    /// cores.
    pub fn device(&self, work: impl FnOnce()) -> f64 {
        match self.cores {
            None => real(work),
            Some(cores) => self.host(work) / cores,
        }
    }

    /// Time of work on one core of the host: CPU time, if available.
    pub fn host(&self, work: impl FnOnce()) -> f64 {
        let before = processor_time();
        let real = real(work);
        match (before, processor_time()) {
            (Some(before), Some(after)) => after.saturating_sub(before).as_secs_f64(),
            _ => real,
        }
    }
}

fn real(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The median of the values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs every candidate once to warm up, then all of them in turn, round by round: the median of each, in seconds.
pub fn interleaved(rounds: usize, candidates: &mut [Box<dyn FnMut() -> f64 + '_>]) -> Vec<f64> {
    let mut times = vec![Vec::new(); candidates.len()];
    candidates.iter_mut().for_each(|candidate| {
        candidate();
    });
    for _ in 0..rounds {
        for (candidate, times) in candidates.iter_mut().zip(&mut times) {
            times.push(candidate());
        }
    }
    times.into_iter().map(median).collect()
}

/// The machine and the adapter.
pub fn machine(gpu: &Gpu) -> Value {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown CPU", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let adapter = gpu.summary();
    json!({
        "adapter": adapter.name, "class": adapter.class, "backend": adapter.backend, "driver": adapter.driver,
        "cpu": cpu, "cores": cores,
    })
}

/// One line that describes the machine, from the result of [`machine`].
pub fn headline(machine: &Value) -> String {
    let text = |key: &str| machine[key].as_str().unwrap_or_default().to_string();
    let time = match machine["class"].as_str() {
        Some("cpu") => "CPU time over cores",
        _ => "real time",
    };
    let (adapter, host) = (text("adapter"), text("cpu"));
    format!("{adapter} ({}, {}); {} cores of {host}; {time}", text("backend"), text("driver"), machine["cores"])
}

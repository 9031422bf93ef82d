//! How fast a device runs kernels, as measured by the jobs that it has done, and how long a job will take it.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use touchstone_client::files::{self, FileError};
use touchstone_kir::KernelHash;

/// Dispatches shorter than this tell nothing: a device needs longer to begin than to compute.
const SHORTEST: Duration = Duration::from_millis(20);

/// Rates that are believed, fuel per second: no device is outside of them.
const BELIEVED: std::ops::RangeInclusive<f64> = 1e3..=1e16;

/// An unmeasured kernel is taken to run at most this many times as fast as the fastest that was measured.
const BENEFIT: f64 = 4.0;

/// Bytes per second at which inputs and outputs are uploaded, hashed and written, at least.
const BYTES_PER_SECOND: f64 = 100e6;

/// Kernels that are remembered.
const REMEMBERED: usize = 4096;

/// Worst-case fuel per second by kernel.
///
/// The file has a line for each kernel: its hash and its rate.
pub struct Speeds {
    path: PathBuf,
    known: Mutex<BTreeMap<KernelHash, f64>>,
}

/// A step as far as its duration is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCost {
    /// The kernel.
    pub kernel: KernelHash,
    /// Worst-case fuel of all invocations.
    pub fuel: u64,
}

impl Speeds {
    pub(crate) fn open(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let known: BTreeMap<_, _> = text.lines().filter_map(parse).collect();
        if known.len() < text.lines().count() {
            tracing::warn!(file = %path.display(), "some lines are not measured speeds, and are not used");
        }
        Self { path, known: Mutex::new(known) }
    }

    /// Fuel per second of a kernel.
    pub fn rate(&self, kernel: &KernelHash) -> Option<f64> {
        self.known().get(kernel).copied()
    }

    /// Learns from a step that was computed. A slower run counts at once, a faster one by half: data decides how much
    /// of the worst case a kernel needs.
    pub fn measured(&self, step: StepCost, dispatches: Duration) -> Result<(), FileError> {
        let rate = step.fuel as f64 / dispatches.as_secs_f64();
        if dispatches < SHORTEST || !BELIEVED.contains(&rate) {
            return Ok(());
        }
        let text = {
            let mut known = self.known();
            let rate = match known.get(&step.kernel) {
                Some(before) if rate > *before => (before + rate) / 2.0,
                _ => rate,
            };
            if known.len() >= REMEMBERED && !known.contains_key(&step.kernel) {
                known.pop_first();
            }
            known.insert(step.kernel, rate);
            known.iter().map(|(kernel, rate)| format!("{} {rate}\n", hex::encode(kernel))).collect::<String>()
        };
        if let Some(folder) = self.path.parent() {
            files::create_folder(folder)?;
        }
        files::write(&self.path, text.as_bytes())
    }

    /// The least time that a job takes: measured kernels at their speed, others at the best that can be hoped for.
    pub fn estimate(&self, steps: &[StepCost], bytes: u64) -> Duration {
        let known = self.known();
        let fastest = known
            .values()
            .copied()
            .fold(None, |fastest: Option<f64>, rate| Some(fastest.map_or(rate, |fastest| fastest.max(rate))));
        let seconds: f64 = steps
            .iter()
            .filter_map(|step| {
                let rate = known.get(&step.kernel).copied().or(fastest.map(|rate| rate * BENEFIT))?;
                Some(step.fuel as f64 / rate)
            })
            .sum();
        // Where nothing was ever measured nothing is claimed.
        let transfer = if fastest.is_some() { bytes as f64 / BYTES_PER_SECOND } else { 0.0 };
        Duration::try_from_secs_f64(seconds + transfer).unwrap_or(Duration::MAX)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<KernelHash, f64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(line: &str) -> Option<(KernelHash, f64)> {
    let (kernel, rate) = line.split_once(' ')?;
    let rate: f64 = rate.parse().ok()?;
    // Neither NaN nor infinity is in the range.
    BELIEVED.contains(&rate).then_some((hex::decode(kernel).ok()?.try_into().ok()?, rate))
}

/// How long a workload that runs will take yet, from how far it has got.
pub struct Forecast<'a> {
    speeds: &'a Speeds,
    steps: Vec<StepCost>,
    /// The step that runs, and when its dispatches began.
    current: Option<(usize, std::time::Instant)>,
}

/// Dispatches have to run for this long before they foretell anything.
const FORETELLS: Duration = Duration::from_secs(1);

impl<'a> Forecast<'a> {
    /// Nothing runs yet.
    pub fn new(speeds: &'a Speeds, steps: Vec<StepCost>) -> Self {
        Self { speeds, steps, current: None }
    }

    /// So many parts per million of a step are done at `now`. Returns how long the workload will take yet, if that can
    /// be told.
    pub fn progress(&mut self, step: usize, ppm: u32, now: std::time::Instant) -> Option<Duration> {
        // While nothing of a step is done, its kernel is being compiled.
        let began = match self.current {
            Some((current, began)) if current == step && ppm > 0 => began,
            _ => now,
        };
        self.current = Some((step, began));
        let ran = now.saturating_duration_since(began);
        if ran < FORETELLS || ppm == 0 {
            return None;
        }
        let done = f64::from(ppm) / 1e6;
        let current = self.steps.get(step)?;
        let rate = current.fuel as f64 * done / ran.as_secs_f64();
        let rest = ran.as_secs_f64() * (1.0 - done) / done;
        let later: f64 = self
            .steps
            .iter()
            .skip(step.saturating_add(1))
            // A kernel of which nothing is known is taken to run as fast as this one.
            .map(|step| step.fuel as f64 / self.speeds.rate(&step.kernel).unwrap_or(rate))
            .sum();
        Duration::try_from_secs_f64(rest + later).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn opened() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.speeds");
        (folder, path)
    }

    fn step(kernel: u8, fuel: u64) -> StepCost {
        StepCost { kernel: [kernel; 32], fuel }
    }

    #[test]
    fn a_job_takes_as_long_as_its_kernels_took_before_also_after_a_restart() {
        let (_folder, path) = opened();
        let speeds = Speeds::open(path.clone());
        speeds.measured(step(1, 2_000_000_000), SECOND).unwrap();
        speeds.measured(step(2, 1_000_000_000), 4 * SECOND).unwrap();
        for speeds in [speeds, Speeds::open(path)] {
            let job = [step(1, 20_000_000_000), step(2, 1_000_000_000)];
            assert_eq!(speeds.estimate(&job, 0), 14 * SECOND);
            assert_eq!(speeds.estimate(&job, 1_000_000_000), 24 * SECOND);
        }
    }

    #[test]
    fn nothing_is_claimed_where_nothing_was_measured() {
        let (_folder, path) = opened();
        assert_eq!(Speeds::open(path).estimate(&[step(1, u64::MAX)], u64::MAX), Duration::ZERO);
    }

    #[test]
    fn an_unmeasured_kernel_is_given_the_benefit_of_the_doubt() {
        let (_folder, path) = opened();
        let speeds = Speeds::open(path);
        speeds.measured(step(1, 1_000_000_000), SECOND).unwrap();
        speeds.measured(step(2, 1_000_000), SECOND).unwrap();
        assert_eq!(speeds.estimate(&[step(3, 40_000_000_000)], 0), 10 * SECOND);
    }

    #[test]
    fn a_slower_run_counts_at_once_and_a_faster_one_by_half() {
        let (_folder, path) = opened();
        let speeds = Speeds::open(path);
        for (fuel, expected) in [(8_000_000, 8e6), (4_000_000, 4e6), (8_000_000, 6e6), (8_000_000, 7e6)] {
            speeds.measured(step(1, fuel), SECOND).unwrap();
            assert_eq!(speeds.rate(&[1; 32]), Some(expected));
        }
    }

    #[test]
    fn runs_too_short_to_tell_are_not_counted() {
        let (_folder, path) = opened();
        let speeds = Speeds::open(path);
        speeds.measured(step(1, 1_000_000), Duration::from_millis(19)).unwrap();
        speeds.measured(step(2, 1_000_000), Duration::ZERO).unwrap();
        speeds.measured(step(3, 1), SECOND).unwrap();
        assert_eq!([1, 2, 3].map(|kernel| speeds.rate(&[kernel; 32])), [None; 3]);
    }

    #[test]
    fn what_is_not_a_speed_is_not_read() {
        let (_folder, path) = opened();
        let [a, b, c] = [1u8, 2, 3].map(|kernel| hex::encode([kernel; 32]));
        let text = format!("{a} 5e9\n{b} NaN\n{b} inf\n{b} 0\n{b} -1\n{b}\n{b} 1e300\n{}\nzz 5e9\n{c} 7e9\n", &c[..20]);
        fs::write(&path, text).unwrap();
        let speeds = Speeds::open(path);
        assert_eq!([1, 2, 3].map(|kernel| speeds.rate(&[kernel; 32])), [Some(5e9), None, Some(7e9)]);
    }

    #[test]
    fn the_rest_of_a_step_is_foretold_from_what_is_done() {
        let (_folder, path) = opened();
        let speeds = Speeds::open(path);
        let start = Instant::now();
        let mut forecast = Forecast::new(&speeds, vec![step(1, 1_000_000)]);
        assert_eq!(forecast.progress(0, 0, start), None);
        // The compiler took a minute.
        let began = start + 60 * SECOND;
        assert_eq!(forecast.progress(0, 0, began), None);
        assert_eq!(forecast.progress(0, 1_000, began + SECOND / 2), None, "too early to tell");
        assert_eq!(forecast.progress(0, 100_000, began + 2 * SECOND), Some(18 * SECOND));
        assert_eq!(forecast.progress(0, 1_000_000, began + 20 * SECOND), Some(Duration::ZERO));
    }

    #[test]
    fn later_steps_run_at_their_own_speed_or_at_that_of_the_step_that_runs() {
        let (_folder, path) = opened();
        let speeds = Speeds::open(path);
        speeds.measured(step(2, 1_000_000), SECOND).unwrap();
        let start = Instant::now();
        // The first step does 500,000 fuel in 5 seconds.
        let mut forecast = Forecast::new(&speeds, vec![step(1, 1_000_000), step(2, 3_000_000), step(3, 200_000)]);
        forecast.progress(0, 0, start);
        assert_eq!(forecast.progress(0, 500_000, start + 5 * SECOND), Some((5 + 3 + 2) * SECOND));
    }
}

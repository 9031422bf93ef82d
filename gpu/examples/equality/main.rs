//! Long runs of the comparison: an endless sequence of kernels on the judge, the second implementation and, with
//! `--gpu`, the device. `kir/equality/README.md` describes it.

mod corpus;
mod device;

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc, Mutex,
    },
    time::{Duration, Instant},
};

use clap::Parser;
use corpus::Corpus;
use device::Device;
use touchstone_equality::{mutate, shrink, size_of_seed, Case};
use touchstone_generate::Random;
use touchstone_gpu::Emission;
use touchstone_reference::Coverage;

/// Compares the implementations of KIR on random kernels. Continues where the last run stopped. Ctrl-C ends it without
/// losing anything.
#[derive(Parser)]
struct Options {
    /// How long to run, minutes.
    #[arg(long, default_value_t = 10, value_name = "N")]
    minutes: u64,
    /// Folder for kernels that covered something new, and for those that failed.
    #[arg(long, default_value = "equality-corpus", value_name = "DIR")]
    corpus: PathBuf,
    /// Also compare the device: both emissions, every word.
    #[arg(long)]
    gpu: bool,
    /// With --gpu, also run kernels that a software device compiles for minutes: large ones, and those with much
    /// scratch and many constructs. Use it with a real GPU.
    #[arg(long, requires = "gpu")]
    large: bool,
    /// Kernels at a time, each with a separate device [default: number of cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Only check the cases of a file (one per line, in the format of the test vectors), and reduce those that fail.
    #[arg(long, value_name = "FILE", conflicts_with = "minutes")]
    replay: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.replay {
        Some(file) => replay(file, options.gpu),
        None => search(&options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("equality: {error}");
            ExitCode::from(2)
        }
    }
}

/// Limit of static fuel for kernels that the slow reference runs: above that of generated kernels, below that of some
/// mutated ones.
const FUEL: u64 = 1 << 22;

/// Limit of encoded bytes for a kernel that a software device compiles in seconds.
const SOON_COMPILED: usize = 4096;

/// All checks of a case.
fn check(case: &Case, device: Option<&mut Device>, coverage: Option<&mut Coverage>) -> Result<(), String> {
    if !case.check_within(FUEL, coverage)? {
        return Ok(());
    }
    let Some(device) = device else { return Ok(()) };
    device.check(case, Emission::Specialised)?;
    device.check(case, Emission::Plain)
}

fn open(gpu: bool) -> Result<Option<Device>, String> {
    gpu.then(Device::open).transpose()
}

/// A reduced case that fails in the same way.
fn small(case: &Case, gpu: bool) -> Result<Case, String> {
    let device = Mutex::new(open(gpu)?);
    let fails = |case: &Case| match device.lock() {
        Ok(mut device) => check(case, device.as_mut(), None).is_err(),
        Err(_) => false,
    };
    Ok(shrink(case, &fails))
}

fn replay(file: &PathBuf, gpu: bool) -> Result<bool, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut device = open(gpu)?;
    let (mut checked, mut failed) = (0, 0);
    for (number, line) in (1..).zip(text.lines()) {
        for case in Case::from_line(line).map_err(|error| format!("{}:{number}: {error}", file.display()))? {
            checked += 1;
            if let Err(difference) = check(&case, device.as_mut(), None) {
                failed += 1;
                println!("line {number}: {difference}");
                print!("as small as it gets: {}", small(&case, gpu)?.to_line(&difference));
            }
        }
    }
    println!("{checked} cases, {failed} fail");
    Ok(failed == 0)
}

/// State that the threads share.
struct Search {
    corpus: Corpus,
    coverage: Coverage,
    compared: u64,
    failed: u64,
}

fn search(options: &Options) -> Result<bool, String> {
    let corpus = Corpus::open(&options.corpus)?;
    let mut coverage = Coverage::default();
    for case in corpus.cases() {
        // --replay repeats a stored failure.
        let _ = case.check_within(FUEL, Some(&mut coverage));
    }
    println!("{} kernels kept, from seed {} on", corpus.cases().len(), corpus.next());
    let threads = options.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let search = Mutex::new(Search { corpus, coverage, compared: 0, failed: 0 });
    let stop = Arc::new(AtomicBool::new(false));
    stop_at_ctrl_c(stop.clone())?;
    let started = Instant::now();
    let end = started + Duration::from_secs(60 * options.minutes);

    let outcome = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let worked = work(&search, &stop, options);
                    // If one thread cannot continue, all end.
                    stop.store(true, Ordering::Relaxed);
                    worked
                })
            })
            .collect();
        let mut shown = started;
        while !stop.load(Ordering::Relaxed) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(200));
            if shown.elapsed() > Duration::from_secs(10) {
                shown = Instant::now();
                if let Ok(mut search) = search.lock() {
                    search.corpus.save()?;
                    progress(&search, started);
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Err("a thread panicked".into())))
    });
    let mut search = search.into_inner().map_err(|_| "a thread panicked")?;
    search.corpus.save()?;
    progress(&search, started);
    print!("{}", search.coverage);
    outcome?;
    Ok(search.failed == 0)
}

/// Finishes the current cases and saves the findings.
fn stop_at_ctrl_c(stop: Arc<AtomicBool>) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    std::thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            stop.store(true, Ordering::Relaxed);
            println!("finishing the kernels in hand; Ctrl-C again gives them up");
        }
        // Coverage and failures are in their files already.
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            std::process::exit(130);
        }
    });
    Ok(())
}

fn progress(search: &Search, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{:>6.0} s: {} kernels, {:.0} a second, {} kept, {} different things met, {} failed",
        seconds,
        search.compared,
        search.compared as f64 / seconds,
        search.corpus.cases().len(),
        search.coverage.len(),
        search.failed
    );
}

/// Processes one seed after another: every second one is a new kernel, the others mutate a stored one.
fn work(search: &Mutex<Search>, stop: &AtomicBool, options: &Options) -> Result<(), String> {
    let gpu = options.gpu;
    let mut device = open(gpu)?;
    let poisoned = |_| "a thread panicked".to_string();
    while !stop.load(Ordering::Relaxed) {
        let (seed, kept) = {
            let mut search = search.lock().map_err(poisoned)?;
            let seed = search.corpus.take();
            let cases = search.corpus.cases();
            (seed, cases.get(seed as usize % cases.len().max(1)).filter(|_| seed % 2 == 1).cloned())
        };
        let case = match kept {
            Some(kept) => {
                let kernel = mutate(&kept.kernel, &mut Random::new(seed));
                Case::hostile(kernel, seed)
            }
            None if gpu => Case::generate_whole(seed, size_of_seed(seed)),
            None => Case::generate(seed, size_of_seed(seed)),
        };
        let mut met = Coverage::default();
        let on_device = options.large || (case.kernel.len() < SOON_COMPILED && device::compiles_soon(&case));
        let checked = check(&case, device.as_mut().filter(|_| on_device), Some(&mut met));
        let failed = checked.as_ref().err().map(|difference| {
            println!("seed {seed}: {difference}");
            (difference, small(&case, gpu))
        });
        let mut search = search.lock().map_err(poisoned)?;
        search.compared += 1;
        let before = search.coverage.len();
        search.coverage.merge(&met);
        if search.coverage.len() > before {
            search.corpus.keep(seed, &case)?;
        }
        if let Some((difference, small)) = failed {
            search.failed += 1;
            let file = search.corpus.failed(seed, &case, &small?, difference)?;
            println!("kept as {}; see it again with --replay {0}", file.display());
        }
    }
    Ok(())
}

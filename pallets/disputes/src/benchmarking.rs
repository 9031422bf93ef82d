//! Benchmarks of the calls.
//!
//! Those marked `extra` weigh nothing: they tell what a unit of fuel costs in each way of burning it, which is what
//! `refute` has to be measured at its worst of. `scripts/weights.sh --judge` prints them.

mod kernels;

use alloc::{boxed::Box, vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use touchstone_kir::{
    limits::{MAX_CHUNKS, MAX_FUEL},
    Instr, Kernel, CHUNK,
};
use touchstone_primitives::{
    Buffer, Claim, CommitmentId, Input, JobId, JobSpec, Kernels, Matching, ProofLimits, Source, Step, MAX_INPUTS,
    MAX_STEPS, MAX_URL_BYTES,
};

use super::*;
use kernels::{burner, Trial};

/// A job with a committed result.
pub struct Scene {
    /// The job.
    pub job: JobId,
    /// The result.
    pub commitment: CommitmentId,
}

/// Prepares the state with the real pallets.
pub trait BenchmarkHelper<AccountId> {
    /// Stores a kernel.
    fn upload(code: Vec<u8>);

    /// Registers a provider, and submits a job that is assigned to it at once and answered with `trace`. Afterwards the
    /// market is crowded: a match for the next attempt looks at as many asks as it ever does, and only the last one
    /// fits.
    fn commit(spec: JobSpec, trace: Buffer) -> Scene;

    /// An account that has enough to pay a fee.
    fn watcher() -> AccountId;

    /// Whether the job has a result that can be challenged.
    fn is_challengeable(job: &JobId) -> bool;
}

type Helper<T> = <T as Config>::BenchmarkHelper;

/// A job with a record as large as it can be beside its steps: as many inputs as there can be, all but the first from
/// URLs.
fn spec(first: Buffer, steps: Vec<Step>) -> JobSpec {
    let mut url = b"http://host/".to_vec();
    url.resize(MAX_URL_BYTES as usize, b'u');
    let rest = (1..MAX_INPUTS).map(|_| Input {
        buffer: Buffer { root: [7; 32], len: 4 },
        source: Source::Url(url.clone().try_into().expect("within the limit")),
    });
    let inputs: Vec<Input> = core::iter::once(Input { buffer: first, source: Source::Put }).chain(rest).collect();
    JobSpec {
        inputs: inputs.try_into().expect("within the limit"),
        steps: steps.try_into().expect("within the limit"),
        matching: Matching::Instant,
        class: None,
        asset: None,
        ceiling: 1_000_000_000_000_000,
        // In the range of every preset.
        deadline: 4,
        min_collateral: 0,
    }
}

fn step(kernel: &Kernel, reads: Vec<u8>) -> Step {
    Step {
        kernel: kernel.hash(),
        reads: reads.try_into().expect("within the limit"),
        invocations: 1,
        params: Default::default(),
    }
}

/// Chunks that are opened where it is not openings that are measured.
const FEW_CHUNKS: u32 = 8;

/// A kernel that burns about `fuel` in `body`, with a few chunks opened for it.
fn trial(body: Vec<Instr>, fuel: u32) -> Trial {
    const CHUNKS: u32 = 128;
    Trial::new(burner(&body, fuel, 1_024, CHUNKS), CHUNKS)
}

fn judged(trial: &Trial) -> Verdict {
    let Trial { kernel, context, trace, proof, .. } = trial;
    judge(&Dispute { kernel, context, instance: 0, trace: *trace, word: 0 }, proof).expect("the proof is complete")
}

#[benchmarks]
mod benchmarks {
    use super::*;

    /// `f`: fuel. The kernel and what is opened are small: [`open`] and [`load`] measure them.
    #[benchmark]
    fn refute(f: Linear<65_536, { MAX_FUEL as u32 }>) {
        let kernel = burner(&kernels::dearest(), f, 1_024, FEW_CHUNKS);
        let code = kernel.encode();
        let trial = Trial::new(kernel, FEW_CHUNKS);
        assert!(trial.context.fuel <= u64::from(f) && trial.context.fuel + 64 >= u64::from(f));

        let spec = spec(trial.input, vec![step(&trial.kernel, vec![0]); MAX_STEPS as usize]);
        Helper::<T>::upload(code.clone());
        let Scene { job, commitment } = Helper::<T>::commit(spec, trial.trace);
        let claim = Claim { job, commitment, instance: 0, word: 0 };
        let limits = ProofLimits { fuel: trial.context.fuel, code_bytes: code.len() as u32 };
        let watcher = Helper::<T>::watcher();
        #[extrinsic_call]
        _(RawOrigin::Signed(watcher), claim, limits, Box::new(trial.proof));
        assert!(!Helper::<T>::is_challengeable(&job));
    }

    /// `b`: bytes opened, up to half of the largest proof's: the other half is siblings in trees too large for a
    /// benchmark, which are hashed at the same cost for each byte.
    #[benchmark]
    fn open(b: Linear<9_216, 589_824>) {
        // An opened chunk with its range and its sibling.
        const OPENED: u32 = CHUNK as u32 + 64 + 64;
        let chunks = (b / OPENED).clamp(FEW_CHUNKS, MAX_CHUNKS);
        let trial = Trial::new(burner(&kernels::dearest(), 0, 1_024, chunks), chunks);
        #[block]
        {
            judged(&trial);
        }
    }

    /// `c`: bytes of the kernel.
    #[benchmark]
    fn load(c: Linear<1_024, 49_000>) {
        let kernel = burner(&kernels::dearest(), 0, c, FEW_CHUNKS);
        let hash = kernel.hash();
        Helper::<T>::upload(kernel.encode());
        let loaded;
        #[block]
        {
            loaded = T::Kernels::load(&hash);
        }
        assert!(loaded.is_some());
    }

    #[benchmark(extra)]
    fn fuel_of_jumps(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::jumps(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_wide_jumps(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::wide_jumps(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_free_jumps(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::free_jumps(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_wide_free_jumps(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::wide_free_jumps(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_views(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::views(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_constants(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::constants(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_bits(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::bits(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_products(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::products(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_divisions(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::divisions(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_memory(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::memory(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_branches(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::branches(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    #[benchmark(extra)]
    fn fuel_of_arithmetic(f: Linear<65_536, 4_194_304>) {
        let trial = trial(kernels::arithmetic(), f);
        #[block]
        {
            judged(&trial);
        }
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}

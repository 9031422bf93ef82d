//! Benchmarks of the calls and of the clock.

use alloc::{boxed::Box, vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use touchstone_kernel::{
    limits::{MAX_CHUNKS, MAX_CODE_BYTES, MAX_CONSTANTS, MAX_FUEL, MAX_INSTRUCTIONS},
    open, root, Bound, ChunkRange, Instr, Kernel, Module, Op, CHUNK, CHUNK_WORDS, HEADER_BYTES, IMMEDIATE,
};
use touchstone_primitives::{
    Buffer, Claim, CommitmentId, Input, JobId, JobSpec, Matching, Proof, ProofLimits, Root, Source, Step, MAX_STEPS,
};

use super::*;

/// A job that waits for its commitment.
pub struct Scene<AccountId> {
    /// Who pays.
    pub buyer: AccountId,
    /// Who is assigned.
    pub provider: AccountId,
    /// The job.
    pub job: JobId,
    /// The assignment.
    pub attempt: u32,
}

/// Sets the scene with the real pallets.
pub trait BenchmarkHelper<AccountId> {
    /// Stores the kernels, registers a provider, and submits a job that is assigned to it at once. Afterwards the market
    /// is crowded: a match for the next attempt looks at as many asks as it ever does, and finds none that fits.
    fn assign(spec: JobSpec, kernels: Vec<Vec<u8>>) -> Scene<AccountId>;

    /// An account that has enough to pay a fee.
    fn watcher() -> AccountId;
}

type Helper<T> = <T as Config>::BenchmarkHelper;

fn spec(inputs: Vec<Input>, steps: Vec<Step>) -> JobSpec {
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

/// A job of `steps` steps that do next to nothing.
fn steps<T: Config>(steps: u32) -> (Scene<T::AccountId>, Vec<Root>) {
    let module = Module { window: 1, registers: 1, code: vec![Instr::new(Op::Gid, 0, 0, 0, 0)], ..Default::default() };
    let kernel = Kernel::from_module(module).expect("the benchmark's kernel is valid");
    let step = Step { kernel: kernel.hash(), reads: Default::default(), invocations: 1, params: Default::default() };
    let scene = Helper::<T>::assign(spec(vec![], vec![step; steps as usize]), vec![kernel.encode()]);
    (scene, vec![[1; 32]; steps as usize])
}

fn commit_to<T: Config>(scene: &Scene<T::AccountId>, roots: &[Root]) -> CommitmentId {
    let roots = roots.to_vec().try_into().expect("within the limit");
    Pallet::<T>::commit(RawOrigin::Signed(scene.provider.clone()).into(), scene.job, scene.attempt, roots)
        .expect("the provider is assigned");
    Results::<T>::get(scene.job).expect("it was just committed").id
}

/// Operations that cost the interpreter most for their fuel, once around: scratch, window and bit fields.
fn body() -> Vec<Instr> {
    vec![
        Instr::new(Op::Sstore, 1, 2, 0, 0),
        Instr::new(Op::Sload, 3, 2, 0, 0),
        Instr::new(Op::Insert, 1, 1, 3, 4 + 256 * 5),
        Instr::new(Op::ExtractS, 3, 1, 4, 5),
        Instr::new(Op::Oload, 6, 2, 0, 0),
        Instr::new(Op::Ostore, 1, 2, 0, 0),
        Instr::new(Op::Dot4AccS, 1, 3, 6, 0),
        Instr::new(Op::Revbits, 1, 1, 0, 0),
    ]
}

fn pair(low: usize, high: usize) -> u32 {
    low as u32 | (high as u32) << 16
}

/// A kernel of about `code_bytes` bytes that reads every second chunk of its input, `chunks` of them, and burns about
/// `fuel`.
fn kernel(fuel: u32, code_bytes: u32, chunks: u32) -> Kernel {
    let mut code = vec![
        // Reads: r7 is the index of a word.
        Instr::new(Op::Loop, 0, 0, 0, pair(3, 0)),
        Instr::new(Op::Load, 1, 7, 0, 0),
        Instr { op: Op::Add as u8 | IMMEDIATE, d: 7, a: 7, b: 0, imm: 2 * CHUNK_WORDS },
        Instr::new(Op::EndLoop, 0, 0, 0, pair(0, 0)),
        Instr::new(Op::Const, 5, 0, 0, 9),
    ];
    let start = code.len();
    let body = body();
    let end = start.saturating_add(body.len()).saturating_add(1);
    code.push(Instr::new(Op::Loop, 0, 0, 0, pair(end, 1)));
    code.extend(&body);
    code.push(Instr::new(Op::EndLoop, 0, 0, 0, pair(start, 1)));
    // The dead arm of an `if` that is never taken pads the code.
    let tables = (code_bytes as usize).saturating_sub(HEADER_BYTES);
    let padding = (tables / Instr::BYTES).min(MAX_INSTRUCTIONS).saturating_sub(code.len().saturating_add(8)) / 2;
    let open = code.len();
    let close = open.saturating_add(padding.saturating_mul(2)).saturating_add(1);
    code.push(Instr::new(Op::If, 0, 8, 0, pair(close, close)));
    for _ in 0..padding {
        let at = code.len();
        code.push(Instr::new(Op::Block, 0, 0, 0, at as u32 + 1));
        code.push(Instr::new(Op::End, 0, 0, 0, 0));
    }
    code.push(Instr::new(Op::End, 0, 0, 0, 0));
    let constants = tables.saturating_sub(code.len().saturating_mul(Instr::BYTES)) / 4;

    let fixed = 6u32.saturating_mul(chunks).saturating_add(2 * padding as u32).saturating_add(64);
    let rounds = fuel.saturating_sub(fixed) / (body.len() as u32 + 1);
    let module = Module {
        window: 1,
        registers: 9,
        inputs: 1,
        segments: vec![1],
        bounds: vec![Bound::constant(chunks), Bound::constant(rounds)],
        code,
        constants: vec![0; constants.min(MAX_CONSTANTS)],
        ..Default::default()
    };
    Kernel::from_module(module).expect("the benchmark's kernel is valid")
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn commit(s: Linear<1, MAX_STEPS>) {
        let (scene, roots) = steps::<T>(s);
        let roots = roots.try_into().expect("within the limit");
        #[extrinsic_call]
        _(RawOrigin::Signed(scene.provider.clone()), scene.job, scene.attempt, roots);
        assert!(Results::<T>::contains_key(scene.job));
    }

    #[benchmark]
    fn accept() {
        let (scene, roots) = steps::<T>(MAX_STEPS);
        let commitment = commit_to::<T>(&scene, &roots);
        #[extrinsic_call]
        _(RawOrigin::Signed(scene.buyer.clone()), scene.job, scene.attempt, commitment);
        assert!(Results::<T>::contains_key(scene.job));
    }

    /// `f`: fuel; `c`: bytes of the kernel; `b`: bytes opened, half of the largest proof's: the other half is siblings
    /// in trees too large for a benchmark, which are hashed at the same cost for each byte.
    #[benchmark]
    fn refute(f: Linear<65_536, { MAX_FUEL as u32 }>, c: Linear<1_024, 49_000>, b: Linear<1_152, 589_824>) {
        // An opened chunk with its range and its sibling.
        const OPENED: u32 = CHUNK as u32 + 64 + 64;
        let chunks = (b / OPENED).clamp(1, MAX_CHUNKS);
        let kernel = kernel(f, c, chunks);
        let code = kernel.encode();
        let input = vec![0xA5u8; (2 * chunks as usize).saturating_mul(CHUNK)];
        let buffer = Buffer { root: root(&input), len: input.len() as u32 };
        let fuel = kernel.cost(&[], &[buffer.len]).expect("the kernel is admitted").fuel;
        assert!(fuel <= u64::from(f) && fuel + 64 >= u64::from(f));

        let step = Step {
            kernel: kernel.hash(),
            reads: vec![0].try_into().expect("one"),
            invocations: 1,
            params: Default::default(),
        };
        let scene =
            Helper::<T>::assign(spec(vec![Input { buffer, source: Source::Put }], vec![step]), vec![code.clone()]);
        // Some word that the kernel never computes: a wrong commitment is the expensive case.
        let output = 0xDEAD_BEEFu32.to_le_bytes();
        let commitment = commit_to::<T>(&scene, &[root(&output)]);
        let claim = Claim { job: scene.job, attempt: scene.attempt, commitment, step: 0, word: 0 };
        let limits = ProofLimits { fuel, code_bytes: code.len() as u32 };
        assert!(code.len() <= MAX_CODE_BYTES);
        let ranges: Vec<ChunkRange> = (0..chunks).map(|chunk| ChunkRange { first: 2 * chunk, count: 1 }).collect();
        let proof = Proof {
            output: open(&output, &[ChunkRange { first: 0, count: 1 }]).expect("the buffer has one chunk"),
            reads: vec![open(&input, &ranges).expect("the buffer has these chunks")],
        };
        let watcher = Helper::<T>::watcher();
        #[extrinsic_call]
        _(RawOrigin::Signed(watcher), claim, limits, Box::new(proof));
        assert!(!Results::<T>::contains_key(scene.job));
    }

    #[benchmark]
    fn tick() {
        #[block]
        {
            Pallet::<T>::note_room();
            Pallet::<T>::tick();
        }
        assert_eq!(Now::<T>::get(), 1);
    }
}

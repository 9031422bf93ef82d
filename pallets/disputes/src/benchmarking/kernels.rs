//! Kernels that burn fuel in every way, and what a judge gets to see of them.

use alloc::{vec, vec::Vec};

use touchstone_kir::{
    limits::{MAX_CONSTANTS, MAX_INSTRUCTIONS},
    open, root, Bound, ChunkRange, Instr, Kernel, Module, Op, ViewDecl, CHUNK, CHUNK_WORDS, HEADER_BYTES, IMMEDIATE,
};
use touchstone_primitives::{Buffer, InstanceContext, Proof, Read, Trace, MAX_STEPS};

/// The register that stays 0, and those with the index of the first word of the last opened chunk, by word and by four.
const ZERO: u8 = 20;
const LAST: u8 = 21;
const LAST_FOUR: u8 = 22;
const REGISTERS: u16 = 23;

/// The words of the output that a kernel is accused of. None computes them: a wrong commitment is the expensive case.
const ACCUSED: [u8; 4] = 0xDEAD_BEEFu32.to_le_bytes();

/// Reads that jump at each instruction between the first and the last opened chunk of a buffer.
pub(super) fn jumps() -> Vec<Instr> {
    [[Instr::new(Op::LoadView, 1, ZERO, 0, 0), Instr::new(Op::LoadView, 2, LAST, 1, 0)]; 8].concat()
}

/// The same, four words at a time.
pub(super) fn wide_jumps() -> Vec<Instr> {
    [[Instr::new(Op::Load4View, 5, ZERO, 0, 0), Instr::new(Op::Load4View, 9, LAST_FOUR, 1, 0)]; 8].concat()
}

/// Free loads that jump so, at 4 units each.
pub(super) fn free_jumps() -> Vec<Instr> {
    [[Instr::new(Op::Load, 1, ZERO, 0, 0), Instr::new(Op::Load, 2, LAST, 0, 0)]; 8].concat()
}

/// The same, four words at a time.
pub(super) fn wide_free_jumps() -> Vec<Instr> {
    [[Instr::new(Op::Load4, 5, ZERO, 0, 0), Instr::new(Op::Load4, 9, LAST_FOUR, 0, 0)]; 8].concat()
}

/// Views that move.
pub(super) fn views() -> Vec<Instr> {
    [[Instr::new(Op::View, 0, LAST, 0, 0), Instr::new(Op::View, 0, ZERO, 1, 0)]; 8].concat()
}

/// Words of the constant data.
pub(super) fn constants() -> Vec<Instr> {
    [[Instr::new(Op::Cload, 1, 3, 0, Instr::pack(0, 1)), Instr::new(Op::Cload, 2, ZERO, 0, Instr::pack(0, 1))]; 8]
        .concat()
}

/// Fields of bits.
pub(super) fn bits() -> Vec<Instr> {
    [[Instr::new(Op::Insert, 1, 2, 1, 3 + 256 * 4), Instr::new(Op::ExtractS, 2, 1, 3, 4)]; 8].concat()
}

/// Packed dot products.
pub(super) fn products() -> Vec<Instr> {
    [[Instr::new(Op::Dot4AccS, 1, 2, 3, 0), Instr::new(Op::Dot4AccU, 2, 1, 3, 0)]; 8].concat()
}

/// Divisions, at 4 units each.
pub(super) fn divisions() -> Vec<Instr> {
    [[Instr::new(Op::DivS, 1, LAST, 3, 0), Instr::new(Op::RemS, 2, LAST, 3, 0)]; 8].concat()
}

/// Scratch and the own window.
pub(super) fn memory() -> Vec<Instr> {
    [[
        Instr::new(Op::Sstore, 1, ZERO, 0, 0),
        Instr::new(Op::Sload, 2, ZERO, 0, 0),
        Instr::new(Op::Ostore, 2, ZERO, 0, 1),
        Instr::new(Op::Oload, 1, ZERO, 0, 1),
    ]; 4]
        .concat()
}

/// Jumps of the program itself: an `if` that is taken and one that is not, each with an `else`.
pub(super) fn branches() -> Vec<Instr> {
    let arms = |condition: u8, at: usize| {
        [
            Instr::new(Op::If, 0, condition, 0, pair(at.saturating_add(2), at.saturating_add(4))),
            Instr::new(Op::Add, 1, 1, 3, 0),
            Instr::new(Op::Else, 0, 0, 0, at as u32 + 4),
            Instr::new(Op::Sub, 1, 1, 3, 0),
            Instr::new(Op::End, 0, 0, 0, 0),
        ]
    };
    [arms(ZERO, BODY_AT), arms(3, BODY_AT + 5)].concat()
}

/// Plain arithmetic, in which each result waits for the one before.
pub(super) fn arithmetic() -> Vec<Instr> {
    [[
        Instr::new(Op::Mul, 1, 1, 3, 0),
        Instr::new(Op::Add, 1, 1, 2, 0),
        Instr::new(Op::Xor, 2, 1, 3, 0),
        Instr::new(Op::ShrU, 1, 2, 4, 0),
    ]; 4]
        .concat()
}

/// What costs most for its fuel, by the measurements of `scripts/weights.sh --judge`.
pub(super) fn dearest() -> Vec<Instr> {
    products()
}

/// Index of the first instruction of the body in a [`burner`].
const BODY_AT: usize = 11;

fn pair(low: usize, high: usize) -> u32 {
    low as u32 | (high as u32) << 16
}

/// A kernel of about `code_bytes` bytes that burns about `fuel`, most of it in `body`, and reads every second chunk of
/// its input, `chunks` of them.
pub(super) fn burner(body: &[Instr], fuel: u32, code_bytes: u32, chunks: u32) -> Kernel {
    let last = 2 * chunks.saturating_sub(1) * CHUNK_WORDS;
    // The two views may read four chunks; free loads read the others.
    let freely = chunks.saturating_sub(4).max(1);
    let mut code = vec![
        Instr::new(Op::Loop, 0, 0, 0, pair(3, 0)),
        Instr::new(Op::Load, 1, 7, 0, 0),
        Instr { op: Op::Add as u8 | IMMEDIATE, d: 7, a: 7, b: 0, imm: 2 * CHUNK_WORDS },
        Instr::new(Op::EndLoop, 0, 0, 0, pair(0, 0)),
        Instr::new(Op::Const, LAST, 0, 0, last),
        Instr::new(Op::Const, LAST_FOUR, 0, 0, last / 4),
        Instr::new(Op::View, 0, ZERO, 0, 0),
        Instr::new(Op::View, 0, LAST, 1, 0),
        Instr::new(Op::Const, 3, 0, 0, 9),
        Instr::new(Op::Const, 4, 0, 0, 5),
    ];
    let start = code.len();
    let end = start.saturating_add(body.len()).saturating_add(1);
    code.push(Instr::new(Op::Loop, 0, 0, 0, pair(end, 1)));
    code.extend(body);
    code.push(Instr::new(Op::EndLoop, 0, 0, 0, pair(start, 1)));
    // The dead arm of an `if` that is never taken pads the code.
    let tables = (code_bytes as usize).saturating_sub(HEADER_BYTES);
    let padding = (tables / Instr::BYTES).min(MAX_INSTRUCTIONS).saturating_sub(code.len().saturating_add(16)) / 2;
    let open = code.len();
    let close = open.saturating_add(padding.saturating_mul(2)).saturating_add(1);
    code.push(Instr::new(Op::If, 0, ZERO, 0, pair(close, close)));
    for _ in 0..padding {
        let at = code.len();
        code.push(Instr::new(Op::Block, 0, 0, 0, at as u32 + 1));
        code.push(Instr::new(Op::End, 0, 0, 0, 0));
    }
    code.push(Instr::new(Op::End, 0, 0, 0, 0));
    let constants = tables.saturating_sub(code.len().saturating_mul(Instr::BYTES)) / 4;

    let with_trips = |trips: u32| {
        let module = Module {
            window: 2,
            registers: REGISTERS,
            inputs: 1,
            segments: vec![1],
            views: vec![ViewDecl { buffer: 0, bound: 2 }; 2],
            bounds: vec![Bound::constant(freely), Bound::constant(trips), Bound::constant(4)],
            code: code.clone(),
            constants: vec![0; constants.min(MAX_CONSTANTS)],
            ..Default::default()
        };
        Kernel::from_module(module).expect("the benchmark's kernel is valid")
    };
    // What a second trip costs says how many there can be.
    let burned = |kernel: &Kernel| kernel.cost(&[], &[buffer_bytes(chunks)]).expect("it is admitted").fuel as u32;
    let once = burned(&with_trips(1));
    let trip = burned(&with_trips(2)).saturating_sub(once).max(1);
    with_trips((fuel.saturating_sub(once) / trip).saturating_add(1))
}

fn buffer_bytes(chunks: u32) -> u32 {
    chunks.saturating_mul(2).saturating_mul(CHUNK as u32)
}

/// A kernel and everything else that a refutation of its one invocation needs.
pub(super) struct Trial {
    /// The kernel.
    pub kernel: Kernel,
    /// Its input.
    pub input: Buffer,
    /// The step's instance as the judge sees it.
    pub context: InstanceContext,
    /// The committed trace of a job with as many steps as it can have, all of them this one.
    pub trace: Buffer,
    /// The proof.
    pub proof: Proof,
}

impl Trial {
    /// For a kernel of [`burner`]: opens every second chunk of its input, `chunks` of them.
    pub(super) fn new(kernel: Kernel, chunks: u32) -> Self {
        let bytes = vec![0xA5u8; buffer_bytes(chunks) as usize];
        let input = Buffer { root: root(&bytes), len: bytes.len() as u32 };
        let output = [ACCUSED; 2].concat();
        let ranges: Vec<ChunkRange> = (0..chunks).map(|chunk| ChunkRange { first: 2 * chunk, count: 1 }).collect();
        let trace = Trace::new(vec![root(&output); MAX_STEPS as usize]);
        let proof = Proof {
            trace: trace.open([0]).expect("the trace has this root"),
            output: open(&output, &[ChunkRange { first: 0, count: 1 }]).expect("the buffer has one chunk"),
            reads: vec![open(&bytes, &ranges).expect("the buffer has these chunks")],
        };
        let context = InstanceContext {
            kernel: kernel.hash(),
            params: vec![],
            reads: vec![Read::Input(input)],
            invocations: 1,
            output_len: output.len() as u32,
            fuel: kernel.cost(&[], &[input.len]).expect("it is admitted").fuel,
            code_bytes: kernel.encode().len() as u32,
        };
        Trial { kernel, input, context, trace: trace.buffer(), proof }
    }
}

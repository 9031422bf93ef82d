//! Random valid kernels, for tests that compare implementations of the language.
//!
//! Not part of the language. Any seed gives a lawful kernel that uses every operation and every shape of control
//! sooner or later, with arguments small enough to run everywhere.

use alloc::vec::Vec;

use crate::{limits::*, Bound, Instr, Kernel, Module, Op, ViewDecl};

/// A kernel of about `instructions` instructions (1 to 4,096), parameters, input buffers and a number of invocations.
///
/// The same arguments give the same kernel on every platform. [`Kernel::cost`] accepts it.
///
/// # Panics
/// If the generator itself is wrong and the kernel is not valid.
pub fn generate(seed: u64, instructions: usize) -> (Kernel, Vec<u32>, Vec<Vec<u8>>, u32) {
    let instructions = instructions.clamp(1, MAX_INSTRUCTIONS);
    let mut random = Random::new(seed);
    let params: Vec<u32> = (0..random.below(6)).map(|_| random.word()).collect();
    let inputs: Vec<Vec<u8>> = (0..random.below(5)).map(|_| random.buffer()).collect();
    let invocations = 1 + random.below(70);
    let module = Author::new(random, &params, &inputs, instructions).write();
    match Kernel::from_module(module) {
        Ok(kernel) => (kernel, params, inputs, invocations),
        Err(error) => panic!("seed {seed}, {instructions} instructions: {error}"),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    /// A word in which edges are frequent: small, near a power of two, near the signed limits.
    pub fn word(&mut self) -> u32 {
        match self.below(6) {
            0 => self.below(8),
            1 => self.below(300),
            2 => (self.below(8)).wrapping_neg(),
            3 => (1u32 << self.below(32)).wrapping_add(self.below(3).wrapping_sub(1)),
            4 => (i32::MAX as u32).wrapping_add(self.below(4).wrapping_sub(1)),
            _ => self.bits() as u32,
        }
    }

    fn buffer(&mut self) -> Vec<u8> {
        // One word up to a few chunks, so that chunk borders are crossed.
        let most = if self.one_in(4) { 8 } else { 700 };
        let words = 1 + self.below(most);
        (0..words).flat_map(|_| self.word().to_le_bytes()).collect()
    }
}

/// Trips of all loops around an instruction, multiplied, at most: it keeps the fuel far below the limit.
const MAX_TRIPS: u32 = 128;

/// A construct that is being written.
struct Open {
    /// Index of the instruction that opens it.
    start: usize,
    kind: Kind,
    /// Branches that wait for the index of its end.
    branches: Vec<usize>,
    /// Trips of the loops around and including it, multiplied.
    trips: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    If,
    Else(usize),
    Block,
    Loop { bound: u16 },
}

struct Author<'a> {
    random: Random,
    params: &'a [u32],
    /// Lengths of the inputs, words.
    lens: Vec<u32>,
    module: Module,
    open: Vec<Open>,
    /// The most instructions there may be.
    budget: usize,
}

impl<'a> Author<'a> {
    fn new(mut random: Random, params: &'a [u32], inputs: &[Vec<u8>], budget: usize) -> Author<'a> {
        let mut bounds = Vec::new();
        for _ in 0..1 + random.below(8) {
            bounds.push(random_bound(&mut random, params, 6));
        }
        // Bounds of views are longer than bounds of loops should be.
        let mut views = Vec::new();
        if !inputs.is_empty() {
            for _ in 0..random.below(5) {
                views.push(ViewDecl { buffer: random.below(inputs.len() as u32) as u8, bound: bounds.len() as u16 });
                bounds.push(random_bound(&mut random, params, 400));
            }
        }
        let registers = match random.below(8) {
            0 => 1 + random.below(4),
            1 => 256,
            _ => 5 + random.below(20),
        };
        let window = if random.one_in(6) { 64 } else { 12 };
        let module = Module {
            window: 1 + random.below(window) as u16,
            registers: registers as u16,
            inputs: inputs.len() as u8,
            params: params.len() as u8,
            segments: (0..random.below(4)).map(|_| 1 + random.below(20) as u16).collect(),
            views,
            bounds,
            code: Vec::new(),
            constants: (0..random.below(40)).map(|_| random.word()).collect(),
        };
        Author {
            random,
            params,
            lens: inputs.iter().map(|bytes| bytes.len() as u32 / 4).collect(),
            module,
            open: Vec::new(),
            budget,
        }
    }

    fn write(mut self) -> Module {
        let epilogue = (2 * usize::from(self.module.window).min(12) + 1).min(self.budget / 2);
        // Something to compute with: registers start at 0.
        if self.budget > 1 {
            let d = self.register();
            self.op(Op::Gid, d, 0, 0, 0);
        }
        for _ in 0..(self.budget / 8).min(12) {
            self.source();
        }
        while self.left() > epilogue {
            match self.random.below(16) {
                0 | 1 => self.open_construct(epilogue),
                2 | 3 => self.close_or_else(),
                4 => self.branch(),
                5..=7 => self.memory(epilogue),
                8 | 9 => self.source(),
                _ => self.compute(),
            }
        }
        while !self.open.is_empty() {
            self.close();
        }
        self.epilogue(epilogue);
        self.module
    }

    /// Instructions that may still be written besides the closing of what is open.
    fn left(&self) -> usize {
        self.budget.saturating_sub(self.module.code.len() + self.open.len())
    }

    fn here(&self) -> usize {
        self.module.code.len()
    }

    fn emit(&mut self, instr: Instr) {
        self.module.code.push(instr);
    }

    fn op(&mut self, op: Op, d: u8, a: u8, b: u8, imm: u32) {
        self.emit(Instr::new(op, d, a, b, imm));
    }

    fn register(&mut self) -> u8 {
        self.random.below(self.module.registers.into()) as u8
    }

    /// Of `count` things, any: `None` if there are none.
    fn any(&mut self, count: usize) -> Option<u8> {
        (count > 0).then(|| self.random.below(count as u32) as u8)
    }

    fn trips(&self) -> u32 {
        self.open.last().map_or(1, |open| open.trips)
    }

    fn open_construct(&mut self, reserve: usize) {
        if self.open.len() >= MAX_NESTING || self.left() < reserve + 4 {
            return self.compute();
        }
        let start = self.here();
        let mut trips = self.trips();
        let kind = match self.random.below(5) {
            0 | 1 => {
                let a = self.register();
                self.op(Op::If, 0, a, 0, 0);
                Kind::If
            }
            2 => {
                self.op(Op::Block, 0, 0, 0, 0);
                Kind::Block
            }
            _ => {
                let bound = self.random.below(self.module.bounds.len() as u32) as u16;
                let times = self.module.bounds[usize::from(bound)].value(self.params);
                let level = self.loops();
                if trips.saturating_mul(times.max(1)) > MAX_TRIPS || level >= MAX_LOOPS {
                    return self.compute();
                }
                trips *= times.max(1);
                self.op(Op::Loop, level as u8, 0, 0, 0);
                Kind::Loop { bound }
            }
        };
        self.open.push(Open { start, kind, branches: Vec::new(), trips });
    }

    fn loops(&self) -> usize {
        let is_loop = |open: &&Open| matches!(open.kind, Kind::Loop { .. });
        self.open.iter().filter(is_loop).count()
    }

    fn close_or_else(&mut self) {
        let here = self.here();
        let wants_else = self.random.one_in(2);
        match self.open.last_mut() {
            Some(open) if open.kind == Kind::If && wants_else => {
                open.kind = Kind::Else(here);
                self.op(Op::Else, 0, 0, 0, 0);
            }
            Some(_) => self.close(),
            None => self.compute(),
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let end = self.here();
        let (start, end16) = (open.start, end as u16);
        match open.kind {
            Kind::If => {
                self.module.code[start].imm = Instr::pack(end16, end16);
                self.op(Op::End, 0, 0, 0, 0);
            }
            Kind::Else(otherwise) => {
                self.module.code[start].imm = Instr::pack(otherwise as u16, end16);
                self.module.code[otherwise].imm = end as u32;
                self.op(Op::End, 0, 0, 0, 0);
            }
            Kind::Block => {
                self.module.code[start].imm = end as u32;
                self.op(Op::End, 0, 0, 0, 0);
            }
            Kind::Loop { bound } => {
                self.module.code[start].imm = Instr::pack(end16, bound);
                let level = self.loops() as u8;
                self.op(Op::EndLoop, level, 0, 0, Instr::pack(start as u16, bound));
            }
        }
        for branch in open.branches {
            self.module.code[branch].imm = end as u32;
        }
    }

    /// A `break` or `continue`, mostly a conditional one: what follows an unconditional one is dead.
    fn branch(&mut self) {
        let Some(k) = self.any(self.open.len()) else {
            return self.compute();
        };
        let target = self.open.len() - 1 - usize::from(k);
        let is_loop = matches!(self.open[target].kind, Kind::Loop { .. });
        let op = match (self.random.one_in(6), is_loop && self.random.one_in(2)) {
            (true, false) => Op::Break,
            (false, false) => Op::BreakIf,
            (true, true) => Op::Continue,
            (false, true) => Op::ContinueIf,
        };
        let a = match op {
            Op::BreakIf | Op::ContinueIf => self.register(),
            _ => 0,
        };
        let here = self.here();
        self.open[target].branches.push(here);
        self.op(op, 0, a, k, 0);
    }

    /// A value that does not depend on registers.
    fn source(&mut self) {
        let d = self.register();
        match self.random.below(5) {
            0 | 4 => self.op(Op::Gid, d, 0, 0, 0),
            1 if !self.params.is_empty() => {
                let b = self.random.below(self.params.len() as u32) as u8;
                self.op(Op::Param, d, 0, b, 0);
            }
            2 if !self.lens.is_empty() => {
                let b = self.random.below(self.lens.len() as u32) as u8;
                self.op(Op::Len, d, 0, b, 0);
            }
            _ => {
                let imm = self.random.word();
                self.op(Op::Const, d, 0, 0, imm);
            }
        }
    }

    fn compute(&mut self) {
        let (d, a, b) = (self.register(), self.register(), self.register());
        let (c, e) = (self.register(), self.register());
        // Most operations lose what their operands hold: without those that keep it, all would soon be 0 or 1.
        let keeping = [Op::Add, Op::Sub, Op::Mul, Op::Xor, Op::Select, Op::Mad];
        let op = loop {
            if self.random.one_in(2) {
                break keeping[self.random.below(keeping.len() as u32) as usize];
            }
            let op = Op::ALL[self.random.below(Op::ALL.len() as u32) as usize];
            if (Op::Select..=Op::Mad).contains(&op) || op == Op::Mov {
                break op;
            }
        };
        match op {
            Op::Select | Op::ExtractU | Op::ExtractS => self.op(op, d, a, b, c.into()),
            Op::Insert => self.op(op, d, a, b, u32::from(c) | u32::from(e) << 8),
            _ if op.is_binary() && self.random.one_in(2) => {
                let imm = self.random.word();
                self.emit(Instr::binary_imm(op, d, a, imm));
            }
            _ if op.is_binary() || op >= Op::Dot4AccU => self.op(op, d, a, b, 0),
            _ => self.op(op, d, a, 0, 0),
        }
    }

    /// A register that holds an index into something of `len` elements, mostly inside it.
    fn index(&mut self, len: u32) -> u8 {
        let (d, a) = (self.register(), self.register());
        if !self.random.one_in(8) {
            let slack = self.random.below(3);
            self.emit(Instr::binary_imm(Op::RemU, d, a, len.saturating_add(slack).max(1)));
        }
        d
    }

    /// An access to inputs, constants, scratch or the window.
    fn memory(&mut self, reserve: usize) {
        // The longest sequence below has four instructions.
        if self.left() < reserve + 4 {
            return self.compute();
        }
        let d = self.register();
        let offset = match self.random.below(4) {
            0 => self.random.below(4),
            1 => self.random.below(3).wrapping_neg(),
            _ => 0,
        };
        match self.random.below(10) {
            0 | 1 => {
                if let Some(b) = self.any(self.lens.len()) {
                    let a = self.index(self.lens[usize::from(b)]);
                    self.op(Op::Load, d, a, b, offset);
                }
            }
            2 => {
                if let (Some(b), Some(d)) = (self.any(self.lens.len()), self.four()) {
                    let a = self.index(self.lens[usize::from(b)].div_ceil(4));
                    self.op(Op::Load4, d, a, b, offset);
                }
            }
            3..=5 => self.view(d, offset),
            6 => {
                let constants = self.module.constants.len() as u32;
                if constants > 0 {
                    let first = self.random.below(constants);
                    let len = 1 + self.random.below(constants - first);
                    let a = self.index(len);
                    self.op(Op::Cload, d, a, 0, Instr::pack(first as u16, len as u16));
                }
            }
            7 | 8 => {
                if let Some(b) = self.any(self.module.segments.len()) {
                    let a = self.index(self.module.segments[usize::from(b)].into());
                    let op = if self.random.one_in(2) { Op::Sload } else { Op::Sstore };
                    self.op(op, d, a, b, offset);
                }
            }
            _ => {
                let a = self.index(self.module.window.into());
                let op = if self.random.one_in(2) { Op::Oload } else { Op::Ostore };
                self.op(op, d, a, 0, offset);
            }
        }
    }

    /// Sets a view and reads near its start, or reads where an earlier instruction left it.
    fn view(&mut self, d: u8, offset: u32) {
        let Some(b) = self.any(self.module.views.len()) else {
            return;
        };
        let buffer = usize::from(self.module.views[usize::from(b)].buffer);
        let base = self.index(self.lens[buffer]);
        if !self.random.one_in(4) {
            self.op(Op::View, 0, base, b, 0);
        }
        match self.four() {
            Some(d) if self.random.one_in(2) => {
                let a = self.register();
                self.emit(Instr::binary_imm(Op::ShrU, a, base, 2));
                self.op(Op::Load4View, d, a, b, offset);
            }
            _ => self.op(Op::LoadView, d, base, b, offset),
        }
    }

    /// The first of four registers in a row.
    fn four(&mut self) -> Option<u8> {
        let starts = self.module.registers.checked_sub(3)?;
        (starts > 0).then(|| self.random.below(starts.into()) as u8)
    }

    /// Makes the result depend on what the registers hold: their sum so far goes to each word.
    fn epilogue(&mut self, instructions: usize) {
        let Some(pairs) = instructions.checked_sub(1).map(|rest| rest / 2) else {
            return;
        };
        let registers = self.module.registers;
        let (zero, sum) = (0, registers.min(2) as u8 - 1);
        self.op(Op::Const, zero, 0, 0, 0);
        for index in 0..pairs {
            // Neighbours, so that as many different ones as possible take part.
            let other = (1 + index % usize::from(registers)) % usize::from(registers);
            self.op(Op::Add, sum, sum, other as u8, 0);
            self.op(Op::Ostore, sum, zero, 0, index as u32);
        }
    }
}

fn random_bound(random: &mut Random, params: &[u32], cap: u32) -> Bound {
    if params.is_empty() || random.one_in(2) {
        return Bound::constant(random.below(cap + 1));
    }
    Bound {
        c: random.below(4),
        cap: random.below(cap + 1),
        m: 1 + random.below(3) as u16,
        param: Some(random.below(params.len() as u32) as u8),
        shift: random.below(32) as u8,
    }
}

//! Generates the code: constructs that open, branch and close, and instructions with useful operands between them.

use crate::Random;
use touchstone_kir::{limits::*, Instr, Module, Op, IMMEDIATE};

/// Largest product of the iterations of all loops around an instruction, which keeps the fuel far below the limit.
const MAX_TRIPS: u32 = 128;

/// A construct that has not been closed.
pub(super) struct OpenConstruct {
    /// Index of the instruction that opens it.
    start: usize,
    kind: Kind,
    /// Branches that need the index of its end.
    branches: Vec<usize>,
    /// Product of the iterations of the loops around it, itself included.
    trips: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    If,
    Else(usize),
    Block,
    Loop { bound: u16 },
}

pub(super) struct Author<'a> {
    pub(super) random: Random,
    params: &'a [u32],
    /// Lengths of the inputs, words.
    pub(super) lens: Vec<u32>,
    pub(super) module: Module,
    open: Vec<OpenConstruct>,
    /// Most instructions.
    budget: usize,
    /// How many of 20 steps open a construct, and how many close one: some kernels are flat, some deeply nested.
    opening: u32,
    closing: u32,
    /// How many of 8 constructs are loops.
    looping: u32,
    /// The next pair of opcodes to be emitted consecutively: see [`pair`](Self::pair).
    next_pair: u64,
}

impl<'a> Author<'a> {
    pub(super) fn new(
        seed: u64,
        mut random: Random,
        params: &'a [u32],
        lens: Vec<u32>,
        module: Module,
        budget: usize,
    ) -> Author<'a> {
        let (opening, closing) = [(2, 2), (2, 2), (1, 1), (3, 4), (7, 1)][random.below(5) as usize];
        let looping = [1, 3, 3, 7][random.below(4) as usize];
        // Consecutive kernels use all pairs about equally often.
        let next_pair = seed.wrapping_mul(31);
        Author { random, params, lens, module, open: Vec::new(), budget, opening, closing, looping, next_pair }
    }

    pub(super) fn write(mut self) -> Module {
        let epilogue = (2 * usize::from(self.module.window).min(12) + 1).min(self.budget / 2);
        // Values to compute with: registers start at 0.
        if self.budget > 1 {
            let d = self.register();
            self.op(Op::Gid, d, 0, 0, 0);
        }
        for _ in 0..(self.budget / 8).min(12) {
            self.source();
        }
        while self.left() > epilogue {
            // Nest deeply, then close everything.
            let (opening, closing) = match self.here() < self.budget / 2 {
                true => (self.opening, self.closing),
                false => (self.closing, self.opening),
            };
            match self.random.below(20) {
                step if step < opening => self.construct(epilogue),
                step if step < opening + closing => self.close_or_else(),
                10 => self.branch(),
                11..=12 => self.memory(epilogue),
                13..=14 => self.source(),
                15..=18 => self.pair(epilogue),
                _ => self.compute(),
            }
        }
        while !self.open.is_empty() {
            self.close();
        }
        self.epilogue(epilogue);
        self.module
    }

    /// Number of instructions that may still be added, in addition to those that close open constructs.
    pub(super) fn left(&self) -> usize {
        self.budget.saturating_sub(self.module.code.len() + self.open.len())
    }

    fn here(&self) -> usize {
        self.module.code.len()
    }

    pub(super) fn emit(&mut self, instr: Instr) {
        self.module.code.push(instr);
    }

    pub(super) fn op(&mut self, op: Op, d: u8, a: u8, b: u8, imm: u32) {
        self.emit(Instr::new(op, d, a, b, imm));
    }

    pub(super) fn register(&mut self) -> u8 {
        self.random.below(self.module.registers.into()) as u8
    }

    /// A random index below `count`; `None` if it is 0.
    pub(super) fn any(&mut self, count: usize) -> Option<u8> {
        (count > 0).then(|| self.random.below(count as u32) as u8)
    }

    /// The index of a parameter, if there are any.
    pub(super) fn any_param(&mut self) -> Option<u8> {
        self.any(self.params.len())
    }

    /// Opens any construct, or computes something if none fits.
    fn construct(&mut self, reserve: usize) {
        if self.left() < reserve + 4 {
            return self.compute();
        }
        let op = match self.random.below(8) {
            draw if draw < self.looping => Op::Loop,
            draw if draw % 3 == 0 => Op::Block,
            _ => Op::If,
        };
        if !self.enter(op) && !self.enter(Op::If) {
            self.compute();
        }
    }

    /// Opens a construct, if it is allowed here.
    fn enter(&mut self, op: Op) -> bool {
        let mut trips = self.open.last().map_or(1, |open| open.trips);
        if self.open.len() >= MAX_NESTING {
            return false;
        }
        let start = self.here();
        let kind = match op {
            Op::If => {
                let a = self.register();
                self.op(Op::If, 0, a, 0, 0);
                Kind::If
            }
            Op::Block => {
                self.op(Op::Block, 0, 0, 0, 0);
                Kind::Block
            }
            _ => {
                let level = self.loops();
                if level >= MAX_LOOPS || self.module.bounds.is_empty() {
                    return false;
                }
                // The first bound fits everywhere.
                let mut bound = self.random.below(self.module.bounds.len() as u32) as u16;
                if trips.saturating_mul(self.trips_of(bound)) > MAX_TRIPS {
                    bound = 0;
                }
                trips *= self.trips_of(bound).max(1);
                self.op(Op::Loop, level as u8, 0, 0, 0);
                Kind::Loop { bound }
            }
        };
        self.open.push(OpenConstruct { start, kind, branches: Vec::new(), trips });
        true
    }

    fn trips_of(&self, bound: u16) -> u32 {
        self.module.bounds[usize::from(bound)].value(self.params)
    }

    fn loops(&self) -> usize {
        let is_loop = |open: &&OpenConstruct| matches!(open.kind, Kind::Loop { .. });
        self.open.iter().filter(is_loop).count()
    }

    fn close_or_else(&mut self) {
        let wants_else = self.random.one_in(2);
        match self.open.last() {
            Some(open) if open.kind == Kind::If && wants_else => self.otherwise(),
            Some(_) => self.close(),
            None => self.compute(),
        }
    }

    /// The `else` of the innermost construct, an `if`.
    fn otherwise(&mut self) {
        let here = self.here();
        if let Some(open) = self.open.last_mut() {
            open.kind = Kind::Else(here);
            self.op(Op::Else, 0, 0, 0, 0);
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

    /// A branch, mostly a conditional one: code after an unconditional one is dead.
    fn branch(&mut self) {
        let op = match (self.random.one_in(4), self.random.one_in(2)) {
            (true, false) => Op::Break,
            (false, false) => Op::BreakIf,
            (true, true) => Op::Continue,
            (false, true) => Op::ContinueIf,
        };
        if !self.leave(op) {
            self.compute();
        }
    }

    /// A branch out of an enclosing construct, or to the end of an enclosing loop, if there is one.
    fn leave(&mut self, op: Op) -> bool {
        let to_loops = matches!(op, Op::Continue | Op::ContinueIf);
        let valid = |open: &OpenConstruct| !to_loops || matches!(open.kind, Kind::Loop { .. });
        let targets: Vec<usize> = (0..self.open.len()).filter(|&at| valid(&self.open[at])).collect();
        match self.any(targets.len()) {
            Some(any) => self.leave_to(op, targets[usize::from(any)]),
            None => return false,
        }
        true
    }

    fn leave_to(&mut self, op: Op, target: usize) {
        let a = match op {
            Op::BreakIf | Op::ContinueIf => self.register(),
            _ => 0,
        };
        let (here, k) = (self.here(), self.open.len() - 1 - target);
        self.open[target].branches.push(here);
        self.op(op, 0, a, k as u8, 0);
    }

    /// Two consecutive instructions with the next pair of opcodes, in the constructs that they need.
    fn pair(&mut self, reserve: usize) {
        // Up to three constructs are opened and closed for it, and the pair itself may open two more.
        if self.left() < reserve + 10 {
            return self.compute();
        }
        let opcodes = || Op::ALL.iter().map(|op| *op as u8);
        let immediate = || Op::ALL.iter().filter(|op| op.is_binary()).map(|op| *op as u8 | IMMEDIATE);
        let count = (opcodes().count() + immediate().count()) as u64;
        let opcode = |index: u64| opcodes().chain(immediate()).nth(index as usize).unwrap_or_default();
        let index = self.next_pair % (count * count);
        self.next_pair = index + 1;
        let (first, second) = (opcode(index / count), opcode(index % count));
        let byte = |op: Op| op as u8;
        let opens = |opcode: u8| [Op::If, Op::Block, Op::Loop].map(byte).contains(&opcode);
        let closes = |opcode: u8| [Op::Else, Op::End, Op::EndLoop].map(byte).contains(&opcode);
        // An instruction that closes the construct of the first one needs no further construct.
        if !(closes(second) && (opens(first) || first == Op::Else as u8)) {
            self.surround(second);
        }
        if first == Op::Break as u8 && self.random.one_in(2) && self.enter(Op::Block) {
            // The instruction executed after a `break` follows an end.
            self.leave_to(Op::Break, self.open.len() - 1);
            self.close();
            self.one(second);
            return;
        }
        self.surround(first);
        if self.one(first) {
            self.one(second);
        }
    }

    /// Opens the constructs that an instruction of this opcode needs.
    fn surround(&mut self, opcode: u8) {
        match Op::from_byte(opcode) {
            Some(Op::Else) => drop(self.enter(Op::If)),
            Some(Op::EndLoop) => drop(self.enter(Op::Loop)),
            Some(Op::End) => {
                if self.random.one_in(2) {
                    self.enter(Op::Block);
                } else if self.enter(Op::If) && self.random.one_in(2) {
                    self.otherwise();
                }
            }
            Some(Op::Break | Op::BreakIf) if self.open.is_empty() => drop(self.enter(Op::Block)),
            Some(Op::Continue | Op::ContinueIf) if self.loops() == 0 => drop(self.enter(Op::Loop)),
            _ => {}
        }
    }

    /// One instruction of this opcode, if it is allowed here.
    fn one(&mut self, opcode: u8) -> bool {
        let Some(op) = Op::from_byte(opcode & !IMMEDIATE) else { return false };
        let innermost = self.open.last().map(|open| open.kind);
        match op {
            Op::If | Op::Block | Op::Loop => return self.enter(op),
            Op::Else if innermost == Some(Kind::If) => self.otherwise(),
            Op::End if matches!(innermost, Some(Kind::If | Kind::Else(_) | Kind::Block)) => self.close(),
            Op::EndLoop if matches!(innermost, Some(Kind::Loop { .. })) => self.close(),
            Op::Else | Op::End | Op::EndLoop => return false,
            Op::Break | Op::BreakIf | Op::Continue | Op::ContinueIf => return self.leave(op),
            _ => match self.instruction(op, opcode != op as u8) {
                Some(instr) => self.emit(instr),
                None => return false,
            },
        }
        true
    }

    /// Makes the result depend on the registers: each word gets their sum so far.
    fn epilogue(&mut self, instructions: usize) {
        let Some(pairs) = instructions.checked_sub(1).map(|rest| rest / 2) else {
            return;
        };
        let registers = self.module.registers;
        let (zero, sum) = (0, registers.min(2) as u8 - 1);
        self.op(Op::Const, zero, 0, 0, 0);
        for index in 0..pairs {
            // Consecutive registers, so that as many different ones as possible are included.
            let other = (1 + index % usize::from(registers)) % usize::from(registers);
            self.op(Op::Add, sum, sum, other as u8, 0);
            self.op(Op::Ostore, sum, zero, 0, index as u32);
        }
    }
}

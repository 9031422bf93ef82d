//! Single instructions with random fields, and short sequences for cases that random fields rarely reach.

use crate::author::Author;
use touchstone_kir::{Instr, Op};

impl Author<'_> {
    /// An instruction that is not control flow, with random fields; `None` if there is nothing that it could refer to.
    pub(super) fn instruction(&mut self, op: Op, immediate: bool) -> Option<Instr> {
        let (d, a, b) = (self.register(), self.register(), self.register());
        let (c, e) = (u32::from(self.register()), u32::from(self.register()));
        let offset = self.offset();
        Some(match op {
            Op::Const => Instr::new(op, d, 0, 0, self.random.word()),
            Op::Gid => Instr::new(op, d, 0, 0, 0),
            Op::Param => Instr::new(op, d, 0, self.any_param()?, 0),
            Op::Len => Instr::new(op, d, 0, self.any(self.lens.len())?, 0),
            Op::Mov | Op::Not | Op::Neg | Op::Abs | Op::Clz | Op::Ctz | Op::Popcnt | Op::Revbits => {
                Instr::new(op, d, a, 0, 0)
            }
            Op::Select | Op::ExtractU | Op::ExtractS => Instr::new(op, d, a, b, c),
            Op::Insert => Instr::new(op, d, a, b, c | e << 8),
            Op::Load => Instr::new(op, d, a, self.any(self.lens.len())?, offset),
            Op::Load4 => Instr::new(op, self.four()?, a, self.any(self.lens.len())?, offset),
            Op::LoadView => Instr::new(op, d, a, self.any(self.module.views.len())?, offset),
            Op::Load4View => Instr::new(op, self.four()?, a, self.any(self.module.views.len())?, offset),
            Op::View => Instr::new(op, 0, a, self.any(self.module.views.len())?, 0),
            Op::Cload => {
                let (first, len) = self.table()?;
                Instr::new(op, d, a, 0, Instr::pack(first, len))
            }
            Op::Sload | Op::Sstore => Instr::new(op, d, a, self.any(self.module.segments.len())?, offset),
            Op::Oload | Op::Ostore => Instr::new(op, d, a, 0, offset),
            _ if immediate => Instr::binary_imm(op, d, a, self.random.word()),
            // The remaining ones are binary and accumulating operations.
            _ => Instr::new(op, d, a, b, 0),
        })
    }

    fn write_one(&mut self, op: Op, immediate: bool) {
        match self.instruction(op, immediate) {
            Some(instr) => self.emit(instr),
            None => self.compute(),
        }
    }

    /// A value that does not depend on registers.
    pub(super) fn source(&mut self) {
        let op = match self.random.below(6) {
            0..=2 => Op::Gid,
            3 => Op::Param,
            4 => Op::Len,
            _ => Op::Const,
        };
        self.write_one(op, false);
    }

    pub(super) fn compute(&mut self) {
        // Most operations lose information about their operands. Without operations that keep it, all registers would
        // soon be 0 or 1.
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
        let immediate = op.is_binary() && self.random.one_in(2);
        self.write_one(op, immediate);
    }

    fn offset(&mut self) -> u32 {
        match self.random.below(4) {
            0 => self.random.below(4),
            1 => self.random.below(3).wrapping_neg(),
            _ => 0,
        }
    }

    /// First word and length of a table of constants.
    fn table(&mut self) -> Option<(u16, u16)> {
        let constants = u32::try_from(self.module.constants.len()).ok().filter(|&count| count > 0)?;
        let first = self.random.below(constants);
        Some((first as u16, 1 + self.random.below(constants - first) as u16))
    }

    /// The first of four consecutive registers.
    fn four(&mut self) -> Option<u8> {
        let starts = self.module.registers.checked_sub(3)?;
        (starts > 0).then(|| self.random.below(starts.into()) as u8)
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

    /// An access to inputs, constants, scratch or the window, mostly inside of it.
    pub(super) fn memory(&mut self, reserve: usize) {
        // The longest sequence below has five instructions.
        if self.left() < reserve + 5 {
            return self.compute();
        }
        let op =
            [Op::Load, Op::Load4, Op::LoadView, Op::Load4View, Op::Cload, Op::Sload, Op::Sstore, Op::Oload, Op::Ostore]
                [self.random.below(9) as usize];
        let Some(mut instr) = self.instruction(op, false) else {
            return self.compute();
        };
        let b = usize::from(instr.b);
        instr.a = match op {
            Op::Load => self.index(self.lens[b]),
            Op::Load4 => self.index(self.lens[b].div_ceil(4)),
            Op::LoadView | Op::Load4View => self.view_index(instr.b, op == Op::Load4View),
            Op::Cload => self.index(instr.high().into()),
            Op::Sload | Op::Sstore => self.index(self.module.segments[b].into()),
            _ => self.index(self.module.window.into()),
        };
        self.emit(instr);
    }

    /// Usually declares a view. Returns a register with an index near the view's start, or near the start that it would
    /// have had.
    fn view_index(&mut self, view: u8, of_four: bool) -> u8 {
        let buffer = usize::from(self.module.views[usize::from(view)].buffer);
        let base = self.index(self.lens[buffer]);
        if self.random.one_in(12) {
            // A range that begins before the first word, or ends after the last index.
            let before = 1 + self.random.below(8);
            self.emit(Instr::new(Op::Const, base, 0, 0, before.wrapping_neg()));
        }
        if !self.random.one_in(4) {
            self.op(Op::View, 0, base, view, 0);
        }
        if !of_four {
            return base;
        }
        let index = self.register();
        self.emit(Instr::binary_imm(Op::ShrU, index, base, 2));
        index
    }
}

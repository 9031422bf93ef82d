//! Control flow as a state machine: `at` is the number of the basic block to execute next.
//!
//! The blocks are in the order of the code inside one loop, each guarded by a comparison with its number. Forward jumps
//! are therefore taken within one iteration of that loop; only an `end_loop` that jumps back needs another one.

use std::collections::BTreeSet;

use touchstone_kir::{Instr, Op};

use super::{word, Emitter};
use crate::bindings::CUT;

/// The indices at which basic blocks begin, and the end of the last one.
struct Blocks(Vec<usize>);

impl Blocks {
    fn of(code: &[Instr]) -> Blocks {
        let mut starts = BTreeSet::from([0, code.len()]);
        for (at, &instr) in code.iter().enumerate() {
            if let Some(target) = target(instr) {
                starts.insert(target);
                starts.insert(at + 1);
            }
        }
        Blocks(starts.into_iter().collect())
    }

    /// The number of the block that begins at this instruction.
    fn number(&self, at: usize) -> usize {
        self.0.partition_point(|&start| start < at)
    }
}

/// Where a jump goes if it is taken.
fn target(instr: Instr) -> Option<usize> {
    let (low, high) = (usize::from(instr.low()), usize::from(instr.high()));
    Some(match instr.opcode()? {
        // After the `else`; without an `else`, both are the `end`.
        Op::If if low != high => low + 1,
        Op::If | Op::Else | Op::Continue | Op::ContinueIf => low,
        Op::Loop | Op::EndLoop | Op::Break | Op::BreakIf => low + 1,
        _ => return None,
    })
}

impl Emitter<'_> {
    pub(super) fn program(&mut self) {
        let module = self.module;
        let blocks = Blocks::of(&module.code);
        let count = blocks.0.len() - 1;
        for level in levels(&module.code) {
            self.line(&format!("var turn{level} = 0u;"));
        }
        self.line("var at = 0u;\nloop {");
        for (number, bounds) in blocks.0.windows(2).enumerate() {
            self.line(&format!("if at == {number}u {{"));
            for &instr in &module.code[bounds[0]..bounds[1]] {
                if let Some(op) = instr.opcode() {
                    self.operation(op, instr);
                }
            }
            let next = number + 1;
            let last = module.code[bounds[1] - 1];
            match target(last).map(|target| blocks.number(target)) {
                None => self.line(&format!("at = {next}u;")),
                Some(taken) => self.jump(last, taken, next),
            }
            self.line("}");
        }
        self.line(&format!("if at >= {count}u {{ break; }}\n}}"));
        if self.cut_binding.is_some() {
            self.line(&format!("if at < {count}u {{ {CUT} }}"));
        }
    }

    /// Jumps to the block `taken` or to the `next` one.
    fn jump(&mut self, instr: Instr, taken: usize, next: usize) {
        let (a, level, bound) = (instr.a, instr.d, word(self.places.bounds + usize::from(instr.high())));
        let condition = match instr.opcode() {
            Some(Op::If) => format!("r{a} == 0u"),
            Some(Op::BreakIf | Op::ContinueIf) => format!("r{a} != 0u"),
            Some(Op::Loop) => {
                self.line(&format!("turn{level} = 0u;"));
                format!("{bound} == 0u")
            }
            Some(Op::EndLoop) => {
                self.line(&format!("turn{level} = turn{level} + 1u;"));
                format!("turn{level} < {bound}")
            }
            _ => return self.line(&format!("at = {taken}u;")),
        };
        self.line(&format!("at = select({next}u, {taken}u, {condition});"));
    }
}

/// The levels of all loops.
fn levels(code: &[Instr]) -> BTreeSet<u8> {
    code.iter().filter(|instr| instr.opcode() == Some(Op::Loop)).map(|instr| instr.d).collect()
}

//! Algebraic simplification of single operations.

use touchstone_kir::Op;

use crate::ir::{Body, Inst, Reg, NONE};

/// What is known about the operands.
struct Facts<'a> {
    /// By register, the instruction that writes a temporary, if its operands are temporaries too and so still have the
    /// same values.
    written: Vec<Option<Inst>>,
    constants: &'a [u32],
}

/// Replaces operations by cheaper ones with the same result.
pub(super) fn simplify(body: &mut Body, constants: &[u32]) {
    let mut facts = Facts { written: vec![None; body.temporary.len()], constants };
    for at in 0..body.code.len() {
        let inst = facts.simpler(body.code[at]);
        body.code[at] = inst;
        let stable = |reg: Reg| reg == NONE || body.temporary[reg as usize];
        if inst.d != NONE && inst.writes().len() == 1 && stable(inst.d) && inst.src.into_iter().all(stable) {
            facts.written[inst.d as usize] = Some(inst);
        }
    }
}

impl Facts<'_> {
    fn of(&self, reg: Reg) -> Option<Inst> {
        self.written.get(reg as usize).copied().flatten()
    }

    fn constant(&self, reg: Reg) -> Option<u32> {
        self.of(reg).filter(|inst| inst.op == Op::Const).map(|inst| inst.imm)
    }

    fn simpler(&self, inst: Inst) -> Inst {
        let [a, b, ..] = inst.src;
        match inst.op {
            op if op.is_binary() && inst.immediate => self.with_immediate(inst),
            op if op.is_binary() && a == b => same(inst),
            Op::Add | Op::Sub => self.negated(inst),
            Op::Not | Op::Neg => match self.of(a) {
                Some(before) if before.op == inst.op => {
                    Inst { origin: inst.origin, ..Inst::mov(inst.d, before.src[0]) }
                }
                _ => inst,
            },
            Op::Select if a == b => Inst { origin: inst.origin, ..Inst::mov(inst.d, a) },
            Op::ExtractU | Op::ExtractS => self.field(inst),
            Op::Cload => match self.constant(a) {
                Some(index) => constant(inst, self.table(inst.imm, index)),
                None => inst,
            },
            _ => inst,
        }
    }

    fn table(&self, run: u32, index: u32) -> u32 {
        let (first, len) = (run & 0xffff, run >> 16);
        match index < len {
            true => self.constants.get((first + index) as usize).copied().unwrap_or(0),
            false => 0,
        }
    }

    fn with_immediate(&self, inst: Inst) -> Inst {
        let with = |op: Op, imm: u32| Inst { op, imm, ..inst };
        let inst = match (inst.op, inst.imm) {
            (Op::RemU | Op::RemS, 0 | 1) | (Op::RemS, u32::MAX) => return constant(inst, 0),
            (Op::DivU, by) if by.is_power_of_two() => with(Op::ShrU, by.trailing_zeros()),
            (Op::RemU, by) if by.is_power_of_two() => with(Op::And, by - 1),
            (Op::Mul | Op::And, 0) | (Op::MinU, 0) | (Op::LtU, 0) => return constant(inst, 0),
            (Op::Or | Op::MaxU, u32::MAX) => return constant(inst, u32::MAX),
            (Op::GeU, 0) | (Op::LeU, u32::MAX) => return constant(inst, 1),
            (Op::GtU, u32::MAX) => return constant(inst, 0),
            (Op::DivU | Op::DivS, 0) | (Op::MaxU, 0) | (Op::MinU, u32::MAX) => {
                return Inst { origin: inst.origin, ..Inst::mov(inst.d, inst.src[0]) }
            }
            (Op::Mul, u32::MAX) => Inst { op: Op::Neg, immediate: false, imm: 0, ..inst },
            (Op::Xor, u32::MAX) => Inst { op: Op::Not, immediate: false, imm: 0, ..inst },
            _ => inst,
        };
        let Some(before) = self.of(inst.src[0]).filter(|before| inst.immediate && before.immediate) else {
            return inst;
        };
        let chained = |op: Op, imm: u32| Inst { op, imm, src: before.src, ..inst };
        let (inner, outer) = (before.imm, inst.imm);
        let shifts = (inner & 31) + (outer & 31);
        match (before.op, inst.op) {
            (Op::Add, Op::Add) => chained(Op::Add, inner.wrapping_add(outer)),
            (Op::Sub, Op::Sub) => chained(Op::Sub, inner.wrapping_add(outer)),
            (Op::Add, Op::Sub) => chained(Op::Add, inner.wrapping_sub(outer)),
            (Op::Sub, Op::Add) => chained(Op::Add, outer.wrapping_sub(inner)),
            (Op::Mul, Op::Mul) => chained(Op::Mul, inner.wrapping_mul(outer)),
            (Op::And, Op::And) => chained(Op::And, inner & outer),
            (Op::Or, Op::Or) => chained(Op::Or, inner | outer),
            (Op::Xor, Op::Xor) => chained(Op::Xor, inner ^ outer),
            (Op::Shl, Op::ShrU) if (inner ^ outer) & 31 == 0 => chained(Op::And, u32::MAX >> (inner & 31)),
            (Op::ShrU, Op::Shl) if (inner ^ outer) & 31 == 0 => chained(Op::And, u32::MAX << (inner & 31)),
            (Op::Shl, Op::Shl) | (Op::ShrU, Op::ShrU) if shifts > 31 => constant(inst, 0),
            (Op::Shl, Op::Shl) | (Op::ShrU, Op::ShrU) | (Op::ShrS, Op::ShrS) => chained(inst.op, shifts.min(31)),
            _ => inst,
        }
    }

    /// `x + (−y)` is `x − y`, and `x − (−y)` is `x + y`.
    fn negated(&self, inst: Inst) -> Inst {
        let [a, b, ..] = inst.src;
        let negative = |reg: Reg| self.of(reg).filter(|inst| inst.op == Op::Neg).map(|inst| inst.src[0]);
        let with = |op: Op, a: Reg, b: Reg| Inst { op, src: [a, b, NONE, NONE], ..inst };
        match (inst.op, negative(a), negative(b)) {
            (Op::Add, _, Some(b)) => with(Op::Sub, a, b),
            (Op::Add, Some(a), _) => with(Op::Sub, b, a),
            (Op::Sub, _, Some(b)) => with(Op::Add, a, b),
            _ => inst,
        }
    }

    /// A bit field at a known offset that touches an end of its word.
    fn field(&self, inst: Inst) -> Inst {
        let (Some(offset), Some(count)) = (self.constant(inst.src[1]), self.constant(inst.src[2])) else {
            return inst;
        };
        let offset = offset.min(32);
        let count = count.min(32 - offset);
        let with = |op: Op, imm: u32| Inst { op, imm, immediate: true, src: [inst.src[0], NONE, NONE, NONE], ..inst };
        match (inst.op, offset, count) {
            (_, _, 0) => constant(inst, 0),
            (_, 0, 32) => Inst { origin: inst.origin, ..Inst::mov(inst.d, inst.src[0]) },
            (Op::ExtractU, 0, _) => with(Op::And, (1 << count) - 1),
            (Op::ExtractU, ..) if offset + count == 32 => with(Op::ShrU, offset),
            (Op::ExtractS, ..) if offset + count == 32 => with(Op::ShrS, offset),
            _ => inst,
        }
    }
}

fn constant(inst: Inst, value: u32) -> Inst {
    Inst { origin: inst.origin, ..Inst::constant(inst.d, value) }
}

/// An operation with the same register as both operands.
fn same(inst: Inst) -> Inst {
    match inst.op {
        Op::Sub | Op::Xor | Op::Ne | Op::LtU | Op::GtU | Op::LtS | Op::GtS | Op::RemU | Op::RemS => constant(inst, 0),
        Op::Eq | Op::LeU | Op::GeU | Op::LeS | Op::GeS => constant(inst, 1),
        Op::And | Op::Or | Op::MinU | Op::MaxU | Op::MinS | Op::MaxS => {
            Inst { origin: inst.origin, ..Inst::mov(inst.d, inst.src[0]) }
        }
        Op::Add => Inst { op: Op::Shl, immediate: true, imm: 1, src: [inst.src[0], NONE, NONE, NONE], ..inst },
        _ => inst,
    }
}

#[cfg(test)]
mod tests {
    use super::simplify;
    use crate::{
        ir::Body,
        testing::{keeps, outline, turns},
    };

    fn simplified(body: &mut Body) {
        simplify(body, &outline().constants);
    }

    /// The operation on the invocation's index becomes another.
    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let text = |line: &str| format!("t0 = gid\nt1 = {line}\nt2 = const 0\nostore t2 t1");
        turns(simplified, &text(before), &text(after));
    }

    #[test]
    fn powers_of_two_divide_by_shifts_and_masks() {
        becomes("div_u t0 8", "shr_u t0 3");
        becomes("rem_u t0 8", "and t0 7");
        becomes("div_u t0 2147483648", "shr_u t0 31");
        for same in ["div_u t0 7", "rem_u t0 6", "div_s t0 8", "rem_s t0 8"] {
            becomes(same, same);
        }
    }

    #[test]
    fn what_is_known_for_every_operand_is_a_constant() {
        for (line, value) in [
            ("mul t0 0", 0u32),
            ("and t0 0", 0),
            ("min_u t0 0", 0),
            ("lt_u t0 0", 0),
            ("rem_u t0 1", 0),
            ("rem_u t0 0", 0),
            ("rem_s t0 1", 0),
            ("rem_s t0 4294967295", 0),
            ("or t0 4294967295", u32::MAX),
            ("max_u t0 4294967295", u32::MAX),
            ("ge_u t0 0", 1),
            ("le_u t0 4294967295", 1),
            ("gt_u t0 4294967295", 0),
            ("sub t0 t0", 0),
            ("xor t0 t0", 0),
            ("rem_u t0 t0", 0),
            ("ne t0 t0", 0),
            ("eq t0 t0", 1),
            ("le_s t0 t0", 1),
        ] {
            becomes(line, &format!("const {value}"));
        }
    }

    #[test]
    fn what_changes_nothing_is_a_copy() {
        for line in ["div_u t0 0", "div_s t0 0", "max_u t0 0", "min_u t0 4294967295", "and t0 t0", "max_s t0 t0"] {
            becomes(line, "mov t0");
        }
        becomes("select t0 t0 t0", "mov t0");
        becomes("mul t0 4294967295", "neg t0");
        becomes("xor t0 4294967295", "not t0");
        becomes("add t0 t0", "shl t0 1");
    }

    #[test]
    fn two_steps_with_constants_become_one() {
        for (first, second, after) in [
            ("add t0 5", "add t1 7", "add t0 12"),
            ("add t0 5", "sub t1 7", "add t0 4294967294"),
            ("sub t0 5", "sub t1 7", "sub t0 12"),
            ("sub t0 5", "add t1 7", "add t0 2"),
            ("mul t0 5", "mul t1 7", "mul t0 35"),
            ("and t0 12", "and t1 10", "and t0 8"),
            ("or t0 12", "or t1 10", "or t0 14"),
            ("xor t0 12", "xor t1 10", "xor t0 6"),
            ("shl t0 12", "shl t1 10", "shl t0 22"),
            ("shl t0 22", "shl t1 10", "const 0"),
            ("shr_u t0 12", "shr_u t1 10", "shr_u t0 22"),
            ("shr_s t0 30", "shr_s t1 10", "shr_s t0 31"),
            ("shl t0 24", "shr_u t1 24", "and t0 255"),
            ("shr_u t0 8", "shl t1 8", "and t0 4294967040"),
        ] {
            let text = |line: &str| format!("t0 = gid\nt1 = {first}\nt2 = {line}\nt3 = const 0\nostore t3 t2");
            turns(simplified, &text(second), &text(after));
        }
    }

    #[test]
    fn a_step_of_a_variable_is_not_followed() {
        keeps(
            simplified,
            "t0 = gid
             v1 = add t0 5
             v1 = add v1 7
             t2 = add v1 1
             v1 = const 3
             t3 = add t2 1
             ostore t3 v1",
        );
    }

    #[test]
    fn signs_cancel_out() {
        let text =
            |line: &str| format!("t0 = gid\nt1 = neg t0\nt2 = param @0\nt3 = {line}\nt4 = const 0\nostore t4 t3");
        for (before, after) in [
            ("add t2 t1", "sub t2 t0"),
            ("add t1 t2", "sub t2 t0"),
            ("sub t2 t1", "add t2 t0"),
            ("neg t1", "mov t0"),
            ("sub t1 t2", "sub t1 t2"),
        ] {
            turns(simplified, &text(before), &text(after));
        }
    }

    #[test]
    fn a_field_at_an_end_of_the_word_takes_one_operation() {
        let text = |offset: u32, count: u32, line: &str| {
            format!("t0 = gid\nt1 = const {offset}\nt2 = const {count}\nt3 = {line}\nt4 = const 0\nostore t4 t3")
        };
        for (op, offset, count, after) in [
            ("extract_u", 0, 8, "and t0 255"),
            ("extract_u", 24, 8, "shr_u t0 24"),
            ("extract_u", 24, 99, "shr_u t0 24"),
            ("extract_s", 24, 8, "shr_s t0 24"),
            ("extract_u", 8, 0, "const 0"),
            ("extract_s", 40, 8, "const 0"),
            ("extract_s", 0, 32, "mov t0"),
            ("extract_u", 8, 8, "extract_u t0 t1 t2"),
            ("extract_s", 0, 8, "extract_s t0 t1 t2"),
        ] {
            turns(simplified, &text(offset, count, &format!("{op} t0 t1 t2")), &text(offset, count, after));
        }
    }

    #[test]
    fn an_entry_of_a_table_is_a_constant() {
        // The tables' run: three words from the first on.
        for (index, value) in [(0, 100), (2, 300), (3, 0)] {
            let text = |line: &str| format!("t0 = const {index}\nt1 = {line}\nt2 = const 0\nostore t2 t1");
            turns(simplified, &text("cload t0 +196608"), &text(&format!("const {value}")));
        }
        keeps(simplified, "t0 = gid\nt1 = cload t0 +196608\nostore t0 t1");
    }
}

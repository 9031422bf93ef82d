//! Moves private arrays to registers if every index is constant.

use std::collections::BTreeMap;

use touchstone_kir::Op;

use crate::{
    assemble::Outline,
    ir::{Body, Inst, Reg, NONE},
    share::Segment,
};

/// Most words that are moved to registers: some of the 256 registers must remain for computation.
const MAX_WORDS: usize = 192;

/// How a body uses a segment of scratch.
#[derive(Default)]
struct Uses {
    /// An index is known only at run time.
    indexed: bool,
    read: bool,
    /// Words within the segment.
    words: BTreeMap<u32, Reg>,
}

/// Replaces segments by registers, and removes those that nothing reads.
pub(super) fn promote(body: &mut Body, tables: &mut Outline) {
    let mut constants: Vec<Option<u32>> = vec![None; body.temporary.len()];
    for inst in body.code.iter().filter(|inst| inst.op == Op::Const && body.temporary[inst.d as usize]) {
        constants[inst.d as usize] = Some(inst.imm);
    }
    let word =
        |inst: &Inst| constants.get(inst.src[0] as usize).copied().flatten().map(|base| base.wrapping_add(inst.imm));
    let mut segments: Vec<Uses> = tables.segments.iter().map(|_| Uses::default()).collect();
    for inst in body.code.iter().filter(|inst| is_scratch(inst)) {
        let segment = usize::from(inst.table);
        let uses = &mut segments[segment];
        uses.read |= inst.op == Op::Sload;
        match word(inst) {
            Some(word) if word < u32::from(tables.segments[segment].words) => {
                uses.words.insert(word, NONE);
            }
            Some(_) => {}
            None => uses.indexed = true,
        }
    }
    let mut kept: Vec<Option<u16>> = Vec::new();
    let mut lengths = Vec::new();
    let mut start = Vec::new();
    // Arrays in registers, with how many.
    let mut promoted: Vec<(&Segment, usize)> = Vec::new();
    for (uses, segment) in segments.iter_mut().zip(&tables.segments) {
        let count = uses.words.len();
        let at_the_same_time =
            || promoted.iter().filter(|(other, _)| other.meets(segment)).map(|(_, count)| count).sum();
        let goes = !uses.read || !uses.indexed && count <= MAX_WORDS.saturating_sub(at_the_same_time());
        kept.push((!goes).then_some(lengths.len() as u16));
        if !goes {
            lengths.push(segment.clone());
        } else if uses.read {
            promoted.push((segment, count));
            for reg in uses.words.values_mut() {
                body.temporary.push(false);
                *reg = (body.temporary.len() - 1) as Reg;
                // Scratch is zero when an invocation starts.
                start.push(Inst::constant(*reg, 0));
            }
        }
    }
    if lengths.len() == tables.segments.len() {
        return;
    }
    tables.segments = lengths;
    let mut code = start;
    for inst in body.code.drain(..) {
        if !is_scratch(&inst) {
            code.push(inst);
            continue;
        }
        let segment = usize::from(inst.table);
        if let Some(number) = kept[segment] {
            code.push(Inst { table: number, ..inst });
            continue;
        }
        let held = word(&inst).and_then(|word| segments[segment].words.get(&word)).filter(|&&reg| reg != NONE);
        match (inst.op, held) {
            (Op::Sload, Some(&reg)) => code.push(Inst { origin: inst.origin, ..Inst::mov(inst.d, reg) }),
            (Op::Sload, None) => code.push(Inst { origin: inst.origin, ..Inst::constant(inst.d, 0) }),
            (_, Some(&reg)) => code.push(Inst { origin: inst.origin, ..Inst::mov(reg, inst.src[1]) }),
            // The access is out of range, or the word is never read.
            (_, None) => {}
        }
    }
    body.code = code;
}

fn is_scratch(inst: &Inst) -> bool {
    matches!(inst.op, Op::Sload | Op::Sstore)
}

#[cfg(test)]
mod tests {
    use super::promote;
    use crate::{
        ir::Body,
        share::Segment,
        testing::{body, lines, outline, run, text},
    };

    /// The body and the lengths of its segments.
    fn promoted(before: &str) -> (String, Vec<u16>) {
        let mut changed: Body = body(before);
        let mut tables = outline();
        tables.segments = [4, 7].map(Segment::forever).to_vec();
        promote(&mut changed, &mut tables);
        (text(&changed), tables.segments.iter().map(|segment| segment.words).collect())
    }

    #[test]
    fn an_array_whose_indices_are_known_lives_in_registers() {
        let before = "t0 = gid
             t1 = const 0
             t2 = const 2
             sstore t1 t0 +3 @0
             sstore t2 t0 @0
             t3 = sload t1 +2 @0
             t4 = sload t1 +1 @0
             t5 = sload t2 +2 @0
             t6 = sload t0 @1
             t7 = add t3 t4
             t8 = add t5 t6
             ostore t1 t7
             ostore t1 t8 +1";
        let after = "v9 = const 0
             v10 = const 0
             v11 = const 0
             t0 = gid
             t1 = const 0
             t2 = const 2
             v11 = mov t0
             v10 = mov t0
             t3 = mov v10
             t4 = mov v9
             t5 = const 0
             t6 = sload t0 @0
             t7 = add t3 t4
             t8 = add t5 t6
             ostore t1 t7
             ostore t1 t8 +1";
        assert_eq!(promoted(before), (lines(after), vec![7]));
        // In the tests' tables there is one segment, of four words.
        let alone = before.replace("@1", "@0").replace("t6 = sload t0", "t6 = sload t1");
        let mut changed = body(&alone);
        promote(&mut changed, &mut outline());
        assert_eq!(run(&changed), run(&body(&alone)));
    }

    #[test]
    fn an_array_that_nothing_reads_is_removed() {
        let before = "t0 = gid\nsstore t0 t0 @0\nt1 = sload t0 @1\nostore t0 t1";
        assert_eq!(promoted(before), (lines("t0 = gid\nt1 = sload t0 @0\nostore t0 t1"), vec![7]));
    }

    #[test]
    fn an_array_with_an_unknown_index_stays() {
        let before = "t0 = gid\nt1 = const 0\nsstore t1 t0 @0\nsstore t0 t0 @0\nt2 = sload t1 @0\nostore t0 t2";
        // The other is not used at all.
        assert_eq!(promoted(before), (lines(before), vec![4]));
    }
}

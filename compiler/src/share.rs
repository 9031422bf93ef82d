//! Packs private arrays into segments of scratch: arrays that are never needed at the same time share words.
//!
//! The front end gives every array its own segment, with the range of instructions in which it is needed. A kernel can
//! have only a few segments, so arrays whose lifetimes do not overlap are put into the same one. Arrays of the same
//! length simply share it. If that is not enough, arrays of different lengths share too. Then every access to a shorter
//! one whose index is not known is guarded: a load out of its range still gives 0, and a store there is still dropped.

use std::{collections::HashMap, ops::Range};

use naga::Span;
use touchstone_kir::{
    limits::{MAX_SCRATCH_WORDS, MAX_SEGMENTS},
    Op,
};

use crate::{
    ir::{Body, Inst, Reg, NONE},
    CompileError,
};

/// The end of the lifetime of an array that is needed until the kernel ends.
pub(crate) const FOREVER: usize = usize::MAX;

/// A private array in scratch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Segment {
    /// Its length in words.
    pub words: u16,
    /// Its lifetime: the index of its first instruction to that of its last, as they were lowered. An array with a
    /// lifetime that starts at 0 is zero at the start; every other array is written before it is read.
    pub life: Range<usize>,
    /// The part of the source that needs it.
    pub span: Span,
}

impl Segment {
    /// An array that is needed until the kernel ends.
    #[cfg(test)]
    pub(crate) fn forever(words: u16) -> Self {
        Segment { words, life: 0..FOREVER, span: Span::UNDEFINED }
    }

    /// Their lifetimes overlap.
    pub(crate) fn meets(&self, other: &Segment) -> bool {
        self.life.start < other.life.end && other.life.start < self.life.end
    }
}

/// A segment of the kernel.
#[derive(Clone, Copy)]
struct Home {
    words: u16,
    /// The end of the last lifetime in it.
    end: usize,
}

/// Packs the arrays into segments and returns the lengths of those.
pub(crate) fn share(body: &mut Body, segments: &[Segment]) -> Result<Vec<u16>, CompileError> {
    // The optimiser may have removed all accesses to some arrays.
    let mut is_used = vec![false; segments.len()];
    for inst in body.code.iter().filter(|inst| is_scratch(inst)) {
        is_used[usize::from(inst.table)] = true;
    }
    let mut order: Vec<usize> = (0..segments.len()).filter(|&at| is_used[at]).collect();
    order.sort_by_key(|&at| segments[at].life.start);
    let (homes, placed) = match settle(segments, &order, false) {
        Ok(settled) => settled,
        Err(_) => settle(segments, &order, true).map_err(|at| refusal(segments, &order, at))?,
    };
    move_in(body, segments, &homes, &placed);
    Ok(homes.iter().map(|home| home.words).collect())
}

/// The segments, and the segment of each array. The error is the first array that does not fit.
fn settle(segments: &[Segment], order: &[usize], mixed: bool) -> Result<(Vec<Home>, HashMap<usize, u16>), usize> {
    let mut homes: Vec<Home> = Vec::new();
    let mut placed = HashMap::new();
    for &at in order {
        let Segment { words, ref life, .. } = segments[at];
        // The segment that has to grow the least; if none has to grow, the shortest.
        let free = (0..homes.len())
            .filter(|&home| homes[home].end <= life.start && (mixed || homes[home].words == words))
            .min_by_key(|&home| (words.saturating_sub(homes[home].words), homes[home].words));
        let home = free.unwrap_or_else(|| {
            homes.push(Home { words, end: 0 });
            homes.len() - 1
        });
        homes[home] = Home { words: homes[home].words.max(words), end: life.end };
        placed.insert(at, home as u16);
        let taken: usize = homes.iter().map(|home| usize::from(home.words)).sum();
        if homes.len() > MAX_SEGMENTS || taken > MAX_SCRATCH_WORDS {
            return Err(at);
        }
    }
    Ok((homes, placed))
}

fn refusal(segments: &[Segment], order: &[usize], at: usize) -> CompileError {
    let start = segments[at].life.start;
    let needed: Vec<&Segment> =
        order.iter().map(|&at| &segments[at]).filter(|other| other.life.contains(&start)).collect();
    let words: usize = needed.iter().map(|segment| usize::from(segment.words)).sum();
    let error = CompileError::new("the private arrays do not fit into scratch").at(segments[at].span);
    if needed.len() > MAX_SEGMENTS {
        return error
            .note(format!(
                "here {} arrays are needed at the same time, and a kernel has at most {MAX_SEGMENTS}",
                needed.len()
            ))
            .note(
                "put several arrays into one (an array of structures, or one array with offsets), make read-only \
                 tables `const`, or move an array into a function that needs it only while it runs",
            );
    }
    error
        .note(format!(
            "here {words} words of arrays are needed at the same time ({} by this one), and a kernel has at most \
             {MAX_SCRATCH_WORDS}",
            segments[at].words
        ))
        .note(
            "make arrays shorter or pack several values into a word, pass arrays by pointer instead of by value, make \
             read-only tables `const`, or cut the work into several steps",
        )
}

/// Renumbers the accesses, and guards those to arrays that are shorter than their segment.
fn move_in(body: &mut Body, segments: &[Segment], homes: &[Home], placed: &HashMap<usize, u16>) {
    let mut constants: Vec<Option<u32>> = vec![None; body.temporary.len()];
    for inst in body.code.iter().filter(|inst| inst.op == Op::Const && body.temporary[inst.d as usize]) {
        constants[inst.d as usize] = Some(inst.imm);
    }
    let mut code = Vec::with_capacity(body.code.len());
    for mut inst in std::mem::take(&mut body.code) {
        if is_scratch(&inst) {
            let array = usize::from(inst.table);
            let length = segments[array].words;
            inst.table = placed.get(&array).copied().unwrap_or(0);
            let is_shorter = length < homes[usize::from(inst.table)].words;
            let known = constants.get(inst.src[0] as usize).copied().flatten();
            let is_inside = known.is_some_and(|base| base.wrapping_add(inst.imm) < length.into());
            if is_shorter && !is_inside {
                guard(body, &mut inst, length, &mut code);
            }
        }
        code.push(inst);
    }
    body.code = code;
}

/// Replaces an index of `length` or more by one that is out of range in every segment.
fn guard(body: &mut Body, inst: &mut Inst, length: u16, code: &mut Vec<Inst>) {
    let mut temporary = |made: Inst| -> Reg {
        body.temporary.push(true);
        let d = (body.temporary.len() - 1) as Reg;
        code.push(Inst { d, origin: inst.origin, ..made });
        d
    };
    let with = |op, a, imm| Inst { src: [a, NONE, NONE, NONE], immediate: true, imm, ..Inst::new(op) };
    let index = match inst.imm {
        0 => inst.src[0],
        imm => temporary(with(Op::Add, inst.src[0], imm)),
    };
    let is_inside = temporary(with(Op::LtU, index, length.into()));
    let outside = temporary(Inst::constant(NONE, u32::MAX));
    inst.src[0] = temporary(Inst { src: [index, outside, is_inside, NONE], ..Inst::new(Op::Select) });
    inst.imm = 0;
}

fn is_scratch(inst: &Inst) -> bool {
    matches!(inst.op, Op::Sload | Op::Sstore)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{body, lines, text};

    fn segment(words: u16, life: Range<usize>) -> Segment {
        Segment { words, life, span: Span::UNDEFINED }
    }

    /// The body, one load of each segment, and the lengths of the kernel's segments.
    fn shared(segments: &[Segment]) -> Result<(String, Vec<u16>), CompileError> {
        let loads: String = (0..segments.len()).map(|at| format!("t{} = sload t0 @{at}\n", at + 1)).collect();
        let mut changed = body(&format!("t0 = gid\n{loads}"));
        share(&mut changed, segments).map(|lengths| (text(&changed), lengths))
    }

    #[test]
    fn arrays_of_one_length_share_when_their_lives_do_not_meet() {
        let (text, lengths) = shared(&[segment(4, 0..5), segment(4, 5..9), segment(4, 7..12)]).unwrap();
        assert_eq!(lengths, [4, 4]);
        assert_eq!(text, lines("t0 = gid\nt1 = sload t0 @0\nt2 = sload t0 @0\nt3 = sload t0 @1"));
    }

    #[test]
    fn arrays_of_different_lengths_keep_to_themselves_while_there_is_space() {
        let (_, lengths) = shared(&[segment(4, 0..5), segment(5, 5..9)]).unwrap();
        assert_eq!(lengths, [4, 5]);
    }

    #[test]
    fn a_shorter_array_in_a_longer_segment_is_guarded() {
        let (text, lengths) = shared(&[segment(600, 0..5), segment(500, 5..9)]).unwrap();
        assert_eq!(lengths, [600]);
        let after = "t0 = gid
            t1 = sload t0 @0
            t3 = lt_u t0 500
            t4 = const 4294967295
            t5 = select t0 t4 t3
            t2 = sload t5 @0";
        assert_eq!(text, lines(after));
    }

    #[test]
    fn an_array_that_nothing_accesses_takes_nothing() {
        let mut nothing = body("t0 = gid");
        assert_eq!(share(&mut nothing, &[segment(2000, 0..5)]).unwrap(), [0u16; 0]);
    }

    #[test]
    fn the_refusal_names_the_limit_that_is_reached() {
        let seventeen: Vec<Segment> = (0..17).map(|_| Segment::forever(2)).collect();
        let error = shared(&seventeen).unwrap_err();
        assert!(error.notes[0].contains("17 arrays are needed at the same time"), "{:?}", error.notes);
        let error = shared(&[Segment::forever(1000), segment(25, 3..9)]).unwrap_err();
        assert!(
            error.notes[0].contains("1025 words of arrays are needed at the same time (25 by"),
            "{:?}",
            error.notes
        );
    }
}

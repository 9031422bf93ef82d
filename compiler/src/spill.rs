//! Spilling: keeps values in scratch where there are not enough registers.

use touchstone_kir::{
    limits::{MAX_SCRATCH_WORDS, MAX_SEGMENTS},
    Op,
};

use crate::{
    interval::Interval,
    ir::{Body, Inst, Reg, NONE},
};

/// Number of values that are spilled at a time.
const AT_ONCE: usize = 16;

/// The values that have been spilled, and where they are.
#[derive(Default)]
pub(crate) struct Spills {
    /// Registers that cannot be spilled: those made for spilling, and those that are stored to scratch where they are
    /// written.
    stays: Vec<bool>,
    /// A register that holds 0, the index to which the offset of a slot is added.
    zero: Option<Reg>,
    /// The segment of scratch.
    segment: Option<usize>,
}

/// Where a value is kept.
#[derive(Clone, Copy)]
enum Home {
    /// It is computed again for each use: a constant or a parameter.
    Again(Inst),
    /// A word of the segment.
    Slot(u32),
}

impl Spills {
    /// Spills some of the values that are live at a place where there are too many. `false` if none can be spilled.
    pub(crate) fn relieve(
        &mut self,
        body: &mut Body,
        intervals: &[Option<Interval>],
        place: usize,
        segments: &mut Vec<u16>,
    ) -> bool {
        self.stays.resize(body.temporary.len(), false);
        let again = again(body);
        let weights = weights(body);
        // The values whose next use is furthest away are spilled first.
        let mut candidates: Vec<(u64, Reg)> = (0..body.temporary.len() as Reg)
            .filter(|&reg| !self.stays[reg as usize])
            .filter_map(|reg| {
                let interval = intervals.get(reg as usize).copied().flatten()?;
                let length = (interval.end - interval.start) as u64;
                let held = interval.start < place && interval.end > place && length > 8;
                let bonus = if again[reg as usize].is_some() { 4 } else { 1 };
                held.then(|| (bonus * (length << 16) / weights[reg as usize].max(1), reg))
            })
            .collect();
        candidates.sort_unstable_by_key(|&(score, reg)| (std::cmp::Reverse(score), reg));
        let mut homes: Vec<Option<Home>> = vec![None; body.temporary.len()];
        let mut count = 0;
        for (_, reg) in candidates.into_iter().take(AT_ONCE) {
            let home = match again[reg as usize] {
                Some(inst) => Some(Home::Again(inst)),
                None => self.slot(segments).map(Home::Slot),
            };
            count += usize::from(home.is_some());
            homes[reg as usize] = home;
        }
        if count > 0 {
            self.rewrite(body, &homes);
        }
        count > 0
    }

    fn slot(&mut self, segments: &mut Vec<u16>) -> Option<u32> {
        let used: usize = segments.iter().map(|&words| usize::from(words)).sum();
        if used >= MAX_SCRATCH_WORDS || self.segment.is_none() && segments.len() >= MAX_SEGMENTS {
            return None;
        }
        let segment = *self.segment.get_or_insert_with(|| {
            segments.push(0);
            segments.len() - 1
        });
        segments[segment] += 1;
        Some(u32::from(segments[segment]) - 1)
    }

    fn fresh(&mut self, body: &mut Body, is_temporary: bool) -> Reg {
        body.temporary.push(is_temporary);
        self.stays.push(true);
        (body.temporary.len() - 1) as Reg
    }

    fn rewrite(&mut self, body: &mut Body, homes: &[Option<Home>]) {
        let home = |reg: Reg| homes.get(reg as usize).copied().flatten();
        let code = std::mem::take(&mut body.code);
        let mut out = Vec::with_capacity(code.len());
        if let (None, Some(_)) = (self.zero, self.segment) {
            let zero = self.fresh(body, true);
            out.push(Inst::constant(zero, 0));
            self.zero = Some(zero);
        }
        let (zero, segment) = (self.zero.unwrap_or(NONE), self.segment.unwrap_or(0) as u16);
        for mut inst in code {
            let accumulates = inst.accumulates();
            let is_wide = inst.writes().len() > 1;
            let own = (inst.d != NONE && !is_wide).then(|| home(inst.d)).flatten();
            if matches!(own, Some(Home::Again(_))) {
                continue;
            }
            let load = |d: Reg, home: Home| match home {
                Home::Again(again) => Inst { d, origin: inst.origin, ..again },
                Home::Slot(slot) => Inst {
                    d,
                    src: [zero, NONE, NONE, NONE],
                    table: segment,
                    imm: slot,
                    origin: inst.origin,
                    ..Inst::new(Op::Sload)
                },
            };
            let store = |value: Reg, slot: u32| Inst {
                src: [zero, value, NONE, NONE],
                table: segment,
                imm: slot,
                origin: inst.origin,
                ..Inst::new(Op::Sstore)
            };
            let sources = inst.src;
            for (at, &reg) in sources.iter().enumerate().filter(|&(_, &reg)| reg != NONE) {
                let Some(home) = home(reg) else { continue };
                // A value that the instruction reads twice is loaded once.
                match sources[..at].iter().position(|&earlier| earlier == reg) {
                    Some(earlier) => inst.src[at] = inst.src[earlier],
                    None => {
                        let d = self.fresh(body, true);
                        out.push(load(d, home));
                        inst.src[at] = d;
                    }
                }
            }
            // The words of a group are written to consecutive registers, and stored from there.
            if is_wide {
                out.push(inst);
                for reg in inst.writes() {
                    if let Some(Home::Slot(slot)) = home(reg) {
                        out.push(store(reg, slot));
                        self.stays[reg as usize] = true;
                    }
                }
                continue;
            }
            let Some(Home::Slot(slot)) = own else {
                out.push(inst);
                continue;
            };
            let d = self.fresh(body, !accumulates);
            if accumulates {
                out.push(load(d, Home::Slot(slot)));
            }
            inst.d = d;
            out.push(inst);
            out.push(store(d, slot));
        }
        body.code = out;
    }
}

/// By register, the instruction that can be executed again to get its value.
fn again(body: &Body) -> Vec<Option<Inst>> {
    let mut again = vec![None; body.temporary.len()];
    for inst in &body.code {
        let is_given = matches!(inst.op, Op::Const | Op::Gid | Op::Param | Op::Len);
        if is_given && body.temporary[inst.d as usize] {
            again[inst.d as usize] = Some(*inst);
        }
    }
    again
}

/// By register, how often it is read and written; each loop around an access counts it eight times.
fn weights(body: &Body) -> Vec<u64> {
    let mut weights = vec![0u64; body.temporary.len()];
    let mut depth = 0u32;
    for inst in &body.code {
        depth += u32::from(inst.op == Op::Loop);
        for reg in inst.reads().chain(inst.writes()) {
            weights[reg as usize] = weights[reg as usize].saturating_add(1 << (3 * depth.min(10)));
        }
        depth -= u32::from(inst.op == Op::EndLoop);
    }
    weights
}

#[cfg(test)]
mod tests {
    use crate::{
        allocate::allocate,
        assemble::assemble,
        testing::{body, lengths, outline, run},
    };
    use touchstone_kir::{interpret, Kernel, Slices};

    /// A body that holds so many products at a time, and the words that its first invocations compute from them.
    fn products(values: u32) -> (String, Vec<u32>) {
        let sum = values + 1;
        let held: String = (1..=values).map(|at| format!("t{at} = mul t0 {at}\n")).collect();
        let used: String = (1..=values)
            .rev()
            .map(|at| format!("t{0} = mul v{sum} t{at}\nv{sum} = add v{sum} t{0}\n", sum + at))
            .collect();
        let last = sum + values + 1;
        let text = format!("t0 = gid\n{held}v{sum} = const 1\n{used}t{last} = const 0\nostore t{last} v{sum}\n");
        let of =
            |g: u32| (1..=values).rev().fold(1u32, |sum, at| sum.wrapping_add(sum.wrapping_mul(g.wrapping_mul(at))));
        (text, (0..6).map(of).collect())
    }

    /// The first words of the first windows, and the words of scratch in addition to those of the test.
    fn first_words(text: &str) -> (Vec<u32>, usize) {
        let tables = outline();
        let allocated = allocate(body(text), lengths(&tables)).unwrap();
        let words = allocated.segments[1..].iter().map(|&words| usize::from(words)).sum();
        let kernel = Kernel::from_module(assemble(allocated, tables).unwrap()).unwrap();
        let lengths = [64, 64];
        let fuel = kernel.cost(&[2, 5], &lengths).unwrap().fuel;
        let input = [0; 64];
        let run = |at| interpret(&kernel, &[2, 5], &lengths, at, &mut Slices(&[&input, &input]), fuel).unwrap()[0];
        ((0..6).map(run).collect(), words)
    }

    #[test]
    fn more_values_than_registers_are_kept_in_scratch() {
        for (values, spills) in [(200, false), (250, false), (256, true), (300, true), (700, true)] {
            let (text, expected) = products(values);
            let (got, words) = first_words(&text);
            assert_eq!(got, expected, "{values}");
            assert_eq!(words > 0, spills, "{values}: {words}");
        }
    }

    #[test]
    fn constants_are_written_again_rather_than_kept() {
        let text: String = std::iter::once("t0 = gid\nv1 = const 1\n".to_owned())
            .chain((2..400).map(|at| format!("t{at} = const {at}\n")))
            .chain((2..400).rev().map(|at| format!("v1 = mad v1 t{at}\n")))
            .chain(["ostore t2 v1 +4294967294\n".to_owned()])
            .collect();
        let expected = (2..400u32).rev().fold(1u32, |sum, at| sum.wrapping_add(sum.wrapping_mul(at)));
        let (got, words) = first_words(&text);
        assert_eq!((got, words), (vec![expected; 6], 0));
    }

    #[test]
    fn an_accumulator_may_be_kept_in_scratch() {
        // Two hundred and sixty sums, each added to in a loop.
        let sums: String = (10..270).map(|at| format!("v{at} = add t0 {at}\n")).collect();
        let adds: String = (10..270).map(|at| format!("v{at} = mad t0 v{at}\n")).collect();
        let reads: String = (10..270).map(|at| format!("v1 = xor v1 v{at}\n")).collect();
        let text = format!("t0 = gid\n{sums}loop #1 @0\n{adds}end_loop #1 @0\n{reads}t2 = const 0\nostore t2 v1\n");
        let expected = |g: u32| {
            (10..270u32).fold(0, |all, at| {
                let sum = (0..3).fold(g.wrapping_add(at), |sum, _| sum.wrapping_add(g.wrapping_mul(sum)));
                all ^ sum
            })
        };
        let (got, words) = first_words(&text);
        assert_eq!(got, (0..6).map(expected).collect::<Vec<_>>());
        assert!(words > 0);
    }

    #[test]
    fn without_scratch_there_is_an_end() {
        let (text, _) = products(300);
        let full = vec![1024];
        let error = allocate(body(&text), full).unwrap_err();
        assert_eq!(error.message, "the kernel needs more registers than there are");
        let many = vec![1; 16];
        assert!(allocate(body(&text), many).is_err());
    }

    #[test]
    fn what_fits_is_left_alone() {
        let text = "t0 = gid\nt1 = add t0 1\nostore t0 t1";
        assert_eq!(first_words(text).1, 0);
        assert_eq!(run(&body(text)).len(), 24);
    }
}

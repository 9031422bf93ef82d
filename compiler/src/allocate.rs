//! Register allocation: maps any number of virtual registers to at most 256, by liveness analysis and a linear scan.
//!
//! A register is live wherever its value may still be read. Liveness is computed by iterating backwards over the
//! control flow. The interval from the first to the last point at which a register is live gets one machine register;
//! registers whose intervals overlap never share one.

use touchstone_kir::{limits, Op};

use crate::{
    interval::Interval,
    ir::{origin, Body, Inst, Reg},
    spill::Spills,
    CompileError,
};

#[cfg(test)]
mod tests;

/// A body after register allocation.
#[derive(Debug)]
pub(crate) struct Allocated {
    /// The instructions; every register is below `registers`.
    pub code: Vec<Inst>,
    /// Registers in use.
    pub registers: u16,
    /// Lengths of the segments of scratch.
    pub segments: Vec<u16>,
}

/// Allocates registers and removes copies that have become redundant. Values that do not fit into registers are spilled
/// to one more segment of scratch.
pub(crate) fn allocate(mut body: Body, mut segments: Vec<u16>) -> Result<Allocated, CompileError> {
    check_length(&body.code)?;
    compact(&mut body);
    remove_dead_stores(&mut body);
    let mut spills = Spills::default();
    let (map, registers) = loop {
        let intervals = intervals(&body);
        match scan(&body, &intervals) {
            Ok(found) => break found,
            Err(place) => {
                if !spills.relieve(&mut body, &intervals, place, &mut segments) {
                    return Err(too_many().at(origin(&body.code, place / 2)));
                }
                check_length(&body.code)?;
            }
        }
    };
    let mut code = body.code;
    for inst in &mut code {
        for slot in inst.src.iter_mut().chain([&mut inst.d]) {
            if let Some(&reg) = map.get(*slot as usize) {
                *slot = reg;
            }
        }
    }
    code.retain(|inst| inst.op != Op::Mov || inst.src[0] != inst.d);
    Ok(Allocated { code, registers: registers.max(1), segments })
}

fn check_length(code: &[Inst]) -> Result<(), CompileError> {
    if code.len() <= limits::MAX_INSTRUCTIONS {
        return Ok(());
    }
    Err(CompileError::new(format!("the kernel has {} instructions", code.len()))
        .note(format!(
            "a kernel has at most {}, with every function inlined at each of its calls: here they are over",
            limits::MAX_INSTRUCTIONS
        ))
        .note("use a loop for repeated code, a `const` array for a table, or several steps")
        .at(origin(code, limits::MAX_INSTRUCTIONS)))
}

/// Renumbers the remaining registers without gaps; the four of a `load4` stay consecutive.
fn compact(body: &mut Body) {
    let mut numbers = vec![Reg::MAX; body.temporary.len()];
    let mut temporary = Vec::new();
    for inst in &body.code {
        for reg in inst.writes().chain(inst.reads()) {
            let old = reg as usize;
            if numbers[old] == Reg::MAX {
                numbers[old] = temporary.len() as Reg;
                temporary.push(body.temporary[old]);
            }
        }
    }
    for inst in &mut body.code {
        for slot in inst.src.iter_mut().chain([&mut inst.d]) {
            if let Some(&number) = numbers.get(*slot as usize) {
                *slot = number;
            }
        }
    }
    body.temporary = temporary;
}

/// Sets of registers, one per instruction.
struct Sets {
    words: usize,
    bits: Vec<u64>,
}

impl Sets {
    fn new(sets: usize, registers: usize) -> Self {
        let words = registers.div_ceil(64);
        Sets { words, bits: vec![0; sets * words] }
    }

    fn has(&self, set: usize, reg: Reg) -> bool {
        self.bits[set * self.words + reg as usize / 64] >> (reg % 64) & 1 == 1
    }

    fn members(&self, set: usize) -> impl Iterator<Item = Reg> + '_ {
        let words = &self.bits[set * self.words..(set + 1) * self.words];
        words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(at as Reg * 64 + bit)
            })
        })
    }

    /// Adds one set to another of the same shape.
    fn add_to(&self, set: usize, out: &mut [u64]) {
        let from = &self.bits[set * self.words..(set + 1) * self.words];
        for (word, &more) in out.iter_mut().zip(from) {
            *word |= more;
        }
    }

    fn replace(&mut self, set: usize, with: &[u64]) -> bool {
        let to = &mut self.bits[set * self.words..(set + 1) * self.words];
        let changed = to != with;
        to.copy_from_slice(with);
        changed
    }
}

/// The successors of each instruction in the control flow.
fn successors(code: &[Inst]) -> Vec<[Option<usize>; 2]> {
    let labels = code.iter().map(|inst| inst.label as usize + 1).max().unwrap_or(0);
    let (mut open, mut other, mut end) = (vec![0; labels], vec![0; labels], vec![0; labels]);
    for (at, inst) in code.iter().enumerate() {
        let label = inst.label as usize;
        if inst.opens() {
            open[label] = at;
        } else if inst.op == Op::Else {
            other[label] = at;
        } else if inst.closes() {
            end[label] = at;
        }
    }
    code.iter()
        .enumerate()
        .map(|(at, inst)| {
            let label = inst.label as usize;
            let next = Some(at + 1);
            match inst.op {
                Op::If if other[label] > 0 => [next, Some(other[label] + 1)],
                Op::If => [next, Some(end[label])],
                Op::Else => [Some(end[label]), None],
                Op::Loop => [next, Some(end[label] + 1)],
                Op::EndLoop => [next, Some(open[label] + 1)],
                Op::Break => [Some(end[label] + 1), None],
                Op::BreakIf => [next, Some(end[label] + 1)],
                Op::Continue => [Some(end[label]), None],
                Op::ContinueIf => [next, Some(end[label])],
                _ => [next, None],
            }
        })
        .collect()
}

/// The registers that are live before each instruction; the last set is empty. A register that is read only to compute
/// a dead result is not live.
fn live_before(body: &Body) -> (Sets, Vec<[Option<usize>; 2]>) {
    let code = &body.code;
    let successors = successors(code);
    let mut live = Sets::new(code.len() + 1, body.temporary.len());
    let mut set = vec![0u64; live.words];
    loop {
        let mut changed = false;
        for at in (0..code.len()).rev() {
            set.fill(0);
            for next in successors[at].into_iter().flatten() {
                live.add_to(next, &mut set);
            }
            let inst = &code[at];
            let wanted = |reg: Reg| set[reg as usize / 64] >> (reg % 64) & 1 == 1;
            if inst.is_removable() && !inst.writes().any(wanted) {
                changed |= live.replace(at, &set);
                continue;
            }
            for reg in inst.writes() {
                set[reg as usize / 64] &= !(1 << (reg % 64));
            }
            for reg in inst.reads() {
                set[reg as usize / 64] |= 1 << (reg % 64);
            }
            changed |= live.replace(at, &set);
        }
        if !changed {
            return (live, successors);
        }
    }
}

/// Removes writes whose value is never read.
fn remove_dead_stores(body: &mut Body) {
    loop {
        let (live, successors) = live_before(body);
        let wanted = |at: usize, inst: &Inst| {
            inst.writes().any(|reg| successors[at].into_iter().flatten().any(|next| live.has(next, reg)))
        };
        let keep: Vec<bool> =
            body.code.iter().enumerate().map(|(at, inst)| !inst.is_removable() || wanted(at, inst)).collect();
        if !keep.contains(&false) {
            return;
        }
        let mut at = 0;
        body.code.retain(|_| {
            at += 1;
            keep[at - 1]
        });
    }
}

fn intervals(body: &Body) -> Vec<Option<Interval>> {
    let (live, _) = live_before(body);
    let mut intervals: Vec<Option<Interval>> = vec![None; body.temporary.len()];
    let mut extend = |reg: Reg, place: usize| {
        let slot = &mut intervals[reg as usize];
        *slot = Some(match *slot {
            Some(Interval { start, end }) => Interval { start: start.min(place), end: end.max(place) },
            None => Interval { start: place, end: place },
        });
    };
    for (at, inst) in body.code.iter().enumerate() {
        live.members(at).for_each(|reg| extend(reg, 2 * at));
        for reg in inst.reads() {
            extend(reg, 2 * at);
        }
        for reg in inst.writes() {
            extend(reg, 2 * at + 1);
        }
        // The four results are written one after the other, so none of them may share a register with the index.
        if inst.writes().len() > 1 {
            for reg in inst.reads() {
                extend(reg, 2 * at + 1);
            }
        }
    }
    intervals
}

/// Assigns machine registers in the order in which intervals start. If there are too few, the error is the place where
/// they run out.
fn scan(body: &Body, intervals: &[Option<Interval>]) -> Result<(Vec<Reg>, u16), usize> {
    let groups = groups(body);
    let hints = hints(body);
    let mut order: Vec<(Interval, Reg, u32)> = groups
        .iter()
        .filter_map(|&(first, count)| {
            let members = (first..first + count).filter_map(|reg| intervals[reg as usize]);
            let start = members.map(|interval| interval.start).min()?;
            let interval = Interval { start, end: start };
            Some((interval, first, count))
        })
        .collect();
    order.sort_by_key(|&(interval, first, _)| (interval.start, first));
    let mut map = vec![Reg::MAX; body.temporary.len()];
    // By machine register: the last place at which it is in use.
    let mut taken_until: [Option<usize>; limits::MAX_REGISTERS] = [None; limits::MAX_REGISTERS];
    let mut used = 0;
    for (interval, first, count) in order {
        let free = |at: usize| {
            let slots = taken_until.get(at..at + count as usize);
            slots.is_some_and(|slots| slots.iter().all(|until| until.is_none_or(|until| until < interval.start)))
        };
        let hinted = hints[first as usize]
            .iter()
            .map(|&hint| map[hint as usize])
            .find(|&reg| reg != Reg::MAX && count == 1 && free(reg as usize));
        let chosen = match hinted {
            Some(reg) => reg as usize,
            None => (0..limits::MAX_REGISTERS).find(|&at| free(at)).ok_or(interval.start)?,
        };
        for member in 0..count {
            let Some(interval) = intervals[(first + member) as usize] else {
                continue;
            };
            map[(first + member) as usize] = chosen as Reg + member;
            taken_until[chosen + member as usize] = Some(interval.end);
        }
        used = used.max(chosen + count as usize);
    }
    Ok((map, used as u16))
}

fn too_many() -> CompileError {
    CompileError::new("the kernel needs more registers than there are").note(format!(
        "{} values can be held at a time, and one more is needed here: compute it where it is used, or put values into \
         an array in `var<private>` and index it",
        limits::MAX_REGISTERS
    ))
}

/// Groups of registers that need consecutive machine registers, as (first, count); all others are groups of one.
fn groups(body: &Body) -> Vec<(Reg, u32)> {
    let mut groups = Vec::new();
    let mut grouped = vec![false; body.temporary.len()];
    for inst in &body.code {
        let writes = inst.writes();
        if writes.len() > 1 {
            groups.push((writes.start, writes.len() as u32));
            grouped[writes.start as usize..writes.end as usize].fill(true);
        }
    }
    groups.extend((0..body.temporary.len() as Reg).filter(|&reg| !grouped[reg as usize]).map(|reg| (reg, 1)));
    groups
}

/// For each register, those that it is copied from or to.
fn hints(body: &Body) -> Vec<Vec<Reg>> {
    let mut hints = vec![Vec::new(); body.temporary.len()];
    for inst in body.code.iter().filter(|inst| inst.op == Op::Mov) {
        hints[inst.d as usize].push(inst.src[0]);
        hints[inst.src[0] as usize].push(inst.d);
    }
    hints
}

//! Removes instructions from code and corrects its targets.

use touchstone_kir::{Instr, Op};

/// The code without some instructions, and without the matching ends of constructs that they open or close.
pub(crate) fn without(code: &[Instr], from: usize, length: usize) -> Option<Vec<Instr>> {
    let mut gone = vec![false; code.len()];
    gone[from..from + length].fill(true);
    // Matching instructions are removed together, and so are branches out of removed constructs.
    let mut open: Vec<Vec<usize>> = Vec::new();
    for (at, instr) in code.iter().enumerate() {
        match instr.opcode()? {
            Op::If | Op::Block | Op::Loop => open.push(vec![at]),
            Op::Else => open.last_mut()?.push(at),
            Op::End | Op::EndLoop => {
                let mut whole = open.pop()?;
                whole.push(at);
                let is_else_alone = whole.len() == 3 && gone[whole[1]] && !gone[whole[0]] && !gone[at];
                if whole.iter().any(|at| gone[*at]) && !is_else_alone {
                    whole.into_iter().for_each(|at| gone[at] = true);
                }
            }
            _ => {}
        }
    }
    relink(code, &gone)
}

/// The remaining code with new levels, depths and targets.
pub(crate) fn relink(code: &[Instr], gone: &[bool]) -> Option<Vec<Instr>> {
    struct OpenConstruct {
        /// Index in the new code; `None` if it was removed.
        start: Option<usize>,
        otherwise: Option<usize>,
        branches: Vec<usize>,
        is_loop: bool,
    }
    let mut kept: Vec<Instr> = Vec::new();
    let mut open: Vec<OpenConstruct> = Vec::new();
    for (at, instr) in code.iter().enumerate() {
        let mut instr = *instr;
        let op = instr.opcode()?;
        let loops = open.iter().filter(|open| open.is_loop && open.start.is_some()).count() as u8;
        let here = kept.len();
        match op {
            Op::If | Op::Block | Op::Loop => {
                instr.d = if op == Op::Loop { loops } else { 0 };
                let start = (!gone[at]).then_some(here);
                open.push(OpenConstruct { start, otherwise: None, branches: vec![], is_loop: op == Op::Loop });
            }
            Op::Else if !gone[at] => open.last_mut()?.otherwise = Some(here),
            Op::End | Op::EndLoop => {
                let closed = open.pop()?;
                if let Some(start) = closed.start {
                    let end = here as u16;
                    match closed.is_loop {
                        true => {
                            let bound = kept[start].high();
                            kept[start].imm = Instr::pack(end, bound);
                            instr.imm = Instr::pack(start as u16, bound);
                            instr.d = loops - 1;
                        }
                        false if kept[start].opcode() == Some(Op::If) => {
                            let middle = closed.otherwise.map_or(end, |middle| middle as u16);
                            kept[start].imm = Instr::pack(middle, end);
                        }
                        false => kept[start].imm = end.into(),
                    }
                    for branch in closed.branches.into_iter().chain(closed.otherwise) {
                        kept[branch].imm = end.into();
                    }
                }
            }
            Op::Break | Op::BreakIf | Op::Continue | Op::ContinueIf if !gone[at] => {
                let target = open.len().checked_sub(1 + usize::from(instr.b))?;
                if open[target].start.is_none() {
                    continue;
                }
                instr.b = open[target + 1..].iter().filter(|open| open.start.is_some()).count() as u8;
                open[target].branches.push(here);
            }
            _ => {}
        }
        if !gone[at] {
            kept.push(instr);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

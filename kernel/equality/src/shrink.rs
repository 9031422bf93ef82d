use touchstone_kernel::{Instr, Kernel, Module, Op};

use crate::Case;

/// A smaller case that still fails: fewer invocations, fewer instructions, simpler operands and inputs, as far as single
/// changes go.
pub fn shrink(case: &Case, fails: &dyn Fn(&Case) -> bool) -> Case {
    let mut best = case.clone();
    if let Some(one) = best.invocations.iter().map(|invocation| only(&best, *invocation)).find(|case| fails(case)) {
        best = one;
    }
    loop {
        let before = weight(&best);
        drop_code(&mut best, fails);
        simplify(&mut best, fails);
        if weight(&best) >= before {
            return best;
        }
    }
}

fn only(case: &Case, invocation: u32) -> Case {
    Case { invocations: vec![invocation], ..case.clone() }
}

/// Bytes that are not 0, and all bytes.
fn weight(case: &Case) -> (usize, usize) {
    let bytes = || case.kernel.iter().chain(case.inputs.iter().flatten());
    (case.kernel.len() + bytes().filter(|byte| **byte != 0).count(), case.inputs.iter().map(Vec::len).sum())
}

/// Replaces the best case, if what is tried is another one that still fails.
fn attempt(best: &mut Case, tried: Case, fails: &dyn Fn(&Case) -> bool) -> bool {
    let better = weight(&tried) < weight(best) && fails(&tried);
    if better {
        *best = tried;
    }
    better
}

fn module(case: &Case) -> Option<Module> {
    Kernel::decode(&case.kernel).ok().map(|kernel| kernel.module().clone())
}

/// Drops runs of instructions, long ones first.
fn drop_code(best: &mut Case, fails: &dyn Fn(&Case) -> bool) {
    let Some(mut code) = module(best).map(|module| module.code) else { return };
    let mut length = code.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at + length <= code.len() {
            let kept = without(&code, at, length);
            let tried = module(best).zip(kept).map(|(module, code)| Module { code, ..module });
            let is_better = tried.is_some_and(|module| attempt(best, with(best, &module), fails));
            match module(best) {
                Some(module) if is_better => code = module.code,
                _ => at += length,
            }
        }
        length /= 2;
    }
}

fn with(case: &Case, module: &Module) -> Case {
    Case { kernel: module.encode(), ..case.clone() }
}

/// The code without some instructions, and without the other ends of the constructs that they open or close.
fn without(code: &[Instr], from: usize, length: usize) -> Option<Vec<Instr>> {
    let mut gone = vec![false; code.len()];
    gone[from..from + length].fill(true);
    // What belongs together goes together, and branches that lead out of what has gone go as well.
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

/// What is kept, with its levels, depths and targets made anew.
fn relink(code: &[Instr], gone: &[bool]) -> Option<Vec<Instr>> {
    struct Open {
        /// Place in the new code; `None` if it has gone.
        start: Option<usize>,
        otherwise: Option<usize>,
        branches: Vec<usize>,
        is_loop: bool,
    }
    let mut kept: Vec<Instr> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for (at, instr) in code.iter().enumerate() {
        let mut instr = *instr;
        let op = instr.opcode()?;
        let loops = open.iter().filter(|open| open.is_loop && open.start.is_some()).count() as u8;
        let here = kept.len();
        match op {
            Op::If | Op::Block | Op::Loop => {
                instr.d = if op == Op::Loop { loops } else { 0 };
                let start = (!gone[at]).then_some(here);
                open.push(Open { start, otherwise: None, branches: vec![], is_loop: op == Op::Loop });
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

/// Makes operands, tables and inputs simpler, one at a time.
fn simplify(best: &mut Case, fails: &dyn Fn(&Case) -> bool) {
    let Some(lawful) = module(best) else { return };
    for at in 0..lawful.code.len() {
        let changes: [fn(&mut Instr); 5] = [
            |instr| instr.imm = 0,
            |instr| instr.imm &= 0xFFFF,
            |instr| instr.d = 0,
            |instr| instr.a = 0,
            |instr| instr.b = 0,
        ];
        for change in changes {
            let Some(mut module) = module(best) else { return };
            change(&mut module.code[at]);
            attempt(best, with(best, &module), fails);
        }
    }
    let tables: [fn(&mut Module); 5] = [
        |module| module.constants.truncate(module.constants.len().saturating_sub(1)),
        |module| module.segments.truncate(module.segments.len().saturating_sub(1)),
        |module| module.views.truncate(module.views.len().saturating_sub(1)),
        |module| module.bounds.truncate(module.bounds.len().saturating_sub(1)),
        |module| module.window = 1.max(module.window / 2),
    ];
    for shorten in tables {
        while module(best).is_some_and(|mut module| {
            shorten(&mut module);
            attempt(best, with(best, &module), fails)
        }) {}
    }
    for input in 0..best.inputs.len() {
        let halves: [fn(&mut Vec<u8>); 2] =
            [|bytes| bytes.truncate((bytes.len() / 8).max(1) * 4), |bytes| bytes.fill(0)];
        for change in halves {
            loop {
                let mut tried = best.clone();
                change(&mut tried.inputs[input]);
                if !attempt(best, tried, fails) {
                    break;
                }
            }
        }
    }
}

use touchstone_kir::{Instr, Kernel, Module};

use crate::{code::without, Case};

/// A smaller case that still fails: fewer invocations, fewer instructions, simpler operands and inputs, as far as
/// single changes allow.
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

/// Number of non-zero bytes, and of all bytes.
fn weight(case: &Case) -> (usize, usize) {
    let bytes = || case.kernel.iter().chain(case.inputs.iter().flatten());
    (case.kernel.len() + bytes().filter(|byte| **byte != 0).count(), case.inputs.iter().map(Vec::len).sum())
}

/// Replaces the best case if the candidate differs and still fails.
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

/// Makes operands, tables and inputs simpler, one at a time.
fn simplify(best: &mut Case, fails: &dyn Fn(&Case) -> bool) {
    let Some(valid) = module(best) else { return };
    for at in 0..valid.code.len() {
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

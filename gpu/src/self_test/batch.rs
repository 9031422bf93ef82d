//! Vectors as steps: many invocations of one kernel that differ in their parameters become one dispatch.

use std::{collections::BTreeMap, ops::Range};

use touchstone_kir::{limits::MAX_INPUTS, Bound, Instr, Kernel, Op};
use touchstone_vectors::{Case, Runs};

use super::run::lengths;
use crate::rewrite::rewrite;

/// A step and its expected words.
pub(super) struct Batch<'a> {
    pub kernel: Kernel,
    pub params: Vec<u32>,
    pub inputs: Vec<Vec<u8>>,
    pub range: Range<u32>,
    /// One for each invocation of the range.
    pub cases: Vec<&'a Case>,
}

/// The smallest number of steps that run all cases of the vector. Cases that are not admitted as a step are left out:
/// parameters that make a kernel too expensive, an invocation index that no step has.
pub(super) fn batches<'a>(file: &str, kernel: &Kernel, runs: &'a Runs) -> Vec<Batch<'a>> {
    let is_about_them = ["param", "gid", "random"].contains(&file);
    let takes_another_input = usize::from(kernel.module().inputs) < MAX_INPUTS;
    let mut batches = Vec::new();
    // Cases with the same bounds can share one kernel, in which the bounds are constants.
    let mut groups: BTreeMap<Vec<u32>, Vec<&Case>> = BTreeMap::new();
    for case in &runs.cases {
        let bounds = kernel.module().bounds.iter().map(|bound| bound.value(&case.params)).collect();
        groups.entry(bounds).or_default().push(case);
    }
    for (bounds, cases) in groups {
        let together = (!is_about_them && takes_another_input && cases.len() > 1)
            .then(|| gathered(kernel, &bounds, runs, &cases).filter(is_admitted))
            .flatten();
        match together {
            Some(batch) => batches.push(batch),
            None => batches.extend(one_by_one(kernel, runs, &cases)),
        }
    }
    batches.retain(is_admitted);
    batches
}

/// A step for each run of invocations with the same parameters.
fn one_by_one<'a>(kernel: &Kernel, runs: &Runs, cases: &[&'a Case]) -> Vec<Batch<'a>> {
    let mut batches: Vec<Batch> = Vec::new();
    for &case in cases {
        // A step has at most 2³² - 1 invocations.
        let Some(end) = case.invocation.checked_add(1) else { continue };
        match batches.last_mut() {
            Some(last) if last.params == case.params && last.range.end == case.invocation => {
                last.range.end = end;
                last.cases.push(case);
            }
            _ => batches.push(Batch {
                kernel: kernel.clone(),
                params: case.params.clone(),
                inputs: runs.inputs.clone(),
                range: case.invocation..end,
                cases: vec![case],
            }),
        }
    }
    batches
}

fn is_admitted(batch: &Batch) -> bool {
    batch.kernel.cost(&batch.params, &lengths(&batch.inputs)).is_ok()
}

/// Cases of these bounds in one step: parameters and index of each invocation become a row of one more input.
fn gathered<'a>(kernel: &Kernel, bounds: &[u32], runs: &Runs, cases: &[&'a Case]) -> Option<Batch<'a>> {
    let mut module = kernel.module().clone();
    let (params, rows) = (module.params, module.inputs);
    (module.params, module.inputs) = (0, rows + 1);
    module.bounds = bounds.iter().map(|&value| Bound::constant(value)).collect();
    let row = |d: u8, word: u8| {
        vec![
            Instr::new(Op::Gid, d, 0, 0, 0),
            Instr::binary_imm(Op::Mul, d, d, u32::from(params) + 1),
            Instr::new(Op::Load, d, d, rows, word.into()),
        ]
    };
    let kernel = rewrite(module, |_, instr| match instr.opcode() {
        Some(Op::Param) => row(instr.d, instr.b),
        Some(Op::Gid) => row(instr.d, params),
        _ => vec![instr],
    })?;
    let words = cases.iter().flat_map(|case| case.params.iter().chain([&case.invocation]));
    let mut inputs = runs.inputs.clone();
    inputs.push(words.flat_map(|word| word.to_le_bytes()).collect());
    Some(Batch { kernel, params: Vec::new(), inputs, range: 0..cases.len() as u32, cases: cases.to_vec() })
}

#[cfg(test)]
mod tests {
    use touchstone_kir::{interpret, Slices};
    use touchstone_vectors::{Check, Vector};

    use super::*;

    fn runs() -> impl Iterator<Item = (Vector, Runs)> {
        touchstone_vectors::all().unwrap().into_iter().flat_map(|vector| {
            let runs = vector.checks.clone().into_iter().filter_map(|check| match check {
                Check::Runs(runs) => Some(runs),
                Check::Proofs(proofs) => Some(proofs.runs()),
                _ => None,
            });
            runs.map(|runs| (vector.clone(), runs)).collect::<Vec<_>>()
        })
    }

    #[test]
    fn steps_give_what_the_cases_say_that_they_are_made_of() {
        let (mut cases, mut steps) = (0, 0);
        for (vector, runs) in runs() {
            let kernel = Kernel::decode(&runs.kernel).unwrap();
            for batch in batches(vector.file, &kernel, &runs) {
                let slices: Vec<&[u8]> = batch.inputs.iter().map(Vec::as_slice).collect();
                assert_eq!(batch.range.len(), batch.cases.len());
                for (g, case) in batch.range.clone().zip(&batch.cases) {
                    let lens = lengths(&batch.inputs);
                    let words = interpret(&batch.kernel, &batch.params, &lens, g, &mut Slices(&slices), u64::MAX);
                    assert_eq!(words.as_ref(), Ok(&case.words), "{} {case:?}", vector.title());
                    cases += 1;
                }
                steps += 1;
            }
        }
        assert!(cases > 5000 && steps < 700, "{cases} cases in {steps} steps");
        println!("{cases} cases in {steps} steps");
    }
}

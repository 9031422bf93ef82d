//! The test vectors in `vectors/data/`: the interpreter and the reference give the expected results.

use std::collections::{BTreeMap, BTreeSet};

use touchstone_kir::{Kernel, Op};
use touchstone_reference::{Cost, ReferenceKernel};
use touchstone_vectors::{all, Check, Vector};

fn each(mut check: impl FnMut(&str, &Check)) {
    for vector in all().unwrap() {
        vector.checks.iter().for_each(|what| check(&vector.title(), what));
    }
}

#[test]
fn the_judge_gives_what_the_vectors_say() {
    let mut kinds = [0; 7];
    each(|name, check| {
        assert_eq!(check.judge(), Ok(()), "{name}");
        kinds[match check {
            Check::Runs(_) => 0,
            Check::Costs { .. } => 1,
            Check::Kernel { .. } => 2,
            Check::NoKernel { .. } => 3,
            Check::Root { .. } => 4,
            Check::Opening { .. } => 5,
            Check::Proofs(_) => 6,
        }] += 1;
    });
    assert!(!kinds.contains(&0), "{kinds:?}");
}

#[test]
fn the_reference_gives_what_the_vectors_say() {
    let mut invocations = 0;
    each(|name, check| match check {
        Check::Runs(runs) => {
            let reference = ReferenceKernel::decode(&runs.kernel).unwrap_or_else(|rule| panic!("{name}: {rule}"));
            let lengths: Vec<u32> = runs.inputs.iter().map(|input| input.len() as u32).collect();
            for case in &runs.cases {
                assert!(reference.cost(&case.params, &lengths).is_ok(), "{name}: {}", case.title());
                let done = reference.run(&case.params, &runs.inputs, case.invocation);
                assert_eq!((&done.words, Some(done.fuel)), (&case.words, case.fuel), "{name}: {}", case.title());
                invocations += 1;
            }
        }
        Check::Costs { kernel, costs } => {
            let reference = ReferenceKernel::decode(kernel).unwrap_or_else(|rule| panic!("{name}: {rule}"));
            for case in costs {
                let counted = reference.cost(&case.params, &case.lengths).map_err(drop);
                let expected = case.cost.clone().map(|(fuel, chunks)| Cost { fuel, chunks }).map_err(drop);
                assert_eq!(counted, expected, "{name}: {case:?}");
            }
        }
        Check::Kernel { kernel, .. } => assert!(ReferenceKernel::decode(kernel).is_ok(), "{name}"),
        Check::NoKernel { bytes, .. } => assert!(ReferenceKernel::decode(bytes).is_err(), "{name}"),
        Check::Proofs(proofs) => {
            let (reference, whole) = (ReferenceKernel::decode(&proofs.kernel).unwrap(), proofs.runs());
            for case in whole.cases {
                assert_eq!(reference.run(&case.params, &whole.inputs, case.invocation).words, case.words, "{name}");
            }
        }
        // The reference knows no commitments.
        Check::Root { .. } | Check::Opening { .. } => {}
    });
    assert!(invocations > 5000, "{invocations}");
}

fn uses(vector: &Vector, op: Op) -> bool {
    vector.checks.iter().any(|check| match check {
        Check::Runs(runs) => Kernel::decode(&runs.kernel)
            .is_ok_and(|kernel| kernel.module().code.iter().any(|instr| instr.opcode() == Some(op))),
        _ => false,
    })
}

#[test]
fn every_operation_has_vectors_of_its_name_that_use_it() {
    let all = all().unwrap();
    for &op in Op::ALL {
        assert!(all.iter().any(|vector| vector.file == op.name() && uses(vector, op)), "{}", op.name());
    }
}

#[test]
fn every_vector_has_a_unique_name() {
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for vector in all().unwrap() {
        let title = vector.title();
        assert!(names.entry(vector.file).or_default().insert(vector.name), "{title}");
    }
}

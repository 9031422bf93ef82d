//! Cases as lines, and their reduction.

use touchstone_equality::{shrink, size_of_seed, Case};
use touchstone_kir::{Kernel, Op};

fn uses(case: &Case, op: Op) -> bool {
    Kernel::decode(&case.kernel).is_ok_and(|kernel| kernel.module().code.iter().any(|instr| instr.opcode() == Some(op)))
}

#[test]
fn a_case_survives_its_line() {
    for seed in 0..50 {
        let case = Case::generate(seed, 30);
        assert_eq!(Case::from_line(&case.to_line("any")), Ok(vec![case]));
    }
}

#[test]
fn a_line_that_is_no_case_is_refused() {
    for line in ["", "[]", "{}", r#"{"kernel":"0g"}"#, r#"{"kernel":"00","inputs":[1]}"#] {
        assert!(Case::from_line(line).is_err(), "{line}");
    }
    let case =
        Case::from_line(r#"{"kernel":"00","inputs":[],"cases":[[[1],0,[],0],[[1],5,[],0],[[2],3,[],0]]}"#).unwrap();
    assert_eq!(case.len(), 2);
    assert_eq!(case[0].invocations, [0, 5]);
}

#[test]
fn bytes_that_are_no_kernel_agree_and_run_nothing() {
    let case = Case { kernel: b"TKIR".to_vec(), params: vec![], inputs: vec![], invocations: vec![0] };
    assert_eq!(case.check(None), Ok(false));
}

#[test]
fn shrinking_leaves_what_makes_a_case_fail_and_little_else() {
    for seed in 0..10 {
        let case = Case::generate(seed, 120);
        for op in [Op::Mad, Op::ContinueIf, Op::Load4View, Op::DivS, Op::Else] {
            if !uses(&case, op) {
                continue;
            }
            let small = shrink(&case, &|case| case.check(None) == Ok(true) && uses(case, op));
            assert!(uses(&small, op) && small.check(None) == Ok(true));
            let code = Kernel::decode(&small.kernel).unwrap().module().code.clone();
            assert!(code.len() <= 3, "seed {seed}, {}: {code:?}", op.name());
            assert_eq!(small.invocations.len(), 1);
        }
    }
}

#[test]
fn a_run_of_seeds_has_kernels_of_every_size() {
    let sizes: Vec<usize> = (0..100_000).map(size_of_seed).collect();
    assert!((1..=64).all(|size| sizes.contains(&size)));
    assert!(sizes.iter().filter(|size| **size == 4096).count() > 5);
    assert!(sizes.iter().filter(|size| (256..4096).contains(*size)).count() > 50);
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!((30..60).contains(&mean), "{mean}");
}

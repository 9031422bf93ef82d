//! The self-test on a device that is right, and on one that is not.

use touchstone_gpu::SelfTest;
use touchstone_kir::Op;

use crate::support::*;

fn test(only: &[&str], kernels: u32) -> SelfTest {
    SelfTest { only: only.iter().map(|name| name.to_string()).collect(), seed: 7, kernels }
}

#[test]
fn a_device_that_is_right_passes() {
    let mut subjects = Vec::new();
    let chosen = test(&["mulhi_u", "load4_view", "gid", "param", "loop", "invalid", "costs", "openings"], 2);
    let report = gpu().self_test(&chosen, &mut |progress| subjects.push(progress)).unwrap();
    assert!(report.passed(), "{report:?}");
    assert!(report.vectors > 20 && report.vectors_on_cpu > 50 && report.kernels == 2, "{report:?}");
    assert_eq!(subjects.len() as u32, report.vectors + report.vectors_on_cpu + 2);
    assert!(subjects.iter().any(|progress| progress.subject == "mulhi_u"));
}

#[test]
fn trees_are_part_of_a_whole_test() {
    let mut subjects = Vec::new();
    let report = gpu().self_test(&test(&[], 0), &mut |progress| subjects.push(progress.subject)).unwrap();
    assert!(report.passed() && report.trees == 10, "{report:?}");
    assert_eq!(subjects.last().unwrap(), "tree of 1048576 bytes");
}

#[test]
fn what_a_device_can_show_it_shows() {
    let all = touchstone_vectors::all().unwrap();
    for (file, on_device) in [("proofs", true), ("roots", true), ("example", true), ("openings", false)] {
        let report = gpu().self_test(&test(&[file], 0), &mut |_| {}).unwrap();
        assert!(report.passed(), "{report:?}");
        let count = all.iter().filter(|vector| vector.file == file).count() as u32;
        let expected = if on_device { (count, 0) } else { (0, count) };
        assert_eq!((report.vectors, report.vectors_on_cpu), expected, "{file}");
    }
}

#[test]
fn vectors_that_are_not_there_are_not_passed() {
    let error = gpu().self_test(&test(&["mulhi_u", "mulhi"], 0), &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), r#"there are no vectors of "mulhi""#);
}

#[test]
fn a_device_that_mistakes_an_operation_is_told_which() {
    let mut gpu = gpu();
    // Even one that is used to show others.
    for op in [Op::MulhiU, Op::Mul] {
        gpu.mistake(op).unwrap();
        let report = gpu.self_test(&test(&["mulhi_u", "eq", "mul", "const", "load", "gid"], 2), &mut |_| {}).unwrap();
        assert_eq!(report.kernels, 0, "vectors have shown enough");
        assert_eq!(report.operations, [op.name()], "{report:?}");
        assert!(report.failures.iter().all(|failure| failure.by == "specialised"), "{report:?}");
        let detail = &report.failures.iter().find(|failure| failure.operation == op.name()).unwrap().detail;
        assert!(detail.contains("instead of 0x"), "{detail}");
    }
}

#[test]
fn a_random_kernel_that_differs_is_reduced_until_it_names_the_operation() {
    let mut gpu = gpu();
    gpu.mistake(Op::Popcnt).unwrap();
    let mut told = Vec::new();
    let report = gpu.self_test(&test(&["const"], 40), &mut |progress| told.push(progress.subject)).unwrap();
    let [failure] = report.failures.as_slice() else { panic!("{report:?}") };
    assert!(failure.operation.contains("popcnt") && failure.detail.starts_with("random kernel "), "{failure:?}");
    assert!(failure.operation.split(" or ").count() <= 3, "{failure:?}");
    assert_eq!(report.operations, std::slice::from_ref(&failure.operation));
    let last = told.last().unwrap();
    assert!(told.iter().filter(|subject| *subject == last).count() > 5, "each try is a sign of life: {told:?}");
}

#[test]
fn stores_have_no_value_to_be_mistaken() {
    let error = gpu().mistake(Op::Ostore).unwrap_err();
    assert_eq!(error.to_string(), "ostore gives no value that could be wrong");
}

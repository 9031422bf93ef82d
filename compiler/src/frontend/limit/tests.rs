//! Bounds against what the source computes, parameter by parameter.

use super::*;

const PARAMETER: Limit =
    Limit { bound: Bound { c: 0, cap: u32::MAX, m: 1, param: Some(0), shift: 0 }, precision: Precision::Exact };

/// Parameters at which something rounds, saturates or wraps.
fn parameters() -> impl Iterator<Item = u32> {
    let small = 0..70;
    let edges = (0..32).flat_map(|bit| {
        let power = 1u32 << bit;
        [power.wrapping_sub(1), power, power.wrapping_add(1), power.wrapping_mul(3)]
    });
    small.chain(edges).chain([u32::MAX - 1, u32::MAX, 0x5555_5555, 123_456_789])
}

/// What the source computes, and whether it wraps on the way.
fn computed(steps: &[(Op, u32)], param: u32) -> (u32, bool) {
    let mut wraps = false;
    let mut value = param;
    for &(op, constant) in steps {
        let wide = u64::from(value);
        let exact = match op {
            Op::Add => wide + u64::from(constant),
            Op::Mul => wide * u64::from(constant),
            Op::Shl => wide << (constant & 31),
            Op::ShrU => wide >> (constant & 31),
            Op::DivU => wide / u64::from(constant),
            Op::MinU => wide.min(constant.into()),
            Op::MaxU => wide.max(constant.into()),
            other => panic!("{other:?}"),
        };
        wraps |= exact > u64::from(u32::MAX);
        value = exact as u32;
    }
    (value, wraps)
}

fn limit_of(steps: &[(Op, u32)]) -> Option<Limit> {
    steps.iter().try_fold(PARAMETER, |limit, &(op, constant)| limit.apply(op, constant))
}

/// Every sequence of up to three steps out of these.
fn sequences() -> Vec<Vec<(Op, u32)>> {
    let steps = [
        (Op::Add, 1),
        (Op::Add, 3),
        (Op::Add, 100),
        (Op::Mul, 2),
        (Op::Mul, 5),
        (Op::Shl, 3),
        (Op::ShrU, 1),
        (Op::ShrU, 2),
        (Op::DivU, 4),
        (Op::DivU, 1),
        (Op::DivU, 3),
        (Op::MaxU, 9),
        (Op::MinU, 7),
        (Op::MinU, 1000),
    ];
    let mut all = vec![vec![]];
    let mut longest: Vec<Vec<(Op, u32)>> = vec![vec![]];
    for _ in 0..3 {
        longest = longest
            .iter()
            .flat_map(|start| steps.iter().map(|&step| start.iter().copied().chain([step]).collect()))
            .collect();
        all.extend(longest.clone());
    }
    all
}

#[test]
fn a_limit_is_never_below_the_value() {
    for steps in sequences() {
        let Some(limit) = limit_of(&steps) else { continue };
        for param in parameters() {
            let (value, _) = computed(&steps, param);
            assert!(limit.bound.value(&[param]) >= value, "{steps:?} of {param}: {limit:?}");
        }
    }
}

#[test]
fn an_exact_limit_is_the_value_unless_the_source_wraps() {
    let mut compared = 0;
    for steps in sequences() {
        let Some(limit) = limit_of(&steps).filter(|limit| limit.is_exact()) else { continue };
        compared += 1;
        for param in parameters() {
            let (value, wraps) = computed(&steps, param);
            if !wraps {
                assert_eq!(limit.bound.value(&[param]), value, "{steps:?} of {param}: {limit:?}");
            }
        }
    }
    assert!(compared > 20, "{compared} sequences have an exact limit");
}

#[test]
fn an_exact_limit_that_never_wraps_belongs_to_a_source_that_does_not() {
    let mut compared = 0;
    for steps in sequences() {
        let known = limit_of(&steps).filter(|limit| limit.is_exact() && limit.never_wraps());
        let Some(limit) = known else { continue };
        compared += 1;
        for param in parameters() {
            assert!(!computed(&steps, param).1, "{steps:?} of {param}: {limit:?}");
        }
    }
    assert!(compared > 0, "no sequence is known never to wrap");
}

#[test]
fn a_rounded_limit_of_one_division_is_at_most_one_too_large() {
    for c in 0..20 {
        for by in 1..4 {
            let steps = [(Op::Add, c), (Op::ShrU, by)];
            let limit = limit_of(&steps).unwrap();
            for param in 0..200 {
                let value = computed(&steps, param).0;
                let bound = limit.bound.value(&[param]);
                assert!(bound == value || bound == value + 1 && limit.precision == Precision::Rounded);
            }
        }
    }
}

#[test]
fn most_sequences_have_a_limit() {
    let all = sequences();
    let known = all.iter().filter(|steps| limit_of(steps).is_some()).count();
    assert!(known * 2 > all.len(), "{known} of {}", all.len());
}

#[test]
fn what_is_not_a_bound_has_no_limit() {
    for (op, constant) in [
        // Minus one.
        (Op::Add, u32::MAX),
        (Op::Sub, 1),
        (Op::DivU, 0),
        (Op::RemU, 8),
        (Op::Xor, 1),
        (Op::Mul, 65_536),
        (Op::Shl, 16),
        (Op::DivS, 4),
        (Op::MinS, 4),
        (Op::ShrS, 1),
    ] {
        assert_eq!(PARAMETER.apply(op, constant), None, "{op:?} {constant}");
    }
}

#[test]
fn what_has_no_shape_of_its_own_is_below_one_that_has() {
    for (op, constant, bound) in [
        (Op::DivU, 3, Bound { shift: 1, ..PARAMETER.bound }),
        (Op::DivU, 1000, Bound { shift: 9, ..PARAMETER.bound }),
        (Op::MaxU, 9, Bound { c: 9, ..PARAMETER.bound }),
    ] {
        assert_eq!(
            PARAMETER.apply(op, constant),
            Some(Limit { bound, precision: Precision::AtMost }),
            "{op:?} {constant}"
        );
    }
}

#[test]
fn a_product_cannot_be_divided_again() {
    let product = PARAMETER.apply(Op::Mul, 6).unwrap();
    assert_eq!(product.apply(Op::DivU, 2), None);
    assert_eq!(product.apply(Op::ShrU, 1), None);
}

#[test]
fn shifts_add_up_to_31_at_most() {
    let half = PARAMETER.apply(Op::ShrU, 16).unwrap();
    assert_eq!(half.apply(Op::ShrU, 15).unwrap().bound.shift, 31);
    assert_eq!(half.apply(Op::ShrU, 16), None);
}

#[test]
fn a_factor_of_zero_leaves_a_constant() {
    let zero = PARAMETER.apply(Op::Mul, 0).unwrap();
    assert_eq!(zero, Limit::exact(Bound::constant(0)));
    assert_eq!(zero.constant(), Some(0));
    let seven = PARAMETER.apply(Op::Add, 3).unwrap().apply(Op::Mul, 0).unwrap().apply(Op::Add, 7).unwrap();
    assert_eq!(seven.constant(), Some(7));
}

#[test]
fn precision_never_comes_back() {
    let rounded = PARAMETER.apply(Op::Add, 3).unwrap().apply(Op::DivU, 4).unwrap();
    assert_eq!(rounded.precision, Precision::Rounded);
    assert_eq!(rounded.apply(Op::Mul, 2).unwrap().precision, Precision::Rounded);
    let below = PARAMETER.at_most().apply(Op::ShrU, 1).unwrap();
    assert_eq!(below.precision, Precision::AtMost);
    assert_eq!(below.apply(Op::Add, 1).unwrap().apply(Op::ShrU, 1).unwrap().precision, Precision::AtMost);
}

/// Turns of `for (i = start; i < limit; i += step)`, where the counter does not wrap.
fn turns(limit: u32, start: i64, step: u32, inclusive: bool) -> u64 {
    let end = i64::from(limit) + i64::from(inclusive);
    (end - start).max(0).unsigned_abs().div_ceil(step.into())
}

fn loops() -> impl Iterator<Item = (Vec<(Op, u32)>, i64, u32, bool)> {
    let limits = [
        vec![],
        vec![(Op::ShrU, 2)],
        vec![(Op::Mul, 4)],
        vec![(Op::Add, 3)],
        vec![(Op::MinU, 20)],
        vec![(Op::Mul, 4), (Op::MinU, 100)],
        vec![(Op::Add, 5), (Op::MinU, 20)],
        vec![(Op::Add, 3), (Op::DivU, 4)],
        vec![(Op::Mul, 6), (Op::Add, 1)],
    ];
    limits.into_iter().flat_map(|limit| {
        [0i64, 1, 5, -3].into_iter().flat_map(move |start| {
            let limit = limit.clone();
            [1u32, 2, 3, 4, 8].into_iter().flat_map(move |step| {
                let limit = limit.clone();
                [false, true].into_iter().map(move |inclusive| (limit.clone(), start, step, inclusive))
            })
        })
    })
}

#[test]
fn a_loop_runs_no_more_often_than_its_trip_count() {
    for (steps, start, step, inclusive) in loops() {
        let trips = trips(limit_of(&steps).unwrap(), Some(start), step, inclusive);
        for param in parameters() {
            let expected = turns(computed(&steps, param).0, start, step, inclusive).min(u32::MAX.into());
            let bound = u64::from(trips.bound.value(&[param]));
            assert!(bound >= expected, "{steps:?} of {param} from {start} by {step}: {trips:?}");
        }
    }
}

/// What lets the compiler drop the condition of a loop. A limit that wraps counts to less than its bound.
#[test]
fn a_trip_count_that_is_exact_and_never_wraps_is_the_number_of_turns() {
    let mut exact = 0;
    for (steps, start, step, inclusive) in loops() {
        let trips = trips(limit_of(&steps).unwrap(), Some(start), step, inclusive);
        if !trips.is_exact() || !trips.never_wraps() {
            continue;
        }
        exact += 1;
        for param in parameters() {
            let expected = turns(computed(&steps, param).0, start, step, inclusive);
            let bound = u64::from(trips.bound.value(&[param]));
            assert_eq!(bound, expected, "{steps:?} of {param} from {start} by {step}: {trips:?}");
        }
    }
    assert!(exact >= 5, "{exact}");
}

#[test]
fn constant_trip_counts_are_exact() {
    for limit in [0u32, 1, 7, 8, 9, 1000] {
        for start in [-4i64, 0, 3, 9] {
            for step in [1u32, 2, 3, 8] {
                for inclusive in [false, true] {
                    let found = trips(Limit::exact(Bound::constant(limit)), Some(start), step, inclusive);
                    assert_eq!(u64::from(found.constant().unwrap()), turns(limit, start, step, inclusive));
                    assert!(found.is_exact() && found.never_wraps());
                }
            }
        }
    }
}

#[test]
fn a_loop_from_an_unknown_start_is_bounded_but_not_counted() {
    let found = trips(PARAMETER, None, 1, false);
    assert_eq!((found.bound, found.precision), (PARAMETER.bound, Precision::AtMost));
    let constant = trips(Limit::exact(Bound::constant(9)), None, 2, true);
    assert_eq!((constant.constant(), constant.precision), (Some(5), Precision::AtMost));
}

#[test]
fn a_step_of_zero_is_taken_for_one() {
    assert_eq!(trips(Limit::exact(Bound::constant(9)), Some(0), 0, false).constant(), Some(9));
}

//! Static bounds: fuel and chunks of the worst case.

use touchstone_kir::{limits::*, BadArguments, Bound, Cost, CostError, Instr, Kernel, ViewDecl};

use crate::common::*;

/// Input 0 has 512 chunks, input 1 three.
const LENS: [u32; 2] = [512 * 1024, 2400];

fn cost(code: Vec<Instr>) -> Result<Cost, CostError> {
    kernel(code).cost(&[4, 7], &LENS)
}

fn fuel(code: Vec<Instr>) -> u64 {
    cost(code).unwrap().fuel
}

fn chunks(code: Vec<Instr>) -> [u32; 2] {
    let chunks = cost(code).unwrap().chunks;
    assert_eq!(chunks[2..], [0; 6]);
    [chunks[0], chunks[1]]
}

#[test]
fn straight_code_costs_its_instructions_and_its_window() {
    assert_eq!(fuel(vec![i(Const, 0, 0, 0, 1)]), 16 + 4 + 1);
    let mut parts = module(vec![i(Const, 0, 0, 0, 1), i(DivU, 0, 0, 0, 0)]);
    parts.window = 1000;
    let kernel = Kernel::from_module(parts).unwrap();
    let cost = kernel.cost(&[4, 7], &LENS).unwrap();
    assert_eq!(cost.fuel, 16 + 1000 + 1 + 4);
}

#[test]
fn an_if_costs_its_larger_arm_and_its_end() {
    let larger_then = vec![
        i(If, 0, 1, 0, pack(3, 5)),
        i(Const, 0, 0, 0, 0),
        i(Const, 0, 0, 0, 0),
        i(Else, 0, 0, 0, 5),
        i(Const, 0, 0, 0, 0),
        i(End, 0, 0, 0, 0),
    ];
    // if, then-arm with its else, end.
    assert_eq!(fuel(larger_then), 20 + 1 + 3 + 1);
    let larger_else = vec![
        i(If, 0, 1, 0, pack(2, 5)),
        i(Const, 0, 0, 0, 0),
        i(Else, 0, 0, 0, 5),
        i(DivU, 0, 0, 0, 0),
        i(Const, 0, 0, 0, 0),
        i(End, 0, 0, 0, 0),
    ];
    assert_eq!(fuel(larger_else), 20 + 1 + 5 + 1);
    let no_else = vec![i(If, 0, 1, 0, pack(2, 2)), i(Const, 0, 0, 0, 0), i(End, 0, 0, 0, 0)];
    assert_eq!(fuel(no_else), 20 + 3);
}

#[test]
fn a_loop_costs_its_body_times_its_bound() {
    let looped =
        |bound: u16| vec![i(Loop, 0, 0, 0, pack(2, bound)), ii(Add, 0, 0, 1), i(EndLoop, 0, 0, 0, pack(0, bound))];
    assert_eq!(fuel(looped(0)), 20 + 1 + 3 * 2);
    assert_eq!(fuel(looped(1)), 20 + 1 + 5 * 2);
    // Parameter 0 is 4: min(10, (4 >> 1)·2 + 1).
    assert_eq!(fuel(looped(2)), 20 + 1 + 5 * 2);
    assert_eq!(fuel(looped(3)), 20 + 1);
}

#[test]
fn nested_loops_multiply() {
    let code = vec![
        i(Loop, 0, 0, 0, pack(4, 0)),
        i(Loop, 1, 0, 0, pack(3, 1)),
        ii(Add, 0, 0, 1),
        i(EndLoop, 1, 0, 0, pack(1, 1)),
        i(EndLoop, 0, 0, 0, pack(0, 0)),
    ];
    assert_eq!(fuel(code), 20 + 1 + 3 * ((1 + 5 * 2) + 1));
}

#[test]
fn a_break_saves_nothing() {
    let code =
        vec![i(Loop, 0, 0, 0, pack(3, 1)), i(Break, 0, 0, 0, 3), ii(Add, 0, 0, 1), i(EndLoop, 0, 0, 0, pack(0, 1))];
    assert_eq!(fuel(code), 20 + 1 + 5 * 3);
}

#[test]
fn a_free_load_counts_one_chunk_for_each_trip() {
    assert_eq!(chunks(vec![i(Load, 0, 0, 0, 0)]), [1, 0]);
    assert_eq!(chunks(vec![i(Load4, 0, 0, 0, 0)]), [1, 0]);
    let looped =
        vec![i(Loop, 0, 0, 0, pack(3, 1)), i(Load, 0, 0, 0, 0), i(Load4, 0, 0, 0, 0), i(EndLoop, 0, 0, 0, pack(0, 1))];
    assert_eq!(chunks(looped), [10, 0]);
}

#[test]
fn a_view_counts_once_and_its_loads_nothing() {
    // Five words may lie in two chunks.
    let code = vec![
        i(View, 0, 0, 0, 0),
        i(Loop, 0, 0, 0, pack(4, 1)),
        i(LoadView, 0, 0, 0, 0),
        i(Load4View, 0, 0, 0, 0),
        i(EndLoop, 0, 0, 0, pack(1, 1)),
    ];
    assert_eq!(chunks(code), [0, 2]);
    for (len, expected) in [(0, 1), (1, 2), (256, 2), (257, 3), (512, 3), (513, 4), (511 * 256, 512), (u32::MAX, 512)] {
        let mut parts = module(vec![i(View, 0, 0, 0, 0)]);
        parts.bounds.push(Bound::constant(len));
        parts.views = vec![ViewDecl { buffer: 0, bound: 4 }];
        let cost = Kernel::from_module(parts).unwrap().cost(&[4, 7], &LENS);
        assert_eq!(cost.unwrap().chunks[0], expected, "{len}");
    }
}

#[test]
fn an_if_counts_the_larger_arm_of_each_buffer() {
    let code = vec![
        i(If, 0, 1, 0, pack(3, 6)),
        i(Load, 0, 0, 0, 0),
        i(Load, 0, 0, 0, 0),
        i(Else, 0, 0, 0, 6),
        i(Load, 0, 0, 0, 0),
        i(Load, 0, 0, 1, 0),
        i(End, 0, 0, 0, 0),
    ];
    assert_eq!(chunks(code), [2, 1]);
}

#[test]
fn chunks_are_no_more_than_the_buffer_has() {
    let code = vec![i(Load, 0, 0, 1, 0); 7];
    assert_eq!(chunks(code), [0, 3]);
    let last_word_alone = kernel(vec![i(Load, 0, 0, 1, 0); 9]);
    let cost = last_word_alone.cost(&[4, 7], &[4, 1024 * 5 + 4]).unwrap();
    assert_eq!(cost.chunks[..2], [0, 6]);
}

#[test]
fn more_than_512_chunks_are_refused() {
    let read = |first, second| {
        let mut code = vec![i(Load, 0, 0, 0, 0); first];
        code.extend(vec![i(Load, 0, 0, 1, 0); second]);
        cost(code).map(|cost| cost.total_chunks())
    };
    assert_eq!(read(509, 3), Ok(512));
    assert_eq!(read(512, 0), Ok(512));
    assert_eq!(read(510, 3), Err(CostError::ChunksOverLimit { chunks: 513 }));
}

#[test]
fn more_fuel_than_the_limit_is_refused_exactly() {
    // A loop of one instruction: 20 + 1 + n·(1 + 1).
    let burning = |trips: u32| {
        let mut parts = module(vec![i(Loop, 0, 0, 0, pack(2, 0)), ii(Add, 0, 0, 1), i(EndLoop, 0, 0, 0, pack(0, 0))]);
        parts.window = 1;
        parts.bounds[0] = Bound::constant(trips);
        let kernel = Kernel::from_module(parts).unwrap();
        kernel.cost(&[4, 7], &LENS).map(|cost| cost.fuel)
    };
    let trips = (MAX_FUEL as u32 - 18) / 2;
    assert_eq!(burning(trips), Ok(MAX_FUEL));
    let fuel = MAX_FUEL + 2;
    assert_eq!(burning(trips + 1), Err(CostError::FuelOverLimit { fuel }));
}

#[test]
fn eight_loops_of_the_largest_bound_saturate() {
    let mut parts = module(Vec::new());
    parts.bounds = vec![Bound::constant(u32::MAX)];
    parts.views.clear();
    for level in 0..8u16 {
        parts.code.push(i(Loop, level as u8, 0, 0, pack(16 - level, 0)));
    }
    parts.code.push(i(Load, 0, 0, 0, 0));
    for level in (0..8u16).rev() {
        parts.code.push(i(EndLoop, level as u8, 0, 0, pack(level, 0)));
    }
    let cost = Kernel::from_module(parts).unwrap().cost(&[4, 7], &LENS);
    assert_eq!(cost, Err(CostError::FuelOverLimit { fuel: u64::MAX }));
}

#[test]
fn bounds_saturate_instead_of_wrapping() {
    let bound = |c, cap, m, shift| Bound { c, cap, m, param: Some(0), shift };
    let max = u32::MAX;
    assert_eq!(bound(0, max, 2, 0).value(&[max]), max);
    assert_eq!(bound(1, max, 1, 0).value(&[max]), max);
    assert_eq!(bound(5, 7, 1, 0).value(&[1]), 6);
    assert_eq!(bound(5, 7, 1, 0).value(&[3]), 7);
    assert_eq!(bound(5, 7, 3, 31).value(&[max]), 7);
    assert_eq!(bound(5, 9, 3, 31).value(&[max]), 8);
    assert_eq!(bound(5, 9, 3, 31).value(&[max >> 1]), 5);
    assert_eq!(Bound::constant(9).value(&[]), 9);
}

#[test]
fn arguments_that_do_not_fit_have_no_cost() {
    let kernel = kernel(vec![i(Gid, 0, 0, 0, 0)]);
    let refused = |error| Err(CostError::BadArguments(error));
    assert_eq!(kernel.cost(&[], &LENS), refused(BadArguments::WrongParams { expected: 2, got: 0 }));
    assert_eq!(kernel.cost(&[0, 0], &[4, 4, 4]), refused(BadArguments::WrongInputs { expected: 2, got: 3 }));
    assert_eq!(kernel.cost(&[0, 0], &[4, 0]), refused(BadArguments::WrongLength { input: 1, bytes: 0 }));
}

#[test]
fn every_refusal_of_a_step_says_why() {
    let shown = [
        CostError::from(BadArguments::WrongParams { expected: 2, got: 3 }).to_string(),
        CostError::FuelOverLimit { fuel: 16_777_217 }.to_string(),
        CostError::ChunksOverLimit { chunks: 513 }.to_string(),
    ];
    assert_eq!(
        shown,
        [
            "the kernel takes 2 parameters, not 3",
            "16777217 fuel are over the limit of 16777216",
            "513 chunks read are over the limit of 512",
        ]
    );
}

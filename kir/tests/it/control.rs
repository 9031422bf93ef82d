//! Every construct and every way to leave it. A trace is a number to which each point that is passed appends a digit.

use touchstone_kir::{BadArguments, Execution, Instr, Missing, ReadWord, Slices, Step, Trap};

use crate::common::*;

/// Appends `digit` to the trace in register 0: two instructions.
fn mark(digit: u32) -> [Instr; 2] {
    [ii(Mul, 0, 0, 10), ii(Add, 0, 0, digit)]
}

fn trace(parts: &[&[Instr]]) -> u32 {
    results(parts.concat(), &[0])[0]
}

#[test]
fn if_without_else_runs_its_arm_for_any_condition_but_zero() {
    for (condition, expected) in [(0, 2), (1, 12), (0x8000_0000, 12)] {
        let got = trace(&[
            &[i(Const, 1, 0, 0, condition)],
            &[i(If, 0, 1, 0, pack(4, 4))],
            &mark(1),
            &[i(End, 0, 0, 0, 0)],
            &mark(2),
        ]);
        assert_eq!(got, expected);
    }
}

#[test]
fn if_with_else_runs_one_arm() {
    for (condition, expected) in [(0, 23), (7, 13)] {
        let got = trace(&[
            &[i(Const, 1, 0, 0, condition)],
            &[i(If, 0, 1, 0, pack(4, 7))],
            &mark(1),
            &[i(Else, 0, 0, 0, 7)],
            &mark(2),
            &[i(End, 0, 0, 0, 0)],
            &mark(3),
        ]);
        assert_eq!(got, expected);
    }
}

#[test]
fn a_loop_runs_as_often_as_its_bound_says() {
    // Bound 2 is min(10, (param0 >> 1)·2 + 1).
    for (param, trips) in [(0, 1), (1, 1), (2, 3), (7, 7), (9, 9), (10, 10), (u32::MAX, 10)] {
        let code = vec![
            i(Loop, 0, 0, 0, pack(2, 2)),
            ii(Add, 0, 0, 1),
            i(EndLoop, 0, 0, 0, pack(0, 2)),
            i(Ostore, 0, 7, 0, 0),
        ];
        let words = try_run(&kernel(code), &[param, 0], &inputs(), 0, ENOUGH);
        assert_eq!(words, Ok(vec![trips, 0, 0, 0]));
    }
}

#[test]
fn a_loop_with_bound_zero_is_skipped() {
    let got = trace(&[&[i(Loop, 0, 0, 0, pack(3, 3))], &mark(1), &[i(EndLoop, 0, 0, 0, pack(0, 3))], &mark(2)]);
    assert_eq!(got, 2);
}

#[test]
fn nested_loops_multiply_and_start_anew() {
    // Three times five.
    let got = trace(&[&[
        i(Loop, 0, 0, 0, pack(4, 0)),
        i(Loop, 1, 0, 0, pack(3, 1)),
        ii(Add, 0, 0, 1),
        i(EndLoop, 1, 0, 0, pack(1, 1)),
        i(EndLoop, 0, 0, 0, pack(0, 0)),
    ]]);
    assert_eq!(got, 15);
}

#[test]
fn break_leaves_the_named_construct_only() {
    // Outer loop of 3, inner loop of 5 which is left at once: each outer iteration marks 1 and 2.
    let inner = trace(&[
        &[i(Loop, 0, 0, 0, pack(9, 0))],
        &[i(Loop, 1, 0, 0, pack(6, 1))],
        &mark(1),
        &[i(Break, 0, 0, 0, 6)],
        &[i(Const, 0, 0, 0, 77)],
        &[i(EndLoop, 1, 0, 0, pack(1, 1))],
        &mark(2),
        &[i(EndLoop, 0, 0, 0, pack(0, 0))],
    ]);
    assert_eq!(inner, 121_212);
    let outer = trace(&[
        &[i(Loop, 0, 0, 0, pack(9, 0))],
        &[i(Loop, 1, 0, 0, pack(6, 1))],
        &mark(1),
        &[i(Break, 0, 0, 1, 9)],
        &[i(Const, 0, 0, 0, 77)],
        &[i(EndLoop, 1, 0, 0, pack(1, 1))],
        &mark(2),
        &[i(EndLoop, 0, 0, 0, pack(0, 0))],
    ]);
    assert_eq!(outer, 1);
}

#[test]
fn break_leaves_a_block_and_an_if() {
    let block = trace(&[&[i(Block, 0, 0, 0, 4)], &mark(1), &[i(Break, 0, 0, 0, 4), i(End, 0, 0, 0, 0)], &mark(2)]);
    assert_eq!(block, 12);
    let arm = trace(&[
        &[i(Const, 1, 0, 0, 1), i(If, 0, 1, 0, pack(5, 8))],
        &mark(1),
        &[i(Break, 0, 0, 0, 8)],
        &[i(Else, 0, 0, 0, 8)],
        &mark(3),
        &[i(End, 0, 0, 0, 0)],
        &mark(2),
    ]);
    assert_eq!(arm, 12);
}

#[test]
fn break_if_leaves_when_its_register_is_not_zero() {
    // r1 counts; the loop of 5 is left when it reaches 2.
    let got = trace(&[
        &[i(Loop, 0, 0, 0, pack(6, 1))],
        &[ii(Add, 1, 1, 1), ii(Eq, 2, 1, 2), i(BreakIf, 0, 2, 0, 6)],
        &mark(1),
        &[i(EndLoop, 0, 0, 0, pack(0, 1))],
        &mark(9),
    ]);
    assert_eq!(got, 19);
}

#[test]
fn continue_begins_the_next_trip_and_counts_it() {
    // Outside an `if` that is taken when the counter is even: iterations 1, 3, 5 mark.
    let got = trace(&[
        &[i(Loop, 0, 0, 0, pack(8, 1))],
        &[ii(Add, 1, 1, 1), ii(RemU, 2, 1, 2)],
        &[i(If, 0, 2, 0, pack(7, 7))],
        &mark(1),
        &[i(Continue, 0, 0, 1, 8)],
        &[i(End, 0, 0, 0, 0)],
        &[i(EndLoop, 0, 0, 0, pack(0, 1))],
    ]);
    assert_eq!(got, 111);
    let conditional = trace(&[
        &[i(Loop, 0, 0, 0, pack(6, 1))],
        &[ii(Add, 1, 1, 1), ii(GeU, 2, 1, 3)],
        &[i(ContinueIf, 0, 2, 0, 6)],
        &mark(1),
        &[i(EndLoop, 0, 0, 0, pack(0, 1))],
        &mark(9),
    ]);
    assert_eq!(conditional, 119);
}

#[test]
fn continue_of_an_outer_loop_abandons_the_inner_one() {
    let got = trace(&[
        &[i(Loop, 0, 0, 0, pack(9, 0))],
        &[i(Loop, 1, 0, 0, pack(6, 1))],
        &mark(1),
        &[i(Continue, 0, 0, 1, 9)],
        &[i(Const, 0, 0, 0, 77)],
        &[i(EndLoop, 1, 0, 0, pack(1, 1))],
        &mark(2),
        &[i(EndLoop, 0, 0, 0, pack(0, 0))],
    ]);
    assert_eq!(got, 111);
}

#[test]
fn loops_nest_to_their_limit() {
    // Eight loops: two run three times, six run once.
    let mut parts = module(Vec::new());
    parts.bounds = vec![touchstone_kir::Bound::constant(1), touchstone_kir::Bound::constant(3)];
    parts.views.clear();
    let bound = |level: u16| u16::from(level >= 6);
    for level in 0..8 {
        let end = 16 - level;
        let imm = pack(end, bound(level));
        parts.code.push(i(Loop, level as u8, 0, 0, imm));
    }
    parts.code.push(ii(Add, 0, 0, 1));
    for level in (0..8).rev() {
        let imm = pack(level, bound(level));
        parts.code.push(i(EndLoop, level as u8, 0, 0, imm));
    }
    parts.code.push(i(Ostore, 0, 7, 0, 0));
    let kernel = touchstone_kir::Kernel::from_module(parts).unwrap();
    let words = try_run(&kernel, &[0, 0], &inputs(), 0, ENOUGH).unwrap();
    assert_eq!(words[0], 9);
}

fn executed(code: Vec<Instr>, fuel_limit: u64) -> Result<Execution, Trap> {
    let kernel = kernel(code);
    let inputs = inputs();
    let slices: Vec<&[u8]> = inputs.iter().map(|input| input.as_slice()).collect();
    let step = Step::new(&kernel, &[4, 7], &[40, 2400]).unwrap();
    step.run(0, &mut Slices(&slices), fuel_limit)
}

#[test]
fn fuel_is_charged_per_executed_instruction() {
    // 16 + window of 4, then one instruction each.
    for (instr, fuel) in [
        (i(Const, 0, 0, 0, 1), 1),
        (i(Add, 0, 0, 0, 0), 1),
        (i(DivU, 0, 0, 0, 0), 4),
        (ii(DivS, 0, 0, 3), 4),
        (i(RemU, 0, 0, 0, 0), 4),
        (ii(RemS, 0, 0, 3), 4),
        (i(Load, 0, 0, 0, 0), 4),
        (i(Load4, 0, 0, 0, 0), 4),
        (i(View, 0, 0, 0, 0), 4),
        (i(LoadView, 0, 0, 0, 0), 2),
        (i(Load4View, 0, 0, 0, 0), 2),
        (i(Cload, 0, 0, 0, pack(0, 4)), 2),
        (i(Sload, 0, 0, 0, 0), 1),
        (i(Ostore, 0, 0, 0, 0), 1),
    ] {
        assert_eq!(executed(vec![instr], ENOUGH).unwrap().fuel, 20 + fuel);
        let op = instr.opcode().unwrap();
        assert_eq!(u64::from(op.fuel()), fuel, "{}", op.name());
    }
}

#[test]
fn fuel_of_a_loop_counts_every_trip() {
    let code = vec![i(Loop, 0, 0, 0, pack(2, 1)), ii(Add, 0, 0, 1), i(EndLoop, 0, 0, 0, pack(0, 1))];
    assert_eq!(executed(code, ENOUGH).unwrap().fuel, 20 + 1 + 5 * 2);
}

#[test]
fn running_out_of_fuel_is_exact() {
    let code =
        vec![i(Loop, 0, 0, 0, pack(2, 1)), ii(Add, 0, 0, 1), i(EndLoop, 0, 0, 0, pack(0, 1)), i(Ostore, 0, 7, 0, 0)];
    assert_eq!(executed(code.clone(), 31), Err(Trap::OutOfFuel));
    assert_eq!(executed(code.clone(), 32).unwrap().words, [5, 0, 0, 0]);
    assert_eq!(executed(code, 0), Err(Trap::OutOfFuel));
}

#[test]
fn a_long_loop_stops_soon_after_its_fuel() {
    // 2^32 - 1 iterations, eight deep: only the fuel limit ends it.
    let mut parts = module(Vec::new());
    parts.bounds = vec![touchstone_kir::Bound::constant(u32::MAX)];
    parts.views.clear();
    for level in 0..8u16 {
        parts.code.push(i(Loop, level as u8, 0, 0, pack(15 - level, 0)));
    }
    for level in (0..8u16).rev() {
        parts.code.push(i(EndLoop, level as u8, 0, 0, pack(level, 0)));
    }
    let kernel = touchstone_kir::Kernel::from_module(parts).unwrap();
    let words = try_run(&kernel, &[0, 0], &inputs(), 0, 1 << 16);
    assert_eq!(words, Err(Trap::OutOfFuel));
}

#[test]
fn a_loop_stops_where_the_fuel_has_run_out() {
    /// Counts what is read.
    struct Counted(u32);

    impl ReadWord for Counted {
        fn word(&mut self, _: u8, _: u32) -> Result<u32, Missing> {
            self.0 += 1;
            Ok(0)
        }
    }

    let code = vec![i(Loop, 0, 0, 0, pack(2, 2)), i(Load, 0, 1, 0, 0), i(EndLoop, 0, 0, 0, pack(0, 2))];
    let kernel = kernel(code);
    let step = Step::new(&kernel, &[20, 0], &[40, 4]).unwrap();
    // 16 and a window of 4, the loop, and 5 for each of 10 iterations.
    for (fuel, turns) in [(71, 10), (70, 10), (66, 10), (65, 9), (26, 2), (25, 1), (0, 1)] {
        let mut reader = Counted(0);
        assert_eq!(step.run(0, &mut reader, fuel).is_ok(), fuel == 71, "{fuel}");
        assert_eq!(reader.0, turns, "{fuel}");
    }
}

#[test]
fn every_trap_says_what_happened() {
    let shown = [
        Trap::Missing(Missing { buffer: 1, chunk: 7 }).to_string(),
        Trap::OutOfFuel.to_string(),
        Trap::from(BadArguments::WrongParams { expected: 2, got: 3 }).to_string(),
        Trap::from(BadArguments::WrongInputs { expected: 1, got: 0 }).to_string(),
        Trap::from(BadArguments::WrongLength { input: 1, bytes: 6 }).to_string(),
    ];
    assert_eq!(
        shown,
        [
            "chunk 7 of input 1 is missing",
            "the invocation burned more fuel than allowed",
            "the kernel takes 2 parameters, not 3",
            "the kernel reads 1 buffers, not 0",
            "input 1 has 6 bytes, not a positive multiple of 4 up to 2 GiB",
        ]
    );
}

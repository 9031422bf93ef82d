//! Registers: who shares one with whom.

use super::*;
use crate::{ir::NONE, testing};

/// Without scratch for what does not fit.
fn allocate(body: Body) -> Result<Allocated, CompileError> {
    super::allocate(body, vec![1024])
}

fn temporaries(count: usize) -> Vec<bool> {
    vec![true; count]
}

fn store(value: Reg, index: Reg) -> Inst {
    Inst { src: [index, value, NONE, NONE], ..Inst::new(Op::Ostore) }
}

#[test]
fn values_alive_together_get_different_registers() {
    let body = Body {
        code: vec![Inst::constant(0, 10), Inst::constant(1, 20), store(0, 1), store(1, 0)],
        temporary: temporaries(2),
    };
    let allocated = allocate(body).unwrap();
    assert_eq!(allocated.registers, 2);
    assert_ne!(allocated.code[0].d, allocated.code[1].d);
}

#[test]
fn a_result_takes_the_register_of_an_operand_that_ends() {
    let body = Body {
        code: vec![Inst::constant(0, 10), Inst { d: 1, src: [0, NONE, NONE, NONE], ..Inst::new(Op::Neg) }, store(1, 1)],
        temporary: temporaries(2),
    };
    let allocated = allocate(body).unwrap();
    assert_eq!(allocated.registers, 1);
}

#[test]
fn a_value_used_in_a_loop_is_kept_through_all_of_it() {
    // r0 is read first in the loop; r1 is written after that: it must not take r0's place.
    let body = Body {
        code: vec![
            Inst::constant(0, 10),
            Inst::control(Op::Loop, 1),
            store(0, 0),
            Inst::constant(1, 20),
            store(1, 1),
            Inst::control(Op::EndLoop, 1),
        ],
        temporary: temporaries(2),
    };
    let allocated = allocate(body).unwrap();
    assert_eq!(allocated.registers, 2);
}

#[test]
fn a_variable_carried_from_iteration_to_iteration_is_kept_to_the_end_of_the_loop() {
    let body = Body {
        code: vec![
            Inst::control(Op::Loop, 1),
            store(0, 0),
            Inst::constant(0, 10),
            Inst::constant(1, 20),
            store(1, 1),
            Inst::control(Op::EndLoop, 1),
        ],
        temporary: vec![false, true],
    };
    let allocated = allocate(body).unwrap();
    assert_eq!(allocated.registers, 2);
}

#[test]
fn four_results_get_four_neighbours_apart_from_the_index() {
    let body = Body {
        code: vec![Inst::new(Op::Gid), Inst { d: 1, src: [0, NONE, NONE, NONE], ..Inst::new(Op::Load4) }, store(2, 4)]
            .into_iter()
            .map(|inst| if inst.op == Op::Gid { Inst { d: 0, ..inst } } else { inst })
            .collect(),
        temporary: temporaries(5),
    };
    let allocated = allocate(body).unwrap();
    assert_eq!(allocated.registers, 5);
    let first = allocated.code[1].d;
    assert_eq!(allocated.code[2].src[1], first + 1);
    assert_eq!(allocated.code[2].src[0], first + 3);
}

#[test]
fn a_write_that_is_never_read_is_removed() {
    let body = Body { code: vec![Inst::constant(0, 10), Inst::constant(0, 20), store(0, 0)], temporary: vec![false] };
    let allocated = allocate(body).unwrap();
    assert_eq!(allocated.code.len(), 2);
    assert_eq!(allocated.code[0].imm, 20);
}

#[test]
fn more_than_256_values_at_a_time_are_refused() {
    // Of an input: what can be computed again for nothing need not be held.
    let load = |reg: Reg| Inst { d: reg, src: [0, NONE, NONE, NONE], imm: reg, ..Inst::new(Op::Load) };
    let mut code: Vec<Inst> = [Inst { d: 0, ..Inst::new(Op::Gid) }].into_iter().chain((1..257).map(load)).collect();
    code.extend((0..257).map(|reg| store(reg, reg)));
    let error = allocate(Body { code, temporary: temporaries(257) }).unwrap_err();
    assert_eq!(error.message, "the kernel needs more registers than there are");
}

/// The code after allocation, as registers: destination and sources.
fn registers_of(text: &str) -> (Vec<(Reg, Vec<Reg>)>, u16) {
    let allocated = allocate(testing::body(text)).unwrap();
    let of = |inst: &Inst| (inst.d, inst.src.into_iter().filter(|&reg| reg != NONE).collect());
    (allocated.code.iter().map(of).collect(), allocated.registers)
}

#[test]
fn a_copy_into_a_register_that_is_free_takes_that_register_and_goes() {
    let (code, registers) = registers_of(
        "t0 = gid
         v1 = mov t0
         v1 = add v1 7
         ostore v1 v1",
    );
    assert_eq!(code.len(), 3, "the copy is void: {code:?}");
    assert_eq!(registers, 1);
}

#[test]
fn a_copy_of_what_is_still_wanted_stays() {
    let (code, registers) = registers_of(
        "t0 = gid
         v1 = mov t0
         v1 = add v1 7
         ostore t0 v1",
    );
    assert_eq!((code.len(), registers), (4, 2));
    let (gid, copy) = (code[0].0, code[1].0);
    assert_ne!(gid, copy);
    assert_eq!(code[3].1, [gid, copy]);
}

#[test]
fn the_two_arms_of_an_if_share_their_registers() {
    let (_, registers) = registers_of(
        "t0 = gid
         if t0 #1
         t1 = add t0 1
         ostore t0 t1
         else #1
         t2 = add t0 2
         ostore t0 t2
         end #1",
    );
    assert_eq!(registers, 2);
}

#[test]
fn a_variable_wanted_after_an_if_is_kept_through_the_arm_that_does_not_write_it() {
    let (code, registers) = registers_of(
        "v0 = const 1
         t1 = gid
         if t1 #1
         t2 = add t1 1
         ostore t1 t2
         end #1
         ostore v0 v0",
    );
    assert_eq!(registers, 3);
    let kept = code[0].0;
    assert!(code[1..6].iter().all(|(d, _)| *d != kept), "{code:?}");
}

#[test]
fn a_value_wanted_where_a_break_leads_is_kept_after_it() {
    let (code, registers) = registers_of(
        "v0 = const 1
         t1 = gid
         block #1
         break_if t1 #1
         v0 = const 2
         t2 = const 3
         ostore t2 t2
         end #1
         ostore v0 v0",
    );
    assert_eq!(registers, 2);
    // t2 may take the place of t1, never that of v0.
    assert_ne!(code[5].0, code[0].0);
}

#[test]
fn an_accumulator_is_read_where_it_is_written() {
    let (code, _) = registers_of(
        "v0 = const 1
         t1 = gid
         v0 = mad t1 t1
         ostore t1 v0",
    );
    assert_eq!(code.len(), 4, "the first write is not dead");
    assert_eq!(code[0].0, code[2].0);
    assert_ne!(code[2].0, code[1].0);
}

#[test]
fn a_chain_of_writes_that_end_unread_goes_as_a_whole() {
    let mut text = String::from("t0 = gid\nv1 = mov t0\n");
    for step in 0..3000 {
        text += &format!("v1 = xor v1 {step}\n");
    }
    text += "v1 = const 5\nostore t0 v1";
    let allocated = allocate(testing::body(&text)).unwrap();
    assert_eq!(allocated.code.len(), 3);
}

#[test]
fn a_value_that_only_feeds_itself_around_a_loop_goes() {
    let allocated = allocate(testing::body(
        "t0 = gid
         loop #1
         v1 = add v1 3
         ostore t0 t0
         end_loop #1",
    ))
    .unwrap();
    assert!(allocated.code.iter().all(|inst| inst.op != Op::Add));
}

#[test]
fn a_value_that_feeds_the_next_turn_of_a_loop_stays() {
    let body = testing::body(
        "t0 = gid
         loop #1
         ostore t0 v1
         v1 = add v1 3
         end_loop #1",
    );
    assert_eq!(testing::run(&body)[..4], [6, 0, 0, 0]);
}

#[test]
fn a_register_read_before_any_write_is_zero() {
    // v1 is 0 here: it must not take a register that something else has used before.
    let body = testing::body(
        "t0 = gid
         t2 = add t0 9
         ostore t0 t2
         t3 = const 1
         ostore t3 v1 +0
         v1 = const 4
         ostore t3 v1 +1",
    );
    assert_eq!(testing::run(&body)[..4], [9, 0, 4, 0]);
}

#[test]
fn two_groups_of_four_do_not_overlap() {
    let body = testing::body(
        "t0 = const 0
         t1 = load4 t0 @0
         t5 = load4 t0 @1
         ostore t0 t1 +0
         ostore t0 t4 +1
         ostore t0 t5 +2
         ostore t0 t8 +3",
    );
    assert_eq!(testing::run(&body)[..4], [10, 40, 100, 400]);
    assert_eq!(allocate(body).unwrap().registers, 9);
}

#[test]
fn a_group_takes_places_in_the_middle_of_what_has_become_free() {
    let (code, registers) = registers_of(
        "t0 = const 0
         t1 = load4 t0 @0
         ostore t0 t1
         ostore t0 t2
         ostore t0 t3
         ostore t0 t4
         t5 = load4 t0 @1
         ostore t0 t5
         ostore t0 t8",
    );
    assert_eq!(registers, 5);
    assert_eq!(code[1].0, code[6].0);
}

#[test]
fn exactly_256_values_at_a_time_fit() {
    let mut text: String = (0..256).map(|reg| format!("t{reg} = const {reg}\n")).collect();
    text.extend((0..256).map(|reg| format!("ostore t{reg} t{reg}\n")));
    assert_eq!(allocate(testing::body(&text)).unwrap().registers, 256);
}

#[test]
fn a_program_without_registers_still_has_one() {
    assert_eq!(allocate(Body::default()).unwrap().registers, 1);
}

#[test]
fn more_than_4096_instructions_are_refused_before_any_work() {
    let code = vec![store(0, 0); 4097];
    let error = allocate(Body { code, temporary: vec![false] }).unwrap_err();
    assert_eq!(error.message, "the kernel has 4097 instructions");
    assert!(error.notes[0].starts_with("a kernel has at most 4096, with every function inlined at each of its calls"));
}

#[test]
fn registers_are_numbered_without_gaps() {
    let (code, registers) = registers_of(
        "t70 = gid
         t900 = add t70 1
         ostore t70 t900",
    );
    assert_eq!(registers, 2);
    assert!(code.iter().all(|(d, sources)| (*d == NONE || *d < 2) && sources.iter().all(|&reg| reg < 2)));
}

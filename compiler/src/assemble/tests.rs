//! Labels become targets, depths and levels.

use super::*;
use crate::{
    ir::Body,
    testing::{body, outline},
};

fn allocate(body: Body) -> Result<Allocated, CompileError> {
    crate::allocate::allocate(body, vec![4])
}

/// The assembled code: operation, d, a, b, and both halves of the immediate.
fn assembled(text: &str) -> Vec<(Op, u8, u8, u8, u16, u16)> {
    let module = assemble(allocate(body(text)).unwrap(), outline()).unwrap();
    module
        .code
        .iter()
        .map(|instr| (instr.opcode().unwrap(), instr.d, instr.a, instr.b, instr.low(), instr.high()))
        .collect()
}

#[test]
fn an_if_names_its_else_and_its_end() {
    let code = assembled(
        "if v0 #1
         v0 = const 1
         ostore v0 v0
         else #1
         v0 = const 2
         ostore v0 v0
         end #1",
    );
    assert_eq!(code[0], (Op::If, 0, 0, 0, 3, 6));
    assert_eq!(code[3], (Op::Else, 0, 0, 0, 6, 0));
    assert_eq!(code[6], (Op::End, 0, 0, 0, 0, 0));
}

#[test]
fn an_if_without_an_else_names_its_end_twice() {
    let code = assembled(
        "if v0 #1
         ostore v0 v0
         end #1",
    );
    assert_eq!(code[0], (Op::If, 0, 0, 0, 2, 2));
}

#[test]
fn loops_count_their_levels_from_the_outside() {
    let code = assembled(
        "loop #1 @0
         loop #2 @2
         ostore v0 v0
         end_loop #2 @2
         end_loop #1 @0",
    );
    assert_eq!(code[0], (Op::Loop, 0, 0, 0, 4, 0));
    assert_eq!(code[1], (Op::Loop, 1, 0, 0, 3, 2));
    assert_eq!(code[3], (Op::EndLoop, 1, 0, 0, 1, 2));
    assert_eq!(code[4], (Op::EndLoop, 0, 0, 0, 0, 0));
}

#[test]
fn blocks_and_ifs_do_not_count_as_levels() {
    let code = assembled(
        "block #1
         if v0 #2
         loop #3 @0
         ostore v0 v0
         end_loop #3 @0
         end #2
         end #1",
    );
    assert_eq!(code[2], (Op::Loop, 0, 0, 0, 4, 0));
}

#[test]
fn jumps_count_constructs_from_the_inside() {
    let code = assembled(
        "loop #1 @0
         block #2
         if v0 #3
         break_if v0 #3
         break_if v0 #2
         break_if v0 #1
         continue_if v0 #1
         break #2
         end #3
         ostore v0 v0
         end #2
         end_loop #1 @0",
    );
    let depths: Vec<(u8, u16)> = code[3..8].iter().map(|&(_, _, _, depth, target, _)| (depth, target)).collect();
    assert_eq!(depths, [(0, 8), (1, 10), (2, 11), (2, 11), (1, 10)]);
}

#[test]
fn the_value_of_a_store_is_in_the_field_of_destinations() {
    let code = assembled(
        "t0 = gid
         t1 = add t0 1
         ostore t0 t1 +3
         sstore t0 t1 +2 @0",
    );
    assert_eq!(code[2], (Op::Ostore, 1, 0, 0, 3, 0));
    assert_eq!(code[3], (Op::Sstore, 1, 0, 0, 2, 0));
}

#[test]
fn operands_are_in_the_fields_of_the_specification() {
    let code = assembled(
        "t0 = gid
         t1 = param @1
         t2 = len @1
         t3 = select t0 t1 t2
         t4 = insert t0 t1 t2 t3
         t5 = extract_s t4 t1 t2
         t6 = cload t5 +131072
         t7 = load t6 +9 @1
         view t7 @0
         t8 = load_view t7 +8 @0
         ostore t8 t8",
    );
    let of = |op: Op| *code.iter().find(|instr| instr.0 == op).unwrap();
    assert_eq!((of(Op::Param).3, of(Op::Len).3), (1, 1));
    let [t0, t1, t2] = [0, 1, 2].map(|at| code[at].1);
    let select = of(Op::Select);
    assert_eq!((select.2, select.3, select.4), (t0, t1, t2.into()));
    let insert = of(Op::Insert);
    assert_eq!((insert.2, insert.3, insert.4), (t0, t1, u16::from(t2) | u16::from(select.1) << 8));
    assert_eq!((of(Op::Cload).4, of(Op::Cload).5), (0, 2));
    assert_eq!((of(Op::Load).3, of(Op::Load).4), (1, 9));
    assert_eq!((of(Op::LoadView).3, of(Op::LoadView).4), (0, 8));
    assert_eq!((of(Op::View).1, of(Op::View).3, of(Op::View).4), (0, 0, 0));
}

#[test]
fn an_immediate_operand_sets_the_bit_of_its_opcode() {
    let module = assemble(
        allocate(body(
            "t0 = gid
             t1 = add t0 7
             t2 = add t0 t1
             ostore t1 t2",
        ))
        .unwrap(),
        outline(),
    )
    .unwrap();
    assert!(module.code[1].is_immediate() && module.code[1].imm == 7);
    assert!(!module.code[2].is_immediate() && module.code[2].imm == 0);
}

#[test]
fn an_empty_program_becomes_one_harmless_instruction() {
    let module = assemble(allocate(Default::default()).unwrap(), outline()).unwrap();
    assert_eq!(module.code, [Instr::new(Op::Gid, 0, 0, 0, 0)]);
    assert!(touchstone_kir::Kernel::from_module(module).is_ok());
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    let mut text = String::new();
    for label in 1..=depth {
        text += &format!("{open} #{label}\n");
    }
    text += "ostore v0 v0\n";
    for label in (1..=depth).rev() {
        text += &format!("{close} #{label}\n");
    }
    text
}

fn assembles(text: &str) -> Result<Module, CompileError> {
    assemble(allocate(body(text)).unwrap(), outline())
}

#[test]
fn sixty_four_constructs_nest_and_no_more() {
    assert!(assembles(&nested("block", "end", 64)).is_ok());
    let error = assembles(&nested("block", "end", 65)).unwrap_err();
    assert_eq!(error.message, "the kernel is nested too deeply");
    assert!(error.notes[0].starts_with("at most 8 loops and 64 constructs in each other, functions inlined"));
}

#[test]
fn eight_loops_nest_and_no_more() {
    assert!(assembles(&nested("loop", "end_loop", 8)).is_ok());
    let error = assembles(&nested("loop", "end_loop", 9)).unwrap_err();
    assert_eq!(error.message, "the kernel is nested too deeply");
}

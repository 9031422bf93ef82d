//! What the passes rely on to know about instructions.

use super::*;

#[test]
fn a_load_of_four_writes_four_registers() {
    for op in [Op::Load4, Op::Load4View] {
        assert_eq!(Inst { d: 5, ..Inst::new(op) }.writes(), 5..9);
    }
    for op in [Op::Load, Op::LoadView, Op::Add, Op::Cload, Op::Insert] {
        assert_eq!(Inst { d: 5, ..Inst::new(op) }.writes(), 5..6, "{op:?}");
    }
    assert!(Inst::new(Op::Ostore).writes().is_empty());
}

#[test]
fn an_accumulating_operation_reads_its_destination() {
    for &op in Op::ALL {
        let inst = Inst { d: 9, src: [1, 2, NONE, NONE], ..Inst::new(op) };
        let accumulates = matches!(op, Op::Mad | Op::Dot4AccU | Op::Dot4AccS);
        assert_eq!(inst.accumulates(), accumulates, "{op:?}");
        assert_eq!(inst.reads().any(|reg| reg == 9), accumulates, "{op:?}");
        assert_eq!(inst.reads().filter(|&reg| reg < 9).collect::<Vec<_>>(), [1, 2], "{op:?}");
    }
}

#[test]
fn what_reads_memory_that_changes_or_costs_chunks_is_not_pure() {
    for op in [Op::Load, Op::LoadView, Op::Load4, Op::Load4View, Op::Sload, Op::Oload, Op::Mad] {
        assert!(!Inst { d: 0, ..Inst::new(op) }.is_pure(), "{op:?}");
    }
    for op in [Op::Add, Op::Gid, Op::Param, Op::Len, Op::Const, Op::Cload, Op::Select, Op::Insert] {
        assert!(Inst { d: 0, ..Inst::new(op) }.is_pure(), "{op:?}");
    }
}

#[test]
fn what_writes_no_register_is_never_removed_for_want_of_readers() {
    for op in [Op::Ostore, Op::Sstore, Op::View, Op::If, Op::Break, Op::EndLoop] {
        let inst = Inst::new(op);
        assert!(!inst.is_removable() && !inst.is_pure(), "{op:?}");
    }
}

#[test]
fn every_operation_is_at_most_one_of_opening_closing_and_jumping() {
    for &op in Op::ALL {
        let inst = Inst::control(op, 3);
        let roles = [inst.opens(), inst.closes(), inst.jumps()].into_iter().filter(|role| *role).count();
        let is_control = (op as u8) < 0x10 && op != Op::Else;
        assert_eq!(roles, usize::from(is_control), "{op:?}");
        assert_eq!(inst.label, 3);
    }
}

#[test]
fn the_closing_instruction_is_that_of_the_same_label() {
    let code = [
        Inst::control(Op::Loop, 1),
        Inst::control(Op::If, 2),
        Inst::control(Op::Else, 2),
        Inst::control(Op::End, 2),
        Inst::control(Op::Block, 3),
        Inst::control(Op::End, 3),
        Inst::control(Op::EndLoop, 1),
    ];
    assert_eq!([0, 1, 4].map(|open| closing(&code, open)), [6, 3, 5]);
}

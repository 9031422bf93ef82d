//! Each pass by itself: what it changes, and what it must not.

use super::{dead, finish, fuse::fuse, hoist::hoist, propagate::propagate, reuse::reuse, shorten, unroll};
use crate::testing::{body, keeps, outline, run, text, turns};

mod propagation {
    use super::*;

    #[test]
    fn a_copy_is_replaced_by_what_it_copies() {
        turns(
            propagate,
            "t0 = gid
             t1 = mov t0
             t2 = mov t1
             t3 = add t2 t1
             ostore t3 t2",
            "t0 = gid
             t1 = mov t0
             t2 = mov t0
             t3 = add t0 t0
             ostore t3 t0",
        );
    }

    #[test]
    fn a_constant_becomes_the_immediate_of_an_operation() {
        turns(
            propagate,
            "t0 = gid
             t1 = const 7
             t2 = sub t0 t1
             ostore t0 t2",
            "t0 = gid
             t1 = const 7
             t2 = sub t0 7
             ostore t0 t2",
        );
    }

    #[test]
    fn a_constant_on_the_left_changes_sides_where_the_operation_allows_it() {
        for (op, mirror) in [
            ("add", "add"),
            ("mul", "mul"),
            ("mulhi_u", "mulhi_u"),
            ("mulhi_s", "mulhi_s"),
            ("dot4_u", "dot4_u"),
            ("dot4_s", "dot4_s"),
            ("and", "and"),
            ("or", "or"),
            ("xor", "xor"),
            ("eq", "eq"),
            ("ne", "ne"),
            ("min_u", "min_u"),
            ("max_u", "max_u"),
            ("min_s", "min_s"),
            ("max_s", "max_s"),
            ("lt_u", "gt_u"),
            ("le_u", "ge_u"),
            ("gt_u", "lt_u"),
            ("ge_u", "le_u"),
            ("lt_s", "gt_s"),
            ("le_s", "ge_s"),
            ("gt_s", "lt_s"),
            ("ge_s", "le_s"),
        ] {
            turns(
                propagate,
                &format!("t0 = gid\nt1 = const 3\nt2 = {op} t1 t0\nt3 = const 0\nostore t3 t2"),
                &format!("t0 = gid\nt1 = const 3\nt2 = {mirror} t0 3\nt3 = const 0\nostore t3 t2"),
            );
        }
    }

    #[test]
    fn a_constant_on_the_left_stays_where_sides_matter() {
        for op in ["sub", "div_u", "div_s", "rem_u", "rem_s", "shl", "shr_u", "shr_s"] {
            keeps(propagate, &format!("t0 = gid\nt1 = const 3\nt2 = {op} t1 t0\nt3 = const 0\nostore t3 t2"));
        }
    }

    #[test]
    fn operations_on_constants_are_computed() {
        for (op, a, b, expected) in [
            ("add", "4294967295", "2", 1u32),
            ("sub", "1", "2", u32::MAX),
            ("mul", "65536", "65537", 65536),
            ("mulhi_u", "0xffffffff", "0xffffffff", 0xffff_fffe),
            ("mulhi_s", "0xffffffff", "0xffffffff", 0),
            ("div_u", "7", "0", 7),
            ("div_s", "0x80000000", "0xffffffff", 0x8000_0000),
            ("rem_u", "7", "0", 0),
            ("rem_s", "0xfffffff9", "4", -3i32 as u32),
            ("shl", "1", "33", 2),
            ("shr_s", "0x80000000", "63", u32::MAX),
            ("lt_s", "0xffffffff", "0", 1),
            ("lt_u", "0xffffffff", "0", 0),
            ("dot4_u", "0xffffffff", "0xffffffff", 4 * 255 * 255),
            ("dot4_s", "0x80808080", "0x80808080", 4 * 128 * 128),
        ] {
            turns(
                propagate,
                &format!("t0 = const {a}\nt1 = const {b}\nt2 = {op} t0 t1\nt3 = const 0\nostore t3 t2"),
                &format!(
                    "t0 = const {}\nt1 = const {}\nt2 = const {expected}\nt3 = const 0\nostore t3 t2",
                    parsed(a),
                    parsed(b)
                ),
            );
        }
    }

    fn parsed(text: &str) -> u32 {
        text.strip_prefix("0x").map_or_else(|| text.parse().unwrap(), |hex| u32::from_str_radix(hex, 16).unwrap())
    }

    #[test]
    fn operations_on_one_constant_are_computed() {
        for (op, a, expected) in [
            ("not", 0u32, u32::MAX),
            ("neg", 1, u32::MAX),
            ("neg", 0x8000_0000, 0x8000_0000),
            ("abs", 0x8000_0000, 0x8000_0000),
            ("abs", u32::MAX, 1),
            ("clz", 0, 32),
            ("ctz", 0, 32),
            ("popcnt", u32::MAX, 32),
            ("revbits", 1, 0x8000_0000),
        ] {
            turns(
                propagate,
                &format!("t0 = const {a}\nt1 = {op} t0\nt2 = const 0\nostore t2 t1"),
                &format!("t0 = const {a}\nt1 = const {expected}\nt2 = const 0\nostore t2 t1"),
            );
        }
    }

    #[test]
    fn an_operation_that_changes_nothing_becomes_a_copy() {
        for (op, imm) in [
            ("add", 0u32),
            ("sub", 0),
            ("or", 0),
            ("xor", 0),
            ("shl", 0),
            ("shl", 32),
            ("shr_u", 64),
            ("shr_s", 96),
            ("mul", 1),
            ("div_u", 1),
            ("div_s", 1),
            ("and", u32::MAX),
        ] {
            turns(
                propagate,
                &format!("t0 = gid\nt1 = {op} t0 {imm}\nostore t0 t1"),
                "t0 = gid\nt1 = mov t0\nostore t0 t0",
            );
        }
    }

    #[test]
    fn an_operation_that_changes_something_stays() {
        for (op, imm) in
            [("add", 1u32), ("shl", 33), ("mul", 0), ("and", 1), ("or", u32::MAX), ("div_u", 0), ("rem_u", 1)]
        {
            keeps(propagate, &format!("t0 = gid\nt1 = {op} t0 {imm}\nostore t0 t1"));
        }
    }

    #[test]
    fn a_choice_on_a_constant_is_made() {
        for (condition, chosen) in [(0, "t2"), (1, "t1"), (u32::MAX, "t1")] {
            turns(
                propagate,
                &format!(
                    "t0 = const {condition}\nt1 = gid\nt2 = add t1 5\nt3 = select t1 t2 t0\nt4 = const 0\nostore t4 t3"
                ),
                &format!(
                    "t0 = const {condition}\nt1 = gid\nt2 = add t1 5\nt3 = mov {chosen}\nt4 = const 0\n\
                     ostore t4 {chosen}"
                ),
            );
        }
    }

    #[test]
    fn what_is_known_of_a_variable_ends_with_the_next_write() {
        turns(
            propagate,
            "t0 = gid
             v1 = const 5
             t2 = add t0 v1
             v1 = mov t2
             t3 = add t0 v1
             ostore t0 t3",
            "t0 = gid
             v1 = const 5
             t2 = add t0 5
             v1 = mov t2
             t3 = add t0 v1
             ostore t0 t3",
        );
    }

    #[test]
    fn a_copy_of_a_variable_is_not_replaced_once_the_variable_has_changed() {
        keeps(
            propagate,
            "t0 = gid
             v1 = add t0 1
             t2 = mov v1
             v1 = add v1 9
             t3 = add t2 v1
             ostore t0 t3",
        );
    }

    #[test]
    fn a_copy_of_a_variable_is_replaced_until_then() {
        turns(
            propagate,
            "t0 = gid
             v1 = add t0 1
             t2 = mov v1
             t3 = add t2 t2
             v1 = add v1 9
             ostore t0 t3",
            "t0 = gid
             v1 = add t0 1
             t2 = mov v1
             t3 = add v1 v1
             v1 = add v1 9
             ostore t0 t3",
        );
    }

    #[test]
    fn an_arm_forgets_for_what_follows_the_variables_it_writes() {
        keeps(
            propagate,
            "t0 = gid
             v1 = const 5
             if t0 #1
             v1 = const 6
             end #1
             t2 = add t0 v1
             ostore t0 t2",
        );
    }

    #[test]
    fn an_else_starts_from_what_was_known_before_its_if() {
        turns(
            propagate,
            "t0 = gid
             v1 = const 5
             if t0 #1
             v1 = const 6
             t2 = add t0 v1
             ostore t0 t2
             else #1
             t3 = add t0 v1
             ostore t0 t3
             end #1",
            "t0 = gid
             v1 = const 5
             if t0 #1
             v1 = const 6
             t2 = add t0 6
             ostore t0 t2
             else #1
             t3 = add t0 5
             ostore t0 t3
             end #1",
        );
    }

    #[test]
    fn a_loop_does_not_trust_what_its_own_end_changes() {
        keeps(
            propagate,
            "t0 = const 0
             v1 = const 5
             loop #1
             ostore t0 v1
             t2 = add v1 1
             v1 = mov t2
             end_loop #1",
        );
    }

    #[test]
    fn a_loop_knows_what_it_does_not_change() {
        turns(
            propagate,
            "t0 = gid
             v1 = const 5
             loop #1
             t2 = add t0 v1
             ostore t0 t2
             end_loop #1",
            "t0 = gid
             v1 = const 5
             loop #1
             t2 = add t0 5
             ostore t0 t2
             end_loop #1",
        );
    }

    #[test]
    fn a_block_that_may_be_left_early_forgets_what_it_writes() {
        keeps(
            propagate,
            "t0 = gid
             block #1
             v1 = const 5
             break_if t0 #1
             v1 = const 6
             end #1
             ostore t0 v1",
        );
    }

    #[test]
    fn conditions_and_addresses_are_replaced_too() {
        turns(
            propagate,
            "t0 = gid
             t1 = mov t0
             if t1 #1
             t2 = load t1 @0
             ostore t1 t2
             end #1",
            "t0 = gid
             t1 = mov t0
             if t0 #1
             t2 = load t0 @0
             ostore t0 t2
             end #1",
        );
    }
}

mod reusing {
    use super::*;

    #[test]
    fn the_second_of_two_equal_computations_becomes_a_copy() {
        turns(
            reuse,
            "t0 = gid
             t1 = mul t0 3
             t2 = mul t0 3
             t3 = add t1 t2
             ostore t0 t3",
            "t0 = gid
             t1 = mul t0 3
             t2 = mov t1
             t3 = add t1 t1
             ostore t0 t3",
        );
    }

    #[test]
    fn computations_that_differ_in_anything_stay() {
        keeps(
            reuse,
            "t0 = gid
             t1 = add t0 3
             t2 = add t0 4
             t3 = sub t0 3
             t4 = sub t1 t0
             t5 = sub t0 t1
             t6 = param @0
             t7 = param @1
             t8 = xor t4 t5
             t9 = xor t2 t3
             t10 = xor t6 t7
             t11 = add t8 t9
             t12 = add t11 t10
             ostore t0 t12",
        );
    }

    #[test]
    fn what_reads_a_variable_may_give_another_result() {
        keeps(
            reuse,
            "t0 = gid
             t1 = add v3 1
             v3 = mov t1
             t2 = add v3 1
             ostore t0 t2",
        );
    }

    #[test]
    fn loads_from_memory_that_is_written_stay() {
        keeps(
            reuse,
            "t0 = const 0
             t1 = oload t0
             t2 = add t1 1
             ostore t0 t2
             t3 = oload t0
             t4 = add t3 1
             ostore t0 t4",
        );
    }

    #[test]
    fn what_an_arm_computed_is_unknown_after_it() {
        keeps(
            reuse,
            "t0 = gid
             if t0 #1
             t1 = mul t0 3
             ostore t0 t1
             end #1
             t2 = mul t0 3
             ostore t0 t2",
        );
    }

    #[test]
    fn what_an_arm_computed_is_unknown_in_the_other() {
        keeps(
            reuse,
            "t0 = gid
             if t0 #1
             t1 = mul t0 3
             ostore t0 t1
             else #1
             t2 = mul t0 3
             ostore t0 t2
             end #1",
        );
    }

    #[test]
    fn what_was_computed_around_an_arm_is_known_in_both() {
        turns(
            reuse,
            "t0 = gid
             t1 = mul t0 3
             if t0 #1
             t2 = mul t0 3
             ostore t0 t2
             else #1
             t3 = mul t0 3
             ostore t1 t3
             end #1",
            "t0 = gid
             t1 = mul t0 3
             if t0 #1
             t2 = mov t1
             ostore t0 t1
             else #1
             t3 = mov t1
             ostore t1 t1
             end #1",
        );
    }
}

mod hoisting {
    use super::*;

    #[test]
    fn what_does_not_change_in_a_loop_is_computed_before_it() {
        turns(
            hoist,
            "t0 = gid
             loop #1
             t1 = mul t0 3
             t2 = add t1 1
             ostore t0 t2
             end_loop #1",
            "t0 = gid
             t1 = mul t0 3
             t2 = add t1 1
             loop #1
             ostore t0 t2
             end_loop #1",
        );
    }

    #[test]
    fn what_depends_on_a_variable_stays() {
        keeps(
            hoist,
            "t0 = const 0
             loop #1
             t1 = add v2 3
             v2 = mov t1
             ostore t0 t1
             end_loop #1",
        );
    }

    #[test]
    fn what_depends_on_a_load_stays_with_the_load() {
        keeps(
            hoist,
            "t0 = gid
             loop #1
             t1 = load t0 @0
             t2 = add t1 3
             ostore t0 t2
             end_loop #1",
        );
    }

    #[test]
    fn constant_data_is_not_held_across_loops() {
        keeps(
            hoist,
            "t0 = gid
             loop #1
             t1 = cload t0 +196608
             ostore t0 t1
             end_loop #1",
        );
    }

    #[test]
    fn what_stands_in_an_arm_may_be_computed_all_the_same() {
        turns(
            hoist,
            "t0 = gid
             loop #1
             if t0 #2
             t1 = div_u t0 0
             ostore t0 t1
             end #2
             end_loop #1",
            "t0 = gid
             t1 = div_u t0 0
             loop #1
             if t0 #2
             ostore t0 t1
             end #2
             end_loop #1",
        );
    }

    #[test]
    fn an_inner_loop_gives_to_the_outer_one_what_the_outer_one_passes_on() {
        turns(
            hoist,
            "t0 = gid
             loop #1
             loop #2
             t1 = mul t0 3
             ostore t0 t1
             end_loop #2
             end_loop #1",
            "t0 = gid
             t1 = mul t0 3
             loop #1
             loop #2
             ostore t0 t1
             end_loop #2
             end_loop #1",
        );
    }

    #[test]
    fn what_changes_with_the_outer_loop_leaves_only_the_inner_one() {
        turns(
            hoist,
            "t0 = const 0
             loop #1
             t1 = load v9 @0
             loop #2
             t2 = mul t1 3
             ostore t0 t2
             end_loop #2
             t3 = add v9 1
             v9 = mov t3
             end_loop #1",
            "t0 = const 0
             loop #1
             t1 = load v9 @0
             t2 = mul t1 3
             loop #2
             ostore t0 t2
             end_loop #2
             t3 = add v9 1
             v9 = mov t3
             end_loop #1",
        );
    }

    #[test]
    fn no_more_than_64_values_are_held_across_a_loop() {
        let mut source = String::from("t0 = gid\nloop #1\n");
        for reg in 1..=70 {
            source += &format!("t{reg} = add t0 {reg}\nostore t0 t{reg}\n");
        }
        source += "end_loop #1";
        let mut changed = body(&source);
        hoist(&mut changed);
        let head = changed.code.iter().position(|inst| inst.opens()).unwrap();
        assert_eq!(head, 1 + 64);
        assert_eq!(run(&changed), run(&body(&source)));
    }
}

mod fusing {
    use super::*;

    fn fused(body: &mut crate::ir::Body) {
        fuse(body);
        dead::sweep(body);
    }

    #[test]
    fn a_result_is_written_where_it_is_wanted() {
        turns(
            fused,
            "t0 = gid
             t1 = add t0 7
             v2 = mov t1
             ostore t0 v2",
            "t0 = gid
             v2 = add t0 7
             ostore t0 v2",
        );
    }

    #[test]
    fn a_result_with_another_use_stays_in_its_own_register() {
        keeps(
            fused,
            "t0 = gid
             t1 = add t0 7
             v2 = mov t1
             ostore t1 v2",
        );
    }

    #[test]
    fn a_result_is_not_written_before_the_old_value_is_read() {
        keeps(
            fused,
            "t0 = gid
             t1 = add t0 7
             ostore t0 v2
             v2 = mov t1
             ostore t0 v2 +1",
        );
    }

    #[test]
    fn a_result_is_not_written_before_a_jump_that_may_be_taken() {
        keeps(
            fused,
            "t0 = gid
             block #1
             t1 = add t0 7
             break_if t0 #1
             v2 = mov t1
             end #1
             ostore t0 v2",
        );
    }

    #[test]
    fn a_result_does_not_move_out_of_an_arm() {
        keeps(
            fused,
            "t0 = gid
             t1 = add t0 7
             if t0 #1
             v2 = mov t1
             end #1
             ostore t0 v2",
        );
    }

    #[test]
    fn one_of_four_results_stays_with_the_others() {
        keeps(
            fused,
            "t0 = const 0
             t1 = load4 t0 @0
             v5 = mov t2
             ostore t0 v5",
        );
    }

    #[test]
    fn a_sum_with_a_product_is_one_instruction() {
        for (product, sum) in [("mul", "mad"), ("dot4_u", "dot4_acc_u"), ("dot4_s", "dot4_acc_s")] {
            for operands in ["v2 t1", "t1 v2"] {
                turns(
                    fused,
                    &format!("t0 = gid\nv2 = add t0 9\nt1 = {product} t0 t0\nv2 = add {operands}\nostore t0 v2"),
                    &format!("t0 = gid\nv2 = add t0 9\nv2 = {sum} t0 t0\nostore t0 v2"),
                );
            }
        }
    }

    #[test]
    fn a_sum_is_accumulated_through_a_copy() {
        turns(
            fused,
            "t0 = gid
             loop #1
             t1 = load t0 @0
             t2 = mul t1 t0
             t3 = add v4 t2
             v4 = mov t3
             end_loop #1
             ostore t0 v4",
            "t0 = gid
             loop #1
             t1 = load t0 @0
             v4 = mad t1 t0
             end_loop #1
             ostore t0 v4",
        );
    }

    #[test]
    fn a_product_by_an_immediate_has_no_accumulating_form() {
        keeps(
            fused,
            "t0 = gid
             t1 = mul t0 5
             v2 = add v2 t1
             ostore t0 v2",
        );
    }

    #[test]
    fn a_product_used_twice_is_computed_once() {
        keeps(
            fused,
            "t0 = gid
             t1 = mul t0 t0
             v2 = add v2 t1
             ostore t1 v2",
        );
    }

    #[test]
    fn a_product_is_not_moved_after_a_change_of_its_operands() {
        keeps(
            fused,
            "t0 = gid
             v3 = add t0 1
             t1 = mul v3 v3
             v3 = const 0
             v2 = add v2 t1
             ostore v3 v2",
        );
    }

    #[test]
    fn a_sum_of_the_accumulator_with_itself_is_not_an_accumulation() {
        keeps(
            fused,
            "t0 = gid
             v2 = add t0 1
             v2 = add v2 v2
             ostore t0 v2",
        );
    }

    #[test]
    fn an_accumulator_may_be_a_factor() {
        turns(
            fused,
            "t0 = gid
             v2 = add t0 3
             t1 = mul v2 t0
             v2 = add v2 t1
             ostore t0 v2",
            "t0 = gid
             v2 = add t0 3
             v2 = mad v2 t0
             ostore t0 v2",
        );
    }
}

mod removal {
    use super::*;

    #[test]
    fn what_nothing_needs_goes_with_what_only_it_needed() {
        turns(
            dead::sweep,
            "t0 = gid
             t1 = load t0 @0
             t2 = mul t1 3
             v3 = mov t2
             ostore t0 t0",
            "t0 = gid
             ostore t0 t0",
        );
    }

    #[test]
    fn variables_that_only_need_each_other_go() {
        turns(
            dead::sweep,
            "t0 = gid
             loop #1
             t1 = add v3 1
             v2 = mov t1
             t4 = add v2 1
             v3 = mov t4
             ostore t0 t0
             end_loop #1",
            "t0 = gid
             loop #1
             ostore t0 t0
             end_loop #1",
        );
    }

    #[test]
    fn stores_and_views_stay() {
        keeps(
            dead::sweep,
            "t0 = gid
             view t0 @0
             sstore t0 t0 @0
             ostore t0 t0",
        );
    }

    #[test]
    fn four_results_stay_while_one_is_wanted() {
        keeps(
            dead::sweep,
            "t0 = const 0
             t1 = load4 t0 @0
             ostore t0 t4",
        );
    }

    #[test]
    fn empty_constructs_go_from_the_inside_out() {
        turns(
            dead::sweep,
            "t0 = gid
             block #1
             loop #2
             if t0 #3
             else #3
             end #3
             end_loop #2
             end #1
             ostore t0 t0",
            "t0 = gid
             ostore t0 t0",
        );
    }

    #[test]
    fn an_empty_else_goes_alone() {
        turns(
            dead::sweep,
            "t0 = gid
             if t0 #1
             ostore t0 t0
             else #1
             end #1",
            "t0 = gid
             if t0 #1
             ostore t0 t0
             end #1",
        );
    }

    #[test]
    fn an_empty_arm_before_an_else_stays() {
        keeps(
            dead::sweep,
            "t0 = gid
             if t0 #1
             else #1
             ostore t0 t0
             end #1",
        );
    }

    #[test]
    fn what_follows_a_jump_goes_up_to_the_end_of_its_arm() {
        turns(
            dead::sweep,
            "t0 = gid
             block #1
             if t0 #2
             break #1
             ostore t0 t0
             if t0 #3
             ostore t0 t0 +1
             end #3
             else #2
             ostore t0 t0 +2
             end #2
             ostore t0 t0 +3
             end #1",
            "t0 = gid
             block #1
             if t0 #2
             break #1
             else #2
             ostore t0 t0 +2
             end #2
             ostore t0 t0 +3
             end #1",
        );
    }

    #[test]
    fn what_follows_a_conditional_jump_stays() {
        keeps(
            dead::sweep,
            "t0 = gid
             block #1
             break_if t0 #1
             ostore t0 t0
             end #1",
        );
    }

    #[test]
    fn a_jump_to_what_follows_anyway_goes_with_its_block() {
        turns(
            dead::jumps,
            "t0 = gid
             block #1
             ostore t0 t0
             break #1
             end #1",
            "t0 = gid
             ostore t0 t0",
        );
    }

    #[test]
    fn a_jump_from_the_end_of_an_arm_to_after_the_if_goes() {
        turns(
            dead::jumps,
            "t0 = gid
             block #1
             if t0 #2
             ostore t0 t0
             break #1
             else #2
             ostore t0 t0 +1
             end #2
             end #1",
            "t0 = gid
             if t0 #2
             ostore t0 t0
             else #2
             ostore t0 t0 +1
             end #2",
        );
    }

    #[test]
    fn a_jump_over_something_stays() {
        keeps(
            dead::jumps,
            "t0 = gid
             block #1
             if t0 #2
             break #1
             end #2
             ostore t0 t0
             end #1",
        );
    }

    #[test]
    fn a_break_at_the_end_of_a_loop_stays() {
        // Without it there would be more iterations.
        keeps(
            dead::jumps,
            "t0 = gid
             loop #1
             t1 = oload t0
             t2 = add t1 1
             ostore t0 t2
             break #1
             end_loop #1",
        );
    }

    #[test]
    fn a_block_that_is_jumped_out_of_from_an_inner_loop_stays() {
        keeps(
            dead::jumps,
            "t0 = gid
             block #1
             loop #2
             break_if t0 #1
             ostore t0 t0
             end_loop #2
             ostore t0 t0 +1
             end #1",
        );
    }
}

/// All passes together keep the meaning of a body, and leave nothing to shorten.
#[test]
fn a_second_optimisation_changes_nothing() {
    let sources = [
        "t0 = gid
         t1 = const 7
         t2 = add t0 t1
         t3 = const 7
         t4 = add t0 t3
         v5 = mul t2 t4
         loop #1
         t6 = mul t0 t1
         t7 = add v5 t6
         v5 = mov t7
         end_loop #1
         ostore t0 v5",
        "t0 = gid
         block #1
         t1 = rem_u t0 2
         if t1 #2
         v3 = const 5
         break #1
         end #2
         v3 = const 9
         end #1
         t4 = const 0
         ostore t4 v3",
        "t0 = gid
         t1 = load4 t0 @1
         v6 = mov t1
         t7 = add v6 t2
         v6 = mov t7
         t8 = add v6 t3
         v6 = mov t8
         t9 = const 3
         ostore t9 v6",
    ];
    for source in sources {
        let mut once = body(source);
        optimised(&mut once);
        assert_eq!(run(&once), run(&body(source)), "{source}");
        let mut twice = once.clone();
        optimised(&mut twice);
        assert_eq!(text(&twice), text(&once));
    }
}

fn optimised(body: &mut crate::ir::Body) {
    let mut tables = outline();
    shorten(body, &mut tables);
    unroll(body, &mut tables, 0);
    finish(body, &mut tables);
}

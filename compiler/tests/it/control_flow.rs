//! Shapes of control: what leaves what, in loops, switches, blocks and inlined functions.

use crate::common::{agrees_for, compiled, outputs, program, refused, with_items};

/// Asserts that the outputs for inputs `left` = 0, 1, 2 … and `right` = 10, 11, 12 … are those of the function.
#[track_caller]
fn counts(source: &str, expected: impl Fn(u32, u32) -> u32) {
    let left: Vec<u32> = (0..12).collect();
    let right: Vec<u32> = (10..22).collect();
    let got = outputs(source, &[], &[left.clone(), right.clone()], 12);
    let wanted: Vec<u32> = left.into_iter().zip(right).map(|(a, b)| expected(a, b)).collect();
    assert_eq!(got, wanted);
}

#[test]
fn a_break_in_an_if_in_a_loop_leaves_the_loop() {
    counts(
        &program(
            "var n = 0u; for (var i = 0u; i < 9u; i++) { if i > 2u { if i >= a { break; } } n += 1u; } output[g] = n;",
        ),
        |a, _| a.clamp(3, 9),
    );
}

#[test]
fn a_break_in_a_switch_leaves_the_switch_only() {
    counts(
        &program(
            "var n = 0u;
             for (var i = 0u; i < 6u; i++) {
                 switch i & 3u { case 1u: { if a > 4u { break; } n += 10u; } default: { n += 1u; } }
                 n += 100u;
             }
             output[g] = n;",
        ),
        |a, _| 600 + 4 + if a > 4 { 0 } else { 20 },
    );
}

#[test]
fn a_break_in_a_loop_in_a_switch_leaves_that_loop() {
    counts(
        &program(
            "var n = 0u;
             switch a {
                 case 3u: { for (var i = 0u; i < 5u; i++) { if i == 2u { break; } n += 1u; } n += 50u; }
                 default: { n = 7u; }
             }
             output[g] = n;",
        ),
        |a, _| if a == 3 { 52 } else { 7 },
    );
}

#[test]
fn a_switch_in_a_switch_is_left_one_at_a_time() {
    counts(
        &program(
            "var n = 0u;
             switch a & 1u {
                 case 0u: {
                     switch a { case 2u: { n = 1u; break; } case 4u: { n = 2u; } default: { n = 3u; } }
                     n += 10u;
                 }
                 default: { n = 99u; }
             }
             output[g] = n;",
        ),
        |a, _| match a {
            2 => 11,
            4 => 12,
            _ if a % 2 == 0 => 13,
            _ => 99,
        },
    );
}

#[test]
fn a_switch_without_a_matching_case_takes_its_default_wherever_it_is() {
    for cases in [
        "default: { n = 9u; } case 1u: { n = 1u; } case 2u, 3u: { n = 2u; }",
        "case 1u: { n = 1u; } default: { n = 9u; } case 2u, 3u: { n = 2u; }",
        "case 1u: { n = 1u; } case 2u, 3u: { n = 2u; } default: { n = 9u; }",
    ] {
        counts(&program(&format!("var n = 0u; switch a {{ {cases} }} output[g] = n;")), |a, _| match a {
            1 => 1,
            2 | 3 => 2,
            _ => 9,
        });
    }
}

#[test]
fn a_switch_on_a_known_value_costs_nothing() {
    let switched =
        program("var n = b; switch 3u { case 1u: { n = a; } case 3u: { n = a + 1u; } default: {} } output[g] = n;");
    let plain = program("output[g] = a + 1u;");
    counts(&switched, |a, _| a + 1);
    let instructions = |source: &str| compiled(source).statistics.instructions;
    assert!(instructions(&switched) <= instructions(&plain) + 6, "{}", instructions(&switched));
}

#[test]
fn a_long_switch_has_shared_cases_signed_values_and_an_empty_default() {
    let cases: String =
        (-6..6i32).map(|at| format!("case {}i, {}i: {{ n = {}u; }}", 2 * at, 100 - at, at + 50)).collect();
    for default in ["default: {}", "case 77i, default: {}", "default: { n = 3u; }", "case 77i, default: { n = 3u; }"] {
        let source = program(&format!("var n = 3u; switch bitcast<i32>(a) {{ {cases} {default} }} output[g] = n;"));
        let selectors: Vec<i32> = (-15..115).chain([i32::MIN, i32::MAX]).collect();
        let words: Vec<u32> = selectors.iter().map(|&at| at as u32).collect();
        let expected: Vec<u32> = selectors
            .iter()
            .map(|&a| (-6..6).find(|&at| a == 2 * at || a == 100 - at).map_or(3, |at| (at + 50) as u32))
            .collect();
        let zeros = vec![0; words.len()];
        assert_eq!(outputs(&source, &[], &[words, zeros], selectors.len() as u32), expected, "{default}");
    }
}

#[test]
fn jumps_leave_long_switches_and_chains_as_they_leave_short_ones() {
    let cases: String = (0..20u32)
        .map(|at| {
            let jump = ["break;", "continue;", "", "n += 1u;"][at as usize % 4];
            format!("case {at}u: {{ n += {at}u; if a == 3u {{ {jump} }} n += 100u; }} ")
        })
        .collect();
    let links: String = (0..20u32)
        .map(|at| {
            let jump = ["break;", "continue;", "", "n += 1u;"][at as usize % 4];
            format!("if i == {at}u {{ n += {at}u; if a == 5u {{ {jump} }} n += 100u; }} else ")
        })
        .collect();
    let source = program(&format!(
        "var n = 0u;
         for (var i = 0u; i < 24u; i++) {{ switch i {{ {cases} default: {{ n += 7u; }} }} n += 1000u; }}
         for (var i = 1u; i < 24u; i++) {{ {links} {{ n += 9u; }} n += 1000u; }}
         output[g] = n;"
    ));
    counts(&source, |a, _| {
        let mut n = 0;
        for i in 0..24 {
            if i >= 20 {
                n += 1007;
                continue;
            }
            n += i;
            match (a == 3, i % 4) {
                (true, 0) => {}
                (true, 1) => continue,
                (true, 3) => n += 101,
                _ => n += 100,
            }
            n += 1000;
        }
        for i in 1..24 {
            if i >= 20 {
                n += 1009;
                continue;
            }
            n += i;
            match (a == 5, i % 4) {
                (true, 0) => break,
                (true, 1) => continue,
                (true, 3) => n += 101,
                _ => n += 100,
            }
            n += 1000;
        }
        n
    });
}

#[test]
fn conditions_of_a_long_chain_are_computed_in_order_until_one_holds() {
    let links: String =
        (0..12u32).map(|at| format!("if next(&seen) == a {{ output[g] = seen * 100u + {at}u; }} else ")).collect();
    let source = with_items(
        "fn next(seen: ptr<function, u32>) -> u32 { *seen += 1u; return *seen; }",
        &format!("var seen = 0u; {links} {{ output[g] = seen; }}"),
    );
    counts(&source, |a, _| if (1..=12).contains(&a) { a * 100 + a - 1 } else { 12 });
}

#[test]
fn a_continue_in_nested_switches_goes_on_with_the_loop() {
    counts(
        &program(
            "var n = 0u;
             for (var i = 0u; i < 8u; i++) {
                 switch i & 1u { case 1u: { switch i { case 3u, 5u: { continue; } default: { n += 100u; } } } \
                 default: {} }
                 n += 1u;
             }
             output[g] = n;",
        ),
        |_, _| 200 + 6,
    );
}

#[test]
fn a_continue_runs_the_continuing_part() {
    counts(
        &program(
            "var n = 0u; var turns = 0u;
             loop {
                 loop_bound(20u);
                 if turns == a { continue; }
                 if turns >= 9u { break; }
                 n += 1u;
                 continuing { turns += 1u; }
             }
             output[g] = n * 100u + turns;",
        ),
        // At 9 the continue comes before the break.
        |a, _| match a {
            9 => 910,
            _ if a < 9 => 809,
            _ => 909,
        },
    );
}

#[test]
fn a_break_if_ends_the_loop_after_the_continuing_part() {
    counts(
        &program(
            "var n = 0u;
             loop { loop_bound(30u); n += 1u; continuing { n += 100u; break if n > 100u * a; } }
             output[g] = n;",
        ),
        |a, _| 101 * a.max(1),
    );
}

#[test]
fn an_inner_loop_starts_anew_in_each_turn_of_the_outer() {
    counts(
        &program(
            "var n = 0u;
             for (var i = 0u; i < 4u; i++) { for (var j = i; j < 6u; j += 2u) { n += 1u; } }
             output[g] = n;",
        ),
        |_, _| 3 + 3 + 2 + 2,
    );
}

#[test]
fn an_inner_loop_may_be_bounded_by_the_counter_of_the_outer_if_the_bound_is_declared() {
    counts(
        &program(
            "var n = 0u;
             for (var i = 0u; i < 7u; i++) { for (var j = 0u; j < i; j++) { loop_bound(7u); n += 1u; } }
             output[g] = n;",
        ),
        |_, _| 21,
    );
}

#[test]
fn three_loops_are_left_from_the_innermost_by_a_return() {
    let source = with_items(
        "fn find(wanted: u32) -> u32 {
             var seen = 0u;
             for (var i = 0u; i < 3u; i++) {
                 for (var j = 0u; j < 3u; j++) {
                     for (var k = 0u; k < 3u; k++) {
                         if seen == wanted { return i * 100u + j * 10u + k; }
                         seen += 1u;
                     }
                 }
             }
             return 999u;
         }",
        "output[g] = find(a) + 1000u * find(b + 10u);",
    );
    let find = |wanted: u32| if wanted < 27 { wanted / 9 * 100 + wanted / 3 % 3 * 10 + wanted % 3 } else { 999 };
    counts(&source, |a, b| find(a) + 1000 * find(b + 10));
}

#[test]
fn a_return_from_a_switch_in_a_loop_leaves_the_function_only() {
    let source = with_items(
        "fn classify(x: u32) -> u32 {
             for (var i = 0u; i < 10u; i++) {
                 switch x + i { case 5u: { return i; } case 11u: { return 50u + i; } default: { continue; } }
             }
             return 77u;
         }",
        "var total = 0u; for (var t = 0u; t < 2u; t++) { total = total * 100u + classify(a + t); } output[g] = total;",
    );
    let classify =
        |x: u32| (0..10).find_map(|i| [(5, i), (11, 50 + i)].into_iter().find(|c| c.0 == x + i)).map_or(77, |c| c.1);
    counts(&source, |a, _| classify(a) * 100 + classify(a + 1));
}

#[test]
fn a_return_in_each_arm_gives_the_value_of_the_arm() {
    let source = with_items(
        "fn pick(x: u32, y: u32) -> u32 {
             if x > 6u { return y; } else if x > 3u { if y > 14u { return 1u; } return 2u; } else { return 3u; }
         }",
        "output[g] = pick(a, b);",
    );
    counts(&source, |a, b| match a {
        7.. => b,
        4.. => 2 - u32::from(b > 14),
        _ => 3,
    });
}

#[test]
fn a_function_without_a_value_may_return_early() {
    let source = with_items(
        "var<private> log: u32;
         fn step(x: u32) { if x > 5u { return; } log += x; if x == 2u { return; } log += 100u; }",
        "step(a); step(2u); output[g] = log;",
    );
    counts(&source, |a, _| {
        let step = |x: u32| if x > 5 { 0 } else { x + if x == 2 { 0 } else { 100 } };
        step(a) + step(2)
    });
}

#[test]
fn functions_call_functions_that_return_early() {
    let source = with_items(
        "fn inner(x: u32) -> u32 { if x < 4u { return x; } return 4u; }
         fn outer(x: u32) -> u32 { let y = inner(x); if y == 4u { return inner(x - 4u) + 40u; } return y; }",
        "output[g] = outer(a) + outer(b) * 1000u;",
    );
    let inner = |x: u32| x.min(4);
    let outer = |x: u32| if inner(x) == 4 { inner(x - 4) + 40 } else { x };
    counts(&source, |a, b| outer(a) + outer(b) * 1000);
}

#[test]
fn a_call_in_a_loop_has_its_own_variables_each_time() {
    let source = with_items(
        "fn sum_to(n: u32) -> u32 { var s: u32; for (var i = 1u; i <= 5u; i++) { if i > n { break; } s += i; } \
             return s; }",
        "var n = 0u; for (var i = 0u; i < 4u; i++) { n = n * 100u + sum_to(i + (a & 1u)); } output[g] = n;",
    );
    counts(&source, |a, _| {
        let sum = |n: u32| n * (n + 1) / 2;
        (0..4).fold(0, |n, i| n * 100 + sum(i + (a & 1)))
    });
}

#[test]
fn the_entry_point_may_return_from_the_middle_of_loops() {
    let source = program(
        "output[g] = 1u;
         for (var i = 0u; i < 5u; i++) {
             for (var j = 0u; j < 5u; j++) { if i * j == a { output[g] = 10u * i + j; return; } }
         }
         output[g] = 999u;",
    );
    counts(&source, |a, _| {
        let found = (0..5).flat_map(|i| (0..5).map(move |j| (i, j))).find(|(i, j)| i * j == a);
        found.map_or(999, |(i, j)| 10 * i + j)
    });
}

#[test]
fn blocks_limit_names_but_not_values() {
    counts(&program("var x = a; { let x = b; { var x = 5u; x += 1u; } } { x += 1u; } output[g] = x;"), |a, _| a + 1);
}

#[test]
fn a_condition_with_effects_is_evaluated_once_in_each_iteration() {
    let source = with_items(
        "var<private> calls: u32;
         fn again(limit: u32) -> bool { calls += 1u; return calls < limit; }",
        "var n = 0u; loop { loop_bound(40u); if !again(a) { break; } n += 1u; } output[g] = n * 100u + calls;",
    );
    counts(&source, |a, _| a.saturating_sub(1) * 100 + a.max(1));
}

#[test]
fn logical_operators_nest_and_stop_early() {
    let source = with_items(
        "var<private> trace: u32;
         fn yes(k: u32) -> bool { trace = trace * 10u + k; return true; }
         fn no(k: u32) -> bool { trace = trace * 10u + k; return false; }",
        "let r = (a > 3u && (yes(1u) || no(2u))) || (no(3u) && yes(4u)) || yes(5u);
         output[g] = trace * 2u + u32(r);",
    );
    counts(&source, |a, _| if a > 3 { 1 } else { 35 } * 2 + 1);
}

#[test]
fn constant_conditions_choose_while_compiling() {
    let source = with_items("const DEEP = true;", "if DEEP { output[g] = a; } else { output[g] = b / a; }");
    counts(&source, |a, _| a);
    let kernel = compiled(&source).kernel;
    assert!(kernel.module().code.iter().all(|instr| instr.opcode() != Some(touchstone_kir::Op::DivU)));
}

#[test]
fn code_after_a_jump_is_not_compiled() {
    // The loop after the return has no bound, which does not matter because it is unreachable.
    let source = program("output[g] = a; return; output[g] = b;");
    counts(&source, |a, _| a);
}

/// A counter read before the loop is another number than the counter.
mod stale_counters {
    use super::*;

    #[test]
    fn a_step_from_an_older_value_is_not_a_step() {
        let source = program(
            "var n = 0u;
             var i = 20u; let j = i; i = 5u;
             loop { loop_bound(30u); if i >= 10u { break; } n += 1u; i = j + 1u; }
             output[g] = n;",
        );
        counts(&source, |_, _| 1);
        let undeclared = source.replace("loop_bound(30u);", "");
        assert_eq!(refused(&undeclared).message, "this loop has no bound that the compiler can see");
    }

    #[test]
    fn a_condition_on_an_older_value_is_not_a_condition_on_the_counter() {
        let source = program(
            "var n = 0u;
             var i = 0u; let j = i;
             loop { if j >= 10u { break; } if n == 15u { break; } n += 1u; i += 1u; }
             output[g] = n;",
        );
        assert_eq!(refused(&source).message, "this loop has no bound that the compiler can see");
        let declared = source.replace("if j", "loop_bound(40u); if j");
        counts(&declared, |_, _| 15);
    }

    #[test]
    fn a_value_of_the_same_turn_is_the_counter() {
        let source = program(
            "var n = 0u; var i = 0u;
             loop { let j = i; if j >= 6u { break; } n += j; i = j + 1u; }
             output[g] = n;",
        );
        counts(&source, |_, _| 15);
    }

    #[test]
    fn a_value_from_before_the_step_lets_the_loop_run_once_more() {
        let source = program(
            "var n = 0u; var i = 0u;
             loop { let j = i; i += 1u; if j >= 6u { break; } n += 1u; }
             output[g] = n * 10u + i;",
        );
        counts(&source, |_, _| 67);
    }
}

/// A limit that wraps is small in WGSL, and large as a bound.
#[test]
fn a_limit_that_wraps_ends_its_loop_where_wgsl_does() {
    let source = |head: &str| {
        format!(
            "const WINDOW: u32 = 1;
@group(0) @binding(8) var<uniform> p: u32;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
    var n = 0u;
    for ({head}) {{ n += 1u; }}
    output[id.x] = n;
}}"
        )
    };
    for (head, p, expected) in [
        ("var i = 0u; i < min(p * 4u, 100u); i += 4u", 1 << 30, 0),
        ("var i = 0u; i < min(p * 4u, 100u); i += 4u", 3, 3),
        ("var i = 0u; i < min(p * 4u, 100u); i += 4u", 1000, 25),
        ("var i = 5u; i < min(p + 5u, 20u); i++", u32::MAX, 0),
        ("var i = 5u; i < min(p + 5u, 20u); i++", 4, 4),
        ("var i = 2u; i < min(p * 2u + 2u, 9u); i += 2u", 0x8000_0001, 1),
        ("var i = 0u; i < min((p + 7u) / 8u, 9u); i++", u32::MAX, 0),
        ("var i = 0u; i < min((p + 7u) / 8u, 9u); i++", 17, 3),
    ] {
        assert_eq!(outputs(&source(head), &[p], &[], 1), [expected], "{head} with {p}");
    }
}

#[test]
fn arms_that_assign_the_same_variable_meet_after_the_if() {
    agrees_for(
        &program("var x: u32; var y = 1u; if a > b { x = a; y = 2u; } else { x = b; } x += y; output[g] = x;"),
        |a, b| a.max(b).wrapping_add(if a > b { 2 } else { 1 }),
    );
}

#[test]
fn a_chain_of_else_ifs_takes_the_first_that_holds() {
    let mut body = String::from("var x = 0u; ");
    for step in 0..30u32 {
        body +=
            &format!("{}if a % 31u == {step}u {{ x = {}u; }} ", if step == 0 { "" } else { "else " }, step * step + 1);
    }
    agrees_for(&program(&format!("{body} output[g] = x;")), |a, _| {
        let rest = a % 31;
        if rest < 30 {
            rest * rest + 1
        } else {
            0
        }
    });
}

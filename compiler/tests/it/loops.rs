//! Bounds of loops and views: what is found, what has to be declared, and what they cost.

use crate::common::{compiled, outputs, refused, run};
use touchstone_kir::{Bound, Kernel};

/// A kernel with parameters p and q and an input, whose body is given.
fn source(body: &str) -> String {
    format!(
        "const WINDOW: u32 = 1;
struct Params {{ p: u32, q: u32, s: i32 }}
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read> fours: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
    let g = id.x;
    var n = 0u;
    {body}
    output[g] = n;
}}"
    )
}

fn kernel(body: &str) -> Kernel {
    compiled(&source(body)).kernel
}

fn bounds(body: &str) -> Vec<Bound> {
    kernel(body).module().bounds.clone()
}

fn turns(body: &str, params: [u32; 3]) -> u32 {
    outputs(&source(body), &params, &[vec![1; 64], vec![2; 64]], 1)[0]
}

const fn of_param(param: u8, shift: u8, m: u16, c: u32, cap: u32) -> Bound {
    Bound { c, cap, m, param: Some(param), shift }
}

const FREE: u32 = u32::MAX;

/// Leaves small numbers as they are, at so much fuel that a loop around it is not unrolled.
const HEAVY: &str = "n ^= n / 99991u; n ^= n / 99989u; n ^= n / 99971u; n ^= n / 99961u; n ^= n / 99929u; \
                     n ^= n / 99923u; n ^= n / 99907u; n ^= n / 99901u; n ^= n / 99881u; n ^= n / 99877u; \
                     n ^= n / 99871u; n ^= n / 99859u; n ^= n / 99839u; n ^= n / 99833u; n ^= n / 99829u;";

#[test]
fn constant_limits_are_counted_exactly() {
    for (head, trips) in [
        ("var i = 0u; i < 10u; i++", 10),
        ("var i = 0u; i <= 10u; i++", 11),
        ("var i = 3u; i < 10u; i++", 7),
        ("var i = 0u; i < 10u; i += 3u", 4),
        ("var i = 1u; i <= 10u; i += 3u", 4),
        ("var i = -5i; i < 5i; i++", 10),
        ("var i = -5i; i <= -1i; i += 2i", 3),
        ("var i = 10u; i > 0u; i--", 10),
        ("var i = 9i; i >= 0i; i--", 10),
        ("var i = 9i; i >= 0i; i -= 2i", 5),
        ("var i = 0u; i != 6u; i++", 6),
        ("var i = 0u; 10u > i; i++", 10),
        ("var i = 0u; 6u != i; i++", 6),
        ("var i = 10u; i < 3u; i++", 0),
    ] {
        let body = format!("for ({head}) {{ n += 1u; {HEAVY} }}");
        // A loop without iterations is removed.
        let bound = (trips > 0).then_some(Bound::constant(trips));
        assert_eq!(bounds(&body), bound.into_iter().collect::<Vec<_>>(), "{head}");
        assert_eq!(turns(&body, [0; 3]), trips, "{head}");
    }
}

#[test]
fn limits_made_of_a_parameter_become_bounds() {
    for (head, bound, params, trips) in [
        ("var i = 0u; i < params.p; i++", of_param(0, 0, 1, 0, FREE), [5, 0, 0], 5),
        ("var i = 0u; i <= params.q; i++", of_param(1, 0, 1, 1, FREE), [0, 5, 0], 6),
        ("var i = 2u; i < params.p; i++", of_param(0, 0, 1, 0, FREE), [5, 0, 0], 3),
        ("var i = 0u; i < params.p / 4u; i++", of_param(0, 2, 1, 0, FREE), [23, 0, 0], 5),
        ("var i = 0u; i < (params.p >> 1u); i++", of_param(0, 1, 1, 0, FREE), [23, 0, 0], 11),
        ("var i = 0u; i < params.p * 3u + 2u; i++", of_param(0, 0, 3, 2, FREE), [4, 0, 0], 14),
        ("var i = 0u; i < min(8u, params.p); i++", of_param(0, 0, 1, 0, 8), [20, 0, 0], 8),
        ("var i = 0u; i < min(params.p >> 3u, 9u) * 2u + 1u; i++", of_param(0, 3, 2, 1, 19), [800, 0, 0], 19),
        ("var i = 0u; i < params.p * 4u; i += 4u", of_param(0, 0, 1, 0, FREE), [6, 0, 0], 6),
        ("var i = 0u; i < params.p; i += 4u", of_param(0, 2, 1, 1, FREE), [9, 0, 0], 3),
        ("var i = 0u; i < (params.p + 3u) / 4u; i++", of_param(0, 2, 1, 1, FREE), [9, 0, 0], 3),
        ("var i = params.p; i > 0u; i--", of_param(0, 0, 1, 0, FREE), [5, 0, 0], 5),
        ("var i = 0i; i < params.s; i++", of_param(2, 0, 1, 0, FREE), [0, 0, 5], 5),
        ("var i = -2i; i < params.s; i++", of_param(2, 0, 1, 2, FREE), [0, 0, 5], 7),
        ("var i = g + 1u; i < params.p; i++", of_param(0, 0, 1, 0, FREE), [5, 0, 0], 4),
    ] {
        let body = format!("for ({head}) {{ n += 1u; }}");
        assert_eq!(bounds(&body), [bound], "{head}");
        assert_eq!(turns(&body, params), trips, "{head}");
    }
}

#[test]
fn counters_that_double_or_halve_are_bounded() {
    for (head, params, trips) in [
        ("var s = 1u; s < 64u; s = s << 1u", [0; 3], 6),
        ("var s = 1u; s <= 64u; s *= 2u", [0; 3], 7),
        ("var s = 3i; s < 100i; s *= 3i", [0; 3], 4),
        ("var s = 32u; s > 0u; s >>= 1u", [0; 3], 6),
        ("var s = 100u; s >= 1u; s /= 3u", [0; 3], 5),
        ("var s = 100i; s > 0i; s = s / 2i", [0; 3], 7),
        ("var s = 64u; s != 0u; s >>= 2u", [0; 3], 4),
        ("var s = 1u; s < params.p; s <<= 1u", [100, 0, 0], 7),
        ("var s = params.p; s > 0u; s >>= 1u", [100, 0, 0], 7),
        ("var s = params.p; s != 0u; s = s / 4u", [u32::MAX, 0, 0], 16),
        ("var s = params.p / 2u; s >= 4u; s >>= 1u", [64, 0, 0], 4),
        ("var s = params.s; s > 0i; s >>= 1u", [0, 0, 100], 7),
        ("var s = params.s; s > 0i; s >>= 1u", [0, 0, -5i32 as u32], 0),
    ] {
        let body = format!("for ({head}) {{ n += 1u; }}");
        assert_eq!(turns(&body, params), trips, "{head}");
    }
}

#[test]
fn counters_that_need_not_end_are_not_bounded() {
    for head in [
        "var s = 0u; s < 64u; s <<= 1u",
        "var s = 1u; s < 64u; s *= 1u",
        "var s = 1u; s < 64u; s <<= params.p",
        "var s = params.p; s < 64u; s <<= 1u",
        "var s = 3u; s != 64u; s <<= 1u",
        "var s = params.s; s != 0i; s >>= 1u",
        "var s = 64u; s >= 0u; s >>= 1u",
    ] {
        let body = format!("for ({head}) {{ n += 1u; }}");
        let error = refused(&source(&body));
        assert_eq!(error.message, "this loop has no bound that the compiler can see", "{head}");
    }
}

#[test]
fn a_variable_that_is_written_once_may_be_a_limit() {
    let body = "var e = params.p * 2u; for (var i = 0u; i < e; i++) { n += 1u; }";
    assert_eq!(bounds(body), [of_param(0, 0, 2, 0, FREE)]);
    assert_eq!(turns(body, [3, 0, 0]), 6);
    // Of two values, none is the limit.
    for again in ["e = g;", "let p = &e; *p = g;"] {
        let body = format!("var e = params.p; {again} for (var i = 0u; i < e; i++) {{ n += 1u; }}");
        let error = refused(&source(&body));
        assert_eq!(error.message, "this loop has no bound that the compiler can see");
    }
}

#[test]
fn a_counter_bounds_the_loops_inside() {
    for (outer, inner, params, trips) in [
        ("var i = 0u; i < 8u; i++", "var j = 0u; j < i; j++", [0; 3], 28),
        ("var i = 0u; i < 8u; i++", "var j = 0u; j <= i; j++", [0; 3], 36),
        ("var i = 1i; i < 8i; i += 2i", "var j = 0i; j < i + 1i; j++", [0; 3], 20),
        ("var i = 8u; i > 0u; i--", "var j = 0u; j < i; j++", [0; 3], 36),
        ("var i = 0u; i < params.p; i++", "var j = 0u; j < i * 2u; j++", [5, 0, 0], 20),
        ("var i = 0u; i < params.p; i++", "var j = i; j > 0u; j--", [5, 0, 0], 10),
    ] {
        let body = format!("for ({outer}) {{ for ({inner}) {{ n += 1u; }} }}");
        assert_eq!(turns(&body, params), trips, "{outer}: {inner}");
    }
    // What is known of the counter ends with its loop.
    let behind = "var i = 0u; for (; i < 8u; i++) { n += 1u; } i = g; for (var j = 0u; j < i; j++) { n += 1u; }";
    assert_eq!(refused(&source(behind)).message, "this loop has no bound that the compiler can see");
}

#[test]
fn limits_that_count_down_bound_the_loops_inside() {
    for (outer, inner, params, trips) in [
        ("var i = 0; i < 8; i++", "var j = 0; j < 8 - i; j++", [0; 3], 36),
        ("var i = 0u; i < 8u; i++", "var j = 0u; j < 8u - i - 1u; j++", [0; 3], 28),
        ("var i = 0; i < 7; i++", "var j = i + 1; j < 8; j++", [0; 3], 28),
        ("var i = 0; i < params.s; i++", "var j = i + 1; j < params.s; j++", [0, 0, 6], 15),
        ("var i = 0; i < params.s; i++", "var j = 0; j < params.s - i - 1; j++", [0, 0, 6], 15),
        ("var i = 0u; i < params.p; i++", "var j = 0u; j < params.p - i; j++", [6, 0, 0], 21),
        ("var i = 0u; i < params.p; i++", "var j = 0u; j < params.p - i - 1u; j++", [6, 0, 0], 15),
    ] {
        let body = format!("for ({outer}) {{ for ({inner}) {{ n += 1u; }} }}");
        assert_eq!(turns(&body, params), trips, "{outer}: {inner}");
    }
    // Each of these may wrap, and then count to millions.
    for (outer, inner) in [
        ("var i = 0u; i <= params.p; i++", "var j = 0u; j < params.p - i - 1u; j++"),
        ("var i = 0u; i < params.p; i++", "var j = 0u; j < params.q - i; j++"),
        ("var i = 0u; i < 9u; i++", "var j = 0u; j < 8u - i - 1u; j++"),
        ("var i = 0; i <= params.s; i++", "var j = i + 1; j < params.s; j++"),
    ] {
        let body = format!("for ({outer}) {{ for ({inner}) {{ n += 1u; }} }}");
        assert_eq!(
            refused(&source(&body)).message,
            "this loop has no bound that the compiler can see",
            "{outer}: {inner}"
        );
    }
    // Behind the step the counter is one further on.
    let body = "var i = 0u; while i < 8u { i++; for (var j = 0u; j < 7u - i; j++) { n += 1u; } }";
    assert_eq!(refused(&source(body)).message, "this loop has no bound that the compiler can see");
}

#[test]
fn signed_limits_may_be_less_than_a_parameter() {
    for (head, params, trips) in [
        ("var i = 1; i < params.s - 1; i++", [0, 0, 9], 7),
        ("var i = 0; i <= i32(params.p) - 2; i++", [9, 0, 0], 8),
        ("var i = -3; i < params.s - 1; i++", [0, 0, 0], 2),
        ("var i = 0; i < params.s - 1; i++", [0, 0, 0], 0),
        ("var i = params.s - 1; i >= 0; i--", [0, 0, 9], 9),
        ("var i = params.s - 1; i >= 0; i -= 2", [0, 0, 9], 5),
        ("var i = params.s - 1; i > -3; i--", [0, 0, 0], 2),
        ("var i = i32(g) + 1; i < min(params.s - 1, 9); i++", [0, 0, 20], 8),
        ("var i = 0; i < min(i32(input[0]) - 4, 9); i++", [0; 3], 0),
    ] {
        let body = format!("for ({head}) {{ n += 1u; }}");
        // The index of an invocation may be negative.
        let body = body.replace("i32(g)", "i32(g & 255u)");
        assert_eq!(turns(&body, params), trips, "{head}");
    }
}

#[test]
fn loops_from_a_value_to_one_near_it_are_bounded() {
    for (body, params, trips) in [
        ("for (var i = g * 4u; i < g * 4u + 4u; i++) { n += 1u; }", [0; 3], 4),
        ("for (var i = g * 4u; i < (g + 1u) * 4u; i += 2u) { n += 1u; }", [0; 3], 2),
        ("let s = g * params.p; let e = s + params.p; for (var i = s; i < e; i++) { n += 1u; }", [5, 0, 0], 5),
        ("let r = params.s; for (var i = -r; i <= r; i++) { n += 1u; }", [0, 0, 3], 7),
        ("let y = i32(input[0]); for (var i = y - 1; i <= y + 1; i++) { n += 1u; }", [0; 3], 3),
        ("let y = i32(input[0]); for (var i = max(y - 1, 0); i <= min(y + 1, 9); i++) { n += 1u; }", [0; 3], 3),
        ("let y = input[0]; for (var i = y - 2u; i <= y + 1u; i++) { n += 1u; }", [0; 3], 0),
        ("for (var i = 1u; i + 1u < params.p; i++) { n += 1u; }", [9, 0, 0], 7),
        (
            "var i = 0u; for (; i + 4u <= params.p; i += 4u) { n += 10u; } while i < params.p { i++; n += 1u; }",
            [11, 0, 0],
            23,
        ),
    ] {
        assert_eq!(turns(body, params), trips, "{body}");
    }
    let body = "for (var i = g + 1u; i < g; i++) { n += 1u; }";
    assert_eq!(refused(&source(body)).message, "this loop has no bound that the compiler can see");
}

#[test]
fn values_of_few_bits_are_limits() {
    for (limit, trips) in [
        ("input[0] & 7u", 1),
        ("(input[g] + 4u) % 8u", 5),
        ("countOneBits(input[0])", 1),
        ("extractBits(input[0], 0u, 5u)", 1),
        ("unpack4xU8(input[0]).x", 1),
        ("input[0] >> 24u", 0),
        ("select(4u, 8u, input[0] == 1u)", 8),
        ("max(params.p, 4u)", 9),
        ("(params.p + 2u) / 3u", 3),
    ] {
        let body = format!("for (var i = 0u; i < ({limit}); i++) {{ n += 1u; }}");
        assert_eq!(turns(&body, [9, 0, 0]), trips, "{limit}");
    }
    let body = "for (var i = 0u; i < g / 7u; i++) { n += 1u; }";
    assert_eq!(refused(&source(body)).message, "this loop has no bound that the compiler can see");
}

#[test]
fn a_counter_that_ends_at_zero_may_be_compared_with_it() {
    for body in [
        "var i = params.p; while i != 0u { i--; n += 1u; }",
        "for (var i = params.p; i != 0u; i -= 1u) { n += 1u; }",
        "var i = params.p; while (true) { if (i == 0u) { break; } i -= 1u; n += 1u; }",
    ] {
        assert_eq!(turns(body, [9, 0, 0]), 9, "{body}");
    }
    let body = "for (var i = params.p; i != 1u; i--) { n += 1u; }";
    assert_eq!(refused(&source(body)).message, "this loop has no bound that the compiler can see");
}

/// An edge case for a loop: its text, in terms of parameter P and an input word Y, and its value.
type Edge = (&'static str, fn(bool, u32, u32) -> u32);

/// Every loop from one of these to another that is bounded runs as often as it says.
#[test]
fn no_bound_cuts_a_loop_short() {
    fn smaller(signed: bool, x: u32, y: u32) -> u32 {
        if (signed && (x as i32) < (y as i32)) || (!signed && x < y) {
            x
        } else {
            y
        }
    }
    const EDGES: [Edge; 14] = [
        ("0", |_, _, _| 0),
        ("2", |_, _, _| 2),
        ("P", |_, p, _| p),
        ("P - 1", |_, p, _| p.wrapping_sub(1)),
        ("P - 3 + 1", |_, p, _| p.wrapping_sub(2)),
        ("0 - P", |_, p, _| 0u32.wrapping_sub(p)),
        ("2 * P + 1", |_, p, _| p.wrapping_mul(2).wrapping_add(1)),
        ("Y", |_, _, y| y),
        ("Y - 1", |_, _, y| y.wrapping_sub(1)),
        ("Y + 2", |_, _, y| y.wrapping_add(2)),
        ("Y + P", |_, p, y| y.wrapping_add(p)),
        ("min(P - 1, 9)", |signed, p, _| smaller(signed, p.wrapping_sub(1), 9)),
        ("(Y & 7) - 1", |_, _, y| (y & 7).wrapping_sub(1)),
        ("8 - (Y & 7)", |_, _, y| 8 - (y & 7)),
    ];
    const MOST: u32 = 300;
    let (mut bounded, mut compared) = (0, 0);
    for signed in [false, true] {
        for (from, start) in EDGES {
            for (to, limit) in EDGES {
                for (op, step) in [("<", 1), ("<=", 3), ("!=", 1), (">", -1), (">=", -2), ("!=", -1)] {
                    let (word, param) = if signed { ("i32", "params.s") } else { ("u32", "params.p") };
                    let (from, to) = (from.replace('P', param), to.replace('P', param));
                    let body = format!(
                        "let Y = {word}(input[0]); for (var i: {word} = {from}; i {op} {to}; i += {step}) {{ n += 1u; \
                             }}"
                    );
                    let body = if signed || step > 0 { body } else { body.replace("+= -", "-= ") };
                    let Ok(compiled) = touchstone_compiler::compile(&source(&body)) else { continue };
                    bounded += 1;
                    for (p, y) in [(0, 0), (1, 6), (5, 3), (9, u32::MAX), (6, 0x7fff_ffff), (3, 0x8000_0001)] {
                        let (mut i, end, mut turns) = (start(signed, p, y), limit(signed, p, y), 0);
                        let goes_on = |i: u32| {
                            let (x, y) = match signed {
                                true => (i64::from(i as i32), i64::from(end as i32)),
                                false => (i64::from(i), i64::from(end)),
                            };
                            match op {
                                "<" => x < y,
                                "<=" => x <= y,
                                ">" => x > y,
                                ">=" => x >= y,
                                _ => x != y,
                            }
                        };
                        while turns < MOST && goes_on(i) {
                            i = i.wrapping_add_signed(step);
                            turns += 1;
                        }
                        let params = [p, 0, p];
                        // Loops that hardly end, and steps that are not admitted.
                        if turns == MOST || compiled.kernel.cost(&params, &[4, 16]).is_err() {
                            continue;
                        }
                        let got = run(&compiled.kernel, &params, &[vec![y], vec![0; 4]], 1);
                        assert_eq!(got, [turns], "{body} of {p} and {y:#x}");
                        compared += 1;
                    }
                }
            }
        }
    }
    println!("{bounded} loops are bounded, {compared} runs compared");
    assert!(bounded > 300 && compared > 2000, "{bounded} {compared}");
}

#[test]
fn a_loop_may_end_with_a_condition() {
    for (body, params, trips) in [
        ("var i = 0u; loop { n += 1u; continuing { i++; break if i >= 5u; } }", [0; 3], 5),
        ("var i = 0u; loop { n += 1u; continuing { i++; break if i == 5u; } }", [0; 3], 5),
        ("var i = 0u; loop { i += 2u; n += 1u; continuing { break if 10u == i; } }", [0; 3], 5),
        ("var i = 9i; loop { n += 1u; continuing { i -= 3i; break if i == 0i; } }", [0; 3], 3),
        ("var i = 0u; loop { n += 1u; continuing { i++; break if i >= params.p; } }", [7, 0, 0], 7),
        ("var i = 0u; loop { n += 1u; continuing { i++; break if i >= params.p; } }", [0; 3], 1),
        ("var s = 1u; loop { n += 1u; continuing { s *= 2u; break if s > 100u; } }", [0; 3], 7),
    ] {
        assert_eq!(turns(body, params), trips, "{body}");
    }
    for body in [
        "var i = 0u; loop { n += 1u; continuing { i += 2u; break if i == 5u; } }",
        "var i = g; loop { n += 1u; continuing { i++; break if i == 5u; } }",
        "var i = 0u; loop { n += 1u; continuing { i++; break if g == 5u; } }",
    ] {
        assert_eq!(refused(&source(body)).message, "this loop has no bound that the compiler can see", "{body}");
    }
}

#[test]
fn a_limit_of_the_smaller_of_two_values_is_bounded_by_either() {
    let body = "for (var i = 0u; i < min(params.p, input[0]); i++) { n += 1u; }";
    // And the one word that is read in each iteration.
    assert_eq!(bounds(body), [of_param(0, 0, 1, 0, FREE), Bound::constant(1)]);
    assert_eq!(turns(body, [9, 0, 0]), 1);
}

#[test]
fn a_second_condition_does_not_hide_the_counter() {
    let body = "for (var i = 0u; i < params.p && n < 3u; i++) { n += 1u; }";
    assert_eq!(bounds(body), [of_param(0, 0, 1, 0, FREE)]);
    assert_eq!(turns(body, [9, 0, 0]), 3);
    assert_eq!(turns(body, [2, 0, 0]), 2);
    let three = format!("for (var i = 0u; i < 7u && n < 5u && g < 4u; i++) {{ n += 1u; {HEAVY} }}");
    assert_eq!(bounds(&three), [Bound::constant(7)]);
    assert_eq!(turns(&three, [0; 3]), 5);
}

#[test]
fn an_exit_in_the_middle_lets_the_head_run_once_more() {
    let body = "var i = 0u; loop { n += 10u; if i >= params.p { break; } n += 1u; i += 1u; }";
    assert_eq!(bounds(body), [of_param(0, 0, 1, 1, FREE)]);
    assert_eq!(turns(body, [3, 0, 0]), 43);
    assert_eq!(turns(body, [0, 0, 0]), 10);
}

#[test]
fn a_variable_that_is_not_an_exit_bounds_nothing() {
    let body = "var i = 0u; loop { var ok = false; if i < 4u { ok = g < 9u; } else { ok = false; } n += input[0]; \
         if n > 7u { break; } i += 1u; }";
    assert_eq!(refused(&source(body)).message, "this loop has no bound that the compiler can see");
}

#[test]
fn a_counter_that_is_not_reset_bounds_but_does_not_count() {
    // The second time around, the inner loop has nothing left to do.
    let body = "var i = 0u; for (var j = 0u; j < 3u; j++) { while i < 5u { i += 1u; n += 1u; } n += 100u; }";
    assert_eq!(turns(body, [0; 3]), 305);
}

#[test]
fn an_exact_bound_takes_the_place_of_the_condition() {
    let counted = kernel("for (var i = 0u; i < params.p; i++) { n += input[i]; }");
    let declared = kernel("for (var i = 0u; i < params.p; i++) { loop_bound(params.p); n += input[i]; }");
    let fuel = |kernel: &Kernel| {
        let at = |p| kernel.cost(&[p, 0, 0], &[4096, 16]).unwrap().fuel;
        at(11) - at(10)
    };
    // Load, add, counter, end_loop; the other one compares and leaves, too.
    assert_eq!((fuel(&counted), fuel(&declared)), (5, 7));
}

#[test]
fn the_counter_has_its_last_value_after_the_loop() {
    let body = "var i = 0u; for (; i < params.p; i++) { n += 1u; } n += 100u * i;";
    assert_eq!(turns(body, [4, 0, 0]), 404);
}

#[test]
fn a_counter_changed_in_the_body_is_not_trusted() {
    for body in [
        "for (var i = 0u; i < 10u; i++) { if g > 5u { i = 0u; } n += 1u; }",
        "for (var i = 0u; i < 10u; i++) { i -= 1u; n += 1u; }",
        "var i = 0u; while i < 10u { if n == 3u { continue; } i += 1u; n += 1u; }",
        "for (var i = 0u; i < 10u; i *= 2u) { n += 1u; }",
        "for (var i = 0u; i < n; i++) { n += 1u; }",
        "for (var i = 0u; i < input[0]; i++) { n += 1u; }",
        "for (var i = 0u; i < params.p * params.q; i++) { n += 1u; }",
        "for (var i = i32(g); i < 10i; i++) { n += 1u; }",
        "for (var i = 9u; i > 0u; i -= 2u) { n += 1u; }",
        "for (var i = 9u; i >= 0u; i--) { n += 1u; }",
        "for (var i = 0u; i < params.p - 1u; i++) { n += 1u; }",
        "while n < 10u { n += input[n]; }",
        "loop { n += 1u; if n == 7u { break; } }",
    ] {
        let error = refused(&source(body));
        assert_eq!(error.message, "this loop has no bound that the compiler can see", "{body}");
        assert!(error.notes[1].contains("`loop_bound(n);` first in the loop's body"), "{:?}", error.notes);
    }
}

#[test]
fn declared_bounds_end_loops() {
    for (argument, bound, params, expected) in [
        ("12u", Bound::constant(12), [0; 3], 12),
        ("params.p", of_param(0, 0, 1, 0, FREE), [7, 0, 0], 7),
        ("min(100u, (params.q >> 2u) * 3u + 1u)", of_param(1, 2, 3, 1, 100), [0, 40, 0], 31),
        ("min(params.p, 5u)", of_param(0, 0, 1, 0, 5), [70, 0, 0], 5),
    ] {
        let body = format!("loop {{ loop_bound({argument}); n += 1u; {HEAVY} }}");
        assert_eq!(bounds(&body), [bound], "{argument}");
        assert_eq!(turns(&body, params), expected, "{argument}");
    }
}

#[test]
fn a_bound_may_pass_through_a_function() {
    let text = source("n = count(params.p / 2u);").replace(
        "@compute",
        "fn count(limit: u32) -> u32 {
             var n = 0u;
             for (var i = 0u; i < limit; i++) { n += 1u; }
             return n;
         }
         @compute",
    );
    let kernel = compiled(&text).kernel;
    assert_eq!(kernel.module().bounds, [of_param(0, 1, 1, 0, FREE)]);
    assert_eq!(run(&kernel, &[9, 0, 0], &[vec![0], vec![0]], 1), [4]);
}

#[test]
fn views_narrow_what_is_read() {
    let body = "bound_reads(0, g * 100u, params.p);
         for (var i = 0u; i < params.p; i++) { n += input[g * 100u + i]; }";
    let kernel = kernel(body);
    assert_eq!(kernel.module().views.len(), 1);
    let free = compiled(&source("for (var i = 0u; i < params.p; i++) { n += input[(g * 100u) ^ i]; }")).kernel;
    let chunks = |kernel: &Kernel| kernel.cost(&[100, 0, 0], &[1 << 20, 16]).unwrap().chunks[0];
    assert_eq!((chunks(&kernel), chunks(&free)), (2, 100));
    assert_eq!(run(&kernel, &[100, 0, 0], &[vec![1; 150], vec![0]], 2), [100, 50]);
}

#[test]
fn reads_outside_a_view_give_zero() {
    let body = "bound_reads(0, 2u, 3u);
         for (var i = 0u; i < 8u; i++) { n = n * 10u + input[i]; }";
    assert_eq!(outputs(&source(body), &[0; 3], &[vec![1, 2, 3, 4, 5, 6, 7, 8], vec![0]], 1), [345_000]);
}

#[test]
fn views_of_four_words_need_all_four() {
    let body = "bound_reads(1, 4u, params.p);
         for (var i = 0u; i < 4u; i++) { let four = fours[i]; n = n * 10u + four.x; }";
    let fours: Vec<u32> = (0..16).map(|word| 1 + word / 4).collect();
    let with = |len| outputs(&source(body), &[len, 0, 0], &[vec![0], fours.clone()], 1)[0];
    assert_eq!((with(12), with(11), with(4), with(3)), (234, 230, 200, 0));
}

#[test]
fn a_view_ends_with_its_block_and_the_last_one_counts() {
    let body = "bound_reads(0, 0u, 1u);
         n += input[0];
         if g == 0u { bound_reads(0, 1u, 1u); n += input[0] + 10u * input[1]; }
         n += 100u * input[0] + 1000u * input[1];
         bound_reads(0, 1u, 1u);
         n += 10000u * input[1];";
    let kernel = kernel(body);
    assert_eq!(kernel.module().views.len(), 3);
    assert_eq!(run(&kernel, &[0; 3], &[vec![1, 2], vec![0]], 1), [1 + 20 + 100 + 20_000]);
}

#[test]
fn a_view_in_a_function_ends_with_the_call() {
    let text = source("n = first(3u); n += 100u * input[0];").replace(
        "@compute",
        "fn first(at: u32) -> u32 { bound_reads(0, at, 1u); return input[at] + 10u * input[0]; } @compute",
    );
    assert_eq!(outputs(&text, &[0; 3], &[vec![1, 2, 3, 4], vec![0]], 1), [104]);
}

#[test]
fn a_view_may_be_declared_anew_in_each_iteration() {
    let body = "for (var i = 0u; i < 3u; i++) { bound_reads(0, 2u * i, 1u); \
         n = n * 10u + input[2u * i] + input[2u * i + 1u]; }";
    let kernel = kernel(body);
    assert_eq!(kernel.module().views.len(), 1);
    assert_eq!(run(&kernel, &[0; 3], &[vec![1, 2, 3, 4, 5, 6], vec![0]], 1), [135]);
    assert_eq!(kernel.cost(&[0; 3], &[1 << 20, 16]).unwrap().chunks[0], 6);
}

#[test]
fn loops_nest_to_eight() {
    let nest = |depth: usize| {
        let mut body = String::from("n += 1u;");
        for level in 0..depth {
            body = format!("for (var i{level} = 0u; i{level} < params.p; i{level}++) {{ {body} }}");
        }
        source(&body)
    };
    assert_eq!(outputs(&nest(8), &[2, 0, 0], &[vec![0], vec![0]], 1), [256]);
    assert_eq!(refused(&nest(9)).message, "the kernel is nested too deeply");
}

#[test]
fn invariants_leave_loops() {
    let with = |body: &str| kernel(body).cost(&[8, 3, 0], &[4096, 16]).unwrap().fuel;
    let inside = with("for (var i = 0u; i < params.p; i++) { n += (params.q * 7u + g) ^ i; }");
    let outside = with("let k = params.q * 7u + g; for (var i = 0u; i < params.p; i++) { n += k ^ i; }");
    assert_eq!(inside, outside);
}

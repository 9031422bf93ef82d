//! Vectors, swizzles, structures, arrays and pointers, as tables of expressions against their values.

use crate::common::{agrees, agrees_for, compiled, outputs, program, refused, with_items};

/// Expressions of `a` and `b` with their values in Rust.
type Table<'a> = &'a [(&'a str, fn(u32, u32) -> u32)];

#[track_caller]
fn all_agree(table: Table) {
    for (text, expected) in table {
        agrees(text, expected);
    }
}

const fn signed(a: u32) -> i32 {
    a as i32
}

#[test]
fn swizzles_pick_and_repeat_lanes() {
    let lanes = [11u32, 22, 33, 44];
    for names in ["xyzw", "rgba"] {
        for (first, one) in names.chars().enumerate() {
            for (second, two) in names.chars().enumerate() {
                let text =
                    format!("output[g] = v.{one}{two}.x * 100u + v.{two}{one}{one}.x + v.{one}{one}{two}{two}.w;");
                let source = program(&format!("let v = vec4<u32>(11u, 22u, 33u, 44u) + vec4<u32>(a); {text}"));
                let expected = lanes[first] * 100 + 2 * lanes[second];
                assert_eq!(outputs(&source, &[], &[vec![0], vec![0]], 1), [expected], "{one}{two}");
            }
        }
    }
}

#[test]
fn vectors_are_put_together_from_parts() {
    all_agree(&[
        ("vec2<u32>(a, b).y", |_, b| b),
        ("vec3<u32>(vec2<u32>(a, b), 7u).z", |_, _| 7),
        ("vec3<u32>(7u, vec2<u32>(a, b)).z", |_, b| b),
        ("vec4<u32>(vec2<u32>(a, b), vec2<u32>(b, a)).z", |_, b| b),
        ("vec4<u32>(a, vec2<u32>(b, 3u), 4u).y", |_, b| b),
        ("vec4<u32>(vec3<u32>(1u, a, b), 4u).z", |_, b| b),
        ("vec4<u32>(b).w", |_, b| b),
        ("vec3<u32>().y + a", |a, _| a),
        ("vec2(a, b).x", |a, _| a),
        ("vec4<u32>(vec4<i32>(i32(a))).x", |a, _| a),
        ("u32(vec2<i32>(vec2<u32>(a, b)).y)", |_, b| b),
        ("u32(vec2<bool>(vec2<u32>(a, b)).y)", |_, b| u32::from(b != 0)),
        ("vec2<u32>(vec2<bool>(a > b, a < b)).x", |a, b| u32::from(a > b)),
    ]);
}

#[test]
fn vectors_meet_scalars_on_either_side() {
    all_agree(&[
        ("(vec3<u32>(a, b, 1u) + 5u).y", |_, b| b.wrapping_add(5)),
        ("(5u - vec3<u32>(a, b, 1u)).x", |a, _| 5u32.wrapping_sub(a)),
        ("(vec2<u32>(a, b) * 3u).x", |a, _| a.wrapping_mul(3)),
        ("(100u / vec2<u32>(a, b)).y", |_, b| 100u32.checked_div(b).unwrap_or(100)),
        ("(vec2<u32>(a, b) % 7u).x", |a, _| a % 7),
        ("(vec4<u32>(a) & vec4<u32>(b)).w", |a, b| a & b),
        ("(vec4<u32>(a) | vec4<u32>(b)).z", |a, b| a | b),
        ("(vec4<u32>(a) ^ vec4<u32>(b)).y", |a, b| a ^ b),
        ("(vec2<u32>(a) << vec2<u32>(b)).y", |a, b| a.wrapping_shl(b)),
        ("u32((vec2<i32>(i32(a)) >> vec2<u32>(b)).y)", |a, b| signed(a).wrapping_shr(b) as u32),
        ("(~vec2<u32>(a, b)).y", |_, b| !b),
        ("u32((-vec2<i32>(i32(a), i32(b))).x)", |a, _| a.wrapping_neg()),
        ("u32((!vec2<bool>(a > b, a == b)).y)", |a, b| u32::from(a != b)),
    ]);
}

#[test]
fn vectors_compare_lane_by_lane() {
    all_agree(&[
        ("u32((vec2<u32>(a, b) < vec2<u32>(b, a)).x)", |a, b| u32::from(a < b)),
        ("u32((vec2<u32>(a, b) >= vec2<u32>(b, a)).y)", |a, b| u32::from(b >= a)),
        ("u32((vec2<i32>(i32(a)) <= vec2<i32>(i32(b))).x)", |a, b| u32::from(signed(a) <= signed(b))),
        ("u32((vec2<i32>(i32(a)) > vec2<i32>(i32(b))).x)", |a, b| u32::from(signed(a) > signed(b))),
        ("u32((vec3<u32>(a) != vec3<u32>(b, a, b)).y)", |_, _| 0),
        ("u32(all(vec3<u32>(a, b, a) >= vec3<u32>(1u)))", |a, b| u32::from(a > 0 && b > 0)),
        ("u32(any(vec4<u32>(a, b, 1u, 1u) == vec4<u32>(2u)))", |a, b| u32::from(a == 2 || b == 2)),
        ("u32(all(a > b)) + u32(any(a < b))", |a, b| u32::from(a != b)),
        ("u32(all(vec2<bool>(a > b, b > a) | vec2<bool>(a == b)))", |a, b| u32::from(a == b)),
        ("u32(any(vec2<bool>(a > b, b > a) & vec2<bool>(a > 5u)))", |a, b| u32::from(a != b && a > 5)),
    ]);
}

#[test]
fn built_in_functions_apply_to_each_lane() {
    all_agree(&[
        ("min(vec2<u32>(a, b), vec2<u32>(b, a)).x", |a, b| a.min(b)),
        ("max(vec3<u32>(a), vec3<u32>(1u, b, 3u)).y", |a, b| a.max(b)),
        ("u32(min(vec2<i32>(i32(a)), vec2<i32>(i32(b))).y)", |a, b| signed(a).min(signed(b)) as u32),
        ("clamp(vec2<u32>(a, b), vec2<u32>(2u), vec2<u32>(40u)).y", |_, b| b.clamp(2, 40)),
        ("u32(abs(vec2<i32>(i32(a), i32(b))).y)", |_, b| signed(b).wrapping_abs() as u32),
        ("u32(sign(vec2<i32>(i32(a), i32(b))).x)", |a, _| signed(a).signum() as u32),
        ("countOneBits(vec2<u32>(a, b)).y", |_, b| b.count_ones()),
        ("countLeadingZeros(vec2<u32>(a, b)).x", |a, _| a.leading_zeros()),
        ("countTrailingZeros(vec2<u32>(a, b)).x", |a, _| a.trailing_zeros()),
        ("reverseBits(vec4<u32>(a, b, a, b)).w", |_, b| b.reverse_bits()),
        ("firstLeadingBit(vec2<u32>(a, b)).y", |_, b| b.checked_ilog2().unwrap_or(u32::MAX)),
        ("firstTrailingBit(vec2<u32>(a, b)).y", |_, b| if b == 0 { u32::MAX } else { b.trailing_zeros() }),
        ("extractBits(vec2<u32>(a, b), 4u, 9u).y", |_, b| (b >> 4) & 511),
        ("insertBits(vec2<u32>(a, b), vec2<u32>(b, a), 8u, 8u).x", |a, b| (a & !0xff00) | (b & 255) << 8),
        ("select(vec2<u32>(a, b), vec2<u32>(b, a), a > b).x", |a, b| a.min(b)),
        ("dot(vec2<u32>(a, b), vec2<u32>(b, 7u))", |a, b| a.wrapping_mul(b).wrapping_add(b.wrapping_mul(7))),
        ("u32(dot(vec2<i32>(i32(a), -1i), vec2<i32>(3i, i32(b))))", |a, b| a.wrapping_mul(3).wrapping_sub(b)),
        ("unpack4xU8(a).x + unpack4xU8(a).w * 256u", |a, _| (a & 255) + (a >> 24) * 256),
    ]);
}

#[test]
fn words_keep_their_bits_between_types() {
    all_agree(&[
        ("u32(i32(a))", |a, _| a),
        ("bitcast<u32>(bitcast<i32>(a))", |a, _| a),
        ("bitcast<vec2<u32>>(bitcast<vec2<i32>>(vec2<u32>(a, b))).y", |_, b| b),
        ("u32(bool(a))", |a, _| u32::from(a != 0)),
        ("u32(bool(i32(b)))", |_, b| u32::from(b != 0)),
        ("u32(i32(a > b))", |a, b| u32::from(a > b)),
        ("u32(i32(a) + i32(b))", u32::wrapping_add),
        ("u32(i32(a) * i32(b))", u32::wrapping_mul),
        ("u32(i32(a) - 2147483647i)", |a, _| a.wrapping_sub(0x7fff_ffff)),
        ("u32(i32(0x80000000u)) ^ a", |a, _| a ^ 0x8000_0000),
    ]);
}

#[test]
fn lanes_are_assigned_by_name_and_by_index() {
    agrees_for(
        &program(
            "var v = vec4<u32>(a, b, 3u, 4u);
             v.x = v.y; v[1] = 7u; v.z += a; v.w *= 2u; v[3] -= 1u;
             output[g] = v.x ^ v.y ^ v.z ^ v.w;",
        ),
        |a, b| b ^ 7 ^ 3u32.wrapping_add(a) ^ 7,
    );
}

#[test]
fn every_assignment_operator_does_what_it_says() {
    for (operator, expected) in [
        ("+=", u32::wrapping_add as fn(u32, u32) -> u32),
        ("-=", u32::wrapping_sub),
        ("*=", u32::wrapping_mul),
        ("/=", |a, b| a.checked_div(b).unwrap_or(a)),
        ("%=", |a, b| a.checked_rem(b).unwrap_or(0)),
        ("&=", |a, b| a & b),
        ("|=", |a, b| a | b),
        ("^=", |a, b| a ^ b),
        ("<<=", u32::wrapping_shl),
        (">>=", u32::wrapping_shr),
    ] {
        agrees_for(&program(&format!("var x = a; x {operator} b; output[g] = x;")), expected);
        let cell = format!("var x: array<u32, 3>; x[a & 1u] = a; x[a & 1u] {operator} b; output[g] = x[a & 1u];");
        agrees_for(&program(&cell), expected);
    }
    agrees_for(&program("var x = a; x++; x++; x--; output[g] = x;"), |a, _| a.wrapping_add(1));
    agrees_for(&program("_ = a; output[g] = b;"), |_, b| b);
}

#[test]
fn lanes_out_of_range_read_zero_and_drop_writes() {
    agrees_for(&program("var v = vec3<u32>(5u, 6u, 7u); v[a] = 100u; output[g] = v[b] + v.x * 1000u;"), |a, b| {
        let mut v = [5, 6, 7];
        if let Some(lane) = v.get_mut(a as usize) {
            *lane = 100;
        }
        v.get(b as usize).copied().unwrap_or(0) + v[0] * 1000
    });
}

#[test]
fn elements_out_of_range_read_zero_wherever_the_array_lives() {
    let items = "const TABLE = array<u32, 3>(7u, 8u, 9u);
         const LONG = array<u32, 7>(1u, 2u, 3u, 4u, 5u, 6u, 7u);
         var<private> cells: array<u32, 3> = array<u32, 3>(7u, 8u, 9u);";
    for text in ["TABLE[a]", "cells[a]", "array<u32, 3>(7u, 8u, 9u)[a]"] {
        agrees_for(&with_items(items, &format!("output[g] = {text};")), |a, _| {
            [7, 8, 9].get(a as usize).copied().unwrap_or(0)
        });
    }
    agrees_for(&with_items(items, "output[g] = LONG[a] + LONG[b];"), |a, b| {
        let at = |i: u32| if i < 7 { i + 1 } else { 0 };
        at(a) + at(b)
    });
}

#[test]
fn values_made_while_running_are_indexed_while_running() {
    agrees_for(&program("let v = array<u32, 5>(a, b, a + b, 4u, 5u); output[g] = v[a % 5u] ^ v[b % 5u];"), |a, b| {
        let v = [a, b, a.wrapping_add(b), 4, 5];
        v[a as usize % 5] ^ v[b as usize % 5]
    });
    let items: Vec<String> = (0..20).map(|at| format!("a + {at}u")).collect();
    let source = program(&format!("let v = array<u32, 20>({}); output[g] = v[b % 20u];", items.join(", ")));
    agrees_for(&source, |a, b| a.wrapping_add(b % 20));
}

#[test]
fn arrays_are_copied_not_shared() {
    agrees_for(
        &program(
            "var x = array<u32, 4>(a, b, 3u, 4u);
             var y = x;
             y[a & 3u] += 10u;
             x[1] = 0u;
             let z = y;
             y[2] = 0u;
             output[g] = z[a & 3u] ^ z[1] ^ z[2] ^ x[0];",
        ),
        |a, b| {
            let mut y = [a, b, 3, 4];
            y[a as usize & 3] = y[a as usize & 3].wrapping_add(10);
            y[a as usize & 3] ^ y[1] ^ y[2] ^ a
        },
    );
}

#[test]
fn structures_nest_with_arrays_in_them() {
    let items = "struct Leaf { value: u32, flags: vec2<bool> }
         struct Tree { leaves: array<Leaf, 3>, count: u32 }
         var<private> tree: Tree;
         fn grow(t: ptr<private, Tree>, at: u32, value: u32) {
             (*t).leaves[at].value = value;
             (*t).leaves[at].flags = vec2<bool>(value > 5u, true);
             (*t).count += 1u;
         }";
    let body = "grow(&tree, 0u, a); grow(&tree, b % 3u, b);
         var copy = tree; copy.leaves[0].value = 1u;
         let leaf = tree.leaves[b % 3u];
         output[g] = leaf.value + u32(leaf.flags.x) * 7u + tree.count + copy.leaves[0].value
             + u32(all(copy.leaves[1].flags));";
    agrees_for(&with_items(items, body), |_, b| {
        let second = b % 3 == 1;
        b.wrapping_add(u32::from(b > 5) * 7).wrapping_add(2 + 1 + u32::from(second && b > 5))
    });
}

#[test]
fn structures_pass_through_functions_by_value() {
    let items = "struct Point { x: i32, y: i32 }
         fn turned(p: Point) -> Point { return Point(-p.y, p.x); }
         fn sum(p: Point, q: Point) -> Point { var r = p; r.x += q.x; r.y += q.y; return r; }";
    let body =
        "let p = Point(i32(a), i32(b)); let q = sum(turned(turned(p)), turned(p)); output[g] = u32(q.x * 3i + q.y);";
    agrees_for(&with_items(items, body), |a, b| {
        let (x, y) = (signed(a), signed(b));
        let q = (x.wrapping_neg().wrapping_sub(y), y.wrapping_neg().wrapping_add(x));
        q.0.wrapping_mul(3).wrapping_add(q.1) as u32
    });
}

#[test]
fn pointers_reach_parts_of_variables() {
    let items = "fn bump(place: ptr<function, u32>) { *place = *place * 2u + 1u; }
         fn both(v: ptr<function, array<u32, 4>>, at: u32) -> u32 { let p = &(*v)[at]; *p += 1u; return *p + (*v)[0]; \
         }";
    let body = "var v = array<u32, 4>(a, b, 3u, 4u); var s = a;
         bump(&s); bump(&s);
         let r = both(&v, b & 3u);
         output[g] = r ^ s ^ v[1];";
    agrees_for(&with_items(items, body), |a, b| {
        let s = a.wrapping_mul(4).wrapping_add(3);
        let mut v = [a, b, 3, 4];
        let at = b as usize & 3;
        v[at] = v[at].wrapping_add(1);
        v[at].wrapping_add(v[0]) ^ s ^ v[1]
    });
}

#[test]
fn zero_values_are_zero_in_every_part() {
    let items = "struct S { a: u32, v: vec3<i32>, t: array<u32, 20> }";
    let body = "var s = S(); var v = vec4<u32>(); let n = u32() + u32(i32()) + u32(bool());
         output[g] = s.a + u32(s.v.y) + s.t[a] + v.w + n;";
    agrees_for(&with_items(items, body), |_, _| 0);
}

#[test]
fn constants_are_computed_by_the_rules_of_wgsl() {
    let items = "const A = 7;
         const B: i32 = A - 10;
         const C = vec3<u32>(1u, 2u, 3u) * 2u;
         const D = array<vec2<u32>, 2>(vec2(1u, 2u), C.yz);
         const E = select(C.x, C.y, B < 0);
         const F = 1u << 4u;
         alias Word = u32;";
    agrees_for(
        &with_items(items, "let w: Word = a; output[g] = w ^ (u32(B) + C.z + D[1].y + E + F + D[b & 1u].x);"),
        |a, b| {
            let d = if b & 1 == 1 { 4 } else { 1 };
            a ^ (-3i32 as u32).wrapping_add(6 + 6 + 4 + 16 + d)
        },
    );
}

#[test]
fn private_variables_keep_their_values_between_calls() {
    let items = "var<private> total: u32 = 3u; var<private> last: vec2<u32>;
         fn log(x: u32) { total += x; last = vec2<u32>(last.y, x); }";
    agrees_for(&with_items(items, "log(a); log(b); log(1u); output[g] = total ^ last.x;"), |a, b| {
        a.wrapping_add(b).wrapping_add(4) ^ b
    });
}

#[test]
fn shadowed_names_are_other_variables() {
    let body =
        "var x = a; { var x = b; x += 1u; { let x = 9u; _ = x; } } for (var x = 0u; x < 3u; x++) {} output[g] = x;";
    agrees_for(&program(body), |a, _| a);
}

#[test]
fn matrices_and_half_floats_are_refused() {
    for text in ["var m = mat3x3<f32>();", "let h = 1.0;  let k = u32(h * 2.0); _ = k + a;", "var f: array<f32, 3>;"] {
        let error = refused(&program(&format!("{text} output[g] = a;")));
        assert_eq!(error.message, "floating point is not in the kernel language", "{text}");
    }
}

#[test]
fn words_of_64_bits_are_refused() {
    for text in ["var x: u64; output[g] = a;", "var x: i64; output[g] = a;"] {
        let error = refused(&program(text));
        assert_eq!(error.message, "integers of 64 bits are not in the kernel language", "{text}");
        assert!(error.notes[0].contains("mulhi"), "{:?}", error.notes);
    }
}

#[test]
fn compilation_is_the_same_every_time_and_on_every_thread() {
    let source = with_items(
        "struct P { x: u32, t: array<u32, 9> } const T = array<u32, 6>(1u, 2u, 3u, 4u, 5u, 6u);
         fn f(x: u32) -> u32 { if x > 3u { return T[x]; } return x; }",
        "var p = P(); for (var i = 0u; i < 9u; i++) { p.t[i] = f(a + i); p.x += p.t[i ^ 1u]; } output[g] = p.x;",
    );
    let first = compiled(&source).kernel.encode();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let source = source.clone();
            std::thread::spawn(move || compiled(&source).kernel.encode())
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), first);
    }
}

//! Arrays by value: passed, returned, named by `let`. Each value is copied once at most, and that is all it costs.

use crate::common::{agrees_for, compiled, outputs, refused, with_items};

/// A kernel that reads the array `a` and the parameter `n`.
fn source(items: &str, body: &str) -> String {
    format!(
        "const WINDOW: u32 = 1;
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(8) var<uniform> n: u32;
@group(0) @binding(9) var<storage, read_write> o: array<u32>;
{items}
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
{body}
}}"
    )
}

fn fuel(source: &str, n: u32) -> u64 {
    compiled(source).kernel.cost(&[n], &[4096]).unwrap().fuel
}

/// The output of the first eight invocations, where input word i is 7·i + 1.
fn run(source: &str, n: u32) -> Vec<u32> {
    outputs(source, &[n], &[(0..1024).map(|at| at * 7 + 1).collect()], 8)
}

/// A copy costs a load and a store for each word; a long one is made by a loop, which adds a half.
fn copy(words: u64) -> u64 {
    5 * words / 2 + 16
}

/// The sum of an array that is passed in this way.
fn sum(words: u32, by_pointer: bool) -> String {
    let (taken, given, read) = match by_pointer {
        true => (format!("p: ptr<function, array<u32, {words}>>"), "&t", "(*p)[i]"),
        false => (format!("p: array<u32, {words}>"), "t", "p[i]"),
    };
    source(
        &format!("fn sum({taken}) -> u32 {{ var s = 0u; for (var i = 0u; i < n; i++) {{ s += {read}; }} return s; }}"),
        &format!(
            "var t: array<u32, {words}>;
             for (var i = 0u; i < {words}u; i++) {{ t[i] = a[i + id.x]; }}
             o[id.x] = sum({given});"
        ),
    )
}

#[test]
fn an_array_that_nothing_changes_costs_by_value_what_it_costs_by_pointer() {
    for words in [5, 16, 17, 32, 64, 300, 1000] {
        let (value, pointer) = (sum(words, false), sum(words, true));
        assert_eq!(fuel(&value, words), fuel(&pointer, words), "{words} words");
        assert_eq!(run(&value, words + 2), run(&pointer, words + 2), "{words} words");
    }
}

#[test]
fn sixteen_calls_by_value_cost_what_they_cost_by_pointer() {
    let calls = |taken: &str, given: &str| {
        source(
            &format!(
                "fn sum({taken}) -> u32 {{ var s = 0u; for (var i = 0u; i < n; i++) {{ s += t[i]; }} return s; }}"
            ),
            &format!(
                "var r = id.x; var t: array<u32, 17>;
                 for (var i = 0u; i < 17u; i++) {{ t[i] = a[i]; }}
                 {}
                 o[id.x] = r;",
                format!("r += sum({given}); t[0] = r;\n").repeat(16)
            ),
        )
    };
    let (value, pointer) = (calls("t: array<u32, 17>", "t"), calls("t: ptr<function, array<u32, 17>>", "&t"));
    assert_eq!(fuel(&value, 17), fuel(&pointer, 17));
    assert_eq!(run(&value, 17), run(&pointer, 17));
}

#[test]
fn a_let_from_a_buffer_costs_what_a_var_costs() {
    for words in [8u32, 32, 100, 300] {
        let with = |kind: &str| {
            format!(
                "struct Big {{ limbs: array<u32, {words}> }}\n{}",
                source(
                    "",
                    &format!(
                "{kind} b = a[id.x]; var s = 0u; for (var i = 0u; i < n; i++) {{ s += b.limbs[i]; }} o[id.x] = s;"
            )
                )
                .replace("a: array<u32>", "a: array<Big>")
            )
        };
        let (constant, variable) = (with("let"), with("var"));
        assert!(
            fuel(&constant, words) <= fuel(&variable, words) + u64::from(words) / 2 + 16,
            "{words}: {} {}",
            fuel(&constant, words),
            fuel(&variable, words)
        );
        assert_eq!(run(&constant, words), run(&variable, words));
    }
}

#[test]
fn a_copy_in_a_loop_is_made_once_a_turn_and_is_of_that_turn() {
    let body = |kind: &str| {
        format!(
            "var t: array<u32, 20>;
             for (var i = 0u; i < 20u; i++) {{ t[i] = a[i + id.x]; }}
             var s = 0u;
             for (var k = 0u; k < 5u; k++) {{
                 {kind} old = t;
                 for (var i = 0u; i < n; i++) {{ t[(i + 1u) % 20u] += old[i % 20u] + k; s = s * 3u + old[i % 20u]; }}
             }}
             o[id.x] = s + t[3];"
        )
    };
    let (constant, variable) = (source("", &body("let")), source("", &body("var")));
    let direct: Vec<u32> = (0..8u32)
        .map(|index| {
            let mut t: Vec<u32> = (0..20).map(|at| (at + index) * 7 + 1).collect();
            let mut s = 0u32;
            for k in 0..5u32 {
                let old = t.clone();
                for i in 0..23usize {
                    t[(i + 1) % 20] = t[(i + 1) % 20].wrapping_add(old[i % 20]).wrapping_add(k);
                    s = s.wrapping_mul(3).wrapping_add(old[i % 20]);
                }
            }
            s.wrapping_add(t[3])
        })
        .collect();
    assert_eq!(run(&constant, 23), direct);
    assert_eq!(run(&variable, 23), direct);
    assert!(fuel(&constant, 23) <= fuel(&variable, 23));
}

#[test]
fn a_parameter_that_is_changed_is_copied_once() {
    let with = |taken: &str, given: &str, copied: &str| {
        source(
            &format!(
                "fn mixed({taken}) -> u32 {{
                     var t = {copied};
                     for (var i = 0u; i < n; i++) {{ t[i % 40u] = t[(i * 7u) % 40u] + i; }}
                     return t[0] ^ t[n % 40u];
                 }}"
            ),
            &format!(
                "var t: array<u32, 40>;
                 for (var i = 0u; i < 40u; i++) {{ t[i] = a[i + id.x]; }}
                 o[id.x] = mixed({given}) * 3u + mixed({given}) + t[5];"
            ),
        )
    };
    let value = with("p: array<u32, 40>", "t", "p");
    let pointer = with("p: ptr<function, array<u32, 40>>", "&t", "*p");
    assert_eq!(run(&value, 50), run(&pointer, 50));
    let by_value = fuel(&value, 50);
    // No copy but the two that the source asks for, each by a loop.
    assert!(by_value <= fuel(&pointer, 50) + 2 * (copy(40) - 2 * 40), "{by_value} {}", fuel(&pointer, 50));
    let in_place = fuel(&sum(40, true), 50);
    assert!(by_value < 3 * in_place + 2 * copy(40) + 50 * 30, "{by_value} {in_place}");
}

#[test]
fn values_that_a_function_returns_are_indexed_without_another_copy() {
    for words in [6u32, 20, 200] {
        let source = source(
            &format!(
                "fn made(x: u32) -> array<u32, {words}> {{
                     var t: array<u32, {words}>;
                     for (var i = 0u; i < {words}u; i++) {{ t[i] = a[i] * x; }}
                     return t;
                 }}"
            ),
            "let x = made(id.x + 1u); let y = made(3u);
             var s = 0u; for (var i = 0u; i < n; i++) { s = s * 5u + x[i] + (y[i] << 1u); } o[id.x] = s;",
        );
        let expected: Vec<u32> = (1..=8u32)
            .map(|x| {
                let word = |at: u32| if at < words { at * 7 + 1 } else { 0 };
                (0..words + 3).fold(0u32, |s, i| {
                    s.wrapping_mul(5).wrapping_add(word(i).wrapping_mul(x)).wrapping_add((word(i) * 3) << 1)
                })
            })
            .collect();
        assert_eq!(run(&source, words + 3), expected);
        let each = (fuel(&source, 1000) - fuel(&source, 0)) / 1000;
        assert!(each <= 12, "{words} words: {each} a turn");
    }
}

#[test]
fn a_function_that_returns_in_several_places_returns_arrays_too() {
    let source = source(
        "fn chosen(p: array<u32, 40>, which: u32) -> array<u32, 40> {
             if which == 0u { return p; }
             var t = p;
             for (var i = 0u; i < 40u; i++) { if i == which { return t; } t[i] = t[39u - i] + which; }
             return t;
         }",
        "var t: array<u32, 40>;
         for (var i = 0u; i < 40u; i++) { t[i] = a[i]; }
         let x = chosen(t, id.x);
         t[0] = 99u;
         let y = chosen(t, 0u);
         t[1] = 98u;
         var s = 0u; for (var i = 0u; i < n; i++) { s = s * 5u + x[i] + y[i]; } o[id.x] = s;",
    );
    let expected: Vec<u32> = (0..8usize)
        .map(|which| {
            let t: Vec<u32> = (0..40).map(|at| at * 7 + 1).collect();
            let mut x = t.clone();
            if which > 0 {
                for i in 0..40 {
                    if i == which {
                        break;
                    }
                    x[i] = x[39 - i] + which as u32;
                }
            }
            let mut y = t;
            y[0] = 99;
            (0..40).fold(0u32, |s, i| s.wrapping_mul(5).wrapping_add(x[i] + y[i]))
        })
        .collect();
    assert_eq!(run(&source, 40), expected);
}

#[test]
fn a_value_that_a_function_passes_through_does_not_follow_its_variable() {
    let items = "fn same(p: array<u32, 20>) -> array<u32, 20> { return p; }
        fn twice(p: array<u32, 20>) -> array<u32, 20> { return same(same(p)); }";
    let body = "var t: array<u32, 20>; for (var i = 0u; i < 20u; i++) { t[i] = a * i + b; }
        let kept = twice(t);
        t[b % 20u] = 5u;
        output[g] = kept[a % 20u] ^ (kept[b % 20u] << 3u) ^ t[b % 20u];";
    agrees_for(&with_items(items, body), |a, b| {
        let word = |at: u32| a.wrapping_mul(at).wrapping_add(b);
        word(a % 20) ^ (word(b % 20) << 3) ^ 5
    });
}

#[test]
fn a_part_keeps_its_value_when_the_whole_is_written() {
    let items = "struct In { limbs: array<u32, 12>, tag: u32 } struct Out { head: u32, parts: array<In, 3> }";
    let body = "var t: Out; for (var i = 0u; i < 36u; i++) { t.parts[i / 12u].limbs[i % 12u] = a + i; }
        let part = t.parts[1u]; let limbs = part.limbs; let row = t.parts[b % 3u].limbs;
        t.parts[1u].limbs[b % 12u] = 7u; t.parts[b % 3u].tag = 9u;
        output[g] = limbs[b % 12u] ^ (row[a % 12u] << 2u) ^ (part.tag << 4u) ^ t.parts[1u].limbs[b % 12u];";
    agrees_for(&with_items(items, body), |a, b| {
        let limb = a.wrapping_add(12 + b % 12);
        limb ^ (a.wrapping_add(b % 3 * 12 + a % 12) << 2) ^ 7
    });
}

#[test]
fn arrays_of_arrays_and_of_vectors_are_values_too() {
    let items = "fn at(p: array<array<u32, 4>, 5>, i: u32, j: u32) -> u32 { return p[i][j]; }
        fn lane(p: array<vec4<u32>, 6>, i: u32, j: u32) -> u32 { return p[i][j]; }";
    let body = "var t: array<array<u32, 4>, 5>; var v: array<vec4<u32>, 6>;
        for (var i = 0u; i < 20u; i++) { t[i / 4u][i % 4u] = a + i; }
        for (var i = 0u; i < 24u; i++) { v[i / 4u][i % 4u] = b + i; }
        let kept = t; let lanes = v; t[1][2] = 0u; v[2] = vec4<u32>();
        output[g] = at(kept, a % 5u, b % 4u) ^ at(t, 1u, 2u) ^ (lane(lanes, b % 6u, a % 4u) << 1u) ^ lane(v, 2u, \
        a & 3u);";
    agrees_for(&with_items(items, body), |a, b| {
        a.wrapping_add(a % 5 * 4 + b % 4) ^ (b.wrapping_add(b % 6 * 4 + a % 4) << 1)
    });
}

#[test]
fn an_element_out_of_range_of_a_value_is_zero_in_every_dimension() {
    let items = "struct S { x: array<u32, 6>, y: array<array<u32, 3>, 4>, z: u32 }
        fn x(s: S, i: u32) -> u32 { return s.x[i]; }
        fn y(s: S, i: u32, j: u32) -> u32 { return s.y[i][j]; }";
    let body = "var s: S; for (var i = 0u; i < 6u; i++) { s.x[i] = i + 1u; }
        for (var i = 0u; i < 12u; i++) { s.y[i / 3u][i % 3u] = 100u + i; } s.z = 77u;
        let kept = s; s.z = 78u;
        output[g] = x(kept, a) + 1000u * y(kept, b, a) + x(s, b);";
    agrees_for(&with_items(items, body), |a, b| {
        let x = |i: u32| if i < 6 { i + 1 } else { 0 };
        let y = if a < 3 && b < 4 { 100 + b * 3 + a } else { 0 };
        x(a) + 1000 * y + x(b)
    });
}

#[test]
fn values_live_through_branches_and_switches() {
    let items = "fn pick(p: array<u32, 9>, i: u32) -> u32 { switch i % 3u { case 0u: { return p[i % 9u]; } case 1u: { \
         var q = p; q[i % 9u] += 1u; return q[i % 9u] + q[0]; } default: { return 5u; } } }";
    let body = "var t: array<u32, 9>;
        if a > 3u { for (var i = 0u; i < 9u; i++) { t[i] = b + i; } } else { t[2] = a; }
        let kept = t;
        if b > 3u { t[b % 9u] = 1u; } else { t[1] = 2u; }
        var s = 0u;
        for (var i = 0u; i < 5u; i++) { let now = t; t[i] = s; s = s * 3u + now[(a + i) % 9u]; if s == 0u { continue; \
        } }
        output[g] = s ^ pick(kept, a) ^ (pick(t, b) << 1u) ^ kept[b % 9u];";
    agrees_for(&with_items(items, body), |a, b| {
        let mut t = [0u32; 9];
        if a > 3 {
            t.iter_mut().zip(0..).for_each(|(word, i)| *word = b.wrapping_add(i));
        } else {
            t[2] = a;
        }
        let kept = t;
        if b > 3 {
            t[b as usize % 9] = 1;
        } else {
            t[1] = 2;
        }
        let mut s = 0u32;
        for i in 0..5u32 {
            let now = t;
            t[i as usize] = s;
            s = s.wrapping_mul(3).wrapping_add(now[a.wrapping_add(i) as usize % 9]);
        }
        let pick = |p: &[u32; 9], i: u32| match i % 3 {
            0 => p[i as usize % 9],
            1 => {
                let mut q = *p;
                q[i as usize % 9] = q[i as usize % 9].wrapping_add(1);
                q[i as usize % 9].wrapping_add(q[0])
            }
            _ => 5,
        };
        s ^ pick(&kept, a) ^ (pick(&t, b) << 1) ^ kept[b as usize % 9]
    });
}

#[test]
fn forty_values_one_after_the_other_share_scratch() {
    // Each is changed while it is needed, so that each is a copy.
    let one = "{ let old = t; t[r % 50u] += 1u; for (var i = 0u; i < n; i++) { r = r * 3u + old[i]; } }\n";
    let body = format!(
        "var r = id.x; var t: array<u32, 50>; for (var i = 0u; i < 50u; i++) {{ t[i] = a[i]; }} {} o[id.x] = r;",
        one.repeat(40)
    );
    let statistics = compiled(&source("", &body)).statistics;
    assert_eq!(statistics.scratch_words, 100);
}

#[test]
fn functions_with_their_own_arrays_share_scratch() {
    let mut items = String::new();
    let mut body = "var r = id.x;\n".to_string();
    for at in 0..40 {
        let words = 60 + at;
        items += &format!(
            "fn f{at}(x: u32) -> u32 {{ var t: array<u32, {words}>; t[x % {words}u] = x; t[(x + 1u) % {words}u] = 3u; \
             return t[n] + t[x]; }}\n"
        );
        body += &format!("r += f{at}(r);\n");
    }
    let source = source(&items, &format!("{body} o[id.x] = r;"));
    assert!(compiled(&source).statistics.scratch_words <= 1024);
    let expected: Vec<u32> = (0..8u32)
        .map(|index| {
            (60..100u32).fold(index, |x, words| {
                let mut t = vec![0; words as usize];
                t[(x % words) as usize] = x;
                t[((x + 1) % words) as usize] = 3;
                let at = |i: u32| t.get(i as usize).copied().unwrap_or(0);
                x + at(61) + at(x)
            })
        })
        .collect();
    assert_eq!(run(&source, 61), expected);
}

#[test]
fn small_arrays_by_value_still_compile_where_scratch_is_full() {
    let items = "var<private> all: array<u32, 1024>;";
    let body = "all[a] = 3u; let v = array<u32, 5>(a, b, 7u, a + b, 9u); output[g] = v[b % 5u] + all[b];";
    agrees_for(&with_items(items, body), |a, b| {
        let v = [a, b, 7, a.wrapping_add(b), 9][b as usize % 5];
        v.wrapping_add(if a == b && a < 1024 { 3 } else { 0 })
    });
}

#[test]
fn what_does_not_fit_is_refused_with_the_limit_and_a_remedy() {
    let copies = |count: usize, words: usize| {
        let lets: String = (0..count).map(|at| format!("let k{at} = t; t[id.x + {at}u] += r;\n")).collect();
        let uses: String = (0..count).map(|at| format!("r += k{at}[i];\n")).collect();
        source(
            "",
            &format!(
                "var r = id.x; var t: array<u32, {words}>; for (var i = 0u; i < {words}u; i++) {{ t[i] = a[i]; }} {lets}
                 for (var i = 0u; i < n; i++) {{ {uses} }} o[id.x] = r;"
            ),
        )
    };
    compiled(&copies(15, 20));
    let error = refused(&copies(16, 20));
    assert_eq!(error.message, "the private arrays do not fit into scratch");
    assert_eq!(error.notes[0], "here 17 arrays are needed at the same time, and a kernel has at most 16");
    assert!(error.notes[1].contains("put several arrays into one"), "{:?}", error.notes);
    compiled(&copies(3, 256));
    let error = refused(&copies(4, 256));
    assert_eq!(error.message, "the private arrays do not fit into scratch");
    assert_eq!(
        error.notes[0],
        "here 1280 words of arrays are needed at the same time (256 by this one), and a kernel has at most 1024"
    );
    assert!(error.notes[1].contains("by pointer instead of by value"), "{:?}", error.notes);
}

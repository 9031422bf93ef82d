//! Hostile sources: refused or compiled in bounded time and memory.

use crate::common::{compiled, outputs, program, refused, with_items};
use touchstone_compiler::{compile, MAX_SOURCE_BYTES};
use touchstone_kir::limits;

/// Compiles a source; the result must be within the limits of the chain. Returns the message if it is refused.
fn survives(source: &str) -> Option<String> {
    match compile(source) {
        Ok(compiled) => {
            let module = compiled.kernel.module();
            assert!(module.code.len() <= limits::MAX_INSTRUCTIONS);
            assert!(usize::from(module.registers) <= limits::MAX_REGISTERS);
            assert_eq!(compiled.statistics.bytes, compiled.kernel.encode().len());
            None
        }
        Err(error) => {
            if let Some(span) = &error.span {
                assert!(span.start <= span.end && span.end <= source.len(), "{span:?}");
            }
            assert!(!error.message.is_empty() && !error.message.contains("please report"), "{}", error.message);
            // A message must not be longer than a screen.
            let shown = error.render(source, "test.wgsl");
            assert!(shown.len() < 6000, "{} bytes: {}", shown.len(), error.message);
            Some(error.message)
        }
    }
}

#[test]
fn calls_that_double_and_leave_no_instruction_are_stopped() {
    let mut items = String::from("fn f0(x: u32) -> u32 { return x; }\n");
    for level in 1..50 {
        items += &format!("fn f{level}(x: u32) -> u32 {{ let y = f{0}(x); return f{0}(y); }}\n", level - 1);
    }
    assert_eq!(refused(&with_items(&items, "output[g] = f49(a);")).message, "the kernel is too large");
}

#[test]
fn calls_that_double_a_few_times_are_inlined() {
    let mut items = String::from("fn f0(x: u32) -> u32 { return x + 1u; }\n");
    for level in 1..9 {
        items += &format!("fn f{level}(x: u32) -> u32 {{ let y = f{0}(x); return f{0}(y); }}\n", level - 1);
    }
    assert_eq!(outputs(&with_items(&items, "output[g] = f8(a);"), &[], &[vec![5], vec![0]], 1), [5 + 256]);
}

#[test]
fn copies_of_large_arrays_are_stopped_before_they_fill_the_memory() {
    let mut body = String::from("var total = 0u;");
    for copy in 0..4000 {
        body += &format!("let c{copy} = big;");
    }
    let source = with_items("var<private> big: array<u32, 1000>;", &format!("{body} output[g] = total;"));
    assert_eq!(refused(&source).message, "the kernel is too large");
}

#[test]
fn deep_blocks_are_refused_not_overflown() {
    for depth in [10, 60, 120, 1000, 20_000] {
        let body = format!("{}output[g] = a;{}", "{".repeat(depth), "}".repeat(depth));
        let message = survives(&program(&body));
        assert!(depth > 60 || message.is_none(), "{message:?}");
    }
}

#[test]
fn ifs_nest_to_64() {
    let nest = |depth: usize| {
        let mut body = String::from("output[g] = 7u;");
        for level in 0..depth {
            body = format!("if a > {level}u {{ {body} output[g] += 1u; }}");
        }
        program(&body)
    };
    assert_eq!(outputs(&nest(64), &[], &[vec![64, 63], vec![0, 0]], 2), [71, 0]);
    assert_eq!(survives(&nest(65)), Some("the kernel is nested too deeply".into()));
}

#[test]
fn a_sum_of_thousands_of_terms_is_compiled() {
    let sum = vec!["a"; 3000].join(" + ");
    assert_eq!(outputs(&program(&format!("output[g] = {sum};")), &[], &[vec![7], vec![0]], 1), [21_000]);
}

#[test]
fn unary_operators_in_long_chains_do_not_end_the_process() {
    survives(&program(&format!("output[g] = {}a;", "~".repeat(5000))));
    survives(&program(&format!("output[g] = u32({}i32(a));", "-".repeat(5000))));
    survives(&program(&format!("output[g] = u32({}bool(a));", "!".repeat(5000))));
}

#[test]
fn indices_in_long_chains_do_not_end_the_process() {
    let item = format!("var<private> cube: {}u32{};", "array<".repeat(40), ", 1>".repeat(40));
    let body = format!("output[g] = cube{};", "[a]".repeat(40));
    survives(&with_items(&item, &body));
    survives(&program(&format!("output[g] = {}a{};", "left[".repeat(3000), "]".repeat(3000))));
}

#[test]
fn structures_of_structures_that_double_are_too_large() {
    let nest = |levels: usize, body: &str| {
        let mut items = String::from("struct S0 { a: u32, b: u32 }\n");
        for level in 1..=levels {
            items += &format!("struct S{level} {{ a: S{0}, b: S{0} }}\n", level - 1);
        }
        with_items(&format!("{items} var<private> x: S{levels};"), body)
    };
    for levels in [12, 20, 40] {
        assert!(survives(&nest(levels, "output[g] = a;")).unwrap().contains("too large"), "{levels}");
    }
    let fits = nest(5, "x.b.b.b.b.b.b = a; output[g] = x.b.b.b.b.b.b;");
    assert_eq!(outputs(&fits, &[], &[vec![9], vec![0]], 1), [9]);
}

#[test]
fn arrays_of_arrays_are_counted_in_words() {
    let fits = with_items("var<private> t: array<array<u32, 32>, 32>;", "t[a][b] = 5u; output[g] = t[a][b] + t[0][1];");
    assert_eq!(compiled(&fits).statistics.scratch_words, 1024);
    assert_eq!(outputs(&fits, &[], &[vec![31, 0], vec![31, 1]], 2), [5, 10]);
    for size in ["33>, 32", "65536>, 65536"] {
        let source =
            with_items(&format!("var<private> t: array<array<u32, {size}>;"), "t[a][b] = 5u; output[g] = t[b][a];");
        let message = survives(&source).unwrap();
        assert!(
            ["the private arrays do not fit into scratch", "the value is too large"].contains(&message.as_str())
                || message.contains("too large")
                || message.contains("exceeds"),
            "{message}"
        );
    }
}

#[test]
fn sixteen_private_arrays_fit_and_seventeen_do_not() {
    let arrays = |count: usize| {
        let items: String = (0..count).map(|at| format!("var<private> s{at}: array<u32, 2>;\n")).collect();
        let uses: String = (0..count).map(|at| format!("s{at}[a & 1u] = b; n += s{at}[b & 1u];")).collect();
        with_items(&items, &format!("var n = 0u; {uses} output[g] = n;"))
    };
    assert_eq!(compiled(&arrays(16)).kernel.module().segments, [2; 16]);
    assert_eq!(survives(&arrays(17)), Some("the private arrays do not fit into scratch".into()));
}

#[test]
fn constant_tables_have_4096_words_together() {
    let table = |words: usize| {
        let values: Vec<String> = (0..words).map(|at| format!("{}u", at * 7 % 1009)).collect();
        with_items(&format!("const T = array<u32, {words}>({});", values.join(",")), "output[g] = T[a];")
    };
    assert_eq!(compiled(&table(4096)).statistics.constants, 4096);
    assert_eq!(outputs(&table(4096), &[], &[vec![4095, 4096], vec![0, 0]], 2), [4095 * 7 % 1009, 0]);
    assert_eq!(survives(&table(4097)), Some("the value is too large".into()));
}

#[test]
fn equal_tables_are_kept_once() {
    let source = with_items(
        "const S = array<u32, 5>(1u, 2u, 3u, 4u, 5u);
         const T = array<u32, 5>(1u, 2u, 3u, 4u, 5u);
         const U = array<u32, 6>(9u, 1u, 2u, 3u, 4u, 5u);",
        "output[g] = S[a] + T[b] + U[a];",
    );
    assert_eq!(compiled(&source).statistics.constants, 11);
}

#[test]
fn at_most_128_different_bounds() {
    let loops = |count: u32| {
        let body: String =
            (1..=count).map(|bound| format!("for (var i = 0u; i < {bound}000u; i++) {{ n += left[i]; }}")).collect();
        program(&format!("var n = 0u; {body} output[g] = n;"))
    };
    assert_eq!(compiled(&loops(128)).kernel.module().bounds.len(), 128);
    assert_eq!(survives(&loops(129)), Some("too many different bounds".into()));
}

#[test]
fn equal_bounds_are_kept_once() {
    let body = "for (var i = 0u; i < 5000u; i++) { n += left[i]; }".repeat(200);
    assert_eq!(compiled(&program(&format!("var n = 0u; {body} output[g] = n;"))).kernel.module().bounds.len(), 1);
}

#[test]
fn a_switch_of_hundreds_of_cases_fits_and_one_of_thousands_is_refused() {
    let switch = |cases: u32| {
        let arms: String = (0..cases).map(|at| format!("case {at}u: {{ n = {}u; }} ", at * 3 + 1)).collect();
        program(&format!("var n = 0u; switch a {{ {arms} default: {{ n = 2u; }} }} output[g] = n;"))
    };
    for cases in [1, 2, 3, 7, 8, 9, 10, 60, 100, 400] {
        let selectors: Vec<u32> = (0..cases + 2).chain([1 << 31, u32::MAX]).collect();
        let zeros = vec![0; selectors.len()];
        let expected: Vec<u32> = selectors.iter().map(|&at| if at < cases { at * 3 + 1 } else { 2 }).collect();
        let invocations = selectors.len() as u32;
        assert_eq!(outputs(&switch(cases), &[], &[selectors, zeros], invocations), expected, "{cases} cases");
    }
    assert!(survives(&switch(2000)).unwrap().starts_with("the kernel has "));
}

#[test]
fn hundreds_of_else_ifs_fit_and_cost_their_conditions_and_one_body() {
    let chain = |links: u32, last: &str| {
        let links: String = (0..links)
            .map(|at| format!("if a == {}u || a == b + {at}u {{ n = {at}u; n = n * n / 3u; }} else ", at * 5))
            .collect();
        program(&format!("var n = 7u; {links} {{ {last} }} output[g] = n;"))
    };
    for links in [1, 2, 8, 9, 40, 200] {
        let selectors: Vec<u32> = (0..20).chain([links * 5 - 5, links * 5, u32::MAX]).collect();
        let offsets: Vec<u32> = selectors.iter().map(|&a| a % 3 * 1000).collect();
        let expected: Vec<u32> = selectors
            .iter()
            .zip(&offsets)
            .map(|(&a, &b)| (0..links).find(|&at| a == at * 5 || a == b + at).map_or(99, |at| at * at / 3))
            .collect();
        let got = outputs(&chain(links, "n = 99u;"), &[], &[selectors.clone(), offsets], selectors.len() as u32);
        assert_eq!(got, expected, "{links} links");
    }
    let fuel = |source: &str| compiled(source).kernel.cost(&[], &[4096, 4096]).unwrap().fuel;
    let dear = "for (var i = 0u; i < 1000u; i++) { n ^= i; }";
    assert!(fuel(&chain(200, dear)) < fuel(&chain(200, "")) + 4 * 1000, "one body runs, not several");
}

#[test]
fn recursion_is_refused() {
    for items in [
        "fn f(x: u32) -> u32 { return f(x); }",
        "fn f(x: u32) -> u32 { return h(x); } fn h(x: u32) -> u32 { return f(x); }",
    ] {
        assert!(survives(&with_items(items, "output[g] = f(a);")).is_some(), "{items}");
    }
    assert!(survives(&with_items("const A: u32 = B; const B: u32 = A;", "output[g] = A;")).is_some());
    assert!(survives(&with_items("struct S { s: S }", "output[g] = a;")).is_some());
}

/// A source that holds so many values at a time, and what it makes of the inputs 1, 2, 3 ….
fn holds(values: u32, items: &str, also: &str) -> (String, u32) {
    let declared: String = (0..values).map(|at| format!("let v{at} = left[g + {at}u];")).collect();
    let first: Vec<String> = (0..values).map(|at| format!("v{at}")).collect();
    let backwards: Vec<String> = (0..values).rev().map(|at| format!("(v{at} >> 1u)")).collect();
    let body = format!("{declared} {also} let x = {}; output[g] = x * ({});", first.join(" ^ "), backwards.join(" + "));
    let expected = (1..=values).fold(0, |x, v| x ^ v).wrapping_mul((1..=values).map(|v| v >> 1).sum());
    (with_items(items, &body), expected)
}

#[test]
fn more_values_than_registers_are_kept_in_scratch() {
    for values in [200, 300, 450] {
        let (source, expected) = holds(values, "", "");
        let compiled = compiled(&source);
        assert_eq!(compiled.statistics.scratch_words > 0, values > 256, "{values}");
        let input: Vec<u32> = (1..=values).collect();
        assert_eq!(crate::common::run(&compiled.kernel, &[], &[input, vec![0]], 1), [expected], "{values}");
    }
}

#[test]
fn words_loaded_four_at_a_time_are_kept_in_scratch_as_well() {
    for fours in [60u32, 65, 200] {
        let declared: String =
            (0..fours).map(|at| format!("let a{at} = fours[(g * 2u + i) * {fours}u + {at}u];")).collect();
        let used: String = ["x", "y", "z", "w"]
            .iter()
            .flat_map(|lane| (0..fours).map(move |at| format!("n = n * 31u ^ a{at}.{lane};")))
            .collect();
        let source = with_items(
            "@group(0) @binding(2) var<storage, read> fours: array<vec4<u32>>;",
            &format!("var n = 1u; for (var i = 0u; i < 2u; i++) {{ {declared} {used} }} output[g] = n;"),
        );
        let kernel = compiled(&source);
        assert_eq!(kernel.statistics.scratch_words > 0, fours > 64, "{fours}");
        let words: Vec<u32> = (0..fours * 16).map(|at| at.wrapping_mul(2_654_435_761)).collect();
        let hashed = |n: u32, fours: &[u32]| {
            let lanes = (0..4).flat_map(|lane| fours.iter().skip(lane).step_by(4));
            lanes.fold(n, |n, word| n.wrapping_mul(31) ^ word)
        };
        let turns: Vec<&[u32]> = words.chunks(fours as usize * 4).collect();
        let expected: Vec<u32> = turns.chunks(2).map(|turns| turns.iter().copied().fold(1, hashed)).collect();
        assert_eq!(crate::common::run(&kernel.kernel, &[], &[vec![0], vec![0], words], 2), expected, "{fours}");
    }
}

#[test]
fn more_values_than_registers_and_scratch_are_refused_with_a_remedy() {
    let (source, _) = holds(300, "var<private> full: array<u32, 1024>;", "full[a] = b; output[g] = full[b];");
    let error = refused(&source);
    assert_eq!(error.message, "the kernel needs more registers than there are");
    assert!(error.notes[0].contains("256 values"), "{:?}", error.notes);
}

#[test]
fn functions_that_nest_their_constructs_are_refused() {
    for construct in ["if n > 1u {", "for (var i = 0u; i < 2u; i++) {"] {
        let functions: String = (1..400)
            .map(|at| {
                format!("fn f{at}(x: u32) -> u32 {{ var n = x; {construct} n += f{}(n); }} return n; }}\n", at - 1)
            })
            .collect();
        let source = with_items(&format!("fn f0(x: u32) -> u32 {{ return x; }}\n{functions}"), "output[g] = f399(a);");
        assert_eq!(survives(&source).as_deref(), Some("the kernel is nested too deeply"));
    }
}

#[test]
fn thousands_of_loops_are_handled() {
    for (body, times) in [
        ("for(var i=0u;i<9u;i++){}", 2600),
        ("for(;j<9u;j++){n+=j;}", 2500),
        ("for(var i=0u;i<99u;i++){n^=n<<3u;n+=i;}", 1500),
        ("loop{loop_bound(3u);n+=g;}", 2000),
        ("for(var i=0u;i<8u;i++){for(var k=0u;k<8u;k++){t[(i*k)&63u]+=t[k]*a;}}", 150),
    ] {
        let source = with_items(
            "var<private> t: array<u32, 64>;",
            &format!("var n = a; var j = 0u; {} output[g] = n + t[3];", body.repeat(times)),
        );
        survives(&source);
    }
}

#[test]
fn the_longest_source_is_compiled_and_one_byte_more_is_refused() {
    let base = program("output[g] = a;");
    let padded = format!("{base}//{}", "x".repeat(MAX_SOURCE_BYTES - base.len() - 2));
    assert_eq!(padded.len(), MAX_SOURCE_BYTES);
    compiled(&padded);
    assert_eq!(refused(&(padded + "x")).message, format!("the source has {} bytes", MAX_SOURCE_BYTES + 1));
}

#[test]
fn endless_names_numbers_and_lines_are_shown_in_part() {
    for body in [
        format!("output[g] = {};", "y".repeat(60_000)),
        format!("output[g] = {};", "9".repeat(60_000)),
        format!("output[g] = 0x1.{}p{};", "f".repeat(20_000), "9".repeat(20_000)),
        format!("output[g] = {}1;", "-".repeat(60_000)),
        format!("let {} = nothing;", "größe".repeat(8_000)),
        "q;".repeat(30_000),
    ] {
        let source = program(&body);
        assert!(survives(&source).is_some(), "{body:.30}");
        let error = refused(&source);
        let column = source[..error.span.clone().unwrap().start].lines().last().unwrap().chars().count() + 1;
        assert!(
            error.render(&source, "test.wgsl").ends_with(&format!("at line 11, column {column}\n\n")),
            "{}",
            error.render(&source, "test.wgsl")
        );
    }
}

#[test]
fn rubbish_is_refused() {
    for source in [
        "",
        " ",
        "\0",
        "{",
        "}}}}",
        "fn",
        "@",
        "@@@@@",
        "const WINDOW: u32 = 1;",
        "const WINDOW",
        "🦀🦀🦀",
        "/*/*/*",
        "enable f16;",
        "diagnostic(off, nothing);",
        "\"text\"",
        "fn main() { ((((((((((",
        "@compute @workgroup_size(1) fn main(",
        "const_assert false;",
    ] {
        assert!(survives(source).is_some(), "{source}");
    }
}

#[test]
fn every_beginning_of_a_source_is_refused_inside_its_text() {
    let source =
        with_items("struct P { x: u32 } const T = array<u32, 2>(1u, 2u);", "var p = P(a); output[g] = T[p.x & 1u];");
    compiled(&source);
    for end in (0..source.trim_end().len()).step_by(7).filter(|&end| source.is_char_boundary(end)) {
        assert!(survives(&source[..end]).is_some(), "compiled: {}", &source[..end]);
    }
}

#[test]
fn every_source_with_one_byte_changed_is_handled() {
    let source = program("var n = 0u; for (var i = 0u; i < 9u; i++) { n += left[i & a]; } output[g] = n;");
    let body = source.find("var n").unwrap();
    for (step, replacement) in
        (body..source.len()).step_by(3).zip([";", "}", "(", "0", "i", "<", "&", " ", "@", "-"].iter().cycle())
    {
        let mut changed = source.clone();
        changed.replace_range(step..step + 1, replacement);
        survives(&changed);
    }
}

#[test]
fn unusual_text_in_names_and_comments_does_not_move_places() {
    let source = program("/* ∑ 🦀 */ let größe = a; output[g] = größe + nirgends;");
    let error = refused(&source);
    assert_eq!(error.message, "no definition in scope for identifier: `nirgends`");
    assert_eq!(&source[error.span.unwrap()], "nirgends");
}

#[test]
fn writes_that_are_overwritten_leave_nothing() {
    let mut body = String::from("var x = a;");
    for step in 0..1500u32 {
        body += &format!("x = (x ^ {step}u) * 3u;");
    }
    let statistics = compiled(&program(&format!("{body} x = b; output[g] = x;"))).statistics;
    assert!(statistics.instructions <= 5, "{statistics:?}");
}

//! What is not in the language: the message, the place, and a remedy.

use crate::common::{program, refused, with_items};

/// The source is refused with this message, at this text.
#[track_caller]
fn refuses(source: &str, message: &str, place: &str) {
    let error = refused(source);
    assert_eq!(error.message, message);
    let span = error.span.clone().unwrap_or(0..0);
    assert_eq!(&source[span], place, "{}", error.render(source, "test.wgsl"));
    assert!(!error.notes.is_empty(), "no remedy: {message}");
}

/// The source is refused with this message, about the whole of it.
#[track_caller]
fn refuses_as_a_whole(source: &str, message: &str) {
    let error = refused(source);
    assert_eq!((error.message.as_str(), error.span.clone()), (message, None));
    assert!(!error.notes.is_empty(), "no remedy: {message}");
}

const FLOAT: &str = "floating point is not in the kernel language";
const ATOMIC: &str = "atomics are not in the kernel language";

#[test]
fn floats_are_refused_where_they_stand() {
    refuses(&program("let x = f32(a); output[g] = u32(x);"), FLOAT, "f32(a)");
    refuses(&program("var x = 1.5; output[g] = a;"), FLOAT, "var x = 1.5");
    refuses(&program("var x: vec2<f32>; output[g] = a;"), FLOAT, "var x: vec2<f32>");
    refuses(&with_items("var<private> x: f32;", "output[g] = a;"), FLOAT, "var<private> x: f32;");
    refuses(&program("var m: mat2x2<f32>; output[g] = a;"), FLOAT, "var m: mat2x2<f32>");
    refuses(&program("let x = bitcast<f32>(a); output[g] = a;"), FLOAT, "bitcast<f32>");
    refuses(&program("output[g] = pack4x8unorm(vec4(1.0));"), FLOAT, "vec4(1.0)");
}

#[test]
fn atomics_are_refused() {
    refuses(
        "const WINDOW: u32 = 1;
@group(0) @binding(9) var<storage, read_write> output: array<atomic<u32>>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { atomicAdd(&output[id.x], 1u); }",
        ATOMIC,
        "var<storage, read_write> output: array<atomic<u32>>;",
    );
}

#[test]
fn workgroup_memory_is_refused() {
    refuses(
        &with_items("var<workgroup> shared_words: array<u32, 64>;", "output[g] = a;"),
        "workgroup memory is not in the kernel language",
        "var<workgroup> shared_words: array<u32, 64>;",
    );
}

#[test]
fn barriers_are_refused() {
    let message = "barriers are not in the kernel language";
    refuses(&program("workgroupBarrier(); output[g] = a;"), message, "workgroupBarrier");
    refuses(&program("storageBarrier(); output[g] = a;"), message, "storageBarrier");
}

#[test]
fn subgroup_operations_are_refused() {
    refuses(
        &program("output[g] = subgroupAdd(a);"),
        "subgroup operations are not in the kernel language",
        "subgroupAdd",
    );
}

#[test]
fn textures_are_refused() {
    refuses(
        &with_items("@group(0) @binding(2) var picture: texture_2d<u32>;", "output[g] = a;"),
        "textures are not in the kernel language",
        "var picture: texture_2d<u32>;",
    );
}

fn entry(arguments: &str, body: &str) -> String {
    format!(
        "const WINDOW: u32 = 1;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main({arguments}) {{ {body} }}"
    )
}

#[test]
fn other_builtins_are_refused() {
    let message = "the only input of an entry point is `global_invocation_id`";
    for builtin in ["local_invocation_id", "workgroup_id", "num_workgroups"] {
        let source = entry(&format!("@builtin({builtin}) id: vec3<u32>"), "output[id.x] = 1u;");
        assert_eq!(refused(&source).message, message);
    }
    refuses(&entry("@builtin(local_invocation_index) at: u32", "output[at] = 1u;"), message, "at");
}

#[test]
fn the_y_of_the_index_is_refused_where_it_is_used() {
    let message = "only the x of global_invocation_id can be used";
    let source = |body: &str| entry("@builtin(global_invocation_id) id: vec3<u32>", body);
    refuses(&source("output[id.x] = id.y;"), message, "id.y");
    refuses(&source("output[id.x] = id.z + 1u;"), message, "id.z");
    refuses(&source("let both = id.xy; output[id.x] = both.y;"), message, "both.y");
    refuses(&source("output[id.x] = dot(id, vec3<u32>(1u));"), message, "dot");
    refuses(&source("output[id.x] = id[id.x];"), message, "id[id.x]");
}

#[test]
fn the_y_of_the_index_cannot_be_stored_or_returned() {
    let message = "only the x of global_invocation_id can be used";
    let source = |body: &str| entry("@builtin(global_invocation_id) id: vec3<u32>", body);
    refuses(&source("var copy = id; output[id.x] = copy.x;"), message, "id");
    let returned = source("output[id.x] = same(id).x;") + "fn same(v: vec3<u32>) -> vec3<u32> { return v; }";
    refuses(&returned, message, "v");
}

#[test]
fn parts_of_the_index_may_be_passed_on() {
    let source = entry("@builtin(global_invocation_id) id: vec3<u32>", "let copy = id.xx; output[id.x] = copy.y;");
    assert_eq!(crate::common::outputs(&source, &[], &[], 2), [0, 1]);
}

#[test]
fn a_window_has_to_be_declared() {
    let source = program("output[g] = a;").replace("const WINDOW: u32 = 1;", "");
    refuses_as_a_whole(&source, "the kernel does not say how many words one invocation writes");
}

#[test]
fn a_window_without_a_type_is_refused_with_the_remedy() {
    for declaration in ["const WINDOW = 2;", "const WINDOW = 1.5;", "const /* words */ WINDOW = 1 + 1;"] {
        let source = program("output[g] = a;").replace("const WINDOW: u32 = 1;", declaration);
        refuses(&source, "WINDOW has no type", declaration);
        assert!(refused(&source).notes[0].starts_with("give it the type u32"), "{declaration}");
    }
    let used = program("output[g * WINDOW] = a;").replace("WINDOW: u32 = 1;", "WINDOW = 1;");
    refuses(&used, "WINDOW has no type", "const WINDOW = 1;");
}

#[test]
fn a_window_is_not_an_override() {
    for declaration in ["override WINDOW = 2;", "override WINDOW: u32 = 2;", "override WINDOW: u32;"] {
        let source = program("output[g] = a;").replace("const WINDOW: u32 = 1;", declaration);
        refuses(&source, "WINDOW is an override", declaration);
        assert!(refused(&source).notes[0].contains("give it the type u32"), "{declaration}");
    }
}

#[test]
fn a_window_in_a_comment_does_not_count() {
    let source =
        program("output[g] = a;").replace("const WINDOW: u32 = 1;", "// const WINDOW = 1;\n/* override WINDOW; */");
    refuses_as_a_whole(&source, "the kernel does not say how many words one invocation writes");
}

#[test]
fn a_window_is_1_to_1024_words() {
    for (value, text) in [("0", "0"), ("1025", "1025"), ("0xffffffffu", "4294967295")] {
        let source = program("output[g] = a;").replace("WINDOW: u32 = 1;", &format!("WINDOW: u32 = {value};"));
        let error = refused(&source);
        assert_eq!(error.message, format!("WINDOW is {text}"));
        assert!(source[error.span.unwrap()].contains("WINDOW"));
    }
}

#[test]
fn an_output_has_to_be_declared() {
    let source = "const WINDOW: u32 = 1;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { let x = id.x; }";
    refuses_as_a_whole(source, "the kernel has no output");
}

#[test]
fn one_entry_point_is_wanted() {
    let source = "const WINDOW: u32 = 1;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
fn main() {}";
    refuses_as_a_whole(source, "a kernel has one entry point, this source has 0");
    let source = entry("@builtin(global_invocation_id) id: vec3<u32>", "output[id.x] = 1u;")
        + "@compute @workgroup_size(1) fn other() {}";
    refuses_as_a_whole(&source, "a kernel has one entry point, this source has 2");
    let source = "const WINDOW: u32 = 1;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@fragment fn main() {}";
    refuses_as_a_whole(source, "the entry point is not a compute shader");
}

#[test]
fn bindings_have_their_roles() {
    let declare = |line: &str| with_items(line, "output[g] = a;");
    for (line, message) in [
        ("@group(0) @binding(2) var<storage, read_write> x: array<u32>;", "inputs are read-only storage buffers"),
        ("@group(0) @binding(2) var<uniform> x: u32;", "inputs are read-only storage buffers"),
        ("@group(0) @binding(8) var<storage, read> x: array<u32>;", "binding 8 is for the parameters, a uniform"),
        ("@group(1) @binding(2) var<storage, read> x: array<u32>;", "a kernel has no such binding"),
        ("@group(0) @binding(10) var<storage, read> x: array<u32>;", "a kernel has no such binding"),
        ("@group(0) @binding(2) var<storage, read> x: f32;", FLOAT),
        ("@group(0) @binding(2) var<storage, read> x: bool;", "an input cannot hold bool"),
        ("@group(0) @binding(2) var<storage, read> x: array<f32>;", FLOAT),
        ("@group(0) @binding(1) var<storage, read> x: array<u32>;", "two variables have the same binding"),
        ("@group(0) @binding(8) var<uniform> x: array<vec4<u32>, 5>;", "the parameters take 20 words"),
    ] {
        let source = declare(line);
        let error = refused(&source);
        assert_eq!(error.message, message, "{line}");
        assert!(error.span.is_some(), "{line}");
    }
}

#[test]
fn the_output_is_written_not_read() {
    let source = program("output[g] = a;").replace("storage, read_write", "storage, read");
    assert_eq!(refused(&source).message, "binding 9 is for the output, a storage buffer that is written");
    refuses(
        &program("output[g] = arrayLength(&output);"),
        "the length of the output is not known to an invocation",
        "arrayLength",
    );
}

#[test]
fn loops_without_a_bound_are_refused_at_their_head() {
    let message = "this loop has no bound that the compiler can see";
    refuses(&program("var n = a; while n != b { n += 3u; } output[g] = n;"), message, "while n != b");
    refuses(&program("var n = a; loop { n += 3u; if n == b { break; } } output[g] = n;"), message, "loop");
}

#[test]
fn bounds_have_their_shapes() {
    refuses(&program("loop { loop_bound(a); } output[g] = a;"), "this cannot bound a loop", "loop_bound(a)");
    refuses(
        &program("loop { loop_bound(3u); loop_bound(4u); } output[g] = a;"),
        "the loop has two bounds",
        "loop_bound(4u)",
    );
    refuses(&program("loop_bound(3u); output[g] = a;"), "loop_bound is not first in a loop", "loop_bound(3u)");
    refuses(
        &program("for (var i = 0u; i < 5u; i++) { if a == 3u { loop_bound(3u); } } output[g] = a;"),
        "loop_bound is not first in a loop",
        "loop_bound(3u)",
    );
    refuses(&program("bound_reads(0, a, b); output[g] = a;"), "this cannot bound reads", "bound_reads(0, a, b)");
    for binding in ["a", "2", "9"] {
        refuses(
            &program(&format!("bound_reads({binding}, a, 3u); output[g] = a;")),
            "the first argument of bound_reads is not an input",
            &format!("bound_reads({binding}, a, 3u)"),
        );
    }
}

#[test]
fn syntax_errors_point_into_the_source() {
    let source = program("output[g] = a +;");
    let error = refused(&source);
    assert_eq!(&source[error.span.clone().unwrap()], ";");
    let source = program("output[g] = nothing;");
    let error = refused(&source);
    assert_eq!(error.message, "no definition in scope for identifier: `nothing`");
    assert_eq!(&source[error.span.unwrap()], "nothing");
}

#[test]
fn errors_at_the_end_stay_inside_the_source() {
    let source = program("output[g] = a;");
    let unfinished = source.trim_end().trim_end_matches('}');
    let error = refused(unfinished);
    assert!(error.span.is_none_or(|span| span.end <= unfinished.len()));
    let comment = refused("/* open");
    assert!(comment.span.is_none_or(|span| span.end <= 7));
}

/// The error shows nothing of the prelude.
#[track_caller]
fn shows_only_the_author(source: &str) {
    let error = refused(source);
    let shown = error.render(source, "test.wgsl");
    for hidden in ["loop_bound", "bound_reads", "mulhi", "see msg"] {
        assert!(!shown.contains(hidden), "{source}\n{shown}");
    }
}

#[test]
fn an_error_at_the_end_shows_nothing_of_the_prelude() {
    let whole = program("output[g] = a;");
    for end in
        ["/* open", "/*", "fn", "fn f", "fn f(", "fn f() {", "const A", "var<private>", "@", "struct S {", "let x = "]
    {
        shows_only_the_author(end);
        shows_only_the_author(&format!("{whole}{end}"));
    }
    let unclosed = whole.trim_end().trim_end_matches('}');
    shows_only_the_author(unclosed);
    assert_eq!(refused(unclosed).span.unwrap().end, unclosed.len());
    refuses("const A: u32 = 1; /* open", "unterminated block comment", "/* open");
    let unfinished = refused("fn");
    assert_eq!(unfinished.message, "expected identifier, found the end of the source");
    assert_eq!((unfinished.span, unfinished.notes), (Some(2..2), vec![]));
}

#[test]
fn a_byte_order_mark_is_skipped_and_places_stay_right() {
    let source = program("output[g] = a;");
    let marked = format!("\u{feff}{source}");
    assert_eq!(crate::common::compiled(&marked).kernel, crate::common::compiled(&source).kernel);
    refuses(&format!("\u{feff}{}", program("output[g] = u32(f32(a));")), FLOAT, "f32(a)");
    let twice = refused(&format!("\u{feff}{marked}"));
    assert_eq!(twice.span.unwrap().start, 3);
}

#[test]
fn constants_that_cannot_be_computed_are_refused_with_what_to_do() {
    refuses(&program("output[g] = 1u / 0u;"), "a constant is divided by zero", "1u / 0u");
    refuses(&program("output[g] = 1u % 0u;"), "a constant is divided by zero", "1u % 0u");
    refuses(&program("output[g] = 1u << 32u;"), "a constant shift by 32 or more", "1u << 32u");
    let overflow = "9223372036854775807 + 1";
    refuses(&program(&format!("let x = {overflow}; output[g] = 1u;")), "a constant expression overflows", overflow);
    refuses(
        &program("let x: u32 = 4294967296; output[g] = x;"),
        "`u32` cannot represent the abstract value `4294967296` accurately",
        "4294967296",
    );
}

#[test]
fn booleans_are_not_kept_in_memory() {
    let uniform = "struct P { n: u32, on: bool } @group(0) @binding(8) var<uniform> p: P;";
    let source = with_items(uniform, "output[g] = p.n;");
    let error = refused(&source);
    assert_eq!(error.message, "the uniform of the parameters cannot hold bool");
    assert!(error.notes[0].contains("declare u32"), "{:?}", error.notes);
    assert!(source[error.span.unwrap()].contains("var<uniform> p: P"));
    let inputs = "struct P { n: u32, on: array<vec2<bool>, 2> } @group(0) @binding(2) var<storage, read> p: array<P>;";
    assert_eq!(refused(&with_items(inputs, "output[g] = p[g].n;")).message, "an input cannot hold bool");
}

#[test]
fn validation_errors_do_not_name_the_tables_of_the_front_end() {
    let source = program("var x: array<u32, 4>; output[g] = x[7];");
    refuses(&source, "Accessing index 7 is out of bounds", "x[7]");
}

#[test]
fn a_source_that_nests_too_deeply_is_refused_at_the_bracket() {
    for open in ["(", "left["] {
        let close = if open == "(" { ")" } else { "]" };
        let source = program(&format!("output[g] = {}a{};", open.repeat(200), close.repeat(200)));
        let error = refused(&source);
        assert_eq!(error.message, "the source is nested too deeply");
        assert!(error.notes[0].contains("name parts with `let`"), "{:?}", error.notes);
        let span = error.span.unwrap();
        assert_eq!(source[span.clone()], open[open.len() - 1..]);
        assert_eq!(&source[span.end..span.end + 2], "a)".replace(')', close));
    }
}

#[test]
fn a_kernel_that_nests_too_deeply_is_refused_at_the_first_construct_too_many() {
    let mut body = String::from("output[g] = 7u;");
    for level in (0..66).rev() {
        body = format!("if a > {level}u {{ {body} output[g] += 1u; }}");
    }
    refuses(&program(&body), "the kernel is nested too deeply", "if a > 64u");
    let mut loops = String::from("n += a;");
    for level in (0..10).rev() {
        loops = format!("for (var i{level} = 0u; i{level} < 2u; i{level}++) {{ {loops} }}");
    }
    let source = program(&format!("var n = 0u; {loops} output[g] = n;"));
    refuses(&source, "the kernel is nested too deeply", "for (var i8 = 0u; i8 < 2u; i8++)");
}

#[test]
fn a_kernel_with_too_many_values_is_refused_where_they_are_too_many() {
    let values: String = (0..300u32).map(|at| format!("let v{at} = left[g * {at}u + a];\n")).collect();
    let sum = |rev: bool| {
        let mut names: Vec<String> = (0..300).map(|at| format!("v{at}")).collect();
        if rev {
            names.reverse();
        }
        names.join(" ^ ")
    };
    // With all of scratch in use, nothing can be kept there.
    let source = with_items(
        "var<private> full: array<u32, 1024>;",
        &format!(
            "full[b] = a; {values} let x = {}; output[g] = full[a] + x * (1u + ({}));",
            sum(false),
            sum(true).replace(" ^ ", " | ")
        ),
    );
    let error = refused(&source);
    assert_eq!(error.message, "the kernel needs more registers than there are");
    let place = &source[error.span.unwrap()];
    assert!(place.starts_with("g * 2"), "{place}");
}

#[test]
fn a_kernel_with_too_many_instructions_is_refused_where_they_are_over() {
    let steps: String =
        (0..2100u32).map(|step| format!("x = (x ^ {}u) * 3u;", step.wrapping_mul(0x9e37_79b9))).collect();
    let source = program(&format!("var x = a; {steps} output[g] = x;"));
    let error = refused(&source);
    let start = error.span.unwrap().start;
    let before = source[..start].matches("x = (x ^").count();
    assert!((2000..2050).contains(&before), "{before}");
    assert!(error.notes[1].contains("several steps"), "{:?}", error.notes);
}

#[test]
fn type_errors_point_into_the_source() {
    let source = program("output[g] = a + 1i;");
    let error = refused(&source);
    let span = error.span.clone().unwrap();
    assert!(source[span].contains("a + 1i"), "{}", error.render(&source, "test.wgsl"));
}

#[test]
fn names_of_the_prelude_cannot_be_taken() {
    let source = with_items("fn mulhi(a: u32, b: u32) -> u32 { return a; }", "output[g] = mulhi(a, b);");
    let error = refused(&source);
    assert_eq!(error.message, "redefinition of `mulhi`");
    assert_eq!(&source[error.span.unwrap()], "mulhi");
}

#[test]
fn overrides_need_a_default() {
    refuses(
        &with_items("override scale: u32;", "output[g] = a * scale;"),
        "an override without a default has no value",
        "override scale: u32;",
    );
}

#[test]
fn private_arrays_have_1024_words() {
    let source = with_items("var<private> big: array<u32, 1025>;", "output[g] = big[a];");
    let error = refused(&source);
    assert_eq!(error.message, "the private arrays do not fit into scratch");
    let source = with_items("var<private> big: array<u32, 100000>;", "output[g] = big[a];");
    assert_eq!(refused(&source).message, "the value is too large");
    let fits = with_items("var<private> big: array<u32, 1024>;", "big[a] = 5u; output[g] = big[a];");
    assert_eq!(crate::common::outputs(&fits, &[], &[vec![1023, 1024], vec![0; 2]], 2), [5, 0]);
}

#[test]
fn at_most_16_views() {
    let views = |count: usize| {
        let body: String = (0..count).map(|at| format!("bound_reads(0, {at}u, 1u); ")).collect();
        program(&format!("{body} output[g] = a;"))
    };
    crate::common::compiled(&views(16));
    assert_eq!(refused(&views(17)).message, "too many calls of bound_reads");
}

#[test]
fn a_kernel_has_at_most_4096_instructions() {
    let mut body = String::from("var x = a;");
    for step in 0..2100u32 {
        body += &format!("x = (x ^ {}u) * 3u;", step.wrapping_mul(0x9e37_79b9));
    }
    let error = refused(&program(&format!("{body} output[g] = x;")));
    assert!(error.message.starts_with("the kernel has 42"), "{}", error.message);
}

#[test]
fn inlining_without_end_is_stopped() {
    let mut items = String::from("fn f0(x: u32) -> u32 { return x * x + 1u; }\n");
    for level in 1..40 {
        items += &format!("fn f{level}(x: u32) -> u32 {{ return f{0}(x) ^ f{0}(x + 1u); }}\n", level - 1);
    }
    let error = refused(&with_items(&items, "output[g] = f39(a);"));
    assert_eq!(error.message, "the kernel is too large");
}

#[test]
fn long_sources_are_refused() {
    let source = format!("{}//{}", program("output[g] = a;"), "x".repeat(130 * 1024));
    assert!(refused(&source).message.starts_with("the source has"));
}

#[test]
fn deep_sources_do_not_end_the_process() {
    let sum = vec!["a"; 10_000].join("+");
    let _ = touchstone_compiler::compile(&program(&format!("output[g] = {sum};")));
    let parentheses = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
    let _ = touchstone_compiler::compile(&program(&format!("output[g] = {parentheses};")));
}

#[test]
fn errors_render_with_the_line_they_are_about() {
    let source = program("output[g] = u32(f32(a));");
    let text = refused(&source).render(&source, "float.wgsl");
    assert!(text.starts_with("error: floating point is not in the kernel language"), "{text}");
    assert!(text.contains("float.wgsl:"), "{text}");
    assert!(text.contains("output[g] = u32(f32(a));"), "{text}");
    assert!(text.contains("use fixed point"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn errors_render_in_colours_to_a_terminal() {
    let source = program("output[g] = u32(f32(a));");
    let mut out = touchstone_compiler::termcolor::Ansi::new(Vec::new());
    refused(&source).render_to(&source, "float.wgsl", &mut out).unwrap();
    let text = String::from_utf8(out.into_inner()).unwrap();
    assert!(text.contains('\u{1b}') && text.contains("floating point is not in the kernel language"), "{text}");
}

#[test]
fn a_loop_in_a_function_is_refused_at_its_own_head() {
    let source = with_items(
        "fn halve(x: u32) -> u32 { var n = x; while n > 1u { n = n / x; } return n; }",
        "output[g] = halve(a);",
    );
    refuses(&source, "this loop has no bound that the compiler can see", "while n > 1u");
}

#[test]
fn what_naga_refuses_comes_with_what_to_do() {
    let by_function = "fn f(p: ptr<storage, array<u32>, read>) -> u32 { return (*p)[0]; }";
    let without_value = "fn f(x: u32) -> u32 { if x == 0u { return 0u; } }";
    for (items, body, message, remedy) in [
        (
            by_function,
            "output[g] = f(&left);",
            "a pointer to a buffer cannot be passed to a function",
            "name them in the function",
        ),
        (
            without_value,
            "output[g] = f(a);",
            "this function may end without returning its value",
            "end it with a `return`",
        ),
        ("", "output[g] = a << 33u;", "a constant shift by 32 or more", "modulo 32"),
        ("", "output[g] = a; discard;", "compute shaders cannot do this", "leave the entry point with `return`"),
        ("const Y = mulhi(5u, 7u);", "output[g] = Y;", "this is not a constant", "use `let`"),
        (
            "const Y = extractBits(5u, 1u, 2u);",
            "output[g] = Y;",
            "naga, the parser, cannot evaluate this in a constant expression: ExtractBits built-in function",
            "into a `var`",
        ),
        (
            "const Y = bitcast<u32>(-1i);",
            "output[g] = Y;",
            "naga, the parser, cannot evaluate this in a constant expression: bitcast built-in function",
            "`u32(x)`",
        ),
        ("", "output[g] = a + 1i;", "this operation cannot work with u32 and i32", "`u32(x)`"),
        ("", "output[g] = a & 1u == 0u;", "this operation cannot work with u32 and bool", "needs brackets"),
        ("", "output[g] = -a;", "this operation does not support this type", "`i32(x)`"),
        ("", "output[g] = a / 2.0;", "this literal does not fit the type of the other operand", "`2u`"),
        ("", "output[g] = u32(f16(a));", "floating point is not in the kernel language", "fixed point"),
        ("", "output[g] = left;", "a buffer or a pointer cannot be used as a value", "`left[i]`"),
        ("", "left[g] = 1u;", "this cannot be written", "to the output"),
        ("", "output[g] = 1u; return a;", "this function returns another type than it declares", "`fn f() -> u32`"),
        ("", "let from = a;", "name `from` is a reserved keyword", "another name"),
        (
            "fn f(x: u32) -> u32 { return f(x / 2u); }",
            "output[g] = f(a);",
            "declaration of `f` is recursive",
            "write a loop",
        ),
        ("", "output[g] = a ? 1u : 2u;", "expected `;`, found \"?\"", "`select`"),
        ("", "u32 x = a;", "expected assignment or increment/decrement, found \"x\"", "`var x: u32`"),
        ("", "output[g] = bar(a);", "no definition in scope for identifier: `bar`", "declare it"),
        ("", "if a { output[g] = 1u; }", "The `if` condition is not a boolean scalar", "`x != 0u`"),
        ("", "output[g] = sqrt(a);", "wrong type passed as argument #1 to `sqrt`", "floating point is not in"),
        (
            "",
            "var t: array<u32, 4>; t[4] = a; output[g] = t[0];",
            "Accessing index 4 is out of bounds",
            "less than the length",
        ),
        ("", "output[g] = a > 3u;", "automatic conversions cannot convert elements of `bool` to `u32`", "`u32(x)`"),
    ] {
        let error = refused(&with_items(items, body));
        assert_eq!(error.message, message);
        assert!(error.notes.iter().any(|note| note.contains(remedy)), "{message}: {:?}", error.notes);
    }
}

#[test]
fn what_naga_refuses_without_a_place_has_one() {
    refuses(
        &program("let x = a > 3u && b > 2u; if x && a > 1u { output[g] = 1u; } if a && b > 2u { output[g] = 2u; }"),
        "the types of the operands do not match",
        "&&",
    );
    refuses(&program("if a || b { output[g] = 1u; }"), "the types of the operands do not match", "||");
    let right = refused(&program("if a > 1u && b { output[g] = 1u; }"));
    assert_eq!(right.message, "this value has the wrong type");
    assert!(right.span.is_some());
    let twice = "fn f(x: u32) -> u32 { switch x { case 1: { return 2u; } case 1, default: { return 3u; } } }";
    refuses(&with_items(twice, "output[g] = f(a);"), "two cases of a `switch` have the same value", twice);
    refuses(
        &program("switch a { case 1: { } case 1, default: { } }"),
        "two cases of a `switch` have the same value",
        "fn main(@builtin(global_invocation_id) id: vec3<u32>) ",
    );
}

#[test]
fn the_first_of_two_faults_is_reported() {
    refuses(&program("output[g] = u32(f32(a)); loop { }"), FLOAT, "f32(a)");
    refuses(
        &program("loop { if a == b { break; } } output[g] = u32(f32(a));"),
        "this loop has no bound that the compiler can see",
        "loop",
    );
}

#[test]
fn writes_to_what_is_read_only_are_refused() {
    for body in ["left[g] = 1u;", "let x = 1u; x = 2u;"] {
        let source = program(&format!("{body} output[g] = a;"));
        let error = refused(&source);
        let place = &source[error.span.clone().unwrap()];
        assert!(body.contains(place) && !place.is_empty(), "{}", error.render(&source, "test.wgsl"));
    }
}

#[test]
fn functions_called_with_the_wrong_arguments_are_refused_where_they_are_called() {
    let items = "fn f(x: u32) -> u32 { return x; }";
    for call in ["f()", "f(a, b)", "f(1i)", "mulhi(a)", "mulhi_s(a, b)", "nothing(a)"] {
        let source = with_items(items, &format!("output[g] = {call};"));
        let error = refused(&source);
        let span = error.span.clone().unwrap_or_else(|| panic!("{call}: no place: {}", error.message));
        let line = source[..span.start].lines().count();
        assert!(source.lines().nth(line - 1).unwrap().contains(call), "{}", error.render(&source, "test.wgsl"));
    }
}

#[test]
fn what_is_never_called_is_not_compiled() {
    // It must be WGSL all the same.
    let source = with_items("fn unused(x: u32) -> u32 { loop { if x == 3u { break; } } return x; }", "output[g] = a;");
    assert_eq!(crate::common::outputs(&source, &[], &[vec![7], vec![0]], 1), [7]);
}

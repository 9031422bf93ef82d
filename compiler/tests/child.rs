//! Compilation in a child process. The child is this program itself, so it has its own `main`.

use std::{process::ExitCode, time::Instant};

use touchstone_compiler::{compile, compile_apart, serve, trust_sources, Limits, MAX_SOURCE_BYTES};

fn program(body: &str) -> String {
    format!(
        "const WINDOW: u32 = 1;
@group(0) @binding(0) var<storage, read> left: array<u32>;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{ let g = id.x; let a = left[g]; {body} }}"
    )
}

fn without_serve_it_is_refused() {
    let error = compile_apart(&program("output[g] = a * 3u;"), Limits::default()).unwrap_err();
    assert_eq!(error.message, "this program cannot compile in a separate process");
    assert!(error.notes[0].contains("`touchstone_compiler::serve()` first in its `main`"), "{:?}", error.notes);
}

fn a_program_that_trusts_its_sources_compiles_in_its_own_process() {
    trust_sources();
    let source = program("output[g] = a * 3u;");
    assert_eq!(compile_apart(&source, Limits::default()).unwrap().kernel, compile(&source).unwrap().kernel);
}

fn a_child_gives_the_same_kernel() {
    let source = program("for (var i = 0u; i < 9u; i++) { output[g] ^= left[g + i]; }");
    let (apart, here) = (compile_apart(&source, Limits::default()).unwrap(), compile(&source).unwrap());
    assert_eq!(apart.kernel, here.kernel);
    assert_eq!(apart.statistics, here.statistics);
}

fn a_child_gives_the_same_error() {
    let too_long = "x".repeat(MAX_SOURCE_BYTES + 1);
    for source in [program("output[g] = u32(f32(a));"), "fn".into(), String::new(), too_long, "\u{feff}const".into()] {
        assert_eq!(compile_apart(&source, Limits::default()).unwrap_err(), compile(&source).unwrap_err());
    }
}

/// Sources that end or hold up a compiler that has no limits.
fn hostile_sources_are_refused_in_a_few_seconds() {
    let elses: String = (0..1300u32).map(|at| format!("if a == {at}u {{ output[g] = {at}u; }} else ")).collect();
    let doubling: String = (1..40u32)
        .map(|level| format!("fn f{level}(x: u32) -> u32 {{ return f{0}(x) ^ f{0}(x + 1u); }}\n", level - 1))
        .collect();
    let constants: String = (1..2300u32).map(|at| format!("const C{at} = C{} + 1;\n", at - 1)).collect();
    let overrides: String =
        (1..1300u32).map(|at| format!("override O{at}: u32 = O{0} * 3u + O{0};\n", at - 1)).collect();
    let structures: String = (1..1800u32).map(|at| format!("struct S{at} {{ a: S{} }}\n", at - 1)).collect();
    let tables: String =
        (1..40).map(|at| format!("const T{at} = array({});\n", vec![format!("T{}", at - 1); 8].join(","))).collect();
    let tables = program("output[g] = T39[a][a][a][a][0][0][0];") + "const T0 = array(1u, 2u);\n" + &tables;
    for (name, source) in [
        ("directives", "diagnostic(off, x);\n".repeat(3000) + &program("output[g] = a;")),
        ("else ifs", program(&format!("{elses} {{ output[g] = 1u; }}"))),
        ("a long sum", program(&format!("output[g] = {};", vec!["a"; 30_000].join("+")))),
        ("brackets", program(&format!("output[g] = {}a{};", "(".repeat(30_000), ")".repeat(30_000)))),
        ("calls", program("output[g] = f39(a);") + "fn f0(x: u32) -> u32 { return x * x; }\n" + &doubling),
        ("constants", program("output[g] = u32(C2299);") + "const C0 = 1;\n" + &constants),
        ("blocks", program(&format!("{}{}", "{".repeat(30_000), "}".repeat(30_000)))),
        ("ifs", program(&format!("var n = a; {} output[g] = n;", "if n>a{n+=g*n;}".repeat(4000)))),
        ("loops", program(&format!("var n = a; {} output[g] = n;", "for(var i=0u;i<9u;i++){}".repeat(2600)))),
        ("tables in tables", tables),
        ("overrides", program("output[g] = O1299;") + "override O0: u32 = 1u;\n" + &overrides),
        ("a long name", program(&format!("output[g] = {};", "y".repeat(60_000)))),
        ("and", program(&format!("if {} a {{ }}", "a && ".repeat(12_000)))),
        ("or", program(&format!("if a == 1u {} {{ output[g] = 1u; }}", "|| a == 2u".repeat(6_000)))),
        ("structures", program("var z: S1799; output[g] = z.a.a.a.a.a.x;") + "struct S0 { x: u32 }\n" + &structures),
        ("minus signs", program(&format!("output[g] = u32({}i32(a));", "-".repeat(60_000)))),
    ] {
        assert!(source.len() <= MAX_SOURCE_BYTES, "{name}: {}", source.len());
        let start = Instant::now();
        let outcome = compile_apart(&source, Limits::default());
        let took = start.elapsed();
        println!("    {name}: {took:.1?}: {}", outcome.map_or_else(|error| error.message, |_| "compiled".into()));
        // A second of processor time; on a busy machine some more.
        assert!(took.as_secs() < 12, "{name}: {took:?}");
    }
}

fn a_child_without_memory_says_so() {
    let error = compile_apart(&program("output[g] = a;"), Limits { memory: 1 << 26, ..Limits::default() }).unwrap_err();
    assert!(error.message == "the source crashed the compiler" || error.message.starts_with("no memory"), "{error}");
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("TOUCHSTONE_COMPILER_CHILD").is_none() {
        without_serve_it_is_refused();
        a_program_that_trusts_its_sources_compiles_in_its_own_process();
    }
    if let Some(code) = serve() {
        return code;
    }
    let tests: [(&str, fn()); 4] = [
        ("a_child_gives_the_same_kernel", a_child_gives_the_same_kernel),
        ("a_child_gives_the_same_error", a_child_gives_the_same_error),
        ("hostile_sources_are_refused_in_a_few_seconds", hostile_sources_are_refused_in_a_few_seconds),
        ("a_child_without_memory_says_so", a_child_without_memory_says_so),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}

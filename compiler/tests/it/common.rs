//! Compiles, interprets and checks emissions.

use touchstone_compiler::{compile, emit, CompileError, Compiled};
use touchstone_kernels::standard;
use touchstone_kir::{interpret, Bound, Instr, Kernel, Module, Op, Slices, ViewDecl};

/// The source of a standard kernel.
pub fn source(name: &str) -> &'static str {
    standard(name).unwrap().source
}

/// Compiles what must compile.
pub fn compiled(source: &str) -> Compiled {
    compile(source).unwrap_or_else(|error| panic!("{}", error.render(source, "test.wgsl")))
}

/// Refuses what must not compile.
pub fn refused(source: &str) -> CompileError {
    match compile(source) {
        Ok(_) => panic!("compiled:\n{source}"),
        Err(error) => error,
    }
}

/// Little-endian bytes of words.
pub fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The windows of the first invocations, of which both interpreters say the same. The emission for them passes naga's
/// validation.
pub fn run(kernel: &Kernel, params: &[u32], inputs: &[Vec<u32>], invocations: u32) -> Vec<u32> {
    let inputs: Vec<Vec<u8>> = inputs.iter().map(|words| bytes(words)).collect();
    let reference = touchstone_reference::ReferenceKernel::decode(&kernel.encode()).unwrap();
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let lengths: Vec<u32> = inputs.iter().map(|bytes| bytes.len() as u32).collect();
    let cost = kernel.cost(params, &lengths).unwrap_or_else(|error| panic!("{error}"));
    validate(&emit(kernel, params, &lengths).source);
    (0..invocations)
        .flat_map(|invocation| {
            // The static fuel is enough.
            let words = interpret(kernel, params, &lengths, invocation, &mut Slices(&slices), cost.fuel)
                .unwrap_or_else(|trap| panic!("{trap}"));
            assert_eq!(words, reference.run(params, &inputs, invocation).words, "the interpreters differ");
            words
        })
        .collect()
}

/// Compiles a source and runs its first invocations.
pub fn outputs(source: &str, params: &[u32], inputs: &[Vec<u32>], invocations: u32) -> Vec<u32> {
    run(&compiled(source).kernel, params, inputs, invocations)
}

/// naga accepts the source.
pub fn validate(source: &str) {
    let module = naga::front::wgsl::parse_str(source)
        .unwrap_or_else(|error| panic!("{}\n{source}", error.emit_to_string(source)));
    naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{error:?}\n{source}"));
}

/// A source whose one output word is an expression of the invocation's index `g` and of two input words `a` and `b`.
pub fn expression(text: &str) -> String {
    program(&format!("output[g] = {text};"))
}

/// A source whose entry point has these statements; `g` is the index, `a` and `b` words of the inputs.
pub fn program(body: &str) -> String {
    with_items("", body)
}

/// The same with declarations at module scope.
pub fn with_items(items: &str, body: &str) -> String {
    format!(
        "const WINDOW: u32 = 1;
{items}
@group(0) @binding(0) var<storage, read> left: array<u32>;
@group(0) @binding(1) var<storage, read> right: array<u32>;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
    let g = id.x;
    let a = left[g];
    let b = right[g];
    {body}
}}
"
    )
}

/// Words at which arithmetic goes wrong.
pub const EDGES: [u32; 14] =
    [0, 1, 2, 3, 31, 32, 33, 0x7f, 0x80, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff];

/// All pairs of edges, as the two inputs.
pub fn edge_pairs() -> (Vec<u32>, Vec<u32>) {
    EDGES.iter().flat_map(|&a| EDGES.iter().map(move |&b| (a, b))).unzip()
}

/// Asserts that an expression of `a` and `b` has the same value as in Rust, for all pairs of edge cases.
#[track_caller]
pub fn agrees(text: &str, expected: impl Fn(u32, u32) -> u32) {
    agrees_for(&expression(text), expected);
}

/// Asserts that a whole source with one output word has the same result as Rust, for all pairs of edge cases.
#[track_caller]
pub fn agrees_for(source: &str, expected: impl Fn(u32, u32) -> u32) {
    let (left, right) = edge_pairs();
    let got = outputs(source, &[], &[left.clone(), right.clone()], left.len() as u32);
    for ((a, b), got) in left.into_iter().zip(right).zip(got) {
        assert_eq!(got, expected(a, b), "a = {a:#x}, b = {b:#x}");
    }
}

/// A kernel of this code: two inputs of 64 words and of 5, parameter 5, scratch of 4, a view of 3 words, 12 registers.
pub fn kernel(code: Vec<Instr>, window: u16) -> Kernel {
    with_bounds(code, window, vec![Bound::constant(3), Bound { c: 1, cap: 9, m: 2, param: Some(0), shift: 1 }])
}

/// The same with other bounds.
pub fn with_bounds(code: Vec<Instr>, window: u16, bounds: Vec<Bound>) -> Kernel {
    Kernel::from_module(Module {
        window,
        registers: 12,
        inputs: 2,
        params: 1,
        segments: vec![4],
        views: vec![ViewDecl { buffer: 0, bound: 0 }],
        bounds,
        code,
        constants: vec![7, 8, u32::MAX],
    })
    .unwrap()
}

/// What is emitted for it, which naga accepts.
pub fn source_of(kernel: &Kernel) -> String {
    let source = emit(kernel, &[5], &[256, 20]).source;
    validate(&source);
    source
}

/// The code, preceded by loads of unknown words into registers 0 to 6, and followed by stores of registers 0 to 9 to
/// window 0 … 3. Register 11 is 0.
pub fn with_unknown(code: Vec<Instr>) -> Vec<Instr> {
    const LOADS: u32 = 7;
    let mut all: Vec<Instr> = (0..LOADS as u8).rev().map(|d| Instr::new(Op::Load, d, 0, 0, d.into())).collect();
    for instr in code {
        let by = LOADS as u16;
        let imm = match instr.opcode().unwrap() {
            Op::If => Instr::pack(instr.low() + by, instr.high() + by),
            Op::Loop | Op::EndLoop => Instr::pack(instr.low() + by, instr.high()),
            Op::Else | Op::Block | Op::Break | Op::BreakIf | Op::Continue | Op::ContinueIf => instr.imm + LOADS,
            _ => instr.imm,
        };
        all.push(Instr { imm, ..instr });
    }
    all.extend((0..10).map(|d| Instr::new(Op::Ostore, d, 11, 0, u32::from(d) % 4)));
    all
}

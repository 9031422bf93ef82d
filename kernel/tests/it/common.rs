//! A small module that has some of everything, and ways to run it.

use touchstone_kernel::{interpret, Bound, Instr, Kernel, KirError, Module, Op, Slices, Trap, ViewDecl};

pub use Op::*;

/// More than any test burns.
pub const ENOUGH: u64 = 1 << 20;

pub fn i(op: Op, d: u8, a: u8, b: u8, imm: u32) -> Instr {
    Instr::new(op, d, a, b, imm)
}

pub fn ii(op: Op, d: u8, a: u8, imm: u32) -> Instr {
    Instr::binary_imm(op, d, a, imm)
}

pub fn pack(low: u16, high: u16) -> u32 {
    Instr::pack(low, high)
}

/// Window 4, 8 registers, 2 inputs, 2 parameters, segments of 4 and 2 words, view 0 of 5 words over input 1,
/// bounds 0: 3, 1: 5, 2: min(10, (param0 >> 1)·2 + 1), 3: 0, four constants.
pub fn module(code: Vec<Instr>) -> Module {
    Module {
        window: 4,
        registers: 8,
        inputs: 2,
        params: 2,
        segments: vec![4, 2],
        views: vec![ViewDecl { buffer: 1, bound: 1 }],
        bounds: vec![
            Bound::constant(3),
            Bound::constant(5),
            Bound { c: 1, cap: 10, m: 2, param: Some(0), shift: 1 },
            Bound::constant(0),
        ],
        code,
        constants: vec![10, 20, 30, 40],
    }
}

pub fn kernel(code: Vec<Instr>) -> Kernel {
    Kernel::from_module(module(code)).expect("a valid kernel")
}

pub fn refusal(code: Vec<Instr>) -> KirError {
    Kernel::from_module(module(code)).expect_err("not a valid kernel")
}

pub fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Input 0: ten words 100, 101, … Input 1: 600 words 1000, 1001, … so that it has three chunks.
pub fn inputs() -> [Vec<u8>; 2] {
    [bytes(&(100..110).collect::<Vec<_>>()), bytes(&(1000..1600).collect::<Vec<_>>())]
}

pub fn try_run(
    kernel: &Kernel,
    params: &[u32],
    inputs: &[Vec<u8>],
    invocation: u32,
    fuel: u64,
) -> Result<Vec<u32>, Trap> {
    let lens: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
    let slices: Vec<&[u8]> = inputs.iter().map(|input| input.as_slice()).collect();
    interpret(kernel, params, &lens, invocation, &mut Slices(&slices), fuel)
}

/// Runs invocation 0 with parameters 4 and 7 on [`inputs`].
pub fn run(code: Vec<Instr>) -> Vec<u32> {
    try_run(&kernel(code), &[4, 7], &inputs(), 0, ENOUGH).expect("it ends")
}

/// Stores `registers` to the window from word 0 on; register 7 is the index and stays 0.
pub fn store(registers: &[u8]) -> Vec<Instr> {
    let stores = registers.iter().zip(0..);
    stores.map(|(d, index)| i(Ostore, *d, 7, 0, index)).collect()
}

/// Runs code that leaves its results in these registers.
pub fn results(mut code: Vec<Instr>, registers: &[u8]) -> Vec<u32> {
    code.extend(store(registers));
    let mut words = run(code);
    words.truncate(registers.len());
    words
}

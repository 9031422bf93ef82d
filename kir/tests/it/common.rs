//! Helpers that run small modules.

use touchstone_kir::{interpret, Instr, Kernel, KirError, Slices, Trap};

pub use touchstone_generate::assembly::*;

/// More than any test burns.
pub const ENOUGH: u64 = 1 << 20;

pub fn kernel(code: Vec<Instr>) -> Kernel {
    Kernel::from_module(module(code)).expect("a valid kernel")
}

pub fn refusal(code: Vec<Instr>) -> KirError {
    Kernel::from_module(module(code)).expect_err("not a valid kernel")
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

/// Runs code that leaves its results in these registers.
pub fn results(mut code: Vec<Instr>, registers: &[u8]) -> Vec<u32> {
    code.extend(store(registers));
    let mut words = run(code);
    words.truncate(registers.len());
    words
}

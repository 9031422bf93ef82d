//! Helpers to write instructions by hand, and a small module that has an example of everything. Tests of the language
//! and the writers of its vectors use them.

use touchstone_kir::{Bound, Instr, Module, Op, ViewDecl};

pub use Op::*;

/// An instruction from its fields.
pub fn i(op: Op, d: u8, a: u8, b: u8, imm: u32) -> Instr {
    Instr::new(op, d, a, b, imm)
}

/// A binary operation whose second operand is an immediate.
pub fn ii(op: Op, d: u8, a: u8, imm: u32) -> Instr {
    Instr::binary_imm(op, d, a, imm)
}

/// An immediate from its two halves.
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

/// Words as the bytes of a buffer.
pub fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Stores `registers` to the window from word 0 on; register 7 is the index and stays 0.
pub fn store(registers: &[u8]) -> Vec<Instr> {
    let stores = registers.iter().zip(0..);
    stores.map(|(d, index)| i(Ostore, *d, 7, 0, index)).collect()
}

/// For each operation: a valid instruction, which of d, a, b are registers, which are unused, and which bits of the
/// immediate are unused.
pub fn shapes() -> Vec<(Instr, [bool; 3], [bool; 3], u32)> {
    let (yes, no) = (true, false);
    let mut shapes = Vec::new();
    for &op in Op::ALL {
        let (instr, registers, unused, unused_imm) = match op {
            If | Else | End | Block | Loop | EndLoop | Break | BreakIf | Continue | ContinueIf => continue,
            Const => (i(op, 1, 0, 0, 5), [yes, no, no], [no, yes, yes], 0),
            Gid => (i(op, 1, 0, 0, 0), [yes, no, no], [no, yes, yes], !0),
            Param | Len => (i(op, 1, 0, 1, 0), [yes, no, no], [no, yes, no], !0),
            Mov | Not | Neg | Abs | Clz | Ctz | Popcnt | Revbits => {
                (i(op, 1, 2, 0, 0), [yes, yes, no], [no, no, yes], !0)
            }
            Select | ExtractU | ExtractS => (i(op, 1, 2, 3, 4), [yes; 3], [no; 3], !0xFF),
            Insert => (i(op, 1, 2, 3, 0x0504), [yes; 3], [no; 3], !0xFFFF),
            Dot4AccU | Dot4AccS | Mad => (i(op, 1, 2, 3, 0), [yes; 3], [no; 3], !0),
            Load | LoadView | Load4 | Load4View | Sload | Sstore => (i(op, 1, 2, 0, 99), [yes, yes, no], [no; 3], 0),
            View => (i(op, 0, 2, 0, 0), [no, yes, no], [yes, no, no], !0),
            Cload => (i(op, 1, 2, 0, pack(1, 3)), [yes, yes, no], [no, no, yes], 0),
            Oload | Ostore => (i(op, 1, 2, 0, 99), [yes, yes, no], [no, no, yes], 0),
            binary => {
                let immediate = ii(binary, 1, 2, 99);
                shapes.push((immediate, [yes, yes, no], [no, no, yes], 0));
                (i(binary, 1, 2, 3, 0), [yes; 3], [no; 3], !0)
            }
        };
        shapes.push((instr, registers, unused, unused_imm));
    }
    shapes
}

/// Each control operation, in valid code.
pub fn every_control() -> Vec<Instr> {
    vec![
        i(If, 0, 1, 0, pack(1, 2)),
        i(Else, 0, 0, 0, 2),
        i(End, 0, 0, 0, 0),
        i(Block, 0, 0, 0, 5),
        i(BreakIf, 0, 1, 0, 5),
        i(End, 0, 0, 0, 0),
        i(Loop, 0, 0, 0, pack(10, 0)),
        i(Break, 0, 0, 0, 10),
        i(Continue, 0, 0, 0, 10),
        i(ContinueIf, 0, 1, 0, 10),
        i(EndLoop, 0, 0, 0, pack(6, 0)),
    ]
}

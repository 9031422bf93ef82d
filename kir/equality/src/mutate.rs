use touchstone_generate::Random;
use touchstone_kir::{Instr, Kernel, Module, Op};

use crate::code::{relink, without};

/// Changes an encoding in one to four places: any bytes, or instructions and tables if it is valid. Many of the results
/// are valid, and more are almost valid.
pub fn mutate(encoding: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = encoding.to_vec();
    for _ in 0..1 + random.below(4) {
        let valid = Kernel::decode(&bytes).ok();
        bytes = match valid {
            Some(kernel) if !random.one_in(6) => {
                let mut module = kernel.module().clone();
                change(&mut module, random);
                module.encode()
            }
            _ => change_bytes(bytes, random),
        };
    }
    bytes
}

fn any<T>(of: &[T], random: &mut Random) -> Option<usize> {
    (!of.is_empty()).then(|| random.below(of.len() as u32) as usize)
}

fn change_bytes(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let Some(at) = any(&bytes, random) else { return vec![random.bits() as u8] };
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, random.bits() as u8),
        2 => bytes[at] = bytes[at].wrapping_add(1),
        3 => bytes[at] = bytes[at].wrapping_sub(1),
        4 => bytes[at] ^= 1 << random.below(8),
        5 => bytes[at] = 0,
        _ => bytes[at] = random.bits() as u8,
    }
    bytes
}

fn change(module: &mut Module, random: &mut Random) {
    match random.below(16) {
        0 => change_header(module, random),
        1 => change_tables(module, random),
        2 => {
            // Move it elsewhere, together with what it refers to.
            let (Some(from), Some(to)) = (any(&module.code, random), any(&module.code, random)) else { return };
            let instr = module.code[from];
            module.code.insert(to, instr);
            rewire(module);
        }
        3 => {
            let Some(at) = any(&module.code, random) else { return };
            let length = 1 + random.below(8) as usize;
            let length = length.min(module.code.len() - at);
            if let Some(code) = without(&module.code, at, length) {
                module.code = code;
            }
        }
        4 => {
            // Enclose any code in a construct.
            let (Some(from), Some(to)) = (any(&module.code, random), any(&module.code, random)) else { return };
            let (from, to) = (from.min(to), from.max(to));
            let (open, close) = match random.below(3) {
                0 => (Instr::new(Op::Block, 0, 0, 0, 0), Instr::new(Op::End, 0, 0, 0, 0)),
                1 => (Instr::new(Op::If, 0, 0, 0, 0), Instr::new(Op::End, 0, 0, 0, 0)),
                _ => (Instr::new(Op::Loop, 0, 0, 0, 0), Instr::new(Op::EndLoop, 0, 0, 0, 0)),
            };
            module.code.insert(to, close);
            module.code.insert(from, open);
            rewire(module);
        }
        _ => {
            let Some(at) = any(&module.code, random) else { return };
            change_instruction(&mut module.code[at], random);
            if random.one_in(2) {
                rewire(module);
            }
        }
    }
}

/// Corrects levels and targets, if constructs still match.
fn rewire(module: &mut Module) {
    if let Some(code) = relink(&module.code, &vec![false; module.code.len()]) {
        module.code = code;
    }
}

fn change_instruction(instr: &mut Instr, random: &mut Random) {
    let small = random.below(8) as u8;
    match random.below(10) {
        0 => instr.op = Op::ALL[random.below(Op::ALL.len() as u32) as usize] as u8,
        1 => instr.op ^= touchstone_kir::IMMEDIATE,
        2 => instr.op = random.bits() as u8,
        3 => instr.d = small,
        4 => instr.a = small,
        5 => instr.b = small,
        6 => instr.imm = small.into(),
        7 => instr.imm = random.word(),
        8 => instr.imm ^= 1 << random.below(32),
        _ => {
            let field = [&mut instr.d, &mut instr.a, &mut instr.b];
            *field[random.below(3) as usize] = random.bits() as u8;
        }
    }
}

fn change_header(module: &mut Module, random: &mut Random) {
    let less = random.one_in(2);
    let step = |number: u16| if less { number.wrapping_sub(1) } else { number.wrapping_add(1) };
    match random.below(4) {
        0 => module.window = step(module.window),
        1 => module.registers = step(module.registers),
        2 => module.inputs = step(module.inputs.into()) as u8,
        _ => module.params = step(module.params.into()) as u8,
    }
}

fn change_tables(module: &mut Module, random: &mut Random) {
    match random.below(6) {
        0 => {
            if let Some(at) = any(&module.segments, random) {
                module.segments[at] = random.word() as u16;
            }
        }
        1 => {
            if let Some(at) = any(&module.views, random) {
                module.views[at].buffer = random.below(9) as u8;
            }
        }
        2 => {
            if let Some(at) = any(&module.views, random) {
                module.views[at].bound = random.below(130) as u16;
            }
        }
        3 => drop(module.constants.pop()),
        _ => {
            let Some(at) = any(&module.bounds, random) else { return };
            let bound = &mut module.bounds[at];
            match random.below(5) {
                0 => bound.c = random.word(),
                1 => bound.cap = random.word(),
                2 => bound.m = random.word() as u16,
                3 => bound.shift = random.below(33) as u8,
                _ => *bound = touchstone_kir::Bound::constant(random.word()),
            }
        }
    }
}

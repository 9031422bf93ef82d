//! The last step to KIR: replaces labels by jump targets.

use touchstone_kir::{limits, Bound, Instr, Module, Op, ViewDecl};

use crate::{
    allocate::Allocated,
    ir::{origin, Inst, Label, NONE},
    share::Segment,
    CompileError,
};

#[cfg(test)]
mod tests;

/// Everything in a module except its instructions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// Output words of one invocation.
    pub window: u16,
    /// Input buffers.
    pub inputs: u8,
    /// Parameters.
    pub params: u8,
    /// Private arrays in scratch.
    pub segments: Vec<Segment>,
    /// Views.
    pub views: Vec<ViewDecl>,
    /// Bounds.
    pub bounds: Vec<Bound>,
    /// Constant data.
    pub constants: Vec<u32>,
}

/// Where a construct's instructions are.
#[derive(Clone, Copy, Default)]
struct Construct {
    open: u16,
    other: Option<u16>,
    end: u16,
}

/// Fills in targets, depths and levels.
pub(crate) fn assemble(allocated: Allocated, outline: Outline) -> Result<Module, CompileError> {
    let Allocated { mut code, registers, segments } = allocated;
    if code.is_empty() {
        // A kernel has at least one instruction. This one has no effect on the output.
        code.push(Inst { d: 0, ..Inst::new(Op::Gid) });
    }
    let constructs = constructs(&code);
    let construct = |label: Label| constructs.get(label as usize).copied().unwrap_or_default();
    let mut open: Vec<(Label, bool)> = Vec::new();
    let mut out = Vec::with_capacity(code.len());
    for (at, inst) in code.iter().enumerate() {
        let here = construct(inst.label);
        let field = |at: usize| register(inst.src[at]);
        let loops = open.iter().filter(|(_, is_loop)| *is_loop).count() as u8;
        let depth = || open.iter().rev().position(|(label, _)| *label == inst.label).unwrap_or(0) as u8;
        let instr = match inst.op {
            Op::If => {
                let imm = Instr::pack(here.other.unwrap_or(here.end), here.end);
                Instr::new(Op::If, 0, field(0), 0, imm)
            }
            Op::Else => Instr::new(Op::Else, 0, 0, 0, here.end.into()),
            Op::Block => Instr::new(Op::Block, 0, 0, 0, here.end.into()),
            Op::End => Instr::new(Op::End, 0, 0, 0, 0),
            Op::Loop => Instr::new(Op::Loop, loops, 0, 0, Instr::pack(here.end, inst.table)),
            Op::EndLoop => {
                let level = loops.saturating_sub(1);
                Instr::new(Op::EndLoop, level, 0, 0, Instr::pack(here.open, inst.table))
            }
            Op::Break | Op::Continue => Instr::new(inst.op, 0, 0, depth(), here.end.into()),
            Op::BreakIf | Op::ContinueIf => Instr::new(inst.op, 0, field(0), depth(), here.end.into()),
            _ => plain(inst),
        };
        out.push(instr);
        if inst.opens() {
            open.push((inst.label, inst.op == Op::Loop));
        } else if inst.closes() {
            open.pop();
        }
        let nested = open.len() > limits::MAX_NESTING;
        if nested || open.iter().filter(|(_, is_loop)| *is_loop).count() > limits::MAX_LOOPS {
            return Err(too_deep().at(origin(&code, at)));
        }
    }
    Ok(Module {
        window: outline.window,
        registers,
        inputs: outline.inputs,
        params: outline.params,
        segments,
        views: outline.views,
        bounds: outline.bounds,
        code: out,
        constants: outline.constants,
    })
}

/// The error for constructs that are nested too deeply.
pub(crate) fn too_deep() -> CompileError {
    CompileError::new("the kernel is nested too deeply")
        .note(format!(
            "at most {} loops and {} constructs in each other, functions inlined: this is the first too many",
            limits::MAX_LOOPS,
            limits::MAX_NESTING
        ))
        .note("leave early with `return`, `break` or `continue` instead of going deeper; make one loop of two")
}

fn constructs(code: &[Inst]) -> Vec<Construct> {
    let labels = code.iter().map(|inst| inst.label as usize + 1).max().unwrap_or(0);
    let mut constructs = vec![Construct::default(); labels];
    for (at, inst) in code.iter().enumerate() {
        let construct = &mut constructs[inst.label as usize];
        if inst.opens() {
            construct.open = at as u16;
        } else if inst.op == Op::Else {
            construct.other = Some(at as u16);
        } else if inst.closes() {
            construct.end = at as u16;
        }
    }
    constructs
}

fn register(reg: u32) -> u8 {
    if reg == NONE {
        0
    } else {
        reg as u8
    }
}

fn plain(inst: &Inst) -> Instr {
    let d = register(inst.d);
    let [a, b, c, e] = inst.src.map(register);
    let table = inst.table as u8;
    match inst.op {
        op if op.is_binary() && inst.immediate => Instr::binary_imm(op, d, a, inst.imm),
        Op::Const => Instr::new(Op::Const, d, 0, 0, inst.imm),
        Op::Param | Op::Len => Instr::new(inst.op, d, 0, table, 0),
        Op::Select | Op::ExtractU | Op::ExtractS => Instr::new(inst.op, d, a, b, c.into()),
        Op::Insert => Instr::new(Op::Insert, d, a, b, u32::from(c) | u32::from(e) << 8),
        Op::Load | Op::LoadView | Op::Load4 | Op::Load4View | Op::Sload => Instr::new(inst.op, d, a, table, inst.imm),
        Op::View => Instr::new(Op::View, 0, a, table, 0),
        Op::Cload | Op::Oload => Instr::new(inst.op, d, a, 0, inst.imm),
        // The value to store is the second source; KIR encodes it in the destination field.
        Op::Sstore => Instr::new(Op::Sstore, b, a, table, inst.imm),
        Op::Ostore => Instr::new(Op::Ostore, b, a, 0, inst.imm),
        op => Instr::new(op, d, a, b, 0),
    }
}

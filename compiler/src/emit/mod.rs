//! Emits WGSL for KIR. This is what devices run, unless there is a hand-tuned implementation of the kernel.
//!
//! The emitted source is for one kernel with given parameters, input lengths and number of invocations, which are
//! constants in it. Nothing in it depends on behaviour that WGSL leaves undefined: shifts are masked, divisions and
//! accesses are guarded, except where the [facts] show that no execution needs that.
//!
//! Its bindings: inputs `@binding(0)` … as `array<u32>`, or as `array<vec4<u32>>` where the kernel reads four words at
//! a time (the caller pads such a buffer with zeros to 16 bytes, and says so by [`Emitted::wide_inputs`]); what is too
//! long for one binding comes in [parts](Emitted::parts); `@binding(8)` a uniform for each dispatch; `@binding(9)` the
//! output, `array<u32>`, or `array<vec4<u32>>` where a window is a multiple of four words. The uniform holds the
//! [arguments](Emitted::arguments) after these words:
//!
//! | word | |
//! |---|---|
//! | x | index of the first invocation of this dispatch |
//! | y | number of invocations in it |
//! | z | workgroups in the x direction of the dispatch |
//! | w | index of the invocation whose window begins the bound range of the output: 0 if all of it is bound |
//!
//! The grid has a second row only if the first one has [`GRID_ROW`] workgroups.

mod access;
mod control;
mod emitter;
mod facts;
mod functions;
mod operands;
mod operation;
mod output_window;
mod place;
mod shape;
#[cfg(test)]
mod tests;
mod tree;
mod window;

use std::collections::HashSet;

use touchstone_kir::{Kernel, Module, Op};

use crate::bindings::{cut_binding, parts, Part, Target};
use emitter::{Emitter, WORKGROUP_SIZE};
use facts::Facts;
use output_window::OutputWindow;

/// WGSL for one dispatch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Emitted {
    /// The source; its entry point is `main`.
    pub source: String,
    /// Invocations of a workgroup: its x size. The grid may be two-dimensional.
    pub workgroup_size: u32,
    /// By input: bound as `array<vec4<u32>>`, so that the buffer must be padded with zeros to a multiple of 16 bytes.
    pub wide_inputs: Vec<bool>,
    /// Words that the uniform holds after the dispatch's four: data that is not in the source as constants.
    pub arguments: Vec<u32>,
    /// The bindings of the inputs.
    pub parts: Vec<Part>,
    /// With [`Target::cuts_loops`]: the binding of a storage buffer of one word, 0 before a dispatch. If it is not 0
    /// afterwards, the driver left a loop before its end, and the output of that dispatch is worth nothing.
    pub cut_binding: Option<u32>,
}

/// Emits WGSL that computes for invocations of this kernel what the interpreter computes.
///
/// `params` are the kernel's parameters and `input_bytes` the lengths of its inputs; missing ones count as 0.
/// [`Kernel::cost`] checks whether they fit the kernel.
pub fn emit(kernel: &Kernel, params: &[u32], input_bytes: &[u32]) -> Emitted {
    emit_for(&Target::default(), kernel, params, input_bytes)
}

/// [`emit`] for a given device and number of invocations.
pub fn emit_for(target: &Target, kernel: &Kernel, params: &[u32], input_bytes: &[u32]) -> Emitted {
    let module = kernel.module();
    let lengths: Vec<u32> =
        (0..usize::from(module.inputs)).map(|input| input_bytes.get(input).copied().unwrap_or(0)).collect();
    let words: Vec<u32> = lengths.iter().map(|bytes| bytes / 4).collect();
    let parts = parts(&lengths, target);
    let wide_inputs = wide_inputs(module);
    let nodes = tree::tree(&module.code);
    let facts = facts::facts(module, &nodes, params, &words, target.invocations);
    let (shapes, leaves) = shape::shape(module, &facts, &nodes);
    let mut numbers = HashSet::new();
    let repeated = facts.at.iter().flatten().filter_map(|fact| fact.words.filter(|number| !numbers.insert(*number)));
    let repeated = repeated.collect();
    let emitter = Emitter {
        module,
        params,
        words,
        parts: &parts,
        target,
        wide: wide_inputs.clone(),
        window: OutputWindow::of(module, &facts, &shapes),
        asked_views: asked_views(module, &facts),
        facts,
        tables: Vec::new(),
        has_long_tables: false,
        repeated,
        loaded: vec![Vec::new()],
        loops: Vec::new(),
        lines: Vec::new(),
        read: Vec::new(),
        indent: 1,
        needs: functions::Needs::default(),
    };
    let (source, arguments) = emitter.source(&shapes, leaves);
    let cut_binding = cut_binding(&parts, target);
    Emitted { source, workgroup_size: WORKGROUP_SIZE, wide_inputs, arguments, parts, cut_binding }
}

/// The views that indices are compared with at run time.
fn asked_views(module: &Module, facts: &Facts) -> Vec<bool> {
    let mut asked = vec![false; module.views.len()];
    for (instr, fact) in module.code.iter().zip(&facts.at) {
        let is_load = matches!(instr.opcode(), Some(Op::LoadView | Op::Load4View));
        if is_load && fact.is_some_and(|fact| !fact.view.is_inside) {
            asked[usize::from(instr.b)] = true;
        }
    }
    asked
}

/// Inputs that the kernel reads four words at a time.
fn wide_inputs(module: &Module) -> Vec<bool> {
    let mut wide = vec![false; usize::from(module.inputs)];
    for instr in &module.code {
        let buffer = match instr.opcode() {
            Some(Op::Load4) => Some(instr.b),
            Some(Op::Load4View) => module.views.get(usize::from(instr.b)).map(|view| view.buffer),
            _ => None,
        };
        if let Some(slot) = buffer.and_then(|buffer| wide.get_mut(usize::from(buffer))) {
            *slot = true;
        }
    }
    wide
}

//! KIR → WGSL: the only road to the GPU.
//!
//! The emitted source is for one kernel with these parameters and input lengths, which it holds as constants. Nothing
//! in it depends on what WGSL leaves open: every shift is masked, every division and every access guarded.
//!
//! Its bindings: inputs `@binding(0)` … as `array<u32>`, or as `array<vec4<u32>>` where the kernel reads four words at
//! a time (the caller pads such a buffer with zeros to 16 bytes, and says so by [`Emitted::wide_inputs`]); what is too long
//! for one binding comes in [parts](Emitted::parts);
//! `@binding(8)` a uniform `vec4<u32>` per dispatch; `@binding(9)` the output, `array<u32>`. The uniform holds
//!
//! | word | |
//! |---|---|
//! | x | index of the first invocation of this dispatch |
//! | y | number of invocations in it |
//! | z | workgroups in the x direction of the dispatch |
//! | w | index of the invocation whose window begins the bound range of the output: 0 if all of it is bound |

mod control;
mod functions;
mod operation;

use std::fmt::Write;

use touchstone_kernel::{Instr, Kernel, Module, Op, IMMEDIATE};

use crate::bindings::{parts, Part, Target};

/// Invocations of a workgroup.
const WORKGROUP_SIZE: u32 = 64;
/// Windows up to this many words are collected in a local array and written at the end.
const MAX_LOCAL_WINDOW: u16 = 16;

/// WGSL for one dispatch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Emitted {
    /// The source; its entry point is `main`.
    pub source: String,
    /// Invocations of a workgroup: its x size. The grid may be two-dimensional.
    pub workgroup_size: u32,
    /// By input: bound as `array<vec4<u32>>`, so that the buffer must be padded with zeros to a multiple of 16 bytes.
    pub wide_inputs: Vec<bool>,
    /// Words that the uniform holds behind the dispatch's four: what the source does not hold as constants.
    pub arguments: Vec<u32>,
    /// The bindings of the inputs.
    pub parts: Vec<Part>,
}

/// Emits WGSL that does for invocations of this kernel what the interpreter does.
///
/// `params` are the kernel's parameters and `input_bytes` the lengths of its inputs; missing ones count as 0. Whether
/// they suit the kernel is for [`Kernel::cost`] to say.
pub fn emit(kernel: &Kernel, params: &[u32], input_bytes: &[u32]) -> Emitted {
    emit_for(&Target::default(), kernel, params, input_bytes)
}

/// [`emit`] for a device that does not offer everything.
pub fn emit_for(target: &Target, kernel: &Kernel, params: &[u32], input_bytes: &[u32]) -> Emitted {
    let module = kernel.module();
    let lengths: Vec<u32> =
        (0..usize::from(module.inputs)).map(|input| input_bytes.get(input).copied().unwrap_or(0)).collect();
    let parts = parts(&lengths, target);
    let wide_inputs = wide_inputs(module);
    let emitter = Emitter {
        module,
        params,
        words: lengths.iter().map(|bytes| bytes / 4).collect(),
        parts: &parts,
        part_bytes: target.part_bytes,
        wide: wide_inputs.clone(),
        constants: constant_registers(module),
        out: String::new(),
        indent: 0,
        needs: functions::Needs::default(),
    };
    let source = emitter.source();
    Emitted { source, workgroup_size: WORKGROUP_SIZE, wide_inputs, arguments: Vec::new(), parts }
}

/// What is being written.
struct Emitter<'a> {
    module: &'a Module,
    params: &'a [u32],
    /// By input: its length.
    words: Vec<u32>,
    /// Where the inputs are bound.
    parts: &'a [Part],
    part_bytes: u32,
    wide: Vec<bool>,
    /// By register: its value, if it has only one. Indices that are known need no check.
    constants: Vec<Option<u32>>,
    out: String,
    indent: usize,
    needs: functions::Needs,
}

impl Emitter<'_> {
    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn source(mut self) -> String {
        self.indent = 1;
        self.locals();
        self.program();
        self.write_window();
        let body = std::mem::take(&mut self.out);
        self.indent = 0;
        self.bindings();
        let needs = self.needs;
        self.out.push_str(&needs.text());
        let _ = write!(
            self.out,
            "@compute @workgroup_size({WORKGROUP_SIZE})\n\
             fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {{\n  \
             let place = (group.y * dispatch.z + group.x) * {WORKGROUP_SIZE}u + local;\n  \
             if place >= dispatch.y {{ return; }}\n  \
             let gid = dispatch.x + place;\n  \
             let start = (gid - dispatch.w) * {}u;\n",
            self.module.window
        );
        self.out.push_str(&body);
        self.out.push_str("}\n");
        self.out
    }

    fn bindings(&mut self) {
        for part in self.parts {
            let element = if self.is_wide(part.input) { "vec4<u32>" } else { "u32" };
            self.line(&part.declaration(element));
        }
        self.line("@group(0) @binding(8) var<uniform> dispatch: vec4<u32>;");
        self.line("@group(0) @binding(9) var<storage, read_write> out: array<u32>;");
        for input in 0..self.module.inputs {
            self.choice_of_parts(input);
        }
        let constants = &self.module.constants;
        if !constants.is_empty() {
            let words: Vec<String> = constants.iter().map(|word| format!("{word}u")).collect();
            let line = format!("const DATA = array<u32, {}>({});", words.len(), words.join(", "));
            self.line(&line);
        }
    }

    /// A function that reads an element of an input that has several parts.
    fn choice_of_parts(&mut self, input: u8) {
        let own: Vec<&Part> = self.parts.iter().filter(|part| part.input == input).collect();
        let [_, _, ..] = own.as_slice() else { return };
        let (element, bytes) = if self.is_wide(input) { ("vec4<u32>", 16) } else { ("u32", 4) };
        let elements = self.part_bytes / bytes;
        let mut text = format!("fn element{input}(i: u32) -> {element} {{\n  switch i / {elements}u {{\n");
        for part in own {
            let (number, name) = (part.number, part.name());
            let _ = writeln!(text, "    case {number}u: {{ return {name}[i % {elements}u]; }}");
        }
        text.push_str("    default: { return ");
        text.push_str(element);
        text.push_str("(); }\n  }\n}");
        self.line(&text);
    }

    /// Element `index`, which is in range, of an input: a word, or four of a wide one.
    fn element(&self, input: u8, index: &str) -> String {
        match self.parts.iter().filter(|part| part.input == input).count() {
            0 | 1 => format!("in{input}[{index}]"),
            _ => format!("element{input}({index})"),
        }
    }

    fn is_wide(&self, input: u8) -> bool {
        self.wide.get(usize::from(input)).copied().unwrap_or(false)
    }

    fn locals(&mut self) {
        let mut used = vec![false; usize::from(self.module.registers)];
        for instr in &self.module.code {
            for register in registers(*instr) {
                if let Some(slot) = used.get_mut(usize::from(register)) {
                    *slot = true;
                }
            }
        }
        for (register, _) in used.iter().enumerate().filter(|(_, used)| **used) {
            self.line(&format!("var r{register}: u32 = 0u;"));
        }
        for view in 0..self.module.views.len() {
            self.line(&format!("var base{view}: u32 = 0u;"));
            self.line(&format!("var size{view}: u32 = 0u;"));
        }
        for (segment, words) in self.module.segments.iter().enumerate() {
            self.line(&format!("var scratch{segment}: array<u32, {words}>;"));
        }
        let window = self.module.window;
        match window {
            1 => self.line("var window0: u32 = 0u;"),
            2..=MAX_LOCAL_WINDOW => self.line(&format!("var window: array<u32, {window}>;")),
            _ => self.line(&format!("for (var word = 0u; word < {window}u; word++) {{ out[start + word] = 0u; }}")),
        }
    }

    fn write_window(&mut self) {
        let window = self.module.window;
        match window {
            1 => self.line("out[start] = window0;"),
            2..=MAX_LOCAL_WINDOW => {
                for word in 0..window {
                    self.line(&format!("out[start + {word}u] = window[{word}];"));
                }
            }
            _ => {}
        }
    }

    /// The register's value as an expression: always a variable, so that naga never takes an operation for one on
    /// constants, to which WGSL applies other rules.
    fn r(&self, register: u8) -> String {
        format!("r{register}")
    }
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

/// Registers that only one `const` outside of all constructs writes, before anything reads them.
fn constant_registers(module: &Module) -> Vec<Option<u32>> {
    let count = usize::from(module.registers);
    let mut values = vec![None; count];
    let mut spoilt = vec![false; count];
    let mut depth = 0usize;
    for instr in &module.code {
        let (reads, writes) = operands(*instr);
        for register in reads {
            let at = usize::from(register);
            // Read before it is written: it is 0 here.
            spoilt[at] |= values[at].is_none();
        }
        for register in writes {
            let at = usize::from(register);
            if instr.opcode() == Some(Op::Const) && depth == 0 && values[at].is_none() {
                values[at] = Some(instr.imm);
            } else {
                spoilt[at] = true;
            }
        }
        match instr.opcode() {
            Some(Op::If | Op::Block | Op::Loop) => depth += 1,
            Some(Op::End | Op::EndLoop) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    for (value, spoilt) in values.iter_mut().zip(spoilt) {
        if spoilt {
            *value = None;
        }
    }
    values
}

fn registers(instr: Instr) -> Vec<u8> {
    let (mut reads, writes) = operands(instr);
    reads.extend(writes);
    reads
}

/// Registers that an instruction reads and writes.
fn operands(instr: Instr) -> (Vec<u8>, Vec<u8>) {
    let Instr { d, a, b, imm, .. } = instr;
    let Some(op) = instr.opcode() else {
        return (Vec::new(), Vec::new());
    };
    let c = imm as u8;
    match op {
        Op::If | Op::BreakIf | Op::ContinueIf | Op::View => (vec![a], vec![]),
        Op::Else | Op::End | Op::Block | Op::Loop | Op::EndLoop | Op::Break | Op::Continue => (vec![], vec![]),
        Op::Const | Op::Gid | Op::Param | Op::Len => (vec![], vec![d]),
        Op::Mov | Op::Not | Op::Neg | Op::Abs | Op::Clz | Op::Ctz | Op::Popcnt | Op::Revbits => (vec![a], vec![d]),
        Op::Select | Op::ExtractU | Op::ExtractS => (vec![a, b, c], vec![d]),
        Op::Insert => (vec![a, b, c, (imm >> 8) as u8], vec![d]),
        Op::Dot4AccU | Op::Dot4AccS | Op::Mad => (vec![a, b, d], vec![d]),
        Op::Load | Op::LoadView | Op::Cload | Op::Sload | Op::Oload => (vec![a], vec![d]),
        Op::Load4 | Op::Load4View => (vec![a], (d..=d.saturating_add(3)).collect()),
        Op::Sstore | Op::Ostore => (vec![a, d], vec![]),
        _ if instr.op & IMMEDIATE != 0 => (vec![a], vec![d]),
        _ => (vec![a, b], vec![d]),
    }
}

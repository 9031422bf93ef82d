//! KIR → WGSL: the only road to the GPU.
//!
//! The emitted source is for one kernel with these parameters, input lengths and number of invocations, which it holds
//! as constants. Nothing in it depends on what WGSL leaves open: shifts are masked, divisions and accesses guarded,
//! except where the [facts] say that no execution needs it.
//!
//! Its bindings: inputs `@binding(0)` … as `array<u32>`, or as `array<vec4<u32>>` where the kernel reads four words at
//! a time (the caller pads such a buffer with zeros to 16 bytes, and says so by [`Emitted::wide_inputs`]); what is too
//! long for one binding comes in [parts](Emitted::parts); `@binding(8)` a uniform for each dispatch; `@binding(9)` the
//! output, `array<u32>`, or `array<vec4<u32>>` where a window is a multiple of four words. The uniform holds the
//! [arguments](Emitted::arguments) behind
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
mod facts;
mod functions;
mod operation;
mod shape;
#[cfg(test)]
mod tests;
mod tree;
mod window;

use std::{collections::HashSet, fmt::Write};

use touchstone_kir::{Instr, Kernel, Module, Op, IMMEDIATE};

use crate::bindings::{cut_binding, cut_declaration, parts, Part, Target, GRID_ROW};
use access::Place;
use facts::Facts;
use window::Window;

/// Invocations of a workgroup.
const WORKGROUP_SIZE: u32 = 64;
/// Invocations in a row of the grid, if there is a second one.
const ROW: u32 = WORKGROUP_SIZE * GRID_ROW;
/// Words of the longest table that is a variable: filling it costs each invocation time and a driver's compiler more.
const LONGEST_VARIABLE: u16 = 64;
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
    /// With [`Target::cuts_loops`]: the binding of a storage buffer of one word, 0 before a dispatch. If it is not 0
    /// afterwards, the driver left a loop before its end, and the output of that dispatch is worth nothing.
    pub cut_binding: Option<u32>,
}

/// Emits WGSL that does for invocations of this kernel what the interpreter does.
///
/// `params` are the kernel's parameters and `input_bytes` the lengths of its inputs; missing ones count as 0. Whether
/// they suit the kernel is for [`Kernel::cost`] to say.
pub fn emit(kernel: &Kernel, params: &[u32], input_bytes: &[u32]) -> Emitted {
    emit_for(&Target::default(), kernel, params, input_bytes)
}

/// [`emit`] for a device that does not offer everything, and for a number of invocations.
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
        window: Window::of(module, &facts, &shapes),
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

/// A line of the body.
struct Line {
    indent: usize,
    text: String,
    /// The register that it sets and does nothing else.
    sets: Option<u8>,
    /// The registers that it reads.
    reads: Vec<u8>,
}

/// What is being written.
struct Emitter<'a> {
    module: &'a Module,
    params: &'a [u32],
    /// By input: its length.
    words: Vec<u32>,
    /// Where the inputs are bound.
    parts: &'a [Part],
    target: &'a Target,
    wide: Vec<bool>,
    window: Window,
    /// By view: whether anything is compared with it at run time.
    asked_views: Vec<bool>,
    facts: Facts,
    /// The ranges of the constant data that are tables, each (first, length).
    tables: Vec<(u16, u16)>,
    /// Some are read from the uniform.
    has_long_tables: bool,
    /// Numbers of loads that more than one load has.
    repeated: HashSet<u16>,
    /// By scope: what its loads are called, by number.
    loaded: Vec<Vec<(u16, String)>>,
    /// The WGSL loops around what is written now, innermost last: where the kernel's loop opens, or nothing for a loop
    /// that runs once.
    loops: Vec<Option<usize>>,
    lines: Vec<Line>,
    /// Registers that the line to come reads.
    read: Vec<u8>,
    indent: usize,
    needs: functions::Needs,
}

impl Emitter<'_> {
    fn line(&mut self, text: &str) {
        let reads = std::mem::take(&mut self.read);
        self.lines.push(Line { indent: self.indent, text: text.into(), sets: None, reads });
    }

    /// A line after which the text is indented further.
    fn open(&mut self, text: &str) {
        self.line(text);
        self.indent += 1;
        self.loaded.push(Vec::new());
    }

    fn close(&mut self, text: &str) {
        self.loaded.pop();
        self.indent -= 1;
        self.line(text);
    }

    fn close_and_open(&mut self, text: &str) {
        self.close("");
        self.lines.pop();
        self.open(text);
    }

    /// The words of an input that a load gives: those of an earlier load where they are the same ones.
    fn words(&mut self, at: usize, number: Option<u16>, load: &str) -> String {
        let Some(number) = number.filter(|number| self.repeated.contains(number)) else { return load.into() };
        let known = self.loaded.iter().flatten().find(|(known, _)| *known == number);
        if let Some((_, name)) = known {
            return name.clone();
        }
        let name = format!("words{at}");
        self.line(&format!("let {name} = {load};"));
        if let Some(scope) = self.loaded.last_mut() {
            scope.push((number, name.clone()));
        }
        name
    }

    fn assign(&mut self, register: u8, value: &str) {
        self.line(&format!("r{register} = {value};"));
        if let Some(line) = self.lines.last_mut() {
            line.sets = Some(register);
        }
    }

    /// The variable of a register, to be read by the line that comes next.
    fn register(&mut self, register: u8) -> String {
        self.read.push(register);
        format!("r{register}")
    }

    fn bound(&self, bound: u16) -> u32 {
        self.module.bounds.get(usize::from(bound)).map_or(0, |bound| bound.value(self.params))
    }

    /// The source, and what its uniform holds behind the dispatch.
    fn source(mut self, shapes: &[shape::Shape], leaves: bool) -> (String, Vec<u32>) {
        self.program(shapes);
        self.drop_unread();
        let mut out = String::new();
        self.module_scope(&mut out);
        let words = match self.elements() {
            1 => String::new(),
            elements => format!(" * {elements}u"),
        };
        let column = match self.target.invocations <= ROW {
            true => "id.x".into(),
            false => format!("id.y * {ROW}u + id.x"),
        };
        // Of the uniform nothing is read that all dispatches of a whole step have in common.
        let place = match self.target.whole_step {
            true => format!(
                "let gid = dispatch.x + {column};\n  \
                 if gid >= {}u {{ return; }}\n  \
                 let start = gid{words};\n",
                self.target.invocations
            ),
            false => format!(
                "let now = dispatch;\n  \
                 let place = {column};\n  \
                 if place >= now.y {{ return; }}\n  \
                 let gid = now.x + place;\n  \
                 let start = (gid - now.w){words};\n"
            ),
        };
        let _ = write!(
            out,
            "@compute @workgroup_size({WORKGROUP_SIZE})\n\
             fn main(@builtin(global_invocation_id) id: vec3<u32>) {{\n  {}{place}",
            if self.has_long_tables { "let dispatch = uniforms.dispatch;\n  " } else { "" }
        );
        if leaves {
            out.push_str("  var leave: u32 = 0u;\n");
        }
        self.locals(&mut out);
        for line in &self.lines {
            let _ = writeln!(out, "{:width$}{}", "", line.text, width = 2 * line.indent);
        }
        out.push_str("}\n");
        (out, if self.has_long_tables { self.module.constants.clone() } else { Vec::new() })
    }

    /// Drops what sets registers that nothing reads.
    fn drop_unread(&mut self) {
        loop {
            let mut read = [false; 256];
            for register in self.lines.iter().flat_map(|line| &line.reads) {
                read[usize::from(*register)] = true;
            }
            let before = self.lines.len();
            self.lines.retain(|line| line.sets.is_none_or(|register| read[usize::from(register)]));
            if self.lines.len() == before {
                return;
            }
        }
    }

    /// Bindings, tables and functions.
    fn module_scope(&self, out: &mut String) {
        for part in self.parts {
            let element = if self.is_wide(part.input) { "vec4<u32>" } else { "u32" };
            let _ = writeln!(out, "{}", part.declaration(element));
        }
        match self.has_long_tables {
            true => {
                let fours = self.module.constants.len().div_ceil(4);
                let _ = writeln!(
                    out,
                    "struct Uniforms {{ dispatch: vec4<u32>, constants: array<vec4<u32>, {fours}> }}\n\
                     @group(0) @binding(8) var<uniform> uniforms: Uniforms;"
                );
            }
            false => out.push_str("@group(0) @binding(8) var<uniform> dispatch: vec4<u32>;\n"),
        }
        let element = if self.is_wide_output() { "vec4<u32>" } else { "u32" };
        let _ = writeln!(out, "@group(0) @binding(9) var<storage, read_write> out: array<{element}>;");
        if let Some(binding) = cut_binding(self.parts, self.target) {
            let _ = writeln!(out, "{}", cut_declaration(binding));
        }
        for input in 0..self.module.inputs {
            self.choice_of_parts(input, out);
        }
        // Variables that nothing writes: naga copies a constant that is indexed into a variable each time.
        for (number, &(first, length)) in self.tables.iter().enumerate() {
            let words =
                (first..first + length).map(|at| self.module.constants.get(usize::from(at)).copied().unwrap_or(0));
            let words: Vec<String> = words.map(|word| format!("{word}u")).collect();
            let _ = writeln!(
                out,
                "var<private> TABLE{number}: array<u32, {length}> = array<u32, {length}>({});",
                words.join(", ")
            );
        }
        out.push_str(&self.needs.text(self.target.int64));
    }

    /// Where the constants are that a `cload` reads. Each invocation has a copy of its own of what is in variables.
    fn table(&mut self, instr: Instr) -> Place {
        let table @ (first, length) = (instr.low(), instr.high());
        if length > LONGEST_VARIABLE {
            self.has_long_tables = true;
            return Place::Uniform(first);
        }
        let number = self.tables.iter().position(|known| *known == table).unwrap_or_else(|| {
            self.tables.push(table);
            self.tables.len() - 1
        });
        Place::Array(format!("TABLE{number}"))
    }

    /// A function that reads an element of an input that has several parts.
    fn choice_of_parts(&self, input: u8, out: &mut String) {
        let own: Vec<&Part> = self.parts.iter().filter(|part| part.input == input).collect();
        let [_, _, ..] = own.as_slice() else { return };
        let (element, bytes) = if self.is_wide(input) { ("vec4<u32>", 16) } else { ("u32", 4) };
        let elements = self.target.part_bytes / bytes;
        let _ = writeln!(out, "fn element{input}(i: u32) -> {element} {{\n  switch i / {elements}u {{");
        for part in own {
            let (number, name) = (part.number, part.name());
            let _ = writeln!(out, "    case {number}u: {{ return {name}[i % {elements}u]; }}");
        }
        let _ = writeln!(out, "    default: {{ return {element}(); }}\n  }}\n}}");
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

    fn locals(&self, out: &mut String) {
        let mut used = [false; 256];
        for line in &self.lines {
            for register in line.reads.iter().chain(&line.sets) {
                used[usize::from(*register)] = true;
            }
        }
        for (register, _) in used.iter().enumerate().filter(|(_, used)| **used) {
            let _ = writeln!(out, "  var r{register}: u32 = 0u;");
        }
        for (view, _) in self.asked_views.iter().enumerate().filter(|(_, asked)| **asked) {
            let _ = writeln!(out, "  var base{view}: u32 = 0u;\n  var size{view}: u32 = 0u;");
        }
        for (segment, words) in self.module.segments.iter().enumerate() {
            let _ = writeln!(out, "  var scratch{segment}: array<u32, {words}>;");
        }
        self.declare_window(out);
    }
}

/// Which views are compared with at run time.
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

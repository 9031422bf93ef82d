//! The source being emitted: its lines, and what frames them. The modules next to this one add statements.

use std::{collections::HashSet, fmt::Write};

use touchstone_kir::{Instr, Module};

use super::{facts::Facts, functions::Needs, output_window::OutputWindow, place::Place, shape::Shape};
use crate::bindings::{cut_binding, cut_declaration, Part, Target, GRID_ROW};

/// Invocations of a workgroup.
pub(super) const WORKGROUP_SIZE: u32 = 64;
/// Invocations in a row of the grid, if there is more than one row.
const ROW: u32 = WORKGROUP_SIZE * GRID_ROW;
/// Longest table, in words, that becomes a variable: filling it costs time in each invocation, and more in the driver's
/// compiler.
const LONGEST_VARIABLE: u16 = 64;

/// A line of the entry point's body.
pub(super) struct Line {
    indent: usize,
    text: String,
    /// The register that it sets, if it has no other effect.
    sets: Option<u8>,
    /// The registers that it reads.
    reads: Vec<u8>,
}

/// The source being emitted.
pub(super) struct Emitter<'a> {
    pub(super) module: &'a Module,
    pub(super) params: &'a [u32],
    /// By input: its length.
    pub(super) words: Vec<u32>,
    /// Where the inputs are bound.
    pub(super) parts: &'a [Part],
    pub(super) target: &'a Target,
    pub(super) wide: Vec<bool>,
    pub(super) window: OutputWindow,
    /// By view: whether an index is compared with it at run time.
    pub(super) asked_views: Vec<bool>,
    pub(super) facts: Facts,
    /// The ranges of the constant data that are tables, each (first, length).
    pub(super) tables: Vec<(u16, u16)>,
    /// Some tables are in the uniform.
    pub(super) has_long_tables: bool,
    /// Numbers of loads ([`Fact::words`](facts::Fact::words)) that several loads share.
    pub(super) repeated: HashSet<u16>,
    /// By scope: the numbers of its loads, with their variables.
    pub(super) loaded: Vec<Vec<(u16, String)>>,
    /// The WGSL loops around the current line, innermost last: where the kernel's loop opens, or `None` for a loop that
    /// runs once.
    pub(super) loops: Vec<Option<usize>>,
    pub(super) lines: Vec<Line>,
    /// Registers that the next line reads.
    pub(super) read: Vec<u8>,
    pub(super) indent: usize,
    pub(super) needs: Needs,
}

impl Emitter<'_> {
    pub(super) fn line(&mut self, text: &str) {
        let reads = std::mem::take(&mut self.read);
        self.lines.push(Line { indent: self.indent, text: text.into(), sets: None, reads });
    }

    /// Adds a line, and indents the lines after it.
    pub(super) fn open(&mut self, text: &str) {
        self.line(text);
        self.indent += 1;
        self.loaded.push(Vec::new());
    }

    pub(super) fn close(&mut self, text: &str) {
        self.loaded.pop();
        self.indent -= 1;
        self.line(text);
    }

    pub(super) fn close_and_open(&mut self, text: &str) {
        self.close("");
        self.lines.pop();
        self.open(text);
    }

    /// The words that a load reads; the variable of an earlier load, if that read the same ones.
    pub(super) fn words(&mut self, at: usize, number: Option<u16>, load: &str) -> String {
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

    pub(super) fn assign(&mut self, register: u8, value: &str) {
        self.line(&format!("r{register} = {value};"));
        if let Some(line) = self.lines.last_mut() {
            line.sets = Some(register);
        }
    }

    /// The variable of a register that the next line reads.
    pub(super) fn register(&mut self, register: u8) -> String {
        self.read.push(register);
        format!("r{register}")
    }

    pub(super) fn bound(&self, bound: u16) -> u32 {
        self.module.bounds.get(usize::from(bound)).map_or(0, |bound| bound.value(self.params))
    }

    /// The source, and the words that the uniform holds after the dispatch.
    pub(super) fn source(mut self, shapes: &[Shape], leaves: bool) -> (String, Vec<u32>) {
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
        // Values that are the same in all dispatches of a step are constants, not read from the uniform.
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

    /// Removes lines that set registers that are not read.
    pub(super) fn drop_unread(&mut self) {
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

    /// Emits bindings, tables and functions.
    pub(super) fn module_scope(&self, out: &mut String) {
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
        // They are variables that nothing writes: naga copies a constant into a variable at each indexing.
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

    /// Where the constants are that a `cload` reads. Each invocation has its own copy of tables in variables.
    pub(super) fn table(&mut self, instr: Instr) -> Place {
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
    pub(super) fn choice_of_parts(&self, input: u8, out: &mut String) {
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

    /// Element `index` of an input, which is in range: one word, or four of a wide input.
    pub(super) fn element(&self, input: u8, index: &str) -> String {
        match self.parts.iter().filter(|part| part.input == input).count() {
            0 | 1 => format!("in{input}[{index}]"),
            _ => format!("element{input}({index})"),
        }
    }

    pub(super) fn is_wide(&self, input: u8) -> bool {
        self.wide.get(usize::from(input)).copied().unwrap_or(false)
    }

    pub(super) fn locals(&self, out: &mut String) {
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

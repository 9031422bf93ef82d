//! A second, independent way to emit WGSL for KIR, as different from [`emit`](crate::emit) as possible.
//!
//! A driver's compiler with a fault that affects one emission is unlikely to be wrong in the same way about the other.
//! If both give the same output, the device computes the kernel correctly. Therefore they share only the bindings:
//!
//! | | `emit` | here |
//! |---|---|---|
//! | control | WGSL's own loops and ifs | a state machine over basic blocks |
//! | parameters, lengths, bounds, constants, immediates | in the source | words of the uniform, unknown to the driver |
//! | arithmetic | WGSL's operators and built-ins | built from simpler ones: division bit by bit, products from halves |
//! | guards | clamp what is read, skip what is written out of range | read at index 0, write to a dummy word |
//! | scratch | an array for each segment | one array, with a dummy word |
//!
//! It is several times slower. [`Emitted::arguments`] are the words that it needs in the uniform after the dispatch's
//! four.

mod arithmetic;
mod control;
mod operation;

use std::fmt::Write;

use touchstone_kir::{Kernel, Module};

use crate::{
    bindings::{cut_binding, cut_declaration, parts, Part, Target},
    emit::Emitted,
};

/// Invocations of a workgroup.
const WORKGROUP_SIZE: u32 = 32;

/// Emits plain WGSL that computes for invocations of this kernel what the interpreter computes.
///
/// `params` are the kernel's parameters and `input_bytes` the lengths of its inputs; missing ones count as 0.
pub fn emit_plain(target: &Target, kernel: &Kernel, params: &[u32], input_bytes: &[u32]) -> Emitted {
    let module = kernel.module();
    let lengths: Vec<u32> =
        (0..usize::from(module.inputs)).map(|input| input_bytes.get(input).copied().unwrap_or(0)).collect();
    let arguments = Arguments::of(module, params, &lengths);
    let parts = parts(&lengths, target);
    let emitter = Emitter {
        module,
        places: arguments.places,
        immediates: Vec::new(),
        parts: &parts,
        cut_binding: cut_binding(&parts, target),
        part_words: target.part_bytes / 4,
        out: String::new(),
        used: arithmetic::Used::default(),
    };
    let cut_binding = emitter.cut_binding;
    let (source, immediates) = emitter.source();
    let wide_inputs = vec![false; lengths.len()];
    let arguments = [arguments.words, immediates].concat();
    Emitted { source, workgroup_size: WORKGROUP_SIZE, wide_inputs, arguments, parts, cut_binding }
}

/// The words after the dispatch's four, and where each kind of them begins.
struct Arguments {
    words: Vec<u32>,
    places: Places,
}

/// Indices of words in the uniform.
#[derive(Clone, Copy)]
struct Places {
    params: usize,
    lengths: usize,
    bounds: usize,
    constants: usize,
    immediates: usize,
}

/// Words of the dispatch, before all others.
const DISPATCH_WORDS: usize = 4;

impl Arguments {
    fn of(module: &Module, params: &[u32], lengths: &[u32]) -> Arguments {
        let mut words = Vec::new();
        let mut append = |more: Vec<u32>| {
            let place = DISPATCH_WORDS + words.len();
            words.extend(more);
            place
        };
        let places = Places {
            params: append(
                (0..usize::from(module.params)).map(|index| params.get(index).copied().unwrap_or(0)).collect(),
            ),
            lengths: append(lengths.iter().map(|bytes| bytes / 4).collect()),
            bounds: append(module.bounds.iter().map(|bound| bound.value(params)).collect()),
            constants: append(module.constants.clone()),
            immediates: append(Vec::new()),
        };
        Arguments { words, places }
    }
}

/// The source being emitted.
struct Emitter<'a> {
    module: &'a Module,
    places: Places,
    /// Immediates of the operations so far.
    immediates: Vec<u32>,
    /// Where the inputs are bound.
    parts: &'a [Part],
    part_words: u32,
    /// Where it is told that the driver has cut a loop.
    cut_binding: Option<u32>,
    out: String,
    used: arithmetic::Used,
}

impl Emitter<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// The source, and the immediates that the uniform ends with.
    fn source(mut self) -> (String, Vec<u32>) {
        self.program();
        let body = std::mem::take(&mut self.out);
        self.bindings();
        let functions = self.used.text(self.cut_binding.is_some());
        self.out.push_str(&functions);
        let window = self.module.window;
        let _ = write!(
            self.out,
            "@compute @workgroup_size({WORKGROUP_SIZE})\n\
             fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {{\n\
             let place = (group.x + group.y * uni[0].z) * {WORKGROUP_SIZE}u + local.x;\n\
             if place < uni[0].y {{\n\
             let gid = uni[0].x + place;\n\
             let start = (gid - uni[0].w) * {window}u;\n"
        );
        self.locals();
        self.out.push_str(&body);
        self.out.push_str("}\n}\n");
        (self.out, self.immediates)
    }

    fn bindings(&mut self) {
        for part in self.parts {
            self.line(&part.declaration("u32"));
        }
        let vectors = (self.places.immediates + self.immediates.len()).div_ceil(4);
        self.line(&format!("@group(0) @binding(8) var<uniform> uni: array<vec4<u32>, {vectors}>;"));
        self.line("@group(0) @binding(9) var<storage, read_write> out: array<u32>;");
        if let Some(binding) = self.cut_binding {
            self.line(&cut_declaration(binding));
        }
        for input in 0..self.module.inputs {
            self.loader(input);
        }
    }

    /// A function that reads a word of an input, or 0 if it is not `seen` or not in range.
    fn loader(&mut self, input: u8) {
        let length = word(self.places.lengths + usize::from(input));
        self.line(&format!(
            "fn load{input}(i: u32, seen: bool) -> u32 {{\n\
             let inside = seen && i < {length};\nlet at = select(0u, i, inside);\nvar word = 0u;"
        ));
        for part in self.parts.iter().filter(|part| part.input == input).rev() {
            let (first, name) = (part.number * self.part_words, part.name());
            self.line(&match first {
                0 => format!("{{ word = {name}[at]; }}"),
                _ => format!("if at >= {first}u {{ word = {name}[at - {first}u]; }} else "),
            });
        }
        self.line("return select(0u, word, inside);\n}");
    }

    fn locals(&mut self) {
        for register in 0..self.module.registers {
            self.line(&format!("var r{register} = 0u;"));
        }
        for view in 0..self.module.views.len() {
            self.line(&format!("var base{view} = 0u;\nvar end{view} = 0u;"));
        }
        let scratch = self.scratch_words();
        self.line(&format!("var scratch: array<u32, {}>;", scratch + 1));
        let window = self.module.window;
        self.line(&format!("for (var word = 0u; word < {window}u; word++) {{ out[start + word] = 0u; }}"));
    }

    /// The immediate of an operation.
    fn immediate(&mut self, value: u32) -> String {
        self.immediates.push(value);
        word(self.places.immediates + self.immediates.len() - 1)
    }

    /// Words of all segments. It is also the index of the word that dropped stores go to.
    fn scratch_words(&self) -> u32 {
        self.module.segments.iter().map(|&words| u32::from(words)).sum()
    }
}

/// A word of the uniform.
fn word(at: usize) -> String {
    let lane = ["x", "y", "z", "w"][at % 4];
    format!("uni[{}].{lane}", at / 4)
}

//! Writes the output window to the output. A window whose length is a multiple of four is written four words at a time.

use touchstone_kir::Op;

use super::{emitter::Emitter, output_window::OutputWindow, shape::Shape};

fn each_operation(shape: &Shape, visit: &mut impl FnMut(usize)) {
    let inner: [&[Shape]; 2] = match shape {
        Shape::Operation(at) => return visit(*at),
        Shape::If { then, otherwise, .. } => [then, otherwise],
        Shape::Loop { body, .. } | Shape::Once(body) => [body, &[]],
        Shape::Jump(_) | Shape::Leave(_) => return,
    };
    inner.into_iter().flatten().for_each(|shape| each_operation(shape, visit));
}

impl Emitter<'_> {
    /// The output is bound as `array<vec4<u32>>`.
    pub(super) fn is_wide_output(&self) -> bool {
        self.module.window.is_multiple_of(4)
    }

    /// Elements of the output that a window has.
    pub(super) fn elements(&self) -> u16 {
        if self.is_wide_output() {
            self.module.window / 4
        } else {
            self.module.window
        }
    }

    /// A word of the window in the output.
    pub(super) fn output_word(&self, index: &str) -> String {
        match self.is_wide_output() {
            true => format!("out[start + (({index}) >> 2u)][({index}) & 3u]"),
            false => format!("out[start + {index}]"),
        }
    }

    /// Declares the window.
    pub(super) fn declare_window(&self, out: &mut String) {
        use std::fmt::Write;
        let (window, elements) = (self.module.window, self.elements());
        let zero = if self.is_wide_output() { "vec4<u32>()" } else { "0u" };
        let _ = match self.window {
            OutputWindow::Words => (0..window).try_for_each(|word| writeln!(out, "  var window{word}: u32 = 0u;")),
            OutputWindow::Array => writeln!(out, "  var window: array<u32, {window}>;"),
            OutputWindow::Output { is_zeroed: true } => {
                writeln!(out, "  for (var word = 0u; word < {elements}u; word++) {{ out[start + word] = {zero}; }}")
            }
            OutputWindow::Output { is_zeroed: false } => Ok(()),
        };
    }

    /// Emits the statements of a kernel. If the window is collected, each of its elements is written to the output
    /// after the last store to it, so that its words are not kept until the end and not all written at once.
    pub(super) fn program(&mut self, shapes: &[Shape]) {
        let mut done = 0;
        for (end, element) in self.ends(shapes) {
            self.statements(&shapes[done..end]);
            self.write_element(element);
            done = end;
        }
        self.statements(&shapes[done..]);
    }

    /// For the elements of a window that is collected, the number of statements after which each is complete, in
    /// ascending order.
    fn ends(&self, shapes: &[Shape]) -> Vec<(usize, u16)> {
        let mut ends: Vec<(usize, u16)> = match self.window {
            OutputWindow::Words => (0..self.elements()).map(|element| (0, element)).collect(),
            OutputWindow::Array => (0..self.elements()).map(|element| (shapes.len(), element)).collect(),
            OutputWindow::Output { .. } => Vec::new(),
        };
        let words = self.module.window / self.elements().max(1);
        if self.window == OutputWindow::Words {
            for (place, shape) in shapes.iter().enumerate() {
                each_operation(shape, &mut |at| {
                    let instr = self.module.code[at];
                    let fact = self.facts.at[at].filter(|_| instr.opcode() == Some(Op::Ostore));
                    let word = fact.and_then(|fact| fact.a.known()).map(|index| index.wrapping_add(instr.imm));
                    if let Some(end) = word.and_then(|word| ends.get_mut((word / u32::from(words)) as usize)) {
                        end.0 = place + 1;
                    }
                });
            }
        }
        ends.sort_unstable();
        ends
    }

    /// Writes an element of the window to the output.
    fn write_element(&mut self, element: u16) {
        let word = |word: u16| match self.window {
            OutputWindow::Array => format!("window[{word}]"),
            _ => format!("window{word}"),
        };
        let value = match self.is_wide_output() {
            true => {
                let four = [0, 1, 2, 3].map(|lane| word(4 * element + lane));
                format!("vec4<u32>({})", four.join(", "))
            }
            false => word(element),
        };
        self.line(&format!("out[start + {element}u] = {value};"));
    }

    /// Emits stores of four consecutive words, starting at `at`, as one store. Returns whether it did.
    pub(super) fn store_four(&mut self, at: usize) -> bool {
        let Some(code) = self.module.code.get(at..at + 4) else { return false };
        let (first, Some(fact)) = (code[0], self.facts.at[at]) else { return false };
        let is_row = code.iter().zip(0..).all(|(instr, lane)| {
            instr.opcode() == Some(Op::Ostore) && instr.a == first.a && instr.imm == first.imm.wrapping_add(lane)
        });
        let last = u64::from(fact.a.hi) + u64::from(first.imm) + 3;
        let is_output = matches!(self.window, OutputWindow::Output { .. }) && self.is_wide_output();
        if !is_output || !is_row || !fact.store.is_fourth || last >= self.module.window.into() {
            return false;
        }
        let words: Vec<String> = (at..at + 4).filter_map(|at| self.stored(at)).collect();
        let index = self.index_text(first.a, &fact, first.imm);
        self.line(&format!("out[start + (({index}) >> 2u)] = vec4<u32>({});", words.join(", ")));
        true
    }

    /// The word that a store writes.
    fn stored(&mut self, at: usize) -> Option<String> {
        let fact = self.facts.at[at]?;
        Some(match fact.d.known() {
            Some(word) => format!("{word}u"),
            None => self.register(self.module.code[at].d),
        })
    }
}

//! The output: where the words of the window are until they are complete, and how they get there.
//!
//! A window of a multiple of four words is written by fours.

use touchstone_kir::{Module, Op};

use super::{facts::Facts, shape::Shape, Emitter};

/// Windows up to this many words are collected in variables, if every index is known.
const MAX_WORDS: u16 = 64;
/// Windows up to this many words are collected in a local array, and written at the end.
const MAX_ARRAY: u16 = 16;

/// Where the words of the window are until they are complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// Each in a variable.
    Words,
    /// In a local array.
    Array,
    /// In the output.
    Output {
        /// There may be words that nothing is stored to, or that are read before: they start as 0.
        is_zeroed: bool,
    },
}

impl Window {
    pub fn of(module: &Module, facts: &Facts, shapes: &[Shape]) -> Window {
        let reached =
            || module.code.iter().zip(&facts.at).filter_map(|(instr, fact)| Some((instr.opcode()?, (*fact)?)));
        let mut accesses = reached().filter(|(op, _)| matches!(op, Op::Oload | Op::Ostore));
        match module.window {
            0..=MAX_WORDS if accesses.all(|(_, fact)| fact.a.known().is_some()) => Window::Words,
            0..=MAX_ARRAY => Window::Array,
            _ => {
                let is_read = reached().any(|(op, _)| op == Op::Oload);
                Window::Output { is_zeroed: is_read || !is_covered(module, facts, shapes) }
            }
        }
    }
}

/// Whether something is stored to every word of the window, whatever happens: by stores outside of all constructs, and
/// in loops outside of all constructs that nothing leaves or cuts short.
fn is_covered(module: &Module, facts: &Facts, shapes: &[Shape]) -> bool {
    let mut covered = vec![false; usize::from(module.window)];
    let mut cover = |index: u32| {
        if let Some(word) = covered.get_mut(index as usize) {
            *word = true;
        }
    };
    let stores = |at: usize| facts.at[at].filter(|_| module.code[at].opcode() == Some(Op::Ostore));
    for shape in shapes {
        match shape {
            Shape::Operation(at) => {
                if let Some(index) = stores(*at).and_then(|fact| fact.a.known()) {
                    cover(index.wrapping_add(module.code[*at].imm));
                }
            }
            Shape::Loop { at, body } if facts.loops.get(at).is_some_and(|fact| !fact.is_left) && !jumps(body) => {
                for inner in body {
                    let Shape::Operation(store) = inner else { continue };
                    let Some((of, first, step)) = stores(*store).and_then(|fact| fact.store.steps) else { continue };
                    // More turns than words cover nothing more, if they are all different; and if not, no less.
                    let turns = facts.loops[at].turns.min(1 << 16);
                    (0..turns)
                        .filter(|_| of == *at)
                        .for_each(|turn| cover(first.wrapping_add(step.wrapping_mul(turn))));
                }
            }
            _ => {}
        }
    }
    covered.into_iter().all(|word| word)
}

/// Something here leaves a loop or goes on with it, other than loops inside.
fn jumps(shapes: &[Shape]) -> bool {
    shapes.iter().any(|shape| match shape {
        Shape::Jump(_) | Shape::Leave(_) => true,
        Shape::If { then, otherwise, .. } => jumps(then) || jumps(otherwise),
        _ => false,
    })
}

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
            Window::Words => (0..window).try_for_each(|word| writeln!(out, "  var window{word}: u32 = 0u;")),
            Window::Array => writeln!(out, "  var window: array<u32, {window}>;"),
            Window::Output { is_zeroed: true } => {
                writeln!(out, "  for (var word = 0u; word < {elements}u; word++) {{ out[start + word] = {zero}; }}")
            }
            Window::Output { is_zeroed: false } => Ok(()),
        };
    }

    /// Emits a program, and behind the last of its stores to an element of the window what writes that to the output,
    /// if it is not there: nothing holds its words until the end, and not all of them are written at once.
    pub(super) fn program(&mut self, shapes: &[Shape]) {
        let mut done = 0;
        for (end, element) in self.ends(shapes) {
            self.statements(&shapes[done..end]);
            self.write_element(element);
            done = end;
        }
        self.statements(&shapes[done..]);
    }

    /// For the elements of a window that is collected, how many of these statements to wait for, in this order.
    fn ends(&self, shapes: &[Shape]) -> Vec<(usize, u16)> {
        let mut ends: Vec<(usize, u16)> = match self.window {
            Window::Words => (0..self.elements()).map(|element| (0, element)).collect(),
            Window::Array => (0..self.elements()).map(|element| (shapes.len(), element)).collect(),
            Window::Output { .. } => Vec::new(),
        };
        let words = self.module.window / self.elements().max(1);
        if self.window == Window::Words {
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
            Window::Array => format!("window[{word}]"),
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

    /// Emits stores of four words in a row of the output, of which the first is at `at`, as one; says whether it did.
    pub(super) fn store_four(&mut self, at: usize) -> bool {
        let Some(code) = self.module.code.get(at..at + 4) else { return false };
        let (first, Some(fact)) = (code[0], self.facts.at[at]) else { return false };
        let is_row = code.iter().zip(0..).all(|(instr, lane)| {
            instr.opcode() == Some(Op::Ostore) && instr.a == first.a && instr.imm == first.imm.wrapping_add(lane)
        });
        let last = u64::from(fact.a.hi) + u64::from(first.imm) + 3;
        let is_output = matches!(self.window, Window::Output { .. }) && self.is_wide_output();
        if !is_output || !is_row || !fact.store.is_fourth || last >= self.module.window.into() {
            return false;
        }
        let words: Vec<String> = (at..at + 4).filter_map(|at| self.stored(at)).collect();
        let index = self.index_text(first.a, &fact, first.imm);
        self.line(&format!("out[start + (({index}) >> 2u)] = vec4<u32>({});", words.join(", ")));
        true
    }

    /// The word that a store stores.
    fn stored(&mut self, at: usize) -> Option<String> {
        let fact = self.facts.at[at]?;
        Some(match fact.d.known() {
            Some(word) => format!("{word}u"),
            None => self.register(self.module.code[at].d),
        })
    }
}

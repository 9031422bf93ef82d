//! Where the words of the output window are kept until they are complete.

use touchstone_kir::{Module, Op};

use super::{facts::Facts, shape::Shape};

/// Windows up to this many words are collected in variables, if every index is known.
const MAX_WORDS: u16 = 64;
/// Windows up to this many words are collected in a local array, and written at the end.
const MAX_ARRAY: u16 = 16;

/// Where the words of the output window are kept until they are complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OutputWindow {
    /// Each word in a variable.
    Words,
    /// In a local array.
    Array,
    /// In the output.
    Output {
        /// Some words may never be stored, or be read before they are: all are set to 0 first.
        is_zeroed: bool,
    },
}

impl OutputWindow {
    pub(super) fn of(module: &Module, facts: &Facts, shapes: &[Shape]) -> OutputWindow {
        let reached =
            || module.code.iter().zip(&facts.at).filter_map(|(instr, fact)| Some((instr.opcode()?, (*fact)?)));
        let mut accesses = reached().filter(|(op, _)| matches!(op, Op::Oload | Op::Ostore));
        match module.window {
            0..=MAX_WORDS if accesses.all(|(_, fact)| fact.a.known().is_some()) => OutputWindow::Words,
            0..=MAX_ARRAY => OutputWindow::Array,
            _ => {
                let is_read = reached().any(|(op, _)| op == Op::Oload);
                OutputWindow::Output { is_zeroed: is_read || !is_covered(module, facts, shapes) }
            }
        }
    }
}

/// Whether every execution stores every word of the window: by stores outside of all constructs, or in top-level loops
/// that run to their end.
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
                    // More iterations than this cannot cover more words.
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

/// Whether these statements leave or continue a loop around them.
fn jumps(shapes: &[Shape]) -> bool {
    shapes.iter().any(|shape| match shape {
        Shape::Jump(_) | Shape::Leave(_) => true,
        Shape::If { then, otherwise, .. } => jumps(then) || jumps(otherwise),
        _ => false,
    })
}

//! The coverage of a set of kernels and their executions: pairs of opcodes, and the shapes of control flow, memory
//! accesses and arguments.

mod pairs;
mod shape;

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use crate::tree::{Instruction, Statement, Tree};
use pairs::Pairs;
use shape::{bits, TABLES};
pub use shape::{Access, BitField, Division, Group, Place, Shape, Table, ViewState};

/// Everything covered so far.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Opcodes next to each other in the code.
    written: Pairs,
    /// Opcodes executed one after the other.
    executed: Pairs,
    shapes: HashSet<Shape>,
}

impl Coverage {
    /// Records one shape.
    pub(crate) fn note(&mut self, shape: Shape) {
        match shape {
            Shape::Written(first, second) => self.written.note(first, second),
            Shape::Executed(first, second) => self.executed.note(first, second),
            other => drop(self.shapes.insert(other)),
        }
    }

    /// Records the shapes of a kernel and its arguments.
    pub(crate) fn note_kernel(&mut self, tree: &Tree, params: &[u32], inputs: &[Vec<u8>]) {
        for pair in tree.opcodes.windows(2) {
            self.note(Shape::Written(pair[0], pair[1]));
        }
        self.note_statements(tree, params, &tree.body, &mut vec![]);
        self.note_sizes(tree);
        for bytes in inputs {
            self.note(Shape::Length { words: bytes.len() / 4 % 4, whole_chunks: bytes.len() % 1024 == 0 });
            self.note(Shape::Chunks(bytes.len().div_ceil(1024)));
        }
    }

    fn note_sizes(&mut self, tree: &Tree) {
        let lengths = [
            tree.window,
            tree.registers,
            tree.inputs,
            tree.params,
            tree.segments.len(),
            0,
            tree.views.len(),
            tree.bounds.len(),
            tree.opcodes.len(),
            tree.constants.len(),
        ];
        for ((of, _, most), length) in TABLES.into_iter().zip(lengths) {
            let each = if of == Table::SegmentWords { tree.segments.clone() } else { vec![length] };
            for length in each {
                self.note(Shape::Count { of, bits: bits(length) });
                if length == most {
                    self.note(Shape::Limit(of));
                }
            }
        }
    }

    fn note_statements(&mut self, tree: &Tree, params: &[u32], all: &[Statement], around: &mut Vec<Place>) {
        let outside = *around.last().unwrap_or(&Place::Top);
        if all.is_empty() && outside != Place::Top {
            self.note(Shape::Empty(outside));
        }
        for (at, statement) in all.iter().enumerate() {
            let parts: Vec<(Place, &[Statement])> = match statement {
                Statement::Plain(instruction) => {
                    self.note_plain(tree, params, *instruction, around, at + 1 < all.len());
                    continue;
                }
                Statement::If { then, otherwise: None, .. } => vec![(Place::If, then)],
                Statement::If { then, otherwise: Some(otherwise), .. } => {
                    vec![(Place::Then, then), (Place::Otherwise, otherwise)]
                }
                Statement::Block(body) => vec![(Place::Block, body)],
                Statement::Loop { bound, body } => {
                    self.note_bound(tree, params, *bound, true);
                    vec![(Place::Loop, body)]
                }
            };
            for (place, body) in parts {
                self.note(Shape::Nested { outside, inside: place });
                around.push(place);
                self.note(Shape::Depth(around.len()));
                self.note(Shape::Loops(around.iter().filter(|place| **place == Place::Loop).count()));
                self.note_statements(tree, params, body, around);
                around.pop();
            }
        }
    }

    fn note_plain(&mut self, tree: &Tree, params: &[u32], what: Instruction, around: &[Place], more: bool) {
        let Instruction { op, b, .. } = what;
        match op {
            0x07..=0x0A => {
                let out_of = around[around.len() - 1 - b];
                self.note(Shape::Branch { op, k: b, out_of });
                self.note(Shape::BranchFrom { op, inside: around[around.len() - 1], out_of });
                if more && matches!(op, 0x07 | 0x09) {
                    self.note(Shape::DeadBehind(op));
                }
            }
            0x54 => self.note_bound(tree, params, tree.views[b].bound, false),
            _ => {}
        }
    }

    fn note_bound(&mut self, tree: &Tree, params: &[u32], index: usize, loops: bool) {
        let bound = &tree.bounds[index];
        self.note(Shape::BoundOf { loops, param: bound.param.is_some() });
        if bound.param.is_some() {
            let uncapped = bound.uncapped(params);
            self.note(Shape::Capped(uncapped > bound.cap));
            self.note(Shape::Shifted(bound.shift > 0));
            self.note(Shape::Multiplied(bound.m > 1));
            self.note(Shape::Added(bound.c > 0));
            if uncapped > u64::from(u32::MAX) {
                self.note(Shape::Saturated);
            }
        }
    }

    /// Records a read of one word or four at `index`, through a view or not, of a buffer of this number of words.
    pub(crate) fn note_read(&mut self, op: u8, index: u64, words: u64, view: Option<&ViewRange>) {
        let wide = if matches!(op, 0x52 | 0x53) { 4 } else { 1 };
        let (first, end) = (index * wide, (index + 1) * wide);
        let (from, to) = view.map_or((0, u64::MAX), |view| (view.from, view.to));
        let at = match () {
            () if wide == 4 && index >= 1 << 30 => Access::Beyond,
            () if first < from => Access::Before,
            () if first >= to => Access::Behind,
            () if end > to => Access::Across,
            () if first >= words && view.is_some() => Access::BehindBuffer,
            () if first >= words => Access::Behind,
            () if end > words => Access::AcrossBuffer,
            () => Access::Inside,
        };
        self.note(Shape::Access { op, at });
        let Some(view) = view else { return };
        let states = [
            (view.times_set == 0, ViewState::Unset),
            (view.times_set > 1, ViewState::SetAgain),
            (view.times_set > 0 && view.len == 0, ViewState::Empty),
            (view.len > 0 && to <= words, ViewState::Inside),
            (view.len > 0 && from >= words, ViewState::BeginsBeyond),
            (view.len > 0 && to > words, ViewState::EndsBeyond),
            (from + view.len > 1 << 32, ViewState::EndsBeyondAll),
        ];
        for (_, state) in states.into_iter().filter(|(holds, _)| *holds) {
            self.note(Shape::View { op, state });
        }
    }

    /// Records an access to `len` words that are not a buffer.
    pub(crate) fn note_access(&mut self, op: u8, index: u64, len: usize) {
        let at = if index < len as u64 { Access::Inside } else { Access::Behind };
        self.note(Shape::Access { op, at });
    }

    /// Records the operands of a binary operation, or (offset, count) of a bit field.
    pub(crate) fn note_operands(&mut self, op: u8, x: u32, y: u32) {
        match op {
            0x25..=0x28 => {
                let signed = matches!(op, 0x26 | 0x28);
                let case = match () {
                    () if y == 0 => Division::ByZero,
                    () if signed && x == 1 << 31 && y == u32::MAX => Division::MinByMinusOne,
                    () if signed && (x | y) >> 31 == 1 => Division::Negative,
                    () => Division::Plain,
                };
                self.note(Shape::Divide { op, case });
            }
            0x2C..=0x2E if y >= 32 => self.note(Shape::ShiftBeyond(op)),
            0x1D..=0x1F => {
                let case = match (x, y) {
                    (32.., _) => BitField::OffsetBeyond,
                    (_, 0) => BitField::Empty,
                    (0, 32) => BitField::Whole,
                    _ if u64::from(x) + u64::from(y) > 32 => BitField::CountBeyond,
                    _ => BitField::Inside,
                };
                self.note(Shape::Field { op, case });
            }
            _ => {}
        }
    }

    /// Adds the coverage of another one.
    pub fn merge(&mut self, other: &Coverage) {
        self.written.merge(&other.written);
        self.executed.merge(&other.executed);
        self.shapes.extend(&other.shapes);
    }

    fn met(&self, shape: &Shape) -> bool {
        match shape {
            Shape::Written(first, second) => self.written.met(*first, *second),
            Shape::Executed(first, second) => self.executed.met(*first, *second),
            other => self.shapes.contains(other),
        }
    }

    /// Number of different shapes that were covered. There are more than [`Shape::all`] lists, because some are not
    /// required.
    pub fn len(&self) -> usize {
        self.written.len() + self.executed.len() + self.shapes.len()
    }

    /// Whether nothing was covered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shapes that were not covered.
    pub fn missing(&self) -> Vec<Shape> {
        Shape::all().into_iter().filter(|shape| !self.met(shape)).collect()
    }
}

/// The table: by group, how many of the possible shapes were covered.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups: BTreeMap<Group, (usize, usize)> = BTreeMap::new();
        for shape in Shape::all() {
            let (met, all) = groups.entry(shape.group()).or_default();
            *met += usize::from(self.met(&shape));
            *all += 1;
        }
        for group in Group::ALL {
            let (met, all) = groups.get(&group).copied().unwrap_or_default();
            let share = 100.0 * met as f64 / all as f64;
            writeln!(f, "{:<26}{met:>6} of {all:>6}  {share:>6.2} %", group.title())?;
        }
        Ok(())
    }
}

/// A view at run time.
#[derive(Clone, Copy, Default)]
pub(crate) struct ViewRange {
    pub(crate) from: u64,
    /// The end, at most 2³² words.
    pub(crate) to: u64,
    /// The length that it was declared with.
    pub(crate) len: u64,
    pub(crate) times_set: u32,
}

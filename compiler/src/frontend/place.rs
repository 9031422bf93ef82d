//! The memory that a pointer points to: registers, parameters, scratch, an input or the output.

use naga::{Handle, Type};

use super::{builder::Word, types::Shape};
use crate::ir::Reg;

/// A kind of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Memory {
    Scratch(u16),
    Input(u8),
    Output,
}

/// What a pointer points to.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Words of a variable in registers, or of the parameters.
    Registers {
        /// `None`: parameters.
        first: Option<Reg>,
        offset: u32,
        /// An index that is added at run time, and the number of words that it can reach.
        index: Option<(Word, u32)>,
        shape: Shape,
    },
    /// Words of memory: `Σ scale·word + offset`.
    Memory { memory: Memory, terms: Vec<(Word, u32)>, offset: u32, shape: Shape },
}

/// An index into an array, vector or structure.
#[derive(Clone, Copy, Debug)]
pub(super) enum Index {
    Known(u32),
    Runtime(Word),
}

impl Place {
    /// A variable in registers.
    pub(super) fn registers(first: Reg, ty: Handle<Type>) -> Place {
        Place::Registers { first: Some(first), offset: 0, index: None, shape: Shape::Type(ty) }
    }

    /// The parameters.
    pub(super) fn params(ty: Handle<Type>) -> Place {
        Place::Registers { first: None, offset: 0, index: None, shape: Shape::Type(ty) }
    }

    fn memory(memory: Memory, ty: Handle<Type>) -> Place {
        Place::Memory { memory, terms: Vec::new(), offset: 0, shape: Shape::Type(ty) }
    }

    /// A variable in scratch.
    pub(super) fn scratch(segment: u16, ty: Handle<Type>) -> Place {
        Place::memory(Memory::Scratch(segment), ty)
    }

    /// An input buffer.
    pub(super) fn input(buffer: u8, ty: Handle<Type>) -> Place {
        Place::memory(Memory::Input(buffer), ty)
    }

    /// The output buffer.
    pub(super) fn output(ty: Handle<Type>) -> Place {
        Place::memory(Memory::Output, ty)
    }

    /// The type of the value there.
    pub(super) fn shape(&self) -> Shape {
        match *self {
            Place::Registers { shape, .. } | Place::Memory { shape, .. } => shape,
        }
    }

    /// The segment of scratch that the place is in.
    pub(super) fn segment(&self) -> Option<u16> {
        match *self {
            Place::Memory { memory: Memory::Scratch(segment), .. } => Some(segment),
            _ => None,
        }
    }

    /// The first word of the place is the first of its memory.
    pub(super) fn is_at_start(&self) -> bool {
        matches!(self, Place::Memory { terms, offset: 0, .. } if terms.is_empty())
    }

    /// The place, `scale·word` words further on in its memory.
    pub(super) fn further(&self, word: Word, scale: u32) -> Place {
        let mut place = self.clone();
        if let Place::Memory { terms, .. } = &mut place {
            terms.push((word, scale));
        }
        place
    }

    /// Laid out as in a buffer, with padding.
    pub(super) fn is_padded(&self) -> bool {
        match self {
            Place::Registers { first, .. } => first.is_none(),
            Place::Memory { memory, .. } => !matches!(memory, Memory::Scratch(_)),
        }
    }
}

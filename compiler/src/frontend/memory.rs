//! How the places that pointers point to are indexed, read and written.

use std::rc::Rc;

use naga::{Span, TypeInner};
use touchstone_kir::{Bound, Op};

use super::{
    builder::Word,
    lowerer::Lowerer,
    place::{Index, Memory, Place},
    types::{self, array_length, memory_stride, Shape},
};
use crate::{
    ir::{Inst, Reg, NONE},
    CompileError,
};

/// Zeros and tables longer than this are copied into scratch by a loop.
pub(super) const MAX_UNROLLED_COPY: usize = 16;

/// An element reached by indexing: its offset, the distance between elements, their number, and the shape of one.
struct Element {
    offset: u32,
    stride: u32,
    count: Option<u32>,
    shape: Shape,
}

impl Lowerer<'_> {
    /// The place of an element of a place.
    pub(super) fn element(&mut self, place: Place, index: Index, span: Span) -> Result<Place, CompileError> {
        let element = self.reach(place.shape(), place.is_padded(), index, span)?;
        Ok(match place {
            Place::Registers { first, offset, index: already, .. } => match index {
                Index::Known(_) => {
                    Place::Registers { first, offset: offset + element.offset, index: already, shape: element.shape }
                }
                Index::Runtime(word) => {
                    let span = element.count.unwrap_or(1).saturating_mul(element.stride);
                    let scaled = self.builder.binary(Op::Mul, word, Word::Const(element.stride));
                    let index = match already {
                        None => (scaled, span),
                        Some((outer, outer_span)) => {
                            (self.builder.binary(Op::Add, outer, scaled), outer_span.max(span))
                        }
                    };
                    Place::Registers { first, offset, index: Some(index), shape: element.shape }
                }
            },
            Place::Memory { memory, mut terms, offset, .. } => {
                if let Index::Runtime(word) = index {
                    terms.push((word, element.stride));
                }
                Place::Memory { memory, terms, offset: offset.wrapping_add(element.offset), shape: element.shape }
            }
        })
    }

    fn reach(&self, shape: Shape, padded: bool, index: Index, span: Span) -> Result<Element, CompileError> {
        let known = match index {
            Index::Known(known) => known,
            Index::Runtime(_) => 0,
        };
        let lanes =
            |count: u32, kind| Element { offset: known, stride: 1, count: Some(count), shape: Shape::Lanes(1, kind) };
        let ty = match shape {
            Shape::Lanes(count, kind) => return Ok(lanes(count, kind)),
            Shape::Type(ty) => ty,
        };
        match self.module.types[ty].inner {
            TypeInner::Vector { size, scalar } => Ok(lanes(size as u32, scalar.kind)),
            TypeInner::Array { base, size, stride } => {
                let stride = if padded { memory_stride(stride) } else { types::words(self.module, base, span)? };
                Ok(Element {
                    offset: known.wrapping_mul(stride),
                    stride,
                    count: array_length(size, span).ok(),
                    shape: Shape::Type(base),
                })
            }
            TypeInner::Struct { ref members, .. } => {
                let at = known as usize;
                let Some(member) = members.get(at) else {
                    return Err(CompileError::new("there is no such member").at(span));
                };
                let mut offset = member.offset / 4;
                if !padded {
                    offset = 0;
                    for before in &members[..at] {
                        offset += types::words(self.module, before.ty, span)?;
                    }
                }
                Ok(Element { offset, stride: 0, count: None, shape: Shape::Type(member.ty) })
            }
            _ => Err(CompileError::new("this cannot be indexed").at(span)),
        }
    }

    /// Offsets of the scalars at a place.
    pub(super) fn offsets(&self, place: &Place, span: Span) -> Result<Vec<u32>, CompileError> {
        let ty = match place.shape() {
            Shape::Lanes(count, _) => return Ok((0..count).collect()),
            Shape::Type(ty) => ty,
        };
        let count = types::words(self.module, ty, span)?;
        if !place.is_padded() {
            return Ok((0..count).collect());
        }
        let mut offsets = Vec::new();
        types::memory_offsets(self.module, ty, 0, span, &mut offsets)?;
        Ok(offsets)
    }

    /// Reads all words at a place.
    pub(super) fn load_words(&mut self, place: &Place, span: Span) -> Result<Rc<[Word]>, CompileError> {
        let offsets = self.offsets(place, span)?;
        Ok(self.load_some(place, &offsets, offsets.len()).into())
    }

    /// Reads the words at these offsets of a place; `all` is the number of words that the whole access reads.
    pub(super) fn load_some(&mut self, place: &Place, offsets: &[u32], all: usize) -> Vec<Word> {
        let mut words = Vec::with_capacity(offsets.len());
        match place {
            Place::Registers { first, offset, index, .. } => {
                for &at in offsets {
                    words.push(self.load_register(*first, offset + at, *index));
                }
            }
            Place::Memory { memory, terms, offset, .. } => {
                let mut base = None;
                let mut rest = offsets;
                while let [at, behind @ ..] = rest {
                    let four = match (*memory, rest) {
                        (Memory::Input(buffer), [a, b, c, d, ..])
                            if [*b, *c, *d] == [a + 1, a + 2, a + 3]
                                // In a declared view, a part of a larger value may be beyond the view's edge.
                                && (all == 4 || self.views[usize::from(buffer)].is_none()) =>
                        {
                            self.load_four(buffer, terms, offset.wrapping_add(*a))
                        }
                        _ => None,
                    };
                    match four {
                        Some(four) => {
                            words.extend_from_slice(&four);
                            rest = &rest[4..];
                        }
                        None => {
                            let address = base.unwrap_or_else(|| self.address(terms));
                            base = Some(address);
                            words.push(self.load_memory(*memory, address, offset.wrapping_add(*at)));
                            rest = behind;
                        }
                    }
                }
            }
        }
        words
    }

    fn register_word(&mut self, first: Option<Reg>, at: u32) -> Word {
        match first {
            Some(first) => self.builder.read(first + at),
            None if at < u32::from(self.abi.params) => Word::Reg(self.builder.param(at as u8)),
            None => Word::Const(0),
        }
    }

    fn load_register(&mut self, first: Option<Reg>, at: u32, index: Option<(Word, u32)>) -> Word {
        let Some((index, span)) = index else {
            return self.register_word(first, at);
        };
        let mut value = Word::Const(0);
        for step in 0..span {
            let is_it = self.builder.binary(Op::Eq, index, Word::Const(step));
            let candidate = self.register_word(first, at + step);
            value = self.builder.select(is_it, candidate, value);
        }
        value
    }

    /// The place with its address changed by a function.
    pub(super) fn moved(&mut self, place: Place, change: impl FnOnce(&mut Self, Word) -> Word) -> Place {
        let Place::Memory { memory, terms, offset, shape } = place else { return place };
        let address = self.address(&terms);
        let address = self.builder.binary(Op::Add, address, Word::Const(offset));
        let address = change(self, address);
        Place::Memory { memory, terms: vec![(address, 1)], offset: 0, shape }
    }

    /// `Σ scale·word`.
    fn address(&mut self, terms: &[(Word, u32)]) -> Word {
        let mut total = Word::Const(0);
        for &(word, scale) in terms {
            let term = self.builder.binary(Op::Mul, word, Word::Const(scale));
            total = self.builder.binary(Op::Add, total, term);
        }
        total
    }

    /// The index of a word of the output, relative to the invocation's window.
    fn in_window(&mut self, address: Word) -> Word {
        let window = u32::from(self.abi.window);
        let sum = self.builder.sum(address);
        let gid = self.builder.gid();
        let mut relative = sum.clone();
        relative.add(gid, window.wrapping_neg());
        if relative.terms.len() < sum.terms.len() {
            // The index was `gid·WINDOW + offset`; the offset remains.
            return self.builder.materialise(&relative);
        }
        let start = self.builder.binary(Op::Mul, Word::Reg(gid), Word::Const(window));
        self.builder.binary(Op::Sub, address, start)
    }

    fn load_four(&mut self, buffer: u8, terms: &[(Word, u32)], offset: u32) -> Option<Rc<[Word]>> {
        let aligned = offset.is_multiple_of(4) && terms.iter().all(|(_, scale)| scale.is_multiple_of(4));
        if !aligned {
            return None;
        }
        let groups: Vec<(Word, u32)> = terms.iter().map(|&(word, scale)| (word, scale / 4)).collect();
        let group = self.address(&groups);
        let (index, imm) = self.builder.split(group, offset / 4);
        let (op, table) = match self.views[usize::from(buffer)] {
            Some(view) => (Op::Load4View, view),
            None => (Op::Load4, buffer),
        };
        let first =
            self.builder.four(Inst { src: [index, NONE, NONE, NONE], table: table.into(), imm, ..Inst::new(op) });
        Some((first..first + 4).map(Word::Reg).collect())
    }

    fn load_memory(&mut self, memory: Memory, base: Word, offset: u32) -> Word {
        let (op, table, base) = match memory {
            Memory::Input(buffer) => match self.views[usize::from(buffer)] {
                Some(view) => (Op::LoadView, view.into(), base),
                None => (Op::Load, buffer.into(), base),
            },
            Memory::Scratch(segment) => (Op::Sload, segment, base),
            Memory::Output => (Op::Oload, 0, self.in_window(base)),
        };
        let (index, imm) = self.builder.split(base, offset);
        Word::Reg(self.builder.temporary(Inst { src: [index, NONE, NONE, NONE], table, imm, ..Inst::new(op) }))
    }

    /// Writes all words at a place.
    pub(super) fn store_words(&mut self, place: &Place, words: &Rc<[Word]>, span: Span) -> Result<(), CompileError> {
        if let (Place::Memory { memory: Memory::Scratch(segment), terms, offset, .. }, Some(data)) =
            (place, long_constant(words))
        {
            let base = self.address(terms);
            return self.copy_constants(*segment, base, *offset, &data, span);
        }
        let offsets = self.offsets(place, span)?;
        self.store_some(place, &offsets, words, span)
    }

    /// Writes the words at these offsets of a place.
    pub(super) fn store_some(
        &mut self,
        place: &Place,
        offsets: &[u32],
        words: &[Word],
        span: Span,
    ) -> Result<(), CompileError> {
        match place {
            Place::Registers { first: None, .. } | Place::Memory { memory: Memory::Input(_), .. } => {
                return Err(CompileError::new("this cannot be written").at(span));
            }
            Place::Registers { first: Some(first), offset, index, .. } => {
                for (&at, &word) in offsets.iter().zip(words) {
                    self.store_register(*first, offset + at, *index, word);
                }
            }
            Place::Memory { memory, terms, offset, .. } => {
                let mut base = self.address(terms);
                let (op, table) = match *memory {
                    Memory::Scratch(segment) => (Op::Sstore, segment),
                    _ => {
                        base = self.in_window(base);
                        (Op::Ostore, 0)
                    }
                };
                for (&at, &word) in offsets.iter().zip(words) {
                    let (index, imm) = self.builder.split(base, offset.wrapping_add(at));
                    let value = self.builder.reg(word);
                    self.builder.push(Inst { src: [index, value, NONE, NONE], table, imm, ..Inst::new(op) });
                }
            }
        }
        Ok(())
    }

    fn store_register(&mut self, first: Reg, at: u32, index: Option<(Word, u32)>, word: Word) {
        let Some((index, span)) = index else {
            return self.builder.assign(first + at, word);
        };
        for step in 0..span {
            let is_it = self.builder.binary(Op::Eq, index, Word::Const(step));
            let variable = first + at + step;
            let old = self.builder.read(variable);
            let new = self.builder.select(is_it, word, old);
            self.builder.assign(variable, new);
        }
    }

    /// Fills scratch with zeros or constant data, by a loop.
    fn copy_constants(
        &mut self,
        segment: u16,
        base: Word,
        offset: u32,
        data: &[u32],
        span: Span,
    ) -> Result<(), CompileError> {
        let bound = self.bound(Bound::constant(data.len() as u32), span)?;
        let source = match data.iter().any(|&word| word != 0) {
            true => Some(self.constant_data(data, span)?),
            false => None,
        };
        let counter = self.builder.variable();
        self.builder.assign(counter, Word::Const(0));
        let label = self.builder.label();
        self.builder.push(Inst { table: bound, ..Inst::control(Op::Loop, label) });
        let index = self.builder.read(counter);
        let value = match source {
            Some(first) => self.constant_word(first, data.len() as u16, index),
            None => Word::Const(0),
        };
        let value = self.builder.reg(value);
        let address = self.builder.binary(Op::Add, base, index);
        let (address, imm) = self.builder.split(address, offset);
        self.builder.push(Inst { src: [address, value, NONE, NONE], table: segment, imm, ..Inst::new(Op::Sstore) });
        let next = self.builder.binary(Op::Add, index, Word::Const(1));
        self.builder.assign(counter, next);
        self.builder.push(Inst { table: bound, ..Inst::control(Op::EndLoop, label) });
        Ok(())
    }

    /// `constants[first + index]`, 0 from `len` on.
    pub(super) fn constant_word(&mut self, first: u16, len: u16, index: Word) -> Word {
        let index = self.builder.reg(index);
        Word::Reg(self.builder.temporary(Inst {
            src: [index, NONE, NONE, NONE],
            imm: u32::from(first) | u32::from(len) << 16,
            ..Inst::new(Op::Cload)
        }))
    }

    /// An element of a value in registers.
    pub(super) fn pick(
        &mut self,
        words: &Rc<[Word]>,
        shape: Shape,
        index: Index,
        span: Span,
    ) -> Result<Rc<[Word]>, CompileError> {
        let element = self.reach(shape, false, index, span)?;
        let size = match element.shape {
            Shape::Lanes(count, _) => count,
            Shape::Type(ty) => types::words(self.module, ty, span)?,
        };
        let word = match index {
            Index::Known(_) => {
                let start = element.offset as usize;
                return Ok(words.iter().copied().skip(start).take(size as usize).collect());
            }
            Index::Runtime(word) => word,
        };
        let scaled = self.builder.binary(Op::Mul, word, Word::Const(element.stride));
        if let (Some(data), true) = (constants(words), words.len() > 4) {
            let first = self.constant_data(&data, span)?;
            let mut picked = Vec::new();
            for lane in 0..size {
                let at = self.builder.binary(Op::Add, scaled, Word::Const(lane));
                picked.push(self.constant_word(first, data.len() as u16, at));
            }
            return Ok(picked.into());
        }
        if let (Shape::Type(ty), true) = (shape, words.len() > MAX_UNROLLED_COPY) {
            let held = self.hold(words, ty, span)?;
            let place = self.element(held.place.clone(), index, span)?;
            return self.load_words(&place, span);
        }
        let mut picked = vec![Word::Const(0); size as usize];
        for (step, chunk) in words.chunks(size.max(1) as usize).enumerate() {
            let is_it = self.builder.binary(Op::Eq, word, Word::Const(step as u32));
            for (value, &candidate) in picked.iter_mut().zip(chunk) {
                *value = self.builder.select(is_it, candidate, *value);
            }
        }
        Ok(picked.into())
    }

    /// Length of an input array in elements.
    pub(super) fn array_length(&mut self, place: &Place, span: Span) -> Result<Word, CompileError> {
        let (memory, shape, start) = match place {
            Place::Memory { memory, shape, offset, .. } => (*memory, *shape, *offset),
            Place::Registers { shape, .. } => (Memory::Output, *shape, 0),
        };
        match (memory, shape) {
            (Memory::Input(buffer), Shape::Type(ty)) => {
                let TypeInner::Array { stride, .. } = self.module.types[ty].inner else {
                    return Err(CompileError::new("only arrays have a length").at(span));
                };
                let mut words = Word::Reg(self.builder.len_of(buffer));
                if start > 0 {
                    // The array follows other members, and a short buffer may not even have all of those.
                    words = self.builder.binary(Op::MaxU, words, Word::Const(start));
                    words = self.builder.binary(Op::Sub, words, Word::Const(start));
                }
                let stride = memory_stride(stride);
                Ok(match stride.is_power_of_two() {
                    true => self.builder.binary(Op::ShrU, words, Word::Const(stride.trailing_zeros())),
                    false => self.builder.binary(Op::DivU, words, Word::Const(stride)),
                })
            }
            _ => Err(CompileError::new("the length of the output is not known to an invocation")
                .at(span)
                .note("an invocation owns WINDOW words of it and sees no others")),
        }
    }
}

/// The words, if all are constant.
pub(super) fn constants(words: &[Word]) -> Option<Vec<u32>> {
    words
        .iter()
        .map(|word| match word {
            Word::Const(value) => Some(*value),
            _ => None,
        })
        .collect()
}

fn long_constant(words: &[Word]) -> Option<Vec<u32>> {
    (words.len() > MAX_UNROLLED_COPY).then(|| constants(words)).flatten()
}

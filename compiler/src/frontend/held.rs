//! Values that contain arrays. A value that is indexed at run time gets one copy in scratch.
//!
//! The copy is made where the value is computed, and every access reads the copy. If nothing writes the variable that a
//! value was loaded from while the value is needed, the variable itself is read and there is no copy. The lifetime of a
//! segment ends with the last use of its value: [`share`](crate::share) puts segments whose lifetimes do not overlap
//! into the same words.

use std::rc::Rc;

use naga::{Expression, Handle, Span, Statement, Type, TypeInner};
use touchstone_kir::{limits::MAX_LOOPS, Bound, Op};

use super::{
    builder::Word,
    expression::only_x,
    lowerer::Lowerer,
    memory::constants,
    place::{Index, Place},
    types::{self, has_array, Shape},
    value::{Held, Lease, Value},
};
use crate::{
    ir::Inst,
    share::{Segment, FOREVER},
    CompileError,
};

/// Values of at most so many words are never copied: selecting between registers costs no more.
pub(super) const FEW: usize = 4;
/// Values of at most so many words are loaded into registers, if all their indices are constant.
const MAX_LOADED: u32 = 128;
/// A longer value that is only copied from one place to another is not loaded into registers at all.
const MAX_MOVED: u32 = 16;
/// Longer copies are made by a loop.
const MAX_UNROLLED: usize = 32;
/// Words that such a loop copies in each iteration.
const TURN: usize = 8;
/// An index that is out of range in every segment, also with any offset added.
const OUTSIDE: u32 = 1 << 31;

/// How a value is loaded.
enum Plan {
    /// Its words go into registers.
    Load,
    /// It is copied into scratch.
    Copy,
    /// It is read where it is.
    Stay(Lease),
}

impl<'a> Lowerer<'a> {
    /// Allocates a segment of scratch.
    pub(super) fn lease(&mut self, words: u32, span: Span) -> Result<(u16, Lease), CompileError> {
        let number = self.tables.segments.len();
        if number >= usize::from(u16::MAX) {
            return Err(self.too_large(span));
        }
        let start = self.builder.len();
        self.tables.segments.push(Segment { words: words as u16, life: start..FOREVER, span });
        let lease = Lease::default();
        self.leases.all.push(Rc::downgrade(&lease));
        self.leases.alive.push(number as u16);
        Ok((number as u16, lease))
    }

    /// Allocates a segment of scratch that lives as long as the kernel, and starts at zero.
    pub(super) fn lease_forever(&mut self, words: u32, span: Span) -> Result<u16, CompileError> {
        let (segment, lease) = self.lease(words, span)?;
        self.tables.segments[usize::from(segment)].life = 0..FOREVER;
        self.leases.forever.push(lease);
        Ok(segment)
    }

    /// Ends the lifetime of segments that have no lease any more.
    pub(super) fn end_leases(&mut self) {
        let (all, segments, now) = (&self.leases.all, &mut self.tables.segments, self.builder.len());
        self.leases.alive.retain(|&segment| {
            let at = usize::from(segment);
            let is_needed = all[at].strong_count() > 0;
            if !is_needed {
                segments[at].life.end = now;
            }
            is_needed
        });
    }

    /// Drops the values that are not needed after a statement.
    pub(super) fn after(&mut self, statement: &Statement) {
        let Some(uses) = self.frame.uses else { return };
        let mut any = false;
        for expression in uses.ends_at(statement) {
            let value = &mut self.frame.values[expression.index()];
            if matches!(value, Some(Value::Held(_))) {
                *value = None;
                any = true;
            }
        }
        if any || matches!(statement, Statement::Call { .. }) {
            self.end_leases();
        }
    }

    /// Loads the value that a pointer points to.
    pub(super) fn load(
        &mut self,
        expression: Handle<Expression>,
        place: &Place,
        span: Span,
    ) -> Result<Value, CompileError> {
        match self.plan(expression, place, span)? {
            Plan::Load => Ok(Value::Words(self.load_words(place, span)?)),
            Plan::Stay(lease) => Ok(Value::Held(Held { place: place.clone(), lease })),
            Plan::Copy => Ok(Value::Held(self.copied(place, span)?)),
        }
    }

    fn plan(&self, expression: Handle<Expression>, place: &Place, span: Span) -> Result<Plan, CompileError> {
        let (Shape::Type(ty), Some(uses)) = (place.shape(), self.frame.uses) else { return Ok(Plan::Load) };
        if !has_array(self.module, ty) {
            return Ok(Plan::Load);
        }
        let words = types::words(self.module, ty, span)?;
        let indexed = uses.is_indexed(expression) && words as usize > self.few;
        let lease = place.segment().and_then(|segment| self.leases.all.get(usize::from(segment))?.upgrade());
        if let (Some(lease), true) = (lease, uses.is_stable(expression)) {
            // An index that is out of range in a part may be in range in the whole.
            if if indexed { self.is_whole(place) } else { words > MAX_MOVED } {
                return Ok(Plan::Stay(lease));
            }
        }
        Ok(if indexed || words > MAX_LOADED { Plan::Copy } else { Plan::Load })
    }

    /// The place covers its whole segment.
    fn is_whole(&self, place: &Place) -> bool {
        let (Some(segment), Shape::Type(ty)) = (place.segment(), place.shape()) else { return false };
        let words = self.tables.segments.get(usize::from(segment)).map(|segment| u32::from(segment.words));
        place.is_at_start() && types::words(self.module, ty, Span::UNDEFINED).ok() == words
    }

    fn copied(&mut self, from: &Place, span: Span) -> Result<Held, CompileError> {
        let Shape::Type(ty) = from.shape() else { return Err(self.too_large(span)) };
        let (segment, lease) = self.lease(types::words(self.module, ty, span)?, span)?;
        let place = Place::scratch(segment, ty);
        self.copy(from, &place, span)?;
        Ok(Held { place, lease })
    }

    /// A place in scratch for a value that is written exactly once before each use.
    pub(super) fn reserve(&mut self, ty: Handle<Type>, span: Span) -> Result<Held, CompileError> {
        let (segment, lease) = self.lease(types::words(self.module, ty, span)?, span)?;
        Ok(Held { place: Place::scratch(segment, ty), lease })
    }

    /// The value; moved to scratch if it is indexed at run time.
    pub(super) fn settled(&mut self, expression: Handle<Expression>, value: Value) -> Result<Value, CompileError> {
        let is_indexed = self.frame.uses.is_some_and(|uses| uses.is_indexed(expression));
        match (&value, self.type_of(expression)) {
            (Value::Words(words), Some(ty))
                if is_indexed
                    && words.len() > self.few
                    && has_array(self.module, ty)
                    // Constant data is read where it is.
                    && constants(words).is_none() =>
            {
                let words = words.clone();
                Ok(Value::Held(self.hold(&words, ty, self.span(expression))?))
            }
            _ => Ok(value),
        }
    }

    /// Puts words into scratch.
    pub(super) fn hold(&mut self, words: &Rc<[Word]>, ty: Handle<Type>, span: Span) -> Result<Held, CompileError> {
        if words.contains(&Word::Unavailable) {
            return Err(only_x(span));
        }
        let held = self.reserve(ty, span)?;
        self.store_words(&held.place, words, span)?;
        Ok(held)
    }

    /// The result of a call, copied if a later write to the caller's variables could change it.
    pub(super) fn received(
        &mut self,
        value: Value,
        arguments: &[Option<u16>],
        span: Span,
    ) -> Result<Value, CompileError> {
        match value {
            Value::Held(held) if arguments.contains(&held.place.segment()) => {
                Ok(Value::Held(self.copied(&held.place, span)?))
            }
            other => Ok(other),
        }
    }

    /// A part of a value in scratch.
    pub(super) fn part(&mut self, held: &Held, index: Index, span: Span) -> Result<Value, CompileError> {
        let count = self.elements(&held.place, span)?;
        let place = match index {
            Index::Known(known) if count.is_some_and(|count| known >= count) => {
                let element = self.element(held.place.clone(), Index::Known(0), span)?;
                let zeros = vec![Word::Const(0); self.offsets(&element, span)?.len()];
                return Ok(Value::Words(zeros.into()));
            }
            Index::Runtime(word) if !self.is_whole(&held.place) => self.guarded(&held.place, word, span)?,
            _ => self.element(held.place.clone(), index, span)?,
        };
        match place.shape() {
            Shape::Type(ty)
                if matches!(self.module.types[ty].inner, TypeInner::Array { .. } | TypeInner::Struct { .. }) =>
            {
                Ok(Value::Held(Held { place, lease: held.lease.clone() }))
            }
            _ => Ok(Value::Words(self.load_words(&place, span)?)),
        }
    }

    /// The number of elements at a place, if it is an array.
    fn elements(&self, place: &Place, span: Span) -> Result<Option<u32>, CompileError> {
        let Shape::Type(ty) = place.shape() else { return Ok(None) };
        match self.module.types[ty].inner {
            TypeInner::Array { size, .. } => types::array_length(size, span).map(Some),
            _ => Ok(None),
        }
    }

    /// An element of an array that is a part of a value. An index out of range of the array reads 0, even if it is in
    /// range of the value.
    fn guarded(&mut self, array: &Place, index: Word, span: Span) -> Result<Place, CompileError> {
        let count = self.elements(array, span)?.unwrap_or(1);
        let element = self.element(array.clone(), Index::Runtime(index), span)?;
        if self.builder.range(index).hi < count {
            return Ok(element);
        }
        let inside = self.builder.binary(Op::LtU, index, Word::Const(count));
        Ok(self.moved(element, |lowerer, address| lowerer.builder.select(inside, address, Word::Const(OUTSIDE))))
    }

    /// Copies all words of one place to another of the same type. The places are the same or do not overlap.
    pub(super) fn copy(&mut self, from: &Place, to: &Place, span: Span) -> Result<(), CompileError> {
        let (sources, targets) = (self.offsets(from, span)?, self.offsets(to, span)?);
        let all = sources.len().min(targets.len());
        let are_dense = (0..).zip(sources.iter().zip(&targets)).all(|(at, (&a, &b))| a == at && b == at);
        let turns = all / TURN;
        let mut done = 0;
        if all > MAX_UNROLLED && are_dense && self.builder.loops() < MAX_LOOPS {
            self.copy_by_loop(from, to, turns as u32, all, span)?;
            done = turns * TURN;
        }
        for (sources, targets) in sources[done..].chunks(TURN).zip(targets[done..].chunks(TURN)) {
            let words = self.load_some(from, sources, all);
            self.store_some(to, targets, &words, span)?;
        }
        Ok(())
    }

    fn copy_by_loop(
        &mut self,
        from: &Place,
        to: &Place,
        turns: u32,
        all: usize,
        span: Span,
    ) -> Result<(), CompileError> {
        let bound = self.bound(Bound::constant(turns), span)?;
        let counter = self.builder.variable();
        self.builder.assign(counter, Word::Const(0));
        let label = self.builder.label();
        self.builder.push(Inst { table: bound, ..Inst::control(Op::Loop, label) });
        let turn = self.builder.read(counter);
        let offsets: Vec<u32> = (0..TURN as u32).collect();
        let words = self.load_some(&from.further(turn, TURN as u32), &offsets, all);
        self.store_some(&to.further(turn, TURN as u32), &offsets, &words, span)?;
        let next = self.builder.binary(Op::Add, turn, Word::Const(1));
        self.builder.assign(counter, next);
        self.builder.push(Inst { table: bound, ..Inst::control(Op::EndLoop, label) });
        Ok(())
    }
}

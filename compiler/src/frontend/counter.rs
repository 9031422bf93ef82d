//! Counters of loops: how they step, and how often a loop runs whose counter doubles or halves.

use naga::BinaryOperator;
use touchstone_kir::Bound;

use super::{builder::Word, limit::Limit};
use crate::range::Range;

/// The counter of a loop: its start, and how each iteration changes it.
pub(super) struct Counter {
    pub start: Option<Word>,
    /// The counter equals `start` every time the loop is entered.
    pub certain: bool,
    pub step: Step,
    pub signed: bool,
}

/// What is known about a counter inside its loop.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    pub limit: Option<Limit>,
    pub range: Range,
    /// It is less than this, unsigned.
    pub under: Option<Word>,
}

/// How a loop changes its counter in each iteration.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// Adds, modulo 2³².
    Add(u32),
    /// Multiplies or shifts left: by at least 2.
    Grow(u32),
    /// Divides or shifts right: by at least 2.
    Shrink(u32),
}

/// How often a loop runs if its counter is multiplied or divided: from a known start, or down to zero.
pub(super) fn geometric(counter: &Counter, op: BinaryOperator, limit: Word) -> Option<Limit> {
    let at_most = |turns| Some(Limit::exact(Bound::constant(turns)).at_most());
    if let (Some(Word::Const(start)), Word::Const(limit)) = (counter.start, limit) {
        return at_most(simulated(counter, start, op, limit)?);
    }
    match (counter.step, counter.start, limit) {
        // A power of two overflows its word after so many iterations.
        (Step::Grow(factor), Some(Word::Const(start)), _)
            if factor.is_power_of_two()
                && start.is_power_of_two()
                && matches!(op, BinaryOperator::Less | BinaryOperator::LessEqual) =>
        {
            at_most((32 - start.trailing_zeros()).div_ceil(factor.trailing_zeros()))
        }
        (Step::Shrink(factor), _, Word::Const(limit)) => {
            let ends_at_zero = match op {
                BinaryOperator::Greater => !counter.signed || (limit as i32) >= 0,
                BinaryOperator::GreaterEqual => limit > 0 && (!counter.signed || (limit as i32) > 0),
                BinaryOperator::NotEqual => limit == 0 && !counter.signed,
                _ => false,
            };
            ends_at_zero.then(|| at_most(32u32.div_ceil(31 - factor.leading_zeros())))?
        }
        _ => None,
    }
}

/// The number of iterations from a known start to a known limit, if it is small.
fn simulated(counter: &Counter, start: u32, op: BinaryOperator, limit: u32) -> Option<u32> {
    let goes_on = |value: u32| {
        let order = match counter.signed {
            true => (value as i32).cmp(&(limit as i32)),
            false => value.cmp(&limit),
        };
        match op {
            BinaryOperator::Less => order.is_lt(),
            BinaryOperator::LessEqual => order.is_le(),
            BinaryOperator::Greater => order.is_gt(),
            BinaryOperator::GreaterEqual => order.is_ge(),
            _ => order.is_ne(),
        }
    };
    let mut value = start;
    for turn in 0..=64 {
        if !goes_on(value) {
            return Some(turn);
        }
        value = match (counter.step, counter.signed) {
            (Step::Add(by), _) => value.wrapping_add(by),
            (Step::Grow(by), _) => value.wrapping_mul(by),
            (Step::Shrink(by), false) => value / by,
            // Shifts round down and divisions round towards zero; they differ for negative numbers.
            (Step::Shrink(by), true) if (value as i32) >= 0 => value / by,
            (Step::Shrink(_), true) => return None,
        };
    }
    None
}

/// The comparison that holds when this one does not.
pub(super) fn opposite(op: BinaryOperator) -> Option<BinaryOperator> {
    Some(match op {
        BinaryOperator::Less => BinaryOperator::GreaterEqual,
        BinaryOperator::LessEqual => BinaryOperator::Greater,
        BinaryOperator::Greater => BinaryOperator::LessEqual,
        BinaryOperator::GreaterEqual => BinaryOperator::Less,
        BinaryOperator::Equal => BinaryOperator::NotEqual,
        _ => return None,
    })
}

/// The comparison with its operands exchanged.
pub(super) fn mirrored(op: BinaryOperator) -> BinaryOperator {
    match op {
        BinaryOperator::Less => BinaryOperator::Greater,
        BinaryOperator::LessEqual => BinaryOperator::GreaterEqual,
        BinaryOperator::Greater => BinaryOperator::Less,
        BinaryOperator::GreaterEqual => BinaryOperator::LessEqual,
        other => other,
    }
}

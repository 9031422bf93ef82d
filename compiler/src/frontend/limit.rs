//! Symbolic bounds: recognises values of the form `min(cap, ((param >> shift)·m) + c)`.

use touchstone_kir::{Bound, Op};

#[cfg(test)]
mod tests;

/// How close a value is to its bound, provided that its computation does not wrap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Precision {
    /// The value is the bound.
    Exact,
    /// The value equals the bound except for rounding: `(p + 3) / 4` and `p / 4 + 1`.
    Rounded,
    /// The value may be anything up to the bound.
    AtMost,
}

/// A bound on a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limit {
    /// The value is never more than this. It saturates where the computation of the value wraps.
    pub bound: Bound,
    /// How close the value is to it.
    pub precision: Precision,
}

impl Limit {
    /// A value that is the bound.
    pub(super) fn exact(bound: Bound) -> Self {
        Limit { bound, precision: Precision::Exact }
    }

    /// The value is exactly the bound, unless the source wraps.
    pub(super) fn is_exact(self) -> bool {
        self.precision == Precision::Exact
    }

    fn rounded(self) -> Self {
        Limit { precision: self.precision.max(Precision::Rounded), ..self }
    }

    /// The same bound, exact only if `condition` holds.
    fn exact_if(self, holds: bool) -> Self {
        if holds {
            self
        } else {
            self.at_most()
        }
    }

    /// The bound of any value that is not larger.
    pub(super) fn at_most(self) -> Self {
        Limit { precision: Precision::AtMost, ..self }
    }

    /// The value, if it does not depend on a parameter.
    pub(super) fn constant(self) -> Option<u32> {
        self.bound.param.is_none().then_some(self.bound.c)
    }

    /// The value is exact, and its computation wraps for no value of the parameter.
    pub(super) fn never_wraps(self) -> bool {
        let largest = u64::from(u32::MAX >> (self.bound.shift & 31)) * u64::from(self.bound.m);
        largest + u64::from(self.bound.c) <= u64::from(u32::MAX)
    }

    /// The bound of `value op constant`.
    pub(super) fn apply(self, op: Op, constant: u32) -> Option<Limit> {
        let Bound { c, cap, m, param, shift } = self.bound;
        let bound = match op {
            Op::MinU => Bound { cap: cap.min(constant), ..self.bound },
            Op::MaxU => return Some(self.apply(Op::Add, constant)?.at_most()),
            // A subtraction is an addition of a large constant, which gives no bound.
            Op::Add if constant <= i32::MAX as u32 => {
                Bound { c: c.saturating_add(constant), cap: cap.saturating_add(constant), ..self.bound }
            }
            Op::Mul | Op::Shl => {
                let factor = match op {
                    Op::Mul => constant,
                    _ => 1 << (constant & 31),
                };
                Bound {
                    c: c.saturating_mul(factor),
                    cap: cap.saturating_mul(factor),
                    m: u16::try_from(u32::from(m).checked_mul(factor)?).ok()?,
                    ..self.bound
                }
            }
            Op::ShrU | Op::DivU => {
                let by = match op {
                    Op::ShrU => constant & 31,
                    _ if constant.is_power_of_two() => constant.trailing_zeros(),
                    // At most a half of it, a quarter …
                    _ => return Some(self.apply(Op::ShrU, constant.checked_ilog2()?)?.at_most()),
                };
                let shift = u32::from(shift) + by;
                if m != 1 || shift > 31 {
                    return None;
                }
                let shifted = Bound {
                    c: ((u64::from(c) + (1 << by) - 1) >> by) as u32,
                    cap: cap >> by,
                    m,
                    param,
                    shift: shift as u8,
                };
                let cap = if cap == u32::MAX { cap } else { shifted.cap };
                let limit = Limit { bound: Bound { cap, ..shifted }, ..self };
                // (p + c) >> s is at most (p >> s) + ceil(c / 2^s).
                return Some(if c == 0 { limit } else { limit.rounded() });
            }
            _ => return None,
        };
        if bound.m == 0 {
            return Some(Limit::exact(Bound::constant(bound.c.min(bound.cap))));
        }
        Some(Limit { bound, ..self })
    }
}

/// How often a counted loop runs: from `start` (at least 0 if unknown) in steps of `step` while below the limit.
pub(super) fn trips(limit: Limit, start: Option<i64>, step: u32, inclusive: bool) -> Limit {
    let shift_by = i64::from(inclusive) - start.unwrap_or(0);
    // If the limit wraps, the loop counts to a small number, but the bound is large.
    let known = limit.is_exact() && limit.never_wraps() && start.is_some();
    let limited = |bound, exact| Limit::exact(bound).exact_if(exact);
    let moved = |value: u32| (i64::from(value) + shift_by).clamp(0, i64::from(u32::MAX)) as u32;
    let step = step.max(1);
    if let Some(constant) = limit.constant() {
        return limited(Bound::constant(moved(constant).div_ceil(step)), known);
    }
    let Bound { c, cap, m, param, shift } = limit.bound;
    let below = i64::from(c) + shift_by < 0;
    let (c, cap) = (moved(c), if cap == u32::MAX { cap } else { moved(cap) });
    let exact = known && !below;
    let bound = Bound { c, cap, m, param, shift };
    if step == 1 {
        return limited(bound, exact);
    }
    let capped = if cap == u32::MAX { cap } else { cap.div_ceil(step) };
    if u32::from(m).is_multiple_of(step) {
        let bound = Bound { c: c.div_ceil(step), cap: capped, m: (u32::from(m) / step) as u16, ..bound };
        return limited(bound, exact);
    }
    let by = step.trailing_zeros();
    if step.is_power_of_two() && m == 1 && u32::from(shift) + by < 32 {
        let bound = Bound {
            c: ((u64::from(c) + 2 * u64::from(step) - 2) / u64::from(step)) as u32,
            cap: capped,
            m,
            param,
            shift: (u32::from(shift) + by) as u8,
        };
        return limited(bound, false);
    }
    limited(bound, false)
}

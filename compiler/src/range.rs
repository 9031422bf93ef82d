//! Interval arithmetic: the range of an operation's result, given the ranges of its operands.

use touchstone_kir::{alu, Op};

/// The words `lo` to `hi`, both included and never empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    pub lo: u32,
    pub hi: u32,
}

impl Range {
    /// Every word.
    pub(crate) const FULL: Range = Range { lo: 0, hi: u32::MAX };
    /// Zero alone.
    pub(crate) const ZERO: Range = Range { lo: 0, hi: 0 };
    /// The result of a comparison.
    pub(crate) const BOOL: Range = Range { lo: 0, hi: 1 };

    pub(crate) const fn only(value: u32) -> Range {
        Range { lo: value, hi: value }
    }

    pub(crate) const fn up_to(hi: u32) -> Range {
        Range { lo: 0, hi }
    }

    /// The word, if there is only one.
    pub(crate) fn known(self) -> Option<u32> {
        (self.lo == self.hi).then_some(self.lo)
    }

    pub(crate) fn contains(self, word: u32) -> bool {
        self.lo <= word && word <= self.hi
    }

    pub(crate) fn within(self, other: Range) -> bool {
        other.lo <= self.lo && self.hi <= other.hi
    }

    pub(crate) fn hull(self, other: Range) -> Range {
        Range { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    pub(crate) fn meet(self, other: Range) -> Option<Range> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Range { lo, hi })
    }

    /// The words that these integers are modulo 2³², where they are one interval.
    pub(crate) fn wrapped(lo: i128, hi: i128) -> Range {
        match lo.div_euclid(1 << 32) == hi.div_euclid(1 << 32) {
            true => Range { lo: lo as u32, hi: hi as u32 },
            false => Range::FULL,
        }
    }

    /// No word in it is negative as a signed number.
    pub(crate) fn is_natural(self) -> bool {
        self.hi <= i32::MAX as u32
    }

    /// The smallest and the largest word, as signed numbers.
    pub(crate) fn signed(self) -> (i32, i32) {
        let (lo, hi) = (self.lo as i32, self.hi as i32);
        match lo <= hi && (lo < 0) == (hi < 0) {
            true => (lo, hi),
            false => (i32::MIN, i32::MAX),
        }
    }

    fn from_signed(lo: i32, hi: i32) -> Range {
        Range::wrapped(lo.into(), hi.into())
    }

    /// All words with at most as many bits as the largest.
    fn bits(self) -> Range {
        Range::up_to(u32::MAX.checked_shr(self.hi.leading_zeros()).unwrap_or(0))
    }
}

/// The range of a [binary](Op::is_binary) operation's result.
pub(crate) fn binary(op: Op, a: Range, b: Range) -> Range {
    if let (Some(x), Some(y)) = (a.known(), b.known()) {
        return alu::binary(op, x, y).map_or(Range::FULL, Range::only);
    }
    let wide = |word: u32| i128::from(word);
    match op {
        Op::Add => Range::wrapped(wide(a.lo) + wide(b.lo), wide(a.hi) + wide(b.hi)),
        Op::Sub => Range::wrapped(wide(a.lo) - wide(b.hi), wide(a.hi) - wide(b.lo)),
        Op::Mul => Range::wrapped(wide(a.lo) * wide(b.lo), wide(a.hi) * wide(b.hi)),
        Op::MulhiU => Range { lo: high(a.lo, b.lo), hi: high(a.hi, b.hi) },
        Op::MulhiS if a.is_natural() && b.is_natural() => Range { lo: high(a.lo, b.lo), hi: high(a.hi, b.hi) },
        // A division by 0 gives the dividend.
        Op::DivU if b.lo == 0 => Range::up_to(a.hi),
        Op::DivU => Range { lo: a.lo / b.hi, hi: a.hi / b.lo },
        Op::DivS if a.is_natural() && b.is_natural() => binary(Op::DivU, a, b),
        Op::RemU if a.hi < b.lo => a,
        Op::RemU => Range::up_to(a.hi.min(b.hi.saturating_sub(1))),
        Op::RemS if a.is_natural() && b.is_natural() => binary(Op::RemU, a, b),
        Op::RemS if a.is_natural() => Range::up_to(a.hi),
        Op::And => Range::up_to(a.hi.min(b.hi)),
        Op::Or => Range { lo: a.lo.max(b.lo), hi: a.bits().hull(b.bits()).hi },
        Op::Xor => a.bits().hull(b.bits()),
        Op::Shl => match b.known() {
            Some(by) => Range::wrapped(wide(a.lo) << (by & 31), wide(a.hi) << (by & 31)),
            None if b.hi < 32 => Range::wrapped(wide(a.lo) << b.lo, wide(a.hi) << b.hi),
            None => Range::FULL,
        },
        Op::ShrU => match b.known() {
            Some(by) => Range { lo: a.lo >> (by & 31), hi: a.hi >> (by & 31) },
            None if b.hi < 32 => Range { lo: a.lo >> b.hi, hi: a.hi >> b.lo },
            None => Range::up_to(a.hi),
        },
        Op::ShrS if a.is_natural() => binary(Op::ShrU, a, b),
        Op::ShrS => {
            let (lo, hi) = a.signed();
            match b.known() {
                Some(by) => Range::from_signed(lo >> (by & 31), hi >> (by & 31)),
                None => Range::FULL,
            }
        }
        Op::MinU => Range { lo: a.lo.min(b.lo), hi: a.hi.min(b.hi) },
        Op::MaxU => Range { lo: a.lo.max(b.lo), hi: a.hi.max(b.hi) },
        Op::MinS | Op::MaxS => {
            let ((a_lo, a_hi), (b_lo, b_hi)) = (a.signed(), b.signed());
            match op {
                Op::MinS => Range::from_signed(a_lo.min(b_lo), a_hi.min(b_hi)),
                _ => Range::from_signed(a_lo.max(b_lo), a_hi.max(b_hi)),
            }
        }
        Op::Dot4U => Range::up_to(4 * 255 * 255),
        Op::MulhiS | Op::DivS | Op::RemS | Op::Dot4S => Range::FULL,
        // Comparisons.
        _ => compare(op, a, b).map_or(Range::BOOL, |known| Range::only(known.into())),
    }
}

fn high(x: u32, y: u32) -> u32 {
    ((u64::from(x) * u64::from(y)) >> 32) as u32
}

/// The range of a unary operation's result: `not` to `revbits`, or `mov`.
pub(crate) fn unary(op: Op, a: Range) -> Range {
    if let Some(known) = a.known().and_then(|x| alu::unary(op, x)) {
        return Range::only(known);
    }
    match op {
        Op::Mov => a,
        Op::Not => Range { lo: !a.hi, hi: !a.lo },
        Op::Neg => Range::wrapped(-i128::from(a.hi), -i128::from(a.lo)),
        Op::Abs if a.is_natural() => a,
        Op::Abs => Range::up_to(1 << 31),
        Op::Clz => Range { lo: a.hi.leading_zeros(), hi: a.lo.leading_zeros() },
        Op::Ctz | Op::Popcnt => Range::up_to(32),
        _ => Range::FULL,
    }
}

/// `extract_u`, `extract_s` and `insert` for operands in order; `insert` alone has a fourth.
pub(crate) fn field(op: Op, [x, y, z, w]: [Range; 4]) -> Range {
    match (op, x.known(), y.known(), z.known(), w.known()) {
        (Op::ExtractU, Some(x), Some(o), Some(n), _) => Range::only(alu::extract_u(x, o, n)),
        (Op::ExtractS, Some(x), Some(o), Some(n), _) => Range::only(alu::extract_s(x, o, n)),
        (Op::Insert, Some(x), Some(y), Some(o), Some(n)) => Range::only(alu::insert(x, y, o, n)),
        (Op::ExtractU, ..) => {
            let width = z.hi.min(32);
            let of_width = Range::up_to(u32::MAX.checked_shr(32 - width).unwrap_or(0));
            // Shifting right and masking never make a word larger.
            Range::up_to(of_width.hi.min(x.hi))
        }
        _ => Range::FULL,
    }
}

/// The result of a comparison, if it is the same for every pair of words.
pub(crate) fn compare(op: Op, a: Range, b: Range) -> Option<bool> {
    let decided = |yes: bool, no: bool| match (yes, no) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let ((a_lo, a_hi), (b_lo, b_hi)) = (a.signed(), b.signed());
    match op {
        Op::Eq => decided(a.known().is_some() && a.known() == b.known(), a.meet(b).is_none()),
        Op::Ne => compare(Op::Eq, a, b).map(|equal| !equal),
        Op::LtU => decided(a.hi < b.lo, a.lo >= b.hi),
        Op::LeU => decided(a.hi <= b.lo, a.lo > b.hi),
        Op::GtU => compare(Op::LtU, b, a),
        Op::GeU => compare(Op::LeU, b, a),
        Op::LtS => decided(a_hi < b_lo, a_lo >= b_hi),
        Op::LeS => decided(a_hi <= b_lo, a_lo > b_hi),
        Op::GtS => compare(Op::LtS, b, a),
        Op::GeS => compare(Op::LeS, b, a),
        _ => None,
    }
}

/// The ranges of both sides if the comparison holds; `None` if it cannot hold.
pub(crate) fn assume(op: Op, a: Range, b: Range) -> Option<(Range, Range)> {
    let signed_as_unsigned = a.is_natural() && b.is_natural();
    match op {
        Op::Eq => a.meet(b).map(|both| (both, both)),
        Op::Ne => Some((without(a, b)?, without(b, a)?)),
        Op::LtU => Some((
            a.meet(Range::up_to(b.hi.checked_sub(1)?))?,
            b.meet(Range { lo: a.lo.checked_add(1)?, hi: u32::MAX })?,
        )),
        Op::LeU => Some((a.meet(Range::up_to(b.hi))?, b.meet(Range { lo: a.lo, hi: u32::MAX })?)),
        Op::GtU => assume(Op::LtU, b, a).map(|(b, a)| (a, b)),
        Op::GeU => assume(Op::LeU, b, a).map(|(b, a)| (a, b)),
        Op::LtS if signed_as_unsigned => assume(Op::LtU, a, b),
        Op::LeS if signed_as_unsigned => assume(Op::LeU, a, b),
        // A word that is at least a non-negative one is not negative.
        Op::LtS | Op::LeS if a.is_natural() => {
            let b = b.meet(Range { lo: a.lo, hi: i32::MAX as u32 })?;
            assume(op, a, b)
        }
        Op::GtS => assume(Op::LtS, b, a).map(|(b, a)| (a, b)),
        Op::GeS => assume(Op::LeS, b, a).map(|(b, a)| (a, b)),
        _ => Some((a, b)),
    }
}

/// The range without `word`, if that is its first or last.
fn without(range: Range, other: Range) -> Option<Range> {
    let Range { lo, hi } = range;
    match other.known() {
        Some(word) if word == lo && word == hi => None,
        Some(word) if word == lo => Some(Range { lo: lo + 1, hi }),
        Some(word) if word == hi => Some(Range { lo, hi: hi - 1 }),
        _ => Some(range),
    }
}

/// The comparison that holds when this one does not.
pub(crate) fn negated(op: Op) -> Op {
    match op {
        Op::Eq => Op::Ne,
        Op::Ne => Op::Eq,
        Op::LtU => Op::GeU,
        Op::LeU => Op::GtU,
        Op::GtU => Op::LeU,
        Op::GeU => Op::LtU,
        Op::LtS => Op::GeS,
        Op::LeS => Op::GtS,
        Op::GtS => Op::LeS,
        Op::GeS => Op::LtS,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use touchstone_generate::Random;

    /// Words at which arithmetic goes wrong, and others.
    fn word(random: &mut Random) -> u32 {
        match random.below(4) {
            0 => random.below(40),
            1 => random.below(40).wrapping_neg(),
            2 => (1u32 << random.below(32)).wrapping_add(random.below(3)).wrapping_sub(1),
            _ => random.bits() as u32,
        }
    }

    /// A range, and a word in it.
    fn sample(random: &mut Random) -> (Range, u32) {
        let (x, y) = (word(random), word(random));
        let range = Range { lo: x.min(y), hi: x.max(y) };
        let range = if random.one_in(4) { Range::only(x) } else { range };
        let word = match random.below(3) {
            0 => range.lo,
            1 => range.hi,
            _ => (u64::from(range.lo) + random.bits() % (u64::from(range.hi - range.lo) + 1)) as u32,
        };
        (range, word)
    }

    #[test]
    fn what_an_operation_gives_lies_in_its_range() {
        let mut random = Random::new(1);
        for _ in 0..200_000 {
            let ((a, x), (b, y)) = (sample(&mut random), sample(&mut random));
            for &op in Op::ALL {
                if let Some(z) = alu::binary(op, x, y) {
                    assert!(binary(op, a, b).contains(z), "{op:?} {a:?} {b:?}: {x} {y} {z}");
                }
                if let Some(z) = alu::unary(op, x) {
                    assert!(unary(op, a).contains(z), "{op:?} {a:?}: {x} {z}");
                }
            }
        }
    }

    #[test]
    fn bit_fields_lie_in_their_range() {
        let mut random = Random::new(2);
        for _ in 0..200_000 {
            let [(a, x), (b, y), (c, z), (d, w)] = [(); 4].map(|()| sample(&mut random));
            for (op, value) in [
                (Op::ExtractU, alu::extract_u(x, y, z)),
                (Op::ExtractS, alu::extract_s(x, y, z)),
                (Op::Insert, alu::insert(x, y, z, w)),
            ] {
                assert!(field(op, [a, b, c, d]).contains(value), "{op:?}");
            }
        }
    }

    #[test]
    fn words_that_satisfy_a_comparison_survive_its_assumption() {
        let mut random = Random::new(3);
        let comparisons = Op::ALL.iter().copied().filter(|op| (Op::Eq..=Op::GeS).contains(op));
        let comparisons: Vec<Op> = comparisons.collect();
        for _ in 0..200_000 {
            let ((a, x), (b, y)) = (sample(&mut random), sample(&mut random));
            for &op in &comparisons {
                let holds = alu::binary(op, x, y) == Some(1);
                let op = if holds { op } else { negated(op) };
                assert_eq!(alu::binary(op, x, y), Some(1));
                let (a, b) = assume(op, a, b).unwrap_or_else(|| panic!("{op:?} {a:?} {b:?}: {x} {y}"));
                assert!(a.contains(x) && b.contains(y), "{op:?}");
                assert_ne!(compare(op, a, b), Some(false));
            }
        }
    }
}

//! Symbolic words: a constant plus a few symbols, each multiplied by a coefficient, modulo 2³².
//!
//! A symbol stands for one unknown word of one execution: the invocation's index, the iteration of a loop, the result
//! of an instruction. Two words with equal forms are equal, and the difference of two forms is exact.

use crate::range::Range;

/// The kind of an unknown word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Symbol {
    pub kind: Kind,
    /// Index of the instruction, or of the quotient.
    pub at: u16,
    /// The register, or the number of the result if an instruction has several.
    pub lane: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Kind {
    /// The invocation's index.
    Gid,
    /// How many iterations of the loop are complete.
    Turn,
    /// The word in a register at the start of an iteration.
    Header,
    /// The word in a register where control flow joins.
    Join,
    /// The result of an instruction.
    Result,
    /// The amount that a minimum, a maximum or a mask subtracts or adds.
    Slack,
    /// A quotient, and the remainder of the same division. Equal divisions share one symbol.
    Quotient,
    Rest,
}

/// Most terms of a form. A longer sum becomes a symbol.
const MAX_TERMS: usize = 4;

/// A sum modulo 2³².
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Form {
    pub constant: u32,
    /// Ascending symbols with their coefficients, none 0.
    terms: Vec<(Symbol, u32)>,
}

impl Form {
    pub(crate) fn constant(constant: u32) -> Form {
        Form { constant, terms: Vec::new() }
    }

    pub(crate) fn symbol(symbol: Symbol) -> Form {
        Form { constant: 0, terms: vec![(symbol, 1)] }
    }

    pub(crate) fn known(&self) -> Option<u32> {
        self.terms.is_empty().then_some(self.constant)
    }

    pub(crate) fn terms(&self) -> &[(Symbol, u32)] {
        &self.terms
    }

    /// `self + factor·other`, if it has few enough terms.
    pub(crate) fn plus(&self, other: &Form, factor: u32) -> Option<Form> {
        let mut terms = self.terms.clone();
        for &(symbol, coefficient) in &other.terms {
            let added = coefficient.wrapping_mul(factor);
            match terms.binary_search_by_key(&symbol, |term| term.0) {
                Ok(place) => terms[place].1 = terms[place].1.wrapping_add(added),
                Err(place) => terms.insert(place, (symbol, added)),
            }
        }
        terms.retain(|term| term.1 != 0);
        let constant = self.constant.wrapping_add(other.constant.wrapping_mul(factor));
        (terms.len() <= MAX_TERMS).then_some(Form { constant, terms })
    }

    pub(crate) fn times(&self, factor: u32) -> Form {
        Form::default().plus(self, factor).unwrap_or_default()
    }

    pub(crate) fn offset(&self, by: u32) -> Form {
        Form { constant: self.constant.wrapping_add(by), terms: self.terms.clone() }
    }

    /// The difference, if it does not depend on symbols.
    pub(crate) fn distance(&self, from: &Form) -> Option<u32> {
        self.plus(from, u32::MAX)?.known()
    }

    /// Number of low bits that are always 0.
    pub(crate) fn zeros(&self) -> u32 {
        let words = self.terms.iter().map(|term| term.1).chain([self.constant]);
        words.map(u32::trailing_zeros).min().unwrap_or(32)
    }

    /// The smallest and the largest value of the sum as an integer, with signed coefficients and constant; `range`
    /// gives the ranges of the symbols.
    pub(crate) fn integers(&self, range: impl Fn(Symbol) -> Range) -> (i128, i128) {
        let start = i128::from(self.constant as i32);
        self.terms.iter().fold((start, start), |(lo, hi), &(symbol, coefficient)| {
            let Range { lo: least, hi: most } = range(symbol);
            let coefficient = i128::from(coefficient as i32);
            let (x, y) = (coefficient * i128::from(least), coefficient * i128::from(most));
            (lo + x.min(y), hi + x.max(y))
        })
    }

    /// The quotient by `divisor`, rounded down and computed term by term, if that is exact: the sum is an integer that
    /// does not wrap, and equals `divisor` times a form plus a remainder that comes from the constant alone.
    pub(crate) fn over(&self, divisor: u32, range: impl Fn(Symbol) -> Range) -> Option<Form> {
        let (lo, hi) = self.integers(range);
        let divides = |coefficient: u32| i64::from(coefficient as i32) % i64::from(divisor) == 0;
        if lo < 0 || hi > u32::MAX.into() || !self.terms.iter().all(|term| divides(term.1)) {
            return None;
        }
        let quotient = |word: u32| i64::from(word as i32).div_euclid(i64::from(divisor)) as u32;
        let terms = self.terms.iter().map(|&(symbol, coefficient)| (symbol, quotient(coefficient)));
        Some(Form { constant: quotient(self.constant), terms: terms.collect() })
    }
}

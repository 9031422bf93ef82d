//! Words as sums: a constant and a few symbols, each times a coefficient, modulo 2³².
//!
//! A symbol stands for one word of one execution that is not known: the invocation's index, the turn of a loop, what an
//! instruction gave. Two words with equal forms are equal, and the difference of two forms is exact.

use crate::range::Range;

/// Which unknown word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Symbol {
    pub kind: Kind,
    /// Index of the instruction, or of the quotient.
    pub at: u16,
    /// Register, or which of the words that an instruction gives.
    pub lane: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The invocation's index.
    Gid,
    /// How many turns the loop has finished.
    Turn,
    /// What a register holds at the start of a turn.
    Header,
    /// What a register holds where ways meet.
    Join,
    /// What an instruction gives.
    Result,
    /// What a minimum, a maximum or a mask takes away or adds.
    Slack,
    /// A quotient, and the rest of the same division: all equal ones are one symbol.
    Quotient,
    Rest,
}

/// Terms that a form may have; a sum of more becomes a symbol.
const MAX_TERMS: usize = 4;

/// A sum modulo 2³².
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Form {
    pub constant: u32,
    /// Ascending symbols with their coefficients, none 0.
    terms: Vec<(Symbol, u32)>,
}

impl Form {
    pub fn constant(constant: u32) -> Form {
        Form { constant, terms: Vec::new() }
    }

    pub fn symbol(symbol: Symbol) -> Form {
        Form { constant: 0, terms: vec![(symbol, 1)] }
    }

    pub fn known(&self) -> Option<u32> {
        self.terms.is_empty().then_some(self.constant)
    }

    pub fn terms(&self) -> &[(Symbol, u32)] {
        &self.terms
    }

    /// `self + factor·other`, if it has few enough terms.
    pub fn plus(&self, other: &Form, factor: u32) -> Option<Form> {
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

    pub fn times(&self, factor: u32) -> Form {
        Form::default().plus(self, factor).unwrap_or_default()
    }

    pub fn offset(&self, by: u32) -> Form {
        Form { constant: self.constant.wrapping_add(by), terms: self.terms.clone() }
    }

    /// The difference, if it is the same whatever the symbols are.
    pub fn distance(&self, from: &Form) -> Option<u32> {
        self.plus(from, u32::MAX)?.known()
    }

    /// Bits at the bottom that are always 0.
    pub fn zeros(&self) -> u32 {
        let words = self.terms.iter().map(|term| term.1).chain([self.constant]);
        words.map(u32::trailing_zeros).min().unwrap_or(32)
    }

    /// The least and the largest sum as an integer, coefficients and constant taken as signed; symbols are `range`s.
    pub fn integers(&self, range: impl Fn(Symbol) -> Range) -> (i128, i128) {
        let start = i128::from(self.constant as i32);
        self.terms.iter().fold((start, start), |(lo, hi), &(symbol, coefficient)| {
            let Range { lo: least, hi: most } = range(symbol);
            let coefficient = i128::from(coefficient as i32);
            let (x, y) = (coefficient * i128::from(least), coefficient * i128::from(most));
            (lo + x.min(y), hi + x.max(y))
        })
    }

    /// The quotient by `divisor` rounded down, term by term, where that is exact: the sum, an integer that does not
    /// wrap, is `divisor` times a form plus a rest of the constant alone.
    pub fn over(&self, divisor: u32, range: impl Fn(Symbol) -> Range) -> Option<Form> {
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

//! Holds the implementations of KIR to each other, on kernels that nobody wrote by hand. Only for tests.
//!
//! A [`Case`] is a kernel with arguments. [`Case::check`] holds the judge to the second implementation in everything that
//! both know: validity, static bounds, words, fuel, chunks. [`shrink`] makes a failing case small. The files of a corpus
//! have the form of the test vectors, so that any case can become one.

mod case;
mod shrink;

pub use case::{size_of_seed, BadFile, Case};
pub use shrink::shrink;

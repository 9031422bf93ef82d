//! Tests of the standard kernels: both implementations compute the expected results, and each word has a proof.

mod common;
mod documents;
mod examples;
mod proofs;
mod sequences;

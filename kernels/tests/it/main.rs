//! The standard kernels: that they compute what they should, in both implementations, and that each word has its proof.

mod common;
mod documents;
mod examples;
mod proofs;
mod sequences;

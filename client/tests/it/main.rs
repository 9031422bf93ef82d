//! The library as its users meet it, without a chain.
#![allow(missing_docs)]

mod blobs;
mod cli;
mod manifest;
mod reexec;

//! The library as its users meet it, without a chain.
#![allow(missing_docs)]

mod blobs;
mod cli;
mod http;
mod manifest;
mod reexec;
mod trace;

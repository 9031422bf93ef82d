//! The Touchstone node: a validator or an RPC node of the chain.

// The errors are those of the SDK, and large.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod rpc;
mod service;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("touchstone-node: {error}");
            ExitCode::FAILURE
        }
    }
}

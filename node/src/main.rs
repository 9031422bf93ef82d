//! The Touchstone node: a validator or an RPC node of the chain.
//!
//! - `cli` defines the command line, and `command` runs it;
//! - `chain_spec` has the built-in chain specifications;
//! - `service` builds a node from its parts and starts it: database, networking, BABE, GRANDPA;
//! - `rpc` adds the JSON-RPC methods, and `types` names the parts that both share;
//! - `secret` keeps mnemonics and seeds out of errors.

#![deny(unreachable_pub)]
// The SDK's error types are large.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod rpc;
mod secret;
mod service;
mod types;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("touchstone-node: {}", secret::hide(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

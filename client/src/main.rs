//! `touchstone`: the command line for buyers and challengers.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // As the child process in which this program compiles kernels, it does nothing else.
    touchstone_compiler::serve().unwrap_or_else(cli::main)
}

//! `touchstone`: the command line for buyers and challengers.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

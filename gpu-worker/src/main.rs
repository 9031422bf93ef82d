//! The provider daemon and the watcher: see `gpu-worker --help`.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use gpu_worker::{cli::Cli, commands};
use touchstone_client::secret;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // Before any other thread runs. Vulkan's window system integration complains on standard error where services have
    // no runtime folder, though nothing here has windows.
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        std::env::set_var("XDG_RUNTIME_DIR", std::env::temp_dir());
    }
    let cli: Cli = secret::parse_arguments();
    // Standard output is for data, and the executor's is its protocol.
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| EnvFilter::new("gpu_worker=info,touchstone_client=info,warn")),
        )
        .with_writer(secret::Log)
        // A log that cannot be written, on a full disk, must not end the work.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match commands::dispatch(cli) {
        Ok(code) => code,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "error: {}", secret::without_phrases(&format!("{error:#}"))));
            ExitCode::FAILURE
        }
    }
}

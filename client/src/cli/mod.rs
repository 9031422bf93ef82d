//! The command line: one file for each command, and what they share.

mod accept;
mod balance;
mod challenge;
mod compile;
mod data;
mod fetch;
mod job;
mod kernel;
mod output;
mod provider;
mod put;
mod quote;
mod settings;
mod show;
mod submit;
mod terms;
mod verify;
mod watch;

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use self::{output::Output, settings::Settings};

/// A committed result is wrong.
const WRONG_RESULT: u8 = 3;
/// Stopped by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Buy GPU computation on a Touchstone chain, and check what others were sold.
///
/// Settings come from the configuration file (~/.config/touchstone/config.toml, keys `url` and `signer`), from the
/// variables TOUCHSTONE_URL and TOUCHSTONE_SIGNER, and from the flags; the later ones win. Logs go to standard error;
/// RUST_LOG=debug shows more of them.
#[derive(Parser)]
#[command(
    name = "touchstone",
    version,
    after_help = "\
Exit codes:
  0  done
  1  an error; standard error says which, and what to do
  2  the command line is wrong
  3  a committed result is wrong (verify, challenge --dry-run)
  130  stopped by Ctrl-C

Examples:
  touchstone compile kernel.wgsl -o kernel.kir
  touchstone quote job.toml
  touchstone --signer //Alice submit job.toml --upload-kernels --watch
  touchstone fetch 0x… -o result.bin
  touchstone verify 0x… --all
  touchstone --signer //Bob challenge 0x…"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args, Clone)]
struct Global {
    /// WebSocket address of a node [default: ws://127.0.0.1:9944]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,

    /// Who signs: a development name (//Alice), env:NAME for a variable that holds the secret, or the file that does
    #[arg(long, global = true, value_name = "KEY")]
    signer: Option<String>,

    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,

    /// Read settings from this file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Compile WGSL to KIR, the form that the chain stores, and say what it costs
    Compile(compile::Args),
    /// Upload and inspect kernels
    #[command(subcommand)]
    Kernel(kernel::Command),
    /// Who would take a job, at what price, and why the others would not
    Quote(quote::Args),
    /// Submit a job and bring its inputs to the provider that is assigned
    Submit(submit::Args),
    /// Bring the inputs of a job to the provider that is assigned
    Put(put::Args),
    /// Show a job
    Job(show::Args),
    /// Follow a job to its payment
    Watch(watch::Args),
    /// Download a result, verified against the committed root
    Fetch(fetch::Args),
    /// Execute invocations of a committed job again and compare every word
    Verify(verify::Args),
    /// Accept a result: the provider is paid at once
    Accept(accept::Args),
    /// Refute a committed result, in one transaction
    Challenge(challenge::Args),
    /// Take a job back for which nobody has bid
    Cancel(job::Cancel),
    /// Do for a job what is due; free if something is
    Poke(job::Poke),
    /// Show providers, their devices and their asks
    #[command(subcommand)]
    Provider(provider::Command),
    /// Show the chain's conditions for jobs
    #[command(after_help = "\
Examples:
  touchstone terms
  touchstone terms --json")]
    Terms,
    /// Show what an account has
    Balance(balance::Args),
}

/// How a command ended well.
enum Done {
    Ok,
    /// A committed result is wrong.
    WrongResult,
}

/// What every command has.
struct Context {
    settings: Settings,
    out: Output,
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .init();

    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(format_args!("error: the program cannot start its threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        tokio::select! {
            done = run(cli) => match done {
                Ok(Done::Ok) => ExitCode::SUCCESS,
                Ok(Done::WrongResult) => ExitCode::from(WRONG_RESULT),
                Err(error) => {
                    tell(format_args!("error: {error:#}"));
                    ExitCode::FAILURE
                }
            },
            _ = tokio::signal::ctrl_c() => {
                tell(format_args!("stopped; what is on the chain stays there"));
                ExitCode::from(INTERRUPTED)
            }
        }
    });
    // A computation on another thread does not keep the program from ending.
    runtime.shutdown_background();
    code
}

/// Says it on standard error, if that can be written: without it the exit code has to do.
fn tell(text: std::fmt::Arguments<'_>) {
    drop(writeln!(std::io::stderr(), "{text}"));
}

async fn run(cli: Cli) -> anyhow::Result<Done> {
    let context = Context { settings: Settings::load(&cli.global)?, out: Output::new(cli.global.json) };
    let done = command(&context, cli.command).await?;
    // That a result is wrong is told by the exit code already.
    if matches!(done, Done::Ok) {
        context.out.written()?;
    }
    Ok(done)
}

async fn command(context: &Context, command: Command) -> anyhow::Result<Done> {
    match command {
        Command::Compile(args) => compile::run(context, args),
        Command::Kernel(command) => kernel::run(context, command).await,
        Command::Quote(args) => quote::run(context, args).await,
        Command::Submit(args) => submit::run(context, args).await,
        Command::Put(args) => put::run(context, args).await,
        Command::Job(args) => show::run(context, args).await,
        Command::Watch(args) => watch::run(context, args).await,
        Command::Fetch(args) => fetch::run(context, args).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Accept(args) => accept::run(context, args).await,
        Command::Challenge(args) => challenge::run(context, args).await,
        Command::Cancel(args) => job::cancel(context, args).await,
        Command::Poke(args) => job::poke(context, args).await,
        Command::Provider(command) => provider::run(context, command).await,
        Command::Terms => terms::run(context).await,
        Command::Balance(args) => balance::run(context, args).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command_has_examples() {
        fn check(command: &mut clap::Command) {
            let name = command.get_name().to_owned();
            if !command.has_subcommands() {
                let help = command.render_help().to_string();
                assert!(help.contains("Examples:\n  touchstone "), "{name}");
            }
            command.get_subcommands_mut().for_each(check);
        }
        super::Cli::command().get_subcommands_mut().for_each(check);
    }
}

//! The command line: one file for each command, and what they share.

mod accept;
mod balance;
mod challenge;
mod compile;
mod context;
mod data;
mod delivery;
mod demand;
mod fetch;
mod follow;
mod job;
mod jobs;
mod kernel;
mod look;
mod output;
mod prepare;
mod provider;
mod put;
mod quote;
mod reach;
mod scratch;
mod settings;
mod show;
mod stages;
mod submit;
mod terms;
mod transact;
mod upload;
mod verify;
mod watch;

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use touchstone_client::secret;

use self::{
    context::{Context, Done, WayOn},
    output::Output,
    settings::{Flags, Settings},
};

/// A committed result is wrong.
const WRONG_RESULT: u8 = 3;
/// Stopped by Ctrl-C.
const INTERRUPTED: u8 = 130;
/// Stopped by a request to terminate.
const TERMINATED: u8 = 143;
/// What a command that is stopped has left to clean up.
const LAST_MOMENT: Duration = Duration::from_secs(1);

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
  130  stopped by Ctrl-C, 143 by a request to terminate

Examples:
  touchstone compile kernel.wgsl -o kernel.kir
  touchstone quote job.toml
  touchstone --signer //Alice submit job.toml --upload-kernels --watch
  touchstone --signer //Alice jobs
  touchstone fetch 0x… -o result.bin
  touchstone --signer //Alice fetch 0x… -o result.bin --demand
  touchstone verify 0x… --all
  touchstone --signer //Bob challenge 0x…"
)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compile WGSL to KIR, the form that the chain stores, and say what it costs
    Compile(compile::Args),
    /// Upload and inspect kernels
    #[command(subcommand)]
    Kernel(kernel::Command),
    /// Show who would take a job, at what price, and why others would not
    Quote(quote::Args),
    /// Submit a job and bring its inputs to the provider that is assigned
    Submit(submit::Args),
    /// Bring the inputs of a job to the provider that is assigned
    Put(put::Args),
    /// Show a job
    Job(show::Args),
    /// List the jobs of a buyer
    Jobs(jobs::Args),
    /// Follow a job to its payment
    Watch(watch::Args),
    /// Download a result, verified against the committed root
    Fetch(fetch::Args),
    /// Execute invocations of a committed job again and compare every word
    Verify(verify::Args),
    /// Accept a result: the provider is paid with the next block
    Accept(accept::Args),
    /// Refute a committed result, in one transaction
    Challenge(challenge::Args),
    /// Demand data of a committed result that its provider does not serve
    Demand(demand::Args),
    /// Cancel a job that nobody has bid for
    Cancel(job::Cancel),
    /// Move a job on that is due; costs nothing if it is
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

pub(crate) fn main() -> ExitCode {
    let cli: Cli = secret::parse_arguments();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_writer(secret::Log)
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
    let way_on = WayOn::default();
    let code = runtime.block_on(async {
        // A task of its own, so that Ctrl-C ends the program even if it blocks on a pipe that nobody reads.
        let mut command = tokio::spawn(run(cli, way_on.clone()));
        tokio::select! {
            done = &mut command => conclude(done.unwrap_or_else(|error| Err(error.into())), &way_on),
            code = stopped() => {
                // Its temporary files go with it.
                command.abort();
                drop(tokio::time::timeout(LAST_MOMENT, command).await);
                tell(format_args!("stopped; what is on the chain stays there"));
                tell_way_on(&way_on);
                ExitCode::from(code)
            }
        }
    });
    // A computation on another thread does not keep the program from ending.
    runtime.shutdown_background();
    code
}

/// Waits for Ctrl-C or a request to terminate; gives the exit code.
async fn stopped() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{signal, SignalKind};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return TERMINATED,
                Ok(()) = tokio::signal::ctrl_c() => return INTERRUPTED,
                // Without handlers the signals end the process by themselves.
                else => {}
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    INTERRUPTED
}

fn conclude(done: anyhow::Result<Done>, way_on: &WayOn) -> ExitCode {
    match done {
        Ok(Done::Ok) => ExitCode::SUCCESS,
        Ok(Done::WrongResult) => ExitCode::from(WRONG_RESULT),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tell(format_args!("error: {error:#}"));
            tell_way_on(way_on);
            ExitCode::FAILURE
        }
    }
}

fn tell_way_on(way_on: &WayOn) {
    if let Some(text) = way_on.text() {
        tell(format_args!("{text}"));
    }
}

/// Says it on standard error, if that can be written: without it the exit code has to do.
fn tell(text: std::fmt::Arguments<'_>) {
    drop(writeln!(std::io::stderr(), "{}", secret::without_phrases(&text.to_string())));
}

async fn run(cli: Cli, way_on: WayOn) -> anyhow::Result<Done> {
    let Cli { flags, command } = cli;
    let out = Output::new(flags.json);
    let (out, done) = match command {
        // The only command that needs neither chain nor key.
        Command::Compile(args) => {
            let inputs: Vec<PathBuf> = flags.config.into_iter().collect();
            let done = compile::run(&out, &inputs, args)?;
            (out, done)
        }
        command => {
            let settings = Settings::load(&flags)?;
            let context = Context { inputs: settings.files(), settings, out, way_on };
            let done = dispatch(&context, command).await?;
            (context.out, done)
        }
    };
    // That a result is wrong is told by the exit code already.
    if matches!(done, Done::Ok) {
        out.written()?;
    }
    Ok(done)
}

async fn dispatch(context: &Context, command: Command) -> anyhow::Result<Done> {
    match command {
        Command::Compile(args) => compile::run(&context.out, &context.inputs, args),
        Command::Kernel(command) => kernel::run(context, command).await,
        Command::Quote(args) => quote::run(context, args).await,
        Command::Submit(args) => submit::run(context, args).await,
        Command::Put(args) => put::run(context, args).await,
        Command::Job(args) => show::run(context, args).await,
        Command::Jobs(args) => jobs::run(context, args).await,
        Command::Watch(args) => watch::run(context, args).await,
        Command::Fetch(args) => fetch::run(context, args).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Accept(args) => accept::run(context, args).await,
        Command::Challenge(args) => challenge::run(context, args).await,
        Command::Demand(args) => demand::run(context, args).await,
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

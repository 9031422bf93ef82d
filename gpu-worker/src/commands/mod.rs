//! One file for each command, and for what several of them do.

mod adapters;
mod folder_lock;
mod output;
mod register;
mod run;
mod self_test;
mod status;
mod watch;

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::{
    cli::{Cli, Command},
    executor,
    settings::Settings,
};

/// A wrong result was found, or a device that gives wrong ones.
const WRONG_RESULT: u8 = 3;

/// For commands that set nothing.
#[derive(serde::Serialize)]
struct NoFlags {}

/// Does what the command line says.
pub fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let file = cli.common.config.as_deref();
    let json = cli.common.json;
    let mistaken = cli.common.testing_wrong_operation;
    let load = |flags: &dyn crate::settings::Flags| {
        Settings::load(file, &[&cli.common, flags]).map(|settings| Settings { mistaken, ..settings })
    };
    match &cli.command {
        Command::Adapters => adapters::run(json)?,
        Command::Executor(flags) => {
            let patience = std::time::Duration::from_millis(flags.patience_ms);
            executor::serve(cli.common.adapter.as_deref(), patience, mistaken)?
        }
        Command::SelfTest(flags) => {
            if !block_on(self_test::run(load(&NoFlags {})?, flags, json))? {
                return Ok(ExitCode::from(WRONG_RESULT));
            }
        }
        Command::Register(flags) => block_on(register::run(load(flags)?, flags, json))?,
        Command::Run(flags) => {
            let settings = load(flags)?;
            block_on(run::run(settings, flags.fault(), stop_signal()))?;
        }
        Command::Watch(flags) => {
            if block_on(watch::run(load(flags)?, flags, json, stop_signal()))? {
                return Ok(ExitCode::from(WRONG_RESULT));
            }
        }
        Command::Status => {
            block_on(status::run(load(&NoFlags {})?, json))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn block_on<T>(work: impl std::future::Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Cancelled by Ctrl-C or a request to terminate; a second one ends the process at once.
fn stop_signal() -> impl FnOnce() -> CancellationToken {
    || {
        let token = CancellationToken::new();
        let stop = token.clone();
        tokio::spawn(async move {
            interrupted().await;
            tracing::info!("stopping; once more to stop at once");
            stop.cancel();
            interrupted().await;
            std::process::exit(130);
        });
        token
    }
}

async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{signal, SignalKind};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the default one ends the process, and this never returns.
        std::future::pending::<()>().await;
    }
}

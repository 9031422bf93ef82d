use std::io::{IsTerminal, Write};

use anyhow::Context;
use touchstone_gpu::{AdapterSummary, Failure, Progress, Report, SelfTest};

use super::output;
use crate::{
    cli,
    executor::{ExecuteError, Executor},
    settings::{DeviceSettings, Settings},
};

/// Tests the devices and says what was found. Returns whether all of them passed.
pub(super) async fn run(settings: Settings, flags: &cli::SelfTest, json: bool) -> anyhow::Result<bool> {
    let test = SelfTest { only: flags.only.clone(), seed: flags.seed, kernels: flags.kernels };
    let mut passed = true;
    for device in settings.devices()? {
        let mut executor = Executor::new(settings.executor(&device)?);
        let report = test_device(&mut executor, &test).await?;
        if test.only.is_empty() {
            settings.verdicts().keep(&report)?;
        }
        match json {
            true => output::print(serde_json::to_string_pretty(&report)?)?,
            false => output::print(told(&report))?,
        }
        passed &= report.passed();
    }
    Ok(passed)
}

/// The executor and the adapter of a device, if it is one that passed the test with this driver and program: it is
/// tested now if it never was.
pub(super) async fn open(settings: &Settings, device: &DeviceSettings) -> anyhow::Result<(Executor, AdapterSummary)> {
    let mut executor = Executor::new(settings.executor(device)?);
    let adapter = executor.adapter().await?;
    let verdicts = settings.verdicts();
    let report = match verdicts.verdict(&adapter) {
        Some(report) => report,
        None => {
            tracing::info!(
                adapter = adapter.label(),
                driver = %adapter.driver,
                "this device was not tested with this driver and program yet: testing it"
            );
            let report = test_device(&mut executor, &SelfTest::default()).await?;
            verdicts.keep(&report)?;
            report
        }
    };
    anyhow::ensure!(
        report.passed(),
        "{} differs from the kernel language in {}: it would commit wrong results and lose its collateral. Another \
        driver may help; `gpu-worker self-test` shows more, and tests again",
        adapter.label(),
        report.operations.join(", ")
    );
    Ok((executor, adapter))
}

/// Tests the device. One that hangs or dies has failed, too.
async fn test_device(executor: &mut Executor, test: &SelfTest) -> anyhow::Result<Report> {
    let adapter = executor.adapter().await?;
    let mut shown = Shown::default();
    let mut last =
        Progress { vectors: 0, vectors_on_cpu: 0, trees: 0, kernels: 0, total: 0, subject: "the start".into() };
    let tested = executor.self_test(test, |progress| {
        shown.show(progress);
        last = progress.clone();
    });
    let report = match tested.await {
        Ok(report) => Ok(report),
        Err(error @ (ExecuteError::Hung(_) | ExecuteError::Crashed(_))) => Ok(Report {
            adapter,
            vectors: last.vectors,
            vectors_on_cpu: last.vectors_on_cpu,
            trees: last.trees,
            seed: test.seed,
            kernels: last.kernels,
            operations: vec![last.subject.clone()],
            failures: vec![Failure { operation: last.subject, by: "device".into(), detail: error.to_string() }],
        }),
        Err(error) => Err(error).context("the device could not be tested"),
    };
    shown.end();
    report
}

/// Progress on standard error: one line that changes on a terminal, a line for each tenth elsewhere.
#[derive(Default)]
struct Shown {
    tenths: u32,
    on_line: bool,
}

impl Shown {
    fn show(&mut self, progress: &Progress) {
        let Progress { total, subject, .. } = progress;
        let (done, total) = (progress.done(), *total);
        let mut out = std::io::stderr();
        // What cannot be shown is not a reason to stop.
        if out.is_terminal() {
            drop(write!(out, "\r\x1b[K{done} of {total}: {subject}"));
            drop(out.flush());
            self.on_line = true;
        } else if done * 10 / total.max(1) > self.tenths {
            self.tenths = done * 10 / total.max(1);
            tracing::info!(done, total, "self-test");
        }
    }

    fn end(&self) {
        if self.on_line {
            drop(write!(std::io::stderr(), "\r\x1b[K"));
        }
    }
}

/// A report for people.
fn told(report: &Report) -> String {
    let Report { adapter, vectors, vectors_on_cpu, trees, kernels, seed, operations, failures } = report;
    let device = format!("{} ({}, {})", adapter.label(), adapter.backend, adapter.driver);
    if report.passed() {
        return format!(
            "{device} passed: {vectors} vectors and {kernels} random kernels (seed {seed}) by both emissions; {trees} \
            trees; {vectors_on_cpu} vectors that no device runs"
        );
    }
    let lines = failures.iter().map(|failure| {
        let Failure { operation, by, detail } = failure;
        format!("\n  {operation} ({by}): {detail}")
    });
    format!("{device} DIFFERS in {}:{}", operations.join(", "), lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(failures: Vec<Failure>) -> Report {
        Report {
            adapter: AdapterSummary { name: "GPU".into(), ..AdapterSummary::unknown() },
            vectors: 500,
            vectors_on_cpu: 100,
            trees: 10,
            seed: 7,
            kernels: 48,
            operations: failures.iter().map(|failure| failure.operation.clone()).collect(),
            failures,
        }
    }

    #[test]
    fn a_verdict_says_what_was_tested_or_what_differs() {
        assert!(told(&report(Vec::new())).contains("passed: 500 vectors and 48 random kernels (seed 7)"));
        let failure = Failure { operation: "mulhi_u".into(), by: "plain".into(), detail: "a word".into() };
        assert!(told(&report(vec![failure])).ends_with("DIFFERS in mulhi_u:\n  mulhi_u (plain): a word"));
    }
}

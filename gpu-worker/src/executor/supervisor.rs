use std::{io, path::PathBuf, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};
use touchstone_gpu::{AdapterSummary, Progress, Report, SelfTest};
use touchstone_kir::Op;

use super::protocol::{self, Compared, Done, Failure, FailureKind, Message, Request, StepProgress, Workload};

/// How to run the child.
#[derive(Clone, Debug)]
pub struct ExecutorConfig {
    /// This program.
    pub program: PathBuf,
    /// Which adapter: see [`touchstone_gpu::Gpu::open`]. The best one if it is `None`.
    pub adapter: Option<String>,
    /// The child is killed when it gives no sign of life for this long.
    pub stall: Duration,
    /// TESTING: an operation that the device gets wrong.
    pub mistaken: Option<Op>,
}

/// Why a workload was not executed.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The child said so.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The child gave no sign of life, and was killed.
    #[error("the executor gave no sign of life for {0:?} and was killed")]
    Hung(Duration),
    /// The child ended by itself.
    #[error("the executor ended: {0}")]
    Crashed(String),
    /// The child could not be started.
    #[error("the executor could not be started: {0}")]
    Start(io::Error),
}

impl ExecuteError {
    /// Whether the same workload may succeed when it is tried again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.kind == FailureKind::Device,
            Self::Hung(_) | Self::Crashed(_) | Self::Start(_) => true,
        }
    }
}

/// The parent's side of the executor: one child at a time, replaced when it hangs or dies.
pub struct Executor {
    config: ExecutorConfig,
    running: Option<Running>,
    started: u64,
    /// What the first child opened: its successors have to open the same.
    adapter: Option<AdapterSummary>,
}

struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    adapter: AdapterSummary,
}

impl Executor {
    /// No child runs before it is needed.
    pub fn new(config: ExecutorConfig) -> Self {
        Self { config, running: None, started: 0, adapter: None }
    }

    /// Another executor for the same adapter, which this one has opened.
    pub fn twin(&self) -> Self {
        Self { config: self.config.clone(), running: None, started: 0, adapter: self.adapter.clone() }
    }

    /// Starts the child if there is none, and says which adapter it has.
    pub async fn adapter(&mut self) -> Result<AdapterSummary, ExecuteError> {
        let running = self.take().await?;
        let adapter = running.adapter.clone();
        self.running = Some(running);
        Ok(adapter)
    }

    /// Process id of the child, if one runs.
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().and_then(|running| running.child.id())
    }

    /// How many children were started so far.
    pub fn started(&self) -> u64 {
        self.started
    }

    /// Runs a workload.
    ///
    /// If the returned future is dropped before it is done, the child is killed and the next call starts another one.
    pub async fn run(&mut self, workload: &Workload) -> Result<Done, ExecuteError> {
        self.run_watched(workload, |_| {}).await
    }

    /// As [`run`](Self::run), and calls `progress` after each dispatch.
    pub async fn run_watched(
        &mut self,
        workload: &Workload,
        mut progress: impl FnMut(StepProgress),
    ) -> Result<Done, ExecuteError> {
        let mut heard = |message: &Message| {
            if let Message::Running(made) = message {
                progress(*made);
            }
        };
        let Message::Done(done) = self.converse(&Request::Run(workload.clone()), &mut heard).await? else {
            return Err(foreign());
        };
        let steps = workload.steps.len();
        match [done.roots.len(), done.times.len(), done.dispatches.len()] == [steps; 3] {
            true => Ok(done),
            false => Err(foreign()),
        }
    }

    /// Whether a workload can run on this device: it is compiled, and the sizes of its buffers are checked. The files
    /// of its buffers need not exist.
    pub async fn prepare(&mut self, workload: &Workload) -> Result<(), ExecuteError> {
        match self.converse(&Request::Prepare(workload.clone()), &mut |_| {}).await? {
            Message::Done(_) => Ok(()),
            _ => Err(foreign()),
        }
    }

    /// Tests the device, and calls `progress` before each part of it.
    pub async fn self_test(
        &mut self,
        test: &SelfTest,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Report, ExecuteError> {
        let mut heard = |message: &Message| {
            if let Message::Progress(made) = message {
                progress(made);
            }
        };
        match self.converse(&Request::SelfTest(test.clone()), &mut heard).await? {
            Message::Tested(report) => Ok(report),
            _ => Err(foreign()),
        }
    }

    /// The child's answer to a request. `heard` is called with every message before it.
    async fn converse(&mut self, request: &Request, heard: &mut impl FnMut(&Message)) -> Result<Message, ExecuteError> {
        // While it is out of `self`, dropping it kills the child: it is put back only in a known state.
        let mut running = self.take().await?;
        running.tell(request, self.config.stall).await?;
        loop {
            match running.listen(self.config.stall).await? {
                message @ (Message::Alive | Message::Running(_) | Message::Progress(_)) => heard(&message),
                answer @ (Message::Done(_) | Message::Tested(_)) => {
                    // A driver that still compiles what nobody waits for: the next workload gets another child.
                    if !matches!(&answer, Message::Done(done) if done.compared.iter().any(Compared::is_given_up)) {
                        self.running = Some(running);
                    }
                    return Ok(answer);
                }
                Message::Failed(failure) => {
                    if failure.kind != FailureKind::Device {
                        self.running = Some(running);
                    }
                    return Err(failure.into());
                }
                Message::Ready(_) => return Err(super::child::silent("the executor restarted by itself").into()),
            }
        }
    }

    /// The running child, or a new one if there is none or it has ended meanwhile.
    async fn take(&mut self) -> Result<Running, ExecuteError> {
        if let Some(mut running) = self.running.take() {
            match running.child.try_wait() {
                Ok(None) => return Ok(running),
                status => tracing::warn!(?status, "the executor ended while it was idle"),
            }
        }
        self.started += 1;
        let running = self.start().await?;
        match &self.adapter {
            Some(before) if !before.is(&running.adapter) => {
                let (label, now) = (before.label(), running.adapter.label());
                Err(Failure {
                    kind: FailureKind::NoDevice,
                    text: format!("the adapter {label} is gone: {now} came up in its place. Restart the worker"),
                }
                .into())
            }
            _ => {
                self.adapter = Some(running.adapter.clone());
                Ok(running)
            }
        }
    }

    async fn start(&self) -> Result<Running, ExecuteError> {
        let mut command = Command::new(&self.config.program);
        command
            .arg("executor")
            .arg("--patience-ms")
            .arg(self.config.stall.as_millis().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if let Some(adapter) = &self.config.adapter {
            command.arg("--adapter").arg(adapter);
        }
        if let Some(operation) = self.config.mistaken {
            command.arg("--testing-wrong-operation").arg(operation.name());
        }
        let mut child = command.spawn().map_err(ExecuteError::Start)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ExecuteError::Start(io::Error::other("no pipes")));
        };
        let mut running = Running { child, input, output: BufReader::new(output), adapter: AdapterSummary::unknown() };
        // Loading a driver takes its time on a busy machine.
        match running.listen(self.config.stall.max(Duration::from_secs(30))).await? {
            Message::Ready(adapter) => {
                tracing::debug!(adapter = %adapter.name, pid = running.child.id(), "executor ready");
                running.adapter = adapter;
                Ok(running)
            }
            Message::Failed(failure) => Err(failure.into()),
            Message::Alive | Message::Running(_) | Message::Done(_) | Message::Progress(_) | Message::Tested(_) => {
                Err(foreign())
            }
        }
    }
}

fn foreign() -> ExecuteError {
    super::child::silent("the executor speaks another protocol").into()
}

impl Running {
    /// Hands the child a request, which may be more than the pipe holds. After an error the child is dead.
    async fn tell(&mut self, request: &Request, stall: Duration) -> Result<(), ExecuteError> {
        match timeout(stall, self.input.write_all(&protocol::frame(request))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.crashed(error).await),
            Err(_) => {
                self.kill().await;
                Err(ExecuteError::Hung(stall))
            }
        }
    }

    /// The child's next message. After an error the child is dead.
    async fn listen(&mut self, stall: Duration) -> Result<Message, ExecuteError> {
        match timeout(stall, self.next()).await {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(error)) => Err(self.crashed(error).await),
            Err(_) => {
                self.kill().await;
                Err(ExecuteError::Hung(stall))
            }
        }
    }

    async fn next(&mut self) -> io::Result<Message> {
        let mut length = [0; 4];
        self.output.read_exact(&mut length).await?;
        let mut body = vec![0; protocol::checked_length(length)?];
        self.output.read_exact(&mut body).await?;
        protocol::decode(&body)
    }

    async fn crashed(&mut self, error: io::Error) -> ExecuteError {
        // It may have closed its streams without ending.
        let status = match timeout(Duration::from_secs(2), self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            _ => {
                self.kill().await;
                error.to_string()
            }
        };
        ExecuteError::Crashed(status)
    }

    async fn kill(&mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "the executor could not be killed");
        }
    }
}

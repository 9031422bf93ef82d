//! A real node and real workers, as processes of their own.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use gpu_worker::device_verdicts::DeviceVerdicts;
use serde_json::{json, Value};
use touchstone_client::{
    blobs::Endpoint,
    chain::{At, Call, Chain, Head, InBlock, TxError},
    http::{Http, Reach},
    signer::Signer,
    AccountId, JobView,
};
use touchstone_kir::{Kernel, Op, Root};
use touchstone_primitives::{
    views::Stage, Ask, Buffer, DeviceClass, DeviceSpec, Input, JobId, JobSpec, Matching, Source, Step, Trace,
};

/// Beside the tests' own executables, or where TOUCHSTONE_NODE says.
fn node_binary() -> PathBuf {
    binary("TOUCHSTONE_NODE", "touchstone-node", "touchstone-node")
}

/// Beside the tests' own executables, or where `variable` says.
fn binary(variable: &str, name: &str, package: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let this = std::env::current_exe().unwrap();
    let folder = this.parent().and_then(Path::parent).unwrap();
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is missing: build it with `cargo build -p {package}` in the same profile",
        path.display()
    );
    path
}

/// `touchstone --json`. Its journal of submissions is kept for as long as these tests run.
pub fn touchstone_command(url: &str, signer: &str, arguments: &[&str]) -> tokio::process::Command {
    static STATE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let state = STATE.get_or_init(|| tempfile::tempdir().unwrap());
    let mut command = tokio::process::Command::new(binary("TOUCHSTONE_CLI", "touchstone", "touchstone-client"));
    command.args(["--url", url, "--signer", signer, "--json"]).args(arguments).env("XDG_STATE_HOME", state.path());
    command
}

/// `touchstone --json`, to its end: exit code, each JSON value it printed, and what it said.
pub async fn touchstone(url: &str, signer: &str, arguments: &[&str]) -> (i32, Vec<serde_json::Value>, String) {
    let output = touchstone_command(url, signer, arguments).output().await.unwrap();
    let printed = serde_json::Deserializer::from_slice(&output.stdout).into_iter().map(Result::unwrap).collect();
    (output.status.code().unwrap_or(-1), printed, String::from_utf8_lossy(&output.stderr).into_owned())
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A process that does not outlive its test.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    fn start(command: &mut Command, log: &Path) -> Self {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Self { child, log: log.into() }
    }

    /// Process ids of the executors that it has started.
    pub fn executors(&self) -> Vec<u32> {
        let id = self.child.id();
        let mut executors = Vec::new();
        // Each thread lists the children that it has started.
        for thread in std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            executors.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        executors.retain(|child| {
            let line = std::fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|argument| argument == b"executor")
        });
        executors.sort();
        executors
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What a watcher has reported of a job so far.
    pub fn reports(&self, job: JobId) -> Vec<Value> {
        let log = self.log();
        // Reports and log lines are in one file.
        let printed = log.lines().filter_map(|line| serde_json::from_str(line).ok());
        printed.filter(|report: &Value| report["job"] == job.to_string() && report["verdict"].is_string()).collect()
    }

    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Ends it as Ctrl-C does, and returns its exit code.
    pub fn interrupt(mut self) -> Option<i32> {
        self.signal("-INT");
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it did not end within 20 seconds of Ctrl-C");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A stopped process dies of SIGKILL too.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            // The folder goes away with the test.
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the end of {}:\n{}\n", self.log.display(), lines[lines.len().saturating_sub(40)..].join("\n"));
        }
    }
}

/// A node; its data is kept in `folder`, so that it can be started again.
pub struct Node {
    pub process: Process,
    pub url: String,
    pub p2p: u16,
}

impl Node {
    pub fn start(folder: &Path, name: &str, rpc: u16, p2p: u16, arguments: &[&str]) -> Self {
        let mut command = Command::new(node_binary());
        command
            .args(arguments)
            .arg("--base-path")
            .arg(folder.join(name))
            .args(["--rpc-port", &rpc.to_string()])
            .args(["--no-prometheus", "--no-telemetry", "--no-mdns"])
            .args(["--rpc-methods", "unsafe", "--rpc-max-connections", "200"])
            .args(["--listen-addr", &format!("/ip4/127.0.0.1/tcp/{p2p}")]);
        Self {
            process: Process::start(&mut command, &folder.join(format!("{name}.log"))),
            url: format!("ws://127.0.0.1:{rpc}"),
            p2p,
        }
    }

    pub fn dev(folder: &Path) -> Self {
        Self::start(folder, "dev", free_port(), free_port(), &["--dev"])
    }

    /// Connected as soon as the node answers.
    pub async fn chain(&mut self) -> Chain {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.child.try_wait().unwrap() {
                panic!("the node ended: {status}");
            }
            match Chain::connect(&self.url).await {
                Ok(chain) => return chain,
                Err(error) if started.elapsed() > Duration::from_secs(180) => panic!("{error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// A call of its RPC, over HTTP.
    pub async fn rpc(&self, method: &str, params: Value) -> Value {
        let answer: Value = reqwest::Client::new()
            .post(self.url.replace("ws://", "http://"))
            .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The hash of a block of its best chain; null beyond its end.
    pub async fn block_hash(&self, number: u64) -> Value {
        self.rpc("chain_getBlockHash", json!([number])).await
    }

    /// The number of its best block.
    pub async fn height(&self) -> u64 {
        let header = self.rpc("chain_getHeader", json!([])).await;
        let number = header["number"].as_str().unwrap();
        u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap()
    }

    /// Primary blocks above `base`: BABE prefers the chain that has more of them, then the longer one.
    async fn weight(&self, base: u64) -> u64 {
        let mut primaries = 0;
        for number in base + 1..=self.height().await {
            let header = self.rpc("chain_getHeader", json!([self.block_hash(number).await])).await;
            let logs = header["digest"]["logs"].as_array().unwrap();
            // A pre-runtime digest (6) of "BABE", the compact length, then the variant: 1 is primary.
            let claim = logs.iter().find_map(|log| log.as_str().unwrap().strip_prefix("0x0642414245")).unwrap();
            let bytes = hex::decode(claim).unwrap();
            let start = match bytes[0] & 3 {
                0 => 1,
                1 => 2,
                _ => panic!("a long pre-digest"),
            };
            primaries += u64::from(bytes[start] == 1);
        }
        primaries
    }
}

/// The specification of a built-in chain with another genesis, in a file.
pub fn chain_with(folder: &Path, chain: &str, change: impl FnOnce(&mut Value)) -> String {
    let output = Command::new(node_binary()).args(["export-chain-spec", "--chain", chain]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut specification: Value = serde_json::from_slice(&output.stdout).unwrap();
    change(&mut specification["genesis"]["runtimeGenesis"]["patch"]);
    let path = folder.join(format!("{chain}.json"));
    std::fs::write(&path, specification.to_string()).unwrap();
    path.display().to_string()
}

/// Two validators of one chain, of which one can be made to retract blocks.
pub struct Validators {
    /// The one that tests and workers talk to.
    pub a: Node,
    b: Node,
}

impl Validators {
    /// Starts both, and waits until they agree. `chain` is a name or a file.
    pub async fn start(folder: &Path, chain: &str) -> (Self, Chain) {
        let validator = |name: &str, key: &str| {
            let arguments = ["--chain", chain, "--force-authoring", key];
            Node::start(folder, name, free_port(), free_port(), &arguments)
        };
        let mut both = Self { a: validator("a", "--alice"), b: validator("b", "--bob") };
        let (chain, _) = (both.a.chain().await, both.b.chain().await);
        let peer = both.b.rpc("system_localPeerId", json!([])).await;
        let address = format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", both.b.p2p, peer.as_str().unwrap());
        both.a.rpc("system_addReservedPeer", json!([address])).await;
        until_true("the validators meet", 60, async || both.a.rpc("system_health", json!([])).await["peers"] == 1)
            .await;
        until_true("there is a block", 60, async || both.b.height().await > 0).await;
        both.until_they_agree().await;
        (both, chain)
    }

    /// Waits until the best block of B is on the chain of A.
    pub async fn until_they_agree(&self) {
        until_true("the validators agree", 60, async || {
            let height = self.b.height().await;
            self.a.block_hash(height).await == self.b.block_hash(height).await
        })
        .await;
    }

    /// Waits until B has the best block of A, then puts B to sleep until A has one more. Gives the last block that both
    /// have.
    pub async fn part(&self) -> u64 {
        until_true("a block that both have", 30, async || {
            let height = self.a.height().await;
            self.a.block_hash(height).await == self.b.block_hash(height).await
        })
        .await;
        self.b.process.signal("-STOP");
        let common = self.a.height().await;
        until_true("a block that only A has", 60, async || self.a.height().await > common).await;
        common
    }

    /// Puts A to sleep until the chain of B is the better one, and waits until A has given up its blocks above
    /// `common`, which `lost` is one of.
    pub async fn retract(&self, common: u64, lost: &Head) {
        assert!(lost.number > common);
        let block = json!(lost.hash_hex());
        let (ours, tip) = (self.a.weight(common).await, self.a.height().await);
        self.a.process.signal("-STOP");
        self.b.process.signal("-CONT");
        assert_ne!(self.b.block_hash(lost.number).await, block, "B does not have this block");
        until_true("B's chain is heavier", 240, async || {
            self.b.height().await > tip + 1 && self.b.weight(common).await > ours
        })
        .await;
        self.a.process.signal("-CONT");
        until_true("the block is retracted", 60, async || self.a.block_hash(lost.number).await != block).await;
    }
}

/// Puts the verdict on this machine's device where the worker looks for it. The device is tested once for all tests.
fn remember_the_device(data: &Path) {
    static TESTED: OnceLock<tempfile::TempDir> = OnceLock::new();
    let tested = TESTED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-worker"));
        let output = command.args(["self-test", "--kernels", "8", "--data"]).arg(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        folder
    });
    let devices = data.join("devices");
    if devices.exists() {
        return;
    }
    std::fs::create_dir_all(&devices).unwrap();
    for verdict in std::fs::read_dir(tested.path().join("devices")).unwrap() {
        let verdict = verdict.unwrap();
        std::fs::copy(verdict.path(), devices.join(verdict.file_name())).unwrap();
    }
}

/// A provider: key, folder, address.
pub struct Provider {
    pub signer: Signer,
    pub uri: String,
    pub listen: SocketAddr,
    /// The address that it registers.
    advertised: SocketAddr,
    folder: PathBuf,
    config: Option<PathBuf>,
}

impl Provider {
    pub fn new(folder: &Path, uri: &str) -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], free_port()));
        Self {
            signer: Signer::resolve(uri).unwrap(),
            uri: uri.into(),
            listen,
            advertised: listen,
            folder: folder.into(),
            config: None,
        }
    }

    /// Registers an address at which nobody answers, wherever it listens.
    pub fn out_of_reach(self) -> Self {
        Self { advertised: SocketAddr::from(([127, 0, 0, 1], 1)), ..self }
    }

    /// With a configuration file.
    pub fn configured(self, settings: &str) -> Self {
        let config = self.folder.join(format!("{}.toml", self.uri.trim_start_matches('/')));
        std::fs::write(&config, settings).unwrap();
        Self { config: Some(config), ..self }
    }

    pub fn account(&self) -> AccountId {
        *self.signer.account()
    }

    /// Gives the device that gets this operation wrong the verdict on the one that does not.
    pub fn passes_the_self_test_in_spite_of(&self, operation: Op) {
        let devices = self.folder.join("data").join("devices");
        let of = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.unwrap().path();
            path.extension().is_some_and(|extension| extension == "json").then(|| std::fs::read(path).unwrap())
        };
        let report = std::fs::read_dir(&devices).unwrap().find_map(of).expect("a verdict");
        let report = serde_json::from_slice(&report).unwrap();
        DeviceVerdicts::new(&devices, Some(operation)).keep(&report).unwrap();
    }

    fn command(&self, url: &str) -> Command {
        let data = self.folder.join("data");
        remember_the_device(&data);
        let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-worker"));
        command
            .args(["--url", url, "--signer", &self.uri])
            .arg("--data")
            .arg(data)
            .env("RUST_LOG", "gpu_worker=debug,touchstone_client=debug,warn");
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command
    }

    /// The file of a blob in its store.
    pub fn blob(&self, root: &Root) -> PathBuf {
        self.folder.join("data").join(self.account().to_string()).join("blobs").join(hex::encode(root))
    }

    /// Its data endpoint.
    pub fn endpoint(&self) -> Endpoint {
        endpoint(&format!("http://{}", self.listen))
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.uri.trim_start_matches('/')))
    }

    /// `gpu-worker run`, with more arguments. It takes only what the chain assigns: auctions of other jobs are none of
    /// the test's business.
    pub fn run(&self, url: &str, arguments: &[&str]) -> Process {
        self.run_bidding(url, &[&["--no-bids"], arguments].concat())
    }

    /// `gpu-worker run`, with more arguments, as providers run it.
    pub fn run_bidding(&self, url: &str, arguments: &[&str]) -> Process {
        let mut command = self.command(url);
        command.args(["run", "--allow-private", "--listen", &self.listen.to_string()]).args(arguments);
        Process::start(&mut command, &self.log())
    }

    /// `gpu-worker watch --json`, which goes on.
    pub fn watch(&self, url: &str) -> Process {
        let mut command = self.command(url);
        command.args(["watch", "--json", "--allow-private"]);
        Process::start(&mut command, &self.log())
    }

    /// `gpu-worker watch --once --json`, to its end: exit code and reports.
    pub async fn watch_once(&self, url: &str, arguments: &[&str]) -> (i32, Vec<serde_json::Value>) {
        let mut command = tokio::process::Command::from(self.command(url));
        command.args(["watch", "--once", "--json", "--allow-private"]).args(arguments);
        let output = command.output().await.unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        std::fs::write(self.folder.join("watch.log"), &log).unwrap();
        let reports =
            String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output.status.code().unwrap_or(-1), reports)
    }

    /// `gpu-worker register`, to its end.
    pub async fn register(&self, url: &str, price: &str) -> serde_json::Value {
        self.register_with(url, &["--price", price, "--memory-mib", "1024", "--slots", "4"]).await
    }

    /// `gpu-worker register` with more arguments, to its end.
    pub async fn register_with(&self, url: &str, arguments: &[&str]) -> serde_json::Value {
        let (output, log) = self.try_register(url, arguments).await;
        assert!(output.status.success(), "{log}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The same, with what it says, whether or not it succeeds.
    pub async fn try_register(&self, url: &str, arguments: &[&str]) -> (std::process::Output, String) {
        let mut command = tokio::process::Command::from(self.command(url));
        command
            .args(["register", "--json", "--stake", "100TSN"])
            .args(["--endpoint", &format!("http://{}", self.advertised)])
            .args(arguments);
        let output = command.output().await.unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        (output, log)
    }

    /// Registers without a worker, for a provider that never works.
    pub async fn register_only(&self, chain: &Chain, ask: Ask) {
        let calls = [
            Call::Register { endpoint: format!("http://{}", self.advertised).into_bytes(), stake: 100_000_000_000_000 },
            Call::AddDevice {
                spec: DeviceSpec {
                    name: b"idle".to_vec().try_into().unwrap(),
                    class: DeviceClass::Cpu,
                    memory: 1 << 30,
                },
            },
            Call::SetAsk { device: 0, ask: Some(ask) },
        ];
        for call in calls {
            submit(chain, &self.signer, call).await;
        }
    }

    /// Waits until the ask counts.
    pub async fn until_active(&self, chain: &Chain) {
        let account = self.account();
        until(chain, "the ask counts", |at| async move {
            let clock = at.clock().await.ok()?;
            let provider = at.provider(&account).await.ok()??;
            // It enters the index in the block after its first tick.
            let active = provider.devices.iter().all(|device| device.ask.is_some() && device.active_from < clock);
            (active && !provider.devices.is_empty()).then_some(())
        })
        .await
    }

    /// No more work for this provider.
    pub async fn retire(&self, chain: &Chain) {
        let provider = chain.at_best().await.unwrap().provider(&self.account()).await.unwrap().unwrap();
        for device in provider.devices.into_iter().filter(|device| device.ask.is_some()) {
            submit(chain, &self.signer, Call::SetAsk { device: device.id, ask: None }).await;
        }
    }
}

/// A data endpoint of this machine.
pub fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(&Http::new(Reach::Any).unwrap(), url).unwrap()
}

pub fn signer(uri: &str) -> Signer {
    Signer::resolve(uri).unwrap()
}

pub async fn submit(chain: &Chain, signer: &Signer, call: Call) -> InBlock {
    let name = call.to_string();
    match chain.submit(signer, call).await {
        Ok(block) => block,
        Err(error) => panic!("{name}: {error}"),
    }
}

/// Asks again and again, for at most three minutes.
pub async fn until<T, F, Fut>(chain: &Chain, what: &str, ask: F) -> T
where
    F: Fn(At) -> Fut,
    Fut: std::future::Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Ok(at) = chain.at_best().await {
            if let Some(answer) = ask(at).await {
                return answer;
            }
        }
        assert!(started.elapsed() < Duration::from_secs(180), "three minutes passed before {what}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Asks again and again, for so many seconds, where there is no chain to ask at its best block.
pub async fn until_true(what: &str, seconds: u64, ask: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !ask().await {
        assert!(started.elapsed() < Duration::from_secs(seconds), "{seconds} s passed before {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Waits until the job is in a stage that `is` accepts.
pub async fn until_stage(chain: &Chain, job: JobId, what: &str, is: impl Fn(&Stage<AccountId>) -> bool) -> JobView {
    let is = &is;
    until(chain, what, |at| async move {
        let view = at.job(job).await.ok()??;
        is(&view.stage).then_some(view)
    })
    .await
}

pub fn is_committed(stage: &Stage<AccountId>) -> bool {
    matches!(stage, Stage::Committed { .. })
}

pub fn is_closed(stage: &Stage<AccountId>) -> bool {
    matches!(stage, Stage::Closed { .. })
}

pub fn kernel(source: &str) -> Kernel {
    touchstone_compiler::compile(source).unwrap_or_else(|error| panic!("{}", error.render(source, "test.wgsl"))).kernel
}

/// Uploads a kernel unless the chain has it.
pub async fn upload(chain: &Chain, who: &Signer, kernel: &Kernel) {
    let at = chain.at_best().await.unwrap();
    if at.kernel(kernel.hash()).await.unwrap().is_some() {
        return;
    }
    let code = kernel.encode();
    match chain.submit(who, Call::UploadKernel { code }).await {
        Ok(_) => {}
        // Another test was faster.
        Err(TxError::Failed { error, .. }) if error.pallet.as_deref() == Some("KernelRegistry") => {}
        Err(error) => panic!("{error}"),
    }
}

/// A job of the steps `(kernel, reads, invocations)`, without parameters, instantly matched.
pub fn spec(inputs: &[(&[u8], Source)], steps: &[(&Kernel, &[u8], u32)], deadline: u32) -> JobSpec {
    let inputs: Vec<Input> = inputs
        .iter()
        .map(|(bytes, source)| Input {
            buffer: Buffer { root: touchstone_kir::root(bytes), len: bytes.len() as u32 },
            source: source.clone(),
        })
        .collect();
    let steps: Vec<Step> = steps
        .iter()
        .map(|(kernel, reads, invocations)| Step {
            kernel: kernel.hash(),
            reads: reads.to_vec().try_into().unwrap(),
            invocations: *invocations,
            params: Default::default(),
        })
        .collect();
    JobSpec {
        inputs: inputs.try_into().unwrap(),
        steps: steps.try_into().unwrap(),
        matching: Matching::Instant,
        class: None,
        asset: None,
        ceiling: 10_000_000_000_000,
        deadline,
        min_collateral: 0,
    }
}

/// Submits a job and returns its id.
pub async fn submit_job(chain: &Chain, buyer: &Signer, salt: u8, spec: JobSpec, inline: &[&[u8]]) -> JobId {
    let salt = [salt; 32];
    let id = JobId::new(&chain.genesis_hash(), buyer.account(), &salt, &spec);
    let inline: Vec<_> = inline.iter().map(|bytes| bytes.to_vec().try_into().unwrap()).collect();
    let inline = inline.try_into().unwrap();
    let quote = chain.at_best().await.unwrap().quote(&spec).await.unwrap().unwrap();
    submit(chain, buyer, Call::Submit { salt, spec, inline, code_bytes: quote.totals.code_bytes }).await;
    id
}

/// Doubles each word of its input.
pub const DOUBLE: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(0) var<storage, read> numbers: array<u32>;
    @group(0) @binding(9) var<storage, read_write> doubled: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        doubled[id.x] = 2u * numbers[id.x];
    }";

/// Ticks for an execution; the window is then W₀ + 8 = 10 blocks on a development chain.
pub const DEADLINE: u32 = 4;

/// Words without a pattern, as bytes.
pub fn numbers(count: u32, seed: u32) -> Vec<u8> {
    (0..count).flat_map(|i| (i.wrapping_mul(2_654_435_761) ^ seed).to_le_bytes()).collect()
}

/// The trace of a result whose steps have these outputs.
pub fn trace_of(outputs: &[Vec<u8>]) -> Trace {
    Trace::new(outputs.iter().map(|output| touchstone_kir::root(output)).collect())
}

/// Each word multiplied.
pub fn times(bytes: &[u8], factor: u32) -> Vec<u8> {
    bytes
        .chunks_exact(4)
        .flat_map(|word| u32::from_le_bytes(word.try_into().unwrap()).wrapping_mul(factor).to_le_bytes())
        .collect()
}

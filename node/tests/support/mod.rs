//! Real nodes as child processes, and a minimal HTTP client for their RPC.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::{mpsc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{json, Value};

/// The program under test.
pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_touchstone-node"))
}

/// Tests that start nodes run one at a time: compiling the runtime keeps every core busy, and some of them measure
/// time.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running node. Dropping it stops the node.
pub struct Node {
    child: Child,
    /// Its RPC address.
    pub rpc: String,
    /// Its address for peers: `/ip4/…/tcp/…/p2p/…`.
    pub address: String,
}

impl Node {
    /// Starts a node on free ports and waits until it answers.
    pub fn start(args: &[&str]) -> Self {
        let mut child = program()
            .args(args)
            .args(["--rpc-port", "0", "--no-prometheus", "--no-telemetry", "--listen-addr", "/ip4/127.0.0.1/tcp/0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the node starts");

        let (lines, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        // Reads everything, because a full pipe would block the node.
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| drop(lines.send(line))));

        let deadline = Instant::now() + Duration::from_secs(60);
        let mut rpc = None;
        while rpc.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = log.recv_timeout(left).expect("the node names its RPC address within a minute");
            rpc = line.split_once("Running JSON-RPC server: addr=").map(|(_, rest)| {
                let end = rest.find([',', ' ']).unwrap_or(rest.len());
                rest[..end].to_owned()
            });
        }
        let rpc = rpc.expect("the loop ended");
        let mut node = Self { child, rpc, address: String::new() };
        node.address = node.wait_for("a listening address", Duration::from_secs(20), |node| {
            let addresses = node.ask("system_localListenAddresses", json!([]));
            let address = addresses.as_array()?.iter().find_map(|a| a.as_str().filter(|a| a.contains("127.0.0.1")))?;
            Some(address.to_owned())
        });
        node
    }

    /// One JSON-RPC call.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let mut stream = TcpStream::connect(&self.rpc).expect("the node listens");
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.rpc,
            body.len(),
        )
        .expect("the node reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the node answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("the answer has a body");
        let mut answer: Value = serde_json::from_str(body).expect("the answer is JSON");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Height of the best block, or of the newest finalised one.
    pub fn height(&self, finalised: bool) -> u64 {
        let at = if finalised { json!([self.ask("chain_getFinalizedHead", json!([]))]) } else { json!([]) };
        let header = self.ask("chain_getHeader", at);
        let number = header["number"].as_str().expect("a header has a number");
        u64::from_str_radix(number.trim_start_matches("0x"), 16).expect("it is hexadecimal")
    }

    /// Repeats a request every quarter of a second until there is an answer.
    pub fn wait_for<T>(&self, what: &str, limit: Duration, answer: impl Fn(&Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(value) = answer(self) {
                return value;
            }
            assert!(started.elapsed() < limit, "no {what} within {limit:?}");
            std::thread::sleep(Duration::from_millis(250));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The node may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

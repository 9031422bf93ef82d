//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand};
use serde::Serialize;
use touchstone_client::{amount, sources::SourceFlags};
use touchstone_kir::Op;

use crate::{
    agent::{CorruptWord, FalseLength, Fault},
    settings::text_amount,
};

const EXAMPLES: &str = "\
Examples:
  gpu-worker adapters
  gpu-worker self-test
  gpu-worker register --signer //Alice --stake 100TSN --price 1TSN --endpoint http://127.0.0.1:9955
  gpu-worker run --signer //Alice
  gpu-worker watch --signer //Charlie --allow-private
  gpu-worker status --signer //Alice --json

Settings come from flags, then variables (TOUCHSTONE_URL, TOUCHSTONE_SIGNER, …), then the configuration file
(--config, or touchstone/worker.toml in the configuration folder), for example:
  url = \"ws://127.0.0.1:9944\"
  signer = \"/etc/touchstone/provider.key\"
  quota_mib = 65536
A machine with several GPUs lists them there, each as one device of the provider:
  [[devices]]
  adapter = \"0000:01:00.0\"
  price = \"1TSN\"
  slots = 2
  [[devices]]
  adapter = \"0000:c1:00.0\"
`register` registers all of them, and one `run` drives them all.

Exit codes: 0 done; 1 an error, or a result could not be checked (watch --once); 2 wrong usage; 3 a wrong result was
found (watch --once), or the device differs (self-test).";

/// Works for a Touchstone chain: computes jobs on a GPU, or checks what others computed.
#[derive(Parser, Debug)]
#[command(name = "gpu-worker", version, after_long_help = EXAMPLES, after_help = EXAMPLES)]
pub struct Cli {
    /// Settings that every command understands.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that every command understands.
#[derive(Args, Debug, Serialize)]
pub struct Common {
    /// Configuration file (TOML).
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The node's WebSocket address.
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The key that signs: a development name (//Alice), a file with a secret, or env:NAME.
    #[arg(long, global = true, value_name = "KEY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Folder for blobs and keys.
    #[arg(long, global = true, value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// The adapter to compute on, as `gpu-worker adapters` shows it: its PCI address (0000:01:00.0), its place
    /// (index:1), or a part of its name that no other one has [default: the best one]
    #[arg(long, global = true, value_name = "ADAPTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// Seconds without a sign of life after which the executor is killed and replaced.
    #[arg(long, global = true, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_secs: Option<u64>,
    /// Print data as JSON.
    #[arg(long, global = true)]
    #[serde(skip)]
    pub json: bool,
    /// TESTING ONLY: compute this operation wrong, as a device or driver might that mistakes it.
    #[arg(long, global = true, value_name = "OPERATION", value_parser = operation)]
    #[serde(skip)]
    pub testing_wrong_operation: Option<Op>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// List the adapters of this machine, best first.
    Adapters,
    /// Test whether the device computes what the language says, and remember the verdict.
    SelfTest(SelfTest),
    /// Become a provider, or change what is registered: stake, endpoint, device and ask.
    Register(Register),
    /// Compute the jobs that the chain assigns to this provider.
    Run(Run),
    /// Check what others commit, demand what they do not serve, and refute what is wrong.
    Watch(Watch),
    /// Show this provider as the chain knows it.
    Status,
    /// The process that owns the device; started by the other commands.
    #[command(hide = true)]
    Executor(Executor),
}

/// `self-test`.
#[derive(Args, Debug)]
pub struct SelfTest {
    /// Random kernels after the vectors.
    #[arg(long, value_name = "N", default_value_t = touchstone_gpu::SelfTest::default().kernels)]
    pub kernels: u32,
    /// Seed of the first random kernel.
    #[arg(long, value_name = "SEED", default_value_t = touchstone_gpu::SelfTest::default().seed)]
    pub seed: u64,
    /// Only the vectors of this operation (may be repeated); then the verdict is not kept.
    #[arg(long, value_name = "OPERATION")]
    pub only: Vec<String>,
}

/// `register`.
#[derive(Args, Debug, Serialize)]
pub struct Register {
    /// Stake that is not at risk in a job, in TSN (`100TSN`, `0.5TSN`) or in the smallest unit: what is missing is
    /// added [default for a new provider: 100TSN]
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    #[serde(skip)]
    pub stake: Option<u128>,
    /// Address at which buyers and watchers reach this provider's data [default for a new provider: where `run`
    /// listens]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Memory that the device offers to jobs, MiB [default for a new device: half of the machine's, or 4096 where the
    /// device has its own]
    #[arg(long, value_name = "MIB")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// Price of 10⁹ fuel [default for a device without an ask: 1TSN]
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    #[serde(skip)]
    pub price: Option<u128>,
    /// Least price of a job [default for a device without an ask: 0]
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    #[serde(skip)]
    pub minimum: Option<u128>,
    /// Jobs at once [default for a device without an ask: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    #[serde(skip)]
    pub slots: Option<u8>,
}

/// `run`.
#[derive(Args, Debug, Serialize)]
pub struct Run {
    /// Address to serve data on. Other machines reach it only if it is not a loopback address.
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// Most space that blobs may take, MiB.
    #[arg(long, value_name = "MIB")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_mib: Option<u64>,
    /// Serve Prometheus metrics at this address, for example 127.0.0.1:9956.
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SocketAddr>,
    /// Addresses of reverse proxies in front of --listen, with commas between them: their X-Forwarded-For says who
    /// asks, and limits count for each who asks.
    #[arg(long, value_name = "ADDRESSES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxies: Option<String>,
    /// End uploads and downloads that are slower than so many KiB per second [default: 128]
    #[arg(long, value_name = "KIB", value_parser = clap::value_parser!(u64).range(1..))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest_kib: Option<u64>,
    /// Let jobs name inputs by URLs of this machine and its network.
    #[arg(long)]
    #[serde(skip_serializing_if = "is_false")]
    pub allow_private: bool,
    /// Send all outputs of a job to the chain with the commitment if they have no more bytes together than this: then
    /// nobody needs this endpoint to check or to fetch them. 0: never. It costs the fee of the bytes, and a deposit
    /// until the result is settled [default: 65536, the most that the chain takes]
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carry_outputs: Option<u32>,
    /// Invocations of every step that are checked on the CPU before a result is committed.
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<u32>,
    /// Memory for parts of buffers in this check, MiB; the rest stays on the disk [default: 256]
    #[arg(long, value_name = "MIB")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_memory_mib: Option<u64>,
    /// Take only jobs that the chain assigns by itself: do not bid in open auctions.
    #[arg(long)]
    #[serde(skip_serializing_if = "is_false")]
    pub no_bids: bool,
    /// TESTING ONLY: corrupt this word of this step's output after all checks, commit it, and lose the collateral.
    #[arg(long, value_name = "STEP:WORD")]
    #[serde(skip)]
    pub testing_corrupt_word: Option<CorruptWord>,
    /// TESTING ONLY: cut or lengthen this step's output to so many bytes after all checks, commit it, and lose the
    /// collateral.
    #[arg(long, value_name = "STEP:BYTES", conflicts_with = "testing_corrupt_word")]
    #[serde(skip)]
    pub testing_false_length: Option<FalseLength>,
}

impl Run {
    /// The fault that is asked for.
    pub fn fault(&self) -> Option<Fault> {
        self.testing_corrupt_word.map(Fault::Word).or(self.testing_false_length.map(Fault::Length))
    }
}

/// `watch`.
#[derive(Args, Debug, Serialize)]
pub struct Watch {
    /// Check only this many invocations of every step, at least one, on the CPU; without it everything is executed
    /// again.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(skip)]
    pub sample: Option<u32>,
    /// Execute everything again on the CPU, without a GPU.
    #[arg(long, conflicts_with = "sample")]
    #[serde(skip)]
    pub cpu: bool,
    /// Where inputs can be had that a provider may withhold.
    #[command(flatten)]
    #[serde(skip)]
    pub sources: SourceFlags,
    /// Results that are checked at once [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<u32>,
    /// Longest check of one result, seconds [default: 1800]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_secs: Option<u64>,
    /// Memory for parts of buffers, all checks together, MiB; the rest stays on the disk [default: 256]
    #[arg(long, value_name = "MIB")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_memory_mib: Option<u64>,
    /// Demand on the chain what a provider does not serve of a result that this machine finds wrong, with a bond
    /// [default: true]
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demand: Option<bool>,
    /// Largest bond that is held for one demand, in TSN (`2TSN`, `0.5TSN`) or in the smallest unit [default: ten times
    /// the least bond of the job's terms]
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    #[serde(serialize_with = "text_amount::serialize", skip_serializing_if = "Option::is_none")]
    pub most_bond: Option<u128>,
    /// Demands at the same time that are open, or answered for results that can still be challenged [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_demands: Option<u32>,
    /// Check what can be challenged now, then end: with exit code 3 if something was wrong, or 1 if something could not
    /// be checked.
    #[arg(long)]
    #[serde(skip)]
    pub once: bool,
    /// Most space that blobs may take, MiB.
    #[arg(long, value_name = "MIB")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_mib: Option<u64>,
    /// Fetch from providers and URLs of this machine and its network too, as on a development chain.
    #[arg(long)]
    #[serde(skip_serializing_if = "is_false")]
    pub allow_private: bool,
    /// Serve Prometheus metrics at this address, for example 127.0.0.1:9956.
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SocketAddr>,
}

/// `executor`.
#[derive(Args, Debug)]
pub struct Executor {
    /// Longest wait for the device, milliseconds.
    #[arg(long)]
    pub patience_ms: u64,
}

fn operation(name: &str) -> Result<Op, String> {
    let known = Op::ALL.iter().copied().find(|op| op.name() == name);
    known.ok_or_else(|| format!("the kernel language has no operation {name:?}, as mulhi_u is one"))
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_register_is_not_told_has_no_value() {
        let cli = Cli::parse_from(["gpu-worker", "register", "--price", "2TSN"]);
        let Command::Register(register) = cli.command else { panic!("register") };
        assert_eq!(register.price, Some(2_000_000_000_000));
        assert_eq!((register.stake, register.endpoint), (None, None));
        assert_eq!((register.minimum, register.slots, register.memory_mib), (None, None, None));
    }

    #[test]
    fn amounts_that_are_none_and_no_slots_are_wrong_usage() {
        for wrong in [["--price", "1.5"], ["--stake", "much"], ["--slots", "0"]] {
            assert!(Cli::try_parse_from(["gpu-worker", "register"].iter().chain(&wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_sample_of_nothing_is_wrong_usage() {
        assert!(Cli::try_parse_from(["gpu-worker", "watch", "--sample", "1"]).is_ok());
        assert!(Cli::try_parse_from(["gpu-worker", "watch", "--sample", "0"]).is_err());
    }

    #[test]
    fn what_demands_may_cost_is_laid_over_the_settings_as_a_text() {
        let flags = |arguments: &[&str]| {
            let cli = Cli::parse_from(["gpu-worker", "watch"].iter().chain(arguments));
            let Command::Watch(watch) = cli.command else { panic!("watch") };
            serde_json::to_value(watch).unwrap()
        };
        let given = flags(&["--demand", "false", "--most-bond", "2TSN", "--most-demands", "3"]);
        let expected = serde_json::json!({ "demand": false, "most_bond": "2000000000000", "most_demands": 3 });
        assert_eq!(given, expected);
        assert_eq!(flags(&[]), serde_json::json!({}));
        for wrong in [["--demand", "maybe"], ["--most-bond", "much"], ["--most-demands", "0"]] {
            assert!(Cli::try_parse_from(["gpu-worker", "watch"].iter().chain(&wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_testing_flag_takes_step_and_length() {
        let cli = Cli::parse_from(["gpu-worker", "run", "--testing-false-length", "1:16"]);
        let Command::Run(run) = cli.command else { panic!("run") };
        assert_eq!(run.fault(), Some(Fault::Length(FalseLength { step: 1, bytes: 16 })));
        let both = ["gpu-worker", "run", "--testing-false-length", "1:16", "--testing-corrupt-word", "1:17"];
        assert!(Cli::try_parse_from(both).is_err());
    }

    #[test]
    fn the_testing_flag_takes_step_and_word() {
        let cli = Cli::parse_from(["gpu-worker", "run", "--testing-corrupt-word", "1:17"]);
        let Command::Run(run) = cli.command else { panic!("run") };
        assert_eq!(run.fault(), Some(Fault::Word(CorruptWord { step: 1, word: 17 })));
    }
}

//! `touchstone fetch`

use std::{
    fmt::Display,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::json;
use touchstone_client::{
    amount,
    blobs::BlobError,
    chain::Chain,
    demanding::{Limits, Wanted, FREE_SIZE},
    files::OutputFile,
    signer::Signer,
    trace::TraceError,
};
use touchstone_primitives::{Balance, JobId, Trace};

use super::{
    context::{Context, Done},
    data::{self, Committed},
    delivery::{Delivery, Offer},
    output::{self, hex, parse_job},
    reach,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone fetch 0x… -o result.bin
  touchstone fetch 0x… --step 0 -o - | xxd | head
  touchstone --signer //Bob fetch 0x… -o result.bin --demand

The output is read from the chain, if it came with the commitment, and otherwise fetched from the provider. What the
provider does not serve can be demanded on the chain: each 64 KiB is an answer, which is paid if the result stands.
Without --demand the command says what that costs, and how to do it. With it, what is missing is demanded and read from
the answers, and only that; after Ctrl-C the same command goes on. What others have demanded costs nothing.

A file appears under its name when all of it is there. A link, a pipe or a device is written into and stays what it
is.

Exit code 0: all of it is there. 1: it is not, and standard error says what was tried and what to do.")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// Output of this step; the last one if left out
    #[arg(long, value_name = "N")]
    step: Option<u8>,

    /// Write here; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Demand on the chain what the provider does not serve; --signer pays for it
    #[arg(long)]
    demand: bool,

    #[command(flatten)]
    limits: Limits,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let signer = if args.demand { Some(context.settings.signer()?) } else { None };
    let chain = context.settings.chain().await?;
    let at = chain.at_best().await?;
    let committed = data::committed(&reach::http(context, &chain).await?, &at, args.job).await?;
    let step = args.step.unwrap_or_else(|| committed.job.spec.steps.len().saturating_sub(1) as u8);
    committed.check_step(step)?;

    let mut file = Counted { file: output::create(&args.output, &context.inputs)?, written: 0 };
    let is_stdout = file.file.is_stdout();
    let mut unserved =
        Unserved { context, chain: &chain, committed: &committed, args: &args, step, signer, is_stdout, demands: None };
    let trace = match committed.trace().await {
        Err(error @ TraceError::NotServed(_)) => unserved.trace(&error).await?,
        served => served?,
    };
    let buffer = committed.output(&trace, step)?;
    match committed.write_to(&format!("output {step}"), buffer, &mut file).await {
        // It is this machine's fault.
        Err(error @ BlobError::Write(_)) => return Err(error.into()),
        Err(error) => {
            let rest = unserved.rest(&error, trace, file.written).await?;
            file.file.put(&rest)?;
        }
        Ok(()) => {}
    }
    file.file.commit()?;
    if is_stdout {
        return Ok(Done::Ok);
    }
    let json = json!({
        "file": args.output.display().to_string(),
        "step": step,
        "bytes": buffer.len,
        "root": hex(&buffer.root),
    });
    context.out.result(json, || {
        format!("{}: {} bytes, verified against {}", args.output.display(), buffer.len, hex(&buffer.root))
    });
    Ok(Done::Ok)
}

/// A file, and how many bytes have gone into it.
struct Counted {
    file: OutputFile,
    written: u32,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.written = self.written.saturating_add(u32::try_from(written).unwrap_or(u32::MAX));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What the provider does not serve of an output, out of answers to demands.
struct Unserved<'a> {
    context: &'a Context,
    chain: &'a Chain,
    committed: &'a Committed,
    args: &'a Args,
    step: u8,
    signer: Option<Signer>,
    is_stdout: bool,
    /// Once something is not served.
    demands: Option<Delivery<'a>>,
}

impl<'a> Unserved<'a> {
    /// The trace, which the provider does not serve for this reason.
    async fn trace(&mut self, reason: &TraceError) -> anyhow::Result<Trace> {
        let all = self.wanted(0)?;
        let len = self.committed.result.trace.len;
        let wanted = Wanted::new(None, len, 0..len)?;
        let demands = self.begin(reason, &all).await?;
        let bytes = demands.follow(&wanted).await?;
        Trace::from_bytes(&bytes).context("the trace is not whole roots: node and client are of different versions")
    }

    /// The bytes from `served` on, which the provider does not serve for this reason.
    async fn rest(&mut self, reason: &BlobError, trace: Trace, served: u32) -> anyhow::Result<Vec<u8>> {
        // The command that is offered writes all of it.
        let wanted = self.wanted(if self.args.demand { served } else { 0 })?;
        let missing = self.wanted(served)?;
        if let Ok(demands) = self.demands() {
            demands.trace = Some(trace);
        }
        let demands = self.begin(reason, &wanted).await?;
        demands.follow(&missing).await
    }

    /// The bytes of the output from here on.
    fn wanted(&self, first: u32) -> anyhow::Result<Wanted> {
        let len = self.committed.job.output_bytes.get(usize::from(self.step)).copied().unwrap_or(0);
        // Each step has one instance.
        Ok(Wanted::new(Some(self.step.into()), len, first..len)?)
    }

    fn demands(&mut self) -> anyhow::Result<&mut Delivery<'a>> {
        if self.demands.is_none() {
            let (context, chain, committed, args) = (self.context, self.chain, self.committed, self.args);
            let mut demands = Delivery::new(context, chain, committed, &args.limits, self.signer.clone())?;
            demands.is_quiet = self.is_stdout;
            self.demands = Some(demands);
        }
        self.demands.as_mut().context("nothing can be demanded")
    }

    /// Makes ready to take these bytes, and what leads to them, from the chain, if demands are wanted or nothing has to
    /// be paid. Otherwise the error says how to demand them.
    async fn begin(&mut self, reason: &impl Display, wanted: &Wanted) -> anyhow::Result<&mut Delivery<'a>> {
        let offer = match self.demands() {
            Ok(demands) => demands.offer(wanted).await,
            Err(error) => Err(error),
        };
        let offer =
            offer.map_err(|why| anyhow::anyhow!("{reason}; and it cannot be demanded on the chain: {why:#}"))?;
        let is_free = offer.estimate.answers == 0;
        if !is_free && !self.args.demand {
            anyhow::bail!("{reason}\n{}", how_to(self.args, self.step, wanted.size(), &offer));
        }
        if let Some(refused) = offer.refused {
            anyhow::bail!("{reason}; it is not demanded on the chain: {refused}");
        }
        self.context.out.note(format!("{reason}; taking it from the chain: {offer}"));
        self.demands()
    }
}

/// How to have an output of so many bytes that the provider does not serve.
fn how_to(Args { job, output, limits, .. }: &Args, step: u8, bytes: u32, offer: &Offer) -> String {
    let estimate = &offer.estimate;
    // A little more than is stated: fees may rise.
    let most_cost = flag(estimate.cost().saturating_add(estimate.fees()));
    let any_size = if bytes > FREE_SIZE { " --any-size" } else { "" };
    let most_bond = match estimate.bond > limits.most_bond {
        true => format!(" --most-bond {}", flag(estimate.bond)),
        false => String::new(),
    };
    format!(
        "The chain makes the provider show it, or refutes the result: {offer}. --signer pays:\n  touchstone demand \
        {job} --step {step} --bytes --follow --out {} --most-cost {most_cost}{most_bond}{any_size}\nWith --demand this \
        command does it by itself.",
        quoted(output)
    )
}

/// An amount as a flag takes it.
fn flag(amount: Balance) -> String {
    amount::show(amount).replace(' ', "")
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+,:@%".contains(letter);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use touchstone_client::demanding::Estimate;

    use super::*;

    const TSN: Balance = 1_000_000_000_000;

    fn told(output: &str, bytes: u32, bond: Balance) -> String {
        let limits = Limits { most_bond: 2 * TSN, most_cost: 5 * TSN, any_size: false };
        let args = Args { job: JobId([7; 32]), step: None, output: output.into(), demand: false, limits };
        let estimate = Estimate { answers: 2, bond, held: 2 * bond, prices: TSN / 4, fee: TSN / 8 };
        how_to(&args, 1, bytes, &Offer { estimate, waiting: 0, ticks_left: 20, refused: None })
    }

    #[test]
    fn the_command_that_demands_an_output_is_told_with_its_cost() {
        let job = JobId([7; 32]);
        let text = told("out/result.bin", FREE_SIZE, TSN);
        let command =
            format!("\n  touchstone demand {job} --step 1 --bytes --follow --out out/result.bin --most-cost 0.75TSN\n");
        assert!(text.contains(&command), "{text}");
        assert!(text.contains("2 answers for 0.25 TSN, and fees of at most 0.25 TSN"), "{text}");
        assert!(text.contains("20 more ticks") && text.contains("With --demand this command"), "{text}");
        let large = told("x", FREE_SIZE + 1, 4 * TSN);
        assert!(large.contains("--out x --most-cost 0.75TSN --most-bond 4TSN --any-size\n"), "{large}");
    }

    #[test]
    fn a_path_is_told_as_a_shell_takes_it() {
        for (path, expected) in [
            ("-", "-"),
            ("./a/b-1_2.bin", "./a/b-1_2.bin"),
            ("my result.bin", "'my result.bin'"),
            ("it's", "'it'\\''s'"),
            ("$HOME/x", "'$HOME/x'"),
        ] {
            assert_eq!(quoted(Path::new(path)), expected);
        }
    }

    #[test]
    fn bytes_are_counted_when_they_are_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut file = Counted { file: OutputFile::create(&path).unwrap(), written: 0 };
        file.write_all(&[1; 1000]).unwrap();
        file.write_all(&[2; 24]).unwrap();
        assert_eq!(file.written, 1024);
        file.file.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [vec![1; 1000], vec![2; 24]].concat());
    }
}

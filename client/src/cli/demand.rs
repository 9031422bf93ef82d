//! `touchstone demand`

use std::{ops::Range, path::PathBuf, time::Duration};

use anyhow::Context as _;
use futures::StreamExt;
use serde_json::json;
use touchstone_client::{
    chain::{At, Chain},
    demanding::{cost, is_demanded, moves_to_go, node_name, Answers, Estimate, Goal, KnownTrace, Limits, Move, Wanted},
    funds::{self, Need},
    signer::Signer,
};
use touchstone_kir::{chunk_count, CHUNK};
use touchstone_primitives::{views::Stage, Buffer, JobId, Trace};

use super::{
    context::{Context, Done},
    data::{self, Committed},
    delivery::{ensure_demandable, Delivery, Offer},
    look::{self, Look},
    output::{self, hex, parse_job},
    reach,
};

/// Longest wait for the trace, which the provider may serve: without it, the root of an output is demanded first.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
#[command(after_help = "\
A demand is for data of a result that its provider does not serve. The provider answers on the chain by the deadline, or
the result is refuted: the bond comes back, with the bounty. An answer is paid for out of the bond. The data of a large
buffer takes up to three demands, each of what the answer before it has shown, and as many before them for the root of
an output that is not known. What was answered before is read from the blocks. Without --step the trace is demanded.

With --bytes all that is known to lead to these bytes is demanded at once. An answer shows 64 KiB: a range of 1 MiB that
begins at a multiple of 64 KiB takes 16 answers, any other one 17. Before them comes one answer with nodes of the output
(if it has more than 64 KiB; two or three if it has more than 16 MiB), and one with the trace if that is not served.
After Ctrl-C the same command goes on.

Exit code 0: what was asked for is done; with --bytes and --follow the bytes are there. 1: they are not, also because
the result was refuted meanwhile.

Examples:
  touchstone demand 0x… --dry-run
  touchstone --signer //Charlie demand 0x… --step 1 --word 777
  touchstone --signer //Charlie demand 0x… --step 1 --chunk 3 --follow
  touchstone demand 0x… --step 0 --bytes --dry-run
  touchstone --signer //Bob demand 0x… --step 0 --bytes --follow --out result.bin
  touchstone --signer //Bob demand 0x… --step 0 --bytes=0..65536 --follow --out head.bin --most-cost 0.5TSN")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// Data of the output of this step; of the trace if left out
    #[arg(long, value_name = "N")]
    step: Option<u8>,

    /// The chunk of 1 KiB that is to be shown; the first one if left out
    #[arg(long, value_name = "N", conflicts_with = "word")]
    chunk: Option<u32>,

    /// The chunk with this word, by its index
    #[arg(long, value_name = "N")]
    word: Option<u32>,

    /// These bytes, counted from 0 and without the END; all of them if no range is named
    #[arg(long, value_name = "FIRST..END", num_args = 0..=1, default_missing_value = "..", value_parser = parse_bytes,
        conflicts_with_all = ["chunk", "word"])]
    bytes: Option<Bytes>,

    /// Say what would be demanded and what it costs, without sending it
    #[arg(long)]
    dry_run: bool,

    /// Wait for the answer and go on until the bytes are shown
    #[arg(long, conflicts_with = "dry_run")]
    follow: bool,

    /// Write the bytes here, when all of them were shown; - is standard output
    #[arg(short, long, value_name = "FILE", requires = "bytes", conflicts_with = "dry_run")]
    out: Option<PathBuf>,

    #[command(flatten)]
    limits: Limits,
}

/// A range of bytes as it is written: up to the end of the buffer if that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bytes {
    first: u32,
    end: Option<u32>,
}

impl Bytes {
    /// In a buffer of so many bytes.
    fn of(self, len: u32) -> Range<u32> {
        self.first..self.end.unwrap_or(len)
    }
}

fn parse_bytes(text: &str) -> Result<Bytes, String> {
    let wrong = || "write FIRST..END, such as 0..65536; either may be left out".to_owned();
    let number = |text: &str| match text {
        "" => Ok(None),
        digits => digits.parse::<u32>().map(Some).map_err(|_| wrong()),
    };
    let (first, end) = text.split_once("..").ok_or_else(wrong)?;
    Ok(Bytes { first: number(first)?.unwrap_or(0), end: number(end)? })
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let signer = if args.dry_run { None } else { Some(context.settings.signer()?) };
    anyhow::ensure!(
        args.bytes.is_none() || !args.follow || args.out.is_some(),
        "the bytes need a place: name a file with --out, or - for standard output"
    );
    let chain = context.settings.chain().await?;
    let at = chain.at_best().await?;
    let committed = data::committed(&reach::http(context, &chain).await?, &at, args.job).await?;
    if !matches!(committed.job.stage, Stage::Committed { .. }) {
        return over(context, &at, &committed, &args).await;
    }
    ensure_demandable(&committed)?;
    match args.bytes {
        Some(bytes) => range(context, &chain, &committed, &args, bytes, signer).await,
        None => chunk(context, &chain, &committed, &args, signer).await,
    }
}

/// Demands a range of bytes.
async fn range(
    context: &Context,
    chain: &Chain,
    committed: &Committed,
    args: &Args,
    bytes: Bytes,
    signer: Option<Signer>,
) -> anyhow::Result<Done> {
    let (instance, len) = buffer(args, committed)?;
    let wanted = Wanted::new(instance, len, bytes.of(len))?;
    let mut delivery = Delivery::new(context, chain, committed, &args.limits, signer)?;
    delivery.trace = served_trace(instance, committed).await;
    if args.dry_run {
        let offer = delivery.offer(&wanted).await?;
        show_offer(context, committed, &wanted, &offer);
        return Ok(Done::Ok);
    }
    // Before anything is paid.
    let file = args.out.as_deref().map(|path| output::create(path, &context.inputs)).transpose()?;
    delivery.is_quiet = file.as_ref().is_some_and(|file| file.is_stdout());
    let shown = match args.follow {
        true => Some(delivery.follow(&wanted).await?),
        false => delivery.step(&wanted).await?,
    };
    let Some(shown) = shown else { return Ok(Done::Ok) };
    if let Some(mut file) = file {
        file.put(&shown)?;
        file.commit()?;
    }
    if delivery.is_quiet {
        return Ok(Done::Ok);
    }
    let Range { start, end } = wanted.bytes();
    let path = args.out.as_ref().map(|path| path.display().to_string());
    let json = json!({
        "event": "shown",
        "job": args.job.to_string(),
        "step": args.step,
        "first": start,
        "end": end,
        "file": path,
    });
    tell(context, args, json, || match path {
        Some(path) => format!("{path}: {} bytes, verified", shown.len()),
        None => format!("all of the {wanted} was shown: --out FILE writes it"),
    });
    Ok(Done::Ok)
}

fn show_offer(context: &Context, committed: &Committed, wanted: &Wanted, offer: &Offer) {
    let Offer { estimate, waiting, ticks_left, refused } = offer;
    let refused = refused.map(|refused| refused.to_string());
    let json = json!({
        "job": committed.job.id.to_string(),
        "commitment": committed.result.commitment.to_string(),
        "step": wanted.instance(),
        "first": wanted.bytes().start,
        "end": wanted.bytes().end,
        "answers": estimate.answers,
        "waiting": waiting,
        "bond": estimate.bond.to_string(),
        "held": estimate.held.to_string(),
        "prices": estimate.prices.to_string(),
        "fees": estimate.fees().to_string(),
        "cost": estimate.cost().to_string(),
        "returns": estimate.returns().to_string(),
        "ticksLeft": ticks_left,
        "refused": refused,
    });
    context.out.result(json, || {
        let limits = refused.map(|refused| format!("\nit would be refused: {refused}")).unwrap_or_default();
        format!("the {wanted}: {offer}; nothing was sent{limits}")
    });
}

/// The trace, if the provider serves it soon and it is needed for an output.
async fn served_trace(instance: Option<u32>, committed: &Committed) -> Option<Trace> {
    instance?;
    tokio::time::timeout(PATIENCE, committed.trace()).await.ok()?.ok()
}

/// Demands one chunk.
async fn chunk(
    context: &Context,
    chain: &Chain,
    committed: &Committed,
    args: &Args,
    signer: Option<Signer>,
) -> anyhow::Result<Done> {
    let goal = goal(args, committed)?;
    let served = served_trace(goal.instance, committed).await;
    let commitment = committed.result.commitment;
    let search = Search { goal, trace: committed.result.trace, served };
    let Stage::Committed { committed_at, .. } = committed.job.stage else {
        return over(context, &chain.at_best().await?, committed, args).await;
    };
    // A tick is a block at least.
    let mut answers = Answers::new(commitment, committed_at.into());

    let mut told = None;
    let mut heads = Box::pin(chain.best_blocks());
    while let Some(head) = heads.next().await {
        let seen = match head {
            Ok(head) => {
                let look = Look::at(chain, head, committed, &goal, search.served.as_ref(), &mut answers).await;
                look.map(|look| (head, look))
            }
            Err(error) => Err(error),
        };
        let (head, look) = match seen {
            Ok(seen) => seen,
            // A node that is restarting: the next block tells more.
            Err(error) if args.follow && look::is_passing(&error) => continue,
            Err(error) => return Err(error.into()),
        };
        let Some(bond) = look.bond else { return over(context, &chain.at(head), committed, args).await };
        let ask = match search.next(&answers)? {
            Move::Shown(bytes) => {
                let json = json!({ "job": args.job.to_string(), "chunk": goal.chunk, "bytes": hex(&bytes) });
                let text = || format!("chunk {} of the {goal} has been shown:\n{}", goal.chunk, hex(&bytes));
                tell(context, args, json, text);
                return Ok(Done::Ok);
            }
            Move::Ask(ask) => *ask,
        };
        let subject = ask.subject();
        if let Some(demand) = look.demand(&subject) {
            let text = match demand.answered {
                false => {
                    format!("{} was demanded, and an answer is due by tick {}", node_name(&subject), demand.deadline)
                }
                true => format!(
                    "{} was answered, but the answer is in no block that this node has: name a node that keeps all \
                    blocks with --url",
                    node_name(&subject)
                ),
            };
            if !args.follow {
                anyhow::ensure!(!demand.answered, text);
                let json = json!({
                    "job": args.job.to_string(),
                    "demand": look::json_of(&subject),
                    "deadline": demand.deadline,
                    "left": ask.left,
                });
                context.out.result(json, || text);
                return Ok(Done::Ok);
            }
            if told != Some(subject) {
                context.out.note(text);
                told = Some(subject);
            }
            continue;
        }

        let shown_by = ask.shown_by(&look.demands, look.clock);
        let price = committed.job.terms.answer_price;
        let cost = cost(bond, price);
        let left = ask.left;
        let Some(signer) = &signer else {
            let json = json!({
                "job": args.job.to_string(),
                "commitment": commitment.to_string(),
                "demand": look::json_of(&subject),
                "shownBy": shown_by.iter().map(look::json_of).collect::<Vec<_>>(),
                "bond": bond.to_string(),
                "price": price.to_string(),
                "left": left,
            });
            context.out.result(json, || {
                let (node, to_go) = (node_name(&subject), moves_to_go(left));
                format!("{node} would be demanded, {to_go}; {cost}; nothing was sent")
            });
            return Ok(Done::Ok);
        };
        let prices = price.saturating_mul(left.into());
        let estimate = Estimate { answers: left, bond, held: bond, prices, fee: 0 };
        args.limits.allow(CHUNK as u32, &estimate, 0)?;
        let call = ask.call(args.job, commitment, shown_by);
        funds::ensure(chain, signer, &call, &[Need::new("held for the demand", bond)]).await?;
        let block = match chain.submit(signer, call).await {
            Ok(block) => block,
            // Somebody else was faster: the answer serves everybody.
            Err(error) if args.follow && is_demanded(&error) => continue,
            Err(error) => return Err(error.into()),
        };
        let deadline = look.clock.saturating_add(committed.job.terms.answer_time);
        let json = json!({
            "job": args.job.to_string(),
            "commitment": commitment.to_string(),
            "demand": look::json_of(&subject),
            "bond": bond.to_string(),
            "price": price.to_string(),
            "left": left,
            "block": block.block.number,
            "extrinsic": hex(&block.extrinsic),
        });
        let text = || {
            format!(
                "{} is demanded in block {}, {}; {cost}; an answer is due about tick {deadline}",
                node_name(&subject),
                block.block.number,
                moves_to_go(left)
            )
        };
        tell(context, args, json, text);
        if !args.follow {
            return Ok(Done::Ok);
        }
        told = Some(subject);
    }
    Ok(Done::Ok)
}

/// One result, or one event of many.
fn tell(context: &Context, args: &Args, json: serde_json::Value, text: impl FnOnce() -> String) {
    match args.follow {
        true => context.out.event(json, text),
        false => context.out.result(json, text),
    }
}

/// The end of a result that cannot be challenged any more. Bytes of it are not there.
async fn over(context: &Context, at: &At, committed: &Committed, args: &Args) -> anyhow::Result<Done> {
    let text = look::refutation(at, committed).await?;
    anyhow::ensure!(args.bytes.is_none(), text);
    let (job, commitment) = (committed.job.id, committed.result.commitment);
    let json = json!({ "job": job.to_string(), "commitment": commitment.to_string(), "refuted": true });
    context.out.event(json, || text);
    Ok(Done::Ok)
}

/// What is searched for.
struct Search {
    goal: Goal,
    trace: Buffer,
    /// The trace, if the provider serves it and the goal is an output.
    served: Option<Trace>,
}

impl Search {
    fn next(&self, answers: &Answers) -> anyhow::Result<Move> {
        let trace = KnownTrace::new(self.served.as_ref(), self.trace, answers);
        let next = self.goal.next(&trace, answers);
        next.with_context(|| {
            format!("there is no way to the {} from its trace: node and client are of different versions", self.goal)
        })
    }
}

/// What the demand is for: an instance, if it is an output, and the length.
fn buffer(args: &Args, committed: &Committed) -> anyhow::Result<(Option<u32>, u32)> {
    let Some(step) = args.step else { return Ok((None, committed.result.trace.len)) };
    committed.check_step(step)?;
    let len = committed.job.output_bytes.get(usize::from(step)).copied().unwrap_or(0);
    // Each step has one instance.
    Ok((Some(step.into()), len))
}

fn goal(args: &Args, committed: &Committed) -> anyhow::Result<Goal> {
    let chunk = match args.word {
        // A word has 4 bytes.
        Some(word) => word / (CHUNK as u32 / 4),
        None => args.chunk.unwrap_or(0),
    };
    let (instance, len) = buffer(args, committed)?;
    let goal = Goal { instance, chunk, len };
    let chunks = chunk_count(len);
    anyhow::ensure!(
        chunk < chunks,
        "the {goal} has {chunks} chunks of 1 KiB, counted from 0: there is no chunk {chunk}"
    );
    Ok(goal)
}

#[cfg(test)]
mod tests {
    use touchstone_primitives::CommitmentId;

    use super::*;

    #[test]
    fn a_trace_without_the_output_says_what_does_not_fit() {
        let trace = Trace::new(vec![[1; 32]]);
        let goal = Goal { instance: Some(1), chunk: 0, len: 4 };
        let search = Search { goal, trace: trace.buffer(), served: Some(trace) };
        let error = search.next(&Answers::new(CommitmentId([1; 32]), 0)).unwrap_err().to_string();
        let expected = "there is no way to the output of step 1 from its trace: ";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_range_of_bytes_is_read_with_either_end_left_out() {
        let bytes = |first, end| -> Result<Bytes, String> { Ok(Bytes { first, end }) };
        assert_eq!(parse_bytes("7..300"), bytes(7, Some(300)));
        assert_eq!(parse_bytes(".."), bytes(0, None));
        assert_eq!(parse_bytes("7.."), bytes(7, None));
        assert_eq!(parse_bytes("..300"), bytes(0, Some(300)));
        for nonsense in ["", "7", "-1..3", "a..b", "1...3", "0x10..0x20", "4294967296.."] {
            let error = parse_bytes(nonsense).unwrap_err();
            assert!(error.starts_with("write FIRST..END"), "{nonsense}: {error}");
        }
        let range = parse_bytes("7..").unwrap().of(300);
        assert_eq!(range, 7..300);
    }

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn parsed(words: &[&str]) -> Result<Args, clap::Error> {
        let job = format!("0x{}", "00".repeat(32));
        let words = [&["demand", job.as_str()][..], words].concat();
        <Command as clap::Parser>::try_parse_from(words).map(|command| command.args)
    }

    #[test]
    fn bytes_without_a_range_are_all_bytes() {
        let all = Some(Bytes { first: 0, end: None });
        for words in [&["--step", "0", "--bytes"][..], &["--bytes", "--step", "0", "--follow", "--out", "x"]] {
            assert_eq!(parsed(words).unwrap().bytes, all, "{words:?}");
        }
        let some = Some(Bytes { first: 4, end: Some(8) });
        for words in [&["--bytes", "4..8"][..], &["--bytes=4..8", "--dry-run"]] {
            assert_eq!(parsed(words).unwrap().bytes, some, "{words:?}");
        }
        assert_eq!(parsed(&["--chunk", "1"]).unwrap().bytes, None);
    }

    #[test]
    fn bytes_and_a_chunk_are_not_demanded_together_and_a_file_is_for_bytes() {
        for words in [
            &["--bytes", "--chunk", "1"][..],
            &["--bytes", "--word", "1"],
            &["--out", "x"],
            &["--bytes", "--out", "x", "--dry-run"],
            &["--bytes", "--follow", "--dry-run"],
        ] {
            assert!(parsed(words).is_err(), "{words:?}");
        }
    }
}

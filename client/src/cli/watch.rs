//! `touchstone watch`

use std::time::Instant;

use futures::StreamExt;
use serde_json::{json, Value};
use touchstone_client::{
    amount,
    chain::{Chain, Head},
    manifest::Upload,
    AccountId, JobView,
};
use touchstone_primitives::{views::Stage, CloseReason, JobId};

use super::{output::parse_job, put, Context, Done};

/// For so many blocks a submission whose block was retracted is given time to get into another one.
const RETRACTED: u32 = 20;

#[derive(clap::Args)]
#[command(after_help = "\
Blocks and seconds count from the submission if `submit --watch` follows the job, otherwise from the start of watching.

Examples:
  touchstone watch 0x…
  touchstone watch 0x… --until committed --json")]
pub struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,

    /// Stop here
    #[arg(long, value_enum, default_value = "paid")]
    until: Until,
}

/// Where to stop watching. A closed job always ends it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Until {
    /// A provider is at work.
    Assigned,
    /// A result is committed.
    Committed,
    /// The provider is paid.
    Paid,
    /// The window is over and nothing is held any more.
    Closed,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let chain = context.settings.chain().await?;
    let head = chain.best().await?;
    anyhow::ensure!(chain.at(head).job(args.job).await?.is_some(), unknown(args.job));
    let mut timeline = Timeline::new(args.job, head, Instant::now());
    follow(context, &chain, &mut timeline, args.until, &[]).await
}

/// What is said of a job that the chain does not have.
pub fn unknown(job: JobId) -> String {
    format!("the chain has no job {job}: check the id and --url; the record of a closed job is removed after a while")
}

/// What is said of a job that ended in this way.
pub fn closed(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Settled => "the result stood and was paid",
        CloseReason::NoBids => "nobody bid before the auction closed; everything held was returned. Raise the ceiling, or see `touchstone quote` for why the providers would not",
        CloseReason::AttemptsExhausted => "as many attempts failed as the chain allows; everything held was returned",
        CloseReason::RefutedAfterAcceptance => "the result was refuted after it had been accepted; the price came back out of the collateral",
        CloseReason::Cancelled => "the buyer took the job back",
    }
}

/// Follows a job to `until`, and brings its inputs to each provider that is assigned on the way.
pub async fn follow(
    context: &Context,
    chain: &Chain,
    timeline: &mut Timeline,
    until: Until,
    uploads: &[Upload],
) -> anyhow::Result<Done> {
    // The attempt whose provider has the inputs, and the one whose provider did not take them.
    let (mut has, mut refused) = (0, 0);
    let mut missing = 0;
    let mut heads = Box::pin(chain.best_blocks());
    while let Some(head) = heads.next().await {
        let seen = match head {
            Ok(head) => chain.at(head).job(timeline.job).await.map(|view| (head, view)),
            Err(error) => Err(error),
        };
        let (head, view) = match seen {
            Ok((head, Some(view))) => (head, view),
            // Its block was retracted and its transaction waits for another one.
            Ok((_, None)) if missing < RETRACTED => {
                missing += 1;
                continue;
            }
            Ok((_, None)) => anyhow::bail!(unknown(timeline.job)),
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "waiting for the node");
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        missing = 0;
        timeline.see(context, head, &view);
        let attempt = view.attempt;
        match &view.stage {
            Stage::Closed { reason: CloseReason::Settled, .. } => return Ok(Done::Ok),
            Stage::Closed { reason, .. } => anyhow::bail!(closed(*reason)),
            Stage::Committed { accepted: true, .. } if until <= Until::Paid => return Ok(Done::Ok),
            Stage::Committed { .. } if until <= Until::Committed => return Ok(Done::Ok),
            Stage::Assigned { .. } => {
                if !uploads.is_empty() && has != attempt && refused != attempt {
                    match put::put_all(context, chain, &view, uploads).await {
                        Ok(()) => has = attempt,
                        Err(error) => {
                            // The provider passes or misses its deadline; the next one gets the inputs.
                            context.out.note(format!("{error:#}; waiting for another provider"));
                            refused = attempt;
                        }
                    }
                }
                if until <= Until::Assigned && (uploads.is_empty() || has == attempt) {
                    return Ok(Done::Ok);
                }
            }
            _ => {}
        }
    }
    Ok(Done::Ok)
}

/// What was seen of a job, and when.
pub struct Timeline {
    job: JobId,
    first: Head,
    started: Instant,
    /// The last thing that was printed.
    last: Option<Moment>,
}

/// The stages worth a line, each with the attempt it belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Open(u32),
    Assigned(u32),
    Committed(u32),
    Accepted(u32),
    Closed,
}

impl Timeline {
    /// Starts at the block of the submission, or of now.
    pub fn new(job: JobId, first: Head, started: Instant) -> Self {
        Self { job, first, started, last: None }
    }

    /// Prints what is new.
    pub fn see(&mut self, context: &Context, head: Head, view: &JobView) {
        let moment = match view.stage {
            Stage::Open { .. } => Moment::Open(view.attempt),
            Stage::Assigned { .. } => Moment::Assigned(view.attempt),
            Stage::Committed { accepted: false, .. } => Moment::Committed(view.attempt),
            Stage::Committed { accepted: true, .. } => Moment::Accepted(view.attempt),
            Stage::Closed { .. } => Moment::Closed,
        };
        if self.last == Some(moment) {
            return;
        }
        self.last = Some(moment);
        let blocks = head.number.saturating_sub(self.first.number);
        let seconds = self.started.elapsed().as_secs_f32();
        let (event, details, text) = describe(view);
        context.out.event(
            json!({
                "event": event,
                "job": self.job.to_string(),
                "block": head.number,
                "blocks": blocks,
                "seconds": seconds,
                "attempt": view.attempt,
                "details": details,
            }),
            || format!("block {:<6} +{blocks:<4} {seconds:>7.1} s  {text}", head.number),
        );
    }
}

fn describe(view: &JobView) -> (&'static str, Value, String) {
    match &view.stage {
        Stage::Open { closes, best } => (
            "open",
            json!({ "closes": closes, "best": best.as_ref().map(|best| best.price.to_string()) }),
            format!("an auction is open until tick {closes}"),
        ),
        Stage::Assigned { deal, commit_by, .. } => (
            "assigned",
            json!({ "provider": deal.provider.to_string(), "price": deal.price.to_string(), "commitBy": commit_by }),
            format!(
                "assigned (attempt {}) to {} for {}; due by tick {commit_by}",
                view.attempt,
                short(&deal.provider),
                amount::show(deal.price)
            ),
        ),
        Stage::Committed { deal, commitment, window_end, accepted } => (
            if *accepted { "accepted" } else { "committed" },
            json!({
                "provider": deal.provider.to_string(),
                "commitment": commitment.to_string(),
                "windowEnd": window_end,
            }),
            match accepted {
                false => format!("result committed; open to challenge up to tick {window_end}"),
                true => format!("accepted and paid; open to challenge up to tick {window_end}"),
            },
        ),
        Stage::Closed { reason, at } => {
            ("closed", json!({ "reason": format!("{reason:?}"), "at": at }), format!("closed: {}", closed(*reason)))
        }
    }
}

/// An account, short enough for a line.
fn short(account: &AccountId) -> String {
    let text = account.to_string();
    match (text.get(..6), text.get(text.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) => format!("{head}…{tail}"),
        _ => text,
    }
}

//! Follows a job from stage to stage, and tells what is new.

use std::time::Instant;

use futures::StreamExt;
use serde_json::json;
use touchstone_client::{
    chain::{Chain, ChainError, Head},
    manifest::Upload,
    JobView,
};
use touchstone_primitives::{views::Stage, CloseReason, JobId};

use super::{
    context::{Context, Done},
    stages, upload,
};

/// Blocks that a submission may take to get into another block after its block was retracted.
const RETRACTED: u32 = 20;

/// Where to stop watching. A closed job always ends it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(super) enum Until {
    /// A provider is at work.
    Assigned,
    /// A result is committed.
    Committed,
    /// The provider is paid.
    Paid,
    /// The window is over and nothing is held any more.
    Closed,
}

/// Follows a job to `until`, and brings its inputs to each provider that is assigned on the way.
pub(super) async fn follow(
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
    let mut is_away = false;
    while let Some(head) = heads.next().await {
        let seen = match head {
            Ok(head) => chain.at(head).job(timeline.job).await.map(|view| (head, view)),
            Err(error) => Err(error),
        };
        let (head, view) = match seen {
            Ok(seen) => seen,
            // A node that is restarting, or a block that has become old while inputs were on their way: the next one
            // tells more.
            Err(error) if error.is_transient() || matches!(error, ChainError::Refused { .. }) => {
                if !std::mem::replace(&mut is_away, true) {
                    tracing::warn!(%error, "waiting for the node");
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if std::mem::take(&mut is_away) {
            tracing::warn!(block = head.number, "the node is back");
        }
        let Some(view) = view else {
            // Its block was retracted and its transaction waits for another one.
            missing += 1;
            anyhow::ensure!(missing <= RETRACTED, stages::unknown(timeline.job));
            continue;
        };
        missing = 0;
        timeline.see(context, head, &view);
        let attempt = view.attempt;
        match &view.stage {
            Stage::Closed { reason: CloseReason::Settled, .. } => return Ok(Done::Ok),
            Stage::Closed { reason, .. } => anyhow::bail!(stages::closed(*reason)),
            Stage::Committed { accepted: true, .. } if until <= Until::Paid => return Ok(Done::Ok),
            Stage::Committed { .. } if until <= Until::Committed => return Ok(Done::Ok),
            Stage::Assigned { .. } => {
                if !uploads.is_empty() && refused != attempt {
                    let brought = match has == attempt {
                        false => upload::put_all(context, chain, &view, uploads).await,
                        true => bring_again(context, chain, &view, uploads).await,
                    };
                    match brought {
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

/// Puts inputs again that the provider has lost.
async fn bring_again(context: &Context, chain: &Chain, view: &JobView, uploads: &[Upload]) -> anyhow::Result<()> {
    let again = upload::asked_again(context, chain, view, uploads).await?;
    for upload in &again {
        context.out.note(format!("the provider has lost the input {:?} and asks for it again", upload.name));
    }
    upload::put_all(context, chain, view, again).await
}

/// What was seen of a job, and when.
pub(super) struct Timeline {
    job: JobId,
    first: Head,
    started: Instant,
    /// The last thing that was printed.
    last: Option<Moment>,
    /// How many ended assignments were printed.
    ended: usize,
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
    pub(super) fn new(job: JobId, first: Head, started: Instant) -> Self {
        Self { job, first, started, last: None, ended: 0 }
    }

    /// Prints what is new.
    pub(super) fn see(&mut self, context: &Context, head: Head, view: &JobView) {
        for attempt in view.history.iter().skip(self.ended) {
            let mut event = stages::attempt_json(view.id, attempt);
            event["event"] = "ended".into();
            event["job"] = self.job.to_string().into();
            event["block"] = head.number.into();
            context.out.event(event, || format!("block {:<6} {}", head.number, stages::attempt_text(view.id, attempt)));
        }
        // A retracted block may take an end back.
        self.ended = view.history.len();
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
        let (event, details, text) = stages::describe(view);
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

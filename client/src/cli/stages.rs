//! Texts about jobs and their stages.

use anyhow::Context as _;
use serde_json::{json, Value};
use touchstone_client::{amount, chain::At, AccountId, JobView};
use touchstone_primitives::{views::Stage, CloseReason, JobId};

/// The job, or an error that says what to do.
pub async fn job(at: &At, id: JobId) -> anyhow::Result<JobView> {
    at.job(id).await?.with_context(|| unknown(id))
}

/// The error for a job that is not on the chain.
pub fn unknown(job: JobId) -> String {
    format!("the chain has no job {job}: check the id and --url; the record of a closed job is removed after a while")
}

/// Why a job closed, and what that means for the buyer.
pub fn closed(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Settled => "the result stood and was paid",
        CloseReason::NoBids => "nobody bid before the auction closed; everything held was returned. Raise the ceiling; `touchstone quote` says why providers would not take the job",
        CloseReason::AttemptsExhausted => "as many attempts failed as the chain allows; everything held was returned",
        CloseReason::RefutedAfterAcceptance => "the result was refuted after it had been accepted; the price came back out of the collateral",
        CloseReason::Cancelled => "the buyer took the job back",
    }
}

/// The stage of a job, in a line.
pub fn stage(job: &JobView) -> String {
    match &job.stage {
        Stage::Open { closes, best } => match best {
            Some(best) => format!("open until tick {closes}, best bid {}", amount::show(best.price)),
            None => format!("open until tick {closes}, no bids"),
        },
        Stage::Assigned { deal, commit_by, .. } => {
            format!("assigned to {} for {}, due by tick {commit_by}", deal.provider, amount::show(deal.price))
        }
        Stage::Committed { deal, window_end, accepted, .. } => format!(
            "committed by {}{}, open to challenge up to tick {window_end}",
            deal.provider,
            if *accepted { " and accepted" } else { "" }
        ),
        Stage::Closed { reason, at } => format!("closed at tick {at}: {}", closed(*reason)),
    }
}

/// The stage of a job: its name, its details for programs, and a line for people.
pub fn describe(view: &JobView) -> (&'static str, Value, String) {
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

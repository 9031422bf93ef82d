//! Texts about jobs and their stages.

use anyhow::Context as _;
use serde_json::{json, Value};
use touchstone_client::{amount, chain::At, AccountId, JobView};
use touchstone_primitives::{
    views::{AttemptView, Stage},
    AttemptEnd, CloseReason, JobId, PassReason, Tick,
};

/// The job, or an error that says what to do.
pub(super) async fn job(at: &At, id: JobId) -> anyhow::Result<JobView> {
    at.job(id).await?.with_context(|| unknown(id))
}

/// The error for a job that is not on the chain.
pub(super) fn unknown(job: JobId) -> String {
    format!("the chain has no job {job}: check the id and --url; the record of a closed job is removed after a while")
}

/// Why a job closed, and what that means for the buyer.
pub(super) fn closed(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Settled => "the result stood and was paid",
        CloseReason::NoBids => {
            "nobody bid before the auction closed; everything held was returned. Raise the ceiling; \
            `touchstone quote` says why providers would not take the job"
        }
        CloseReason::AttemptsExhausted => "as many attempts failed as the chain allows; everything held was returned",
        CloseReason::RefutedAfterAcceptance => {
            "the result was refuted after it had been accepted; the price came back \
            out of the collateral"
        }
        CloseReason::Cancelled => "the buyer took the job back",
    }
}

/// The stage of a job, in a line.
pub(super) fn stage(job: &JobView) -> String {
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
pub(super) fn describe(view: &JobView) -> (&'static str, Value, String) {
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
        Stage::Committed { deal, commitment, window_end, accepted, .. } => (
            if *accepted { "accepted" } else { "committed" },
            json!({
                "provider": deal.provider.to_string(),
                "commitment": commitment.to_string(),
                "windowEnd": window_end,
            }),
            committed(*accepted, *window_end),
        ),
        Stage::Closed { reason, at } => {
            ("closed", json!({ "reason": format!("{reason:?}"), "at": at }), format!("closed: {}", closed(*reason)))
        }
    }
}

/// A job with a result, for people.
fn committed(accepted: bool, window_end: Tick) -> String {
    match accepted {
        false => format!("result committed; open to challenge up to tick {window_end}"),
        true => format!("accepted: the next tick pays the provider; open to challenge up to tick {window_end}"),
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

/// How an assignment ended, in a few words.
pub(super) fn end_of(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Passed(reason) => format!("passed: {}", reason_of(reason)),
        AttemptEnd::Missed => "missed its deadline".into(),
        AttemptEnd::Refuted => "its result was refuted".into(),
    }
}

fn reason_of(reason: &PassReason) -> String {
    match reason {
        PassReason::InputsMissing => "an input is missing".into(),
        PassReason::UrlRefused { status: 0 } => "the server of an input's URL does not answer".into(),
        PassReason::UrlRefused { status } => format!("the server of an input's URL answers {status}"),
        PassReason::DoesNotFit => "the job does not fit its device or its disk".into(),
        PassReason::DeviceFault => "its device failed".into(),
        PassReason::TooSlow => "its device cannot finish by the deadline".into(),
        PassReason::Other => "no reason given".into(),
    }
}

/// What the buyer can do about it.
pub(super) fn remedy(job: JobId, end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Passed(PassReason::InputsMissing) => format!(
            "upload the inputs to the next provider: leave `touchstone submit` running, or use `touchstone put {job} \
            job.toml`"
        ),
        AttemptEnd::Passed(PassReason::UrlRefused { .. }) => {
            "check that the URL can be fetched from the internet without a password, and serves the bytes that the job \
            names"
                .into()
        }
        AttemptEnd::Passed(PassReason::DoesNotFit) => {
            "the job goes to another provider; if all of them pass, split it into smaller jobs".into()
        }
        AttemptEnd::Passed(PassReason::TooSlow) => {
            "the job goes to another provider; if all of them pass, submit it with a longer deadline, or split \
            it"
            .into()
        }
        AttemptEnd::Passed(PassReason::DeviceFault | PassReason::Other) | AttemptEnd::Missed => {
            "you need not do anything: the job goes to another provider".into()
        }
        AttemptEnd::Refuted => "you need not do anything: the job goes to another provider, and nothing was \
            paid"
            .into(),
    }
}

/// The assignments of a job that ended without a result that stood, for programs.
pub(super) fn history_json(job: &JobView) -> Value {
    job.history.iter().map(|attempt| attempt_json(job.id, attempt)).collect()
}

/// One of them.
pub(super) fn attempt_json(job: JobId, attempt: &AttemptView<AccountId>) -> Value {
    let (end, reason, status) = match attempt.end {
        AttemptEnd::Passed(reason) => {
            let status = match reason {
                PassReason::UrlRefused { status } => Some(status),
                _ => None,
            };
            let name = match reason {
                PassReason::InputsMissing => "InputsMissing",
                PassReason::UrlRefused { .. } => "UrlRefused",
                PassReason::DoesNotFit => "DoesNotFit",
                PassReason::DeviceFault => "DeviceFault",
                PassReason::TooSlow => "TooSlow",
                PassReason::Other => "Other",
            };
            ("Passed", Some(name), status)
        }
        AttemptEnd::Missed => ("Missed", None, None),
        AttemptEnd::Refuted => ("Refuted", None, None),
    };
    json!({
        "attempt": attempt.attempt,
        "provider": attempt.provider.to_string(),
        "device": attempt.device,
        "end": end,
        "reason": reason,
        "status": status,
        "at": attempt.at,
        "remedy": remedy(job, &attempt.end),
    })
}

/// One of them, in a line for people.
pub(super) fn attempt_text(job: JobId, attempt: &AttemptView<AccountId>) -> String {
    format!(
        "attempt {} by {} {} at tick {}; {}",
        attempt.attempt,
        short(&attempt.provider),
        end_of(&attempt.end),
        attempt.at,
        remedy(job, &attempt.end)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: [AttemptEnd; 9] = [
        AttemptEnd::Passed(PassReason::InputsMissing),
        AttemptEnd::Passed(PassReason::UrlRefused { status: 0 }),
        AttemptEnd::Passed(PassReason::UrlRefused { status: 403 }),
        AttemptEnd::Passed(PassReason::DoesNotFit),
        AttemptEnd::Passed(PassReason::DeviceFault),
        AttemptEnd::Passed(PassReason::TooSlow),
        AttemptEnd::Passed(PassReason::Other),
        AttemptEnd::Missed,
        AttemptEnd::Refuted,
    ];

    #[test]
    fn a_result_that_is_accepted_is_paid_with_the_next_tick() {
        assert_eq!(committed(false, 9), "result committed; open to challenge up to tick 9");
        assert_eq!(committed(true, 9), "accepted: the next tick pays the provider; open to challenge up to tick 9");
    }

    #[test]
    fn every_end_of_an_assignment_has_its_reason() {
        let texts: std::collections::BTreeSet<_> = ENDS.iter().map(end_of).collect();
        assert_eq!(texts.len(), ENDS.len());
        assert!(texts.contains("passed: the server of an input's URL answers 403"));
    }

    #[test]
    fn the_remedy_fits_the_reason() {
        let job = JobId([7; 32]);
        let remedy = |reason| super::remedy(job, &AttemptEnd::Passed(reason));
        assert!(remedy(PassReason::InputsMissing).contains(&format!("touchstone put {job}")));
        assert!(remedy(PassReason::UrlRefused { status: 404 }).contains("serves the bytes that the job names"));
        assert!(remedy(PassReason::TooSlow).contains("a longer deadline"));
        assert!(remedy(PassReason::DoesNotFit).contains("smaller jobs"));
        assert!(remedy(PassReason::DeviceFault).contains("you need not do anything"));
    }

    #[test]
    fn programs_get_the_status_of_a_refused_url() {
        let attempt = AttemptView {
            attempt: 2,
            provider: AccountId::from([3; 32]),
            device: 1,
            end: AttemptEnd::Passed(PassReason::UrlRefused { status: 404 }),
            at: 17,
        };
        let shown = attempt_json(JobId([7; 32]), &attempt);
        assert_eq!(
            (&shown["end"], &shown["reason"], &shown["status"]),
            (&"Passed".into(), &"UrlRefused".into(), &404.into())
        );
        assert_eq!((&shown["attempt"], &shown["device"], &shown["at"]), (&2.into(), &1.into(), &17.into()));
    }
}

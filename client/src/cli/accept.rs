//! `touchstone accept`

use serde_json::json;
use touchstone_client::chain::Call;
use touchstone_primitives::{views::Stage, CloseReason, JobId};

use super::{
    context::{Context, Done},
    data,
    output::parse_job,
    reach, stages, transact,
};

#[derive(clap::Args)]
#[command(after_help = "\
The price is paid with the next block; the provider's collateral stays at risk until the window ends. If the result is
refuted after all, the price comes back out of the collateral.

Examples:
  touchstone --signer //Bob accept 0x…")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let signer = context.settings.signer()?;
    let chain = context.settings.chain().await?;
    let at = chain.at_best().await?;
    if let Some(reason) = refusal(&stages::job(&at, args.job).await?.stage) {
        anyhow::bail!("the job {} has no result to accept: {reason}", args.job);
    }
    let committed = data::committed(&reach::http(context, &chain).await?, &at, args.job).await?;
    let call = Call::Accept { job: args.job, commitment: committed.result.commitment };
    let block = transact::submit(&chain, &signer, call).await?;
    context.out.result(json!({ "job": args.job.to_string(), "block": block.block.number }), || {
        format!("accepted in block {}: {} is paid with the next block", block.block.number, committed.result.provider)
    });
    Ok(Done::Ok)
}

/// Why no result of a job at this stage can be accepted, if that is so.
fn refusal<AccountId>(stage: &Stage<AccountId>) -> Option<String> {
    let reason = match stage {
        Stage::Committed { accepted: false, .. } => return None,
        Stage::Committed { accepted: true, .. } => "it is accepted already, and the next tick pays the provider",
        Stage::Open { .. } | Stage::Assigned { .. } => "none is committed yet; follow it with `touchstone watch`",
        Stage::Closed { reason: CloseReason::Settled, .. } => "its window is over, and the provider is paid",
        Stage::Closed { reason, .. } => return Some(format!("the job is closed; {}", stages::closed(*reason))),
    };
    Some(reason.into())
}

#[cfg(test)]
mod tests {
    use touchstone_primitives::{views::BidView, CommitmentId};

    use super::*;

    fn committed(accepted: bool) -> Stage<()> {
        let deal = BidView { provider: (), device: 0, price: 1, collateral: 1 };
        Stage::Committed { deal, commitment: CommitmentId([1; 32]), committed_at: 2, window_end: 9, accepted }
    }

    #[test]
    fn a_result_can_be_accepted_once_and_while_its_window_is_open() {
        assert_eq!(refusal(&committed(false)), None);
        assert!(refusal(&committed(true)).unwrap().contains("accepted already"));
        let closed = |reason| refusal(&Stage::<()>::Closed { reason, at: 9 }).unwrap();
        assert!(closed(CloseReason::Settled).contains("its window is over"));
        assert!(closed(CloseReason::Cancelled).contains("the buyer took the job back"));
        assert!(refusal(&Stage::<()>::Open { closes: 9, best: None }).unwrap().contains("none is committed yet"));
    }
}

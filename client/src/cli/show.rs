//! `touchstone job`

use anyhow::Context as _;
use serde_json::json;
use touchstone_client::{amount, chain::At, JobView};
use touchstone_primitives::{views::Stage, JobId};

use super::{
    output::{hex, parse_job, plain},
    watch, Context, Done,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone job 0x…
  touchstone job 0x… --json")]
pub struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let at = context.settings.chain().await?.at_best().await?;
    let job = job(&at, args.job).await?;
    let result = at.result(args.job).await?;
    let escrow = at.escrow(args.job).await?;
    let clock = at.clock().await?;
    let roots: Vec<_> = result.iter().flat_map(|result| &result.roots).map(|root| hex(root)).collect();
    let endpoint = job.endpoint.as_deref().map(plain);
    let json = json!({
        "job": job.id.to_string(),
        "buyer": job.buyer.to_string(),
        "stage": stage(&job),
        "attempt": job.attempt,
        "clock": clock,
        "work": job.totals.work,
        "fuel": job.totals.fuel,
        "endpoint": endpoint,
        "commitment": result.as_ref().map(|result| result.commitment.to_string()),
        "roots": roots,
        "outputBytes": job.output_bytes,
        "payment": escrow.as_ref().map(|escrow| escrow.payment.to_string()),
        "collateral": escrow.as_ref().and_then(|escrow| escrow.collateral).map(|(_, amount)| amount.to_string()),
    });
    context.out.result(json, || {
        let mut text = format!(
            "job       {}\nbuyer     {}\nstage     {} (attempt {}, clock {clock})\nwork      {} fuel in {} steps\n",
            job.id,
            job.buyer,
            stage(&job),
            job.attempt,
            job.totals.work,
            job.spec.steps.len()
        );
        if let Some(endpoint) = &endpoint {
            text.push_str(&format!("data      {endpoint}\n"));
        }
        if let Some(escrow) = &escrow {
            text.push_str(&format!("held      {}", amount::show(escrow.payment)));
            if let Some((provider, collateral)) = &escrow.collateral {
                text.push_str(&format!(" of the buyer, {} of {provider}", amount::show(*collateral)));
            }
            text.push('\n');
        }
        for (step, (root, bytes)) in roots.iter().zip(&job.output_bytes).enumerate() {
            text.push_str(&format!("step {step:<4} {root}  {bytes} bytes\n"));
        }
        text
    });
    Ok(Done::Ok)
}

/// The job, or an error that says what to do.
pub async fn job(at: &At, id: JobId) -> anyhow::Result<JobView> {
    at.job(id).await?.with_context(|| watch::unknown(id))
}

fn stage(job: &JobView) -> String {
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
        Stage::Closed { reason, at } => format!("closed at tick {at}: {}", watch::closed(*reason)),
    }
}

//! `touchstone job`

use serde_json::json;
use touchstone_client::amount;
use touchstone_primitives::JobId;

use super::{
    context::{Context, Done},
    output::{hex, parse_job, plain},
    stages,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone job 0x…
  touchstone job 0x… --json")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let at = context.settings.chain().await?.at_best().await?;
    let job = stages::job(&at, args.job).await?;
    let result = at.result(args.job).await?;
    let escrow = at.escrow(args.job).await?;
    let clock = at.clock().await?;
    let roots: Vec<_> = result.iter().flat_map(|result| &result.roots).map(|root| hex(root)).collect();
    let endpoint = job.endpoint.as_deref().map(plain);
    let json = json!({
        "job": job.id.to_string(),
        "buyer": job.buyer.to_string(),
        "stage": stages::stage(&job),
        "attempt": job.attempt,
        "history": stages::history_json(&job),
        "clock": clock,
        "work": job.totals.work,
        "fuel": job.totals.fuel,
        "endpoint": endpoint,
        "commitment": result.as_ref().map(|result| result.commitment.to_string()),
        "roots": roots,
        "outputBytes": job.output_bytes,
        "payment": escrow.as_ref().map(|escrow| escrow.payment.to_string()),
        "paymentInAsset": escrow.as_ref().map(|escrow| escrow.held().to_string()),
        "collateral": escrow.as_ref().and_then(|escrow| escrow.collateral).map(|(_, amount)| amount.to_string()),
    });
    context.out.result(json, || {
        let mut text = format!(
            "job       {}\nbuyer     {}\nstage     {} (attempt {}, clock {clock})\nwork      {} fuel in {} steps\n",
            job.id,
            job.buyer,
            stages::stage(&job),
            job.attempt,
            job.totals.work,
            job.spec.steps.len()
        );
        for attempt in &job.history {
            text.push_str(&format!("before    {}\n", stages::attempt_text(job.id, attempt)));
        }
        if let Some(endpoint) = &endpoint {
            text.push_str(&format!("data      {endpoint}\n"));
        }
        if let Some(escrow) = &escrow {
            text.push_str(&format!("held      {}", amount::show(escrow.payment)));
            if let Some(asset) = escrow.asset {
                text.push_str(&format!(" ({} units of asset {asset})", escrow.held()));
            }
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

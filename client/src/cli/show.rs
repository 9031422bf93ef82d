//! `touchstone job`

use std::time::Duration;

use serde_json::json;
use touchstone_client::amount;
use touchstone_primitives::JobId;

use super::{
    context::{Context, Done},
    data::{self, Committed},
    output::{hex, parse_job, plain},
    reach, stages,
};

/// Longest wait for the trace, which the provider serves: the rest is shown without it.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
#[command(after_help = "\
The chain has root and length of a result's trace. The roots of the outputs are in the trace, which the provider serves.
It has the outputs of a small result, if they came with the commitment.

Examples:
  touchstone job 0x…
  touchstone job 0x… --json")]
pub(super) struct Args {
    /// The job
    #[arg(value_parser = parse_job)]
    job: JobId,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let chain = context.settings.chain().await?;
    let at = chain.at_best().await?;
    let job = stages::job(&at, args.job).await?;
    let result = at.result(args.job).await?;
    let escrow = at.escrow(args.job).await?;
    let clock = at.clock().await?;
    let roots = match &result {
        Some(result) => {
            let http = reach::http(context, &chain).await?;
            let committed = data::with_result(&http, &at, job.clone(), result.clone()).await?;
            Some(roots_of(&committed).await)
        }
        None => None,
    };
    let trace = result.as_ref().map(|result| result.trace);
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
        "trace": trace.map(|trace| json!({ "root": hex(&trace.root), "bytes": trace.len })),
        "roots": roots.as_ref().and_then(|roots| roots.as_ref().ok()),
        "outputBytes": job.output_bytes,
        "outputsOnChain": result.as_ref().map(|result| result.carried),
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
        if let Some(trace) = &trace {
            text.push_str(&format!("trace     {}  {} bytes\n", hex(&trace.root), trace.len));
        }
        if result.as_ref().is_some_and(|result| result.carried) {
            text.push_str("outputs   on the chain, until the result is settled or refuted\n");
        }
        match &roots {
            Some(Ok(roots)) => {
                for (step, (root, bytes)) in roots.iter().zip(&job.output_bytes).enumerate() {
                    text.push_str(&format!("step {step:<4} {root}  {bytes} bytes\n"));
                }
            }
            Some(Err(reason)) => text.push_str(&format!("roots     not known: {reason}\n")),
            None => {}
        }
        text
    });
    Ok(Done::Ok)
}

/// The roots of the outputs of all steps, or why they are not known.
async fn roots_of(committed: &Committed) -> Result<Vec<String>, String> {
    match tokio::time::timeout(PATIENCE, committed.trace()).await {
        Ok(Ok(trace)) => Ok(trace.roots().iter().map(|root| hex(root)).collect()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!(
            "the provider does not serve the trace of its result within {} seconds: try again later",
            PATIENCE.as_secs()
        )),
    }
}

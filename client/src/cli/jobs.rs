//! `touchstone jobs`

use anyhow::Context as _;
use serde_json::{json, Value};
use touchstone_client::{amount, chain::all_pages, AccountId, JobView};
use touchstone_primitives::{views::Stage, Matching, Tick};

use super::{
    context::{Context, Done},
    output::{parse_account, table},
    stages,
};

#[derive(clap::Args)]
#[command(after_help = "\
Jobs that are over are shown with --all, until the chain removes their records. `for` is how long a job has been in its
state, in ticks of the dispute clock. `touchstone job JOB` shows everything about one.

Examples:
  touchstone --signer key.txt jobs
  touchstone jobs --account //Alice --all --json")]
pub(super) struct Args {
    /// The buyer: an SS58 address, the account's 32 bytes as 0x and 64 hex digits (the public key of an sr25519 or
    /// ed25519 account), or a development name; the signer if left out
    #[arg(long, value_name = "ACCOUNT", value_parser = parse_account)]
    account: Option<AccountId>,

    /// Show also those that are over
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let account = match args.account {
        Some(account) => account,
        None => *context
            .settings
            .optional_signer()?
            .context("no account is named: write --account, or pass --signer")?
            .account(),
    };
    let at = context.settings.chain().await?.at_best().await?;
    let clock = at.clock().await?;
    let all = all_pages(|after| at.jobs_of(&account, after)).await?;
    let total = all.len();
    let mut jobs: Vec<_> =
        all.into_iter().filter(|job| args.all || !matches!(job.stage, Stage::Closed { .. })).collect();
    // The newest last, where people look first.
    jobs.sort_by_key(since);
    let json: Vec<_> = jobs.iter().map(|job| json_of(job, clock)).collect();
    context.out.result(Value::Array(json), || text_of(&account, &jobs, total, clock));
    Ok(Done::Ok)
}

/// The tick since which a job is in its state.
fn since(job: &JobView) -> Tick {
    match &job.stage {
        Stage::Open { closes, .. } => closes.saturating_sub(match job.spec.matching {
            Matching::Open { ticks } if job.history.is_empty() => ticks,
            _ => job.terms.auction,
        }),
        Stage::Assigned { commit_by, .. } => commit_by.saturating_sub(job.spec.deadline),
        Stage::Committed { committed_at, .. } => *committed_at,
        Stage::Closed { at, .. } => *at,
    }
}

fn price(job: &JobView) -> Option<u128> {
    match &job.stage {
        Stage::Open { best, .. } => best.as_ref().map(|best| best.price),
        Stage::Assigned { deal, .. } | Stage::Committed { deal, .. } => Some(deal.price),
        Stage::Closed { .. } => None,
    }
}

fn json_of(job: &JobView, clock: Tick) -> Value {
    let (state, details, _) = stages::describe(job);
    json!({
        "job": job.id.to_string(),
        "state": state,
        "details": details,
        "sinceTick": since(job),
        "ageTicks": clock.saturating_sub(since(job)),
        "attempt": job.attempt,
        "ceiling": job.spec.ceiling.to_string(),
        "price": price(job).map(|price| price.to_string()),
        "history": stages::history_json(job),
    })
}

fn text_of(account: &AccountId, jobs: &[JobView], total: usize, clock: Tick) -> String {
    let over = total.saturating_sub(jobs.len());
    let hidden = match over {
        0 => String::new(),
        1 => "1 job is over: --all shows it".into(),
        over => format!("{over} jobs are over: --all shows them"),
    };
    if jobs.is_empty() {
        return format!("{account} has no jobs on this chain that are not over\n{hidden}");
    }
    let mut rows = table(["job", "state", "for", "price", "attempt", "before"]);
    for job in jobs {
        let (state, _, _) = stages::describe(job);
        let price = match price(job) {
            Some(price) => amount::show(price),
            None => format!("at most {}", amount::show(job.spec.ceiling)),
        };
        let before: Vec<_> = job.history.iter().map(|attempt| stages::end_of(&attempt.end)).collect();
        let age = clock.saturating_sub(since(job)).to_string();
        rows.add_row([job.id.to_string(), state.into(), age, price, job.attempt.to_string(), before.join(", ")]);
    }
    format!("{rows}\n{hidden}")
}

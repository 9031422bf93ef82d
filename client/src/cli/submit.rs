//! `touchstone submit`

use std::{path::PathBuf, time::Instant};

use anyhow::Context as _;
use rand::RngCore;
use serde_json::json;
use touchstone_client::{
    chain::{Call, Chain, Head},
    funds::{self, Need},
    journal::{Event, Hex, Journal, Submission},
    manifest::{Manifest, Prepared, Upload},
    settings,
    signer::Signer,
    AccountId,
};
use touchstone_kir::Kernel;
use touchstone_primitives::{
    views::{Quote, Stage},
    CloseReason, JobId,
};

use super::{
    context::{Context, Done},
    follow::{self, Timeline, Until},
    kernel,
    output::{hex, parse_hash},
    prepare, stages,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone --signer //Alice submit job.toml --upload-kernels --watch
  touchstone --signer key.txt submit job.json --json
  touchstone --signer //Alice submit job.toml --again

With --watch the inputs are brought to every provider that is assigned until the job is paid; without it, to the first.

The job's id and salt are printed, and written to a journal, before anything is sent. After an error or Ctrl-C the same
command goes on with that job and pays nothing twice; `touchstone jobs` lists what is on the chain. The journal is in
~/.local/state/touchstone/submissions (XDG_STATE_HOME).")]
pub struct Args {
    /// The job description, TOML or JSON
    manifest: PathBuf,

    /// Upload the kernels that the chain lacks
    #[arg(long)]
    upload_kernels: bool,

    /// Follow the job to its payment
    #[arg(long)]
    watch: bool,

    /// Submit another job of the same description, even if the last one was cut off
    #[arg(long)]
    again: bool,

    /// Makes two jobs of the same description different; random if left out
    #[arg(long, value_parser = parse_hash, value_name = "0x…", conflicts_with = "again")]
    salt: Option<[u8; 32]>,

    /// Leave it to somebody else to bring the inputs to the provider
    #[arg(long)]
    no_put: bool,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let signer = context.settings.signer()?;
    let journal_folder = settings::state_folder()?;
    let manifest = Manifest::read(&args.manifest)?;
    let chain = context.settings.chain().await?;
    let prepared = prepare::prepare(&chain, &manifest).await?;
    let journal = Journal::open(&journal_folder, chain.genesis_hash(), signer.account())?;
    let earlier = match args.again || args.salt.is_some() {
        true => None,
        false => earlier(context, &chain, &journal, &prepared).await?,
    };
    let started = Instant::now();
    let (job, head, salt) = match earlier {
        Some(Earlier { submission, head: Some(head) }) => (submission.job, head, submission.salt),
        other => {
            let salt = other.map(|earlier| earlier.submission.salt).or(args.salt).unwrap_or_else(random);
            let job = JobId::new(&chain.genesis_hash(), signer.account(), &salt, &prepared.spec);
            provide_kernels(context, &chain, &signer, &prepared, salt, args.upload_kernels).await?;
            let head = send(context, &chain, &signer, &journal, &prepared, job, salt).await?;
            (job, head, salt)
        }
    };
    way_on(context, job, &salt);
    context.out.event(
        json!({ "event": "submitted", "job": job.to_string(), "block": head.number, "salt": hex(&salt) }),
        || format!("submitted in block {}", head.number),
    );

    let mut timeline = Timeline::new(job, head, started);
    let uploads: &[Upload] = if args.no_put { &[] } else { &prepared.uploads };
    let done = match (args.watch, uploads.is_empty()) {
        (true, _) => follow::follow(context, &chain, &mut timeline, Until::Paid, uploads).await?,
        (false, false) => follow::follow(context, &chain, &mut timeline, Until::Assigned, uploads).await?,
        (false, true) => Done::Ok,
    };
    journal.note(&prepared.spec, &salt, Event::Done)?;
    context.way_on.clear();
    Ok(done)
}

/// A submission to go on with, and the block in which the chain shows it, if it does.
struct Earlier {
    submission: Submission,
    head: Option<Head>,
}

/// The submission of the same work that an error or Ctrl-C has cut off, unless it is over and paid nothing.
async fn earlier(
    context: &Context,
    chain: &Chain,
    journal: &Journal,
    prepared: &Prepared,
) -> anyhow::Result<Option<Earlier>> {
    let Some(submission) = journal.unfinished(&prepared.spec)? else { return Ok(None) };
    let job = submission.job;
    let at = chain.at_best().await?;
    let head = submission.seen.unwrap_or(at.head());
    match at.job(job).await?.map(|view| view.stage) {
        Some(Stage::Closed { reason, .. }) if reason != CloseReason::Settled => {
            context.out.note(format!(
                "the job {job} of the same description is over ({}); this is another \
                one",
                stages::closed(reason)
            ));
            journal.note(&prepared.spec, &submission.salt, Event::Done)?;
            Ok(None)
        }
        Some(_) => {
            context
                .out
                .event(json!({ "event": "found", "job": job.to_string(), "salt": hex(&submission.salt) }), || {
                    job.to_string()
                });
            context.out.note(
                "this description was submitted before, and that command did not come to its end: going on with its \
                job; nothing is paid twice (--again submits another one)",
            );
            Ok(Some(Earlier { submission, head: Some(head) }))
        }
        // Its block may have been retracted, or the chain may be another one with the same beginning.
        None => match submission.seen {
            Some(seen) if chain.has_block(&seen).await? => anyhow::bail!(
                "this description was submitted before, as the job {job} in block {}; its record is removed by now, so \
                it is over. --again submits another one",
                seen.number
            ),
            _ => {
                context.out.note("this description was sent before and is not on the chain yet: sending the same job");
                Ok(Some(Earlier { submission, head: None }))
            }
        },
    }
}

/// Prints and writes down what is about to be sent, and sends it. Gives the block that has the job.
async fn send(
    context: &Context,
    chain: &Chain,
    signer: &Signer,
    journal: &Journal,
    prepared: &Prepared,
    job: JobId,
    salt: [u8; 32],
) -> anyhow::Result<Head> {
    let at = chain.at_best().await?;
    if at.job(job).await?.is_some() {
        context.out.event(json!({ "event": "found", "job": job.to_string(), "salt": hex(&salt) }), || job.to_string());
        context.out.note("the job is on the chain already: nothing is sent");
        return Ok(at.head());
    }
    // Free, and says why the chain would refuse before a fee is spent.
    let quote = prepare::quote(chain, prepared).await?;
    let spec = &prepared.spec;
    let inline = prepared.inline.clone();
    let call = Call::Submit { salt, spec: spec.clone(), inline, code_bytes: quote.totals.code_bytes };
    funds::ensure(chain, signer, &call, &needs(&quote, spec.asset)).await?;
    if quote.best.is_none() {
        context.out.note("nobody would take the job now: it waits for bids in an open auction");
    }
    journal.note(spec, &salt, Event::Sending)?;
    way_on(context, job, &salt);
    context.out.event(json!({ "event": "sending", "job": job.to_string(), "salt": hex(&salt) }), || job.to_string());
    context.out.always(format!("sending job {job} with salt {}", hex(&salt)));
    let head = match chain.submit(signer, call).await {
        Ok(block) => block.block,
        Err(error) if error.dispatch_error().is_some_and(|error| error.is("ReverseAuction", "AlreadySubmitted")) => {
            context.out.note("the job is on the chain already");
            chain.best().await?
        }
        Err(error) => {
            if error.is_final() {
                journal.note(spec, &salt, Event::Refused)?;
                context.way_on.clear();
            }
            return Err(error.into());
        }
    };
    journal.note(spec, &salt, Event::InBlock { number: head.number, hash: Hex(head.hash) })?;
    Ok(head)
}

const HELD: &str = "held for price, fee and passes";

/// What a submission takes from the buyer in the native coin, besides its fee.
fn needs(quote: &Quote<AccountId>, asset: Option<u32>) -> Vec<Need> {
    let deposit = Need::new("as a deposit that returns", quote.deposit);
    match asset {
        None => vec![Need::new(HELD, quote.held), deposit],
        Some(_) => vec![deposit],
    }
}

fn way_on(context: &Context, job: JobId, salt: &[u8; 32]) {
    context.way_on.set(format!(
        "the job {job} (salt {}) may be on the chain: `touchstone job {job}` shows it, `touchstone watch {job}` \
        follows it, and the same command as before goes on with it without paying twice",
        hex(salt)
    ));
}

fn random() -> [u8; 32] {
    let mut salt = [0; 32];
    rand::thread_rng().fill_bytes(&mut salt);
    salt
}

/// Uploads the kernels that the chain lacks, if the signer can pay for them and for the job after that.
async fn provide_kernels(
    context: &Context,
    chain: &Chain,
    signer: &Signer,
    prepared: &Prepared,
    salt: [u8; 32],
    upload: bool,
) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for hash in prepare::missing_kernels(chain, prepared).await? {
        match (prepared.kernels.iter().find(|local| local.hash() == hash), upload) {
            (Some(local), true) => missing.push(local),
            (Some(_), false) => anyhow::bail!("the chain has no kernel {}: add --upload-kernels", hex(&hash)),
            (None, _) => anyhow::bail!(
                "the chain has no kernel {}: name its file in the description instead of its hash, and add \
                --upload-kernels",
                hex(&hash)
            ),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut needs = kernel::deposits(chain, missing.iter().copied()).await?;
    let Foreseen { needs: of_job, code_bytes } = foreseen(chain, prepared).await?;
    needs.extend(of_job);
    let uploads: Vec<Call> = missing.iter().map(|local| kernel::upload_call(local)).collect();
    let inline = prepared.inline.clone();
    let submission = Call::Submit { salt, spec: prepared.spec.clone(), inline, code_bytes };
    let calls: Vec<Call> = uploads.iter().cloned().chain([submission]).collect();
    let bill = funds::ensure_all(chain, signer, &calls, &needs).await?;
    context.out.note(bill.to_string());
    for (local, call) in missing.into_iter().zip(uploads) {
        kernel::send_upload(chain, signer, call).await?;
        context.out.note(format!("uploaded kernel {}", hex(&local.hash())));
    }
    Ok(())
}

/// What is known of a submission before the chain has all its kernels: only then does it quote the job.
struct Foreseen {
    /// What the submission will take.
    needs: Vec<Need>,
    /// Bytes of the kernels of all steps.
    code_bytes: u32,
}

async fn foreseen(chain: &Chain, prepared: &Prepared) -> anyhow::Result<Foreseen> {
    let at = chain.at_best().await?;
    let (spec, terms) = (&prepared.spec, at.terms().await?);
    let mut lens: Vec<u32> = spec.inputs.iter().map(|input| input.buffer.len).collect();
    let (mut fuel, mut code_bytes) = (0u64, 0u32);
    for step in &spec.steps {
        let decoded;
        let kernel = match prepared.kernels.iter().find(|local| local.hash() == step.kernel) {
            Some(local) => &local.kernel,
            None => {
                let view = at.kernel(step.kernel).await?.context("a kernel of the job was removed from the chain")?;
                decoded = Kernel::decode(&view.code).context("a kernel is of a newer version: update this program")?;
                &decoded
            }
        };
        let reads: Vec<u32> = step.reads.iter().filter_map(|read| lens.get(usize::from(*read)).copied()).collect();
        // What has no cost is refused by the chain, which says why.
        let cost = kernel.cost(&step.params, &reads).map_or(0, |cost| cost.fuel);
        fuel = fuel.saturating_add(cost.saturating_mul(step.invocations.into()));
        code_bytes = code_bytes.saturating_add(kernel.encode().len() as u32);
        lens.push(step.invocations.saturating_mul(u32::from(kernel.window())).saturating_mul(4));
    }
    let passes = terms.pass_fee.saturating_mul(terms.max_passes.into());
    let held = spec.ceiling.saturating_add(terms.fee(spec.ceiling, fuel)).saturating_add(passes);
    let deposit = Need::new("or more as a deposit for the job", chain.storage_price().await?.job_at_least(spec));
    let needs = match spec.asset {
        None => vec![Need::new(HELD, held), deposit],
        Some(_) => vec![deposit],
    };
    Ok(Foreseen { needs, code_bytes })
}

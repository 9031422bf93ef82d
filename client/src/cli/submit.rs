//! `touchstone submit`

use std::{path::PathBuf, time::Instant};

use rand::RngCore;
use serde_json::json;
use touchstone_client::{
    chain::{Call, Chain},
    manifest::{Manifest, Prepared, Upload},
};
use touchstone_primitives::JobId;

use super::{
    kernel,
    output::{hex, parse_hash},
    quote,
    watch::{self, Timeline, Until},
    Context, Done,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone --signer //Alice submit job.toml --upload-kernels --watch
  touchstone --signer key.txt submit job.json --json

With --watch the inputs are brought to every provider that is assigned until the job is paid; without it, to the first.
A submission that was cut off can be repeated with its --salt: the chain takes the job once.")]
pub struct Args {
    /// The job description, TOML or JSON
    manifest: PathBuf,

    /// Upload the kernels that the chain lacks
    #[arg(long)]
    upload_kernels: bool,

    /// Follow the job to its payment
    #[arg(long)]
    watch: bool,

    /// Makes two jobs of the same description different; random if left out
    #[arg(long, value_parser = parse_hash, value_name = "0x…")]
    salt: Option<[u8; 32]>,

    /// Leave it to somebody else to bring the inputs to the provider
    #[arg(long)]
    no_put: bool,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let signer = context.settings.signer()?;
    let manifest = Manifest::read(&args.manifest)?;
    let chain = context.settings.chain().await?;
    let prepared = quote::prepare(&chain, &manifest).await?;
    provide_kernels(context, &chain, &signer, &prepared, args.upload_kernels).await?;

    // Free, and says why the chain would refuse before a fee is spent.
    let quote = quote::quote(&chain, &prepared).await?;
    if quote.best.is_none() {
        context.out.note("nobody would take the job now: it waits for bids in an open auction");
    }

    let salt = args.salt.unwrap_or_else(|| {
        let mut salt = [0; 32];
        rand::thread_rng().fill_bytes(&mut salt);
        salt
    });
    let job = JobId::new(&chain.genesis_hash(), signer.account(), &salt, &prepared.spec);
    let started = Instant::now();
    let call = Call::Submit { salt, spec: prepared.spec.clone(), inline: prepared.inline.clone() };
    let head = match chain.submit(&signer, call).await {
        Ok(block) => block.block,
        Err(error)
            if args.salt.is_some()
                && error.dispatch_error().is_some_and(|error| error.is("ReverseAuction", "AlreadySubmitted")) =>
        {
            context.out.note("the job is on the chain already");
            chain.best().await?
        }
        Err(error) => return Err(error.into()),
    };
    context.out.event(
        json!({ "event": "submitted", "job": job.to_string(), "block": head.number, "salt": hex(&salt) }),
        || format!("{job}\nsubmitted in block {}", head.number),
    );

    let mut timeline = Timeline::new(job, head, started);
    let uploads: &[Upload] = if args.no_put { &[] } else { &prepared.uploads };
    match (args.watch, uploads.is_empty()) {
        (true, _) => watch::follow(context, &chain, &mut timeline, Until::Paid, uploads).await,
        (false, false) => watch::follow(context, &chain, &mut timeline, Until::Assigned, uploads).await,
        (false, true) => Ok(Done::Ok),
    }
}

async fn provide_kernels(
    context: &Context,
    chain: &Chain,
    signer: &touchstone_client::signer::Signer,
    prepared: &Prepared,
    upload: bool,
) -> anyhow::Result<()> {
    for hash in quote::missing_kernels(chain, prepared).await? {
        let local = prepared.kernels.iter().find(|local| local.hash() == hash);
        match (local, upload) {
            (Some(local), true) => {
                kernel::upload(chain, signer, local).await?;
                context.out.note(format!("uploaded kernel {}", hex(&hash)));
            }
            (Some(_), false) => anyhow::bail!("the chain has no kernel {}: add --upload-kernels", hex(&hash)),
            (None, _) => anyhow::bail!(
                "the chain has no kernel {}: name its file in the description instead of its hash, and add --upload-kernels",
                hex(&hash)
            ),
        }
    }
    Ok(())
}

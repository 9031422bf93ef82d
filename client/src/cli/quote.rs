//! `touchstone quote`

use std::path::PathBuf;

use serde_json::{json, Value};
use touchstone_client::{amount, manifest::Manifest, AccountId};
use touchstone_primitives::views::{Obstacle, Quote};

use super::{
    context::{Context, Done},
    output::{hex, table},
    prepare,
};

#[derive(clap::Args)]
#[command(after_help = "\
A job description:
  ceiling = \"5TSN\"            # the highest price
  matching = \"instant\"        # or \"open\": an auction of `auction` ticks
  class = \"any\"               # or \"cpu\", \"integrated\", \"discrete\"
  deadline = 20               # ticks from assignment to commitment

  [[input]]
  name = \"image\"
  file = \"photo.rgba\"         # beside the description
  source = \"put\"              # or \"inline\", or a URL from which the provider pulls

  [[step]]
  name = \"blurred\"
  kernel = \"blur.wgsl\"        # or a .kir file, or the hash of an uploaded kernel
  reads = [\"image\"]           # inputs and earlier steps, by name
  invocations = 65536
  params = [256, 256]

Examples:
  touchstone quote job.toml
  touchstone quote job.json --json")]
pub struct Args {
    /// The job description, TOML or JSON
    manifest: PathBuf,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let manifest = Manifest::read(&args.manifest)?;
    let chain = context.settings.chain().await?;
    let prepared = prepare::prepare(&chain, &manifest).await?;
    let missing = prepare::missing_kernels(&chain, &prepared).await?;
    anyhow::ensure!(
        missing.is_empty(),
        "the chain has no kernel {}: upload it with `touchstone kernel upload FILE`",
        missing.iter().map(|hash| hex(hash)).collect::<Vec<_>>().join(", ")
    );
    let quote = prepare::quote(&chain, &prepared).await?;
    context.out.result(json_of(&quote), || text_of(&quote));
    Ok(Done::Ok)
}

fn json_of(quote: &Quote<AccountId>) -> Value {
    json!({
        "work": quote.totals.work,
        "fuel": quote.totals.fuel,
        "inputBytes": quote.totals.input_bytes,
        "outputBytes": quote.totals.output_bytes,
        "memory": quote.totals.memory,
        "codeBytes": quote.totals.code_bytes,
        "windowTicks": quote.window,
        "held": quote.held.to_string(),
        "heldInAsset": quote.held_in_asset.to_string(),
        "deposit": quote.deposit.to_string(),
        "fee": quote.fee.to_string(),
        "best": quote.best.as_ref().map(|best| json!({
            "provider": best.provider.to_string(),
            "device": best.device,
            "price": best.price.to_string(),
            "collateral": best.collateral.to_string(),
        })),
        "candidates": quote.candidates.iter().map(|candidate| json!({
            "provider": candidate.provider.to_string(),
            "device": candidate.device,
            "price": candidate.price.to_string(),
            "obstacles": candidate.obstacles.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn text_of(quote: &Quote<AccountId>) -> String {
    let mut text = format!(
        "work      {} fuel ({} computed), {} bytes in, {} bytes out, {} bytes on the device\n\
         window    {} ticks after the commitment\n\
         held      {}, and a deposit of {} that returns\n",
        quote.totals.work,
        quote.totals.fuel,
        quote.totals.input_bytes,
        quote.totals.output_bytes,
        quote.totals.memory,
        quote.window,
        amount::show(quote.held),
        amount::show(quote.deposit),
    );
    match &quote.best {
        Some(best) => text.push_str(&format!(
            "taken by  {} (device {}) for {} and a fee of {}; it puts {} at risk\n",
            best.provider,
            best.device,
            amount::show(best.price),
            amount::show(quote.fee),
            amount::show(best.collateral),
        )),
        None => text.push_str("taken by  nobody now: an instant job would become an open auction\n"),
    }
    if !quote.candidates.is_empty() {
        let mut rows = table(["provider", "device", "price", "would take it"]);
        for candidate in &quote.candidates {
            let verdict = match candidate.obstacles.as_slice() {
                [] => "yes".to_owned(),
                obstacles => obstacles.iter().map(|it| obstacle(*it)).collect::<Vec<_>>().join("; "),
            };
            rows.add_row([
                candidate.provider.to_string(),
                candidate.device.to_string(),
                amount::show(candidate.price),
                verdict,
            ]);
        }
        text.push_str(&rows.to_string());
    }
    text
}

fn obstacle(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NoAsk => "no: it asks for no work, or is paused after a fault",
        Obstacle::NotYetActive => "no: its ask counts only later",
        Obstacle::NoFreeSlot => "no: all its slots are taken",
        Obstacle::WrongClass => "no: another class of device is wanted",
        Obstacle::TooLittleMemory => "no: too little memory",
        Obstacle::AboveCeiling => "no: its price is above the ceiling",
        Obstacle::BelowMinimum => "no: the price is below its minimum",
        Obstacle::TooLittleStake => "no: its free stake does not cover the collateral",
        Obstacle::Excluded => "no: it failed or passed this job before",
    }
}

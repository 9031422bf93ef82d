//! `touchstone balance`

use anyhow::Context as _;
use serde_json::json;
use touchstone_client::{amount, AccountId};

use super::{
    context::{Context, Done},
    output::parse_account,
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone balance //Alice
  touchstone --signer key.txt balance --json")]
pub(super) struct Args {
    /// The account: an SS58 address, the account's 32 bytes as 0x and 64 hex digits (the public key of an sr25519 or
    /// ed25519 account), or a development name; the signer's if left out
    #[arg(value_parser = parse_account)]
    account: Option<AccountId>,
}

pub(super) async fn run(context: &Context, args: Args) -> anyhow::Result<Done> {
    let account = match args.account {
        Some(account) => account,
        None => {
            *context.settings.optional_signer()?.context("no account is named: write one, or pass --signer")?.account()
        }
    };
    let funds = context.settings.chain().await?.at_best().await?.balance(&account).await?;
    let json = json!({
        "account": account.to_string(),
        "free": funds.free.to_string(),
        "held": funds.held.to_string(),
    });
    context
        .out
        .result(json, || format!("{account}\nfree  {}\nheld  {}", amount::show(funds.free), amount::show(funds.held)));
    Ok(Done::Ok)
}

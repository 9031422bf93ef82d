//! `touchstone provider`

use anyhow::Context as _;
use serde_json::{json, Value};
use touchstone_client::{amount, chain::all_pages, AccountId, ProviderView};

use super::{
    context::{Context, Done},
    output::{parse_account, plain, table},
};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Show one provider, or all of them
    #[command(after_help = "\
Examples:
  touchstone provider show
  touchstone provider show //Alice --json")]
    Show {
        /// Its account: an SS58 address, the account's 32 bytes as 0x and 64 hex digits (the public key of an sr25519
        /// or ed25519 account), or a development name
        #[arg(value_parser = parse_account)]
        account: Option<AccountId>,
    },
}

pub(super) async fn run(context: &Context, command: Command) -> anyhow::Result<Done> {
    let Command::Show { account } = command;
    let at = context.settings.chain().await?.at_best().await?;
    let providers = match account {
        Some(account) => {
            let provider = at.provider(&account).await?;
            vec![provider.with_context(|| format!("{account} is not a provider: see `touchstone provider show`"))?]
        }
        None => all_pages(|after| at.providers(after)).await?,
    };
    let json: Vec<_> = providers.iter().map(json_of).collect();
    context.out.result(Value::Array(json), || text_of(&providers));
    Ok(Done::Ok)
}

fn json_of(provider: &ProviderView) -> Value {
    json!({
        "account": provider.account.to_string(),
        "freeStake": provider.free_stake.to_string(),
        "endpoint": plain(&provider.endpoint),
        "openJobs": provider.open_jobs,
        "settled": provider.settled,
        "refuted": provider.refuted,
        "missed": provider.missed,
        "devices": provider.devices.iter().map(|device| json!({
            "id": device.id,
            "name": plain(&device.spec.name),
            "class": format!("{:?}", device.spec.class),
            "memory": device.spec.memory,
            "busy": device.busy,
            "activeFrom": device.active_from,
            "ask": device.ask.map(|ask| json!({
                "perGigafuel": ask.per_gigafuel.to_string(),
                "minimum": ask.minimum.to_string(),
                "slots": ask.slots,
            })),
        })).collect::<Vec<_>>(),
    })
}

fn text_of(providers: &[ProviderView]) -> String {
    if providers.is_empty() {
        return "there are no providers: one is made by `gpu-worker register`".into();
    }
    let mut rows = table(["provider", "stake", "settled/refuted/missed", "device", "price per gigafuel", "slots"]);
    for provider in providers {
        let record = format!("{}/{}/{}", provider.settled, provider.refuted, provider.missed);
        let head = [provider.account.to_string(), amount::show(provider.free_stake), record];
        if provider.devices.is_empty() {
            rows.add_row(head.iter().cloned().chain(["none".into(), String::new(), String::new()]));
        }
        for device in &provider.devices {
            let name = format!("{}: {} ({:?})", device.id, plain(&device.spec.name), device.spec.class);
            let (price, slots) = match device.ask {
                Some(ask) => (amount::show(ask.per_gigafuel), format!("{} of {} taken", device.busy, ask.slots)),
                None => ("no ask".into(), format!("{} taken", device.busy)),
            };
            rows.add_row(head.iter().cloned().chain([name, price, slots]));
        }
    }
    let endpoints: String =
        providers.iter().map(|provider| format!("\n{}  {}", provider.account, plain(&provider.endpoint))).collect();
    format!("{rows}{endpoints}")
}

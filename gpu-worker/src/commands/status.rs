use std::fmt::Write;

use touchstone_client::{amount, chain::Chain, AccountId};
use touchstone_primitives::views::Stage;

use super::output;
use crate::settings::Settings;

/// Shows the provider as the chain knows it.
pub(super) async fn run(settings: Settings, json: bool) -> anyhow::Result<()> {
    let account = *settings.signer()?.account();
    let chain = Chain::connect(&settings.url).await?;
    print(&chain, &account, json).await
}

/// Prints what the chain knows of a provider now.
pub(super) async fn print(chain: &Chain, account: &AccountId, json: bool) -> anyhow::Result<()> {
    let at = chain.at_best().await?;
    let clock = at.clock().await?;
    let balance = at.balance(account).await?;
    let Some(provider) = at.provider(account).await? else {
        anyhow::bail!("{account} is no provider: `gpu-worker register` makes it one");
    };
    let mut duties = Vec::new();
    for duty in at.duties(account).await? {
        let job = at.job(duty.job).await?;
        let (stage, until) = match job.map(|job| job.stage) {
            Some(Stage::Assigned { commit_by, .. }) => ("assigned", commit_by),
            Some(Stage::Committed { window_end, .. }) => ("committed", window_end),
            _ => ("bidding", 0),
        };
        duties.push(serde_json::json!({
            "job": duty.job.to_string(),
            "attempt": duty.attempt,
            "device": duty.device,
            "stage": stage,
            "until": until,
        }));
    }
    let devices: Vec<_> = provider
        .devices
        .iter()
        .map(|device| {
            serde_json::json!({
                "device": device.id,
                "name": String::from_utf8_lossy(&device.spec.name),
                "class": format!("{:?}", device.spec.class),
                "memory_mib": device.spec.memory >> 20,
                "price_per_gigafuel": device.ask.map(|ask| ask.per_gigafuel.to_string()),
                "minimum": device.ask.map(|ask| ask.minimum.to_string()),
                "slots": device.ask.map_or(0, |ask| ask.slots),
                "busy": device.busy,
                "active_from": device.active_from,
                "active": device.ask.is_some() && device.active_from <= clock,
            })
        })
        .collect();
    if json {
        let all = serde_json::json!({
            "account": account.to_string(),
            "block": at.head().number,
            "clock": clock,
            "endpoint": String::from_utf8_lossy(&provider.endpoint),
            "balance": balance.free.to_string(),
            "held": balance.held.to_string(),
            "free_stake": provider.free_stake.to_string(),
            "settled": provider.settled,
            "missed": provider.missed,
            "refuted": provider.refuted,
            "devices": devices,
            "duties": duties,
        });
        return output::print(serde_json::to_string_pretty(&all)?);
    }

    let mut text = String::new();
    writeln!(text, "provider   {account}")?;
    writeln!(text, "endpoint   {}", String::from_utf8_lossy(&provider.endpoint))?;
    writeln!(text, "balance    {} free, {} held", amount::show(balance.free), amount::show(balance.held))?;
    writeln!(text, "stake      {} not at risk", amount::show(provider.free_stake))?;
    writeln!(
        text,
        "record     {} settled, {} missed, {} refuted",
        provider.settled, provider.missed, provider.refuted
    )?;
    for device in &provider.devices {
        let name = String::from_utf8_lossy(&device.spec.name);
        let ask = match device.ask {
            None => "no ask: it takes no work".to_string(),
            Some(ask) => {
                let from = match device.active_from {
                    from if from > clock => format!(", from tick {from} on (now {clock})"),
                    _ => String::new(),
                };
                format!(
                    "{} for 10⁹ fuel, {} of {} slots busy{from}",
                    amount::show(ask.per_gigafuel),
                    device.busy,
                    ask.slots
                )
            }
        };
        writeln!(text, "device {}   {name} ({:?}): {ask}", device.id, device.spec.class)?;
    }
    for duty in &duties {
        writeln!(
            text,
            "job        {} {} until tick {}",
            duty["job"].as_str().unwrap_or_default(),
            duty["stage"].as_str().unwrap_or_default(),
            duty["until"]
        )?;
    }
    output::print(text.trim_end())
}

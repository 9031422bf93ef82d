use std::fmt::Write;

use serde::Serialize;
use touchstone_client::{
    amount,
    chain::{all_pages, Chain},
    AccountId,
};
use touchstone_gpu::Report;
use touchstone_primitives::views::Stage;

use super::output;
use crate::{device_verdicts::DeviceVerdicts, kernel_verdicts::Census, settings::Settings};

/// Shows the provider as the chain knows it.
pub(super) async fn run(settings: Settings, json: bool) -> anyhow::Result<()> {
    let account = *settings.signer()?.account();
    let chain = Chain::connect(&settings.url).await?;
    print(&chain, &account, &settings.verdicts(), json).await
}

/// What is known here about a device.
#[derive(Serialize)]
struct Tested {
    adapter: String,
    driver: String,
    passed: bool,
    /// Operations that it gets wrong.
    operations: Vec<String>,
    kernels: Census,
}

impl Tested {
    fn of(verdicts: &DeviceVerdicts) -> impl FnMut(Report) -> Self + '_ {
        |report| Self {
            adapter: report.adapter.label(),
            passed: report.passed(),
            kernels: verdicts.kernels(&report.adapter).census(),
            driver: report.adapter.driver,
            operations: report.operations,
        }
    }
}

/// For people: whether it passed the self-test, and the kernels that are not settled.
impl std::fmt::Display for Tested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { adapter, passed, operations, kernels, .. } = self;
        match passed {
            true => write!(f, "{adapter}: passed the self-test")?,
            false => write!(f, "{adapter}: DIFFERS in {}", operations.join(", "))?,
        }
        let Census { compared, uncompared, differing } = kernels;
        write!(f, "; kernels: {compared} compared, {} uncompared, {} wrong", uncompared.len(), differing.len())?;
        for (word, hashes) in [("uncompared", uncompared), ("wrong", differing)] {
            for hash in hashes {
                write!(f, "\n             {word} {hash}")?;
            }
        }
        Ok(())
    }
}

/// Prints what the chain knows of a provider now, and what is known here of its devices.
pub(super) async fn print(
    chain: &Chain,
    account: &AccountId,
    verdicts: &DeviceVerdicts,
    json: bool,
) -> anyhow::Result<()> {
    let at = chain.at_best().await?;
    let clock = at.clock().await?;
    let balance = at.balance(account).await?;
    let Some(provider) = at.provider(account).await? else {
        anyhow::bail!("{account} is not a provider: `gpu-worker register` makes it one");
    };
    let mut duties = Vec::new();
    for job in all_pages(|after| at.duties(account, after)).await? {
        let (stage, deal, until) = match &job.stage {
            Stage::Assigned { deal, commit_by, .. } => ("assigned", deal, *commit_by),
            Stage::Committed { deal, window_end, .. } => ("committed", deal, *window_end),
            Stage::Open { .. } | Stage::Closed { .. } => continue,
        };
        duties.push(serde_json::json!({
            "job": job.id.to_string(),
            "attempt": job.attempt,
            "device": deal.device,
            "stage": stage,
            "until": until,
        }));
    }
    let tested: Vec<_> = verdicts.reports().into_iter().map(Tested::of(verdicts)).collect();
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
            "tested": tested,
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
            "job        {} on device {}, {} until tick {}",
            duty["job"].as_str().unwrap_or_default(),
            duty["device"],
            duty["stage"].as_str().unwrap_or_default(),
            duty["until"]
        )?;
    }
    for device in &tested {
        writeln!(text, "here       {device}")?;
    }
    output::print(text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_shown_with_the_kernels_that_are_not_settled() {
        let kernels = Census { compared: 7, uncompared: vec!["ab".repeat(32)], differing: vec!["cd".repeat(32)] };
        let mut device =
            Tested { adapter: "GPU".into(), driver: "1".into(), passed: true, operations: Vec::new(), kernels };
        let (ab, cd) = ("ab".repeat(32), "cd".repeat(32));
        let shown = format!(
            "GPU: passed the self-test; kernels: 7 compared, 1 uncompared, 1 wrong\n\
             \x20            uncompared {ab}\n\
             \x20            wrong {cd}"
        );
        assert_eq!(device.to_string(), shown);
        (device.passed, device.operations) = (false, vec!["mulhi_u".into()]);
        assert!(device.to_string().starts_with("GPU: DIFFERS in mulhi_u; kernels: 7 compared"));
    }
}

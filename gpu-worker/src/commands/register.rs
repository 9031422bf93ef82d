use anyhow::Context;
use touchstone_client::{
    amount,
    chain::{Call, Chain},
};
use touchstone_primitives::{Ask, DeviceClass, DeviceSpec, MAX_NAME_BYTES};

use crate::{
    cli,
    executor::Executor,
    gpu::{AdapterSummary, Class},
    settings::Settings,
};

/// Memory that a device with memory of its own is taken to have: wgpu does not tell.
const DISCRETE_MIB: u64 = 4096;

/// Registers what is not registered yet, and changes what is different.
pub(super) async fn run(settings: Settings, flags: &cli::Register, json: bool) -> anyhow::Result<()> {
    let signer = settings.signer()?;
    let account = *signer.account();
    let stake = amount::parse(&flags.stake)?;
    let ask =
        Ask { per_gigafuel: amount::parse(&flags.price)?, minimum: amount::parse(&flags.minimum)?, slots: flags.slots };
    let adapter = Executor::new(settings.executor()?).adapter().await?;
    let spec = device(&adapter, settings.memory_mib)?;
    let endpoint = settings.endpoint().into_bytes();

    let chain = Chain::connect(&settings.url).await?;
    let known = chain.at_best().await?.provider(&account).await?;
    let mut calls = Vec::new();
    match &known {
        None => calls.push(Call::Register { endpoint, stake }),
        Some(known) => {
            if known.endpoint != endpoint {
                calls.push(Call::SetEndpoint { endpoint });
            }
            if known.free_stake < stake {
                let amount = stake - known.free_stake;
                calls.push(Call::AddStake { amount });
            }
        }
    }
    let devices = known.map(|known| known.devices).unwrap_or_default();
    let device = match devices.iter().find(|device| device.spec == spec) {
        Some(device) => device.id,
        None => {
            calls.push(Call::AddDevice { spec: spec.clone() });
            devices.iter().map(|device| device.id.saturating_add(1)).max().unwrap_or(0)
        }
    };
    let asked = devices.iter().find(|known| known.id == device).and_then(|known| known.ask);
    if asked != Some(ask) {
        calls.push(Call::SetAsk { device, ask: Some(ask) });
    }

    for call in calls {
        let name = call.to_string();
        let block = chain.submit(&signer, call).await?;
        if !json {
            println!("{name} in block {}", block.block.number);
        }
    }
    super::status::print(&chain, &account, json).await.context("registered, but the provider cannot be shown")
}

/// The adapter as the chain describes devices.
fn device(adapter: &AdapterSummary, memory_mib: Option<u64>) -> anyhow::Result<DeviceSpec> {
    let mut name = adapter.name.clone();
    while name.len() > MAX_NAME_BYTES as usize {
        name.pop();
    }
    let class = match adapter.class {
        Class::Discrete => DeviceClass::Discrete,
        Class::Integrated => DeviceClass::Integrated,
        Class::Cpu => DeviceClass::Cpu,
    };
    let memory_mib = match (memory_mib, class) {
        (Some(mib), _) => mib,
        (None, DeviceClass::Discrete) => DISCRETE_MIB,
        (None, _) => host_memory_mib() / 2,
    };
    Ok(DeviceSpec {
        name: name.into_bytes().try_into().map_err(|_| anyhow::anyhow!("the adapter's name is too long"))?,
        class,
        memory: memory_mib.max(1) << 20,
    })
}

/// Memory of this machine, MiB; a modest guess where it cannot be read.
fn host_memory_mib() -> u64 {
    let total = || {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    total().map_or(2048, |kib| kib >> 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let adapter = AdapterSummary { name: "ü".repeat(40), ..AdapterSummary::unknown() };
        let spec = device(&adapter, Some(8)).unwrap();
        assert_eq!(spec.memory, 8 << 20);
        assert_eq!(String::from_utf8(spec.name.into_inner()).unwrap(), "ü".repeat(32));
    }
}

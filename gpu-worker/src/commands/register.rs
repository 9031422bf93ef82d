use anyhow::Context;
use touchstone_client::{
    blobs,
    chain::{Call, Chain},
    ProviderView,
};
use touchstone_gpu::{AdapterSummary, Class};
use touchstone_primitives::{views::DeviceView, Ask, Balance, DeviceClass, DeviceSpec, MAX_NAME_BYTES};

use super::output;
use crate::{cli, executor::Executor, settings::Settings};

/// Memory that a device with memory of its own is taken to have: wgpu does not tell.
const DISCRETE_MIB: u64 = 4096;

/// What a new provider stakes, and what a device works for, if nothing else is said.
const STAKE: Balance = 100_000_000_000_000;
const ASK: Ask = Ask { per_gigafuel: 1_000_000_000_000, minimum: 0, slots: 1 };

/// Registers what is not registered yet, and changes what is asked for and different.
pub(super) async fn run(settings: Settings, flags: &cli::Register, json: bool) -> anyhow::Result<()> {
    let signer = settings.signer()?;
    let account = *signer.account();
    if let Some(endpoint) = &settings.endpoint {
        blobs::check_endpoint(endpoint)?;
    }
    let mut executor = Executor::new(settings.executor()?);
    let adapter = super::self_test::require(&settings, &mut executor).await?;
    drop(executor);

    let chain = Chain::connect(&settings.url).await?;
    let known = chain.at_best().await?.provider(&account).await?;
    for call in calls(&settings, flags, &adapter, known.as_ref())? {
        let name = call.to_string();
        let block = chain.submit(&signer, call).await?;
        if !json {
            output::print(format_args!("{name} in block {}", block.block.number))?;
        }
    }
    super::status::print(&chain, &account, json).await.context("registered, but the provider cannot be shown")
}

/// What makes the chain's record say what is asked for. What is not asked for stays as it is, or gets its default if it
/// is not there yet.
fn calls(
    settings: &Settings,
    flags: &cli::Register,
    adapter: &AdapterSummary,
    known: Option<&ProviderView>,
) -> anyhow::Result<Vec<Call>> {
    let mut calls = Vec::new();
    match known {
        None => {
            anyhow::ensure!(
                settings.endpoint.is_some() || !settings.listen.ip().is_unspecified(),
                "{} is no address for others: name the one at which they reach this machine with --endpoint",
                settings.listen
            );
            let endpoint = settings.endpoint().into_bytes();
            calls.push(Call::Register { endpoint, stake: flags.stake.unwrap_or(STAKE) });
        }
        Some(known) => {
            if let Some(endpoint) = settings.endpoint.as_ref().filter(|wanted| wanted.as_bytes() != known.endpoint) {
                calls.push(Call::SetEndpoint { endpoint: endpoint.clone().into_bytes() });
            }
            if let Some(missing) = flags.stake.and_then(|stake| stake.checked_sub(known.free_stake)).filter(|&n| n > 0)
            {
                calls.push(Call::AddStake { amount: missing });
            }
        }
    }

    let devices = known.map(|known| known.devices.as_slice()).unwrap_or_default();
    let spec = device(adapter, settings.memory_mib)?;
    let same = |known: &&DeviceView| known.spec.name == spec.name && known.spec.class == spec.class;
    let registered = match settings.memory_mib {
        Some(_) => devices.iter().find(|known| known.spec == spec),
        None => devices.iter().find(|known| known.spec == spec).or_else(|| devices.iter().find(same)),
    };
    let device = match registered {
        Some(device) => device.id,
        None => {
            calls.push(Call::AddDevice { spec });
            devices.iter().map(|device| device.id.saturating_add(1)).max().unwrap_or(0)
        }
    };
    let asked = registered.and_then(|device| device.ask);
    let before = asked.unwrap_or(ASK);
    let ask = Ask {
        per_gigafuel: flags.price.unwrap_or(before.per_gigafuel),
        minimum: flags.minimum.unwrap_or(before.minimum),
        slots: flags.slots.unwrap_or(before.slots),
    };
    if asked != Some(ask) {
        calls.push(Call::SetAsk { device, ask: Some(ask) });
    }
    Ok(calls)
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
    use clap::Parser;
    use touchstone_client::AccountId;

    use super::*;

    const TSN: Balance = 1_000_000_000_000;
    const ASKED: Ask = Ask { per_gigafuel: 3 * TSN, minimum: TSN, slots: 4 };

    /// What `register` with these flags sends, where this much is set in the file and registered.
    fn sent(flags: &[&str], settings: Settings, known: Option<&ProviderView>) -> anyhow::Result<Vec<Call>> {
        let cli = cli::Cli::parse_from(["gpu-worker", "register"].iter().chain(flags));
        let cli::Command::Register(register) = cli.command else { panic!("register") };
        let settings = Settings {
            endpoint: register.endpoint.clone().or(settings.endpoint),
            memory_mib: register.memory_mib.or(settings.memory_mib),
            ..settings
        };
        calls(&settings, &register, &AdapterSummary::unknown(), known)
    }

    fn registered() -> ProviderView {
        ProviderView {
            account: AccountId([1; 32]),
            free_stake: 250 * TSN,
            endpoint: b"https://gpu.example.org".to_vec(),
            open_jobs: 0,
            settled: 0,
            refuted: 0,
            missed: 0,
            devices: vec![DeviceView {
                id: 7,
                spec: device(&AdapterSummary::unknown(), Some(777)).unwrap(),
                ask: Some(ASKED),
                active_from: 1,
                busy: 0,
            }],
        }
    }

    #[test]
    fn a_new_provider_gets_the_defaults_for_what_it_leaves_out() {
        let calls = sent(&["--memory-mib", "5"], Settings::default(), None).unwrap();
        let spec = device(&AdapterSummary::unknown(), Some(5)).unwrap();
        let endpoint = b"http://127.0.0.1:9955".to_vec();
        assert_eq!(
            calls,
            [
                Call::Register { endpoint, stake: 100 * TSN },
                Call::AddDevice { spec },
                Call::SetAsk { device: 0, ask: Some(Ask { per_gigafuel: TSN, minimum: 0, slots: 1 }) },
            ]
        );
    }

    #[test]
    fn an_address_that_is_everywhere_is_not_registered() {
        let settings = Settings { listen: "0.0.0.0:9955".parse().unwrap(), ..Settings::default() };
        let error = sent(&[], settings.clone(), None).unwrap_err().to_string();
        assert!(error.starts_with("0.0.0.0:9955 is no address for others: "), "{error}");
        assert_eq!(sent(&[], settings.clone(), Some(&registered())).unwrap(), []);
        assert!(sent(&["--endpoint", "http://gpu.example.org"], settings, None).is_ok());
    }

    #[tokio::test]
    async fn an_endpoint_that_is_none_is_refused_before_anything_else() {
        for endpoint in ["ftp://x", "foo"] {
            let cli = cli::Cli::parse_from(["gpu-worker", "register", "--endpoint", endpoint]);
            let cli::Command::Register(flags) = cli.command else { panic!("register") };
            let endpoint = flags.endpoint.clone();
            let settings = Settings { signer: Some("//Alice".into()), endpoint, ..Settings::default() };
            let error = run(settings, &flags, true).await.unwrap_err().to_string();
            assert!(error.ends_with("a provider registers an http:// or https:// URL"), "{error}");
        }
    }

    #[test]
    fn what_is_left_out_stays_as_it_is_registered() {
        assert_eq!(sent(&[], Settings::default(), Some(&registered())).unwrap(), []);
        let ask = Some(Ask { per_gigafuel: 2 * TSN, ..ASKED });
        assert_eq!(
            sent(&["--price", "2TSN"], Settings::default(), Some(&registered())).unwrap(),
            [Call::SetAsk { device: 7, ask }]
        );
    }

    #[test]
    fn what_the_settings_name_counts_as_asked_for() {
        let settings = Settings { endpoint: Some("http://file.example.org".into()), ..Settings::default() };
        assert_eq!(
            sent(&[], settings, Some(&registered())).unwrap(),
            [Call::SetEndpoint { endpoint: b"http://file.example.org".to_vec() }]
        );
    }

    #[test]
    fn what_is_asked_for_and_different_is_changed() {
        let flags = ["--stake", "300TSN", "--endpoint", "http://[::1]:1", "--minimum", "0", "--slots", "9"];
        assert_eq!(
            sent(&flags, Settings::default(), Some(&registered())).unwrap(),
            [
                Call::SetEndpoint { endpoint: b"http://[::1]:1".to_vec() },
                Call::AddStake { amount: 50 * TSN },
                Call::SetAsk { device: 7, ask: Some(Ask { minimum: 0, slots: 9, ..ASKED }) },
            ]
        );
        // More stake than that is there already.
        assert_eq!(sent(&["--stake", "250TSN"], Settings::default(), Some(&registered())).unwrap(), []);
    }

    #[test]
    fn a_paused_device_gets_an_ask_again() {
        let mut known = registered();
        known.devices[0].ask = None;
        let ask = Some(Ask { slots: 2, ..ASK });
        assert_eq!(
            sent(&["--slots", "2"], Settings::default(), Some(&known)).unwrap(),
            [Call::SetAsk { device: 7, ask }]
        );
    }

    #[test]
    fn another_memory_makes_another_device() {
        let spec = device(&AdapterSummary::unknown(), Some(5)).unwrap();
        assert_eq!(
            sent(&["--memory-mib", "5"], Settings::default(), Some(&registered())).unwrap(),
            [Call::AddDevice { spec }, Call::SetAsk { device: 8, ask: Some(ASK) }]
        );
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let adapter = AdapterSummary { name: "ü".repeat(40), ..AdapterSummary::unknown() };
        let spec = device(&adapter, Some(8)).unwrap();
        assert_eq!(spec.memory, 8 << 20);
        assert_eq!(String::from_utf8(spec.name.into_inner()).unwrap(), "ü".repeat(32));
    }
}

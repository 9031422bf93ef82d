use anyhow::Context;
use codec::DecodeAll;
use touchstone_client::{
    blobs,
    chain::{Call, Chain, Event, InBlock, TxError},
    deposits::StoragePrice,
    funds::{self, Need},
    signer::Signer,
    AccountId, ProviderView,
};
use touchstone_gpu::AdapterSummary;
use touchstone_primitives::{views::DeviceView, Ask, Balance, DeviceId, DeviceSpec};

use super::output;
use crate::{
    cli, rig,
    settings::{DeviceSettings, Settings},
};

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
    let devices = settings.devices()?;
    let own = [flags.price.is_some(), flags.minimum.is_some(), flags.slots.is_some(), flags.memory_mib.is_some()];
    anyhow::ensure!(
        devices.len() == 1 || !own.contains(&true),
        "{} devices are listed: write their prices, slots and memory there, or choose one of them with --adapter",
        devices.len()
    );
    let mut adapters = Vec::new();
    for device in &devices {
        let (_, adapter) = super::self_test::open(&settings, device).await?;
        adapters.push(adapter);
    }
    rig::check_names(devices.iter().zip(&adapters))?;

    let chain = Chain::connect(&settings.url).await?;
    let known = chain.at_best().await?.provider(&account).await?;
    let send = Sender { chain: &chain, signer: &signer, json };
    let calls = provider_calls(&settings, flags, known.as_ref())?;
    let is_new = known.is_none();
    let mut listed = known.map(|known| known.devices).unwrap_or_default();
    let mut planned = Vec::new();
    for (device, adapter) in devices.iter().zip(&adapters) {
        planned.extend(changes(device, flags, adapter, &listed)?);
    }
    ensure_funds(&chain, &signer, &calls, is_new, &planned, listed.len()).await?;
    for call in calls {
        send.call(call).await?;
    }
    for (device, adapter) in devices.iter().zip(&adapters) {
        for change in changes(device, flags, adapter, &listed)? {
            send.change(change).await?;
        }
        // What was removed or added takes or frees a number.
        listed = devices_of(&chain, &account).await?;
    }
    super::status::print(&chain, &account, &settings.verdicts(), json)
        .await
        .context("registered, but the provider cannot be shown")
}

async fn devices_of(chain: &Chain, account: &AccountId) -> anyhow::Result<Vec<DeviceView>> {
    let provider = chain.at_best().await?.provider(account).await?;
    Ok(provider.map(|provider| provider.devices).unwrap_or_default())
}

/// What makes the chain's record of the provider say what is asked for, devices apart. What is not asked for stays as
/// it is, or gets its default if it is not there yet.
fn provider_calls(
    settings: &Settings,
    flags: &cli::Register,
    known: Option<&ProviderView>,
) -> anyhow::Result<Vec<Call>> {
    let Some(known) = known else {
        anyhow::ensure!(
            settings.endpoint.is_some() || !settings.listen.ip().is_unspecified(),
            "{} is not an address that others can reach: name one that they can with --endpoint",
            settings.listen
        );
        let endpoint = settings.endpoint().into_bytes();
        return Ok(vec![Call::Register { endpoint, stake: flags.stake.unwrap_or(STAKE) }]);
    };
    let mut calls = Vec::new();
    if let Some(endpoint) = settings.endpoint.as_ref().filter(|wanted| wanted.as_bytes() != known.endpoint) {
        calls.push(Call::SetEndpoint { endpoint: endpoint.clone().into_bytes() });
    }
    if let Some(missing) = flags.stake.and_then(|stake| stake.checked_sub(known.free_stake)).filter(|&n| n > 0) {
        calls.push(Call::AddStake { amount: missing });
    }
    Ok(calls)
}

/// Refuses if the signer cannot pay for all of this, with the amounts, before any of it is sent.
async fn ensure_funds(
    chain: &Chain,
    signer: &Signer,
    calls: &[Call],
    is_new: bool,
    changes: &[Change],
    devices: usize,
) -> anyhow::Result<()> {
    let calls: Vec<Call> = calls.iter().cloned().chain(changes.iter().flat_map(Change::calls)).collect();
    if calls.is_empty() {
        return Ok(());
    }
    let needs = needs(chain.storage_price().await?, &calls, is_new, devices);
    let bill = funds::ensure_all(chain, signer, &calls, &needs).await?;
    tracing::info!("{bill}");
    Ok(())
}

/// What these calls of a provider with so many devices take besides their fees.
fn needs(price: StoragePrice, calls: &[Call], is_new: bool, devices: usize) -> Vec<Need> {
    let stake = calls.iter().fold(0, |sum: Balance, call| match call {
        Call::Register { stake, .. } => sum.saturating_add(*stake),
        Call::AddStake { amount } => sum.saturating_add(*amount),
        _ => sum,
    });
    let count = |is: fn(&Call) -> bool| calls.iter().filter(|call| is(call)).count();
    let added = count(|call| matches!(call, Call::AddDevice { .. }));
    let removed = count(|call| matches!(call, Call::RemoveDevice { .. }));
    let before = if is_new { 0 } else { price.provider(devices) };
    let after = price.provider(devices.saturating_add(added).saturating_sub(removed));
    vec![
        Need::new("as stake, which returns when the provider leaves", stake),
        Need::new("as a deposit for the provider's record, which returns then too", after.saturating_sub(before)),
    ]
}

/// A change of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    /// It goes, with its ask. If its results still stand, it only loses its ask.
    Remove(DeviceId, Option<Ask>),
    /// It works now, and gets no more work.
    Pause(DeviceId),
    /// It is new: the chain gives it a number, and then it works for this ask.
    Add(DeviceSpec, Ask),
    /// It works for this ask.
    Ask(DeviceId, Ask),
}

impl Change {
    /// The calls that make it. The number of a new device is not known yet; it does not change what they cost.
    fn calls(&self) -> Vec<Call> {
        match self {
            Self::Remove(device, _) => vec![Call::RemoveDevice { device: *device }],
            Self::Pause(device) => vec![Call::SetAsk { device: *device, ask: None }],
            Self::Add(spec, ask) => {
                vec![Call::AddDevice { spec: spec.clone() }, Call::SetAsk { device: 0, ask: Some(*ask) }]
            }
            Self::Ask(device, ask) => vec![Call::SetAsk { device: *device, ask: Some(*ask) }],
        }
    }
}

/// What makes the chain's record of a device say what is asked for. The chain changes no device: one whose description
/// is another one is replaced.
fn changes(
    device: &DeviceSettings,
    flags: &cli::Register,
    adapter: &AdapterSummary,
    listed: &[DeviceView],
) -> anyhow::Result<Vec<Change>> {
    let mut spec = rig::spec(device, adapter)?;
    let called_so: Vec<&DeviceView> = listed.iter().filter(|known| known.spec.name == spec.name).collect();
    // The one that works comes before those that an earlier change has left until their jobs are over.
    let current = called_so
        .iter()
        .max_by_key(|known| (known.ask.is_some(), known.spec == spec, std::cmp::Reverse(known.id)))
        .copied();
    if let (None, Some(current)) = (device.memory_mib, current) {
        spec.memory = current.spec.memory;
    }
    let asked = current.and_then(|current| current.ask);
    let before = asked.unwrap_or(ASK);
    let ask = Ask {
        per_gigafuel: flags.price.or(device.price).unwrap_or(before.per_gigafuel),
        minimum: flags.minimum.or(device.minimum).unwrap_or(before.minimum),
        slots: flags.slots.or(device.slots).unwrap_or(before.slots),
    };
    let kept = called_so.iter().find(|known| known.spec == spec).copied();
    let others = called_so.iter().filter(|known| kept.is_none_or(|kept| kept.id != known.id));
    let retired = |known: &&DeviceView| match (known.busy, known.ask) {
        (0, ask) => Some(Change::Remove(known.id, ask)),
        (_, Some(_)) => Some(Change::Pause(known.id)),
        (_, None) => None,
    };
    let mut changes: Vec<Change> = others.filter_map(retired).collect();
    match kept {
        None => changes.push(Change::Add(spec, ask)),
        Some(kept) if kept.ask != Some(ask) => changes.push(Change::Ask(kept.id, ask)),
        Some(_) => {}
    }
    Ok(changes)
}

/// Sends what is decided.
struct Sender<'a> {
    chain: &'a Chain,
    signer: &'a Signer,
    json: bool,
}

impl Sender<'_> {
    async fn call(&self, call: Call) -> anyhow::Result<InBlock> {
        let name = call.to_string();
        let block = self.chain.submit(self.signer, call).await?;
        if !self.json {
            output::print(format_args!("{name} in block {}", block.block.number))?;
        }
        Ok(block)
    }

    async fn change(&self, change: Change) -> anyhow::Result<()> {
        match change {
            Change::Ask(device, ask) => drop(self.call(Call::SetAsk { device, ask: Some(ask) }).await?),
            Change::Add(spec, ask) => {
                let block = self.call(Call::AddDevice { spec }).await?;
                let device = added(&block.events).context("the block does not say which number the device has")?;
                self.call(Call::SetAsk { device, ask: Some(ask) }).await?;
            }
            Change::Pause(device) => self.pause(device).await?,
            Change::Remove(device, ask) => match self.call(Call::RemoveDevice { device }).await {
                Err(error) if is_busy(&error) && ask.is_some() => self.pause(device).await?,
                Err(error) if !is_busy(&error) => return Err(error),
                _ => {}
            },
        }
        Ok(())
    }

    async fn pause(&self, device: DeviceId) -> anyhow::Result<()> {
        tracing::warn!(
            device,
            "this device still works, or its results can still be challenged: it takes no more work, and the next \
             `gpu-worker register` after that removes it"
        );
        self.call(Call::SetAsk { device, ask: None }).await.map(drop)
    }
}

fn is_busy(error: &anyhow::Error) -> bool {
    let dispatch = error.downcast_ref::<TxError>().and_then(TxError::dispatch_error);
    dispatch.is_some_and(|error| error.name == "DeviceBusy")
}

/// The number that the chain has given a new device.
fn added(events: &[Event]) -> Option<DeviceId> {
    let event = events.iter().find(|event| event.pallet == "ProviderRegistry" && event.name == "DeviceAdded")?;
    let (_, device) = <([u8; 32], DeviceId)>::decode_all(&mut event.fields.as_slice()).ok()?;
    Some(device)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use codec::Encode;
    use touchstone_primitives::DeviceClass;

    use super::*;

    const TSN: Balance = 1_000_000_000_000;
    const ASKED: Ask = Ask { per_gigafuel: 3 * TSN, minimum: TSN, slots: 4 };

    fn register(flags: &[&str]) -> cli::Register {
        let cli = cli::Cli::parse_from(["gpu-worker", "register"].iter().chain(flags));
        let cli::Command::Register(register) = cli.command else { panic!("register") };
        register
    }

    fn price() -> StoragePrice {
        StoragePrice::from_multisig(10_880, 320)
    }

    #[test]
    fn stake_and_deposit_are_named_before_anything_is_sent() {
        let amounts = |calls: &[Call], is_new, devices| -> Vec<Balance> {
            needs(price(), calls, is_new, devices).into_iter().map(|need| need.amount).collect()
        };
        let register = Call::Register { endpoint: Vec::new(), stake: 7 };
        let add = Change::Add(spec(5), ASKED).calls();
        let new = [&[register][..], &add[..]].concat();
        assert_eq!(amounts(&new, true, 0), [7, price().provider(1)]);
        assert_eq!(amounts(&add, false, 2), [0, price().provider(3) - price().provider(2)]);
        let replaced = [Change::Remove(7, None).calls(), add].concat();
        assert_eq!(amounts(&replaced, false, 2), [0, 0]);
        assert_eq!(amounts(&[Call::AddStake { amount: 3 }], false, 2), [3, 0]);
    }

    /// What `register` with these flags sends of the provider, where this much is set in the file and registered.
    fn provider(flags: &[&str], settings: Settings, known: Option<&ProviderView>) -> anyhow::Result<Vec<Call>> {
        let flags = register(flags);
        let endpoint = flags.endpoint.clone().or(settings.endpoint.clone());
        provider_calls(&Settings { endpoint, ..settings }, &flags, known)
    }

    fn adapter() -> AdapterSummary {
        AdapterSummary { name: "GPU".into(), ..AdapterSummary::unknown() }
    }

    /// What becomes of one device with these flags.
    fn device(flags: &[&str], settings: DeviceSettings, listed: &[DeviceView]) -> Vec<Change> {
        let flags = register(flags);
        let settings = DeviceSettings { memory_mib: flags.memory_mib.or(settings.memory_mib), ..settings };
        changes(&settings, &flags, &adapter(), listed).unwrap()
    }

    fn spec(memory_mib: u64) -> DeviceSpec {
        DeviceSpec { name: b"GPU".to_vec().try_into().unwrap(), class: DeviceClass::Cpu, memory: memory_mib << 20 }
    }

    fn listed(id: DeviceId, memory_mib: u64, ask: Option<Ask>, busy: u8) -> DeviceView {
        DeviceView { id, spec: spec(memory_mib), ask, stake: 0, active_from: 1, busy }
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
            devices: vec![listed(7, 777, Some(ASKED), 0)],
        }
    }

    #[test]
    fn a_new_provider_gets_the_defaults_for_what_it_leaves_out() {
        let endpoint = b"http://127.0.0.1:9955".to_vec();
        let calls = provider(&[], Settings::default(), None).unwrap();
        assert_eq!(calls, [Call::Register { endpoint, stake: 100 * TSN }]);
        let ask = Ask { per_gigafuel: TSN, minimum: 0, slots: 1 };
        let changes = device(&["--memory-mib", "5"], DeviceSettings::default(), &[]);
        assert_eq!(changes, [Change::Add(spec(5), ask)]);
    }

    #[test]
    fn an_address_that_is_everywhere_is_not_registered() {
        let settings = Settings { listen: "0.0.0.0:9955".parse().unwrap(), ..Settings::default() };
        let error = provider(&[], settings.clone(), None).unwrap_err().to_string();
        assert!(error.starts_with("0.0.0.0:9955 is not an address that others can reach: "), "{error}");
        assert_eq!(provider(&[], settings.clone(), Some(&registered())).unwrap(), []);
        assert!(provider(&["--endpoint", "http://gpu.example.org"], settings, None).is_ok());
    }

    #[tokio::test]
    async fn an_endpoint_that_is_none_is_refused_before_anything_else() {
        for endpoint in ["ftp://x", "foo"] {
            let flags = register(&["--endpoint", endpoint]);
            let endpoint = flags.endpoint.clone();
            let settings = Settings { signer: Some("//Alice".into()), endpoint, ..Settings::default() };
            let error = run(settings, &flags, true).await.unwrap_err().to_string();
            assert!(error.ends_with("a provider registers an http:// or https:// URL"), "{error}");
        }
    }

    #[tokio::test]
    async fn flags_for_one_device_are_refused_where_several_are_listed() {
        let devices = vec![DeviceSettings::default(), DeviceSettings::default()];
        let settings = Settings { signer: Some("//Alice".into()), devices, ..Settings::default() };
        for flag in [["--price", "1TSN"], ["--minimum", "1"], ["--slots", "2"], ["--memory-mib", "5"]] {
            let error = run(settings.clone(), &register(&flag), true).await.unwrap_err().to_string();
            assert!(error.starts_with("2 devices are listed: ") && error.ends_with("--adapter"), "{error}");
        }
    }

    #[test]
    fn what_is_left_out_stays_as_it_is_registered() {
        assert_eq!(provider(&[], Settings::default(), Some(&registered())).unwrap(), []);
        assert_eq!(device(&[], DeviceSettings::default(), &registered().devices), []);
        let ask = Ask { per_gigafuel: 2 * TSN, ..ASKED };
        let changes = device(&["--price", "2TSN"], DeviceSettings::default(), &registered().devices);
        assert_eq!(changes, [Change::Ask(7, ask)]);
    }

    #[test]
    fn what_the_settings_name_counts_as_asked_for() {
        let settings = Settings { endpoint: Some("http://file.example.org".into()), ..Settings::default() };
        assert_eq!(
            provider(&[], settings, Some(&registered())).unwrap(),
            [Call::SetEndpoint { endpoint: b"http://file.example.org".to_vec() }]
        );
        let settings = DeviceSettings { price: Some(9 * TSN), slots: Some(2), ..DeviceSettings::default() };
        let ask = Ask { per_gigafuel: 9 * TSN, slots: 2, ..ASKED };
        assert_eq!(device(&[], settings.clone(), &registered().devices), [Change::Ask(7, ask)]);
        let ask = Ask { per_gigafuel: 8 * TSN, ..ask };
        let flags = ["--price", "8TSN"];
        assert_eq!(device(&flags, settings, &registered().devices), [Change::Ask(7, ask)], "flags win");
    }

    #[test]
    fn what_is_asked_for_and_different_is_changed() {
        let flags = ["--stake", "300TSN", "--endpoint", "http://[::1]:1", "--minimum", "0", "--slots", "9"];
        assert_eq!(
            provider(&flags, Settings::default(), Some(&registered())).unwrap(),
            [Call::SetEndpoint { endpoint: b"http://[::1]:1".to_vec() }, Call::AddStake { amount: 50 * TSN },]
        );
        let ask = Ask { minimum: 0, slots: 9, ..ASKED };
        assert_eq!(device(&flags, DeviceSettings::default(), &registered().devices), [Change::Ask(7, ask)]);
        // More stake than that is there already.
        assert_eq!(provider(&["--stake", "250TSN"], Settings::default(), Some(&registered())).unwrap(), []);
    }

    #[test]
    fn a_paused_device_gets_an_ask_again() {
        let ask = Ask { slots: 2, ..ASK };
        let changes = device(&["--slots", "2"], DeviceSettings::default(), &[listed(7, 777, None, 0)]);
        assert_eq!(changes, [Change::Ask(7, ask)]);
    }

    #[test]
    fn another_memory_replaces_the_device_and_keeps_its_ask() {
        let flags = ["--memory-mib", "5"];
        assert_eq!(
            device(&flags, DeviceSettings::default(), &[listed(7, 777, Some(ASKED), 0)]),
            [Change::Remove(7, Some(ASKED)), Change::Add(spec(5), ASKED)]
        );
        // One that is at work cannot go yet: at least it takes no more.
        assert_eq!(
            device(&flags, DeviceSettings::default(), &[listed(7, 777, Some(ASKED), 1)]),
            [Change::Pause(7), Change::Add(spec(5), ASKED)]
        );
    }

    #[test]
    fn what_a_replacement_has_left_behind_is_cleared_away() {
        let new = listed(8, 5, Some(ASKED), 0);
        for (left, expected) in [
            (listed(7, 777, None, 1), vec![]),
            (listed(7, 777, None, 0), vec![Change::Remove(7, None)]),
            (listed(7, 777, Some(ASKED), 1), vec![Change::Pause(7)]),
        ] {
            assert_eq!(device(&["--memory-mib", "5"], DeviceSettings::default(), &[left, new.clone()]), expected);
        }
        // Without a word about memory the one that works is kept.
        let left = listed(7, 777, None, 0);
        assert_eq!(device(&[], DeviceSettings::default(), &[left, new]), [Change::Remove(7, None)]);
    }

    #[test]
    fn devices_of_other_names_are_left_alone() {
        let mut other = listed(0, 777, Some(ASKED), 0);
        other.spec.name = b"GPU (0000:01:00.0)".to_vec().try_into().unwrap();
        assert_eq!(device(&["--memory-mib", "5"], DeviceSettings::default(), &[other]), [Change::Add(spec(5), ASK)]);
    }

    #[test]
    fn the_number_of_a_new_device_is_the_one_that_the_chain_has_given_it() {
        let event =
            |pallet: &str, name: &str, fields: Vec<u8>| Event { pallet: pallet.into(), name: name.into(), fields };
        let of = |device: DeviceId| ([1u8; 32], device).encode();
        let events = [
            event("Balances", "Held", of(3)),
            event("ProviderRegistry", "DeviceRemoved", of(0)),
            event("ProviderRegistry", "DeviceAdded", of(1)),
        ];
        assert_eq!(added(&events), Some(1));
        assert_eq!(added(&events[..2]), None);
        assert_eq!(added(&[event("ProviderRegistry", "DeviceAdded", vec![1; 9])]), None);
    }
}

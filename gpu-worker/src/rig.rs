//! The devices that this daemon drives, and which of them does the work of which device of the chain.
//!
//! A device is known to the chain by a name that tells it from the others of the machine: the adapter's own with its
//! PCI address, or the one that the settings give it. So the chain says where work belongs, also after a restart, and
//! also when the machine has got another GPU meanwhile.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use touchstone_gpu::{AdapterSummary, Class};
use touchstone_primitives::{views::DeviceView, DeviceClass, DeviceId, DeviceSpec, JobId, MAX_NAME_BYTES};

use crate::{
    device_verdicts::DeviceVerdicts,
    executor::{Executor, PreemptibleExecutor},
    kernel_verdicts::KernelVerdicts,
    settings::DeviceSettings,
    speeds::Speeds,
};

/// Memory that a device with memory of its own is taken to have: wgpu does not tell.
const DISCRETE_MIB: u64 = 4096;

/// A device with all that is known of it.
pub struct Device {
    /// What the chain calls it.
    pub name: String,
    /// What computes.
    pub adapter: AdapterSummary,
    /// Memory that the settings give to jobs, bytes; `None` if they leave that to the chain's record.
    pub own_memory: Option<u64>,
    /// Its executors.
    pub executor: PreemptibleExecutor,
    /// Where its self-test is remembered.
    pub verdicts: DeviceVerdicts,
    /// The kernels that were compared on it.
    pub kernels: KernelVerdicts,
    /// How fast it is.
    pub speeds: Speeds,
    /// Held by the one job that is being examined: another one waits for it, and is not put off as if the device were
    /// at work.
    pub(crate) examining: tokio::sync::Mutex<()>,
    /// Held by the one late comparison.
    pub(crate) comparing: tokio::sync::Mutex<()>,
    /// When each job on it is expected to be done.
    queue: Mutex<BTreeMap<JobId, Instant>>,
}

impl Device {
    /// A device whose executor has opened an adapter that passed the self-test.
    pub fn new(
        settings: &DeviceSettings,
        adapter: AdapterSummary,
        executor: Executor,
        verdicts: DeviceVerdicts,
    ) -> anyhow::Result<Self> {
        let spec = spec(settings, &adapter)?;
        Ok(Self {
            name: String::from_utf8_lossy(&spec.name).into_owned(),
            executor: PreemptibleExecutor::new(executor, spec.memory),
            kernels: verdicts.kernels(&adapter),
            speeds: verdicts.speeds(&adapter),
            examining: tokio::sync::Mutex::default(),
            comparing: tokio::sync::Mutex::default(),
            queue: Mutex::default(),
            own_memory: settings.memory_mib.map(|_| spec.memory),
            adapter,
            verdicts,
        })
    }

    /// Memory that jobs may take, where the chain has registered so much: that, or what the settings say if it is less.
    pub fn memory(&self, registered: u64) -> u64 {
        self.own_memory.map_or(registered, |own| own.min(registered))
    }

    /// How long the jobs on this device keep it busy yet, as far as that is known.
    pub fn backlog(&self) -> Duration {
        let now = Instant::now();
        self.queue().values().map(|finish| finish.saturating_duration_since(now)).sum()
    }

    /// A job begins that takes so long at least. It is on the queue until what is returned is dropped.
    pub(crate) fn enqueue(&self, job: JobId, takes: Duration) -> Queued<'_> {
        let queued = Queued { device: self, job };
        queued.expect(Instant::now().checked_add(self.backlog().saturating_add(takes)));
        queued
    }

    fn queue(&self) -> MutexGuard<'_, BTreeMap<JobId, Instant>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job on the queue of a device.
pub(crate) struct Queued<'a> {
    device: &'a Device,
    job: JobId,
}

impl Queued<'_> {
    /// It will be done then.
    pub(crate) fn expect(&self, finish: Option<Instant>) {
        if let Some(finish) = finish {
            self.device.queue().insert(self.job, finish);
        }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.device.queue().remove(&self.job);
    }
}

/// The devices of this machine that work for one provider.
#[derive(Clone, Default)]
pub struct Rig {
    devices: Vec<Arc<Device>>,
}

impl Rig {
    /// All devices that were opened. No two of them have one name.
    pub fn new(devices: Vec<Device>) -> Self {
        Self { devices: devices.into_iter().map(Arc::new).collect() }
    }

    /// The devices, in the order of the settings.
    pub fn devices(&self) -> &[Arc<Device>] {
        &self.devices
    }

    /// The device that does the work of each device of the chain. Those of the chain that no device here is called
    /// after are left out.
    pub fn numbers(&self, registered: &[DeviceView]) -> BTreeMap<DeviceId, Arc<Device>> {
        let named = |view: &DeviceView| {
            let device = self.devices.iter().find(|device| device.name.as_bytes() == view.spec.name.as_slice())?;
            Some((view.id, device.clone()))
        };
        registered.iter().filter_map(named).collect()
    }
}

/// Checks that no two devices have one name, or share an adapter without having names of their own.
pub fn check_names<'a>(
    devices: impl IntoIterator<Item = (&'a DeviceSettings, &'a AdapterSummary)>,
) -> anyhow::Result<()> {
    let mut seen: Vec<(DeviceSpec, &DeviceSettings, &AdapterSummary)> = Vec::new();
    for (settings, adapter) in devices {
        let spec = spec(settings, adapter)?;
        for (other, before, same) in &seen {
            let both_named = settings.name.is_some() && before.name.is_some();
            anyhow::ensure!(
                both_named || !same.is(adapter),
                "two of the listed devices are the adapter {}: list each adapter once (`gpu-worker adapters` shows \
                them)",
                adapter.label()
            );
            anyhow::ensure!(
                other.name != spec.name,
                "two of the listed devices are called {:?}: give each a name of its own",
                String::from_utf8_lossy(&spec.name)
            );
        }
        seen.push((spec, settings, adapter));
    }
    Ok(())
}

/// A device as the chain describes it.
pub fn spec(settings: &DeviceSettings, adapter: &AdapterSummary) -> anyhow::Result<DeviceSpec> {
    let mut name = settings.name.clone().unwrap_or_else(|| adapter.label());
    if settings.name.is_none() {
        let label = adapter.label();
        // The end of a label tells equal adapters apart: it is the name in front of it that is cut.
        let end = label.strip_prefix(adapter.name.as_str()).unwrap_or_default();
        let mut front = adapter.name.clone();
        while front.len() + end.len() > MAX_NAME_BYTES as usize && front.pop().is_some() {}
        name = front + end;
    }
    anyhow::ensure!(
        !name.is_empty() && !name.contains(char::is_control) && name.len() <= MAX_NAME_BYTES as usize,
        "a device is called something of 1 to {MAX_NAME_BYTES} bytes without control characters, not {name:?}: give it \
        a name in the settings"
    );
    let class = match adapter.class {
        Class::Discrete => DeviceClass::Discrete,
        Class::Integrated => DeviceClass::Integrated,
        Class::Cpu => DeviceClass::Cpu,
    };
    let memory_mib = match (settings.memory_mib, class) {
        (Some(mib), _) => mib,
        (None, DeviceClass::Discrete) => DISCRETE_MIB,
        (None, _) => host_memory_mib() / 2,
    };
    Ok(DeviceSpec {
        name: name.into_bytes().try_into().map_err(|_| anyhow::anyhow!("the device's name is too long"))?,
        class,
        memory: memory_mib.max(1).saturating_mul(1 << 20),
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
    use crate::executor::ExecutorConfig;

    fn h200(pci: &str) -> AdapterSummary {
        AdapterSummary {
            name: "NVIDIA H200".into(),
            class: Class::Discrete,
            pci: pci.into(),
            ..AdapterSummary::unknown()
        }
    }

    fn named(name: &str) -> DeviceSettings {
        DeviceSettings { name: Some(name.into()), ..DeviceSettings::default() }
    }

    fn name(settings: &DeviceSettings, adapter: &AdapterSummary) -> String {
        String::from_utf8(spec(settings, adapter).unwrap().name.into_inner()).unwrap()
    }

    /// A device whose executor is never started.
    fn device(settings: &DeviceSettings, adapter: AdapterSummary) -> Device {
        let folder = std::env::temp_dir().join("touchstone-no-such-folder");
        let config = ExecutorConfig {
            program: "/nowhere".into(),
            adapter: None,
            stall: std::time::Duration::from_secs(1),
            mistaken: None,
        };
        Device::new(settings, adapter, Executor::new(config), DeviceVerdicts::new(&folder, None)).unwrap()
    }

    fn registered(id: DeviceId, name: &str) -> DeviceView {
        let spec = DeviceSpec {
            name: name.as_bytes().to_vec().try_into().unwrap(),
            class: DeviceClass::Discrete,
            memory: 1 << 30,
        };
        DeviceView { id, spec, ask: None, stake: 0, active_from: 0, busy: 0 }
    }

    #[test]
    fn the_work_of_each_device_of_the_chain_goes_to_the_adapter_that_it_is_called_after() {
        let devices = ["0000:01:00.0", "0000:c1:00.0"].map(|pci| device(&DeviceSettings::default(), h200(pci)));
        let rig = Rig::new(devices.into());
        // The numbers are not in the order of the adapters, one GPU is registered twice, and one is not here.
        let numbers = rig.numbers(&[
            registered(0, "NVIDIA H200 (0000:c1:00.0)"),
            registered(2, "NVIDIA H200 (0000:01:00.0)"),
            registered(3, "NVIDIA H200 (0000:c1:00.0)"),
            registered(4, "NVIDIA H200 (0000:e1:00.0)"),
            registered(5, "NVIDIA H200"),
        ]);
        let addresses: Vec<(DeviceId, &str)> = numbers.iter().map(|(id, device)| (*id, &*device.adapter.pci)).collect();
        assert_eq!(addresses, [(0, "0000:c1:00.0"), (2, "0000:01:00.0"), (3, "0000:c1:00.0")]);
    }

    #[test]
    fn the_smaller_of_the_memory_of_chain_and_settings_counts() {
        let gib = |count: u64| count << 30;
        let unset = device(&DeviceSettings::default(), h200(""));
        assert_eq!(unset.memory(gib(80)), gib(80), "nothing is said here: what was registered counts");
        let set = device(&DeviceSettings { memory_mib: Some(2048), ..DeviceSettings::default() }, h200(""));
        assert_eq!((set.memory(gib(80)), set.memory(gib(1))), (gib(2), gib(1)));
    }

    #[test]
    fn a_device_is_busy_until_the_jobs_on_it_are_done() {
        let device = device(&DeviceSettings::default(), h200(""));
        assert_eq!(device.backlog(), Duration::ZERO);
        let hour = Duration::from_secs(3600);
        let first = device.enqueue(JobId([1; 32]), hour);
        let second = device.enqueue(JobId([2; 32]), Duration::ZERO);
        // The second one waits for the first.
        assert!(device.backlog() > hour.saturating_mul(2) - Duration::from_secs(60));
        drop(second);
        assert!(device.backlog() <= hour);
        first.expect(Some(Instant::now()));
        assert_eq!(device.backlog(), Duration::ZERO);
        drop(first);
        assert!(device.queue().is_empty());
    }

    #[test]
    fn equal_gpus_are_called_after_their_addresses() {
        let unnamed = DeviceSettings::default();
        assert_eq!(name(&unnamed, &h200("0000:01:00.0")), "NVIDIA H200 (0000:01:00.0)");
        assert_eq!(name(&unnamed, &AdapterSummary { twin: 1, ..h200("") }), "NVIDIA H200 #2");
        assert_eq!(name(&named("left"), &h200("0000:01:00.0")), "left");
    }

    #[test]
    fn a_long_name_is_cut_between_characters_and_before_what_tells_it_apart() {
        let long = AdapterSummary { name: "ü".repeat(40), ..h200("") };
        assert_eq!(name(&DeviceSettings::default(), &long), "ü".repeat(32));
        let long = AdapterSummary { name: "ü".repeat(40), ..h200("0000:01:00.0") };
        assert_eq!(name(&DeviceSettings::default(), &long), format!("{} (0000:01:00.0)", "ü".repeat(24)));
    }

    #[test]
    fn names_that_the_chain_refuses_are_refused() {
        for wrong in ["", "a\nb", &"a".repeat(65)] {
            let error = spec(&named(wrong), &h200("")).unwrap_err().to_string();
            assert!(error.ends_with("give it a name in the settings"), "{error}");
        }
    }

    #[test]
    fn one_adapter_is_listed_once_unless_each_entry_has_a_name() {
        let (left, right) = (h200("0000:01:00.0"), h200("0000:c1:00.0"));
        let unnamed = DeviceSettings::default();
        check_names([(&unnamed, &left), (&unnamed, &right)]).unwrap();
        check_names([(&named("a"), &left), (&named("b"), &left)]).unwrap();
        let error = check_names([(&unnamed, &left), (&named("b"), &left)]).unwrap_err().to_string();
        assert!(error.starts_with("two of the listed devices are the adapter NVIDIA H200 (0000:01:00.0): "), "{error}");
        let error = check_names([(&named("a"), &left), (&named("a"), &right)]).unwrap_err().to_string();
        assert_eq!(error, "two of the listed devices are called \"a\": give each a name of its own");
    }
}

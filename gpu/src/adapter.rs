use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use touchstone_compiler::Target;
use touchstone_kir::limits::MAX_BUFFER_BYTES;

use crate::GpuError;

/// Storage buffers that one step may bind: eight inputs and its output.
const STORAGE_BUFFERS: u32 = touchstone_kir::limits::MAX_INPUTS as u32 + 1;

/// Bytes of the largest uniform: the arguments of the plain emission, constants and immediates included.
const UNIFORM_BYTES: u64 = 36 << 10;

/// What kind of device an adapter is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A GPU with its own memory.
    Discrete,
    /// A GPU that shares the host's memory.
    Integrated,
    /// A software implementation (lavapipe, WARP).
    Cpu,
}

impl Class {
    fn of(kind: wgpu::DeviceType) -> Self {
        match kind {
            wgpu::DeviceType::DiscreteGpu | wgpu::DeviceType::VirtualGpu => Self::Discrete,
            wgpu::DeviceType::IntegratedGpu => Self::Integrated,
            wgpu::DeviceType::Cpu | wgpu::DeviceType::Other => Self::Cpu,
        }
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Discrete => "discrete GPU",
            Self::Integrated => "integrated GPU",
            Self::Cpu => "software (CPU)",
        })
    }
}

/// The description of an adapter, for users and for other programs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AdapterSummary {
    /// Its index in [`adapters`], from 0. It can change when a device is added or removed.
    pub index: u32,
    /// PCI address of the device, such as `0000:01:00.0`; empty if it has none or the driver does not report it.
    pub pci: String,
    /// Number of adapters before it in [`adapters`] that have the same name and no PCI address.
    pub twin: u32,
    /// Name, as its driver reports it.
    pub name: String,
    /// Kind of device.
    pub class: Class,
    /// Graphics API: `vulkan`, `metal` or `dx12`.
    pub backend: String,
    /// Driver name and version.
    pub driver: String,
    /// Largest buffer that a step can read or write, in bytes. A buffer that is too large for one binding is bound in
    /// parts.
    pub max_buffer_bytes: u64,
}

impl AdapterSummary {
    /// A placeholder until an executor has reported its adapter.
    pub fn unknown() -> Self {
        Self {
            index: 0,
            pci: String::new(),
            twin: 0,
            name: String::new(),
            class: Class::Cpu,
            backend: String::new(),
            driver: String::new(),
            max_buffer_bytes: 0,
        }
    }

    /// Its name, with what distinguishes it from others of the same name in the machine.
    pub fn label(&self) -> String {
        let Self { name, pci, twin, .. } = self;
        match (pci.as_str(), twin) {
            ("", 0) => name.clone(),
            ("", twin) => format!("{name} #{}", twin.saturating_add(1)),
            (pci, _) => format!("{name} ({pci})"),
        }
    }

    /// Whether the driver leaves loops before their end: see [`cut`](crate::cut).
    pub(crate) fn cuts_loops(&self) -> bool {
        self.name.contains("llvmpipe") || self.driver.contains("llvmpipe")
    }

    /// Whether this is the same adapter with the same driver, as far as can be told. The index is not compared.
    pub fn is(&self, other: &Self) -> bool {
        let identity = |of: &Self| (of.label(), of.backend.clone(), of.driver.clone());
        identity(self) == identity(other)
    }

    /// Index and twin number are set by the list.
    fn of(adapter: &wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        let limits = adapter.limits();
        Self {
            index: 0,
            pci: info.device_pci_bus_id,
            twin: 0,
            name: info.name,
            class: Class::of(info.device_type),
            backend: info.backend.to_string(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_string(),
            max_buffer_bytes: limits.max_buffer_size.min(largest_input(&limits)),
        }
    }
}

/// What emitted sources may assume with these limits.
pub(crate) fn target(limits: &wgpu::Limits) -> Target {
    let most = limits.max_storage_buffer_binding_size.clamp(1, MAX_BUFFER_BYTES.into());
    // A power of two, so that the number of a part and the position in it are bits of an index.
    Target { part_bytes: 1 << most.ilog2(), ..Target::default() }
}

/// Largest input for which there are enough bindings if every other input takes one.
fn largest_input(limits: &wgpu::Limits) -> u64 {
    let parts = limits.max_storage_buffers_per_shader_stage.saturating_sub(STORAGE_BUFFERS - 1);
    u64::from(target(limits).part_bytes).saturating_mul(parts.into())
}

/// Every adapter of this machine: by class, best first, then by PCI address.
pub fn adapters() -> Vec<AdapterSummary> {
    summaries(&enumerate())
}

fn enumerate() -> Vec<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        // Validation layers are for development; wgpu's own validation is enough here.
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let mut found = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    // The order of drivers can change; the order of PCI addresses does not.
    found.sort_by_key(|adapter| {
        let info = adapter.get_info();
        (Class::of(info.device_type), pci_address(&info.device_pci_bus_id))
    });
    found
}

fn summaries(found: &[wgpu::Adapter]) -> Vec<AdapterSummary> {
    numbered(found.iter().map(AdapterSummary::of).collect())
}

/// Sets the index of each adapter, and numbers those that cannot be told apart otherwise.
fn numbered(mut list: Vec<AdapterSummary>) -> Vec<AdapterSummary> {
    for index in 0..list.len() {
        let (before, rest) = list.split_at_mut(index);
        if let Some(this) = rest.first_mut() {
            let same = |other: &&AdapterSummary| {
                other.name == this.name && other.backend == this.backend && other.pci.is_empty()
            };
            this.twin = if this.pci.is_empty() { before.iter().filter(same).count() as u32 } else { 0 };
            this.index = index as u32;
        }
    }
    list
}

/// The adapter that `wanted` names, or the best one of the machine.
pub(crate) fn choose(wanted: Option<&str>) -> Result<(wgpu::Adapter, AdapterSummary), GpuError> {
    let mut found = enumerate();
    let mut list = summaries(&found);
    let place = pick(wanted, &list)?;
    let (adapter, summary) = (found.swap_remove(place), list.swap_remove(place));
    match unsuitable(&adapter.limits()) {
        Some(reason) => Err(GpuError::Unsuitable { adapter: summary.label(), reason }),
        None => Ok((adapter, summary)),
    }
}

/// Selects an adapter of a list: by index (`index:1`), by PCI address (`0000:01:00.0` or `01:00.0`), or by its name or
/// a part of it that no other adapter's name has. Without a selection, the first.
fn pick(wanted: Option<&str>, list: &[AdapterSummary]) -> Result<usize, GpuError> {
    if list.is_empty() {
        return Err(GpuError::NoAdapter);
    }
    let Some(wanted) = wanted.map(str::trim) else { return Ok(0) };
    let places = |is: &dyn Fn(&AdapterSummary) -> bool| -> Vec<usize> {
        list.iter().enumerate().filter(|(_, adapter)| is(adapter)).map(|(place, _)| place).collect()
    };
    let lower = wanted.to_lowercase();
    let name = |adapter: &AdapterSummary| adapter.name.to_lowercase();
    let matching = match (lower.strip_prefix("index:"), pci_address(&lower)) {
        (Some(index), _) => places(&|adapter| index.parse() == Ok(adapter.index)),
        (None, address @ Some(_)) => places(&|adapter| pci_address(&adapter.pci) == address),
        (None, None) => {
            let exact = places(&|adapter| name(adapter) == lower || adapter.label().to_lowercase() == lower);
            match exact.is_empty() {
                true => places(&|adapter| !lower.is_empty() && name(adapter).contains(&lower)),
                false => exact,
            }
        }
    };
    // Some systems offer a device through two graphics APIs; the first one is used.
    let device = |place: &usize| list.get(*place).map(|adapter| adapter.pci.as_str()).filter(|pci| !pci.is_empty());
    match matching.as_slice() {
        [] => Err(GpuError::NoSuchAdapter { wanted: wanted.into(), found: choices(list) }),
        [first, rest @ ..] if rest.iter().all(|place| device(place).is_some() && device(place) == device(first)) => {
            Ok(*first)
        }
        several => {
            let found: Vec<_> = several.iter().filter_map(|place| list.get(*place)).cloned().collect();
            Err(GpuError::AmbiguousAdapter { wanted: wanted.into(), found: choices(&found) })
        }
    }
}

/// The list of adapters in an error: how to select each, and its name.
fn choices(list: &[AdapterSummary]) -> String {
    let choice = |adapter: &AdapterSummary| match adapter.pci.as_str() {
        "" => format!("index:{} ({})", adapter.index, adapter.name),
        pci => format!("{pci} ({})", adapter.name),
    };
    list.iter().map(choice).collect::<Vec<_>>().join(", ")
}

/// Domain, bus, device and function of a PCI address. The domain is optional and 0 by default.
fn pci_address(text: &str) -> Option<[u32; 4]> {
    let (rest, function) = text.rsplit_once('.')?;
    let fields: Vec<&str> = rest.split(':').collect();
    let (domain, bus, device) = match fields.as_slice() {
        [domain, bus, device] => (*domain, *bus, *device),
        [bus, device] => ("0", *bus, *device),
        _ => return None,
    };
    let number = |digits: &str, most: usize| {
        let is_number = (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_number.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    Some([number(domain, 8)?, number(bus, 2)?, number(device, 2)?, number(function, 1)?])
}

/// What an adapter with these limits lacks.
fn unsuitable(limits: &wgpu::Limits) -> Option<String> {
    let (buffers, uniform) = (limits.max_storage_buffers_per_shader_stage, limits.max_uniform_buffer_binding_size);
    if buffers < STORAGE_BUFFERS {
        return Some(format!("it binds {buffers} storage buffers, and kernels need {STORAGE_BUFFERS}"));
    }
    (uniform < UNIFORM_BYTES).then(|| format!("it binds uniforms of {uniform} bytes, and kernels need {UNIFORM_BYTES}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_need_nine_storage_buffers() {
        let limits =
            |buffers| wgpu::Limits { max_storage_buffers_per_shader_stage: buffers, ..wgpu::Limits::default() };
        assert_eq!(unsuitable(&limits(9)), None);
        assert_eq!(
            unsuitable(&limits(8)).as_deref(),
            Some("it binds 8 storage buffers, and kernels need 9"),
            "WebGPU's default"
        );
    }

    #[test]
    fn bindings_that_are_left_over_make_inputs_larger() {
        let limits = wgpu::Limits {
            max_storage_buffers_per_shader_stage: 32,
            max_storage_buffer_binding_size: (128 << 20) + 4096,
            ..wgpu::Limits::default()
        };
        assert_eq!(target(&limits).part_bytes, 128 << 20);
        assert_eq!(largest_input(&limits), 24 * (128 << 20));
        let one = wgpu::Limits { max_storage_buffers_per_shader_stage: 9, ..limits };
        assert_eq!(largest_input(&one), 128 << 20);
        let nearly = wgpu::Limits { max_storage_buffer_binding_size: (1 << 31) - 4, ..wgpu::Limits::default() };
        assert_eq!(target(&nearly).part_bytes, 1 << 30);
    }

    fn adapter(name: &str, pci: &str) -> AdapterSummary {
        AdapterSummary { name: name.into(), pci: pci.into(), ..AdapterSummary::unknown() }
    }

    /// Two equal GPUs, one with a longer name, and two software adapters that cannot be told apart.
    fn rig() -> Vec<AdapterSummary> {
        numbered(vec![
            adapter("NVIDIA H200", "0000:01:00.0"),
            adapter("NVIDIA H200", "0000:C1:00.0"),
            adapter("NVIDIA H200 NVL", "0000:e1:00.0"),
            adapter("llvmpipe (LLVM 15)", ""),
            adapter("llvmpipe (LLVM 15)", ""),
        ])
    }

    #[test]
    fn an_adapter_is_found_by_its_place_its_pci_address_or_a_name_that_only_it_has() {
        for (wanted, place) in [
            (None, 0),
            (Some("index:0"), 0),
            (Some("index:1"), 1),
            (Some("index:4"), 4),
            (Some("0000:c1:00.0"), 1),
            (Some("c1:00.0"), 1),
            // As nvidia-smi writes it.
            (Some("00000000:C1:00.0"), 1),
            (Some("nvidia h200 nvl"), 2),
            (Some("NVL"), 2),
            (Some("NVIDIA H200 (0000:01:00.0)"), 0),
            (Some("llvmpipe (LLVM 15) #2"), 4),
        ] {
            assert_eq!(pick(wanted, &rig()).unwrap(), place, "{wanted:?}");
        }
    }

    #[test]
    fn a_name_that_several_adapters_have_is_an_error_that_lists_them() {
        let error = pick(Some("nvidia h200"), &rig()).unwrap_err().to_string();
        assert_eq!(
            error,
            "\"nvidia h200\" means several adapters: name one by its PCI address or index, as one of 0000:01:00.0 \
             (NVIDIA H200), 0000:C1:00.0 (NVIDIA H200)"
        );
        let error = pick(Some("llvm"), &rig()).unwrap_err().to_string();
        assert!(error.ends_with("index:3 (llvmpipe (LLVM 15)), index:4 (llvmpipe (LLVM 15))"), "{error}");
    }

    #[test]
    fn what_no_adapter_matches_is_an_error_that_lists_those_there_are() {
        for wanted in ["no such adapter 4711", "index:5", "index:x", "index:", "02:00.0", ""] {
            match pick(Some(wanted), &rig()) {
                Err(GpuError::NoSuchAdapter { wanted: named, found }) => {
                    assert_eq!(named, wanted);
                    assert!(found.starts_with("0000:01:00.0 (NVIDIA H200), 0000:C1:00.0 (NVIDIA H200), "), "{found}");
                }
                other => panic!("{wanted:?}: {other:?}"),
            }
        }
        assert!(matches!(pick(None, &[]), Err(GpuError::NoAdapter)));
    }

    #[test]
    fn one_device_with_two_graphics_apis_is_one_choice() {
        let twice = numbered(["vulkan", "dx12"].map(|backend| adapter_of(backend, "0000:01:00.0")).into());
        assert_eq!(pick(Some("h200"), &twice).unwrap(), 0);
        let unknown = numbered(["vulkan", "dx12"].map(|backend| adapter_of(backend, "")).into());
        assert!(matches!(pick(Some("h200"), &unknown), Err(GpuError::AmbiguousAdapter { .. })));
    }

    fn adapter_of(backend: &str, pci: &str) -> AdapterSummary {
        AdapterSummary { backend: backend.into(), ..adapter("NVIDIA H200", pci) }
    }

    #[test]
    fn labels_tell_equal_adapters_apart() {
        let labels: Vec<String> = rig().iter().map(AdapterSummary::label).collect();
        assert_eq!(
            labels,
            [
                "NVIDIA H200 (0000:01:00.0)",
                "NVIDIA H200 (0000:C1:00.0)",
                "NVIDIA H200 NVL (0000:e1:00.0)",
                "llvmpipe (LLVM 15)",
                "llvmpipe (LLVM 15) #2"
            ]
        );
        let [first, second] = [0, 1].map(|place| rig().swap_remove(place));
        assert!(!first.is(&second));
        assert!(first.is(&AdapterSummary { index: 7, ..first.clone() }), "its place in the list can change");
    }

    #[test]
    fn a_pci_address_is_read_with_and_without_its_domain() {
        assert_eq!(pci_address("0000:01:00.0"), Some([0, 1, 0, 0]));
        assert_eq!(pci_address("af:1f.7"), Some([0, 0xaf, 0x1f, 7]));
        assert_eq!(pci_address("00000001:C1:00.0"), Some([1, 0xc1, 0, 0]));
        for no in ["", "4090", "RTX 4090", "1.0", "001:00.0", "g1:00.0", "0000:01:00:00.0", "01:00.", "+1:00.0"] {
            assert_eq!(pci_address(no), None, "{no:?}");
        }
    }

    /// Needs an adapter: every machine that runs the tests has one.
    #[test]
    fn each_adapter_of_this_machine_is_found_by_its_place() {
        let list = adapters();
        assert!(!list.is_empty(), "no adapter: install a driver, or mesa-vulkan-drivers");
        for adapter in &list {
            match choose(Some(&format!("index:{}", adapter.index))) {
                Ok((_, chosen)) => assert_eq!(chosen, *adapter),
                Err(GpuError::Unsuitable { adapter: named, .. }) => assert_eq!(named, adapter.label()),
                Err(error) => panic!("{error}"),
            }
        }
        let beyond = format!("index:{}", list.len());
        assert!(matches!(choose(Some(&beyond)), Err(GpuError::NoSuchAdapter { .. })));
    }

    #[test]
    fn discrete_devices_come_before_integrated_and_software_ones() {
        let mut classes = [Class::Cpu, Class::Discrete, Class::Integrated];
        classes.sort();
        assert_eq!(classes, [Class::Discrete, Class::Integrated, Class::Cpu]);
    }
}

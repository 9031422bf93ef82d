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
    /// A GPU with memory of its own.
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

/// An adapter as people and other programs see it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AdapterSummary {
    /// Name, as its driver gives it.
    pub name: String,
    /// Kind of device.
    pub class: Class,
    /// Graphics API: `vulkan`, `metal` or `dx12`.
    pub backend: String,
    /// Driver name and version.
    pub driver: String,
    /// Largest buffer that a step can read or write, bytes. Above what one binding holds it is bound in parts.
    pub max_buffer_bytes: u64,
}

impl AdapterSummary {
    /// Stands for an adapter that has not introduced itself yet.
    pub fn unknown() -> Self {
        Self {
            name: String::new(),
            class: Class::Cpu,
            backend: String::new(),
            driver: String::new(),
            max_buffer_bytes: 0,
        }
    }

    fn of(adapter: &wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        let limits = adapter.limits();
        Self {
            name: info.name,
            class: Class::of(info.device_type),
            backend: info.backend.to_string(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_string(),
            max_buffer_bytes: limits.max_buffer_size.min(largest_input(&limits)),
        }
    }
}

/// What emitted sources may count on within these limits.
pub(crate) fn target(limits: &wgpu::Limits) -> Target {
    let most = limits.max_storage_buffer_binding_size.clamp(1, MAX_BUFFER_BYTES.into());
    // A power of two, so that a part's number and a place in it are bits of an index.
    Target { part_bytes: 1 << most.ilog2(), ..Target::default() }
}

/// Largest input for which there are bindings enough when each other input takes one.
fn largest_input(limits: &wgpu::Limits) -> u64 {
    let parts = limits.max_storage_buffers_per_shader_stage.saturating_sub(STORAGE_BUFFERS - 1);
    u64::from(target(limits).part_bytes).saturating_mul(parts.into())
}

/// Every adapter of this machine, best first.
pub fn adapters() -> Vec<AdapterSummary> {
    enumerate().iter().map(AdapterSummary::of).collect()
}

fn enumerate() -> Vec<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        // Validation layers are for developing drivers' clients; here wgpu's own validation is enough.
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let mut found = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    found.sort_by_key(|adapter| Class::of(adapter.get_info().device_type));
    found
}

/// The adapter whose name contains `wanted` (ignoring case), or the best one.
pub(crate) fn choose(wanted: Option<&str>) -> Result<(wgpu::Adapter, AdapterSummary), GpuError> {
    let found = enumerate();
    if found.is_empty() {
        return Err(GpuError::NoAdapter);
    }
    let names: Vec<String> = found.iter().map(|a| a.get_info().name).collect();
    let adapter = match wanted {
        None => found.into_iter().next(),
        Some(wanted) => {
            let lower = wanted.to_lowercase();
            found.into_iter().find(|adapter| adapter.get_info().name.to_lowercase().contains(&lower))
        }
    }
    .ok_or_else(|| GpuError::NoSuchAdapter {
        wanted: wanted.unwrap_or_default().to_string(),
        found: names.join(", "),
    })?;

    let summary = AdapterSummary::of(&adapter);
    match unsuitable(&adapter.limits()) {
        Some(reason) => Err(GpuError::Unsuitable { adapter: summary.name, reason }),
        None => Ok((adapter, summary)),
    }
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

    #[test]
    fn a_name_that_no_adapter_has_is_an_error_that_lists_those_there_are() {
        match choose(Some("no such adapter 4711")) {
            Err(GpuError::NoAdapter) => {}
            Err(GpuError::NoSuchAdapter { wanted, found }) => {
                assert_eq!(wanted, "no such adapter 4711");
                assert!(!found.is_empty());
            }
            other => panic!("{:?}", other.map(|(_, summary)| summary)),
        }
    }

    #[test]
    fn discrete_devices_come_before_integrated_and_software_ones() {
        let mut classes = [Class::Cpu, Class::Discrete, Class::Integrated];
        classes.sort();
        assert_eq!(classes, [Class::Discrete, Class::Integrated, Class::Cpu]);
    }
}

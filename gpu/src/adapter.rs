use codec::{Decode, Encode};
use serde::Serialize;

use crate::GpuError;

/// Storage buffers that one step may bind: eight inputs and its output.
const STORAGE_BUFFERS: u32 = touchstone_kernel::limits::MAX_INPUTS as u32 + 1;

/// What kind of device an adapter is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct AdapterSummary {
    /// Name, as its driver gives it.
    pub name: String,
    /// Kind of device.
    pub class: Class,
    /// Graphics API: `vulkan`, `metal` or `dx12`.
    pub backend: String,
    /// Driver name and version.
    pub driver: String,
    /// Largest buffer that one step can bind, bytes.
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
            max_buffer_bytes: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        }
    }
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
    let buffers = adapter.limits().max_storage_buffers_per_shader_stage;
    if buffers < STORAGE_BUFFERS {
        return Err(GpuError::Unsuitable {
            adapter: summary.name,
            reason: format!("it binds {buffers} storage buffers, and kernels need {STORAGE_BUFFERS}"),
        });
    }
    Ok((adapter, summary))
}

#[cfg(test)]
mod tests {
    use super::*;

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

//! Error scopes of wgpu.

use crate::GpuError;

/// Runs `make` in error scopes, and returns the error that the device reports for it.
pub(crate) fn scoped<T>(device: &wgpu::Device, make: impl FnOnce() -> T) -> Result<T, GpuError> {
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let made = make();
    let internal = pollster::block_on(internal.pop());
    let validation = pollster::block_on(validation.pop());
    let memory = pollster::block_on(memory.pop());
    if let Some(error) = memory {
        return Err(GpuError::OutOfMemory(error.to_string()));
    }
    match validation.or(internal) {
        Some(error) => Err(GpuError::Refused(error.to_string())),
        None => Ok(made),
    }
}

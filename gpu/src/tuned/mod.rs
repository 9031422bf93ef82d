//! Hand-tuned implementations of kernels, found by the kernel's hash.
//!
//! An implementation computes the same bits as the kernel for all arguments that it accepts, and declines every
//! argument that is not clearly covered: the emitted source handles those. It is registered under the kernel's hash, so
//! it is never used for another kernel or another version of this one.

mod matmul_i8;
mod task;

use std::sync::OnceLock;

use touchstone_kir::{Kernel, KernelHash};

use crate::{
    shader::{Run, Shader},
    step::output_len,
    Class, DeviceBuffer, Gpu, GpuError, StepRun,
};
use task::Task;

/// A kernel and the function that builds its shader, if it accepts the task.
struct Entry {
    hash: KernelHash,
    shader: fn(&Task<'_>) -> Option<Shader>,
}

fn registry() -> &'static [Entry] {
    static REGISTRY: OnceLock<Vec<Entry>> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        [(matmul_i8::KIR, matmul_i8::shader as fn(&Task<'_>) -> Option<Shader>)]
            .into_iter()
            .map(|(kir, shader)| Entry { hash: touchstone_kir::root(kir), shader })
            .collect()
    })
}

/// The hand-tuned shader for a step on such a device, if there is one that takes its arguments.
fn shader(class: Class, kernel: &Kernel, params: &[u32], lens: &[u32], invocations: u32) -> Option<Shader> {
    let hash = kernel.hash();
    let entry = registry().iter().find(|entry| entry.hash == hash)?;
    let fuel = kernel.cost(params, lens).ok()?.fuel;
    (entry.shader)(&Task { params, lens, invocations, fuel, class })
}

impl Gpu {
    /// Whether there is a hand-tuned implementation that takes these arguments, for inputs of these lengths.
    pub fn is_tuned(&self, kernel: &Kernel, params: &[u32], lens: &[u32], invocations: u32) -> bool {
        shader(self.summary().class, kernel, params, lens, invocations).is_some()
    }

    /// Runs a step by its hand-tuned implementation, in the shape for devices of `class`; `None` if there is none that
    /// takes these arguments, or if a buffer is too large for one binding.
    pub fn run_tuned(
        &mut self,
        class: Class,
        step: &StepRun<'_>,
        alive: &mut dyn FnMut(),
    ) -> Result<Option<DeviceBuffer>, GpuError> {
        let lens: Vec<u32> = step.reads.iter().map(|read| read.len).collect();
        let Some(shader) = shader(class, step.kernel, step.params, &lens, step.invocations) else {
            return Ok(None);
        };
        let output = self.allocate(output_len(step.kernel, step.invocations)?)?;
        let most = self.device.limits().max_storage_buffer_binding_size;
        if step.reads.iter().chain([&&output]).any(|buffer| buffer.buffer.size() > most) {
            return Ok(None);
        }
        let inputs = step.reads.iter().map(|read| read.buffer.as_entire_buffer_binding()).collect();
        self.run_shaders(vec![Run { shader, inputs, output: &output.buffer }], alive)?;
        Ok(Some(output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_a_valid_kernel_under_its_own_hash() {
        for (entry, kir) in registry().iter().zip([matmul_i8::KIR]) {
            assert_eq!(Kernel::decode(kir).unwrap().hash(), entry.hash);
        }
    }

    #[test]
    fn a_kernel_that_differs_in_one_instruction_is_not_replaced() {
        let kernel = Kernel::decode(matmul_i8::KIR).unwrap();
        let (params, lens) = ([64, 16, 1, 0, 0, 1], [64 * 64, 64 * 64, 64 * 4]);
        let found = |kernel: &Kernel| shader(Class::Cpu, kernel, &params, &lens, 64 * 64).is_some();
        assert!(found(&kernel));
        let mut module = kernel.module().clone();
        module.code.push(touchstone_kir::Instr::new(touchstone_kir::Op::Gid, 0, 0, 0, 0));
        assert!(!found(&Kernel::from_module(module).unwrap()));
    }
}

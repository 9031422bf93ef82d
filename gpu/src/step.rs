use std::time::{Duration, Instant};

use touchstone_kernel::Kernel;

use crate::{
    pipelines::{Pipeline, DISPATCH_BINDING, OUTPUT_BINDING},
    DeviceBuffer, Gpu, GpuError,
};

/// A dispatch is meant to take about this long: short enough for a display's watchdog and for a hang to show soon,
/// long enough that submitting it costs nothing.
const TILE_TIME: Duration = Duration::from_millis(100);

/// Worst-case fuel of the first tile, before anything was measured: well below a second on one CPU core.
const FIRST_TILE_FUEL: u64 = 1 << 27;

/// One step, with the buffers it reads on the device.
pub struct StepRun<'a> {
    /// What to run.
    pub kernel: &'a Kernel,
    /// Its parameters.
    pub params: &'a [u32],
    /// Its inputs, in the kernel's order.
    pub reads: &'a [&'a DeviceBuffer],
    /// Number of invocations, at least 1.
    pub invocations: u32,
}

/// Length of a step's output, bytes.
fn output_len(kernel: &Kernel, invocations: u32) -> Result<u32, GpuError> {
    u64::from(invocations)
        .checked_mul(u64::from(kernel.window()) * 4)
        .filter(|&len| len > 0 && len <= u64::from(touchstone_kernel::limits::MAX_BUFFER_BYTES))
        .map(|len| len as u32)
        .ok_or_else(|| GpuError::BadProgram("the step's output is empty or above 2 GiB".into()))
}

impl Gpu {
    /// Whether a step can run here: compiles it, for inputs of these lengths, and checks the sizes of its buffers.
    /// Returns the length of its output.
    pub fn prepare(
        &mut self,
        kernel: &Kernel,
        params: &[u32],
        lens: &[u32],
        invocations: u32,
    ) -> Result<u32, GpuError> {
        let output = output_len(kernel, invocations)?;
        for len in lens.iter().chain([&output]) {
            self.padded(*len)?;
        }
        self.compiled(kernel, params, lens)?;
        Ok(output)
    }

    /// The pipeline of a step and the worst-case fuel of one invocation.
    fn compiled(&mut self, kernel: &Kernel, params: &[u32], lens: &[u32]) -> Result<(Pipeline, u64), GpuError> {
        let cost = kernel.cost(params, lens).map_err(|error| GpuError::BadProgram(error.to_string()))?;
        let emitted = touchstone_compiler::emit(kernel, params, lens);
        let pipeline = self.pipeline(&emitted, lens.len() as u32)?;
        Ok((pipeline, cost.fuel))
    }

    /// Runs a step in dispatches that are each short, and calls `alive` after every one of them.
    ///
    /// Returns the step's output, of `invocations × window × 4` bytes.
    pub fn run(&mut self, step: &StepRun<'_>, alive: &mut dyn FnMut()) -> Result<DeviceBuffer, GpuError> {
        let output = self.allocate(output_len(step.kernel, step.invocations)?)?;
        let lens: Vec<u32> = step.reads.iter().map(|read| read.len).collect();
        let (pipeline, fuel) = self.compiled(step.kernel, step.params, &lens)?;
        alive();

        let dispatch = self.scoped(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: 16,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })?;
        let entries: Vec<_> = step
            .reads
            .iter()
            .enumerate()
            .map(|(i, read)| (i as u32, &read.buffer))
            .chain([(DISPATCH_BINDING, &dispatch), (OUTPUT_BINDING, &output.buffer)])
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let bindings = self.scoped(|| {
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &pipeline.layout,
                entries: &entries,
            })
        })?;

        let widest = self.device.limits().max_compute_workgroups_per_dimension.max(1);
        let mut tile = Tile::new(fuel, pipeline.workgroup_size, widest);
        let mut first = 0;
        while first < step.invocations {
            let count = tile.size.min(step.invocations - first);
            let groups = count.div_ceil(pipeline.workgroup_size);
            let grid_x = groups.min(widest);
            let started = Instant::now();
            let submission = self.scoped(|| {
                let words = [first, count, grid_x, 0];
                self.queue.write_buffer(&dispatch, 0, bytemuck::cast_slice(&words));
                let mut encoder = self.device.create_command_encoder(&Default::default());
                {
                    let mut pass = encoder.begin_compute_pass(&Default::default());
                    pass.set_pipeline(&pipeline.pipeline);
                    pass.set_bind_group(0, &bindings, &[]);
                    pass.dispatch_workgroups(grid_x, groups.div_ceil(grid_x), 1);
                }
                self.queue.submit([encoder.finish()])
            })?;
            self.wait(submission)?;
            alive();
            tile.took(started.elapsed());
            first += count;
        }
        Ok(output)
    }
}

/// How many invocations one dispatch covers: starts from the kernel's fuel, then follows the clock.
struct Tile {
    size: u32,
    smallest: u32,
    largest: u32,
}

impl Tile {
    fn new(fuel: u64, workgroup_size: u32, widest: u32) -> Self {
        let smallest = workgroup_size.max(1);
        // Both dimensions of the grid, and a bound that keeps every index of a dispatch in 32 bits.
        let largest =
            (u64::from(widest) * u64::from(widest) * u64::from(smallest)).min(1 << 30).max(u64::from(smallest)) as u32;
        let first = (FIRST_TILE_FUEL / fuel.max(1)).min(u64::from(largest)) as u32;
        Self { size: first.clamp(smallest, largest), smallest, largest }
    }

    fn took(&mut self, elapsed: Duration) {
        let factor = TILE_TIME.as_secs_f64() / elapsed.as_secs_f64().max(1e-6);
        // At most fourfold: the invocations to come may be slower than these were.
        let next = f64::from(self.size) * factor.clamp(0.25, 4.0);
        self.size = (next as u32).clamp(self.smallest, self.largest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_invocations_start_with_one_workgroup_and_light_ones_with_many() {
        assert_eq!(Tile::new(1 << 24, 64, 65_535).size, 64);
        assert_eq!(Tile::new(16, 64, 65_535).size, 1 << 23);
    }

    #[test]
    fn a_tile_follows_the_clock_within_its_limits() {
        let mut tile = Tile::new(1 << 20, 64, 65_535);
        let start = tile.size;
        tile.took(TILE_TIME / 2);
        assert_eq!(tile.size, start * 2);
        tile.took(TILE_TIME * 100);
        assert_eq!(tile.size, start / 2);
        for _ in 0..40 {
            tile.took(TILE_TIME * 100);
        }
        assert_eq!(tile.size, 64);
        for _ in 0..40 {
            tile.took(Duration::ZERO);
        }
        assert_eq!(tile.size, 1 << 30);
    }
}

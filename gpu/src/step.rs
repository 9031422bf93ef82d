use std::{
    num::NonZeroU64,
    ops::Range,
    time::{Duration, Instant},
};

use touchstone_compiler::{Emitted, Target, GRID_ROW};
use touchstone_kir::Kernel;

use crate::{
    pipeline::{uniform_bytes, Pipeline, DISPATCH_BINDING, OUTPUT_BINDING},
    rewrite::mistaken,
    tile::Tile,
    DeviceBuffer, Gpu, GpuError,
};

/// How a kernel is turned into WGSL. On a correct device, all of them give the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emission {
    /// [`touchstone_compiler::emit`]: specialised for the parameters and lengths, and fast.
    Specialised,
    /// [`touchstone_compiler::emit_plain`]: as different as possible from the other one, and slow.
    Plain,
}

impl Emission {
    /// Its name for users.
    pub fn name(self) -> &'static str {
        match self {
            Self::Specialised => "specialised",
            Self::Plain => "plain",
        }
    }
}

/// One step, with the buffers it reads on the device.
pub struct StepRun<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// Its parameters.
    pub params: &'a [u32],
    /// Its inputs, in the kernel's order.
    pub reads: &'a [&'a DeviceBuffer],
    /// Number of invocations, at least 1.
    pub invocations: u32,
}

/// Length of a step's output, bytes.
pub(crate) fn output_len(kernel: &Kernel, invocations: u32) -> Result<u32, GpuError> {
    u64::from(invocations)
        .checked_mul(u64::from(kernel.window()) * 4)
        .filter(|&len| len > 0 && len <= u64::from(touchstone_kir::limits::MAX_BUFFER_BYTES))
        .map(|len| len as u32)
        .ok_or_else(|| GpuError::InvalidInput("the step's output is empty or above 2 GiB".into()))
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
        let windows = Windows::new(&(0..invocations), kernel.window(), &self.device.limits());
        // `alive` is not called: a caller that wants to bid must not wait for a kernel that takes long to compile.
        let (emitted, _) = self.emitted(kernel, params, lens, &windows, invocations, Emission::Specialised)?;
        self.pipeline(&emitted, &mut || {})?;
        Ok(output)
    }

    /// Compiles the plain emission of a step, for at most `patience`; calls `alive` meanwhile. Returns whether it can
    /// be run now: a driver may take minutes for the largest kernels.
    pub fn prepare_plain(
        &mut self,
        step: &StepRun<'_>,
        patience: Duration,
        alive: &mut dyn FnMut(),
    ) -> Result<bool, GpuError> {
        let lens: Vec<u32> = step.reads.iter().map(|read| read.len).collect();
        let emitted = touchstone_compiler::emit_plain(&self.target, step.kernel, step.params, &lens);
        Ok(self.compile_within(&emitted, patience, alive)?.is_some())
    }

    /// A step's source and the fuel of one invocation, if the device has enough bindings.
    fn emitted(
        &self,
        kernel: &Kernel,
        params: &[u32],
        lens: &[u32],
        windows: &Windows,
        invocations: u32,
        emission: Emission,
    ) -> Result<(Emitted, u64), GpuError> {
        let fuel = kernel.cost(params, lens).map_err(|error| GpuError::InvalidInput(error.to_string()))?.fuel;
        let mistaken = self.mistaken.and_then(|wrong| mistaken(kernel, wrong));
        let target = Target { invocations, whole_step: windows.are_those_of(invocations), ..self.target };
        let emitted = match emission {
            Emission::Specialised => {
                touchstone_compiler::emit_for(&target, mistaken.as_ref().unwrap_or(kernel), params, lens)
            }
            Emission::Plain => touchstone_compiler::emit_plain(&target, kernel, params, lens),
        };
        let own = 1 + u32::from(emitted.cut_binding.is_some());
        let (needed, available) =
            (emitted.parts.len() as u32 + own, self.device.limits().max_storage_buffers_per_shader_stage);
        if needed > available {
            return Err(GpuError::TooManyParts { needed, part_bytes: self.target.part_bytes, available });
        }
        Ok((emitted, fuel))
    }

    /// Runs a step in short dispatches, and calls `alive` after each of them. Uses a hand-tuned implementation, if
    /// there is one that accepts the arguments.
    ///
    /// Returns the step's output, of `invocations × window × 4` bytes.
    pub fn run(&mut self, step: &StepRun<'_>, alive: &mut dyn FnMut()) -> Result<DeviceBuffer, GpuError> {
        match self.run_tuned(self.summary().class, step, alive) {
            Ok(Some(output)) => return Ok(output),
            Ok(None) => {}
            // It may need too much workgroup memory, for example; emitted sources need less.
            Err(GpuError::Refused(reason)) => tracing::warn!(%reason, "a hand-tuned implementation is left out"),
            Err(error) => return Err(error),
        }
        self.run_range(step, Emission::Specialised, 0..step.invocations, alive)
    }

    /// Runs some invocations of a step in short dispatches, always with an emitted source.
    ///
    /// Returns their windows.
    pub fn run_range(
        &mut self,
        step: &StepRun<'_>,
        emission: Emission,
        range: Range<u32>,
        alive: &mut dyn FnMut(),
    ) -> Result<DeviceBuffer, GpuError> {
        let lens: Vec<u32> = step.reads.iter().map(|read| read.len).collect();
        let output = self.allocate(output_len(step.kernel, range.len() as u32)?)?;
        let windows = Windows::new(&range, step.kernel.window(), &self.device.limits());
        let (emitted, fuel) = self.emitted(step.kernel, step.params, &lens, &windows, step.invocations, emission)?;
        self.note_done(0, 1);
        let ready = Ready { pipeline: self.pipeline(&emitted, alive)?, emitted, fuel };
        alive();

        let dispatch = self.scoped(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: uniform_bytes(&ready.emitted),
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })?;
        self.queue.write_buffer(&dispatch, 16, bytemuck::cast_slice(&ready.emitted.arguments));

        let mut cut = ready.emitted.cut_binding.map(|_| self.watch_loops()).transpose()?;
        let workgroup_size = ready.pipeline.workgroup_size;
        let mut tile = Tile::new(self.summary().class, ready.fuel, workgroup_size, GRID_ROW);
        let mut bound: Option<(u32, wgpu::BindGroup)> = None;
        let mut first = range.start;
        while first < range.end {
            let (base, most) = windows.from(first);
            let bindings = match bound.take() {
                Some((old, bindings)) if old == base => bindings,
                _ => {
                    self.bind(step, &ready, &dispatch, &output, windows.bytes(base), cut.as_ref().map(|cut| &cut.word))?
                }
            };
            let count = tile.size().min(most);
            let groups = count.div_ceil(workgroup_size);
            let grid_x = groups.min(GRID_ROW);
            let started = Instant::now();
            let submission = self.scoped(|| {
                let words = [first, count, grid_x, base];
                self.queue.write_buffer(&dispatch, 0, bytemuck::cast_slice(&words));
                let mut encoder = self.device.create_command_encoder(&Default::default());
                {
                    let mut pass = encoder.begin_compute_pass(&Default::default());
                    pass.set_pipeline(&ready.pipeline.pipeline);
                    pass.set_bind_group(0, &bindings, &[]);
                    pass.dispatch_workgroups(grid_x, groups.div_ceil(grid_x), 1);
                }
                self.queue.submit([encoder.finish()])
            })?;
            self.wait(submission)?;
            tile.took(count, started.elapsed());
            if let Some(cut) = &mut cut {
                self.repair(cut, step, first..first + count, &output, range.start, alive)?;
            }
            bound = Some((base, bindings));
            first += count;
            self.note_done(first - range.start, range.len() as u32);
            alive();
        }
        Ok(output)
    }

    /// Binds the parts of the inputs, the uniform, and these bytes of the output.
    fn bind(
        &self,
        step: &StepRun<'_>,
        ready: &Ready,
        dispatch: &wgpu::Buffer,
        output: &DeviceBuffer,
        shown: Range<u64>,
        cut: Option<&DeviceBuffer>,
    ) -> Result<wgpu::BindGroup, GpuError> {
        let inputs = ready.emitted.parts.iter().filter_map(|part| {
            let buffer = &step.reads.get(usize::from(part.input))?.buffer;
            let offset = u64::from(part.offset);
            Some((part.binding, buffer, offset..buffer.size().min(offset + u64::from(self.target.part_bytes))))
        });
        let cut = ready.emitted.cut_binding.zip(cut).map(|(binding, word)| (binding, &word.buffer, 0..4));
        let entries: Vec<_> = inputs
            .chain(cut)
            .chain([
                (DISPATCH_BINDING, dispatch, 0..dispatch.size()),
                (OUTPUT_BINDING, &output.buffer, shown.start..shown.end.min(output.buffer.size())),
            ])
            .map(|(binding, buffer, bytes)| wgpu::BindGroupEntry {
                binding,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer,
                    offset: bytes.start,
                    size: NonZeroU64::new(bytes.end.saturating_sub(bytes.start)),
                }),
            })
            .collect();
        self.scoped(|| {
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &ready.pipeline.layout,
                entries: &entries,
            })
        })
    }
}

/// A step that can be dispatched.
struct Ready {
    emitted: Emitted,
    pipeline: Pipeline,
    /// Worst case of one invocation.
    fuel: u64,
}

/// How the windows of an output are bound: all at once, or as many as one binding holds.
struct Windows {
    /// Invocations whose windows the output holds.
    range: Range<u32>,
    /// Bytes of one window.
    window_bytes: u64,
    /// Windows of one binding, at least 1.
    capacity: u32,
    /// A binding must begin at a multiple of this number of windows.
    stride: u32,
}

impl Windows {
    fn new(range: &Range<u32>, window: u16, limits: &wgpu::Limits) -> Self {
        let window_bytes = 4 * u64::from(window);
        let alignment = u64::from(limits.min_storage_buffer_offset_alignment).max(1);
        let capacity = (limits.max_storage_buffer_binding_size / window_bytes).clamp(1, u32::MAX.into()) as u32;
        // The alignment is a power of two, so its greatest common divisor with a number is the number's lowest set bit,
        // or the alignment if that is less.
        let shared = alignment.min(1 << window_bytes.trailing_zeros());
        Self { range: range.clone(), window_bytes, capacity, stride: (alignment / shared) as u32 }
    }

    /// Whether one binding holds all windows of a step.
    fn are_those_of(&self, invocations: u32) -> bool {
        self.range == (0..invocations) && invocations <= self.capacity
    }

    /// The invocation whose window is the first of the binding that contains the window of `first`, and the number of
    /// invocations from `first` on in that binding.
    fn from(&self, first: u32) -> (u32, u32) {
        let Range { start, end } = self.range;
        if end - start <= self.capacity {
            return (start, end - first);
        }
        let base = start + (first - start) / self.stride * self.stride;
        (base, (end - first).min(self.capacity.saturating_sub(first - base).max(1)))
    }

    /// The bytes of the output in the binding that starts with this invocation's window.
    fn bytes(&self, base: u32) -> Range<u64> {
        let start = u64::from(base - self.range.start) * self.window_bytes;
        start..start.saturating_add(u64::from(self.capacity) * self.window_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_too_long_for_a_binding_is_bound_from_where_a_dispatch_begins() {
        let limits = |bytes| wgpu::Limits {
            max_storage_buffer_binding_size: bytes,
            min_storage_buffer_offset_alignment: 256,
            ..wgpu::Limits::default()
        };
        // Windows of 12 bytes: a binding may begin at each 64th.
        let windows = Windows::new(&(100..50_100), 3, &limits(120_000));
        assert_eq!((windows.capacity, windows.stride), (10_000, 64));
        assert_eq!(windows.from(100), (100, 10_000));
        assert_eq!(windows.from(10_100), (10_084, 9984));
        assert_eq!(windows.bytes(10_084), 119_808..239_808);
        assert_eq!(windows.from(50_099), (50_084, 1));
        // All of it, if it fits.
        let windows = Windows::new(&(100..50_100), 3, &limits(600_000));
        assert_eq!(windows.from(10_100), (100, 40_000));
        // Windows that are a multiple of the alignment can all start a binding.
        assert_eq!(Windows::new(&(0..9), 256, &limits(4096)).stride, 1);
    }
}

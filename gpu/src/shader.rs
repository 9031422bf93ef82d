use std::time::Instant;

use touchstone_compiler::{Emitted, Part};

use crate::{
    pipeline::{Pipeline, DISPATCH_BINDING, OUTPUT_BINDING},
    tile::Tile,
    Gpu, GpuError,
};

/// A compute shader written by hand, and how it is dispatched. The cost of an item depends on the source alone.
///
/// Its bindings are those of emitted kernels: inputs from 0, a `vec4<u32>` uniform for each dispatch at 8, the output
/// at 9. The uniform holds the first item of the dispatch, their number, the width of the grid, and
/// [`word`](Self::word).
pub(crate) struct Shader {
    /// The source; its entry point is `main`.
    pub(crate) source: String,
    /// All the work, in items. A workgroup does [`group`](Self::group) of them.
    pub(crate) items: u32,
    /// Items of one workgroup.
    pub(crate) group: u32,
    /// The approximate cost of one item, in fuel. It decides how many items the first dispatch has.
    pub(crate) fuel: u64,
    /// One more word for the uniform; what it means depends on the source.
    pub(crate) word: u32,
}

/// A shader with the buffers that it reads and writes.
pub(crate) struct Run<'a> {
    pub(crate) shader: Shader,
    pub(crate) inputs: Vec<wgpu::BufferBinding<'a>>,
    pub(crate) output: &'a wgpu::Buffer,
}

/// A run that can be dispatched.
struct Ready {
    pipeline: Pipeline,
    bindings: wgpu::BindGroup,
    dispatch: wgpu::Buffer,
    tile: Tile,
    items: u32,
    group: u32,
    word: u32,
}

/// Some items of one of several runs.
struct Dispatch {
    run: usize,
    first: u32,
    count: u32,
}

impl Gpu {
    /// Compiles shaders and runs one after the other in submissions that are each short; calls `alive` after every one
    /// of them. Shaders that need no submission of their own share one.
    pub(crate) fn run_shaders(&mut self, runs: Vec<Run<'_>>, alive: &mut dyn FnMut()) -> Result<(), GpuError> {
        self.note_done(0, 1);
        let mut ready = runs.into_iter().map(|run| self.ready(run, &mut *alive)).collect::<Result<Vec<_>, _>>()?;
        alive();
        let mut pending: Vec<Dispatch> = Vec::new();
        // How much of the time of a dispatch those that are pending take.
        let mut filled = 0.0;
        let all: u32 = ready.iter().fold(0, |sum, run| sum.saturating_add(run.items));
        let mut done = 0u32;
        for run in 0..ready.len() {
            let (items, mut first) = (ready[run].items, 0);
            while first < items {
                let tile = ready[run].tile.size();
                let count = tile.min(items - first);
                pending.push(Dispatch { run, first, count });
                filled += f64::from(count) / f64::from(tile);
                first += count;
                // A run has one uniform: a second dispatch of it waits for the first, which fills its tile.
                let is_last = run + 1 == ready.len() && first == items;
                if filled >= 1.0 || is_last {
                    self.submit(&mut ready, &pending)?;
                    done = pending.iter().fold(done, |sum, dispatch| sum.saturating_add(dispatch.count));
                    self.note_done(done, all);
                    alive();
                    pending.clear();
                    filled = 0.0;
                }
            }
        }
        Ok(())
    }

    fn ready(&mut self, run: Run<'_>, alive: &mut dyn FnMut()) -> Result<Ready, GpuError> {
        let Run { shader: Shader { source, items, group, fuel, word }, inputs, output } = run;
        let parts =
            (0..).zip(&inputs).map(|(input, _)| Part { input, number: 0, binding: input.into(), offset: 0 }).collect();
        let emitted = Emitted {
            source,
            workgroup_size: group,
            wide_inputs: Vec::new(),
            arguments: Vec::new(),
            parts,
            cut_binding: None,
        };
        let pipeline = self.pipeline(&emitted, alive)?;
        let dispatch = self.scoped(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: 16,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })?;
        let entries: Vec<_> = (0..)
            .zip(inputs)
            .chain([
                (DISPATCH_BINDING, dispatch.as_entire_buffer_binding()),
                (OUTPUT_BINDING, output.as_entire_buffer_binding()),
            ])
            .map(|(binding, bytes)| wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(bytes) })
            .collect();
        let bindings = self.scoped(|| {
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &pipeline.layout,
                entries: &entries,
            })
        })?;
        let tile = Tile::at_pace(self.summary().class, fuel, group, self.widest(), &pipeline.pace);
        Ok(Ready { pipeline, bindings, dispatch, tile, items, group, word })
    }

    /// Submits dispatches of different runs together, and waits for them.
    fn submit(&self, ready: &mut [Ready], pending: &[Dispatch]) -> Result<(), GpuError> {
        let widest = self.widest();
        let started = Instant::now();
        let submission = self.scoped(|| {
            let mut encoder = self.device.create_command_encoder(&Default::default());
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                for &Dispatch { run, first, count } in pending {
                    let Ready { pipeline, bindings, dispatch, group, word, .. } = &ready[run];
                    let groups = count.div_ceil(*group);
                    let grid_x = groups.min(widest);
                    self.queue.write_buffer(dispatch, 0, bytemuck::cast_slice(&[first, count, grid_x, *word]));
                    pass.set_pipeline(&pipeline.pipeline);
                    pass.set_bind_group(0, bindings, &[]);
                    pass.dispatch_workgroups(grid_x, groups.div_ceil(grid_x), 1);
                }
            }
            self.queue.submit([encoder.finish()])
        })?;
        self.wait(submission)?;
        // The time of a submission with several dispatches cannot be attributed to any of them.
        if let [Dispatch { run, count, .. }] = pending {
            ready[*run].tile.took(*count, started.elapsed());
        }
        Ok(())
    }

    fn widest(&self) -> u32 {
        self.device.limits().max_compute_workgroups_per_dimension.max(1)
    }
}

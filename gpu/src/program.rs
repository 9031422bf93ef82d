use std::time::Instant;

use touchstone_compiler::{Emitted, Part};

use crate::{
    pipelines::{DISPATCH_BINDING, OUTPUT_BINDING},
    step::Tile,
    Gpu, GpuError,
};

/// WGSL written by hand, and how it is dispatched.
///
/// Its bindings are those of emitted kernels: inputs from 0, a `vec4<u32>` uniform for each dispatch at 8, the output at 9.
/// The uniform holds the first item of the dispatch, their number, the width of the grid, and [`word`](Self::word).
pub(crate) struct Program {
    /// The source; its entry point is `main`.
    pub(crate) source: String,
    /// All the work, in units of which a workgroup does [`group`](Self::group).
    pub(crate) items: u32,
    /// Items of one workgroup.
    pub(crate) group: u32,
    /// What one item costs, in fuel or about so: it decides how much the first dispatch does.
    pub(crate) fuel: u64,
    /// What the source wants to know besides.
    pub(crate) word: u32,
}

impl Gpu {
    /// Compiles a program and runs it in dispatches that are each short; calls `alive` after every one of them.
    pub(crate) fn run_program(
        &mut self,
        program: Program,
        inputs: &[&wgpu::Buffer],
        output: &wgpu::Buffer,
        alive: &mut dyn FnMut(),
    ) -> Result<(), GpuError> {
        let Program { source, items, group, fuel, word } = program;
        let parts =
            (0..).zip(inputs).map(|(input, _)| Part { input, number: 0, binding: input.into(), offset: 0 }).collect();
        let emitted = Emitted { source, workgroup_size: group, wide_inputs: Vec::new(), arguments: Vec::new(), parts };
        let pipeline = self.pipeline(&emitted)?;
        alive();

        let dispatch = self.scoped(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: 16,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })?;
        let entries: Vec<_> = (0..)
            .zip(inputs.iter().copied())
            .chain([(DISPATCH_BINDING, &dispatch), (OUTPUT_BINDING, output)])
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
        let mut tile = Tile::new(fuel, group, widest);
        let mut first = 0;
        while first < items {
            let count = tile.size.min(items - first);
            let groups = count.div_ceil(group);
            let grid_x = groups.min(widest);
            let started = Instant::now();
            let submission = self.scoped(|| {
                self.queue.write_buffer(&dispatch, 0, bytemuck::cast_slice(&[first, count, grid_x, word]));
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
        Ok(())
    }
}

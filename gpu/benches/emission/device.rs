//! A device of the bench's own: raw dispatches, and how long they take.

use std::time::{Duration, Instant};

use touchstone_compiler::GRID_ROW;
use touchstone_kernels::Arguments;

use touchstone_measure::processor_time;

pub struct Device {
    device: wgpu::Device,
    queue: wgpu::Queue,
    info: wgpu::AdapterInfo,
}

pub struct Shader {
    pipeline: wgpu::ComputePipeline,
    workgroup_size: u32,
}

/// The buffers of one kernel's work.
pub struct Arena<'a> {
    device: &'a Device,
    layout: wgpu::BindGroupLayout,
    bindings: wgpu::BindGroup,
    dispatch: wgpu::Buffer,
    output: wgpu::Buffer,
}

impl Device {
    pub fn open(wanted: Option<&str>) -> Result<Self, String> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::PRIMARY,
            flags: wgpu::InstanceFlags::empty(),
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
            wgpu::DeviceType::DiscreteGpu | wgpu::DeviceType::VirtualGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            _ => 2,
        });
        let wanted = wanted.unwrap_or_default().to_lowercase();
        let adapter = adapters
            .into_iter()
            .find(|adapter| adapter.get_info().name.to_lowercase().contains(&wanted))
            .ok_or("no such adapter")?;
        let descriptor = wgpu::DeviceDescriptor {
            required_limits: adapter.limits(),
            required_features: adapter.features() & wgpu::Features::SHADER_INT64,
            ..Default::default()
        };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&descriptor)).map_err(|error| error.to_string())?;
        Ok(Self { device, queue, info: adapter.get_info() })
    }

    pub fn name(&self) -> String {
        format!("{}, {} {}", self.info.name, self.info.driver, self.info.driver_info)
    }

    pub fn has_int64(&self) -> bool {
        self.device.features().contains(wgpu::Features::SHADER_INT64)
    }

    /// What is measured.
    pub fn clock(&self) -> &'static str {
        match self.busy() {
            Some(_) => "processor time",
            None => "wall time",
        }
    }

    /// Processor time of this process so far, where the device is this processor: what else the machine does then
    /// disturbs less than it does the wall clock.
    fn busy(&self) -> Option<Duration> {
        match self.info.device_type {
            wgpu::DeviceType::Cpu => processor_time(),
            _ => None,
        }
    }

    /// Invocations in a row of the grid of a baseline.
    pub fn row(&self) -> u32 {
        GRID_ROW * super::baseline::WORKGROUP_SIZE
    }

    pub fn arena(&self, work: &Arguments, window: u16) -> Arena<'_> {
        let buffer = |size: usize, usage| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                // Padded with zeros, for reads of four words.
                size: size.next_multiple_of(16).max(16) as u64,
                usage: usage | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let inputs: Vec<_> = work
            .inputs
            .iter()
            .map(|bytes| {
                let input = buffer(bytes.len(), wgpu::BufferUsages::STORAGE);
                self.queue.write_buffer(&input, 0, bytes);
                input
            })
            .collect();
        let dispatch = buffer(16, wgpu::BufferUsages::UNIFORM);
        let output = buffer(4 * work.invocations as usize * usize::from(window), wgpu::BufferUsages::STORAGE);

        let read_only = wgpu::BufferBindingType::Storage { read_only: true };
        let bound: Vec<_> = inputs
            .iter()
            .enumerate()
            .map(|(at, input)| (at as u32, input, read_only))
            .chain([
                (8, &dispatch, wgpu::BufferBindingType::Uniform),
                (9, &output, wgpu::BufferBindingType::Storage { read_only: false }),
            ])
            .collect();
        let entries: Vec<_> = bound
            .iter()
            .map(|&(binding, _, ty)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
                count: None,
            })
            .collect();
        let layout =
            self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        let entries: Vec<_> = bound
            .iter()
            .map(|&(binding, buffer, _)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &layout,
            entries: &entries,
        });
        Arena { device: self, layout, bindings, dispatch, output }
    }
}

impl Arena<'_> {
    /// Compiles a source as a trusted module: neither side pays for checks that naga adds.
    #[allow(unsafe_code)]
    pub fn shader(&self, what: &str, source: &str, workgroup_size: u32) -> Result<Shader, String> {
        let device = &self.device.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let descriptor = wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(source.into()) };
        // SAFETY: baselines are written for the arguments that they run with here, and emissions guard what they
        // access.
        let module = unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) };
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&self.layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: Some(&layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        match pollster::block_on(scope.pop()) {
            Some(error) => Err(format!("{what}: {error}\n{source}")),
            None => Ok(Shader { pipeline, workgroup_size }),
        }
    }

    /// Runs the first `count` invocations so many times, and returns how long that took.
    pub fn time(&self, shader: &Shader, count: u32, repetitions: u32) -> Result<Duration, String> {
        let device = &self.device.device;
        let groups = count.div_ceil(shader.workgroup_size);
        let grid_x = groups.min(GRID_ROW);
        self.device.queue.write_buffer(&self.dispatch, 0, bytemuck::cast_slice(&[0, count, grid_x, 0]));
        let mut encoder = device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&shader.pipeline);
            pass.set_bind_group(0, &self.bindings, &[]);
            for _ in 0..repetitions {
                pass.dispatch_workgroups(grid_x, groups.div_ceil(grid_x), 1);
            }
        }
        let commands = encoder.finish();
        self.wait()?;
        let started = (Instant::now(), self.device.busy());
        self.device.queue.submit([commands]);
        self.wait()?;
        Ok(match (started.1, self.device.busy()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => started.0.elapsed(),
        })
    }

    /// The words that `count` invocations write.
    pub fn output_of(&self, shader: &Shader, count: u32) -> Result<Vec<u32>, String> {
        let device = &self.device.device;
        let mut encoder = device.create_command_encoder(&Default::default());
        // So that what is not written shows.
        encoder.clear_buffer(&self.output, 0, None);
        self.device.queue.submit([encoder.finish()]);
        self.time(shader, count, 1)?;
        let staging = device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: self.output.size(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.output, 0, &staging, 0, None);
        self.device.queue.submit([encoder.finish()]);
        staging.map_async(wgpu::MapMode::Read, .., |_| {});
        self.wait()?;
        let view = staging.get_mapped_range(..).map_err(|error| error.to_string())?;
        Ok(bytemuck::pod_collect_to_vec(&view))
    }

    fn wait(&self) -> Result<(), String> {
        let patience = wgpu::PollType::Wait { submission_index: None, timeout: Some(Duration::from_secs(120)) };
        self.device.device.poll(patience).map(|_| ()).map_err(|error| error.to_string())
    }
}

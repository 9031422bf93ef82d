use std::{
    collections::{HashMap, VecDeque},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::{device::scoped, tile::Pace, Gpu, GpuError};

/// Compiled pipelines that are kept. A kernel specialised on other parameters is another pipeline.
const KEPT: usize = 64;

/// Pause between two signs of life while a driver compiles.
const SIGN_OF_LIFE: Duration = Duration::from_millis(500);

/// Binding of the dispatch's uniform, and of the output, in emitted kernels.
pub(crate) const DISPATCH_BINDING: u32 = 8;
pub(crate) const OUTPUT_BINDING: u32 = 9;

/// A kernel that is ready to be dispatched.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
    pub(crate) workgroup_size: u32,
    /// How fast it was.
    pub(crate) pace: Pace,
}

/// A bounded cache of pipelines by their source; the oldest goes first.
#[derive(Default)]
pub(crate) struct Pipelines {
    by_source: HashMap<touchstone_kernel::Root, Pipeline>,
    order: VecDeque<touchstone_kernel::Root>,
}

impl Gpu {
    pub(crate) fn pipeline(&mut self, emitted: &touchstone_compiler::Emitted) -> Result<Pipeline, GpuError> {
        let key = touchstone_kernel::root(emitted.source.as_bytes());
        if let Some(found) = self.pipelines.by_source.get(&key) {
            return Ok(found.clone());
        }
        let made = compile(&self.device, emitted)?;
        self.keep(key, made.clone());
        Ok(made)
    }

    /// Compiles a source on a thread of its own, for at most `patience`; calls `alive` meanwhile. Returns whether it is
    /// ready. A driver cannot be stopped: one that takes longer goes on, and what it makes is dropped.
    pub(crate) fn compile_within(
        &mut self,
        emitted: &touchstone_compiler::Emitted,
        patience: Duration,
        alive: &mut dyn FnMut(),
    ) -> Result<bool, GpuError> {
        let key = touchstone_kernel::root(emitted.source.as_bytes());
        if self.pipelines.by_source.contains_key(&key) {
            return Ok(true);
        }
        let (device, source) = (self.device.clone(), emitted.clone());
        let (done, is_done) = mpsc::channel();
        // Nobody listens any longer if it took too long.
        thread::spawn(move || drop(done.send(compile(&device, &source))));
        let started = Instant::now();
        loop {
            let left = patience.saturating_sub(started.elapsed());
            match is_done.recv_timeout(left.min(SIGN_OF_LIFE)) {
                Ok(made) => {
                    self.keep(key, made?);
                    return Ok(true);
                }
                Err(mpsc::RecvTimeoutError::Timeout) if !left.is_zero() => alive(),
                Err(mpsc::RecvTimeoutError::Timeout) => return Ok(false),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(GpuError::Refused("the driver's compiler failed".into()))
                }
            }
        }
    }

    fn keep(&mut self, key: touchstone_kernel::Root, made: Pipeline) {
        while self.pipelines.order.len() >= KEPT {
            if let Some(oldest) = self.pipelines.order.pop_front() {
                self.pipelines.by_source.remove(&oldest);
            }
        }
        self.pipelines.order.push_back(key);
        self.pipelines.by_source.insert(key, made);
    }
}

fn compile(device: &wgpu::Device, emitted: &touchstone_compiler::Emitted) -> Result<Pipeline, GpuError> {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let entries: Vec<_> = emitted
        .parts
        .iter()
        .map(|part| entry(part.binding, wgpu::BufferBindingType::Storage { read_only: true }))
        .chain([
            entry(DISPATCH_BINDING, wgpu::BufferBindingType::Uniform),
            entry(OUTPUT_BINDING, wgpu::BufferBindingType::Storage { read_only: false }),
        ])
        .collect();

    scoped(device, || {
        let module = trusted_module(device, emitted);
        let layout =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                // The emitter initialises all it declares, and kernels have no workgroup memory.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        Pipeline { pipeline, layout, workgroup_size: emitted.workgroup_size.max(1), pace: Pace::default() }
    })
}

/// The module of an emitted source, without the checks that wgpu adds to others: emitted sources guard themselves.
#[allow(unsafe_code)]
fn trusted_module(device: &wgpu::Device, emitted: &touchstone_compiler::Emitted) -> wgpu::ShaderModule {
    let descriptor =
        wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(emitted.source.as_str().into()) };
    // SAFETY: a source, emitted or written by hand, compares every index with a length before it is used, or derives
    // it from what is known to be less; lengths are those of what is bound. Each of its loops counts to a bound or is
    // left before. It divides by nothing that may be 0, nor MIN by -1. It has neither rays nor meshes. A buffer's
    // padding is zeroed when it is made.
    unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
}

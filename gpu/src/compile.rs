//! Compiles emitted sources and hand-written shaders into pipelines, with a limit on the driver's time.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::{
    pipeline::{uniform_bytes, Pipeline, DISPATCH_BINDING, OUTPUT_BINDING},
    scope::scoped,
    tile::Pace,
    Gpu, GpuError,
};

/// A driver's compiler may take this many times the patience for a dispatch: a kernel that compiled within it during
/// the examination may be compiled on a busier machine later.
const COMPILER_PATIENCE: u32 = 2;

/// How long the compiler thread waits for a driver: longer than any caller waits for that thread.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Stack of the compiler thread: drivers recurse into nested constructs.
const COMPILER_STACK: usize = 16 << 20;

/// Pause between two signs of life while a driver compiles.
const SIGN_OF_LIFE: Duration = Duration::from_millis(500);

impl Gpu {
    /// The pipeline of a source, compiled if necessary; calls `alive` meanwhile.
    pub(crate) fn pipeline(
        &mut self,
        emitted: &touchstone_compiler::Emitted,
        alive: &mut dyn FnMut(),
    ) -> Result<Pipeline, GpuError> {
        let patience = self.patience.saturating_mul(COMPILER_PATIENCE);
        self.compile_within(emitted, patience, alive)?.ok_or(GpuError::CompilerTimeout(patience))
    }

    /// Compiles a source on a separate thread, for at most `patience`; calls `alive` meanwhile. Returns the pipeline if
    /// it is ready by then. A driver cannot be stopped: if it takes longer, it continues, and the device may do nothing
    /// else until it is done.
    pub(crate) fn compile_within(
        &mut self,
        emitted: &touchstone_compiler::Emitted,
        patience: Duration,
        alive: &mut dyn FnMut(),
    ) -> Result<Option<Pipeline>, GpuError> {
        let key = touchstone_kir::root(emitted.source.as_bytes());
        if let Some(found) = self.pipelines.get(&key) {
            return Ok(Some(found.clone()));
        }
        let (device, queue, source) = (self.device.clone(), self.queue.clone(), emitted.clone());
        let (done, is_done) = mpsc::channel();
        // The receiver is gone if this took too long.
        let compiling = move || drop(done.send(compile(&device, &queue, &source)));
        thread::Builder::new().stack_size(COMPILER_STACK).spawn(compiling)?;
        let started = Instant::now();
        loop {
            let left = patience.saturating_sub(started.elapsed());
            match is_done.recv_timeout(left.min(SIGN_OF_LIFE)) {
                Ok(made) => {
                    let made = made?;
                    self.pipelines.keep(key, made.clone());
                    return Ok(Some(made));
                }
                Err(mpsc::RecvTimeoutError::Timeout) if !left.is_zero() => alive(),
                Err(mpsc::RecvTimeoutError::Timeout) => return Ok(None),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(GpuError::Refused("the driver's compiler failed".into()))
                }
            }
        }
    }
}

fn compile(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    emitted: &touchstone_compiler::Emitted,
) -> Result<Pipeline, GpuError> {
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
        .chain(emitted.cut_binding.map(|binding| entry(binding, wgpu::BufferBindingType::Storage { read_only: false })))
        .collect();

    let (made, submission) = scoped(device, || {
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
                // Emitted kernels have no workgroup memory, and hand-written shaders write theirs before they read it.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        let workgroup_size = emitted.workgroup_size.max(1);
        let made = Pipeline { pipeline, layout, workgroup_size, pace: Pace::default() };
        let submission = dispatch_nothing(device, queue, emitted, &made);
        (made, submission)
    })?;
    let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(LONGEST_WAIT) };
    device.poll(wait).map_err(|error| GpuError::Refused(error.to_string()))?;
    Ok(made)
}

/// Submits a dispatch of no workgroups: lavapipe compiles a pipeline only then.
fn dispatch_nothing(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    emitted: &touchstone_compiler::Emitted,
    made: &Pipeline,
) -> wgpu::SubmissionIndex {
    let buffer = |size, usage| {
        device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
    };
    let [input, output, cut] = [(); 3].map(|()| buffer(1024, wgpu::BufferUsages::STORAGE));
    let uniform = buffer(uniform_bytes(emitted), wgpu::BufferUsages::UNIFORM);
    let entries: Vec<_> = emitted
        .parts
        .iter()
        .map(|part| (part.binding, &input))
        .chain([(DISPATCH_BINDING, &uniform), (OUTPUT_BINDING, &output)])
        .chain(emitted.cut_binding.map(|binding| (binding, &cut)))
        .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
        .collect();
    let bindings =
        device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &made.layout, entries: &entries });
    let mut encoder = device.create_command_encoder(&Default::default());
    {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&made.pipeline);
        pass.set_bind_group(0, &bindings, &[]);
        pass.dispatch_workgroups(0, 0, 0);
    }
    queue.submit([encoder.finish()])
}

/// The module of an emitted source, without the checks that wgpu adds to other shaders: emitted sources contain guards.
#[allow(unsafe_code)]
fn trusted_module(device: &wgpu::Device, emitted: &touchstone_compiler::Emitted) -> wgpu::ShaderModule {
    let descriptor =
        wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(emitted.source.as_str().into()) };
    // SAFETY: a source, emitted or written by hand, compares every index with a length before it is used, or derives
    // it from what is known to be less; lengths are those of what is bound. Each of its loops counts to a bound or is
    // left earlier. It never divides by 0, nor MIN by -1. It uses neither rays nor meshes. A buffer's padding is zeroed
    // when it is created.
    unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
}

use std::collections::{HashMap, VecDeque};

use crate::{tile::Pace, Gpu, GpuError};

/// Compiled pipelines that are kept. A kernel specialised on other parameters is another pipeline.
const KEPT: usize = 64;

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
        let made = self.compile(emitted)?;
        while self.pipelines.order.len() >= KEPT {
            if let Some(oldest) = self.pipelines.order.pop_front() {
                self.pipelines.by_source.remove(&oldest);
            }
        }
        self.pipelines.order.push_back(key);
        self.pipelines.by_source.insert(key, made.clone());
        Ok(made)
    }

    fn compile(&self, emitted: &touchstone_compiler::Emitted) -> Result<Pipeline, GpuError> {
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

        self.scoped(|| {
            let module = self.trusted_module(emitted);
            let layout = self
                .device
                .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
            let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: None,
                bind_group_layouts: &[Some(&layout)],
                immediate_size: 0,
            });
            let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
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
    fn trusted_module(&self, emitted: &touchstone_compiler::Emitted) -> wgpu::ShaderModule {
        let descriptor = wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(emitted.source.as_str().into()),
        };
        // SAFETY: a source, emitted or written by hand, compares every index with a length before it is used, or derives
        // it from one that was; lengths are those of what is bound; each of its loops counts to a bound; it divides by nothing that may be 0, nor MIN by -1. It has
        // neither rays nor meshes. A buffer's padding is zeroed when it is made.
        unsafe { self.device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
    }
}

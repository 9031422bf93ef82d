use std::{
    sync::{
        atomic::{AtomicU32, Ordering},
        Arc, Mutex,
    },
    time::Duration,
};

use touchstone_compiler::Target;
use touchstone_kir::Op;

use crate::{adapter, pipeline::Pipelines, rewrite, scope::scoped, AdapterSummary, GpuError};

/// An open device.
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) pipelines: Pipelines,
    /// Longest wait for any submission.
    pub(crate) patience: Duration,
    /// What emitted sources may assume.
    pub(crate) target: Target,
    /// An operation that the specialised emission gets wrong on purpose.
    pub(crate) mistaken: Option<Op>,
    summary: AdapterSummary,
    /// Parts per million of the step in progress that are done.
    done: Arc<AtomicU32>,
    /// The first error that was reported outside of all error scopes.
    fault: Arc<Mutex<Option<Fault>>>,
}

#[derive(Clone)]
enum Fault {
    Lost(String),
    Error(String),
}

impl Gpu {
    /// Opens the adapter that `wanted` names, or the best one of the machine, with all its limits.
    ///
    /// An adapter is named by its index in [`adapters`](crate::adapters) (`index:1`), by its PCI address
    /// (`0000:01:00.0`), or by a part of its name that no other adapter's name has.
    ///
    /// No wait for the device will be longer than `patience`.
    pub fn open(wanted: Option<&str>, patience: Duration) -> Result<Self, GpuError> {
        Self::open_with_bindings(wanted, patience, u64::MAX)
    }

    /// As [`open`](Self::open), with no binding of a buffer larger than `binding_bytes`, a multiple of 256 of at least
    /// 64 KiB: for tests of what larger buffers need.
    pub fn open_with_bindings(wanted: Option<&str>, patience: Duration, binding_bytes: u64) -> Result<Self, GpuError> {
        let (adapter, summary) = adapter::choose(wanted)?;
        let mut required_limits = adapter.limits();
        required_limits.max_storage_buffer_binding_size =
            required_limits.max_storage_buffer_binding_size.min(binding_bytes);
        let required_features = adapter.features() & wgpu::Features::SHADER_INT64;
        let target = Target {
            int64: !required_features.is_empty(),
            cuts_loops: summary.cuts_loops(),
            ..adapter::target(&required_limits)
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("touchstone"),
            required_features,
            required_limits,
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| GpuError::Unsuitable { adapter: summary.label(), reason: error.to_string() })?;

        let fault = Arc::new(Mutex::new(None));
        let sink = fault.clone();
        device.on_uncaptured_error(Arc::new(move |error| {
            note(&sink, Fault::Error(error.to_string()));
        }));
        let sink = fault.clone();
        device.set_device_lost_callback(move |reason, message| {
            // A device that is being dropped reports its own destruction.
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&sink, Fault::Lost(message));
            }
        });

        let done = Arc::default();
        Ok(Self {
            pipelines: Pipelines::default(),
            device,
            queue,
            patience,
            target,
            mistaken: None,
            summary,
            done,
            fault,
        })
    }

    /// How much of the current step is done, in parts per million. It can be read while the step runs.
    pub fn done(&self) -> Arc<AtomicU32> {
        self.done.clone()
    }

    /// Notes that `done` of `all` parts of the step in progress are done.
    pub(crate) fn note_done(&self, done: u32, all: u32) {
        let ppm = u64::from(done) * 1_000_000 / u64::from(all.max(1));
        self.done.store(ppm.min(1_000_000) as u32, Ordering::Relaxed);
    }

    /// TESTING: makes the specialised emission get this operation wrong, like a driver with a fault.
    ///
    /// # Errors
    /// The operation has no result that could be wrong.
    pub fn mistake(&mut self, operation: Op) -> Result<(), GpuError> {
        if !rewrite::can_be_mistaken(operation) {
            let name = operation.name();
            return Err(GpuError::InvalidInput(format!("{name} gives no value that could be wrong")));
        }
        self.mistaken = Some(operation);
        Ok(())
    }

    /// The adapter of this device.
    pub fn summary(&self) -> &AdapterSummary {
        &self.summary
    }

    /// Runs `make`, and returns an error if the device reports one meanwhile.
    pub(crate) fn scoped<T>(&self, make: impl FnOnce() -> T) -> Result<T, GpuError> {
        let made = scoped(&self.device, make)?;
        self.check_fault()?;
        Ok(made)
    }

    /// Waits for one submission, but not longer than the device's patience.
    pub(crate) fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<(), GpuError> {
        let waited =
            self.device.poll(wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(self.patience) });
        self.check_fault()?;
        match waited {
            Ok(_) => Ok(()),
            Err(wgpu::PollError::Timeout) => Err(GpuError::Timeout(self.patience)),
            Err(error) => Err(GpuError::Refused(error.to_string())),
        }
    }

    /// Makes the driver free dropped buffers, so that their memory is available.
    pub fn reclaim(&self) {
        if let Err(error) = self.device.poll(wgpu::PollType::Poll) {
            tracing::debug!(%error, "nothing could be reclaimed");
        }
    }

    fn check_fault(&self) -> Result<(), GpuError> {
        let fault = match self.fault.lock() {
            Ok(fault) => fault.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        };
        match fault {
            None => Ok(()),
            Some(Fault::Lost(message)) => Err(GpuError::Lost(message)),
            Some(Fault::Error(message)) => Err(GpuError::Lost(format!("unexpected: {message}"))),
        }
    }
}

fn note(sink: &Mutex<Option<Fault>>, fault: Fault) {
    if let Ok(mut slot) = sink.lock() {
        slot.get_or_insert(fault);
    }
}

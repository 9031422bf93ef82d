//! The comparison of two emissions of each kernel that a device meets: with the job that brings the kernel, as far as
//! there is time, and otherwise when the device has nothing to do.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use touchstone_client::JobView;
use touchstone_kir::KernelHash;

use crate::{
    blobs::Incoming,
    executor::{Done, ExecuteError, FailureKind, Workload},
    inputs::Inputs,
    kernel_verdicts::KernelVerdict,
    loaded_job::LoadedJob,
    metrics::Metrics,
    rig::Device,
};

/// Longest comparison of one step together with a job.
const LONGEST: Duration = Duration::from_secs(120);

/// Shortest and longest comparison of one step when the device has nothing else to do.
const LATE: [Duration; 2] = [Duration::from_secs(10 * 60), Duration::from_secs(40 * 60)];

/// After work has come between, or when the disk is full.
const PAUSE: Duration = Duration::from_secs(5);

/// Has the steps computed by both emissions whose kernels were not compared yet, or were given up in half the time.
/// That may take a quarter of the time that is left: the rest is for the work itself, and for a commitment that comes
/// late into a block.
pub(super) fn add_new_kernels(workload: &mut Workload, loaded: &LoadedJob, device: &Device, deadline: Instant) {
    let quarter = deadline.saturating_duration_since(Instant::now()) / 4;
    let is_new = |kernel: &KernelHash| device.kernels.is_due(kernel, quarter.min(LONGEST));
    let new = loaded.steps.iter().filter(|step| is_new(&step.kernel.hash())).count() as u32;
    let share = (quarter / new.max(1)).min(LONGEST);
    add(workload, loaded, |kernel| device.kernels.is_due(kernel, share).then_some(share));
}

fn add(workload: &mut Workload, loaded: &LoadedJob, budget: impl Fn(&KernelHash) -> Option<Duration>) {
    for (step, loaded) in workload.steps.iter_mut().zip(&loaded.steps) {
        step.compare_ms = budget(&loaded.kernel.hash()).map(|budget| budget.as_millis().try_into().unwrap_or(u32::MAX));
    }
}

/// Remembers what the comparisons of a workload have shown, and says so.
pub(super) fn note(
    metrics: &Metrics,
    device: &Device,
    job: &JobView,
    loaded: &LoadedJob,
    workload: &Workload,
    result: &Result<Done, ExecuteError>,
) {
    let hash = |step: u8| loaded.steps.get(usize::from(step)).map(|step| step.kernel.hash());
    let remember = |kernel: KernelHash, verdict: KernelVerdict| {
        if let Err(error) = device.kernels.note(kernel, verdict) {
            tracing::warn!(%error, "what a comparison has shown cannot be kept: it holds until the next start");
        }
    };
    match result {
        Ok(done) => {
            let wanted = (0u8..).zip(&workload.steps).filter_map(|(step, it)| Some((step, it.compare_ms?)));
            for (step, budget) in wanted {
                let Some(kernel) = hash(step) else { continue };
                let shown = hex::encode(kernel);
                let compared = done.compared.iter().find(|compared| compared.step == step);
                match compared.filter(|compared| !compared.is_given_up()) {
                    None => {
                        // Behind one that is given up nothing is tried.
                        let tried = if compared.is_some() { budget.into() } else { 0 };
                        tracing::warn!(
                            job = %job.id, step, kernel = shown, ms = tried,
                            "uncompared: there was no time for this kernel's second emission. Only samples are checked \
                             until there is"
                        );
                        remember(kernel, KernelVerdict::Uncompared(Duration::from_millis(tried)));
                    }
                    Some(compared) => {
                        let (same, all, ms) = (compared.same, compared.all, compared.ms);
                        tracing::info!(
                            job = %job.id, step, kernel = shown, ms, same, all,
                            "compared: both emissions of this kernel agree"
                        );
                        remember(kernel, KernelVerdict::Same);
                    }
                }
            }
        }
        Err(ExecuteError::Failed(failure)) => {
            let FailureKind::Differs { step } = failure.kind else { return };
            let Some(kernel) = hash(step) else { return };
            tracing::error!(
                job = %job.id, step, device = device.name, kernel = hex::encode(kernel), %failure,
                "THE DEVICE IS WRONG: two emissions of one kernel differ. Nothing is committed; jobs with this kernel \
                are passed from now on, and the device is tested again at the next start"
            );
            metrics.jobs.with_label_values(&["differing"]).inc();
            remember(kernel, KernelVerdict::Differs);
            if let Err(error) = device.verdicts.doubt(&device.adapter) {
                tracing::warn!(%error, "the verdict on the device cannot be withdrawn");
            }
        }
        Err(_) => {}
    }
}

/// Compares the kernels of a job whose comparison was given up, as soon as the device has nothing to do, and as long as
/// the job's inputs are held.
pub(super) fn later(inputs: &Arc<Inputs>, device: &Arc<Device>, job: &JobView, loaded: &LoadedJob) {
    if loaded.steps.iter().any(|step| late_budget(device, &step.kernel.hash()).is_some()) {
        let (inputs, device, job, loaded) = (inputs.clone(), device.clone(), job.clone(), loaded.clone());
        tokio::spawn(async move { compare_between_work(&inputs, &device, &job, &loaded).await });
    }
}

/// For how long a kernel is compared when there is time: more than twice as long as before, within bounds. `None` if it
/// is not to be compared.
fn late_budget(device: &Device, kernel: &KernelHash) -> Option<Duration> {
    let [shortest, longest] = LATE;
    match device.kernels.verdict(kernel)? {
        KernelVerdict::Uncompared(before) => {
            let budget = before.saturating_mul(2).clamp(shortest, longest);
            device.kernels.is_due(kernel, budget).then_some(budget)
        }
        KernelVerdict::Same | KernelVerdict::Differs => None,
    }
}

async fn compare_between_work(inputs: &Inputs, device: &Device, job: &JobView, loaded: &LoadedJob) {
    let _turn = device.comparing.lock().await;
    loop {
        device.executor.until_idle().await;
        // The chain needs the inputs no longer, or another job was compared meanwhile.
        let Ok(files) = inputs.files(job).await else { return };
        if !loaded.steps.iter().any(|step| late_budget(device, &step.kernel.hash()).is_some()) {
            return;
        }
        let outputs: Result<Vec<Incoming>, _> =
            (0..loaded.steps.len()).map(|step| inputs.store.begin(loaded.output_len(step))).collect();
        if let Ok(outputs) = outputs {
            let paths: Vec<_> = outputs.iter().map(|output| Some(output.path().to_path_buf())).collect();
            let mut workload = loaded.workload(&files, &paths);
            add(&mut workload, loaded, |kernel| late_budget(device, kernel));
            if let Some(result) = device.executor.run_between_work(&workload).await {
                note(&inputs.metrics, device, job, loaded, &workload, &result);
                match result {
                    // What came behind one that was given up has its turn.
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(job = %job.id, %error, "a late comparison failed");
                        return;
                    }
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

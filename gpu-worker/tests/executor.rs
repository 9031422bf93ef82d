//! The executor's child: what it computes, and what becomes of it when it hangs or dies.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gpu_worker::executor::{
    BufferFile, ExecuteError, Executor, ExecutorConfig, FailureKind, PreemptibleExecutor, Workload, WorkloadStep,
};
use touchstone_kir::{Kernel, Op};

const DOUBLE: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(0) var<storage, read> numbers: array<u32>;
    @group(0) @binding(9) var<storage, read_write> doubled: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        doubled[id.x] = 2u * numbers[id.x];
    }";

/// About 10⁶ dependent multiplications in each invocation.
const SLOW: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(9) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        var x = id.x;
        for (var i = 0u; i < 60000u; i++) {
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
            x = x * 1664525u + 1013904223u + (x >> 16u);
        }
        out[id.x] = x;
    }";

fn executor(stall: Duration) -> Executor {
    Executor::new(ExecutorConfig {
        program: env!("CARGO_BIN_EXE_gpu-worker").into(),
        adapter: None,
        stall,
        mistaken: None,
    })
}

fn patient() -> Executor {
    executor(Duration::from_secs(60))
}

fn kernel(source: &str) -> Kernel {
    touchstone_compiler::compile(source).unwrap_or_else(|error| panic!("{}", error.render(source, "test.wgsl"))).kernel
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}

/// Doubles 1,000 words twice, in two steps.
fn doubling(folder: &Path) -> Workload {
    let numbers: Vec<u8> = (0..1000u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(folder.join("in"), &numbers).unwrap();
    let step = |read| WorkloadStep {
        code: kernel(DOUBLE).encode(),
        reads: vec![read],
        invocations: 1000,
        params: vec![],
        compare_ms: None,
    };
    Workload {
        inputs: vec![BufferFile { path: path(folder, "in"), len: 4000 }],
        steps: vec![step(0), step(1)],
        outputs: ["once", "twice"].map(|name| Some(path(folder, name))).into(),
    }
}

fn slow(folder: &Path) -> Workload {
    Workload {
        inputs: vec![],
        steps: vec![WorkloadStep {
            code: kernel(SLOW).encode(),
            reads: vec![],
            invocations: 64 * 1024,
            params: vec![],
            compare_ms: None,
        }],
        outputs: vec![Some(path(folder, "slow"))],
    }
}

/// 0, `factor`, 2 `factor` …
fn multiples(factor: u32) -> Vec<u8> {
    (0..1000).flat_map(|i| (factor * i).to_le_bytes()).collect()
}

fn assert_doubled_twice(folder: &Path) {
    for (name, factor) in [("once", 2), ("twice", 4)] {
        assert_eq!(std::fs::read(folder.join(name)).unwrap(), multiples(factor), "{name}");
    }
}

fn signal(pid: u32, signal: &str) {
    let status = std::process::Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn a_workload_of_two_steps_leaves_both_outputs_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    let done = executor.run(&doubling(folder.path())).await.unwrap();
    assert_eq!((done.times.len(), done.compared), (2, vec![]));
    assert_doubled_twice(folder.path());
    executor.run(&doubling(folder.path())).await.unwrap();
    assert_eq!(executor.started(), 1, "one child serves many workloads");
}

#[tokio::test]
async fn roots_are_those_of_the_outputs_also_of_what_stays_on_the_device() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    let mut workload = doubling(folder.path());
    let expected = [2, 4].map(|factor| touchstone_kir::root(&multiples(factor)));
    assert_eq!(executor.run(&workload).await.unwrap().roots, expected);
    std::fs::remove_file(folder.path().join("once")).unwrap();
    std::fs::remove_file(folder.path().join("twice")).unwrap();

    workload.outputs = vec![None, None];
    assert_eq!(executor.run(&workload).await.unwrap().roots, expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only the input is there");
    workload.outputs = vec![None, Some(path(folder.path(), "twice"))];
    assert_eq!(executor.run(&workload).await.unwrap().roots, expected);
    assert_eq!(std::fs::read(folder.path().join("twice")).unwrap(), multiples(4));
    assert!(!folder.path().join("once").exists());
}

#[tokio::test]
async fn an_output_that_stays_on_the_device_is_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let mut workload = counting(folder.path(), 1000);
    workload.outputs = vec![None];
    let error = patient().run(&workload).await.unwrap_err();
    assert_eq!(error.to_string(), "an output that stays on the device is not compared");
}

#[tokio::test]
async fn a_workload_that_takes_longer_than_the_patience_of_one_dispatch_lives_by_its_signs_of_life() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = executor(Duration::from_secs(5));
    let mut workload = slow(folder.path());
    workload.steps[0].invocations = 64 * 8;
    executor.run(&workload).await.unwrap();
    assert_eq!(executor.started(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_child_that_hangs_is_killed_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = executor(Duration::from_secs(2));
    executor.run(&doubling(folder.path())).await.unwrap();
    let stuck = executor.pid().unwrap();
    // A stopped process is as silent as one that waits for a hung device.
    signal(stuck, "-STOP");
    let error = executor.run(&doubling(folder.path())).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Hung(_)), "{error}");
    assert!(error.is_transient());
    assert!(!PathBuf::from(format!("/proc/{stuck}/exe")).exists(), "the hung child is gone");

    executor.run(&doubling(folder.path())).await.unwrap();
    assert_ne!(executor.pid(), Some(stuck));
    assert_eq!(executor.started(), 2);
    assert_doubled_twice(folder.path());
}

#[cfg(unix)]
#[tokio::test]
async fn a_child_that_takes_no_request_is_killed_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = executor(Duration::from_secs(2));
    executor.adapter().await.unwrap();
    let stuck = executor.pid().unwrap();
    signal(stuck, "-STOP");
    // More than a pipe holds.
    let mut workload = doubling(folder.path());
    workload.steps[0].code = vec![0; 1 << 20];
    let error = executor.run(&workload).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Hung(_)), "{error}");
    assert!(!PathBuf::from(format!("/proc/{stuck}/exe")).exists(), "the hung child is gone");

    executor.run(&doubling(folder.path())).await.unwrap();
    assert_doubled_twice(folder.path());
    assert_eq!(executor.started(), 2);
}

#[tokio::test]
async fn a_dispatch_that_does_not_come_back_in_time_costs_the_child_and_not_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    // One workgroup of this kernel takes longer than this on any processor.
    let mut executor = executor(Duration::from_millis(20));
    let error = executor.run(&slow(folder.path())).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(executor.pid(), None);
    let error = executor.run(&slow(folder.path())).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(executor.started(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn a_child_that_dies_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    executor.adapter().await.unwrap();
    // While it is idle: the next workload notices and starts another one.
    let pid = executor.pid().unwrap();
    signal(pid, "-KILL");
    // Dead with all its threads, and not waited for by its parent: a busy machine takes its time to end a process.
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let threads = || std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    while cfg!(target_os = "linux") && !(state().contains(") Z ") && threads() == 1) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    executor.run(&doubling(folder.path())).await.unwrap();
    assert_eq!(executor.started(), 2);

    // While it computes.
    let pid = executor.pid().unwrap();
    let killer = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        signal(pid, "-KILL");
    };
    let workload = slow(folder.path());
    let (outcome, ()) = tokio::join!(executor.run(&workload), killer);
    let error = outcome.unwrap_err();
    assert!(matches!(error, ExecuteError::Crashed(_)), "{error}");
    executor.run(&doubling(folder.path())).await.unwrap();
    assert_doubled_twice(folder.path());
}

#[cfg(unix)]
#[tokio::test]
async fn work_that_is_given_up_takes_its_child_along() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    executor.adapter().await.unwrap();
    let pid = executor.pid().unwrap();
    let workload = slow(folder.path());
    let given_up = tokio::time::timeout(Duration::from_millis(300), executor.run(&workload)).await;
    assert!(given_up.is_err());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!PathBuf::from(format!("/proc/{pid}/exe")).exists());
    executor.run(&doubling(folder.path())).await.unwrap();
    assert_doubled_twice(folder.path());
}

#[tokio::test]
async fn workloads_that_are_none_are_refused_and_the_child_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    let good = doubling(folder.path());

    let mut no_kernel = good.clone();
    no_kernel.steps[0].code = b"TKIR and nothing else".to_vec();
    let mut forward = good.clone();
    forward.steps[0].reads = vec![2];
    let mut wrong_inputs = good.clone();
    wrong_inputs.steps[0].reads = vec![];
    let mut no_output = good.clone();
    no_output.outputs.pop();
    for bad in [no_kernel, forward, wrong_inputs, no_output] {
        let error = executor.run(&bad).await.unwrap_err();
        let ExecuteError::Failed(failure) = &error else { panic!("{error}") };
        assert_eq!(failure.kind, FailureKind::Unrunnable, "{error}");
    }

    let mut no_file = good.clone();
    no_file.inputs[0].path = path(folder.path(), "missing");
    let error = executor.run(&no_file).await.unwrap_err();
    let ExecuteError::Failed(failure) = &error else { panic!("{error}") };
    assert_eq!(failure.kind, FailureKind::Files, "{error}");

    executor.run(&good).await.unwrap();
    assert_eq!(executor.started(), 1);
}

const COUNT: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(9) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        var x = id.x;
        for (var i = 0u; i < 20000u; i++) { x = x * 1664525u + countOneBits(x); }
        out[id.x] = x;
    }";

/// A step of 4,096 invocations that is compared for so many milliseconds.
fn counting(folder: &Path, compare_ms: u32) -> Workload {
    let code = kernel(COUNT).encode();
    let compare_ms = Some(compare_ms);
    Workload {
        inputs: vec![],
        steps: vec![WorkloadStep { code, reads: vec![], invocations: 4096, params: vec![], compare_ms }],
        outputs: vec![Some(path(folder, "counted"))],
    }
}

#[tokio::test]
async fn a_step_is_compared_by_both_emissions_as_far_as_there_is_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    let done = executor.run(&counting(folder.path(), 60_000)).await.unwrap();
    assert_eq!(done.compared.iter().map(|c| (c.step, c.same, c.all)).collect::<Vec<_>>(), [(0, 4096, 4096)]);
    let done = executor.run(&counting(folder.path(), 0)).await.unwrap();
    let [compared] = done.compared.as_slice() else { panic!("{done:?}") };
    assert!((1..4096).contains(&compared.same), "{compared:?}");
}

/// Steps of which the first one is quickly compiled by one emission and slowly by the other, at least on a CPU.
fn branching(folder: &Path) -> Workload {
    let branches: String = (1..150)
        .map(|i| {
            format!("if (x >> {}u) % 3u == 1u {{ x = x * {}u + id.x; }} else {{ x ^= {i}u; }}\n", i % 7, 2 * i + 1)
        })
        .collect();
    let source = COUNT.replace("for (", &format!("{branches}for ("));
    let mut workload = counting(folder, 1);
    workload.steps.insert(0, WorkloadStep { code: kernel(&source).encode(), ..workload.steps[0].clone() });
    workload.outputs.insert(0, Some(path(folder, "branched")));
    workload
}

#[tokio::test]
async fn a_second_emission_that_is_given_up_costs_a_child_and_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    let done = executor.run(&branching(folder.path())).await.unwrap();
    assert_eq!((done.roots.len(), done.times.len()), (2, 2), "the work was done before");
    let is_given_up = done.compared[0].is_given_up();
    assert_eq!(done.compared.len(), if is_given_up { 1 } else { 2 }, "nothing is compared behind it");
    let again = executor.run(&counting(folder.path(), 0)).await.unwrap();
    assert_eq!(again.roots[0], done.roots[1]);
    assert_eq!(executor.started(), if is_given_up { 2 } else { 1 });
}

#[tokio::test]
async fn what_may_wait_is_compared_when_there_is_no_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    executor.adapter().await.unwrap();
    let shared = PreemptibleExecutor::new(executor, 1 << 30);
    let workload = counting(folder.path(), 60_000);
    // Work comes first.
    let work = shared.for_work(1 << 20).await;
    assert!(shared.run_between_work(&workload).await.is_none());
    drop(work);
    let done = shared.run_between_work(&workload).await.expect("nobody works").unwrap();
    assert_eq!(done.compared.iter().map(|compared| (compared.step, compared.same)).collect::<Vec<_>>(), [(0, 4096)]);
}

#[tokio::test]
async fn a_device_whose_emissions_differ_has_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Executor::new(ExecutorConfig {
        program: env!("CARGO_BIN_EXE_gpu-worker").into(),
        adapter: None,
        stall: Duration::from_secs(60),
        mistaken: Some(Op::Popcnt),
    });
    let error = executor.run(&counting(folder.path(), 0)).await.unwrap_err();
    let ExecuteError::Failed(failure) = &error else { panic!("{error}") };
    assert_eq!(failure.kind, FailureKind::Differs { step: 0 }, "{error}");
    assert!(failure.text.contains("by the plain emission") && !error.is_transient(), "{error}");
    // Workloads that use other operations are none the worse for it.
    executor.run(&doubling(folder.path())).await.unwrap();
    assert_doubled_twice(folder.path());
    assert_eq!(executor.started(), 1);
}

#[tokio::test]
async fn an_adapter_that_does_not_exist_is_named_in_the_error() {
    let mut executor = Executor::new(ExecutorConfig {
        program: env!("CARGO_BIN_EXE_gpu-worker").into(),
        adapter: Some("no such adapter".into()),
        stall: Duration::from_secs(60),
        mistaken: None,
    });
    let error = executor.adapter().await.unwrap_err();
    let ExecuteError::Failed(failure) = &error else { panic!("{error}") };
    assert_eq!(failure.kind, FailureKind::NoDevice);
    assert!(failure.text.contains("no such adapter"), "{failure}");
}

#[tokio::test]
async fn a_workload_is_prepared_without_its_files_and_runs_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let mut workload = doubling(folder.path());
    std::fs::remove_file(folder.path().join("in")).unwrap();
    let mut executor = patient();
    executor.prepare(&workload).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");

    workload = doubling(folder.path());
    executor.run(&workload).await.unwrap();
    assert_doubled_twice(folder.path());
    assert_eq!(executor.started(), 1);
}

#[tokio::test]
async fn what_this_device_cannot_run_is_told_before_it_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    let limit = executor.adapter().await.unwrap().max_buffer_bytes;

    // A buffer that no device can bind; a read of a later buffer; a kernel that is none.
    let mut large = doubling(folder.path());
    large.inputs[0].len = u32::MAX - 3;
    let mut forward = doubling(folder.path());
    forward.steps[0].reads = vec![1];
    let mut broken = doubling(folder.path());
    broken.steps[1].code = vec![0; 64];
    let sizes = if limit < u64::from(u32::MAX - 3) { vec![(large, FailureKind::TooLarge)] } else { Vec::new() };
    let others = [(forward, FailureKind::Unrunnable), (broken, FailureKind::Unrunnable)];
    for (workload, expected) in sizes.into_iter().chain(others) {
        match executor.prepare(&workload).await {
            Err(ExecuteError::Failed(failure)) => assert_eq!(failure.kind, expected, "{failure}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(executor.started(), 1, "the child lives on");
}

#[cfg(unix)]
#[tokio::test]
async fn work_does_not_wait_for_an_examination() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    executor.adapter().await.unwrap();
    // A driver that compiles and compiles.
    let stuck = executor.pid().unwrap();
    signal(stuck, "-STOP");
    let shared = PreemptibleExecutor::new(executor, 1 << 30);
    let workload = doubling(folder.path());
    let work = async {
        // The examination is under way.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut executor = shared.for_work(8000).await;
        assert!(shared.examine(&workload).await.is_none(), "nothing is examined meanwhile");
        executor.run(&workload).await.unwrap();
    };
    let (examined, ()) = tokio::join!(shared.examine(&workload), work);
    assert!(examined.is_none(), "it was broken off");
    assert_doubled_twice(folder.path());
    assert!(!PathBuf::from(format!("/proc/{stuck}/exe")).exists(), "its child is gone");
    shared.examine(&workload).await.expect("nobody works").unwrap();
}

#[tokio::test]
async fn workloads_that_fit_the_device_together_run_side_by_side_each_in_a_child_of_its_own() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut executor = patient();
    executor.adapter().await.unwrap();
    let shared = PreemptibleExecutor::new(executor, 2 << 20);
    let (first, second) = (shared.for_work(1 << 20).await, shared.for_work(1 << 20).await);
    // Both are at work at the same time: neither waits for the other.
    let workloads = folders.each_ref().map(|folder| doubling(folder.path()));
    let (mut first, mut second) = (first, second);
    let (one, two) = tokio::join!(first.run(&workloads[0]), second.run(&workloads[1]));
    assert_eq!(one.unwrap().roots, two.unwrap().roots);
    folders.iter().for_each(|folder| assert_doubled_twice(folder.path()));
    let pids = [first.pid().unwrap(), second.pid().unwrap()];
    assert_ne!(pids[0], pids[1]);

    // A third one does not fit beside them.
    let wait = Duration::from_millis(200);
    assert!(tokio::time::timeout(wait, shared.for_work(1)).await.is_err());
    drop(first);
    let third = shared.for_work(1 << 20).await;
    assert_eq!(third.pid(), Some(pids[0]), "a child that is idle serves the next workload");
    drop((second, third));
    // One that is larger than all of the memory runs alone.
    let alone = shared.for_work(1 << 40).await;
    assert!(tokio::time::timeout(wait, shared.for_work(1)).await.is_err());
    drop(alone);
    shared.until_idle().await;
}

#[tokio::test]
async fn the_memory_for_workloads_can_be_lowered_and_raised_while_they_run() {
    let shared = PreemptibleExecutor::new(patient(), 3 << 20);
    let waits = || async {
        let wait = Duration::from_millis(200);
        tokio::time::timeout(wait, shared.for_work(1 << 20)).await.is_err()
    };
    let (first, second) = (shared.for_work(1 << 20).await, shared.for_work(1 << 20).await);
    shared.limit_memory(1 << 20);
    assert!(waits().await, "the two hold more than there is now");
    drop(first);
    shared.limit_memory(1 << 20);
    assert!(waits().await, "the second one holds all of it");
    drop(second);
    // One that needs more than there is runs alone.
    let alone = tokio::time::timeout(Duration::from_secs(10), shared.for_work(3 << 20)).await.expect("it runs");
    assert!(waits().await);
    drop(alone);
    shared.limit_memory(2 << 20);
    let both = (shared.for_work(1 << 20).await, shared.for_work(1 << 20).await);
    assert!(waits().await);
    drop(both);
}

#[tokio::test]
async fn a_workload_that_runs_tells_how_far_it_has_got() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = patient();
    let mut workload = slow(folder.path());
    workload.steps[0].invocations = 64 * 8;
    let mut seen = Vec::new();
    let done = executor.run_watched(&workload, |progress| seen.push((progress.step, progress.ppm))).await.unwrap();
    assert_eq!((seen.first(), seen.last()), (Some(&(0, 0)), Some(&(0, 1_000_000))));
    assert!(seen.is_sorted() && seen.len() > 2, "{seen:?}");
    let [whole, dispatches] = [done.times[0], done.dispatches[0] / 1000];
    assert!(0 < dispatches && dispatches <= whole, "{dispatches} of {whole} ms");
}

#[tokio::test]
async fn an_adapter_is_opened_by_its_place_in_the_list() {
    let mut executor = patient();
    let adapter = executor.adapter().await.unwrap();
    let mut twin = executor.twin();
    assert_eq!(twin.adapter().await.unwrap(), adapter);
    let by_index = |index: u32| {
        Executor::new(ExecutorConfig {
            program: env!("CARGO_BIN_EXE_gpu-worker").into(),
            adapter: Some(format!("index:{index}")),
            stall: Duration::from_secs(60),
            mistaken: None,
        })
    };
    assert_eq!(by_index(adapter.index).adapter().await.unwrap(), adapter);
    let error = by_index(4711).adapter().await.unwrap_err().to_string();
    assert!(error.starts_with("no adapter is called \"index:4711\"; there are "), "{error}");
}

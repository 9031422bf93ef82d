//! A machine with several devices, and jobs that a device is too slow for.

use std::{path::Path, sync::Mutex};

use touchstone_client::{chain::Chain, AccountId};
use touchstone_primitives::{
    views::{DeviceView, Stage},
    DeviceId,
};

use crate::support::*;

/// Some 1,000,000 dependent operations for each invocation: seconds for a few thousand of them, on any device.
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
        }
        out[id.x] = x;
    }";

/// Two devices that are the same adapter, as a machine that tests has no two GPUs.
const TWO: &str = r#"
    [[devices]]
    adapter = "index:0"
    name = "left"
    price = "0.01TSN"
    slots = 1
    memory_mib = 512

    [[devices]]
    adapter = "index:0"
    name = "right"
    price = "0.01TSN"
    slots = 1
    memory_mib = 512
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_rig() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let chain = node.chain().await;
    for source in [SLOW, DOUBLE] {
        upload(&chain, &signer("//Alice"), &kernel(source)).await;
    }
    two_jobs_on_two_devices_run_at_once_each_in_an_executor_of_its_own(&node.url, &chain, folder.path()).await;
    another_memory_replaces_the_device_and_keeps_its_ask(&node.url, &chain, folder.path()).await;
    a_job_that_this_device_is_too_slow_for_is_passed_with_that_reason(&node.url, &chain, folder.path()).await;
}

async fn two_jobs_on_two_devices_run_at_once_each_in_an_executor_of_its_own(url: &str, chain: &Chain, folder: &Path) {
    let provider = Provider::new(folder, "//Bob").configured(TWO);
    let shown = provider.register_with(url, &[]).await;
    let devices: Vec<_> =
        shown["devices"].as_array().unwrap().iter().map(|it| (it["device"].clone(), it["name"].clone())).collect();
    assert_eq!(devices, [(0.into(), "left".into()), (1.into(), "right".into())]);
    // Nothing is left to be changed.
    assert_eq!(provider.register_with(url, &[]).await["devices"], shown["devices"]);
    provider.until_active(chain).await;
    let worker = provider.run(url, &[]);

    let slow = kernel(SLOW);
    let steps: [(_, &[u8], u32); 1] = [(&slow, &[], 64 * 1024)];
    // In one block, so that neither is done before the other is assigned.
    let submitted = ["//Ferdie", "//Alice"].map(|buyer| {
        let spec = spec(&[], &steps, 40);
        async move { submit_job(chain, &signer(buyer), 1, spec, &[]).await }
    });
    let jobs = futures::future::join_all(submitted).await;
    let mut device_of_job: Vec<DeviceId> = Vec::new();
    for job in &jobs {
        let stage = chain.at_best().await.unwrap().job(*job).await.unwrap().unwrap().stage;
        let (Stage::Assigned { deal, .. } | Stage::Committed { deal, .. }) = stage else { panic!("{stage:?}") };
        device_of_job.push(deal.device);
    }
    assert!(device_of_job == [0, 1] || device_of_job == [1, 0], "{device_of_job:?}");

    // Two children, which compute in the same quarter of a second.
    let before: Mutex<Vec<(u32, u64)>> = Mutex::default();
    let together = until(chain, "both devices compute at once", |_| {
        let now: Vec<(u32, u64)> = worker.executors().into_iter().map(|child| (child, cpu_ticks(child))).collect();
        let mut before = before.lock().unwrap();
        let busy = now
            .iter()
            .filter(|(child, ticks)| before.iter().any(|(same, earlier)| same == child && *ticks >= earlier + 5));
        let together = (busy.count() == 2).then(|| now.clone());
        *before = now;
        async move { together }
    })
    .await;
    assert_eq!(together.len(), 2);
    let mut traces = Vec::new();
    for job in &jobs {
        until_stage(chain, *job, "the job is committed", is_committed).await;
        traces.push(chain.at_best().await.unwrap().result(*job).await.unwrap().unwrap().trace);
    }
    assert_eq!(traces[0], traces[1]);
    for (job, device) in jobs.iter().zip(device_of_job) {
        let name = if device == 0 { "left" } else { "right" };
        let log = worker.log();
        let line = log.lines().find(|line| line.contains("computed (") && line.contains(&job.to_string()));
        assert!(line.is_some_and(|line| line.contains(&format!("device=\"{name}\""))), "{line:?}");
    }
    assert_eq!(worker.interrupt(), Some(0));
    provider.retire(chain).await;
}

/// Time that a process has spent on processors.
fn cpu_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name, which may have blanks: user and system time are the 12th and 13th field.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

async fn devices(chain: &Chain, account: AccountId) -> Vec<DeviceView> {
    chain.at_best().await.unwrap().provider(&account).await.unwrap().unwrap().devices
}

async fn another_memory_replaces_the_device_and_keeps_its_ask(url: &str, chain: &Chain, folder: &Path) {
    let provider = Provider::new(folder, "//Dave");
    provider.register_with(url, &["--price", "3TSN", "--slots", "2", "--memory-mib", "1024"]).await;
    let first = devices(chain, provider.account()).await;
    assert_eq!((first.len(), first[0].id, first[0].spec.memory), (1, 0, 1 << 30));

    provider.register_with(url, &["--memory-mib", "512"]).await;
    let second = devices(chain, provider.account()).await;
    assert_eq!((second.len(), second[0].spec.memory), (1, 512 << 20));
    assert_eq!((second[0].id, second[0].ask), (0, first[0].ask), "the lowest free number, and the ask as it was");
    assert_eq!(second[0].spec.name, first[0].spec.name);
    provider.retire(chain).await;
}

async fn a_job_that_this_device_is_too_slow_for_is_passed_with_that_reason(url: &str, chain: &Chain, folder: &Path) {
    let buyer = signer("//Ferdie");
    let provider = Provider::new(folder, "//Eve");
    provider.register_with(url, &["--price", "1000", "--memory-mib", "2000"]).await;
    provider.until_active(chain).await;
    let worker = provider.run(url, &[]);

    // Hours of work, which nobody has measured before, with a minute for it.
    let slow = kernel(SLOW);
    let steps: [(_, &[u8], u32); 1] = [(&slow, &[], 1 << 24)];
    let mut job = spec(&[], &steps, 20);
    job.ceiling = 1_000_000_000_000;
    let quote = chain.at_best().await.unwrap().quote(&job).await.unwrap().unwrap();
    let own = quote.candidates.iter().find(|candidate| candidate.provider == provider.account()).unwrap();
    assert_eq!(own.obstacles, []);
    job.ceiling = own.price;
    let id = submit_job(chain, &buyer, 3, job, &[]).await;
    let passed = until(chain, "the job is passed", |at| async move {
        let job = at.job(id).await.ok()??;
        (!matches!(job.stage, Stage::Assigned { .. })).then_some(job)
    })
    .await;
    assert!(matches!(passed.stage, Stage::Open { .. } | Stage::Closed { .. }), "{:?}", passed.stage);
    assert!(worker.log().contains("passing") && worker.log().contains("reason=TooSlow"));
    let view = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((view.missed, view.refuted), (0, 0));
    assert_eq!(worker.interrupt(), Some(0));
    provider.retire(chain).await;
}

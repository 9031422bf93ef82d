//! Runs one kernel on a device, as a provider does, and prints the root of its output.
//!
//! ```text
//! cargo run -p gpu-worker --example run_kernel -- [KERNEL.wgsl] [INVOCATIONS]
//! ```
//!
//! The kernel reads no inputs. Without one, the numbers from 0 on are squared. The device lives in a process of its
//! own, `gpu-worker executor`: build the program first (`cargo build -p gpu-worker`), or name it in `GPU_WORKER`.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use gpu_worker::executor::{Executor, ExecutorConfig, Workload, WorkloadStep};

const SQUARES: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(9) var<storage, read_write> squares: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        squares[id.x] = id.x * id.x;
    }";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let source = match arguments.next() {
        Some(file) => std::fs::read_to_string(&file).with_context(|| format!("{file} cannot be read"))?,
        None => SQUARES.into(),
    };
    let invocations = arguments.next().map_or(Ok(1000), |count| count.parse()).context("INVOCATIONS is a number")?;
    let kernel = match touchstone_compiler::compile(&source) {
        Ok(compiled) => compiled.kernel,
        Err(error) => anyhow::bail!("{}", error.render(&source, "the kernel")),
    };

    let mut executor = Executor::new(ExecutorConfig {
        program: program()?,
        adapter: None,
        stall: Duration::from_secs(60),
        mistaken: None,
    });
    let adapter = executor.adapter().await?;
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("output");
    let step =
        WorkloadStep { code: kernel.encode(), reads: Vec::new(), invocations, params: Vec::new(), compare_ms: None };
    let workload =
        Workload { inputs: Vec::new(), steps: vec![step], outputs: vec![Some(output.to_string_lossy().into_owned())] };
    let done = executor.run(&workload).await?;

    let bytes = std::fs::read(&output)?;
    let first: Vec<u32> =
        bytes.chunks_exact(4).take(8).map(|word| word.try_into().map_or(0, u32::from_le_bytes)).collect();
    println!("device  {}", adapter.label());
    println!("words   {first:?} and so on, {} in all", bytes.len() / 4);
    for root in &done.roots {
        println!("root    {}", hex::encode(root));
    }
    assert_eq!(done.roots, [touchstone_kir::root(&bytes)], "the root is that of the output");
    Ok(())
}

/// Cargo puts examples into a folder beside the programs.
fn program() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("GPU_WORKER") {
        return Ok(path.into());
    }
    let this = std::env::current_exe()?;
    let folder = this.parent().and_then(|folder| folder.parent()).context("an example is in a folder")?;
    let path = folder.join(format!("gpu-worker{}", std::env::consts::EXE_SUFFIX));
    anyhow::ensure!(path.exists(), "{} is missing: build it with `cargo build -p gpu-worker`", path.display());
    Ok(path)
}

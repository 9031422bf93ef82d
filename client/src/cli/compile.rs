//! `touchstone compile`

use std::path::PathBuf;

use anyhow::{anyhow, Context as _};
use serde_json::json;
use touchstone_client::kernels::LocalKernel;
use touchstone_kir::limits::MAX_BUFFER_BYTES;

use super::{
    context::Done,
    output::{self, hex, Output},
};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone compile blur.wgsl -o blur.kir
  touchstone compile kernels/wgsl/matmul_i8.wgsl --params 64,16,0,0,0,1 --inputs 4096,4096,256

The second one shows what an invocation costs. docs/writing-kernels.md tells how to write a kernel,
what it costs and what the errors mean. Compiling may take one second of processor time;
TOUCHSTONE_COMPILE_SECONDS allows more.")]
pub(super) struct Args {
    /// A kernel in WGSL (at most 64 KiB), or in KIR to inspect it
    file: PathBuf,

    /// Write the KIR here; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Parameters of a step: with them and --inputs, fuel and chunks of one invocation are shown
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "N,…")]
    params: Vec<i64>,

    /// Lengths of the buffers that the step reads, bytes
    #[arg(long, value_delimiter = ',', value_name = "BYTES,…")]
    inputs: Vec<u32>,
}

pub(super) fn run(out: &Output, inputs: &[PathBuf], args: Args) -> anyhow::Result<Done> {
    let local = LocalKernel::load(&args.file)?;
    let warning = local.usability()?.warning();
    let kernel = &local.kernel;
    let module = kernel.module();
    let code = kernel.encode();

    let params = args
        .params
        .iter()
        .map(|&value| u32::try_from(value).or_else(|_| i32::try_from(value).map(|value| value as u32)))
        .collect::<Result<Vec<_>, _>>()
        .context("a parameter does not fit 32 bits")?;
    let known = params.len() == usize::from(module.params) && args.inputs.len() == usize::from(module.inputs);
    let asked = !params.is_empty() || !args.inputs.is_empty();
    let cost = if known || asked {
        let cost = kernel.cost(&params, &args.inputs).map_err(|error| {
            anyhow!("a step with these arguments is not admitted: {error}\n{}", local.remedy(&error))
        })?;
        Some(cost)
    } else if module.bounds.iter().all(|bound| bound.param.is_none()) {
        // Parameters change nothing, and the longest inputs give the highest cost.
        kernel.cost(&vec![0; module.params.into()], &vec![MAX_BUFFER_BYTES; module.inputs.into()]).ok()
    } else {
        None
    };

    if let Some(path) = &args.output {
        let mut file = output::create(path, inputs.iter().chain([&args.file]))?;
        file.put(&code)?;
        let is_stdout = file.is_stdout();
        file.commit()?;
        if is_stdout {
            return Ok(Done::Ok);
        }
    }
    let json = json!({
        "hash": hex(&kernel.hash()),
        "bytes": code.len(),
        "window": module.window,
        "inputs": module.inputs,
        "params": module.params,
        "registers": module.registers,
        "instructions": module.code.len(),
        "constants": module.constants.len(),
        "scratchWords": module.segments.iter().map(|words| u32::from(*words)).sum::<u32>(),
        "fuelPerInvocation": cost.map(|cost| cost.fuel),
        "chunksPerInvocation": cost.map(|cost| cost.total_chunks()),
        "warning": warning,
        "output": args.output.as_ref().map(|path| path.display().to_string()),
    });
    out.result(json, || {
        let mut text = format!(
            "hash          {}\nsize          {} bytes: {} instructions, {} registers, {} constants\n\
             one invocation reads {} buffers and {} parameters and writes {} words",
            hex(&kernel.hash()),
            code.len(),
            module.code.len(),
            module.registers,
            module.constants.len(),
            module.inputs,
            module.params,
            module.window,
        );
        match cost {
            Some(cost) => text.push_str(&format!(
                "\n              and burns at most {} fuel, reading at most {} chunks",
                cost.fuel,
                cost.total_chunks()
            )),
            None => text.push_str("\n              (--params and --inputs show its fuel)"),
        }
        if let Some(warning) = &warning {
            text.push_str(&format!("\nwarning       {warning}"));
        }
        match &args.output {
            Some(path) => text.push_str(&format!("\nwritten to    {}", path.display())),
            None => text.push_str("\nnot written: pass -o FILE"),
        }
        text
    });
    Ok(Done::Ok)
}

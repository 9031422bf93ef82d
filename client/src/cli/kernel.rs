//! `touchstone kernel`

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;
use touchstone_client::{
    chain::{Call, Chain},
    funds::{self, Need},
    kernels::LocalKernel,
    signer::Signer,
};
use touchstone_kir::{Kernel, KernelHash};

use super::{
    context::{Context, Done},
    output::{self, hex, parse_hash},
    transact,
};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Upload a kernel, once and for everybody
    #[command(after_help = "\
Examples:
  touchstone --signer //Bob kernel upload kernels/wgsl/mandelbrot.wgsl")]
    Upload {
        /// A .wgsl or .kir file
        file: PathBuf,
    },
    /// Show an uploaded kernel
    #[command(after_help = "\
Examples:
  touchstone kernel show 0x… -o kernel.kir")]
    Show {
        /// Its hash
        #[arg(value_parser = parse_hash)]
        hash: KernelHash,
        /// Write its KIR here; - is standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Remove a kernel of your own that no open job uses, and get the deposit back
    #[command(after_help = "\
Examples:
  touchstone --signer //Bob kernel remove 0x…")]
    Remove {
        /// Its hash
        #[arg(value_parser = parse_hash)]
        hash: KernelHash,
    },
}

pub(super) async fn run(context: &Context, command: Command) -> anyhow::Result<Done> {
    match command {
        Command::Upload { file } => {
            let local = LocalKernel::load(&file)?;
            let signer = context.settings.signer()?;
            let chain = context.settings.chain().await?;
            let uploaded = upload(context, &chain, &signer, &local).await?;
            let hash = hex(&local.hash());
            context.out.result(json!({ "hash": hash, "uploaded": uploaded }), || match uploaded {
                true => format!("uploaded {hash}"),
                false => format!("{hash} is on the chain already"),
            });
        }
        Command::Show { hash, output } => show(context, hash, output).await?,
        Command::Remove { hash } => {
            let signer = context.settings.signer()?;
            let chain = context.settings.chain().await?;
            let block = transact::submit(&chain, &signer, Call::RemoveKernel { hash }).await?;
            context.out.result(json!({ "hash": hex(&hash), "block": block.block.number }), || {
                format!("removed {} in block {}", hex(&hash), block.block.number)
            });
        }
    }
    Ok(Done::Ok)
}

/// Uploads a kernel unless the chain has it; says whether it was uploaded. Nothing is sent if the signer cannot pay for
/// it.
async fn upload(context: &Context, chain: &Chain, signer: &Signer, local: &LocalKernel) -> anyhow::Result<bool> {
    if chain.at_best().await?.kernel(local.hash()).await?.is_some() {
        return Ok(false);
    }
    let call = upload_call(local);
    let bill = funds::ensure(chain, signer, &call, &deposits(chain, [local]).await?).await?;
    context.out.note(bill.to_string());
    send_upload(chain, signer, call).await
}

/// The call that uploads a kernel.
pub(super) fn upload_call(local: &LocalKernel) -> Call {
    Call::UploadKernel { code: local.kernel.encode() }
}

/// What the chain holds for these kernels.
pub(super) async fn deposits<'a>(
    chain: &Chain,
    kernels: impl IntoIterator<Item = &'a LocalKernel>,
) -> anyhow::Result<Vec<Need>> {
    let price = chain.storage_price().await?;
    let need = |local: &LocalKernel| {
        let what = format!("as a deposit for the kernel {}, which returns when it is removed", hex(&local.hash()));
        Need::new(what, price.kernel(local.kernel.encode().len()))
    };
    Ok(kernels.into_iter().map(need).collect())
}

/// Sends an upload; says whether it was this one that brought the kernel to the chain.
pub(super) async fn send_upload(chain: &Chain, signer: &Signer, call: Call) -> anyhow::Result<bool> {
    match chain.submit(signer, call).await {
        Ok(_) => Ok(true),
        // Somebody else was faster: kernels belong to everybody.
        Err(error) if error.dispatch_error().is_some_and(|error| error.is("KernelRegistry", "AlreadyUploaded")) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

async fn show(context: &Context, hash: KernelHash, file: Option<PathBuf>) -> anyhow::Result<()> {
    let chain = context.settings.chain().await?;
    let view = chain.at_best().await?.kernel(hash).await?.with_context(|| {
        format!("the chain has no kernel {}: upload it with `touchstone kernel upload`", hex(&hash))
    })?;
    let kernel = Kernel::decode(&view.code).context("the kernel is of a newer version: update this program")?;
    let module = kernel.module();
    if let Some(path) = &file {
        let mut file = output::create(path, &context.inputs)?;
        file.put(&view.code)?;
        let is_stdout = file.is_stdout();
        file.commit()?;
        if is_stdout {
            return Ok(());
        }
    }
    let json = json!({
        "hash": hex(&hash),
        "owner": view.owner.to_string(),
        "references": view.references,
        "bytes": view.code.len(),
        "window": module.window,
        "inputs": module.inputs,
        "params": module.params,
        "registers": module.registers,
        "instructions": module.code.len(),
    });
    context.out.result(json, || {
        format!(
            "hash        {}\nowner       {}\nopen jobs   {}\nsize        {} bytes: {} instructions, {} registers\n\
             invocation  reads {} buffers and {} parameters, writes {} words",
            hex(&hash),
            view.owner,
            view.references,
            view.code.len(),
            module.code.len(),
            module.registers,
            module.inputs,
            module.params,
            module.window
        )
    });
    Ok(())
}

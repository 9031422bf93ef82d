//! Runs the subcommands.

use std::io::Write;

use sc_cli::SubstrateCli;
use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, NetworkWorker};
use sc_service::PartialComponents;
use touchstone_runtime::{opaque::Block, Hash, Runtime};

use crate::{
    chain_spec,
    cli::{Cli, ExportMetadataCmd, Subcommand},
    secret, service,
};

/// The newest stable version of the metadata format.
const METADATA_VERSION: u32 = 15;

impl SubstrateCli for Cli {
    fn impl_name() -> String {
        "Touchstone Node".into()
    }

    fn impl_version() -> String {
        env!("SUBSTRATE_CLI_IMPL_VERSION").into()
    }

    fn description() -> String {
        env!("CARGO_PKG_DESCRIPTION").into()
    }

    fn author() -> String {
        "The Touchstone authors".into()
    }

    fn support_url() -> String {
        concat!(env!("CARGO_PKG_REPOSITORY"), "/issues").into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
        Ok(Box::new(chain_spec::load(id)?))
    }
}

/// Parses the command line and runs the command.
pub(crate) fn run() -> sc_cli::Result<()> {
    let mut cli = Cli::try_from_iter(std::env::args_os()).unwrap_or_else(|error| secret::exit(&error));
    if cli.run.get_keyring().is_some() {
        // A validator with a well-known development key needs no lasting identity: generate its network key at the
        // start.
        cli.run.network_params.node_key_params.unsafe_force_node_key_generation = true;
    }
    match &cli.subcommand {
        None => cli.create_runner(&cli.run)?.run_node_until_exit(|config| async move {
            match config.network.network_backend {
                NetworkBackendType::Libp2p => service::new_full::<NetworkWorker<Block, Hash>>(config),
                NetworkBackendType::Litep2p => service::new_full::<Litep2pNetworkBackend>(config),
            }
            .map_err(sc_cli::Error::Service)
        }),
        Some(Subcommand::Key(cmd)) => cmd.run(&cli),
        Some(Subcommand::ExportMetadata(cmd)) => export_metadata(cmd),
        Some(Subcommand::ExportChainSpec(cmd)) => {
            let spec = cli.load_spec(&cmd.chain)?;
            cmd.run(spec)
        }
        Some(Subcommand::CheckBlock(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let PartialComponents { client, task_manager, import_queue, .. } = service::new_partial(&config)?;
            Ok((cmd.run(client, import_queue), task_manager))
        }),
        Some(Subcommand::ExportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let PartialComponents { client, task_manager, .. } = service::new_partial(&config)?;
            Ok((cmd.run(client, config.database), task_manager))
        }),
        Some(Subcommand::ExportState(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let PartialComponents { client, task_manager, .. } = service::new_partial(&config)?;
            Ok((cmd.run(client, config.chain_spec), task_manager))
        }),
        Some(Subcommand::ImportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let PartialComponents { client, task_manager, import_queue, .. } = service::new_partial(&config)?;
            Ok((cmd.run(client, import_queue), task_manager))
        }),
        Some(Subcommand::PurgeChain(cmd)) => cli.create_runner(cmd)?.sync_run(|config| cmd.run(config.database)),
        Some(Subcommand::Revert(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let PartialComponents { client, task_manager, backend, .. } = service::new_partial(&config)?;
            Ok((cmd.run(client, backend, Some(Box::new(service::revert_consensus))), task_manager))
        }),
        Some(Subcommand::ChainInfo(cmd)) => cli.create_runner(cmd)?.sync_run(|config| cmd.run::<Block>(&config)),
    }
}

/// Writes the metadata of the runtime that this node was built with.
fn export_metadata(cmd: &ExportMetadataCmd) -> sc_cli::Result<()> {
    let metadata = Runtime::metadata_at_version(METADATA_VERSION)
        .ok_or_else(|| format!("the runtime has no metadata of version {METADATA_VERSION}"))?;
    match &cmd.file {
        Some(path) => std::fs::write(path, &*metadata)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?,
        None => std::io::stdout().write_all(&metadata)?,
    }
    Ok(())
}

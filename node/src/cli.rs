//! The command line.

use sc_cli::RunCmd;

const EXAMPLES: &str = "\
Examples:
  touchstone-node --dev
      One validator on a temporary chain. RPC on ws://127.0.0.1:9944.

  touchstone-node --dev --base-path ./dev-chain
      The same, on a chain that is kept.

  touchstone-node --chain local --alice --base-path ./alice
  touchstone-node --chain local --bob --base-path ./bob --port 30334 --rpc-port 9945
      Two validators on one machine; they find each other by mDNS.

  touchstone-node --chain ./network.json --validator --name my-validator
      A validator of the network in this specification. See `key insert` for its keys.

  touchstone-node export-chain-spec --chain staging > network.json
      The specification of a new network. Edit it before the first block.";

/// A validator or RPC node of the Touchstone chain.
#[derive(Debug, clap::Parser)]
#[command(after_long_help = EXAMPLES, after_help = "Examples: see --help")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) subcommand: Option<Subcommand>,

    #[clap(flatten)]
    pub(crate) run: RunCmd,
}

#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Subcommand {
    /// Generate, inspect, insert and use keys.
    #[command(subcommand)]
    Key(sc_cli::KeySubcommand),

    /// Print a chain's specification.
    ExportChainSpec(sc_cli::ExportChainSpecCmd),

    /// Re-execute stored blocks.
    CheckBlock(sc_cli::CheckBlockCmd),

    /// Write blocks to a file.
    ExportBlocks(sc_cli::ExportBlocksCmd),

    /// Write the state at a block to a chain specification.
    ExportState(sc_cli::ExportStateCmd),

    /// Read blocks from a file.
    ImportBlocks(sc_cli::ImportBlocksCmd),

    /// Delete a chain's database.
    PurgeChain(sc_cli::PurgeChainCmd),

    /// Revert a number of blocks.
    Revert(sc_cli::RevertCmd),

    /// Show the layout of the database.
    ChainInfo(sc_cli::ChainInfoCmd),

    /// Write the runtime's metadata (SCALE, version 15), with which clients encode and decode.
    ExportMetadata(ExportMetadataCmd),
}

/// Arguments of `export-metadata`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportMetadataCmd {
    /// The file to write [default: standard output]
    pub(crate) file: Option<std::path::PathBuf>,
}

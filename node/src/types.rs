//! The parts of a full node, as the service and the RPC methods share them.

use sc_consensus::LongestChain;
use sc_executor::WasmExecutor;
use sc_service::{TFullBackend, TFullClient};
use sc_transaction_pool::TransactionPoolHandle;
use touchstone_runtime::{apis::RuntimeApi, opaque::Block};

/// Executes the runtime and reads and writes the chain.
pub(crate) type FullClient = TFullClient<Block, RuntimeApi, WasmExecutor<sp_io::SubstrateHostFunctions>>;
/// The chain's database.
pub(crate) type FullBackend = TFullBackend<Block>;
/// Fork choice: the longest chain that contains the finalised block.
pub(crate) type FullSelectChain = LongestChain<FullBackend, Block>;
/// Transactions that are not in a block yet.
pub(crate) type FullPool = TransactionPoolHandle<Block, FullClient>;

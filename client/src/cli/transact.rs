//! Transactions whose account can pay for them.

use touchstone_client::{
    chain::{Call, Chain, InBlock},
    funds,
    signer::Signer,
};

/// Submits a call that takes nothing but its fee.
pub(super) async fn submit(chain: &Chain, signer: &Signer, call: Call) -> anyhow::Result<InBlock> {
    funds::ensure(chain, signer, &call, &[]).await?;
    Ok(chain.submit(signer, call).await?)
}

//! Transactions whose account can pay for them.

use touchstone_client::{
    chain::{Call, Chain, InBlock},
    funds::{self, Need},
    signer::Signer,
};

/// Refuses a call that its signer cannot pay for, with the amounts, before anything is sent.
pub async fn ensure_funds(chain: &Chain, signer: &Signer, call: &Call, needs: &[Need]) -> anyhow::Result<()> {
    Ok(funds::ensure(chain, signer, call, needs).await?)
}

/// Submits a call that takes nothing but its fee.
pub async fn submit(chain: &Chain, signer: &Signer, call: Call) -> anyhow::Result<InBlock> {
    ensure_funds(chain, signer, &call, &[]).await?;
    Ok(chain.submit(signer, call).await?)
}

//! Answers to demands, as they lie in the blocks.
//!
//! An answer is in the transaction that gave it, which may wrap it in other calls. So it is looked for behind the id of
//! the commitment, wherever that stands. What is found is not believed: it counts once it hashes to a known value.

use std::ops::RangeInclusive;

use codec::Decode;
use futures::future::try_join_all;
use touchstone_kir::Reveal;
use touchstone_primitives::{CommitmentId, Subject};

use super::{error::ChainError, hex_text::from_hex, node::Node};

/// What looks like an answer about this commitment in these blocks of the best chain, read side by side.
pub(super) async fn read(
    node: &Node,
    commitment: &CommitmentId,
    blocks: RangeInclusive<u64>,
) -> Result<Vec<(Subject, Reveal)>, ChainError> {
    let found = try_join_all(blocks.map(|number| in_block(node, commitment, number))).await?;
    Ok(found.into_iter().flatten().collect())
}

async fn in_block(node: &Node, commitment: &CommitmentId, number: u64) -> Result<Vec<(Subject, Reveal)>, ChainError> {
    let Some(hash) = node.block_hash(number).await? else { return Ok(Vec::new()) };
    let body = node.body(hash).await?.unwrap_or_default();
    let mut found = Vec::new();
    for extrinsic in body {
        let bytes = from_hex(&extrinsic).map_err(|error| ChainError::undecodable("chain_getBlock", error))?;
        found.extend(in_bytes(&bytes, commitment));
    }
    Ok(found)
}

/// What looks like an answer in a transaction.
fn in_bytes(bytes: &[u8], commitment: &CommitmentId) -> Vec<(Subject, Reveal)> {
    let len = commitment.0.len();
    let places = bytes.windows(len).enumerate().filter(|(_, window)| *window == commitment.0);
    places
        .filter_map(|(at, _)| {
            let mut behind = bytes.get(at.saturating_add(len)..)?;
            <(Subject, Reveal)>::decode(&mut behind).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use codec::Encode;
    use touchstone_kir::Node;

    use super::*;

    #[test]
    fn answers_are_found_wherever_they_stand_in_a_transaction() {
        let commitment = CommitmentId([7; 32]);
        let answer = |position, reveal| (Subject { instance: Some(1), node: Node { level: 6, position } }, reveal);
        let first = answer(3, Reveal::Bytes(vec![1, 2, 3, 4]));
        let second = answer(4, Reveal::Nodes(vec![[5; 32]; 2]));
        let call = |answer: &(Subject, Reveal)| [vec![46, 1], commitment.encode(), answer.encode()].concat();
        assert_eq!(in_bytes(&call(&first), &commitment), std::slice::from_ref(&first));
        let batch = [vec![9; 40], call(&first), call(&second), vec![8; 3]].concat();
        assert_eq!(in_bytes(&batch, &commitment), [first, second.clone()]);
        assert!(in_bytes(&call(&second), &CommitmentId([8; 32])).is_empty());
        let cut = call(&second);
        for none in [&cut[..cut.len() - 1], &[7; 32], &[]] {
            assert!(in_bytes(none, &commitment).is_empty());
        }
    }
}

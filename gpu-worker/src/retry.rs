//! Patience with a node that is away for a while.

use std::{future::Future, time::Duration};

use touchstone_client::chain::ChainError;

/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// Repeats a read of the chain until the node answers. Errors that waiting does not cure are returned.
pub(crate) async fn reads<T, F, Fut>(mut read: F) -> Result<T, ChainError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ChainError>>,
{
    loop {
        match read().await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "waiting for the node");
                tokio::time::sleep(PAUSE).await;
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_absent_node_is_waited_for_and_other_errors_are_not() {
        let mut answers = vec![Ok(5), Err(ChainError::Unreachable { url: "ws://x".into(), reason: "gone".into() })];
        let answer = reads(|| std::future::ready(answers.pop().unwrap())).await;
        assert_eq!(answer.unwrap(), 5);

        let wrong = || std::future::ready(Err::<(), _>(ChainError::WrongChain { missing: "x".into() }));
        assert!(matches!(reads(wrong).await, Err(ChainError::WrongChain { .. })));
    }
}

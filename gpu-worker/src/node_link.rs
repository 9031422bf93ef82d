//! Whether the node is in link: said when it goes and when it is back, and shown by the height that was last seen.

use std::sync::Arc;

use touchstone_client::chain::ChainError;

use crate::metrics::Metrics;

/// What a loop over best blocks sees of the node.
pub(crate) struct NodeLink {
    metrics: Arc<Metrics>,
    away: bool,
}

impl NodeLink {
    /// Nothing is seen yet.
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, away: false }
    }

    /// The chain could be read at a best block of this height. Returns whether that ends an absence.
    pub(crate) fn seen(&mut self, height: u64) -> bool {
        self.metrics.best.set(height.try_into().unwrap_or(i64::MAX));
        let back = std::mem::take(&mut self.away);
        if back {
            tracing::info!(block = height, "the node is back");
        }
        back
    }

    /// The chain could not be read. Errors that waiting does not cure are returned.
    pub(crate) fn lost(&mut self, error: ChainError) -> Result<(), ChainError> {
        match error {
            error if error.is_transient() => tracing::warn!(%error, "the node is away"),
            // A node that is restarting, or a state that it no longer has: the next block tells more.
            error @ ChainError::Refused { .. } => tracing::warn!(%error, "the chain could not be read"),
            error => return Err(error),
        }
        self.away = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> ChainError {
        ChainError::Unreachable { url: "ws://x".into(), reason: "gone".into() }
    }

    #[test]
    fn the_height_that_was_last_seen_is_shown() {
        let metrics = Arc::new(Metrics::new().unwrap());
        let mut link = NodeLink::new(metrics.clone());
        assert!(!link.seen(17));
        assert!(metrics.text().unwrap().contains("touchstone_worker_best_block 17\n"));
        link.lost(unreachable()).unwrap();
        assert!(metrics.text().unwrap().contains("touchstone_worker_best_block 17\n"));
    }

    #[test]
    fn the_end_of_an_absence_is_said_once() {
        let mut link = NodeLink::new(Arc::new(Metrics::new().unwrap()));
        link.lost(unreachable()).unwrap();
        let refused = ChainError::Refused { method: "state_call".into(), code: 1, message: "pruned".into() };
        link.lost(refused).unwrap();
        assert!(link.seen(1));
        assert!(!link.seen(2));
    }

    #[test]
    fn what_waiting_does_not_cure_is_returned() {
        let mut link = NodeLink::new(Arc::new(Metrics::new().unwrap()));
        let error = link.lost(ChainError::WrongChain { missing: "x".into() }).unwrap_err();
        assert!(matches!(error, ChainError::WrongChain { .. }));
        assert!(!link.seen(1));
    }
}

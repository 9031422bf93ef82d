//! Whether what a node shows is the chain of now: on an older one nothing should be disputed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use subxt_rpcs::{methods::legacy::SystemHealth, rpc_params};

use super::{at::At, error::ChainError, node::Node};

/// A best block that is older than so many block times is not the newest one. Generous: a chain may lose some blocks in
/// a row, and clocks differ.
const MOST_BLOCK_TIMES: u32 = 20;

/// Why the state at a node's best block should not be acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCurrent {
    /// The node has not caught up.
    #[error(
        "the node at {url} is still syncing, and has reached block {number}: wait until it has caught up, or name \
        another node with --url"
    )]
    Syncing {
        /// Address.
        url: String,
        /// Its best block.
        number: u64,
    },
    /// The node has seen no block for a while.
    #[error(
        "block {number} is the best one of the node at {url}, and {age:?} old: check that the chain produces blocks, \
        that the node has peers, and that this machine's clock is right, or name another node with --url"
    )]
    Stale {
        /// Address.
        url: String,
        /// Its best block.
        number: u64,
        /// How old that is, in whole seconds.
        age: Duration,
    },
}

/// What a node says.
struct Health {
    is_syncing: bool,
    /// Number of the best block.
    number: u64,
    /// When that was made; `None` for block 0, which nobody makes.
    made: Option<Duration>,
    block_time: Duration,
}

impl Health {
    /// What is wrong at `now`. Times are from the Unix epoch on.
    fn defect(&self, url: &str, now: Duration) -> Option<NotCurrent> {
        let (url, number) = (url.to_owned(), self.number);
        if self.is_syncing {
            return Some(NotCurrent::Syncing { url, number });
        }
        let age = now.saturating_sub(self.made?);
        let is_stale = age > self.block_time.saturating_mul(MOST_BLOCK_TIMES);
        is_stale.then(|| NotCurrent::Stale { url, number, age: Duration::from_secs(age.as_secs()) })
    }
}

/// Why the state at the node's best block should not be acted on, if there is a reason.
pub(super) async fn not_current(node: &Node) -> Result<Option<NotCurrent>, ChainError> {
    let best = node.best().await?;
    let at = At::new(node.clone(), best);
    let said = node.link().request::<SystemHealth>("system_health", rpc_params![]);
    let (said, made) = tokio::try_join!(said, at.timestamp())?;
    let block_time: u64 = node.runtime(&best).await?.constant("Babe", "ExpectedBlockTime")?;
    let health = Health {
        is_syncing: said.is_syncing,
        number: best.number,
        made: made.filter(|_| best.number > 0),
        block_time: Duration::from_millis(block_time),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(health.defect(&node.link().shown_url(), now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "ws://127.0.0.1:9944";
    const NOW: Duration = Duration::from_secs(1_000_000);

    fn health(age: u64) -> Health {
        let made = Some(NOW - Duration::from_secs(age));
        Health { is_syncing: false, number: 7, made, block_time: Duration::from_secs(3) }
    }

    #[test]
    fn a_node_that_syncs_is_not_current_however_young_its_best_block() {
        let syncing = Health { is_syncing: true, ..health(0) };
        assert_eq!(syncing.defect(URL, NOW), Some(NotCurrent::Syncing { url: URL.into(), number: 7 }));
    }

    #[test]
    fn a_best_block_is_current_for_twenty_block_times() {
        assert_eq!(health(0).defect(URL, NOW), None);
        assert_eq!(health(60).defect(URL, NOW), None);
        let stale = health(61).defect(URL, NOW).unwrap();
        assert_eq!(stale, NotCurrent::Stale { url: URL.into(), number: 7, age: Duration::from_secs(61) });
        let expected = "block 7 is the best one of the node at ws://127.0.0.1:9944, and 61s old: ";
        assert!(stale.to_string().starts_with(expected), "{stale}");
        // This machine's clock is behind.
        assert_eq!(health(0).defect(URL, NOW - Duration::from_secs(9)), None);
    }

    #[test]
    fn a_chain_without_a_first_block_is_as_current_as_it_can_be() {
        assert_eq!(Health { number: 0, made: None, ..health(0) }.defect(URL, NOW), None);
    }
}

//! The best block, and how it moves on.

use std::time::Duration;

use futures::{stream, Stream};
use subxt_rpcs::{client::RpcSubscription, rpc_params};

use super::{
    error::ChainError,
    head::{Head, Header},
    node::Node,
};

/// After so long without a block the connection is tried with a request of its own.
const QUIET: Duration = Duration::from_secs(30);
/// The first and the longest pause between two attempts to connect.
const BACK_OFF: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(10)];

/// Where the stream of best blocks stands.
struct Watch {
    node: Node,
    subscription: Option<RpcSubscription<Header>>,
    last: Option<Head>,
    pause: Option<Duration>,
}

/// Each new best block, beginning with the one of now. A cut connection shows as one error for each failed attempt to
/// make it again; the stream itself never ends.
pub(super) fn best_blocks(node: Node) -> impl Stream<Item = Result<Head, ChainError>> + Send {
    let watch = Watch { node, subscription: None, last: None, pause: None };
    stream::unfold(watch, |mut watch| async move {
        loop {
            match watch.step().await {
                Ok(head) if watch.last == Some(head) => continue,
                Ok(head) => {
                    watch.last = Some(head);
                    watch.pause = None;
                    return Some((Ok(head), watch));
                }
                Err(error) => {
                    watch.subscription = None;
                    watch.node.link().reset().await;
                    watch.pause = Some(longer(watch.pause));
                    return Some((Err(error), watch));
                }
            }
        }
    })
}

fn longer(pause: Option<Duration>) -> Duration {
    let [first, longest] = BACK_OFF;
    pause.map_or(first, |pause| pause.saturating_mul(2).min(longest))
}

impl Watch {
    async fn step(&mut self) -> Result<Head, ChainError> {
        if self.subscription.is_none() {
            if let Some(pause) = self.pause {
                tokio::time::sleep(pause).await;
            }
            self.node.check_genesis().await?;
            let subscription = self
                .node
                .link()
                .subscribe("chain_subscribeNewHeads", rpc_params![], "chain_unsubscribeNewHeads")
                .await?;
            self.subscription = Some(subscription);
            return self.node.best().await;
        }
        let Some(subscription) = &mut self.subscription else {
            return self.node.best().await;
        };
        match tokio::time::timeout(QUIET, subscription.next()).await {
            Ok(Some(Ok(header))) => Ok(Head::of(&header)),
            Ok(Some(Err(error))) => Err(self.cut(error)),
            Ok(None) => Err(self.cut("the subscription ended")),
            // No block for a while: a request tells a slow chain from a dead connection.
            Err(_) => self.node.best().await,
        }
    }

    fn cut(&self, reason: impl ToString) -> ChainError {
        ChainError::Unreachable { url: self.node.link().url().to_owned(), reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_quarter_second_to_ten_and_stay_there() {
        let mut pause = None;
        let mut seen = Vec::new();
        for _ in 0..8 {
            pause = Some(longer(pause));
            seen.push(pause.unwrap().as_millis());
        }
        assert_eq!(seen, [250, 500, 1000, 2000, 4000, 8000, 10000, 10000]);
    }
}

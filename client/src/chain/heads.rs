//! The best block, and how it moves on.
//!
//! One task follows the node for all that ask, over one subscription; it ends with the last of them.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use futures::{stream, Stream};
use subxt_rpcs::{client::RpcSubscription, rpc_params};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    error::ChainError,
    head::{Head, Header},
    node::Node,
};

/// After so long without a block the connection is tried with a request of its own.
const QUIET: Duration = Duration::from_secs(30);
/// The first and the longest pause between two attempts to connect.
const BACK_OFF: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(10)];

/// What was last seen of the node; nothing yet at first.
type News = Option<Result<Head, ChainError>>;

/// The task that follows the node.
struct Follower {
    news: watch::Receiver<News>,
    task: JoinHandle<()>,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The follower of a chain, while somebody wants to know.
#[derive(Default)]
pub(super) struct Shared(Mutex<Weak<Follower>>);

impl Shared {
    /// Each new best block, beginning with the one of now; of several that come while nobody asks, the last. A cut
    /// connection shows as an error while it lasts; the stream itself never ends.
    ///
    /// Call it inside a Tokio runtime.
    pub(super) fn best_blocks(&self, node: &Node) -> impl Stream<Item = Result<Head, ChainError>> + Send {
        let follower = self.follower(node);
        let mut news = follower.news.clone();
        // What is there already is news to this stream.
        news.mark_changed();
        stream::unfold((follower, news), |(follower, mut news)| async move {
            loop {
                // The task ends only when the follower is dropped, which this stream holds.
                news.changed().await.ok()?;
                let latest = news.borrow_and_update().clone();
                if let Some(latest) = latest {
                    return Some((latest, (follower, news)));
                }
            }
        })
    }

    fn follower(&self, node: &Node) -> Arc<Follower> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(follower) = shared.upgrade() {
            return follower;
        }
        let (tell, news) = watch::channel(None);
        let task = tokio::spawn(follow(node.clone(), tell));
        let follower = Arc::new(Follower { news, task });
        *shared = Arc::downgrade(&follower);
        follower
    }
}

/// Follows the best block, across cut connections and restarts of the node.
async fn follow(node: Node, tell: watch::Sender<News>) {
    let mut watch = Watch { node, subscription: None, last: None, pause: None };
    loop {
        let news = match watch.step().await {
            Ok(head) if watch.last == Some(head) => continue,
            Ok(head) => {
                watch.last = Some(head);
                watch.pause = None;
                Ok(head)
            }
            Err(error) => {
                watch.subscription = None;
                watch.node.link().reset().await;
                watch.pause = Some(longer(watch.pause));
                Err(error)
            }
        };
        tell.send_replace(Some(news));
    }
}

/// Where the following stands.
struct Watch {
    node: Node,
    subscription: Option<RpcSubscription<Header>>,
    last: Option<Head>,
    pause: Option<Duration>,
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

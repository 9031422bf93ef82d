use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{limits::Share, peer::Peer};

/// Peers that are remembered before those without a permit are forgotten.
const REMEMBERED: usize = 1024;

/// Something of which there is a limited amount, for all and for each peer: no peer can take what is there for others.
pub(super) struct Pool {
    all: Arc<Semaphore>,
    share: Share,
    peers: Mutex<HashMap<Peer, Arc<Semaphore>>>,
}

/// Part of a pool, given back when it is dropped.
pub(super) struct Permit {
    _of_peer: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(share: Share) -> Self {
        Self { all: Arc::new(Semaphore::new(share.all)), share, peers: Mutex::default() }
    }

    /// A part, unless all of it is taken now.
    pub(super) fn try_take(&self, peer: Peer, amount: u32) -> Option<Permit> {
        let of_peer = self.of(peer).try_acquire_many_owned(amount).ok()?;
        let of_all = self.all.clone().try_acquire_many_owned(amount).ok()?;
        Some(Permit { _of_peer: of_peer, _of_all: of_all })
    }

    /// A part, as soon as there is one. Who waits for its own share keeps no other peer waiting.
    pub(super) async fn take(&self, peer: Peer, amount: u32) -> Option<Permit> {
        let of_peer = self.of(peer).acquire_many_owned(amount).await.ok()?;
        let of_all = self.all.clone().acquire_many_owned(amount).await.ok()?;
        Some(Permit { _of_peer: of_peer, _of_all: of_all })
    }

    fn of(&self, peer: Peer) -> Arc<Semaphore> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.len() >= REMEMBERED {
            // A permit, and who waits for one, has the semaphore too.
            peers.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        }
        peers.entry(peer).or_insert_with(|| Arc::new(Semaphore::new(self.share.peer))).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn peer(number: u32) -> Peer {
        Peer::of(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number)))
    }

    #[test]
    fn one_peer_cannot_take_what_is_there_for_others() {
        let pool = Pool::new(Share { all: 3, peer: 2 });
        let taken: Vec<_> = (0..5).filter_map(|_| pool.try_take(peer(1), 1)).collect();
        assert_eq!(taken.len(), 2);
        let other = pool.try_take(peer(2), 1).unwrap();
        assert!(pool.try_take(peer(3), 1).is_none(), "all is taken");
        drop(taken);
        assert!(pool.try_take(peer(3), 2).is_some());
        drop(other);
    }

    #[tokio::test]
    async fn who_waits_for_its_own_share_keeps_no_other_peer_waiting() {
        let pool = Arc::new(Pool::new(Share { all: 2, peer: 1 }));
        let first = pool.take(peer(1), 1).await.unwrap();
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.take(peer(1), 1).await.is_some() }
        });
        tokio::task::yield_now().await;
        let other = pool.take(peer(2), 1).await.unwrap();
        assert!(!waiting.is_finished());
        drop((first, other));
        assert!(waiting.await.unwrap());
    }

    #[test]
    fn peers_that_hold_nothing_are_forgotten_and_those_that_do_are_not() {
        let pool = Pool::new(Share { all: 10, peer: 1 });
        let _held = pool.try_take(peer(0), 1).unwrap();
        for number in 1..5000 {
            pool.try_take(peer(number), 1).unwrap();
        }
        assert!(pool.peers.lock().unwrap().len() <= REMEMBERED);
        assert!(pool.try_take(peer(0), 1).is_none());
    }
}

//! Uploads that are under way: one for each blob.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use touchstone_kir::Root;

use super::peer::Peer;

/// An upload with a rival may pause for so long, and has so long before its rate counts.
const PAUSE: Duration = Duration::from_secs(2);
/// How long it is remembered that a peer sent wrong bytes, and for how many peers.
const REMEMBERED: Duration = Duration::from_secs(60);
const MOST_REMEMBERED: usize = 4096;

/// A root and a length: jobs can state different lengths for one root.
type Blob = (Root, u32);

/// All uploads.
#[derive(Clone)]
pub(super) struct Live(Arc<Mutex<Uploads>>);

struct Uploads {
    /// Bytes per second of an upload that a rival does not replace.
    contested: u64,
    live: HashMap<Blob, Upload>,
    wrong: HashMap<(Peer, Root), Instant>,
    next: u64,
}

struct Upload {
    id: u64,
    peer: Peer,
    evidence: Evidence,
    started: Instant,
    last: Instant,
    bytes: u64,
    lost: CancellationToken,
    ended: CancellationToken,
}

/// What is known of the bytes of an upload before its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Nothing.
    None,
    /// All that have arrived are right.
    Proof,
}

/// Whether a blob can be uploaded.
pub(super) enum Taken {
    /// Nobody else does.
    Free(LiveUpload),
    /// Another upload did not get on, and was told to end.
    Over { claim: LiveUpload, ended: CancellationToken },
    /// Another upload is under way.
    No,
}

/// The right to upload a blob, given back when it is dropped.
pub(super) struct LiveUpload {
    live: Live,
    blob: Blob,
    peer: Peer,
    id: u64,
    lost: CancellationToken,
    ended: CancellationToken,
}

impl Live {
    /// Where there is a rival, an upload goes on that brings so many bytes per second.
    pub(super) fn new(contested: u64) -> Self {
        let (live, wrong) = (HashMap::new(), HashMap::new());
        Self(Arc::new(Mutex::new(Uploads { contested, live, wrong, next: 0 })))
    }

    fn lock(&self) -> MutexGuard<'_, Uploads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to upload a blob. An upload without a proof gives way to one with a proof, and never the other way
    /// round. Between two of a kind, one that does not get on, or whose sender sent wrong bytes before, gives way to
    /// one that may be better: a peer that trickles or sends nonsense does not keep others out.
    pub(super) fn claim(&self, peer: Peer, root: Root, len: u32, evidence: Evidence) -> Taken {
        self.claim_at(Instant::now(), peer, root, len, evidence)
    }

    fn claim_at(&self, now: Instant, peer: Peer, root: Root, len: u32, evidence: Evidence) -> Taken {
        let mut uploads = self.lock();
        let ended = match uploads.live.get(&(root, len)) {
            None => None,
            Some(other) if uploads.gives_way(now, other, peer, evidence, &root) => {
                other.lost.cancel();
                Some(other.ended.clone())
            }
            Some(_) => return Taken::No,
        };
        uploads.next += 1;
        let id = uploads.next;
        let (lost, gone) = (CancellationToken::new(), CancellationToken::new());
        let (lost_here, ended_here) = (lost.clone(), gone.clone());
        let upload =
            Upload { id, peer, evidence, started: now, last: now, bytes: 0, lost: lost_here, ended: ended_here };
        uploads.live.insert((root, len), upload);
        drop(uploads);
        let claim = LiveUpload { live: self.clone(), blob: (root, len), peer, id, lost, ended: gone };
        match ended {
            None => Taken::Free(claim),
            Some(ended) => Taken::Over { claim, ended },
        }
    }
}

impl Uploads {
    fn gives_way(&self, now: Instant, upload: &Upload, rival: Peer, evidence: Evidence, root: &Root) -> bool {
        if upload.evidence != evidence {
            return evidence == Evidence::Proof;
        }
        let age = now - upload.started;
        let was_wrong = |peer| self.wrong.get(&(peer, *root)).is_some_and(|at| now - *at < REMEMBERED);
        let stalls = now - upload.last > PAUSE;
        let is_slow = age > PAUSE && (upload.bytes as f64) < self.contested as f64 * age.as_secs_f64();
        stalls || is_slow || (was_wrong(upload.peer) && !was_wrong(rival))
    }
}

impl LiveUpload {
    /// So many bytes have arrived.
    pub(super) fn arrived(&self, bytes: usize) {
        self.arrived_at(Instant::now(), bytes);
    }

    fn arrived_at(&self, now: Instant, bytes: usize) {
        if let Some(upload) = self.live.lock().live.get_mut(&self.blob).filter(|upload| upload.id == self.id) {
            upload.bytes = upload.bytes.saturating_add(bytes as u64);
            upload.last = now;
        }
    }

    /// Waits until another upload takes the place of this one.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// The bytes were not those of the blob.
    pub(super) fn was_wrong(&self) {
        self.was_wrong_at(Instant::now());
    }

    fn was_wrong_at(&self, now: Instant) {
        let mut uploads = self.live.lock();
        if uploads.wrong.len() >= MOST_REMEMBERED {
            uploads.wrong.retain(|_, at| now - *at < REMEMBERED);
        }
        if uploads.wrong.len() < MOST_REMEMBERED {
            uploads.wrong.insert((self.peer, self.blob.0), now);
        }
    }
}

impl Drop for LiveUpload {
    fn drop(&mut self) {
        self.ended.cancel();
        let mut uploads = self.live.lock();
        if uploads.live.get(&self.blob).is_some_and(|upload| upload.id == self.id) {
            uploads.live.remove(&self.blob);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Root = [1; 32];

    fn peer(last: u8) -> Peer {
        Peer::of([192, 0, 2, last].into())
    }

    /// Uploads whose clock goes as the test says.
    struct Test {
        live: Live,
        now: Instant,
    }

    impl Test {
        fn new() -> Self {
            Self { live: Live::new(1000), now: Instant::now() }
        }

        fn wait(&mut self, milliseconds: u64) {
            self.now += Duration::from_millis(milliseconds);
        }

        fn claim(&self, who: u8) -> Taken {
            self.claim_with(who, Evidence::None)
        }

        fn claim_with(&self, who: u8, evidence: Evidence) -> Taken {
            self.live.claim_at(self.now, peer(who), ROOT, 8, evidence)
        }

        fn free(&self, who: u8) -> LiveUpload {
            match self.claim(who) {
                Taken::Free(claim) => claim,
                _ => panic!("another upload is under way"),
            }
        }

        fn is_refused(&self, who: u8) -> bool {
            matches!(self.claim(who), Taken::No)
        }
    }

    #[test]
    fn a_blob_has_one_upload_at_a_time() {
        let test = Test::new();
        let first = test.free(1);
        assert!(test.is_refused(1) && test.is_refused(2));
        assert!(
            matches!(test.live.claim(peer(2), ROOT, 12, Evidence::None), Taken::Free(_)),
            "another length is another blob"
        );
        assert!(matches!(test.live.claim(peer(2), [2; 32], 8, Evidence::None), Taken::Free(_)));
        drop(first);
        test.free(2);
    }

    #[tokio::test]
    async fn an_upload_that_pauses_or_trickles_gives_way_and_one_that_gets_on_does_not() {
        let mut test = Test::new();
        let steady = test.free(1);
        for _ in 0..10 {
            test.wait(1000);
            steady.arrived_at(test.now, 1000);
            assert!(test.is_refused(2));
        }
        test.wait(2500);
        let Taken::Over { claim, ended } = test.claim(2) else { panic!("it pauses") };
        steady.lost().await;
        assert!(!ended.is_cancelled());
        drop(steady);
        assert!(ended.is_cancelled());
        // What is left of the first one does not end the second one.
        assert!(test.is_refused(1));
        for _ in 0..3 {
            test.wait(1000);
            claim.arrived_at(test.now, 10);
        }
        assert!(matches!(test.claim(1), Taken::Over { .. }), "it trickles");
    }

    #[test]
    fn an_upload_with_a_proof_takes_the_place_of_any_without_one_and_never_gives_way_to_one() {
        let mut test = Test::new();
        let fast = test.free(1);
        test.wait(1000);
        fast.arrived_at(test.now, 1_000_000);
        let Taken::Over { claim: proved, .. } = test.claim_with(2, Evidence::Proof) else { panic!("it has no proof") };
        drop(fast);
        test.wait(60_000);
        assert!(test.is_refused(1), "however slow the one with the proof is");
        // Only another proof replaces one that does not get on.
        let Taken::Over { claim, .. } = test.claim_with(3, Evidence::Proof) else { panic!("it pauses") };
        drop(proved);
        assert!(matches!(test.claim_with(2, Evidence::Proof), Taken::No));
        drop(claim);
        test.free(1);
    }

    #[test]
    fn a_sender_of_wrong_bytes_gives_way_to_one_who_was_not_wrong_yet() {
        let mut test = Test::new();
        let wrong = test.free(1);
        wrong.was_wrong_at(test.now);
        drop(wrong);
        let again = test.free(1);
        assert!(test.is_refused(1), "not to itself");
        assert!(matches!(test.claim(2), Taken::Over { .. }));
        drop(again);
        test.wait(61_000);
        let later = test.free(1);
        assert!(test.is_refused(2), "it is forgotten after a minute");
        drop(later);
    }
}

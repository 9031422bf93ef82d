//! Who has which part of the store's space: blobs that are held, blobs on their way in, and what jobs will need.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Instant,
};

use touchstone_kir::Root;
use touchstone_primitives::{Buffer, JobId};

use super::{error::StoreError, stamp::Stamp, tree::tree_bytes};

/// The space of a blob of `len` bytes: its own, and that of the tree beside it.
pub(crate) fn space(len: u32) -> u64 {
    u64::from(len).saturating_add(tree_bytes(len))
}

/// A blob that is held.
pub(super) struct Held {
    pub(super) len: u32,
    /// When a job last needed it.
    pub(super) needed: Instant,
    /// The file's stamp when its content was last found right. Locked while the file is hashed, so that a blob is
    /// hashed once for all who wait for it.
    pub(super) verdict: Arc<Mutex<Option<Stamp>>>,
}

/// A blob on its way in.
#[derive(Clone, Copy)]
enum Coming {
    /// An input, or a blob of nobody in particular.
    Blob { root: Option<Root>, len: u32 },
    /// An output of a job, which took so much of what is reserved for the job's outputs.
    Output { job: JobId, len: u32, drawn: u64 },
}

/// What a job will need.
struct Reservation {
    inputs: Vec<Buffer>,
    /// Space of outputs that are not on their way yet.
    outputs: u64,
}

/// The space of a store: blobs with their trees. Nothing is counted twice: an input that several jobs read, or that is
/// held already, takes its space once.
pub(super) struct Ledger {
    pub(super) quota: u64,
    pub(super) held: HashMap<Root, Held>,
    coming: BTreeMap<u64, Coming>,
    reservations: BTreeMap<JobId, Reservation>,
    next: u64,
}

impl Ledger {
    pub(super) fn new(quota: u64) -> Self {
        Self { quota, held: HashMap::new(), coming: BTreeMap::new(), reservations: BTreeMap::new(), next: 0 }
    }

    /// Bytes that are held, on their way in, or reserved.
    pub(super) fn used(&self) -> u64 {
        let held: u64 = self.held.values().map(|held| space(held.len)).sum();
        let coming: u64 = self.coming.values().map(Coming::space).sum();
        let outputs: u64 = self.reservations.values().map(|reservation| reservation.outputs).sum();
        let mut inputs = each_once(self.reservations.values().flat_map(|reservation| &reservation.inputs));
        for coming in self.coming.values() {
            if let Coming::Blob { root: Some(root), .. } = coming {
                inputs.remove(root);
            }
        }
        let missing = inputs.iter().filter(|(root, _)| !self.held.contains_key(*root));
        held + coming + outputs + missing.map(|(_, len)| space(*len)).sum::<u64>()
    }

    /// Whether a job fits when nothing else is held.
    pub(super) fn could_reserve(&self, inputs: &[Buffer], outputs: &[u32]) -> Result<(), StoreError> {
        let inputs = each_once(inputs);
        let len = inputs.values().chain(outputs).map(|len| space(*len)).sum();
        match len > self.quota {
            true => Err(StoreError::LargerThanQuota { len, quota: self.quota }),
            false => Ok(()),
        }
    }

    /// Sets aside space for a job. A job that has it already keeps it.
    pub(super) fn reserve(&mut self, job: JobId, inputs: &[Buffer], outputs: &[u32]) -> Result<(), StoreError> {
        if self.reservations.contains_key(&job) {
            return Ok(());
        }
        self.could_reserve(inputs, outputs)?;
        let before = self.used();
        let outputs = outputs.iter().map(|len| space(*len)).sum();
        self.reservations.insert(job, Reservation { inputs: inputs.to_vec(), outputs });
        let fits = self.check(before);
        if fits.is_err() {
            self.reservations.remove(&job);
        }
        fits
    }

    /// Gives back what is reserved for all other jobs.
    pub(super) fn release_except(&mut self, keep: &dyn Fn(&JobId) -> bool) {
        self.reservations.retain(|job, _| keep(job));
    }

    /// Takes space for a blob, out of what is reserved for it if anything is.
    pub(super) fn admit(&mut self, root: Option<Root>, len: u32) -> Result<u64, StoreError> {
        self.enter(Coming::Blob { root, len }, self.used())
    }

    /// Takes space for an output of a job, out of what is reserved for it if anything is.
    pub(super) fn admit_output(&mut self, job: JobId, len: u32) -> Result<u64, StoreError> {
        let before = self.used();
        let drawn = self.reservations.get_mut(&job).map_or(0, |reservation| {
            let drawn = reservation.outputs.min(space(len));
            reservation.outputs -= drawn;
            drawn
        });
        self.enter(Coming::Output { job, len, drawn }, before)
    }

    fn enter(&mut self, coming: Coming, before: u64) -> Result<u64, StoreError> {
        let id = self.next;
        self.next += 1;
        self.coming.insert(id, coming);
        let fits = self.check(before);
        if fits.is_err() {
            self.leave(id);
        }
        fits.map(|()| id)
    }

    /// What fitted before goes on to fit: space that is reserved is there even in a store that is over its quota.
    fn check(&self, before: u64) -> Result<(), StoreError> {
        let after = self.used();
        if after > self.quota && after > before {
            let (len, free) = (after - before, self.quota.saturating_sub(before));
            return Err(StoreError::OverQuota { len, free, quota: self.quota });
        }
        Ok(())
    }

    /// A blob does not come after all.
    pub(super) fn leave(&mut self, id: u64) {
        if let Some(Coming::Output { job, drawn, .. }) = self.coming.remove(&id) {
            if let Some(reservation) = self.reservations.get_mut(&job) {
                reservation.outputs += drawn;
            }
        }
    }

    /// A blob is complete.
    pub(super) fn keep(&mut self, id: u64, root: Root, len: u32, verdict: Option<Stamp>) {
        self.coming.remove(&id);
        self.hold(root, len, verdict);
    }

    pub(super) fn hold(&mut self, root: Root, len: u32, verdict: Option<Stamp>) {
        let verdict = Arc::new(Mutex::new(verdict));
        self.held.insert(root, Held { len, needed: Instant::now(), verdict });
    }
}

/// The lengths of these inputs, each of which is held once.
fn each_once<'a>(inputs: impl IntoIterator<Item = &'a Buffer>) -> HashMap<Root, u32> {
    let mut lens: HashMap<Root, u32> = HashMap::new();
    for input in inputs {
        let len = lens.entry(input.root).or_default();
        *len = input.len.max(*len);
    }
    lens
}

impl Coming {
    fn space(&self) -> u64 {
        match self {
            Self::Blob { len, .. } | Self::Output { len, .. } => space(*len),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId([1; 32]);
    const OTHER: JobId = JobId([2; 32]);

    fn input(root: u8, len: u32) -> Buffer {
        Buffer { root: [root; 32], len }
    }

    #[test]
    fn uploads_and_outputs_of_a_job_draw_on_what_is_reserved_for_it() {
        let mut ledger = Ledger::new(100);
        ledger.reserve(JOB, &[input(1, 40)], &[60]).unwrap();
        assert_eq!(ledger.used(), 100);
        // Nothing is left for others, and everything for the job.
        assert!(ledger.admit(None, 4).is_err());
        let upload = ledger.admit(Some([1; 32]), 40).unwrap();
        let first = ledger.admit_output(JOB, 20).unwrap();
        let second = ledger.admit_output(JOB, 40).unwrap();
        assert_eq!(ledger.used(), 100);
        ledger.keep(upload, [1; 32], 40, None);
        ledger.keep(first, [2; 32], 20, None);
        ledger.leave(second);
        assert_eq!(ledger.used(), 100, "an output that failed can be tried again");
        let again = ledger.admit_output(JOB, 40).unwrap();
        ledger.keep(again, [3; 32], 40, None);
        assert_eq!(ledger.used(), 100);
    }

    #[test]
    fn an_input_that_is_shared_or_held_takes_its_space_once() {
        let mut ledger = Ledger::new(100);
        ledger.reserve(JOB, &[input(1, 40), input(1, 40)], &[10]).unwrap();
        ledger.reserve(OTHER, &[input(1, 40)], &[10]).unwrap();
        assert_eq!(ledger.used(), 60);
        let id = ledger.admit(Some([1; 32]), 40).unwrap();
        ledger.keep(id, [1; 32], 40, None);
        assert_eq!(ledger.used(), 60);
        ledger.release_except(&|job| *job == OTHER);
        assert_eq!(ledger.used(), 50);
    }

    #[test]
    fn a_blob_that_was_lost_is_reserved_again_for_the_job_that_needs_it() {
        let mut ledger = Ledger::new(50);
        ledger.reserve(JOB, &[input(1, 40)], &[10]).unwrap();
        let id = ledger.admit(Some([1; 32]), 40).unwrap();
        ledger.keep(id, [1; 32], 40, None);
        ledger.held.remove(&[1; 32]);
        assert_eq!(ledger.used(), 50);
        assert!(ledger.admit(None, 4).is_err());
        ledger.admit(Some([1; 32]), 40).unwrap();
    }

    #[test]
    fn a_job_that_does_not_fit_reserves_nothing_and_says_what_is_missing() {
        let mut ledger = Ledger::new(100);
        ledger.reserve(JOB, &[], &[70]).unwrap();
        let error = ledger.reserve(OTHER, &[input(1, 40)], &[4]).unwrap_err();
        assert_eq!(error.to_string(), "the store has 30 of 100 bytes left, 44 are needed");
        assert!(error.is_full());
        assert_eq!(ledger.used(), 70);
        ledger.reserve(JOB, &[], &[1000]).unwrap();
        assert_eq!(ledger.used(), 70, "a job reserves once");
    }

    #[test]
    fn a_job_that_is_larger_than_the_whole_store_is_told_from_one_that_has_to_wait() {
        let mut ledger = Ledger::new(100);
        ledger.reserve(OTHER, &[], &[100]).unwrap();
        // Two reads of one input take its space once.
        assert!(ledger.reserve(JOB, &[input(1, 40), input(1, 40)], &[60]).unwrap_err().is_full());
        let error = ledger.reserve(JOB, &[input(1, 40), input(2, 4)], &[60]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the blobs of the job need 104 bytes, and the whole store has 100: raise quota_mib to take such jobs"
        );
        assert!(!error.is_full(), "waiting does not help");
        assert_eq!(ledger.used(), 100);
        // The trees count.
        let mut ledger = Ledger::new(1 << 20);
        assert!(matches!(ledger.reserve(JOB, &[], &[1 << 20]), Err(StoreError::LargerThanQuota { .. })));
        assert_eq!(ledger.used(), 0);
    }

    #[test]
    fn the_tree_beside_a_blob_takes_space_too() {
        // 64 groups: a value for each, and 62 above them.
        let (len, tree) = (1 << 20, 126 * 32);
        let mut ledger = Ledger::new(3 * u64::from(len) + 3 * tree);
        ledger.reserve(JOB, &[input(1, len)], &[len]).unwrap();
        assert_eq!(ledger.used(), 2 * (u64::from(len) + tree));
        let id = ledger.admit(Some([1; 32]), len).unwrap();
        ledger.keep(id, [1; 32], len, None);
        let output = ledger.admit_output(JOB, len).unwrap();
        assert_eq!(ledger.used(), 2 * (u64::from(len) + tree));
        ledger.keep(output, [2; 32], len, None);
        ledger.admit(None, len).unwrap();
        assert_eq!(ledger.used(), ledger.quota, "exactly full");
    }

    #[test]
    fn outputs_of_a_job_without_a_reservation_take_what_is_free() {
        let mut ledger = Ledger::new(100);
        let output = ledger.admit_output(JOB, 60).unwrap();
        assert!(ledger.admit_output(JOB, 60).is_err());
        ledger.leave(output);
        assert_eq!(ledger.used(), 0);
    }
}

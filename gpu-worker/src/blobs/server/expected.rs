//! What the jobs of this provider wait for.

use std::collections::HashMap;

use touchstone_kir::Root;
use touchstone_primitives::JobId;

/// Inputs that jobs assigned to this provider wait for. Jobs can state different lengths for one root.
pub type Expected = HashMap<Root, Vec<ExpectedBlob>>;

/// An input of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedBlob {
    /// Its length, bytes.
    pub len: u32,
    /// The jobs that read it.
    pub jobs: Vec<JobId>,
}

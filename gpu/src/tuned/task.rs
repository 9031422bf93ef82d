//! What a hand-tuned implementation decides by.

use crate::Class;

/// The arguments of a step, and the device to run it on.
pub(super) struct Task<'a> {
    /// The kernel's parameters.
    pub(super) params: &'a [u32],
    /// Lengths of its inputs, bytes.
    pub(super) lens: &'a [u32],
    /// Number of invocations.
    pub(super) invocations: u32,
    /// Worst-case fuel of one of them.
    pub(super) fuel: u64,
    /// Class of the device.
    pub(super) class: Class,
}

//! Live intervals of registers, for the allocator and the spiller.

/// The first and the last place at which a register is live. An instruction reads at an even place and writes at the
/// odd one after it, so that its result can use the register of an operand whose interval ends there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Interval {
    /// The first place.
    pub start: usize,
    /// The last.
    pub end: usize,
}

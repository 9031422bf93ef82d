//! Where a register holds something: what the allocator and the spiller speak of.

/// First and last place where a register holds something. An instruction reads at an even place and writes at the odd
/// one behind it, so that its result may take the register of an operand that ends there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// The first place.
    pub start: usize,
    /// The last.
    pub end: usize,
}

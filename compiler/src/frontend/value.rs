//! Values of expressions, and the segments of scratch that hold them.

use std::rc::{Rc, Weak};

use super::{builder::Word, place::Place};

/// The value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Its scalars, flattened.
    Words(Rc<[Word]>),
    /// Its scalars are in scratch.
    Held(Held),
    /// Where the pointer points to.
    Place(Place),
}

impl Value {
    /// The segment of scratch that a value is in.
    pub(super) fn segment(&self) -> Option<u16> {
        match self {
            Value::Held(held) => held.place.segment(),
            _ => None,
        }
    }
}

/// A value whose words are in scratch.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// Where they are. Nothing writes there while the value is needed.
    pub place: Place,
    /// Keeps the segment in use.
    pub lease: Lease,
}

/// Keeps a segment in use. When the last lease of a segment is dropped, its words may be used for something else.
pub(super) type Lease = Rc<()>;

/// The segments in use.
#[derive(Default)]
pub(super) struct Leases {
    /// A weak reference to the lease of each segment.
    pub all: Vec<Weak<()>>,
    /// Segments that are currently in use.
    pub alive: Vec<u16>,
    /// Leases of variables that live as long as the kernel.
    pub forever: Vec<Lease>,
}

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use touchstone_kir::Node;

use crate::ROOTS_PER_CHUNK;

/// A node of a buffer under a commitment.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Subject {
    /// The step instance whose output it is; `None` if it is the trace.
    pub instance: Option<u32>,
    /// The node.
    pub node: Node,
}

impl Subject {
    /// Whether an answer about this subject shows the value of `other`. `len` is the length of the other's buffer,
    /// bytes; the two may be of different buffers, since the bytes of the trace are the roots of outputs.
    pub fn shows(&self, other: &Self, len: u32) -> bool {
        match (self.instance == other.instance, self.instance, other.instance) {
            (true, ..) => self.has_shown(other.node, len),
            (false, None, Some(instance)) => {
                let chunk = instance / ROOTS_PER_CHUNK;
                let is_under = chunk.checked_shr(self.node.level.into()) == Some(self.node.position);
                self.node.revealed_level().is_none() && is_under && other.node == Node::top(len)
            }
            _ => false,
        }
    }

    /// Whether the answer has the value of this node, of the same buffer. The levels between the two do not count,
    /// although their values follow from those that are shown: so each answer goes down as far as it can, and a chain
    /// of answers is short.
    fn has_shown(&self, node: Node, len: u32) -> bool {
        let Some(level) = self.node.revealed_level() else { return false };
        let Some(first) = node.chunks(len).map(|range| range.first) else { return false };
        // At the end of the buffer, a node of the level that is shown has a lower one by name.
        let is_shown = Node::over(first, level, len) == Some(node);
        is_shown && first.checked_shr(self.node.level.into()) == Some(self.node.position)
    }
}

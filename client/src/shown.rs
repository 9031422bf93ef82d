//! A buffer that its provider does not serve, as far as answers to demands show it.
//!
//! Nothing that an answer shows is believed: it counts once it hashes to a value that is known already, and the first
//! known value is the committed root.

use std::collections::BTreeMap;

use touchstone_kir::{
    leaf, open_from, parent, verify_reveal, ChunkRange, Node, NodeError, OpenError, Opening, Outboard, Reveal, CHUNK,
};
use touchstone_primitives::Buffer;

/// What is known of a buffer.
#[derive(Clone, Debug)]
pub struct Shown {
    buffer: Buffer,
    /// Values of nodes.
    values: BTreeMap<Node, [u8; 32]>,
    /// Bytes of chunks.
    chunks: BTreeMap<u32, Vec<u8>>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This chunk has been shown.
    Chunk(u32),
    /// This node has to be demanded.
    Demand(Question),
}

/// What a demand names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The node.
    pub node: Node,
    /// Its value.
    pub value: [u8; 32],
    /// The siblings on the way to the root, upwards.
    pub path: Vec<[u8; 32]>,
}

/// An answer shows nothing new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UselessAnswer {
    /// The value of the node is not known, so the answer cannot be checked.
    #[error("the answer is about a node whose value has not been shown")]
    UnknownNode,
    /// It does not belong to the node.
    #[error("{0}")]
    Wrong(NodeError),
}

impl Shown {
    /// A buffer of which only root and length are known.
    pub fn new(buffer: Buffer) -> Self {
        let values = BTreeMap::from([(Node::top(buffer.len), buffer.root)]);
        Self { buffer, values, chunks: BTreeMap::new() }
    }

    /// Root and length.
    pub fn buffer(&self) -> Buffer {
        self.buffer
    }

    /// The bytes of a chunk, if they have been shown.
    pub fn chunk(&self, chunk: u32) -> Option<&[u8]> {
        self.chunks.get(&chunk).map(Vec::as_slice)
    }

    /// The chunks whose bytes have been shown, in order.
    pub fn chunks(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.chunks.iter().map(|(chunk, bytes)| (*chunk, bytes.as_slice()))
    }

    /// Keeps a chunk of one's own version of this buffer, if it is certain to be the same here: it lies under a node
    /// that has the same value in both. Returns whether it does. So what agrees is opened without a demand for it.
    pub fn take_own(&mut self, own: &Outboard, chunk: u32, bytes: &[u8]) -> bool {
        let len = self.buffer.len;
        let over = |level: u8| Node::over(chunk, level, len);
        let own_leaf = over(0).filter(|_| own.buffer_len() == len).and_then(|node| own.node(node));
        if own_leaf != Some(leaf(len, chunk, bytes)) {
            return false;
        }
        let agrees = |node: Node| self.values.get(&node).is_some_and(|value| own.node(node) == Some(*value));
        let Some(common) = (0..=Node::top(len).level).find(|level| over(*level).is_some_and(agrees)) else {
            return false;
        };
        // All that is below this node is one's own: an opening needs the way down and the siblings beside it.
        for level in 0..common {
            let beside = ((chunk >> level) ^ 1).checked_shl(level.into());
            let sibling = beside.and_then(|first| Node::over(first, level, len));
            for node in [over(level), sibling].into_iter().flatten() {
                if let Some(value) = own.node(node) {
                    self.values.insert(node, value);
                }
            }
        }
        self.chunks.insert(chunk, bytes.to_vec());
        true
    }

    /// Checks an answer and keeps what it shows.
    ///
    /// # Errors
    /// The answer is about a node that is not known yet, or does not belong to it.
    pub fn learn(&mut self, node: Node, reveal: &Reveal) -> Result<(), UselessAnswer> {
        let len = self.buffer.len;
        let value = self.values.get(&node).ok_or(UselessAnswer::UnknownNode)?;
        verify_reveal(node, value, reveal, len).map_err(UselessAnswer::Wrong)?;
        let first = node.chunks(len).map_or(0, |range| range.first);
        let (level, values) = match reveal {
            Reveal::Nodes(values) => (node.revealed_level().unwrap_or(0), values.clone()),
            Reveal::Bytes(bytes) => {
                let mut leaves = Vec::new();
                for (chunk, bytes) in (first..).zip(bytes.chunks(CHUNK)) {
                    leaves.push(leaf(len, chunk, bytes));
                    self.chunks.insert(chunk, bytes.to_vec());
                }
                (0, leaves)
            }
        };
        self.fill(node, first, level, values);
        Ok(())
    }

    /// Keeps the values of a level under `top`, from the left, and those of all levels between.
    fn fill(&mut self, top: Node, first: u32, mut level: u8, mut values: Vec<[u8; 32]>) {
        let len = self.buffer.len;
        loop {
            let width = 1u32.checked_shl(level.into()).unwrap_or(u32::MAX);
            for (chunk, value) in (first..).step_by(width as usize).zip(&values) {
                // At the end of the buffer a node may have a lower level by name.
                if let Some(node) = Node::over(chunk, level, len) {
                    self.values.insert(node, *value);
                }
            }
            if level >= top.level || values.len() < 2 {
                break;
            }
            let is_whole = top == Node::top(len) && values.len() == 2;
            values = values
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => parent(left, right, is_whole),
                    _ => pair.first().copied().unwrap_or_default(),
                })
                .collect();
            level = level.saturating_add(1);
        }
    }

    /// How to get to a chunk; `None` if the buffer has no such chunk.
    pub fn towards(&self, chunk: u32) -> Option<Next> {
        if self.chunks.contains_key(&chunk) {
            return Some(Next::Chunk(chunk));
        }
        let len = self.buffer.len;
        let node = (0..=Node::top(len).level)
            .filter_map(|level| Node::over(chunk, level, len))
            .find(|node| self.values.contains_key(node))?;
        self.question(node).map(Next::Demand)
    }

    /// How to get to the first chunk in which this buffer differs from one's own of the same length; `None` if both
    /// have the same root, or `own` has another length.
    pub fn towards_difference(&self, own: &Outboard) -> Option<Next> {
        let len = self.buffer.len;
        if own.buffer_len() != len {
            return None;
        }
        let differs = |node: &Node| match (self.values.get(node), own.node(*node)) {
            (Some(shown), Some(own)) => Some(*shown != own),
            _ => None,
        };
        let mut node = Node::top(len);
        if !differs(&node)? {
            return None;
        }
        loop {
            let Some(children) = children(node, len) else {
                return match self.chunks.contains_key(&node.position) {
                    true => Some(Next::Chunk(node.position)),
                    false => self.question(node).map(Next::Demand),
                };
            };
            match children.map(|child| differs(&child)) {
                [Some(true), _] => node = children[0],
                [Some(false), Some(true)] => node = children[1],
                // Not both of them are known. If neither differs, their parent would not.
                _ => return self.question(node).map(Next::Demand),
            }
        }
    }

    /// The demand for a node; `None` if its value or its path is not known.
    pub fn question(&self, node: Node) -> Option<Question> {
        let len = self.buffer.len;
        let value = *self.values.get(&node)?;
        let mut path = Vec::new();
        let first = node.chunks(len)?.first;
        for level in node.level..Node::top(len).level {
            let beside = (first >> level) ^ 1;
            let Some(chunk) = beside.checked_shl(level.into()) else { continue };
            // Where there is no neighbour, the value moves up unchanged.
            let Some(sibling) = Node::over(chunk, level, len) else { continue };
            path.push(*self.values.get(&sibling)?);
        }
        Some(Question { node, value, path })
    }

    /// Opens chunks that have been shown; `None` if one has not.
    pub fn open(&self, ranges: &[ChunkRange]) -> Option<Opening> {
        enum Missing {
            Data,
            Open,
        }
        impl From<OpenError> for Missing {
            fn from(_: OpenError) -> Self {
                Self::Open
            }
        }
        let len = self.buffer.len;
        let read = |at: usize, out: &mut [u8]| {
            let first = (at / CHUNK) as u32;
            for (chunk, out) in (first..).zip(out.chunks_mut(CHUNK)) {
                let bytes = self.chunks.get(&chunk).filter(|bytes| bytes.len() == out.len()).ok_or(Missing::Data)?;
                out.copy_from_slice(bytes);
            }
            Ok(())
        };
        let value = |range: ChunkRange| {
            let level = range.count.next_power_of_two().ilog2() as u8;
            let node = Node::over(range.first, level, len);
            node.and_then(|node| self.values.get(&node)).copied().ok_or(Missing::Data)
        };
        open_from(len, ranges, read, value).ok()
    }
}

/// The two nodes under one that has more than one chunk.
fn children(node: Node, len: u32) -> Option<[Node; 2]> {
    let range = node.chunks(len).filter(|range| range.count > 1)?;
    let level = node.level.checked_sub(1)?;
    let middle = range.first.checked_add(1u32.checked_shl(level.into())?)?;
    Some([Node::over(range.first, level, len)?, Node::over(middle, level, len)?])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use touchstone_kir::{root, verify, verify_path};

    use super::*;

    fn answer(tree: &Outboard, bytes: &[u8], node: Node) -> Reveal {
        let read = |at: u64, out: &mut [u8]| {
            out.copy_from_slice(&bytes[at as usize..][..out.len()]);
            Ok::<_, ()>(())
        };
        tree.reveal(node, read).unwrap().unwrap()
    }

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
    }

    fn of(bytes: &[u8]) -> (Outboard, Shown) {
        let buffer = Buffer { root: root(bytes), len: bytes.len() as u32 };
        (Outboard::new(bytes).unwrap(), Shown::new(buffer))
    }

    #[test]
    fn a_chunk_is_reached_by_demands_that_lead_to_the_committed_root() {
        let data = bytes(70_000 * 3 + 5);
        let (tree, mut shown) = of(&data);
        let mut asked = 0;
        let chunk = loop {
            match shown.towards(200).unwrap() {
                Next::Chunk(chunk) => break chunk,
                Next::Demand(Question { node, value, path }) => {
                    assert_eq!(verify_path(node, &value, &path, &tree.root(), data.len() as u32), Ok(()));
                    shown.learn(node, &answer(&tree, &data, node)).unwrap();
                    asked += 1;
                }
            }
        };
        assert_eq!((chunk, asked), (200, 2));
        assert_eq!(shown.chunk(200), Some(&data[200 * CHUNK..201 * CHUNK]));
        let ranges = [ChunkRange { first: 200, count: 2 }];
        let opening = shown.open(&ranges).unwrap();
        assert_eq!(opening, tree.open(&data, &ranges).unwrap());
        assert!(verify(&opening, &tree.root(), data.len() as u32).is_ok());
        assert_eq!(shown.open(&[ChunkRange { first: 3, count: 1 }]), None);
        assert_eq!(shown.towards(300), None);
    }

    #[test]
    fn an_answer_that_cannot_be_checked_or_is_wrong_shows_nothing() {
        let data = bytes(100 * CHUNK);
        let (tree, mut shown) = of(&data);
        let low = Node { level: 6, position: 0 };
        assert_eq!(shown.learn(low, &answer(&tree, &data, low)), Err(UselessAnswer::UnknownNode));
        let top = Node::top(data.len() as u32);
        let wrong = Reveal::Nodes(vec![[0; 32]; 2]);
        assert_eq!(shown.learn(top, &wrong), Err(UselessAnswer::Wrong(NodeError::WrongValue)));
        assert!(matches!(shown.towards(0), Some(Next::Demand(Question { node, .. })) if node == top));
    }

    #[test]
    fn a_buffer_of_the_same_root_has_no_difference_and_one_of_another_length_is_not_compared() {
        let data = bytes(5 * CHUNK);
        let (tree, shown) = of(&data);
        assert_eq!(shown.towards_difference(&tree), None);
        assert_eq!(shown.towards_difference(&Outboard::new(&data[..4 * CHUNK]).unwrap()), None);
    }

    #[test]
    fn what_agrees_is_taken_from_ones_own_and_opened_with_what_was_shown() {
        let theirs = bytes(200 * CHUNK + 8);
        let mut ours = theirs.clone();
        ours[150 * CHUNK] ^= 1;
        let (tree, mut shown) = of(&theirs);
        let own = Outboard::new(&ours).unwrap();
        let mine = |chunk: usize| &ours[chunk * CHUNK..ours.len().min((chunk + 1) * CHUNK)];
        assert!(!shown.take_own(&own, 3, mine(3)), "only the roots are known, and they differ");
        let asked = [Node::top(theirs.len() as u32), Node { level: 6, position: 2 }];
        asked.iter().for_each(|node| shown.learn(*node, &answer(&tree, &theirs, *node)).unwrap());
        assert!(!shown.take_own(&own, 150, mine(150)), "it differs");
        assert!(!shown.take_own(&own, 3, mine(4)), "another chunk of one's own");
        assert!(!shown.take_own(&own, 201, mine(3)), "there is no such chunk");
        assert!(!shown.take_own(&Outboard::new(&ours[..CHUNK]).unwrap(), 0, mine(0)), "of another length");
        assert!(shown.take_own(&own, 3, mine(3)) && shown.take_own(&own, 200, mine(200)));
        assert_eq!(shown.towards(3), Some(Next::Chunk(3)));
        let ranges = [3, 150, 200].map(|first| ChunkRange { first, count: 1 });
        assert_eq!(shown.open(&ranges).unwrap(), tree.open(&theirs, &ranges).unwrap());
        assert_eq!(shown.chunks().map(|(chunk, _)| chunk).filter(|chunk| *chunk < 128).collect::<Vec<_>>(), [3]);
    }

    proptest! {
        /// Wherever one's own buffer differs, the first chunk that does is found, with as few answers as the tree has
        /// levels to descend.
        #[test]
        fn the_first_chunk_that_differs_is_found(len in 4usize..300_000, at: u32, more: u32) {
            let theirs = bytes(len);
            let mut ours = theirs.clone();
            let places = [at as usize % len, more as usize % len];
            places.iter().for_each(|place| ours[*place] ^= 1);
            let (tree, mut shown) = of(&theirs);
            let own = Outboard::new(&ours).unwrap();
            let first = ours.iter().zip(&theirs).position(|(own, their)| own != their);
            let mut asked = 0;
            let found = loop {
                match shown.towards_difference(&own) {
                    None => break None,
                    Some(Next::Chunk(chunk)) => break Some(chunk),
                    Some(Next::Demand(Question { node, value, path })) => {
                        prop_assert_eq!(verify_path(node, &value, &path, &tree.root(), len as u32), Ok(()));
                        shown.learn(node, &answer(&tree, &theirs, node)).unwrap();
                        asked += 1;
                    }
                }
            };
            prop_assert_eq!(found, first.map(|first| (first / CHUNK) as u32));
            prop_assert!(asked <= 3);
        }
    }
}

//! Hash trees of blobs, kept in files beside them, so that an opening reads a few nodes instead of the whole blob.
//!
//! A tree has the values of all subtrees of 16 chunks and more: 0.4 % of the blob. Smaller subtrees are hashed from the
//! blob when an opening needs them. Trees are not believed: each opening is verified before it is served.

use std::{fs::File, io, path::Path};

use touchstone_kir::{
    open_from, parent, root, subtree, verify, ChunkRange, OpenError, Opening, OpeningError, Root, CHUNK,
};

/// Chunks of the smallest subtree that a tree has a value for, and their bytes.
const GROUP_CHUNKS: u32 = 16;
const GROUP: usize = GROUP_CHUNKS as usize * CHUNK;

type Value = [u8; 32];

/// The values of the large subtrees of one blob, in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// `levels[h][i]` is the value of the `i`th subtree of `16·2^h` chunks. The root has no entry.
    levels: Vec<Vec<Value>>,
}

/// The values of the large subtrees of one blob, in a file: level after level.
pub(super) struct TreeFile {
    /// A small blob needs none.
    file: Option<File>,
    /// Length of the blob, bytes.
    len: u32,
}

/// Why chunks cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum CutError {
    /// The chunks do not exist.
    #[error("{0}")]
    Ranges(OpenError),
    /// The blob's file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What the files of blob and tree hold does not belong to the root.
    #[error("{0}")]
    Wrong(OpeningError),
}

impl From<OpenError> for CutError {
    fn from(error: OpenError) -> Self {
        Self::Ranges(error)
    }
}

impl Tree {
    /// As it is in its file.
    pub(super) fn encode(&self) -> Vec<u8> {
        self.levels.concat().concat()
    }

    /// The values of all subtrees of `2^level` chunks, of which the last one may have fewer.
    pub(super) fn level(&self, level: u8) -> Option<&[Value]> {
        self.levels.get(height(level)?).map(Vec::as_slice)
    }

    /// Whether the blob is so small that it needs no tree.
    pub(super) fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }
}

/// Bytes of the file of the tree of a blob of `len` bytes.
pub(super) fn tree_bytes(len: u32) -> u64 {
    widths(len).map(|width| (width * size_of::<Value>()) as u64).sum()
}

impl TreeFile {
    /// The tree of a blob of `len` bytes. A file that is missing or has another length than that tree is not one.
    pub(super) fn open(path: &Path, len: u32) -> io::Result<Option<Self>> {
        let expected = tree_bytes(len);
        if expected == 0 {
            return Ok(Some(Self { file: None, len }));
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok((file.metadata()?.len() == expected).then_some(Self { file: Some(file), len }))
    }

    /// An opening of the blob, whose file is `blob`. It is verified.
    pub(super) fn open_chunks(&self, blob: &File, root: &Root, chunks: ChunkRange) -> Result<Opening, CutError> {
        let opening = open_from(
            self.len,
            &[chunks],
            |offset, out| Ok::<_, CutError>(read_at(blob, offset, out)?),
            |node| match self.value(node)? {
                Some(value) => Ok(value),
                None => {
                    let start = node.first as usize * CHUNK;
                    let end = (start + node.count as usize * CHUNK).min(self.len as usize);
                    let mut bytes = vec![0; end.saturating_sub(start).min(GROUP)];
                    read_at(blob, start, &mut bytes)?;
                    Ok(subtree(node.first, &bytes))
                }
            },
        )?;
        verify(&opening, root, self.len).map_err(CutError::Wrong)?;
        Ok(opening)
    }

    /// The values of all subtrees of `2^level` chunks, of which the last one may have fewer. They are verified: none if
    /// they do not lead to the root, or if the tree has no such level.
    pub(super) fn level(&self, root: &Root, level: u8) -> io::Result<Option<Vec<Value>>> {
        let (Some(height), Some(file)) = (height(level), &self.file) else { return Ok(None) };
        let Some(width) = widths(self.len).nth(height) else { return Ok(None) };
        let before: usize = widths(self.len).take(height).sum();
        let mut bytes = vec![0; width * size_of::<Value>()];
        read_at(file, before * size_of::<Value>(), &mut bytes)?;
        let values = bytes.as_chunks::<32>().0.to_vec();
        let mut top: Vec<Value> = values.clone();
        while top.len() > 1 {
            top = above(&top);
        }
        Ok((top.first() == Some(root)).then_some(values))
    }

    /// The value of a proper subtree, if it is a large one.
    fn value(&self, node: ChunkRange) -> io::Result<Option<Value>> {
        let height = node.count.next_power_of_two().ilog2();
        let (Some(level), Some(file)) = (height.checked_sub(GROUP_CHUNKS.ilog2()), &self.file) else {
            return Ok(None);
        };
        let before: usize = widths(self.len).take(level as usize).sum();
        let mut value = Value::default();
        read_at(file, (before + (node.first >> height) as usize) * size_of::<Value>(), &mut value)?;
        Ok(Some(value))
    }
}

/// How many values each level of the tree of a blob has, from the groups up, without the root.
fn widths(len: u32) -> impl Iterator<Item = usize> {
    let groups = (len as usize).div_ceil(GROUP);
    std::iter::successors(Some(groups), |width| Some(width.div_ceil(2))).take_while(|width| *width > 1)
}

/// The level above one that has all values of a tree.
fn above(level: &[Value]) -> Vec<Value> {
    let is_root = level.len() == 2;
    level
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => parent(left, right, is_root),
            // The last subtree has no neighbour: it moves up as it is.
            alone => alone.concat().try_into().unwrap_or_default(),
        })
        .collect()
}

/// Where the level of the subtrees of `2^level` chunks is in a tree, counted from the groups up.
fn height(level: u8) -> Option<usize> {
    usize::from(level).checked_sub(GROUP_CHUNKS.ilog2() as usize)
}

/// Hashes a blob in one pass, and keeps its tree.
#[derive(Default)]
pub(super) struct TreeHasher {
    groups: Vec<Value>,
    /// The group that is not complete, or complete and perhaps the only one.
    group: Vec<u8>,
}

impl TreeHasher {
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.group.len() == GROUP {
                self.close();
            }
            let (now, later) = bytes.split_at(bytes.len().min(GROUP - self.group.len()));
            self.group.extend_from_slice(now);
            bytes = later;
        }
    }

    fn close(&mut self) {
        let first = self.groups.len() as u32 * GROUP_CHUNKS;
        self.groups.push(subtree(first, &self.group));
        self.group.clear();
    }

    /// The root of what was hashed, and the tree.
    pub(super) fn finish(mut self) -> (Root, Tree) {
        if self.groups.is_empty() {
            return (root(&self.group), Tree::default());
        }
        self.close();
        let mut levels = Vec::new();
        let mut level = self.groups;
        while level.len() > 1 {
            let parents = above(&level);
            levels.push(std::mem::replace(&mut level, parents));
        }
        (level.first().copied().unwrap_or_default(), Tree { levels })
    }
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, offset: usize, out: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset as u64)
}

#[cfg(not(unix))]
pub(super) fn read_at(mut file: &File, offset: usize, out: &mut [u8]) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset as u64))?;
    file.read_exact(out)
}

#[cfg(test)]
mod tests {
    use touchstone_kir::chunk_count;

    use super::*;

    fn noise(len: usize) -> Vec<u8> {
        (0..len).map(|at| ((at * at) >> 7) as u8).collect()
    }

    fn hashed(bytes: &[u8], piece: usize) -> (Root, Tree) {
        let mut hasher = TreeHasher::default();
        bytes.chunks(piece).for_each(|piece| hasher.update(piece));
        hasher.finish()
    }

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, bytes).unwrap();
        file
    }

    /// The tree in a file, as a store has it.
    fn written(bytes: &[u8], len: usize) -> Option<TreeFile> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tree");
        std::fs::write(&path, bytes).unwrap();
        TreeFile::open(&path, len as u32).unwrap()
    }

    const LENGTHS: [usize; 14] = [
        4,
        1024,
        1028,
        GROUP - 4,
        GROUP,
        GROUP + 4,
        2 * GROUP,
        2 * GROUP + 1024,
        3 * GROUP,
        3 * GROUP + 500,
        5 * GROUP + 4,
        17 * GROUP,
        100 * GROUP - 1020,
        128 * GROUP,
    ];

    #[test]
    fn the_root_is_that_of_the_whole_blob_in_whatever_pieces_it_comes() {
        for len in LENGTHS {
            let bytes = noise(len);
            for piece in [7, 1000, GROUP, GROUP + 1, 1 << 20] {
                assert_eq!(hashed(&bytes, piece).0, root(&bytes), "{len} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn openings_from_a_tree_are_those_of_the_whole_blob() {
        for len in LENGTHS {
            let bytes = noise(len);
            let (blob, tree) = hashed(&bytes, 4000);
            let tree = written(&tree.encode(), len).unwrap();
            let file = file(&bytes);
            let chunks = chunk_count(len as u32);
            for first in [0, 1, 15, 16, 17, chunks / 2, chunks - 1] {
                for count in [1, 2, 16, 33, chunks] {
                    let range = ChunkRange { first, count };
                    if first + count > chunks {
                        continue;
                    }
                    let opening = tree.open_chunks(&file, &blob, range).unwrap();
                    assert_eq!(opening, touchstone_kir::open(&bytes, &[range]).unwrap(), "{len} {range:?}");
                }
            }
        }
    }

    #[test]
    fn a_file_of_another_length_or_none_is_not_a_tree() {
        for len in LENGTHS {
            let bytes = hashed(&noise(len), 4000).1.encode();
            assert_eq!(bytes.len() as u64, tree_bytes(len as u32), "{len}");
            assert!(bytes.len() * 200 <= len.max(GROUP * 2), "{len}: {}", bytes.len());
            if len > GROUP {
                assert!(written(&bytes, len).is_some(), "{len}");
                assert!(written(&[&bytes[..], &[0]].concat(), len).is_none());
                assert!(written(&bytes[1..], len).is_none());
                assert!(TreeFile::open(Path::new("no/such/file"), len as u32).unwrap().is_none());
            }
        }
    }

    #[test]
    fn levels_are_those_of_the_whole_tree_and_none_is_false() {
        for len in LENGTHS {
            let bytes = noise(len);
            let (blob, tree) = hashed(&bytes, 4000);
            let (file, whole) = (written(&tree.encode(), len).unwrap(), touchstone_kir::Outboard::new(&bytes).unwrap());
            let top = touchstone_kir::Node::top(len as u32).level;
            for level in 0..=top + 1 {
                let values = file.level(&blob, level).unwrap();
                assert_eq!(tree.level(level), values.as_deref(), "{len}: {level}");
                assert_eq!(values.is_some(), (4..top).contains(&level), "{len}: {level}");
                let Some(values) = values else { continue };
                for (position, value) in (0..).zip(&values) {
                    let node = touchstone_kir::Node::over(position << level, level, len as u32).unwrap();
                    assert_eq!(whole.node(node).as_ref(), Some(value), "{len}: {node:?}");
                }
                assert_eq!(file.level(&[0; 32], level).unwrap(), None);
            }
        }
    }

    #[test]
    fn changed_bytes_and_a_changed_tree_are_noticed() {
        let bytes = noise(40 * GROUP);
        let (blob, tree) = hashed(&bytes, 4000);
        let range = ChunkRange { first: 3, count: 2 };
        let open = |file: &File, tree: &[u8]| written(tree, bytes.len()).unwrap().open_chunks(file, &blob, range);
        let tree = tree.encode();
        let mut changed = bytes.clone();
        changed[3 * CHUNK] ^= 1;
        assert!(matches!(open(&file(&changed), &tree), Err(CutError::Wrong(_))));
        let mut other = tree.clone();
        other[32] ^= 1;
        assert!(matches!(open(&file(&bytes), &other), Err(CutError::Wrong(_))));
        assert!(matches!(open(&file(&bytes[..2 * CHUNK]), &tree), Err(CutError::Io(_))));
        open(&file(&bytes), &tree).unwrap();
    }

    #[test]
    fn chunks_that_do_not_exist_are_refused() {
        let bytes = noise(2048);
        let (blob, tree) = hashed(&bytes, 4000);
        let tree = written(&tree.encode(), 2048).unwrap();
        let open = |first, count| tree.open_chunks(&file(&bytes), &blob, ChunkRange { first, count });
        for (first, count) in [(2, 1), (0, 3), (0, 0), (u32::MAX, u32::MAX)] {
            assert!(matches!(open(first, count), Err(CutError::Ranges(_))), "{first} {count}");
        }
    }
}

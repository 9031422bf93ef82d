//! A blob on its way to a provider, in pieces that prove themselves: wrong bytes are found when they arrive, not after
//! the last one.
//!
//! The body of `PUT /blobs/{root}/openings?len=N` is a sequence of frames. A frame is the length of an opening, as a
//! little-endian `u32`, and that opening in SCALE. The openings cover the blob in order: [`PIECE_CHUNKS`] chunks each,
//! and the rest in the last one.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use codec::Encode;
use touchstone_kir::{chunk_count, ChunkRange, Outboard, Root};

use super::{
    error::{BlobError, Forgery, PieceError},
    opening::{decode_opening, longest_opening},
};
use crate::reexec::FileBuffer;

/// Chunks of one piece: 64 KiB.
pub const PIECE_CHUNKS: u32 = 64;

/// The length in front of an opening.
const PREFIX: usize = size_of::<u32>();

/// A blob that can be uploaded: its bytes, and the hash tree that proves each piece of them.
#[derive(Clone)]
pub struct Content {
    source: Source,
    tree: Arc<Outboard>,
}

/// Where the bytes are.
#[derive(Clone)]
enum Source {
    Memory(Bytes),
    /// They are read piece by piece, as they are sent.
    File(Arc<FileBuffer>),
}

impl Content {
    /// Hashes the bytes, which must be those of `root`.
    pub fn new(root: &Root, bytes: Bytes) -> Result<Self, BlobError> {
        match Outboard::new(&bytes) {
            Ok(tree) if tree.root() == *root => Ok(Self { source: Source::Memory(bytes), tree: Arc::new(tree) }),
            _ => Err(BlobError::WrongBytes { root: *root, len: bytes.len() as u64 }),
        }
    }

    /// Hashes a file, which must hold the bytes of `root`. It is never in memory as a whole. Blocks.
    pub fn open(root: &Root, path: &Path) -> Result<Self, BlobError> {
        let unreadable = |error| BlobError::Read(PieceError::File(error));
        let file = FileBuffer::open(path).map_err(unreadable)?;
        match file.outboard().map_err(unreadable)? {
            Ok(tree) if tree.root() == *root => Ok(Self { source: Source::File(Arc::new(file)), tree: Arc::new(tree) }),
            _ => Err(BlobError::WrongBytes { root: *root, len: file.len() }),
        }
    }

    /// The root.
    pub fn root(&self) -> Root {
        self.tree.root()
    }

    /// Number of bytes.
    pub fn len(&self) -> u32 {
        self.tree.buffer_len()
    }

    /// Never: no blob is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frames of an upload, in order.
    pub fn frames(&self) -> impl Iterator<Item = Result<Bytes, PieceError>> + Send + 'static {
        let content = self.clone();
        pieces(self.len()).map(move |range| {
            let opening = match &content.source {
                Source::Memory(bytes) => content.tree.open(bytes, &[range])?,
                Source::File(file) => content.tree.open_with(&[range], |offset, out| {
                    file.read_exact_at(offset as u64, out).map_err(PieceError::File)
                })?,
            };
            let opening = opening.encode();
            let mut frame = Vec::with_capacity(opening.len().saturating_add(PREFIX));
            frame.extend_from_slice(&(opening.len() as u32).to_le_bytes());
            frame.extend_from_slice(&opening);
            Ok(frame.into())
        })
    }
}

/// The receiving side: puts frames together from what arrives, and verifies them.
pub struct Pieces {
    root: Root,
    len: u32,
    /// First chunk of the piece that comes next.
    next: u32,
    /// What has arrived and belongs to no complete frame yet.
    arrived: Vec<u8>,
}

impl Pieces {
    /// Of the blob `root` of `len` bytes.
    pub fn new(root: Root, len: u32) -> Self {
        Self { root, len, next: 0, arrived: Vec::new() }
    }

    /// Takes bytes as they arrive, wherever they are cut.
    pub fn push(&mut self, bytes: &[u8]) {
        self.arrived.extend_from_slice(bytes);
    }

    /// The bytes of the next piece, verified; `None` until more has arrived.
    pub fn take(&mut self) -> Result<Option<Vec<u8>>, Forgery> {
        let Some(range) = piece(self.next, self.len) else {
            // Nothing comes after the last piece.
            return if self.arrived.is_empty() { Ok(None) } else { Err(Forgery::TooLong) };
        };
        let Some((prefix, rest)) = self.arrived.split_first_chunk::<PREFIX>() else { return Ok(None) };
        let len = u32::from_le_bytes(*prefix) as usize;
        if len > longest_opening(range) {
            return Err(Forgery::TooLong);
        }
        let Some(opening) = rest.get(..len) else { return Ok(None) };
        let opening = decode_opening(opening, &self.root, self.len, range)?;
        self.arrived.drain(..PREFIX + len);
        self.next = self.next.saturating_add(range.count);
        Ok(Some(opening.data))
    }
}

/// The piece that begins at a chunk of a blob of `len` bytes.
fn piece(first: u32, len: u32) -> Option<ChunkRange> {
    let left = chunk_count(len).saturating_sub(first);
    (left > 0).then(|| ChunkRange { first, count: left.min(PIECE_CHUNKS) })
}

fn pieces(len: u32) -> impl Iterator<Item = ChunkRange> {
    (0..chunk_count(len)).step_by(PIECE_CHUNKS as usize).filter_map(move |first| piece(first, len))
}

#[cfg(test)]
mod tests {
    use touchstone_kir::{root, OpeningError, CHUNK};

    use super::*;

    const PIECE: usize = PIECE_CHUNKS as usize * CHUNK;

    fn noise(len: usize) -> Vec<u8> {
        (0..len as u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
    }

    fn frames(bytes: &[u8]) -> Vec<u8> {
        body(&Content::new(&root(bytes), bytes.to_vec().into()).unwrap())
    }

    fn body(content: &Content) -> Vec<u8> {
        content.frames().flat_map(|frame| frame.unwrap().to_vec()).collect()
    }

    #[test]
    fn the_frames_of_a_file_are_those_of_the_same_bytes_in_memory() {
        for len in [4, 1028, PIECE, 3 * PIECE + 500, (2 << 20) + 4] {
            let blob = noise(len);
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &blob).unwrap();
            let content = Content::open(&root(&blob), file.path()).unwrap();
            assert_eq!((content.root(), content.len() as usize), (root(&blob), len));
            assert!(body(&content) == frames(&blob), "{len}");
        }
    }

    #[test]
    fn a_file_that_is_missing_or_another_one_or_cut_meanwhile_is_not_sent() {
        let blob = noise(3 * PIECE);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input.bin");
        let error = Content::open(&root(&blob), &path).err().unwrap().to_string();
        assert!(
            error.starts_with(&format!("the upload cannot be read: {} cannot be read: ", path.display())),
            "{error}"
        );
        for other in [&blob[..PIECE], b"", b"odd"] {
            std::fs::write(&path, other).unwrap();
            let error = Content::open(&root(&blob), &path).err().unwrap();
            assert!(matches!(error, BlobError::WrongBytes { len, .. } if len == other.len() as u64), "{error}");
        }
        std::fs::write(&path, &blob).unwrap();
        let content = Content::open(&root(&blob), &path).unwrap();
        std::fs::write(&path, &blob[..2 * PIECE]).unwrap();
        let frames: Vec<_> = content.frames().map(|frame| frame.is_ok()).collect();
        assert_eq!(frames, [true, true, false]);
    }

    /// What the receiving side makes of a body that comes in cuts of this size.
    fn received(body: &[u8], blob: &[u8], cut: usize) -> Result<Vec<u8>, (usize, Forgery)> {
        let mut pieces = Pieces::new(root(blob), blob.len() as u32);
        let mut got = Vec::new();
        for part in body.chunks(cut) {
            pieces.push(part);
            while let Some(piece) = pieces.take().map_err(|forgery| (got.len(), forgery))? {
                got.extend(piece);
            }
        }
        Ok(got)
    }

    #[test]
    fn a_blob_of_any_length_arrives_whole_however_it_is_cut() {
        for len in [4, 1024, 1028, PIECE - 4, PIECE, PIECE + 4, 3 * PIECE + 500, 17 * PIECE] {
            let blob = noise(len);
            let body = frames(&blob);
            for cut in [1, 1000, PIECE, PIECE + 700, body.len()] {
                assert!(received(&body, &blob, cut) == Ok(blob.clone()), "{len} in cuts of {cut}");
            }
        }
    }

    #[test]
    fn a_wrong_byte_is_found_in_its_piece() {
        let blob = noise(3 * PIECE + 500);
        let body = frames(&blob);
        let frame = body.len() / 3;
        for (at, before) in [(100, 0), (frame + 100, PIECE), (2 * frame + 100, 2 * PIECE)] {
            let mut wrong = body.clone();
            wrong[at] ^= 1;
            let (kept, forgery) = received(&wrong, &blob, 1000).unwrap_err();
            assert_eq!((kept, forgery), (before, Forgery::Opening(OpeningError::WrongRoot)), "{at}");
        }
    }

    #[test]
    fn what_is_not_a_frame_is_refused_before_it_is_kept() {
        let blob = noise(2 * PIECE);
        let body = frames(&blob);
        assert_eq!(received(&[0xFF; 8], &blob, 1), Err((0, Forgery::TooLong)), "no opening is so long");
        assert_eq!(received(&[1, 0, 0, 0, 9], &blob, 1), Err((0, Forgery::Undecodable)));
        let second_first = [&body[body.len() / 2..], &body[..]].concat();
        assert_eq!(received(&second_first, &blob, 1000), Err((0, Forgery::OtherChunks)));
        let more = [&body[..], &[0]].concat();
        assert_eq!(received(&more, &blob, 1000), Err((2 * PIECE, Forgery::TooLong)));
    }

    #[test]
    fn bytes_of_another_root_are_not_content() {
        for bytes in [&b"four"[..], b""] {
            let error = Content::new(&[9; 32], bytes.to_vec().into()).err().unwrap();
            assert!(matches!(error, BlobError::WrongBytes { root, .. } if root == [9; 32]), "{error}");
        }
    }
}

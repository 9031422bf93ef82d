//! Readers: the sources from which an invocation reads the words of its input buffers.

use alloc::{collections::BTreeSet, vec, vec::Vec};
use core::fmt;

use crate::{
    limits::MAX_INPUTS,
    tree::{chunk_count, ChunkRange, Opened, CHUNK_WORDS},
};

/// A chunk that an invocation reads and that is not available. In a proof this is an error, never a 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Index of the input buffer.
    pub buffer: u8,
    /// Index of the chunk in it.
    pub chunk: u32,
}

impl Missing {
    fn word(buffer: u8, index: u32) -> Self {
        Missing { buffer, chunk: index / CHUNK_WORDS }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chunk {} of input {} is missing", self.chunk, self.buffer)
    }
}

impl core::error::Error for Missing {}

/// The input buffers of an invocation.
///
/// The interpreter asks only for words inside the lengths that it was given.
pub trait ReadWord {
    /// Word `index` of input `buffer`.
    ///
    /// # Errors
    /// [`Missing`] if the word is not known, even if it is 0.
    fn word(&mut self, buffer: u8, index: u32) -> Result<u32, Missing>;

    /// Words `4·group` to `4·group + 3`, which lie in one chunk. `group` is below 2³⁰.
    ///
    /// # Errors
    /// As [`word`](Self::word).
    fn four(&mut self, buffer: u8, group: u32) -> Result<[u32; 4], Missing> {
        let first = group << 2;
        Ok([
            self.word(buffer, first)?,
            self.word(buffer, first | 1)?,
            self.word(buffer, first | 2)?,
            self.word(buffer, first | 3)?,
        ])
    }
}

/// Whole buffers in memory, little-endian.
#[derive(Clone, Copy, Debug)]
pub struct Slices<'a>(pub &'a [&'a [u8]]);

impl<'a> Slices<'a> {
    /// Element `index` of `size` bytes.
    fn bytes(&self, buffer: u8, index: u32, size: usize) -> Option<&'a [u8]> {
        let start = (index as usize).checked_mul(size)?;
        let end = start.checked_add(size)?;
        self.0.get(usize::from(buffer))?.get(start..end)
    }
}

impl ReadWord for Slices<'_> {
    fn word(&mut self, buffer: u8, index: u32) -> Result<u32, Missing> {
        self.bytes(buffer, index, 4)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u32::from_le_bytes)
            .ok_or(Missing::word(buffer, index))
    }

    fn four(&mut self, buffer: u8, group: u32) -> Result<[u32; 4], Missing> {
        self.bytes(buffer, group, 16)
            .and_then(|bytes| bytes.try_into().ok())
            .map(four_words)
            .ok_or(Missing::word(buffer, group << 2))
    }
}

/// The opened chunks of the input buffers: what the judge has.
#[derive(Clone, Debug)]
pub struct OpenedInputs<'a> {
    inputs: Vec<Chunks<'a>>,
}

impl<'a> OpenedInputs<'a> {
    /// One verified opening for each input of the kernel, in order. An unread input has an empty one.
    pub fn new(inputs: Vec<Opened<'a>>) -> Self {
        OpenedInputs { inputs: inputs.iter().map(Chunks::new).collect() }
    }
}

/// The opened chunks of one buffer. Each is found with two lookups, because a kernel may read another chunk each time
/// and pays the same fuel for each read.
#[derive(Clone, Debug)]
struct Chunks<'a> {
    /// For each page of [`PAGE_CHUNKS`] chunks of the buffer, where their entries start in `pages`; 0 if none of them
    /// is opened.
    directory: Vec<u32>,
    /// For each chunk of those pages, the position of its first word in the opened data, or [`ABSENT`]. In the first
    /// page all are absent.
    pages: Vec<u32>,
    /// The opened data as words, and as groups of four words.
    words: &'a [[u8; 4]],
    fours: &'a [[u8; 16]],
}

/// Chunks that share a page.
const PAGE_CHUNKS: u32 = 128;

/// A position beyond all data, also with the index of a word in its chunk added.
const ABSENT: u32 = u32::MAX - (CHUNK_WORDS - 1);

impl<'a> Chunks<'a> {
    /// Memory and time are linear in the number of opened chunks, except for the directory: 4 bytes for each 128 chunks
    /// of the buffer, 64 KiB for the largest one.
    fn new(opened: &Opened<'a>) -> Self {
        let data = opened.data();
        let mut chunks = Chunks {
            directory: vec![0; chunk_count(opened.buffer_len()).div_ceil(PAGE_CHUNKS) as usize],
            pages: vec![ABSENT; PAGE_CHUNKS as usize],
            words: data.as_chunks().0,
            fours: data.as_chunks().0,
        };
        for (position, chunk) in (0u32..).zip(opened.chunks()) {
            let Some(page) = chunks.directory.get_mut((chunk / PAGE_CHUNKS) as usize) else { break };
            if *page == 0 {
                *page = chunks.pages.len() as u32;
                chunks.pages.resize(chunks.pages.len().saturating_add(PAGE_CHUNKS as usize), ABSENT);
            }
            let entry = page.saturating_add(chunk % PAGE_CHUNKS) as usize;
            if let Some(entry) = chunks.pages.get_mut(entry) {
                *entry = position.saturating_mul(CHUNK_WORDS);
            }
        }
        chunks
    }

    /// Position in the opened data of the first word of a chunk.
    #[inline(always)]
    fn start(&self, chunk: u32) -> Option<u32> {
        let page = *self.directory.get((chunk / PAGE_CHUNKS) as usize)?;
        self.pages.get(page.wrapping_add(chunk % PAGE_CHUNKS) as usize).copied()
    }

    #[inline(always)]
    fn word(&self, index: u32) -> Option<u32> {
        let at = self.start(index / CHUNK_WORDS)?.wrapping_add(index % CHUNK_WORDS);
        self.words.get(at as usize).map(|word| u32::from_le_bytes(*word))
    }

    #[inline(always)]
    fn four(&self, group: u32) -> Option<&'a [u8; 16]> {
        const GROUPS: u32 = CHUNK_WORDS / 4;
        let at = (self.start(group / GROUPS)? / 4).wrapping_add(group % GROUPS);
        self.fours.get(at as usize)
    }
}

impl ReadWord for OpenedInputs<'_> {
    #[inline(always)]
    fn word(&mut self, buffer: u8, index: u32) -> Result<u32, Missing> {
        let input = self.inputs.get(usize::from(buffer));
        input.and_then(|input| input.word(index)).ok_or(Missing::word(buffer, index))
    }

    #[inline(always)]
    fn four(&mut self, buffer: u8, group: u32) -> Result<[u32; 4], Missing> {
        let input = self.inputs.get(usize::from(buffer));
        input.and_then(|input| input.four(group)).map(four_words).ok_or(Missing::word(buffer, group << 2))
    }
}

#[inline(always)]
fn four_words(bytes: &[u8; 16]) -> [u32; 4] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *bytes;
    [
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
        u32::from_le_bytes([i, j, k, l]),
        u32::from_le_bytes([m, n, o, p]),
    ]
}

/// Forwards reads to another reader and records which chunks were read: those that a proof has to open.
#[derive(Clone, Debug)]
pub struct Recorder<R> {
    inner: R,
    chunks: [BTreeSet<u32>; MAX_INPUTS],
}

impl<R> Recorder<R> {
    /// Starts with nothing read.
    pub fn new(inner: R) -> Self {
        Recorder { inner, chunks: Default::default() }
    }

    /// The inner reader.
    pub fn inner_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The chunks read so far of input `buffer`.
    pub fn chunks(&self, buffer: u8) -> impl Iterator<Item = u32> + '_ {
        let read = self.chunks.get(usize::from(buffer));
        read.into_iter().flatten().copied()
    }

    /// The same as ranges, ready to be opened.
    pub fn ranges(&self, buffer: u8) -> Vec<ChunkRange> {
        ChunkRange::cover(self.chunks(buffer))
    }
}

impl<R: ReadWord> ReadWord for Recorder<R> {
    fn word(&mut self, buffer: u8, index: u32) -> Result<u32, Missing> {
        if let Some(chunks) = self.chunks.get_mut(usize::from(buffer)) {
            chunks.insert(index / CHUNK_WORDS);
        }
        self.inner.word(buffer, index)
    }
}

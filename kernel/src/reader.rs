//! Where an invocation gets the words of its input buffers from.

use alloc::{collections::BTreeSet, vec, vec::Vec};
use core::fmt;

use crate::{
    limits::MAX_INPUTS,
    tree::{chunk_count, word_of, ChunkRange, Opened, CHUNK_WORDS},
};

/// A chunk that an invocation reads and that is not at hand. In a proof this is an error, never a 0.
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
    /// [`Missing`] if the word is not known, be it 0 or not.
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
        self.bytes(buffer, group, 16).and_then(four_words).ok_or(Missing::word(buffer, group << 2))
    }
}

/// The opened chunks of the input buffers: what a judge has.
#[derive(Clone, Debug)]
pub struct OpenedInputs<'a> {
    inputs: Vec<Chunks<'a>>,
    /// The chunk last read of each buffer: most reads stay in it.
    last: [(u32, &'a [u8]); MAX_INPUTS],
}

impl<'a> OpenedInputs<'a> {
    /// One verified opening for each input of the kernel, in order. An unread input has an empty one.
    pub fn new(inputs: Vec<Opened<'a>>) -> Self {
        OpenedInputs { inputs: inputs.iter().map(Chunks::new).collect(), last: [(0, &[]); MAX_INPUTS] }
    }

    fn chunk(&mut self, buffer: u8, chunk: u32) -> Option<&'a [u8]> {
        let last = self.last.get_mut(usize::from(buffer))?;
        if last.0 != chunk || last.1.is_empty() {
            *last = (chunk, self.inputs.get(usize::from(buffer))?.get(chunk)?);
        }
        Some(last.1)
    }
}

/// The opened chunks of one buffer, found by two look-ups wherever they lie: a kernel may jump between chunks at every read,
/// and pays the same for each.
#[derive(Clone, Debug)]
struct Chunks<'a> {
    /// For each [`PAGE`] chunks of the buffer the number of their page, from 1; 0 if none of them is opened.
    directory: Vec<u32>,
    /// For each chunk of those pages its number among the opened ones, from 1; 0 if it is not opened.
    pages: Vec<u32>,
    bytes: Vec<&'a [u8]>,
}

/// Chunks that share a page.
const PAGE: usize = 128;

impl<'a> Chunks<'a> {
    /// Memory and time are linear in the opened chunks, but for the directory: 4 bytes for each 128 chunks of the buffer,
    /// 64 KiB for the largest one.
    fn new(opened: &Opened<'a>) -> Self {
        let directory = vec![0; (chunk_count(opened.buffer_len()) as usize).div_ceil(PAGE)];
        let mut chunks = Chunks { directory, pages: Vec::new(), bytes: Vec::new() };
        for (index, bytes) in opened.chunks() {
            let Some(page) = chunks.directory.get_mut(index as usize / PAGE) else { break };
            if *page == 0 {
                chunks.pages.resize(chunks.pages.len().saturating_add(PAGE), 0);
                *page = (chunks.pages.len() / PAGE) as u32;
            }
            // Chunks come in ascending order: their page is the last one.
            let start = chunks.pages.len().saturating_sub(PAGE);
            chunks.bytes.push(bytes);
            if let Some(number) = chunks.pages.get_mut(start.saturating_add(index as usize % PAGE)) {
                *number = chunks.bytes.len() as u32;
            }
        }
        chunks
    }

    fn get(&self, chunk: u32) -> Option<&'a [u8]> {
        let page = self.directory.get(chunk as usize / PAGE)?.checked_sub(1)? as usize;
        let at = page.saturating_mul(PAGE).saturating_add(chunk as usize % PAGE);
        let number = self.pages.get(at)?.checked_sub(1)?;
        self.bytes.get(number as usize).copied()
    }
}

impl ReadWord for OpenedInputs<'_> {
    fn word(&mut self, buffer: u8, index: u32) -> Result<u32, Missing> {
        self.chunk(buffer, index / CHUNK_WORDS)
            .and_then(|chunk| word_of(chunk, index))
            .ok_or(Missing::word(buffer, index))
    }

    fn four(&mut self, buffer: u8, group: u32) -> Result<[u32; 4], Missing> {
        const GROUPS: u32 = CHUNK_WORDS / 4;
        let start = (group % GROUPS) as usize * 16;
        self.chunk(buffer, group / GROUPS)
            .and_then(|chunk| four_words(chunk.get(start..start + 16)?))
            .ok_or(Missing::word(buffer, group << 2))
    }
}

fn four_words(bytes: &[u8]) -> Option<[u32; 4]> {
    let bytes: &[u8; 16] = bytes.try_into().ok()?;
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Some([word(0), word(4), word(8), word(12)])
}

/// Reads through to another reader and notes which chunks were read: what a proof has to open.
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

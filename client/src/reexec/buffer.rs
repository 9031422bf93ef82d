//! The bytes of buffers, in memory or in files, and the cache through which words of files are read.

use std::{fs::File, io, path::Path};

use touchstone_kir::{chunk_count, leaf, ChunkRange, Missing, OpenError, Opening, Outboard, ReadWord, Slices, CHUNK};

use super::error::ReexecError;
use crate::{files, shown::Shown};

/// Bytes of files that one re-execution keeps in memory unless it is told otherwise.
pub(super) const DEFAULT_CACHE: usize = 64 << 20;

/// Length of one page of a file in the cache, bytes: a whole number of chunks. Kernels read neighbours more often than
/// not.
const CACHE_PAGE: usize = 16 << 10;

/// Pages that a reader has at least, for each of its buffers: fewer would evict each other at every word.
const LEAST_PAGES: usize = 8;

/// Bytes that are read at once to hash a file.
const PIECE: usize = 1 << 20;

/// The bytes of a buffer.
#[derive(Clone, Copy, Debug)]
pub enum Buffer<'a> {
    /// All of them, in memory.
    Memory(&'a [u8]),
    /// In a file.
    File(&'a FileBuffer),
    /// As far as answers to demands have shown them.
    Shown(&'a Shown),
}

impl<'a> From<&'a Shown> for Buffer<'a> {
    fn from(shown: &'a Shown) -> Self {
        Self::Shown(shown)
    }
}

impl<'a> From<&'a [u8]> for Buffer<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Memory(bytes)
    }
}

impl<'a> From<&'a FileBuffer> for Buffer<'a> {
    fn from(file: &'a FileBuffer) -> Self {
        Self::File(file)
    }
}

/// A file with the bytes of a buffer, from which any part can be read at any time, by several threads.
#[derive(Debug)]
pub struct FileBuffer {
    file: File,
    len: u64,
}

impl FileBuffer {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// The file cannot be opened; the text names it.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::of(files::open(path)?)
    }

    /// An open file, which may have no name.
    ///
    /// # Errors
    /// Its length is not known.
    pub fn of(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }

    /// Its length, bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// It has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hash tree of its bytes, which are read once, piece by piece.
    ///
    /// # Errors
    /// The file cannot be read; the inner one: no buffer has its length.
    pub fn outboard(&self) -> io::Result<Result<Outboard, OpenError>> {
        let Ok(len) = u32::try_from(self.len) else {
            return Ok(Err(OpenError::WrongLength { bytes: usize::try_from(self.len).unwrap_or(usize::MAX) }));
        };
        let mut leaves = Vec::with_capacity(chunk_count(len) as usize);
        let mut piece = vec![0; PIECE];
        let mut chunk = 0u32;
        for start in (0..len).step_by(PIECE) {
            let part = piece.get_mut(..PIECE.min((len - start) as usize)).unwrap_or_default();
            self.read_exact_at(start.into(), part)?;
            for bytes in part.chunks(CHUNK) {
                leaves.push(leaf(len, chunk, bytes));
                chunk = chunk.saturating_add(1);
            }
        }
        Ok(Outboard::from_leaves(len, leaves))
    }

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// The file cannot be read, or ends before.
    pub fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        #[cfg(unix)]
        {
            std::os::unix::fs::FileExt::read_exact_at(&self.file, out, offset)
        }
        #[cfg(windows)]
        {
            let mut done = 0;
            while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
                match std::os::windows::fs::FileExt::seek_read(&self.file, rest, offset.saturating_add(done as u64))? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    read => done = done.saturating_add(read),
                }
            }
            Ok(())
        }
    }
}

impl Buffer<'_> {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(file) => file.len(),
            Self::Shown(shown) => shown.buffer().len.into(),
        }
    }

    /// Opens chunks of this buffer, number `buffer` of the job. Hashes all of it, unless it is shown.
    pub(super) fn open_chunks(&self, buffer: usize, ranges: &[ChunkRange]) -> Result<Opening, ReexecError> {
        let file = match self {
            Self::Memory(bytes) => return Ok(touchstone_kir::open(bytes, ranges)?),
            Self::Shown(shown) => return shown.open(ranges).ok_or(ReexecError::NotShown { buffer }),
            Self::File(file) => file,
        };
        let failed = |error| ReexecError::Read { buffer, error };
        let outboard = file.outboard().map_err(failed)??;
        outboard.open_with(ranges, |offset, out| file.read_exact_at(offset as u64, out).map_err(failed))
    }
}

/// Reads words of some buffers. What is in files goes through a cache of bounded size.
pub(super) struct Reader<'a> {
    sources: Vec<Source<'a>>,
    /// A file that could not be read: the interpreter learns only that a word is missing.
    failure: Option<ReexecError>,
}

enum Source<'a> {
    Memory(&'a [u8]),
    File(Pages<'a>),
    Shown(&'a Shown),
}

impl<'a> Reader<'a> {
    /// Of buffers with their numbers in the job, with a cache of about this many bytes for all of them together.
    pub(super) fn new(buffers: &[(usize, Buffer<'a>)], cache: usize) -> Self {
        let files = buffers.iter().filter(|(_, buffer)| matches!(buffer, Buffer::File(_))).count();
        let pages = (cache / CACHE_PAGE / files.max(1)).max(LEAST_PAGES);
        let source = |(number, buffer): &(usize, Buffer<'a>)| match *buffer {
            Buffer::Memory(bytes) => Source::Memory(bytes),
            Buffer::File(file) => Source::File(Pages::new(*number, file, pages)),
            Buffer::Shown(shown) => Source::Shown(shown),
        };
        Self { sources: buffers.iter().map(source).collect(), failure: None }
    }

    /// The error of a file, if one could not be read since the last call.
    pub(super) fn failure(&mut self) -> Result<(), ReexecError> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Word `index` of the first buffer; `None` behind its end.
    pub(super) fn committed(&mut self, index: u32) -> Result<Option<u32>, ReexecError> {
        let word = self.word(0, index).ok();
        self.failure()?;
        Ok(word)
    }
}

impl ReadWord for Reader<'_> {
    fn word(&mut self, buffer: u8, index: u32) -> Result<u32, Missing> {
        match self.sources.get_mut(usize::from(buffer)) {
            Some(Source::Memory(bytes)) => Slices(&[bytes]).word(0, index).map_err(|_| missing(buffer, index)),
            Some(Source::File(pages)) => match pages.bytes::<4>(index) {
                Ok(bytes) => bytes.map(u32::from_le_bytes).ok_or(missing(buffer, index)),
                Err(error) => {
                    self.failure = Some(error);
                    Err(missing(buffer, index))
                }
            },
            Some(Source::Shown(shown)) => part::<4>(shown, index).map(u32::from_le_bytes).ok_or(missing(buffer, index)),
            None => Err(missing(buffer, index)),
        }
    }

    fn four(&mut self, buffer: u8, group: u32) -> Result<[u32; 4], Missing> {
        match self.sources.get_mut(usize::from(buffer)) {
            Some(Source::Memory(bytes)) => Slices(&[bytes]).four(0, group).map_err(|_| missing(buffer, group << 2)),
            Some(Source::File(pages)) => match pages.bytes::<16>(group) {
                Ok(Some(bytes)) => Ok(four(bytes)),
                Ok(None) => Err(missing(buffer, group << 2)),
                Err(error) => {
                    self.failure = Some(error);
                    Err(missing(buffer, group << 2))
                }
            },
            Some(Source::Shown(shown)) => part::<16>(shown, group).map(four).ok_or(missing(buffer, group << 2)),
            None => Err(missing(buffer, group << 2)),
        }
    }
}

/// Element `index` of `N` bytes, which divide a chunk; `None` if its chunk has not been shown, or behind the end.
fn part<const N: usize>(shown: &Shown, index: u32) -> Option<[u8; N]> {
    let in_chunk = (CHUNK / N) as u32;
    let within = (index % in_chunk) as usize * N;
    shown.chunk(index / in_chunk)?.get(within..within + N)?.try_into().ok()
}

fn four(bytes: [u8; 16]) -> [u32; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = bytes.try_into().map_or(0, u32::from_le_bytes);
    }
    words
}

fn missing(buffer: u8, word: u32) -> Missing {
    Missing { buffer, chunk: word / touchstone_kir::CHUNK_WORDS }
}

/// The pages of a file that were read last, each in the one place that its number has.
struct Pages<'a> {
    number: usize,
    file: &'a FileBuffer,
    /// How many there are at most.
    count: usize,
    places: Vec<Option<Page>>,
}

struct Page {
    number: u64,
    bytes: Box<[u8]>,
}

impl<'a> Pages<'a> {
    fn new(number: usize, file: &'a FileBuffer, count: usize) -> Self {
        let all = usize::try_from(file.len().div_ceil(CACHE_PAGE as u64)).unwrap_or(usize::MAX);
        let count = count.min(all).max(1);
        Self { number, file, count, places: std::iter::repeat_with(|| None).take(count).collect() }
    }

    /// Element `index` of `N` bytes, which divide a page; `None` behind the end.
    fn bytes<const N: usize>(&mut self, index: u32) -> Result<Option<[u8; N]>, ReexecError> {
        let start = u64::from(index).saturating_mul(N as u64);
        if start.saturating_add(N as u64) > self.file.len() {
            return Ok(None);
        }
        let (page, within) = (start / CACHE_PAGE as u64, (start % CACHE_PAGE as u64) as usize);
        let bytes = self.page(page)?;
        Ok(bytes.get(within..within + N).and_then(|bytes| bytes.try_into().ok()))
    }

    fn page(&mut self, number: u64) -> Result<&[u8], ReexecError> {
        let place = (number % self.count as u64) as usize;
        let start = number.saturating_mul(CACHE_PAGE as u64);
        let Some(slot) = self.places.get_mut(place) else { return Ok(&[]) };
        if slot.as_ref().is_none_or(|page| page.number != number) {
            let len = (self.file.len() - start).min(CACHE_PAGE as u64) as usize;
            let mut bytes = slot.take().map_or_else(|| vec![0; len].into_boxed_slice(), |page| page.bytes);
            if bytes.len() != len {
                bytes = vec![0; len].into_boxed_slice();
            }
            let read = self.file.read_exact_at(start, &mut bytes);
            read.map_err(|error| ReexecError::Read { buffer: self.number, error })?;
            *slot = Some(Page { number, bytes });
        }
        Ok(slot.as_ref().map_or(&[], |page| &page.bytes))
    }
}

#[cfg(test)]
mod tests {
    use touchstone_kir::Node;

    use super::*;

    fn noise(len: usize) -> Vec<u8> {
        (0..len).map(|at| ((at * at) >> 7) as u8).collect()
    }

    fn file(bytes: &[u8]) -> (tempfile::NamedTempFile, FileBuffer) {
        let named = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(named.path(), bytes).unwrap();
        let file = FileBuffer::open(named.path()).unwrap();
        (named, file)
    }

    #[test]
    fn words_of_a_file_are_those_of_the_same_bytes_in_memory() {
        let bytes = noise(3 * CACHE_PAGE + 20);
        let (_named, file) = file(&bytes);
        let (mut memory, mut cached) =
            (Reader::new(&[(0, bytes.as_slice().into())], 0), Reader::new(&[(0, (&file).into())], 0));
        let words = (bytes.len() / 4) as u32;
        // Forwards, then jumping, so that pages are evicted and read again.
        for index in (0..words + 2).chain((0..words).map(|index| index * 7919 % words)) {
            assert_eq!(cached.word(0, index), memory.word(0, index), "word {index}");
            assert_eq!(cached.four(0, index / 4), memory.four(0, index / 4), "group {}", index / 4);
        }
        assert!(cached.failure().is_ok());
    }

    #[test]
    fn a_reader_keeps_no_more_of_a_file_than_it_may() {
        let bytes = noise(64 * CACHE_PAGE);
        let (_named, file) = file(&bytes);
        let mut reader = Reader::new(&[(0, (&file).into())], 10 * CACHE_PAGE);
        for page in 0..64 {
            reader.word(0, page * (CACHE_PAGE as u32 / 4)).unwrap();
        }
        let Source::File(pages) = &reader.sources[0] else { panic!("a file") };
        assert_eq!(pages.places.iter().flatten().map(|page| page.bytes.len()).sum::<usize>(), 10 * CACHE_PAGE);
    }

    #[test]
    fn openings_of_a_file_are_those_of_the_same_bytes_in_memory() {
        for len in [4, CHUNK, 5 * CHUNK + 8, PIECE + 3 * CHUNK] {
            let bytes = noise(len);
            let (_named, file) = file(&bytes);
            let last = chunk_count(len as u32) - 1;
            let ranges = [ChunkRange { first: last, count: 1 }];
            let opened = Buffer::from(&file).open_chunks(0, &ranges).unwrap();
            assert_eq!(opened, touchstone_kir::open(&bytes, &ranges).unwrap(), "{len} bytes");
        }
    }

    #[test]
    fn what_answers_show_is_read_and_opened_and_the_rest_is_missing() {
        let bytes = noise(100 * CHUNK + 8);
        let tree = Outboard::new(&bytes).unwrap();
        let (root, len) = (tree.root(), tree.buffer_len());
        let mut shown = Shown::new(touchstone_primitives::Buffer { root, len });
        for node in [Node::top(len), Node { level: 6, position: 1 }] {
            let read = |at: u64, out: &mut [u8]| {
                out.copy_from_slice(&bytes[at as usize..][..out.len()]);
                Ok::<_, ()>(())
            };
            shown.learn(node, &tree.reveal(node, read).unwrap().unwrap()).unwrap();
        }
        let buffer = Buffer::from(&shown);
        assert_eq!(buffer.len(), u64::from(len));
        let mut reader = Reader::new(&[(0, buffer)], 0);
        let mut memory = Reader::new(&[(0, bytes.as_slice().into())], 0);
        let words = len / 4;
        for index in 64 * touchstone_kir::CHUNK_WORDS..words + 1 {
            assert_eq!(reader.word(0, index), memory.word(0, index), "word {index}");
            assert_eq!(reader.four(0, index / 4), memory.four(0, index / 4), "group {}", index / 4);
        }
        for index in [0, 64 * touchstone_kir::CHUNK_WORDS - 1] {
            assert_eq!(reader.word(0, index), Err(missing(0, index)));
        }
        let range = |first| [ChunkRange { first, count: 1 }];
        assert_eq!(buffer.open_chunks(0, &range(70)).unwrap(), tree.open(&bytes, &range(70)).unwrap());
        let error = buffer.open_chunks(3, &range(1)).unwrap_err().to_string();
        assert_eq!(error, "buffer 3 is needed, and answers have not shown this part of it");
        assert!(reader.failure().is_ok());
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = FileBuffer::open(Path::new("no/such/buffer")).unwrap_err().to_string();
        assert_eq!(error, "no/such/buffer cannot be read: No such file or directory (check the path)");
    }

    #[test]
    fn a_file_that_is_cut_meanwhile_is_named() {
        let (named, file) = file(&noise(4 * CACHE_PAGE));
        named.as_file().set_len(CACHE_PAGE as u64).unwrap();
        let mut reader = Reader::new(&[(3, (&file).into())], 0);
        assert!(reader.word(0, 0).is_ok());
        assert!(reader.word(0, CACHE_PAGE as u32 / 4).is_err());
        let error = reader.failure().unwrap_err().to_string();
        assert!(error.starts_with("buffer 3 cannot be read: "), "{error}");
        assert!(reader.failure().is_ok(), "it is said once");
    }
}

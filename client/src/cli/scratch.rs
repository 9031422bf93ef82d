//! Buffers of a job on this machine, while a command needs them: in memory as far as they fit there, otherwise in
//! temporary files.

use std::io::{self, Write};

use touchstone_client::{
    files::{FileError, TemporaryFile},
    reexec::{Buffer, FileBuffer},
};

/// Bytes of buffers that are kept in memory. As much again is spent on parts of those that are in files.
pub(super) const MEMORY: usize = 256 << 20;

/// Decides where buffers are kept.
pub(super) struct Scratch {
    /// Bytes that memory has left for buffers.
    left: usize,
}

/// A buffer on its way in.
pub(super) enum Incoming {
    Memory(Vec<u8>),
    File(TemporaryFile),
}

/// A buffer that is here.
pub(super) enum Held {
    Memory(Vec<u8>),
    File(FileBuffer),
}

impl Scratch {
    pub(super) fn new(memory: usize) -> Self {
        Self { left: memory }
    }

    /// Makes ready to take a buffer of so many bytes.
    pub(super) fn begin(&self, len: u32) -> Result<Incoming, FileError> {
        match len as usize <= self.left {
            true => Ok(Incoming::Memory(Vec::new())),
            false => TemporaryFile::create().map(Incoming::File),
        }
    }

    /// Keeps a buffer that is complete.
    pub(super) fn keep(&mut self, incoming: Incoming) -> io::Result<Held> {
        match incoming {
            Incoming::Memory(bytes) => {
                self.left = self.left.saturating_sub(bytes.len());
                Ok(Held::Memory(bytes))
            }
            Incoming::File(file) => FileBuffer::of(file.into_file()).map(Held::File),
        }
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Memory(held) => held.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Held {
    /// Its bytes, for an execution.
    pub(super) fn buffer(&self) -> Buffer<'_> {
        match self {
            Self::Memory(bytes) => Buffer::Memory(bytes),
            Self::File(file) => Buffer::File(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(scratch: &mut Scratch, bytes: &[u8]) -> Held {
        let mut incoming = scratch.begin(bytes.len() as u32).unwrap();
        bytes.chunks(7).for_each(|piece| incoming.write_all(piece).unwrap());
        scratch.keep(incoming).unwrap()
    }

    #[test]
    fn buffers_that_memory_has_no_space_for_are_in_files_with_the_same_bytes() {
        let mut scratch = Scratch::new(100);
        for (byte, len, is_in_memory) in [(1, 60, true), (2, 44, false), (3, 40, true), (4, 4, false)] {
            match brought(&mut scratch, &vec![byte; len]) {
                Held::Memory(bytes) => {
                    assert!(is_in_memory, "buffer {byte}");
                    assert_eq!(bytes, vec![byte; len]);
                }
                Held::File(file) => {
                    assert!(!is_in_memory, "buffer {byte}");
                    let mut bytes = vec![0; len];
                    file.read_exact_at(0, &mut bytes).unwrap();
                    assert_eq!((file.len(), bytes), (len as u64, vec![byte; len]));
                }
            }
        }
    }

    #[test]
    fn a_buffer_that_was_begun_and_did_not_come_takes_no_memory() {
        let mut scratch = Scratch::new(100);
        drop(scratch.begin(100).unwrap());
        assert!(matches!(brought(&mut scratch, &[1; 100]), Held::Memory(_)));
    }
}

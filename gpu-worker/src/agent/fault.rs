use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::blobs::{BlobStore, Incoming, StoreError};

/// A fault that is inserted on purpose after all checks, to test that a provider is refuted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One word of one output is another one.
    Word(CorruptWord),
    /// One output has another length.
    Length(FalseLength),
}

/// One bit of one word of one step's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorruptWord {
    /// Step.
    pub step: usize,
    /// Index of the word in its output.
    pub word: u64,
}

/// One step's output, cut or filled up with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FalseLength {
    /// Step.
    pub step: usize,
    /// Its length afterwards, bytes.
    pub bytes: u32,
}

impl FromStr for CorruptWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match pair(text) {
            Some((step, word)) => Ok(Self { step, word }),
            None => Err(format!("{text:?} is not STEP:WORD, for example 0:17")),
        }
    }
}

impl FromStr for FalseLength {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match pair(text) {
            // A blob store holds words.
            Some((step, bytes)) if bytes > 0 && bytes % 4 == 0 => Ok(Self { step, bytes }),
            _ => Err(format!("{text:?} is not STEP:BYTES in words of 4, for example 0:4096")),
        }
    }
}

fn pair<A: FromStr, B: FromStr>(text: &str) -> Option<(A, B)> {
    let (a, b) = text.split_once(':')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}

impl Fault {
    /// Puts the fault into the outputs, one for each step, before `store` keeps them. A job that has no place for it is
    /// left alone; says whether something was changed.
    pub(super) fn apply(&self, store: &BlobStore, outputs: &mut [Incoming]) -> Result<bool, StoreError> {
        match self {
            Self::Word(fault) => {
                let files: Vec<_> = outputs.iter().map(|output| output.path().to_path_buf()).collect();
                let path = files.get(fault.step).cloned().unwrap_or_default();
                fault.apply(&files).map_err(|error| StoreError::File { path, action: "corrupted", error })
            }
            Self::Length(fault) => {
                let Some(output) = outputs.get_mut(fault.step) else {
                    return Ok(false);
                };
                let other = store.begin(fault.bytes)?;
                let path = other.path().to_path_buf();
                fault.copy(output.path(), &path).map_err(|error| StoreError::File {
                    path,
                    action: "written",
                    error,
                })?;
                *output = other;
                Ok(true)
            }
        }
    }
}

impl FalseLength {
    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::copy(from, to)?;
        OpenOptions::new().write(true).open(to)?.set_len(self.bytes.into())
    }
}

impl CorruptWord {
    /// Flips the lowest bit of the word in the output's file. `outputs` names one for each step. A job without the
    /// step or the word is left alone; says whether one was flipped.
    pub fn apply(&self, outputs: &[PathBuf]) -> io::Result<bool> {
        let Some(path) = outputs.get(self.step) else {
            return Ok(false);
        };
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let offset = self.word.saturating_mul(4);
        if offset >= file.metadata()?.len() {
            return Ok(false);
        }
        let mut byte = [0];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut byte)?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(&[byte[0] ^ 1])?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_bit_of_exactly_that_word_changes() {
        let folder = tempfile::tempdir().unwrap();
        let outputs: Vec<PathBuf> = (0..2).map(|i| folder.path().join(i.to_string())).collect();
        for path in &outputs {
            std::fs::write(path, [0u8; 16]).unwrap();
        }
        let fault: CorruptWord = "1:2".parse().unwrap();
        assert!(fault.apply(&outputs).unwrap());
        assert_eq!(std::fs::read(&outputs[0]).unwrap(), [0; 16]);
        let mut expected = [0; 16];
        expected[8] = 1;
        assert_eq!(std::fs::read(&outputs[1]).unwrap(), expected);
    }

    #[test]
    fn a_job_without_the_step_or_the_word_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let outputs = vec![folder.path().join("0")];
        std::fs::write(&outputs[0], [7u8; 4]).unwrap();
        for (step, word) in [(1, 0), (0, 1)] {
            assert!(!CorruptWord { step, word }.apply(&outputs).unwrap());
        }
        assert_eq!(std::fs::read(&outputs[0]).unwrap(), [7; 4]);
    }

    #[test]
    fn an_output_of_a_false_length_is_the_true_one_cut_or_filled_up() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 1 << 20).unwrap();
        for (bytes, expected) in [(4, vec![7u8; 4]), (12, [[7u8; 8].as_slice(), &[0; 4]].concat())] {
            let mut output = store.begin(8).unwrap();
            output.write(&[7; 8]).unwrap();
            let mut outputs = [output];
            assert!(Fault::Length(FalseLength { step: 0, bytes }).apply(&store, &mut outputs).unwrap());
            let [output] = outputs;
            let root = store.adopt(output).unwrap();
            assert_eq!(root, touchstone_kir::root(&expected));
            assert_eq!(store.get(&root).unwrap().unwrap().len, bytes);
        }
        assert!(!Fault::Length(FalseLength { step: 0, bytes: 4 }).apply(&store, &mut []).unwrap());
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in ["0:0", "0:17"] {
            FalseLength::from_str(text).unwrap_err();
        }
        for text in ["", "1", "a:b", "1:", "-1:0"] {
            let error = CorruptWord::from_str(text).unwrap_err();
            assert_eq!(error, format!("{text:?} is not STEP:WORD, for example 0:17"));
            let error = FalseLength::from_str(text).unwrap_err();
            assert_eq!(error, format!("{text:?} is not STEP:BYTES in words of 4, for example 0:4096"));
        }
    }
}

use std::{
    fs::OpenOptions,
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
    str::FromStr,
};

/// A fault that is put in on purpose, to see a provider refuted: one bit of one word of one step's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorruptWord {
    /// Step.
    pub step: usize,
    /// Index of the word in its output.
    pub word: u64,
}

impl FromStr for CorruptWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(step, word)| Some((step.parse().ok()?, word.parse().ok()?)));
        match parsed {
            Some((step, word)) => Ok(Self { step, word }),
            None => Err(format!("{text:?} is not STEP:WORD, for example 0:17")),
        }
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
    fn nonsense_is_refused_with_an_example() {
        for text in ["", "1", "a:b", "1:", "-1:0"] {
            let error = CorruptWord::from_str(text).unwrap_err();
            assert_eq!(error, format!("{text:?} is not STEP:WORD, for example 0:17"));
        }
    }
}

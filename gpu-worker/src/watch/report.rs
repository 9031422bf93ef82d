use serde::Serialize;
use touchstone_client::{JobView, ResultView};

use super::{check::CheckError, Conclusion, Refutation};

/// What became of one result.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The job.
    pub job: String,
    /// Which assignment.
    pub attempt: u32,
    /// Who committed it.
    pub provider: String,
    /// The commitment.
    pub commitment: String,
    /// `right`, `wrong` or `unchecked`.
    pub verdict: &'static str,
    /// What is wrong: the first that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Wrong>,
    /// Why it could not be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Block of the refutation, or why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Result<u64, String>>,
}

/// What is wrong with a result.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Wrong {
    /// A word.
    Word {
        /// Step.
        step: u8,
        /// Index in its output.
        word: u32,
        /// What was committed.
        committed: u32,
        /// What the kernel computes.
        computed: u32,
    },
    /// A root: it is of data of another length than the trace or the output.
    Length {
        /// `trace` or `output`.
        target: &'static str,
        /// Step of the output.
        step: Option<u32>,
        /// Length of the committed data, bytes.
        committed_bytes: u32,
        /// Length of the trace or output, bytes.
        declared_bytes: u32,
    },
}

impl From<&Refutation> for Wrong {
    fn from(refutation: &Refutation) -> Self {
        match refutation {
            Refutation::Word { wrong, .. } => {
                Self::Word { step: wrong.step, word: wrong.word, committed: wrong.committed, computed: wrong.computed }
            }
            Refutation::Length(length) => {
                // Each step has one instance.
                let step = length.target.instance();
                Self::Length {
                    target: if step.is_some() { "output" } else { "trace" },
                    step,
                    committed_bytes: length.committed,
                    declared_bytes: length.declared,
                }
            }
        }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word { step, word, committed, computed } => {
                write!(f, "step {step}, word {word}: {committed:#010x} is committed, {computed:#010x} is right")
            }
            Self::Length { target, step, committed_bytes, declared_bytes } => {
                match step {
                    Some(step) => write!(f, "step {step}: ")?,
                    None => write!(f, "{target}: ")?,
                }
                write!(f, "data of {committed_bytes} bytes is committed, the {target} has {declared_bytes} bytes")
            }
        }
    }
}

impl Report {
    pub(super) fn new(job: &JobView, result: &ResultView, verdict: &Result<Conclusion, CheckError>) -> Self {
        let wrong = match verdict {
            Ok(Conclusion::Wrong(refutation)) => Some(Wrong::from(&**refutation)),
            _ => None,
        };
        Self {
            job: job.id.to_string(),
            attempt: result.attempt,
            provider: result.provider.to_string(),
            commitment: result.commitment.to_string(),
            verdict: match verdict {
                Ok(Conclusion::Right) => "right",
                Ok(Conclusion::Wrong(_)) => "wrong",
                Err(_) => "unchecked",
            },
            wrong,
            error: verdict.as_ref().err().map(ToString::to_string),
            transaction: None,
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {}: {}", self.job, self.provider, self.verdict)?;
        if let Some(wrong) = &self.wrong {
            write!(f, ", {wrong}")?;
        }
        match &self.transaction {
            Some(Ok(block)) => write!(f, "; refuted in block {block}")?,
            Some(Err(error)) => write!(f, "; the refutation failed: {error}")?,
            None => {}
        }
        if let Some(error) = &self.error {
            write!(f, " ({error})")?;
        }
        Ok(())
    }
}

use serde::Serialize;
use touchstone_client::{JobView, ResultView};

use super::{check::CheckError, Verdict};

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
    /// The first wrong word that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Wrong>,
    /// Why it could not be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Block of the refutation, or why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Result<u64, String>>,
}

/// A wrong word.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Wrong {
    /// Step.
    pub step: u8,
    /// Index in its output.
    pub word: u32,
    /// What was committed.
    pub committed: u32,
    /// What the kernel computes.
    pub computed: u32,
}

impl Report {
    pub(super) fn new(job: &JobView, result: &ResultView, verdict: &Result<Verdict, CheckError>) -> Self {
        let wrong = match verdict {
            Ok(Verdict::Wrong(refutation)) => Some(Wrong {
                step: refutation.wrong.step,
                word: refutation.wrong.word,
                committed: refutation.wrong.committed,
                computed: refutation.wrong.computed,
            }),
            _ => None,
        };
        Self {
            job: job.id.to_string(),
            attempt: result.attempt,
            provider: result.provider.to_string(),
            commitment: result.commitment.to_string(),
            verdict: match verdict {
                Ok(Verdict::Right) => "right",
                Ok(Verdict::Wrong(_)) => "wrong",
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
            write!(
                f,
                ", step {} word {} is {:#010x} and should be {:#010x}",
                wrong.step, wrong.word, wrong.committed, wrong.computed
            )?;
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

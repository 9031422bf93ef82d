use serde::Serialize;
use touchstone_client::demanding::node_name;
use touchstone_primitives::{Subject, Tick};

use super::{
    case::Record,
    conclusion::{Conclusion, Refutation, Waiting},
    error::CheckError,
};

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything that was executed again agrees.
    Right,
    /// It is wrong.
    Wrong,
    /// It could not be checked.
    Unchecked,
    /// It could not be checked because its provider does not serve its trace or an output.
    Withheld,
    /// The same, and what is missing was demanded: an answer is waited for.
    Waiting,
    /// It was waited for, and refuted because nobody has answered.
    Unanswered,
    /// It was waited for, and refuted by another challenge.
    Refuted,
}

impl Verdict {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Unchecked => "unchecked",
            Self::Withheld => "withheld",
            Self::Waiting => "waiting",
            Self::Unanswered => "unanswered",
            Self::Refuted => "refuted",
        }
    }
}

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
    /// What was found.
    pub verdict: Verdict,
    /// What is wrong: the first that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Wrong>,
    /// The demand that is waited for, or was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demand: Option<ReportedDemand>,
    /// Its node, for people.
    #[serde(skip)]
    pub node: Option<String>,
    /// Why it could not be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Block of the refutation, or why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Result<u64, String>>,
}

/// A demand that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReportedDemand {
    /// Step of the output; none for the trace.
    pub step: Option<u32>,
    /// Level of the node.
    pub level: u8,
    /// Its position.
    pub position: u32,
    /// Last tick for the answer.
    pub deadline: Tick,
    /// This watcher has demanded it, nobody else.
    pub own: bool,
}

impl From<&Waiting> for ReportedDemand {
    fn from(waiting: &Waiting) -> Self {
        let Waiting { subject: Subject { instance, node }, deadline, is_own } = *waiting;
        // Each step has one instance.
        Self { step: instance, level: node.level, position: node.position, deadline, own: is_own }
    }
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
    /// Of a check.
    pub(super) fn of_check(record: &Record, checked: &Result<Conclusion, CheckError>) -> Self {
        let verdict = match checked {
            Ok(Conclusion::Right) => Verdict::Right,
            Ok(Conclusion::Wrong(_)) => Verdict::Wrong,
            Ok(Conclusion::Waiting(_)) => Verdict::Waiting,
            Err(error) if error.is_withheld() => Verdict::Withheld,
            Err(_) => Verdict::Unchecked,
        };
        let mut report = Self::new(record, verdict);
        match checked {
            Ok(Conclusion::Right) => {}
            Ok(Conclusion::Wrong(refutation)) => report.wrong = Some(Wrong::from(&**refutation)),
            Ok(Conclusion::Waiting(waiting)) => report = report.about(waiting),
            Err(error) => report.error = Some(error.to_string()),
        }
        report
    }

    /// Of the end of a result that was waited for.
    pub(super) fn of_end(record: &Record, waiting: &Waiting, verdict: Verdict) -> Self {
        Self::new(record, verdict).about(waiting)
    }

    fn new(record: &Record, verdict: Verdict) -> Self {
        let (job, result) = (&record.job, &record.result);
        Self {
            job: job.id.to_string(),
            attempt: result.attempt,
            provider: result.provider.to_string(),
            commitment: result.commitment.to_string(),
            verdict,
            wrong: None,
            demand: None,
            node: None,
            error: None,
            transaction: None,
        }
    }

    fn about(self, waiting: &Waiting) -> Self {
        Self { demand: Some(waiting.into()), node: Some(node_name(&waiting.subject)), ..self }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {}: ", self.job, self.provider)?;
        let node = self.node.as_deref().unwrap_or_default();
        let deadline = self.demand.map_or(0, |demand| demand.deadline);
        match self.verdict {
            Verdict::Waiting => write!(f, "waiting for {node}, which is due by tick {deadline}")?,
            Verdict::Unanswered => {
                write!(f, "refuted because unanswered: {node} was due by tick {deadline}")?;
            }
            Verdict::Refuted => write!(f, "refuted by another challenge, while {node} was waited for")?,
            verdict => f.write_str(verdict.name())?,
        }
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

#[cfg(test)]
mod tests {
    use touchstone_kir::Node;

    use super::*;

    fn report(verdict: Verdict) -> Report {
        let report = Report {
            job: "0x01".into(),
            attempt: 1,
            provider: "5F".into(),
            commitment: "0x02".into(),
            verdict,
            wrong: None,
            demand: None,
            node: None,
            error: None,
            transaction: None,
        };
        let subject = Subject { instance: Some(1), node: Node { level: 6, position: 3 } };
        report.about(&Waiting { subject, deadline: 40, is_own: true })
    }

    #[test]
    fn a_demand_is_reported_with_its_node_and_its_deadline() {
        let waiting = serde_json::to_value(report(Verdict::Waiting)).unwrap();
        assert_eq!(waiting["verdict"], "waiting");
        let demand = serde_json::json!({ "step": 1, "level": 6, "position": 3, "deadline": 40, "own": true });
        assert_eq!(waiting["demand"], demand);
        assert!(waiting.get("node").is_none() && waiting.get("error").is_none());
    }

    #[test]
    fn people_read_what_is_waited_for_and_how_it_ended() {
        for (verdict, expected) in [
            (Verdict::Waiting, "waiting for node 3 of level 6 of the output of step 1, which is due by tick 40"),
            (
                Verdict::Unanswered,
                "refuted because unanswered: node 3 of level 6 of the output of step 1 was due by tick 40",
            ),
            (
                Verdict::Refuted,
                "refuted by another challenge, while node 3 of level 6 of the output of step 1 was waited for",
            ),
        ] {
            assert_eq!(report(verdict).to_string(), format!("0x01 by 5F: {expected}"));
        }
    }

    #[test]
    fn the_name_of_a_verdict_is_what_programs_read() {
        for verdict in [
            Verdict::Right,
            Verdict::Wrong,
            Verdict::Unchecked,
            Verdict::Withheld,
            Verdict::Waiting,
            Verdict::Unanswered,
            Verdict::Refuted,
        ] {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.name());
        }
    }
}

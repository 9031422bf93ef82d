use touchstone_client::{chain::Call, lengths::FalseLength, reexec::WrongWord, JobView, ResultView};
use touchstone_primitives::{Claim, Proof, ProofLimits, Subject, Tick};

/// What was found.
pub enum Conclusion {
    /// Everything that was executed again agrees.
    Right,
    /// The result is wrong, and this proves it.
    Wrong(Box<Refutation>),
    /// The provider does not serve what is needed. It was demanded, and an answer is due.
    Waiting(Waiting),
}

/// A demand that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What was demanded.
    pub subject: Subject,
    /// Last tick for the answer.
    pub deadline: Tick,
    /// This watcher has demanded it, nobody else.
    pub is_own: bool,
}

/// What refutes a result.
pub enum Refutation {
    /// One word is wrong.
    Word {
        /// What is disputed.
        claim: Claim,
        /// What the judge may spend.
        limits: ProofLimits,
        /// What it looks at.
        proof: Proof,
        /// The word, for people.
        wrong: WrongWord,
    },
    /// A root is of data of another length than the trace or the output.
    Length(FalseLength),
}

impl Refutation {
    /// The transaction.
    pub fn call(self, job: &JobView, result: &ResultView) -> Call {
        match self {
            Self::Word { claim, limits, proof, .. } => Call::Refute { claim, limits, proof },
            Self::Length(length) => length.call(job.id, result),
        }
    }
}

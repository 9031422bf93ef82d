use std::{cmp::Reverse, collections::BTreeSet, ops::RangeInclusive};

use touchstone_kir::Reveal;
use touchstone_primitives::{views::MAX_DEMANDS, Buffer, CommitmentId, Subject};

use crate::{
    chain::{Chain, ChainError, Head},
    shown::Shown,
    types::DemandView,
};

/// Blocks that are read side by side.
const BLOCKS: u64 = 16;
/// So many of the last blocks are read again: they may have been replaced.
const REPLACED: u64 = 8;

/// What looks like answers to demands for data of one result, as far as blocks were read for them.
#[derive(Clone, Debug)]
pub struct Answers {
    commitment: CommitmentId,
    /// The commitment is in no block before this one.
    since: u64,
    /// The first block that was read.
    low: u64,
    /// The last one, once there is any.
    high: Option<u64>,
    found: Vec<(Subject, Reveal)>,
}

impl Answers {
    /// Of a commitment that is in no block before the number `since`. Nothing was read yet.
    pub fn new(commitment: CommitmentId, since: u64) -> Self {
        Self { commitment, since, low: 0, high: None, found: Vec::new() }
    }

    /// Reads the blocks up to `head`: those that came since the last time, and earlier ones, the newest first, until
    /// what was found is enough. `demands` are those of the result at `head`: what they do not list as answered is left
    /// out.
    ///
    /// # Errors
    /// The node cannot be read. What was read before is kept.
    pub async fn read(
        &mut self,
        chain: &Chain,
        head: Head,
        demands: &[DemandView],
        is_enough: impl Fn(&Self) -> bool,
    ) -> Result<(), ChainError> {
        match self.high {
            Some(high) => self.take(chain, high.saturating_sub(REPLACED)..=head.number, demands).await?,
            None => self.low = head.number.saturating_add(1),
        }
        self.high = Some(head.number);
        while self.low > self.since && !is_enough(self) {
            let from = self.low.saturating_sub(BLOCKS).max(self.since);
            self.take(chain, from..=self.low.saturating_sub(1), demands).await?;
            self.low = from;
        }
        Ok(())
    }

    /// Reads the answers in these blocks.
    async fn take(
        &mut self,
        chain: &Chain,
        blocks: RangeInclusive<u64>,
        demands: &[DemandView],
    ) -> Result<(), ChainError> {
        let (mut from, to) = blocks.into_inner();
        while from <= to {
            let last = from.saturating_add(BLOCKS - 1).min(to);
            let found = chain.answers(&self.commitment, from..=last).await?;
            self.keep(found.into_iter().filter(|(subject, _)| may_be_answered(demands, subject)));
            from = last.saturating_add(1);
        }
        Ok(())
    }

    /// Keeps what looks like answers.
    pub fn keep(&mut self, found: impl IntoIterator<Item = (Subject, Reveal)>) {
        for answer in found {
            if !self.found.contains(&answer) {
                self.found.push(answer);
            }
        }
    }

    /// A buffer as far as the answers show it, and the answers that do. `instance` is the one whose output it is; none
    /// for the trace.
    pub fn shown(&self, buffer: Buffer, instance: Option<u32>) -> (Shown, BTreeSet<Subject>) {
        let mut shown = Shown::new(buffer);
        let mut right = BTreeSet::new();
        let mut answers: Vec<_> = self.found.iter().filter(|(subject, _)| subject.instance == instance).collect();
        // An answer counts once the value of its node is known, and that is shown from above.
        answers.sort_by_key(|answer| Reverse(answer.0.node.level));
        for (subject, reveal) in answers {
            match shown.learn(subject.node, reveal) {
                Ok(()) => {
                    right.insert(*subject);
                }
                Err(error) => tracing::debug!(?subject, %error, "what looks like an answer is none"),
            }
        }
        (shown, right)
    }

    /// Whether one of these demands for data of a buffer was answered with something that was not found yet.
    pub fn lacks(&self, buffer: Buffer, instance: Option<u32>, demands: &[DemandView]) -> bool {
        if is_cut(demands) {
            return true;
        }
        let answered: Vec<Subject> = answered(demands).filter(|subject| subject.instance == instance).collect();
        if answered.is_empty() {
            return false;
        }
        let right = self.shown(buffer, instance).1;
        answered.iter().any(|subject| !right.contains(subject))
    }
}

/// What was demanded and answered.
pub(super) fn answered(demands: &[DemandView]) -> impl Iterator<Item = Subject> + '_ {
    demands.iter().filter(|demand| demand.answered).map(DemandView::subject)
}

/// Where so many demands are open, those that were answered are not all listed.
fn is_cut(demands: &[DemandView]) -> bool {
    demands.len() >= MAX_DEMANDS as usize
}

fn may_be_answered(demands: &[DemandView], subject: &Subject) -> bool {
    is_cut(demands) || answered(demands).any(|answered| answered == *subject)
}

use touchstone_client::{
    demanding::{Answers, Goal},
    AccountId, DemandView,
};
use touchstone_primitives::Trace;

use super::{
    conclusion::Waiting,
    execution::Own,
    plan::{demanded, Demanded},
};

/// So many blocks a demand may be missing on the chain after it was sent: its block was retracted, and the transaction
/// is on its way into another one. A second one would cost a fee and fail.
const RETURNS: u64 = 4;

/// What is remembered of a result between two looks at it. Nothing depends on it: the chain has the demands and their
/// answers, and the rest can be fetched or computed again.
#[derive(Default)]
pub(super) struct Memory {
    /// Tries that failed because the provider does not serve.
    pub(super) failures: u32,
    /// Steps, from the first on, whose outputs were executed again on the CPU and agree.
    pub(super) agreed: usize,
    /// The trace, if it is known as a whole.
    pub(super) trace: Option<Trace>,
    /// What this machine has computed.
    pub(super) own: Option<Own>,
    /// What answers have shown.
    pub(super) answers: Option<Answers>,
    /// The chunk that a sampling watcher has drawn.
    pub(super) goal: Option<Goal>,
    /// The demand that was waited for when the chain was read last.
    pub(super) awaited: Option<Awaited>,
    /// Data of this result was waited for, or demanded by this watcher.
    pub(super) is_pursued: bool,
}

/// A demand that is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaited {
    pub(super) waiting: Waiting,
    /// The block with it, if this process has sent it.
    pub(super) sent: Option<u64>,
}

impl Awaited {
    /// What is waited for at this block, whose state has these demands; none if there is an answer, or the demand is
    /// gone.
    pub(super) fn at(&self, block: u64, demands: &[DemandView], own: &AccountId) -> Option<Waiting> {
        let subject = self.waiting.subject;
        match demanded(demands, &subject, own) {
            Demanded::Open { deadline, is_own } => Some(Waiting { subject, deadline, is_own }),
            Demanded::Not => {
                let returns = self.sent.is_some_and(|sent| block < sent.saturating_add(RETURNS));
                returns.then_some(self.waiting)
            }
            Demanded::Answered => None,
        }
    }
}

impl Memory {
    /// Remembers what is waited for.
    pub(super) fn wait(&mut self, waiting: Waiting, sent: Option<u64>) -> Waiting {
        self.awaited = Some(Awaited { waiting, sent });
        self.is_pursued = true;
        waiting
    }

    /// Gives space back. What is needed again is computed again.
    pub(super) fn drop_outputs(&mut self) {
        if let Some(own) = &mut self.own {
            own.drop_outputs();
        }
    }
}

#[cfg(test)]
mod tests {
    use touchstone_kir::Node;
    use touchstone_primitives::{JobId, Subject};

    use super::*;

    const OWN: AccountId = AccountId([1; 32]);

    #[test]
    fn a_demand_is_waited_for_until_it_is_answered_or_was_retracted_for_some_blocks() {
        let subject = Subject { instance: None, node: Node { level: 0, position: 0 } };
        let waiting = Waiting { subject, deadline: 9, is_own: true };
        let sent = Awaited { waiting, sent: Some(20) };
        let demand = DemandView {
            job: JobId([1; 32]),
            instance: None,
            node: subject.node,
            len: 64,
            demander: OWN,
            deadline: 11,
            answered: false,
        };
        // It came into another block, one tick later.
        let later = Waiting { deadline: 11, ..waiting };
        assert_eq!(sent.at(30, std::slice::from_ref(&demand), &OWN), Some(later));
        assert_eq!(sent.at(23, &[], &OWN), Some(waiting));
        assert_eq!(sent.at(24, &[], &OWN), None);
        assert_eq!(Awaited { sent: None, ..sent }.at(20, &[], &OWN), None);
        assert_eq!(sent.at(21, &[DemandView { answered: true, ..demand }], &OWN), None);
    }
}

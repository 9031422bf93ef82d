//! What each call does, after its origin was checked.

use frame_support::{
    pallet_prelude::*,
    traits::{fungible::MutateHold, tokens::Precision},
};
use touchstone_kir::{verify_path, verify_reveal, Node, NodeError, Reveal};
use touchstone_primitives::{
    prove_root, Buffer, ChallengedResult, Clock, CommitmentId, JobId, Jobs, NotChallengeable, Target, TraceDefect,
};

use crate::{bond_of, Config, Demand, Demands, Error, Event, HoldReason, Pallet, Queue, Stage, Subject};

type ChallengedOf<T> = <<T as Config>::Jobs as Jobs<<T as frame_system::Config>::AccountId>>::Challenged;

impl<T: Config> Pallet<T> {
    pub(crate) fn do_demand(
        demander: T::AccountId,
        (job, commitment): (JobId, CommitmentId),
        target: &Target,
        (node, value): (Node, [u8; 32]),
        path: &[[u8; 32]],
        shown_by: &[Subject],
    ) -> DispatchResult {
        let result = Self::challenged(&job, &commitment)?;
        ensure!(!result.are_outputs_on_chain(), Error::<T>::OutputsOnChain);
        let subject = Subject { instance: target.instance(), node };
        ensure!(!Demands::<T>::contains_key(commitment, subject), Error::<T>::AlreadyDemanded);
        let Buffer { root, len } = Self::buffer(&result, target)?;
        if result.is_window_over() {
            ensure!(Self::is_shown(&commitment, shown_by, (subject, len)), Error::<T>::WindowOver);
        }
        verify_path(node, &value, path, &root, len).map_err(Self::error_of)?;

        let terms = *result.terms();
        let bond = bond_of(&terms, result.open_demands());
        T::Currency::hold(&HoldReason::Bond.into(), &demander, bond)?;
        let deadline = T::Clock::now().saturating_add(terms.answer_time);
        let provider = result.provider().clone();
        let demand = Demand {
            job,
            len,
            value,
            provider: provider.clone(),
            demander: demander.clone(),
            price: terms.answer_price,
            stage: Stage::Asked { bond, deadline },
        };
        Demands::<T>::insert(commitment, subject, demand);
        Queue::<T>::insert(deadline.saturating_add(1), (commitment, subject), ());
        Self::deposit_event(Event::Demanded { job, commitment, subject, provider, demander, bond, deadline });
        result.demanded(deadline)
    }

    pub(crate) fn do_reveal(
        by: T::AccountId,
        commitment: CommitmentId,
        subject: Subject,
        reveal: &Reveal,
    ) -> DispatchResult {
        let mut demand = Demands::<T>::get(commitment, subject).ok_or(Error::<T>::NotDemanded)?;
        let Stage::Asked { bond, deadline } = demand.stage else { return Err(Error::<T>::AlreadyRevealed.into()) };
        let now = T::Clock::now();
        ensure!(now <= deadline, Error::<T>::TooLate);
        let result = Self::challenged(&demand.job, &commitment)?;
        verify_reveal(subject.node, &demand.value, reveal, demand.len).map_err(Self::error_of)?;

        // What is left pays for the answer when the outcome is known.
        let rest = bond.saturating_sub(demand.price);
        T::Currency::release(&HoldReason::Bond.into(), &demand.demander, rest, Precision::Exact)?;
        let until = now.saturating_add(result.terms().challenge_time);
        demand.stage = Stage::Answered { until };
        Self::deposit_event(Event::Revealed { job: demand.job, commitment, subject, by, until });
        Demands::<T>::insert(commitment, subject, demand);
        result.answered(until)
    }

    /// Bytes that have to be hashed to check an answer: the unit of its weight. A value counts as the 64 bytes of a
    /// hash's block, as in an opening.
    pub(crate) fn bytes_of(reveal: &Reveal) -> u32 {
        let bytes = match reveal {
            Reveal::Nodes(values) => values.len().saturating_mul(64),
            Reveal::Bytes(bytes) => bytes.len(),
        };
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    /// Root and length of the target.
    fn buffer(result: &ChallengedOf<T>, target: &Target) -> Result<Buffer, Error<T>> {
        let Target::Output { instance, trace } = target else { return Ok(result.trace()) };
        let len = result.instance(*instance).ok_or(Error::<T>::UnknownInstance)?.output_len;
        let root = prove_root(trace, &result.trace(), *instance).map_err(|defect| match defect {
            TraceDefect::MissingRoot | TraceDefect::SuperfluousRoots => Error::<T>::WrongRootChunk,
            TraceDefect::Opening(_) => Error::<T>::ForeignTrace,
        })?;
        Ok(Buffer { root, len })
    }

    /// Whether these answers lead to the node of a buffer of `len` bytes: each shows the next, the last one shows the
    /// node, and the first one is recent enough.
    pub(crate) fn is_shown(commitment: &CommitmentId, answers: &[Subject], (node, len): (Subject, u32)) -> bool {
        let (mut below, mut is_recent) = ((node, len), false);
        for by in answers.iter().rev() {
            let (node, len) = below;
            let Some(Demand { len: len_of_by, stage: Stage::Answered { until }, .. }) =
                Demands::<T>::get(commitment, by)
            else {
                return false;
            };
            if !by.shows(&node, len) {
                return false;
            }
            (below, is_recent) = ((*by, len_of_by), T::Clock::now() <= until);
        }
        is_recent
    }

    /// The result that the caller means, if it can be challenged now.
    fn challenged(job: &JobId, commitment: &CommitmentId) -> Result<ChallengedOf<T>, Error<T>> {
        T::Jobs::challenged(job, commitment).map_err(|reason| match reason {
            NotChallengeable::Unknown => Error::UnknownCommitment,
            NotChallengeable::WindowOver => Error::WindowOver,
        })
    }

    fn error_of(error: NodeError) -> Error<T> {
        match error {
            // The chain itself has computed the length of every trace and output: it is that of a buffer.
            NodeError::WrongLength { .. } | NodeError::NoSuchNode => Error::NoSuchNode,
            NodeError::MissingSibling => Error::IncompletePath,
            NodeError::ExtraSibling { .. } => Error::OverlongPath,
            NodeError::WrongRoot => Error::ForeignPath,
            NodeError::WrongKind => Error::WrongKind,
            NodeError::Short { .. } => Error::ShortAnswer,
            NodeError::Long { .. } => Error::LongAnswer,
            NodeError::WrongValue => Error::ForeignAnswer,
        }
    }
}

//! What each call does, after its origin was checked.

use frame_support::{dispatch::WithPostDispatchInfo, pallet_prelude::*};
use touchstone_kir::{Opening, OpeningError};
use touchstone_primitives::{
    Claim, Clock, CommitmentId, JobId, Jobs, Kernels, Proof, ProofLimits, Root, StepContext, MAX_STEPS,
};

use crate::{judge, prove_length, Commitment, Config, Defect, Dispute, Error, Event, Pallet, Results, Standing};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_commit(
        provider: T::AccountId,
        job: JobId,
        attempt: u32,
        roots: BoundedVec<Root, ConstU32<MAX_STEPS>>,
    ) -> DispatchResult {
        let assignment = T::Jobs::assignment(&job).ok_or(Error::<T>::NothingToCommit)?;
        ensure!(assignment.attempt == attempt, Error::<T>::WrongAttempt);
        ensure!(assignment.provider == provider, Error::<T>::NotAssignedToYou);
        ensure!(Self::now() <= assignment.commit_by, Error::<T>::TooLate);
        ensure!(roots.len() as u32 == assignment.steps, Error::<T>::WrongNumberOfRoots);

        let id = CommitmentId::new(&job, attempt, &provider, &roots);
        let window_end = T::Jobs::committed(&job, id)?;
        Standing::<T>::insert(job, ());
        Results::<T>::insert(job, Commitment { attempt, id, provider: provider.clone(), roots });
        Self::deposit_event(Event::Committed { job, attempt, provider, commitment: id, window_end });
        Ok(())
    }

    pub(crate) fn do_accept(who: T::AccountId, job: JobId, attempt: u32, commitment: CommitmentId) -> DispatchResult {
        Self::standing(&job, attempt, commitment)?;
        T::Jobs::accepted(&job, &who)?;
        Self::deposit_event(Event::Accepted { job, attempt, commitment });
        Ok(())
    }

    /// Everything that is checked before the kernel is read is cheap; from then on the declared limits, which the
    /// challenger has paid for, bound the work.
    ///
    /// Of several watchers who find the same wrong word one is first: what the others have declared is given back.
    pub(crate) fn do_refute(
        refuter: T::AccountId,
        claim: Claim,
        limits: ProofLimits,
        proof: &Proof,
    ) -> DispatchResultWithPostInfo {
        let (result, context) = Self::admit(&claim, &limits)
            .map_err(|error| error.with_weight(Self::refutation_weight(0, 0, proof.opened_bytes())))?;
        let Claim { job, attempt, step, word, .. } = claim;
        let kernel = T::Kernels::load(&context.kernel).ok_or(Error::<T>::UnknownKernel)?;
        let dispute = Dispute { kernel: &kernel, context: &context, step, roots: &result.roots, word };
        let verdict = judge(&dispute, proof).map_err(Self::error_of)?;
        ensure!(verdict.committed != verdict.computed, Error::<T>::WordIsRight);

        Self::deposit_event(Event::Refuted {
            job,
            attempt,
            step,
            word,
            committed: verdict.committed,
            computed: verdict.computed,
            provider: result.provider,
            refuter: refuter.clone(),
        });
        T::Jobs::refuted(&job, &refuter)?;
        Ok(().into())
    }

    /// What a refutation is about, if it is about a result that can be challenged now and declares enough.
    fn admit(claim: &Claim, limits: &ProofLimits) -> Result<(Commitment<T::AccountId>, StepContext), Error<T>> {
        let result = Self::challenged(&claim.job, claim.attempt, claim.commitment)?;
        let context = T::Jobs::step(&claim.job, claim.step).ok_or(Error::<T>::UnknownStep)?;
        ensure!(context.fuel <= limits.fuel && context.code_bytes <= limits.code_bytes, Error::<T>::UnderDeclared);
        Ok((result, context))
    }

    /// A root binds the length of its data, so whoever opens the last chunk of another length shows that it is none of
    /// the step's output. Whoever fails before the opening is looked at does not pay for its bytes.
    pub(crate) fn do_refute_length(
        refuter: T::AccountId,
        (job, attempt, commitment): (JobId, u32, CommitmentId),
        step: u8,
        len: u32,
        opening: &Opening,
    ) -> DispatchResultWithPostInfo {
        let (result, declared) = Self::admit_length((job, attempt, commitment), step, len)
            .map_err(|error| error.with_weight(Self::refutation_weight(0, 0, 0)))?;
        let root = result.roots.get(usize::from(step)).ok_or(Error::<T>::UnknownStep)?;
        prove_length(opening, root, len).map_err(Self::error_of)?;

        Self::deposit_event(Event::LengthRefuted {
            job,
            attempt,
            step,
            committed: len,
            declared,
            provider: result.provider,
            refuter: refuter.clone(),
        });
        T::Jobs::refuted(&job, &refuter)?;
        Ok(().into())
    }

    /// The result and the length that the step's output should have, if the result can be challenged now and `len` is
    /// another length.
    fn admit_length(
        (job, attempt, commitment): (JobId, u32, CommitmentId),
        step: u8,
        len: u32,
    ) -> Result<(Commitment<T::AccountId>, u32), Error<T>> {
        let result = Self::challenged(&job, attempt, commitment)?;
        let context = T::Jobs::step(&job, step).ok_or(Error::<T>::UnknownStep)?;
        ensure!(len != context.output_len, Error::<T>::LengthIsRight);
        Ok((result, context.output_len))
    }

    /// The result that the caller means, if it can be challenged now.
    fn challenged(job: &JobId, attempt: u32, id: CommitmentId) -> Result<Commitment<T::AccountId>, Error<T>> {
        let result = Self::standing(job, attempt, id)?;
        let window_end = T::Jobs::window_end(job).ok_or(Error::<T>::WindowOver)?;
        ensure!(Self::now() <= window_end, Error::<T>::WindowOver);
        Ok(result)
    }

    /// The result that stands for the job, if it is the one that the caller means.
    fn standing(job: &JobId, attempt: u32, id: CommitmentId) -> Result<Commitment<T::AccountId>, Error<T>> {
        Results::<T>::get(job)
            .filter(|result| result.attempt == attempt && result.id == id)
            .ok_or(Error::<T>::UnknownCommitment)
    }

    fn error_of(defect: Defect) -> Error<T> {
        match defect {
            Defect::WordOutOfRange => Error::WordOutOfRange,
            Defect::MissingOpening => Error::MissingOpening,
            Defect::SuperfluousOpening => Error::SuperfluousOpening,
            Defect::LastChunkNotOpened => Error::LastChunkNotOpened,
            Defect::Unjudgeable => Error::Unjudgeable,
            Defect::Opening(error) => match error {
                OpeningError::WrongLength { .. } => Error::NoSuchLength,
                OpeningError::Range(_) => Error::BadRanges,
                OpeningError::MissingData { .. } => Error::TruncatedOpening,
                OpeningError::ExtraData { .. } => Error::OverlongOpening,
                OpeningError::MissingSibling => Error::IncompletePath,
                OpeningError::ExtraSibling { .. } => Error::OverlongPath,
                OpeningError::WrongRoot => Error::ForeignOpening,
            },
        }
    }
}

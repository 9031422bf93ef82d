//! What each call does, after its origin was checked.

use frame_support::{dispatch::WithPostDispatchInfo, pallet_prelude::*};
use touchstone_kir::{Opening, OpeningError};
use touchstone_primitives::{
    prove_root, ChallengedResult, Claim, CommitmentId, InstanceContext, JobId, Jobs, Kernels, NotChallengeable, Proof,
    ProofLimits, Target, TraceDefect,
};

use crate::{judge, prove_length, Config, Defect, Dispute, Error, Event, Pallet};

type ChallengedOf<T> = <<T as Config>::Jobs as Jobs<<T as frame_system::Config>::AccountId>>::Challenged;

impl<T: Config> Pallet<T> {
    /// The checks before the kernel is read are cheap; from then on the declared limits, which the challenger has paid
    /// for, bound the work. A call that fails before the kernel is read gets back what it declared: of several watchers
    /// that find the same wrong word, only the first one pays in full.
    pub(crate) fn do_refute(
        refuter: T::AccountId,
        claim: Claim,
        limits: ProofLimits,
        proof: &Proof,
    ) -> DispatchResultWithPostInfo {
        let (result, context) = Self::admit(&claim, &limits)
            .map_err(|error| error.with_weight(Self::refutation_weight(0, 0, proof.opened_bytes())))?;
        let Claim { job, instance, word, .. } = claim;
        let kernel = T::Kernels::load(&context.kernel).ok_or(Error::<T>::UnknownKernel)?;
        let dispute = Dispute { kernel: &kernel, context: &context, instance, trace: result.trace(), word };
        let verdict = judge(&dispute, proof).map_err(Self::error_of)?;
        ensure!(verdict.committed != verdict.computed, Error::<T>::WordIsRight);

        Self::deposit_event(Event::Refuted {
            job,
            attempt: result.attempt(),
            instance,
            word,
            committed: verdict.committed,
            computed: verdict.computed,
            provider: result.provider().clone(),
            refuter: refuter.clone(),
        });
        result.refute(&refuter)?;
        Ok(().into())
    }

    /// The challenged result and the disputed instance, if the result can be challenged now and the declaration covers
    /// the instance.
    fn admit(claim: &Claim, limits: &ProofLimits) -> Result<(ChallengedOf<T>, InstanceContext), Error<T>> {
        let result = Self::challenged(&claim.job, &claim.commitment)?;
        let context = result.instance(claim.instance).ok_or(Error::<T>::UnknownInstance)?;
        ensure!(context.fuel <= limits.fuel && context.code_bytes <= limits.code_bytes, Error::<T>::UnderDeclared);
        Ok((result, context))
    }

    /// A root binds the length of its data: an opening of the last chunk of another length shows that the root is not
    /// of the trace, or of the instance's output. A call that fails before the openings are read does not pay for their
    /// bytes.
    pub(crate) fn do_refute_length(
        refuter: T::AccountId,
        (job, commitment): (JobId, CommitmentId),
        target: &Target,
        len: u32,
        opening: &Opening,
    ) -> DispatchResultWithPostInfo {
        let (result, declared) = Self::admit_length((job, commitment), target, len)
            .map_err(|error| error.with_weight(Self::refutation_weight(0, 0, 0)))?;
        let root = match target {
            Target::Trace => result.trace().root,
            Target::Output { instance, trace } => {
                prove_root(trace, &result.trace(), *instance).map_err(|defect| Self::error_of(defect.into()))?
            }
        };
        prove_length(opening, &root, len).map_err(Self::error_of)?;

        Self::deposit_event(Event::LengthRefuted {
            job,
            attempt: result.attempt(),
            instance: target.instance(),
            committed: len,
            declared,
            provider: result.provider().clone(),
            refuter: refuter.clone(),
        });
        result.refute(&refuter)?;
        Ok(().into())
    }

    /// The challenged result and the length that the target should have, if the result can be challenged now and `len`
    /// is another length.
    fn admit_length(
        (job, commitment): (JobId, CommitmentId),
        target: &Target,
        len: u32,
    ) -> Result<(ChallengedOf<T>, u32), Error<T>> {
        let result = Self::challenged(&job, &commitment)?;
        let declared = match target {
            Target::Trace => result.trace().len,
            Target::Output { instance, .. } => {
                result.instance(*instance).ok_or(Error::<T>::UnknownInstance)?.output_len
            }
        };
        ensure!(len != declared, Error::<T>::LengthIsRight);
        Ok((result, declared))
    }

    /// The result that the caller means, if it can be challenged now.
    fn challenged(job: &JobId, commitment: &CommitmentId) -> Result<ChallengedOf<T>, Error<T>> {
        T::Jobs::challenged(job, commitment).map_err(|reason| match reason {
            NotChallengeable::Unknown => Error::UnknownCommitment,
            NotChallengeable::WindowOver => Error::WindowOver,
        })
    }

    fn error_of(defect: Defect) -> Error<T> {
        match defect {
            Defect::WordOutOfRange => Error::WordOutOfRange,
            Defect::MissingOpening => Error::MissingOpening,
            Defect::SuperfluousOpening => Error::SuperfluousOpening,
            Defect::LastChunkNotOpened => Error::LastChunkNotOpened,
            Defect::Unjudgeable => Error::Unjudgeable,
            Defect::Trace(TraceDefect::MissingRoot) => Error::MissingRoot,
            Defect::Trace(TraceDefect::SuperfluousRoots) => Error::SuperfluousRoots,
            Defect::Trace(TraceDefect::Opening(OpeningError::WrongRoot)) => Error::ForeignTrace,
            Defect::Opening(error) | Defect::Trace(TraceDefect::Opening(error)) => match error {
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

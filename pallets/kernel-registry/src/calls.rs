//! What each call does, after its origin was checked.

use codec::Encode;
use frame_support::{ensure, pallet_prelude::*, traits::Consideration, traits::Footprint};
use touchstone_kir::{Kernel, KirError};
use touchstone_primitives::KernelHash;

use crate::{Code, Codes, Config, Error, Event, Kernels, Pallet, Record};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_upload(owner: T::AccountId, code: Code) -> DispatchResult {
        let hash = Kernel::decode(&code).map_err(Error::<T>::from)?.hash();
        ensure!(!Kernels::<T>::contains_key(hash), Error::<T>::AlreadyUploaded);
        let ticket = T::Consideration::new(&owner, Self::footprint(&code))?;
        let bytes = code.len() as u32;
        Kernels::<T>::insert(hash, Record { owner: owner.clone(), ticket, code_bytes: bytes, references: 0 });
        Codes::<T>::insert(hash, code);
        Self::deposit_event(Event::Uploaded { hash, owner, bytes });
        Ok(())
    }

    pub(crate) fn do_remove(who: T::AccountId, hash: KernelHash) -> DispatchResult {
        let record = Kernels::<T>::get(hash).ok_or(Error::<T>::UnknownKernel)?;
        ensure!(record.owner == who, Error::<T>::NotOwner);
        ensure!(record.references == 0, Error::<T>::InUse);
        record.ticket.drop(&who)?;
        Kernels::<T>::remove(hash);
        Codes::<T>::remove(hash);
        Self::deposit_event(Event::Removed { hash, owner: who });
        Ok(())
    }

    /// What a kernel occupies: its bytes and its record.
    pub fn footprint(code: &Code) -> Footprint {
        let record = Record::<T::AccountId, T::Consideration>::max_encoded_len();
        Footprint::from_parts(1, code.encoded_size().saturating_add(record))
    }
}

/// The validator's defects by class. Spelled out, so that a new defect has to choose its class.
impl<T> From<KirError> for Error<T> {
    fn from(defect: KirError) -> Self {
        use KirError::*;
        match defect {
            Truncated { .. } | WrongMagic | ReservedNotZero | WrongLength { .. } => Error::NotAKernel,
            UnknownVersion { .. } => Error::UnknownVersion,
            CountOutOfRange { .. } => Error::CountOutOfRange,
            SegmentOutOfRange { .. } | ScratchTooLarge { .. } => Error::InvalidSegment,
            ViewNotCanonical { .. } | ViewBufferOutOfRange { .. } | ViewBoundOutOfRange { .. } => Error::InvalidView,
            BoundParamOutOfRange { .. }
            | BoundShiftOutOfRange { .. }
            | BoundMultiplierZero { .. }
            | BoundNotCanonical { .. } => Error::InvalidBound,
            UnknownOperation { at, .. }
            | UnusedFieldNotZero { at }
            | RegisterOutOfRange { at, .. }
            | ParamOutOfRange { at }
            | InputOutOfRange { at }
            | ViewOutOfRange { at }
            | NoSuchSegment { at }
            | BoundOutOfRange { at }
            | ConstantsOutOfRange { at }
            | TooDeep { at }
            | TooManyLoops { at }
            | WrongLevel { at }
            | WrongTarget { at }
            | WrongBound { at }
            | Unmatched { at }
            | NoSuchConstruct { at }
            | NotALoop { at } => Error::InvalidInstruction(at),
            Unclosed { .. } => Error::Unclosed,
        }
    }
}

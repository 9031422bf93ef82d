//! The `Kernels` trait: what other pallets ask of kernels.

use frame_support::pallet_prelude::*;
use touchstone_kir::Kernel;
use touchstone_primitives::KernelHash;

use crate::{Codes, Config, Error, Kernels, Pallet};

impl<T: Config> Pallet<T> {
    fn change_references(hash: &KernelHash, change: impl FnOnce(u32) -> Result<u32, Error<T>>) -> DispatchResult {
        Kernels::<T>::try_mutate(hash, |record| {
            let record = record.as_mut().ok_or(Error::<T>::UnknownKernel)?;
            record.references = change(record.references)?;
            Ok(())
        })
    }
}

impl<T: Config> touchstone_primitives::Kernels for Pallet<T> {
    fn load(hash: &KernelHash) -> Option<Kernel> {
        // Only valid kernels are stored: decoding again fails for none.
        Kernel::decode(&Codes::<T>::get(hash)?).ok()
    }

    fn code_bytes(hash: &KernelHash) -> Option<u32> {
        Kernels::<T>::get(hash).map(|record| record.code_bytes)
    }

    fn acquire(hash: &KernelHash) -> DispatchResult {
        Self::change_references(hash, |count| count.checked_add(1).ok_or(Error::<T>::TooManyReferences))
    }

    fn release(hash: &KernelHash) -> DispatchResult {
        Self::change_references(hash, |count| count.checked_sub(1).ok_or(Error::<T>::NotInUse))
    }

    fn references(hash: &KernelHash) -> u32 {
        Kernels::<T>::get(hash).map_or(0, |record| record.references)
    }
}

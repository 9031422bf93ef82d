//! What people and programs read of kernels.

use touchstone_primitives::{views::KernelView, KernelHash};

use crate::{Codes, Config, Kernels, Pallet};

impl<T: Config> Pallet<T> {
    pub(crate) fn read_kernel(hash: KernelHash) -> Option<KernelView<T::AccountId>> {
        let record = Kernels::<T>::get(hash)?;
        let code = Codes::<T>::get(hash)?;
        Some(KernelView { hash, owner: record.owner, code: code.into_inner(), references: record.references })
    }
}

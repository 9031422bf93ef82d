//! Invariants of the state between calls.

use frame_support::ensure;
use sp_runtime::TryRuntimeError;
use touchstone_kir::Kernel;

use crate::{Codes, Config, Kernels, Pallet};

impl<T: Config> Pallet<T> {
    /// Every record has its code, every code its record, and each code is a valid kernel with the hash it is kept
    /// under.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        for hash in Kernels::<T>::iter_keys() {
            ensure!(Codes::<T>::contains_key(hash), "a kernel has no code");
        }
        for (hash, code) in Codes::<T>::iter() {
            ensure!(Kernels::<T>::contains_key(hash), "a code has no record");
            let kernel = Kernel::decode(&code).map_err(|_| "a stored kernel is not valid")?;
            ensure!(kernel.hash() == hash, "a kernel is kept under a wrong hash");
        }
        Ok(())
    }
}

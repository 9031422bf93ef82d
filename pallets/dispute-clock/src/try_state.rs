//! Invariants of the state between blocks.

use frame_support::ensure;
use sp_runtime::TryRuntimeError;

use crate::{Config, Pallet, SpaceLeft};

impl<T: Config> Pallet<T> {
    /// Checks that the clock keeps nothing from one block to the next but the tick.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        ensure!(!SpaceLeft::<T>::exists(), "the clock has not finished its block");
        Ok(())
    }
}

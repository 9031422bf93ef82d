//! What the pallet promises, one behaviour for each test.

mod arithmetic;
mod burn_pass_fee;
mod close;
mod forfeit_collateral;
mod free_collateral;
mod invariants;
mod lock_collateral;
mod model;
mod open;
mod pay;

use frame_support::{
    assert_noop, assert_ok,
    traits::{
        fungible::{Mutate, MutateFreeze, MutateHold as _},
        fungibles::MutateHold as _,
        tokens::{Fortitude, Precision, Preservation},
    },
};
use proptest::prelude::*;
use sp_runtime::{DispatchError, TokenError};
use touchstone_primitives::{
    AssetAmount, Balance, Collateral, Escrow as _, Funds, JobId, ListedAssets, Rate, Shortfall,
};

use crate::{
    escrow::asset_id,
    forfeit,
    mock::*,
    Error, Event, Forfeit,
    HoldReason::{Collateral as CollateralHold, Payment},
};

const OTHER_JOB: JobId = JobId([2; 32]);

/// What an amount of native coin is in an asset.
fn amount(asset: Option<u32>, native: Balance) -> AssetAmount {
    AssetAmount::from_units(worth(asset, native))
}

fn rate(asset: Option<u32>) -> Rate {
    asset.map_or(Rate::PAR, |_| RATE)
}

/// A job worth 1,000, paid in `asset`, with a collateral of 500.
fn opened(asset: Option<u32>) {
    assert_ok!(open(JOB, BUYER, asset, 1_000));
    assert_ok!(lock_collateral(JOB, PROVIDER, 500));
    events();
}

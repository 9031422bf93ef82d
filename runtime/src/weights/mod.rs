//! Weights of the pallets that are not this project's, measured on this runtime by `scripts/weights.sh`. They come from
//! the same machine as those of the market, so that fees have the right proportions.

pub(crate) mod frame_system;
pub(crate) mod frame_system_extensions;
pub(crate) mod pallet_balances;
pub(crate) mod pallet_multisig;
pub(crate) mod pallet_parameters;
pub(crate) mod pallet_proxy;
pub(crate) mod pallet_sudo;
pub(crate) mod pallet_timestamp;
pub(crate) mod pallet_transaction_payment;
pub(crate) mod pallet_utility;

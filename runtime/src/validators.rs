//! The validator set, fixed at genesis, and what becomes of a validator that equivocates.
//!
//! An equivocation (two blocks in one slot, two votes in one round) is proven by anyone with the two signed messages
//! and a proof of who owned the key. It is recorded in Offences, and the validator is disabled: it writes no blocks any
//! more (GRANDPA counts votes as before). Up to a third of the set can be disabled at once; a worse offender takes the
//! place of a lesser one. It stays disabled until the offence expires, whatever keys it sets meanwhile: see
//! [`offenders`](crate::offenders). No stake is bonded, so none is slashed. In the first two sessions of a chain an
//! equivocation has to be reported within its session: Historical has no root of them.

use alloc::vec::Vec;

use frame_support::weights::Weight;
use pallet_session::historical;
use sp_runtime::{traits::Convert, Perbill};
use sp_staking::{
    offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
    SessionIndex,
};

use crate::{constants::REPORT_LONGEVITY, AccountId, Historical, Offenders, Runtime, Session};

/// Keeps the validators of genesis.
pub struct GenesisSet;

impl historical::SessionManager<AccountId, ()> for GenesisSet {
    /// `None` stands for "as before", and Historical then copies its root of the set. So the set has to be named anew
    /// where there is no root yet, or where a validator has changed its keys and the root would no longer prove them.
    fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
        let set = Session::validators();
        if set.is_empty() {
            // Genesis: Session takes the set from its configuration.
            return None;
        }
        let rootless = Historical::historical_root(index.saturating_sub(1)).is_none();
        let rekeyed =
            || Session::queued_keys().iter().any(|(who, keys)| Session::load_keys(who).as_ref() != Some(keys));
        (rootless || rekeyed()).then(|| set.into_iter().map(|who| (who, ())).collect())
    }

    fn start_session(index: SessionIndex) {
        Historical::prune_up_to(index.saturating_sub(REPORT_LONGEVITY));
        Offenders::start_session(index);
    }

    fn end_session(_: SessionIndex) {}
}

impl pallet_session::SessionManager<AccountId> for GenesisSet {
    fn new_session(index: SessionIndex) -> Option<Vec<AccountId>> {
        let set = <Self as historical::SessionManager<_, _>>::new_session(index)?;
        Some(set.into_iter().map(|(who, ())| who).collect())
    }

    fn start_session(index: SessionIndex) {
        <Self as historical::SessionManager<_, _>>::start_session(index);
    }

    fn end_session(_: SessionIndex) {}
}

/// All there is to know about a validator besides its account: nothing. Always known, so that proofs of key ownership
/// can be made for everyone in the set.
pub struct Identity;

impl Convert<AccountId, Option<()>> for Identity {
    fn convert(_: AccountId) -> Option<()> {
        Some(())
    }
}

/// Disables offenders; see the module.
pub struct DisableOffenders;

impl OnOffenceHandler<AccountId, historical::IdentificationTuple<Runtime>, Weight> for DisableOffenders {
    fn on_offence(
        offenders: &[OffenceDetails<AccountId, historical::IdentificationTuple<Runtime>>],
        slash_fraction: &[Perbill],
        _: SessionIndex,
    ) -> Weight {
        for (details, fraction) in offenders.iter().zip(slash_fraction) {
            Offenders::report(details.offender.0.clone(), OffenceSeverity(*fraction));
        }
        // Its cost is part of the measured weight of the report.
        Weight::zero()
    }
}

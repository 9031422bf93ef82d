//! Validators that equivocated, remembered by account until their offence expires.
//!
//! Session knows disabled validators by their index and forgets them whenever the set counts as changed, which it does
//! when any validator sets new keys. This pallet disables them again at the start of each session, so that no change of
//! keys ends a punishment early, and enables them when their time is over.

pub use pallet::*;

use frame_support::{pallet_prelude::*, BoundedVec};
use sp_staking::{offence::OffenceSeverity, SessionIndex};

use crate::{configs::consensus::MaxAuthorities, constants::REPORT_LONGEVITY, AccountId, Session};

/// A validator that equivocated.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Offender {
    /// Its account.
    pub validator: AccountId,
    /// The worst of its offences.
    pub severity: OffenceSeverity,
    /// The first session in which it is enabled again.
    pub until: SessionIndex,
}

#[frame_support::pallet]
pub mod pallet {
    use super::*;

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// Everyone whose offence has not expired. No more accounts than a set has validators.
    #[pallet::storage]
    pub type Offenders<T: Config> = StorageValue<_, BoundedVec<Offender, MaxAuthorities>, ValueQuery>;

    #[pallet::hooks]
    impl<T: Config> Hooks<frame_system::pallet_prelude::BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_: frame_system::pallet_prelude::BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }
}

impl<T: Config> Pallet<T> {
    /// An offence was proven now: the validator is disabled for as long as an equivocation can be reported, from the
    /// latest of its offences on.
    pub fn report(validator: AccountId, severity: OffenceSeverity) {
        let until = Session::current_index().saturating_add(REPORT_LONGEVITY);
        Offenders::<T>::mutate(|offenders| {
            match offenders.iter_mut().find(|offender| offender.validator == validator) {
                Some(offender) => {
                    offender.until = until;
                    offender.severity = offender.severity.max(severity);
                }
                None => {
                    if offenders.is_full() {
                        let soonest = offenders.iter().enumerate().min_by_key(|(_, offender)| offender.until);
                        if let Some((at, _)) = soonest {
                            offenders.remove(at);
                        }
                    }
                    // There is space now.
                    let _ = offenders.try_push(Offender { validator: validator.clone(), severity, until });
                }
            }
        });
        Session::report_offence(validator, severity);
    }

    /// A session starts: offenders whose time is over are enabled, the others are disabled again if Session has
    /// forgotten them. The worst come first, since only a third of the set can be disabled at once.
    pub fn start_session(index: SessionIndex) {
        let all = Offenders::<T>::get();
        if all.is_empty() {
            return;
        }
        let (mut still, over): (alloc::vec::Vec<_>, alloc::vec::Vec<_>) =
            all.into_iter().partition(|offender| offender.until > index);
        for Offender { validator, .. } in over {
            if let Some(at) = Session::validator_id_to_index(&validator) {
                Session::reenable_index(at);
            }
        }
        still.sort_by(|one, other| other.severity.cmp(&one.severity).then(one.until.cmp(&other.until)));
        for Offender { validator, severity, .. } in &still {
            Session::report_offence(validator.clone(), *severity);
        }
        // No longer than before.
        Offenders::<T>::put(BoundedVec::truncate_from(still));
    }

    /// Checks that no validator is listed twice, and that nobody is disabled who is not listed.
    #[cfg(any(feature = "try-runtime", feature = "std"))]
    pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
        let offenders = Offenders::<T>::get();
        let listed = |validator: &AccountId| offenders.iter().filter(|one| one.validator == *validator).count();
        ensure!(offenders.iter().all(|one| listed(&one.validator) == 1), "an offender is listed twice");
        let now = Session::current_index();
        ensure!(offenders.iter().all(|one| one.until > now), "an offence has expired and is still listed");
        let set = Session::validators();
        for index in Session::disabled_validators() {
            let validator = set.get(index as usize).ok_or("a validator is disabled that is not in the set")?;
            ensure!(listed(validator) == 1, "a validator is disabled and not listed as an offender");
        }
        Ok(())
    }
}

//! The conditions of the market that governance can change, and their values in the genesis presets.
//!
//! They live in pallet-parameters. A job copies the [`Terms`] when it is submitted, so that no change reaches a job in
//! flight; that is also why they are one parameter, not eighteen: they are always read together.

use frame_support::dynamic_params::{dynamic_pallet_params, dynamic_params};
use sp_runtime::Perbill;
use touchstone_primitives::{Balance, Terms, Tick};

use crate::{
    constants::{DAYS, HOURS, MILLI, MINUTES, TSN},
    Runtime,
};

/// What governance can set.
#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
#[allow(missing_docs)]
pub mod dynamic {
    use super::*;

    #[dynamic_pallet_params]
    #[codec(index = 0)]
    pub mod market {
        /// The conditions that a job copies.
        #[codec(index = 0)]
        pub static JobTerms: Terms = live_terms();
    }

    #[dynamic_pallet_params]
    #[codec(index = 1)]
    pub mod providers {
        /// Free stake without which no ask can be set.
        #[codec(index = 0)]
        pub static MinStake: Balance = 100 * TSN;
        /// Ticks until a new ask counts. At least 1.
        #[codec(index = 1)]
        pub static AskDelay: Tick = 10;
        /// Ticks for which a refuted result makes the next one worse.
        #[codec(index = 2)]
        pub static FaultPeriod: Tick = 7 * DAYS;
        /// Share of the free stake that burns at a refuted result for each earlier one in that period.
        #[codec(index = 3)]
        pub static RepeatSlash: Perbill = Perbill::from_percent(10);
    }
}

#[cfg(feature = "runtime-benchmarks")]
impl Default for RuntimeParameters {
    fn default() -> Self {
        Self::Market(dynamic::market::Parameters::JobTerms(dynamic::market::JobTerms, Some(live_terms())))
    }
}

/// The conditions of a chain with real money: a day to check, and more for long jobs.
pub const fn live_terms() -> Terms {
    Terms {
        window_base: DAYS,
        // 10 MiB/s.
        bytes_per_tick: 30 << 20,
        accept_window: 5 * MINUTES,
        min_deadline: MINUTES,
        max_deadline: DAYS,
        auction: 2 * MINUTES,
        max_auction: DAYS,
        retention: 7 * DAYS,
        max_attempts: 3,
        max_passes: 12,
        collateral_factor: 3,
        pass_fee: 10 * MILLI,
        bounty: TSN,
        fee_ppm: 20_000,
        fee_floor_per_gigafuel: MILLI,
        fuel_per_byte: 16,
        max_fuel: 1 << 50,
        max_memory: 32 << 30,
    }
}

/// The conditions of the development chains: a job with a deadline of 4 ticks has a window of 10.
pub const fn development_terms() -> Terms {
    Terms {
        window_base: 2,
        bytes_per_tick: 32 << 20,
        // Time to put inputs by hand.
        accept_window: 4,
        min_deadline: 2,
        max_deadline: 2 * HOURS,
        auction: 5,
        max_auction: HOURS,
        retention: 200,
        collateral_factor: 2,
        ..live_terms()
    }
}

/// Puts the conditions into pallet-parameters at genesis: that pallet has no genesis configuration of its own.
#[frame_support::pallet]
pub mod conditions {
    use super::*;
    use frame_support::{pallet_prelude::*, traits::dynamic_params::AggregatedKeyValue};

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// The conditions from the first block on.
    #[pallet::genesis_config]
    pub struct GenesisConfig<T: Config> {
        /// What a job copies.
        pub terms: Terms,
        /// Free stake without which no ask can be set.
        pub min_stake: Balance,
        /// Ticks until a new ask counts.
        pub ask_delay: Tick,
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    impl<T: Config> Default for GenesisConfig<T> {
        fn default() -> Self {
            Self { terms: live_terms(), min_stake: 100 * TSN, ask_delay: 10, _config: PhantomData }
        }
    }

    impl<T: Config> GenesisConfig<T> {
        /// The conditions of the development chains: short windows, small stakes.
        pub fn development() -> Self {
            Self { terms: development_terms(), min_stake: 10 * TSN, ask_delay: 1, _config: PhantomData }
        }
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            use dynamic::{market, providers};

            let values: [RuntimeParameters; 3] = [
                RuntimeParameters::Market((market::JobTerms, self.terms).into()),
                RuntimeParameters::Providers((providers::MinStake, self.min_stake).into()),
                RuntimeParameters::Providers((providers::AskDelay, self.ask_delay).into()),
            ];
            for value in values {
                if let (key, Some(value)) = value.into_parts() {
                    pallet_parameters::Parameters::<Runtime>::insert(key, value);
                }
            }
        }
    }
}

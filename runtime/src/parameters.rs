//! The market parameters that governance can change, and their values in the genesis presets.
//!
//! They are stored in pallet-parameters. A job copies the [`Terms`] when it is submitted, so a change does not affect
//! running jobs. `Terms` is one parameter instead of twenty-two because its fields are always read together.

use frame_support::dynamic_params::{dynamic_pallet_params, dynamic_params};
use sp_runtime::Perbill;
use touchstone_primitives::{Balance, ListedAssets, Terms, Tick};

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
        /// The terms that a job copies.
        #[codec(index = 0)]
        pub static JobTerms: Terms = live_terms();
        /// The assets that can pay for jobs beside the native coin, with what each is worth: none at first.
        #[codec(index = 1)]
        pub static Listed: ListedAssets = ListedAssets::new();
    }

    #[dynamic_pallet_params]
    #[codec(index = 1)]
    pub mod providers {
        /// Minimum free stake for setting an ask.
        #[codec(index = 0)]
        pub static MinStake: Balance = 100 * TSN;
        /// Ticks until a new ask takes effect. At least 1.
        #[codec(index = 1)]
        pub static AskDelay: Tick = 10;
        /// Ticks for which a refuted result makes a further one more expensive.
        #[codec(index = 2)]
        pub static FaultPeriod: Tick = 7 * DAYS;
        /// Share of the free stake that a refuted result burns for each earlier one in that period.
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

/// The terms of a live chain: a day to check results, and more for long jobs.
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
        answer_time: 10 * MINUTES,
        challenge_time: 10 * MINUTES,
        demand_bond: 200 * MILLI,
        answer_price: 75 * MILLI,
        fee_ppm: 20_000,
        fee_floor_per_gigafuel: MILLI,
        fuel_per_byte: 16,
        max_fuel: 1 << 50,
        max_memory: 32 << 30,
    }
}

/// The terms of the development chains: a job with a deadline of 4 ticks has a dispute window of 10.
pub const fn development_terms() -> Terms {
    Terms {
        window_base: 2,
        bytes_per_tick: 32 << 20,
        // Enough time to upload inputs by hand.
        accept_window: 4,
        min_deadline: 2,
        max_deadline: 2 * HOURS,
        auction: 5,
        max_auction: HOURS,
        retention: 200,
        answer_time: 10,
        challenge_time: 10,
        collateral_factor: 2,
        ..live_terms()
    }
}

/// Sets the parameters at genesis, because pallet-parameters has no genesis configuration.
#[frame_support::pallet]
pub mod conditions {
    use super::*;
    use frame_support::{pallet_prelude::*, traits::dynamic_params::AggregatedKeyValue};

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// The initial parameters.
    #[pallet::genesis_config]
    pub struct GenesisConfig<T: Config> {
        /// The terms that a job copies.
        pub terms: Terms,
        /// Minimum free stake for setting an ask.
        pub min_stake: Balance,
        /// Ticks until a new ask takes effect.
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
        /// The parameters of the development chains: short windows, small stakes.
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

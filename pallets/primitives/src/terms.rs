use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{Balance, Tick};

/// The chain's conditions, copied into each job when it is submitted: no change reaches a job in flight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub struct Terms {
    /// W₀: the part of the dispute window that does not depend on the job, ticks.
    pub window_base: Tick,
    /// Reference bandwidth at which a watcher fetches inputs, bytes per tick.
    pub bytes_per_tick: u32,
    /// Ticks after assignment in which the provider may pass.
    pub accept_window: Tick,
    /// Shortest execution deadline, ticks.
    pub min_deadline: Tick,
    /// Longest execution deadline, ticks.
    pub max_deadline: Tick,
    /// Length of the open auction that follows an instant match without a taker, ticks.
    pub auction: Tick,
    /// Longest open auction, ticks.
    pub max_auction: Tick,
    /// A closed job stays readable for this long, ticks.
    pub retention: Tick,
    /// Assignments of one job that fail, by a missed deadline or a refuted result, before it closes.
    pub max_attempts: u32,
    /// Assignments of one job that are passed before it closes.
    pub max_passes: u32,
    /// Collateral is at least this many prices.
    pub collateral_factor: u32,
    /// Burned from buyer and provider alike when a provider passes.
    pub pass_fee: Balance,
    /// Paid from the collateral for a refutation: the cost of the proof, not a prize.
    pub bounty: Balance,
    /// Ticks in which a demand has to be answered.
    pub answer_time: Tick,
    /// Ticks for which what an answer shows can be demanded and refuted, also past the window's end.
    pub challenge_time: Tick,
    /// Held on who demands a node: at least twice what an answer costs. It doubles with each 64 demands of the result
    /// that wait for an answer.
    pub demand_bond: Balance,
    /// What the provider is paid for an answer, out of that.
    pub answer_price: Balance,
    /// Verification fee, parts per million of the price.
    pub fee_ppm: u32,
    /// Verification fee, least amount per 10⁹ fuel.
    pub fee_floor_per_gigafuel: Balance,
    /// Fuel that one byte of input or output counts as.
    pub fuel_per_byte: u32,
    /// Most fuel of one job.
    pub max_fuel: u64,
    /// Most memory of one job, bytes.
    pub max_memory: u64,
}

impl Terms {
    /// Length of the dispute window: W₀ + 2 × the execution deadline + input bytes / the reference bandwidth, so that a
    /// watcher can fetch and re-execute everything. Saturating.
    pub fn window(&self, deadline: Tick, input_bytes: u64) -> Tick {
        let fetch = input_bytes.div_ceil(self.bytes_per_tick.max(1) as u64).min(Tick::MAX as u64) as Tick;
        self.window_base.saturating_add(deadline.saturating_mul(2)).saturating_add(fetch)
    }

    /// Verification fee of a job at `price`: the share of the price, or the floor if that is higher. Saturating.
    pub fn fee(&self, price: Balance, fuel: u64) -> Balance {
        let share = price.saturating_mul(self.fee_ppm as Balance).div_ceil(1_000_000);
        let floor = self.fee_floor_per_gigafuel.saturating_mul(fuel as Balance).div_ceil(1_000_000_000);
        share.max(floor)
    }

    /// Collateral for a job of `fuel` at `price`, given the buyer's own minimum. Saturating.
    ///
    /// It covers what a refutation after acceptance gives back to the buyer, price and fee, and then the bounty twice:
    /// a provider that refutes itself gets the bounty back and burns at least as much.
    pub fn collateral(&self, price: Balance, fuel: u64, min_collateral: Balance) -> Balance {
        let repaid = price.saturating_add(self.fee(price, fuel));
        price
            .saturating_mul(self.collateral_factor as Balance)
            .max(repaid.saturating_add(self.bounty.saturating_mul(2)))
            .max(min_collateral)
            .max(self.pass_fee)
    }

    /// The most that a buyer may ask for as collateral of a job with this ceiling: more would let a small job bind, and
    /// one fault burn, all that a provider has. Saturating.
    pub fn max_min_collateral(&self, ceiling: Balance, fuel: u64) -> Balance {
        self.collateral(ceiling, fuel, 0).saturating_mul(10)
    }
}

use touchstone_primitives::Terms;

/// Conditions with round numbers: collateral twice the price, a fee of two per cent, three attempts and three passes.
pub const TERMS: Terms = Terms {
    window_base: 2,
    bytes_per_tick: 1 << 20,
    accept_window: 2,
    min_deadline: 2,
    max_deadline: 100,
    auction: 5,
    max_auction: 50,
    retention: 20,
    max_attempts: 3,
    max_passes: 3,
    collateral_factor: 2,
    pass_fee: 10,
    bounty: 200,
    answer_time: 5,
    challenge_time: 5,
    demand_bond: 100,
    answer_price: 40,
    fee_ppm: 20_000,
    fee_floor_per_gigafuel: 1_000,
    fuel_per_byte: 1,
    max_fuel: 1 << 30,
    max_memory: 1 << 32,
};

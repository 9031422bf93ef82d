//! `touchstone terms`

use serde_json::json;
use touchstone_client::amount;

use super::context::{Context, Done};

pub(super) async fn run(context: &Context) -> anyhow::Result<Done> {
    let at = context.settings.chain().await?.at_best().await?;
    let terms = at.terms().await?;
    let clock = at.clock().await?;
    let json = json!({
        "clock": clock,
        "windowBase": terms.window_base,
        "bytesPerTick": terms.bytes_per_tick,
        "acceptWindow": terms.accept_window,
        "minDeadline": terms.min_deadline,
        "maxDeadline": terms.max_deadline,
        "auction": terms.auction,
        "maxAuction": terms.max_auction,
        "retention": terms.retention,
        "maxAttempts": terms.max_attempts,
        "maxPasses": terms.max_passes,
        "collateralFactor": terms.collateral_factor,
        "passFee": terms.pass_fee.to_string(),
        "bounty": terms.bounty.to_string(),
        "answerTime": terms.answer_time,
        "challengeTime": terms.challenge_time,
        "demandBond": terms.demand_bond.to_string(),
        "answerPrice": terms.answer_price.to_string(),
        "feePpm": terms.fee_ppm,
        "feeFloorPerGigafuel": terms.fee_floor_per_gigafuel.to_string(),
        "fuelPerByte": terms.fuel_per_byte,
        "maxFuel": terms.max_fuel,
        "maxMemory": terms.max_memory,
    });
    context.out.result(json, || {
        format!(
            "clock        {clock}\n\
             window       {} ticks + 2 × deadline + input bytes / {}\n\
             deadline     {} to {} ticks; a provider may pass for {}\n\
             auction      {} ticks by default, at most {}\n\
             attempts     {}, and {} that providers pass\n\
             collateral   {} × price, at least the price and the bounty of {}\n\
             demands      bond {} or more, of which an answer is paid {}; {} ticks to answer, {} to go on\n\
             fee          {} ppm of the price, at least {} per gigafuel\n\
             work         fuel + {} per byte\n\
             limits       {} fuel, {} bytes on the device",
            terms.window_base,
            terms.bytes_per_tick,
            terms.min_deadline,
            terms.max_deadline,
            terms.accept_window,
            terms.auction,
            terms.max_auction,
            terms.max_attempts,
            terms.max_passes,
            terms.collateral_factor,
            amount::show(terms.bounty),
            amount::show(terms.demand_bond),
            amount::show(terms.answer_price),
            terms.answer_time,
            terms.challenge_time,
            terms.fee_ppm,
            amount::show(terms.fee_floor_per_gigafuel),
            terms.fuel_per_byte,
            terms.max_fuel,
            terms.max_memory,
        )
    });
    Ok(Done::Ok)
}

//! How fees depend on the fullness of blocks.

use core::marker::PhantomData;

use frame_support::{dispatch::DispatchClass, traits::Get};
use pallet_transaction_payment::{Multiplier, MultiplierUpdate};
use sp_runtime::{traits::Convert, FixedPointNumber, Perquintill, Saturating};

/// The formula of `TargetedFeeAdjustment`, applied to the fuller of two classes: normal calls relative to their limit
/// in a block, operational calls relative to their reserve.
///
/// Filling blocks with operational calls stops the dispute clock, so it must become expensive as well. Operational
/// calls can take more than their reserve, up to the whole block, and then count as more than full.
pub struct FullerClass<T, Target, Speed, Least, Most>(PhantomData<(T, Target, Speed, Least, Most)>);

/// The share of its time that the class has used in this block. Storage proofs have no limit here.
fn fullness<T: frame_system::Config>(class: DispatchClass) -> Multiplier {
    let limits = T::BlockWeights::get();
    let of_class = limits.get(class);
    let capacity = match class {
        DispatchClass::Operational => of_class.reserved,
        _ => of_class.max_total,
    };
    let capacity = capacity.unwrap_or(limits.max_block).ref_time().max(1);
    let consumed = frame_system::Pallet::<T>::block_weight().get(class).ref_time();
    Multiplier::saturating_from_rational(consumed, capacity)
}

/// The next multiplier: previous × (1 + v·d + (v·d)²/2), the first terms of the series of e^(v·d). Here v is the speed
/// and d is fullness − target, which may be negative.
fn adjust(previous: Multiplier, fullness: Multiplier, target: Multiplier, speed: Multiplier) -> Multiplier {
    let (fuller, emptier) = (fullness.saturating_sub(target), target.saturating_sub(fullness));
    let by = |difference: Multiplier| {
        let first = speed.saturating_mul(difference);
        (first, first.saturating_mul(first) / Multiplier::saturating_from_integer(2))
    };
    let (up, up_squared) = by(fuller);
    let (down, down_squared) = by(emptier);
    let factor = Multiplier::from_u32(1)
        .saturating_add(up)
        .saturating_add(up_squared)
        .saturating_add(down_squared)
        .saturating_sub(down);
    previous.saturating_mul(factor)
}

impl<T, Target, Speed, Least, Most> Convert<Multiplier, Multiplier> for FullerClass<T, Target, Speed, Least, Most>
where
    T: frame_system::Config,
    Target: Get<Perquintill>,
    Speed: Get<Multiplier>,
    Least: Get<Multiplier>,
    Most: Get<Multiplier>,
{
    fn convert(previous: Multiplier) -> Multiplier {
        let fullness = fullness::<T>(DispatchClass::Normal).max(fullness::<T>(DispatchClass::Operational));
        let next = adjust(previous.max(Least::get()), fullness, Target::get().into(), Speed::get());
        next.clamp(Least::get(), Most::get())
    }
}

impl<T, Target, Speed, Least, Most> MultiplierUpdate for FullerClass<T, Target, Speed, Least, Most>
where
    T: frame_system::Config,
    Target: Get<Perquintill>,
    Speed: Get<Multiplier>,
    Least: Get<Multiplier>,
    Most: Get<Multiplier>,
{
    fn min() -> Multiplier {
        Least::get()
    }

    fn max() -> Multiplier {
        Most::get()
    }

    fn target() -> Perquintill {
        Target::get()
    }

    fn variability() -> Multiplier {
        Speed::get()
    }
}

//! Shelves decide as the asks on them do.

use proptest::prelude::*;
use touchstone_primitives::{Ask, DeviceClass, Need};

use crate::{mock::*, Listing, Rank, Shelf};

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![Just(0u128), 1..3 * MIN_STAKE, MIN_STAKE..200 * MIN_STAKE, Just(u128::MAX)]
}

fn memory() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..10u64,
        (0..40u64).prop_map(|gib| gib << 30),
        (0..40u64).prop_map(|gib| (gib << 30) + 1),
        any::<u64>()
    ]
}

proptest! {
    /// A shelf of which everything fits has nothing that does not, and one of which nothing fits has nothing that does.
    #[test]
    fn a_shelf_never_contradicts_its_asks(
        has in memory(), cover in amount(), minimum in amount(), rate in 0..2_000u128,
        wants in memory(), min_collateral in amount(), work in prop_oneof![0..2_000_000_000u64, any::<u64>()],
    ) {
        let ask = Ask { per_gigafuel: rate, minimum, slots: 1 };
        let listing = Listing { provider: ALICE, device: 0, memory: has, cover, ask };
        let need = Need { work, memory: wants, min_collateral, ceiling: u128::MAX, ..need() };
        let price = ask.price(work);
        let covers = CoverSteps::get();
        let shelf = Shelf::of(DeviceClass::Cpu, has, cover, &ask, &covers);
        if shelf.fits(&need, price, &covers) {
            prop_assert!(listing.fits(&need, price));
        }
        if !shelf.may_fit(&need, price, &covers) {
            prop_assert!(!listing.fits(&need, price));
        }
    }

    #[test]
    fn ranks_sort_as_their_bytes_do(one: (u128, u64), other: (u128, u64)) {
        use codec::{Decode, Encode};
        let rank = |(per_gigafuel, sequence)| Rank { per_gigafuel, sequence };
        let (one, other) = (rank(one), rank(other));
        prop_assert_eq!(one.cmp(&other), one.encode().cmp(&other.encode()));
        prop_assert_eq!(Rank::decode(&mut &one.encode()[..]), Ok(one));
    }
}

#[test]
fn there_are_as_many_shelves_as_a_class_can_have() {
    use crate::{LeastJob, COVER_STEPS, SHELVES_OF_CLASS};
    let covers = CoverSteps::get();
    let mut shelves = std::collections::BTreeSet::new();
    for gib in 0..40u64 {
        for cover in core::iter::once(0).chain(covers) {
            for minimum in [0, 5, u128::MAX] {
                let ask = Ask { per_gigafuel: 5, minimum, slots: 1 };
                shelves.insert(Shelf::of(DeviceClass::Cpu, gib << 30, cover, &ask, &covers));
            }
        }
    }
    assert_eq!(shelves.len() as u32, SHELVES_OF_CLASS);
    assert!(shelves.iter().all(|shelf| usize::from(shelf.cover) <= COVER_STEPS && shelf.least <= LeastJob::Large));
}

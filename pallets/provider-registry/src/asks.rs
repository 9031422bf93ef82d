//! The search for the lowest ask that fits, and all live asks in their order.

use alloc::{boxed::Box, collections::BinaryHeap, vec::Vec};
use core::cmp::Reverse;

use frame_support::pallet_prelude::*;
use touchstone_primitives::{views::BidView, Balance, DeviceClass, DeviceId, Found, Need};

use crate::{AskIndex, Config, Listing, Pallet, Rank, Shelf, WeightInfo, SHELVES_OF_CLASS};

type Asks<AccountId> = Box<dyn Iterator<Item = (Rank, Listing<AccountId>)>>;

impl<T: Config> Pallet<T> {
    /// The asks of a shelf from its first rank on. It starts there and not at the head of the storage: that would visit
    /// every ask that other matches of this block have removed.
    fn shelf(shelf: Shelf, front: Rank) -> Asks<T::AccountId> {
        let first = AskIndex::<T>::get(shelf, front).map(|listing| (front, listing));
        let rest = AskIndex::<T>::iter_prefix_from(shelf, AskIndex::<T>::hashed_key_for(shelf, front));
        Box::new(first.into_iter().chain(rest))
    }

    /// The lowest live ask that fits, then the oldest.
    ///
    /// Shelves are visited in the order of their lowest asks. On a shelf of which everything fits, the first ask that
    /// is not excluded ends the search there. Shelves of which some asks may fit share a budget of `MaxScan` looks:
    /// asks that turn out not to fit use up nothing else.
    pub(crate) fn search(need: &Need, excluded: &[T::AccountId]) -> Found<T::AccountId> {
        let covers = T::CoverSteps::get();
        let (mut certain, mut uncertain) = (T::MaxScan::get(), T::MaxScan::get());
        let fronts = Self::fronts(need.class);
        let of_fronts = fronts.len() as u32;
        let mut best: Option<(Rank, BidView<T::AccountId>)> = None;
        for (front, shelf) in fronts {
            let price = front.price(need.work);
            if price > need.ceiling || best.as_ref().is_some_and(|(rank, _)| *rank < front) {
                // Ranks and prices only rise from here on.
                break;
            }
            if !shelf.may_fit(need, price, &covers) {
                continue;
            }
            let budget = if shelf.fits(need, price, &covers) { &mut certain } else { &mut uncertain };
            for (rank, listing) in Self::shelf(shelf, front) {
                if *budget == 0 || best.as_ref().is_some_and(|(best, _)| *best < rank) {
                    break;
                }
                *budget = budget.saturating_sub(1);
                let price = listing.ask.price(need.work);
                if price > need.ceiling {
                    break;
                }
                if listing.fits(need, price) && !excluded.contains(&listing.provider) {
                    best = Some((rank, Self::bid_of(listing, need, price)));
                    break;
                }
            }
        }
        let spent = |left: u32| T::MaxScan::get().saturating_sub(left);
        let looked_at = spent(certain).saturating_add(spent(uncertain));
        Found { best: best.map(|(_, bid)| bid), weight: Self::search_weight(looked_at, of_fronts) }
    }

    /// Most asks that one search looks at.
    pub(crate) fn most_looked_at() -> u32 {
        T::MaxScan::get().saturating_mul(2)
    }

    /// Most shelves that one search compares with the job.
    pub(crate) fn most_fronts() -> u32 {
        SHELVES_OF_CLASS.saturating_mul(DeviceClass::ALL.len() as u32)
    }

    /// Weight of a match in the index beyond that of one that takes the first ask of the only shelf.
    pub(crate) fn search_weight(looked_at: u32, fronts: u32) -> Weight {
        T::WeightInfo::search(looked_at, fronts).saturating_sub(T::WeightInfo::search(1, 1))
    }

    fn bid_of(listing: Listing<T::AccountId>, need: &Need, price: Balance) -> BidView<T::AccountId> {
        let Listing { provider, device, .. } = listing;
        BidView { provider, device, price, collateral: need.collateral(price) }
    }

    /// All live asks by price, then by age, at most `limit`. For reads only: it looks at the front of every shelf.
    pub(crate) fn live_asks(limit: usize) -> Vec<(T::AccountId, DeviceId)> {
        let mut shelves: Vec<_> =
            Self::fronts(None).into_iter().map(|(front, shelf)| Self::shelf(shelf, front)).collect();
        let count = shelves.len();
        let mut heads = BinaryHeap::new();
        let mut next = |at: usize, heads: &mut BinaryHeap<_>| {
            if let Some((rank, listing)) = shelves.get_mut(at).and_then(Iterator::next) {
                heads.push(Reverse((rank, at, (listing.provider, listing.device))));
            }
        };
        (0..count).for_each(|at| next(at, &mut heads));
        let mut asks = Vec::new();
        while asks.len() < limit {
            let Some(Reverse((_, at, ask))) = heads.pop() else { break };
            asks.push(ask);
            next(at, &mut heads);
        }
        asks
    }
}

//! Benchmarks of the calls, each for a provider with as many devices as there can be.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_support::{
    traits::{fungible::Inspect, Consideration, Get},
    weights::WeightMeter,
};
use frame_system::RawOrigin;
use touchstone_primitives::{
    Ask, Balance, Clock, DeviceClass, DeviceId, DeviceSpec, Need, Terms, MAX_DEVICES, MAX_ENDPOINT_BYTES,
    MAX_NAME_BYTES,
};

use super::{store::Spot, *};

/// Memory steps of the shelves, and the highest of them.
const MEMORY_SHELVES: u8 = 9;
const MOST_MEMORY: u64 = 32 << 30;

const ASK: Ask = Ask { per_gigafuel: Balance::MAX, minimum: Balance::MAX, slots: 1 };

/// A URL as long as it can be, with a path of this character.
fn url(character: u8) -> Endpoint {
    let mut url = b"http://host/".to_vec();
    url.resize(MAX_ENDPOINT_BYTES as usize, character);
    url.try_into().expect("it is at the limit")
}

fn endpoint() -> Endpoint {
    url(b'x')
}

fn spec() -> DeviceSpec {
    let name = vec![b'x'; MAX_NAME_BYTES as usize].try_into().expect("it is at the limit");
    DeviceSpec { name, class: DeviceClass::Discrete, memory: u64::MAX }
}

fn stake<T: Config>() -> Balance {
    T::MinStake::get().max(T::Currency::minimum_balance())
}

/// The least stake of a provider with an ask on each device.
fn asks_stake<T: Config>() -> Balance {
    stake::<T>() * Balance::from(MAX_DEVICES)
}

/// An account that can pay `stakes` stakes and the largest deposit.
fn rich<T: Config>(stakes: Balance) -> T::AccountId
where
    T::Currency: frame_support::traits::fungible::Mutate<T::AccountId>,
{
    use frame_support::traits::fungible::Mutate;
    let who: T::AccountId = whitelisted_caller();
    let least = T::Currency::minimum_balance();
    T::Currency::set_balance(&who, stake::<T>() * stakes + least * 10);
    T::Consideration::ensure_successful(&who, Pallet::<T>::footprint(MAX_DEVICES as usize));
    who
}

/// A provider with `devices` devices, each with an ask.
fn provider<T: Config>(devices: u32) -> Result<T::AccountId, BenchmarkError>
where
    T::Currency: frame_support::traits::fungible::Mutate<T::AccountId>,
{
    let who = rich::<T>(Balance::from(MAX_DEVICES) + 4);
    let origin = || RawOrigin::Signed(who.clone());
    Pallet::<T>::register(origin().into(), endpoint(), asks_stake::<T>() + stake::<T>())?;
    for id in 0..devices {
        Pallet::<T>::add_device(origin().into(), spec())?;
        Pallet::<T>::set_ask(origin().into(), id as DeviceId, Some(ASK))?;
    }
    list_all::<T>();
    fill_index::<T>();
    Ok(who)
}

/// Puts every ask that waits into the index, whatever its delay.
fn list_all<T: Config>() {
    let waiting: Vec<_> = Arrivals::<T>::iter_keys().collect();
    for (tick, (who, id)) in waiting {
        Pallet::<T>::arrive(tick, &who, id);
    }
}

/// Gives these shelves of all classes, at most so many, a front at this price, younger and older ones in turn. A shelf
/// that has a front keeps it.
fn fill_shelves<T: Config>(per_gigafuel: Balance, most: u32, chosen: impl Fn(&Shelf) -> bool) {
    let (mut sequence, mut left) = (0u64, most as usize);
    for class in DeviceClass::ALL {
        let mut fronts = Vec::new();
        for memory in 0..=MEMORY_SHELVES {
            for cover in 0..=COVER_STEPS as u8 {
                for least in [LeastJob::Any, LeastJob::Modest, LeastJob::Large] {
                    // Steps of the golden ratio: in no order.
                    sequence = sequence.wrapping_add(0x9E37_79B9_7F4A_7C15);
                    fronts.push((Shelf { class, memory, cover, least }, Rank { per_gigafuel, sequence }));
                }
            }
        }
        fronts.retain(|(shelf, _)| chosen(shelf));
        fronts.truncate(left);
        left -= fronts.len();
        let present: BTreeMap<_, _> = Fronts::<T>::get(class).into_iter().collect();
        fronts.retain(|(shelf, _)| !present.contains_key(shelf));
        fronts.extend(present);
        fronts.sort();
        Fronts::<T>::insert(class, FrontsOfClass::truncate_from(fronts));
    }
}

/// Gives every shelf that has no front one that is dearer than any job pays: each change of the index is then a change
/// of the longest list.
pub fn fill_index<T: Config>() {
    fill_shelves::<T>(Balance::MAX, u32::MAX, |_| true);
}

/// Terms under which collateral is twice the price.
fn terms() -> Terms {
    Terms {
        window_base: 1,
        bytes_per_tick: 1,
        accept_window: 1,
        min_deadline: 1,
        max_deadline: 1,
        auction: 1,
        max_auction: 1,
        retention: 1,
        max_attempts: 1,
        max_passes: 1,
        collateral_factor: 2,
        pass_fee: 0,
        bounty: 0,
        answer_time: 1,
        challenge_time: 1,
        demand_bond: 0,
        answer_price: 0,
        fee_ppm: 0,
        fee_floor_per_gigafuel: 0,
        fuel_per_byte: 0,
        max_fuel: u64::MAX,
        max_memory: u64::MAX,
    }
}

#[benchmarks(where T::Currency: frame_support::traits::fungible::Mutate<T::AccountId>)]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register() {
        let who = rich::<T>(2);

        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), endpoint(), stake::<T>());

        assert_eq!(Providers::<T>::get(&who).map(|provider| provider.stake), Some(stake::<T>()));
    }

    #[benchmark]
    fn set_endpoint() -> Result<(), BenchmarkError> {
        let who = provider::<T>(MAX_DEVICES)?;
        let moved = url(b'y');

        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), moved.clone());

        assert_eq!(Providers::<T>::get(&who).map(|provider| provider.endpoint), Some(moved));
        Ok(())
    }

    #[benchmark]
    fn add_stake() -> Result<(), BenchmarkError> {
        let who = provider::<T>(MAX_DEVICES)?;

        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), stake::<T>());

        assert_eq!(
            Providers::<T>::get(&who).map(|provider| provider.stake),
            Some(asks_stake::<T>() + stake::<T>() * 2)
        );
        Ok(())
    }

    #[benchmark]
    fn remove_stake() -> Result<(), BenchmarkError> {
        let who = provider::<T>(MAX_DEVICES)?;

        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), stake::<T>());

        assert_eq!(Providers::<T>::get(&who).map(|provider| provider.stake), Some(asks_stake::<T>()));
        Ok(())
    }

    #[benchmark]
    fn add_device() -> Result<(), BenchmarkError> {
        let who = provider::<T>(MAX_DEVICES - 1)?;

        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), spec());

        assert_eq!(Providers::<T>::get(&who).map(|provider| provider.devices.len() as u32), Some(MAX_DEVICES));
        Ok(())
    }

    #[benchmark]
    fn remove_device() -> Result<(), BenchmarkError> {
        let who = provider::<T>(MAX_DEVICES)?;

        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), 0);

        assert_eq!(AskIndex::<T>::iter_keys().count() as u32, MAX_DEVICES - 1);
        Ok(())
    }

    /// Replaces an ask: one entry of the index goes, another one comes.
    #[benchmark]
    fn set_ask() -> Result<(), BenchmarkError> {
        let who = provider::<T>(MAX_DEVICES)?;
        let other = Ask { per_gigafuel: 1, ..ASK };

        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), 0, Some(other));

        let offer = Providers::<T>::get(&who).and_then(|provider| provider.devices.get(&0)?.offer);
        assert_eq!(offer.map(|offer| offer.ask), Some(other));
        Ok(())
    }

    #[benchmark]
    fn deregister() -> Result<(), BenchmarkError> {
        let who = provider::<T>(MAX_DEVICES)?;

        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()));

        assert!(!Providers::<T>::contains_key(&who) && AskIndex::<T>::iter().next().is_none());
        Ok(())
    }

    /// A match, as far as the index goes. `n`: asks that are looked at. `f`: shelves with asks. Their fronts are
    /// cheaper than the ask that is found, in the least convenient order.
    #[benchmark]
    fn search(n: Linear<1, { Pallet::<T>::most_looked_at() }>, f: Linear<2, 600>) {
        let covers = T::CoverSteps::get();
        let need = Need {
            class: None,
            work: 1_000_000_000,
            fuel: 0,
            memory: MOST_MEMORY,
            ceiling: Balance::MAX,
            min_collateral: covers[COVER_STEPS - 1],
            terms: terms(),
        };
        // On one shelf everything fits, on the other some asks may. Nothing fits on the rest.
        let certain = Shelf {
            class: DeviceClass::Discrete,
            memory: MEMORY_SHELVES,
            cover: COVER_STEPS as u8,
            least: LeastJob::Any,
        };
        let uncertain = Shelf { least: LeastJob::Large, ..certain };
        let of_certain = T::MaxScan::get().min(n);
        let of_uncertain = n - of_certain;
        fill_shelves::<T>(1, f - 1 - of_uncertain.min(1), |shelf| !shelf.may_fit(&need, 1, &covers));

        let account = |seed| frame_benchmarking::account::<T::AccountId>("provider", seed, 0);
        let listing = |seed, minimum| Listing {
            provider: account(seed),
            device: 0,
            memory: u64::MAX,
            cover: Balance::MAX,
            ask: Ask { per_gigafuel: 1, minimum, slots: 1 },
        };
        // Asks of a provider that is excluded, and one that takes the job.
        for sequence in 0..of_certain {
            let rank = Rank { per_gigafuel: 2, sequence: sequence.into() };
            AskIndex::<T>::insert(certain, rank, listing(u32::from(sequence + 1 == of_certain), 0));
        }
        // Asks whose minimum is too high. They are cheaper.
        for sequence in of_certain..n {
            let rank = Rank { per_gigafuel: 1, sequence: sequence.into() };
            AskIndex::<T>::insert(uncertain, rank, listing(2, Balance::MAX));
        }
        Fronts::<T>::mutate(DeviceClass::Discrete, |fronts| {
            let mut add = |shelf, rank| {
                let at = fronts.binary_search_by_key(&shelf, |front: &(Shelf, Rank)| front.0).unwrap_or_else(|at| at);
                fronts.try_insert(at, (shelf, rank)).expect("one front for each shelf");
            };
            add(certain, Rank { per_gigafuel: 2, sequence: 0 });
            if of_uncertain > 0 {
                add(uncertain, Rank { per_gigafuel: 1, sequence: of_certain.into() });
            }
        });
        assert_eq!(Fronts::<T>::iter_values().map(|fronts| fronts.len() as u32).sum::<u32>(), f);
        // An engagement takes an ask out of the index. It weighs most if that was a front.
        let front = Rank { per_gigafuel: 2, sequence: 0 };
        let spot = Spot { shelf: certain, rank: front, listing: listing(1, 0) };
        let found;
        #[block]
        {
            found = Pallet::<T>::search(&need, &[account(0)]);
            Pallet::<T>::take_down(&spot);
        }
        assert_eq!(found.best.map(|bid| bid.provider), Some(account(1)));
    }

    /// What it adds that an engaged ask stays in the index, on a lower shelf.
    #[benchmark]
    fn relist() -> Result<(), BenchmarkError> {
        let who = provider::<T>(1)?;
        let device = Providers::<T>::get(&who).and_then(|provider| provider.devices.get(&0).cloned());
        let spot = device.and_then(|device| Pallet::<T>::spot(&who, 0, &device)).ok_or("it can take a job")?;
        let lower = Spot { shelf: Shelf { cover: 0, ..spot.shelf }, ..spot };
        Fronts::<T>::mutate(lower.shelf.class, |fronts| fronts.retain(|(shelf, _)| *shelf != lower.shelf));
        #[block]
        {
            Pallet::<T>::put_up(&lower);
        }
        assert!(AskIndex::<T>::contains_key(lower.shelf, lower.rank));
        Ok(())
    }

    /// An ask that was the front of a shelf leaves the index, and another one on the shelf becomes the front. `f`:
    /// shelves of the class with asks.
    #[benchmark]
    fn withdraw(f: Linear<1, { SHELVES_OF_CLASS }>) -> Result<(), BenchmarkError> {
        let who = provider::<T>(2)?;
        let devices = Providers::<T>::get(&who).ok_or("it is registered")?.devices;
        let mut spots: Vec<_> =
            devices.iter().filter_map(|(id, device)| Pallet::<T>::spot(&who, *id, device)).collect();
        spots.sort_by_key(|spot| spot.rank);
        let [first, second] = &spots[..] else { return Err("both can take a job".into()) };
        let mut others = f - 1;
        Fronts::<T>::mutate(first.shelf.class, |fronts| {
            fronts.retain(|(shelf, _)| {
                let stays = *shelf == first.shelf || others > 0;
                others -= u32::from(stays && *shelf != first.shelf);
                stays
            })
        });
        assert_eq!(Fronts::<T>::get(first.shelf.class).len() as u32, f);
        #[block]
        {
            Pallet::<T>::take_down(first);
        }
        let front = Fronts::<T>::get(first.shelf.class).into_iter().find(|(shelf, _)| *shelf == second.shelf);
        assert_eq!(front, Some((second.shelf, second.rank)));
        Ok(())
    }

    /// What a service of the queue costs in which no ask arrives.
    #[benchmark]
    fn arrivals_base() {
        let mut meter = WeightMeter::with_limit(T::WeightInfo::arrivals_base());
        #[block]
        {
            Pallet::<T>::serve_arrivals(&mut meter);
        }
        assert_eq!(ArrivalsCursor::<T>::get(), 0);
    }

    /// What passing one tick costs at which no ask arrives.
    #[benchmark]
    fn arrivals_tick() {
        let mut meter =
            WeightMeter::with_limit(T::WeightInfo::arrivals_base().saturating_add(T::WeightInfo::arrivals_tick()));
        #[block]
        {
            Pallet::<T>::serve_arrivals(&mut meter);
        }
        assert!(ArrivalsCursor::<T>::get() <= T::Clock::now());
    }

    /// An ask that becomes the front of a shelf, where every other shelf has one.
    #[benchmark]
    fn arrive() -> Result<(), BenchmarkError> {
        let who = provider::<T>(MAX_DEVICES)?;
        Pallet::<T>::set_ask(RawOrigin::Signed(who.clone()).into(), 0, Some(Ask { per_gigafuel: 1, ..ASK }))?;
        let (tick, (_, id)) = Arrivals::<T>::iter_keys().next().ok_or("an ask waits")?;
        let device = Providers::<T>::get(&who).and_then(|provider| provider.devices.get(&id).cloned());
        let spot = device.and_then(|device| Pallet::<T>::spot(&who, id, &device)).ok_or("it can take a job")?;
        Fronts::<T>::mutate(spot.shelf.class, |fronts| fronts.retain(|(shelf, _)| *shelf != spot.shelf));
        #[block]
        {
            Pallet::<T>::arrive(tick, &who, id);
        }
        assert!(AskIndex::<T>::contains_key(spot.shelf, spot.rank));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}

//! Benchmarks of the calls, each for a provider with as many devices as there can be.

use alloc::{vec, vec::Vec};

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

use super::*;

/// Looks up to which a search is measured.
const MAX_LOOKS: u32 = 32;

/// Memory steps of the shelves.
const MEMORY_SHELVES: u8 = 9;

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
    Ok(who)
}

/// Puts every ask that waits into the index, whatever its delay.
fn list_all<T: Config>() {
    let waiting: Vec<_> = Arrivals::<T>::iter_keys().collect();
    for (tick, (who, id)) in waiting {
        Pallet::<T>::arrive(tick, &who, id);
    }
}

/// Fills every shelf but one: the fronts are as many as they can be. The asks are dearer than any job pays.
fn fill_shelves<T: Config>(except: &Shelf) {
    for class in DeviceClass::ALL {
        let mut fronts = Vec::new();
        for memory in 0..=MEMORY_SHELVES {
            for cover in 0..=COVER_STEPS as u8 {
                for least in [LeastJob::Any, LeastJob::Modest, LeastJob::Large] {
                    fronts.push((
                        Shelf { class, memory, cover, least },
                        Rank { per_gigafuel: Balance::MAX, sequence: u64::MAX },
                    ));
                }
            }
        }
        fronts.retain(|(shelf, _)| shelf != except);
        Fronts::<T>::insert(class, FrontsOfClass::truncate_from(fronts));
    }
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

    /// `n`: asks that are looked at. Every shelf of every class has a front.
    #[benchmark]
    fn search(n: Linear<1, { MAX_LOOKS }>) {
        let looks = n.min(Pallet::<T>::most_looked_at());
        let shelf = Shelf { class: DeviceClass::Discrete, memory: 0, cover: 0, least: LeastJob::Any };
        fill_shelves::<T>(&shelf);
        let certain = T::MaxScan::get().min(looks);
        // On a shelf of which everything fits: asks of a provider that is excluded, and one that takes the job.
        let high = Shelf { memory: 1, ..shelf };
        let account = |seed| frame_benchmarking::account::<T::AccountId>("provider", seed, 0);
        let listing = |seed, memory| Listing {
            provider: account(seed),
            device: 0,
            memory,
            cover: Balance::MAX,
            ask: Ask { per_gigafuel: 1, minimum: 0, slots: 1 },
        };
        for seed in 0..certain {
            let rank = Rank { per_gigafuel: 2, sequence: seed.into() };
            AskIndex::<T>::insert(high, rank, listing(u32::from(seed + 1 == certain), u64::MAX));
        }
        // On a shelf of which some may fit: asks with too little memory. They are cheaper.
        for seed in certain..looks {
            let rank = Rank { per_gigafuel: 1, sequence: seed.into() };
            AskIndex::<T>::insert(shelf, rank, listing(2, 1));
        }
        Fronts::<T>::mutate(DeviceClass::Discrete, |fronts| {
            for (front, rank) in fronts.iter_mut().filter(|(front, _)| *front == high) {
                *rank = Rank { per_gigafuel: 2, sequence: 0 };
                let _ = front;
            }
            if looks > certain {
                let _ = fronts.try_insert(0, (shelf, Rank { per_gigafuel: 1, sequence: certain.into() }));
            }
        });
        let need = Need {
            class: None,
            work: 1_000_000_000,
            fuel: 0,
            memory: 2,
            ceiling: 10,
            min_collateral: 0,
            terms: terms(),
        };
        let found;
        #[block]
        {
            found = Pallet::<T>::search(&need, &[account(0)]);
        }
        assert_eq!(found.best.map(|bid| bid.provider), Some(account(1)));
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
        fill_shelves::<T>(&spot.shelf);
        #[block]
        {
            Pallet::<T>::arrive(tick, &who, id);
        }
        assert!(AskIndex::<T>::contains_key(spot.shelf, spot.rank));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}

//! Benchmarks of the calls, each for a provider with as many devices as there can be.

use alloc::vec;

use frame_benchmarking::v2::*;
use frame_support::traits::{fungible::Inspect, Consideration, Get};
use frame_system::RawOrigin;
use touchstone_primitives::{
    Ask, Balance, DeviceClass, DeviceId, DeviceSpec, MAX_DEVICES, MAX_ENDPOINT_BYTES, MAX_NAME_BYTES,
};

use super::*;

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
    Ok(who)
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

        assert_eq!(AskIndex::<T>::iter().count() as u32, MAX_DEVICES - 1);
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

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}

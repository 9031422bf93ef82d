//! The benchmark of what the clock does in each block.

use frame_benchmarking::v2::*;

use super::*;

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn tick() {
        #[block]
        {
            Pallet::<T>::note_space();
            Pallet::<T>::tick();
        }
        assert_eq!(Now::<T>::get(), 1);
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}

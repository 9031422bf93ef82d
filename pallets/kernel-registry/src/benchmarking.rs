//! Benchmarks of the calls.

use frame_benchmarking::v2::*;
use frame_support::traits::Consideration;
use frame_system::RawOrigin;
use touchstone_kir::{
    limits::{MAX_CONSTANTS, MAX_INSTRUCTIONS},
    Instr, Kernel, Module, Op, HEADER_BYTES,
};
use touchstone_primitives::KernelHash;

use super::*;

/// The shortest kernel: a header and one instruction.
const MIN_CODE_BYTES: u32 = (HEADER_BYTES + Instr::BYTES) as u32;

/// A valid kernel of `bytes` bytes (rounded down to what the format has). Instructions come first, in pairs that open
/// and close a construct: byte for byte they cost the validator most.
fn kernel(bytes: u32) -> (KernelHash, Code) {
    let tables = (bytes as usize).saturating_sub(HEADER_BYTES);
    let instructions = (tables / Instr::BYTES).clamp(1, MAX_INSTRUCTIONS);
    let constants = (tables.saturating_sub(instructions * Instr::BYTES) / 4).min(MAX_CONSTANTS);
    let code = (0..instructions)
        .map(|at| match at % 2 {
            0 if at + 1 < instructions => Instr::new(Op::Block, 0, 0, 0, at as u32 + 1),
            1 => Instr::new(Op::End, 0, 0, 0, 0),
            _ => Instr::new(Op::Gid, 0, 0, 0, 0),
        })
        .collect();
    let module =
        Module { window: 1, registers: 1, code, constants: (0..constants as u32).collect(), ..Default::default() };
    let kernel = Kernel::from_module(module).expect("the benchmark's kernel is valid");
    (kernel.hash(), kernel.encode().try_into().expect("it is within the limits"))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    /// `b`: length of the kernel, bytes.
    #[benchmark]
    fn upload(b: Linear<MIN_CODE_BYTES, MAX_CODE_BYTES>) {
        let owner: T::AccountId = whitelisted_caller();
        let (hash, code) = kernel(b);
        T::Consideration::ensure_successful(&owner, Pallet::<T>::footprint(&code));

        #[extrinsic_call]
        _(RawOrigin::Signed(owner.clone()), code);

        assert_eq!(Kernels::<T>::get(hash).map(|record| record.owner), Some(owner));
    }

    #[benchmark]
    fn remove() -> Result<(), BenchmarkError> {
        let owner: T::AccountId = whitelisted_caller();
        let (hash, code) = kernel(MAX_CODE_BYTES);
        T::Consideration::ensure_successful(&owner, Pallet::<T>::footprint(&code));
        Pallet::<T>::upload(RawOrigin::Signed(owner.clone()).into(), code)?;

        #[extrinsic_call]
        _(RawOrigin::Signed(owner), hash);

        assert!(!Kernels::<T>::contains_key(hash) && !Codes::<T>::contains_key(hash));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}

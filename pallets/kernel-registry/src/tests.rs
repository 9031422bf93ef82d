use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use proptest::prelude::*;
use sp_runtime::{traits::Dispatchable, DispatchError, TokenError, TryRuntimeError};
use touchstone_kir::{Bound, Instr, Kernel, Module, Op, ViewDecl};
use touchstone_primitives::{KernelHash, Kernels as _};

use crate::{mock::*, Code, Codes, Error, Event, HoldReason, Kernels, MAX_CODE_BYTES};

const MISSING: KernelHash = [7; 32];

fn signed(who: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

/// A kernel that stores `seed + g`, with `constants` more words to make it longer.
fn module(seed: u32, constants: usize) -> Module {
    Module {
        window: 1,
        registers: 2,
        code: vec![
            Instr::new(Op::Gid, 0, 0, 0, 0),
            Instr::binary_imm(Op::Add, 0, 0, seed),
            Instr::new(Op::Ostore, 0, 1, 0, 0),
        ],
        constants: vec![0; constants],
        ..Default::default()
    }
}

fn code(module: &Module) -> Code {
    module.encode().try_into().unwrap()
}

fn upload(who: AccountId, seed: u32) -> KernelHash {
    let code = code(&module(seed, 0));
    assert_ok!(KernelRegistry::upload(signed(who), code.clone()));
    Kernel::decode(&code).unwrap().hash()
}

fn held(who: AccountId) -> u128 {
    Balances::balance_on_hold(&HoldReason::Kernel.into(), &who)
}

#[track_caller]
fn refused(module: Module, error: Error<Test>) {
    refused_bytes(module.encode(), error);
}

#[track_caller]
fn refused_bytes(bytes: Vec<u8>, error: Error<Test>) {
    let code: Code = bytes.try_into().unwrap();
    run(|| {
        assert_noop!(KernelRegistry::upload(signed(ALICE), code), error);
    });
}

mod upload {
    use super::*;

    #[test]
    fn stores_a_valid_kernel_under_its_hash() {
        run(|| {
            let bytes = code(&module(5, 0));
            assert_ok!(KernelRegistry::upload(signed(ALICE), bytes.clone()));
            let hash: KernelHash = touchstone_kir::root(&bytes);
            assert_eq!(events(), [Event::Uploaded { hash, owner: ALICE, bytes: bytes.len() as u32 }]);
            assert_eq!(KernelRegistry::load(&hash).unwrap().encode(), bytes.to_vec());

            let view = KernelRegistry::view(hash).unwrap();
            assert_eq!((view.hash, view.owner, view.code, view.references), (hash, ALICE, bytes.to_vec(), 0));
        });
    }

    #[test]
    fn takes_a_deposit_that_grows_with_the_code() {
        run(|| {
            assert_ok!(KernelRegistry::upload(signed(ALICE), code(&module(1, 0))));
            assert_ok!(KernelRegistry::upload(signed(BOB), code(&module(1, 100))));
            assert!(held(ALICE) > 0);
            // 400 bytes more at 10 each, and one byte more of length prefix.
            assert_eq!(held(BOB), held(ALICE) + 4_010);
        });
    }

    #[test]
    fn needs_a_signature() {
        run(|| {
            let code = code(&module(1, 0));
            assert_noop!(KernelRegistry::upload(RuntimeOrigin::none(), code.clone()), DispatchError::BadOrigin);
            assert_noop!(KernelRegistry::upload(RuntimeOrigin::root(), code), DispatchError::BadOrigin);
        });
    }

    #[test]
    fn refuses_the_same_bytes_twice_from_anybody() {
        run(|| {
            upload(ALICE, 1);
            let again = code(&module(1, 0));
            assert_noop!(KernelRegistry::upload(signed(ALICE), again.clone()), Error::<Test>::AlreadyUploaded);
            assert_noop!(KernelRegistry::upload(signed(BOB), again), Error::<Test>::AlreadyUploaded);
        });
    }

    #[test]
    fn refuses_whoever_cannot_pay_the_deposit() {
        run(|| {
            assert_noop!(
                KernelRegistry::upload(signed(POOR), code(&module(1, 0))),
                DispatchError::Token(TokenError::FundsUnavailable)
            );
        });
    }

    #[test]
    fn accepts_the_longest_kernel_and_no_longer_one() {
        let longest = Module {
            window: 1,
            registers: 1,
            inputs: 1,
            segments: vec![64; 16],
            views: vec![ViewDecl { buffer: 0, bound: 0 }; 16],
            bounds: vec![Bound::constant(1); 128],
            code: vec![Instr::new(Op::Gid, 0, 0, 0, 0); 4096],
            constants: vec![1; 4096],
            ..Default::default()
        };
        let bytes = longest.encode();
        assert_eq!(bytes.len(), MAX_CODE_BYTES as usize);
        run(|| {
            assert_ok!(KernelRegistry::upload(signed(ALICE), code(&longest)));
        });
        assert!(Code::try_from([bytes, vec![0]].concat()).is_err());
    }
}

mod defects {
    use super::*;

    #[test]
    fn of_the_frame_are_named_not_a_kernel() {
        let good = module(1, 0).encode();
        refused_bytes(vec![], Error::NotAKernel);
        refused_bytes(good[..23].to_vec(), Error::NotAKernel);
        refused_bytes(good[..good.len() - 1].to_vec(), Error::NotAKernel);
        refused_bytes([&good[..], &[0]].concat(), Error::NotAKernel);
        refused_bytes([b"WGSL", &good[4..]].concat(), Error::NotAKernel);
        let mut reserved = good.clone();
        reserved[20] = 1;
        refused_bytes(reserved, Error::NotAKernel);
    }

    #[test]
    fn of_the_version_are_named() {
        let mut bytes = module(1, 0).encode();
        bytes[4] = 2;
        refused_bytes(bytes, Error::UnknownVersion);
    }

    #[test]
    fn of_the_header_are_named() {
        refused(Module { window: 0, ..module(1, 0) }, Error::CountOutOfRange);
        refused(Module { code: vec![], ..module(1, 0) }, Error::CountOutOfRange);
        refused(Module { registers: 257, ..module(1, 0) }, Error::CountOutOfRange);
    }

    #[test]
    fn of_the_tables_are_named() {
        refused(Module { segments: vec![0], ..module(1, 0) }, Error::InvalidSegment);
        refused(Module { segments: vec![1_000, 25], ..module(1, 0) }, Error::InvalidSegment);
        let views = vec![ViewDecl { buffer: 0, bound: 0 }];
        refused(Module { views: views.clone(), bounds: vec![Bound::constant(1)], ..module(1, 0) }, Error::InvalidView);
        refused(Module { views, inputs: 1, ..module(1, 0) }, Error::InvalidView);
        let bound = Bound { c: 0, cap: 9, m: 1, param: Some(3), shift: 0 };
        refused(Module { bounds: vec![bound], ..module(1, 0) }, Error::InvalidBound);
    }

    #[test]
    fn of_an_instruction_say_which() {
        let mut unknown = module(1, 0);
        unknown.code[2].op = 0x7F;
        refused(unknown, Error::InvalidInstruction(2));

        let mut register = module(1, 0);
        register.code[1].a = 200;
        refused(register, Error::InvalidInstruction(1));

        let mut unused = module(1, 0);
        unused.code[0].imm = 1;
        refused(unused, Error::InvalidInstruction(0));

        let mut unmatched = module(1, 0);
        unmatched.code.push(Instr::new(Op::End, 0, 0, 0, 0));
        refused(unmatched, Error::InvalidInstruction(3));
    }

    #[test]
    fn of_an_open_construct_are_named() {
        let mut open = module(1, 0);
        open.code[0] = Instr::new(Op::Block, 0, 0, 0, 2);
        refused(open, Error::Unclosed);
    }

    #[test]
    fn fit_the_four_bytes_of_a_module_error() {
        use codec::Encode;
        assert_eq!(Error::<Test>::InvalidInstruction(4_095).encode().len(), 3);
    }
}

mod remove {
    use super::*;

    #[test]
    fn returns_the_deposit() {
        run(|| {
            let hash = upload(ALICE, 1);
            events();
            assert_ok!(KernelRegistry::remove(signed(ALICE), hash));
            assert_eq!(events().last(), Some(&Event::Removed { hash, owner: ALICE }));
            assert_eq!((held(ALICE), Balances::free_balance(ALICE)), (0, ENDOWMENT));
            assert_eq!((KernelRegistry::view(hash), KernelRegistry::load(&hash)), (None, None));
            // The bytes can come back.
            upload(BOB, 1);
        });
    }

    #[test]
    fn is_for_the_owner_alone() {
        run(|| {
            let hash = upload(ALICE, 1);
            assert_noop!(KernelRegistry::remove(signed(BOB), hash), Error::<Test>::NotOwner);
            assert_noop!(KernelRegistry::remove(RuntimeOrigin::root(), hash), DispatchError::BadOrigin);
            assert_noop!(KernelRegistry::remove(signed(ALICE), MISSING), Error::<Test>::UnknownKernel);
        });
    }

    #[test]
    fn waits_for_the_last_reference() {
        run(|| {
            let hash = upload(ALICE, 1);
            assert_ok!(KernelRegistry::acquire(&hash));
            assert_ok!(KernelRegistry::acquire(&hash));
            assert_eq!(KernelRegistry::view(hash).unwrap().references, 2);
            assert_noop!(KernelRegistry::remove(signed(ALICE), hash), Error::<Test>::InUse);
            assert_ok!(KernelRegistry::release(&hash));
            assert_noop!(KernelRegistry::remove(signed(ALICE), hash), Error::<Test>::InUse);
            assert_ok!(KernelRegistry::release(&hash));
            assert_ok!(KernelRegistry::remove(signed(ALICE), hash));
        });
    }
}

mod references {
    use super::*;

    #[test]
    fn need_a_kernel() {
        run(|| {
            assert_noop!(KernelRegistry::acquire(&MISSING), Error::<Test>::UnknownKernel);
            assert_noop!(KernelRegistry::release(&MISSING), Error::<Test>::UnknownKernel);
        });
    }

    #[test]
    fn cannot_be_released_more_often_than_acquired() {
        run(|| {
            let hash = upload(ALICE, 1);
            assert_noop!(KernelRegistry::release(&hash), Error::<Test>::NotInUse);
        });
    }

    #[test]
    fn do_not_overflow() {
        run(|| {
            let hash = upload(ALICE, 1);
            Kernels::<Test>::mutate(hash, |record| record.as_mut().unwrap().references = u32::MAX);
            assert_noop!(KernelRegistry::acquire(&hash), Error::<Test>::TooManyReferences);
        });
    }
}

mod invariants {
    use super::*;

    #[test]
    fn try_state_catches_corruption() {
        let broken = |break_it: fn(KernelHash), complaint: &'static str| {
            new_test_ext().execute_with(|| {
                let hash = upload(ALICE, 1);
                assert_ok!(KernelRegistry::do_try_state());
                break_it(hash);
                assert_eq!(KernelRegistry::do_try_state(), Err(TryRuntimeError::Other(complaint)));
            });
        };
        broken(Codes::<Test>::remove, "a kernel has no code");
        broken(Kernels::<Test>::remove, "a code has no record");
        broken(|hash| Codes::<Test>::insert(hash, Code::default()), "a stored kernel is not valid");
        broken(|hash| Codes::<Test>::insert(hash, code(&module(2, 0))), "a kernel is kept under a wrong hash");
    }

    #[test]
    fn the_calls_dispatch_with_their_weight() {
        use frame_support::dispatch::GetDispatchInfo;
        run(|| {
            let short = RuntimeCall::KernelRegistry(crate::Call::upload { code: code(&module(1, 0)) });
            let long = RuntimeCall::KernelRegistry(crate::Call::upload { code: code(&module(1, 4_096)) });
            let time = |call: &RuntimeCall| call.get_dispatch_info().call_weight.ref_time();
            assert!(time(&long) > time(&short));
            assert_ok!(short.dispatch(signed(ALICE)));
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Bytes that differ anywhere from a valid kernel are refused or are another valid kernel: the state is lawful.
        #[test]
        fn no_bytes_corrupt_the_state(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
            new_test_ext().execute_with(|| {
                let mut bytes = module(9, 8).encode();
                for (index, value) in flips {
                    let at = index.index(bytes.len());
                    bytes[at] = value;
                }
                let _ = KernelRegistry::upload(signed(ALICE), bytes.try_into().unwrap());
                assert_ok!(KernelRegistry::do_try_state());
            });
        }

        /// References and the two calls in any order: the count is what was acquired and not released.
        #[test]
        fn the_count_is_what_is_still_acquired(steps in proptest::collection::vec(0u8..3, 0..60)) {
            new_test_ext().execute_with(|| {
                let hash = upload(ALICE, 1);
                let mut expected = Some(0u32);
                for step in steps {
                    match (step, expected) {
                        (0, Some(count)) => {
                            assert_ok!(KernelRegistry::acquire(&hash));
                            expected = Some(count + 1);
                        }
                        (1, Some(count)) => {
                            assert_eq!(KernelRegistry::release(&hash).is_ok(), count > 0);
                            expected = Some(count.saturating_sub(1));
                        }
                        (_, Some(count)) => {
                            assert_eq!(KernelRegistry::remove(signed(ALICE), hash).is_ok(), count == 0);
                            expected = (count > 0).then_some(count);
                        }
                        (_, None) => {
                            upload(ALICE, 1);
                            expected = Some(0);
                        }
                    }
                    assert_eq!(KernelRegistry::view(hash).map(|view| view.references), expected);
                    assert_ok!(KernelRegistry::do_try_state());
                }
            });
        }
    }
}

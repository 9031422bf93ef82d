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

    /// Bytes that differ anywhere from a valid kernel are refused or are another valid kernel: the state stays
    /// consistent.
    #[test]
    fn no_bytes_corrupt_the_state(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
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

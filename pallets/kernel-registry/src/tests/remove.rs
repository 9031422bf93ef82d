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

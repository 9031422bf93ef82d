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
fn refuses_an_account_that_cannot_pay_the_deposit() {
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

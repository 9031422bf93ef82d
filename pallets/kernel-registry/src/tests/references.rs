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

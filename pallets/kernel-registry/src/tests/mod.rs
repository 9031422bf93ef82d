//! What the pallet promises, one behaviour for each test.

mod defects;
mod invariants;
mod references;
mod remove;
mod upload;

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

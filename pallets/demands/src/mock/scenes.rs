//! The scenes of the benchmarks, prepared in the table of the mock.

use frame_support::traits::fungible::Mutate;
use touchstone_primitives::JobSpec;

use super::*;
use crate::benchmarking::{BenchmarkHelper, Scene};

/// Prepares scenes.
pub struct Scenes;

const JOB: JobId = JobId([1; 32]);

/// The accounts of the benchmarks, apart from those of the tests.
const FIRST: AccountId = 1_000;

impl BenchmarkHelper<AccountId> for Scenes {
    fn upload(_: Vec<u8>) {}

    fn commit(spec: JobSpec, trace: Buffer) -> Scene {
        // Each invocation writes one word.
        let outputs = spec.steps.iter().map(|step| (1, step.invocations * 4)).collect();
        let window_end = now() + TERMS.window(spec.deadline, 0);
        let outcome = Outcome::Open;
        let record = Record { trace, outputs, terms: TERMS, carried: false, window_end, open: 0, until: 0, outcome };
        let commitment = record.commitment(&JOB);
        Records::<Test>::insert(JOB, record);
        Scene { job: JOB, commitment }
    }

    fn rich(seed: u32) -> AccountId {
        let who = FIRST + AccountId::from(seed);
        assert_ok!(Balances::mint_into(&who, ENDOWMENT));
        who
    }

    fn set_tick(tick: Tick) {
        TestClock::set(tick);
    }

    fn settle(job: &JobId) {
        TestClock::set(record(*job).last_tick() + 1);
        settle_what_is_due();
    }

    fn is_challengeable(job: &JobId) -> bool {
        record(*job).outcome == Outcome::Open
    }
}

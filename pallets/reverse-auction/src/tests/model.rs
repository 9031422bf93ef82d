//! Random markets: after every step all pallets are consistent, and no coin is lost or created but for what burns in
//! public.

use frame_support::assert_ok;
use proptest::prelude::*;
use touchstone_primitives::{JobId, PassReason, Providers as _};

use crate::{mock::*, Deal, Jobs, Stage};

const JOBS: u8 = 3;

#[derive(Clone, Debug)]
enum Act {
    Submit { salt: u8, auction: bool, asset: bool, ceiling: u128 },
    Bid { salt: u8, provider: usize, price: u128 },
    Cancel { salt: u8 },
    Pass { salt: u8, provider: usize },
    Commit { salt: u8, right: bool, carries: bool },
    Accept { salt: u8 },
    Refute { salt: u8, word: u32 },
    Poke { salt: u8 },
    Ask { provider: usize, price: u128 },
    AddStake { provider: usize },
    Ticks { ticks: u32 },
}

fn act() -> impl Strategy<Value = Act> {
    let salt = || 0..JOBS;
    let provider = || 0..PROVIDERS.len();
    prop_oneof![
        4 => (salt(), any::<bool>(), any::<bool>(), 500u128..6_000)
            .prop_map(|(salt, auction, asset, ceiling)| Act::Submit { salt, auction, asset, ceiling }),
        4 => (salt(), provider(), 100u128..6_000)
            .prop_map(|(salt, provider, price)| Act::Bid { salt, provider, price }),
        1 => salt().prop_map(|salt| Act::Cancel { salt }),
        2 => (salt(), provider()).prop_map(|(salt, provider)| Act::Pass { salt, provider }),
        5 => (salt(), any::<bool>(), any::<bool>())
            .prop_map(|(salt, right, carries)| Act::Commit { salt, right, carries }),
        2 => salt().prop_map(|salt| Act::Accept { salt }),
        4 => (salt(), 0u32..4).prop_map(|(salt, word)| Act::Refute { salt, word }),
        1 => salt().prop_map(|salt| Act::Poke { salt }),
        2 => (provider(), 500u128..5_000).prop_map(|(provider, price)| Act::Ask { provider, price }),
        1 => provider().prop_map(|provider| Act::AddStake { provider }),
        4 => (1u32..14).prop_map(|ticks| Act::Ticks { ticks }),
    ]
}

/// Which job a salt stands for at present: a test reuses a salt with another specification.
#[derive(Default)]
struct Market {
    jobs: [Option<JobId>; JOBS as usize],
    counter: u8,
}

impl Market {
    fn job(&self, salt: u8) -> JobId {
        self.jobs[usize::from(salt)].unwrap_or(JobId([salt; 32]))
    }

    /// Does it and says whether the chain accepted it. What a job's state allows must work; everything else must fail.
    fn act(&mut self, act: &Act) {
        match *act {
            Act::Submit { salt, auction, asset, ceiling } => {
                self.counter += 1;
                let order = order().salt(self.counter).with(|spec| {
                    spec.ceiling = ceiling;
                    spec.asset = asset.then_some(ASSET);
                    if auction {
                        spec.matching = touchstone_primitives::Matching::Open { ticks: 3 };
                    }
                });
                self.jobs[usize::from(salt)] = Some(order.submit());
            }
            Act::Bid { salt, provider, price } => {
                let (id, who) = (self.job(salt), PROVIDERS[provider]);
                let Some(Stage::Open(auction)) = self.stage(salt) else {
                    assert!(bid(who, id, price).is_err());
                    return;
                };
                let job = job_record(id).expect("it is open");
                let beats = |best: &Deal<AccountId>| price < best.price;
                let admitted =
                    price <= job.spec.ceiling && auction.best.as_ref().is_none_or(beats) && !job.excludes(&who);
                let own = auction.best.is_some_and(|best| best.provider == who);
                let need = ReverseAuction::need(&job.spec, &job.terms, &job.appraisal);
                let obstacle = ProviderRegistry::obstacle(&who, 0, &need, price);
                let result = bid(who, id, price);
                // Who beats its own bid has slot and collateral of that bid free again: an obstacle may be gone then.
                if !admitted || !own {
                    assert_eq!(result.is_ok(), admitted && obstacle.is_none(), "{result:?}, {obstacle:?}");
                }
            }
            Act::Cancel { salt } => {
                let allowed = matches!(self.stage(salt), Some(Stage::Open(open)) if open.best.is_none());
                let result = ReverseAuction::cancel(RuntimeOrigin::signed(BUYER), self.job(salt));
                assert_eq!(result.is_ok(), allowed);
            }
            Act::Pass { salt, provider } => {
                let who = PROVIDERS[provider];
                let allowed = matches!(
                    self.stage(salt),
                    Some(Stage::Assigned(assigned)) if assigned.deal.provider == who && now() <= assigned.pass_by
                );
                let attempt = job_record(self.job(salt)).map_or(0, |job| job.attempt);
                let result =
                    ReverseAuction::pass(RuntimeOrigin::signed(who), self.job(salt), attempt, PassReason::Other);
                assert_eq!(result.is_ok(), allowed);
            }
            Act::Commit { salt, right, carries } => {
                let commit = if carries { carry } else { commit };
                let output = if right { right_output() } else { wrong_output() };
                let attempt = job_record(self.job(salt)).map_or(0, |job| job.attempt);
                if let Some(Stage::Assigned(assigned)) = self.stage(salt) {
                    assert_ok!(commit(assigned.deal.provider, self.job(salt), attempt, &output));
                } else {
                    assert!(commit(PROVIDERS[0], self.job(salt), attempt, &output).is_err());
                }
            }
            Act::Accept { salt } => {
                let allowed = matches!(self.stage(salt), Some(Stage::Committed(committed)) if !committed.is_accepted());
                assert_eq!(accept(BUYER, self.job(salt)).is_ok(), allowed);
            }
            Act::Refute { salt, word } => {
                let result = ReverseAuction::result(self.job(salt));
                let wrong = result.is_some_and(|result| result.trace == trace(&wrong_output()).buffer());
                let output = if wrong { wrong_output() } else { right_output() };
                let committed = matches!(self.stage(salt), Some(Stage::Committed(_)));
                // Words 1 and 2 of the wrong output: 5 for 4, and 6 is right.
                let allowed = committed && wrong && word == 1;
                assert_eq!(refute(self.job(salt), word, &output).is_ok(), allowed);
            }
            Act::Poke { salt } => {
                // The agenda has served everything that is due.
                assert!(ReverseAuction::poke(RuntimeOrigin::signed(WATCHER), self.job(salt)).is_err());
            }
            Act::Ask { provider, price } => set_ask(PROVIDERS[provider], price, 2),
            Act::AddStake { provider } => {
                assert_ok!(ProviderRegistry::add_stake(RuntimeOrigin::signed(PROVIDERS[provider]), 1_000));
            }
            Act::Ticks { ticks } => pass_ticks(ticks),
        }
    }

    fn stage(&self, salt: u8) -> Option<Stage<AccountId>> {
        Jobs::<Test>::get(self.job(salt)).map(|job| job.stage)
    }
}

/// What burned in public since the last call: (native coin, asset).
fn burned() -> (u128, u128) {
    let (mut native, mut asset) = (0, 0);
    for event in all_events() {
        match event {
            RuntimeEvent::Escrow(pallet_escrow::Event::CollateralForfeited { burned, .. }) => native += burned,
            RuntimeEvent::Escrow(pallet_escrow::Event::PassFeeBurned { job, payment, collateral }) => {
                native += collateral;
                let paid_in = job_record(job).and_then(|job| job.spec.asset);
                match paid_in {
                    None => native += payment.units(),
                    Some(_) => asset += payment.units(),
                }
            }
            RuntimeEvent::ProviderRegistry(pallet_provider_registry::Event::StakeBurned { amount, .. }) => {
                native += amount
            }
            _ => {}
        }
    }
    (native, asset)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_sequence_of_acts_loses_a_coin_or_the_thread(acts in prop::collection::vec(act(), 1..60)) {
        run_market(|| {
            let mut market = Market::default();
            burned();
            for act in acts {
                let before = (Balances::total_issuance(), Assets::total_supply(ASSET));
                market.act(&act);
                let (native, asset) = burned();
                let after = (Balances::total_issuance(), Assets::total_supply(ASSET));
                assert_eq!((before.0 - after.0, before.1 - after.1), (native, asset), "{act:?}");
                check_state();
            }
            // Every state has a timed exit: left alone, everything ends and everybody has back what is theirs.
            for _ in 0..6 {
                pass_ticks(TERMS.retention + 15);
            }
            assert_eq!(Jobs::<Test>::iter().count(), 0);
            assert_eq!(crate::Duties::<Test>::iter_keys().count(), 0);
            let others = [OTHER_BUYER, WATCHER, POOL].iter().chain(&PROVIDERS);
            let of_others: u128 = others.map(|who| Assets::balance(ASSET, *who)).sum();
            assert_eq!(free(BUYER), owned(BUYER));
            assert_eq!(Assets::balance(ASSET, BUYER), Assets::total_supply(ASSET) - of_others);
            for provider in PROVIDERS {
                assert_eq!(ProviderRegistry::view(provider).unwrap().open_jobs, 0);
                assert_ok!(ProviderRegistry::deregister(RuntimeOrigin::signed(provider)));
                assert_eq!(free(provider), owned(provider));
            }
        });
    }
}

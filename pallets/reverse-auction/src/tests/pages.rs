//! Lists are read in pages that look at a bounded number of entries.

use frame_support::assert_ok;
use touchstone_primitives::{
    views::{Cursor, JobView, Page, MAX_PAGE},
    JobId,
};

use crate::{mock::*, Duties, OpenAuctions, Stage};

const FIRST: AccountId = PROVIDERS[0];

/// Reads a list to its end, `limit` entries at a time.
fn all<Item>(limit: u32, read: impl Fn(Option<Cursor>, u32) -> Page<Item>) -> Vec<Item> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = read(after, limit);
        assert!(page.items.len() <= limit.clamp(1, MAX_PAGE) as usize);
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            return items;
        }
    }
}

fn ids(jobs: &[JobView<AccountId>]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

fn sorted(mut jobs: Vec<JobId>) -> Vec<JobId> {
    jobs.sort();
    jobs
}

/// Jobs in auction, each with another salt.
fn auctions(count: u32) -> Vec<JobId> {
    sorted(
        (0..count)
            .map(|salt| order().auction(5).salt(salt as u8).with(|spec| spec.ceiling += u128::from(salt)).submit())
            .collect(),
    )
}

#[test]
fn a_page_looks_at_as_many_entries_as_it_was_asked_for_and_never_more_than_64() {
    run(|| {
        let jobs = auctions(70);
        for (limit, looked_at) in [(0, 1), (1, 1), (7, 7), (MAX_PAGE, 64), (u32::MAX, 64)] {
            let page = ReverseAuction::open_auctions(None, limit);
            assert_eq!(ids(&page.items), jobs[..looked_at], "limit {limit}");
            assert!(page.next.is_some());
        }
        for limit in [1, 9, 64] {
            assert_eq!(ids(&all(limit, ReverseAuction::open_auctions)), jobs);
        }
    });
}

#[test]
fn a_page_that_ends_with_the_list_says_so() {
    run(|| {
        assert_eq!(ReverseAuction::open_auctions(None, 9), Page { items: vec![], next: None });
        auctions(3);
        assert!(ReverseAuction::open_auctions(None, 2).next.is_some());
        assert_eq!(ReverseAuction::open_auctions(None, 3).next, None);
    });
}

#[test]
fn the_entry_to_go_on_after_need_not_exist_any_more() {
    run(|| {
        let jobs = auctions(4);
        let page = ReverseAuction::open_auctions(None, 2);
        assert_ok!(ReverseAuction::cancel(RuntimeOrigin::signed(BUYER), jobs[1]));
        assert_eq!(ids(&ReverseAuction::open_auctions(page.next, 9).items), jobs[2..]);
    });
}

#[test]
fn a_cursor_of_a_strangers_making_reads_nothing_but_the_list() {
    run(|| {
        let jobs = auctions(3);
        for bytes in [vec![], vec![0; 31], vec![0xFF; 32], vec![0xFF; 1_000]] {
            let page = ReverseAuction::open_auctions(Some(Cursor(bytes)), 9);
            assert!(page.items.iter().all(|job| jobs.contains(&job.id)));
            assert_eq!(page.next, None);
        }
    });
}

#[test]
fn a_page_of_which_nothing_counts_still_moves_on() {
    run_market(|| {
        // Their windows are over, and they wait for their settlement because the agenda gets no time.
        set_ask(FIRST, 1_000, 200);
        pass_ticks(1);
        let jobs: Vec<_> = (0..6).map(|salt| order().salt(salt).submit()).collect();
        for job in &jobs {
            assert_ok!(commit(FIRST, *job, 1, &right_output()));
        }
        assert_eq!(all(2, ReverseAuction::challengeable).len(), 6);
        let Stage::Committed(committed) = stage(jobs[0]) else { panic!("it is committed") };
        jump(committed.window_end + 1 - now());
        assert_eq!(Duties::<Test>::iter_keys().count(), 6);

        let (mut after, mut pages) = (None, 0);
        loop {
            let page = ReverseAuction::challengeable(after, 2);
            assert_eq!(page.items, vec![]);
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(pages, 3);
    });
}

#[test]
fn challengeable_jobs_come_with_their_results() {
    run_market(|| {
        let job = order().submit();
        assert_eq!(ReverseAuction::challengeable(None, 9), Page { items: vec![], next: None }, "it is only assigned");
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let [challengeable] = ReverseAuction::challengeable(None, 9).items.try_into().expect("one result");
        assert_eq!(Some(challengeable.job), ReverseAuction::view(job));
        assert_eq!(Some(challengeable.result), ReverseAuction::result(job));
    });
}

#[test]
fn duties_are_the_jobs_that_a_provider_works_on_or_is_liable_for() {
    run_market(|| {
        let (working, committed) = (order().submit(), order().salt(1).submit());
        assert_ok!(commit(FIRST, committed, 1, &right_output()));
        for limit in [1, 2, 9] {
            let duties = all(limit, |after, limit| ReverseAuction::duties(FIRST, after, limit));
            assert_eq!(ids(&duties), sorted(vec![working, committed]));
            assert!(duties.iter().all(|duty| Some(duty) == ReverseAuction::view(duty.id).as_ref()));
        }
        assert_eq!(ReverseAuction::duties(PROVIDERS[1], None, 9).items, vec![]);
        pass_ticks(12);
        assert_eq!(ReverseAuction::duties(FIRST, None, 9).items, vec![]);
    });
}

#[test]
fn the_jobs_of_a_buyer_are_listed_until_their_records_go() {
    run_market(|| {
        let mine = sorted((0..5).map(|salt| order().salt(salt).submit()).collect());
        let theirs = Order { buyer: OTHER_BUYER, ..order() }.submit();
        for limit in [1, 2, 64] {
            assert_eq!(ids(&all(limit, |after, limit| ReverseAuction::jobs_of(BUYER, after, limit))), mine);
        }
        assert_eq!(ids(&ReverseAuction::jobs_of(OTHER_BUYER, None, 9).items), [theirs]);
        assert_eq!(ReverseAuction::jobs_of(WATCHER, None, 9), Page { items: vec![], next: None });

        // Closed jobs are listed as well: their buyer wants to know why they closed.
        let count = || ReverseAuction::jobs_of(BUYER, None, 64).items.len();
        pass_ticks(12);
        assert_eq!(count(), 5);
        pass_ticks(200);
        assert_eq!(count(), 0);
    });
}

#[test]
fn a_job_of_another_buyer_with_the_same_prefix_is_not_listed() {
    run(|| {
        let [job] = auctions(1).try_into().expect("one job");
        crate::Jobs::<Test>::mutate(job, |record| record.as_mut().expect("it is stored").job.buyer = OTHER_BUYER);
        assert_eq!(ReverseAuction::jobs_of(BUYER, None, 9), Page { items: vec![], next: None });
        crate::Jobs::<Test>::mutate(job, |record| record.as_mut().expect("it is stored").job.buyer = BUYER);
    });
}

#[test]
fn open_auctions_are_the_jobs_that_take_bids_now() {
    run_market(|| {
        let assigned = order().submit();
        let (sold, unsold, cancelled) =
            (order().auction(5).submit(), order().auction(5).salt(1).submit(), order().auction(9).salt(2).submit());
        let listed = || ids(&all(2, ReverseAuction::open_auctions));
        assert_eq!(listed(), sorted(vec![sold, unsold, cancelled]));
        assert_ok!(bid(FIRST, sold, 900));
        assert_ok!(ReverseAuction::cancel(RuntimeOrigin::signed(BUYER), cancelled));
        assert_eq!(listed(), sorted(vec![sold, unsold]));
        assert_ok!(commit(FIRST, assigned, 1, &right_output()));
        let Stage::Open(auction) = stage(unsold) else { panic!("it takes bids") };
        jump(auction.closes + 1 - now());
        assert_eq!(OpenAuctions::<Test>::iter_keys().count(), 2);
        assert_eq!(listed(), vec![], "their last tick for bids has passed");
    });
}

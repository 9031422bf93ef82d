//! How large proofs are.

use codec::Encode;
use proptest::prelude::*;
use touchstone_kir::{
    limits::{MAX_CHUNKS, MAX_INPUTS},
    open, ChunkRange, Kernel, Opening,
};
use touchstone_primitives::{Claim, CommitmentId, JobId, Proof, ProofLimits, Trace, MAX_INSTANCES};

use super::scene::{matmul_i8, noise, standard_matmul_i8, Dispatch, Scene};
use crate::{max_opened_bytes, max_proof_bytes, max_siblings, mock::*};

/// Prints past the test harness, which would swallow it: the sizes are for people to see.
macro_rules! report {
    ($($text:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{}\n", format_args!($($text)*))).unwrap()
    };
}

fn spread(chunks: u32, of: u32) -> Vec<ChunkRange> {
    ChunkRange::cover((0..chunks).map(|chunk| chunk * (of / chunks)))
}

/// An opening as large as one of `chunks` lone chunks in a buffer of 2^`height` KiB: its parts have the right sizes,
/// and nothing else about them matters here.
fn largest_opening(chunks: u32, height: u32) -> Opening {
    Opening {
        ranges: (0..chunks).map(|chunk| ChunkRange { first: chunk * 4096, count: 1 }).collect(),
        data: vec![0; chunks as usize * 1024],
        siblings: vec![[0; 32]; max_siblings(chunks, height) as usize],
    }
}

/// The largest proof: of a word that follows from eight outputs, whose roots are all far apart in the longest trace.
/// Buffers have up to 2 GiB, that trace 32 MiB.
fn largest_proof() -> Proof {
    assert_eq!(Trace::len_of(MAX_INSTANCES), 1 << (15 + 10));
    let share = MAX_CHUNKS / MAX_INPUTS as u32;
    Proof {
        trace: largest_opening(1 + MAX_INPUTS as u32, 15),
        output: largest_opening(1, 21),
        reads: vec![largest_opening(share, 21); MAX_INPUTS],
    }
}

/// A refutation of one element of an int8 matrix product of depth 4,096 with this kernel: its size as a transaction,
/// and the element as the chain computes it.
fn refute_an_element(name: &str, kernel: Kernel, further: &[u32]) -> (usize, u32) {
    // 64 rows and columns stand for 4,096: the trees are lower by a known number of levels, which is added below.
    let (m, n, k) = (64u32, 64u32, 4096u32);
    let params = [&[n, k / 4], further].concat();
    let step = Dispatch { kernel, params, reads: vec![0, 1, 2], invocations: m * n };
    let inputs = vec![noise((m * k) as usize, 1), noise((n * k) as usize, 2), noise((n * 4) as usize, 3)];
    let mut scene = Scene::new(inputs, vec![step]);
    let element = scene.word(0, 2_345);
    scene.corrupt(0, 2_345);
    scene.commit();
    let proof = scene.prove(0, 2_345);
    let chunks = |opening: &Opening| opening.ranges.iter().map(|range| range.count).sum::<u32>();
    assert_eq!(proof.reads.iter().map(chunks).collect::<Vec<_>>(), vec![4, 4, 1]);

    // The 4096³ product: 2^14 chunks of A and of Bᵀ (2^8 here), 2^4 of the bias (1), 2^16 of C (2^4).
    let higher = 2 * (14 - 8) + 4 + (16 - 4);
    let full = proof.encoded_size() + higher * 32;
    let transaction = full + (scene.claim(0, 2_345), scene.limits(0)).encoded_size() + SIGNATURE;
    report!(
        "{name}: refutation of one element at K = 4096: proof {} bytes for 64x64, {full} for 4096x4096; \
         {transaction} as a signed transaction; fuel {}",
        proof.encoded_size(),
        scene.contexts[0].fuel,
    );
    frame_support::assert_ok!(scene.refute_with(0, 2_345, proof));
    (transaction, element)
}

/// Address, signature and extensions of a transaction, at most.
const SIGNATURE: usize = 150;

#[test]
fn a_proof_about_a_matrix_product_of_depth_4096_is_under_16_kb() {
    run(|| {
        let (by_hand, element) = refute_an_element("written by hand", matmul_i8(), &[]);
        assert!(by_hand < 16 * 1024);
        let raw = [0, 0, 0, 1];
        let (standard, same) = refute_an_element("the standard kernel matmul_i8", standard_matmul_i8(), &raw);
        assert!(standard < 16 * 1024);
        assert_eq!(element, same);
    });
}

#[test]
fn the_bound_on_siblings_is_reached_by_chunks_spread_evenly() {
    for height in [4u32, 7, 10] {
        let leaves = 1u32 << height;
        let buffer = noise(leaves as usize * 1024, height);
        for chunks in (0..=height).map(|level| 1 << level) {
            let opening = open(&buffer, &spread(chunks, leaves)).unwrap();
            assert_eq!(opening.siblings.len() as u32, max_siblings(chunks, height), "{chunks} of {leaves}");
        }
    }
    assert_eq!(max_siblings(0, 21), 0);
    assert_eq!(max_siblings(1, 21), 21);
    assert_eq!(max_siblings(2, 21), 40);
    assert_eq!(max_siblings(512, 21), 512 * (21 - 9));
}

#[test]
fn the_largest_proof_has_exactly_the_stated_bounds() {
    let proof = largest_proof();
    assert_eq!(proof.opened_bytes(), max_opened_bytes());
    let (size, bound) = (proof.encoded_size() as u32, max_proof_bytes());
    report!("largest admissible proof: {size} bytes encoded, bound {bound}, {} bytes to hash", max_opened_bytes());
    assert!(size <= bound && bound < size + 128);
}

#[test]
fn the_largest_proof_fits_a_block_with_room_to_spare() {
    let proof = largest_proof();
    let claim = Claim { job: JobId([0; 32]), commitment: CommitmentId([0; 32]), instance: 0, word: 0 };
    let limits = ProofLimits { fuel: 1 << 24, code_bytes: 50_000 };
    let call = RuntimeCall::Disputes(crate::Call::refute { claim, limits, proof: Box::new(proof) });
    let max = touchstone_testing::max_block_bytes::<Test>();
    assert!((call.encoded_size() as u32) < Disputes::largest_refutation_bytes());
    assert!(Disputes::largest_refutation_bytes() < max / 2);
}

#[test]
fn the_largest_refutation_fits_an_operational_transaction_of_an_empty_block() {
    use frame_support::dispatch::DispatchClass;
    run(|| {
        let limits: frame_system::limits::BlockWeights = <Test as frame_system::Config>::BlockWeights::get();
        let max = limits.get(DispatchClass::Operational).max_extrinsic.unwrap();
        assert!(Disputes::largest_refutation_weight().all_lte(max));
    });
}

proptest! {
    /// No other way of opening as many chunks takes more siblings.
    #[test]
    fn no_opening_has_more_siblings_than_the_bound(
        height in 0u32..8,
        picks in prop::collection::btree_set(0u32..128, 1..64),
    ) {
        let leaves = 1u32 << height;
        let chunks: std::collections::BTreeSet<u32> = picks.into_iter().map(|pick| pick % leaves).collect();
        let buffer = noise(leaves as usize * 1024, 1);
        let opening = open(&buffer, &ChunkRange::cover(chunks.iter().copied())).unwrap();
        prop_assert!(opening.siblings.len() as u32 <= max_siblings(chunks.len() as u32, height));
    }

    /// However the chunks are shared among the buffers, the even split is the worst.
    #[test]
    fn no_split_among_buffers_takes_more_siblings_than_the_even_one(
        cuts in prop::collection::vec(0u32..=MAX_CHUNKS, 7),
    ) {
        let mut cuts = cuts;
        cuts.extend([0, MAX_CHUNKS]);
        cuts.sort();
        let siblings: u32 = cuts.windows(2).map(|pair| max_siblings(pair[1] - pair[0], 21)).sum();
        prop_assert!(siblings <= 8 * max_siblings(MAX_CHUNKS / 8, 21));
    }
}

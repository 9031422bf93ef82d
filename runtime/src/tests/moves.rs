//! What a dispute takes: the size, weight and fee of each transaction, and how many of them lead to a refutation.
//!
//! `scripts/bench.sh moves` prints the tables.

use codec::Encode;
use frame_support::dispatch::GetDispatchInfo;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::Alice;
use touchstone_kir::{ChunkRange, Kernel, Node, Opening, Reveal, BYTES_LEVEL, CHUNK};
use touchstone_primitives::{
    Claim, CommitmentId, JobId, Proof, ProofLimits, Subject, Target, Trace, MAX_INSTANCES, ROOTS_PER_CHUNK,
};

use pallet_demands::MAX_SHOWN;
use pallet_disputes::WeightInfo;

use super::chain::{genesis_of, signed, Chain};
use crate::{
    constants::TSN,
    parameters::{development_terms, live_terms},
    *,
};

const KIB: u32 = 1 << 10;
const OUTPUTS: [(&str, u32); 3] = [("16 KiB", 16 * KIB), ("64 MiB", 64 * KIB * KIB), ("2 GiB", 2048 * KIB * KIB)];
const TRACES: [(&str, u32); 3] = [("16", 16), ("1,000", 1_000), ("2²⁰", MAX_INSTANCES)];

/// The nodes that are demanded one after the other, from the root of a buffer of `len` bytes to its last chunk.
fn nodes(len: u32) -> Vec<Node> {
    let last = len.div_ceil(CHUNK as u32) - 1;
    let below = |node: &Node| Node::over(last, node.revealed_level()?, len);
    std::iter::successors(Some(Node::top(len)), below).collect()
}

/// Levels between a chunk and the root of a buffer of `len` bytes: the siblings of its path, at most.
fn height(len: u32) -> u8 {
    Node::top(len).level
}

/// An opening of one chunk of a buffer of `len` bytes, by its size.
fn opening(len: u32, chunks: u32) -> Opening {
    let bytes = (CHUNK as u32 * chunks).min(len) as usize;
    let siblings = usize::from(height(len)).saturating_sub(chunks.ilog2() as usize);
    Opening {
        ranges: vec![ChunkRange { first: 0, count: chunks }],
        data: vec![0; bytes],
        siblings: vec![[0; 32]; siblings],
    }
}

/// A transaction as it is sent.
struct Cost {
    bytes: usize,
    /// Weight with the extensions and what every transaction weighs, picoseconds.
    weight: u64,
    fee: Balance,
}

fn cost(call: impl Into<RuntimeCall>) -> Cost {
    let transaction = signed(Alice, call);
    let info = transaction.get_dispatch_info();
    let base = configs::system::Weights::get().get(info.class).base_extrinsic;
    let weight = info.total_weight().saturating_add(base).ref_time();
    let bytes = transaction.encoded_size();
    let fee = TransactionPayment::query_info(transaction, bytes as u32).partial_fee;
    Cost { bytes, weight, fee }
}

/// A demand for a node of an output, or of the trace if there is no output.
fn demand(trace: u32, output: Option<u32>, node: Node) -> Cost {
    let target = match output {
        Some(_) => Target::Output { instance: 0, trace: opening(trace, 1) },
        None => Target::Trace,
    };
    let siblings = height(output.unwrap_or(trace)).saturating_sub(node.level);
    let path = vec![[0; 32]; siblings.into()].try_into().expect("no buffer is so high");
    let by = Subject { instance: Some(0), node };
    let shown_by = vec![by; MAX_SHOWN as usize].try_into().expect("at the limit");
    let (job, commitment, value) = (JobId([0; 32]), CommitmentId([0; 32]), [0; 32]);
    cost(pallet_demands::Call::demand { job, commitment, target, node, value, path, shown_by })
}

/// The answer about a node of a buffer of `len` bytes.
fn answer(len: u32, node: Node) -> Cost {
    let chunks = node.chunks(len).expect("it is a node of the buffer").count;
    let reveal = match node.revealed_level() {
        Some(level) => Reveal::Nodes(vec![[0; 32]; chunks.div_ceil(1 << level) as usize]),
        None => Reveal::Bytes(vec![0; (chunks * CHUNK as u32).min(len) as usize]),
    };
    let subject = Subject { instance: Some(0), node };
    cost(pallet_demands::Call::reveal { commitment: CommitmentId([0; 32]), subject, reveal })
}

/// The refutation of one element of an int8 matrix product of depth 4,096 with the standard kernel, and what the judge
/// itself takes of its weight: four chunks of each factor and one of the bias, of buffers of 16 MiB and 16 KiB.
fn refutation(trace: u32, output: u32) -> (Cost, u64) {
    let kernel = Kernel::decode(include_bytes!("../../../kernels/kir/matmul_i8.kir")).expect("the kernel is valid");
    let (n, k) = (4096, 4096);
    let lens = [n * k, n * k, n * 4];
    let fuel = kernel.cost(&[n, k / 4, 0, 0, 0, 1], &lens).expect("it can be refuted").fuel;
    let limits = ProofLimits { fuel, code_bytes: kernel.encode().len() as u32 };
    let reads = vec![opening(lens[0], 4), opening(lens[1], 4), opening(lens[2], 1)];
    let proof = Box::new(Proof { trace: opening(trace, 1), output: opening(output, 1), reads });
    let claim = Claim { job: JobId([0; 32]), commitment: CommitmentId([0; 32]), instance: 0, word: 0 };
    let judge = {
        type Weights = <Runtime as pallet_disputes::Config>::WeightInfo;
        let interpreted = Weights::refute(fuel as u32).saturating_sub(Weights::refute(0));
        interpreted + Weights::load(limits.code_bytes) + Weights::open(proof.opened_bytes())
    };
    (cost(pallet_disputes::Call::refute { claim, limits, proof }), judge.ref_time())
}

fn tsn(amount: Balance) -> f64 {
    amount as f64 / TSN as f64
}

fn micro(weight: u64) -> f64 {
    weight as f64 / 1e6
}

/// Inside a block, where fees are known.
fn in_a_block(body: impl FnOnce()) {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| Chain::new().block(body));
}

#[test]
fn every_transaction_of_a_dispute_has_the_stated_size_weight_and_fee() {
    in_a_block(|| {
        println!("\n| transaction | bytes | µs | fee, TSN |\n|---|---|---|---|");
        let row = |name: &str, cost: &Cost| {
            println!("| {name} | {} | {:.0} | {:.6} |", cost.bytes, micro(cost.weight), tsn(cost.fee));
        };
        let (longest, largest) = (Trace::len_of(MAX_INSTANCES), OUTPUTS[2].1);
        let (served, judge) = refutation(longest, largest);
        row("refutation of an element of a product of depth 4,096, in the largest output and trace", &served);
        println!("| of this, the judge: hashing, decoding the kernel, interpretation | | {:.0} | |", micro(judge));
        assert!(served.bytes <= 16 * 1024, "{} bytes", served.bytes);
        // The rest is what follows from a refutation: coins, records, and the search for another provider.
        assert!(judge <= 1_000_000_000, "{judge} ps");

        let chunk = Node { level: 0, position: 0 };
        row("demand for the top of the trace", &demand(longest, None, Node::top(longest)));
        row("demand for a node of the largest output, with the longest path", &demand(longest, Some(largest), chunk));
        let nodes = answer(largest, Node::top(largest));
        row("answer of 256 nodes", &nodes);
        let bytes = answer(largest, Node { level: BYTES_LEVEL, position: 0 });
        row("answer of 64 chunks", &bytes);
        for answer in [nodes, bytes] {
            assert!(answer.bytes <= 66_000, "{} bytes", answer.bytes);
            // What an answer is paid covers its fee.
            assert!(answer.fee <= development_terms().answer_price, "a fee of {}", answer.fee);
        }
        for terms in [development_terms(), live_terms()] {
            assert!(terms.demand_bond >= 2 * terms.answer_price);
        }
    });
}

/// The challenger pays all fees, and all prices until the refutation, which returns them. The blocks count from the
/// first demand to the refutation with it, in blocks that all count for the clock.
#[test]
fn no_dispute_takes_more_than_six_answers_or_half_a_coin() {
    in_a_block(|| {
        let terms = development_terms();
        println!(
            "\n| output | instances | served: transactions | withheld: answers | blocks, answered at once | blocks, \
             answered at the last tick | blocks, never answered | fees of the challenger, TSN | prices, TSN |\n\
             |---|---|---|---|---|---|---|---|---|"
        );
        for (output_name, output) in OUTPUTS {
            for (trace_name, instances) in TRACES {
                let trace = Trace::len_of(instances);
                assert_eq!(trace, instances * CHUNK as u32 / ROOTS_PER_CHUNK);
                let (of_trace, of_output) = (nodes(trace), nodes(output));
                let answers = (of_trace.len() + of_output.len()) as u32;
                let demands = of_trace.iter().map(|node| demand(trace, None, *node));
                let demands = demands.chain(of_output.iter().map(|node| demand(trace, Some(output), *node)));
                let fees = demands.map(|cost| cost.fee).sum::<Balance>() + refutation(trace, output).0.fee;
                let prices = terms.answer_price * Balance::from(answers);
                println!(
                    "| {output_name} | {trace_name} | 1 | {answers} | {} | {} | {} | {:.4} | {:.2} |",
                    2 * answers + 1,
                    answers * (terms.answer_time + 1) + 1,
                    terms.answer_time + 2,
                    tsn(fees),
                    tsn(prices),
                );
                assert!(answers <= 6, "{answers} answers");
                assert!(fees + prices <= TSN / 2, "{} TSN", tsn(fees + prices));
                // The bounty repays the fees.
                assert!(fees <= terms.bounty, "{} TSN", tsn(fees));
                let largest = of_trace.iter().map(|node| answer(trace, *node));
                let largest = largest.chain(of_output.iter().map(|node| answer(output, *node)));
                assert!(largest.map(|cost| cost.bytes).max() <= Some(66_000));
            }
        }
    });
}

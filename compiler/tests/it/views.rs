//! Inferred views: the cost of loads in counted loops, and that their results do not change.

use std::fmt::Write;

use crate::common::{compiled, outputs, source as standard};
use touchstone_generate::Random;
use touchstone_kir::{interpret, Kernel, Slices};

fn source(body: &str) -> String {
    format!(
        "const WINDOW: u32 = 1;
struct Params {{ p: u32, q: u32, r: u32 }}
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read> fours: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
    let g = id.x;
    var n = 0u;
    {body}
    output[g] = n;
}}"
    )
}

fn kernel(body: &str) -> Kernel {
    compiled(&source(body)).kernel
}

/// Chunks of the two inputs, both too long to limit them.
#[track_caller]
fn chunks(body: &str, params: [u32; 3]) -> [u32; 2] {
    let kernel = kernel(body);
    let cost = kernel.cost(&params, &[1 << 24, 1 << 24]).unwrap_or_else(|error| panic!("{error}: {body}"));
    [cost.chunks[0], cost.chunks[1]]
}

fn views(body: &str) -> usize {
    kernel(body).module().views.len()
}

#[test]
fn a_row_costs_its_length_and_not_its_loads() {
    let body = "for (var i = 0u; i < params.p; i++) { n += words[g * params.p + i]; }";
    for (p, expected) in [(0, 1), (1, 2), (256, 2), (257, 3), (1024, 5), (10_000, 41)] {
        assert_eq!(chunks(body, [p, 0, 0]), [expected, 0], "{p}");
    }
}

#[test]
fn matmul_needs_no_declaration() {
    let declared = standard("matmul_i8");
    let inferred: String =
        declared.lines().filter(|line| !line.contains("bound_reads(")).map(|line| format!("{line}\n")).collect();
    assert_ne!(declared, inferred);
    let params = [4096, 1024, 0, 0, 0, 1];
    let lengths = [1 << 24, 1 << 24, 4 * 4096];
    let cost = |source: &str| compiled(source).kernel.cost(&params, &lengths).unwrap();
    assert_eq!(cost(&inferred).chunks[..3], [5, 5, 1]);
    assert_eq!(cost(&inferred).total_chunks(), 11);
    assert_eq!(cost(&inferred).chunks, cost(declared).chunks);
}

#[test]
fn argmax_needs_no_declaration_but_for_the_load_before_its_loop() {
    let inferred = standard("argmax").replace("bound_reads(0, row, params.n);", "");
    let cost = compiled(&inferred).kernel.cost(&[1000], &[1 << 24]).unwrap();
    assert_eq!(cost.total_chunks(), 6);
}

#[test]
fn each_form_of_a_counter_is_followed() {
    for (body, expected) in [
        // From elsewhere, inclusive, in steps, downwards.
        ("for (var i = 5u; i < 1005u; i++) { n += words[g + i]; }", 5),
        ("for (var i = 0u; i <= 1000u; i++) { n += words[g + i]; }", 5),
        ("for (var i = 0u; i < 2000u; i += 2u) { n += words[g + i]; }", 9),
        ("for (var i = 1000u; i > 0u; i--) { n += words[g + i]; }", 5),
        ("for (var i = 999i; i >= 0i; i -= 3i) { n += words[g + u32(i)]; }", 5),
        // A second counter, before and after its step.
        ("var at = g * 7u; for (var i = 0u; i < 1000u; i++) { n += words[at]; at++; }", 5),
        ("var at = g * 7u; for (var i = 0u; i < 1000u; i++) { at += 2u; n += words[at]; }", 9),
        ("var at = g; for (var i = 0u; i < 1000u; i++) { if n > 3u { at += 1u; } n += words[at]; }", 5),
        // Scaled, subtracted from, and both.
        ("for (var i = 0u; i < 500u; i++) { n += words[2u * i + g]; }", 5),
        ("for (var i = 0u; i < 500u; i++) { n += words[(i << 2u) + g]; }", 9),
        ("for (var i = 0u; i < 1000u; i++) { n += words[g - i]; }", 5),
        ("for (var i = 0u; i < 1000u; i++) { n += words[3u * i - i + (g - i)]; }", 5),
        // A while loop, a declared bound, a second condition, an early exit.
        ("var i = 0u; while i < 1000u { n += words[g + i]; i++; }", 5),
        ("var i = 0u; loop { loop_bound(1000u); n += words[g + i]; i++; if n > 9u { break; } }", 5),
        ("for (var i = 0u; i < 1000u && n < 99u; i++) { n += words[g + i]; }", 5),
        ("for (var i = 0u; i < 1000u; i++) { if n == 7u { continue; } n += words[g + i]; }", 5),
        // A base that is a variable.
        ("var row = g; if g > 4u { row = 2u * g; } for (var i = 0u; i < 1000u; i++) { n += words[row + i]; }", 5),
    ] {
        assert_eq!(chunks(body, [0; 3]), [expected, 0], "{body}");
    }
}

#[test]
fn bounds_of_each_shape_make_lengths() {
    for (body, params, expected) in [
        ("for (var i = 0u; i < params.p / 4u; i++) { n += words[g + i]; }", [4096, 0, 0], 5),
        ("for (var i = 0u; i < params.p * 3u + 5u; i++) { n += words[g + i]; }", [400, 0, 0], 6),
        ("for (var i = 0u; i < min(params.p, 300u); i++) { n += words[g + i]; }", [4000, 0, 0], 3),
        ("for (var i = 0u; i < params.p; i += 4u) { n += words[g + i]; }", [1024, 0, 0], 6),
        ("for (var i = 0u; i < params.p; i++) { n += words[g + 3u * i]; }", [1000, 0, 0], 13),
        ("for (var i = 0u; i < min(params.p, 300u); i++) { n += words[g + 2u * i]; }", [4000, 0, 0], 4),
    ] {
        assert_eq!(chunks(body, params), [expected, 0], "{body}");
    }
}

#[test]
fn groups_of_four_words_are_followed_too() {
    let row = "for (var i = 0u; i < params.p / 4u; i++) { let f = fours[g * (params.p / 4u) + i]; n += f.x ^ f.w; }";
    assert_eq!(chunks(row, [1024, 0, 0]), [0, 5]);
    let skipping = "for (var i = 0u; i < 64u; i++) { let f = fours[g + 2u * i]; n += f.x; }";
    assert_eq!(chunks(skipping, [0; 3]), [0, 3]);
}

#[test]
fn loads_beside_each_other_share_a_view() {
    let body = "for (var i = 0u; i < 1000u; i++) { n += words[g + i - 1u] + 2u * words[g + i] + words[g + i + 1u]; }";
    assert_eq!(chunks(body, [0; 3]), [5, 0]);
    assert_eq!(views(body), 1);
    let rows = "for (var i = 0u; i < 100u; i++) { \
         n += words[g + i] + words[g + i + params.q] + words[g + i + 2u * params.q]; }";
    assert_eq!(chunks(rows, [0, 640, 0]), [6, 0]);
    assert_eq!(views(rows), 3);
    let apart = "for (var i = 0u; i < 100u; i++) { n += words[g + i] + words[g + i + 10000u]; }";
    assert_eq!(chunks(apart, [0; 3]), [4, 0]);
}

#[test]
fn a_view_is_declared_before_the_outermost_loop_for_which_that_is_cheapest() {
    let table = "for (var y = 0u; y < 30u; y++) { for (var x = 0u; x < 30u; x++) { n += words[g + 30u * y + x]; } }";
    assert_eq!(chunks(table, [0; 3]), [5, 0]);
    let rows = "for (var y = 0u; y < 30u; y++) { for (var x = 0u; x < 30u; x++) { n += words[g + 9999u * y + x]; } }";
    assert_eq!(chunks(rows, [0; 3]), [60, 0]);
    let by_parameter =
        "for (var y = 0u; y < 30u; y++) { for (var x = 0u; x < 30u; x++) { n += words[g + params.q * y + x]; } }";
    assert_eq!(chunks(by_parameter, [0; 3]), [60, 0]);
    let stays = "for (var y = 0u; y < 300u; y++) { for (var x = 0u; x < 9u; x++) { n += words[g + y] ^ x; } }";
    assert_eq!(chunks(stays, [0; 3]), [3, 0]);
}

#[test]
fn what_cannot_be_followed_costs_a_chunk_a_turn() {
    for body in [
        // A step of more than 255 words, an index from memory, a product of counters, a base that changes.
        "for (var i = 0u; i < 40u; i++) { n += words[i * 1000u + g]; }",
        "for (var i = 0u; i < 40u; i++) { n += words[(g * 77u) ^ i]; }",
        "for (var i = 0u; i < 40u; i++) { n = words[n]; }",
        "for (var i = 0u; i < 40u; i++) { n += words[i * i]; }",
        "var at = 0u; for (var i = 0u; i < 40u; i++) { at += i; n += words[at]; }",
        "var at = 1u; for (var i = 0u; i < 40u; i++) { at = at * 2u; n += words[at]; }",
    ] {
        assert!(chunks(body, [0; 3])[0] >= 40, "{body}");
        assert_eq!(views(body), 0, "{body}");
    }
    let short = "for (var i = 0u; i < 2u; i++) { n += words[g + i]; }";
    assert_eq!((chunks(short, [0; 3]), views(short)), ([2, 0], 0));
}

#[test]
fn a_declared_view_is_left_as_it_is() {
    let body = "bound_reads(0, g, 4u); for (var i = 0u; i < 1000u; i++) { n += words[g + i]; }";
    assert_eq!((chunks(body, [0; 3]), views(body)), ([2, 0], 1));
    let words: Vec<u32> = (1..100).collect();
    assert_eq!(outputs(&source(body), &[0; 3], &[words, vec![0; 4]], 2), [10, 14]);
}

#[test]
fn at_most_16_views_are_used_for_what_gains_most() {
    let body: String = (0..20u32)
        .map(|at| format!("for (var i = 0u; i < {}u; i++) {{ n += words[g * {at}u + i]; }}", 10 + 20 * at))
        .collect();
    let (free, bounded): (u32, u32) =
        ((0..4).map(|at| 10 + 20 * at).sum(), (4..20u32).map(|at| (10 + 20 * at).div_ceil(256) + 1).sum());
    assert_eq!((chunks(&body, [0; 3]), views(&body)), ([free + bounded, 0], 16));
}

#[test]
fn an_index_that_counts_up_through_zero_reads_the_beginning() {
    let words: Vec<u32> = (1..=20).map(|word| 1 << word).collect();
    // Invocation g reads words g − 5 … g + 4.
    let body = "for (var i = 0u; i < 10u; i++) { n += words[g + i - 5u]; }";
    assert_eq!(views(body), 1);
    let expected: Vec<u32> =
        (0..30i32).map(|g| (g - 5..g + 5).filter_map(|at| words.get(usize::try_from(at).ok()?)).sum()).collect();
    assert_eq!(outputs(&source(body), &[0; 3], &[words.clone(), vec![0; 4]], 30), expected);
    let down = "for (var i = 0u; i < 10u; i++) { n += words[g - i]; }";
    assert_eq!(views(down), 1);
    let expected: Vec<u32> =
        (0..30i32).map(|g| (g - 9..=g).filter_map(|at| words.get(usize::try_from(at).ok()?)).sum()).collect();
    assert_eq!(outputs(&source(down), &[0; 3], &[words, vec![0; 4]], 30), expected);
}

#[test]
fn counters_that_part_from_each_other_do_not_cancel() {
    let words: Vec<u32> = (1..=40).collect();
    let word = |at: u32| words.get(at as usize).copied().unwrap_or(0);
    // A step that some iterations skip.
    let mut expected = [0u32; 3];
    let [sums, halves, skipped] = &mut expected;
    let (mut j, mut k, mut c) = (0, 0, 0);
    for i in 0..8 {
        *sums += word(i - j);
        j += u32::from(*sums & 64 != 0);
        *halves += word(2 * i - k);
        k += u32::from(*halves & 1 != 0);
        *skipped += word(i - c);
        c += u32::from(*skipped % 3 != 0);
    }
    let bodies = [
        "var j = 0u; for (var i = 0u; i < 8u; i++) { n += words[i - j]; if (n & 64u) != 0u { j += 1u; } }",
        "var k = 0u; for (var i = 0u; i < 8u; i++) { n += words[2u * i - k]; if (n & 1u) != 0u { k += 1u; } }",
        "var c = 0u; for (var i = 0u; i < 8u; i++) { n += words[i - c]; if n % 3u == 0u { continue; } c += 1u; }",
    ];
    for (body, expected) in bodies.into_iter().zip(expected) {
        assert_eq!(outputs(&source(body), &[0; 3], &[words.clone(), vec![0; 4]], 1), [expected], "{body}");
    }
}

/// A random nest of loops around loads with affine indices, as text and evaluated directly.
struct Nest {
    loops: Vec<Loop>,
    loads: Vec<Load>,
}

struct Loop {
    /// The bound: a constant, or parameter p, q or r.
    turns: Result<u32, usize>,
    start: u32,
    step: u32,
}

struct Load {
    four: bool,
    /// Factors of the counters.
    counters: Vec<u32>,
    /// Factors of the numbers of the iterations.
    turns: Vec<u32>,
    /// Factors of p, q, r and g.
    others: [u32; 4],
    constant: u32,
    /// How many of the loops are around it.
    depth: usize,
}

const NAMES: [&str; 4] = ["params.p", "params.q", "params.r", "g"];

impl Nest {
    fn random(random: &mut Random) -> Nest {
        let factor = |random: &mut Random| match random.below(8) {
            0..=2 => 1,
            3 => 0,
            4 => 2,
            5 => u32::MAX,
            6 => random.below(70),
            _ => random.word(),
        };
        let depth = 1 + random.below(3) as usize;
        let loops = (0..depth)
            .map(|_| Loop {
                turns: if random.one_in(3) { Err(random.below(3) as usize) } else { Ok(random.below(9)) },
                start: if random.one_in(2) { 0 } else { random.below(20) },
                step: 1 + random.below(3),
            })
            .collect();
        let loads = (0..1 + random.below(4))
            .map(|_| Load {
                four: random.one_in(3),
                counters: (0..depth).map(|_| factor(random)).collect(),
                turns: (0..depth).map(|_| if random.one_in(2) { 0 } else { factor(random) }).collect(),
                others: std::array::from_fn(|_| if random.one_in(2) { 0 } else { factor(random) }),
                constant: match random.below(3) {
                    0 => 0,
                    1 => random.below(30).wrapping_sub(15),
                    _ => random.word(),
                },
                depth: 1 + random.below(depth as u32) as usize,
            })
            .collect();
        Nest { loops, loads }
    }

    fn print(&self) -> String {
        let mut text = String::new();
        for (at, around) in self.loops.iter().enumerate() {
            let turns = match around.turns {
                Ok(turns) => format!("{turns}u"),
                Err(param) => format!("min({}, 9u)", NAMES[param]),
            };
            let Loop { start, step, .. } = around;
            // The counter in the index is not the one that counts the iterations.
            let _ = writeln!(text, "var c{at} = {start}u; for (var t{at} = 0u; t{at} < {turns}; t{at}++) {{");
            for load in self.loads.iter().filter(|load| load.depth == at + 1) {
                let mut index = format!("{}u", load.constant);
                for (counter, factor) in load.counters.iter().enumerate().take(at + 1) {
                    let _ = write!(index, " + c{counter} * {factor}u");
                }
                for (turn, factor) in load.turns.iter().enumerate().take(at + 1).filter(|(_, factor)| **factor != 0) {
                    let _ = write!(index, " + t{turn} * {factor}u");
                }
                for (name, factor) in NAMES.iter().zip(load.others) {
                    let _ = write!(index, " + {name} * {factor}u");
                }
                let _ = match load.four {
                    true => writeln!(text, "{{ let f = fours[{index}]; n = n * 31u + (f.x ^ f.y ^ f.z ^ f.w); }}"),
                    false => writeln!(text, "n = n * 33u + words[{index}];"),
                };
            }
            if around.step == 3 {
                let _ = writeln!(text, "if (n & 1u) == 0u {{ continue; }}");
            }
            let _ = writeln!(text, "c{at} += {step}u;");
        }
        text + &"}".repeat(self.loops.len())
    }

    fn evaluate(&self, params: [u32; 3], g: u32, words: &[u32], fours: &[u32]) -> u32 {
        let mut n = 0;
        self.turn(0, &mut Vec::new(), [params[0], params[1], params[2], g], [words, fours], &mut n);
        n
    }

    /// `counters` are those of the enclosing loops, with the numbers of their iterations.
    fn turn(&self, at: usize, counters: &mut Vec<(u32, u32)>, others: [u32; 4], inputs: [&[u32]; 2], n: &mut u32) {
        let Some(around) = self.loops.get(at) else { return };
        let turns = around.turns.unwrap_or_else(|param| others[param].min(9));
        counters.push((around.start, 0));
        for turn in 0..turns {
            counters[at].1 = turn;
            for load in self.loads.iter().filter(|load| load.depth == at + 1) {
                let mut index = load.constant;
                let factors = load.counters.iter().zip(&load.turns);
                for ((counter, turn), (of_counter, of_turn)) in counters.iter().zip(factors) {
                    index =
                        index.wrapping_add(counter.wrapping_mul(*of_counter)).wrapping_add(turn.wrapping_mul(*of_turn));
                }
                for (value, factor) in others.iter().zip(&load.others) {
                    index = index.wrapping_add(value.wrapping_mul(*factor));
                }
                let [words, fours] = inputs;
                let word = |words: &[u32], at: u32| words.get(at as usize).copied().unwrap_or(0);
                *n = match load.four {
                    true => {
                        let lanes = (0..4).map(|lane| word(fours, index.wrapping_mul(4).wrapping_add(lane)));
                        let lanes = if index >= 1 << 30 { 0 } else { lanes.fold(0, |a, b| a ^ b) };
                        n.wrapping_mul(31).wrapping_add(lanes)
                    }
                    false => n.wrapping_mul(33).wrapping_add(word(words, index)),
                };
            }
            if around.step == 3 && *n & 1 == 0 {
                continue;
            }
            counters[at].0 = counters[at].0.wrapping_add(around.step);
            self.turn(at + 1, counters, others, inputs, n);
        }
        counters.pop();
    }
}

#[test]
fn random_nests_of_loops_read_what_they_say() {
    let (mut inferred, mut loads) = (0, 0);
    for seed in 0..1500 {
        let mut random = Random::new(seed);
        let nest = Nest::random(&mut random);
        let text = source(&nest.print());
        let kernel = compiled(&text).kernel;
        inferred += kernel.module().views.len();
        loads += nest.loads.len();
        let words: Vec<u32> = (0..1 + random.below(60)).map(|_| random.word()).collect();
        let fours: Vec<u32> = (0..1 + random.below(60)).map(|_| random.word()).collect();
        let bytes = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let inputs = [bytes(&words), bytes(&fours)];
        let lengths = [inputs[0].len() as u32, inputs[1].len() as u32];
        for _ in 0..4 {
            let params: [u32; 3] = std::array::from_fn(|_| match random.below(4) {
                0 => random.below(9),
                1 => random.below(80).wrapping_sub(40),
                2 => (random.below(80).wrapping_sub(40)).wrapping_add(1 << 31),
                _ => random.word(),
            });
            let fuel = kernel.cost(&params, &lengths).unwrap().fuel;
            for g in [0, 1, 2, 7, 30, u32::MAX - 3] {
                let mut reader = Slices(&[&inputs[0], &inputs[1]]);
                let got = interpret(&kernel, &params, &lengths, g, &mut reader, fuel).unwrap();
                let expected = nest.evaluate(params, g, &words, &fours);
                assert_eq!(got, [expected], "seed {seed}, params {params:?}, invocation {g}\n{text}");
            }
        }
    }
    println!("{inferred} views for {loads} loads");
    assert!(inferred > 500 && loads > 3000, "{inferred} views for {loads} loads");
}

//! Compares facts with executions: the fact of an instruction holds whenever the instruction is executed.

use std::collections::HashMap;

use touchstone_generate::{generate, Generated, Random};
use touchstone_kir::{alu, Instr, Kernel, Module, Op};

use super::{
    facts::{facts, Counter, Facts, StoreFact},
    tree::tree,
};

/// An execution that checks at each instruction whether the facts hold.
struct CheckedExecution<'a> {
    module: &'a Module,
    facts: &'a Facts,
    params: &'a [u32],
    inputs: &'a [Vec<u32>],
    invocation: u32,
    registers: Vec<u32>,
    views: Vec<Option<(u32, u32)>>,
    scratch: Vec<Vec<u32>>,
    window: Vec<u32>,
    turns: Vec<u32>,
    /// By the numbers of loads, since the current iteration of a loop began: buffer, index and whether it is one of
    /// four words.
    numbered: HashMap<u16, (u8, u32, bool)>,
    /// What is said when a fact fails.
    about: String,
}

impl<'a> CheckedExecution<'a> {
    fn new(
        module: &'a Module,
        facts: &'a Facts,
        params: &'a [u32],
        inputs: &'a [Vec<u32>],
        invocation: u32,
        about: String,
    ) -> Self {
        CheckedExecution {
            module,
            facts,
            params,
            inputs,
            invocation,
            registers: vec![0; 256],
            views: vec![None; module.views.len()],
            scratch: module.segments.iter().map(|&words| vec![0; usize::from(words)]).collect(),
            window: vec![0; usize::from(module.window)],
            turns: vec![0; 8],
            numbered: HashMap::new(),
            about,
        }
    }

    fn run(mut self) -> Vec<u32> {
        let mut pc = 0;
        while let Some(&instr) = self.module.code.get(pc) {
            let op = instr.opcode().unwrap();
            if !matches!(op, Op::Else | Op::End | Op::EndLoop) {
                self.ask(pc, instr, op);
            }
            pc = self.step(pc, instr, op);
        }
        self.window
    }

    fn bound(&self, bound: u16) -> u32 {
        self.module.bounds[usize::from(bound)].value(self.params)
    }

    fn ask(&self, at: usize, instr: Instr, op: Op) {
        let about = || format!("{}, {} at {at}", self.about, op.name());
        let fact = self.facts.at[at].unwrap_or_else(|| panic!("{}: not reached", about()));
        let Instr { d, a, b, imm, .. } = instr;
        for (range, register) in
            [(fact.a, a), (fact.b, b), (fact.c, imm as u8), (fact.e, (imm >> 8) as u8), (fact.d, d)]
        {
            let word = self.registers[usize::from(register)];
            let is_one = usize::from(register) < usize::from(self.module.registers);
            assert!(!is_one || range.contains(word), "{}: r{register} = {word:#x}, not in {range:x?}", about());
        }
        let taken = match op {
            Op::If | Op::BreakIf | Op::ContinueIf => Some(self.registers[usize::from(a)] != 0),
            _ => None,
        };
        assert!(taken.is_none() || fact.taken.is_none() || fact.taken == taken, "{}: taken {taken:?}", about());
        if matches!(op, Op::LoadView | Op::Load4View) {
            let view = self.views[usize::from(b)];
            let size = self.bound(self.module.views[usize::from(b)].bound);
            let index = u64::from(self.registers[usize::from(a)].wrapping_add(imm));
            let (first, words) = if op == Op::LoadView { (index, 1) } else { (4 * index, 4) };
            assert!(view.is_some() || !fact.view.is_set, "{}: not set", about());
            if let (Some((base, len)), true) = (view, fact.view.is_set) {
                assert_eq!(len, size);
                let end = u64::from(base) + u64::from(len);
                assert!(!fact.view.is_plain || end <= 1 << 32, "{}: wraps", about());
                let is_inside = u64::from(base) <= first && first + words <= end;
                assert!(is_inside || !fact.view.is_inside, "{}: {first} is outside of {base} + {len}", about());
            }
        }
    }

    fn word(&self, buffer: u8, index: u64) -> u32 {
        usize::try_from(index).ok().and_then(|at| self.inputs[usize::from(buffer)].get(at).copied()).unwrap_or(0)
    }

    /// Executes one instruction and returns the index of the next.
    fn step(&mut self, pc: usize, instr: Instr, op: Op) -> usize {
        let Instr { d, a, b, imm, .. } = instr;
        let index = self.registers[usize::from(a)].wrapping_add(imm);
        match op {
            Op::Load | Op::Load4 => self.ask_words(pc, op, b, index),
            Op::LoadView | Op::Load4View => self.ask_words(pc, op, self.module.views[usize::from(b)].buffer, index),
            Op::Ostore => self.ask_store(pc, index),
            _ => {}
        }
        let r = |register: u8| self.registers[usize::from(register)];
        let (x, y, z, w) = (r(a), r(b), r(imm as u8), r((imm >> 8) as u8));
        let (low, high) = (usize::from(instr.low()), usize::from(instr.high()));
        let next = pc + 1;
        let level = usize::from(d) % 8;
        let value = match op {
            Op::If => {
                // Behind the `else`, or to the `end`.
                let otherwise = if low == high { low } else { low + 1 };
                return if x == 0 { otherwise } else { next };
            }
            Op::Else => return imm as usize,
            Op::End | Op::Block => return next,
            Op::Loop => {
                self.turns[level] = 0;
                if self.bound(instr.high()) == 0 {
                    return low + 1;
                }
                self.turn(pc, 0);
                return next;
            }
            Op::EndLoop => {
                self.turns[level] += 1;
                if self.turns[level] < self.bound(instr.high()) {
                    self.turn(low, self.turns[level]);
                    return low + 1;
                }
                let fact = self.facts.loops[&low];
                assert!(!fact.is_left, "{}: the loop at {low} reaches its bound", self.about);
                if let Some(Counter { register, last, .. }) = fact.counter {
                    assert_eq!(self.registers[usize::from(register)], last, "{}: at {low}", self.about);
                }
                return next;
            }
            Op::Break => return low + 1,
            Op::BreakIf => return if x != 0 { low + 1 } else { next },
            Op::Continue => return low,
            Op::ContinueIf => return if x != 0 { low } else { next },
            Op::Const => imm,
            Op::Gid => self.invocation,
            Op::Param => self.params[usize::from(b)],
            Op::Len => self.inputs[usize::from(b)].len() as u32,
            Op::Select => {
                if z != 0 {
                    x
                } else {
                    y
                }
            }
            Op::ExtractU => alu::extract_u(x, y, z),
            Op::ExtractS => alu::extract_s(x, y, z),
            Op::Insert => alu::insert(x, y, z, w),
            Op::Dot4AccU => r(d).wrapping_add(alu::dot4_u(x, y)),
            Op::Dot4AccS => r(d).wrapping_add(alu::dot4_s(x, y)),
            Op::Mad => r(d).wrapping_add(x.wrapping_mul(y)),
            Op::Load => self.word(b, index.into()),
            Op::LoadView => {
                let inside = self.views[usize::from(b)].is_some_and(|(base, len)| index >= base && index - base < len);
                if inside {
                    self.word(self.module.views[usize::from(b)].buffer, index.into())
                } else {
                    0
                }
            }
            Op::Load4 | Op::Load4View => {
                let first = 4 * u64::from(index);
                let (buffer, inside) = match op {
                    Op::Load4 => (b, true),
                    _ => {
                        let view = self.views[usize::from(b)];
                        let inside = view.is_some_and(|(base, len)| {
                            u64::from(base) <= first && first + 4 <= u64::from(base) + u64::from(len)
                        });
                        (self.module.views[usize::from(b)].buffer, inside)
                    }
                };
                for lane in 0..4u8 {
                    let word = if inside { self.word(buffer, first + u64::from(lane)) } else { 0 };
                    self.registers[usize::from(d + lane)] = word;
                }
                return next;
            }
            Op::View => {
                let size = self.bound(self.module.views[usize::from(b)].bound);
                self.views[usize::from(b)] = Some((x, size));
                return next;
            }
            Op::Cload => {
                let at = (x < u32::from(instr.high())).then(|| low + x as usize);
                at.map_or(0, |at| self.module.constants[at])
            }
            Op::Sload => self.scratch[usize::from(b)].get(index as usize).copied().unwrap_or(0),
            Op::Oload => self.window.get(index as usize).copied().unwrap_or(0),
            Op::Sstore | Op::Ostore => {
                let value = r(d);
                let words = if op == Op::Ostore { &mut self.window } else { &mut self.scratch[usize::from(b)] };
                if let Some(word) = words.get_mut(index as usize) {
                    *word = value;
                }
                return next;
            }
            _ if instr.is_immediate() => alu::binary(op, x, imm).unwrap(),
            _ => alu::binary(op, x, y).or_else(|| alu::unary(op, x)).unwrap(),
        };
        let fact = self.facts.at[pc].unwrap();
        assert!(
            fact.result.contains(value),
            "{}, {} at {pc}: {value:#x}, not in {:x?}",
            self.about,
            op.name(),
            fact.result
        );
        if let Some(same) = fact.same {
            assert_eq!(r(same), value, "{}, {} at {pc}: not what r{same} holds", self.about, op.name());
        }
        self.registers[usize::from(d)] = value;
        next
    }

    /// What is said about the index of a store to the window.
    fn ask_store(&self, at: usize, index: u32) {
        let StoreFact { is_fourth, steps } = self.facts.at[at].unwrap().store;
        assert!(!is_fourth || index.is_multiple_of(4), "{}: the store at {at} goes to {index}", self.about);
        let is_inside = |of: usize| (of..usize::from(self.module.code[of].low())).contains(&at);
        if let Some((of, first, step)) = steps.filter(|steps| is_inside(steps.0)) {
            let turn = self.turns[usize::from(self.module.code[of].d) % 8];
            let expected = first.wrapping_add(step.wrapping_mul(turn));
            assert_eq!(index, expected, "{}: the store at {at} in turn {turn} of {of}", self.about);
        }
    }

    /// A load with a number reads what is there, and the same words as the one before it with that number, as long as
    /// no way leads back.
    fn ask_words(&mut self, at: usize, op: Op, buffer: u8, index: u32) {
        let Some(number) = self.facts.at[at].unwrap().words else { return };
        let is_four = matches!(op, Op::Load4 | Op::Load4View);
        let words = self.inputs[usize::from(buffer)].len();
        let elements = if is_four { words.div_ceil(4) } else { words };
        assert!((index as usize) < elements, "{}: the load at {at} reads {index} of {elements}", self.about);
        let read = (buffer, index, is_four);
        let before = *self.numbered.entry(number).or_insert(read);
        assert_eq!(read, before, "{}: the load at {at} does not read the words {number}", self.about);
    }

    /// Checks that the counter has the stated value at the start of an iteration.
    fn turn(&mut self, at: usize, turn: u32) {
        self.numbered.clear();
        let fact = self.facts.loops[&at];
        assert!(!fact.runs_once || turn == 0, "{}: the loop at {at} runs again", self.about);
        if let Some(Counter { register, first, step, .. }) = fact.counter {
            let expected = first.wrapping_add(step.wrapping_mul(turn));
            assert_eq!(self.registers[usize::from(register)], expected, "{}: counter at {at}", self.about);
        }
    }
}

fn holds(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocations: u32, about: &str) -> usize {
    let module = kernel.module();
    let words: Vec<Vec<u32>> = inputs
        .iter()
        .map(|bytes| bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect())
        .collect();
    let lengths: Vec<u32> = words.iter().map(|words| words.len() as u32).collect();
    let found = facts(module, &tree(&module.code), params, &lengths, invocations);
    for invocation in 0..invocations {
        let about = format!("{about}, invocation {invocation}");
        CheckedExecution::new(module, &found, params, &words, invocation, about).run();
    }
    found.at.iter().flatten().filter(|fact| fact.result.known().is_some() || fact.taken.is_some()).count()
}

#[test]
fn facts_about_random_kernels_hold() {
    let kernels =
        std::env::var("TOUCHSTONE_FACTS").map_or(1500, |count| count.parse().expect("TOUCHSTONE_FACTS is a number"));
    let mut known = 0;
    for seed in 0..kernels {
        let Generated { kernel, params, inputs, invocations } =
            generate(seed, [8, 24, 64, 200][seed as usize % 4]).unwrap();
        known += holds(&kernel, &params, &inputs, invocations.min(12), &format!("seed {seed}"));
    }
    assert!(known > 1000, "only {known} facts");
}

/// Kernels as a compiler makes them: counted loops, guarded indices, views, steps through memory.
#[test]
fn facts_about_structured_kernels_hold() {
    let mut random = Random::new(7);
    for round in 0..300 {
        let [n, stride, offset, cap] = [1, 1, 0, 3].map(|least| least + random.below(9));
        let condition = ["i < p.n", "i <= p.n", "i != p.n", "i + 1u < p.n * 2u"][random.below(4) as usize];
        let step = ["i++", "i += 2u", "i += p.stride", "i = i * 2u + 1u"][random.below(4) as usize];
        let index = [
            "i",
            "id.x * p.n + i",
            "max(i, 1u) - 1u",
            "min(i + 1u, p.n - 1u)",
            "i & 7u",
            "(id.x / p.n) * p.n + id.x % p.n",
        ][random.below(6) as usize];
        let guard = ["true", "at < p.n", "i32(at) >= 0 && i32(at) < 5", "at > 2u || i == 0u"][random.below(4) as usize];
        let source = format!(
            "const WINDOW: u32 = 42;
            struct Params {{ n: u32, stride: u32 }}
            @group(0) @binding(0) var<storage, read> words: array<u32>;
            @group(0) @binding(8) var<uniform> p: Params;
            @group(0) @binding(9) var<storage, read_write> out: array<u32>;
            @compute @workgroup_size(64)
            fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
                var t: array<u32, 8>;
                var sum = 0u;
                bound_reads(0, id.x * p.n, p.n + {offset});
                for (var i = 0u; {condition}; {step}) {{
                    loop_bound({cap}u);
                    let at = {index};
                    if {guard} {{
                        t[at] = words[at] + sum;
                        sum += words[id.x * p.n + i] / (i + {stride});
                        if sum > 1000000u {{ continue; }}
                    }}
                    sum ^= t[i % 8u] >> (i & 3u);
                }}
                out[id.x * WINDOW] = sum;
                out[id.x * WINDOW + 1u] = t[sum % 9u];
                for (var i = 0u; i < p.n; i++) {{
                    loop_bound(5000u);
                    out[id.x * WINDOW + {offset}u + i * {cap}u] = sum;
                    out[id.x * WINDOW + (t[i % 8u] & 9u) * 4u] = words[i] + words[i + {stride}u];
                }}
            }}"
        );
        let kernel = match crate::compile(&source) {
            Ok(compiled) => compiled.kernel,
            Err(error) => panic!("{}", error.render(&source, "test.wgsl")),
        };
        let words = (0..40).flat_map(|_| (random.bits() as u32).to_le_bytes()).collect();
        holds(&kernel, &[n, stride], &[words], 9, &format!("round {round}\n{source}"));
    }
}

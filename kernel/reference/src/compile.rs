//! A tree of statements as a tree of closures (§2).

use std::collections::BTreeSet;

use crate::{
    arithmetic::{binary, extract, insert, product, sum, unary},
    cost::{fuel, fuel_before},
    decode::{Instruction, Statement, View},
    Program, Reference,
};

/// How a statement ends.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    Next,
    /// Behind the end of the k-th construct around it.
    Break(usize),
    /// To the end of the k-th construct around it, a loop.
    Continue(usize),
}
use Flow::*;

type Code = Box<dyn Fn(&mut Machine<'_>) -> Flow + Send + Sync>;

/// The statements of a program.
#[derive(Default)]
pub(crate) struct Compiled(Vec<Code>);

struct Machine<'a> {
    params: &'a [u32],
    inputs: &'a [Vec<u8>],
    constants: &'a [u32],
    invocation: u32,
    /// Values of the bounds.
    bounds: Vec<u64>,
    registers: [u32; 256],
    /// Where each view begins and ends, as numbers beyond 32 bits.
    views: Vec<(u64, u64)>,
    scratch: Vec<Vec<u32>>,
    done: Reference,
}

impl Program {
    /// Runs one invocation.
    ///
    /// # Panics
    /// If the arguments do not fit the kernel.
    pub fn run(&self, params: &[u32], inputs: &[Vec<u8>], invocation: u32) -> Reference {
        assert_eq!((params.len(), inputs.len()), (self.params, self.inputs));
        let mut machine = Machine {
            params,
            inputs,
            constants: &self.constants,
            invocation,
            bounds: self.bounds.iter().map(|bound| bound.value(params)).collect(),
            registers: [0; 256],
            views: vec![(0, 0); self.views.len()],
            scratch: self.segments.iter().map(|words| vec![0; *words]).collect(),
            done: Reference { words: vec![0; self.window], fuel: fuel_before(self.window), chunks: BTreeSet::new() },
        };
        assert!(machine.all(&self.compiled.0) == Next);
        machine.done
    }
}

impl Machine<'_> {
    fn all(&mut self, code: &[Code]) -> Flow {
        for statement in code {
            let flow = statement(self);
            if flow != Next {
                return flow;
            }
        }
        Next
    }

    /// A word of a buffer: 0 beyond it, else its chunk has been read.
    fn word(&mut self, buffer: usize, index: u64) -> u32 {
        let at = index as usize * 4;
        let Some(bytes) = self.inputs[buffer].get(at..at + 4) else { return 0 };
        self.done.chunks.insert((buffer as u8, (index / 256) as u32));
        bytes.iter().rev().fold(0, |word, byte| word * 256 + u32::from(*byte))
    }
}

impl Compiled {
    pub(crate) fn of(program: &Program) -> Compiled {
        Compiled(program.code(&program.body))
    }
}

impl Program {
    fn code(&self, statements: &[Statement]) -> Vec<Code> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&self, statement: &Statement) -> Code {
        match statement {
            Statement::Plain(instruction) => self.plain(*instruction),
            Statement::Block(body) => {
                let body = self.code(body);
                Box::new(move |machine| {
                    machine.done.fuel += 1;
                    let flow = machine.all(&body);
                    leave(machine, flow)
                })
            }
            Statement::If { condition, then, otherwise } => {
                let (condition, then) = (*condition, self.code(then));
                let has_else = otherwise.is_some();
                let otherwise = self.code(otherwise.as_deref().unwrap_or_default());
                Box::new(move |machine| {
                    machine.done.fuel += 1;
                    let flow = if machine.registers[condition] == 0 {
                        machine.all(&otherwise)
                    } else {
                        let flow = machine.all(&then);
                        // It runs into the `else`.
                        machine.done.fuel += u64::from(has_else && flow == Next);
                        flow
                    };
                    leave(machine, flow)
                })
            }
            Statement::Loop { bound, body } => {
                let (bound, body) = (*bound, self.code(body));
                Box::new(move |machine| {
                    machine.done.fuel += 1;
                    for _ in 0..machine.bounds[bound] {
                        match machine.all(&body) {
                            // The `end_loop`.
                            Next | Continue(0) => machine.done.fuel += 1,
                            Break(0) => break,
                            further => return outwards(further),
                        }
                    }
                    Next
                })
            }
        }
    }

    fn plain(&self, instruction: Instruction) -> Code {
        let Instruction { op, d, a, b, imm } = instruction;
        let cost = fuel(op);
        // What only computes a value for r[d].
        fn value(d: usize, cost: u64, of: impl Fn(&mut Machine<'_>) -> u32 + Send + Sync + 'static) -> Code {
            Box::new(move |machine| {
                machine.done.fuel += cost;
                machine.registers[d] = of(machine);
                Next
            })
        }
        let index = move |machine: &Machine<'_>| u64::from(sum(machine.registers[a], imm));
        let (c, e) = (imm as usize % 256, imm as usize / 256 % 256);
        match op {
            0x07 => Box::new(move |machine| {
                machine.done.fuel += 1;
                Break(b)
            }),
            0x08 => Box::new(move |machine| {
                machine.done.fuel += 1;
                if machine.registers[a] == 0 {
                    Next
                } else {
                    Break(b)
                }
            }),
            0x09 => Box::new(move |machine| {
                machine.done.fuel += 1;
                Continue(b)
            }),
            0x0A => Box::new(move |machine| {
                machine.done.fuel += 1;
                if machine.registers[a] == 0 {
                    Next
                } else {
                    Continue(b)
                }
            }),

            0x10 => value(d, cost, move |_| imm),
            0x12 => value(d, cost, |machine| machine.invocation),
            0x13 => value(d, cost, move |machine| machine.params[b]),
            0x14 => value(d, cost, move |machine| (machine.inputs[b].len() / 4) as u32),
            0x15 => value(d, cost, move |machine| {
                let chosen = if machine.registers[c] == 0 { b } else { a };
                machine.registers[chosen]
            }),
            0x11 | 0x16..=0x1C => {
                let of = unary(op);
                value(d, cost, move |machine| of(machine.registers[a]))
            }
            0x1D | 0x1E => value(d, cost, move |machine| {
                let r = &machine.registers;
                extract(r[a], r[b], r[c], op == 0x1E)
            }),
            0x1F => value(d, cost, move |machine| {
                let r = &machine.registers;
                insert(r[a], r[b], r[c], r[e])
            }),
            0x20..=0x3E => {
                let of = binary(op);
                value(d, cost, move |machine| of(machine.registers[a], machine.registers[b]))
            }
            0xA0..=0xBE => {
                let of = binary(op - 0x80);
                value(d, cost, move |machine| of(machine.registers[a], imm))
            }
            0x40..=0x42 => {
                let of = product(op);
                value(d, cost, move |machine| {
                    let r = &machine.registers;
                    sum(r[d], of(r[a], r[b]))
                })
            }

            0x50 => value(d, cost, move |machine| {
                let index = index(machine);
                machine.word(b, index)
            }),
            0x51 => {
                let buffer = self.views[b].buffer;
                value(d, cost, move |machine| {
                    let ((from, to), index) = (machine.views[b], index(machine));
                    if (from..to).contains(&index) {
                        machine.word(buffer, index)
                    } else {
                        0
                    }
                })
            }
            0x52 | 0x53 => {
                let view = (op == 0x53).then_some(b);
                let buffer = view.map_or(b, |view| self.views[view].buffer);
                Box::new(move |machine| {
                    machine.done.fuel += cost;
                    let first = 4 * index(machine);
                    let (from, to) = view.map_or((0, u64::MAX), |view| machine.views[view]);
                    let inside = from <= first && first + 4 <= to;
                    for offset in 0..4 {
                        let word = if inside { machine.word(buffer, first + offset) } else { 0 };
                        machine.registers[d + offset as usize] = word;
                    }
                    Next
                })
            }
            0x54 => {
                let View { bound, .. } = self.views[b];
                Box::new(move |machine| {
                    machine.done.fuel += cost;
                    let base = u64::from(machine.registers[a]);
                    machine.views[b] = (base, (base + machine.bounds[bound]).min(1 << 32));
                    Next
                })
            }
            0x55 => {
                let (first, len) = (imm as usize % 65536, imm as usize / 65536);
                value(d, cost, move |machine| {
                    let index = machine.registers[a] as usize;
                    if index < len {
                        machine.constants[first + index]
                    } else {
                        0
                    }
                })
            }
            0x56 => value(d, cost, move |machine| *machine.scratch[b].get(index(machine) as usize).unwrap_or(&0)),
            0x58 => value(d, cost, move |machine| *machine.done.words.get(index(machine) as usize).unwrap_or(&0)),
            0x57 | 0x59 => Box::new(move |machine| {
                machine.done.fuel += cost;
                let (value, index) = (machine.registers[d], index(machine) as usize);
                let words = if op == 0x57 { &mut machine.scratch[b] } else { &mut machine.done.words };
                if let Some(word) = words.get_mut(index) {
                    *word = value;
                }
                Next
            }),
            other => unreachable!("{other:#x} encloses statements or does not exist"),
        }
    }
}

/// Out of an `if` or `block`: through its `end`, behind it, or further out.
fn leave(machine: &mut Machine<'_>, flow: Flow) -> Flow {
    match flow {
        Next => {
            machine.done.fuel += 1;
            Next
        }
        Break(0) => Next,
        further => outwards(further),
    }
}

/// One construct less to leave.
fn outwards(flow: Flow) -> Flow {
    match flow {
        Next => Next,
        Break(k) => Break(k - 1),
        Continue(k) => Continue(k - 1),
    }
}

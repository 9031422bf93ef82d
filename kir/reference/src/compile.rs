//! Turns the tree of statements into a tree of closures (sections 3 and 4 of the specification).

use std::collections::BTreeSet;

use crate::{
    arithmetic::{binary, extract, insert, product, sum, unary},
    cost::{fuel, fuel_before},
    coverage::{Coverage, Shape, ViewRange},
    execution::ReferenceExecution,
    tree::{Instruction, Statement, Tree, View},
};

/// How a statement ends.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    Next,
    /// To the instruction after the end of the k-th enclosing construct.
    Break(usize),
    /// To the end of the k-th enclosing construct, a loop.
    Continue(usize),
}
use Flow::*;

type Code = Box<dyn Fn(&mut Machine<'_>) -> Flow + Send + Sync>;

/// The statements of a kernel.
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
    views: Vec<ViewRange>,
    scratch: Vec<Vec<u32>>,
    done: ReferenceExecution,
    /// The opcode executed last; 0 before the first.
    previous: u8,
    coverage: Option<&'a mut Coverage>,
}

impl Compiled {
    /// Compiles the statements of a kernel.
    pub(crate) fn of(tree: &Tree) -> Compiled {
        Compiled(tree.code(&tree.body))
    }

    /// Runs one invocation of the kernel that this was compiled from, and records its coverage.
    pub(crate) fn run(
        &self,
        tree: &Tree,
        params: &[u32],
        inputs: &[Vec<u8>],
        invocation: u32,
        coverage: Option<&mut Coverage>,
    ) -> ReferenceExecution {
        assert_eq!((params.len(), inputs.len()), (tree.params, tree.inputs));
        let mut machine = Machine {
            params,
            inputs,
            constants: &tree.constants,
            invocation,
            bounds: tree.bounds.iter().map(|bound| bound.value(params)).collect(),
            registers: [0; 256],
            views: vec![ViewRange::default(); tree.views.len()],
            scratch: tree.segments.iter().map(|words| vec![0; *words]).collect(),
            done: ReferenceExecution {
                words: vec![0; tree.window],
                fuel: fuel_before(tree.window),
                chunks: BTreeSet::new(),
            },
            previous: 0,
            coverage,
        };
        match invocation {
            0 => machine.note(|| Shape::FirstInvocation),
            u32::MAX => machine.note(|| Shape::LastInvocation),
            _ => {}
        }
        assert!(machine.all(&self.0) == Next);
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

    /// Accounts for the start of an instruction.
    fn step(&mut self, op: u8, fuel: u64) {
        self.done.fuel += fuel;
        if let Some(coverage) = &mut self.coverage {
            if self.previous != 0 {
                coverage.note(Shape::Executed(self.previous, op));
            }
            self.previous = op;
        }
    }

    fn note(&mut self, shape: impl FnOnce() -> Shape) {
        if let Some(coverage) = &mut self.coverage {
            coverage.note(shape());
        }
    }

    /// Whether r[register] is not 0: the condition of an operation.
    fn holds(&mut self, op: u8, register: usize) -> bool {
        let holds = self.registers[register] != 0;
        self.note(|| Shape::Condition { op, holds });
        holds
    }

    /// r[a] + imm.
    fn index(&mut self, op: u8, a: usize, imm: u32) -> u64 {
        let index = sum(self.registers[a], imm);
        if index < imm {
            self.note(|| Shape::Wrapped(op));
        }
        index.into()
    }

    fn note_operands(&mut self, op: u8, x: u32, y: u32) {
        if let Some(coverage) = &mut self.coverage {
            coverage.note_operands(op, x, y);
        }
    }

    fn note_access(&mut self, op: u8, index: u64, len: usize) {
        if let Some(coverage) = &mut self.coverage {
            coverage.note_access(op, index, len);
        }
    }

    fn operands<const N: usize>(&self, registers: [usize; N]) -> [u32; N] {
        registers.map(|register| self.registers[register])
    }

    /// The range of words that a read can see: the whole buffer, or a view.
    fn seen(&mut self, op: u8, index: u64, buffer: usize, view: Option<usize>) -> (u64, u64) {
        let view = view.map(|view| self.views[view]);
        let words = self.inputs[buffer].len() as u64 / 4;
        if let Some(coverage) = &mut self.coverage {
            coverage.note_read(op, index, words, view.as_ref());
        }
        view.map_or((0, u64::MAX), |view| (view.from, view.to))
    }

    /// A word of a buffer; 0 beyond its end. Otherwise its chunk counts as read.
    fn word(&mut self, buffer: usize, index: u64) -> u32 {
        let at = index as usize * 4;
        let Some(bytes) = self.inputs[buffer].get(at..at + 4) else { return 0 };
        self.done.chunks.insert((buffer as u8, (index / 256) as u32));
        bytes.iter().rev().fold(0, |word, byte| word * 256 + u32::from(*byte))
    }
}

impl Tree {
    fn code(&self, statements: &[Statement]) -> Vec<Code> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&self, statement: &Statement) -> Code {
        match statement {
            Statement::Plain(instruction) => self.plain(*instruction),
            Statement::Block(body) => {
                let body = self.code(body);
                Box::new(move |machine| {
                    machine.step(0x04, 1);
                    let flow = machine.all(&body);
                    leave(machine, flow)
                })
            }
            Statement::If { condition, then, otherwise } => {
                let (condition, then) = (*condition, self.code(then));
                let has_else = otherwise.is_some();
                let otherwise = self.code(otherwise.as_deref().unwrap_or_default());
                Box::new(move |machine| {
                    machine.step(0x01, 1);
                    let flow = if machine.holds(0x01, condition) {
                        let flow = machine.all(&then);
                        if has_else && flow == Next {
                            machine.step(0x02, 1);
                        }
                        flow
                    } else {
                        machine.all(&otherwise)
                    };
                    leave(machine, flow)
                })
            }
            Statement::Loop { bound, body } => {
                let param = self.bounds[*bound].param.is_some();
                let (bound, body) = (*bound, self.code(body));
                Box::new(move |machine| {
                    machine.step(0x05, 1);
                    let trips = machine.bounds[bound];
                    machine.note(|| Shape::Trips { param, trips: trips.min(2) });
                    for _ in 0..trips {
                        match machine.all(&body) {
                            Next | Continue(0) => machine.step(0x06, 1),
                            Break(0) => break,
                            further => return outwards(further),
                        }
                    }
                    Next
                })
            }
        }
    }

    /// The buffer of a read, and its view if it goes through one.
    fn buffer(&self, is_view: bool, b: usize) -> (usize, Option<usize>) {
        match is_view {
            true => (self.views[b].buffer, Some(b)),
            false => (b, None),
        }
    }

    fn plain(&self, instruction: Instruction) -> Code {
        let Instruction { op, d, a, b, imm } = instruction;
        let cost = fuel(op);
        // Operations that only compute a value for r[d].
        fn value(of: Instruction, run: impl Fn(&mut Machine<'_>) -> u32 + Send + Sync + 'static) -> Code {
            let Instruction { op, d, .. } = of;
            let cost = fuel(op);
            Box::new(move |machine| {
                machine.step(op, cost);
                machine.registers[d] = run(machine);
                Next
            })
        }
        let (c, e) = (imm as usize % 256, imm as usize / 256 % 256);
        match op {
            0x07 => Box::new(move |machine| {
                machine.step(op, cost);
                Break(b)
            }),
            0x08 => Box::new(move |machine| {
                machine.step(op, cost);
                if machine.holds(op, a) {
                    Break(b)
                } else {
                    Next
                }
            }),
            0x09 => Box::new(move |machine| {
                machine.step(op, cost);
                Continue(b)
            }),
            0x0A => Box::new(move |machine| {
                machine.step(op, cost);
                if machine.holds(op, a) {
                    Continue(b)
                } else {
                    Next
                }
            }),

            0x10 => value(instruction, move |_| imm),
            0x12 => value(instruction, |machine| machine.invocation),
            0x13 => value(instruction, move |machine| machine.params[b]),
            0x14 => value(instruction, move |machine| (machine.inputs[b].len() / 4) as u32),
            0x15 => value(instruction, move |machine| {
                let chosen = if machine.holds(op, c) { a } else { b };
                machine.registers[chosen]
            }),
            0x11 | 0x16..=0x1C => {
                let of = unary(op);
                value(instruction, move |machine| of(machine.registers[a]))
            }
            0x1D | 0x1E => value(instruction, move |machine| {
                let [x, offset, count] = machine.operands([a, b, c]);
                machine.note_operands(op, offset, count);
                extract(x, offset, count, op == 0x1E)
            }),
            0x1F => value(instruction, move |machine| {
                let [x, y, offset, count] = machine.operands([a, b, c, e]);
                machine.note_operands(op, offset, count);
                insert(x, y, offset, count)
            }),
            0x20..=0x3E => {
                let of = binary(op);
                value(instruction, move |machine| {
                    let [x, y] = machine.operands([a, b]);
                    machine.note_operands(op, x, y);
                    of(x, y)
                })
            }
            0xA0..=0xBE => {
                let op = op - 0x80;
                let of = binary(op);
                value(instruction, move |machine| {
                    let [x] = machine.operands([a]);
                    machine.note_operands(op, x, imm);
                    of(x, imm)
                })
            }
            0x40..=0x42 => {
                let of = product(op);
                value(instruction, move |machine| {
                    let [before, x, y] = machine.operands([d, a, b]);
                    sum(before, of(x, y))
                })
            }

            0x50 | 0x51 => {
                let (buffer, view) = self.buffer(op == 0x51, b);
                value(instruction, move |machine| {
                    let index = machine.index(op, a, imm);
                    let (from, to) = machine.seen(op, index, buffer, view);
                    if (from..to).contains(&index) {
                        machine.word(buffer, index)
                    } else {
                        0
                    }
                })
            }
            0x52 | 0x53 => {
                let (buffer, view) = self.buffer(op == 0x53, b);
                Box::new(move |machine| {
                    machine.step(op, cost);
                    let index = machine.index(op, a, imm);
                    let (from, to) = machine.seen(op, index, buffer, view);
                    let first = 4 * index;
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
                    machine.step(op, cost);
                    let (from, len) = (u64::from(machine.registers[a]), machine.bounds[bound]);
                    let times_set = machine.views[b].times_set + 1;
                    machine.views[b] = ViewRange { from, to: (from + len).min(1 << 32), len, times_set };
                    Next
                })
            }
            0x55 => {
                let (first, len) = (imm as usize % 65536, imm as usize / 65536);
                value(instruction, move |machine| {
                    let index = machine.registers[a];
                    machine.note_access(op, index.into(), len);
                    if (index as usize) < len {
                        machine.constants[first + index as usize]
                    } else {
                        0
                    }
                })
            }
            0x56 | 0x58 => value(instruction, move |machine| {
                let index = machine.index(op, a, imm);
                let words = if op == 0x56 { &machine.scratch[b] } else { &machine.done.words };
                let (len, word) = (words.len(), words.get(index as usize).copied());
                machine.note_access(op, index, len);
                word.unwrap_or(0)
            }),
            0x57 | 0x59 => Box::new(move |machine| {
                machine.step(op, cost);
                let (value, index) = (machine.registers[d], machine.index(op, a, imm));
                let words = if op == 0x57 { &mut machine.scratch[b] } else { &mut machine.done.words };
                let len = words.len();
                if let Some(word) = words.get_mut(index as usize) {
                    *word = value;
                }
                machine.note_access(op, index, len);
                Next
            }),
            other => unreachable!("{other:#x} encloses statements or does not exist"),
        }
    }
}

/// Leaves an `if` or `block`: through its `end`, by a jump to the instruction after it, or further out.
fn leave(machine: &mut Machine<'_>, flow: Flow) -> Flow {
    match flow {
        Next => {
            machine.step(0x03, 1);
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

//! A second interpreter, written from the specification and for nothing but comparison: it walks a tree of constructs
//! instead of following targets, and computes on wide integers and single bits instead of machine operations.

use std::collections::BTreeSet;

use touchstone_kernel::{Instr, Kernel, Module};

use crate::common::*;

/// What one invocation gives, and what it did on the way.
#[derive(Debug, PartialEq)]
pub struct Reference {
    pub words: Vec<u32>,
    pub fuel: u64,
    /// (input, chunk)
    pub chunks: BTreeSet<(u8, u32)>,
}

pub fn run(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocation: u32) -> Reference {
    let module = kernel.module();
    let mut code = module.code.iter().copied();
    let program = parse(&mut code);
    assert_eq!(code.next(), None);
    let mut machine = Machine {
        module,
        params,
        inputs: inputs.iter().map(|bytes| words(bytes)).collect(),
        invocation,
        registers: vec![0; 256],
        views: vec![(0, 0); module.views.len()],
        scratch: module.segments.iter().map(|words| vec![0; usize::from(*words)]).collect(),
        done: Reference {
            words: vec![0; usize::from(module.window)],
            fuel: 16 + u64::from(module.window),
            chunks: BTreeSet::new(),
        },
    };
    let flow = machine.all(&program);
    assert_eq!(flow, Flow::Next);
    machine.done
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let word = |four: &[u8]| {
        let digits = four.iter().rev();
        digits.fold(0, |word, byte| word * 256 + u32::from(*byte))
    };
    bytes.chunks(4).map(word).collect()
}

enum Stmt {
    Plain(Instr),
    If { condition: u8, then: Vec<Stmt>, otherwise: Option<Vec<Stmt>> },
    Block(Vec<Stmt>),
    Loop { bound: usize, body: Vec<Stmt> },
}

/// Statements up to what closes the construct around them, or up to the end.
fn parse(code: &mut impl Iterator<Item = Instr>) -> Vec<Stmt> {
    parse_arm(code).0
}

/// And whether an `else` closed them.
fn parse_arm(code: &mut impl Iterator<Item = Instr>) -> (Vec<Stmt>, bool) {
    let mut body = Vec::new();
    while let Some(instr) = code.next() {
        body.push(match instr.opcode().unwrap() {
            Else => return (body, true),
            End | EndLoop => return (body, false),
            If => {
                let (then, has_else) = parse_arm(code);
                Stmt::If { condition: instr.a, then, otherwise: has_else.then(|| parse(code)) }
            }
            Block => Stmt::Block(parse(code)),
            Loop => Stmt::Loop { bound: usize::from(instr.high()), body: parse(code) },
            _ => Stmt::Plain(instr),
        });
    }
    (body, false)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flow {
    Next,
    Break(u8),
    Continue(u8),
}

struct Machine<'a> {
    module: &'a Module,
    params: &'a [u32],
    inputs: Vec<Vec<u32>>,
    invocation: u32,
    registers: Vec<u32>,
    /// Base and length.
    views: Vec<(u32, u32)>,
    scratch: Vec<Vec<u32>>,
    done: Reference,
}

impl Machine<'_> {
    fn all(&mut self, body: &[Stmt]) -> Flow {
        for stmt in body {
            let flow = self.stmt(stmt);
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    fn stmt(&mut self, stmt: &Stmt) -> Flow {
        self.done.fuel += 1;
        match stmt {
            Stmt::Plain(instr) => self.plain(*instr),
            Stmt::Block(body) => {
                let flow = self.all(body);
                self.leave(flow)
            }
            Stmt::If { condition, then, otherwise } => {
                let flow = if self.registers[usize::from(*condition)] != 0 {
                    let flow = self.all(then);
                    if flow == Flow::Next && otherwise.is_some() {
                        self.done.fuel += 1;
                    }
                    flow
                } else {
                    match otherwise {
                        Some(body) => self.all(body),
                        None => Flow::Next,
                    }
                };
                self.leave(flow)
            }
            Stmt::Loop { bound, body } => {
                let times = self.bound(*bound);
                for _ in 0..times {
                    match self.all(body) {
                        Flow::Next | Flow::Continue(0) => self.done.fuel += 1,
                        Flow::Break(0) => return Flow::Next,
                        Flow::Break(k) => return Flow::Break(k - 1),
                        Flow::Continue(k) => return Flow::Continue(k - 1),
                    }
                }
                Flow::Next
            }
        }
    }

    /// Out of an `if` or `block`: through its `end`, past it, or further out.
    fn leave(&mut self, flow: Flow) -> Flow {
        match flow {
            Flow::Next => {
                self.done.fuel += 1;
                Flow::Next
            }
            Flow::Break(0) => Flow::Next,
            Flow::Break(k) => Flow::Break(k - 1),
            Flow::Continue(k) => Flow::Continue(k - 1),
        }
    }

    fn bound(&self, index: usize) -> u32 {
        let bound = &self.module.bounds[index];
        let value = match bound.param {
            None => u64::from(bound.c),
            Some(param) => {
                let param = u64::from(self.params[usize::from(param)]);
                let product = (param >> bound.shift) * u64::from(bound.m);
                product + u64::from(bound.c)
            }
        };
        value.min(u64::from(bound.cap)) as u32
    }

    /// A word inside the buffer.
    fn word(&mut self, buffer: u8, index: u64) -> u32 {
        let Some(word) = self.inputs[usize::from(buffer)].get(index as usize) else {
            return 0;
        };
        self.done.chunks.insert((buffer, (index / 256) as u32));
        *word
    }

    fn plain(&mut self, instr: Instr) -> Flow {
        let Instr { d, a, b, imm, .. } = instr;
        let op = instr.opcode().unwrap();
        let r = |register: u8| self.registers[usize::from(register)];
        let (x, c) = (r(a), imm.to_le_bytes()[0]);
        let index = ((u64::from(x) + u64::from(imm)) % (1 << 32)) as u32;
        let wide = u64::from(index);
        let extra = match op {
            DivU | DivS | RemU | RemS | Load | Load4 | View => 3,
            LoadView | Load4View | Cload => 1,
            _ => 0,
        };
        let value = match op {
            Break => return Flow::Break(b),
            BreakIf if x != 0 => return Flow::Break(b),
            Continue => return Flow::Continue(b),
            ContinueIf if x != 0 => return Flow::Continue(b),
            BreakIf | ContinueIf => return Flow::Next,
            Const => imm,
            Mov => x,
            Gid => self.invocation,
            Param => self.params[usize::from(b)],
            Len => self.inputs[usize::from(b)].len() as u32,
            Select => match r(c) {
                0 => r(b),
                _ => x,
            },
            Not => (u64::from(u32::MAX) - u64::from(x)) as u32,
            Neg => low(-i128::from(x)),
            Abs => low(signed(x).abs()),
            Clz => (0..32).take_while(|bit| !bit_of(x, 31 - bit)).count() as u32,
            Ctz => (0..32).take_while(|bit| !bit_of(x, *bit)).count() as u32,
            Popcnt => (0..32).filter(|bit| bit_of(x, *bit)).count() as u32,
            Revbits => from_bits(|bit| bit_of(x, 31 - bit)),
            ExtractU | ExtractS => {
                let offset = r(b).min(32);
                let count = r(c).min(32 - offset);
                let sign = op == ExtractS && count > 0 && bit_of(x, offset + count - 1);
                from_bits(|bit| match bit < count {
                    true => bit_of(x, offset + bit),
                    false => sign,
                })
            }
            Insert => {
                let offset = r(c).min(32);
                let count = r(imm.to_le_bytes()[1]).min(32 - offset);
                let new = r(b);
                from_bits(|bit| match bit.checked_sub(offset) {
                    Some(from) if from < count => bit_of(new, from),
                    _ => bit_of(x, bit),
                })
            }
            Dot4AccU | Dot4AccS | Mad => {
                let product = match op {
                    Dot4AccU => dot(x, r(b), i128::from),
                    Dot4AccS => dot(x, r(b), |byte| i128::from(byte as i8)),
                    _ => i128::from(x) * i128::from(r(b)),
                };
                low(product + i128::from(r(d)))
            }
            Load => self.word(b, wide),
            LoadView => {
                let (base, len) = self.views[usize::from(b)];
                let end = (u64::from(base) + u64::from(len)).min(1 << 32);
                let buffer = self.module.views[usize::from(b)].buffer;
                match (u64::from(base)..end).contains(&wide) {
                    true => self.word(buffer, wide),
                    false => 0,
                }
            }
            Load4 | Load4View => {
                let (buffer, open) = if op == Load4 {
                    (b, true)
                } else {
                    let (base, len) = self.views[usize::from(b)];
                    let end = (u64::from(base) + u64::from(len)).min(1 << 32);
                    let inside = u64::from(base) <= 4 * wide && 4 * wide + 4 <= end;
                    (self.module.views[usize::from(b)].buffer, inside)
                };
                for word in 0..4 {
                    let value = match open {
                        true => self.word(buffer, 4 * wide + word),
                        false => 0,
                    };
                    self.registers[usize::from(d) + word as usize] = value;
                }
                self.done.fuel += extra;
                return Flow::Next;
            }
            View => {
                let bound = usize::from(self.module.views[usize::from(b)].bound);
                self.views[usize::from(b)] = (x, self.bound(bound));
                self.done.fuel += extra;
                return Flow::Next;
            }
            Cload => {
                let (first, len) = ((imm % 65536) as usize, (imm / 65536) as usize);
                let table = &self.module.constants[first..first + len];
                table.get(x as usize).copied().unwrap_or(0)
            }
            Sload => {
                let segment = &self.scratch[usize::from(b)];
                segment.get(index as usize).copied().unwrap_or(0)
            }
            Oload => self.done.words.get(index as usize).copied().unwrap_or(0),
            Sstore | Ostore => {
                let value = r(d);
                let words = match op {
                    Sstore => &mut self.scratch[usize::from(b)],
                    _ => &mut self.done.words,
                };
                if let Some(word) = words.get_mut(index as usize) {
                    *word = value;
                }
                return Flow::Next;
            }
            _ => {
                let y = if instr.is_immediate() { imm } else { r(b) };
                binary(op, x, y)
            }
        };
        self.done.fuel += extra;
        self.registers[usize::from(d)] = value;
        Flow::Next
    }
}

fn binary(op: touchstone_kernel::Op, x: u32, y: u32) -> u32 {
    let (ux, uy) = (i128::from(x), i128::from(y));
    let (sx, sy) = (signed(x), signed(y));
    let power = 1i128 << (y % 32);
    low(match op {
        Add => ux + uy,
        Sub => ux - uy,
        Mul => ux * uy,
        MulhiU => (ux * uy).div_euclid(1 << 32),
        MulhiS => (sx * sy).div_euclid(1 << 32),
        DivU if uy == 0 => ux,
        DivU => ux / uy,
        DivS if sy == 0 => sx,
        DivS => sx / sy,
        RemU | RemS if uy == 0 => 0,
        RemU => ux % uy,
        RemS => sx % sy,
        And => return from_bits(|bit| bit_of(x, bit) && bit_of(y, bit)),
        Or => return from_bits(|bit| bit_of(x, bit) || bit_of(y, bit)),
        Xor => return from_bits(|bit| bit_of(x, bit) != bit_of(y, bit)),
        Shl => ux * power,
        ShrU => ux / power,
        ShrS => sx.div_euclid(power),
        MinU => ux.min(uy),
        MaxU => ux.max(uy),
        MinS => sx.min(sy),
        MaxS => sx.max(sy),
        Eq => (ux == uy).into(),
        Ne => (ux != uy).into(),
        LtU => (ux < uy).into(),
        LeU => (ux <= uy).into(),
        GtU => (ux > uy).into(),
        GeU => (ux >= uy).into(),
        LtS => (sx < sy).into(),
        LeS => (sx <= sy).into(),
        GtS => (sx > sy).into(),
        GeS => (sx >= sy).into(),
        Dot4U => dot(x, y, i128::from),
        Dot4S => dot(x, y, |byte| i128::from(byte as i8)),
        other => panic!("{} is not binary", other.name()),
    })
}

fn dot(x: u32, y: u32, value: fn(u8) -> i128) -> i128 {
    let pairs = x.to_le_bytes().into_iter().zip(y.to_le_bytes());
    pairs.map(|(x, y)| value(x) * value(y)).sum()
}

fn signed(x: u32) -> i128 {
    let x = i128::from(x);
    match x < 1 << 31 {
        true => x,
        false => x - (1 << 32),
    }
}

fn low(x: i128) -> u32 {
    x.rem_euclid(1 << 32) as u32
}

fn bit_of(x: u32, bit: u32) -> bool {
    (u64::from(x) / (1 << bit)) % 2 == 1
}

fn from_bits(bit: impl Fn(u32) -> bool) -> u32 {
    (0..32).filter(|at| bit(*at)).map(|at| 1 << at).sum()
}

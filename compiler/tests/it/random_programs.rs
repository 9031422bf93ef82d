//! Random programs: the compiled kernel computes the same as a direct evaluation of the program.
//!
//! The evaluation shares nothing with the compiler: it walks the tree that the source is printed from.

use std::fmt::Write;

use crate::common::run;
use touchstone_generate::Random;

const VARIABLES: u32 = 5;
const CELLS: u32 = 8;
/// Words of an array that is indexed by numbers and counters alone, so that it may live in registers.
const HELD: u32 = 6;
const WINDOW: u32 = 3;

enum Expr {
    Literal(u32),
    Variable(u32),
    Counter(u32),
    Index,
    Param(u32),
    Input(Box<Expr>),
    Four(Box<Expr>, u32),
    Cell(Box<Expr>),
    /// A word of the array in registers: a number, or a counter and a number.
    Held(Option<u32>, u32),
    Table(Box<Expr>),
    Own(Box<Expr>),
    Unary(usize, Box<Expr>),
    Binary(usize, Box<Expr>, Box<Expr>),
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(Box<Expr>, Box<Expr>),
    /// An element of an array that is a value.
    Element(Array, Box<Expr>),
    /// A function that takes an array by value.
    Total(Array, Box<Expr>),
}

/// A value of `CELLS` words.
enum Array {
    Cells,
    /// Named by `let`.
    Kept(u32),
    /// Returned by a function, which is given one.
    Turned(Box<Array>, Box<Expr>),
}

enum Stmt {
    Assign(u32, Expr),
    AddTo(u32, Expr),
    SetCell(Expr, Expr),
    /// `let` names a value.
    Keep(u32, Array),
    SetCells(Array),
    SetHeld(Option<u32>, u32, Expr),
    /// Through a pointer to it.
    Stir(u32, Expr),
    Output(Expr, Expr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    For(u32, u32, Vec<Stmt>),
    While(u32, Vec<Stmt>),
    Switch(Expr, Vec<(Vec<u32>, Vec<Stmt>)>, Vec<Stmt>),
    Break(Expr),
    Continue(Expr),
    Return(Expr),
}

type Unary = (&'static str, fn(u32) -> u32);
type Binary = (&'static str, fn(u32, u32) -> u32);

/// Text with # for the operand, and its meaning.
const UNARY: [Unary; 9] = [
    ("~#", |x| !x),
    ("u32(-i32(#))", |x| x.wrapping_neg()),
    ("u32(abs(i32(#)))", |x| (x as i32).wrapping_abs() as u32),
    ("countOneBits(#)", |x| x.count_ones()),
    ("countLeadingZeros(#)", |x| x.leading_zeros()),
    ("reverseBits(#)", |x| x.reverse_bits()),
    ("u32(# == 0u)", |x| u32::from(x == 0)),
    ("extractBits(#, 3u, 7u)", |x| (x >> 3) & 127),
    ("u32(unpack4xI8(#).y)", |x| i32::from(x.to_le_bytes()[1] as i8) as u32),
];

/// Text with # and @ for the operands, and its meaning.
const BINARY: [Binary; 25] = [
    ("# + @", u32::wrapping_add),
    ("# - @", u32::wrapping_sub),
    ("# * @", u32::wrapping_mul),
    ("# / @", |x, y| x.checked_div(y).unwrap_or(x)),
    ("# % @", |x, y| x.checked_rem(y).unwrap_or(0)),
    ("u32(i32(#) / i32(@))", |x, y| if y == 0 { x } else { (x as i32).wrapping_div(y as i32) as u32 }),
    ("u32(i32(#) % i32(@))", |x, y| if y == 0 { 0 } else { (x as i32).wrapping_rem(y as i32) as u32 }),
    ("# & @", |x, y| x & y),
    ("# | @", |x, y| x | y),
    ("# ^ @", |x, y| x ^ y),
    ("# << @", |x, y| x.wrapping_shl(y)),
    ("# >> @", |x, y| x.wrapping_shr(y)),
    ("u32(i32(#) >> @)", |x, y| (x as i32).wrapping_shr(y) as u32),
    ("min(#, @)", std::cmp::min),
    ("max(#, @)", std::cmp::max),
    ("u32(min(i32(#), i32(@)))", |x, y| (x as i32).min(y as i32) as u32),
    ("u32(# < @)", |x, y| u32::from(x < y)),
    ("u32(# >= @)", |x, y| u32::from(x >= y)),
    ("u32(i32(#) > i32(@))", |x, y| u32::from(x as i32 > y as i32)),
    ("u32(# == @)", |x, y| u32::from(x == y)),
    ("u32(# != 0u && @ != 0u)", |x, y| u32::from(x != 0 && y != 0)),
    ("u32(# > 5u || @ > 5u)", |x, y| u32::from(x > 5 || y > 5)),
    ("mulhi(#, @)", |x, y| ((u64::from(x) * u64::from(y)) >> 32) as u32),
    ("dot4U8Packed(#, @)", |x, y| {
        let bytes = x.to_le_bytes().into_iter().zip(y.to_le_bytes());
        bytes.map(|(x, y)| u32::from(x) * u32::from(y)).sum()
    }),
    ("u32(dot4I8Packed(#, @))", |x, y| {
        let bytes = x.to_le_bytes().into_iter().zip(y.to_le_bytes());
        bytes.map(|(x, y)| i32::from(x as i8) * i32::from(y as i8)).sum::<i32>() as u32
    }),
];

const TABLE: [u32; 6] = [3, 1, 4, 1, 5, 9];

/// A function with a loop and several returns; [`called`] is its meaning.
const FUNCTION: &str = "
fn called(x: u32, y: u32) -> u32 {
    if x > y { return x - y; }
    var t = y;
    for (var i = 0u; i < 3u; i++) {
        if t == x { return i; }
        t = t >> 1u;
    }
    return t ^ x;
}";

fn called(x: u32, y: u32) -> u32 {
    if x > y {
        return x - y;
    }
    let mut t = y;
    for i in 0..3 {
        if t == x {
            return i;
        }
        t >>= 1;
    }
    t ^ x
}

/// Functions that take arrays by value, and one that returns them.
const ARRAYS: &str = "
fn total(p: array<u32, CELLS>, x: u32) -> u32 {
    var sum = p[x];
    for (var i = 0u; i < 4u; i++) { sum = sum * 3u + p[(x + i) % CELLS]; }
    return sum;
}
fn turned(p: array<u32, CELLS>, x: u32) -> array<u32, CELLS> {
    if x % 3u == 0u { return p; }
    var q = p;
    q[x % CELLS] += p[(x >> 3u) % CELLS];
    q[x] ^= x;
    return q;
}";

type Cells = [u32; CELLS as usize];

fn total(p: &Cells, x: u32) -> u32 {
    (0..4u32).fold(at(p, x), |sum, i| sum.wrapping_mul(3).wrapping_add(at(p, x.wrapping_add(i) % CELLS)))
}

fn turned(p: &Cells, x: u32) -> Cells {
    let mut q = *p;
    if !x.is_multiple_of(3) {
        q[(x % CELLS) as usize] = at(p, x % CELLS).wrapping_add(at(p, (x >> 3) % CELLS));
        if let Some(word) = q.get_mut(x as usize) {
            *word ^= x;
        }
    }
    q
}

/// Writes random programs.
struct Author {
    random: Random,
    /// Most iterations of a loop with a counter.
    turns: u32,
    /// Counters of the loops around.
    counters: Vec<u32>,
    loops: u32,
    /// The values that can be named here, and how many have been named anywhere.
    kept: Vec<u32>,
    named: u32,
    /// Statements that may still be written.
    budget: u32,
}

impl Author {
    /// Not a literal, so that nothing is an expression on constants, to which WGSL applies other rules.
    fn value(&mut self, depth: u32) -> Expr {
        let leaf = depth == 0 || self.random.one_in(4);
        match self.random.below(if leaf { 4 } else { 14 }) {
            0 | 1 => Expr::Variable(self.random.below(VARIABLES)),
            2 if self.random.one_in(2) => {
                let (counter, number) = self.held();
                Expr::Held(counter, number)
            }
            2 => Expr::Index,
            3 => match self.counters.last() {
                Some(&counter) => Expr::Counter(counter),
                None => Expr::Param(self.random.below(2)),
            },
            4 => Expr::Input(self.boxed(depth)),
            5 => Expr::Four(self.boxed(depth), self.random.below(4)),
            6 => match self.random.below(4) {
                0 => Expr::Element(self.array(depth), self.boxed(depth)),
                1 => Expr::Total(self.array(depth), self.boxed(depth)),
                _ => Expr::Cell(self.boxed(depth)),
            },
            7 => match self.random.below(2) {
                0 => Expr::Table(self.boxed(depth)),
                _ => Expr::Own(self.boxed(depth)),
            },
            8 => {
                let op = self.random.below(UNARY.len() as u32) as usize;
                Expr::Unary(op, self.boxed(depth))
            }
            9 => Expr::Select(self.boxed(depth), self.boxed(depth), self.boxed(depth)),
            10 => Expr::Call(self.boxed(depth), self.boxed(depth)),
            _ => {
                let op = self.random.below(BINARY.len() as u32) as usize;
                let left = self.boxed(depth);
                let right = match self.random.below(2) {
                    // 1 … 31 is a valid divisor and shift.
                    0 => Box::new(Expr::Literal(1 + self.random.below(31))),
                    _ => self.boxed(depth),
                };
                Expr::Binary(op, left, right)
            }
        }
    }

    fn array(&mut self, depth: u32) -> Array {
        let kept = self.kept.len() as u32;
        match self.random.below(if depth == 0 { 3 } else { 4 }) {
            0 | 1 if kept > 0 => Array::Kept(self.kept[self.random.below(kept) as usize]),
            3 => Array::Turned(Box::new(self.array(depth - 1)), self.boxed(depth)),
            _ => Array::Cells,
        }
    }

    /// An index of the array in registers.
    fn held(&mut self) -> (Option<u32>, u32) {
        let counter = self.counters.last().copied().filter(|_| self.random.one_in(2));
        (counter, self.random.below(HELD))
    }

    fn boxed(&mut self, depth: u32) -> Box<Expr> {
        Box::new(self.value(depth - 1))
    }

    fn statements(&mut self, depth: u32) -> Vec<Stmt> {
        let count = 1 + self.random.below(4);
        let kept = self.kept.len();
        let mut all = Vec::new();
        for _ in 0..count {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            all.push(self.statement(depth));
        }
        self.kept.truncate(kept);
        all
    }

    fn statement(&mut self, depth: u32) -> Stmt {
        let simple = depth == 0;
        match self.random.below(if simple { 7 } else { 13 }) {
            0 | 1 => Stmt::Assign(self.random.below(VARIABLES), self.value(3)),
            2 => Stmt::AddTo(self.random.below(VARIABLES), self.value(3)),
            3 => match self.random.below(7) {
                0 | 1 => Stmt::SetCell(self.value(2), self.value(2)),
                4 | 5 => {
                    let array = self.array(2);
                    let number = self.named;
                    self.named += 1;
                    self.kept.push(number);
                    Stmt::Keep(number, array)
                }
                6 => Stmt::SetCells(self.array(2)),
                2 => {
                    let (counter, number) = self.held();
                    Stmt::SetHeld(counter, number, self.value(2))
                }
                _ => Stmt::Stir(self.random.below(HELD), self.value(2)),
            },
            4 => Stmt::Output(self.value(1), self.value(2)),
            5 if !self.counters.is_empty() => Stmt::Break(self.value(2)),
            6 if !self.counters.is_empty() => Stmt::Continue(self.value(2)),
            7 if self.random.one_in(4) => Stmt::Return(self.value(2)),
            8 | 9 if self.counters.len() < 3 => {
                let counter = self.loops;
                self.loops += 1;
                self.counters.push(counter);
                let body = self.statements(depth - 1);
                self.counters.pop();
                Stmt::For(counter, 1 + self.random.below(self.turns), body)
            }
            10 if self.counters.len() < 3 => {
                Stmt::While(1 + self.random.below(4), self.statements_without_counter(depth - 1))
            }
            11 => {
                let cases = (0..self.random.below(3))
                    .map(|case| (vec![2 * case, 2 * case + 1], self.statements(depth - 1)))
                    .collect();
                Stmt::Switch(self.value(2), cases, self.statements(depth - 1))
            }
            _ if simple => Stmt::Assign(self.random.below(VARIABLES), self.value(2)),
            _ => {
                let (yes, no) = (self.statements(depth - 1), self.random.one_in(2));
                let no = if no { self.statements(depth - 1) } else { Vec::new() };
                Stmt::If(self.value(2), yes, no)
            }
        }
    }

    /// The body of a `loop` with a declared bound: the counters around stay visible.
    fn statements_without_counter(&mut self, depth: u32) -> Vec<Stmt> {
        let outer = self.counters.last().copied();
        match outer {
            Some(counter) => {
                self.counters.push(counter);
                let body = self.statements(depth);
                self.counters.pop();
                body
            }
            None => self.statements(depth),
        }
    }
}

impl Expr {
    fn print(&self) -> String {
        match self {
            Expr::Literal(value) => format!("{value}u"),
            Expr::Variable(variable) => format!("v{variable}"),
            Expr::Counter(counter) => format!("i{counter}"),
            Expr::Index => "id.x".into(),
            Expr::Param(0) => "params.p".into(),
            Expr::Param(_) => "params.q".into(),
            Expr::Input(at) => format!("words[{}]", at.print()),
            Expr::Four(at, lane) => format!("fours[{}][{lane}]", at.print()),
            Expr::Cell(at) => format!("cells[{}]", at.print()),
            Expr::Held(counter, number) => format!("held[{}]", held(*counter, *number)),
            Expr::Table(at) => format!("TABLE[{}]", at.print()),
            Expr::Own(at) => format!("output[id.x * WINDOW + {}]", at.print()),
            Expr::Unary(op, x) => format!("({})", UNARY[*op].0.replace('#', &format!("({})", x.print()))),
            Expr::Binary(op, x, y) => {
                let text = BINARY[*op].0.replace('#', &format!("({})", x.print()));
                format!("({})", text.replace('@', &format!("({})", y.print())))
            }
            Expr::Select(c, x, y) => format!("select({}, {}, {} != 0u)", y.print(), x.print(), c.print()),
            Expr::Call(x, y) => format!("called({}, {})", x.print(), y.print()),
            Expr::Element(array, at) => format!("{}[{}]", array.print(), at.print()),
            Expr::Total(array, x) => format!("total({}, {})", array.print(), x.print()),
        }
    }
}

impl Array {
    fn print(&self) -> String {
        match self {
            Array::Cells => "cells".into(),
            Array::Kept(number) => format!("k{number}"),
            Array::Turned(array, x) => format!("turned({}, {})", array.print(), x.print()),
        }
    }
}

fn held(counter: Option<u32>, number: u32) -> String {
    match counter {
        Some(counter) => format!("i{counter} + {number}u"),
        None => format!("{number}u"),
    }
}

fn print(statements: &[Stmt], out: &mut String) {
    for statement in statements {
        // Writing to a string cannot fail.
        let _ = match statement {
            Stmt::Assign(variable, value) => writeln!(out, "v{variable} = {};", value.print()),
            Stmt::AddTo(variable, value) => writeln!(out, "v{variable} += {};", value.print()),
            Stmt::SetCell(at, value) => writeln!(out, "cells[{}] = {};", at.print(), value.print()),
            Stmt::Keep(number, array) => writeln!(out, "let k{number} = {};", array.print()),
            Stmt::SetCells(array) => writeln!(out, "cells = {};", array.print()),
            Stmt::SetHeld(counter, number, value) => {
                writeln!(out, "held[{}] = {};", held(*counter, *number), value.print())
            }
            Stmt::Stir(number, value) => writeln!(out, "stir(&held, {number}u, {});", value.print()),
            Stmt::Output(at, value) => writeln!(out, "output[id.x * WINDOW + {}] = {};", at.print(), value.print()),
            Stmt::If(condition, yes, no) => {
                let _ = writeln!(out, "if {} != 0u {{", condition.print());
                print(yes, out);
                let _ = writeln!(out, "}} else {{");
                print(no, out);
                writeln!(out, "}}")
            }
            Stmt::For(counter, turns, body) => {
                let _ = writeln!(out, "for (var i{counter} = 0u; i{counter} < {turns}u; i{counter}++) {{");
                print(body, out);
                writeln!(out, "}}")
            }
            Stmt::While(turns, body) => {
                let _ = writeln!(out, "loop {{ loop_bound({turns}u);");
                print(body, out);
                writeln!(out, "}}")
            }
            Stmt::Switch(selector, cases, default) => {
                let _ = writeln!(out, "switch {} {{", selector.print());
                for (values, body) in cases {
                    let values: Vec<String> = values.iter().map(|value| format!("{value}u")).collect();
                    let _ = writeln!(out, "case {}: {{", values.join(", "));
                    print(body, out);
                    let _ = writeln!(out, "}}");
                }
                let _ = writeln!(out, "default: {{");
                print(default, out);
                writeln!(out, "}} }}")
            }
            Stmt::Break(condition) => writeln!(out, "if {} > 9u {{ break; }}", condition.print()),
            Stmt::Continue(condition) => writeln!(out, "if {} < 3u {{ continue; }}", condition.print()),
            Stmt::Return(condition) => writeln!(out, "if {} == 7u {{ return; }}", condition.print()),
        };
    }
}

/// Writes two words of an array through a pointer.
const STIR: &str = "
fn stir(p: ptr<function, array<u32, HELD>>, i: u32, x: u32) {
    (*p)[i] += x;
    p[(i + 1u) % HELD] ^= (*p)[i] >> 3u;
}";

fn stir(held: &mut [u32; HELD as usize], i: u32, x: u32) {
    let (i, next) = (i as usize, ((i + 1) % HELD) as usize);
    held[i] = held[i].wrapping_add(x);
    held[next] ^= held[i] >> 3;
}

/// One invocation, evaluated directly.
struct Machine<'a> {
    index: u32,
    params: [u32; 2],
    words: &'a [u32],
    fours: &'a [u32],
    variables: [u32; VARIABLES as usize],
    cells: Cells,
    kept: Vec<Cells>,
    held: [u32; HELD as usize],
    window: [u32; WINDOW as usize],
    counters: Vec<u32>,
}

enum Flow {
    Next,
    Break,
    Continue,
    Return,
}

fn at(words: &[u32], index: u32) -> u32 {
    words.get(index as usize).copied().unwrap_or(0)
}

impl Machine<'_> {
    fn value(&self, expr: &Expr) -> u32 {
        match expr {
            Expr::Literal(value) => *value,
            Expr::Variable(variable) => self.variables[*variable as usize],
            Expr::Counter(counter) => self.counters[*counter as usize],
            Expr::Index => self.index,
            Expr::Param(param) => self.params[*param as usize],
            Expr::Input(index) => at(self.words, self.value(index)),
            // The index in words wraps.
            Expr::Four(index, lane) => at(self.fours, self.value(index).wrapping_mul(4).wrapping_add(*lane)),
            Expr::Cell(index) => at(&self.cells, self.value(index)),
            Expr::Held(counter, number) => at(&self.held, self.held(*counter, *number)),
            Expr::Table(index) => at(&TABLE, self.value(index)),
            Expr::Own(index) => at(&self.window, self.value(index)),
            Expr::Unary(op, x) => UNARY[*op].1(self.value(x)),
            Expr::Binary(op, x, y) => BINARY[*op].1(self.value(x), self.value(y)),
            Expr::Select(c, x, y) => match self.value(c) {
                0 => self.value(y),
                _ => self.value(x),
            },
            Expr::Call(x, y) => called(self.value(x), self.value(y)),
            Expr::Element(array, index) => at(&self.array(array), self.value(index)),
            Expr::Total(array, x) => total(&self.array(array), self.value(x)),
        }
    }

    fn array(&self, array: &Array) -> Cells {
        match array {
            Array::Cells => self.cells,
            Array::Kept(number) => self.kept[*number as usize],
            Array::Turned(array, x) => turned(&self.array(array), self.value(x)),
        }
    }

    fn held(&self, counter: Option<u32>, number: u32) -> u32 {
        counter.map_or(0, |counter| self.counters[counter as usize]) + number
    }

    fn turn(&mut self, body: &[Stmt]) -> Flow {
        match self.run(body) {
            Flow::Continue => Flow::Next,
            other => other,
        }
    }

    fn run(&mut self, statements: &[Stmt]) -> Flow {
        for statement in statements {
            let flow = match statement {
                Stmt::Assign(variable, value) => {
                    self.variables[*variable as usize] = self.value(value);
                    Flow::Next
                }
                Stmt::AddTo(variable, value) => {
                    let slot = *variable as usize;
                    self.variables[slot] = self.variables[slot].wrapping_add(self.value(value));
                    Flow::Next
                }
                Stmt::SetCell(index, value) => {
                    let (index, value) = (self.value(index) as usize, self.value(value));
                    if let Some(slot) = self.cells.get_mut(index) {
                        *slot = value;
                    }
                    Flow::Next
                }
                Stmt::Keep(number, array) => {
                    self.kept[*number as usize] = self.array(array);
                    Flow::Next
                }
                Stmt::SetCells(array) => {
                    self.cells = self.array(array);
                    Flow::Next
                }
                Stmt::SetHeld(counter, number, value) => {
                    let (index, value) = (self.held(*counter, *number), self.value(value));
                    if let Some(slot) = self.held.get_mut(index as usize) {
                        *slot = value;
                    }
                    Flow::Next
                }
                Stmt::Stir(number, value) => {
                    let value = self.value(value);
                    stir(&mut self.held, *number, value);
                    Flow::Next
                }
                Stmt::Output(index, value) => {
                    let (index, value) = (self.value(index) as usize, self.value(value));
                    if let Some(slot) = self.window.get_mut(index) {
                        *slot = value;
                    }
                    Flow::Next
                }
                Stmt::If(condition, yes, no) => match self.value(condition) {
                    0 => self.run(no),
                    _ => self.run(yes),
                },
                Stmt::For(counter, turns, body) => {
                    let mut flow = Flow::Next;
                    for turn in 0..*turns {
                        self.counters[*counter as usize] = turn;
                        match self.turn(body) {
                            Flow::Break => break,
                            Flow::Return => {
                                flow = Flow::Return;
                                break;
                            }
                            _ => {}
                        }
                    }
                    flow
                }
                Stmt::While(turns, body) => {
                    let mut flow = Flow::Next;
                    for _ in 0..*turns {
                        match self.turn(body) {
                            Flow::Break => break,
                            Flow::Return => {
                                flow = Flow::Return;
                                break;
                            }
                            _ => {}
                        }
                    }
                    flow
                }
                Stmt::Switch(selector, cases, default) => {
                    let selector = self.value(selector);
                    let case = cases.iter().find(|(values, _)| values.contains(&selector));
                    match self.run(case.map_or(default, |(_, body)| body)) {
                        Flow::Break => Flow::Next,
                        other => other,
                    }
                }
                Stmt::Break(condition) if self.value(condition) > 9 => Flow::Break,
                Stmt::Continue(condition) if self.value(condition) < 3 => Flow::Continue,
                Stmt::Return(condition) if self.value(condition) == 7 => Flow::Return,
                _ => Flow::Next,
            };
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }
}

/// Values that some programs keep from start to end: more than there are registers.
const MANY: u32 = 270;

fn source(statements: &[Stmt], holds_many: bool) -> String {
    let mut body = String::new();
    let many = if holds_many { MANY } else { 0 };
    for value in 0..many {
        let _ = writeln!(body, "let w{value} = words[id.x + {value}u % 17u] + v1 * {value}u;");
    }
    print(statements, &mut body);
    for value in 0..many {
        let _ = writeln!(body, "v0 = v0 * 3u + w{value};");
    }
    for variable in 0..WINDOW {
        let _ = writeln!(body, "output[id.x * WINDOW + {variable}u] ^= v{variable} + v{};", variable + 2);
    }
    let locals: String = (0..VARIABLES).map(|variable| format!("var v{variable} = {variable}u * id.x;\n")).collect();
    let table: Vec<String> = TABLE.iter().map(|word| format!("{word}u")).collect();
    format!(
        "const WINDOW: u32 = {WINDOW}u;
const TABLE = array<u32, 6>({});
const HELD: u32 = {HELD};
const CELLS: u32 = {CELLS};
struct Params {{ p: u32, q: u32 }}
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read> fours: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
{FUNCTION}
{STIR}
{ARRAYS}
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
var cells: array<u32, CELLS>;
var held: array<u32, HELD>;
{locals}{body}}}
",
        table.join(", ")
    )
}

/// Compiles the program of a seed, compares its invocations with the evaluation, and returns its number of
/// instructions.
fn check(seed: u64) -> usize {
    let mut random = Random::new(seed);
    let turns = if random.one_in(4) { 20 } else { 5 };
    let mut author = Author { random, turns, counters: Vec::new(), loops: 0, kept: Vec::new(), named: 0, budget: 40 };
    let mut statements = Vec::new();
    while author.budget > 0 {
        statements.extend(author.statements(4));
    }
    let holds_many = seed % 16 == 7;
    let source = source(&statements, holds_many);
    let params = [author.random.word(), author.random.word()];
    let words: Vec<u32> = (0..20).map(|_| author.random.word()).collect();
    let fours: Vec<u32> = (0..11).map(|_| author.random.word()).collect();
    let compiled = match (touchstone_compiler::compile(&source), holds_many) {
        (Ok(compiled), _) => compiled,
        (Err(error), true) if error.message.ends_with("instructions") => return 0,
        (Err(error), _) => panic!("seed {seed}: {}", error.render(&source, "random.wgsl")),
    };
    let got = run(&compiled.kernel, &params, &[words.clone(), fours.clone()], 8);
    for index in 0..8 {
        let mut machine = Machine {
            index,
            params,
            words: &words,
            fours: &fours,
            variables: std::array::from_fn(|variable| variable as u32 * index),
            cells: [0; CELLS as usize],
            kept: vec![[0; CELLS as usize]; author.named as usize],
            held: [0; HELD as usize],
            window: [0; WINDOW as usize],
            counters: vec![0; author.loops as usize],
        };
        let many: Vec<u32> = (0..if holds_many { MANY } else { 0 })
            .map(|value| at(&words, index + value % 17).wrapping_add(machine.variables[1].wrapping_mul(value)))
            .collect();
        if !matches!(machine.run(&statements), Flow::Return) {
            for value in many {
                machine.variables[0] = machine.variables[0].wrapping_mul(3).wrapping_add(value);
            }
            for word in 0..WINDOW as usize {
                machine.window[word] ^= machine.variables[word].wrapping_add(machine.variables[word + 2]);
            }
        }
        let start = (index * WINDOW) as usize;
        assert_eq!(got[start..start + WINDOW as usize], machine.window, "seed {seed}, invocation {index}\n{source}");
    }
    compiled.statistics.instructions
}

/// `TOUCHSTONE_RANDOM_PROGRAMS=100000` makes it that many, `TOUCHSTONE_RANDOM_PROGRAMS=5000..6000` those of these
/// seeds.
#[test]
fn random_programs_compute_what_they_say() {
    let asked = std::env::var("TOUCHSTONE_RANDOM_PROGRAMS").unwrap_or_default();
    let (first, last) = asked.split_once("..").unwrap_or(("0", &asked));
    let seeds = first.parse().unwrap_or(0)..last.parse().unwrap_or(300u64);
    let longest = seeds.map(check).max();
    // They are not all trivial.
    assert!(longest > Some(300), "{longest:?}");
}

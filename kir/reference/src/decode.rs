//! Decodes and validates bytes, and builds the tree of statements (sections 2 and 5 of the specification, and the
//! fields of section 4).

use crate::tree::{Bound, Instruction, Statement, Tree, View};

/// The rule that an encoding breaks.
pub(crate) type Rule = &'static str;

fn must(holds: bool, rule: Rule) -> Result<(), Rule> {
    match holds {
        true => Ok(()),
        false => Err(rule),
    }
}

impl Tree {
    /// Reads a kernel's encoding.
    ///
    /// # Errors
    /// The first violated rule that was found. The order has no meaning.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Tree, Rule> {
        let mut bytes = Bytes(bytes);
        must(bytes.take(4)? == b"TKIR", "magic")?;
        must(bytes.number(2)? == 1, "version")?;
        let window = bytes.count(2, 1, 1024)?;
        let registers = bytes.count(2, 1, 256)?;
        let inputs = bytes.count(1, 0, 8)?;
        let params = bytes.count(1, 0, 16)?;
        let segments = bytes.count(1, 0, 16)?;
        let views = bytes.count(1, 0, 16)?;
        let bounds = bytes.count(2, 0, 128)?;
        let instructions = bytes.count(2, 1, 4096)?;
        let constants = bytes.count(2, 0, 4096)?;
        must(bytes.number(4)? == 0, "reserved")?;

        let segments = bytes.several(segments, |bytes| bytes.count(2, 1, 1024))?;
        must(segments.iter().sum::<usize>() <= 1024, "scratch of 1,024 words")?;
        let views = bytes.several(views, |bytes| {
            let buffer = bytes.number(1)?;
            must(buffer < inputs, "buffer of a view")?;
            must(bytes.number(1)? == 0, "padding of a view")?;
            let bound = bytes.number(2)?;
            must(bound < bounds, "bound of a view")?;
            Ok(View { buffer, bound })
        })?;
        let bounds = bytes.several(bounds, |bytes| {
            let (c, cap, m) = (bytes.number(4)?, bytes.number(4)?, bytes.number(2)?);
            let (param, shift) = (bytes.number(1)?, bytes.number(1)?);
            if param == 255 {
                must(m == 0 && shift == 0 && cap == c, "form of a constant bound")?;
            } else {
                must(param < params && shift < 32 && m >= 1, "form of a bound")?;
            }
            let param = (param != 255).then_some(param);
            Ok(Bound { c: c as u64, cap: cap as u64, m: m as u64, param, shift: shift as u32 })
        })?;
        let code = bytes.several(instructions, |bytes| {
            let op = bytes.number(1)? as u8;
            let (d, a, b) = (bytes.number(1)?, bytes.number(1)?, bytes.number(1)?);
            Ok(Instruction { op, d, a, b, imm: bytes.number(4)? as u32 })
        })?;
        let constants = bytes.several(constants, |bytes| Ok(bytes.number(4)? as u32))?;
        must(bytes.0.is_empty(), "total length")?;

        let mut tree = Tree {
            window,
            registers,
            inputs,
            params,
            segments,
            views,
            bounds,
            constants,
            body: vec![],
            opcodes: code.iter().map(|instruction| instruction.op).collect(),
        };
        for instruction in &code {
            tree.check_fields(*instruction)?;
        }
        let constructs = Constructs::find(&code)?;
        tree.body = Parser { code: &code, constructs, around: vec![] }.statements(0, code.len(), tree.bounds.len())?;
        Ok(tree)
    }

    /// Each field has a valid value, and is 0 if its operation has no use for it. Targets are for the parser.
    fn check_fields(&self, instruction: Instruction) -> Result<(), Rule> {
        let Instruction { op, d, a, b, imm } = instruction;
        let fields = shape(op)?;
        for (value, field) in [d, a, b, imm as usize].into_iter().zip(fields) {
            let register = |value: usize| value < self.registers;
            let valid = match field {
                Zero => value == 0,
                Register => register(value),
                FourRegisters => register(value + 3),
                C => value < 256 && register(value),
                CAndE => value < 65536 && register(value % 256) && register(value / 256),
                Param => value < self.params,
                Input => value < self.inputs,
                View => value < self.views.len(),
                Segment => value < self.segments.len(),
                Table => {
                    let (first, len) = (value % 65536, value / 65536);
                    len >= 1 && first + len <= self.constants.len()
                }
                Any | Structure => true,
            };
            must(valid, "field of an instruction")?;
        }
        Ok(())
    }
}

/// What a field holds.
#[derive(Clone, Copy)]
enum Field {
    Zero,
    Register,
    FourRegisters,
    C,
    CAndE,
    Param,
    Input,
    View,
    Segment,
    Table,
    Any,
    /// A level, a depth or targets.
    Structure,
}
use Field::*;

/// The fields d, a, b and imm of an operation: the tables of section 4.
fn shape(op: u8) -> Result<[Field; 4], Rule> {
    Ok(match op {
        0x01 => [Zero, Register, Zero, Structure],
        0x02 | 0x04 => [Zero, Zero, Zero, Structure],
        0x03 => [Zero, Zero, Zero, Zero],
        0x05 | 0x06 => [Structure, Zero, Zero, Structure],
        0x07 | 0x09 => [Zero, Zero, Structure, Structure],
        0x08 | 0x0A => [Zero, Register, Structure, Structure],
        0x10 => [Register, Zero, Zero, Any],
        0x11 | 0x16..=0x1C => [Register, Register, Zero, Zero],
        0x12 => [Register, Zero, Zero, Zero],
        0x13 => [Register, Zero, Param, Zero],
        0x14 => [Register, Zero, Input, Zero],
        0x15 | 0x1D | 0x1E => [Register, Register, Register, C],
        0x1F => [Register, Register, Register, CAndE],
        0x20..=0x3E | 0x40..=0x42 => [Register, Register, Register, Zero],
        0xA0..=0xBE => [Register, Register, Zero, Any],
        0x50 => [Register, Register, Input, Any],
        0x51 => [Register, Register, View, Any],
        0x52 => [FourRegisters, Register, Input, Any],
        0x53 => [FourRegisters, Register, View, Any],
        0x54 => [Zero, Register, View, Zero],
        0x55 => [Register, Register, Zero, Table],
        0x56 | 0x57 => [Register, Register, Segment, Any],
        0x58 | 0x59 => [Register, Register, Zero, Any],
        _ => return Err("opcode"),
    })
}

/// Where each construct has its `else` and its end, by the index of the instruction that opens it.
struct Constructs {
    otherwise: Vec<Option<usize>>,
    end: Vec<usize>,
}

impl Constructs {
    /// Matches opening and closing instructions, like brackets.
    fn find(code: &[Instruction]) -> Result<Constructs, Rule> {
        let mut found = Constructs { otherwise: vec![None; code.len()], end: vec![0; code.len()] };
        let mut open: Vec<usize> = Vec::new();
        for (at, instruction) in code.iter().enumerate() {
            match instruction.op {
                0x01 | 0x04 | 0x05 => {
                    open.push(at);
                    must(open.len() <= 64, "nesting of 64")?;
                    must(open.iter().filter(|at| code[**at].op == 0x05).count() <= 8, "loops nested 8 deep")?;
                }
                0x02 => {
                    let start = *open.last().ok_or("else of nothing")?;
                    must(code[start].op == 0x01 && found.otherwise[start].is_none(), "else of an if")?;
                    found.otherwise[start] = Some(at);
                }
                0x03 | 0x06 => {
                    let start = open.pop().ok_or("end of nothing")?;
                    must((code[start].op == 0x05) == (instruction.op == 0x06), "end of another construct")?;
                    found.end[start] = at;
                }
                _ => {}
            }
        }
        must(open.is_empty(), "end of each construct")?;
        Ok(found)
    }
}

struct Parser<'a> {
    code: &'a [Instruction],
    constructs: Constructs,
    /// Starts of the constructs around the current statement, outermost first.
    around: Vec<usize>,
}

impl Parser<'_> {
    /// The statements from one index up to another, with everything inside them. The depth of recursion is the depth of
    /// nesting.
    fn statements(&mut self, mut at: usize, to: usize, bounds: usize) -> Result<Vec<Statement>, Rule> {
        let mut all = Vec::new();
        while at < to {
            let instruction = self.code[at];
            let (low, high) = (instruction.imm as usize % 65536, instruction.imm as usize / 65536);
            let end = self.constructs.end[at];
            let loops = self.around.iter().filter(|start| self.code[**start].op == 0x05).count();
            let statement = match instruction.op {
                0x01 => {
                    let middle = self.constructs.otherwise[at];
                    must((low, high) == (middle.unwrap_or(end), end), "targets of an if")?;
                    self.around.push(at);
                    let then = self.statements(at + 1, middle.unwrap_or(end), bounds)?;
                    let otherwise = match middle {
                        None => None,
                        Some(middle) => {
                            must(self.code[middle].imm as usize == end, "target of an else")?;
                            Some(self.statements(middle + 1, end, bounds)?)
                        }
                    };
                    Statement::If { condition: instruction.a, then, otherwise }
                }
                0x04 => {
                    must(instruction.imm as usize == end, "target of a block")?;
                    self.around.push(at);
                    Statement::Block(self.statements(at + 1, end, bounds)?)
                }
                0x05 => {
                    let closing = self.code[end];
                    let back = (closing.imm as usize % 65536, closing.imm as usize / 65536);
                    must(low == end && high < bounds && back == (at, high), "targets and bound of a loop")?;
                    must(instruction.d == loops && closing.d == loops, "level of a loop")?;
                    self.around.push(at);
                    Statement::Loop { bound: high, body: self.statements(at + 1, end, bounds)? }
                }
                0x07..=0x0A => {
                    let outwards = self.around.iter().rev().nth(instruction.b);
                    let start = *outwards.ok_or("as many constructs as a branch leaves")?;
                    must(instruction.imm as usize == self.constructs.end[start], "target of a branch")?;
                    must(instruction.op < 0x09 || self.code[start].op == 0x05, "continue of a loop")?;
                    Statement::Plain(instruction)
                }
                _ => Statement::Plain(instruction),
            };
            if matches!(statement, Statement::Plain(_)) {
                at += 1;
            } else {
                self.around.pop();
                at = end + 1;
            }
            all.push(statement);
        }
        Ok(all)
    }
}

/// The bytes that have not been read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Rule> {
        let (head, rest) = self.0.split_at_checked(count).ok_or("total length")?;
        self.0 = rest;
        Ok(head)
    }

    /// Little-endian.
    fn number(&mut self, bytes: usize) -> Result<usize, Rule> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, byte| number * 256 + usize::from(*byte)))
    }

    fn count(&mut self, bytes: usize, least: usize, most: usize) -> Result<usize, Rule> {
        let count = self.number(bytes)?;
        must((least..=most).contains(&count), "count in its range")?;
        Ok(count)
    }

    fn several<T>(&mut self, count: usize, read: impl Fn(&mut Self) -> Result<T, Rule>) -> Result<Vec<T>, Rule> {
        (0..count).map(|_| read(self)).collect()
    }
}

//! Fuel of an instruction, and the static bounds of an invocation (sections 6 and 7 of the specification), by recursion
//! over the tree.
//!
//! Numbers are 128 bits wide and saturate; a number that does not fit into 64 bits is far over every limit.

use crate::tree::{Instruction, Statement, Tree};

/// The most that one invocation can cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Fuel.
    pub fuel: u64,
    /// Chunks of each input.
    pub chunks: Vec<u32>,
}

/// Fuel of one execution: the table of section 6.
pub(crate) fn fuel(op: u8) -> u64 {
    match op {
        // div_u, div_s, rem_u, rem_s, with either second operand; load, load4, view.
        0x25..=0x28 | 0xA5..=0xA8 | 0x50 | 0x52 | 0x54 => 4,
        // load_view, load4_view, cload.
        0x51 | 0x53 | 0x55 => 2,
        _ => 1,
    }
}

/// Fuel of an invocation before its first instruction.
pub(crate) fn fuel_before(window: usize) -> u64 {
    16 + window as u64
}

impl Tree {
    /// The static bounds for these parameters and lengths of the inputs in bytes.
    ///
    /// # Errors
    /// The limit that they exceed, or the argument that does not fit.
    pub(crate) fn cost(&self, params: &[u32], lengths: &[u32]) -> Result<Cost, &'static str> {
        if params.len() != self.params || lengths.len() != self.inputs {
            return Err("as many arguments as declared");
        }
        if lengths.iter().any(|length| *length == 0 || length % 4 != 0 || *length > 1 << 31) {
            return Err("length of a buffer");
        }
        let worst = self.worst(&self.body, params);
        let fuel = u128::from(fuel_before(self.window)).saturating_add(worst.fuel);
        if fuel > 1 << 24 {
            return Err("fuel of an invocation");
        }
        let all = lengths.iter().map(|length| u128::from(length.div_ceil(1024)));
        let chunks: Vec<u32> = worst.chunks.into_iter().zip(all).map(|(read, all)| read.min(all) as u32).collect();
        if chunks.iter().map(|chunks| u64::from(*chunks)).sum::<u64>() > 512 {
            return Err("chunks of an invocation");
        }
        Ok(Cost { fuel: fuel as u64, chunks })
    }

    fn worst(&self, statements: &[Statement], params: &[u32]) -> Worst {
        statements.iter().fold(self.nothing(0), |sum, statement| sum.with(self.worst_of(statement, params), plus))
    }

    fn worst_of(&self, statement: &Statement, params: &[u32]) -> Worst {
        let one = || self.nothing(1);
        match statement {
            Statement::Plain(instruction) => self.worst_of_one(*instruction, params),
            Statement::Block(body) => one().with(self.worst(body, params), plus).with(one(), plus),
            Statement::If { then, otherwise, .. } => {
                let mut then = self.worst(then, params);
                let otherwise = match otherwise {
                    None => self.nothing(0),
                    Some(otherwise) => {
                        then = then.with(one(), plus);
                        self.worst(otherwise, params)
                    }
                };
                one().with(then.with(otherwise, u128::max), plus).with(one(), plus)
            }
            Statement::Loop { bound, body } => {
                let times = u128::from(self.bounds[*bound].value(params));
                let trip = self.worst(body, params).with(one(), plus);
                one().with(trip, |once, trip| once.saturating_add(trip.saturating_mul(times)))
            }
        }
    }

    fn worst_of_one(&self, instruction: Instruction, params: &[u32]) -> Worst {
        let mut worst = self.nothing(fuel(instruction.op).into());
        match instruction.op {
            0x50 | 0x52 => worst.chunks[instruction.b] = 1,
            0x54 => {
                let view = self.views[instruction.b];
                let len = self.bounds[view.bound].value(params);
                worst.chunks[view.buffer] = u128::from(len.div_ceil(256) + 1);
            }
            _ => {}
        }
        worst
    }

    fn nothing(&self, fuel: u128) -> Worst {
        Worst { fuel, chunks: vec![0; self.inputs] }
    }
}

struct Worst {
    fuel: u128,
    chunks: Vec<u128>,
}

impl Worst {
    /// Combines both, number by number.
    fn with(mut self, other: Worst, combine: impl Fn(u128, u128) -> u128) -> Worst {
        self.fuel = combine(self.fuel, other.fuel);
        for (mine, theirs) in self.chunks.iter_mut().zip(other.chunks) {
            *mine = combine(*mine, theirs);
        }
        self
    }
}

fn plus(x: u128, y: u128) -> u128 {
    x.saturating_add(y)
}

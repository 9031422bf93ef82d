//! A kernel as a tree of statements: what the encoding contains, without the targets of jumps.

/// A valid kernel, as data.
pub(crate) struct Tree {
    pub(crate) window: usize,
    pub(crate) registers: usize,
    pub(crate) inputs: usize,
    pub(crate) params: usize,
    /// The length of each, in words.
    pub(crate) segments: Vec<usize>,
    pub(crate) views: Vec<View>,
    pub(crate) bounds: Vec<Bound>,
    pub(crate) constants: Vec<u32>,
    pub(crate) body: Vec<Statement>,
    /// In the order of the code.
    pub(crate) opcodes: Vec<u8>,
}

#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) buffer: usize,
    pub(crate) bound: usize,
}

pub(crate) struct Bound {
    pub(crate) c: u64,
    pub(crate) cap: u64,
    pub(crate) m: u64,
    pub(crate) param: Option<usize>,
    pub(crate) shift: u32,
}

impl Bound {
    pub(crate) fn value(&self, params: &[u32]) -> u64 {
        self.uncapped(params).min(self.cap)
    }

    /// Cannot overflow: a product of 32 by 16 bits, and 32 bits more.
    pub(crate) fn uncapped(&self, params: &[u32]) -> u64 {
        let param = self.param.map_or(0, |param| u64::from(params[param]));
        (param >> self.shift) * self.m + self.c
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Instruction {
    pub(crate) op: u8,
    pub(crate) d: usize,
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) imm: u32,
}

pub(crate) enum Statement {
    /// Any instruction that is not a construct, including branches.
    Plain(Instruction),
    If {
        condition: usize,
        then: Vec<Statement>,
        otherwise: Option<Vec<Statement>>,
    },
    Block(Vec<Statement>),
    Loop {
        bound: usize,
        body: Vec<Statement>,
    },
}

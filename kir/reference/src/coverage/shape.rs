//! The shapes that a complete set of tests has to cover.

use std::collections::BTreeSet;

/// A group of shapes that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// One opcode directly after another in the code.
    PairsWritten,
    /// One opcode executed after another.
    PairsExecuted,
    /// A construct directly inside another; its depth; empty arms; code after a jump.
    Nesting,
    /// Branches: the operation, how far out they lead, where they are, and the construct that they leave.
    Branches,
    /// Bounds, by the part that decides them, and how often loops run.
    Bounds,
    /// Reads and writes inside, outside and across every border.
    Memory,
    /// Operands for which arithmetic has special rules.
    Arithmetic,
    /// Sizes of tables, windows and buffers, and invocations.
    Sizes,
}

impl Group {
    pub(super) const ALL: [Group; 8] = [
        Group::PairsWritten,
        Group::PairsExecuted,
        Group::Nesting,
        Group::Branches,
        Group::Bounds,
        Group::Memory,
        Group::Arithmetic,
        Group::Sizes,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Group::PairsWritten => "opcode pairs, written",
            Group::PairsExecuted => "opcode pairs, executed",
            Group::Nesting => "constructs in constructs",
            Group::Branches => "branches",
            Group::Bounds => "bounds and trips",
            Group::Memory => "memory",
            Group::Arithmetic => "arithmetic",
            Group::Sizes => "sizes",
        }
    }
}

/// The place of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Nothing.
    Top,
    /// The only arm of an `if`.
    If,
    /// The first of two arms.
    Then,
    /// The second.
    Otherwise,
    /// A `block`.
    Block,
    /// A loop.
    Loop,
}

impl Place {
    const ALL: [Place; 6] = [Place::Top, Place::If, Place::Then, Place::Otherwise, Place::Block, Place::Loop];
}

/// One shape.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Two opcodes next to each other in the code.
    Written(u8, u8),
    /// Two opcodes executed one after the other.
    Executed(u8, u8),

    Nested {
        outside: Place,
        inside: Place,
    },
    Empty(Place),
    /// Constructs around an instruction.
    Depth(usize),
    /// Loops around an instruction.
    Loops(usize),
    /// Code after an unconditional jump.
    DeadBehind(u8),

    Branch {
        op: u8,
        k: usize,
        out_of: Place,
    },
    BranchFrom {
        op: u8,
        inside: Place,
        out_of: Place,
    },
    /// A condition, and its value.
    Condition {
        op: u8,
        holds: bool,
    },

    /// A bound in use by a loop or a view: (loop, depends on a parameter).
    BoundOf {
        loops: bool,
        param: bool,
    },
    /// The cap was decisive.
    Capped(bool),
    /// Beyond 32 bits before it was capped.
    Saturated,
    Shifted(bool),
    Multiplied(bool),
    Added(bool),
    /// A loop that ran 0, 1 or 2 (and more) times because of its bound, constant or not.
    Trips {
        param: bool,
        trips: u64,
    },

    /// The state of a view when it was read: see [`ViewState`].
    View {
        op: u8,
        state: ViewState,
    },
    Access {
        op: u8,
        at: Access,
    },
    /// r\[a\] + imm exceeded 32 bits.
    Wrapped(u8),

    Divide {
        op: u8,
        case: Division,
    },
    ShiftBeyond(u8),
    Field {
        op: u8,
        case: BitField,
    },

    Count {
        of: Table,
        bits: u32,
    },
    /// A table at its limit.
    Limit(Table),
    /// Words of a buffer beyond the last whole 16 bytes, and whether it ends with a chunk.
    Length {
        words: usize,
        whole_chunks: bool,
    },
    Chunks(usize),
    FirstInvocation,
    LastInvocation,
}

/// A view when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViewState {
    /// Before its first `view`.
    Unset,
    /// Declared, with no words.
    Empty,
    /// Inside its buffer.
    Inside,
    /// It begins beyond the end of its buffer.
    BeginsBeyond,
    /// It ends beyond the end of its buffer.
    EndsBeyond,
    /// It would end beyond 2³² words.
    EndsBeyondAll,
    /// Declared for the second time or later.
    SetAgain,
}

/// Where a read or write was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// The word exists, or all four do.
    Inside,
    /// Before its view.
    Before,
    /// Across the end of its view.
    Across,
    /// After the end of its view, segment, window, table or buffer.
    Behind,
    /// Inside its view, but after the end of the buffer.
    BehindBuffer,
    /// Four words, some of them after the end of the buffer.
    AcrossBuffer,
    /// Four words at an index of 2³⁰ or more.
    Beyond,
}

/// Divisors and dividends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Division {
    Plain,
    ByZero,
    MinByMinusOne,
    Negative,
}

/// Bit fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BitField {
    /// Inside the word.
    Inside,
    /// Of no bits.
    Empty,
    /// The whole word.
    Whole,
    /// The offset is clamped.
    OffsetBeyond,
    /// The count is clamped.
    CountBeyond,
}

/// Something that a kernel has a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Table {
    Window,
    Registers,
    Inputs,
    Params,
    Segments,
    SegmentWords,
    Views,
    Bounds,
    Instructions,
    Constants,
}

/// Each with its minimum and its maximum.
pub(super) const TABLES: [(Table, usize, usize); 10] = [
    (Table::Window, 1, 1024),
    (Table::Registers, 1, 256),
    (Table::Inputs, 0, 8),
    (Table::Params, 0, 16),
    (Table::Segments, 0, 16),
    (Table::SegmentWords, 1, 1024),
    (Table::Views, 0, 16),
    (Table::Bounds, 0, 128),
    (Table::Instructions, 1, 4096),
    (Table::Constants, 0, 4096),
];

/// Every opcode byte of version 1.
fn opcodes() -> impl Iterator<Item = u8> + Clone {
    (0x01..=0x0A).chain(0x10..=0x3E).chain(0x40..=0x42).chain(0x50..=0x59).chain(0xA0..=0xBE)
}

/// Whether two opcodes can be next to each other in valid code.
fn can_be_written(first: u8, second: u8) -> bool {
    // A construct that was just opened can only be closed by its own end, and an `else` needs an `if` that has none.
    !matches!((first, second), (0x04 | 0x05 | 0x02, 0x02) | (0x01 | 0x04 | 0x02, 0x06) | (0x05, 0x03))
}

/// Whether two opcodes can be executed one after the other.
fn can_be_executed(first: u8, second: u8) -> bool {
    match first {
        // A then-arm that has ended jumps to the `end`, a `continue` to the `end_loop`.
        0x02 => second == 0x03,
        0x09 => second == 0x06,
        // A loop with no iterations continues after its end, with any instruction.
        0x05 => true,
        0x01 => second != 0x06,
        0x04 => !matches!(second, 0x02 | 0x06),
        _ => true,
    }
}

impl Shape {
    /// All shapes that have to be covered.
    pub fn all() -> BTreeSet<Shape> {
        use Shape::*;
        let mut all = BTreeSet::new();
        for first in opcodes() {
            all.extend(opcodes().filter(|second| can_be_written(first, *second)).map(|second| Written(first, second)));
            all.extend(
                opcodes().filter(|second| can_be_executed(first, *second)).map(|second| Executed(first, second)),
            );
        }
        let inner = || Place::ALL.into_iter().skip(1);
        for inside in inner() {
            all.insert(Empty(inside));
            all.extend(Place::ALL.map(|outside| Nested { outside, inside }));
        }
        all.extend((1..=64).map(Depth));
        all.extend((1..=8).map(Loops));
        all.extend([DeadBehind(0x07), DeadBehind(0x09)]);
        for op in 0x07..=0x0A {
            for out_of in inner().filter(|place| op < 0x09 || *place == Place::Loop) {
                all.extend((0..12).map(|k| Branch { op, k, out_of }));
                all.extend(inner().map(|inside| BranchFrom { op, inside, out_of }));
            }
        }
        for op in [0x01, 0x08, 0x0A, 0x15] {
            all.extend([true, false].map(|holds| Condition { op, holds }));
        }
        for one in [true, false] {
            all.extend([true, false].map(|param| BoundOf { loops: one, param }));
            all.extend((0..=2).map(|trips| Trips { param: one, trips }));
            all.extend([Capped(one), Shifted(one), Multiplied(one), Added(one)]);
        }
        all.insert(Saturated);
        memory(&mut all);
        for op in [0x25, 0x26, 0x27, 0x28] {
            all.extend([Division::Plain, Division::ByZero].map(|case| Shape::Divide { op, case }));
            if op % 2 == 0 {
                all.extend([Division::MinByMinusOne, Division::Negative].map(|case| Shape::Divide { op, case }));
            }
        }
        all.extend([0x2C, 0x2D, 0x2E].map(ShiftBeyond));
        for op in [0x1D, 0x1E, 0x1F] {
            let cases =
                [BitField::Inside, BitField::Empty, BitField::Whole, BitField::OffsetBeyond, BitField::CountBeyond];
            all.extend(cases.map(|case| Shape::Field { op, case }));
        }
        for (of, least, most) in TABLES {
            all.extend((bits(least)..=bits(most)).map(|bits| Count { of, bits }));
            all.insert(Limit(of));
        }
        for words in 0..4 {
            all.insert(Length { words, whole_chunks: false });
        }
        all.insert(Length { words: 0, whole_chunks: true });
        all.extend((1..=3).map(Chunks));
        all.extend([FirstInvocation, LastInvocation]);
        all
    }

    /// The group that it is counted in.
    pub fn group(&self) -> Group {
        use Shape::*;
        match self {
            Written(..) => Group::PairsWritten,
            Executed(..) => Group::PairsExecuted,
            Nested { .. } | Empty(_) | Depth(_) | Loops(_) | DeadBehind(_) => Group::Nesting,
            Branch { .. } | BranchFrom { .. } | Condition { .. } => Group::Branches,
            BoundOf { .. } | Capped(_) | Saturated | Shifted(_) | Multiplied(_) | Added(_) | Trips { .. } => {
                Group::Bounds
            }
            View { .. } | Access { .. } | Wrapped(_) => Group::Memory,
            Divide { .. } | ShiftBeyond(_) | Field { .. } => Group::Arithmetic,
            Count { .. } | Limit(_) | Length { .. } | Chunks(_) | FirstInvocation | LastInvocation => Group::Sizes,
        }
    }
}

fn memory(all: &mut BTreeSet<Shape>) {
    use Access::*;
    let accesses: [(u8, &[Access]); 9] = [
        (0x50, &[Inside, Behind]),
        (0x51, &[Inside, Before, Behind, BehindBuffer]),
        (0x52, &[Inside, Behind, AcrossBuffer, Beyond]),
        (0x53, &[Inside, Before, Across, Behind, BehindBuffer, AcrossBuffer, Beyond]),
        (0x55, &[Inside, Behind]),
        (0x56, &[Inside, Behind]),
        (0x57, &[Inside, Behind]),
        (0x58, &[Inside, Behind]),
        (0x59, &[Inside, Behind]),
    ];
    for (op, cases) in accesses {
        all.extend(cases.iter().map(|at| Shape::Access { op, at: *at }));
        if op != 0x55 {
            all.insert(Shape::Wrapped(op));
        }
    }
    for op in [0x51, 0x53] {
        let states = [
            ViewState::Unset,
            ViewState::Empty,
            ViewState::Inside,
            ViewState::BeginsBeyond,
            ViewState::EndsBeyond,
            ViewState::EndsBeyondAll,
            ViewState::SetAgain,
        ];
        all.extend(states.map(|state| Shape::View { op, state }));
    }
}

pub(super) fn bits(number: usize) -> u32 {
    usize::BITS - number.leading_zeros()
}

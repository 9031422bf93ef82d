//! Why a byte string or a module is not a kernel.

use core::fmt;

/// A field of the header that is a count.
#[allow(missing_docs)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    Window,
    Registers,
    Inputs,
    Params,
    Segments,
    Views,
    Bounds,
    Instructions,
    Constants,
}

/// The first defect that validation met. `at` is an instruction index; the other indices count their own table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KirError {
    /// Shorter than a header.
    Truncated {
        /// Bytes given.
        bytes: usize,
    },
    /// The first four bytes are not `TKIR`.
    WrongMagic,
    /// Not a version that this crate knows.
    UnknownVersion {
        /// The version named.
        version: u16,
    },
    /// The reserved word of the header is not zero.
    ReservedNotZero,
    /// A count of the header is outside its limits.
    CountOutOfRange {
        /// The field.
        field: Field,
        /// Its value.
        value: usize,
    },
    /// The byte string is longer or shorter than the header says.
    WrongLength {
        /// The length that the header implies.
        expected: usize,
        /// Bytes given.
        got: usize,
    },
    /// A segment has no words or more than all scratch together may have.
    SegmentOutOfRange {
        /// Index of the segment.
        segment: u8,
        /// Its words.
        words: u16,
    },
    /// The segments together are too long.
    ScratchTooLarge {
        /// Words of all segments.
        words: usize,
    },
    /// The second byte of a view is not zero.
    ViewNotCanonical {
        /// Index of the view.
        view: u8,
    },
    /// A view names a buffer that the kernel does not have.
    ViewBufferOutOfRange {
        /// Index of the view.
        view: u8,
    },
    /// A view names a bound that the kernel does not have.
    ViewBoundOutOfRange {
        /// Index of the view.
        view: u8,
    },
    /// A bound names a parameter that the kernel does not have.
    BoundParamOutOfRange {
        /// Index of the bound.
        bound: u16,
    },
    /// A bound shifts by 32 or more.
    BoundShiftOutOfRange {
        /// Index of the bound.
        bound: u16,
    },
    /// A bound multiplies its parameter by 0 and should be a constant.
    BoundMultiplierZero {
        /// Index of the bound.
        bound: u16,
    },
    /// A constant bound has a multiplier, a shift or another cap.
    BoundNotCanonical {
        /// Index of the bound.
        bound: u16,
    },
    /// There is no such operation in this version.
    UnknownOperation {
        /// Instruction.
        at: u16,
        /// Its opcode byte.
        op: u8,
    },
    /// A field that the operation does not use is not zero.
    UnusedFieldNotZero {
        /// Instruction.
        at: u16,
    },
    /// A register that the kernel does not have.
    RegisterOutOfRange {
        /// Instruction.
        at: u16,
        /// The register, or the last of four.
        register: u16,
    },
    /// A parameter that the kernel does not have.
    ParamOutOfRange {
        /// Instruction.
        at: u16,
    },
    /// An input buffer that the kernel does not have.
    InputOutOfRange {
        /// Instruction.
        at: u16,
    },
    /// A view that the kernel does not have.
    ViewOutOfRange {
        /// Instruction.
        at: u16,
    },
    /// A scratch segment that the kernel does not have.
    NoSuchSegment {
        /// Instruction.
        at: u16,
    },
    /// A bound that the kernel does not have.
    BoundOutOfRange {
        /// Instruction.
        at: u16,
    },
    /// A table outside the constants, or an empty one.
    ConstantsOutOfRange {
        /// Instruction.
        at: u16,
    },
    /// Constructs nest too deep.
    TooDeep {
        /// Instruction.
        at: u16,
    },
    /// Loops nest too deep.
    TooManyLoops {
        /// Instruction.
        at: u16,
    },
    /// The level of a loop is not the number of loops around it.
    WrongLevel {
        /// Instruction.
        at: u16,
    },
    /// A target that is not where the construct has its `else`, its end or its start.
    WrongTarget {
        /// Instruction.
        at: u16,
    },
    /// The bound of an `end_loop` is not that of its `loop`.
    WrongBound {
        /// Instruction.
        at: u16,
    },
    /// An `else`, `end` or `end_loop` that does not match the innermost open construct.
    Unmatched {
        /// Instruction.
        at: u16,
    },
    /// `break` or `continue` out of more constructs than there are.
    NoSuchConstruct {
        /// Instruction.
        at: u16,
    },
    /// `continue` of a construct that is not a loop.
    NotALoop {
        /// Instruction.
        at: u16,
    },
    /// The code ends inside a construct.
    Unclosed {
        /// The number of open constructs.
        constructs: usize,
    },
}

impl fmt::Display for KirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use KirError::*;
        match *self {
            Truncated { bytes } => write!(f, "{bytes} bytes are shorter than a header"),
            WrongMagic => write!(f, "the magic is not TKIR"),
            UnknownVersion { version } => write!(f, "version {version} is unknown"),
            ReservedNotZero => write!(f, "the reserved word is not zero"),
            CountOutOfRange { field, value } => {
                write!(f, "{value} is outside the limits of {field:?}")
            }
            WrongLength { expected, got } => {
                write!(f, "the header says {expected} bytes, there are {got}")
            }
            SegmentOutOfRange { segment, words } => {
                write!(f, "segment {segment} cannot have {words} words")
            }
            ScratchTooLarge { words } => write!(f, "{words} words of scratch are too many"),
            ViewNotCanonical { view } => write!(f, "view {view} has a padding byte that is not 0"),
            ViewBufferOutOfRange { view } => write!(f, "view {view} names a missing input"),
            ViewBoundOutOfRange { view } => write!(f, "view {view} names a missing bound"),
            BoundParamOutOfRange { bound } => write!(f, "bound {bound} names a missing parameter"),
            BoundShiftOutOfRange { bound } => write!(f, "bound {bound} shifts by 32 or more"),
            BoundMultiplierZero { bound } => {
                write!(f, "bound {bound} has a parameter but multiplies by 0")
            }
            BoundNotCanonical { bound } => write!(f, "constant bound {bound} has a multiplier, a shift or another cap"),
            UnknownOperation { at, op } => {
                write!(f, "instruction {at}: opcode {op:#04x} is unknown")
            }
            UnusedFieldNotZero { at } => write!(f, "instruction {at}: an unused field is not zero"),
            RegisterOutOfRange { at, register } => {
                write!(f, "instruction {at}: there is no register {register}")
            }
            ParamOutOfRange { at } => write!(f, "instruction {at}: no such parameter"),
            InputOutOfRange { at } => write!(f, "instruction {at}: no such input"),
            ViewOutOfRange { at } => write!(f, "instruction {at}: no such view"),
            NoSuchSegment { at } => write!(f, "instruction {at}: no such segment"),
            BoundOutOfRange { at } => write!(f, "instruction {at}: no such bound"),
            ConstantsOutOfRange { at } => {
                write!(f, "instruction {at}: a table outside the constants")
            }
            TooDeep { at } => write!(f, "instruction {at}: constructs nest too deep"),
            TooManyLoops { at } => write!(f, "instruction {at}: loops nest too deep"),
            WrongLevel { at } => write!(f, "instruction {at}: wrong level of a loop"),
            WrongTarget { at } => write!(f, "instruction {at}: wrong target"),
            WrongBound { at } => write!(f, "instruction {at}: not the bound of its loop"),
            Unmatched { at } => write!(f, "instruction {at}: closes nothing of its kind"),
            NoSuchConstruct { at } => {
                write!(f, "instruction {at}: not inside so many constructs")
            }
            NotALoop { at } => write!(f, "instruction {at}: only a loop can be continued"),
            Unclosed { constructs } => write!(f, "{constructs} constructs are not closed"),
        }
    }
}

impl core::error::Error for KirError {}

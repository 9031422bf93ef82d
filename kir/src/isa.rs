//! The instruction set: opcodes, instructions, bounds and views.

/// Set in the opcode byte of a [binary](Op::is_binary) operation whose second operand is the immediate.
pub const IMMEDIATE: u8 = 0x80;

/// Declares every opcode once: its byte, its name in listings and its fuel.
macro_rules! operations {
    ($($op:ident = $byte:literal, $name:literal, $fuel:literal;)*) => {
        /// An operation of KIR version 1. The discriminant is the opcode byte without [`IMMEDIATE`].
        #[allow(missing_docs)]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Op { $($op = $byte,)* }

        impl Op {
            /// Every operation, by opcode.
            pub const ALL: &'static [Op] = &[$(Op::$op,)*];

            /// The operation of an opcode byte without the [`IMMEDIATE`] bit.
            pub fn from_byte(byte: u8) -> Option<Op> {
                match byte {
                    $($byte => Some(Op::$op),)*
                    _ => None,
                }
            }

            /// The name in the specification and in listings.
            pub fn name(self) -> &'static str {
                match self { $(Op::$op => $name,)* }
            }

            /// Fuel of one execution.
            pub fn fuel(self) -> u32 {
                match self { $(Op::$op => $fuel,)* }
            }
        }

        /// The opcodes as constants, for patterns over raw instruction bytes.
        #[allow(non_upper_case_globals)]
        pub(crate) mod byte {
            $(pub(crate) const $op: u8 = $byte;)*
        }
    };
}

operations! {
    If = 0x01, "if", 1;
    Else = 0x02, "else", 1;
    End = 0x03, "end", 1;
    Block = 0x04, "block", 1;
    Loop = 0x05, "loop", 1;
    EndLoop = 0x06, "end_loop", 1;
    Break = 0x07, "break", 1;
    BreakIf = 0x08, "break_if", 1;
    Continue = 0x09, "continue", 1;
    ContinueIf = 0x0A, "continue_if", 1;

    Const = 0x10, "const", 1;
    Mov = 0x11, "mov", 1;
    Gid = 0x12, "gid", 1;
    Param = 0x13, "param", 1;
    Len = 0x14, "len", 1;
    Select = 0x15, "select", 1;
    Not = 0x16, "not", 1;
    Neg = 0x17, "neg", 1;
    Abs = 0x18, "abs", 1;
    Clz = 0x19, "clz", 1;
    Ctz = 0x1A, "ctz", 1;
    Popcnt = 0x1B, "popcnt", 1;
    Revbits = 0x1C, "revbits", 1;
    ExtractU = 0x1D, "extract_u", 1;
    ExtractS = 0x1E, "extract_s", 1;
    Insert = 0x1F, "insert", 1;

    Add = 0x20, "add", 1;
    Sub = 0x21, "sub", 1;
    Mul = 0x22, "mul", 1;
    MulhiU = 0x23, "mulhi_u", 1;
    MulhiS = 0x24, "mulhi_s", 1;
    DivU = 0x25, "div_u", 4;
    DivS = 0x26, "div_s", 4;
    RemU = 0x27, "rem_u", 4;
    RemS = 0x28, "rem_s", 4;
    And = 0x29, "and", 1;
    Or = 0x2A, "or", 1;
    Xor = 0x2B, "xor", 1;
    Shl = 0x2C, "shl", 1;
    ShrU = 0x2D, "shr_u", 1;
    ShrS = 0x2E, "shr_s", 1;
    MinU = 0x2F, "min_u", 1;
    MaxU = 0x30, "max_u", 1;
    MinS = 0x31, "min_s", 1;
    MaxS = 0x32, "max_s", 1;
    Eq = 0x33, "eq", 1;
    Ne = 0x34, "ne", 1;
    LtU = 0x35, "lt_u", 1;
    LeU = 0x36, "le_u", 1;
    GtU = 0x37, "gt_u", 1;
    GeU = 0x38, "ge_u", 1;
    LtS = 0x39, "lt_s", 1;
    LeS = 0x3A, "le_s", 1;
    GtS = 0x3B, "gt_s", 1;
    GeS = 0x3C, "ge_s", 1;
    Dot4U = 0x3D, "dot4_u", 1;
    Dot4S = 0x3E, "dot4_s", 1;

    Dot4AccU = 0x40, "dot4_acc_u", 1;
    Dot4AccS = 0x41, "dot4_acc_s", 1;
    Mad = 0x42, "mad", 1;

    Load = 0x50, "load", 4;
    LoadView = 0x51, "load_view", 2;
    Load4 = 0x52, "load4", 4;
    Load4View = 0x53, "load4_view", 2;
    View = 0x54, "view", 4;
    Cload = 0x55, "cload", 2;
    Sload = 0x56, "sload", 1;
    Sstore = 0x57, "sstore", 1;
    Oload = 0x58, "oload", 1;
    Ostore = 0x59, "ostore", 1;
}

impl Op {
    /// Whether it takes two operands, the second of which may be an immediate: opcodes 20 to 3E.
    pub fn is_binary(self) -> bool {
        (Op::Add as u8..=Op::Dot4S as u8).contains(&(self as u8))
    }
}

/// One instruction: 8 bytes. What the fields mean depends on the operation; those that it does not use are zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Instr {
    /// Opcode byte, with the [`IMMEDIATE`] bit.
    pub op: u8,
    /// Destination register, level of a loop, or the register a store takes its value from.
    pub d: u8,
    /// First operand: a register.
    pub a: u8,
    /// Second operand: a register, buffer, view, segment, parameter or nesting depth.
    pub b: u8,
    /// Immediate: a value, an offset, a target, or two packed u16.
    pub imm: u32,
}

impl Instr {
    /// Bytes of an encoded instruction.
    pub const BYTES: usize = 8;

    /// An instruction without the [`IMMEDIATE`] bit.
    pub fn new(op: Op, d: u8, a: u8, b: u8, imm: u32) -> Self {
        Instr { op: op as u8, d, a, b, imm }
    }

    /// `r[d] = r[a] op imm`, for a [binary](Op::is_binary) operation.
    pub fn binary_imm(op: Op, d: u8, a: u8, imm: u32) -> Self {
        Instr { op: op as u8 | IMMEDIATE, d, a, b: 0, imm }
    }

    /// Packs two u16 into the form that [`low`](Self::low) and [`high`](Self::high) read.
    pub fn pack(low: u16, high: u16) -> u32 {
        u32::from(low) | u32::from(high) << 16
    }

    /// The operation; `None` for an unknown opcode, and for [`IMMEDIATE`] on an operation that is not binary.
    pub fn opcode(self) -> Option<Op> {
        let op = Op::from_byte(self.op & !IMMEDIATE)?;
        (!self.is_immediate() || op.is_binary()).then_some(op)
    }

    /// Whether the second operand is `imm`.
    pub fn is_immediate(self) -> bool {
        self.op & IMMEDIATE != 0
    }

    /// Low half of the immediate.
    pub fn low(self) -> u16 {
        self.imm as u16
    }

    /// High half of the immediate.
    pub fn high(self) -> u16 {
        (self.imm >> 16) as u16
    }

    /// The encoding: 8 bytes.
    pub fn encode(self) -> [u8; Self::BYTES] {
        let [i0, i1, i2, i3] = self.imm.to_le_bytes();
        [self.op, self.d, self.a, self.b, i0, i1, i2, i3]
    }

    /// Any 8 bytes are an instruction; the validator decides whether it is valid.
    pub fn decode(bytes: [u8; Self::BYTES]) -> Self {
        let [op, d, a, b, i0, i1, i2, i3] = bytes;
        Instr { op, d, a, b, imm: u32::from_le_bytes([i0, i1, i2, i3]) }
    }
}

/// The most iterations of a loop, or the words of a view: `min(cap, ((params[param] >> shift)·m) + c)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// Added to the product.
    pub c: u32,
    /// The value is at most this.
    pub cap: u32,
    /// Multiplier; 0 in a constant.
    pub m: u16,
    /// The index of the parameter; `None` in a constant.
    pub param: Option<u8>,
    /// The parameter is shifted right by so many bits; 0 in a constant.
    pub shift: u8,
}

impl Bound {
    /// Bytes of an encoded bound.
    pub const BYTES: usize = 12;
    /// The parameter byte of a constant.
    const CONSTANT: u8 = 255;

    /// The bound that is `c` for all parameters.
    pub const fn constant(c: u32) -> Self {
        Bound { c, cap: c, m: 0, param: None, shift: 0 }
    }

    /// The value for these parameters, in saturating arithmetic. A missing parameter counts as 0.
    pub fn value(&self, params: &[u32]) -> u32 {
        let param = self.param.and_then(|p| params.get(usize::from(p)).copied());
        let shifted = param.unwrap_or(0).checked_shr(u32::from(self.shift)).unwrap_or(0);
        shifted.saturating_mul(u32::from(self.m)).saturating_add(self.c).min(self.cap)
    }

    /// The encoding: 12 bytes.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let [c0, c1, c2, c3] = self.c.to_le_bytes();
        let [k0, k1, k2, k3] = self.cap.to_le_bytes();
        let [m0, m1] = self.m.to_le_bytes();
        let param = self.param.unwrap_or(Self::CONSTANT);
        [c0, c1, c2, c3, k0, k1, k2, k3, m0, m1, param, self.shift]
    }

    /// Any 12 bytes are a bound; the validator decides whether it is valid.
    pub fn decode(bytes: [u8; Self::BYTES]) -> Self {
        let [c0, c1, c2, c3, k0, k1, k2, k3, m0, m1, param, shift] = bytes;
        Bound {
            c: u32::from_le_bytes([c0, c1, c2, c3]),
            cap: u32::from_le_bytes([k0, k1, k2, k3]),
            m: u16::from_le_bytes([m0, m1]),
            param: (param != Self::CONSTANT).then_some(param),
            shift,
        }
    }
}

/// A view: a range of an input buffer. Reads through the view outside of that range give 0. The base is set at run
/// time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ViewDecl {
    /// Index of the input buffer.
    pub buffer: u8,
    /// Index of the bound that is the length in words.
    pub bound: u16,
}

//! The parsed form of a kernel, and its one encoding.

use alloc::vec::Vec;

use crate::{error::Field, limits::*, Bound, Instr, KirError, ViewDecl, VERSION};

/// The first four bytes of every kernel.
pub const MAGIC: [u8; 4] = *b"TKIR";

const SEGMENT_BYTES: usize = 2;
const VIEW_BYTES: usize = 4;
const CONSTANT_BYTES: usize = 4;

/// The contents of a kernel, not validated. [`Kernel`](crate::Kernel) is the validated form.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Module {
    /// Output words of one invocation.
    pub window: u16,
    /// Registers in use.
    pub registers: u16,
    /// Input buffers.
    pub inputs: u8,
    /// Parameters.
    pub params: u8,
    /// Lengths of the scratch segments, in words.
    pub segments: Vec<u16>,
    /// Declared views.
    pub views: Vec<ViewDecl>,
    /// Bounds of loops and views.
    pub bounds: Vec<Bound>,
    /// The instructions.
    pub code: Vec<Instr>,
    /// The constants.
    pub constants: Vec<u32>,
}

impl Module {
    /// The byte string of this module. Nothing is checked: a table that is too long for its count gives bytes that do
    /// not decode.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.window.to_le_bytes());
        out.extend_from_slice(&self.registers.to_le_bytes());
        out.extend_from_slice(&[self.inputs, self.params, self.segments.len() as u8, self.views.len() as u8]);
        for count in [self.bounds.len(), self.code.len(), self.constants.len()] {
            out.extend_from_slice(&(count as u16).to_le_bytes());
        }
        out.extend_from_slice(&[0; 4]);
        for words in &self.segments {
            out.extend_from_slice(&words.to_le_bytes());
        }
        for view in &self.views {
            out.extend_from_slice(&[view.buffer, 0]);
            out.extend_from_slice(&view.bound.to_le_bytes());
        }
        for bound in &self.bounds {
            out.extend_from_slice(&bound.encode());
        }
        for instr in &self.code {
            out.extend_from_slice(&instr.encode());
        }
        for word in &self.constants {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// Bytes of the [encoding](Self::encode).
    pub fn encoded_len(&self) -> usize {
        self.counts().encoded_len()
    }

    /// Reads the encoding. Counts and the total length are checked before anything is allocated; the contents of the
    /// tables are not checked, except that a view's padding is zero, which the parsed form cannot express.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Module, KirError> {
        let mut input = Input(bytes);
        let truncated = KirError::Truncated { bytes: bytes.len() };
        if bytes.len() < HEADER_BYTES {
            return Err(truncated);
        }
        if input.take::<4>().ok_or(truncated)? != MAGIC {
            return Err(KirError::WrongMagic);
        }
        let version = input.u16().ok_or(truncated)?;
        if version != VERSION {
            return Err(KirError::UnknownVersion { version });
        }
        let window = input.u16().ok_or(truncated)?;
        let registers = input.u16().ok_or(truncated)?;
        let [inputs, params, segments, views] = input.take::<4>().ok_or(truncated)?;
        let bounds = input.u16().ok_or(truncated)?;
        let code = input.u16().ok_or(truncated)?;
        let constants = input.u16().ok_or(truncated)?;
        if input.take::<4>().ok_or(truncated)? != [0; 4] {
            return Err(KirError::ReservedNotZero);
        }
        let counts = Counts {
            window: window.into(),
            registers: registers.into(),
            inputs: inputs.into(),
            params: params.into(),
            segments: segments.into(),
            views: views.into(),
            bounds: bounds.into(),
            instructions: code.into(),
            constants: constants.into(),
        };
        counts.check()?;
        let expected = counts.encoded_len();
        let wrong_length = KirError::WrongLength { expected, got: bytes.len() };
        if bytes.len() != expected {
            return Err(wrong_length);
        }

        let mut module = Module {
            window,
            registers,
            inputs,
            params,
            segments: Vec::with_capacity(counts.segments),
            views: Vec::with_capacity(counts.views),
            bounds: Vec::with_capacity(counts.bounds),
            code: Vec::with_capacity(counts.instructions),
            constants: Vec::with_capacity(counts.constants),
        };
        for _ in 0..segments {
            module.segments.push(input.u16().ok_or(wrong_length)?);
        }
        for view in 0..views {
            let [buffer, padding] = input.take::<2>().ok_or(wrong_length)?;
            if padding != 0 {
                return Err(KirError::ViewNotCanonical { view });
            }
            let bound = input.u16().ok_or(wrong_length)?;
            module.views.push(ViewDecl { buffer, bound });
        }
        for _ in 0..bounds {
            let bytes = input.take().ok_or(wrong_length)?;
            module.bounds.push(Bound::decode(bytes));
        }
        for _ in 0..code {
            let bytes = input.take().ok_or(wrong_length)?;
            module.code.push(Instr::decode(bytes));
        }
        for _ in 0..constants {
            let bytes = input.take().ok_or(wrong_length)?;
            module.constants.push(u32::from_le_bytes(bytes));
        }
        Ok(module)
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            window: self.window.into(),
            registers: self.registers.into(),
            inputs: self.inputs.into(),
            params: self.params.into(),
            segments: self.segments.len(),
            views: self.views.len(),
            bounds: self.bounds.len(),
            instructions: self.code.len(),
            constants: self.constants.len(),
        }
    }
}

/// The numbers of the header, unchecked.
pub(crate) struct Counts {
    window: usize,
    registers: usize,
    inputs: usize,
    params: usize,
    segments: usize,
    views: usize,
    bounds: usize,
    instructions: usize,
    constants: usize,
}

impl Counts {
    /// Bytes of the encoding of a module with these counts.
    fn encoded_len(&self) -> usize {
        HEADER_BYTES
            .saturating_add(self.segments.saturating_mul(SEGMENT_BYTES))
            .saturating_add(self.views.saturating_mul(VIEW_BYTES))
            .saturating_add(self.bounds.saturating_mul(Bound::BYTES))
            .saturating_add(self.instructions.saturating_mul(Instr::BYTES))
            .saturating_add(self.constants.saturating_mul(CONSTANT_BYTES))
    }

    pub(crate) fn check(&self) -> Result<(), KirError> {
        for (field, value, min, max) in [
            (Field::Window, self.window, 1, MAX_WINDOW),
            (Field::Registers, self.registers, 1, MAX_REGISTERS),
            (Field::Inputs, self.inputs, 0, MAX_INPUTS),
            (Field::Params, self.params, 0, MAX_PARAMS),
            (Field::Segments, self.segments, 0, MAX_SEGMENTS),
            (Field::Views, self.views, 0, MAX_VIEWS),
            (Field::Bounds, self.bounds, 0, MAX_BOUNDS),
            (Field::Instructions, self.instructions, 1, MAX_INSTRUCTIONS),
            (Field::Constants, self.constants, 0, MAX_CONSTANTS),
        ] {
            if value < min || value > max {
                return Err(KirError::CountOutOfRange { field, value });
            }
        }
        Ok(())
    }
}

/// The remaining bytes of a byte string.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }
}

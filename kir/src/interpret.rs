//! The interpreter: one invocation of a kernel, executed on the CPU or in the runtime.

use alloc::{vec, vec::Vec};
use core::fmt;

use crate::{
    alu::{self, binary_byte},
    cost::{base_fuel, BadArguments},
    isa::{byte, Instr, IMMEDIATE},
    limits::*,
    reader::{Missing, ReadWord},
    Kernel,
};

/// Why an invocation has no result. A kernel alone cannot cause it: every operation is total.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// It reads a chunk that the reader does not have.
    Missing(Missing),
    /// It burned more than the caller allowed.
    OutOfFuel,
    /// The arguments do not fit the kernel.
    Malformed(BadArguments),
}

impl From<Missing> for Trap {
    fn from(missing: Missing) -> Self {
        Trap::Missing(missing)
    }
}

impl From<BadArguments> for Trap {
    fn from(error: BadArguments) -> Self {
        Trap::Malformed(error)
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trap::Missing(missing) => missing.fmt(f),
            Trap::OutOfFuel => write!(f, "the invocation burned more fuel than allowed"),
            Trap::Malformed(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Trap {}

/// The result of executing one invocation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution {
    /// The whole output window: W words.
    pub words: Vec<u32>,
    /// Fuel burned, at most the amount that [`Kernel::cost`] returns.
    pub fuel: u64,
}

/// Runs one invocation and returns the words of its output window.
///
/// `input_bytes` are the lengths of the inputs; `reader` has their words.
///
/// # Errors
/// See [`Trap`].
pub fn interpret(
    kernel: &Kernel,
    params: &[u32],
    input_bytes: &[u32],
    invocation: u32,
    reader: &mut impl ReadWord,
    fuel_limit: u64,
) -> Result<Vec<u32>, Trap> {
    let step = Step::new(kernel, params, input_bytes)?;
    let execution = step.run(invocation, reader, fuel_limit)?;
    Ok(execution.words)
}

/// A kernel with its arguments, ready to run any of its invocations.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    kernel: &'a Kernel,
    params: [u32; MAX_PARAMS],
    /// Length of each input, words.
    lens: [u32; MAX_INPUTS],
    bounds: [u32; MAX_BOUNDS],
    segments: [Segment; MAX_SEGMENTS],
    scratch: usize,
    views: [ViewState; MAX_VIEWS],
}

/// The position of a segment in the scratch words.
#[derive(Clone, Copy, Default, Debug)]
struct Segment {
    start: u32,
    len: u32,
}

/// A view and its current range: before its first `view` instruction it is empty.
#[derive(Clone, Copy, Default, Debug)]
struct ViewState {
    buffer: u8,
    /// The length that a `view` instruction gives it, in words.
    full: u32,
    base: u32,
    len: u32,
}

impl<'a> Step<'a> {
    /// Applies a kernel to parameters and inputs of these lengths in bytes.
    ///
    /// # Errors
    /// Arguments that do not fit the kernel.
    pub fn new(kernel: &'a Kernel, params: &[u32], input_bytes: &[u32]) -> Result<Step<'a>, BadArguments> {
        BadArguments::check(kernel, params, input_bytes)?;
        let module = kernel.module();
        let mut step = Step {
            kernel,
            params: [0; MAX_PARAMS],
            lens: [0; MAX_INPUTS],
            bounds: [0; MAX_BOUNDS],
            segments: [Segment::default(); MAX_SEGMENTS],
            scratch: 0,
            views: [ViewState::default(); MAX_VIEWS],
        };
        for (slot, param) in step.params.iter_mut().zip(params) {
            *slot = *param;
        }
        for (slot, bytes) in step.lens.iter_mut().zip(input_bytes) {
            *slot = bytes / 4;
        }
        for (slot, bound) in step.bounds.iter_mut().zip(&module.bounds) {
            *slot = bound.value(params);
        }
        let mut start = 0u32;
        for (slot, words) in step.segments.iter_mut().zip(&module.segments) {
            let len = u32::from(*words);
            *slot = Segment { start, len };
            start = start.saturating_add(len);
        }
        step.scratch = start as usize;
        for (slot, view) in step.views.iter_mut().zip(&module.views) {
            let bound = step.bounds.get(usize::from(view.bound));
            slot.buffer = view.buffer;
            slot.full = bound.copied().unwrap_or(0);
        }
        Ok(step)
    }

    /// Runs one invocation. Time is at most proportional to `fuel_limit`.
    ///
    /// # Errors
    /// A chunk that `reader` does not have; more fuel burned than `fuel_limit`.
    pub fn run(&self, invocation: u32, reader: &mut impl ReadWord, fuel_limit: u64) -> Result<Execution, Trap> {
        let module = self.kernel.module();
        let code = module.code.as_slice();
        let constants = module.constants.as_slice();
        let mut r = Registers([0; MAX_REGISTERS]);
        let mut counters = [0u32; MAX_LOOPS];
        let mut views = self.views;
        let mut scratch = vec![0u32; self.scratch];
        let mut window = vec![0u32; usize::from(module.window)];
        let mut fuel = base_fuel(module.window);
        let mut pc = 0usize;

        // The code is valid: each index below is inside its table, and each target inside the code. The masks tell the
        // optimiser so. Fuel is compared at backward jumps and at the end of the code: in between, an invocation burns
        // at most a few units for each instruction of the code.
        while let Some(&Instr { op, d, a, b, imm }) = code.get(pc) {
            pc = pc.wrapping_add(1);
            fuel = fuel.wrapping_add(1);
            let low = (imm & 0xFFFF) as usize;
            let high = (imm >> 16) as usize;
            let x = r.get(a);
            let register_b = r.get(b);
            let y = if op & IMMEDIATE == 0 { register_b } else { imm };
            let index = x.wrapping_add(imm);
            match op & !IMMEDIATE {
                byte::If => {
                    // To the instruction after the `else`, or to the `end` if there is none.
                    let otherwise = low.wrapping_add(usize::from(low != high));
                    pc = if x == 0 { otherwise } else { pc };
                }
                byte::Else => pc = low,
                byte::End | byte::Block => {}
                byte::Loop => {
                    if let Some(counter) = counters.get_mut(usize::from(d) % MAX_LOOPS) {
                        *counter = 0;
                    }
                    if entry(&self.bounds, high % MAX_BOUNDS) == 0 {
                        pc = low.wrapping_add(1);
                    }
                }
                byte::EndLoop => {
                    if fuel > fuel_limit {
                        return Err(Trap::OutOfFuel);
                    }
                    if let Some(counter) = counters.get_mut(usize::from(d) % MAX_LOOPS) {
                        *counter = counter.wrapping_add(1);
                        if *counter < entry(&self.bounds, high % MAX_BOUNDS) {
                            pc = low.wrapping_add(1);
                        }
                    }
                }
                byte::Break => pc = low.wrapping_add(1),
                byte::BreakIf => pc = if x != 0 { low.wrapping_add(1) } else { pc },
                byte::Continue => pc = low,
                byte::ContinueIf => pc = if x != 0 { low } else { pc },

                byte::Const => r.set(d, imm),
                byte::Mov => r.set(d, x),
                byte::Gid => r.set(d, invocation),
                byte::Param => r.set(d, entry(&self.params, usize::from(b) % MAX_PARAMS)),
                byte::Len => r.set(d, entry(&self.lens, usize::from(b) % MAX_INPUTS)),
                byte::Select => {
                    let condition = r.get(imm as u8);
                    r.set(d, if condition != 0 { x } else { register_b });
                }
                byte::Not => r.set(d, !x),
                byte::Neg => r.set(d, x.wrapping_neg()),
                byte::Abs => r.set(d, alu::abs(x)),
                byte::Clz => r.set(d, x.leading_zeros()),
                byte::Ctz => r.set(d, x.trailing_zeros()),
                byte::Popcnt => r.set(d, x.count_ones()),
                byte::Revbits => r.set(d, x.reverse_bits()),
                byte::ExtractU => {
                    r.set(d, alu::extract_u(x, register_b, r.get(imm as u8)));
                }
                byte::ExtractS => {
                    r.set(d, alu::extract_s(x, register_b, r.get(imm as u8)));
                }
                byte::Insert => {
                    let offset = r.get(imm as u8);
                    let count = r.get((imm >> 8) as u8);
                    r.set(d, alu::insert(x, register_b, offset, count));
                }

                byte::Dot4AccU => r.set(d, r.get(d).wrapping_add(alu::dot4_u(x, register_b))),
                byte::Dot4AccS => r.set(d, r.get(d).wrapping_add(alu::dot4_s(x, register_b))),
                byte::Mad => r.set(d, r.get(d).wrapping_add(x.wrapping_mul(register_b))),

                byte::Load => {
                    fuel = fuel.wrapping_add(3);
                    r.set(
                        d,
                        if index < entry(&self.lens, usize::from(b) % MAX_INPUTS) {
                            reader.word(b, index)?
                        } else {
                            0
                        },
                    );
                }
                byte::LoadView => {
                    fuel = fuel.wrapping_add(1);
                    let view = entry(&views, usize::from(b) % MAX_VIEWS);
                    let len = entry(&self.lens, usize::from(view.buffer) % MAX_INPUTS);
                    let inside = index >= view.base && index.wrapping_sub(view.base) < view.len;
                    r.set(d, if inside && index < len { reader.word(view.buffer, index)? } else { 0 });
                }
                byte::Load4 => {
                    fuel = fuel.wrapping_add(3);
                    let len = entry(&self.lens, usize::from(b) % MAX_INPUTS);
                    r.set_four(d, four(reader, b, index, len)?);
                }
                byte::Load4View => {
                    fuel = fuel.wrapping_add(1);
                    let view = entry(&views, usize::from(b) % MAX_VIEWS);
                    let len = entry(&self.lens, usize::from(view.buffer) % MAX_INPUTS);
                    let first = u64::from(index).wrapping_mul(4);
                    let end = u64::from(view.base).wrapping_add(view.len.into());
                    let inside = u64::from(view.base) <= first && first.wrapping_add(4) <= end;
                    let words = if inside { four(reader, view.buffer, index, len)? } else { [0; 4] };
                    r.set_four(d, words);
                }
                byte::View => {
                    fuel = fuel.wrapping_add(3);
                    if let Some(view) = views.get_mut(usize::from(b) % MAX_VIEWS) {
                        view.base = x;
                        view.len = view.full;
                    }
                }
                byte::Cload => {
                    fuel = fuel.wrapping_add(1);
                    let i = x as usize;
                    r.set(d, if i < high { constants.get(low.wrapping_add(i)).copied().unwrap_or(0) } else { 0 });
                }
                byte::Sload => {
                    let segment = entry(&self.segments, usize::from(b) % MAX_SEGMENTS);
                    r.set(
                        d,
                        if index < segment.len {
                            let at = segment.start.wrapping_add(index) as usize;
                            scratch.get(at).copied().unwrap_or(0)
                        } else {
                            0
                        },
                    );
                }
                byte::Sstore => {
                    let segment = entry(&self.segments, usize::from(b) % MAX_SEGMENTS);
                    if index < segment.len {
                        let at = segment.start.wrapping_add(index) as usize;
                        if let Some(word) = scratch.get_mut(at) {
                            *word = r.get(d);
                        }
                    }
                }
                byte::Oload => r.set(d, window.get(index as usize).copied().unwrap_or(0)),
                byte::Ostore => {
                    if let Some(word) = window.get_mut(index as usize) {
                        *word = r.get(d);
                    }
                }

                // One arm each, so that an instruction is dispatched by one jump: with a constant opcode, the compiler
                // keeps only that operation.
                byte::Add => r.set(d, binary_byte(byte::Add, x, y)),
                byte::Sub => r.set(d, binary_byte(byte::Sub, x, y)),
                byte::Mul => r.set(d, binary_byte(byte::Mul, x, y)),
                byte::MulhiU => r.set(d, binary_byte(byte::MulhiU, x, y)),
                byte::MulhiS => r.set(d, binary_byte(byte::MulhiS, x, y)),
                byte::DivU => {
                    fuel = fuel.wrapping_add(3);
                    r.set(d, binary_byte(byte::DivU, x, y));
                }
                byte::DivS => {
                    fuel = fuel.wrapping_add(3);
                    r.set(d, binary_byte(byte::DivS, x, y));
                }
                byte::RemU => {
                    fuel = fuel.wrapping_add(3);
                    r.set(d, binary_byte(byte::RemU, x, y));
                }
                byte::RemS => {
                    fuel = fuel.wrapping_add(3);
                    r.set(d, binary_byte(byte::RemS, x, y));
                }
                byte::And => r.set(d, binary_byte(byte::And, x, y)),
                byte::Or => r.set(d, binary_byte(byte::Or, x, y)),
                byte::Xor => r.set(d, binary_byte(byte::Xor, x, y)),
                byte::Shl => r.set(d, binary_byte(byte::Shl, x, y)),
                byte::ShrU => r.set(d, binary_byte(byte::ShrU, x, y)),
                byte::ShrS => r.set(d, binary_byte(byte::ShrS, x, y)),
                byte::MinU => r.set(d, binary_byte(byte::MinU, x, y)),
                byte::MaxU => r.set(d, binary_byte(byte::MaxU, x, y)),
                byte::MinS => r.set(d, binary_byte(byte::MinS, x, y)),
                byte::MaxS => r.set(d, binary_byte(byte::MaxS, x, y)),
                byte::Eq => r.set(d, binary_byte(byte::Eq, x, y)),
                byte::Ne => r.set(d, binary_byte(byte::Ne, x, y)),
                byte::LtU => r.set(d, binary_byte(byte::LtU, x, y)),
                byte::LeU => r.set(d, binary_byte(byte::LeU, x, y)),
                byte::GtU => r.set(d, binary_byte(byte::GtU, x, y)),
                byte::GeU => r.set(d, binary_byte(byte::GeU, x, y)),
                byte::LtS => r.set(d, binary_byte(byte::LtS, x, y)),
                byte::LeS => r.set(d, binary_byte(byte::LeS, x, y)),
                byte::GtS => r.set(d, binary_byte(byte::GtS, x, y)),
                byte::GeS => r.set(d, binary_byte(byte::GeS, x, y)),
                byte::Dot4U => r.set(d, binary_byte(byte::Dot4U, x, y)),
                byte::Dot4S => r.set(d, binary_byte(byte::Dot4S, x, y)),
                // Validated code has no other opcode.
                _ => {}
            }
        }
        if fuel > fuel_limit {
            return Err(Trap::OutOfFuel);
        }
        Ok(Execution { words: window, fuel })
    }
}

/// Words `4i` to `4i + 3` of a buffer of `len` words; those beyond it are 0.
#[inline(always)]
fn four(reader: &mut impl ReadWord, buffer: u8, i: u32, len: u32) -> Result<[u32; 4], Missing> {
    if i < len / 4 {
        return reader.four(buffer, i);
    }
    across_the_end(reader, buffer, i, len)
}

/// The same if the buffer ends among them or before.
#[cold]
fn across_the_end(reader: &mut impl ReadWord, buffer: u8, i: u32, len: u32) -> Result<[u32; 4], Missing> {
    let mut words = [0; 4];
    let first = i.checked_mul(4).unwrap_or(len);
    for (word, index) in words.iter_mut().zip(first..len) {
        *word = reader.word(buffer, index)?;
    }
    Ok(words)
}

/// The registers. There are 256, so a u8 index needs no bounds check.
struct Registers([u32; MAX_REGISTERS]);

impl Registers {
    #[inline(always)]
    fn get(&self, register: u8) -> u32 {
        entry(&self.0, usize::from(register))
    }

    #[inline(always)]
    fn set(&mut self, register: u8, word: u32) {
        if let Some(slot) = self.0.get_mut(usize::from(register)) {
            *slot = word;
        }
    }

    /// Word by word: a copy of all four at once would stall on words that were just stored separately.
    #[inline(always)]
    fn set_four(&mut self, first: u8, words: [u32; 4]) {
        if let Some([x, y, z, w]) = self.0.get_mut(usize::from(first)..).and_then(|rest| rest.first_chunk_mut()) {
            [*x, *y, *z, *w] = words;
        }
    }
}

/// An entry of a table of fixed size. Callers mask the index, so the optimiser removes the check.
#[inline(always)]
fn entry<T: Copy + Default>(table: &[T], index: usize) -> T {
    table.get(index).copied().unwrap_or_default()
}

//! The validator: one pass over the module, no recursion, a stack of fixed size.

use alloc::vec::Vec;

use crate::{limits::*, Instr, KirError, Module, Op};

/// BLAKE3 of the whole encoding: the name of a kernel on the chain.
pub type KernelHash = [u8; 32];

/// A kernel that has passed validation; there is no other way to construct one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kernel {
    module: Module,
    hash: KernelHash,
}

impl Kernel {
    /// Reads and validates an encoded kernel. One kernel has one encoding: [`encode`](Self::encode) gives `bytes` back.
    ///
    /// # Errors
    /// The first defect, in the order header, tables, instructions.
    pub fn decode(bytes: &[u8]) -> Result<Kernel, KirError> {
        let module = Module::decode(bytes)?;
        validate(&module)?;
        let hash = blake3::hash(bytes).into();
        Ok(Kernel { module, hash })
    }

    /// Validates a module that was built in memory.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn from_module(module: Module) -> Result<Kernel, KirError> {
        module.counts().check()?;
        validate(&module)?;
        let hash = blake3::hash(&module.encode()).into();
        Ok(Kernel { module, hash })
    }

    /// The parsed form.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The byte string on the chain.
    pub fn encode(&self) -> Vec<u8> {
        self.module.encode()
    }

    /// The hash that names it on the chain.
    pub fn hash(&self) -> KernelHash {
        self.hash
    }

    /// Output words of one invocation.
    pub fn window(&self) -> u16 {
        self.module.window
    }
}

/// Checks everything except the counts of the header, which the caller has checked.
fn validate(module: &Module) -> Result<(), KirError> {
    check_tables(module)?;
    let mut pass = Pass { module, at: 0, frames: [Frame::Block { end: 0 }; MAX_NESTING], depth: 0, loops: 0 };
    for (at, instr) in (0..).zip(&module.code) {
        pass.at = at;
        pass.instruction(*instr)?;
    }
    match pass.depth {
        0 => Ok(()),
        constructs => Err(KirError::Unclosed { constructs }),
    }
}

fn check_tables(module: &Module) -> Result<(), KirError> {
    let mut scratch = 0usize;
    for (segment, &words) in (0..).zip(&module.segments) {
        if words == 0 || usize::from(words) > MAX_SCRATCH_WORDS {
            return Err(KirError::SegmentOutOfRange { segment, words });
        }
        scratch = scratch.saturating_add(words.into());
    }
    if scratch > MAX_SCRATCH_WORDS {
        return Err(KirError::ScratchTooLarge { words: scratch });
    }
    for (view, decl) in (0..).zip(&module.views) {
        if decl.buffer >= module.inputs {
            return Err(KirError::ViewBufferOutOfRange { view });
        }
        if usize::from(decl.bound) >= module.bounds.len() {
            return Err(KirError::ViewBoundOutOfRange { view });
        }
    }
    for (bound, decl) in (0..).zip(&module.bounds) {
        match decl.param {
            None if decl.m != 0 || decl.shift != 0 || decl.cap != decl.c => {
                return Err(KirError::BoundNotCanonical { bound });
            }
            None => {}
            Some(param) if param >= module.params => {
                return Err(KirError::BoundParamOutOfRange { bound });
            }
            Some(_) if decl.shift >= 32 => return Err(KirError::BoundShiftOutOfRange { bound }),
            Some(_) if decl.m == 0 => return Err(KirError::BoundMultiplierZero { bound }),
            Some(_) => {}
        }
    }
    Ok(())
}

/// An open construct. It claims its targets when it opens; closing checks the claims, so branches may rely on them.
#[derive(Clone, Copy)]
enum Frame {
    /// `otherwise` is the `else`, or the `end` if there is none.
    If {
        otherwise: u16,
        end: u16,
    },
    /// The second arm of an `if`.
    Else {
        end: u16,
    },
    Block {
        end: u16,
    },
    Loop {
        start: u16,
        bound: u16,
        end: u16,
    },
}

impl Frame {
    fn end(self) -> u16 {
        match self {
            Frame::If { end, .. } | Frame::Else { end } | Frame::Block { end } | Frame::Loop { end, .. } => end,
        }
    }
}

/// The state of the pass over the code.
struct Pass<'a> {
    module: &'a Module,
    /// Index of the current instruction.
    at: u16,
    frames: [Frame; MAX_NESTING],
    /// Number of open `frames`.
    depth: usize,
    /// Number of loops among them.
    loops: u8,
}

impl Pass<'_> {
    fn instruction(&mut self, instr: Instr) -> Result<(), KirError> {
        let at = self.at;
        let Instr { d, a, b, imm, .. } = instr;
        let Some(op) = instr.opcode() else {
            return Err(KirError::UnknownOperation { at, op: instr.op });
        };
        match op {
            Op::If => {
                self.unused(d | b, 0)?;
                self.register(a)?;
                self.open(Frame::If { otherwise: instr.low(), end: instr.high() })
            }
            Op::Else => {
                self.unused(d | a | b, 0)?;
                self.otherwise(imm)
            }
            Op::End => {
                self.unused(d | a | b, imm)?;
                self.close()
            }
            Op::Block => {
                self.unused(d | a | b, imm >> 16)?;
                self.open(Frame::Block { end: instr.low() })
            }
            Op::Loop => {
                self.unused(a | b, 0)?;
                self.open_loop(d, instr.low(), instr.high())
            }
            Op::EndLoop => {
                self.unused(a | b, 0)?;
                self.close_loop(d, instr.low(), instr.high())
            }
            Op::Break | Op::BreakIf => {
                self.unused(d, 0)?;
                self.condition(op == Op::BreakIf, a)?;
                let frame = self.enclosing(b)?;
                self.target(imm, frame.end())
            }
            Op::Continue | Op::ContinueIf => {
                self.unused(d, 0)?;
                self.condition(op == Op::ContinueIf, a)?;
                match self.enclosing(b)? {
                    Frame::Loop { end, .. } => self.target(imm, end),
                    _ => Err(KirError::NotALoop { at }),
                }
            }

            Op::Const => {
                self.unused(a | b, 0)?;
                self.register(d)
            }
            Op::Gid => {
                self.unused(a | b, imm)?;
                self.register(d)
            }
            Op::Param => {
                self.unused(a, imm)?;
                self.register(d)?;
                self.within(b, self.module.params.into(), KirError::ParamOutOfRange { at })
            }
            Op::Len => {
                self.unused(a, imm)?;
                self.register(d)?;
                self.input(b)
            }
            Op::Mov | Op::Not | Op::Neg | Op::Abs | Op::Clz | Op::Ctz | Op::Popcnt | Op::Revbits => {
                self.unused(b, imm)?;
                self.registers([d, a])
            }
            Op::Select | Op::ExtractU | Op::ExtractS => {
                let [c, rest @ ..] = imm.to_le_bytes();
                self.unused(0, u32::from(rest != [0; 3]))?;
                self.registers([d, a, b, c])
            }
            Op::Insert => {
                let [c, e, rest @ ..] = imm.to_le_bytes();
                self.unused(0, u32::from(rest != [0; 2]))?;
                self.registers([d, a, b, c, e])
            }
            Op::Dot4AccU | Op::Dot4AccS | Op::Mad => {
                self.unused(0, imm)?;
                self.registers([d, a, b])
            }

            Op::Load => {
                self.registers([d, a])?;
                self.input(b)
            }
            Op::LoadView => {
                self.registers([d, a])?;
                self.view(b)
            }
            Op::Load4 => {
                self.four_registers(d)?;
                self.register(a)?;
                self.input(b)
            }
            Op::Load4View => {
                self.four_registers(d)?;
                self.register(a)?;
                self.view(b)
            }
            Op::View => {
                self.unused(d, imm)?;
                self.register(a)?;
                self.view(b)
            }
            Op::Cload => {
                self.unused(b, 0)?;
                self.registers([d, a])?;
                let end = usize::from(instr.low()).saturating_add(instr.high().into());
                if instr.high() == 0 || end > self.module.constants.len() {
                    return Err(KirError::ConstantsOutOfRange { at });
                }
                Ok(())
            }
            Op::Sload | Op::Sstore => {
                self.registers([d, a])?;
                self.within(b, self.module.segments.len(), KirError::NoSuchSegment { at })
            }
            Op::Oload | Op::Ostore => {
                self.unused(b, 0)?;
                self.registers([d, a])
            }

            // All other operations are binary.
            _ if instr.is_immediate() => {
                self.unused(b, 0)?;
                self.registers([d, a])
            }
            _ => {
                self.unused(0, imm)?;
                self.registers([d, a, b])
            }
        }
    }

    fn open(&mut self, frame: Frame) -> Result<(), KirError> {
        let Some(top) = self.frames.get_mut(self.depth) else {
            return Err(KirError::TooDeep { at: self.at });
        };
        *top = frame;
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn open_loop(&mut self, level: u8, end: u16, bound: u16) -> Result<(), KirError> {
        let at = self.at;
        if usize::from(self.loops) >= MAX_LOOPS {
            return Err(KirError::TooManyLoops { at });
        }
        if level != self.loops {
            return Err(KirError::WrongLevel { at });
        }
        if usize::from(bound) >= self.module.bounds.len() {
            return Err(KirError::BoundOutOfRange { at });
        }
        self.open(Frame::Loop { start: at, bound, end })?;
        self.loops = self.loops.saturating_add(1);
        Ok(())
    }

    /// The `else` of the innermost construct, an `if` that has claimed it.
    fn otherwise(&mut self, target: u32) -> Result<(), KirError> {
        let at = self.at;
        let Some(Frame::If { otherwise, end }) = self.innermost() else {
            return Err(KirError::Unmatched { at });
        };
        self.target(at.into(), otherwise)?;
        self.target(target, end)?;
        self.depth = self.depth.saturating_sub(1);
        self.open(Frame::Else { end })
    }

    /// The `end` of the innermost construct, which is not a loop.
    fn close(&mut self) -> Result<(), KirError> {
        let at = self.at;
        match self.innermost() {
            Some(Frame::If { otherwise, end }) => {
                self.target(at.into(), otherwise)?;
                self.target(at.into(), end)?;
            }
            Some(Frame::Else { end } | Frame::Block { end }) => self.target(at.into(), end)?,
            Some(Frame::Loop { .. }) | None => return Err(KirError::Unmatched { at }),
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    /// The `end_loop` of the innermost construct, a loop.
    fn close_loop(&mut self, level: u8, target: u16, bound_here: u16) -> Result<(), KirError> {
        let at = self.at;
        let Some(Frame::Loop { start, bound, end }) = self.innermost() else {
            return Err(KirError::Unmatched { at });
        };
        self.loops = self.loops.saturating_sub(1);
        if level != self.loops {
            return Err(KirError::WrongLevel { at });
        }
        self.target(at.into(), end)?;
        self.target(target.into(), start)?;
        if bound_here != bound {
            return Err(KirError::WrongBound { at });
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    fn innermost(&self) -> Option<Frame> {
        self.frames.get(self.depth.checked_sub(1)?).copied()
    }

    /// The `k`-th enclosing construct, counted outwards from 0.
    fn enclosing(&self, k: u8) -> Result<Frame, KirError> {
        self.depth
            .checked_sub(usize::from(k).saturating_add(1))
            .and_then(|index| self.frames.get(index).copied())
            .ok_or(KirError::NoSuchConstruct { at: self.at })
    }

    fn target(&self, given: u32, expected: u16) -> Result<(), KirError> {
        if given == u32::from(expected) {
            Ok(())
        } else {
            Err(KirError::WrongTarget { at: self.at })
        }
    }

    /// Register `a` of a conditional branch; unused in an unconditional one.
    fn condition(&self, conditional: bool, a: u8) -> Result<(), KirError> {
        if conditional {
            self.register(a)
        } else {
            self.unused(a, 0)
        }
    }

    fn unused(&self, fields: u8, imm: u32) -> Result<(), KirError> {
        if fields == 0 && imm == 0 {
            Ok(())
        } else {
            Err(KirError::UnusedFieldNotZero { at: self.at })
        }
    }

    fn register(&self, register: u8) -> Result<(), KirError> {
        self.registers([register])
    }

    fn registers<const N: usize>(&self, registers: [u8; N]) -> Result<(), KirError> {
        for register in registers.map(u16::from) {
            self.register_within(register)?;
        }
        Ok(())
    }

    /// Four registers from `first`; reports the last.
    fn four_registers(&self, first: u8) -> Result<(), KirError> {
        self.register_within(u16::from(first).saturating_add(3))
    }

    fn register_within(&self, register: u16) -> Result<(), KirError> {
        if register < self.module.registers {
            Ok(())
        } else {
            Err(KirError::RegisterOutOfRange { at: self.at, register })
        }
    }

    fn input(&self, buffer: u8) -> Result<(), KirError> {
        self.within(buffer, self.module.inputs.into(), KirError::InputOutOfRange { at: self.at })
    }

    fn view(&self, view: u8) -> Result<(), KirError> {
        self.within(view, self.module.views.len(), KirError::ViewOutOfRange { at: self.at })
    }

    fn within(&self, index: u8, count: usize, error: KirError) -> Result<(), KirError> {
        if usize::from(index) < count {
            Ok(())
        } else {
            Err(error)
        }
    }
}

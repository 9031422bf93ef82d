//! The limits of a kernel and of the cost of one invocation, which belong to the version, and the size of the header.

/// Bytes of a kernel before its tables.
pub const HEADER_BYTES: usize = 24;
/// Instructions of a kernel. A branch target fits 12 bits.
pub const MAX_INSTRUCTIONS: usize = 4096;
/// Read-only constant words.
pub const MAX_CONSTANTS: usize = 4096;
/// Registers of 32 bits.
pub const MAX_REGISTERS: usize = 256;
/// Input buffers of a step: with the parameters and the output they are the bindings that wgpu offers.
pub const MAX_INPUTS: usize = 8;
/// Parameters, one word each.
pub const MAX_PARAMS: usize = 16;
/// Segments of private scratch.
pub const MAX_SEGMENTS: usize = 16;
/// Words of private scratch, all segments together.
pub const MAX_SCRATCH_WORDS: usize = 1024;
/// Output words of one invocation.
pub const MAX_WINDOW: usize = 1024;
/// Declared views.
pub const MAX_VIEWS: usize = 16;
/// Declared bounds.
pub const MAX_BOUNDS: usize = 128;
/// Control constructs around an instruction.
pub const MAX_NESTING: usize = 64;
/// Loops around an instruction.
pub const MAX_LOOPS: usize = 8;
/// Fuel of one invocation in the worst case.
pub const MAX_FUEL: u64 = 1 << 24;
/// Chunks of 1,024 bytes that one invocation reads in the worst case, all buffers together: their openings fit a block.
pub const MAX_CHUNKS: u32 = 512;
/// Bytes of a buffer.
pub const MAX_BUFFER_BYTES: u32 = 1 << 31;
/// Bytes of an encoded kernel with everything at its limit.
pub const MAX_CODE_BYTES: usize =
    HEADER_BYTES + 2 * MAX_SEGMENTS + 4 * MAX_VIEWS + 12 * MAX_BOUNDS + 8 * MAX_INSTRUCTIONS + 4 * MAX_CONSTANTS;

//! Where emitted kernels find their inputs.

/// Workgroups in a row of a grid that has several: as many as every device offers.
pub const GRID_ROW: u32 = 65_535;

/// What emitted code may assume about the device and the dispatch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// Bytes of a buffer that one binding covers, a power of two of at least 16: a longer input is bound in parts.
    pub part_bytes: u32,
    /// The device has 64-bit integers (wgpu's `SHADER_INT64`).
    pub int64: bool,
    /// Invocations of the step. The behaviour of an invocation with a higher index is undefined.
    pub invocations: u32,
    /// Every dispatch binds the output windows of the whole step, so an invocation outside the dispatch's range may run
    /// too.
    pub whole_step: bool,
    /// The driver leaves loops after some number of turns, finished or not. The source then tells when that happened:
    /// see [`Emitted::cut_binding`](crate::Emitted::cut_binding).
    pub cuts_loops: bool,
}

impl Default for Target {
    /// The most conservative target, except that one binding covers any buffer: 32-bit integers, and any number of
    /// invocations.
    fn default() -> Self {
        Target {
            part_bytes: touchstone_kir::limits::MAX_BUFFER_BYTES,
            int64: false,
            invocations: u32::MAX,
            whole_step: false,
            cuts_loops: false,
        }
    }
}

/// A range of an input that has its own binding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Index of the input.
    pub input: u8,
    /// Number of the part in its input.
    pub number: u32,
    /// `@binding` of group 0. The first part of input `i` has `i`, all others follow the output from 10 on.
    pub binding: u32,
    /// Offset of its first byte in the input.
    pub offset: u32,
}

/// First binding number for second and later parts of inputs.
const FURTHER_PARTS: u32 = 10;

/// The parts of inputs of these lengths in bytes, input by input.
pub(crate) fn parts(input_bytes: &[u32], target: &Target) -> Vec<Part> {
    let mut further = FURTHER_PARTS;
    let mut parts = Vec::new();
    for (input, &bytes) in (0u8..).zip(input_bytes) {
        for number in 0..bytes.div_ceil(target.part_bytes).max(1) {
            let binding = if number == 0 { u32::from(input) } else { further };
            further += u32::from(number > 0);
            parts.push(Part { input, number, binding, offset: number * target.part_bytes });
        }
    }
    parts
}

/// The binding of the word that tells of loops that the driver has cut: the first free one.
pub(crate) fn cut_binding(parts: &[Part], target: &Target) -> Option<u32> {
    let further = parts.iter().map(|part| part.binding + 1).max().unwrap_or(0);
    target.cuts_loops.then_some(further.max(FURTHER_PARTS))
}

/// The declaration of that word.
pub(crate) fn cut_declaration(binding: u32) -> String {
    format!("@group(0) @binding({binding}) var<storage, read_write> cut: array<u32>;")
}

/// What an invocation does whose loop was cut: the word is no longer 0, and nothing is computed from what is
/// unfinished.
pub(crate) const CUT: &str = "cut[0] = 1u; return;";

impl Part {
    /// The name of its variable in the source.
    pub(crate) fn name(&self) -> String {
        match self.number {
            0 => format!("in{}", self.input),
            number => format!("in{}_{number}", self.input),
        }
    }

    /// Its declaration, with elements of the given type.
    pub(crate) fn declaration(&self, element: &str) -> String {
        let (binding, name) = (self.binding, self.name());
        format!("@group(0) @binding({binding}) var<storage, read> {name}: array<{element}>;")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_that_fits_has_one_binding_and_a_longer_one_as_many_as_it_needs() {
        let target = Target { part_bytes: 1024, ..Target::default() };
        let found: Vec<_> = parts(&[4, 1024, 1028, 3000], &target)
            .into_iter()
            .map(|part| (part.name(), part.binding, part.offset))
            .collect();
        let expected = [("in0", 0, 0), ("in1", 1, 0), ("in2", 2, 0), ("in2_1", 10, 1024), ("in3", 3, 0)];
        assert_eq!(found[..5], expected.map(|(name, binding, offset)| (name.to_owned(), binding, offset)));
        assert_eq!(found[5..], [("in3_1".to_owned(), 11, 1024), ("in3_2".to_owned(), 12, 2048)]);
        assert_eq!(parts(&[1 << 31], &Target::default()).len(), 1);
    }
}

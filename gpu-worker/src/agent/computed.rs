use touchstone_kir::Root;
use touchstone_primitives::{Buffer, Trace};

/// A result that can be committed: the store holds all that has to be served for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// Root and length of its trace: what is committed.
    pub trace: Buffer,
    /// Its blobs: the outputs of all step instances, in the order of execution, and the trace.
    pub blobs: Vec<Root>,
}

impl Computed {
    /// The result with this trace.
    pub fn new(trace: &Trace) -> Self {
        let buffer = trace.buffer();
        let blobs = trace.roots().iter().copied().chain([buffer.root]).collect();
        Self { trace: buffer, blobs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blobs_of_a_result_are_its_outputs_and_its_trace() {
        let trace = Trace::new(vec![[1; 32], [2; 32]]);
        let computed = Computed::new(&trace);
        assert_eq!(computed.trace, trace.buffer());
        assert_eq!(computed.blobs, [[1; 32], [2; 32], touchstone_kir::root(&trace.to_bytes())]);
    }
}

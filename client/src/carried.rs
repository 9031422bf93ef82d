//! The outputs of a small result, which came with its commitment. The chain has them until the result is settled or
//! refuted, so nobody has to serve them. [`At::outputs`](crate::chain::At::outputs) reads them.

use touchstone_kir::Root;
use touchstone_primitives::{split_outputs, Buffer, Trace};

/// The outputs of all steps of a result, and their trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    trace: Trace,
    outputs: Vec<Vec<u8>>,
}

impl Carried {
    /// The outputs that are one after the other in `bytes` and have these lengths; `None` if `trace` is not theirs.
    pub fn new(bytes: &[u8], lengths: &[u32], trace: &Buffer) -> Option<Self> {
        let outputs = split_outputs(bytes, lengths.iter().copied())?;
        let own = Trace::of(outputs.iter().copied());
        (own.buffer() == *trace).then(|| Self { trace: own, outputs: outputs.into_iter().map(Into::into).collect() })
    }

    /// The trace.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The outputs of all steps, in order.
    pub fn outputs(&self) -> &[Vec<u8>] {
        &self.outputs
    }

    /// The output with this root, if there is one.
    pub fn find(&self, root: &Root) -> Option<&[u8]> {
        let step = self.trace.roots().iter().position(|own| own == root)?;
        self.outputs.get(step).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_known_by_their_steps_and_their_roots() {
        let outputs = [vec![1u8; 8], vec![2; 2048], vec![1; 8]];
        let trace = Trace::of(outputs.iter().map(Vec::as_slice));
        let carried = Carried::new(&outputs.concat(), &[8, 2048, 8], &trace.buffer()).unwrap();
        assert_eq!((carried.trace(), carried.outputs()), (&trace, &outputs[..]));
        for output in &outputs {
            assert_eq!(carried.find(&touchstone_kir::root(output)), Some(output.as_slice()));
        }
        assert_eq!(carried.find(&[9; 32]), None);
    }

    #[test]
    fn what_is_not_under_the_committed_trace_is_not_believed() {
        let outputs = [vec![1u8; 8], vec![2; 8]];
        let trace = Trace::of(outputs.iter().map(Vec::as_slice)).buffer();
        let bytes = outputs.concat();
        assert!(Carried::new(&bytes, &[8, 8], &trace).is_some());
        for lengths in [[4, 12], [8, 7], [8, 9], [16, 0]] {
            assert_eq!(Carried::new(&bytes, &lengths, &trace), None, "{lengths:?}");
        }
        let mut wrong = bytes.clone();
        wrong[15] ^= 1;
        for (bytes, lengths) in [(&wrong[..], &[8, 8][..]), (&bytes[..8], &[8][..]), (&[][..], &[][..])] {
            assert_eq!(Carried::new(bytes, lengths, &trace), None, "{lengths:?}");
        }
    }
}

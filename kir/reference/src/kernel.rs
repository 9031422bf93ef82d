use crate::{
    compile::Compiled, cost::Cost, coverage::Coverage, decode::Rule, execution::ReferenceExecution, tree::Tree,
};

/// A valid kernel, ready to run.
pub struct ReferenceKernel {
    tree: Tree,
    compiled: Compiled,
}

impl ReferenceKernel {
    /// Reads a kernel's encoding.
    ///
    /// # Errors
    /// The first violated rule that was found. The order has no meaning.
    pub fn decode(bytes: &[u8]) -> Result<ReferenceKernel, Rule> {
        let tree = Tree::decode(bytes)?;
        let compiled = Compiled::of(&tree);
        Ok(ReferenceKernel { tree, compiled })
    }

    /// Runs one invocation.
    ///
    /// # Panics
    /// If the arguments do not fit the kernel.
    pub fn run(&self, params: &[u32], inputs: &[Vec<u8>], invocation: u32) -> ReferenceExecution {
        self.run_noting(params, inputs, invocation, None)
    }

    /// Runs one invocation and records the coverage.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_noting(
        &self,
        params: &[u32],
        inputs: &[Vec<u8>],
        invocation: u32,
        coverage: Option<&mut Coverage>,
    ) -> ReferenceExecution {
        self.compiled.run(&self.tree, params, inputs, invocation, coverage)
    }

    /// Records the shapes of this kernel and of its arguments.
    pub fn note(&self, coverage: &mut Coverage, params: &[u32], inputs: &[Vec<u8>]) {
        coverage.note_kernel(&self.tree, params, inputs);
    }

    /// The static bounds for these parameters and lengths of the inputs in bytes.
    ///
    /// # Errors
    /// The limit that they exceed, or the argument that does not fit.
    pub fn cost(&self, params: &[u32], lengths: &[u32]) -> Result<Cost, Rule> {
        self.tree.cost(params, lengths)
    }
}

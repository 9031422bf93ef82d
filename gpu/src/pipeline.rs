//! Compiled pipelines, and the cache that keeps them.

use std::collections::{HashMap, VecDeque};

use crate::tile::Pace;

/// Number of compiled pipelines in the cache. A kernel with other parameters is another pipeline.
const KEPT: usize = 64;

/// Binding of the dispatch's uniform, and of the output, in emitted kernels.
pub(crate) const DISPATCH_BINDING: u32 = 8;
pub(crate) const OUTPUT_BINDING: u32 = 9;

/// A kernel that is ready to be dispatched.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
    pub(crate) workgroup_size: u32,
    /// Its measured speed.
    pub(crate) pace: Pace,
}

/// A bounded cache of pipelines by the hash of their source; the oldest is removed first.
pub(crate) struct Pipelines<T = Pipeline> {
    by_source: HashMap<touchstone_kir::Root, T>,
    order: VecDeque<touchstone_kir::Root>,
}

impl<T> Default for Pipelines<T> {
    fn default() -> Self {
        Self { by_source: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Pipelines<T> {
    /// The pipeline of a source with this hash.
    pub(crate) fn get(&self, key: &touchstone_kir::Root) -> Option<&T> {
        self.by_source.get(key)
    }

    /// Adds a pipeline.
    pub(crate) fn keep(&mut self, key: touchstone_kir::Root, made: T) {
        while self.order.len() >= KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.by_source.remove(&oldest);
            }
        }
        self.order.push_back(key);
        self.by_source.insert(key, made);
    }
}

/// Size of the uniform of an emitted source.
pub(crate) fn uniform_bytes(emitted: &touchstone_compiler::Emitted) -> u64 {
    16 + (4 * emitted.arguments.len() as u64).next_multiple_of(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_pipelines_are_kept_and_the_oldest_goes_first() {
        let key = |number: usize| touchstone_kir::root(&number.to_le_bytes());
        let mut kept = Pipelines::default();
        for number in 0..3 * KEPT {
            kept.keep(key(number), number);
            let first = (number + 1).saturating_sub(KEPT);
            assert_eq!((kept.by_source.len(), kept.order.len()), (number + 1 - first, number + 1 - first));
            assert_eq!(kept.by_source.get(&key(first)), Some(&first));
            assert!(first == 0 || !kept.by_source.contains_key(&key(first - 1)));
        }
    }
}

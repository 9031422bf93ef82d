//! Reduces a kernel that a device computes wrongly while it stays wrong, to find the operation.

use touchstone_kir::{Kernel, Op};

use crate::rewrite::{is_control, rewrite};

/// Maximum number of kernels to try: each needs a pipeline.
const TRIES: usize = 150;

/// The operations that remain when nothing more can be removed: first halves, then single instructions (delta
/// debugging; Zeller and Hildebrandt 2002). Control flow is kept, and is named only if nothing else remains.
pub(super) fn reduced(kernel: &Kernel, mut is_wrong: impl FnMut(&Kernel) -> bool) -> Vec<Op> {
    let module = kernel.module();
    let mut kept: Vec<usize> = (0..module.code.len()).filter(|&at| !is_control(module.code[at])).collect();
    let mut tries = 0;
    let mut chunk = kept.len().div_ceil(2);
    while chunk > 0 {
        let mut from = 0;
        while from < kept.len() && tries < TRIES {
            let mut fewer = kept.clone();
            fewer.drain(from..(from + chunk).min(kept.len()));
            let candidate = rewrite(module.clone(), |at, instr| match fewer.binary_search(&at) {
                Ok(_) => vec![instr],
                Err(_) => Vec::new(),
            });
            tries += 1;
            if candidate.is_some_and(|kernel| is_wrong(&kernel)) {
                kept = fewer;
            } else {
                from += chunk;
            }
        }
        chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
    }
    let operations: Vec<Op> = kept.iter().filter_map(|&at| module.code[at].opcode()).collect();
    match operations.is_empty() {
        true => module.code.iter().filter_map(|instr| instr.opcode()).collect(),
        false => operations,
    }
}

//! Estimates of what code costs with typical parameters.

use touchstone_kir::{Bound, Op};

use crate::ir::Inst;

/// The value assumed for parameters when alternatives are compared.
pub(super) const TYPICAL: [u32; 16] = [1024; 16];

/// Estimates the fuel of some code, with each instruction counted as often as its loops run with typical parameters.
pub(crate) fn typical_fuel(code: &[Inst], bounds: &[Bound]) -> u64 {
    let (mut times, mut around, mut total) = (1u64, Vec::new(), 0u64);
    for inst in code {
        if inst.op == Op::Loop {
            around.push(times);
            let turns = bounds.get(usize::from(inst.table)).map_or(1, |bound| bound.value(&TYPICAL));
            times = times.saturating_mul(turns.into());
        }
        total = total.saturating_add(times.saturating_mul(inst.op.fuel().into()));
        if inst.op == Op::EndLoop {
            times = around.pop().unwrap_or(1);
        }
    }
    total
}

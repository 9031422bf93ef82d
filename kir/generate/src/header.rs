//! Everything except the code: counts, tables, parameters and input buffers.

use crate::Random;
use touchstone_kir::{limits::*, Bound, Module, ViewDecl};

/// Parameters: few, or as many as are allowed.
pub(super) fn params(random: &mut Random) -> Vec<u32> {
    (0..random.up_to(5, 16, MAX_PARAMS as u32)).map(|_| random.word()).collect()
}

/// Input buffers from one word up to three chunks, so that the borders of chunks and of groups of four are crossed.
pub(super) fn inputs(random: &mut Random) -> Vec<Vec<u8>> {
    let buffers = random.up_to(4, 16, MAX_INPUTS as u32);
    (0..buffers)
        .map(|_| {
            let words = match random.below(8) {
                0 => 256 * (1 + random.below(3)),
                1 => 1 + random.below(700),
                2 => 4 * (1 + random.below(20)),
                _ => 1 + random.below(40),
            };
            random.buffer(words)
        })
        .collect()
}

/// A module without code.
pub(super) fn module(random: &mut Random, params: &[u32], inputs: usize) -> Module {
    let mut bounds = Vec::new();
    let mut views = Vec::new();
    if !random.one_in(30) {
        // A loop that is allowed anywhere.
        bounds.push(Bound::constant(random.below(2)));
        for _ in 0..random.up_to(7, 30, (MAX_BOUNDS - 1 - MAX_VIEWS) as u32) {
            let most = [1, 2, 6, 40][random.below(4) as usize];
            bounds.push(bound(random, params, most));
        }
    }
    if inputs > 0 && !bounds.is_empty() {
        for _ in 0..random.up_to(4, 30, MAX_VIEWS as u32) {
            views.push(ViewDecl { buffer: random.below(inputs as u32) as u8, bound: bounds.len() as u16 });
            // Views are longer than loops; some end beyond every buffer and every index.
            let most = [8, 60, 400, u32::MAX - 1][random.below(4) as usize];
            bounds.push(bound(random, params, most));
        }
    }
    let registers = match random.below(10) {
        0 => 1 + random.below(4),
        1 => MAX_REGISTERS as u32,
        2 => 1 + random.below(MAX_REGISTERS as u32),
        _ => 5 + random.below(20),
    };
    let window = match random.below(40) {
        0 => 1 + random.up_to(200, 2, MAX_WINDOW as u32 - 1),
        1..=5 => 1 + random.below(64),
        _ => 1 + random.below(12),
    };
    Module {
        window: window as u16,
        registers: registers as u16,
        inputs: inputs as u8,
        params: params.len() as u8,
        segments: segments(random),
        views,
        bounds,
        code: Vec::new(),
        constants: (0..random.up_to(40, 50, MAX_CONSTANTS as u32)).map(|_| random.word()).collect(),
    }
}

fn segments(random: &mut Random) -> Vec<u16> {
    let count = random.up_to(4, 30, MAX_SEGMENTS as u32);
    let mut left = MAX_SCRATCH_WORDS as u32 - count;
    let mut segment = || {
        let more = random.up_to(20, 20, MAX_SCRATCH_WORDS as u32).min(left);
        left -= more;
        1 + more as u16
    };
    (0..count).map(|_| segment()).collect()
}

/// A bound of at most `most`, constant or not. The parts of a bound that depends on a parameter have all sizes, so that
/// each of them is sometimes decisive.
fn bound(random: &mut Random, params: &[u32], most: u32) -> Bound {
    if params.is_empty() || random.one_in(2) {
        return Bound::constant(random.below(most + 1));
    }
    Bound {
        c: if random.one_in(8) { random.word() } else { random.below(4) },
        cap: random.below(most + 1),
        m: if random.one_in(8) { 1 + random.below(65535) as u16 } else { 1 + random.below(3) as u16 },
        param: Some(random.below(params.len() as u32) as u8),
        shift: random.below(32) as u8,
    }
}

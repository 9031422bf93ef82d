//! A step by both emissions.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    time::{Duration, Instant},
};

use touchstone_gpu::{Emission, Gpu, GpuError, StepRun};

/// Worst-case fuel of one piece: a fraction of a second, also by the slow emission.
const PIECE_FUEL: u64 = 1 << 28;

/// Bytes of one piece's output.
const PIECE_BYTES: u64 = 32 << 20;

/// What the driver's compiler gets at least.
const SHORTEST_BUDGET: Duration = Duration::from_secs(1);

/// Most pieces of a step: each costs a dispatch and a transfer.
const MOST_PIECES: u32 = 512;

/// What a comparison found.
pub(super) enum Comparison {
    /// The windows of so many invocations are the same.
    Same(u32),
    /// This word of the output is not.
    Differs { word: u64, specialised: u32, plain: u32 },
}

/// Runs the step again by the plain emission and compares it with what is in the file, for about as long as `budget`:
/// at least one piece, unless the driver's compiler alone takes longer. Pieces are taken from all over the output, so
/// that what there is no time for is not one end of it.
pub(super) fn compare(
    gpu: &mut Gpu,
    step: &StepRun<'_>,
    output: &mut File,
    budget: Duration,
    alive: &mut dyn FnMut(),
) -> Result<Comparison, GpuError> {
    let started = Instant::now();
    let window_bytes = 4 * u64::from(step.kernel.window());
    let lens: Vec<u32> = step.reads.iter().map(|read| read.len()).collect();
    let fuel = step.kernel.cost(step.params, &lens).map_or(PIECE_FUEL, |cost| cost.fuel.max(1));
    let piece = (PIECE_FUEL / fuel).min(PIECE_BYTES / window_bytes).max((step.invocations / MOST_PIECES).into()).max(1);
    let pieces = Pieces::new(step.invocations, piece.min(step.invocations.into()) as u32);
    if !gpu.prepare_plain(step, budget.max(SHORTEST_BUDGET), alive)? {
        return Ok(Comparison::Same(0));
    }
    let mut same = 0;
    for range in pieces {
        if same > 0 && started.elapsed() >= budget {
            break;
        }
        let again = gpu.run_range(step, Emission::Plain, range.clone(), alive)?;
        let mut plain = Vec::with_capacity(again.len() as usize);
        gpu.download(&again, &mut plain)?;
        let first = u64::from(range.start) * window_bytes;
        if let Some((word, specialised)) = first_difference(output, first, &plain)? {
            let at = (word * 4 - first) as usize;
            return Ok(Comparison::Differs { word, specialised, plain: word_at(&plain, at) });
        }
        same += range.len() as u32;
        alive();
    }
    Ok(Comparison::Same(same))
}

/// The first word from byte `offset` of the file on that is another one than in `words`, and what it is there.
fn first_difference(file: &mut File, offset: u64, words: &[u8]) -> io::Result<Option<(u64, u32)>> {
    let mut there = vec![0; words.len()];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut there)?;
    let differing = there.chunks_exact(4).zip(words.chunks_exact(4)).position(|(there, here)| there != here);
    Ok(differing.map(|word| (offset / 4 + word as u64, word_at(&there, word * 4))))
}

fn word_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// All invocations in pieces, of which any few are from all over.
struct Pieces {
    invocations: u32,
    piece: u32,
    count: u32,
    /// Steps by a number that shares no divisor with the count meet every piece once.
    stride: u32,
    next: u32,
    left: u32,
}

impl Pieces {
    fn new(invocations: u32, piece: u32) -> Self {
        let count = invocations.div_ceil(piece.max(1));
        // The golden ratio's multiples are spread most evenly (Knuth, TAOCP 3, 6.4).
        let near = (f64::from(count) * 0.618_033_988_75) as u32;
        let stride = (near.max(1)..).find(|stride| gcd(*stride, count) == 1).unwrap_or(1);
        Self { invocations, piece, count, stride, next: 0, left: count }
    }
}

impl Iterator for Pieces {
    type Item = Range<u32>;

    fn next(&mut self) -> Option<Range<u32>> {
        self.left = self.left.checked_sub(1)?;
        let first = self.next * self.piece;
        self.next = ((u64::from(self.next) + u64::from(self.stride)) % u64::from(self.count)) as u32;
        Some(first..self.invocations.min(first.saturating_add(self.piece)))
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_invocation_once() {
        for (invocations, piece) in [(1, 1), (2, 1), (7, 7), (1000, 1), (1000, 30), (u32::MAX, 1 << 24)] {
            let mut ranges: Vec<Range<u32>> = Pieces::new(invocations, piece).collect();
            ranges.sort_by_key(|range| range.start);
            assert_eq!(ranges.first().map(|range| range.start), Some(0));
            assert_eq!(ranges.last().map(|range| range.end), Some(invocations));
            assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start), "{invocations} in {piece}");
        }
    }

    #[test]
    fn a_few_pieces_are_from_all_over() {
        let firsts: Vec<u32> = Pieces::new(1000, 1).take(5).map(|range| range.start / 250).collect();
        for quarter in 0..4 {
            assert!(firsts.contains(&quarter), "{firsts:?}");
        }
    }
}

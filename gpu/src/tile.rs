use std::{
    sync::atomic::{AtomicU32, Ordering},
    sync::Arc,
    time::Duration,
};

use crate::Class;

/// Target time of a dispatch: short enough for a display's watchdog and to detect a hang soon, long enough to make the
/// cost of submission negligible.
const TILE_TIME: Duration = Duration::from_millis(100);

/// Worst-case fuel of the first tile, before anything was measured: well below a second on a slow device of its class.
fn first_fuel(class: Class) -> u64 {
    match class {
        Class::Cpu => 1 << 27,
        Class::Integrated => 1 << 31,
        Class::Discrete => 1 << 34,
    }
}

/// How many items a dispatch of a pipeline should cover, according to its last run; 0 before the first one. It predicts
/// the next run only if the cost of an item depends only on the pipeline.
#[derive(Clone, Default)]
pub(crate) struct Pace(Arc<AtomicU32>);

/// How many items one dispatch covers: starts from their cost or from the last run, then adapts to the measured time.
pub(crate) struct Tile {
    size: u32,
    smallest: u32,
    largest: u32,
    pace: Pace,
}

impl Tile {
    /// For items that use up to `fuel` each, with `group` of them in a workgroup, in grids of at most `widest`
    /// workgroups per dimension.
    pub(crate) fn new(class: Class, fuel: u64, group: u32, widest: u32) -> Self {
        Self::at_pace(class, fuel, group, widest, &Pace::default())
    }

    /// Like [`new`](Self::new) if the pipeline has not run before; otherwise from its last run.
    pub(crate) fn at_pace(class: Class, fuel: u64, group: u32, widest: u32, pace: &Pace) -> Self {
        let smallest = group.max(1);
        // Both dimensions of the grid, and a bound that keeps every index of a dispatch in 32 bits.
        let largest =
            (u64::from(widest) * u64::from(widest) * u64::from(smallest)).min(1 << 30).max(u64::from(smallest)) as u32;
        let first = match pace.0.load(Ordering::Relaxed) {
            0 => (first_fuel(class) / fuel.max(1)).min(u64::from(largest)) as u32,
            known => known,
        };
        Self { size: first.clamp(smallest, largest), smallest, largest, pace: pace.clone() }
    }

    /// Number of items of the next dispatch.
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    /// Records that a dispatch of this number of items, at most a tile, took this long.
    pub(crate) fn took(&mut self, items: u32, elapsed: Duration) {
        let fitting = f64::from(items) * TILE_TIME.as_secs_f64() / elapsed.as_secs_f64().max(1e-6);
        // Grow at most fourfold: the next items may be slower, and a few fast ones predict little about many.
        let most = (4.0 * f64::from(items)).max(f64::from(self.size));
        let next = fitting.clamp(f64::from(self.size) / 4.0, most);
        self.size = (next as u32).clamp(self.smallest, self.largest);
        self.pace.0.store(self.size, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(fuel: u64) -> Tile {
        Tile::new(Class::Cpu, fuel, 64, 65_535)
    }

    #[test]
    fn heavy_items_start_with_one_workgroup_and_light_ones_with_many() {
        assert_eq!(tile(1 << 24).size(), 64);
        assert_eq!(tile(16).size(), 1 << 23);
        assert_eq!(Tile::new(Class::Discrete, 1 << 24, 64, 65_535).size(), 1 << 10);
    }

    #[test]
    fn a_tile_follows_the_clock_within_its_limits() {
        let mut tile = tile(1 << 20);
        let start = tile.size();
        tile.took(start, TILE_TIME / 2);
        assert_eq!(tile.size(), start * 2);
        tile.took(tile.size(), TILE_TIME * 100);
        assert_eq!(tile.size(), start / 2);
        for _ in 0..40 {
            tile.took(tile.size(), TILE_TIME * 100);
        }
        assert_eq!(tile.size(), 64);
        for _ in 0..40 {
            tile.took(tile.size(), Duration::ZERO);
        }
        assert_eq!(tile.size(), 1 << 30);
    }

    #[test]
    fn a_few_items_of_a_tile_make_it_smaller_but_not_larger() {
        let mut tile = tile(1 << 10);
        let start = tile.size();
        tile.took(start / 100, Duration::ZERO);
        assert_eq!(tile.size(), start);
        tile.took(start / 2, TILE_TIME);
        assert_eq!(tile.size(), start / 2);
    }

    #[test]
    fn a_pipeline_goes_on_as_it_went() {
        let pace = Pace::default();
        let mut tile = Tile::at_pace(Class::Cpu, 1 << 20, 64, 65_535, &pace);
        tile.took(tile.size(), TILE_TIME / 4);
        assert_eq!(Tile::at_pace(Class::Cpu, 1 << 20, 64, 65_535, &pace).size(), tile.size());
    }
}

use std::cell::Cell;

use touchstone_primitives::{Clock, Tick};

thread_local! {
    static NOW: Cell<Tick> = const { Cell::new(0) };
}

/// A dispute clock that stands still until a test moves it. Each thread, and so each test, has its own.
pub struct TestClock;

impl TestClock {
    /// Shows `now` from here on.
    pub fn set(now: Tick) {
        NOW.set(now);
    }

    /// Moves on by `ticks`.
    pub fn advance(ticks: Tick) {
        Self::set(Self::now() + ticks);
    }
}

impl Clock for TestClock {
    fn now() -> Tick {
        NOW.get()
    }
}

use std::time::Duration;

use tokio::time::Instant;

/// How slow a transfer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slowest {
    /// Bytes per second, over the window.
    pub rate: u64,
    /// A transfer may be slower than that for so long.
    pub window: Duration,
    /// Longest pause between two pieces.
    pub stall: Duration,
}

impl Default for Slowest {
    fn default() -> Self {
        Self { rate: 128 << 10, window: Duration::from_secs(20), stall: Duration::from_secs(15) }
    }
}

/// Watches over the pace of one transfer, from its first byte on.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    slowest: Slowest,
    /// When the transfer counts as too slow unless more arrives. Each byte moves it into the future.
    due: Instant,
    last: Instant,
}

impl Pace {
    /// Starts now.
    pub fn new(slowest: Slowest) -> Self {
        Self::starting(slowest, Instant::now())
    }

    fn starting(slowest: Slowest, now: Instant) -> Self {
        Self { slowest, due: now + slowest.window, last: now }
    }

    /// So many bytes have arrived now. Bytes that came early count for one window at most.
    pub fn arrived(&mut self, bytes: usize) {
        self.arrived_at(Instant::now(), bytes);
    }

    fn arrived_at(&mut self, now: Instant, bytes: usize) {
        let worth = Duration::from_secs_f64(bytes as f64 / self.slowest.rate.max(1) as f64);
        self.due = (self.due + worth).min(now + self.slowest.window);
        self.last = now;
    }

    /// When the next piece has to be here.
    pub fn deadline(&self) -> Instant {
        self.due.min(self.last + self.slowest.stall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOWEST: Slowest = Slowest { rate: 1000, window: Duration::from_secs(10), stall: Duration::from_secs(4) };

    /// A transfer whose clock goes as the test says.
    struct Transfer {
        pace: Pace,
        now: Instant,
    }

    impl Transfer {
        fn new() -> Self {
            let now = Instant::now();
            Self { pace: Pace::starting(SLOWEST, now), now }
        }

        /// Whether these bytes come in time, so many seconds after the last ones.
        fn brings(&mut self, bytes: usize, seconds: u64) -> bool {
            self.now += Duration::from_secs(seconds);
            let in_time = self.now <= self.pace.deadline();
            self.pace.arrived_at(self.now, bytes);
            in_time
        }
    }

    #[test]
    fn a_transfer_at_the_slowest_rate_goes_on_and_one_below_it_ends() {
        let mut transfer = Transfer::new();
        for _ in 0..1000 {
            assert!(transfer.brings(2000, 2));
        }
        let mut seconds = 0;
        while transfer.brings(500, 1) {
            seconds += 1;
        }
        assert!((19..=21).contains(&seconds), "half the rate uses up a window in two: {seconds}");
    }

    #[test]
    fn a_burst_does_not_pay_for_more_than_one_window() {
        let mut transfer = Transfer::new();
        assert!(transfer.brings(1 << 30, 0));
        for _ in 0..3 {
            assert!(transfer.brings(1, 3));
        }
        assert!(!transfer.brings(1, 3));
    }

    #[test]
    fn a_stall_ends_even_a_fast_transfer() {
        let mut transfer = Transfer::new();
        assert!(transfer.brings(1 << 20, 1));
        assert!(!transfer.brings(1 << 20, 5));
    }
}

//! Processor time: how long work takes, independent of other load on the machine.

use std::time::Duration;

/// Processor time of all threads of this process so far. The values in `/proc` lag by milliseconds.
pub fn processor_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
    }
    #[cfg(not(unix))]
    None
}

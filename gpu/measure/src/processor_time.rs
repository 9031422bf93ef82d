//! Processor time, which tells how long work takes whatever else the machine does.

use std::time::Duration;

/// What all threads of this process have run so far. The scheduler's accounts in `/proc` lag behind by milliseconds.
pub fn processor_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
    }
    #[cfg(not(unix))]
    None
}

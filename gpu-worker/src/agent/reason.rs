/// Why a job is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PassReason {
    /// An input did not arrive in time, or what arrived was something else.
    InputsMissing,
    /// The server of an input's URL refused it.
    UrlRefused {
        /// The HTTP status; 0 if there was no answer.
        status: u16,
    },
    /// The job does not fit the device.
    DoesNotFit,
    /// The device failed.
    DeviceFault,
    /// The device cannot finish by the deadline.
    TooSlow,
    /// Another reason.
    Other,
}

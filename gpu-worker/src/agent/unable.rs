//! Why an assignment cannot be done here, for people and for the chain.

use std::time::Duration;

use touchstone_client::http::HttpError;
use touchstone_kir::KernelHash;
use touchstone_primitives::{DeviceId, PassReason};

use super::Mismatch;
use crate::{
    blobs::{PullError, StoreError},
    executor::{ExecuteError, FailureKind},
    inputs::InputError,
    kernels::KernelsError,
};

/// Why an assignment cannot be done here.
#[derive(Debug, thiserror::Error)]
pub enum Unable {
    /// No device of this machine belongs to this device of the chain.
    #[error(
        "device {number} of this provider is not on this machine: `gpu-worker register` lists the devices that are"
    )]
    NoDevice {
        /// Its number on the chain.
        number: DeviceId,
    },
    /// An input cannot be had.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A kernel cannot be had.
    #[error(transparent)]
    Kernels(#[from] KernelsError),
    /// A buffer is too large for the device.
    #[error("a buffer of {bytes} bytes is larger than the device's {limit}")]
    TooLarge {
        /// The largest buffer.
        bytes: u32,
        /// The device's limit.
        limit: u64,
    },
    /// The job takes more memory than the device offers.
    #[error("its buffers have {bytes} bytes together, and the device offers {limit} to jobs")]
    TooMuch {
        /// All buffers.
        bytes: u64,
        /// What the chain has registered, or the settings if they say less.
        limit: u64,
    },
    /// It cannot be done by the deadline.
    #[error("it takes {takes:.0?}, after {backlog:.0?} for other jobs, and is due in {left:.0?}")]
    TooSlow {
        /// What this device needs for it.
        takes: Duration,
        /// What it needs before.
        backlog: Duration,
        /// What is left.
        left: Duration,
    },
    /// The blobs do not fit the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The device computes something else by the other emission.
    #[error("this device gets kernel {} wrong: {reason}", hex::encode(.kernel))]
    Differs {
        /// The kernel.
        kernel: KernelHash,
        /// How that showed.
        reason: String,
    },
    /// The device failed.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The device's result is wrong.
    #[error("self-check: {0}")]
    Mismatch(#[from] Mismatch),
    /// This program failed.
    #[error("{0}")]
    Internal(String),
}

impl Unable {
    /// What the chain records when the job is passed for this.
    pub fn reason(&self) -> PassReason {
        match self {
            Self::Input(error) => input(error),
            Self::TooSlow { .. } => PassReason::TooSlow,
            Self::TooLarge { .. } | Self::TooMuch { .. } => PassReason::DoesNotFit,
            Self::Store(error) => store(error),
            Self::Execute(error) => execute(error),
            Self::NoDevice { .. } | Self::Differs { .. } | Self::Mismatch(Mismatch::Word(_)) => PassReason::DeviceFault,
            Self::Kernels(_) | Self::Mismatch(_) | Self::Internal(_) => PassReason::Other,
        }
    }
}

fn input(error: &InputError) -> PassReason {
    match error {
        InputError::FalseLength { .. } | InputError::Vanished(_) => PassReason::InputsMissing,
        InputError::Pull { error: PullError::Http(HttpError::Status { status, .. }), .. } => {
            PassReason::UrlRefused { status: *status }
        }
        InputError::Pull { error: PullError::Http(HttpError::Length { .. }), .. } => PassReason::InputsMissing,
        InputError::Pull { error: PullError::Store(error), .. } | InputError::Store(error) => match error {
            StoreError::WrongRoot { .. } | StoreError::WrongLength { .. } => PassReason::InputsMissing,
            error => store(error),
        },
        // No answer, or an address that is not asked.
        InputError::Pull { .. } => PassReason::UrlRefused { status: 0 },
        InputError::Chain(_) | InputError::Internal(_) => PassReason::Other,
    }
}

fn store(error: &StoreError) -> PassReason {
    match error {
        StoreError::LargerThanQuota { .. } => PassReason::DoesNotFit,
        // The quota is used up, or the disk is full.
        error if error.is_full() => PassReason::DoesNotFit,
        _ => PassReason::Other,
    }
}

fn execute(error: &ExecuteError) -> PassReason {
    match error {
        ExecuteError::Failed(failure) => match failure.kind {
            FailureKind::TooLarge => PassReason::DoesNotFit,
            FailureKind::NoDevice | FailureKind::Device | FailureKind::Differs { .. } => PassReason::DeviceFault,
            FailureKind::Unrunnable | FailureKind::Files => PassReason::Other,
        },
        ExecuteError::Hung(_) | ExecuteError::Crashed(_) | ExecuteError::Start(_) => PassReason::DeviceFault,
    }
}

#[cfg(test)]
mod tests {
    use std::{io, path::Path};

    use touchstone_client::{chain::ChainError, reexec::WrongWord};

    use super::*;
    use crate::executor::Failure;

    fn failed(kind: FailureKind) -> Unable {
        ExecuteError::from(Failure { kind, text: "text".into() }).into()
    }

    fn pull(error: PullError) -> Unable {
        InputError::Pull { url: "http://x".into(), error }.into()
    }

    #[test]
    fn each_obstacle_has_the_reason_that_helps_the_buyer() {
        let word = WrongWord { step: 0, word: 0, committed: 1, computed: 2 };
        let cut = ChainError::Unreachable { url: "ws://x".into(), reason: "cut".into() };
        let second = Duration::from_secs(1);
        let (url, http) = (|| "http://x".to_string(), PullError::Http);
        let full = || StoreError::OverQuota { len: 4, free: 0, quota: 4 };
        let disk = |kind: io::ErrorKind| StoreError::file(Path::new("/data/x"), "written")(kind.into());
        let wrong = || StoreError::WrongRoot { expected: [0; 32], got: [1; 32] };
        for (unable, reason) in [
            (Unable::NoDevice { number: 3 }, PassReason::DeviceFault),
            (InputError::Vanished("root".into()).into(), PassReason::InputsMissing),
            (InputError::FalseLength { root: "root".into(), stated: 4, real: 8 }.into(), PassReason::InputsMissing),
            (pull(http(HttpError::Status { url: url(), status: 404 })), PassReason::UrlRefused { status: 404 }),
            (pull(http(HttpError::Length { url: url(), expected: 4, got: 8 })), PassReason::InputsMissing),
            (
                pull(http(HttpError::Transfer { url: url(), reason: "no answer".into() })),
                PassReason::UrlRefused { status: 0 },
            ),
            (pull(PullError::Store(wrong())), PassReason::InputsMissing),
            (pull(PullError::Store(full())), PassReason::DoesNotFit),
            (InputError::Chain(cut).into(), PassReason::Other),
            (KernelsError::Misfit.into(), PassReason::Other),
            (Unable::TooLarge { bytes: 8, limit: 4 }, PassReason::DoesNotFit),
            (full().into(), PassReason::DoesNotFit),
            (StoreError::LargerThanQuota { len: 8, quota: 4 }.into(), PassReason::DoesNotFit),
            (disk(io::ErrorKind::StorageFull).into(), PassReason::DoesNotFit),
            (disk(io::ErrorKind::PermissionDenied).into(), PassReason::Other),
            (InputError::Store(disk(io::ErrorKind::StorageFull)).into(), PassReason::DoesNotFit),
            (Unable::TooSlow { takes: second, backlog: second, left: second }, PassReason::TooSlow),
            (Unable::Differs { kernel: [1; 32], reason: "they differ".into() }, PassReason::DeviceFault),
            (Unable::Mismatch(Mismatch::Word(word)), PassReason::DeviceFault),
            (failed(FailureKind::NoDevice), PassReason::DeviceFault),
            (failed(FailureKind::Device), PassReason::DeviceFault),
            (failed(FailureKind::Differs { step: 0 }), PassReason::DeviceFault),
            (failed(FailureKind::TooLarge), PassReason::DoesNotFit),
            (failed(FailureKind::Unrunnable), PassReason::Other),
            (failed(FailureKind::Files), PassReason::Other),
            (ExecuteError::Hung(second).into(), PassReason::DeviceFault),
            (ExecuteError::Crashed("signal 9".into()).into(), PassReason::DeviceFault),
            (Unable::Internal("a task panicked".into()), PassReason::Other),
        ] {
            assert_eq!(unable.reason(), reason, "{unable}");
        }
    }
}

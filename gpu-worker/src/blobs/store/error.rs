use std::{
    io,
    path::{Path, PathBuf},
};

use touchstone_kir::Root;

use crate::blobs::hex_root;

/// Why a blob is not kept, or not given out.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The quota would be exceeded.
    #[error("the store has {free} of {quota} bytes left, {len} are needed")]
    OverQuota {
        /// Needed.
        len: u64,
        /// Left.
        free: u64,
        /// All.
        quota: u64,
    },
    /// A job that does not fit even an empty store.
    #[error(
        "the blobs of the job need {len} bytes, and the whole store has {quota}: raise quota_mib to take such jobs"
    )]
    LargerThanQuota {
        /// Needed.
        len: u64,
        /// All.
        quota: u64,
    },
    /// No buffer has this length.
    #[error("a buffer has 4 bytes to 2 GiB, in words; this one has {0} bytes")]
    BadLength(u64),
    /// Too many or too few bytes.
    #[error("{got} bytes arrived, {expected} were announced")]
    WrongLength {
        /// Announced.
        expected: u32,
        /// Arrived; more may have been refused.
        got: u64,
    },
    /// The bytes are others.
    #[error("the bytes hash to {}, not to {}", hex_root(.got), hex_root(.expected))]
    WrongRoot {
        /// Announced.
        expected: Root,
        /// Arrived.
        got: Root,
    },
    /// The file system failed.
    #[error("{path} cannot be {action}: {error}{}", remedy(.error))]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was to be done with it.
        action: &'static str,
        /// Why it failed.
        error: io::Error,
    },
}

impl StoreError {
    /// Names the file in an error of the file system.
    pub(crate) fn file(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::File { path, action, error }
    }

    /// Whether it may succeed later, when other blobs are gone.
    pub fn is_full(&self) -> bool {
        match self {
            Self::OverQuota { .. } => true,
            Self::File { error, .. } => is_disk_full(error),
            _ => false,
        }
    }
}

fn is_disk_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        _ if is_disk_full(error) => "; free space there, or lower quota_mib",
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "; let this user write there, or name another folder with --data"
        }
        _ => "",
    }
}

//! What tells that a file was not touched since it was hashed.

use std::{
    fs::{self, Metadata},
    io,
    path::Path,
    time::{Duration, SystemTime},
};

/// Times of files advance in steps of up to so much: a change within one step of the last one does not show.
const STEP: Duration = Duration::from_millis(10);

/// Identity, length and times of a file. It says nothing about content by itself: it tells whether a file that was
/// hashed is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) len: u64,
    file: [u64; 2],
    modified: Option<SystemTime>,
    changed: [i64; 2],
}

impl Stamp {
    /// Of a file as it is now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from(&fs::metadata(path)?))
    }

    /// Of a file as it is now, taken when every later change gets another time.
    pub(super) fn settled(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let age = changed_at(&metadata).and_then(|at| SystemTime::now().duration_since(at).ok());
        // A time in the future is not a reason to wait for it.
        if age.is_some_and(|age| age < STEP) {
            std::thread::sleep(STEP);
        }
        Self::of(path)
    }
}

#[cfg(unix)]
impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            len: metadata.len(),
            file: [metadata.dev(), metadata.ino()],
            modified: metadata.modified().ok(),
            changed: [metadata.ctime(), metadata.ctime_nsec()],
        }
    }
}

#[cfg(not(unix))]
impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), file: [0; 2], modified: metadata.modified().ok(), changed: [0; 2] }
    }
}

#[cfg(unix)]
fn changed_at(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let (seconds, nanoseconds) = (metadata.ctime().try_into().ok()?, metadata.ctime_nsec().try_into().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

#[cfg(not(unix))]
fn changed_at(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_right_after_a_settled_stamp_shows_even_at_equal_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for round in 0..20u8 {
            fs::write(&path, [round; 16]).unwrap();
            let stamp = Stamp::settled(&path).unwrap();
            assert_eq!(Stamp::of(&path).unwrap(), stamp);
            fs::write(&path, [round + 100; 16]).unwrap();
            assert_ne!(Stamp::of(&path).unwrap(), stamp);
        }
    }

    #[test]
    fn a_file_that_takes_the_place_of_another_shows() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        fs::write(&path, b"same").unwrap();
        let stamp = Stamp::settled(&path).unwrap();
        fs::write(&other, b"same").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_ne!(Stamp::of(&path).unwrap(), stamp);
    }
}

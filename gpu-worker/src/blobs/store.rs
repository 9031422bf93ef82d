use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, Mutex, MutexGuard, PoisonError,
    },
    time::{Duration, Instant},
};

use touchstone_kir::{limits::MAX_BUFFER_BYTES, Root};

use super::{hex_root, parse_root};

/// Where blobs are held. Everything is named by its BLAKE3 root, so nothing is ever overwritten with other bytes.
pub trait BlobStore: Send + Sync + 'static {
    /// Makes room for a blob of exactly `len` bytes.
    fn begin(&self, len: u32) -> Result<Incoming, StoreError>;

    /// Verifies that `incoming` has its length and hashes to `root`, and keeps it. On an error nothing is kept.
    fn finish(&self, incoming: Incoming, root: &Root) -> Result<(), StoreError>;

    /// Keeps what was written to the path of `incoming` under whatever root it has.
    fn adopt(&self, incoming: Incoming) -> Result<Root, StoreError>;

    /// Keeps what was written to the path of `incoming` under this root, which whoever wrote it vouches for: only its
    /// length is looked at.
    fn adopt_as(&self, incoming: Incoming, root: &Root) -> Result<(), StoreError>;

    /// A blob that is held.
    fn get(&self, root: &Root) -> Option<Stored>;

    /// Says that these blobs are needed now, and drops those that nobody has needed for `grace`. Returns how many.
    fn retain(&self, needed: &dyn Fn(&Root) -> bool, grace: Duration) -> usize;

    /// Bytes that are held or promised, and the most there may be.
    fn usage(&self) -> (u64, u64);
}

/// A blob that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its bytes, in a local file.
    pub path: PathBuf,
    /// Their number.
    pub len: u32,
}

/// Why a blob is not kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The quota would be exceeded.
    #[error("the store has {free} of {quota} bytes left, {len} are needed")]
    OverQuota {
        /// Needed.
        len: u32,
        /// Left.
        free: u64,
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
    #[error("blob store: {0}")]
    Io(#[from] io::Error),
}

/// A blob on its way in. Dropping it gives its room back.
pub struct Incoming {
    path: PathBuf,
    len: u32,
    written: u64,
    file: File,
    hasher: blake3::Hasher,
    room: Arc<AtomicU64>,
}

impl Incoming {
    /// Where the bytes go, for programs that write the file by themselves.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends bytes; refuses those behind the announced length.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.written + bytes.len() as u64;
        if written > u64::from(self.len) {
            return Err(StoreError::WrongLength { expected: self.len, got: written });
        }
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.written = written;
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.room.fetch_sub(u64::from(self.len), Ordering::AcqRel);
        // Gone already if the blob was kept.
        let _ = fs::remove_file(&self.path);
    }
}

/// Blobs as files in one folder, named by their roots.
pub struct FileStore {
    folder: PathBuf,
    quota: u64,
    held: Mutex<HashMap<Root, Held>>,
    /// Bytes of blobs on their way in.
    room: Arc<AtomicU64>,
    counter: AtomicU64,
}

struct Held {
    len: u32,
    needed: Instant,
}

const PART: &str = "part";

impl FileStore {
    /// Opens the folder, creates it if there is none, and removes what an earlier process left unfinished.
    pub fn open(folder: &Path, quota: u64) -> Result<Self, StoreError> {
        fs::create_dir_all(folder)?;
        let mut held = HashMap::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(PART) {
                fs::remove_file(entry.path())?;
            } else if let (Some(root), Ok(len)) = (parse_root(&name), u32::try_from(entry.metadata()?.len())) {
                held.insert(root, Held { len, needed: Instant::now() });
            }
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            quota,
            held: Mutex::new(held),
            room: Arc::new(AtomicU64::new(0)),
            counter: AtomicU64::new(0),
        })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Root, Held>> {
        // The map is whole between any two statements.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, root: &Root) -> PathBuf {
        self.folder.join(hex_root(root))
    }

    fn keep(&self, incoming: &Incoming, root: Root) -> Result<(), StoreError> {
        let mut held = self.held();
        fs::rename(&incoming.path, self.file(&root))?;
        held.insert(root, Held { len: incoming.len, needed: Instant::now() });
        Ok(())
    }
}

impl BlobStore for FileStore {
    fn begin(&self, len: u32) -> Result<Incoming, StoreError> {
        if len == 0 || !len.is_multiple_of(4) || len > MAX_BUFFER_BYTES {
            return Err(StoreError::BadLength(len.into()));
        }
        // The lock makes check and reservation one step.
        let held = self.held();
        let used: u64 = held.values().map(|held| u64::from(held.len)).sum::<u64>() + self.room.load(Ordering::Acquire);
        let free = self.quota.saturating_sub(used);
        if u64::from(len) > free {
            return Err(StoreError::OverQuota { len, free, quota: self.quota });
        }
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("{}-{number}.{PART}", std::process::id()));
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
        self.room.fetch_add(u64::from(len), Ordering::AcqRel);
        drop(held);
        Ok(Incoming { path, len, written: 0, file, hasher: blake3::Hasher::new(), room: self.room.clone() })
    }

    fn finish(&self, incoming: Incoming, root: &Root) -> Result<(), StoreError> {
        if incoming.written != u64::from(incoming.len) {
            return Err(StoreError::WrongLength { expected: incoming.len, got: incoming.written });
        }
        let got: Root = incoming.hasher.finalize().into();
        if got != *root {
            return Err(StoreError::WrongRoot { expected: *root, got });
        }
        self.keep(&incoming, *root)
    }

    fn adopt(&self, incoming: Incoming) -> Result<Root, StoreError> {
        let mut file = File::open(&incoming.path)?;
        let mut hasher = blake3::Hasher::new();
        let got = io::copy(&mut file, &mut hasher)?;
        if got != u64::from(incoming.len) {
            return Err(StoreError::WrongLength { expected: incoming.len, got });
        }
        let root = hasher.finalize().into();
        self.keep(&incoming, root)?;
        Ok(root)
    }

    fn adopt_as(&self, incoming: Incoming, root: &Root) -> Result<(), StoreError> {
        let got = fs::metadata(&incoming.path)?.len();
        if got != u64::from(incoming.len) {
            return Err(StoreError::WrongLength { expected: incoming.len, got });
        }
        self.keep(&incoming, *root)
    }

    fn get(&self, root: &Root) -> Option<Stored> {
        self.held().get(root).map(|held| Stored { path: self.file(root), len: held.len })
    }

    fn retain(&self, needed: &dyn Fn(&Root) -> bool, grace: Duration) -> usize {
        let now = Instant::now();
        let mut held = self.held();
        let before = held.len();
        held.retain(|root, held| {
            if needed(root) {
                held.needed = now;
            }
            if now.duration_since(held.needed) <= grace {
                return true;
            }
            match fs::remove_file(self.file(root)) {
                Ok(()) => false,
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(error) => {
                    tracing::warn!(root = %hex_root(root), %error, "a blob could not be removed");
                    true
                }
            }
        });
        before - held.len()
    }

    fn usage(&self) -> (u64, u64) {
        let held: u64 = self.held().values().map(|held| u64::from(held.len)).sum();
        (held + self.room.load(Ordering::Acquire), self.quota)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(quota: u64) -> (tempfile::TempDir, FileStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open(folder.path(), quota).unwrap();
        (folder, store)
    }

    fn put(store: &FileStore, bytes: &[u8]) -> Result<Root, StoreError> {
        let root = touchstone_kir::root(bytes);
        let mut incoming = store.begin(bytes.len() as u32)?;
        for piece in bytes.chunks(1000) {
            incoming.write(piece)?;
        }
        store.finish(incoming, &root)?;
        Ok(root)
    }

    fn files(folder: &tempfile::TempDir) -> usize {
        fs::read_dir(folder.path()).unwrap().count()
    }

    #[test]
    fn a_blob_comes_back_with_its_bytes_also_after_reopening() {
        let (folder, store) = store(1 << 20);
        let bytes = vec![7; 4096];
        let root = put(&store, &bytes).unwrap();
        let stored = store.get(&root).unwrap();
        assert_eq!(fs::read(&stored.path).unwrap(), bytes);
        drop(store);
        fs::write(folder.path().join("1-0.part"), b"left by a crash").unwrap();
        let reopened = FileStore::open(folder.path(), 1 << 20).unwrap();
        assert_eq!(reopened.get(&root), Some(stored));
        assert_eq!(files(&folder), 1);
    }

    #[test]
    fn bytes_of_another_root_leave_nothing_behind() {
        let (folder, store) = store(1 << 20);
        let mut incoming = store.begin(4).unwrap();
        incoming.write(b"abcd").unwrap();
        let error = store.finish(incoming, &[9; 32]).unwrap_err();
        assert!(matches!(error, StoreError::WrongRoot { expected, .. } if expected == [9; 32]));
        assert_eq!(files(&folder), 0);
        assert_eq!(store.usage(), (0, 1 << 20));
    }

    #[test]
    fn too_few_and_too_many_bytes_are_refused() {
        let (folder, store) = store(1 << 20);
        let mut short = store.begin(8).unwrap();
        short.write(b"abcd").unwrap();
        let error = store.finish(short, &[0; 32]).unwrap_err();
        assert_eq!(error.to_string(), "4 bytes arrived, 8 were announced");
        let mut long = store.begin(4).unwrap();
        let error = long.write(b"abcde").unwrap_err();
        assert_eq!(error.to_string(), "5 bytes arrived, 4 were announced");
        drop(long);
        assert_eq!(files(&folder), 0);
    }

    #[test]
    fn the_quota_counts_what_is_promised_and_gets_it_back() {
        let (_folder, store) = store(100);
        let first = store.begin(60).unwrap();
        let Err(error) = store.begin(60) else { panic!("over the quota") };
        assert_eq!(error.to_string(), "the store has 40 of 100 bytes left, 60 are needed");
        drop(first);
        let root = put(&store, &[1; 60]).unwrap();
        assert!(store.begin(60).is_err());
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(store.retain(&|_| false, Duration::ZERO), 1);
        assert_eq!(store.get(&root), None);
        assert!(store.begin(100).is_ok());
    }

    #[test]
    fn what_is_needed_stays_and_the_rest_goes_after_its_grace() {
        let (_folder, store) = store(1 << 20);
        let kept = put(&store, &[1; 8]).unwrap();
        let dropped = put(&store, &[2; 8]).unwrap();
        assert_eq!(store.retain(&|_| false, Duration::from_secs(60)), 0);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(store.retain(&|root| *root == kept, Duration::ZERO), 1);
        assert!(store.get(&kept).is_some());
        assert_eq!(store.get(&dropped), None);
    }

    #[test]
    fn a_file_that_another_program_wrote_is_kept_under_its_own_root() {
        let (_folder, store) = store(1 << 20);
        let incoming = store.begin(12).unwrap();
        fs::write(incoming.path(), b"twelve bytes").unwrap();
        let root = store.adopt(incoming).unwrap();
        assert_eq!(root, touchstone_kir::root(b"twelve bytes"));

        let incoming = store.begin(12).unwrap();
        fs::write(incoming.path(), b"eleven byte").unwrap();
        let error = store.adopt(incoming).unwrap_err();
        assert_eq!(error.to_string(), "11 bytes arrived, 12 were announced");
    }

    #[test]
    fn a_file_whose_root_is_known_is_kept_under_it_if_it_is_whole() {
        let (folder, store) = store(1 << 20);
        let root = touchstone_kir::root(b"twelve bytes");
        let incoming = store.begin(12).unwrap();
        fs::write(incoming.path(), b"eleven byte").unwrap();
        let error = store.adopt_as(incoming, &root).unwrap_err();
        assert_eq!(error.to_string(), "11 bytes arrived, 12 were announced");
        assert_eq!((store.get(&root), files(&folder)), (None, 0));

        let incoming = store.begin(12).unwrap();
        fs::write(incoming.path(), b"twelve bytes").unwrap();
        store.adopt_as(incoming, &root).unwrap();
        assert_eq!(fs::read(store.get(&root).unwrap().path).unwrap(), b"twelve bytes");
    }

    #[test]
    fn lengths_that_no_buffer_has_are_refused() {
        let (_folder, store) = store(u64::MAX);
        for len in [0, 3, MAX_BUFFER_BYTES + 4] {
            assert!(matches!(
                store.begin(len),
                Err(StoreError::BadLength(got)) if got == u64::from(len)
            ));
        }
    }
}

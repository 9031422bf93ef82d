//! Whether files are what their names say.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::PoisonError,
};

use touchstone_kir::{limits::MAX_BUFFER_BYTES, Root};

use super::{
    blob_store::BlobStore,
    error::StoreError,
    openings::warn_unless_kept,
    stamp::Stamp,
    tree::{Tree, TreeHasher},
};
use crate::blobs::hex_root;

/// Bytes that are read at once for hashing.
const PIECE: usize = 1 << 20;
/// The folder of files that are not what their names say.
pub(super) const ASIDE: &str = "set-aside";
/// So many of the files that were set aside stay, and so many of their bytes. The last one stays whatever its size.
/// They are not part of the quota.
const KEPT_ASIDE: usize = 16;
const KEPT_ASIDE_BYTES: u64 = 1 << 30;
/// How often a file is hashed anew that was touched while it was hashed.
const TRIES: u32 = 3;

/// A blob that is held. Its file was hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its bytes, in a local file.
    pub path: PathBuf,
    /// Their number.
    pub len: u32,
}

/// Which files are hashed before they are given out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    /// Those that were not hashed yet, or touched since.
    Touched,
    /// Those without a tree.
    WithoutTree,
    /// All.
    Always,
}

impl BlobStore {
    /// Whether there is a file for this blob. Cheap, and no more than a hint: [`BlobStore::get`] looks into it.
    pub fn contains(&self, root: &Root) -> bool {
        self.ledger().held.contains_key(root)
    }

    /// A blob that is held, after its file was found right: hashed, or not touched since it was hashed. Blocks while it
    /// hashes. A file that is wrong is set aside, and the blob is missing then.
    pub fn get(&self, root: &Root) -> Result<Option<Stored>, StoreError> {
        self.checked(root, Hash::Touched)
    }

    /// A blob that is held, if its file was found right before and was not touched since. Hashes nothing.
    pub fn known(&self, root: &Root) -> Option<Stored> {
        let (len, verdict) = self.ledger().held.get(root).map(|held| (held.len, held.verdict.clone()))?;
        let path = self.path(root);
        let known = (*verdict.try_lock().ok()?)?;
        (Stamp::of(&path).ok()? == known).then_some(Stored { path, len })
    }

    /// Hashes a blob for its tree, unless that is there by now. An error if the tree cannot be kept.
    pub fn ensure_tree(&self, root: &Root) -> Result<(), StoreError> {
        self.checked(root, Hash::WithoutTree).map(drop)
    }

    /// As [`BlobStore::get`], but hashes the file whatever is known of it: for those who stake money on its content.
    pub fn rehash(&self, root: &Root) -> Result<Option<Stored>, StoreError> {
        self.checked(root, Hash::Always)
    }

    fn checked(&self, root: &Root, which: Hash) -> Result<Option<Stored>, StoreError> {
        let held = self.ledger().held.get(root).map(|held| (held.len, held.verdict.clone()));
        let Some((len, verdict)) = held else {
            return Ok(None);
        };
        let path = self.path(root);
        // Others who want this blob wait for the verdict; those who want another one do not.
        let mut verdict = verdict.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..TRIES {
            let stamp = match Stamp::settled(&path) {
                Ok(stamp) => stamp,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    tracing::error!(root = %hex_root(root), path = %path.display(), "the file of a blob is gone");
                    self.ledger().held.remove(root);
                    return Ok(None);
                }
                Err(error) => return Err(StoreError::file(&path, "read")(error)),
            };
            let is_enough = match which {
                Hash::Touched => *verdict == Some(stamp),
                Hash::WithoutTree => self.tree(root, len)?.is_some(),
                Hash::Always => false,
            };
            if is_enough {
                return Ok(Some(Stored { path, len }));
            }
            *verdict = None;
            let (got, hashed, tree) = hash(&path)?;
            if got == u64::from(len) && hashed == *root {
                if Stamp::of(&path).map_err(StoreError::file(&path, "read"))? == stamp {
                    *verdict = Some(stamp);
                    match self.keep_tree(root, &tree) {
                        Err(error) if which == Hash::WithoutTree => return Err(error),
                        kept => warn_unless_kept(kept),
                    }
                    return Ok(Some(Stored { path, len }));
                }
            } else if self.set_aside(root, Some(stamp))? {
                return Ok(None);
            }
            // The file was touched or replaced meanwhile: it is looked at again.
        }
        Err(StoreError::file(&path, "hashed")(io::Error::other("another program changes it again and again")))
    }

    /// Takes a file that is not what its name says out of the way, where people can look at it; not if it is another
    /// one than the one with this stamp. Says whether it did.
    pub(super) fn set_aside(&self, root: &Root, stamp: Option<Stamp>) -> Result<bool, StoreError> {
        let (path, aside) = (self.path(root), self.folder.join(ASIDE));
        fs::create_dir_all(&aside).map_err(StoreError::file(&aside, "created"))?;
        let to = aside.join(hex_root(root));
        {
            let mut ledger = self.ledger();
            if stamp.is_some_and(|stamp| Stamp::of(&path).ok() != Some(stamp)) {
                return Ok(false);
            }
            fs::rename(&path, &to).map_err(StoreError::file(&path, "set aside"))?;
            ledger.held.remove(root);
        }
        let _ = fs::remove_file(self.tree_path(root));
        tracing::error!(
            root = %hex_root(root), path = %path.display(), to = %to.display(),
            "THE FILE OF A BLOB IS WRONG, after a loss of power or on a disk that fails: it was set aside, and the \
            blob is asked for again where it is needed"
        );
        forget_oldest(&aside);
        Ok(true)
    }
}

/// Length, root and tree of a file.
pub(super) fn hash(path: &Path) -> Result<(u64, Root, Tree), StoreError> {
    let read = || StoreError::file(path, "read");
    let mut file = File::open(path).map_err(read())?;
    let (mut hasher, mut piece, mut len) = (TreeHasher::default(), vec![0; PIECE], 0u64);
    // A file that grows while it is read is not a blob.
    while len <= MAX_BUFFER_BYTES.into() {
        match file.read(&mut piece).map_err(read())? {
            0 => break,
            count => {
                hasher.update(piece.get(..count).unwrap_or_default());
                len += count as u64;
            }
        }
    }
    let (root, tree) = hasher.finish();
    Ok((len, root, tree))
}

/// Removes the oldest files of the folder until few enough are left.
fn forget_oldest(aside: &Path) {
    let mut files: Vec<_> = fs::read_dir(aside)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            let metadata = entry.metadata().ok();
            let modified = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
            (modified, entry.path(), metadata.map_or(0, |metadata| metadata.len()))
        })
        .collect();
    files.sort();
    let mut left: u64 = 0;
    for (newer, (_, path, len)) in files.iter().rev().enumerate() {
        left = left.saturating_add(*len);
        if newer > 0 && (newer >= KEPT_ASIDE || left > KEPT_ASIDE_BYTES) {
            if let Err(error) = fs::remove_file(path) {
                tracing::warn!(path = %path.display(), %error, "a file that was set aside cannot be removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_files_stay_aside_and_not_more_than_a_gibibyte_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, len: u64, seconds: u64| {
            let file = File::create(folder.path().join(name)).unwrap();
            // Without blocks on the disk.
            file.set_len(len).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
        };
        let names = || {
            let mut names: Vec<_> = fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        for number in 0..20 {
            put(&format!("{number:02}"), 10, number);
        }
        forget_oldest(folder.path());
        assert_eq!(names(), (4..20).map(|number| format!("{number:02}")).collect::<Vec<_>>());
        put("half", 600 << 20, 30);
        put("other half", 600 << 20, 31);
        forget_oldest(folder.path());
        assert_eq!(names(), ["other half"]);
        put("whole", 2 << 30, 32);
        forget_oldest(folder.path());
        assert_eq!(names(), ["whole"], "the last one can be looked at");
    }
}

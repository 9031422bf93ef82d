//! Files that programs write: whole or not at all, under a name of their own until they are whole.
//!
//! [`write`](fn@write) writes bytes that are at hand; [`OutputFile`] takes them piece by piece:
//!
//! ```
//! use std::io::Write;
//! use touchstone_client::files::{self, OutputFile};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = &folder.path().join("result.bin");
//! # let input = &folder.path().join("job.toml");
//! // Where a command also reads files: before anything is written.
//! files::refuse_own_input(path, [input])?;
//! let mut file = OutputFile::create(path)?;
//! file.write_all(b"verified bytes")?;
//! file.commit()?; // Without it nothing has changed.
//! # assert_eq!(std::fs::read(path)?, b"verified bytes");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A new file, and a regular file that exists, are written under a unique temporary name in the same folder, flushed to
//! the disk and renamed. Whatever a rename would turn into something else is written into and stays what it is: a
//! symbolic link, a file with several names or of another owner, a pipe, a device, standard output. What goes into a
//! regular file in this way is collected first, so a transfer that breaks off leaves the old content alone.
//!
//! Opening a pipe waits for its reader: in asynchronous programs call these functions on a thread that may block.
//!
//! [`TemporaryFile`] takes what is needed for a while and does not fit memory.

use std::{
    env,
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, ErrorKind, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use touchstone_kir::Root;

/// A file or folder cannot be used. The text names the path, the reason, and what to do where that is known.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be {action}: {}{}", .path.display(), reason(.cause), remedy(.action, .cause))]
pub struct FileError {
    path: PathBuf,
    action: Action,
    /// Not `source`: the text has it already.
    cause: io::Error,
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Read,
    Written,
    Created,
    Removed,
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Action::Read => "read",
            Action::Written => "written",
            Action::Created => "created",
            Action::Removed => "removed",
        })
    }
}

impl FileError {
    fn new(action: Action, path: &Path, cause: io::Error) -> Self {
        Self { path: path.to_owned(), action, cause }
    }

    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kind of the system's error.
    pub fn kind(&self) -> ErrorKind {
        self.cause.kind()
    }
}

/// For code that deals in `io::Error`; the text still names the path.
impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        io::Error::new(error.kind(), error)
    }
}

/// The system's reason, without the number behind it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

fn remedy(action: &Action, error: &io::Error) -> &'static str {
    match (error.kind(), action) {
        (ErrorKind::StorageFull, _) => " (free some space, or choose another place)",
        (ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge, _) => " (choose a place where more may be stored)",
        (ErrorKind::ReadOnlyFilesystem, _) => " (choose a place that can be written)",
        (ErrorKind::PermissionDenied, Action::Read) => " (give this user the right to read it)",
        (ErrorKind::PermissionDenied, Action::Removed) => " (give this user the right to write in its folder)",
        (ErrorKind::PermissionDenied, _) => " (choose another place, or give this user the right to write there)",
        (ErrorKind::NotFound, Action::Read) => " (check the path)",
        (ErrorKind::NotFound, _) => " (create its folder first)",
        (ErrorKind::IsADirectory, _) => " (name a file)",
        _ => "",
    }
}

/// Opens a file for reading.
pub fn open(path: &Path) -> Result<File, FileError> {
    File::open(path).map_err(|error| FileError::new(Action::Read, path, error))
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|error| FileError::new(Action::Read, path, error))
}

/// Reads a whole file of text in UTF-8.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(|error| FileError::new(Action::Read, path, error))
}

/// Creates a folder and those above it, unless they exist.
pub fn create_folder(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(|error| FileError::new(Action::Created, path, error))
}

/// Writes a file, as [`OutputFile`] does.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut file = OutputFile::create(path)?;
    file.put(bytes)?;
    file.commit()
}

/// Writes behind the end of a file, which is created if it is not there.
pub fn append(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(|error| FileError::new(Action::Written, path, error))
}

/// Removes a file, unless it is not there.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(FileError::new(Action::Removed, path, error)),
        _ => Ok(()),
    }
}

/// An output that is one of the program's inputs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is an input of this command, as {}: name another file for the output", .output.display(), .input.display())]
pub struct OwnInput {
    output: PathBuf,
    input: PathBuf,
}

/// Refuses an output that is the same regular file as one of the inputs, under whatever names.
pub fn refuse_own_input<P: AsRef<Path>>(output: &Path, inputs: impl IntoIterator<Item = P>) -> Result<(), OwnInput> {
    let Some(written) = fs::metadata(output).ok().filter(Metadata::is_file) else {
        return Ok(());
    };
    for input in inputs {
        let input = input.as_ref();
        if fs::metadata(input).is_ok_and(|read| is_same_file(&written, &read)) {
            return Err(OwnInput { output: output.to_owned(), input: input.to_owned() });
        }
    }
    Ok(())
}

/// A file without a name. Its space is free again when it is closed, also if the program is killed.
#[derive(Debug)]
pub struct TemporaryFile {
    folder: PathBuf,
    file: File,
}

impl TemporaryFile {
    /// In the folder that `TMPDIR` names, otherwise in `/var/tmp`: `/tmp` may be in memory, and a file there would save
    /// none.
    pub fn create() -> Result<Self, FileError> {
        let folder = match env::var_os("TMPDIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => folder.into(),
            None => Some(PathBuf::from("/var/tmp")).filter(|folder| folder.is_dir()).unwrap_or_else(env::temp_dir),
        };
        Self::create_in(folder)
    }

    fn create_in(folder: PathBuf) -> Result<Self, FileError> {
        match tempfile::tempfile_in(&folder) {
            Ok(file) => Ok(Self { folder, file }),
            // Without the name of the temporary file, which would only confuse.
            Err(error) => Err(FileError::new(Action::Written, &folder, error.kind().into())),
        }
    }

    /// The file, which can be read.
    pub fn into_file(self) -> File {
        self.file
    }
}

impl Write for TemporaryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| match error.kind() {
            ErrorKind::Interrupted => error,
            _ => FileError::new(Action::Written, &self.folder, error).into(),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Root and length of a file, which is read once, piece by piece.
pub(crate) fn hash(path: &Path) -> io::Result<(Root, u64)> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok((hasher.finalize().into(), hasher.count()))
}

/// A file that is being written. Dropped without [`commit`](Self::commit) it leaves no trace, except for what has gone
/// into a pipe or a device.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    target: Target,
}

/// Where the bytes go.
#[derive(Debug)]
enum Target {
    /// Into a file beside the target, which takes its name in the end.
    Replaced(NamedTempFile),
    /// Into a file without a name, and in the end into the target.
    Filled(File),
    /// Straight on: to a pipe or a device.
    Stream(File),
    /// To standard output, behind what it has already.
    Stdout(io::Stdout),
}

impl OutputFile {
    /// Makes ready to write `path`. A new file can be read by everybody whom the umask lets.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        Self::open(path, 0o666)
    }

    /// As [`create`](Self::create); a new file can be read by its owner alone.
    pub fn create_private(path: &Path) -> Result<Self, FileError> {
        Self::open(path, 0o600)
    }

    /// Standard output.
    pub fn stdout() -> Self {
        Self { path: "standard output".into(), target: Target::Stdout(io::stdout()) }
    }

    fn open(path: &Path, mode: u32) -> Result<Self, FileError> {
        let target = Target::of(path, mode).map_err(|error| FileError::new(Action::Written, path, error))?;
        Ok(Self { path: path.to_owned(), target })
    }

    /// Whether the bytes go to standard output, which is then not free for anything else.
    pub fn is_stdout(&self) -> bool {
        matches!(self.target, Target::Stdout(_))
    }

    /// Adds bytes.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let written = match &mut self.target {
            Target::Replaced(file) => file.as_file_mut().write_all(bytes),
            Target::Filled(collected) => collected.write_all(bytes),
            Target::Stream(file) => file.write_all(bytes),
            Target::Stdout(stdout) => stdout.write_all(bytes),
        };
        written.map_err(|error| FileError::new(Action::Written, &self.path, error))
    }

    /// Gives the file its name, or the target its new content, once all is on the disk.
    pub fn commit(self) -> Result<(), FileError> {
        let Self { path, target } = self;
        target.commit(&path).map_err(|error| FileError::new(Action::Written, &path, error))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Stdout(stdout) => stdout.flush(),
            _ => Ok(()),
        }
    }
}

impl Target {
    fn of(path: &Path, mode: u32) -> io::Result<Self> {
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            // The file that a dangling link names is made through the link.
            Err(error) if error.kind() == ErrorKind::NotFound && is_link => return Self::filled(path),
            Err(error) if error.kind() == ErrorKind::NotFound => return beside(path, mode).map(Self::Replaced),
            Err(error) => return Err(error),
        };
        if metadata.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        if (is_link || !metadata.is_file()) && is_stdout(&metadata) {
            return Ok(Self::Stdout(io::stdout()));
        }
        // What may not be written is not replaced either.
        let existing = OpenOptions::new().write(true).open(path)?;
        if !metadata.is_file() {
            return Ok(Self::Stream(existing));
        }
        if !is_link && has_one_name(&metadata) {
            let temporary = beside(path, mode)?;
            if has_same_owner(&metadata, &temporary.as_file().metadata()?) {
                temporary.as_file().set_permissions(metadata.permissions())?;
                return Ok(Self::Replaced(temporary));
            }
        }
        Self::filled(path)
    }

    fn filled(path: &Path) -> io::Result<Self> {
        tempfile::tempfile_in(folder_of(path)).or_else(|_| tempfile::tempfile()).map(Self::Filled)
    }

    fn commit(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Replaced(temporary) => {
                temporary.as_file().sync_all()?;
                temporary.persist(path).map_err(|error| error.error)?;
                sync_folder(folder_of(path))
            }
            Self::Filled(mut collected) => {
                collected.seek(SeekFrom::Start(0))?;
                let mut target = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
                io::copy(&mut collected, &mut target)?;
                target.sync_all()
            }
            Self::Stream(_) => Ok(()),
            Self::Stdout(mut stdout) => stdout.flush(),
        }
    }
}

/// A new file in the target's folder, under a name that no other file has.
fn beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".touchstone-").suffix(".tmp");
    if let Some(permissions) = permissions(mode) {
        builder.permissions(permissions);
    }
    // Without the name of the temporary file, which would only confuse.
    builder.tempfile_in(folder_of(path)).map_err(|error| error.kind().into())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => path,
    }
}

/// A name is on the disk when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => Err(error),
        // Some file systems cannot do it, and a folder may be writable without being readable.
        Err(error) => {
            tracing::debug!(folder = %folder.display(), %error, "this folder cannot be flushed to the disk");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

#[cfg(unix)]
fn permissions(mode: u32) -> Option<Permissions> {
    Some(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn permissions(_: u32) -> Option<Permissions> {
    None
}

/// Without opening either: to open a pipe is to wait for its other end.
#[cfg(unix)]
fn is_same_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn is_stdout(metadata: &Metadata) -> bool {
    use std::os::fd::AsFd;
    let stdout = io::stdout().as_fd().try_clone_to_owned().and_then(|stdout| File::from(stdout).metadata());
    stdout.is_ok_and(|stdout| is_same_file(metadata, &stdout))
}

#[cfg(not(unix))]
fn is_stdout(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn has_one_name(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) == 1
}

#[cfg(not(unix))]
fn has_one_name(_: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn has_same_owner(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.uid(), a.gid()) == (b.uid(), b.gid())
}

#[cfg(not(unix))]
fn has_same_owner(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::{collections::BTreeSet, os::unix::fs::PermissionsExt};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_appears_whole_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.bin");
        let mut file = OutputFile::create(&path).unwrap();
        file.write_all(b"first ").unwrap();
        assert!(!path.exists(), "no name before the content is whole");
        file.write_all(b"second").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first second");
        assert_eq!(names(folder.path()), ["result.bin"]);
        // As any program creates a file.
        fs::write(folder.path().join("other"), b"").unwrap();
        assert_eq!(mode(&path), mode(&folder.path().join("other")));
    }

    #[test]
    fn a_private_file_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        OutputFile::create_private(&path).unwrap().commit().unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn what_is_not_committed_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.bin");
        fs::write(&path, b"old").unwrap();
        for target in ["result.bin", "new.bin"] {
            let mut file = OutputFile::create(&folder.path().join(target)).unwrap();
            file.write_all(b"half").unwrap();
            drop(file);
        }
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["result.bin"]);
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.bin");
        fs::write(&path, b"old and longer").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (&b"new"[..], 0o640));
    }

    #[test]
    fn other_files_of_the_user_are_left_alone_whatever_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let others = ["result.partial", "result.bin.partial", "result.tmp", "result.new", ".result.bin.tmp"];
        for name in others {
            fs::write(folder.path().join(name), b"mine").unwrap();
        }
        write(&folder.path().join("result.bin"), b"theirs").unwrap();
        for name in others {
            assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"mine", "{name}");
        }
        assert_eq!(names(folder.path()).len(), others.len() + 1);
    }

    #[test]
    fn many_writers_of_one_file_leave_the_bytes_of_one_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.bin");
        let contents: BTreeSet<Vec<u8>> = (0..10u8).map(|byte| vec![byte; 100_000]).collect();
        std::thread::scope(|scope| {
            for content in &contents {
                scope.spawn(|| {
                    let mut file = OutputFile::create(&path).unwrap();
                    content.chunks(1000).for_each(|piece| file.write_all(piece).unwrap());
                    file.commit().unwrap();
                });
            }
        });
        assert!(contents.contains(&fs::read(&path).unwrap()));
        assert_eq!(names(folder.path()), ["result.bin"]);
    }

    #[test]
    fn a_link_stays_a_link_and_its_file_gets_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, b"old and longer").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        let mut output = OutputFile::create(&link).unwrap();
        output.write_all(b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"old and longer", "nothing changes before the content is whole");
        output.commit().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["file", "link"]);
    }

    #[test]
    fn a_link_to_a_file_that_is_not_there_yet_makes_it() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("file", &link).unwrap();
        drop(OutputFile::create(&link).unwrap());
        assert_eq!(names(folder.path()), ["link"]);
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_file_with_two_names_keeps_both() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::write(&one, b"old and longer").unwrap();
        fs::hard_link(&one, &other).unwrap();
        write(&one, b"new").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"new");
    }

    #[test]
    fn a_pipe_stays_a_pipe_and_carries_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        write(&pipe, &[7; 200_000]).unwrap();
        assert!(reader.join().unwrap() == [7; 200_000]);
        assert!(!fs::metadata(&pipe).unwrap().is_file());
        assert_eq!(names(folder.path()), ["pipe"]);
    }

    #[test]
    fn a_device_stays_a_device() {
        write(Path::new("/dev/null"), b"nothing").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn an_error_names_the_path_the_reason_and_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: &Path| write(path, b"x").unwrap_err().to_string();
        let missing = folder.path().join("no/result.bin");
        let expected = format!("{} cannot be written: entity not found (create its folder first)", missing.display());
        assert_eq!(refused(&missing), expected);
        let expected = format!("{} cannot be written: is a directory (name a file)", folder.path().display());
        assert_eq!(refused(folder.path()), expected);
        #[cfg(target_os = "linux")]
        assert_eq!(
            refused(Path::new("/dev/full")),
            "/dev/full cannot be written: No space left on device (free some space, or choose another place)"
        );
        let error = read(&missing).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let expected = format!("{} cannot be read: No such file or directory (check the path)", missing.display());
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_is_appended_follows_what_is_there_and_what_is_removed_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        append(&path, b"one\n").unwrap();
        append(&path, b"two\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert!(!path.exists());
        let error = append(&folder.path().join("no/lines"), b"x").unwrap_err().to_string();
        assert!(error.ends_with("no/lines cannot be written: No such file or directory (create its folder first)"));
        let error = remove(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{} cannot be removed: ", folder.path().display())), "{error}");
        let error = open(&path).unwrap_err().to_string();
        let expected = format!("{} cannot be read: No such file or directory (check the path)", path.display());
        assert_eq!(error, expected);
    }

    #[test]
    fn a_temporary_file_has_no_name_and_gives_back_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut temporary = TemporaryFile::create_in(folder.path().into()).unwrap();
        temporary.write_all(b"first ").unwrap();
        temporary.write_all(b"second").unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
        let mut bytes = [0; 12];
        std::os::unix::fs::FileExt::read_exact_at(&temporary.into_file(), &mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"first second");
        TemporaryFile::create().unwrap().write_all(b"x").unwrap();
        let missing = folder.path().join("no");
        let error = TemporaryFile::create_in(missing.clone()).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{} cannot be written: entity not found (create its folder first)", missing.display())
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_temporary_file_for_which_there_is_no_space_is_said_with_its_folder() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut temporary = TemporaryFile { folder: "/var/tmp".into(), file: full };
        assert_eq!(
            temporary.write_all(b"x").unwrap_err().to_string(),
            "/var/tmp cannot be written: No space left on device (free some space, or choose another place)"
        );
    }

    #[test]
    fn every_way_in_which_a_disk_refuses_has_its_remedy() {
        for (kind, expected) in [
            (ErrorKind::StorageFull, "free some space"),
            (ErrorKind::QuotaExceeded, "where more may be stored"),
            (ErrorKind::ReadOnlyFilesystem, "that can be written"),
            (ErrorKind::PermissionDenied, "give this user the right to write there"),
        ] {
            let error = FileError::new(Action::Written, Path::new("a/b"), kind.into()).to_string();
            assert!(error.starts_with("a/b cannot be written: ") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn an_output_that_is_an_input_is_refused_under_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("input"), b"source").unwrap();
        fs::write(at("unrelated"), b"").unwrap();
        std::os::unix::fs::symlink("input", at("link")).unwrap();
        fs::hard_link(at("input"), at("hard")).unwrap();
        for output in ["input", "link", "hard"] {
            let error = refuse_own_input(&at(output), [at("unrelated"), at("input")]).unwrap_err().to_string();
            assert!(error.contains("is an input of this command"), "{output}: {error}");
        }
        for output in ["unrelated", "new"] {
            assert_eq!(refuse_own_input(&at(output), [at("input")]), Ok(()), "{output}");
        }
        assert_eq!(refuse_own_input(Path::new("/dev/null"), [Path::new("/dev/null")]), Ok(()));
    }
}

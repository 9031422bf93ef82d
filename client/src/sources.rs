//! Where the inputs of a job, and the trace of its result, may come from besides its provider: files, the files of a
//! description, a folder of blobs, and URLs.
//!
//! A provider that withholds an input could otherwise not be checked by the buyer who has it. Nothing that a source
//! gives is believed: a copy counts once its bytes hash to the root that the job names.
//!
//! ```no_run
//! # async fn f(buffer: touchstone_primitives::Buffer) -> Result<(), Box<dyn std::error::Error>> {
//! use touchstone_client::sources::SourceFlags;
//!
//! let flags = SourceFlags { manifest: Some("job.toml".into()), ..SourceFlags::default() };
//! let sources = flags.open()?;
//! if let Some(bytes) = sources.bring(&buffer, || Ok::<_, std::io::Error>(Vec::new())).await? {
//!     // `bytes` hash to `buffer.root`.
//! }
//! # Ok(())
//! # }
//! ```

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use touchstone_kir::Root;
use touchstone_primitives::{check_endpoint, check_url, Buffer};

use crate::{
    blobs::{self, BlobError, Endpoint},
    files,
    http::{Http, Reach},
    manifest::{Manifest, ManifestError, Place},
    secret::{self, Misplaced},
};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// Flags that name sources of inputs, for the command lines of several programs.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct SourceFlags {
    /// Take inputs from the files and URLs of this job description, if they have what the chain names
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// Take an input from this file or http(s) URL; may be repeated. The name is free: contents are known by their root
    #[arg(long = "input", value_name = "NAME=FILE")]
    pub inputs: Vec<NamedPlace>,

    /// Take inputs and traces from this folder of blobs named by their roots, such as a gpu-worker's blobs/; may be
    /// repeated
    #[arg(long = "store", value_name = "FOLDER")]
    pub stores: Vec<PathBuf>,

    /// Take inputs and traces from this data endpoint, which serves blobs as providers do; may be repeated
    #[arg(long = "mirror", value_name = "URL")]
    pub mirrors: Vec<String>,
}

/// `NAME=FILE` or `NAME=URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPlace {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub place: Place,
}

/// A text is not `NAME=FILE`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The form is another one.
    #[error("write NAME=FILE or NAME=URL, such as image=photo.rgba")]
    Form,
    /// The URL is none.
    #[error("this URL cannot be used: {0}")]
    Url(touchstone_primitives::UrlDefect),
    /// A secret where a file or URL belongs.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
}

impl FromStr for NamedPlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (name, place) =
            text.split_once('=').filter(|(name, place)| !name.is_empty() && !place.is_empty()).ok_or(NoPlace::Form)?;
        secret::refuse("the input", place)?;
        let place = match place.contains("://") {
            true => {
                check_url(place.as_bytes()).map_err(NoPlace::Url)?;
                Place::Url(place.to_owned())
            }
            false => Place::File(place.into()),
        };
        Ok(Self { name: name.to_owned(), place })
    }
}

/// A source cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The description.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file that was named.
    #[error("the input {name:?} cannot be read from {}: {error}", .path.display())]
    File {
        /// Its name.
        name: String,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// A folder that was named.
    #[error("{} is not a folder of blobs: name the folder that holds files named by their roots, in 64 hex \
        digits", .0.display())]
    NoStore(PathBuf),
    /// An endpoint that was named.
    #[error("the mirror {url} cannot be used: {defect}")]
    Mirror {
        /// As it was named.
        url: String,
        /// Why not.
        defect: touchstone_primitives::UrlDefect,
    },
}

/// Places from which inputs are taken.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    places: Vec<Known>,
    stores: Vec<PathBuf>,
    mirrors: Vec<String>,
}

/// A place whose content may be known.
#[derive(Clone, Debug)]
struct Known {
    name: String,
    place: Place,
    /// Root and length of a file, when it was opened; what a description states of a URL.
    buffer: Option<(Root, u64)>,
}

/// Why one copy failed. Others may succeed.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    /// The place cannot be read.
    #[error("{0}")]
    Read(io::Error),
    /// The place holds something else.
    #[error("its bytes do not hash to the root, or are not as many as the job says")]
    Other,
    /// The place cannot be reached, or serves something else.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The bytes cannot be kept.
    #[error("{0}")]
    Keep(io::Error),
}

impl SourceFlags {
    /// Whether any source is named.
    pub fn is_empty(&self) -> bool {
        self.manifest.is_none() && self.inputs.is_empty() && self.stores.is_empty() && self.mirrors.is_empty()
    }

    /// The files that inputs may come from, the description, and the files that it names: no output may be written over
    /// them.
    pub fn files(&self) -> Vec<PathBuf> {
        let file = |input: &NamedPlace| match &input.place {
            Place::File(path) => Some(path.clone()),
            Place::Url(_) => None,
        };
        let named = self.inputs.iter().filter_map(file);
        // One that cannot be read is refused where it is opened.
        let described = self.manifest.iter().filter_map(|file| Some(Manifest::read(file).ok()?.files())).flatten();
        let stored = self.stores.iter().flat_map(|store| folders(store)).flat_map(|folder| blobs_in(&folder));
        self.manifest.iter().cloned().chain(named).chain(described).chain(stored).collect()
    }

    /// Reads the description and hashes the files.
    pub fn open(&self) -> Result<Sources, SourceError> {
        let mut sources = Sources { stores: self.stores.clone(), ..Sources::default() };
        for NamedPlace { name, place } in &self.inputs {
            let buffer = match place {
                Place::File(path) => Some(files::hash(path).map_err(|error| SourceError::File {
                    name: name.clone(),
                    path: path.clone(),
                    error,
                })?),
                Place::Url(_) => None,
            };
            sources.places.push(Known { name: name.clone(), place: place.clone(), buffer });
        }
        if let Some(file) = &self.manifest {
            for input in Manifest::read(file)?.places() {
                let buffer = match &input.place {
                    // A description may name files that this machine does not have.
                    Place::File(path) => match files::hash(path) {
                        Ok(buffer) => Some(buffer),
                        Err(error) => {
                            tracing::warn!(input = input.name, file = %path.display(), %error, "this file cannot be \
                                read");
                            continue;
                        }
                    },
                    Place::Url(_) => input.buffer,
                };
                sources.places.push(Known { name: input.name, place: input.place, buffer });
            }
        }
        if let Some(store) = self.stores.iter().find(|store| !store.is_dir()) {
            return Err(SourceError::NoStore(store.clone()));
        }
        for url in &self.mirrors {
            check_endpoint(url.as_bytes()).map_err(|defect| SourceError::Mirror { url: url.clone(), defect })?;
            sources.mirrors.push(url.clone());
        }
        Ok(sources)
    }
}

impl Sources {
    /// Whether there is no source at all.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.stores.is_empty() && self.mirrors.is_empty()
    }

    /// Brings the bytes of a buffer from the first source that has them into what `begin` gives; `None` if none has.
    /// Each source gets a sink of its own, and what is returned has been checked against the root.
    ///
    /// # Errors
    /// Those of `begin`, which belong to the caller's own storage.
    pub async fn bring<S: Write + Send, E>(
        &self,
        buffer: &Buffer,
        mut begin: impl FnMut() -> Result<S, E>,
    ) -> Result<Option<S>, E> {
        for source in self.candidates(buffer) {
            let mut sink = begin()?;
            match source.copy(buffer, &mut sink).await {
                Ok(()) => {
                    tracing::debug!(root = hex::encode(buffer.root), source = %source, "a buffer is at hand");
                    return Ok(Some(sink));
                }
                Err(error) => {
                    tracing::warn!(root = hex::encode(buffer.root), source = %source, %error, "this source does not \
                        give a buffer");
                }
            }
        }
        Ok(None)
    }

    /// Where these bytes may be, likeliest first.
    fn candidates(&self, buffer: &Buffer) -> Vec<Candidate<'_>> {
        let wanted = (buffer.root, u64::from(buffer.len));
        let (known, unknown): (Vec<_>, Vec<_>) = self
            .places
            .iter()
            .filter(|known| known.buffer.is_none_or(|buffer| buffer == wanted))
            .partition(|known| known.buffer.is_some());
        let named = |known: &'_ &Known| match &known.place {
            Place::File(path) => Candidate::File(path.clone()),
            Place::Url(url) => Candidate::Url(url.clone(), known.name.clone()),
        };
        let name = hex::encode(buffer.root);
        let stored = self
            .stores
            .iter()
            .flat_map(|store| folders(store))
            .map(|folder| folder.join(&name))
            .filter(|path| path.is_file())
            .map(Candidate::File);
        let mirrors = self.mirrors.iter().map(|mirror| Candidate::Mirror(mirror));
        known.iter().map(named).chain(stored).chain(mirrors).chain(unknown.iter().map(named)).collect()
    }
}

/// Where the blobs of a folder that was named may be.
fn folders(store: &Path) -> [PathBuf; 2] {
    [store.to_path_buf(), store.join("blobs")]
}

/// The files of a folder that are called after roots.
fn blobs_in(folder: &Path) -> Vec<PathBuf> {
    let is_root = |name: &OsStr| name.len() == 64 && name.as_encoded_bytes().iter().all(u8::is_ascii_hexdigit);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| is_root(&entry.file_name())).map(|entry| entry.path()).collect()
}

/// A place that may have a buffer.
enum Candidate<'a> {
    File(PathBuf),
    Url(String, String),
    Mirror(&'a str),
}

impl std::fmt::Display for Candidate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url, name) => write!(f, "{} ({name})", secret::shown_url(url)),
            Self::Mirror(url) => f.write_str(&secret::shown_url(url)),
        }
    }
}

impl Candidate<'_> {
    async fn copy(&self, buffer: &Buffer, sink: &mut (impl Write + Send)) -> Result<(), CopyError> {
        match self {
            Self::File(path) => copy_file(path, buffer, sink),
            Self::Url(url, _) => Ok(blobs::get_to(url, &buffer.root, buffer.len, sink).await?),
            Self::Mirror(url) => {
                // The user has named it, so it may be anywhere.
                let http = Http::new(Reach::Any)
                    .map_err(|error| BlobError::Unreachable { endpoint: (*url).into(), reason: error.to_string() })?;
                let endpoint = Endpoint::new(&http, url)?;
                Ok(blobs::fetch_to(&endpoint, &buffer.root, buffer.len, sink, |_| {}).await?)
            }
        }
    }
}

/// Copies a file piece by piece; only the end tells whether all of it belongs to the root.
fn copy_file(path: &Path, buffer: &Buffer, sink: &mut impl Write) -> Result<(), CopyError> {
    let mut file = File::open(path).map_err(CopyError::Read)?.take(u64::from(buffer.len).saturating_add(1));
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    loop {
        let read = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => piece.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        hasher.update(read);
        sink.write_all(read).map_err(CopyError::Keep)?;
    }
    match hasher.count() == u64::from(buffer.len) && *hasher.finalize().as_bytes() == buffer.root {
        true => Ok(()),
        false => Err(CopyError::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(bytes: &[u8]) -> Buffer {
        Buffer { root: touchstone_kir::root(bytes), len: bytes.len() as u32 }
    }

    async fn bring(sources: &Sources, buffer: &Buffer) -> Option<Vec<u8>> {
        sources.bring(buffer, || Ok::<_, std::convert::Infallible>(Vec::new())).await.unwrap()
    }

    #[tokio::test]
    async fn a_file_is_known_by_its_content_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.rgba");
        std::fs::write(&path, b"some bytes").unwrap();
        let flags =
            SourceFlags { inputs: vec![format!("x={}", path.display()).parse().unwrap()], ..Default::default() };
        let sources = flags.open().unwrap();
        assert_eq!(bring(&sources, &buffer(b"some bytes")).await.as_deref(), Some(&b"some bytes"[..]));
        assert_eq!(bring(&sources, &buffer(b"some bytez")).await, None);
        // It has changed since: the copy is refused.
        std::fs::write(&path, b"same sized").unwrap();
        assert_eq!(bring(&sources, &buffer(b"some bytes")).await, None);
        assert_eq!(bring(&sources, &buffer(b"same sized")).await, None);
    }

    #[tokio::test]
    async fn a_store_is_searched_by_root_and_what_is_damaged_there_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (buffer(b"good bytes"), buffer(b"fine bytes"));
        std::fs::create_dir(folder.path().join("blobs")).unwrap();
        std::fs::write(folder.path().join("blobs").join(hex::encode(good.root)), b"good bytes").unwrap();
        std::fs::write(folder.path().join(hex::encode(bad.root)), b"fine bytez").unwrap();
        let sources = SourceFlags { stores: vec![folder.path().into()], ..Default::default() }.open().unwrap();
        assert_eq!(bring(&sources, &good).await.as_deref(), Some(&b"good bytes"[..]));
        assert_eq!(bring(&sources, &bad).await, None);
        // A second source has it.
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join(hex::encode(bad.root)), b"fine bytes").unwrap();
        let stores = vec![folder.path().into(), other.path().into()];
        let sources = SourceFlags { stores, ..Default::default() }.open().unwrap();
        assert_eq!(bring(&sources, &bad).await.as_deref(), Some(&b"fine bytes"[..]));
    }

    #[tokio::test]
    async fn a_longer_or_shorter_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = buffer(b"0123456789");
        for content in [&b"0123456789+"[..], b"012345678", b""] {
            std::fs::write(folder.path().join(hex::encode(wanted.root)), content).unwrap();
            let sources = SourceFlags { stores: vec![folder.path().into()], ..Default::default() }.open().unwrap();
            assert_eq!(bring(&sources, &wanted).await, None);
        }
    }

    #[tokio::test]
    async fn the_files_of_a_description_are_taken_and_those_that_are_missing_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.bin"), [7; 16]).unwrap();
        let text = "ceiling = 1\n[[input]]\nname = \"gone\"\nfile = \"gone.bin\"\n\
                    [[input]]\nname = \"a\"\nfile = \"a.bin\"\n[[step]]\nkernel = \"x.wgsl\"\ninvocations = 1\n";
        std::fs::write(folder.path().join("job.toml"), text).unwrap();
        let flags = SourceFlags { manifest: Some(folder.path().join("job.toml")), ..Default::default() };
        let sources = flags.open().unwrap();
        assert_eq!(bring(&sources, &buffer(&[7; 16])).await, Some(vec![7; 16]));
    }

    #[test]
    fn every_file_from_which_inputs_may_come_is_protected() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (root, other) = ("ab".repeat(32), "cd".repeat(32));
        let text = "ceiling = 1\n[[input]]\nname = \"a\"\nfile = \"a.bin\"\n[[input]]\nname = \"gone\"\nfile = \
                    \"gone.bin\"\n[[step]]\nkernel = \"x.wgsl\"\ninvocations = 1\n[[step]]\nkernel = \"0x12\"\n\
                    invocations = 1\n";
        std::fs::write(at("job.toml"), text).unwrap();
        std::fs::create_dir_all(at("store/blobs")).unwrap();
        let stored = [format!("store/{root}"), format!("store/blobs/{other}")];
        for name in ["store/notes.txt", &stored[0], &stored[1], &format!("store/{other}.tree")] {
            std::fs::write(at(name), b"x").unwrap();
        }
        let flags = SourceFlags {
            manifest: Some(at("job.toml")),
            inputs: vec!["b=b.bin".parse().unwrap(), "c=http://example.org/c".parse().unwrap()],
            stores: vec![at("store"), at("no such store")],
            ..Default::default()
        };
        let mut files = flags.files();
        files.sort();
        let mut expected = ["job.toml", "a.bin", "gone.bin", "x.wgsl", &stored[0], &stored[1]].map(at).to_vec();
        expected.push("b.bin".into());
        expected.sort();
        assert_eq!(files, expected);
    }

    #[test]
    fn what_cannot_be_a_source_is_refused_with_its_name() {
        let refused = |flags: SourceFlags| flags.open().unwrap_err().to_string();
        let error = refused(SourceFlags { inputs: vec!["a=no/such/file".parse().unwrap()], ..Default::default() });
        assert!(error.starts_with("the input \"a\" cannot be read from no/such/file: "), "{error}");
        let error = refused(SourceFlags { stores: vec!["no/such/folder".into()], ..Default::default() });
        assert!(error.starts_with("no/such/folder is not a folder of blobs"), "{error}");
        let error = refused(SourceFlags { mirrors: vec!["ftp://x".into()], ..Default::default() });
        assert_eq!(error, "the mirror ftp://x cannot be used: it does not begin with http:// or https://");
    }

    #[test]
    fn a_named_place_is_a_file_or_a_url() {
        let read = |text: &str| text.parse::<NamedPlace>().map(|named| named.place);
        assert_eq!(read("a=b.bin"), Ok(Place::File("b.bin".into())));
        assert_eq!(read("a=/x/b=c.bin"), Ok(Place::File("/x/b=c.bin".into())));
        assert_eq!(read("a=HTTPS://example.org/b"), Ok(Place::Url("HTTPS://example.org/b".into())));
        assert_eq!(read("b.bin"), Err(NoPlace::Form));
        assert_eq!(read("=b.bin"), Err(NoPlace::Form));
        assert!(matches!(read("a=http://"), Err(NoPlace::Url(_))));
        let seed = "a=0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        assert!(!read(seed).unwrap_err().to_string().contains("e5be"));
    }
}

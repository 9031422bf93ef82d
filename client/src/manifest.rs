//! The description of a job that people write, in TOML or JSON.
//!
//! ```toml
//! ceiling = "5TSN"            # the highest price
//! matching = "instant"        # or "open": an auction of `auction` ticks
//! class = "any"               # or "cpu", "integrated", "discrete"
//! deadline = 20               # ticks from assignment to commitment; the chain's default if left out
//!
//! [[input]]
//! name = "image"
//! file = "photo.rgba"         # beside this file
//! source = "put"              # or "inline", or an http(s) URL from which the provider pulls
//!
//! [[step]]
//! name = "blurred"
//! kernel = "blur.wgsl"        # or a .kir file, or the hash of an uploaded kernel
//! reads = ["image"]           # inputs and earlier steps, by name
//! invocations = 65536
//! params = [256, 256]
//! ```

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use figment::{
    providers::{Format, Toml},
    Figment,
};
use serde::{
    de::{self, Unexpected, Visitor},
    Deserialize, Deserializer,
};
use touchstone_kir::{KernelHash, Root};
use touchstone_primitives::{
    check_url, Buffer, DeviceClass, InlineData, Input, JobSpec, Matching, Source, Step, Tick, MAX_INLINE_BYTES,
};

use crate::{
    amount, files,
    kernels::{KernelError, LocalKernel},
    secret::{self, Misplaced},
};

/// A job as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Highest price: `5TSN`, or the smallest unit.
    ceiling: Amount,
    /// How a provider is found.
    #[serde(default)]
    matching: MatchingName,
    /// Length of the auction, ticks; only for `open`.
    auction: Option<Tick>,
    /// Class of device.
    #[serde(default)]
    class: ClassName,
    /// Ticks from assignment to commitment.
    deadline: Option<Tick>,
    /// Least collateral of the provider.
    min_collateral: Option<Amount>,
    /// The asset that pays; the native coin if left out.
    asset: Option<u32>,
    #[serde(default, rename = "input")]
    inputs: Vec<InputEntry>,
    #[serde(rename = "step")]
    steps: Vec<StepEntry>,
    /// Relative paths start here.
    #[serde(skip)]
    base: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MatchingName {
    #[default]
    Instant,
    Open,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClassName {
    #[default]
    Any,
    Cpu,
    Integrated,
    Discrete,
}

#[derive(Clone, Debug)]
enum Amount {
    Number(u64),
    Text(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputEntry {
    name: String,
    /// The bytes. Needed unless `root` and `length` are given with a URL.
    file: Option<PathBuf>,
    #[serde(default = "put")]
    source: String,
    root: Option<String>,
    length: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepEntry {
    name: Option<String>,
    kernel: String,
    #[serde(default)]
    reads: Vec<String>,
    invocations: u32,
    #[serde(default)]
    params: Vec<i64>,
}

fn put() -> String {
    "put".into()
}

/// A job ready to be submitted.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The specification.
    pub spec: JobSpec,
    /// The bytes that go with the submission.
    pub inline: InlineData,
    /// The bytes that are put to the assigned provider.
    pub uploads: Vec<Upload>,
    /// The kernels that were read from files, without repetition.
    pub kernels: Vec<LocalKernel>,
    /// The names of the steps, in order; their number where none is given.
    pub step_names: Vec<String>,
}

/// A blob for the assigned provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The input's name.
    pub name: String,
    /// Its root.
    pub root: Root,
    /// Its length, bytes.
    pub len: u32,
    /// The file that had these bytes when it was hashed.
    pub path: PathBuf,
}

/// Where the bytes of an input are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of this machine.
    File(PathBuf),
    /// An http or https URL.
    Url(String),
}

/// An input of a description, and one place where its bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPlace {
    /// Its name.
    pub name: String,
    /// The place.
    pub place: Place,
    /// Root and length, where the description states both.
    pub buffer: Option<(Root, u64)>,
}

/// Why a description cannot be submitted.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ManifestError {
    #[error("the job description {path} cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("{path} is not a job description: {reason}")]
    Malformed { path: String, reason: String },
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    #[error("{field}: {error}")]
    Amount { field: &'static str, error: amount::BadAmount },
    #[error("matching = \"open\" needs the length of the auction: add `auction = 10` (ticks)")]
    NoAuction,
    #[error("`auction` belongs to matching = \"open\": remove it, or open an auction")]
    StrayAuction,
    #[error("two buffers are called {0:?}: give each input and step its own name")]
    NameTaken(String),
    #[error("the job has more than {most} {what}: split it")]
    TooMany { what: &'static str, most: u32 },
    #[error("input {name:?}: {reason}")]
    Input { name: String, reason: String },
    #[error("step {name:?} reads {read:?}, which is neither an input nor an earlier step")]
    UnknownRead { name: String, read: String },
    #[error("step {name:?}: the parameter {value} does not fit 32 bits")]
    ParamOutOfRange { name: String, value: i64 },
    #[error("step {name:?}: {error}")]
    Kernel { name: String, error: KernelError },
    #[error(
        "step {name:?}: {text:?} is not a kernel: name a .wgsl or .kir file, or 0x and the 64 hex digits of a hash"
    )]
    BadKernel { name: String, text: String },
    #[error(
        "the inline inputs have {bytes} bytes together, more than {MAX_INLINE_BYTES}: use `put` or a URL for the \
        larger ones"
    )]
    TooMuchInline { bytes: u64 },
}

impl Manifest {
    /// Reads a description: JSON if the name ends in `.json`, otherwise TOML.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ManifestError::Unreadable { path: shown.clone(), reason: error.to_string() })?;
        if secret::is_key_file(&text) {
            return Err(Misplaced::new(format!("the content of {shown}")).into());
        }
        let json = path.extension().is_some_and(|extension| extension == "json");
        let mut manifest =
            Self::parse(&text, json).map_err(|reason| ManifestError::Malformed { path: shown, reason })?;
        manifest.base = path.parent().map(Path::to_owned).unwrap_or_default();
        manifest.refuse_secrets()?;
        Ok(manifest)
    }

    /// Refuses secrets in all texts that errors show, except where a hash belongs.
    fn refuse_secrets(&self) -> Result<(), Misplaced> {
        // A file may have a hash as its name.
        let refuse_unless_there = |what: String, file: &Path| match self.base.join(file).exists() {
            true => Ok(()),
            false => secret::refuse(what, &file.to_string_lossy()),
        };
        for (field, amount) in [("ceiling", Some(&self.ceiling)), ("min_collateral", self.min_collateral.as_ref())] {
            if let Some(Amount::Text(text)) = amount {
                secret::refuse(field, text)?;
            }
        }
        for (number, entry) in self.inputs.iter().enumerate() {
            let place = |field| format!("the {field} of input {number}");
            secret::refuse(place("name"), &entry.name)?;
            secret::refuse(place("source"), &entry.source)?;
            entry.file.iter().try_for_each(|file| refuse_unless_there(place("file"), file))?;
        }
        for (number, entry) in self.steps.iter().enumerate() {
            let place = |field| format!("the {field} of step {number}");
            entry.name.iter().try_for_each(|name| secret::refuse(place("name"), name))?;
            entry.reads.iter().try_for_each(|read| secret::refuse(place("list of reads"), read))?;
            if !entry.kernel.starts_with("0x") {
                refuse_unless_there(place("kernel"), Path::new(&entry.kernel))?;
            }
        }
        Ok(())
    }

    fn parse(text: &str, json: bool) -> Result<Self, String> {
        if json {
            return serde_json::from_str(text).map_err(|error| secret::without_secrets(&error.to_string()).into());
        }
        let figment = Figment::from(Toml::string(text));
        figment.extract().map_err(|error| {
            // One line for each thing that is wrong, without the name of the provider.
            let lines: Vec<_> = error
                .into_iter()
                .map(|error| match error.path.join(".") {
                    path if path.is_empty() => error.kind.to_string(),
                    path => format!("{path}: {}", error.kind),
                })
                .collect();
            secret::without_secrets(&lines.join("; ")).into()
        })
    }

    /// All files that the description names: those of inputs and kernels.
    pub fn files(&self) -> Vec<PathBuf> {
        let inputs = self.inputs.iter().filter_map(|entry| entry.file.as_deref());
        let kernels = self.steps.iter().map(|entry| entry.kernel.as_str()).filter(|kernel| !kernel.starts_with("0x"));
        inputs.chain(kernels.map(Path::new)).map(|file| self.base.join(file)).collect()
    }

    /// All places where the description says that inputs are.
    pub fn places(&self) -> Vec<InputPlace> {
        let mut places = Vec::new();
        for entry in &self.inputs {
            let stated = entry.root.as_deref().and_then(hash).zip(entry.length.map(u64::from));
            let mut add = |place| places.push(InputPlace { name: entry.name.clone(), place, buffer: stated });
            if let Some(file) = &entry.file {
                add(Place::File(self.base.join(file)));
            }
            if check_url(entry.source.as_bytes()).is_ok() {
                add(Place::Url(entry.source.clone()));
            }
        }
        places
    }

    /// Hashes the inputs, of which only inline ones are kept in memory, and reads the kernels. `deadline` holds where
    /// the description has none.
    pub fn prepare(&self, deadline: Tick) -> Result<Prepared, ManifestError> {
        let mut names = Names::default();
        let mut inputs = Vec::new();
        let mut inline = Vec::new();
        let mut uploads = Vec::new();
        for entry in &self.inputs {
            names.add(&entry.name)?;
            let (buffer, file) = entry.buffer(&self.base)?;
            let wrong = |reason: &str| ManifestError::Input { name: entry.name.clone(), reason: reason.into() };
            let needed = || wrong("`file` is missing: its bytes are needed unless the provider pulls them");
            let source = match entry.source.as_str() {
                "inline" => {
                    inline.push(Upload::of(entry, buffer, file.ok_or_else(needed)?));
                    Source::Inline
                }
                "put" => {
                    uploads.push(Upload::of(entry, buffer, file.ok_or_else(needed)?));
                    Source::Put
                }
                // By the rule that the chain applies too.
                url => match check_url(url.as_bytes()) {
                    Ok(()) => {
                        let url = url.as_bytes().to_vec().try_into();
                        Source::Url(url.map_err(|_| wrong("the URL is longer than 256 bytes"))?)
                    }
                    Err(_) if !url.contains(':') => {
                        return Err(wrong("`source` is \"inline\", \"put\", or an http(s) URL"))
                    }
                    Err(defect) => return Err(wrong(&format!("the URL of its `source` cannot be used: {defect}"))),
                },
            };
            inputs.push(Input { buffer, source });
        }

        let mut kernels: Vec<LocalKernel> = Vec::new();
        let mut steps = Vec::new();
        let mut step_names = Vec::new();
        for (number, entry) in self.steps.iter().enumerate() {
            let name = entry.name.clone().unwrap_or_else(|| number.to_string());
            let reads = entry
                .reads
                .iter()
                .map(|read| {
                    names
                        .index(read)
                        .ok_or_else(|| ManifestError::UnknownRead { name: name.clone(), read: read.clone() })
                })
                .collect::<Result<Vec<_>, _>>()?;
            steps.push(Step {
                kernel: entry.kernel(&name, &self.base, &mut kernels)?,
                reads: limited(reads, "reads in one step")?,
                invocations: entry.invocations,
                params: limited(entry.params(&name)?, "parameters in one step")?,
            });
            names.add(&name)?;
            step_names.push(name);
        }

        Ok(Prepared {
            spec: JobSpec {
                inputs: limited(inputs, "inputs")?,
                steps: limited(steps, "steps")?,
                matching: self.matching()?,
                class: self.class(),
                asset: self.asset,
                ceiling: self.ceiling.read("ceiling")?,
                deadline: self.deadline.unwrap_or(deadline),
                min_collateral: match &self.min_collateral {
                    Some(amount) => amount.read("min_collateral")?,
                    None => 0,
                },
            },
            inline: inline_data(&inline)?,
            uploads,
            kernels,
            step_names,
        })
    }

    fn matching(&self) -> Result<Matching, ManifestError> {
        match (self.matching, self.auction) {
            (MatchingName::Instant, None) => Ok(Matching::Instant),
            (MatchingName::Instant, Some(_)) => Err(ManifestError::StrayAuction),
            (MatchingName::Open, Some(ticks)) => Ok(Matching::Open { ticks }),
            (MatchingName::Open, None) => Err(ManifestError::NoAuction),
        }
    }

    fn class(&self) -> Option<DeviceClass> {
        match self.class {
            ClassName::Any => None,
            ClassName::Cpu => Some(DeviceClass::Cpu),
            ClassName::Integrated => Some(DeviceClass::Integrated),
            ClassName::Discrete => Some(DeviceClass::Discrete),
        }
    }
}

/// Written by hand: the error of a derived untagged enum would only name this type.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount: \"100TSN\", \"0.5TSN\", or a whole number in the smallest unit")
            }

            fn visit_u64<E: de::Error>(self, units: u64) -> Result<Amount, E> {
                Ok(Amount::Number(units))
            }

            fn visit_i64<E: de::Error>(self, units: i64) -> Result<Amount, E> {
                u64::try_from(units).map(Amount::Number).map_err(|_| E::invalid_value(Unexpected::Signed(units), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                Ok(Amount::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Read)
    }
}

impl Amount {
    fn read(&self, field: &'static str) -> Result<u128, ManifestError> {
        match self {
            Amount::Number(units) => Ok((*units).into()),
            Amount::Text(text) => amount::parse(text).map_err(|error| ManifestError::Amount { field, error }),
        }
    }
}

impl InputEntry {
    /// Root and length, and the file with the bytes if there is one. It is hashed.
    fn buffer(&self, base: &Path) -> Result<(Buffer, Option<PathBuf>), ManifestError> {
        let wrong = |reason: String| ManifestError::Input { name: self.name.clone(), reason };
        let stated = self
            .root
            .as_deref()
            .map(|text| hash(text).ok_or_else(|| wrong(format!("{text:?} is not a root: write 0x and 64 hex digits"))))
            .transpose()?;
        let (root, len, file) = match (&self.file, stated, self.length) {
            (Some(file), stated, _) => {
                let path = base.join(file);
                let shown = path.display();
                let unreadable = |error| wrong(format!("{shown} cannot be read: {error}"));
                if !std::fs::metadata(&path).map_err(unreadable)?.is_file() {
                    return Err(wrong(format!("{shown} is not a regular file, and it is read more than once")));
                }
                let (root, len) = files::hash(&path).map_err(unreadable)?;
                if stated.is_some_and(|stated| stated != root) {
                    return Err(wrong(format!("{shown} hashes to 0x{}, not to the root stated", hex::encode(root))));
                }
                (root, len, Some(path))
            }
            (None, Some(root), Some(len)) => (root, len.into(), None),
            (None, _, _) => return Err(wrong("name its `file`, or its `root` and `length`".into())),
        };
        let most = u64::from(touchstone_kir::limits::MAX_BUFFER_BYTES);
        match (u32::try_from(len), &self.length) {
            (Ok(len), Some(stated)) if *stated != len => {
                Err(wrong(format!("it has {len} bytes, not the {stated} stated")))
            }
            (Ok(len), _) if len > 0 && len % 4 == 0 && u64::from(len) <= most => Ok((Buffer { root, len }, file)),
            _ => Err(wrong(format!(
                "it has {len} bytes; a buffer has a positive multiple of 4, at most 2 GiB: pad it with zeros"
            ))),
        }
    }
}

impl StepEntry {
    fn kernel(&self, name: &str, base: &Path, known: &mut Vec<LocalKernel>) -> Result<KernelHash, ManifestError> {
        if self.kernel.starts_with("0x") {
            return hash(&self.kernel)
                .ok_or_else(|| ManifestError::BadKernel { name: name.into(), text: self.kernel.clone() });
        }
        let loaded = LocalKernel::load(&base.join(&self.kernel))
            .map_err(|error| ManifestError::Kernel { name: name.into(), error })?;
        let hash = loaded.hash();
        if known.iter().all(|kernel| kernel.hash() != hash) {
            known.push(loaded);
        }
        Ok(hash)
    }

    /// Signed parameters are written as such and travel in two's complement.
    fn params(&self, name: &str) -> Result<Vec<u32>, ManifestError> {
        self.params
            .iter()
            .map(|&value| {
                u32::try_from(value)
                    .or_else(|_| i32::try_from(value).map(|value| value as u32))
                    .map_err(|_| ManifestError::ParamOutOfRange { name: name.into(), value })
            })
            .collect()
    }
}

/// The buffers of a job by name, numbered as its steps read them.
#[derive(Default)]
struct Names(HashMap<String, u8>);

impl Names {
    fn add(&mut self, name: &str) -> Result<(), ManifestError> {
        let index = u8::try_from(self.0.len()).unwrap_or(u8::MAX);
        match self.0.insert(name.to_owned(), index) {
            None => Ok(()),
            Some(_) => Err(ManifestError::NameTaken(name.to_owned())),
        }
    }

    fn index(&self, name: &str) -> Option<u8> {
        self.0.get(name).copied()
    }
}

/// `0x` and 64 hex digits.
pub fn hash(text: &str) -> Option<[u8; 32]> {
    hex::decode(text.strip_prefix("0x")?).ok()?.try_into().ok()
}

impl Upload {
    fn of(entry: &InputEntry, buffer: Buffer, path: PathBuf) -> Self {
        Self { name: entry.name.clone(), root: buffer.root, len: buffer.len, path }
    }

    /// Reads all of it: its bytes are still those that were hashed.
    fn read(&self) -> Result<Vec<u8>, ManifestError> {
        let wrong = |reason| ManifestError::Input { name: self.name.clone(), reason };
        let shown = self.path.display();
        let bytes = std::fs::read(&self.path).map_err(|error| wrong(format!("{shown} cannot be read: {error}")))?;
        match touchstone_kir::root(&bytes) == self.root {
            true => Ok(bytes),
            false => Err(wrong(format!("{shown} has changed while it was read: try again"))),
        }
    }
}

/// Reads what goes with the submission, once it is known to be little.
fn inline_data(inputs: &[Upload]) -> Result<InlineData, ManifestError> {
    let bytes = inputs.iter().map(|input| u64::from(input.len)).sum();
    let too_much = || ManifestError::TooMuchInline { bytes };
    if bytes > u64::from(MAX_INLINE_BYTES) {
        return Err(too_much());
    }
    let pieces =
        inputs.iter().map(|input| input.read()?.try_into().map_err(|_| too_much())).collect::<Result<Vec<_>, _>>()?;
    limited(pieces, "inline inputs")
}

fn limited<T, const N: u32>(
    items: Vec<T>,
    what: &'static str,
) -> Result<bounded_collections::BoundedVec<T, bounded_collections::ConstU32<N>>, ManifestError> {
    items.try_into().map_err(|_| ManifestError::TooMany { what, most: N })
}

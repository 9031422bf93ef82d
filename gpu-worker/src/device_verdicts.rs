//! What is known about a device: whether it passed the self-test, and which kernels it has kernels.
//!
//! A device is an adapter with its driver and this program's version: a change of any of them makes another one, of which
//! nothing is known. Each has two files in a folder of the data directory.

use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use touchstone_gpu::{AdapterSummary, Report};
use touchstone_kir::{KernelHash, Op};

/// Where devices are remembered.
#[derive(Clone, Debug)]
pub struct DeviceVerdicts {
    folder: PathBuf,
    mistaken: Option<Op>,
}

impl DeviceVerdicts {
    /// In this folder. A device that is made to get an operation wrong, for tests, is not the one that gets it right.
    pub fn new(folder: &Path, mistaken: Option<Op>) -> Self {
        Self { folder: folder.into(), mistaken }
    }

    /// The last report on a device. A file that cannot be read is no verdict.
    pub fn verdict(&self, adapter: &AdapterSummary) -> Option<Report> {
        let text = fs::read_to_string(self.path(adapter, "json")).ok()?;
        let report: Report = serde_json::from_str(&text).ok()?;
        (device(&report.adapter) == device(adapter)).then_some(report)
    }

    /// Keeps a report until the next one on the same device.
    pub fn keep(&self, report: &Report) -> anyhow::Result<()> {
        let path = self.path(&report.adapter, "json");
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            // Never half a verdict.
            let new = path.with_extension("new");
            fs::write(&new, serde_json::to_vec_pretty(report)?)?;
            fs::rename(&new, &path)
        };
        write().with_context(|| format!("the verdict cannot be kept in {}", path.display()))
    }

    /// Forgets the verdict on a device: it is to be tested again.
    pub fn doubt(&self, adapter: &AdapterSummary) -> io::Result<()> {
        match fs::remove_file(self.path(adapter, "json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The kernels that a device has kernels.
    pub fn kernels(&self, adapter: &AdapterSummary) -> KernelVerdicts {
        KernelVerdicts::open(self.path(adapter, "kernels"))
    }

    fn path(&self, adapter: &AdapterSummary, extension: &str) -> PathBuf {
        let mistaken = self.mistaken.map_or("", Op::name);
        let key = format!("{}\n{}\n{mistaken}", device(adapter).join("\n"), env!("CARGO_PKG_VERSION"));
        let name = hex::encode(&blake3::hash(key.as_bytes()).as_bytes()[..8]);
        self.folder.join(name).with_extension(extension)
    }
}

/// What makes a device another one.
fn device(adapter: &AdapterSummary) -> [&str; 3] {
    [&adapter.name, &adapter.backend, &adapter.driver]
}

/// What a device's two emissions of a kernel showed when they were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelVerdict {
    /// Both emissions gave the same output, as far as they were compared.
    Same,
    /// There was no time for the second emission.
    Uncompared,
    /// The emissions differed: the device gets the kernel wrong.
    Differs,
}

/// Their words in the file.
const WORDS: [(KernelVerdict, &str); 3] =
    [(KernelVerdict::Same, "same"), (KernelVerdict::Uncompared, "uncompared"), (KernelVerdict::Differs, "differs")];

/// Kernels that a device has kernels.
pub struct KernelVerdicts {
    path: PathBuf,
    known: Mutex<HashMap<KernelHash, KernelVerdict>>,
}

impl KernelVerdicts {
    fn open(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        // A line that is no entry, as after a crash, is a kernel that has not been kernels.
        let known = text.lines().filter_map(|line| {
            let (hash, word) = line.split_once(' ')?;
            let hash: KernelHash = hex::decode(hash).ok()?.try_into().ok()?;
            WORDS.iter().find(|(_, known)| *known == word).map(|(verdict, _)| (hash, *verdict))
        });
        Self { known: Mutex::new(known.collect()), path }
    }

    /// What the two emissions of a kernel showed when they were compared, if there was one.
    pub fn verdict(&self, kernel: &KernelHash) -> Option<KernelVerdict> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(kernel).copied()
    }

    /// Remembers a kernel, in memory even if the file cannot be written.
    pub fn note(&self, kernel: KernelHash, verdict: KernelVerdict) -> io::Result<()> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(kernel, verdict);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let word = WORDS.iter().find(|(known, _)| *known == verdict).map_or("", |(_, word)| word);
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.write_all(format!("{} {word}\n", hex::encode(kernel)).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(driver: &str) -> AdapterSummary {
        AdapterSummary { name: "GPU".into(), driver: driver.into(), ..AdapterSummary::unknown() }
    }

    fn report(driver: &str) -> Report {
        Report {
            adapter: adapter(driver),
            vectors: 1,
            vectors_on_cpu: 0,
            trees: 0,
            seed: 1,
            kernels: 0,
            operations: Vec::new(),
            failures: Vec::new(),
        }
    }

    #[test]
    fn a_verdict_counts_for_the_device_and_the_driver_that_were_tested() {
        let folder = tempfile::tempdir().unwrap();
        let tested = DeviceVerdicts::new(folder.path(), None);
        assert_eq!(tested.verdict(&adapter("1")), None);
        tested.keep(&report("1")).unwrap();
        assert_eq!(tested.verdict(&adapter("1")), Some(report("1")));
        assert_eq!(tested.verdict(&adapter("2")), None);
        assert_eq!(DeviceVerdicts::new(folder.path(), Some(Op::Add)).verdict(&adapter("1")), None);
        tested.doubt(&adapter("1")).unwrap();
        tested.doubt(&adapter("1")).unwrap();
        assert_eq!(tested.verdict(&adapter("1")), None);
    }

    #[test]
    fn a_verdict_that_cannot_be_read_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let tested = DeviceVerdicts::new(folder.path(), None);
        tested.keep(&report("1")).unwrap();
        std::fs::write(tested.path(&adapter("1"), "json"), "{").unwrap();
        assert_eq!(tested.verdict(&adapter("1")), None);
    }

    #[test]
    fn kernels_are_met_once_and_what_differs_is_not_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let tested = DeviceVerdicts::new(&folder.path().join("devices"), None);
        let kernels = tested.kernels(&adapter("1"));
        assert_eq!(kernels.verdict(&[0; 32]), None);
        let verdicts = [KernelVerdict::Same, KernelVerdict::Uncompared, KernelVerdict::Differs];
        for (kernel, verdict) in (0..).zip(verdicts) {
            kernels.note([kernel; 32], verdict).unwrap();
        }
        let again = tested.kernels(&adapter("1"));
        assert_eq!([0, 1, 2].map(|kernel| again.verdict(&[kernel; 32])), verdicts.map(Some));
        assert_eq!(again.verdict(&[3; 32]), None);
        assert_eq!(tested.kernels(&adapter("2")).verdict(&[0; 32]), None);
    }
}

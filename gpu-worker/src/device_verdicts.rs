//! What is known about this machine's devices: whether each has passed the self-test, which kernels were compared on
//! it, and how fast it is.
//!
//! A device is an adapter with its driver and this program's version: a change of any of them makes another device, of
//! which nothing is known. Each has its files in one folder of the data directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use touchstone_client::files::{self, FileError};
use touchstone_gpu::{AdapterSummary, Report};
use touchstone_kir::Op;

use crate::{kernel_verdicts::KernelVerdicts, speeds::Speeds};

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

    /// The last report on a device. A file that cannot be read is not a verdict.
    pub fn verdict(&self, adapter: &AdapterSummary) -> Option<Report> {
        read(&self.path(adapter, "json")).filter(|report| report.adapter.is(adapter))
    }

    /// Keeps a report until the next one on the same device.
    pub fn keep(&self, report: &Report) -> anyhow::Result<()> {
        let path = self.path(&report.adapter, "json");
        files::create_folder(&self.folder)?;
        files::write(&path, &serde_json::to_vec_pretty(report)?).context("the verdict on the device cannot be kept")
    }

    /// Forgets the verdict on a device: it is to be tested again.
    pub fn doubt(&self, adapter: &AdapterSummary) -> Result<(), FileError> {
        files::remove(&self.path(adapter, "json"))
    }

    /// The devices that have a verdict with this version of the program, in the order of their labels.
    pub fn reports(&self) -> Vec<Report> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut reports: Vec<Report> =
            paths.filter_map(|path| read(&path).filter(|report| self.path(&report.adapter, "json") == path)).collect();
        reports.sort_by_key(|report| report.adapter.label());
        reports
    }

    /// The kernels whose two emissions were compared on a device.
    pub fn kernels(&self, adapter: &AdapterSummary) -> KernelVerdicts {
        KernelVerdicts::open(self.path(adapter, "kernels"))
    }

    /// How fast a device runs kernels.
    pub fn speeds(&self, adapter: &AdapterSummary) -> Speeds {
        Speeds::open(self.path(adapter, "speeds"))
    }

    fn path(&self, adapter: &AdapterSummary, extension: &str) -> PathBuf {
        let mistaken = self.mistaken.map_or("", Op::name);
        let (label, backend, driver) = (adapter.label(), &adapter.backend, &adapter.driver);
        let key = format!("{label}\n{backend}\n{driver}\n{}\n{mistaken}", env!("CARGO_PKG_VERSION"));
        let name = hex::encode(&blake3::hash(key.as_bytes()).as_bytes()[..8]);
        self.folder.join(name).with_extension(extension)
    }
}

fn read(path: &Path) -> Option<Report> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_verdicts::KernelVerdict;

    fn adapter(driver: &str) -> AdapterSummary {
        AdapterSummary { name: "GPU".into(), driver: driver.into(), ..AdapterSummary::unknown() }
    }

    fn report(adapter: AdapterSummary) -> Report {
        Report {
            adapter,
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
        let verdicts = DeviceVerdicts::new(folder.path(), None);
        assert_eq!(verdicts.verdict(&adapter("1")), None);
        verdicts.keep(&report(adapter("1"))).unwrap();
        assert_eq!(verdicts.verdict(&adapter("1")), Some(report(adapter("1"))));
        assert_eq!(verdicts.verdict(&adapter("2")), None);
        assert_eq!(DeviceVerdicts::new(folder.path(), Some(Op::Add)).verdict(&adapter("1")), None);
        verdicts.doubt(&adapter("1")).unwrap();
        verdicts.doubt(&adapter("1")).unwrap();
        assert_eq!(verdicts.verdict(&adapter("1")), None);
    }

    #[test]
    fn the_verdict_on_one_of_two_equal_gpus_is_none_on_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = DeviceVerdicts::new(folder.path(), None);
        let [left, right] =
            ["0000:01:00.0", "0000:c1:00.0"].map(|pci| AdapterSummary { pci: pci.into(), ..adapter("1") });
        verdicts.keep(&report(left.clone())).unwrap();
        verdicts.kernels(&left).note([1; 32], KernelVerdict::Differs).unwrap();
        assert_eq!(verdicts.verdict(&right), None);
        assert_eq!(verdicts.kernels(&right).verdict(&[1; 32]), None);
        // Another device was added: the list of adapters is another one.
        let moved = AdapterSummary { index: 3, ..left.clone() };
        assert_eq!(verdicts.verdict(&moved), Some(report(left)));
    }

    #[test]
    fn a_verdict_that_cannot_be_withdrawn_or_kept_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = DeviceVerdicts::new(folder.path(), None);
        let path = verdicts.path(&adapter("1"), "json");
        fs::create_dir(&path).unwrap();
        let error = verdicts.doubt(&adapter("1")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{} cannot be removed: ", path.display())), "{error}");
        let error = format!("{:#}", verdicts.keep(&report(adapter("1"))).unwrap_err());
        let expected = format!("the verdict on the device cannot be kept: {} cannot be written: ", path.display());
        assert!(error.starts_with(&expected), "{error}");
    }

    #[test]
    fn a_verdict_that_cannot_be_read_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = DeviceVerdicts::new(folder.path(), None);
        verdicts.keep(&report(adapter("1"))).unwrap();
        std::fs::write(verdicts.path(&adapter("1"), "json"), "{").unwrap();
        assert_eq!(verdicts.verdict(&adapter("1")), None);
        assert_eq!(verdicts.reports(), []);
    }

    #[test]
    fn all_devices_with_a_verdict_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = DeviceVerdicts::new(&folder.path().join("devices"), None);
        assert_eq!(verdicts.reports(), []);
        let named = |name: &str| AdapterSummary { name: name.into(), ..adapter("1") };
        for name in ["b", "a"] {
            verdicts.keep(&report(named(name))).unwrap();
            verdicts.kernels(&named(name)).note([1; 32], KernelVerdict::Same).unwrap();
        }
        // A copy under another name is the verdict on nothing.
        fs::copy(verdicts.path(&named("a"), "json"), folder.path().join("devices/copy.json")).unwrap();
        let labels: Vec<String> = verdicts.reports().iter().map(|report| report.adapter.label()).collect();
        assert_eq!(labels, ["a", "b"]);
    }
}

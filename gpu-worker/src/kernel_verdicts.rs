//! Which kernels a device gets right: what the comparison of two emissions showed.
//!
//! The file has a line for each comparison; the last line of a kernel counts.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use touchstone_client::files::{self, FileError};
use touchstone_kir::KernelHash;

/// What the comparison of a kernel's two emissions showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelVerdict {
    /// Both gave the same output, as far as they were compared.
    Same,
    /// The comparison was given up after this time: it is made when there is more.
    Uncompared(Duration),
    /// The outputs differed: the device gets the kernel wrong.
    Differs,
}

impl KernelVerdict {
    /// As it stands in the file.
    fn line(&self, kernel: &KernelHash) -> String {
        let kernel = hex::encode(kernel);
        match self {
            Self::Same => format!("{kernel} same\n"),
            Self::Uncompared(budget) => format!("{kernel} uncompared {}\n", budget.as_millis()),
            Self::Differs => format!("{kernel} differs\n"),
        }
    }

    fn parse(line: &str) -> Option<(KernelHash, Self)> {
        let (kernel, rest) = line.split_once(' ')?;
        let kernel = hex::decode(kernel).ok()?.try_into().ok()?;
        let verdict = match rest.split_once(' ').unwrap_or((rest, "")) {
            ("same", "") => Self::Same,
            ("differs", "") => Self::Differs,
            ("uncompared", budget) => Self::Uncompared(Duration::from_millis(budget.parse().ok()?)),
            _ => return None,
        };
        Some((kernel, verdict))
    }
}

/// How many kernels of a device have which verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Census {
    /// Kernels that were compared and are the same.
    pub compared: usize,
    /// Kernels whose comparison was given up, hexadecimal.
    pub uncompared: Vec<String>,
    /// Kernels that differ, hexadecimal.
    pub differing: Vec<String>,
}

/// The kernels that a device has met.
pub struct KernelVerdicts {
    path: PathBuf,
    known: Mutex<BTreeMap<KernelHash, KernelVerdict>>,
}

impl KernelVerdicts {
    pub(crate) fn open(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        // A line that is not an entry, as after a crash, is a kernel of which nothing is known.
        Self { known: Mutex::new(text.lines().filter_map(KernelVerdict::parse).collect()), path }
    }

    /// What is known of a kernel.
    pub fn verdict(&self, kernel: &KernelHash) -> Option<KernelVerdict> {
        self.known().get(kernel).copied()
    }

    /// Whether a kernel is to be compared when there is so much time for it: it never was, or there is at least twice
    /// as much time as when it was given up.
    pub fn is_due(&self, kernel: &KernelHash, budget: Duration) -> bool {
        match self.verdict(kernel) {
            None => true,
            Some(KernelVerdict::Uncompared(before)) => budget >= before.saturating_mul(2),
            Some(KernelVerdict::Same | KernelVerdict::Differs) => false,
        }
    }

    /// Remembers a verdict, in memory even if the file cannot be written. A kernel that differed stays one that
    /// differs, and a comparison that is given up takes no earlier verdict back.
    pub fn note(&self, kernel: KernelHash, verdict: KernelVerdict) -> Result<(), FileError> {
        {
            let mut known = self.known();
            match (known.get(&kernel), verdict) {
                (Some(KernelVerdict::Differs), _) => return Ok(()),
                (Some(KernelVerdict::Same), KernelVerdict::Uncompared(_)) => return Ok(()),
                (Some(before), verdict) if *before == verdict => return Ok(()),
                _ => known.insert(kernel, verdict),
            };
        }
        if let Some(folder) = self.path.parent() {
            files::create_folder(folder)?;
        }
        files::append(&self.path, verdict.line(&kernel).as_bytes())
    }

    /// How many kernels have which verdict, and which ones are not settled.
    pub fn census(&self) -> Census {
        let mut census = Census::default();
        for (kernel, verdict) in self.known().iter() {
            match verdict {
                KernelVerdict::Same => census.compared += 1,
                KernelVerdict::Uncompared(_) => census.uncompared.push(hex::encode(kernel)),
                KernelVerdict::Differs => census.differing.push(hex::encode(kernel)),
            }
        }
        census
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<KernelHash, KernelVerdict>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn opened() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("devices").join("device.kernels");
        (folder, path)
    }

    #[test]
    fn verdicts_are_there_after_a_restart() {
        let (_folder, path) = opened();
        let verdicts = [KernelVerdict::Same, KernelVerdict::Uncompared(SECOND), KernelVerdict::Differs];
        let kernels = KernelVerdicts::open(path.clone());
        assert_eq!(kernels.verdict(&[0; 32]), None);
        for (kernel, verdict) in (0..).zip(verdicts) {
            kernels.note([kernel; 32], verdict).unwrap();
        }
        let again = KernelVerdicts::open(path);
        assert_eq!([0, 1, 2].map(|kernel| again.verdict(&[kernel; 32])), verdicts.map(Some));
        assert_eq!(again.verdict(&[3; 32]), None);
        let census = again.census();
        assert_eq!(
            (census.compared, census.uncompared, census.differing),
            (1, vec!["01".repeat(32)], vec!["02".repeat(32)])
        );
    }

    #[test]
    fn a_comparison_that_was_given_up_is_due_again_when_there_is_more_time() {
        let (_folder, path) = opened();
        let kernels = KernelVerdicts::open(path.clone());
        assert!(kernels.is_due(&[1; 32], Duration::ZERO), "it never was compared");
        kernels.note([1; 32], KernelVerdict::Uncompared(10 * SECOND)).unwrap();
        let again = KernelVerdicts::open(path);
        assert!(!again.is_due(&[1; 32], 19 * SECOND));
        assert!(again.is_due(&[1; 32], 20 * SECOND));
        again.note([1; 32], KernelVerdict::Same).unwrap();
        assert!(!again.is_due(&[1; 32], 20 * SECOND));
    }

    #[test]
    fn what_was_settled_stays_settled() {
        let (_folder, path) = opened();
        let kernels = KernelVerdicts::open(path.clone());
        kernels.note([1; 32], KernelVerdict::Same).unwrap();
        kernels.note([1; 32], KernelVerdict::Uncompared(SECOND)).unwrap();
        kernels.note([2; 32], KernelVerdict::Differs).unwrap();
        kernels.note([2; 32], KernelVerdict::Same).unwrap();
        for kernels in [kernels, KernelVerdicts::open(path)] {
            assert_eq!(kernels.verdict(&[1; 32]), Some(KernelVerdict::Same));
            assert_eq!(kernels.verdict(&[2; 32]), Some(KernelVerdict::Differs));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_verdict_that_cannot_be_kept_holds_all_the_same_and_the_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        for (path, expected) in [
            (PathBuf::from("/dev/full"), "/dev/full cannot be written: No space left on device".to_owned()),
            (file.join("device.kernels"), format!("{} cannot be created: ", file.display())),
        ] {
            // Reading the device would not end.
            let kernels = KernelVerdicts { path, known: Mutex::default() };
            let error = kernels.note([1; 32], KernelVerdict::Same).unwrap_err().to_string();
            assert!(error.starts_with(&expected), "{error}");
            assert_eq!(kernels.verdict(&[1; 32]), Some(KernelVerdict::Same));
        }
    }

    #[test]
    fn lines_that_are_not_entries_are_passed_over() {
        let (_folder, path) = opened();
        let kernels = KernelVerdicts::open(path.clone());
        kernels.note([1; 32], KernelVerdict::Same).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        let other = |word: &str| format!("{} {word}\n", "02".repeat(32));
        for broken in ["", "0101 same\n", &other("uncompared"), &other("good"), &other("same 1"), &whole[..40]] {
            fs::write(&path, format!("{broken}\n{whole}{broken}")).unwrap();
            let census = KernelVerdicts::open(path.clone()).census();
            assert_eq!((census.compared, census.uncompared.len(), census.differing.len()), (1, 0, 0), "{broken:?}");
        }
    }
}

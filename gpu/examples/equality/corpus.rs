//! The files of a search, from which the next one continues.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use touchstone_equality::Case;

/// A folder: `next`, the first unused seed; `kept/SEED.jsonl`, kernels that covered something new; `failed/SEED.jsonl`,
/// kernels on which implementations differ, each first reduced and then as found.
pub struct Corpus {
    folder: PathBuf,
    next: u64,
    cases: Vec<Case>,
}

/// The test run already compares the seeds below.
const FIRST: u64 = 100_000;

fn told<'a>(path: &'a Path) -> impl Fn(std::io::Error) -> String + 'a {
    move |error| format!("{}: {error}", path.display())
}

impl Corpus {
    pub fn open(folder: &Path) -> Result<Corpus, String> {
        for part in ["kept", "failed"] {
            let path = folder.join(part);
            fs::create_dir_all(&path).map_err(told(&path))?;
        }
        let next = match fs::read_to_string(folder.join("next")) {
            Ok(text) => text.trim().parse().map_err(|_| format!("{}/next is not a number", folder.display()))?,
            Err(_) => FIRST,
        };
        let kept = folder.join("kept");
        let mut files = fs::read_dir(&kept)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>())
            .map_err(told(&kept))?;
        files.sort();
        let mut cases = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).map_err(told(&file))?;
            for line in text.lines() {
                cases.extend(Case::from_line(line).map_err(|error| format!("{}: {error}", file.display()))?);
            }
        }
        Ok(Corpus { folder: folder.into(), next, cases })
    }

    /// The next seed.
    pub fn next(&self) -> u64 {
        self.next
    }

    pub fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Records the progress. A run that is killed repeats a few seeds.
    pub fn save(&mut self) -> Result<(), String> {
        self.write("next", &format!("{}\n", self.next)).map(drop)
    }

    /// Stores a case that covered something new.
    pub fn keep(&mut self, seed: u64, case: &Case) -> Result<(), String> {
        self.cases.push(case.clone());
        self.write(&format!("kept/{seed}.jsonl"), &case.to_line(&format!("seed {seed}"))).map(drop)
    }

    /// Stores a case that failed.
    pub fn failed(&self, seed: u64, case: &Case, small: &Case, difference: &str) -> Result<PathBuf, String> {
        let lines = small.to_line(difference) + &case.to_line(&format!("seed {seed}, as it was found"));
        self.write(&format!("failed/{seed}.jsonl"), &lines)
    }

    /// Writes the whole file or nothing.
    fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.folder.join(name);
        let mut file = NamedTempFile::new_in(&self.folder).map_err(told(&self.folder))?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(told(&path))?;
        file.persist(&path).map_err(|error| told(&path)(error.error))?;
        Ok(path)
    }
}

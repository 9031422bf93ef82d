//! What was submitted from this machine: written down before it is sent, so that no paid job is lost with its id.
//!
//! Each chain and account has a file of its own, to which lines of JSON are only ever added. Every line is on the disk
//! before the program goes on. [`Journal::unfinished`] finds the submission that a repeated command has to go on with.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use touchstone_primitives::{JobId, JobSpec};

use crate::{chain::Head, files, types::AccountId};

/// The journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the journal of submissions {} cannot be used: {error}; nothing is sent without it, so that no paid job is lost. \
    Make it writable, or set XDG_STATE_HOME to another folder", .path.display()
)]
pub struct JournalError {
    path: PathBuf,
    error: io::Error,
}

/// The journal of one account on one chain.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    genesis: [u8; 32],
    account: AccountId,
}

/// A line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    /// Seconds since 1970.
    time: u64,
    /// What is to be done, without the salt: see [`Journal::content`].
    content: Hex,
    salt: Hex,
    job: Hex,
    #[serde(flatten)]
    event: Event,
}

/// What happened to a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// It is about to be sent: from now on it may be on the chain.
    Sending,
    /// It was seen in this block.
    InBlock {
        /// Number of the block.
        number: u64,
        /// Its hash.
        hash: Hex,
    },
    /// It is not on the chain and will not be: the chain or the node has refused it.
    Refused,
    /// The command that submitted it has done all that it was asked for.
    Done,
}

/// 32 bytes, in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hex(pub [u8; 32]);

impl From<Hex> for String {
    fn from(bytes: Hex) -> Self {
        format!("0x{}", hex::encode(bytes.0))
    }
}

impl TryFrom<String> for Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        crate::manifest::hash(&text).map(Self).ok_or("not 0x and 64 hex digits")
    }
}

/// A submission that the journal knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The job.
    pub job: JobId,
    /// Its salt.
    pub salt: [u8; 32],
    /// When it was first sent, seconds since 1970.
    pub since: u64,
    /// Where it was seen, if it was.
    pub seen: Option<Head>,
}

impl Journal {
    /// Opens the journal of an account on the chain with this genesis block.
    pub fn open(folder: &Path, genesis: [u8; 32], account: &AccountId) -> Result<Self, JournalError> {
        let chain: String = hex::encode(genesis).chars().take(16).collect();
        let path = folder.join("submissions").join(format!("{chain}-{account}.jsonl"));
        let opened = || -> io::Result<File> {
            files::create_folder(path.parent().unwrap_or(folder))?;
            let mut options = OpenOptions::new();
            options.read(true).append(true).create(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&path)
        };
        match opened() {
            Ok(file) => Ok(Self { path, file, genesis, account: *account }),
            Err(error) => Err(JournalError { path, error }),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down what happened to the submission of `spec` with `salt`.
    pub fn note(&self, spec: &JobSpec, salt: &[u8; 32], event: Event) -> Result<(), JournalError> {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
        let job = JobId::new(&self.genesis, &self.account, salt, spec);
        let line = Line { time, content: Hex(self.content(spec)), salt: Hex(*salt), job: Hex(job.0), event };
        let written = || -> io::Result<()> {
            // A line that a power cut has torn must not swallow this one: empty lines do no harm.
            let text = format!("\n{}\n", serde_json::to_string(&line)?);
            let mut file = &self.file;
            file.write_all(text.as_bytes())?;
            file.sync_data()
        };
        written().map_err(|error| self.error(error))
    }

    /// The last submission of the same work that may be on the chain and whose command has not come to its end.
    pub fn unfinished(&self, spec: &JobSpec) -> Result<Option<Submission>, JournalError> {
        let content = self.content(spec);
        let mut last: Option<Submission> = None;
        for line in self.lines()?.into_iter().filter(|line| line.content.0 == content) {
            let is_last = last.is_some_and(|last| last.job.0 == line.job.0);
            let submission = Submission { job: JobId(line.job.0), salt: line.salt.0, since: line.time, seen: None };
            match line.event {
                Event::Sending if is_last => {}
                Event::Sending => last = Some(submission),
                Event::InBlock { number, hash } => {
                    let known = last.filter(|_| is_last).unwrap_or(submission);
                    last = Some(Submission { seen: Some(Head { hash: hash.0, number }), ..known });
                }
                Event::Refused | Event::Done if is_last => last = None,
                Event::Refused | Event::Done => {}
            }
        }
        Ok(last)
    }

    /// What is to be done, whatever the salt: the id that the job would have with a salt of zeros.
    fn content(&self, spec: &JobSpec) -> [u8; 32] {
        JobId::new(&self.genesis, &self.account, &[0; 32], spec).0
    }

    /// All lines that can be read; what a power cut has torn is skipped.
    fn lines(&self) -> Result<Vec<Line>, JournalError> {
        let mut text = Vec::new();
        // A handle of its own, which starts at the beginning.
        let read = File::open(&self.path).and_then(|mut file| file.read_to_end(&mut text));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(self.error(error)),
        }
        Ok(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    fn error(&self, error: io::Error) -> JournalError {
        JournalError { path: self.path.clone(), error }
    }
}

#[cfg(test)]
mod tests {
    use touchstone_primitives::Matching;

    use super::*;

    fn spec(ceiling: u128) -> JobSpec {
        JobSpec {
            inputs: Default::default(),
            steps: Default::default(),
            matching: Matching::Instant,
            class: None,
            asset: None,
            ceiling,
            deadline: 5,
            min_collateral: 0,
        }
    }

    fn journal(folder: &Path) -> Journal {
        Journal::open(folder, [7; 32], &AccountId::from([1; 32])).unwrap()
    }

    fn in_block(number: u64) -> Event {
        Event::InBlock { number, hash: Hex([9; 32]) }
    }

    #[test]
    fn a_submission_that_was_cut_off_is_found_again_with_its_salt() {
        let folder = tempfile::tempdir().unwrap();
        let (written, spec) = (journal(folder.path()), spec(1));
        assert_eq!(written.unfinished(&spec).unwrap(), None);
        written.note(&spec, &[3; 32], Event::Sending).unwrap();
        // Another process reads it.
        let found = journal(folder.path()).unfinished(&spec).unwrap().unwrap();
        assert_eq!(found.job, JobId::new(&[7; 32], &AccountId::from([1; 32]), &[3; 32], &spec));
        assert_eq!((found.salt, found.seen), ([3; 32], None));

        written.note(&spec, &[3; 32], in_block(17)).unwrap();
        let seen = journal(folder.path()).unfinished(&spec).unwrap().unwrap().seen;
        assert_eq!(seen, Some(Head { hash: [9; 32], number: 17 }));
    }

    #[test]
    fn what_is_done_or_refused_is_not_gone_on_with() {
        for end in [Event::Done, Event::Refused] {
            let folder = tempfile::tempdir().unwrap();
            let (journal, spec) = (journal(folder.path()), spec(1));
            journal.note(&spec, &[3; 32], Event::Sending).unwrap();
            journal.note(&spec, &[3; 32], end).unwrap();
            assert_eq!(journal.unfinished(&spec).unwrap(), None);
            // The end of an old one is not the end of the one after it.
            journal.note(&spec, &[4; 32], Event::Sending).unwrap();
            journal.note(&spec, &[3; 32], end).unwrap();
            assert_eq!(journal.unfinished(&spec).unwrap().map(|found| found.salt), Some([4; 32]));
        }
    }

    #[test]
    fn other_work_other_accounts_and_other_chains_are_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        journal(folder.path()).note(&spec(1), &[3; 32], Event::Sending).unwrap();
        assert_eq!(journal(folder.path()).unfinished(&spec(2)).unwrap(), None);
        for (genesis, account) in [([8; 32], [1; 32]), ([7; 32], [2; 32])] {
            let other = Journal::open(folder.path(), genesis, &AccountId::from(account)).unwrap();
            assert_eq!(other.unfinished(&spec(1)).unwrap(), None);
        }
    }

    #[test]
    fn a_line_that_a_power_cut_has_torn_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, spec) = (journal(folder.path()), spec(1));
        journal.note(&spec, &[3; 32], Event::Sending).unwrap();
        (&journal.file).write_all(b"\n{\"time\":17,\"cont").unwrap();
        journal.note(&spec, &[3; 32], in_block(5)).unwrap();
        let found = journal.unfinished(&spec).unwrap().unwrap();
        assert_eq!((found.salt, found.seen.map(|seen| seen.number)), ([3; 32], Some(5)));
    }

    #[test]
    fn a_journal_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("submissions"), "a file").unwrap();
        let error = Journal::open(folder.path(), [7; 32], &AccountId::from([1; 32])).unwrap_err().to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
        assert!(error.contains("set XDG_STATE_HOME"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_journal_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = std::fs::metadata(journal(folder.path()).path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

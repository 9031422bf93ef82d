//! What people and programs see: results on standard output, progress on standard error.

use std::{
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    str::FromStr,
    sync::OnceLock,
};

use comfy_table::{presets::NOTHING, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use touchstone_client::{
    blobs::BlobError,
    files::{self, FileError, OutputFile},
    manifest, secret, AccountId,
};
use touchstone_primitives::JobId;

/// How results are printed.
pub(super) struct Output {
    json: bool,
    /// Why not all of standard output could be written.
    failure: OnceLock<io::Error>,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json, failure: OnceLock::new() }
    }

    /// One result: as JSON, or as text for people.
    pub(super) fn result(&self, json: Value, text: impl FnOnce() -> String) {
        let line = if self.json { format!("{json:#}") } else { text() };
        self.print(line.trim_end());
    }

    /// A remark on the way, for people only.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        if !self.json {
            let _ = writeln!(io::stderr(), "{}", text.as_ref());
        }
    }

    /// A remark that programs may want to keep too, in a log.
    pub(super) fn always(&self, text: impl AsRef<str>) {
        let _ = writeln!(io::stderr(), "{}", text.as_ref());
    }

    /// One event of a stream: a line of JSON, or of text.
    pub(super) fn event(&self, json: Value, text: impl FnOnce() -> String) {
        let line = if self.json { json.to_string() } else { text() };
        self.print(&line);
    }

    /// Whether everything that was printed could be written.
    pub(super) fn written(&self) -> anyhow::Result<()> {
        match self.failure.get() {
            None => Ok(()),
            Some(error) => Err(anyhow::anyhow!("standard output cannot be written: {error}")),
        }
    }

    fn print(&self, line: &str) {
        match writeln!(io::stdout(), "{line}") {
            Ok(()) => {}
            // A closed pipe is the reader's choice.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => drop(self.failure.set(error)),
        }
    }
}

/// A file for the output of a command that reads these files; `-` is standard output.
pub(super) fn create<'a>(path: &Path, inputs: impl IntoIterator<Item = &'a PathBuf>) -> anyhow::Result<OutputFile> {
    if path.as_os_str() == "-" {
        return Ok(OutputFile::stdout());
    }
    files::refuse_own_input(path, inputs)?;
    Ok(OutputFile::create(path)?)
}

/// Whether an error says only that the reader of the output is gone, which is the reader's choice.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let file = cause.downcast_ref::<FileError>().map(FileError::kind);
        let blob = match cause.downcast_ref() {
            Some(BlobError::Write(error)) => Some(error.kind()),
            _ => None,
        };
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        file.or(blob).or(io) == Some(ErrorKind::BrokenPipe)
    })
}

/// A bar of bytes; hidden where standard error is not a terminal.
pub(super) fn bytes_bar(what: &str, total: u64) -> ProgressBar {
    bar(what, total, "{msg:20} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}")
}

/// A bar of things that are counted.
pub(super) fn count_bar(what: &str, total: u64) -> ProgressBar {
    bar(what, total, "{msg:20} [{wide_bar}] {pos}/{len} {per_sec} {eta}")
}

fn bar(what: &str, total: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(what.to_owned());
    bar
}

/// An empty table with these columns.
pub(super) fn table<const N: usize>(columns: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(columns);
    table
}

/// Text that came from others, safe for a terminal.
pub(super) fn plain(bytes: &[u8]) -> String {
    secret::printable(&String::from_utf8_lossy(bytes))
}

/// `0x` and hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// A job id on the command line.
pub(super) fn parse_job(text: &str) -> Result<JobId, String> {
    parse_hash(text).map(JobId)
}

/// A hash on the command line.
pub(super) fn parse_hash(text: &str) -> Result<[u8; 32], String> {
    manifest::hash(text).ok_or_else(|| "write 0x and 64 hex digits".to_owned())
}

/// An account on the command line: an SS58 address, the 32 bytes of the account in hex, or a development name.
///
/// The bytes are taken as they are. Those of an sr25519 or ed25519 account are its public key; those of an account that
/// has another kind of key, or none, are not, so nothing can tell a public key from other bytes here.
pub(super) fn parse_account(text: &str) -> Result<AccountId, String> {
    if let Some(bytes) = manifest::hash(text) {
        return Ok(AccountId(bytes));
    }
    if text.starts_with("//") {
        return touchstone_client::signer::Signer::from_uri(text, "the account")
            .map(|signer| *signer.account())
            .map_err(|error| error.to_string());
    }
    if text.strip_prefix("0x").is_some_and(|digits| digits.len() == 66) {
        return Err("an ECDSA public key is not the account's 32 bytes: write its SS58 address".into());
    }
    AccountId::from_str(text).map_err(|_| {
        "write an SS58 address, the account's 32 bytes as 0x and 64 hex digits (the public key of an sr25519 or \
        ed25519 account), or a name such as //Alice"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_cannot_move_the_cursor() {
        assert_eq!(plain(b"GPU \x1b[2J\n"), "GPU \u{FFFD}[2J\u{FFFD}");
    }

    #[test]
    fn an_account_is_read_in_three_forms() {
        let alice = parse_account("//Alice").unwrap();
        assert_eq!(parse_account(&alice.to_string()), Ok(alice));
        assert_eq!(parse_account(&hex(&alice.0)), Ok(alice));
        let error = parse_account("Alice").unwrap_err();
        assert!(error.starts_with("write an SS58 address, the account's 32 bytes as 0x and 64 hex digits"), "{error}");
    }

    #[test]
    fn hex_is_the_accounts_bytes_whether_or_not_they_are_a_public_key() {
        // The public key of //Alice, and bytes that no key has, as of a multisig account.
        let alice = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
        assert_eq!(parse_account(alice), parse_account("//Alice"));
        assert_eq!(parse_account(alice).unwrap().to_string(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
        assert_eq!(parse_account(&format!("0x{}", "ff".repeat(32))), Ok(AccountId([0xFF; 32])));
        // An ECDSA key is 33 bytes, and its account a hash of them.
        let error = parse_account(&format!("0x02{}", "11".repeat(32))).unwrap_err();
        assert!(error.contains("ECDSA"), "{error}");
    }
}

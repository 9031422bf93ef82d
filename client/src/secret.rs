//! Recognises mnemonics and seeds where something else is expected, so that no program shows or keeps them.
//!
//! A secret that is given in the wrong place would otherwise turn up in an error (`the file bottom drive … does not
//! exist`), in a log, or on the chain. Three places look for it: [`parse_arguments`] at the command line,
//! [`settings`](crate::settings) at variables and configuration files, and [`Log`] at everything that is logged.
//! Development names such as `//Alice` are public, so they are not secrets.

use std::{
    any::TypeId,
    borrow::Cow,
    collections::BTreeSet,
    ffi::OsString,
    fmt,
    io::{self, Write},
    ops::{Range, RangeInclusive},
    path::{Path, PathBuf},
};

use clap::{ArgMatches, Parser};
use subxt_signer::bip39::{Language, Mnemonic};

/// What is shown in place of a secret.
const HIDDEN: &str = "[hidden]";
/// So many words of the BIP-39 list among so many words in a row are a mnemonic, perhaps with a few mistakes.
const WORDS: usize = 10;
const IN_A_ROW: usize = 12;
/// So many of them are different: neither lists of a few names nor sentences have as many.
const DIFFERENT: usize = 9;
/// So many words of the list, with nothing but white space between them, are a mnemonic even if they are all the same:
/// the shortest one, of which a word is missing.
const SPACED: usize = 11;
/// How many words a mnemonic has.
const LENGTHS: [usize; 5] = [12, 15, 18, 21, 24];
/// The longest text that can be the content of a key file, bytes.
const KEY_FILE: usize = 512;
/// The exit code of a command line that is wrong, as clap has it.
const WRONG_USAGE: i32 = 2;
/// Hex digits of a seed, and of a key with its nonce, of which a few may be missing or written twice.
const HEX_LENGTHS: [RangeInclusive<usize>; 2] = [60..=70, 124..=132];

/// A mnemonic or a seed was given where something else belongs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} looks like a mnemonic or a seed; it is neither used nor shown. Put the secret into a file that only you \
    can read and name that file (--signer FILE), or into a variable and name that variable (--signer env:NAME)"
)]
pub struct Misplaced {
    what: String,
}

impl Misplaced {
    /// `what` names the place that the secret was given in.
    pub fn new(what: impl fmt::Display) -> Self {
        Self { what: what.to_string() }
    }
}

/// Refuses a text that is a secret. `what` names the place that it was given in.
pub fn refuse(what: impl fmt::Display, text: &str) -> Result<(), Misplaced> {
    // A file may have a hash as its name.
    match has_phrase(text) || (is_seed(text) && !Path::new(text).exists()) {
        true => Err(Misplaced::new(what)),
        false => Ok(()),
    }
}

/// Whether a text is a seed, or has a mnemonic in it, whatever stands around it.
pub fn is_secret(text: &str) -> bool {
    has_phrase(text) || is_seed(text)
}

/// Whether this is the content of a file that holds a key: then no line of it may be shown.
pub fn is_key_file(content: &str) -> bool {
    content.len() <= KEY_FILE && is_secret(content)
}

/// The text without mnemonics. Hashes stay: seeds cannot be told from them.
pub fn without_phrases(text: &str) -> Cow<'_, str> {
    replaced(text, phrases(text))
}

/// The text without anything that may be a secret, hashes included.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let mut ranges = phrases(text);
    ranges.extend(pieces(text, char::is_alphanumeric).filter(|range| is_hex_seed(&text[range.clone()])));
    replaced(text, merged(ranges))
}

/// Text that came from others, safe for a terminal: without characters that control it.
pub fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{FFFD}' } else { char }).collect()
}

/// A URL as it can be shown: without the user and password that may stand before its host.
pub fn shown_url(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind('@').and_then(|at| rest.get(at + 1..)) {
        Some(host) => format!("{scheme}://…@{host}").into(),
        None => url.into(),
    }
}

/// A whole text that is a seed, perhaps behind `env:` or the like, perhaps with a path of derivation behind it.
fn is_seed(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '\'']);
    let text = match text.split_once(':') {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => rest.trim_start_matches('/'),
        _ => text,
    };
    is_hex_seed(text.split('/').next().unwrap_or_default())
}

fn is_hex_seed(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    HEX_LENGTHS.iter().any(|lengths| lengths.contains(&digits.len()))
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn has_phrase(text: &str) -> bool {
    !phrases(text).is_empty()
}

/// Where mnemonics are in a text: words set apart as people set words apart, most of them in the list.
fn phrases(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut row: Vec<Range<usize>> = Vec::new();
    for word in pieces(text, char::is_alphabetic) {
        let apart = row.last().map_or("", |last| &text[last.end..word.start]);
        if !apart.chars().all(|char| char.is_whitespace() || ",;-_'\"".contains(char)) {
            found.extend(phrases_of(text, &row));
            row.clear();
        }
        row.push(word);
    }
    found.extend(phrases_of(text, &row));
    found
}

/// The mnemonics among the words of one row.
fn phrases_of(text: &str, words: &[Range<usize>]) -> Vec<Range<usize>> {
    if words.len() < WORDS {
        return Vec::new();
    }
    let lower: Vec<String> = words.iter().map(|word| text[word.clone()].to_lowercase()).collect();
    let listed: Vec<Option<u16>> = lower.iter().map(|word| Language::English.find_word(word)).collect();
    let mut found = nearly_phrases(words, &listed);
    let mut first = 0;
    for run in listed.split(Option::is_none) {
        let end = first + run.len();
        found.extend(spaced_phrases(text, &words[first..end]));
        found.extend(valid_phrases(&words[first..end], &lower[first..end]));
        first = end + 1;
    }
    merged(found)
}

/// Rows of words most of which are in the list and different, however they are set apart.
fn nearly_phrases(words: &[Range<usize>], listed: &[Option<u16>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for first in 0..=words.len().saturating_sub(IN_A_ROW) {
        let row = first..(first + IN_A_ROW).min(words.len());
        let known: Vec<_> = row.filter(|&word| listed[word].is_some()).collect();
        let different: BTreeSet<_> = known.iter().map(|&word| listed[word]).collect();
        let (Some(&start), Some(&end)) = (known.first(), known.last()) else { continue };
        if known.len() < WORDS || different.len() < DIFFERENT {
            continue;
        }
        found.push(words[start].start..words[end].end);
    }
    found
}

/// Among words of the list: those that only white space sets apart, as wallets write mnemonics. Lists of names have
/// commas.
fn spaced_phrases(text: &str, words: &[Range<usize>]) -> Vec<Range<usize>> {
    words
        .chunk_by(|left, right| text[left.end..right.start].chars().all(char::is_whitespace))
        .filter(|row| row.len() >= SPACED)
        .filter_map(|row| Some(row.first()?.start..row.last()?.end))
        .collect()
}

/// Among words of the list: mnemonics whose checksum is right, however their words are set apart.
fn valid_phrases(words: &[Range<usize>], lower: &[String]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for length in LENGTHS {
        for (row, texts) in words.windows(length).zip(lower.windows(length)) {
            if Mnemonic::parse_in_normalized(Language::English, &texts.join(" ")).is_ok() {
                found.extend(row.first().zip(row.last()).map(|(first, last)| first.start..last.end));
            }
        }
    }
    found
}

/// The same places of a text in order, and those that overlap as one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The longest pieces of a text that are of such characters alone.
fn pieces(text: &str, is_part: fn(char) -> bool) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(is_part)?;
        let end = text[start..].find(|char: char| !is_part(char)).map_or(text.len(), |length| start + length);
        rest = end;
        Some(start..end)
    })
}

/// The text without these places, which are in order.
fn replaced(text: &str, ranges: Vec<Range<usize>>) -> Cow<'_, str> {
    if ranges.is_empty() {
        return text.into();
    }
    let mut shown = String::new();
    let mut rest = 0;
    for range in ranges {
        shown.push_str(&text[rest..range.start]);
        shown.push_str(HIDDEN);
        rest = range.end;
    }
    shown.push_str(&text[rest..]);
    shown.into()
}

/// Reads the command line of this process. Ends it, as clap does, on an error or a call for help; no message shows a
/// secret.
pub fn parse_arguments<T: Parser>() -> T {
    match parse_from(std::env::args_os().collect()) {
        Ok(parsed) => parsed,
        Err(Refused::Clap(error)) => {
            let text = error.render().to_string();
            match without_secrets(&text) {
                Cow::Borrowed(_) => error.exit(),
                Cow::Owned(text) => end(&text, error.exit_code()),
            }
        }
        Err(Refused::Misplaced(error)) => end(&format!("error: {error}\n"), WRONG_USAGE),
    }
}

fn end(text: &str, code: i32) -> ! {
    // Where not even that can be written, the exit code has to do.
    drop(io::stderr().write_all(text.as_bytes()));
    std::process::exit(code)
}

/// Why a command line is not taken.
#[derive(Debug)]
enum Refused {
    Clap(clap::Error),
    Misplaced(Misplaced),
}

fn parse_from<T: Parser>(arguments: Vec<OsString>) -> Result<T, Refused> {
    let texts: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    for (number, text) in texts.iter().enumerate().skip(1) {
        let value = text.split_once('=').map_or(text.as_ref(), |(_, value)| value);
        // With 0x in front it may be a hash: then it depends on the argument.
        let is_bare = !value.starts_with("0x") && is_seed(value) && !Path::new(value).exists();
        if has_phrase(text) || is_bare {
            return Err(Refused::Misplaced(Misplaced::new(format_args!("argument {number}"))));
        }
    }
    // A mnemonic without quotation marks is many arguments.
    let words: Vec<_> = texts.iter().map(|text| if text.contains(char::is_whitespace) { "-" } else { text }).collect();
    if has_phrase(&words.join(" ")) {
        return Err(Refused::Misplaced(Misplaced::new("the command line")));
    }
    let mut command = T::command();
    let matches = command.try_get_matches_from_mut(arguments).map_err(Refused::Clap)?;
    refuse_seeds(&command, &matches).map_err(Refused::Misplaced)?;
    T::from_arg_matches(&matches).map_err(|error| Refused::Clap(error.format(&mut command)))
}

/// Refuses seeds in all arguments that are free texts or paths; hashes are read as such.
fn refuse_seeds(command: &clap::Command, matches: &ArgMatches) -> Result<(), Misplaced> {
    let free = [TypeId::of::<String>(), TypeId::of::<PathBuf>()];
    for argument in command.get_arguments() {
        let of = argument.get_value_parser().type_id();
        if !free.iter().any(|free| of == *free) {
            continue;
        }
        let Ok(Some(values)) = matches.try_get_raw(argument.get_id().as_str()) else { continue };
        for value in values {
            let name = match argument.get_long() {
                Some(long) => format!("--{long}"),
                None => argument.get_id().as_str().to_uppercase(),
            };
            refuse(name, &value.to_string_lossy())?;
        }
    }
    match matches.subcommand() {
        Some((name, matches)) => match command.find_subcommand(name) {
            Some(command) => refuse_seeds(command, matches),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// Standard error for the log: what is written there has no mnemonics.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        io::stderr().write_all(without_phrases(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public development phrase and its seed.
    const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
    const SEED: &str = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";

    #[test]
    fn mnemonics_are_recognised_in_every_dress() {
        let twelve: Vec<_> = PHRASE.split(' ').collect();
        for text in [
            PHRASE.to_owned(),
            PHRASE.to_uppercase(),
            format!("  {PHRASE}\n"),
            format!("{PHRASE}//Alice"),
            format!("{PHRASE}/soft//hard///password"),
            format!("env:{PHRASE}"),
            format!("ws://{}", twelve.join("-")),
            twelve.join(","),
            twelve.join("\n"),
            // A word is missing, two are misspelt.
            twelve[..11].join(" "),
            PHRASE.replace("drive", "drife").replace("lonely", "lonley"),
            format!("{PHRASE} {PHRASE}"),
            format!("{PHRASE} {}", twelve[..3].join(" ")),
        ] {
            assert!(is_secret(&text), "{text}");
            assert!(refuse("x", &text).is_err(), "{text}");
        }
    }

    /// Two valid mnemonics with two different words each.
    fn repeated() -> [String; 2] {
        [["abandon"; 11].join(" ") + " about", ["test"; 11].join(" ") + " junk"]
    }

    #[test]
    fn mnemonics_that_repeat_a_word_are_recognised_in_every_dress() {
        for phrase in repeated() {
            let twelve: Vec<_> = phrase.split(' ').collect();
            for text in [
                phrase.clone(),
                phrase.to_uppercase(),
                format!("  {phrase}\n"),
                format!("{phrase}//Alice"),
                format!("env:{phrase}"),
                twelve.join("\n"),
                // The checksum tells them from lists of names.
                twelve.join(", "),
                twelve.join("-"),
                // A word is missing, or there is one too many.
                twelve[..11].join(" "),
                twelve[1..].join(" "),
                format!("{phrase} {}", twelve[0]),
            ] {
                assert!(is_secret(&text), "{text}");
                assert!(refuse("x", &text).is_err(), "{text}");
            }
            let text = format!("found: {phrase}, or {}.", twelve.join(", "));
            assert_eq!(without_phrases(&text), "found: [hidden], or [hidden].");
        }
    }

    #[test]
    fn seeds_with_a_few_digits_too_few_or_too_many_are_recognised() {
        let endless = SEED[2..].repeat(3);
        for count in [60, 63, 65, 70, 127, 129] {
            let digits = &endless[..count];
            let quoted = format!("'0x{digits}'");
            for text in [digits, &quoted, &format!("0x{digits}//Alice"), &format!("env:{digits}")] {
                assert!(is_secret(text), "{text}");
                assert!(refuse("x", text).is_err(), "{text}");
            }
            assert_eq!(without_secrets(&format!("found 0x{digits}.")), "found [hidden].");
        }
    }

    #[test]
    fn seeds_are_recognised_in_every_dress() {
        let digits = &SEED[2..];
        for text in [
            SEED.to_owned(),
            digits.to_owned(),
            digits.to_uppercase(),
            format!("{SEED}//Alice"),
            format!("{digits}/soft///password"),
            format!("{digits}{digits}"),
            format!("env:{SEED}"),
            format!("ws://{SEED}"),
            format!("'{SEED}'"),
            format!("{SEED}\n"),
        ] {
            assert!(is_secret(&text), "{text}");
        }
    }

    #[test]
    fn what_people_write_there_is_not_a_secret() {
        for text in [
            "",
            "//Alice",
            "//Alice//stash",
            "env:TOUCHSTONE_SECRET",
            "/etc/touchstone/provider.key",
            "ws://127.0.0.1:9944",
            "wss://node.example.org/touchstone/v1",
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            "/srv/data/blobs/e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a",
            "https://bucket.example.org/a?X-Amz-Signature=\
             e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a",
            "NVIDIA GeForce RTX 4090",
            "output[index] = input[index]; output[index] += input[index]; output[index] ^= input[index];",
            "input, output, input, output, input, output, input, output, input, output, input, output",
            "input output input output input output input output input output",
            "0x1234",
            // A commit and a hash of another length.
            "5f1c9a6e7a9bd7d10cbb2bfa4be6b1d0c1c88c55",
            "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6ed",
            "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0ae5be9a5",
            "the provider has not served the input of this job, so the check could not be made; it is tried again \
            later",
        ] {
            assert!(!is_secret(text), "{text}");
            assert_eq!(refuse("x", text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_file_may_have_a_hash_as_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x").display().to_string();
        std::fs::write(&path, "").unwrap();
        assert_eq!(refuse("x", &path), Ok(()));
        assert!(refuse("FILE", SEED).is_err());
    }

    #[test]
    fn a_refusal_names_the_place_and_not_the_secret() {
        let error = refuse("--url", PHRASE).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.starts_with("--url looks like a mnemonic or a seed"), "{shown}");
        assert!(PHRASE.split(' ').all(|word| word == "hold" || !shown.contains(word)), "{shown}");
    }

    #[test]
    fn texts_lose_their_secrets_and_nothing_else() {
        let text = format!("invalid value '{PHRASE}//x' for '--url <URL>'");
        assert_eq!(without_phrases(&text), "invalid value '[hidden]//x' for '--url <URL>'");
        let text = format!("found {SEED}, and {PHRASE}; expected u64");
        assert_eq!(without_phrases(&text), format!("found {SEED}, and [hidden]; expected u64"));
        assert_eq!(without_secrets(&text), "found [hidden], and [hidden]; expected u64");
        assert!(matches!(without_secrets("nothing to hide: 0x1234"), Cow::Borrowed(_)));
        let refusal = refuse("--url", PHRASE).unwrap_err().to_string();
        assert_eq!(without_phrases(&refusal), refusal, "the remedy is shown");
    }

    fn hash(text: &str) -> Result<[u8; 32], &'static str> {
        crate::manifest::hash(text).ok_or("write 0x and 64 hex digits")
    }

    #[derive(Parser, Debug)]
    struct Line {
        #[arg(long)]
        url: Option<String>,
        #[arg(long)]
        output: Option<PathBuf>,
        #[arg(long)]
        count: Option<u32>,
        #[arg(long, value_parser = hash)]
        salt: Option<[u8; 32]>,
        #[command(subcommand)]
        command: Option<Sub>,
    }

    #[derive(clap::Subcommand, Debug)]
    enum Sub {
        Read { file: PathBuf },
    }

    fn read(arguments: &[&str]) -> Result<Line, Refused> {
        parse_from([&["program"], arguments].concat().iter().map(OsString::from).collect())
    }

    #[test]
    fn no_argument_takes_a_secret_and_no_error_shows_it() {
        let unquoted: Vec<_> = ["--url"].into_iter().chain(PHRASE.split(' ')).collect();
        let inner = format!("--url={PHRASE}");
        for arguments in [
            &["--url", PHRASE][..],
            &["--url", SEED],
            &[&inner],
            &["--output", SEED],
            &["--output", &SEED[2..]],
            &["read", SEED],
            &["read", PHRASE],
            &["--count", PHRASE],
            &["--count", &SEED[2..]],
            &["--salt", PHRASE],
            &unquoted,
        ] {
            let shown = match read(arguments) {
                Err(Refused::Misplaced(error)) => error.to_string(),
                other => panic!("{arguments:?}: {other:?}"),
            };
            assert!(!shown.contains("obey") && !shown.contains("e5be9a"), "{shown}");
        }
        for arguments in [&["--count", SEED][..], &[SEED], &["--bogus", SEED], &["--output", "a", SEED]] {
            let Err(Refused::Clap(error)) = read(arguments) else { panic!("{arguments:?}") };
            assert!(!without_secrets(&error.render().to_string()).contains("e5be9a"), "{arguments:?}");
        }
    }

    #[test]
    fn no_argument_takes_a_secret_that_repeats_a_word_or_lacks_a_digit() {
        let short = &SEED[..65];
        for phrase in &repeated() {
            let unquoted: Vec<_> = ["--output"].into_iter().chain(phrase.split(' ')).collect();
            for arguments in [
                &["--output", phrase.as_str()][..],
                &["read", phrase],
                &["--count", phrase],
                &["--salt", phrase],
                &unquoted,
                &["--output", short],
                &["read", &short[2..]],
                &["--count", &short[2..]],
            ] {
                let shown = match read(arguments) {
                    Err(Refused::Misplaced(error)) => error.to_string(),
                    other => panic!("{arguments:?}: {other:?}"),
                };
                for part in ["abandon", "test", "junk", "e5be9a"] {
                    assert!(!shown.contains(part), "{shown}");
                }
            }
        }
        // As a hash it is too short. The error does not show it, because it may be a seed all the same.
        let Err(Refused::Clap(error)) = read(&["--salt", short]) else { panic!("it is too short for a hash") };
        let shown = without_secrets(&error.render().to_string()).into_owned();
        assert!(shown.contains("write 0x and 64 hex digits") && !shown.contains("e5be9a"), "{shown}");
    }

    #[test]
    fn hashes_are_taken_where_they_belong() {
        assert_eq!(read(&["--salt", SEED]).unwrap().salt.map(hex::encode).as_deref(), Some(&SEED[2..]));
        let line = read(&["--url", "ws://127.0.0.1:9944", "--count", "3", "read", "a.bin"]).unwrap();
        assert_eq!((line.url.as_deref(), line.count), (Some("ws://127.0.0.1:9944"), Some(3)));
        assert!(matches!(line.command, Some(Sub::Read { file }) if file == Path::new("a.bin")));
    }

    #[test]
    fn a_url_is_shown_without_the_password_of_its_user() {
        for (url, shown) in [
            ("wss://me:secret@node.example.org/ws?x=1", "wss://…@node.example.org/ws?x=1"),
            ("wss://token@node.example.org", "wss://…@node.example.org"),
            ("ws://a:b@c@127.0.0.1:9944", "ws://…@127.0.0.1:9944"),
            ("ws://127.0.0.1:9944/@x", "ws://127.0.0.1:9944/@x"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(shown_url(url), shown);
        }
    }
}

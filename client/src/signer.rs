//! The key that signs transactions.

use std::{fmt, fs, io, path::Path, str::FromStr};

use subxt_signer::{
    bip39::{Error as MnemonicError, Mnemonic},
    sr25519::Keypair,
    ExposeSecret, SecretUri,
};

use crate::{
    secret::{self, Misplaced},
    types::AccountId,
};

/// An sr25519 key pair and its account. The secret is never shown, not even by `Debug`.
#[derive(Clone)]
pub struct Signer {
    pair: Keypair,
    account: AccountId,
}

/// Why there is no signer. No variant carries any part of the secret.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The text is not a secret URI.
    #[error("{origin} holds no key: {defect}")]
    Malformed {
        /// Where the text came from.
        origin: String,
        /// What is wrong with it.
        defect: KeyDefect,
    },
    /// The key file cannot be read.
    #[error("the key file {path} cannot be read: {reason}; name an existing file that only you can read")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// The environment variable is not set.
    #[error("the environment variable {0} is not set: put the mnemonic or seed there, or name another --signer")]
    NoVariable(String),
    /// `env:` is not followed by the name of a variable.
    #[error("env: takes the name of a variable, which has letters, digits and underscores: write --signer env:NAME")]
    NoVariableName,
    /// The secret itself was given where its place is to be named.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
}

/// What is wrong with a text that is to be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyDefect {
    /// There is nothing.
    #[error("it is empty; write a mnemonic of 12 to 24 words, or a seed of 0x and 64 hex digits")]
    Empty,
    /// A mnemonic of another length.
    #[error("it has {0} words; a mnemonic has 12, 15, 18, 21 or 24, and a seed is 0x and 64 hex digits")]
    WordCount(usize),
    /// A word that no mnemonic has.
    #[error("word {0} is not in the BIP-39 list of English words; check its spelling, in small letters")]
    UnknownWord(usize),
    /// The words do not fit together.
    #[error("each word is in the list, but the checksum is wrong; one of them is another word, or at another place")]
    Checksum,
    /// A seed of another length.
    #[error("0x is followed by {0} characters; a seed has 64 hex digits there")]
    SeedLength(usize),
    /// A seed with something else in it.
    #[error("character {0} behind 0x is not a hex digit; a seed has 64 of them there")]
    SeedDigit(usize),
    /// A seed without what marks it as one.
    #[error("it has 64 hex digits without 0x in front; write 0x before them if they are a seed")]
    SeedPrefix,
    /// The path of derivation cannot be read.
    #[error("what follows the secret is not a path; write it as /soft, //hard and ///password")]
    Path,
    /// More than a key.
    #[error("it has {0} lines; a key is one line, with all its words")]
    SeveralLines(usize),
    /// The mark of some editors.
    #[error("it begins with a byte order mark; save it as plain UTF-8, without one")]
    ByteOrderMark,
    /// Another encoding.
    #[error("it is UTF-16; save it as plain UTF-8")]
    Utf16,
    /// No text.
    #[error("it is not text in UTF-8")]
    NotText,
    /// The export of a wallet.
    #[error("it is JSON, as wallets export accounts; write the account's mnemonic or seed instead")]
    Json,
    /// The curve does not take it.
    #[error("the seed gives no key; make another one")]
    NoKey,
}

impl Signer {
    /// From what a person writes after `--signer`: a development name (`//Alice`), `env:NAME` for a variable that holds
    /// the secret, or the path of a file that holds it. A bare mnemonic is not taken: it would show in the process
    /// list.
    pub fn resolve(text: &str) -> Result<Self, SignerError> {
        if text.starts_with("//") {
            return Self::from_uri(text, "--signer");
        }
        secret::refuse("the signer", text)?;
        let Some(name) = text.strip_prefix("env:") else {
            return Self::from_file(Path::new(text));
        };
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if name.is_empty() || !is_name(name) {
            return Err(SignerError::NoVariableName);
        }
        let held = std::env::var(name).map_err(|_| SignerError::NoVariable(name.into()))?;
        Self::from_uri(held.trim(), &format!("the variable {name}"))
    }

    /// From a file of one line, a secret URI.
    pub fn from_file(path: &Path) -> Result<Self, SignerError> {
        let origin = format!("the file {}", path.display());
        let bytes = fs::read(path).map_err(|error| SignerError::Unreadable {
            path: path.display().to_string(),
            reason: match error.kind() {
                io::ErrorKind::IsADirectory => "it is a folder".into(),
                _ => error.to_string(),
            },
        })?;
        let line = one_line(&bytes).map_err(|defect| SignerError::Malformed { origin: origin.clone(), defect })?;
        Self::from_uri(line, &origin)
    }

    /// From a secret URI: development name, mnemonic or seed, with an optional path. `origin` is named in the error.
    pub fn from_uri(uri: &str, origin: &str) -> Result<Self, SignerError> {
        let pair = key_pair(uri).map_err(|defect| SignerError::Malformed { origin: origin.into(), defect })?;
        let account = pair.public_key().to_account_id();
        Ok(Self { pair, account })
    }

    /// The account that pays and signs.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    pub(crate) fn pair(&self) -> &Keypair {
        &self.pair
    }
}

/// The line of a key file that has one. A line end behind it, of whatever system, is not part of it.
fn one_line(bytes: &[u8]) -> Result<&str, KeyDefect> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => return Err(KeyDefect::ByteOrderMark),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return Err(KeyDefect::Utf16),
        _ => {}
    }
    let text = std::str::from_utf8(bytes).map_err(|_| KeyDefect::NotText)?.trim();
    if text.starts_with('{') {
        return Err(KeyDefect::Json);
    }
    match text.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).count() {
        0 | 1 => Ok(text),
        lines => Err(KeyDefect::SeveralLines(lines)),
    }
}

fn key_pair(uri: &str) -> Result<Keypair, KeyDefect> {
    if uri.is_empty() {
        return Err(KeyDefect::Empty);
    }
    let (phrase, path) = uri.split_at(uri.find('/').unwrap_or(uri.len()));
    // However the words are set apart.
    let words: Vec<_> = phrase.split_whitespace().collect();
    if let [word] = words[..] {
        check_seed(word)?;
    }
    let uri = SecretUri::from_str(&format!("{}{path}", words.join(" "))).map_err(|_| KeyDefect::Path)?;
    let phrase = uri.phrase.expose_secret();
    if !phrase.starts_with("0x") {
        Mnemonic::from_str(phrase).map_err(|error| match error {
            MnemonicError::BadWordCount(count) => KeyDefect::WordCount(count),
            MnemonicError::UnknownWord(index) => KeyDefect::UnknownWord(index.saturating_add(1)),
            _ => KeyDefect::Checksum,
        })?;
    }
    Keypair::from_uri(&uri).map_err(|_| KeyDefect::NoKey)
}

/// A secret of one word is a seed, or meant to be one.
fn check_seed(word: &str) -> Result<(), KeyDefect> {
    let Some(digits) = word.strip_prefix("0x") else {
        let is_bare = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        return Err(if is_bare { KeyDefect::SeedPrefix } else { KeyDefect::WordCount(1) });
    };
    match digits.chars().position(|char| !char.is_ascii_hexdigit()) {
        Some(position) => Err(KeyDefect::SeedDigit(position.saturating_add(1))),
        None if digits.len() != 64 => Err(KeyDefect::SeedLength(digits.len())),
        None => Ok(()),
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    /// The public development phrase, and the seed of //Alice in it.
    const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
    const SEED: &str = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";

    #[test]
    fn the_development_name_gives_the_well_known_account() {
        let alice = Signer::resolve("//Alice").unwrap();
        assert_eq!(alice.account().to_string(), ALICE);
    }

    #[test]
    fn a_file_gives_the_same_account_as_its_text() {
        for text in ["//Alice\n", "//Alice\r\n", "\n//Alice", &format!("{PHRASE}//Alice"), &format!(" {SEED}\r\n\r\n")]
        {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), text).unwrap();
            let signer = Signer::resolve(&file.path().display().to_string()).unwrap();
            assert_eq!(signer.account().to_string(), ALICE, "{text:?}");
        }
    }

    #[test]
    fn a_hex_seed_gives_the_account_of_that_seed() {
        let signer = Signer::from_uri(SEED, "a test").unwrap();
        assert_eq!(signer.account().to_string(), ALICE);
    }

    #[test]
    fn neither_debug_nor_an_error_shows_the_secret() {
        let signer = Signer::from_uri(SEED, "a test").unwrap();
        assert_eq!(format!("{signer:?}"), format!("Signer({ALICE})"));

        let error = Signer::from_uri("twelve words that are not a mnemonic", "a test").unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("a test holds no key"), "{shown}");
        assert!(!shown.contains("twelve"), "{shown}");
    }

    #[test]
    fn every_bad_key_file_has_a_reason_of_its_own() {
        let word = |number: usize, other: &str| {
            let mut words: Vec<_> = PHRASE.split(' ').collect();
            words[number - 1] = other;
            words.join(" ")
        };
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(PHRASE.bytes().flat_map(|byte| [byte, 0])).collect();
        let with_mark = [&[0xEF, 0xBB, 0xBF], PHRASE.as_bytes()].concat();
        let cases: [(&[u8], KeyDefect); 20] = [
            (b"", KeyDefect::Empty),
            (b" \r\n", KeyDefect::Empty),
            (b"correct horse battery staple", KeyDefect::WordCount(4)),
            (&PHRASE.as_bytes()[..PHRASE.len() - 5], KeyDefect::WordCount(11)),
            (b"secret", KeyDefect::WordCount(1)),
            (&word(4, "lakes").into_bytes(), KeyDefect::UnknownWord(4)),
            (&word(1, "Bottom").into_bytes(), KeyDefect::UnknownWord(1)),
            (&word(12, "zzz//path").into_bytes(), KeyDefect::UnknownWord(12)),
            (&word(12, "zoo").into_bytes(), KeyDefect::Checksum),
            (&SEED.as_bytes()[..64], KeyDefect::SeedLength(62)),
            (&SEED.replace('9', "g").into_bytes(), KeyDefect::SeedDigit(5)),
            (&SEED.as_bytes()[2..], KeyDefect::SeedPrefix),
            (&format!("{PHRASE}//a//").into_bytes(), KeyDefect::Path),
            (&PHRASE.replace(' ', "\n").into_bytes(), KeyDefect::SeveralLines(12)),
            (&PHRASE.replace(' ', "\r\n").into_bytes(), KeyDefect::SeveralLines(12)),
            (&format!("{PHRASE}\n{PHRASE}\n").into_bytes(), KeyDefect::SeveralLines(2)),
            (&with_mark, KeyDefect::ByteOrderMark),
            (&utf16, KeyDefect::Utf16),
            (b"\xff\x00\x01", KeyDefect::NotText),
            (b"{\"encoded\": \"MFMC\"}\n", KeyDefect::Json),
        ];
        for (bytes, expected) in cases {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), bytes).unwrap();
            let error = Signer::from_file(file.path()).unwrap_err();
            let SignerError::Malformed { defect, .. } = &error else { panic!("{error}") };
            assert_eq!(*defect, expected, "{}", String::from_utf8_lossy(bytes));
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("holds no key: "), "{shown}");
            for word in ["lake", "zoo", "zzz", "horse", "e5be", "MFMC"] {
                assert!(!shown.contains(word), "{shown}");
            }
        }
    }

    #[test]
    fn a_secret_in_place_of_a_file_or_a_variable_is_not_shown() {
        let repeated = [["abandon"; 11].join(" ") + " about", ["test"; 11].join(" ") + " junk"];
        for text in [
            PHRASE,
            SEED,
            &SEED[2..],
            // A digit is missing.
            &SEED[..65],
            &SEED[3..],
            &repeated[0],
            &repeated[1],
            &format!("{PHRASE}//Alice"),
            &format!("env:{PHRASE}"),
            &format!("env:{}", repeated[0]),
            "env:my secret",
        ] {
            let error = Signer::resolve(text).unwrap_err();
            assert!(matches!(error, SignerError::Misplaced(_) | SignerError::NoVariableName), "{error}");
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("env:NAME") || shown.contains("NoVariableName"), "{shown}");
            for part in ["obey", "5be9a5", "abandon", "junk", "my secret"] {
                assert!(!shown.contains(part), "{shown}");
            }
        }
    }

    #[test]
    fn a_missing_file_and_a_missing_variable_say_so() {
        let error = Signer::resolve("no/such/file").unwrap_err().to_string();
        assert!(error.starts_with("the key file no/such/file cannot be read"), "{error}");
        let error = Signer::resolve("env:TOUCHSTONE_NO_SUCH_VARIABLE").unwrap_err();
        assert!(matches!(error, SignerError::NoVariable(name) if name == "TOUCHSTONE_NO_SUCH_VARIABLE"));
        let error = Signer::resolve(&std::env::temp_dir().display().to_string()).unwrap_err().to_string();
        assert!(error.contains("it is a folder"), "{error}");
    }
}

//! The key that signs transactions.

use std::{fmt, path::Path, str::FromStr};

use subxt_signer::{sr25519::Keypair, SecretUri};

use crate::AccountId;

/// An sr25519 key pair and its account. The secret is never shown, not even by `Debug`.
#[derive(Clone)]
pub struct Signer {
    pair: Keypair,
    account: AccountId,
}

/// Why there is no signer. No variant carries any part of the secret.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The text is no secret URI.
    #[error("{origin} holds no key: write a development name such as //Alice, a mnemonic of 12 to 24 words, or a seed of 0x and 64 hex digits, each with an optional //path")]
    Malformed {
        /// Where the text came from.
        origin: String,
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
}

impl Signer {
    /// From what a person writes after `--signer`: a development name (`//Alice`), `env:NAME` for a variable that holds
    /// the secret, or the path of a file that holds it. A bare mnemonic is not taken: it would show in the process list.
    pub fn resolve(text: &str) -> Result<Self, SignerError> {
        if text.starts_with("//") {
            return Self::from_uri(text, "--signer");
        }
        match text.strip_prefix("env:") {
            Some(name) => {
                let secret = std::env::var(name).map_err(|_| SignerError::NoVariable(name.into()))?;
                Self::from_uri(secret.trim(), &format!("the variable {name}"))
            }
            None => Self::from_file(Path::new(text)),
        }
    }

    /// From a file whose first line is a secret URI.
    pub fn from_file(path: &Path) -> Result<Self, SignerError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| SignerError::Unreadable { path: path.display().to_string(), reason: error.to_string() })?;
        let line = text.lines().next().unwrap_or_default().trim();
        Self::from_uri(line, &format!("the file {}", path.display()))
    }

    /// From a secret URI: development name, mnemonic or seed, with an optional path. `origin` is named in the error.
    pub fn from_uri(uri: &str, origin: &str) -> Result<Self, SignerError> {
        let malformed = || SignerError::Malformed { origin: origin.into() };
        if uri.is_empty() {
            return Err(malformed());
        }
        let uri = SecretUri::from_str(uri).map_err(|_| malformed())?;
        let pair = Keypair::from_uri(&uri).map_err(|_| malformed())?;
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

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    #[test]
    fn the_development_name_gives_the_well_known_account() {
        let alice = Signer::resolve("//Alice").unwrap();
        assert_eq!(alice.account().to_string(), ALICE);
    }

    #[test]
    fn a_file_gives_the_same_account_as_its_text() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "//Alice\n").unwrap();
        let signer = Signer::resolve(&file.path().display().to_string()).unwrap();
        assert_eq!(signer.account().to_string(), ALICE);
    }

    #[test]
    fn a_hex_seed_gives_the_account_of_that_seed() {
        // The seed of //Alice in the development phrase.
        let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        let signer = Signer::from_uri(seed, "a test").unwrap();
        assert_eq!(signer.account().to_string(), ALICE);
    }

    #[test]
    fn neither_debug_nor_an_error_shows_the_secret() {
        let secret = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        let signer = Signer::from_uri(secret, "a test").unwrap();
        assert_eq!(format!("{signer:?}"), format!("Signer({ALICE})"));

        let error = Signer::from_uri("twelve words that are no mnemonic", "a test").unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("a test holds no key"), "{shown}");
        assert!(!shown.contains("twelve"), "{shown}");
    }

    #[test]
    fn a_missing_file_and_a_missing_variable_say_so() {
        let error = Signer::resolve("no/such/file").unwrap_err().to_string();
        assert!(error.starts_with("the key file no/such/file cannot be read"), "{error}");
        let error = Signer::resolve("env:TOUCHSTONE_NO_SUCH_VARIABLE").unwrap_err();
        assert!(matches!(error, SignerError::NoVariable(name) if name == "TOUCHSTONE_NO_SUCH_VARIABLE"));
    }
}

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use codec::Encode;
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use touchstone_kir::Root;
use touchstone_primitives::JobId;

use super::hex_root;

/// What is signed starts with this, so that no other signature of the key can be taken for a receipt.
const DOMAIN: &[u8] = b"touchstone blob receipt v1";

/// A provider's signed word that it holds an input: what a buyer shows when a provider claims it never got its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The job, hexadecimal.
    pub job: String,
    /// The blob's root, hexadecimal.
    pub root: String,
    /// Its length, bytes.
    pub len: u32,
    /// When it was complete, seconds since 1970.
    pub time: u64,
    /// The ed25519 key that the provider shows at `GET /`, hexadecimal.
    pub key: String,
    /// Signature over SCALE of (domain, job, root, len, time), hexadecimal.
    pub signature: String,
}

/// The key that signs receipts. It is the worker's own and controls no money.
pub struct ReceiptKey(SigningKey);

impl ReceiptKey {
    /// Reads the key from a file that only its owner can read, or makes a new one. An error names the file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("the key {}: {error}", path.display()));
        match fs::read(path) {
            Ok(bytes) => {
                let seed: [u8; 32] = bytes.try_into().map_err(|_| {
                    let text = "it must have 32 bytes; move it away, and a new one is made";
                    named(io::Error::new(io::ErrorKind::InvalidData, text))
                })?;
                Ok(Self(SigningKey::from_bytes(&seed)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = SigningKey::generate(&mut rand::rngs::OsRng);
                write_new(path, key.as_bytes()).map_err(named)?;
                Ok(Self(key))
            }
            Err(error) => Err(named(error)),
        }
    }

    /// The public half, hexadecimal.
    pub fn public(&self) -> String {
        hex::encode(self.0.verifying_key().as_bytes())
    }

    /// Signs that the blob is held, now.
    pub fn sign(&self, job: &JobId, root: &Root, len: u32) -> Receipt {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
        let signature = self.0.sign(&message(job, root, len, time));
        Receipt {
            job: hex_root(&job.0),
            root: hex_root(root),
            len,
            time,
            key: self.public(),
            signature: hex::encode(signature.to_bytes()),
        }
    }
}

/// Writes a file that is whole or not there, also after a loss of power. Only its owner can read it.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Temporary files are for their owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

impl Receipt {
    /// Whether the signature is that of the receipt's key. Compare the key with the provider's own beforehand.
    pub fn is_valid(&self) -> bool {
        let check = || {
            let mut key = [0; 32];
            let mut signature = [0; 64];
            hex::decode_to_slice(&self.key, &mut key).ok()?;
            hex::decode_to_slice(&self.signature, &mut signature).ok()?;
            let job = JobId(super::parse_root(&self.job)?);
            let root = super::parse_root(&self.root)?;
            VerifyingKey::from_bytes(&key)
                .ok()?
                .verify(&message(&job, &root, self.len, self.time), &Signature::from_bytes(&signature))
                .ok()
        };
        check().is_some()
    }
}

fn message(job: &JobId, root: &Root, len: u32, time: u64) -> Vec<u8> {
    (DOMAIN, job, root, len, time).encode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_holds_for_exactly_what_it_says_and_by_a_key_that_lasts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt-key");
        let key = ReceiptKey::open(&path).unwrap();
        let receipt = key.sign(&JobId([1; 32]), &[2; 32], 64);
        assert!(receipt.is_valid());
        assert_eq!(ReceiptKey::open(&path).unwrap().public(), receipt.key);

        let forged = [
            Receipt { len: 68, ..receipt.clone() },
            Receipt { job: hex_root(&[3; 32]), ..receipt.clone() },
            Receipt { root: hex_root(&[3; 32]), ..receipt.clone() },
            Receipt { time: receipt.time + 1, ..receipt.clone() },
            Receipt { key: hex_root(&[3; 32]), ..receipt.clone() },
            Receipt { signature: "no".into(), ..receipt },
        ];
        assert!(forged.iter().all(|receipt| !receipt.is_valid()));
    }

    #[test]
    fn a_file_that_is_not_a_key_is_an_error_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt-key");
        fs::write(&path, b"short").unwrap();
        let error = ReceiptKey::open(&path).err().unwrap().to_string();
        assert_eq!(
            error,
            format!("the key {}: it must have 32 bytes; move it away, and a new one is made", path.display())
        );
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }

    #[test]
    fn a_new_key_is_alone_in_its_folder_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt-key");
        ReceiptKey::open(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
    }
}

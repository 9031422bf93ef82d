use std::{
    fs,
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
    /// Reads the key from a file that only its owner can read, or makes a new one.
    pub fn open(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => {
                let seed: [u8; 32] = bytes.try_into().map_err(|_| {
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("{} is no key: it must have 32 bytes", path.display()),
                    )
                })?;
                Ok(Self(SigningKey::from_bytes(&seed)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = SigningKey::generate(&mut rand::rngs::OsRng);
                let mut options = fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                options.open(path)?.write_all(key.as_bytes())?;
                Ok(Self(key))
            }
            Err(error) => Err(error),
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
    fn a_file_that_is_no_key_is_an_error_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt-key");
        fs::write(&path, b"short").unwrap();
        assert!(ReceiptKey::open(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }
}

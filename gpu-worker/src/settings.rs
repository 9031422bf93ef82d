//! Settings from defaults, file, environment and flags, each overriding the one before.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use figment::{
    providers::{Env, Format, Serialized, Toml},
    Figment,
};
use serde::{Deserialize, Serialize};
use touchstone_client::{signer::Signer, AccountId};
use touchstone_kir::Op;

use crate::{device_verdicts::DeviceVerdicts, executor::ExecutorConfig};

/// Everything that can be set in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The node's WebSocket address.
    pub url: String,
    /// The key that signs.
    pub signer: Option<String>,
    /// Folder for blobs and keys; each account has its own inside.
    pub data: PathBuf,
    /// Part of the adapter's name.
    pub adapter: Option<String>,
    /// Seconds without a sign of life after which the executor is killed.
    pub stall_secs: u64,
    /// Address to serve data on.
    pub listen: SocketAddr,
    /// Address at which others reach it; from `listen` if it is not set.
    pub endpoint: Option<String>,
    /// Most space that blobs may take, MiB.
    pub quota_mib: u64,
    /// Let jobs name inputs by private URLs.
    pub allow_private: bool,
    /// Do not bid in open auctions.
    pub no_bids: bool,
    /// Invocations of every step that are checked on the CPU.
    pub samples: u32,
    /// Memory that the device offers to jobs, MiB.
    pub memory_mib: Option<u64>,
    /// TESTING: an operation that the device gets wrong. A flag alone sets it.
    #[serde(skip)]
    pub mistaken: Option<Op>,
}

/// The names of all settings.
const NAMES: [&str; 12] = [
    "url",
    "signer",
    "data",
    "adapter",
    "stall_secs",
    "listen",
    "endpoint",
    "quota_mib",
    "allow_private",
    "no_bids",
    "samples",
    "memory_mib",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: "ws://127.0.0.1:9944".into(),
            signer: None,
            data: home("XDG_DATA_HOME", ".local/share"),
            adapter: None,
            stall_secs: 60,
            listen: SocketAddr::from(([127, 0, 0, 1], 9955)),
            endpoint: None,
            quota_mib: 16 << 10,
            allow_private: false,
            no_bids: false,
            samples: 16,
            memory_mib: None,
            mistaken: None,
        }
    }
}

impl Settings {
    /// Reads the file (the usual one may be missing, one that is named may not), `TOUCHSTONE_*` variables, and flags.
    pub fn load(file: Option<&Path>, flags: &[&dyn Flags]) -> anyhow::Result<Self> {
        let file = match file {
            Some(file) => {
                anyhow::ensure!(file.is_file(), "the configuration file {} does not exist", file.display());
                file.to_path_buf()
            }
            None => home("XDG_CONFIG_HOME", ".config").join("worker.toml"),
        };
        let mut figment = Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(file))
            // Other variables of this prefix belong to other programs.
            .merge(Env::prefixed("TOUCHSTONE_").filter(|key| NAMES.iter().any(|name| key == *name)));
        for flags in flags {
            figment = flags.merge_into(figment);
        }
        figment.extract().context("the settings cannot be read")
    }

    /// The key that signs.
    pub fn signer(&self) -> anyhow::Result<Signer> {
        let signer = self.signer.as_deref().context(
            "no key: name one with --signer or TOUCHSTONE_SIGNER, for example --signer //Alice on a development chain",
        )?;
        Ok(Signer::resolve(signer)?)
    }

    /// What is known about this machine's devices.
    pub fn verdicts(&self) -> DeviceVerdicts {
        DeviceVerdicts::new(&self.data.join("devices"), self.mistaken)
    }

    /// The folder of one account, which is created.
    pub fn folder(&self, account: &AccountId) -> anyhow::Result<PathBuf> {
        let folder = self.data.join(account.to_string());
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("the folder {} cannot be created", folder.display()))?;
        Ok(folder)
    }

    /// Where others reach this provider.
    pub fn endpoint(&self) -> String {
        self.endpoint.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Most bytes of blobs.
    pub fn quota(&self) -> u64 {
        self.quota_mib.saturating_mul(1 << 20)
    }

    /// How to run the executor.
    pub fn executor(&self) -> anyhow::Result<ExecutorConfig> {
        Ok(ExecutorConfig {
            program: std::env::current_exe().context("this program's own path")?,
            adapter: self.adapter.clone(),
            stall: Duration::from_secs(self.stall_secs.max(1)),
            mistaken: self.mistaken,
        })
    }
}

/// Flags that can be laid over the settings.
pub trait Flags {
    /// Lays those that were given over the settings.
    fn merge_into(&self, figment: Figment) -> Figment;
}

impl<T: Serialize> Flags for T {
    fn merge_into(&self, figment: Figment) -> Figment {
        figment.merge(Serialized::defaults(self))
    }
}

/// A folder of this project after the XDG base directory specification.
fn home(variable: &str, default: &str) -> PathBuf {
    let base = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(default)))
        .unwrap_or_default();
    base.join("touchstone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Flag {
        #[serde(skip_serializing_if = "Option::is_none")]
        samples: Option<u32>,
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("worker.toml");
        std::fs::write(&file, "samples = 5\nquota_mib = 7\n").unwrap();
        let none = Flag { samples: None };
        let settings = Settings::load(Some(&file), &[&none]).unwrap();
        assert_eq!((settings.samples, settings.quota()), (5, 7 << 20));
        let some = Flag { samples: Some(9) };
        let settings = Settings::load(Some(&file), &[&some]).unwrap();
        assert_eq!(settings.samples, 9);
        assert_eq!(settings.endpoint(), "http://127.0.0.1:9955");
    }

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("worker.toml");
        std::fs::write(&file, text).unwrap();
        Settings::load(Some(&file), &[]).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_key_of_the_file_that_is_no_setting_is_named() {
        let error = read("quota_mb = 65536\n").unwrap_err();
        assert!(error.starts_with("the settings cannot be read: ") && error.contains("`quota_mb`"), "{error}");
        assert!(error.contains("`quota_mib`") && error.contains("worker.toml"), "{error}");
    }

    #[test]
    fn all_settings_are_known_by_their_names() {
        let serde_json::Value::Object(all) = serde_json::to_value(Settings::default()).unwrap() else {
            panic!("a record")
        };
        assert_eq!(all.keys().collect::<std::collections::BTreeSet<_>>().len(), NAMES.len());
        assert!(NAMES.iter().all(|name| all.contains_key(*name)));
    }

    #[test]
    fn variables_are_settings_and_those_of_other_programs_are_left_alone() {
        std::env::set_var("TOUCHSTONE_STALL_SECS", "7");
        std::env::set_var("TOUCHSTONE_OF_ANOTHER_PROGRAM", "8");
        assert_eq!(read("stall_secs = 6\n").unwrap().stall_secs, 7);
        std::env::remove_var("TOUCHSTONE_STALL_SECS");
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let error = Settings::load(Some(Path::new("no/such/file")), &[]).unwrap_err();
        assert_eq!(error.to_string(), "the configuration file no/such/file does not exist");
    }

    #[test]
    fn a_missing_key_says_how_to_name_one() {
        let error = Settings::default().signer().unwrap_err();
        assert!(error.to_string().contains("--signer //Alice"), "{error}");
    }
}

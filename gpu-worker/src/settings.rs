//! Settings from defaults, file, environment and flags, each overriding the one before.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use figment::{
    providers::{Format, Serialized, Toml},
    Figment,
};
use serde::{Deserialize, Serialize};
use touchstone_client::{
    files,
    settings::{self, Kind, Variables},
    signer::Signer,
    AccountId,
};
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

/// All settings, and how their variables are read.
const FIELDS: [(&str, Kind); 12] = [
    ("url", Kind::Text),
    ("signer", Kind::Text),
    ("data", Kind::Text),
    ("adapter", Kind::Text),
    ("stall_secs", Kind::Number),
    ("listen", Kind::Text),
    ("endpoint", Kind::Text),
    ("quota_mib", Kind::Number),
    ("allow_private", Kind::Switch),
    ("no_bids", Kind::Switch),
    ("samples", Kind::Number),
    ("memory_mib", Kind::Number),
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: "ws://127.0.0.1:9944".into(),
            signer: None,
            // Known only when it is read: not everybody has such a folder.
            data: PathBuf::new(),
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
            Some(file) => settings::named_file(file)?,
            None => settings::config_folder()?.join("worker.toml"),
        };
        let mut figment = Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(file))
            .merge(Variables::read(&FIELDS)?);
        for flags in flags {
            figment = flags.merge_into(figment);
        }
        let mut settings: Self = settings::extract(&figment)?;
        if settings.data.as_os_str().is_empty() {
            settings.data = settings::data_folder()?;
        }
        Ok(settings)
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
        files::create_folder(&folder)?;
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
    fn the_variable_of_every_setting_is_read_as_its_field_is() {
        let example = Settings {
            signer: Some(String::new()),
            adapter: Some(String::new()),
            endpoint: Some(String::new()),
            memory_mib: Some(0),
            ..Settings::default()
        };
        let serde_json::Value::Object(all) = serde_json::to_value(example).unwrap() else { panic!("a record") };
        let kinds: std::collections::BTreeMap<_, _> = FIELDS.into_iter().collect();
        assert_eq!((kinds.len(), all.len()), (FIELDS.len(), FIELDS.len()));
        for (name, value) in all {
            let expected = match value {
                serde_json::Value::Number(_) => Kind::Number,
                serde_json::Value::Bool(_) => Kind::Switch,
                _ => Kind::Text,
            };
            assert_eq!(kinds.get(name.as_str()), Some(&expected), "{name}");
        }
    }

    #[test]
    fn variables_are_settings_and_those_of_other_programs_are_left_alone() {
        std::env::set_var("TOUCHSTONE_STALL_SECS", "7");
        std::env::set_var("TOUCHSTONE_ADAPTER", "4090");
        std::env::set_var("TOUCHSTONE_OF_ANOTHER_PROGRAM", "8");
        let settings = read("stall_secs = 6\n").unwrap();
        assert_eq!((settings.stall_secs, settings.adapter.as_deref()), (7, Some("4090")));
        std::env::remove_var("TOUCHSTONE_STALL_SECS");
        std::env::remove_var("TOUCHSTONE_ADAPTER");
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let error = Settings::load(Some(Path::new("no/such/file")), &[]).unwrap_err();
        assert!(error.to_string().ends_with("there is no configuration file no/such/file: check --config"), "{error}");
    }

    #[test]
    fn a_missing_key_says_how_to_name_one() {
        let error = Settings::default().signer().unwrap_err();
        assert!(error.to_string().contains("--signer //Alice"), "{error}");
    }
}

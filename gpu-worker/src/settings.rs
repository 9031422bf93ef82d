//! Settings from defaults, file, environment and flags, each overriding the one before.

use std::{
    net::{IpAddr, SocketAddr},
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
    amount, files,
    http::{Http, Reach, Slowest},
    settings::{self, Kind, Variables},
    signer::Signer,
    AccountId,
};
use touchstone_kir::Op;
use touchstone_primitives::{Balance, MAX_CARRIED_BYTES};

use crate::{blobs::Limits, device_verdicts::DeviceVerdicts, executor::ExecutorConfig, watch::DemandLimits};

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
    /// The adapter to compute on: its PCI address, its index, or a part of its name that no other one has. Where
    /// `devices` are listed, only the one with this adapter or name.
    pub adapter: Option<String>,
    /// The devices of a machine with several.
    pub devices: Vec<DeviceSettings>,
    /// Seconds without a sign of life after which the executor is killed.
    pub stall_secs: u64,
    /// Address to serve data on.
    pub listen: SocketAddr,
    /// Address at which others reach it; from `listen` if it is not set.
    pub endpoint: Option<String>,
    /// Most space that blobs may take, MiB.
    pub quota_mib: u64,
    /// Address to serve Prometheus metrics on.
    pub metrics: Option<SocketAddr>,
    /// Reverse proxies in front of `listen`, with commas between them: their `X-Forwarded-For` says who asks.
    #[serde(with = "addresses")]
    pub proxies: Vec<IpAddr>,
    /// Uploads and downloads that are slower end, KiB per second.
    pub slowest_kib: u64,
    /// Let jobs name inputs by private URLs.
    pub allow_private: bool,
    /// Do not bid in open auctions.
    pub no_bids: bool,
    /// All outputs of a job go to the chain with the commitment if they have no more bytes together than this.
    pub carry_outputs: u32,
    /// Invocations of every step that are checked on the CPU.
    pub samples: u32,
    /// Memory for parts of buffers while results are checked on the CPU, MiB.
    pub check_memory_mib: u64,
    /// Results that a watcher checks at once.
    pub checks: u32,
    /// Longest check of one result by a watcher, seconds.
    pub check_secs: u64,
    /// A watcher demands on the chain what providers do not serve.
    pub demand: bool,
    /// Largest bond that a watcher has held for one demand; ten times the least one if it is not set.
    #[serde(with = "text_amount")]
    pub most_bond: Option<Balance>,
    /// Demands of a watcher at the same time whose outcome is not known.
    pub most_demands: u32,
    /// Memory that the device offers to jobs, MiB.
    pub memory_mib: Option<u64>,
    /// TESTING: an operation that the device gets wrong. A flag alone sets it.
    #[serde(skip)]
    pub mistaken: Option<Op>,
}

/// One device of a machine with several. What is left out is as for a single device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeviceSettings {
    /// The adapter: its PCI address (`0000:01:00.0`), its place in `gpu-worker adapters` (`index:1`), or a part of its
    /// name that no other one has.
    pub adapter: Option<String>,
    /// What it is called on the chain; the adapter's name, with its PCI address, if nothing else is said.
    pub name: Option<String>,
    /// Price of 10⁹ fuel, as in `1TSN`.
    #[serde(default, with = "text_amount")]
    pub price: Option<Balance>,
    /// Least price of a job.
    #[serde(default, with = "text_amount")]
    pub minimum: Option<Balance>,
    /// Jobs at once.
    pub slots: Option<u8>,
    /// Memory that it offers to jobs, MiB.
    pub memory_mib: Option<u64>,
}

/// Addresses as a text with commas, which a variable can hold too.
mod addresses {
    use std::net::IpAddr;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(addresses: &[IpAddr], to: S) -> Result<S::Ok, S::Error> {
        addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(",").serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpAddr>, D::Error> {
        let text = String::deserialize(from)?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|error| serde::de::Error::custom(format!("{part:?}: {error}")))).collect()
    }
}

/// An amount as a text with its unit.
pub(crate) mod text_amount {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{amount, Balance};

    pub(crate) fn serialize<S: Serializer>(amount: &Option<Balance>, to: S) -> Result<S::Ok, S::Error> {
        amount.map(|amount| amount.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Balance>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| amount::parse(&text).map_err(serde::de::Error::custom)).transpose()
    }
}

/// All settings but the list of devices, and how their variables are read.
const FIELDS: [(&str, Kind); 22] = [
    ("url", Kind::Text),
    ("signer", Kind::Text),
    ("data", Kind::Text),
    ("adapter", Kind::Text),
    ("stall_secs", Kind::Number),
    ("listen", Kind::Text),
    ("endpoint", Kind::Text),
    ("quota_mib", Kind::Number),
    ("metrics", Kind::Text),
    ("proxies", Kind::Text),
    ("slowest_kib", Kind::Number),
    ("allow_private", Kind::Switch),
    ("no_bids", Kind::Switch),
    ("carry_outputs", Kind::Number),
    ("samples", Kind::Number),
    ("check_memory_mib", Kind::Number),
    ("checks", Kind::Number),
    ("check_secs", Kind::Number),
    ("demand", Kind::Switch),
    ("most_bond", Kind::Text),
    ("most_demands", Kind::Number),
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
            devices: Vec::new(),
            stall_secs: 60,
            listen: SocketAddr::from(([127, 0, 0, 1], 9955)),
            endpoint: None,
            quota_mib: 16 << 10,
            metrics: None,
            proxies: Vec::new(),
            slowest_kib: 128,
            allow_private: false,
            no_bids: false,
            carry_outputs: MAX_CARRIED_BYTES,
            samples: 16,
            check_memory_mib: 256,
            checks: 4,
            check_secs: 1800,
            demand: true,
            most_bond: None,
            most_demands: 16,
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

    /// The devices that are to be driven: those that are listed, or the one of a machine with one. With `adapter`, only
    /// the listed one that has it.
    pub fn devices(&self) -> anyhow::Result<Vec<DeviceSettings>> {
        let single = DeviceSettings { adapter: self.adapter.clone(), ..DeviceSettings::default() };
        if self.devices.is_empty() {
            return Ok(vec![self.with_defaults(&single)]);
        }
        let is_chosen = |device: &&DeviceSettings| match &self.adapter {
            None => true,
            wanted => device.adapter == *wanted || device.name == *wanted,
        };
        let chosen: Vec<_> = self.devices.iter().filter(is_chosen).map(|device| self.with_defaults(device)).collect();
        if chosen.is_empty() {
            let listed = self.devices.iter().filter_map(|device| device.name.as_ref().or(device.adapter.as_ref()));
            anyhow::bail!(
                "none of the listed devices is {:?}; there are {}",
                self.adapter.as_deref().unwrap_or_default(),
                listed.map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
            );
        }
        Ok(chosen)
    }

    fn with_defaults(&self, device: &DeviceSettings) -> DeviceSettings {
        DeviceSettings { memory_mib: device.memory_mib.or(self.memory_mib), ..device.clone() }
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

    /// Bytes of buffers that checks on the CPU keep in memory.
    pub fn check_memory(&self) -> usize {
        usize::try_from(self.check_memory_mib.saturating_mul(1 << 20)).unwrap_or(usize::MAX)
    }

    /// What a watcher's demands may cost.
    pub fn demands(&self) -> DemandLimits {
        DemandLimits {
            is_enabled: self.demand,
            most_bond: self.most_bond,
            most_demands: usize::try_from(self.most_demands).unwrap_or(usize::MAX),
        }
    }

    /// What strangers may use of the data endpoint.
    pub fn limits(&self) -> Limits {
        let slowest = Slowest { rate: self.slowest_kib.saturating_mul(1 << 10).max(1), ..Slowest::default() };
        Limits { slowest, proxies: self.proxies.clone(), ..Limits::default() }
    }

    /// The client for addresses that strangers chose.
    pub fn http(&self) -> anyhow::Result<Http> {
        let reach = if self.allow_private { Reach::Any } else { Reach::Public };
        Ok(Http::new(reach)?)
    }

    /// How to run the executor of a device.
    pub fn executor(&self, device: &DeviceSettings) -> anyhow::Result<ExecutorConfig> {
        Ok(ExecutorConfig {
            program: std::env::current_exe().context("this program's own path")?,
            adapter: device.adapter.clone(),
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
    fn a_key_of_the_file_that_is_not_a_setting_is_named() {
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
        let serde_json::Value::Object(mut all) = serde_json::to_value(example).unwrap() else { panic!("a record") };
        let devices = all.remove("devices");
        assert!(devices.is_some_and(|devices| devices.is_array()), "the one setting without a variable");
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

    const TWO: &str = r#"
        memory_mib = 1000
        [[devices]]
        adapter = "0000:01:00.0"
        price = "2TSN"
        minimum = "0.5TSN"
        slots = 3
        memory_mib = 2000
        [[devices]]
        adapter = "0000:c1:00.0"
        name = "right"
    "#;

    #[test]
    fn devices_are_listed_in_a_table() {
        let devices = read(TWO).unwrap().devices().unwrap();
        let left = DeviceSettings {
            adapter: Some("0000:01:00.0".into()),
            name: None,
            price: Some(2_000_000_000_000),
            minimum: Some(500_000_000_000),
            slots: Some(3),
            memory_mib: Some(2000),
        };
        let right = DeviceSettings {
            adapter: Some("0000:c1:00.0".into()),
            name: Some("right".into()),
            memory_mib: Some(1000),
            ..DeviceSettings::default()
        };
        assert_eq!(devices, [left.clone(), right.clone()]);
        let only = |adapter: &str| read(&format!("adapter = {adapter:?}\n{TWO}")).unwrap().devices();
        assert_eq!(only("right").unwrap(), [right]);
        assert_eq!(only("0000:01:00.0").unwrap(), [left]);
        let error = only("middle").unwrap_err().to_string();
        assert_eq!(error, "none of the listed devices is \"middle\"; there are \"0000:01:00.0\", \"right\"");
    }

    #[test]
    fn a_machine_with_one_device_needs_no_table() {
        let device = |text: &str| read(text).unwrap().devices().unwrap();
        assert_eq!(device(""), [DeviceSettings::default()]);
        let adapter = DeviceSettings { adapter: Some("x".into()), memory_mib: Some(5), ..DeviceSettings::default() };
        assert_eq!(device("adapter = \"x\"\nmemory_mib = 5\n"), [adapter]);
    }

    #[test]
    fn a_table_of_devices_with_a_mistake_says_where() {
        for (text, expected) in [
            ("[[devices]]\nprise = \"1TSN\"\n", "prise"),
            ("[[devices]]\nprice = \"much\"\n", "much"),
            ("[[devices]]\nslots = 256\n", "slots"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with("the settings cannot be read: ") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn no_setting_of_a_device_takes_a_secret_and_no_error_shows_it() {
        let digits = "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        let phrase = ["abandon"; 11].join(" ") + " about";
        for secret in [digits, &digits[1..], &format!("0x{digits}"), &phrase] {
            for key in ["adapter", "name", "price"] {
                let error = read(&format!("[[devices]]\n{key} = \"{secret}\"\n")).unwrap_err();
                assert!(error.starts_with(&format!("the setting devices.0.{key} in ")), "{error}");
                assert!(error.contains("looks like a mnemonic or a seed; it is neither used nor shown"), "{error}");
                assert!(!error.contains("5be9a5") && !error.contains("abandon"), "{error}");
            }
        }
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

    #[test]
    fn what_demands_may_cost_follows_from_the_settings() {
        let limits = read("").unwrap().demands();
        assert_eq!(limits, DemandLimits { is_enabled: true, most_bond: None, most_demands: 16 });
        let limits = read("demand = false\nmost_bond = \"0.5TSN\"\nmost_demands = 3\n").unwrap().demands();
        let expected = DemandLimits { is_enabled: false, most_bond: Some(500_000_000_000), most_demands: 3 };
        assert_eq!(limits, expected);
        let error = read("most_bond = \"much\"\n").unwrap_err();
        assert!(error.starts_with("the settings cannot be read: ") && error.contains("much"), "{error}");
    }

    #[test]
    fn what_strangers_may_use_follows_from_the_settings() {
        let settings = read("proxies = \"127.0.0.1, ::1\"\nslowest_kib = 7\nmetrics = \"127.0.0.1:9956\"\n").unwrap();
        let limits = settings.limits();
        assert_eq!(limits.proxies, ["127.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
        assert_eq!(limits.slowest.rate, 7 << 10);
        assert_eq!(settings.metrics, Some(SocketAddr::from(([127, 0, 0, 1], 9956))));
        let error = read("proxies = \"localhost\"\n").unwrap_err();
        assert!(error.contains("localhost"), "{error}");
    }
}

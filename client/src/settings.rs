//! Where the settings of programs come from: configuration file, `TOUCHSTONE_*` variables, and the folders for both.
//!
//! Programs lay these over each other with figment and read the result with [`extract`], which shows no secret.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use figment::{
    value::{Dict, Map, Value},
    Figment, Metadata, Profile, Provider,
};
use serde::de::DeserializeOwned;

use crate::secret::{self, Misplaced};

/// What all variables of this project begin with.
const PREFIX: &str = "TOUCHSTONE_";

/// Why settings cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// There is no place for a folder of this user.
    #[error("the folder for {what} is not known: {variable} is {defect}; set {variable} or HOME to an absolute \
        path{}", or(.flag))]
    NoFolder {
        /// What is kept there.
        what: &'static str,
        /// The variable that names the folder above it.
        variable: &'static str,
        /// What is wrong with that.
        defect: &'static str,
        /// The flag that names the place instead, if there is one.
        flag: Option<&'static str>,
    },
    /// A variable does not have the form of its setting.
    #[error("the variable {variable} is not {expected}: correct it, or unset it")]
    Variable {
        /// The variable.
        variable: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// A file or a variable is not what this program reads.
    #[error("the settings cannot be read: {0}")]
    Malformed(String),
    /// A secret where a setting belongs.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
}

fn or(flag: &Option<&str>) -> String {
    flag.map(|flag| format!(", or name it with {flag}")).unwrap_or_default()
}

/// How a variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As it is, whatever it looks like.
    Text,
    /// A whole number from 0.
    Number,
    /// Yes or no: `1`, `true`, `yes` or `on`; `0`, `false`, `no` or `off`.
    Switch,
}

/// `TOUCHSTONE_*` variables as settings. One that is empty is not set.
#[derive(Clone, Debug, Default)]
pub struct Variables(Dict);

impl Variables {
    /// Reads the variables of these settings, each as its field has it; all others belong to other programs.
    pub fn read(fields: &[(&str, Kind)]) -> Result<Self, SettingsError> {
        Self::from(fields, |variable| env::var_os(variable))
    }

    fn from(fields: &[(&str, Kind)], get: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingsError> {
        let mut values = Dict::new();
        for (field, kind) in fields {
            let variable = format!("{PREFIX}{}", field.to_ascii_uppercase());
            let Some(text) = get(&variable).filter(|text| !text.is_empty()) else { continue };
            let wrong = |expected| SettingsError::Variable { variable: variable.clone(), expected };
            let text = text.into_string().map_err(|_| wrong("text in UTF-8"))?;
            let value = match kind {
                Kind::Text => Value::from(text),
                Kind::Number => Value::from(text.trim().parse::<u64>().map_err(|_| wrong("a whole number"))?),
                Kind::Switch => Value::from(switch(&text).ok_or_else(|| wrong("a switch (1 or 0)"))?),
            };
            values.insert((*field).to_owned(), value);
        }
        Ok(Self(values))
    }
}

fn switch(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named("TOUCHSTONE_ variable")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}

/// The settings that all sources together give. Neither an error nor a setting shows a secret.
pub fn extract<T: DeserializeOwned>(figment: &Figment) -> Result<T, SettingsError> {
    let malformed =
        |error: figment::Error| SettingsError::Malformed(secret::without_secrets(&error.to_string()).into());
    let all: Dict = figment.extract().map_err(malformed)?;
    for (key, value) in &all {
        let source = figment.find_metadata(key).map(|metadata| match &metadata.source {
            Some(source) => format!(" in {source}"),
            None => format!(" ({})", metadata.name),
        });
        refuse_secrets(key, value, &source.unwrap_or_default())?;
    }
    figment.extract().map_err(malformed)
}

/// Refuses a secret in a setting, or in any table or list below it.
fn refuse_secrets(setting: &str, value: &Value, source: &str) -> Result<(), Misplaced> {
    match value {
        // Its name may be a secret too.
        Value::String(_, text) => {
            secret::refuse(secret::without_secrets(&format!("the setting {setting}{source}")), text)
        }
        Value::Dict(_, fields) => {
            fields.iter().try_for_each(|(key, value)| refuse_secrets(&format!("{setting}.{key}"), value, source))
        }
        Value::Array(_, items) => items
            .iter()
            .enumerate()
            .try_for_each(|(number, value)| refuse_secrets(&format!("{setting}.{number}"), value, source)),
        _ => Ok(()),
    }
}

/// The folder of configuration files.
pub fn config_folder() -> Result<PathBuf, SettingsError> {
    folder("the configuration", "XDG_CONFIG_HOME", ".config", Some("--config"))
}

/// The folder of what programs keep for their work.
pub fn data_folder() -> Result<PathBuf, SettingsError> {
    folder("data", "XDG_DATA_HOME", ".local/share", Some("--data"))
}

/// The folder of what programs remember of what they did.
pub fn state_folder() -> Result<PathBuf, SettingsError> {
    folder("the journal of submissions", "XDG_STATE_HOME", ".local/state", None)
}

/// A folder of this project after the XDG base directory specification; never one that depends on where a program is
/// started.
fn folder(
    what: &'static str,
    variable: &'static str,
    below_home: &str,
    flag: Option<&'static str>,
) -> Result<PathBuf, SettingsError> {
    let base = base(env::var_os(variable), env::var_os("HOME"), below_home);
    let base = base.map_err(|defect| SettingsError::NoFolder { what, variable, defect, flag })?;
    Ok(base.join("touchstone"))
}

fn base(variable: Option<OsString>, home: Option<OsString>, below_home: &str) -> Result<PathBuf, &'static str> {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    match variable {
        Some(path) if path.is_empty() => Err("empty"),
        Some(path) => absolute(path).ok_or("not an absolute path"),
        None => match home {
            Some(home) => {
                absolute(home).map(|home| home.join(below_home)).ok_or("not set, and HOME is not an absolute path")
            }
            None => Err("not set, and neither is HOME"),
        },
    }
}

/// A configuration file that was named: it has to be there.
pub fn named_file(file: &Path) -> Result<PathBuf, SettingsError> {
    match file.is_dir() || !file.exists() {
        true => {
            Err(SettingsError::Malformed(format!("there is no configuration file {}: check --config", file.display())))
        }
        false => Ok(file.to_path_buf()),
    }
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format, Serialized, Toml};
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Example {
        adapter: Option<String>,
        data: PathBuf,
        samples: u32,
        memory_mib: Option<u64>,
        allow_private: bool,
        devices: Vec<Listed>,
    }

    #[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Listed {
        name: String,
        slots: u8,
    }

    const FIELDS: [(&str, Kind); 5] = [
        ("adapter", Kind::Text),
        ("data", Kind::Text),
        ("samples", Kind::Number),
        ("memory_mib", Kind::Number),
        ("allow_private", Kind::Switch),
    ];

    fn read(variables: &[(&str, &str)], file: &str) -> Result<Example, String> {
        let get = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        let variables = Variables::from(&FIELDS, get).map_err(|error| error.to_string())?;
        let figment =
            Figment::from(Serialized::defaults(Example::default())).merge(Toml::string(file)).merge(variables);
        extract(&figment).map_err(|error| error.to_string())
    }

    #[test]
    fn variables_are_texts_that_are_read_as_their_fields_are() {
        let expected = Example {
            adapter: Some("4090".into()),
            data: "2026".into(),
            samples: 7,
            memory_mib: Some(512),
            allow_private: true,
            devices: Vec::new(),
        };
        let variables = [
            ("TOUCHSTONE_ADAPTER", "4090"),
            ("TOUCHSTONE_DATA", "2026"),
            ("TOUCHSTONE_SAMPLES", "7"),
            ("TOUCHSTONE_MEMORY_MIB", "512"),
            ("TOUCHSTONE_ALLOW_PRIVATE", "1"),
            ("TOUCHSTONE_OF_ANOTHER_PROGRAM", "x"),
        ];
        assert_eq!(read(&variables, "samples = 3\n"), Ok(expected));
        for text in ["true", "[1]", "{a=1}", "1.5", "\"quoted\"", "null"] {
            let adapter = read(&[("TOUCHSTONE_ADAPTER", text)], "").unwrap().adapter;
            assert_eq!(adapter.as_deref(), Some(text));
        }
        for (text, expected) in [("true", true), ("On", true), ("yes", true), ("0", false), ("false", false)] {
            let read = read(&[("TOUCHSTONE_ALLOW_PRIVATE", text)], "allow_private = true\n").unwrap();
            assert_eq!(read.allow_private, expected, "{text}");
        }
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let variables = [("TOUCHSTONE_ADAPTER", ""), ("TOUCHSTONE_SAMPLES", ""), ("TOUCHSTONE_ALLOW_PRIVATE", "")];
        let expected = Example { samples: 3, ..Example::default() };
        assert_eq!(read(&variables, "samples = 3\n"), Ok(expected));
    }

    #[test]
    fn a_variable_of_another_form_is_named_and_not_shown() {
        for (variable, expected) in [
            ("TOUCHSTONE_SAMPLES", "the variable TOUCHSTONE_SAMPLES is not a whole number: correct it, or unset it"),
            (
                "TOUCHSTONE_ALLOW_PRIVATE",
                "the variable TOUCHSTONE_ALLOW_PRIVATE is not a switch (1 or 0): correct it, or unset it",
            ),
        ] {
            assert_eq!(read(&[(variable, "quite a lot")], ""), Err(expected.into()));
        }
    }

    #[test]
    fn no_source_of_settings_takes_a_secret_and_no_error_shows_it() {
        let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
        let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        for secret in [phrase, seed] {
            for (variable, file) in [
                (Some(("TOUCHSTONE_ADAPTER", secret)), String::new()),
                (Some(("TOUCHSTONE_DATA", secret)), String::new()),
                (Some(("TOUCHSTONE_SAMPLES", secret)), String::new()),
                (Some(("TOUCHSTONE_ALLOW_PRIVATE", secret)), String::new()),
                (None, format!("adapter = \"{secret}\"\n")),
                (None, format!("samples = \"{secret}\"\n")),
                (None, format!("\"{secret}\" = 1\n")),
                (None, format!("adapter = {secret}\n")),
                (None, format!("{secret}\n")),
            ] {
                let error = read(variable.as_slice(), &file).unwrap_err();
                assert!(!error.contains("obey") && !error.contains("e5be"), "{error}");
            }
        }
    }

    #[test]
    fn no_list_or_table_of_settings_takes_a_secret_and_the_error_says_where_it_is() {
        let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
        let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        for secret in [phrase, seed, &seed[2..]] {
            for (file, place) in [
                (format!("[[devices]]\nname = \"left\"\n[[devices]]\nname = \"{secret}\"\n"), "devices.1.name"),
                // What no setting is called is found out later.
                (format!("[[devices]]\nadapter = \"{secret}\"\n"), "devices.0.adapter"),
                (format!("devices = [[\"left\", \"{secret}\"]]\n"), "devices.0.1"),
                (format!("[left.right]\nname = \"{secret}\"\n"), "left.right.name"),
                (format!("\"{seed}\" = \"{secret}\"\n"), "[hidden]"),
            ] {
                let error = read(&[], &file).unwrap_err();
                let expected =
                    format!("the setting {place} (TOML source string) looks like a mnemonic or a seed; it is ");
                assert!(error.starts_with(&expected), "{error}");
                assert!(!error.contains("obey") && !error.contains("e5be"), "{error}");
            }
            for file in [
                format!("[[devices]]\nslots = \"{secret}\"\n"),
                format!("[[devices]]\n\"{secret}\" = 1\n"),
                format!("[\"{secret}\"]\nname = \"left\"\n"),
            ] {
                let error = read(&[], &file).unwrap_err();
                assert!(!error.contains("obey") && !error.contains("e5be"), "{error}");
            }
        }
        let devices = vec![Listed { name: "left".into(), slots: 2 }];
        let read = read(&[], "[[devices]]\nname = \"left\"\nslots = 2\n");
        assert_eq!(read, Ok(Example { devices, ..Example::default() }));
    }

    #[test]
    fn folders_are_absolute_or_an_error() {
        let base = |variable: Option<&str>, home: Option<&str>| {
            base(variable.map(Into::into), home.map(Into::into), ".config")
        };
        assert_eq!(base(Some("/x"), None), Ok("/x".into()));
        assert_eq!(base(None, Some("/home/a")), Ok("/home/a/.config".into()));
        assert_eq!(base(Some("/x"), Some("/home/a")), Ok("/x".into()));
        assert_eq!(base(Some(""), Some("/home/a")), Err("empty"));
        assert_eq!(base(Some("x"), Some("/home/a")), Err("not an absolute path"));
        assert_eq!(base(None, None), Err("not set, and neither is HOME"));
        assert_eq!(base(None, Some("")), Err("not set, and HOME is not an absolute path"));
        assert_eq!(base(None, Some("home")), Err("not set, and HOME is not an absolute path"));
    }

    #[test]
    fn a_folder_that_is_not_known_says_what_to_set() {
        let error =
            SettingsError::NoFolder { what: "data", variable: "XDG_DATA_HOME", defect: "empty", flag: Some("--data") };
        assert_eq!(
            error.to_string(),
            "the folder for data is not known: XDG_DATA_HOME is empty; set XDG_DATA_HOME or HOME to an absolute path, \
             or name it with --data"
        );
    }
}

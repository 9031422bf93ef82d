//! The settings of one run: defaults, a file, the environment, flags.

use std::path::PathBuf;

use anyhow::Context as _;
use figment::{
    providers::{Format, Serialized, Toml},
    Figment,
};
use serde::Deserialize;
use touchstone_client::{
    chain::Chain,
    settings::{self, Kind, Variables},
    signer::Signer,
};

/// The flags that every command takes.
#[derive(clap::Args, Clone)]
pub(super) struct Flags {
    /// WebSocket address of a node [default: ws://127.0.0.1:9944]
    #[arg(long, global = true, value_name = "URL")]
    pub(super) url: Option<String>,

    /// Who signs: a development name (//Alice), env:NAME for a variable that holds the secret, or the file that does
    #[arg(long, global = true, value_name = "KEY")]
    pub(super) signer: Option<String>,

    /// Print results as JSON
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// Fetch from addresses of this machine and its network too; a development chain on this machine needs no flag
    #[arg(long, global = true)]
    pub(super) allow_private: bool,

    /// Read settings from this file
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

const URL: &str = "ws://127.0.0.1:9944";

/// The settings of one run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    url: String,
    signer: Option<String>,
    #[serde(default)]
    pub(super) allow_private: bool,
    /// Where they were read.
    #[serde(skip)]
    file: Option<PathBuf>,
}

impl Settings {
    /// Merges all sources; the flags win.
    pub(super) fn load(flags: &Flags) -> anyhow::Result<Self> {
        let file = match &flags.config {
            Some(file) => Some(settings::named_file(file)?),
            None => Some(settings::config_folder()?.join("config.toml")).filter(|file| file.is_file()),
        };
        let mut figment = Figment::from(Serialized::default("url", URL));
        if let Some(file) = &file {
            figment = figment.merge(Toml::file_exact(file));
        }
        figment = figment.merge(Variables::read(&[
            ("url", Kind::Text),
            ("signer", Kind::Text),
            ("allow_private", Kind::Switch),
        ])?);
        for (key, flag) in [("url", &flags.url), ("signer", &flags.signer)] {
            if let Some(value) = flag {
                figment = figment.merge(Serialized::default(key, value));
            }
        }
        if flags.allow_private {
            figment = figment.merge(Serialized::default("allow_private", true));
        }
        let settings: Self = settings::extract(&figment)?;
        Ok(Self { file, ..settings })
    }

    /// The files that these settings come from: configuration and key.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.file.iter().cloned().chain(self.signer.as_ref().map(PathBuf::from)).collect()
    }

    /// Connects to the node.
    pub(super) async fn chain(&self) -> anyhow::Result<Chain> {
        Ok(Chain::connect(&self.url).await?)
    }

    /// The key that signs.
    pub(super) fn signer(&self) -> anyhow::Result<Signer> {
        let text = self
            .signer
            .as_deref()
            .context("no signer is set: pass --signer, for example //Alice on a development chain, or a key file")?;
        Ok(Signer::resolve(text)?)
    }

    /// The key that signs, if one is set.
    pub(super) fn optional_signer(&self) -> anyhow::Result<Option<Signer>> {
        self.signer.as_deref().map(|_| self.signer()).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(config: Option<PathBuf>, url: Option<&str>) -> Flags {
        Flags { url: url.map(Into::into), signer: None, json: false, allow_private: false, config }
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let file = file("url = \"ws://file:1\"\nsigner = \"//Bob\"\n");
        let settings = Settings::load(&flags(Some(file.path().into()), Some("ws://flag:2"))).unwrap();
        assert_eq!(settings.url, "ws://flag:2");
        assert_eq!(settings.signer.as_deref(), Some("//Bob"));
    }

    #[test]
    fn an_unknown_key_of_the_file_is_an_error() {
        let file = file("urll = \"ws://file:1\"\n");
        let error = format!("{:#}", Settings::load(&flags(Some(file.path().into()), None)).err().unwrap());
        assert!(error.contains("urll"), "{error}");
    }

    #[test]
    fn a_missing_file_that_was_named_is_an_error() {
        let error = Settings::load(&flags(Some("no/such/file".into()), None)).err().unwrap().to_string();
        let expected = "the settings cannot be read: there is no configuration file no/such/file: check --config";
        assert_eq!(error, expected);
    }
}

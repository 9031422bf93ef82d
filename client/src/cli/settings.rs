//! Where settings come from: defaults, a file, the environment, flags.

use std::path::PathBuf;

use anyhow::Context as _;
use figment::{
    providers::{Env, Format, Serialized, Toml},
    Figment,
};
use serde::Deserialize;
use touchstone_client::{chain::Chain, signer::Signer};

use super::Global;

const URL: &str = "ws://127.0.0.1:9944";

/// The settings of one run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    url: String,
    signer: Option<String>,
}

impl Settings {
    /// Merges all sources; the flags win.
    pub fn load(flags: &Global) -> anyhow::Result<Self> {
        let mut figment = Figment::from(Serialized::default("url", URL));
        match &flags.config {
            Some(file) => {
                anyhow::ensure!(file.is_file(), "there is no configuration file {}: check --config", file.display());
                figment = figment.merge(Toml::file_exact(file));
            }
            None => {
                if let Some(file) = default_file() {
                    figment = figment.merge(Toml::file_exact(file));
                }
            }
        }
        figment = figment.merge(Env::prefixed("TOUCHSTONE_").only(&["url", "signer"]));
        for (key, flag) in [("url", &flags.url), ("signer", &flags.signer)] {
            if let Some(value) = flag {
                figment = figment.merge(Serialized::default(key, value));
            }
        }
        figment.extract().context("the settings cannot be read; the file has the keys url and signer")
    }

    /// Connects to the node.
    pub async fn chain(&self) -> anyhow::Result<Chain> {
        Ok(Chain::connect(&self.url).await?)
    }

    /// The key that signs.
    pub fn signer(&self) -> anyhow::Result<Signer> {
        let text = self
            .signer
            .as_deref()
            .context("nobody signs: pass --signer, for example //Alice on a development chain, or the file of a key")?;
        Ok(Signer::resolve(text)?)
    }

    /// The key that signs, if one is set.
    pub fn optional_signer(&self) -> anyhow::Result<Option<Signer>> {
        self.signer.as_deref().map(|_| self.signer()).transpose()
    }
}

fn default_file() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
    let file = folder.join("touchstone/config.toml");
    file.is_file().then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(config: Option<PathBuf>, url: Option<&str>) -> Global {
        Global { url: url.map(Into::into), signer: None, json: false, config }
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
        assert_eq!(error, "there is no configuration file no/such/file: check --config");
    }
}

//! The scripts: each explains itself, refuses what it does not know, and leaves no temporary files.

use std::{path::PathBuf, process::Command};

use super::{none, root};

/// All scripts that people run.
fn scripts() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("scripts")).expect("the scripts are there");
    let mut found: Vec<_> = folder
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
        // This one is only sourced.
        .filter(|path| path.file_name().is_some_and(|name| name != "env.sh"))
        .collect();
    found.sort();
    assert!(found.len() >= 9, "{found:?}");
    found
}

fn complaints(check: impl Fn(&PathBuf) -> Option<String>) {
    none(scripts().iter().filter_map(|path| check(path).map(|fault| format!("{}: {fault}", path.display()))).collect());
}

#[test]
fn every_script_has_help_that_changes_nothing() {
    complaints(|path| {
        let output = Command::new(path).arg("--help").output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        match (output.status.code(), text.starts_with("Usage: scripts/")) {
            (Some(0), true) => None,
            (code, _) => Some(format!("--help ends with {code:?} and prints {text:?}")),
        }
    });
}

#[test]
fn every_script_refuses_an_option_that_it_does_not_know() {
    complaints(|path| {
        let output = Command::new(path).arg("--no-such-option").output().expect("it starts");
        (output.status.code() != Some(2)).then(|| format!("it ends with {:?}, not 2", output.status.code()))
    });
}

#[test]
fn every_script_that_makes_temporary_files_removes_them() {
    complaints(|path| {
        let text = std::fs::read_to_string(path).expect("it is text");
        (text.contains("mktemp") && !text.contains("trap ")).then(|| "it calls mktemp and sets no trap".to_owned())
    });
}

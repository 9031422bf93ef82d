//! Checks of the tree that no compiler makes: what the dependencies are, which features they pass on, and that every
//! script explains itself.

mod circles;
mod dependencies;
mod features;
mod scripts;

use std::{path::PathBuf, sync::OnceLock};

use cargo_metadata::{Metadata, MetadataCommand, Package, PackageId};

/// The folder of the workspace.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The crates of the workspace and everything that they depend on, for all targets, as the lock file has them.
fn metadata() -> &'static Metadata {
    static METADATA: OnceLock<Metadata> = OnceLock::new();
    METADATA.get_or_init(|| {
        MetadataCommand::new()
            .manifest_path(root().join("Cargo.toml"))
            .other_options(vec!["--locked".to_owned()])
            .exec()
            .expect("cargo describes the workspace")
    })
}

fn package(id: &PackageId) -> &'static Package {
    &metadata()[id]
}

/// Fails with all complaints, or passes without one.
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{} faults:\n  {}", complaints.len(), complaints.join("\n  "));
}

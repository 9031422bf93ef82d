//! The standard kernels are committed compiled too, for those who have no compiler.

use std::{collections::BTreeSet, fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../kernels")
}

/// The names, without extension, of the files of the folder that have this one.
fn names(extension: &str) -> BTreeSet<String> {
    fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn each_source_has_a_kir_file_and_each_kir_file_a_source() {
    assert!(!names("wgsl").is_empty());
    assert_eq!(names("wgsl"), names("kir"), "run scripts/kernels.sh");
}

#[test]
fn a_kir_file_is_what_its_source_compiles_to() {
    for name in names("wgsl") {
        let source = fs::read_to_string(folder().join(format!("{name}.wgsl"))).unwrap();
        let compiled = touchstone_compiler::compile(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
        let committed = fs::read(folder().join(format!("{name}.kir"))).unwrap();
        assert!(committed == compiled.kernel.encode(), "kernels/{name}.kir is out of date: run scripts/kernels.sh");
    }
}

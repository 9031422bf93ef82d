//! A device that gets an operation wrong, and the commands that refuse it.

use std::{path::Path, process::Command};

/// Exit code, standard output and standard error of `gpu-worker` on a device that mistakes `mulhi_u`.
fn worker(data: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gpu-worker"))
        .args(["--testing-wrong-operation", "mulhi_u", "--signer", "//Alice", "--url", "ws://127.0.0.1:1", "--data"])
        .arg(data)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_device_that_differs_is_neither_registered_nor_run_and_the_operation_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody has tested it: `register` does, before it looks for a node.
    let (code, _, error) = worker(folder.path(), &["register"]);
    assert_eq!(code, 1, "{error}");
    assert!(
        error.contains("testing it") && error.contains(" differs from the kernel language in mulhi_u: "),
        "{error}"
    );

    // The verdict is kept.
    let (code, _, error) = worker(folder.path(), &["run"]);
    assert_eq!(code, 1, "{error}");
    assert!(
        !error.contains("testing it") && error.contains(" differs from the kernel language in mulhi_u: "),
        "{error}"
    );
}

#[test]
fn a_self_test_says_what_differs_and_ends_with_a_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let others = ["gid", "load", "mul"].map(|name| ["--only", name]).concat();
    let only = [&["self-test", "--kernels", "0", "--only", "mulhi_u"], &others[..]].concat();
    let (code, told, error) = worker(folder.path(), &only);
    assert_eq!(code, 3, "{error}");
    assert!(told.contains("DIFFERS in mulhi_u:\n  mulhi_u (specialised): two registers: parameters "), "{told}");

    let (code, told, _) = worker(folder.path(), &[&only[..], &["--json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &report["operations"]), (3, &serde_json::json!(["mulhi_u"])));

    let (code, told, error) = worker(folder.path(), &["self-test", "--kernels", "0", "--only", "add"]);
    assert_eq!(code, 0, "{error}");
    assert!(told.contains(" passed: "), "{told}");
    // Part of a test is not a verdict.
    assert!(!folder.path().join("devices").exists());
}

#[test]
fn an_operation_that_there_is_none_of_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, error) = worker(folder.path(), &["self-test", "--testing-wrong-operation", "multiply"]);
    assert_eq!(code, 2, "{error}");
}

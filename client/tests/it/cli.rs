//! The program itself, where no chain is needed.

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;
use touchstone_kir::Kernel;

const DOUBLE: &str = "
const WINDOW: u32 = 1;
@group(0) @binding(0) var<storage, read> numbers: array<u32>;
@group(0) @binding(9) var<storage, read_write> doubled: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    doubled[id.x] = 2u * numbers[id.x];
}
";

fn touchstone(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_touchstone"))
        .args(arguments)
        .current_dir(folder)
        // Neither the settings nor the chain of whoever runs the tests.
        .env("XDG_CONFIG_HOME", folder)
        .env_remove("TOUCHSTONE_SIGNER")
        .env("TOUCHSTONE_URL", "ws://127.0.0.1:1")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn compile_writes_a_kernel_and_tells_its_hash() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("double.wgsl"), DOUBLE).unwrap();
    let done = touchstone(folder.path(), &["compile", "double.wgsl", "-o", "double.kir", "--inputs", "4096", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let code = std::fs::read(folder.path().join("double.kir")).unwrap();
    let kernel = Kernel::decode(&code).unwrap();
    assert_eq!(json["hash"], format!("0x{}", hex::encode(kernel.hash())));
    assert_eq!(json["bytes"], code.len());
    assert_eq!(json["fuelPerInvocation"], kernel.cost(&[], &[4096]).unwrap().fuel);
    assert_eq!(json["chunksPerInvocation"], 1);

    // The encoded kernel is read as well, and is the same one.
    let again = touchstone(folder.path(), &["compile", "double.kir", "--json"]);
    let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["hash"], json["hash"]);
}

#[test]
fn compile_tells_the_cost_without_arguments_where_none_changes_it() {
    let folder = TempDir::new().unwrap();
    let summed = DOUBLE.replace("2u * numbers[id.x]", "sum(id.x)")
        + "fn sum(n: u32) -> u32 { var s = 0u; for (var i = 0u; i < BOUND; i++) { s += numbers[n * 4u + i]; } return s; }";
    let parameter = "@group(0) @binding(8) var<uniform> length: u32;";
    for (name, bound, fuel_is_known) in [("four", "4u", true), ("many", "length", false)] {
        let source = format!("{parameter}{}", summed.replace("BOUND", bound));
        let file = format!("{name}.wgsl");
        std::fs::write(folder.path().join(&file), source).unwrap();
        let done = touchstone(folder.path(), &["compile", &file, "--json"]);
        let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(json["fuelPerInvocation"].is_u64(), fuel_is_known, "{json}");
        assert_eq!(json["chunksPerInvocation"].is_u64(), fuel_is_known, "{json}");
    }
}

#[test]
fn an_error_in_a_source_shows_the_line_and_gives_exit_code_1() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("bad.wgsl"), DOUBLE.replace("2u *", "2.5 *")).unwrap();
    let done = touchstone(folder.path(), &["compile", "bad.wgsl", "-o", "bad.kir"]);
    assert_eq!(done.status.code(), Some(1));
    let shown = text(&done.stderr);
    assert!(shown.contains("bad.wgsl") && shown.contains("2.5 * numbers[id.x]"), "{shown}");
    assert!(!folder.path().join("bad.kir").exists());
}

#[test]
fn arguments_that_do_not_fit_the_kernel_are_named() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("double.wgsl"), DOUBLE).unwrap();
    let done = touchstone(folder.path(), &["compile", "double.wgsl", "--params", "1,2", "--inputs", "64"]);
    assert_eq!(done.status.code(), Some(1));
    let shown = text(&done.stderr);
    assert!(shown.contains("the kernel takes 0 parameters, not 2"), "{shown}");
}

#[test]
fn a_node_that_is_down_is_said_with_the_way_out() {
    let folder = TempDir::new().unwrap();
    let done = touchstone(folder.path(), &["balance", "//Alice"]);
    assert_eq!(done.status.code(), Some(1));
    let shown = text(&done.stderr);
    assert!(shown.starts_with("error: no node answers at ws://127.0.0.1:1 ("), "{shown}");
    assert!(shown.contains("start one with `touchstone-node --dev`, or name another with --url"), "{shown}");
    assert!(done.stdout.is_empty());
}

#[test]
fn a_command_that_signs_asks_for_a_signer_before_anything_else() {
    let folder = TempDir::new().unwrap();
    let job = format!("0x{}", "00".repeat(32));
    let done = touchstone(folder.path(), &["accept", &job]);
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("nobody signs: pass --signer"), "{}", text(&done.stderr));
}

#[test]
fn a_signer_that_is_none_is_refused_without_showing_it() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("key"), "correct horse battery staple\n").unwrap();
    let done = touchstone(folder.path(), &["--signer", "key", "accept", &format!("0x{}", "00".repeat(32))]);
    assert_eq!(done.status.code(), Some(1));
    let shown = text(&done.stderr);
    assert!(shown.contains("the file key holds no key") && !shown.contains("horse"), "{shown}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_reader_that_is_gone_is_none() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("double.wgsl"), DOUBLE).unwrap();
    let ended = |stdout: std::process::Stdio, stderr: std::process::Stdio| {
        Command::new(env!("CARGO_BIN_EXE_touchstone"))
            .args(["compile", "double.wgsl"])
            .current_dir(folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap()
    };
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let done = ended(full().into(), std::process::Stdio::piped());
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).starts_with("error: standard output cannot be written: "), "{}", text(&done.stderr));
    // Not even the error can be shown.
    assert_eq!(ended(full().into(), full().into()).status.code(), Some(1));

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let done = ended(writer.into(), std::process::Stdio::piped());
    assert_eq!((done.status.code(), text(&done.stderr).as_str()), (Some(0), ""));
}

#[test]
fn wrong_usage_gives_exit_code_2() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &["no-such-command"][..],
        &["watch", "0x12"],
        &["verify", "0x12", "--all"],
        // What checks nothing finds nothing wrong.
        &["verify", "0x0000000000000000000000000000000000000000000000000000000000000000", "--samples", "0"],
        &["challenge", "0x0000000000000000000000000000000000000000000000000000000000000000", "--word", "1"],
        &["balance", "Alice"],
    ] {
        assert_eq!(touchstone(folder.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_settings_file_names_the_node() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("touchstone")).unwrap();
    std::fs::write(folder.path().join("touchstone/config.toml"), "url = \"ws://127.0.0.1:2\"\n").unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_touchstone"))
        .arg("terms")
        .env("XDG_CONFIG_HOME", folder.path())
        .env_remove("TOUCHSTONE_URL")
        .output()
        .unwrap();
    assert!(text(&done.stderr).contains("ws://127.0.0.1:2"), "{}", text(&done.stderr));
}

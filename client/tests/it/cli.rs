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
        // Neither the settings nor the chain of the user who runs the tests.
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_STATE_HOME", folder)
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
        + "fn sum(n: u32) -> u32 { var s = 0u; for (var i = 0u; i < BOUND; i++) { s += numbers[n * 4u + i]; } return \
            s; }";
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
    assert!(text(&done.stderr).contains("no signer is set: pass --signer"), "{}", text(&done.stderr));
}

#[test]
fn an_invalid_signer_is_refused_without_showing_it() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("key"), "correct horse battery staple\n").unwrap();
    let done = touchstone(folder.path(), &["--signer", "key", "accept", &format!("0x{}", "00".repeat(32))]);
    assert_eq!(done.status.code(), Some(1));
    let shown = text(&done.stderr);
    assert!(shown.contains("the file key holds no key: it has 4 words") && !shown.contains("horse"), "{shown}");
}

/// The public development phrase, and the seed of //Alice in it.
const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
const SEED: &str = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";

/// Runs the program without any setting but these variables, and gives its exit code and all that it said.
fn run_with(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_touchstone"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    (done.status.code(), text(&done.stdout) + &text(&done.stderr))
}

#[test]
fn a_secret_in_the_wrong_place_is_refused_and_not_shown() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("key"), PHRASE).unwrap();
    for (name, content) in [
        ("text.toml", format!("url = \"{PHRASE}\"\n")),
        ("bare.toml", format!("signer = {PHRASE}\n")),
        ("key.toml", format!("\"{PHRASE}\" = 1\n")),
        ("seed.toml", format!("signer = \"{SEED}\"\n")),
    ] {
        std::fs::write(at(name), content).unwrap();
    }
    let home = at("");
    let job = format!("0x{}", "00".repeat(32));
    let phrase_with_path = format!("{PHRASE}//Alice");
    let inline = format!("--signer={PHRASE}");
    let input = format!("a={SEED}");
    let repeated = ["abandon"; 11].join(" ") + " about";
    // The last one lacks a digit.
    for secret in [PHRASE, SEED, &SEED[2..], &phrase_with_path, &format!("env:{PHRASE}"), &repeated, &SEED[..65]] {
        for (variables, arguments) in [
            (&[("TOUCHSTONE_SIGNER", secret)][..], &["balance"][..]),
            (&[("TOUCHSTONE_URL", secret)], &["terms"]),
            (&[("TOUCHSTONE_COMPILE_SECONDS", secret)], &["compile", secret]),
            (&[("RUST_LOG", secret)], &["compile", secret]),
            (&[("XDG_CONFIG_HOME", secret)], &["terms"]),
            (&[], &["--signer", secret, "balance"]),
            (&[], &["--url", secret, "terms"]),
            (&[], &["--config", secret, "terms"]),
            (&[], &["compile", secret]),
            (&[], &["compile", "key", "-o", secret]),
            (&[], &["compile", "key", "--inputs", secret]),
            (&[], &["submit", secret]),
            (&[], &["fetch", &job, "-o", secret]),
            (&[], &["fetch", &job, "--step", secret]),
            (&[], &["challenge", &job, "--out", secret]),
            (&[], &["verify", &job, "--store", secret]),
            (&[], &["verify", &job, "--mirror", secret]),
            (&[], &[secret]),
            (&[], &["balance", secret, "--bogus"]),
        ] {
            let variables = [variables, &[("HOME", home.as_str())]].concat();
            let (code, shown) = run_with(folder.path(), &variables, arguments);
            assert!(matches!(code, Some(1 | 2)), "{variables:?} {arguments:?}: {code:?} {shown}");
            for part in ["obey", "e5be", "abandon"] {
                assert!(!shown.contains(part), "{variables:?} {arguments:?}: {shown}");
            }
        }
    }
    for arguments in [
        &[inline.as_str(), "balance"][..],
        &[
            "--signer", "bottom", "drive", "obey", "lake", "curtain", "smoke", "basket", "hold", "race", "lonely",
            "fit", "walk",
        ],
        &["balance", PHRASE],
        &["job", PHRASE],
        &["verify", &job, "--input", &input],
        &["--config", "text.toml", "terms"],
        &["--config", "bare.toml", "terms"],
        &["--config", "key.toml", "terms"],
        &["--config", "seed.toml", "terms"],
        &["--config", "key", "terms"],
        &["--signer", "//Alice", "submit", "key"],
        &["quote", "key"],
        &["compile", "key"],
    ] {
        let (code, shown) = run_with(folder.path(), &[("HOME", &home)], arguments);
        assert!(matches!(code, Some(1 | 2)), "{arguments:?}: {code:?} {shown}");
        assert!(!shown.contains("obey") && !shown.contains("e5be"), "{arguments:?}: {shown}");
    }
    let (_, shown) = run_with(folder.path(), &[("HOME", &home), ("TOUCHSTONE_SIGNER", PHRASE)], &["balance"]);
    assert!(shown.contains("the setting signer") && shown.contains("--signer env:NAME"), "{shown}");
    assert!(shown.contains("Put the secret into a file that only you can read"), "{shown}");
}

#[test]
fn without_a_home_the_program_says_so_and_touches_no_folder_here() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("touchstone")).unwrap();
    std::fs::write(folder.path().join("touchstone/config.toml"), "url = \"ws://127.0.0.1:7\"\n").unwrap();
    let home = folder.path().display().to_string();
    for (variables, expected) in [
        (&[][..], "XDG_CONFIG_HOME is not set, and neither is HOME"),
        (&[("HOME", "")], "XDG_CONFIG_HOME is not set, and HOME is not an absolute path"),
        (&[("HOME", home.as_str()), ("XDG_CONFIG_HOME", "")], "XDG_CONFIG_HOME is empty"),
        (&[("HOME", home.as_str()), ("XDG_CONFIG_HOME", ".")], "XDG_CONFIG_HOME is not an absolute path"),
    ] {
        let (code, shown) = run_with(folder.path(), variables, &["terms"]);
        assert_eq!(code, Some(1), "{shown}");
        assert!(shown.contains(expected) && shown.contains("--config"), "{shown}");
        assert!(!shown.contains("ws://127.0.0.1:7"), "{shown}");
    }
    // What needs no settings works all the same.
    std::fs::write(folder.path().join("double.wgsl"), DOUBLE).unwrap();
    assert_eq!(run_with(folder.path(), &[], &["compile", "double.wgsl"]).0, Some(0));
}

#[test]
fn a_time_for_compiling_that_is_not_a_number_is_an_error_and_one_that_is_empty_is_not_set() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("double.wgsl"), DOUBLE).unwrap();
    let compile = |seconds| {
        run_with(folder.path(), &[("TOUCHSTONE_COMPILE_SECONDS", seconds)], &["compile", "double.wgsl", "--json"])
    };
    for seconds in ["ten", "-1", "1.5", "5s"] {
        let expected =
            "error: the variable TOUCHSTONE_COMPILE_SECONDS is not a whole number: correct it, or unset it\n";
        assert_eq!(compile(seconds), (Some(1), expected.into()), "{seconds}");
    }
    let (code, shown) = compile("4294967296");
    assert_eq!(code, Some(1));
    assert!(shown.contains("the settings cannot be read: ") && shown.contains("compile_seconds"), "{shown}");
    for seconds in ["", "10"] {
        assert_eq!(compile(seconds).0, Some(0), "{seconds}");
    }
}

#[test]
fn variables_are_read_as_texts() {
    let folder = TempDir::new().unwrap();
    let home = folder.path().display().to_string();
    for url in ["4090", "true", "[1]"] {
        let (code, shown) = run_with(folder.path(), &[("HOME", &home), ("TOUCHSTONE_URL", url)], &["terms"]);
        assert_eq!(code, Some(1), "{shown}");
        assert!(shown.contains(&format!("no node answers at {url}")), "{shown}");
    }
}

#[cfg(unix)]
#[test]
fn a_source_is_never_written_over() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("double.wgsl"), DOUBLE).unwrap();
    std::os::unix::fs::symlink("double.wgsl", folder.path().join("link.kir")).unwrap();
    std::fs::hard_link(folder.path().join("double.wgsl"), folder.path().join("hard.kir")).unwrap();
    for output in ["double.wgsl", "./double.wgsl", "link.kir", "hard.kir"] {
        let done = touchstone(folder.path(), &["compile", "double.wgsl", "-o", output]);
        assert_eq!(done.status.code(), Some(1), "{output}");
        assert!(text(&done.stderr).contains("is an input of this command"), "{}", text(&done.stderr));
        assert_eq!(std::fs::read_to_string(folder.path().join("double.wgsl")).unwrap(), DOUBLE, "{output}");
    }
    // Nor the settings.
    std::fs::write(folder.path().join("c.toml"), "url = \"ws://127.0.0.1:1\"\n").unwrap();
    let done = touchstone(folder.path(), &["--config", "c.toml", "compile", "double.wgsl", "-o", "c.toml"]);
    assert_eq!(done.status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn a_proof_is_never_written_over_an_input_whoever_names_it() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let blob = "ab".repeat(32);
    let manifest = "ceiling = 1\n[[input]]\nname = \"a\"\nfile = \"in.bin\"\n[[step]]\nkernel = \"double.wgsl\"\n\
                    reads = [\"a\"]\ninvocations = 1\n";
    std::fs::create_dir_all(at("store/blobs")).unwrap();
    let blobs = [format!("store/{blob}"), format!("store/blobs/{blob}")];
    let files: [(&str, &str); 6] = [
        ("job.toml", manifest),
        ("in.bin", "1234"),
        ("other.json", "{}"),
        ("double.wgsl", DOUBLE),
        (&blobs[0], "blob"),
        (&blobs[1], "blob"),
    ];
    for (name, content) in files {
        std::fs::write(at(name), content).unwrap();
    }
    let job = format!("0x{}", "00".repeat(32));
    let sources = ["--manifest", "job.toml", "--input", "a=other.json", "--store", "store"];
    for output in ["job.toml", "in.bin", "./in.bin", "other.json", "other", "double.wgsl", &blobs[0], &blobs[1]] {
        let arguments = [&["challenge", &job, "--dry-run", "--out", output][..], &sources].concat();
        let done = touchstone(folder.path(), &arguments);
        assert_eq!(done.status.code(), Some(1), "{output}");
        assert!(text(&done.stderr).contains("is an input of this command"), "{output}: {}", text(&done.stderr));
    }
    for (name, content) in files {
        assert_eq!(std::fs::read_to_string(at(name)).unwrap(), content, "{name}");
    }
    // With another name it goes on, to a node that is not there.
    let arguments = [&["challenge", &job, "--dry-run", "--out", "proof.scale"][..], &sources].concat();
    let shown = text(&touchstone(folder.path(), &arguments).stderr);
    assert!(shown.starts_with("error: no node answers at ws://127.0.0.1:1 ("), "{shown}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_kernel_is_written_into_pipes_and_devices() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("double.wgsl"), DOUBLE).unwrap();
    let written = touchstone(folder.path(), &["compile", "double.wgsl", "-o", "double.kir"]);
    assert_eq!(written.status.code(), Some(0));
    let code = std::fs::read(folder.path().join("double.kir")).unwrap();
    for output in ["-", "/dev/stdout"] {
        let done = touchstone(folder.path(), &["compile", "double.wgsl", "-o", output]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        assert_eq!(done.stdout, code, "{output}: the kernel and nothing else");
    }
    let done = touchstone(folder.path(), &["compile", "double.wgsl", "-o", "/dev/full"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        text(&done.stderr).starts_with("error: /dev/full cannot be written: No space left"),
        "{}",
        text(&done.stderr)
    );
    assert!(!folder.path().join("-").exists());
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

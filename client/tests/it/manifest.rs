//! Job descriptions, right and wrong.

use std::path::Path;

use tempfile::TempDir;
use touchstone_client::manifest::{Manifest, Prepared};
use touchstone_kir::root;
use touchstone_primitives::{DeviceClass, Matching, Source};

const COPY: &str = "
const WINDOW: u32 = 1;
@group(0) @binding(0) var<storage, read> numbers: array<u32>;
@group(0) @binding(9) var<storage, read_write> copied: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    copied[id.x] = numbers[id.x];
}
";

/// A folder with `copy.wgsl`, `data.bin` (16 bytes) and `odd.bin` (5 bytes).
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("copy.wgsl"), COPY).unwrap();
    std::fs::write(folder.path().join("data.bin"), [7u8; 16]).unwrap();
    std::fs::write(folder.path().join("odd.bin"), [7u8; 5]).unwrap();
    folder
}

fn prepare(folder: &Path, name: &str, text: &str) -> Result<Prepared, String> {
    touchstone_compiler::trust_sources();
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    let manifest = Manifest::read(&file).map_err(|error| error.to_string())?;
    manifest.prepare(20).map_err(|error| error.to_string())
}

fn toml(text: &str) -> Result<Prepared, String> {
    prepare(folder().path(), "job.toml", text)
}

const GOOD: &str = r#"
ceiling = "5TSN"
matching = "open"
auction = 12
class = "discrete"
deadline = 9
min_collateral = 1000

[[input]]
name = "data"
file = "data.bin"
source = "inline"

[[input]]
name = "big"
file = "data.bin"

[[step]]
name = "first"
kernel = "copy.wgsl"
reads = ["big"]
invocations = 4

[[step]]
kernel = "copy.wgsl"
reads = ["first"]
invocations = 4
params = [1, -1, 4294967295]
"#;

#[test]
fn a_description_becomes_a_specification() {
    let folder = folder();
    let job = prepare(folder.path(), "job.toml", GOOD).unwrap();
    assert_eq!(job.spec.ceiling, 5_000_000_000_000);
    assert_eq!(job.spec.matching, Matching::Open { ticks: 12 });
    assert_eq!(job.spec.class, Some(DeviceClass::Discrete));
    assert_eq!(job.spec.deadline, 9);
    assert_eq!(job.spec.min_collateral, 1000);
    assert_eq!(job.spec.inputs[0].source, Source::Inline);
    assert_eq!(job.spec.inputs[0].buffer.root, root(&[7; 16]));
    assert_eq!(job.spec.inputs[0].buffer.len, 16);
    assert_eq!(job.spec.inputs[1].source, Source::Put);
    // Inputs are numbered from 0, the first step's output follows them.
    assert_eq!(job.spec.steps[0].reads.to_vec(), [1]);
    assert_eq!(job.spec.steps[1].reads.to_vec(), [2]);
    assert_eq!(job.spec.steps[1].params.to_vec(), [1, u32::MAX, u32::MAX]);
    assert_eq!(job.inline[0].to_vec(), [7; 16]);
    assert_eq!(job.uploads.len(), 1);
    let upload = &job.uploads[0];
    assert_eq!((upload.name.as_str(), upload.root, upload.len), ("big", root(&[7; 16]), 16));
    assert_eq!(upload.path, folder.path().join("data.bin"));
    assert_eq!(job.kernels.len(), 1, "the same source twice is one kernel");
    assert_eq!(job.spec.steps[0].kernel, job.kernels[0].hash());
    assert_eq!(job.step_names, ["first", "1"]);
}

#[test]
fn json_says_the_same_as_toml() {
    let json = r#"{
        "ceiling": "5TSN", "matching": "open", "auction": 12, "class": "discrete", "deadline": 9,
        "min_collateral": 1000,
        "input": [
            { "name": "data", "file": "data.bin", "source": "inline" },
            { "name": "big", "file": "data.bin" }
        ],
        "step": [
            { "name": "first", "kernel": "copy.wgsl", "reads": ["big"], "invocations": 4 },
            { "kernel": "copy.wgsl", "reads": ["first"], "invocations": 4, "params": [1, -1, 4294967295] }
        ]
    }"#;
    let from_json = prepare(folder().path(), "job.json", json).unwrap();
    assert_eq!(from_json.spec, toml(GOOD).unwrap().spec);
}

#[test]
fn what_is_left_out_has_its_default() {
    let hash = "11".repeat(32);
    let job = toml(&format!("ceiling = 7\n[[step]]\nkernel = \"0x{hash}\"\ninvocations = 1\n")).unwrap();
    assert_eq!(job.spec.matching, Matching::Instant);
    assert_eq!(job.spec.class, None);
    assert_eq!(job.spec.deadline, 20);
    assert_eq!(job.spec.min_collateral, 0);
    assert_eq!(job.spec.ceiling, 7);
    assert_eq!(job.spec.steps[0].kernel, [0x11; 32]);
    assert!(job.kernels.is_empty());
}

#[test]
fn a_url_needs_no_file_if_root_and_length_are_stated() {
    let text = format!(
        "ceiling = 1\n[[input]]\nname = \"x\"\nsource = \"https://example.org/x\"\nroot = \"0x{}\"\nlength = 64\n\
         [[step]]\nkernel = \"copy.wgsl\"\nreads = [\"x\"]\ninvocations = 1\n",
        "22".repeat(32)
    );
    let job = toml(&text).unwrap();
    assert_eq!(job.spec.inputs[0].buffer.root, [0x22; 32]);
    assert_eq!(job.spec.inputs[0].buffer.len, 64);
    assert!(matches!(&job.spec.inputs[0].source, Source::Url(url) if &url[..] == b"https://example.org/x"));
    assert!(job.uploads.is_empty());
}

/// A description with one change, and the error that it gives.
#[track_caller]
fn refused(from: &str, to: &str, expected: &str) {
    assert!(GOOD.contains(from), "{from:?} is not in the description");
    let error = toml(&GOOD.replacen(from, to, 1)).unwrap_err();
    assert!(error.contains(expected), "{error:?} does not contain {expected:?}");
}

#[test]
fn every_defect_names_its_place_and_a_remedy() {
    refused("ceiling = \"5TSN\"", "", "missing field `ceiling`");
    refused("\"5TSN\"", "\"5 coins\"", "ceiling: \"5 coins\" is not an amount: write 100TSN");
    refused("auction = 12", "", "needs the length of the auction: add `auction = 10`");
    refused("matching = \"open\"", "", "`auction` belongs to matching = \"open\"");
    refused("\"discrete\"", "\"huge\"", "huge");
    refused("deadline = 9", "dead_line = 9", "dead_line");
    refused("file = \"data.bin\"", "file = \"none.bin\"", "input \"data\": ");
    refused("file = \"data.bin\"", "file = \".\"", "is not a regular file, and it is read more than once");
    refused("file = \"data.bin\"", "file = \"odd.bin\"", "it has 5 bytes; a buffer has a positive multiple of 4");
    refused("file = \"data.bin\"", "", "input \"data\": name its `file`, or its `root` and `length`");
    refused("\"inline\"", "\"mail\"", "`source` is \"inline\", \"put\", or an http(s) URL");
    refused("name = \"big\"", "name = \"data\"", "two buffers are called \"data\"");
    refused("reads = [\"big\"]", "reads = [\"small\"]", "step \"first\" reads \"small\", which is neither");
    refused("reads = [\"big\"]", "reads = [\"first\"]", "step \"first\" reads \"first\", which is neither");
    refused("4294967295", "4294967296", "step \"1\": the parameter 4294967296 does not fit 32 bits");
    refused("-1", "-2147483649", "the parameter -2147483649 does not fit 32 bits");
    refused("\"copy.wgsl\"", "\"gone.wgsl\"", "step \"first\": the kernel");
    refused("\"copy.wgsl\"", "\"data.bin\"", "is not a valid kernel");
    refused("\"copy.wgsl\"", "\"0x1234\"", "step \"first\": \"0x1234\" is not a kernel");
    refused("invocations = 4", "invocations = -4", "invocations");
}

#[test]
fn no_field_of_a_description_takes_a_secret_and_the_error_says_where_it_is() {
    let digits = "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
    let phrase = ["abandon"; 11].join(" ") + " about";
    // Too long for the content of a key file.
    let good = format!("# {}\n{GOOD}", "-".repeat(512));
    for secret in [digits, &digits[1..], &phrase] {
        for (from, to, place) in [
            ("\"5TSN\"", "\"SECRET\"", "ceiling"),
            ("1000", "\"SECRET\"", "min_collateral"),
            ("name = \"big\"", "name = \"SECRET\"", "the name of input 1"),
            ("file = \"data.bin\"", "file = \"SECRET\"", "the file of input 0"),
            ("\"inline\"", "\"SECRET\"", "the source of input 0"),
            ("name = \"first\"", "name = \"SECRET\"", "the name of step 0"),
            ("[\"first\"]", "[\"SECRET\"]", "the list of reads of step 1"),
            ("\"copy.wgsl\"", "\"SECRET\"", "the kernel of step 0"),
        ] {
            let error = toml(&good.replacen(from, &to.replace("SECRET", secret), 1)).unwrap_err();
            assert!(
                error.starts_with(&format!("{place} looks like a mnemonic or a seed; it is neither used")),
                "{error}"
            );
            assert!(!error.contains("5be9a5") && !error.contains("abandon"), "{error}");
        }
    }
    // Unless it is a file, as in a folder of blobs.
    let folder = folder();
    std::fs::rename(folder.path().join("data.bin"), folder.path().join(digits)).unwrap();
    assert!(prepare(folder.path(), "job.toml", &GOOD.replace("data.bin", digits)).is_ok());
}

#[test]
fn urls_are_read_before_anything_is_submitted() {
    let text = |url: &str| {
        format!(
            "ceiling = 1\n[[input]]\nname = \"x\"\nsource = \"{url}\"\nroot = \"0x{}\"\nlength = 64\n\
             [[step]]\nkernel = \"copy.wgsl\"\nreads = [\"x\"]\ninvocations = 1\n",
            "22".repeat(32)
        )
    };
    for url in ["HTTP://example.org/x", "https://example.org:65535/x", "http://[::1]/x"] {
        let job = toml(&text(url)).unwrap();
        assert!(matches!(&job.spec.inputs[0].source, Source::Url(taken) if &taken[..] == url.as_bytes()), "{url}");
    }
    for (url, defect) in [
        ("http://", "it names no host"),
        ("http://example.org:65536/x", "its port is not a number from 1 to 65535"),
        ("http://user:word@example.org", "it has a user or password, which would be public"),
        ("ftp://example.org/x", "it does not begin with http:// or https://"),
    ] {
        assert_eq!(
            toml(&text(url)).unwrap_err(),
            format!("input \"x\": the URL of its `source` cannot be used: {defect}")
        );
    }
}

#[test]
fn every_url_that_the_chain_takes_is_one_for_the_library_that_fetches_it() {
    let hosts = [
        "example.org",
        "EXAMPLE.org.",
        "a_b",
        "localhost",
        "127.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[2001:db8::1]",
        "1a.b-c",
        "256.0.0.1",
        "127.1",
        "0x7f.1",
        "a..b",
        "a b",
        "[::1",
        "x@y",
        "",
        ".",
        "a.0x1",
        "é.org",
        "1.2.3.4.",
        "xn--bcher-kva.example",
    ];
    let ports = ["", ":1", ":80", ":65535", ":0", ":65536", ":", ":+1", ":x"];
    let ends = ["", "/", "/a?b#c", "?x", "#y", "/ü", "/\\"];
    let mut taken = 0;
    for scheme in ["http", "HTTPS", "ftp", ""] {
        for host in hosts {
            for (port, end) in ports.iter().flat_map(|port| ends.map(|end| (port, end))) {
                let url = format!("{scheme}://{host}{port}{end}");
                if touchstone_primitives::check_url(url.as_bytes()).is_err() {
                    continue;
                }
                let parsed = reqwest::Url::parse(&url).unwrap_or_else(|error| panic!("{url}: {error}"));
                assert!(matches!(parsed.scheme(), "http" | "https") && parsed.has_host(), "{url}");
                taken += 1;
            }
        }
    }
    assert!(taken > 400, "{taken}");
}

#[test]
fn a_file_that_does_not_have_the_stated_root_or_length_is_refused() {
    let stated = format!("file = \"data.bin\"\nroot = \"0x{}\"", "33".repeat(32));
    refused("file = \"data.bin\"", &stated, "not to the root stated");
    refused("file = \"data.bin\"", "file = \"data.bin\"\nlength = 20", "it has 16 bytes, not the 20 stated");
}

#[test]
fn an_error_of_the_compiler_shows_the_line() {
    let folder = folder();
    std::fs::write(folder.path().join("copy.wgsl"), COPY.replace("numbers[id.x];", "numbers[id.x] +;")).unwrap();
    let error = prepare(folder.path(), "job.toml", GOOD).unwrap_err();
    assert!(error.contains("copy.wgsl") && error.contains("numbers[id.x] +;"), "{error}");
}

#[test]
fn more_than_64_kib_inline_is_refused_with_the_way_out() {
    let folder = folder();
    std::fs::write(folder.path().join("data.bin"), vec![1; 65_540]).unwrap();
    let error = prepare(folder.path(), "job.toml", GOOD).unwrap_err();
    assert_eq!(
        error,
        "the inline inputs have 65540 bytes together, more than 65536: use `put` or a URL for the larger ones"
    );
}

#[test]
fn a_seventeenth_step_is_refused() {
    let step =
        "[[step]]\nkernel = \"0x1111111111111111111111111111111111111111111111111111111111111111\"\ninvocations = 1\n";
    let error = toml(&format!("ceiling = 1\n{}", step.repeat(17))).unwrap_err();
    assert_eq!(error, "the job has more than 16 steps: split it");
}

#[test]
fn a_description_that_is_not_there_is_an_error() {
    let error = Manifest::read(Path::new("no/such/job.toml")).err().unwrap().to_string();
    assert!(error.starts_with("the job description no/such/job.toml cannot be read: "), "{error}");
}

#[test]
fn what_is_not_an_amount_is_told_with_what_would_be_one() {
    let rest = "\n[[step]]\nkernel = \"copy.wgsl\"\ninvocations = 1\n";
    for (amount, found) in
        [("-5", "`-5`"), ("1.5", "`1.5`"), ("true", "bool true"), ("[5]", "sequence"), ("\"five\"", "\"five\"")]
    {
        for field in ["ceiling", "min_collateral"] {
            let text = match field {
                "ceiling" => format!("ceiling = {amount}{rest}"),
                _ => format!("ceiling = 1\nmin_collateral = {amount}{rest}"),
            };
            let error = toml(&text).unwrap_err();
            assert!(error.contains(&format!("{field}: ")) && error.contains(found), "{error}");
            assert!(error.contains("whole number in the smallest unit") && error.contains("100TSN"), "{error}");
        }
    }
    let json = r#"{ "ceiling": -5, "step": [] }"#;
    let error = prepare(folder().path(), "job.json", json).unwrap_err();
    assert!(error.contains("`-5`") && error.contains("whole number in the smallest unit"), "{error}");
}

#[test]
fn an_amount_is_a_number_or_a_text_in_both_forms() {
    let rest = "\n[[step]]\nkernel = \"copy.wgsl\"\nreads = [\"d\"]\ninvocations = 4\n[[input]]\nname = \"d\"\nfile = \
        \"data.bin\"\n";
    for (amount, units) in [("0", 0), ("7", 7), ("\"7\"", 7), ("\"0.5TSN\"", 500_000_000_000)] {
        assert_eq!(toml(&format!("ceiling = {amount}{rest}")).unwrap().spec.ceiling, units);
        let json = format!(
            r#"{{ "ceiling": {amount}, "input": [{{ "name": "d", "file": "data.bin" }}],
                 "step": [{{ "kernel": "copy.wgsl", "reads": ["d"], "invocations": 4 }}] }}"#
        );
        assert_eq!(prepare(folder().path(), "job.json", &json).unwrap().spec.ceiling, units);
    }
}

//! The test vectors in `tests/vectors/`, which any implementation can run: `tests/vectors/README.md` says how.
//!
//! What they expect was computed by the reference of these tests or counted by hand, not by the interpreter; both are held
//! to them. `cargo test -p touchstone-kernel --test it write_the_vectors -- --ignored` adds what the writers beside this
//! file have and the vectors lack. The meaning of a version never changes: it refuses to change what is there.

mod control;
mod costs;
mod example;
mod memory;
mod openings;
mod proofs;
mod refusals;
mod starts;
mod values;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::PathBuf,
    sync::OnceLock,
};

use serde_json::Value;
use touchstone_kernel::{interpret, root, verify, ChunkRange, Kernel, Missing, Op, OpenedInputs, Opening, Trap};
use touchstone_reference::Program;

use crate::{common::*, reference};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    assert!(text.len().is_multiple_of(2));
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// The lines of all files, by file. Read once for all tests.
pub fn read() -> &'static BTreeMap<String, Vec<Value>> {
    static FILES: OnceLock<BTreeMap<String, Vec<Value>>> = OnceLock::new();
    FILES.get_or_init(read_anew)
}

fn read_anew() -> BTreeMap<String, Vec<Value>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let lines = fs::read_to_string(&path).unwrap();
            files.insert(name, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect());
        }
    }
    files
}

/// Every line that has this key, with the name of its file and itself.
fn each(key: &str, mut check: impl FnMut(&str, &Value)) {
    let mut count = 0;
    for (file, lines) in read() {
        for line in lines.iter().filter(|line| line.get(key).is_some()) {
            check(&format!("{file}: {}", line["name"]), line);
            count += 1;
        }
    }
    assert!(count > 0, "no vector has {key}");
}

/// The name of an error in the specification: that of its variant, without the enum around it or the place.
fn rule(error: impl fmt::Debug) -> String {
    let text = format!("{error:?}");
    let text = text.trim_start_matches("Range(").trim_start_matches("BadArguments(");
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[test]
fn the_interpreter_and_the_reference_give_what_the_vectors_say() {
    let mut invocations = 0;
    each("cases", |name, line| {
        let code = unhex(&line["kernel"]);
        let kernel = Kernel::decode(&code).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(kernel.encode(), code, "{name}");
        let program = reference::program(&kernel);
        let inputs: Vec<Vec<u8>> = line["inputs"].as_array().unwrap().iter().map(unhex).collect();
        for case in line["cases"].as_array().unwrap() {
            let params = numbers(&case[0]);
            let invocation = number(&case[1]);
            let (words, fuel) = (numbers(&case[2]), case[3].as_u64().unwrap());
            let lengths: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
            let cost = kernel.cost(&params, &lengths).unwrap_or_else(|error| panic!("{name}: {case}: {error}"));
            assert!(fuel <= cost.fuel, "{name}: {case}");
            let expected = program.run(&params, &inputs, invocation);
            assert_eq!((&expected.words, expected.fuel), (&words, fuel), "{name}: {case}");
            assert_eq!(try_run(&kernel, &params, &inputs, invocation, fuel), Ok(words), "{name}: {case}");
            let stopped = try_run(&kernel, &params, &inputs, invocation, fuel - 1);
            assert_eq!(stopped, Err(Trap::OutOfFuel), "{name}: {case}");
            invocations += 1;
        }
    });
    assert!(invocations > 5000, "{invocations}");
}

#[test]
fn kernels_cost_what_the_vectors_say() {
    each("costs", |name, line| {
        let kernel = Kernel::decode(&unhex(&line["kernel"])).unwrap();
        let program = reference::program(&kernel);
        for case in line["costs"].as_array().unwrap() {
            let (params, lengths) = (numbers(&case["params"]), numbers(&case["lengths"]));
            let cost = kernel.cost(&params, &lengths);
            let counted = program.cost(&params, &lengths);
            match case.get("error") {
                None => {
                    let (fuel, chunks) = (case["fuel"].as_u64().unwrap(), numbers(&case["chunks"]));
                    let cost = cost.unwrap_or_else(|error| panic!("{name}: {case}: {error}"));
                    assert_eq!((cost.fuel, &cost.chunks[..chunks.len()]), (fuel, &chunks[..]), "{name}: {case}");
                    assert_eq!(cost.chunks[chunks.len()..].iter().sum::<u32>(), 0, "{name}: {case}");
                    assert_eq!(counted, Ok(touchstone_reference::Cost { fuel, chunks }), "{name}: {case}");
                }
                Some(error) => {
                    assert_eq!(cost.map_err(rule), Err(error.as_str().unwrap().into()), "{name}: {case}");
                    assert!(counted.is_err(), "{name}: {case}");
                }
            }
        }
    });
}

#[test]
fn encodings_are_kernels_or_break_the_rule_that_the_vectors_name() {
    each("valid", |name, line| {
        let bytes = unhex(&line["kernel"]);
        let decoded = Kernel::decode(&bytes);
        let second = Program::decode(&bytes);
        if line["valid"].as_bool().unwrap() {
            let kernel = decoded.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(kernel.encode(), bytes, "{name}");
            assert_eq!(kernel.hash().to_vec(), unhex(&line["hash"]), "{name}");
            assert!(second.is_ok(), "{name}");
        } else {
            assert_eq!(decoded.map_err(rule), Err(line["error"].as_str().unwrap().into()), "{name}");
            assert!(second.is_err(), "{name}");
        }
    });
}

fn opening(value: &Value) -> Opening {
    let list = |key: &str| value[key].as_array().unwrap().iter();
    let range = |pair| match numbers(pair)[..] {
        [first, count] => ChunkRange { first, count },
        _ => panic!("{pair} is not a range"),
    };
    Opening {
        ranges: list("ranges").map(range).collect(),
        data: unhex(&value["data"]),
        siblings: list("siblings").map(|node| unhex(node).try_into().unwrap()).collect(),
    }
}

fn hash(value: &Value) -> [u8; 32] {
    unhex(value).try_into().unwrap()
}

#[test]
fn openings_prove_what_the_vectors_say() {
    each("opening", |name, line| {
        let given = opening(&line["opening"]);
        let verified = verify(&given, &hash(&line["root"]), number(&line["length"])).map(|_| ()).map_err(rule);
        let expected = match line["proves"].as_bool().unwrap() {
            true => Ok(()),
            false => Err(line["error"].as_str().unwrap().to_owned()),
        };
        assert_eq!(verified, expected, "{name}");
        if let Some(encoded) = line.get("encoded") {
            use codec::{DecodeAll, Encode};
            assert_eq!(given.encode(), unhex(encoded), "{name}");
            assert_eq!(Opening::decode_all(&mut &unhex(encoded)[..]), Ok(given), "{name}");
        }
    });
}

#[test]
fn buffers_have_the_roots_that_the_vectors_say() {
    each("bytes", |name, line| assert_eq!(root(&unhex(&line["bytes"])), hash(&line["root"]), "{name}"));
}

#[test]
fn an_invocation_runs_on_openings_until_it_misses_a_chunk() {
    each("proofs", |name, line| {
        let kernel = Kernel::decode(&unhex(&line["kernel"])).unwrap();
        let inputs = line["openings"].as_array().unwrap();
        let lengths: Vec<u32> = inputs.iter().map(|input| number(&input["length"])).collect();
        let openings: Vec<Opening> = inputs.iter().map(opening).collect();
        for proof in line["proofs"].as_array().unwrap() {
            let opened = openings.iter().zip(inputs).zip(&lengths);
            let opened =
                opened.map(|((opening, input), length)| verify(opening, &hash(&input["root"]), *length).unwrap());
            let mut reader = OpenedInputs::new(opened.collect());
            let (params, invocation) = (numbers(&proof["params"]), number(&proof["invocation"]));
            let words = interpret(&kernel, &params, &lengths, invocation, &mut reader, ENOUGH);
            let expected = match proof.get("missing").map(numbers).as_deref() {
                None => Ok(numbers(&proof["words"])),
                Some([buffer, chunk]) => Err(Trap::Missing(Missing { buffer: *buffer as u8, chunk: *chunk })),
                Some(_) => panic!("{name}: a missing chunk is an input and an index"),
            };
            assert_eq!(words, expected, "{name}: {proof}");
        }
    });
}

#[test]
fn every_operation_has_vectors() {
    let files = read();
    for op in Op::ALL {
        assert!(files.contains_key(op.name()), "{}", op.name());
        let used = files[op.name()].iter().any(|line| {
            let kernel = Kernel::decode(&unhex(&line["kernel"])).unwrap();
            kernel.module().code.iter().any(|instr| instr.opcode() == Some(*op))
        });
        assert!(used, "{}", op.name());
    }
}

#[test]
fn every_vector_has_a_name_of_its_own_and_something_to_check() {
    let keys = ["cases", "costs", "valid", "opening", "bytes", "proofs"];
    for (file, lines) in read() {
        let mut names = BTreeSet::new();
        for line in lines {
            let name = line["name"].as_str().unwrap().to_owned();
            assert!(keys.iter().any(|key| line.get(key).is_some()), "{file}: {name}");
            assert!(names.insert(name.clone()), "{file}: {name}");
        }
    }
}

//! The test vectors in `tests/vectors/`, which any implementation can run: `tests/vectors/README.md` says how.
//!
//! What they expect was computed by the reference of these tests, not by the interpreter; both are held to them.
//! `cargo test -p touchstone-kernel --test it write_the_vectors -- --ignored` writes them anew. The meaning of a version
//! never changes, so that what is there must not change either: new vectors are added.

use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf};

use serde_json::{json, Value};
use touchstone_kernel::{
    chunk_count, open, root, verify, Bound, ChunkRange, Instr, Kernel, Module, Op, Opening, ViewDecl,
};

use crate::{common::*, reference};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    assert!(text.len().is_multiple_of(2));
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|number| u32::try_from(number.as_u64().unwrap()).unwrap()).collect()
}

/// The lines of all files, by file.
fn read() -> BTreeMap<String, Vec<Value>> {
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

#[test]
fn the_interpreter_and_the_reference_give_what_the_vectors_say() {
    let mut invocations = 0;
    each("cases", |name, line| {
        let code = unhex(&line["kernel"]);
        let kernel = Kernel::decode(&code).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(kernel.encode(), code, "{name}");
        let inputs: Vec<Vec<u8>> = line["inputs"].as_array().unwrap().iter().map(unhex).collect();
        for case in line["cases"].as_array().unwrap() {
            let params = numbers(&case[0]);
            let invocation = case[1].as_u64().unwrap() as u32;
            let (words, fuel) = (numbers(&case[2]), case[3].as_u64().unwrap());
            let expected = reference::run(&kernel, &params, &inputs, invocation);
            assert_eq!((&expected.words, expected.fuel), (&words, fuel), "{name}: {case}");
            assert_eq!(try_run(&kernel, &params, &inputs, invocation, fuel), Ok(words), "{name}: {case}");
            assert!(try_run(&kernel, &params, &inputs, invocation, fuel - 1).is_err(), "{name}: {case}");
            invocations += 1;
        }
    });
    assert!(invocations > 5000, "{invocations}");
}

#[test]
fn kernels_cost_what_the_vectors_say() {
    each("costs", |name, line| {
        let kernel = Kernel::decode(&unhex(&line["kernel"])).unwrap();
        for case in line["costs"].as_array().unwrap() {
            let cost = kernel.cost(&numbers(&case["params"]), &numbers(&case["lengths"])).ok();
            let (fuel, chunks) = (case["fuel"].as_u64(), case.get("chunks").map(numbers));
            assert_eq!(cost.map(|cost| cost.fuel), fuel, "{name}: {case}");
            let inputs = usize::from(kernel.module().inputs);
            assert_eq!(cost.map(|cost| cost.chunks[..inputs].to_vec()), chunks, "{name}: {case}");
        }
    });
}

#[test]
fn encodings_that_the_vectors_call_invalid_are_refused() {
    each("valid", |name, line| {
        let valid = line["valid"].as_bool().unwrap();
        let decoded = Kernel::decode(&unhex(&line["kernel"]));
        assert_eq!(decoded.is_ok(), valid, "{name}: {decoded:?}");
    });
}

#[test]
fn openings_prove_what_the_vectors_say() {
    each("opening", |name, line| {
        let opening = &line["opening"];
        let ranges = opening["ranges"].as_array().unwrap().iter().map(|range| {
            let range = numbers(range);
            ChunkRange { first: range[0], count: range[1] }
        });
        let opening = Opening {
            ranges: ranges.collect(),
            data: unhex(&opening["data"]),
            siblings: opening["siblings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| unhex(node).try_into().unwrap())
                .collect(),
        };
        let root: [u8; 32] = unhex(&line["root"]).try_into().unwrap();
        let length = line["length"].as_u64().unwrap() as u32;
        assert_eq!(verify(&opening, &root, length).is_ok(), line["proves"].as_bool().unwrap(), "{name}");
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
    for subject in ["bounds", "costs", "invalid", "openings", "random"] {
        assert!(files.contains_key(subject), "{subject}");
    }
}

#[test]
#[ignore = "writes the files that the other tests read"]
fn write_the_vectors() {
    let mut book = Book::default();
    value_operations(&mut book);
    memory_operations(&mut book);
    control(&mut book);
    bounds(&mut book);
    costs(&mut book);
    invalid(&mut book);
    openings(&mut book);
    random(&mut book);
    for (file, lines) in book.files {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(folder().join(format!("{file}.jsonl")), text).unwrap();
    }
}

/// Files in the making.
#[derive(Default)]
struct Book {
    files: BTreeMap<String, Vec<Value>>,
}

impl Book {
    fn add(&mut self, file: &str, line: Value) {
        self.files.entry(file.into()).or_default().push(line);
    }

    /// A kernel with its inputs, and what the reference makes of each pair of parameters and invocation.
    fn run(&mut self, file: &str, name: &str, module: Module, inputs: &[Vec<u8>], cases: &[(Vec<u32>, u32)]) {
        let kernel = Kernel::from_module(module).unwrap_or_else(|error| panic!("{name}: {error}"));
        let cases: Vec<Value> = cases
            .iter()
            .map(|(params, invocation)| {
                let done = reference::run(&kernel, params, inputs, *invocation);
                json!([params, invocation, done.words, done.fuel])
            })
            .collect();
        let inputs: Vec<String> = inputs.iter().map(|input| text(input)).collect();
        self.add(file, json!({ "name": name, "kernel": text(&kernel.encode()), "inputs": inputs, "cases": cases }));
    }
}

/// Words at which arithmetic goes wrong.
const EDGES: [u32; 12] = [0, 1, 2, 7, 31, 32, 33, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x80FF_017F];

/// Offsets and counts of bit fields.
const FIELDS: [u32; 8] = [0, 1, 5, 8, 31, 32, 33, 0xFFFF_FFFF];

/// A module with these parameters and this code, which stores register 15 in the first word of its window.
fn storing(params: u8, mut code: Vec<Instr>) -> Module {
    code.push(i(Const, 14, 0, 0, 0));
    code.push(i(Ostore, 15, 14, 0, 0));
    Module { window: 1, registers: 16, params, code, ..Module::default() }
}

/// Loads all parameters into registers 0, 1, …
fn params(count: u8) -> Vec<Instr> {
    (0..count).map(|at| i(Param, at, 0, at, 0)).collect()
}

fn value_operations(book: &mut Book) {
    let singles: Vec<(Vec<u32>, u32)> = EDGES.iter().map(|&x| (vec![x], 0)).collect();
    let pairs: Vec<(Vec<u32>, u32)> = EDGES.iter().flat_map(|&x| EDGES.map(|y| (vec![x, y], 0))).collect();
    for &op in Op::ALL {
        let name = op.name();
        let with = |count: u8, instr: Instr| storing(count, [params(count), vec![instr]].concat());
        match op {
            _ if op.is_binary() => {
                book.run(name, "two registers", with(2, i(op, 15, 0, 1, 0)), &[], &pairs);
                book.run(name, "one register twice", with(1, i(op, 15, 0, 0, 0)), &[], &singles);
                for imm in [0, 1, 31, 32, 0x8000_0000, 0xFFFF_FFFF] {
                    book.run(name, &format!("the immediate {imm}"), with(1, ii(op, 15, 0, imm)), &[], &singles);
                }
            }
            Mov | Not | Neg | Abs | Clz | Ctz | Popcnt | Revbits => {
                let cases: Vec<_> = EDGES
                    .into_iter()
                    .chain((0..32).map(|bit| 1 << bit))
                    .chain([0xF0F0_1234, 0x0001_0000, 0xFFFF_0000])
                    .map(|x| (vec![x], 0))
                    .collect();
                book.run(name, "a register", with(1, i(op, 15, 0, 0, 0)), &[], &cases);
                let own = storing(1, vec![i(Param, 15, 0, 0, 0), i(op, 15, 15, 0, 0)]);
                book.run(name, "its own destination", own, &[], &cases);
            }
            Dot4AccU | Dot4AccS | Mad => {
                let code = [params(3), vec![i(Mov, 15, 0, 0, 0), i(op, 15, 1, 2, 0)]].concat();
                let cases: Vec<_> = pairs
                    .iter()
                    .flat_map(|(pair, _)| [0, 1, 0xFFFF_FFFF].map(|start| (vec![start, pair[0], pair[1]], 0)))
                    .collect();
                book.run(name, "added to what was there", storing(3, code), &[], &cases);
                let own = storing(1, vec![i(Param, 15, 0, 0, 0), i(op, 15, 15, 15, 0)]);
                book.run(name, "three times the same register", own, &[], &singles);
            }
            Select => {
                let cases: Vec<_> = EDGES.iter().map(|&condition| (vec![10, 20, condition], 0)).collect();
                book.run(name, "any condition but 0", with(3, i(op, 15, 0, 1, 2)), &[], &cases);
            }
            ExtractU | ExtractS => {
                let cases: Vec<_> = [0xABCD_1234, 0xFFFF_FFFF, 0x8000_0001, 0x7FFF_FFFE]
                    .iter()
                    .flat_map(|&x| FIELDS.iter().flat_map(move |&o| FIELDS.iter().map(move |&n| (vec![x, o, n], 0))))
                    .collect();
                book.run(name, "every clamping of a field", with(3, i(op, 15, 0, 1, 2)), &[], &cases);
            }
            Insert => {
                let cases: Vec<_> = [(0xFFFF_FFFF, 0), (0, 0xFFFF_FFFF), (0x1234_5678, 0xABCD_EF01)]
                    .iter()
                    .flat_map(|&(x, y)| {
                        FIELDS.iter().flat_map(move |&o| FIELDS.iter().map(move |&n| (vec![x, y, o, n], 0)))
                    })
                    .collect();
                book.run(name, "every clamping of a field", with(4, i(op, 15, 0, 1, 2 + 256 * 3)), &[], &cases);
            }
            Const => {
                for value in EDGES {
                    book.run(
                        name,
                        &format!("the value {value}"),
                        storing(0, vec![i(op, 15, 0, 0, value)]),
                        &[],
                        &[(vec![], 0)],
                    );
                }
            }
            Gid => {
                let cases: Vec<_> = EDGES.iter().map(|&invocation| (vec![], invocation)).collect();
                book.run(name, "any invocation", storing(0, vec![i(op, 15, 0, 0, 0)]), &[], &cases);
            }
            Param => {
                let all: Vec<u32> = (0..16).map(|at| 100 + at).collect();
                for at in [0, 1, 15] {
                    let code = vec![i(op, 15, 0, at, 0)];
                    book.run(name, &format!("parameter {at} of 16"), storing(16, code), &[], &[(all.clone(), 0)]);
                }
            }
            Len => {
                for (at, words) in [(0u8, 1u32), (1, 3), (0, 300)] {
                    let module = Module { inputs: 2, ..storing(0, vec![i(op, 15, 0, at, 0)]) };
                    let mut inputs = vec![bytes(&[0; 5]), bytes(&[0; 5])];
                    inputs[usize::from(at)] = bytes(&vec![0; words as usize]);
                    book.run(name, &format!("an input of {words} words"), module, &inputs, &[(vec![], 0)]);
                }
            }
            _ => {}
        }
    }
}

/// Indices around the ends of a buffer of `words` words, of the words that exist, and of what wraps.
fn indices(words: u32) -> Vec<u32> {
    let mut all: Vec<u32> = vec![0, 1, 2, 3, 1 << 29, 1 << 30, 1 << 31, u32::MAX, u32::MAX - 1, u32::MAX - 3];
    for end in [words, words / 4, (1 << 30) - 1, 1 << 30] {
        all.extend((0..4).map(|off| end.wrapping_sub(2).wrapping_add(off)));
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn memory_operations(book: &mut Book) {
    let input: Vec<u32> = (0..263).map(|at| 0x0101_0000 + at).collect();
    let inputs = [bytes(&[7, 8, 9]), bytes(&input)];
    let with_input = |window: u16, code: Vec<Instr>| Module {
        window,
        registers: 16,
        inputs: 2,
        params: 2,
        views: vec![ViewDecl { buffer: 1, bound: 0 }],
        bounds: vec![Bound { c: 0, cap: u32::MAX, m: 1, param: Some(1), shift: 0 }],
        segments: vec![3, 5],
        constants: vec![10, 20, 30, 40, 50],
        code,
    };
    let each: Vec<(Vec<u32>, u32)> = indices(263).into_iter().map(|at| (vec![at, 0], 0)).collect();
    let start = vec![i(Param, 0, 0, 0, 0), i(Const, 14, 0, 0, 0)];
    let then = |code: Vec<Instr>, stores: &[u8]| {
        let stores = stores.iter().zip(0..).map(|(&reg, at)| i(Ostore, reg, 14, 0, at));
        [start.clone(), code].concat().into_iter().chain(stores).collect::<Vec<_>>()
    };
    for imm in [0, 1, u32::MAX, 262] {
        let name = format!("the immediate {imm} added to the index");
        book.run("load", &name, with_input(1, then(vec![i(Load, 2, 0, 1, imm)], &[2])), &inputs, &each);
        let four = then(vec![i(Load4, 2, 0, 1, imm)], &[2, 3, 4, 5]);
        book.run("load4", &name, with_input(4, four), &inputs, &each);
    }
    // The register of the index is one of the four.
    let four = then(vec![i(Load4, 0, 0, 1, 0)], &[0, 1, 2, 3]);
    book.run("load4", "over its own index", with_input(4, four), &inputs, &each);

    // Views: base, length, index.
    for (base, length) in [
        (0, 263),
        (0, 0),
        (5, 1),
        (5, 4),
        (4, 4),
        (8, 100),
        (260, 10),
        (300, 5),
        (u32::MAX, 5),
        (u32::MAX - 3, 9),
        (1 << 31, u32::MAX),
    ] {
        let view = vec![i(Const, 1, 0, 0, base), i(View, 0, 1, 0, 0)];
        let mut around: Vec<u32> = [base, base.wrapping_add(length), base / 4, base.wrapping_add(length) / 4]
            .iter()
            .flat_map(|&at| (0..5u32).map(move |off| at.wrapping_sub(2).wrapping_add(off)))
            .chain(indices(263))
            .collect();
        around.sort_unstable();
        around.dedup();
        let cases: Vec<_> = around.into_iter().map(|at| (vec![at, length], 0)).collect();
        let name = format!("base {base}, {length} words");
        let one = [view.clone(), vec![i(LoadView, 2, 0, 0, 0)]].concat();
        book.run("load_view", &name, with_input(1, then(one, &[2])), &inputs, &cases);
        let four = [view, vec![i(Load4View, 2, 0, 0, 0)]].concat();
        book.run("load4_view", &name, with_input(4, then(four, &[2, 3, 4, 5])), &inputs, &cases);
    }
    let ends = vec![(vec![0, 9], 0), (vec![1, 9], 0)];
    let before = vec![i(LoadView, 2, 0, 0, 0), i(Load4View, 4, 0, 0, 0)];
    book.run("view", "before it is declared it is empty", with_input(2, then(before, &[2, 4])), &inputs, &ends);
    let again = vec![
        i(View, 0, 0, 0, 0),
        i(LoadView, 2, 14, 0, 3),
        ii(Add, 1, 0, 3),
        i(View, 0, 1, 0, 0),
        i(LoadView, 3, 14, 0, 3),
        i(LoadView, 4, 14, 0, 2),
    ];
    let again = with_input(3, then(again, &[2, 3, 4]));
    book.run("view", "declared twice, the second counts", again, &inputs, &[(vec![0, 4], 0), (vec![2, 2], 0)]);

    for (first, len) in [(0u16, 5u16), (1, 3), (4, 1)] {
        let code = then(vec![i(Cload, 2, 0, 0, pack(first, len))], &[2]);
        book.run("cload", &format!("{len} constants from {first}"), with_input(1, code), &inputs, &each);
    }
    for segment in [0, 1] {
        for imm in [0, 1, u32::MAX] {
            let fill = (0..5u32).flat_map(|at| [i(Const, 1, 0, 0, 70 + at), i(Sstore, 1, 14, segment, at)]);
            let code: Vec<_> = fill.chain([i(Sload, 2, 0, segment, imm), i(Sload, 3, 0, 1 - segment, 0)]).collect();
            let name = format!("segment {segment}, the immediate {imm}");
            book.run("sload", &name, with_input(2, then(code, &[2, 3])), &inputs, &each);
            let store = vec![i(Const, 1, 0, 0, 9), i(Sstore, 1, 0, segment, imm)];
            let look = (0..6).map(|at| i(Sload, 2 + at, 14, segment, at.into()));
            let code = store.into_iter().chain(look).collect();
            book.run("sstore", &name, with_input(6, then(code, &[2, 3, 4, 5, 6, 7])), &inputs, &each);
        }
    }
    for imm in [0, 1, u32::MAX] {
        let name = format!("the immediate {imm}");
        let fill = (0..3u32).flat_map(|at| [i(Const, 1, 0, 0, 70 + at), i(Ostore, 1, 14, 0, at)]);
        let code: Vec<_> = fill.chain([i(Oload, 2, 0, 0, imm), i(Ostore, 2, 14, 0, 3)]).collect();
        book.run("oload", &name, with_input(4, then(code, &[])), &inputs, &each);
        let code = then(vec![i(Const, 1, 0, 0, 9), i(Ostore, 1, 0, 0, imm)], &[]);
        book.run("ostore", &name, with_input(4, code), &inputs, &each);
    }
}

/// A kernel whose window has four words and which adds marks to register 15; conditions are parameters 0 and 1 in
/// registers 0 and 1.
fn marked(code: Vec<Instr>) -> Module {
    let mut all = params(2);
    let shift = all.len() as u32;
    // Targets count from the beginning of the kernel.
    all.extend(code.into_iter().map(|instr| {
        let low = u32::from(instr.low()) + shift;
        let high = u32::from(instr.high());
        match instr.opcode() {
            Some(If) => Instr { imm: low | (high + shift) << 16, ..instr },
            Some(Loop | EndLoop) => Instr { imm: low | high << 16, ..instr },
            Some(Else | Block | Break | BreakIf | Continue | ContinueIf) => Instr { imm: low, ..instr },
            _ => instr,
        }
    }));
    all.extend([i(Const, 14, 0, 0, 0), i(Ostore, 15, 14, 0, 0)]);
    Module {
        window: 1,
        registers: 16,
        params: 2,
        bounds: vec![Bound::constant(3), Bound::constant(0), Bound { c: 0, cap: 6, m: 1, param: Some(0), shift: 0 }],
        code: all,
        ..Module::default()
    }
}

/// Adds a power of ten to register 15.
fn mark(digit: u32) -> Instr {
    ii(Add, 15, 15, 10u32.pow(digit))
}

fn control(book: &mut Book) {
    let truths: Vec<(Vec<u32>, u32)> =
        [0, 1, 5, 0x8000_0000].iter().flat_map(|&x| [0, 1, 2, 3, u32::MAX].map(|y| (vec![x, y], 0))).collect();
    let mut add = |files: &[&str], name: &str, code: Vec<Instr>| {
        for file in files {
            book.run(file, name, marked(code.clone()), &[], &truths);
        }
    };
    add(
        &["if", "end"],
        "an if without an else",
        vec![i(If, 0, 0, 0, pack(2, 2)), mark(0), i(End, 0, 0, 0, 0), mark(1)],
    );
    add(
        &["if", "else"],
        "an if with an else",
        vec![i(If, 0, 0, 0, pack(2, 4)), mark(0), i(Else, 0, 0, 0, 4), mark(1), i(End, 0, 0, 0, 0), mark(2)],
    );
    add(
        &["else"],
        "an if in each arm",
        vec![
            i(If, 0, 0, 0, pack(4, 10)),
            i(If, 0, 1, 0, pack(3, 3)),
            mark(0),
            i(End, 0, 0, 0, 0),
            i(Else, 0, 0, 0, 10),
            i(If, 0, 1, 0, pack(7, 9)),
            mark(1),
            i(Else, 0, 0, 0, 9),
            mark(2),
            i(End, 0, 0, 0, 0),
            i(End, 0, 0, 0, 0),
            mark(3),
        ],
    );
    add(
        &["block", "break"],
        "a break out of a block",
        vec![i(Block, 0, 0, 0, 3), i(Break, 0, 0, 0, 3), mark(0), i(End, 0, 0, 0, 0), mark(1)],
    );
    add(
        &["break_if"],
        "a break out of the first or second block",
        vec![
            i(Block, 0, 0, 0, 7),
            i(Block, 0, 0, 0, 5),
            i(BreakIf, 0, 0, 0, 5),
            i(BreakIf, 0, 1, 1, 7),
            mark(0),
            i(End, 0, 0, 0, 0),
            mark(1),
            i(End, 0, 0, 0, 0),
            mark(2),
        ],
    );
    add(
        &["break", "if"],
        "a break out of an if skips its end",
        vec![
            i(If, 0, 0, 0, pack(3, 6)),
            mark(0),
            i(Break, 0, 0, 0, 6),
            i(Else, 0, 0, 0, 6),
            i(BreakIf, 0, 1, 0, 6),
            mark(1),
            i(End, 0, 0, 0, 0),
            mark(2),
        ],
    );
    add(
        &["loop", "end_loop"],
        "three turns",
        vec![i(Loop, 0, 0, 0, pack(2, 0)), mark(0), i(EndLoop, 0, 0, 0, pack(0, 0)), mark(1)],
    );
    add(&["loop"], "no turn", vec![i(Loop, 0, 0, 0, pack(2, 1)), mark(0), i(EndLoop, 0, 0, 0, pack(0, 1)), mark(1)]);
    add(
        &["loop", "end_loop"],
        "as often as a parameter says, up to its cap",
        vec![i(Loop, 0, 0, 0, pack(2, 2)), mark(0), i(EndLoop, 0, 0, 0, pack(0, 2)), mark(1)],
    );
    add(
        &["loop", "end_loop"],
        "a loop in a loop counts anew",
        vec![
            i(Loop, 0, 0, 0, pack(5, 0)),
            mark(0),
            i(Loop, 1, 0, 0, pack(4, 2)),
            mark(1),
            i(EndLoop, 1, 0, 0, pack(2, 2)),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            mark(2),
        ],
    );
    let counting = |jump: Instr| {
        vec![
            i(Loop, 0, 0, 0, pack(7, 0)),
            ii(Add, 2, 2, 1),
            i(Eq, 3, 2, 1, 0),
            i(If, 0, 3, 0, pack(5, 5)),
            jump,
            i(End, 0, 0, 0, 0),
            mark(0),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            mark(1),
            i(Add, 15, 15, 2, 0),
        ]
    };
    add(&["break"], "a break out of a loop, out of an if", counting(i(Break, 0, 0, 1, 7)));
    add(&["break_if"], "a conditional break out of a loop, out of an if", counting(i(BreakIf, 0, 3, 1, 7)));
    add(&["continue"], "the next turn of a loop, out of an if", counting(i(Continue, 0, 0, 1, 7)));
    add(&["continue_if"], "the next turn of a loop on a condition, out of an if", counting(i(ContinueIf, 0, 0, 1, 7)));
    let nested = |jump: Instr| {
        vec![
            i(Loop, 0, 0, 0, pack(6, 0)),
            mark(0),
            i(Loop, 1, 0, 0, pack(5, 0)),
            mark(1),
            jump,
            i(EndLoop, 1, 0, 0, pack(2, 0)),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            mark(4),
        ]
    };
    for (file, op, conditional) in [
        ("break", Break, false),
        ("break_if", BreakIf, true),
        ("continue", Continue, false),
        ("continue_if", ContinueIf, true),
    ] {
        let condition = u8::from(conditional);
        add(&[file], "of the inner loop", nested(i(op, 0, condition, 0, 5)));
        add(&[file], "of the outer loop", nested(i(op, 0, condition, 1, 6)));
    }
}

/// Bounds, seen as the lengths of views on an input of three words.
fn bounds(book: &mut Book) {
    let free = u32::MAX;
    for (c, cap, m, param, shift) in [
        (0, 0, 0, None, 0),
        (2, 2, 0, None, 0),
        (free, free, 0, None, 0),
        (0, free, 1, Some(0), 0),
        (1, free, 1, Some(0), 2),
        (1, 2, 3, Some(0), 1),
        (0, free, 65_535, Some(0), 0),
        (free, free, 1, Some(0), 0),
        (3, 1, 1, Some(0), 31),
        (0, free, 2, Some(0), 31),
    ] {
        let module = Module {
            window: 3,
            registers: 4,
            inputs: 1,
            params: 1,
            views: vec![ViewDecl { buffer: 0, bound: 0 }],
            bounds: vec![Bound { c, cap, m, param, shift }],
            code: [
                vec![i(View, 0, 0, 0, 0)],
                (0..3u32).flat_map(|at| [i(LoadView, 1, 0, 0, at), i(Ostore, 1, 0, 0, at)]).collect(),
            ]
            .concat(),
            ..Module::default()
        };
        let cases: Vec<_> = [0, 1, 2, 3, 4, 8, 65_537, 1 << 31, free - 1, free].map(|p| (vec![p], 0)).to_vec();
        let shown = param.map_or("no parameter".into(), |param| format!("parameter {param}"));
        let name = format!("c = {c}, cap = {cap}, m = {m}, {shown}, shift = {shift}");
        book.run("bounds", &name, module, &[bytes(&[11, 22, 33])], &cases);
    }
}

/// Static costs: sums, worst arms, loops, what a buffer has, and the limits.
fn costs(book: &mut Book) {
    let base = |code: Vec<Instr>| Module {
        window: 2,
        registers: 8,
        inputs: 2,
        params: 1,
        views: vec![ViewDecl { buffer: 1, bound: 1 }],
        bounds: vec![
            Bound { c: 0, cap: u32::MAX, m: 1, param: Some(0), shift: 0 },
            Bound { c: 1, cap: 1000, m: 2, param: Some(0), shift: 1 },
        ],
        code,
        ..Module::default()
    };
    let looped = |instr: Instr| vec![i(Loop, 0, 0, 0, pack(2, 0)), instr, i(EndLoop, 0, 0, 0, pack(0, 0))];
    let long = 1u32 << 24;
    // Name, code, and for each parameter and pair of lengths the fuel and the chunks, counted by hand.
    type Expected = (u32, [u32; 2], Option<(u64, [u32; 2])>);
    let all: Vec<(&str, Vec<Instr>, Vec<Expected>)> = vec![
        ("one instruction and the window", vec![i(Gid, 0, 0, 0, 0)], vec![(0, [4, 4], Some((19, [0, 0])))]),
        (
            "a free load costs a chunk, if there is one",
            vec![i(Load, 0, 0, 0, 0), i(Load4, 0, 0, 0, 9), i(Load, 0, 0, 1, 0)],
            vec![(0, [long, long], Some((30, [2, 1]))), (0, [4, 1024], Some((30, [1, 1])))],
        ),
        (
            "a view costs its length and one chunk more",
            vec![i(View, 0, 0, 0, 0), i(LoadView, 0, 0, 0, 0)],
            vec![
                (0, [4, long], Some((24, [0, 2]))),
                (254, [4, long], Some((24, [0, 2]))),
                (256, [4, long], Some((24, [0, 3]))),
                (u32::MAX, [4, long], Some((24, [0, 5]))),
                (u32::MAX, [4, 2048], Some((24, [0, 2]))),
            ],
        ),
        (
            "a loop costs itself and its turns",
            looped(ii(Add, 0, 0, 1)),
            vec![
                (0, [4, 4], Some((19, [0, 0]))),
                (1, [4, 4], Some((21, [0, 0]))),
                (1000, [4, 4], Some((2019, [0, 0]))),
                (8_388_598, [4, 4], Some((16_777_215, [0, 0]))),
                (8_388_599, [4, 4], None),
                (u32::MAX, [4, 4], None),
            ],
        ),
        (
            "loads in loops multiply, up to 512 chunks",
            looped(i(Load, 0, 0, 0, 0)),
            vec![
                (512, [long, 4], Some((2579, [512, 0]))),
                (513, [long, 4], None),
                (513, [512 * 1024, 4], Some((2584, [512, 0]))),
                (513, [512 * 1024 + 4, 4], None),
            ],
        ),
        (
            "of an if the dearer arm, for fuel and for each buffer by itself",
            vec![
                i(If, 0, 0, 0, pack(3, 6)),
                i(Load, 0, 0, 0, 0),
                i(Load, 0, 0, 0, 9),
                i(Else, 0, 0, 0, 6),
                i(Load, 0, 0, 1, 0),
                i(DivU, 0, 0, 1, 0),
                i(End, 0, 0, 0, 0),
            ],
            vec![(0, [long, long], Some((29, [2, 1])))],
        ),
        (
            "breaks are ignored",
            vec![i(Block, 0, 0, 0, 3), i(Break, 0, 0, 0, 3), i(Load, 0, 0, 0, 0), i(End, 0, 0, 0, 0)],
            vec![(0, [long, long], Some((25, [1, 0])))],
        ),
        (
            "lengths are positive multiples of 4 up to 2³¹",
            vec![i(Gid, 0, 0, 0, 0)],
            vec![
                (0, [0, 4], None),
                (0, [4, 6], None),
                (0, [4, (1 << 31) + 4], None),
                (0, [1 << 31, 4], Some((19, [0, 0]))),
            ],
        ),
    ];
    for (name, code, expected) in all {
        let kernel = Kernel::from_module(base(code)).unwrap();
        let costs: Vec<Value> = expected
            .into_iter()
            .map(|(param, lengths, cost)| match cost {
                Some((fuel, chunks)) => {
                    json!({ "params": [param], "lengths": lengths, "fuel": fuel, "chunks": chunks })
                }
                None => json!({ "params": [param], "lengths": lengths }),
            })
            .collect();
        book.add("costs", json!({ "name": name, "kernel": text(&kernel.encode()), "costs": costs }));
    }
}

/// One valid encoding, and what makes it invalid.
fn invalid(book: &mut Book) {
    let code = || {
        vec![
            i(Loop, 0, 0, 0, pack(4, 0)),
            i(If, 0, 0, 0, pack(3, 3)),
            i(Continue, 0, 0, 1, 4),
            i(End, 0, 0, 0, 0),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            i(LoadView, 0, 7, 0, 0),
            i(Cload, 0, 0, 0, pack(3, 1)),
            i(Ostore, 0, 1, 0, 0),
        ]
    };
    let valid = Kernel::from_module(module(code())).unwrap().encode();
    book.add("invalid", json!({ "name": "valid as it is", "kernel": text(&valid), "valid": true }));
    let mut bad = |name: &str, bytes: Vec<u8>| {
        book.add("invalid", json!({ "name": name, "kernel": text(&bytes), "valid": false }));
    };
    bad("nothing", vec![]);
    bad("half a header", valid[..12].to_vec());
    bad("a byte less", valid[..valid.len() - 1].to_vec());
    bad("a byte more", [valid.clone(), vec![0]].concat());
    for (name, at, value) in [
        ("another magic", 0, b'K'),
        ("version 0", 4, 0),
        ("version 2", 4, 2),
        ("no window", 6, 0),
        ("a window of 1,028 words", 7, 4),
        ("no registers", 8, 0),
        ("264 registers", 9, 1),
        ("nine inputs", 10, 9),
        ("17 parameters", 11, 17),
        ("17 segments", 12, 17),
        ("17 views", 13, 17),
        ("260 bounds", 15, 1),
        ("no instructions", 16, 0),
        ("a reserved byte", 20, 1),
        ("another reserved byte", 23, 128),
    ] {
        let mut bytes = valid.clone();
        bytes[at] = value;
        bad(name, bytes);
    }
    let mut changed = |name: &str, change: &dyn Fn(&mut Module)| {
        let mut parts = module(code());
        change(&mut parts);
        assert!(Kernel::from_module(parts.clone()).is_err(), "{name}");
        bad(name, parts.encode());
    };
    changed("an empty segment", &|m| m.segments[0] = 0);
    changed("segments of 1,025 words together", &|m| m.segments = vec![1000, 25]);
    changed("a view of a buffer that is not there", &|m| m.views[0].buffer = 2);
    changed("a view with a bound that is not there", &|m| m.views[0].bound = 4);
    changed("a constant bound with a multiplier", &|m| m.bounds[0].m = 1);
    changed("a constant bound with another cap", &|m| m.bounds[0].cap = 9);
    changed("a bound of a parameter that is not there", &|m| m.bounds[2].param = Some(2));
    changed("a bound shifted by 32", &|m| m.bounds[2].shift = 32);
    changed("a bound multiplied by 0", &|m| m.bounds[2].m = 0);
    for (name, at, instr) in [
        ("an opcode that is not there", 7, Instr { op: 0x5A, ..Instr::default() }),
        ("an immediate form of what has none", 7, Instr { op: 0xC2, ..Instr::default() }),
        ("register 8 of 8", 7, i(Mov, 8, 0, 0, 0)),
        ("load4 into registers 5 to 8 of 8", 7, i(Load4, 5, 0, 0, 0)),
        ("parameter 2 of 2", 7, i(Param, 0, 0, 2, 0)),
        ("input 2 of 2", 7, i(Load, 0, 0, 2, 0)),
        ("view 1 of 1", 7, i(LoadView, 0, 0, 1, 0)),
        ("segment 2 of 2", 7, i(Sload, 0, 0, 2, 0)),
        ("constants 3 and 4 of 4", 7, i(Cload, 0, 0, 0, pack(3, 2))),
        ("no constants", 7, i(Cload, 0, 0, 0, pack(3, 0))),
        ("an unused field", 7, i(Mov, 0, 0, 1, 0)),
        ("an unused immediate", 7, i(Mov, 0, 0, 0, 1)),
        ("a loop at level 1 outside of loops", 0, i(Loop, 1, 0, 0, pack(4, 0))),
        ("a loop with a bound that is not there", 0, i(Loop, 0, 0, 0, pack(4, 4))),
        ("a loop that claims another end", 0, i(Loop, 0, 0, 0, pack(5, 0))),
        ("an end_loop with another bound", 4, i(EndLoop, 0, 0, 0, pack(0, 1))),
        ("an end_loop that goes back elsewhere", 4, i(EndLoop, 0, 0, 0, pack(1, 0))),
        ("an if that claims another end", 1, i(If, 0, 0, 0, pack(4, 4))),
        ("an if that claims an else", 1, i(If, 0, 0, 0, pack(2, 3))),
        ("a jump to another place", 2, i(Continue, 0, 0, 1, 3)),
        ("a continue of an if", 2, i(Continue, 0, 0, 0, 3)),
        ("a break out of three constructs in two", 2, i(Break, 0, 0, 2, 4)),
        ("an end outside of constructs", 7, i(End, 0, 0, 0, 0)),
        ("an else outside of an if", 2, i(Else, 0, 0, 0, 3)),
        ("a block that is never closed", 7, i(Block, 0, 0, 0, 8)),
    ] {
        changed(name, &|m| m.code[at] = instr);
    }
    changed("nine loops in each other", &|m| {
        let opened = (0..9u8).map(|level| i(Loop, level, 0, 0, pack(17 - u16::from(level), 0)));
        let closed = (0..9u8).rev().map(|level| i(EndLoop, level, 0, 0, pack(level.into(), 0)));
        m.code = opened.chain(closed).collect();
    });
    changed("65 constructs in each other", &|m| {
        let opened = (0..65u32).map(|at| i(Block, 0, 0, 0, 129 - at));
        m.code = opened.chain((0..65).map(|_| i(End, 0, 0, 0, 0))).collect();
    });
}

fn openings(book: &mut Book) {
    for (length, ranges) in [
        (4u32, vec![(0, 1)]),
        (1024, vec![(0, 1)]),
        (1028, vec![(0, 1)]),
        (1028, vec![(1, 1)]),
        (1028, vec![(0, 2)]),
        (7 * 1024, vec![(2, 1), (4, 2)]),
        (7 * 1024 + 512, vec![(7, 1)]),
        (16 * 1024, vec![(0, 1), (15, 1)]),
        (33 * 1024, vec![]),
    ] {
        let bytes: Vec<u8> = (0..length).map(|at| (at * at / 7 + at) as u8).collect();
        let ranges: Vec<ChunkRange> = ranges.into_iter().map(|(first, count)| ChunkRange { first, count }).collect();
        let good = open(&bytes, &ranges).unwrap();
        let of = root(&bytes);
        assert_eq!(of, *blake3::hash(&bytes).as_bytes());
        let name = format!("{} of {} chunks", ranges.iter().map(|range| range.count).sum::<u32>(), chunk_count(length));
        let mut add = |name: String, root: [u8; 32], length: u32, opening: &Opening, proves: bool| {
            let ranges: Vec<[u32; 2]> = opening.ranges.iter().map(|range| [range.first, range.count]).collect();
            let siblings: Vec<String> = opening.siblings.iter().map(|node| text(node)).collect();
            let opening = json!({ "ranges": ranges, "data": text(&opening.data), "siblings": siblings });
            book.add(
                "openings",
                json!({ "name": name, "root": text(&root), "length": length, "opening": opening, "proves": proves }),
            );
        };
        add(name.clone(), of, length, &good, true);
        if ranges.is_empty() {
            continue;
        }
        let mut wrong = good.clone();
        wrong.data[0] ^= 1;
        add(format!("{name}: a wrong bit"), of, length, &wrong, false);
        let mut other = of;
        other[31] ^= 128;
        add(format!("{name}: another root"), other, length, &good, false);
        let mut short = good.clone();
        short.data.pop();
        add(format!("{name}: a byte less"), of, length, &short, false);
        let mut more = good.clone();
        more.siblings.push([0; 32]);
        add(format!("{name}: a sibling more"), of, length, &more, false);
        if let Some(last) = good.siblings.len().checked_sub(1) {
            let mut less = good.clone();
            less.siblings.truncate(last);
            add(format!("{name}: a sibling less"), of, length, &less, false);
        }
        let mut twice = good.clone();
        twice.ranges.push(*ranges.last().unwrap());
        add(format!("{name}: a range twice"), of, length, &twice, false);
        let mut empty = good.clone();
        empty.ranges[0].count = 0;
        add(format!("{name}: an empty range"), of, length, &empty, false);
    }
}

/// Kernels with everything in them.
fn random(book: &mut Book) {
    for seed in 0..24 {
        let (kernel, params, inputs, invocations) = touchstone_kernel::generate::generate(seed, 40);
        if inputs.iter().map(Vec::len).sum::<usize>() > 4096 {
            continue;
        }
        let cases: Vec<_> = [0, 1, invocations - 1, u32::MAX].map(|at| (params.clone(), at)).to_vec();
        book.run("random", &format!("seed {seed}"), kernel.module().clone(), &inputs, &cases);
    }
}

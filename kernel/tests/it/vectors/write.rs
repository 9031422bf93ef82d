//! Writes the vectors. What is expected of a kernel is computed by the reference, or said by hand; never by the interpreter.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
};

use serde_json::{json, Value};
use touchstone_kernel::{Kernel, Module};

use super::{control, costs, example, folder, memory, openings, proofs, read, refusals, starts, values};
use crate::reference;

#[test]
#[ignore = "writes the files that the other tests read"]
fn write_the_vectors() {
    let mut book = Book::default();
    values::write(&mut book);
    memory::write(&mut book);
    starts::write(&mut book);
    control::write(&mut book);
    costs::write(&mut book);
    refusals::write(&mut book);
    openings::write(&mut book);
    proofs::write(&mut book);
    example::write(&mut book);
    book.close();
}

/// Files in the making.
#[derive(Default)]
pub struct Book {
    files: BTreeMap<String, Vec<Value>>,
}

impl Book {
    pub fn add(&mut self, file: &str, line: Value) {
        self.files.entry(file.into()).or_default().push(line);
    }

    /// A kernel with its inputs, and what the reference makes of each pair of parameters and invocation.
    pub fn run(&mut self, file: &str, name: &str, module: Module, inputs: &[Vec<u8>], cases: &[(Vec<u32>, u32)]) {
        let kernel = Kernel::from_module(module).unwrap_or_else(|error| panic!("{name}: {error}"));
        let program = reference::program(&kernel);
        let cases: Vec<Value> = cases
            .iter()
            .map(|(params, invocation)| {
                let done = program.run(params, inputs, *invocation);
                json!([params, invocation, done.words, done.fuel])
            })
            .collect();
        let inputs: Vec<String> = inputs.iter().map(|input| text(input)).collect();
        self.add(file, json!({ "name": name, "kernel": text(&kernel.encode()), "inputs": inputs, "cases": cases }));
    }

    /// Adds to the files what is not in them. What is there must stay as it is.
    fn close(self) {
        let old = read();
        for (file, mut lines) in self.files {
            let there = old.get(&file).map_or(&[][..], Vec::as_slice);
            let written: BTreeMap<String, Value> =
                lines.iter().map(|line| (line["name"].to_string(), line.clone())).collect();
            assert_eq!(written.len(), lines.len(), "{file}: each name stands for one vector");
            for line in there {
                if let Some(new) = written.get(&line["name"].to_string()) {
                    assert_eq!(line, new, "{file}: a vector would change");
                }
            }
            let names: BTreeSet<String> = there.iter().map(|line| line["name"].to_string()).collect();
            lines.retain(|line| !names.contains(&line["name"].to_string()));
            let text: String = there.iter().chain(&lines).map(|line| format!("{line}\n")).collect();
            fs::write(folder().join(format!("{file}.jsonl")), text).unwrap();
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

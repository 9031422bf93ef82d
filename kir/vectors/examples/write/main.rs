//! Writes the test vectors: `cargo run --profile ci -p touchstone-vectors --example write` adds new vectors to the
//! files. The meaning of a version never changes, so it refuses to change existing ones.
//!
//! Expected results come from the reference or are written by hand, never from the interpreter. The generated kernels
//! of `random` are the only vectors that are not written here.

mod control;
mod costs;
mod example;
mod memory;
mod openings;
mod proofs;
mod refusals;
mod starts;
mod values;

use std::{
    collections::BTreeMap,
    error::Error,
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use touchstone_kir::{Kernel, Module};
use touchstone_reference::ReferenceKernel;
use touchstone_vectors::{CaseLine, Line, FILES};

fn main() -> Result<(), Box<dyn Error>> {
    let lacking = written().lacking()?;
    for (file, lines) in &lacking {
        let path = folder().join(format!("{file}.jsonl"));
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        for line in lines {
            // Keys in the order of the alphabet.
            writeln!(file, "{}", serde_json::to_value(line)?)?;
        }
    }
    println!("{} vectors added", lacking.values().map(Vec::len).sum::<usize>());
    Ok(())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn written() -> Book {
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
    book
}

/// The reference, which knows kernels only as bytes.
fn reference(kernel: &Kernel) -> ReferenceKernel {
    ReferenceKernel::decode(&kernel.encode()).unwrap_or_else(|rule| panic!("the reference refuses it: {rule}"))
}

/// The files: their lines, by name.
#[derive(Default)]
struct Book(BTreeMap<String, Vec<Line>>);

impl Book {
    fn add(&mut self, file: &str, line: Line) {
        let lines = self.0.entry(file.into()).or_default();
        assert!(lines.iter().all(|other| other.name != line.name), "{file}: two vectors are named {}", line.name);
        lines.push(line);
    }

    /// Adds a kernel with its inputs, and the reference's result for each pair of parameters and invocation.
    fn run(&mut self, file: &str, name: &str, module: Module, inputs: &[Vec<u8>], cases: &[(Vec<u32>, u32)]) {
        let kernel = Kernel::from_module(module).unwrap_or_else(|error| panic!("{name}: {error}"));
        let reference = reference(&kernel);
        let cases = cases.iter().map(|(params, invocation)| {
            let done = reference.run(params, inputs, *invocation);
            CaseLine { params: params.clone(), invocation: *invocation, words: Some(done.words), fuel: Some(done.fuel) }
        });
        let line = Line {
            name: name.into(),
            kernel: Some(kernel.encode().into()),
            inputs: Some(inputs.iter().map(Into::into).collect()),
            cases: cases.collect(),
            ..Line::default()
        };
        self.add(file, line);
    }

    /// Vectors that are not in the files. Existing ones must not change.
    fn lacking(self) -> Result<BTreeMap<String, Vec<Line>>, Box<dyn Error>> {
        let mut lacking = self.0;
        for (file, text) in FILES {
            let Some(lines) = lacking.get_mut(*file) else { continue };
            for line in text.lines() {
                let old: Line = serde_json::from_str(line)?;
                if let Some(at) = lines.iter().position(|new| new.name == old.name) {
                    if lines.remove(at) != old {
                        return Err(format!("{file}: {} would change", old.name).into());
                    }
                }
            }
        }
        lacking.retain(|_, lines| !lines.is_empty());
        Ok(lacking)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_what_is_written() {
        assert_eq!(written().lacking().unwrap(), BTreeMap::new());
        let book = written().0;
        for (file, text) in FILES.iter().filter(|(file, _)| *file != "random") {
            let written = book.get(*file).map_or(0, Vec::len);
            assert_eq!(text.lines().count(), written, "{file} has vectors that nobody writes");
        }
    }

    #[test]
    fn a_vector_that_would_change_is_refused_and_a_new_one_is_lacking() {
        let mut book = written();
        let mut line = book.0["gid"][0].clone();
        line.name = "another".into();
        book.add("gid", line.clone());
        assert_eq!(book.lacking().unwrap(), BTreeMap::from([("gid".into(), vec![line])]));
        let mut book = written();
        book.0.get_mut("gid").unwrap()[0].cases[0].fuel = Some(1);
        assert_eq!(book.lacking().unwrap_err().to_string(), "gid: any invocation would change");
    }
}

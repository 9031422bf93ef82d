//! The test vectors of KIR, for programs that run them: [`all`] reads them as described in
//! `kir/vectors/data/README.md`, and [`Check::judge`] checks the chain's implementation.
//!
//! The file of a vector is named after its operation or subject.

#![deny(unreachable_pub)]

mod judge;
mod line;

use touchstone_kir::{ChunkRange, Missing, Opening, Root, CHUNK};

pub use judge::rule;
pub use line::{CaseLine, CostLine, Hex, InputLine, Line, OpeningLine, ProofLine};

/// The files, by name: each the lines of one operation or subject.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A line that does not match the description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {reason}")]
pub struct Malformed {
    /// Name of the file, without its ending.
    pub file: &'static str,
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// One line of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// The operation or subject.
    pub file: &'static str,
    /// Number of the line, from 1.
    pub line: usize,
    /// What it shows.
    pub name: String,
    /// Its checks; at least one.
    pub checks: Vec<Check>,
}

/// A check of a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Results of invocations: `cases`.
    Runs(Runs),
    /// What a kernel costs at most: `costs`.
    Costs {
        /// Its encoding.
        kernel: Vec<u8>,
        /// For some arguments each.
        costs: Vec<Cost>,
    },
    /// These bytes are a kernel: `valid`.
    Kernel {
        /// Its encoding.
        kernel: Vec<u8>,
        /// Its name on the chain.
        hash: [u8; 32],
    },
    /// These bytes are none: not `valid`.
    NoKernel {
        /// What is none.
        bytes: Vec<u8>,
        /// The rule that they break.
        error: String,
    },
    /// The commitment to a buffer: `bytes`.
    Root {
        /// The buffer.
        bytes: Vec<u8>,
        /// Its root.
        root: Root,
    },
    /// What an opening proves: `opening`.
    Opening {
        /// Some chunks of a buffer.
        opening: Opening,
        /// The same in SCALE, if it is said.
        encoded: Option<Vec<u8>>,
        /// Of the buffer.
        root: Root,
        /// Bytes of the buffer.
        length: u32,
        /// Whether it proves them, and if not, the rule that it breaks.
        proves: Result<(), String>,
    },
    /// Results of invocations on openings: `proofs`.
    Proofs(Proofs),
}

/// A kernel and the results of some of its invocations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Its encoding.
    pub kernel: Vec<u8>,
    /// Whole buffers.
    pub inputs: Vec<Vec<u8>>,
    /// Invocations.
    pub cases: Vec<Case>,
}

/// One invocation and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Parameters of the kernel.
    pub params: Vec<u32>,
    /// Index of the invocation.
    pub invocation: u32,
    /// Its window.
    pub words: Vec<u32>,
    /// Burned by it; `None` if that is not said.
    pub fuel: Option<u64>,
}

/// What a kernel costs at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Its parameters.
    pub params: Vec<u32>,
    /// Lengths of its inputs, bytes.
    pub lengths: Vec<u32>,
    /// Fuel, and chunks of each input; or the rule that the arguments break.
    pub cost: Result<(u64, Vec<u32>), String>,
}

/// A kernel, some chunks of its inputs, and the results of invocations on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proofs {
    /// Its encoding.
    pub kernel: Vec<u8>,
    /// Opened chunks of each input.
    pub inputs: Vec<OpenedInput>,
    /// Invocations.
    pub proofs: Vec<Proof>,
}

/// An input of which some chunks are opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedInput {
    /// Those chunks.
    pub opening: Opening,
    /// Of the whole buffer.
    pub root: Root,
    /// Bytes of the whole buffer.
    pub length: u32,
}

/// One invocation on openings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Parameters of the kernel.
    pub params: Vec<u32>,
    /// Index of the invocation.
    pub invocation: u32,
    /// Its window, or the first chunk that is not opened.
    pub words: Result<Vec<u32>, Missing>,
}

/// Every vector, file by file.
///
/// # Errors
/// The first line that does not match the description.
pub fn all() -> Result<Vec<Vector>, Malformed> {
    let lines = FILES.iter().flat_map(|(file, text)| text.lines().zip(1..).map(|(text, line)| (*file, line, text)));
    lines.map(|(file, line, text)| Vector::parse(file, line, text)).collect()
}

impl Vector {
    fn parse(file: &'static str, line: usize, text: &str) -> Result<Self, Malformed> {
        let malformed = |reason: String| Malformed { file, line, reason };
        let read: Line = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        let name = read.name.clone();
        if name.is_empty() {
            return Err(malformed("it has no name".into()));
        }
        let checks = checks(read).ok_or_else(|| malformed("a key lacks another one that belongs to it".into()))?;
        match checks.is_empty() {
            true => Err(malformed("it says nothing".into())),
            false => Ok(Self { file, line, name, checks }),
        }
    }

    /// Describes its place and its subject.
    pub fn title(&self) -> String {
        format!("{}: {}", self.file, self.name)
    }
}

impl Case {
    /// Describes the invocation.
    pub fn title(&self) -> String {
        format!("parameters {:?}, invocation {}", self.params, self.invocation)
    }

    /// Compares the words of a window with it.
    ///
    /// # Errors
    /// The first word that differs, in words.
    pub fn compare(&self, words: &[u32]) -> Result<(), String> {
        if words == self.words {
            return Ok(());
        }
        let at = words.iter().zip(&self.words).take_while(|(got, right)| got == right).count();
        let shown = |words: &[u32]| words.get(at).map_or("nothing".into(), |word| format!("{word:#010x}"));
        Err(format!("{}, word {at}: {} instead of {}", self.title(), shown(words), shown(&self.words)))
    }
}

impl Proofs {
    /// The invocations that have a window as runs on whole buffers: what is not opened they do not read, so that it may
    /// be 0.
    pub fn runs(&self) -> Runs {
        let cases = self.proofs.iter().filter_map(|proof| {
            let Proof { params, invocation, words } = proof.clone();
            Some(Case { params, invocation, words: words.ok()?, fuel: None })
        });
        Runs {
            kernel: self.kernel.clone(),
            inputs: self.inputs.iter().map(OpenedInput::whole).collect(),
            cases: cases.collect(),
        }
    }
}

impl OpenedInput {
    /// The opened chunks where they belong, and zeros around them.
    fn whole(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.length as usize];
        let mut data = self.opening.data.iter();
        for range in &self.opening.ranges {
            let chunks = bytes.chunks_mut(CHUNK).skip(range.first as usize).take(range.count as usize);
            chunks.flatten().zip(data.by_ref()).for_each(|(slot, byte)| *slot = *byte);
        }
        bytes
    }
}

/// What a line says; `None` if a key lacks others that belong to it.
fn checks(line: Line) -> Option<Vec<Check>> {
    let kernel = || line.kernel.clone().map(|bytes| bytes.0);
    let mut checks = Vec::new();
    if !line.cases.is_empty() {
        let inputs = line.inputs?.into_iter().map(|bytes| bytes.0).collect();
        let cases = line.cases.into_iter().map(|case| {
            let CaseLine { params, invocation, words, fuel } = case;
            Some(Case { params, invocation, words: words?, fuel: Some(fuel?) })
        });
        checks.push(Check::Runs(Runs { kernel: kernel()?, inputs, cases: cases.collect::<Option<_>>()? }));
    }
    if !line.costs.is_empty() {
        let costs = line.costs.into_iter().map(|cost| {
            let CostLine { params, lengths, fuel, chunks, error } = cost;
            Some(Cost { params, lengths, cost: either(fuel.zip(chunks), error)? })
        });
        checks.push(Check::Costs { kernel: kernel()?, costs: costs.collect::<Option<_>>()? });
    }
    match line.valid {
        Some(true) => checks.push(Check::Kernel { kernel: kernel()?, hash: node(line.hash.clone()?)? }),
        Some(false) => checks.push(Check::NoKernel { bytes: kernel()?, error: line.error.clone()? }),
        None => {}
    }
    if let Some(bytes) = line.bytes {
        checks.push(Check::Root { bytes: bytes.0, root: node(line.root.clone()?)? });
    }
    if let Some(OpeningLine { ranges, data, siblings }) = line.opening {
        checks.push(Check::Opening {
            opening: opening(ranges, data, siblings)?,
            encoded: line.encoded.map(|bytes| bytes.0),
            root: node(line.root?)?,
            length: line.length?,
            proves: either(line.proves?.then_some(()), line.error)?,
        });
    }
    if !line.proofs.is_empty() {
        let inputs = line.openings.into_iter().map(|input| {
            let InputLine { ranges, data, siblings, root, length } = input;
            Some(OpenedInput { opening: opening(ranges, data, siblings)?, root: node(root)?, length })
        });
        let proofs = line.proofs.into_iter().map(|proof| {
            let ProofLine { params, invocation, words, missing } = proof;
            let missing = missing.map(|(buffer, chunk)| Missing { buffer, chunk });
            Some(Proof { params, invocation, words: either(words, missing)? })
        });
        let (inputs, proofs) = (inputs.collect::<Option<_>>()?, proofs.collect::<Option<_>>()?);
        checks.push(Check::Proofs(Proofs { kernel: kernel()?, inputs, proofs }));
    }
    Some(checks)
}

/// One of the two, and not both.
fn either<T, E>(good: Option<T>, bad: Option<E>) -> Option<Result<T, E>> {
    match (good, bad) {
        (Some(good), None) => Some(Ok(good)),
        (None, Some(bad)) => Some(Err(bad)),
        _ => None,
    }
}

fn opening(ranges: Vec<(u32, u32)>, data: Hex, siblings: Vec<Hex>) -> Option<Opening> {
    let ranges = ranges.into_iter().map(|(first, count)| ChunkRange { first, count }).collect();
    Some(Opening { ranges, data: data.0, siblings: siblings.into_iter().map(node).collect::<Option<_>>()? })
}

fn node(bytes: Hex) -> Option<[u8; 32]> {
    bytes.0.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_file(name: &str) -> Vec<Vector> {
        all().unwrap().into_iter().filter(|vector| vector.file == name).collect()
    }

    #[test]
    fn every_line_of_every_file_is_a_vector() {
        let lines: usize = FILES.iter().map(|(_, text)| text.lines().count()).sum();
        let all = all().unwrap();
        assert_eq!(all.len(), lines);
        let runs = all.iter().flat_map(|vector| &vector.checks).filter(|check| matches!(check, Check::Runs(_))).count();
        assert!(runs > 500 && runs < lines, "{runs} of {lines}");
        for file in ["mulhi_u", "load4_view", "end_loop", "random"] {
            assert!(all.iter().any(|vector| vector.file == file), "{file}");
        }
    }

    #[test]
    fn a_line_is_written_as_it_was_read() {
        for (file, text) in FILES {
            for line in text.lines() {
                let read: Line = serde_json::from_str(line).unwrap();
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(serde_json::to_value(&read).unwrap(), value, "{file}");
            }
        }
    }

    #[test]
    fn a_vector_is_what_its_line_says() {
        let text = r#"{"name":"n","kernel":"0aFf","inputs":["01020304"],"cases":[[[7],2,[9,8],22]]}"#;
        let vector = Vector::parse("add", 3, text).unwrap();
        assert_eq!(vector.title(), "add: n");
        let case = Case { params: vec![7], invocation: 2, words: vec![9, 8], fuel: Some(22) };
        assert_eq!(case.title(), "parameters [7], invocation 2");
        let runs = Runs { kernel: vec![10, 255], inputs: vec![vec![1, 2, 3, 4]], cases: vec![case] };
        assert_eq!(vector.checks, [Check::Runs(runs)]);
    }

    #[test]
    fn a_line_that_is_no_vector_is_an_error_that_says_where() {
        let lacks = "add, line 3: a key lacks another one that belongs to it";
        for (text, reason) in [
            ("{}", "add, line 3: it has no name"),
            (r#"{"name":"n"}"#, "add, line 3: it says nothing"),
            (r#"{"name":"n","cases":[[[],0,[],1]],"inputs":[]}"#, lacks),
            (r#"{"name":"n","cases":[[[],0,[],1]],"kernel":""}"#, lacks),
            (r#"{"name":"n","cases":[[[],0,[],null]],"inputs":[],"kernel":""}"#, lacks),
            (r#"{"name":"n","costs":[{"params":[],"lengths":[],"fuel":1}],"kernel":""}"#, lacks),
            (r#"{"name":"n","costs":[{"params":[],"lengths":[],"fuel":1,"chunks":[],"error":""}],"kernel":""}"#, lacks),
            (r#"{"name":"n","kernel":"","valid":true}"#, lacks),
            (r#"{"name":"n","kernel":"","valid":false,"hash":""}"#, lacks),
            (r#"{"name":"n","bytes":""}"#, lacks),
            (r#"{"name":"n","bytes":"","root":"00"}"#, lacks),
            (r#"{"name":"n","proofs":[{"params":[],"invocation":0}],"kernel":""}"#, lacks),
        ] {
            assert_eq!(Vector::parse("add", 3, text).unwrap_err().to_string(), reason, "{text}");
        }
        for text in
            ["", "[", r#"{"name":"n","what":1}"#, r#"{"name":"n","kernel":"0"}"#, r#"{"name":"n","kernel":"0g"}"#]
        {
            let error = Vector::parse("add", 3, text).unwrap_err().to_string();
            assert!(error.starts_with("add, line 3: "), "{error}");
        }
    }

    /// The same with something false in it, in every way of its kind.
    fn spoiled(check: &Check) -> Vec<Check> {
        let mut all = Vec::new();
        let mut add = |spoil: &dyn Fn(&mut Check)| {
            let mut copy = check.clone();
            spoil(&mut copy);
            assert_ne!(&copy, check);
            all.push(copy);
        };
        add(&|check| match check {
            Check::Runs(runs) => runs.cases.last_mut().unwrap().words[0] ^= 1,
            Check::Costs { costs, .. } => match &mut costs.last_mut().unwrap().cost {
                Ok((fuel, _)) => *fuel += 1,
                Err(error) => error.push('s'),
            },
            Check::Kernel { hash, .. } => hash[31] ^= 1,
            Check::NoKernel { error, .. } => error.push('s'),
            Check::Root { root, .. } => root[31] ^= 1,
            Check::Opening { proves, .. } => *proves = proves.clone().map_or(Ok(()), |()| Err("WrongRoot".into())),
            Check::Proofs(proofs) => match &mut proofs.proofs.last_mut().unwrap().words {
                Ok(words) => words[0] ^= 1,
                Err(missing) => missing.chunk ^= 1,
            },
        });
        match check {
            Check::Runs(_) => {
                for by in [1, u64::MAX] {
                    add(&|check| {
                        let Check::Runs(runs) = check else { panic!("another kind") };
                        let fuel = &mut runs.cases[0].fuel;
                        *fuel = fuel.map(|fuel| fuel.wrapping_add(by));
                    });
                }
            }
            Check::Costs { .. } => add(&|check| {
                let Check::Costs { costs, .. } = check else { panic!("another kind") };
                costs[0].cost = costs[0]
                    .cost
                    .clone()
                    .map_or(Ok((0, vec![])), |(fuel, chunks)| Ok((fuel, [chunks, vec![0]].concat())));
            }),
            Check::Opening { encoded: Some(_), .. } => add(&|check| {
                let Check::Opening { encoded: Some(encoded), .. } = check else { panic!("another kind") };
                encoded.push(0);
            }),
            _ => {}
        }
        all
    }

    #[test]
    fn the_judge_does_what_is_said_and_nothing_else() {
        for vector in all().unwrap() {
            for check in &vector.checks {
                assert_eq!(check.judge(), Ok(()), "{}", vector.title());
                for spoiled in spoiled(check) {
                    assert!(spoiled.judge().is_err(), "{}: {spoiled:?}", vector.title());
                }
            }
        }
    }

    #[test]
    fn a_window_that_differs_is_told_by_its_first_wrong_word() {
        let case = Case { params: vec![7], invocation: 2, words: vec![9, 8], fuel: None };
        assert_eq!(case.compare(&[9, 8]), Ok(()));
        let told = |words: &[u32]| case.compare(words).unwrap_err();
        assert_eq!(told(&[9, 1]), "parameters [7], invocation 2, word 1: 0x00000001 instead of 0x00000008");
        assert_eq!(told(&[9]), "parameters [7], invocation 2, word 1: nothing instead of 0x00000008");
        assert_eq!(told(&[9, 8, 7]), "parameters [7], invocation 2, word 2: 0x00000007 instead of nothing");
    }

    #[test]
    fn proofs_run_on_whole_buffers_of_which_the_rest_is_zeros() {
        let (mut runs, mut missing) = (0, 0);
        for check in of_file("proofs").into_iter().flat_map(|vector| vector.checks) {
            let Check::Proofs(proofs) = check else { panic!("{check:?}") };
            let whole = proofs.runs();
            runs += whole.cases.len();
            missing += proofs.proofs.len() - whole.cases.len();
            for (input, bytes) in proofs.inputs.iter().zip(&whole.inputs) {
                let opened = touchstone_kir::verify(&input.opening, &input.root, input.length).unwrap();
                for (chunk, bytes) in (0..).zip(bytes.chunks(CHUNK)) {
                    assert_eq!(opened.chunk(chunk).unwrap_or(&vec![0; bytes.len()]), bytes);
                }
            }
            assert_eq!(Check::Runs(whole).judge(), Ok(()));
        }
        assert!(runs > 10 && missing > 5, "{runs} and {missing}");
    }
}

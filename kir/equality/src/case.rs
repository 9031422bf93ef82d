use std::{collections::BTreeSet, fmt};

use serde_json::json;
use touchstone_generate::{generate, Generated, Random};
use touchstone_kir::{Kernel, Recorder, Slices, Step, Trap};
use touchstone_reference::{Coverage, ReferenceKernel};
use touchstone_vectors::{CaseLine, Line};

/// A kernel and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The encoding, valid or not.
    pub kernel: Vec<u8>,
    /// Parameters. Their number may differ from what the kernel declares.
    pub params: Vec<u32>,
    /// Whole input buffers.
    pub inputs: Vec<Vec<u8>>,
    /// Indices of the invocations to run.
    pub invocations: Vec<u32>,
}

/// Static fuel above which the judge is stopped and the reference does not run.
const FUEL_OF_THE_JUDGE: u64 = 1 << 20;

/// Number of instructions of a seed's kernel: mostly few, so that many kernels fit a test, but up to the limit.
pub fn size_of_seed(seed: u64) -> usize {
    // A permutation of the seeds, so that sizes do not correlate with other properties.
    let draw = (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize;
    match draw % 4096 {
        0 => 4096,
        1..=6 => 256 + draw / 4096 % 3840,
        7..=200 => 64 + draw / 4096 % 192,
        _ => 1 + draw / 4096 % 63,
    }
}

impl Case {
    /// The case of a seed with a kernel of about this many instructions. It runs the first, the last and one other
    /// invocation.
    ///
    /// # Panics
    /// If the generator is wrong and its kernel is not valid.
    pub fn generate(seed: u64, instructions: usize) -> Case {
        Case::of_seed(seed, instructions, |invocations| match seed % 3 {
            0 => vec![0, invocations - 1],
            1 => vec![invocations / 2, u32::MAX],
            _ => vec![seed as u32, invocations - 1],
        })
    }

    /// The case of a seed with all invocations of a step. Every fourth case adds some with the largest indices.
    ///
    /// # Panics
    /// As [`generate`](Self::generate).
    pub fn generate_whole(seed: u64, instructions: usize) -> Case {
        let last = if seed.is_multiple_of(4) { u32::MAX - 3 } else { u32::MAX };
        Case::of_seed(seed, instructions, |invocations| (0..invocations).chain(last..=u32::MAX).collect())
    }

    /// `chosen` selects the invocations to run from their number.
    fn of_seed(seed: u64, instructions: usize, chosen: impl Fn(u32) -> Vec<u32>) -> Case {
        let Generated { kernel, params, inputs, invocations } = generate(seed, instructions)
            .unwrap_or_else(|error| panic!("seed {seed}, {instructions} instructions: {error}"));
        Case { kernel: kernel.encode(), params, inputs, invocations: chosen(invocations) }
    }

    /// Any bytes as a kernel, with arguments from a seed: as many as the kernel declares, if it is valid.
    pub fn hostile(kernel: Vec<u8>, seed: u64) -> Case {
        let mut random = Random::new(seed);
        let declared = Kernel::decode(&kernel).map(|kernel| (kernel.module().params, kernel.module().inputs));
        let (params, inputs) = declared.unwrap_or_default();
        let params = (0..params).map(|_| random.word()).collect();
        let inputs = (0..inputs)
            .map(|_| {
                let words = 1 + if random.one_in(3) { random.below(700) } else { random.below(20) };
                (0..words).flat_map(|_| random.word().to_le_bytes()).collect()
            })
            .collect();
        Case { kernel, params, inputs, invocations: vec![random.word()] }
    }

    /// Like [`check`](Self::check), but with bounded time: a kernel with static fuel above `fuel` runs only on the
    /// judge, and is stopped if it burns too much.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_within(&self, fuel: u64, coverage: Option<&mut Coverage>) -> Result<bool, String> {
        let kernel = Kernel::decode(&self.kernel).ok();
        let cost = kernel.as_ref().and_then(|kernel| kernel.cost(&self.params, &self.lengths()).ok());
        let (Some(kernel), Some(cost)) = (kernel, cost) else { return self.check(coverage) };
        if cost.fuel <= fuel {
            return self.check(coverage);
        }
        let limit = if cost.fuel < FUEL_OF_THE_JUDGE { cost.fuel } else { fuel.min(FUEL_OF_THE_JUDGE) };
        let step = Step::new(&kernel, &self.params, &self.lengths()).map_err(|error| error.to_string())?;
        let slices: Vec<&[u8]> = self.inputs.iter().map(Vec::as_slice).collect();
        for &invocation in &self.invocations {
            match step.run(invocation, &mut Slices(&slices), limit) {
                Ok(_) => {}
                Err(Trap::OutOfFuel) if limit < cost.fuel => {}
                Err(trap) => {
                    return Err(format!("invocation {invocation}: {trap}, within {limit} fuel of {}", cost.fuel))
                }
            }
        }
        Ok(true)
    }

    /// Lengths of the inputs, bytes.
    pub fn lengths(&self) -> Vec<u32> {
        self.inputs.iter().map(|bytes| bytes.len() as u32).collect()
    }

    /// Compares the judge with the reference and records the coverage. Returns whether the kernel is valid and its step
    /// admitted, so that it ran.
    ///
    /// # Errors
    /// A description of the first difference.
    pub fn check(&self, mut coverage: Option<&mut Coverage>) -> Result<bool, String> {
        let (kernel, reference) = match (Kernel::decode(&self.kernel), ReferenceKernel::decode(&self.kernel)) {
            (Ok(kernel), Ok(reference)) => (kernel, reference),
            (Err(_), Err(_)) => return Ok(false),
            (Ok(_), Err(rule)) => return Err(format!("the judge accepts what breaks the rule on: {rule}")),
            (Err(error), Ok(_)) => return Err(format!("the judge refuses a valid kernel: {error}")),
        };
        same("its encoding", &kernel.encode(), &self.kernel)?;
        let rebuilt = Kernel::from_module(kernel.module().clone()).map_err(|error| error.to_string())?;
        same("the kernel of its module", &rebuilt, &kernel)?;

        let lengths = self.lengths();
        let cost = match (kernel.cost(&self.params, &lengths), reference.cost(&self.params, &lengths)) {
            (Ok(cost), Ok(expected)) => {
                same("static fuel", &cost.fuel, &expected.fuel)?;
                let (chunks, rest) = cost.chunks.split_at(lengths.len());
                same("static chunks", chunks, expected.chunks.as_slice())?;
                same("chunks of inputs that do not exist", &rest.iter().sum(), &0)?;
                cost
            }
            (Err(_), Err(_)) => return Ok(false),
            (judge, reference) => return Err(format!("static bounds: {judge:?}, should be {reference:?}")),
        };
        if let Some(coverage) = coverage.as_deref_mut() {
            reference.note(coverage, &self.params, &self.inputs);
        }

        let slices: Vec<&[u8]> = self.inputs.iter().map(Vec::as_slice).collect();
        let step = Step::new(&kernel, &self.params, &lengths).map_err(|error| error.to_string())?;
        for &invocation in &self.invocations {
            let expected = reference.run_noting(&self.params, &self.inputs, invocation, coverage.as_deref_mut());
            let mut recorder = Recorder::new(Slices(&slices));
            let execution = step
                .run(invocation, &mut recorder, cost.fuel)
                .map_err(|trap| format!("invocation {invocation}: {trap}, within its static fuel {}", cost.fuel))?;
            same("words", &execution.words, &expected.words)?;
            same("fuel", &execution.fuel, &expected.fuel)?;
            let read: BTreeSet<(u8, u32)> =
                (0..8).flat_map(|input| recorder.chunks(input).map(move |chunk| (input, chunk))).collect();
            same("chunks read", &read, &expected.chunks)?;
            for (input, most) in (0..).zip(cost.chunks) {
                let count = recorder.chunks(input).count() as u32;
                if count > most {
                    return Err(format!(
                        "invocation {invocation} reads {count} chunks of input {input}, at most {most}"
                    ));
                }
            }
            // With one unit of fuel less it does not finish.
            let stopped = step.run(invocation, &mut Slices(&slices), execution.fuel - 1);
            same("the run on too little fuel", &stopped, &Err(Trap::OutOfFuel))?;
        }
        Ok(true)
    }

    /// One line in the format of the test vectors, with the results of the reference; none for a kernel that it
    /// refuses.
    pub fn to_line(&self, name: &str) -> String {
        let reference = ReferenceKernel::decode(&self.kernel).ok();
        let runs = reference.filter(|reference| reference.cost(&self.params, &self.lengths()).is_ok());
        let cases = self.invocations.iter().map(|&invocation| {
            let expected = runs.as_ref().map(|reference| reference.run(&self.params, &self.inputs, invocation));
            let (words, fuel) = expected.map(|expected| (expected.words, expected.fuel)).unzip();
            CaseLine { params: self.params.clone(), invocation, words, fuel }
        });
        let line = Line {
            name: name.into(),
            kernel: Some((&self.kernel).into()),
            inputs: Some(self.inputs.iter().map(Into::into).collect()),
            cases: cases.collect(),
            ..Line::default()
        };
        format!("{}\n", json!(line))
    }

    /// The cases of a line: one for each set of parameters.
    ///
    /// # Errors
    /// The line has another format.
    pub fn from_line(line: &str) -> Result<Vec<Case>, BadFile> {
        let line: Line = serde_json::from_str(line).map_err(|error| BadFile(error.to_string()))?;
        let kernel = line.kernel.ok_or_else(|| BadFile("it has no kernel".into()))?.0;
        let inputs: Vec<Vec<u8>> = line.inputs.unwrap_or_default().into_iter().map(|input| input.0).collect();
        let mut cases: Vec<Case> = Vec::new();
        for CaseLine { params, invocation, .. } in line.cases {
            match cases.iter_mut().find(|case| case.params == params) {
                Some(case) => case.invocations.push(invocation),
                None => {
                    let (kernel, inputs) = (kernel.clone(), inputs.clone());
                    cases.push(Case { kernel, params, inputs, invocations: vec![invocation] });
                }
            }
        }
        Ok(cases)
    }
}

fn same<T: PartialEq + fmt::Debug + ?Sized>(what: &str, judge: &T, reference: &T) -> Result<(), String> {
    match judge == reference {
        true => Ok(()),
        false => Err(format!("{what}: the judge has {judge:?}, it should be {reference:?}")),
    }
}

/// A line that is not a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFile(String);

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadFile {}

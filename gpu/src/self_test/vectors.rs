//! The vectors, each on the device as far as a device can show it, and on the CPU.

use touchstone_kernel::{verify, ChunkRange, Kernel, Opening, Slices, Step};
use touchstone_vectors::{bytes, number, numbers, Runs, Vector};

use super::{batch::batches, lengths, Evidence, Failure, Report, EMISSIONS};
use crate::{Gpu, GpuError};

impl Gpu {
    /// Returns whether the device can go on.
    pub(super) fn test_vector(
        &mut self,
        vector: &Vector,
        report: &mut Report,
        evidence: &mut Evidence,
    ) -> Result<bool, GpuError> {
        let malformed = |text: String| GpuError::BadProgram(format!("vector {}: {text}", vector.title()));
        let fail = |report: &mut Report, by: &str, detail: String| {
            let (operation, detail) = (vector.file.into(), format!("{}: {detail}", vector.name));
            report.fail(Failure { operation, by: by.into(), detail });
        };
        let Some(runs) = vector.runs().map_err(|error| malformed(error.to_string()))? else {
            if !holds(vector) {
                fail(report, "interpreter", "it does not hold".into());
            }
            report.vectors_on_cpu += 1;
            return Ok(true);
        };
        let kernel = Kernel::decode(&runs.kernel).map_err(|error| malformed(error.to_string()))?;
        if let Some(detail) = differs_on_cpu(&kernel, &runs) {
            fail(report, "interpreter", detail);
        }
        for emission in EMISSIONS {
            for batch in batches(vector.file, &kernel, &runs) {
                let range = batch.range.clone();
                let got = match self.words_of(emission, &batch.kernel, &batch.params, &batch.inputs, range) {
                    Ok(got) => got,
                    Err(error) => {
                        evidence.note(emission, &batch.kernel, false);
                        fail(report, emission.name(), error.to_string());
                        if error.is_fatal() {
                            return Ok(false);
                        }
                        break;
                    }
                };
                let windows = got.chunks(usize::from(kernel.window()).max(1));
                let wrong = windows.zip(&batch.cases).find(|(words, case)| *words != case.words.as_slice());
                evidence.note(emission, &batch.kernel, wrong.is_none());
                if let Some((words, case)) = wrong {
                    let (params, invocation) = (&case.params, case.invocation);
                    let at = words.iter().zip(&case.words).position(|(got, right)| got != right).unwrap_or(0);
                    let word = |words: &[u32]| words.get(at).copied().unwrap_or(0);
                    let (got, right) = (word(words), word(&case.words));
                    fail(
                        report,
                        emission.name(),
                        format!(
                            "parameters {params:?}, invocation {invocation}, word {at}: {got:#010x} instead of {right:#010x}"
                        ),
                    );
                    break;
                }
            }
        }
        report.vectors += 1;
        Ok(true)
    }
}

/// How the interpreter differs from the vector in words or fuel.
fn differs_on_cpu(kernel: &Kernel, runs: &Runs) -> Option<String> {
    let slices: Vec<&[u8]> = runs.inputs.iter().map(Vec::as_slice).collect();
    for case in &runs.cases {
        let step = Step::new(kernel, &case.params, &lengths(&runs.inputs)).ok();
        let outcome = step.and_then(|step| step.run(case.invocation, &mut Slices(&slices), case.fuel).ok());
        if outcome.is_none_or(|outcome| outcome.words != case.words || outcome.fuel != case.fuel) {
            return Some(format!("parameters {:?}, invocation {}", case.params, case.invocation));
        }
    }
    None
}

/// Whether a vector that no device runs holds: it is about refusals, costs or openings. One of a kind that is not known
/// here is about something that no device takes part in.
fn holds(vector: &Vector) -> bool {
    let value = &vector.value;
    let kernel = || bytes(&value["kernel"]).and_then(|code| Kernel::decode(&code).ok());
    if let Some(valid) = value["valid"].as_bool() {
        return kernel().is_some() == valid;
    }
    if let Some(costs) = value["costs"].as_array() {
        return costs.iter().all(|case| {
            let arguments = numbers(&case["params"]).zip(numbers(&case["lengths"]));
            let cost = kernel().zip(arguments).and_then(|(kernel, (params, lens))| kernel.cost(&params, &lens).ok());
            cost.map(|cost| cost.fuel) == case["fuel"].as_u64()
        });
    }
    match (value.get("opening"), value["proves"].as_bool()) {
        (Some(opening), Some(proves)) => {
            let root = bytes(&value["root"]).and_then(|root| root.try_into().ok());
            let parts = read_opening(opening).zip(root).zip(number(&value["length"]));
            parts.is_some_and(|((opening, root), length)| verify(&opening, &root, length).is_ok()) == proves
        }
        _ => true,
    }
}

fn read_opening(value: &serde_json::Value) -> Option<Opening> {
    let range = |value| numbers(value).and_then(|range| <[u32; 2]>::try_from(range).ok());
    let node = |value| bytes(value).and_then(|node| node.try_into().ok());
    Some(Opening {
        ranges: value["ranges"]
            .as_array()?
            .iter()
            .map(|value| range(value).map(|[first, count]| ChunkRange { first, count }))
            .collect::<Option<_>>()?,
        data: bytes(&value["data"])?,
        siblings: value["siblings"].as_array()?.iter().map(node).collect::<Option<_>>()?,
    })
}

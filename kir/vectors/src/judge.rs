//! Checks the chain's implementation, `touchstone-kir`, with the vectors.

use std::fmt;

use codec::{DecodeAll, Encode};
use touchstone_kir::{
    interpret, root, verify, CostError, Kernel, OpenedInputs, Opening, OpeningError, Slices, Step, Trap,
};

use crate::{Case, Check, Cost, Proof, Proofs, Runs};

impl Check {
    /// Checks the chain's implementation.
    ///
    /// # Errors
    /// How it differs, in words.
    pub fn judge(&self) -> Result<(), String> {
        match self {
            Check::Runs(runs) => judge_runs(runs),
            Check::Costs { kernel, costs } => {
                let kernel = decode(kernel)?;
                costs.iter().try_for_each(|cost| judge_cost(&kernel, cost))
            }
            Check::Kernel { kernel, hash } => same("its hash", &decode(kernel)?.hash(), hash),
            Check::NoKernel { bytes, error } => {
                let refused = Kernel::decode(bytes).map(drop).map_err(rule);
                same("the kernel", &refused, &Err(error.clone()))
            }
            Check::Root { bytes, root: expected } => same("its root", &root(bytes), expected),
            Check::Opening { opening, encoded, root, length, proves } => {
                let verified = verify(opening, root, *length).map(drop).map_err(rule_of_opening);
                same("the opening", &verified, proves)?;
                let Some(encoded) = encoded else { return Ok(()) };
                let decoded = Opening::decode_all(&mut encoded.as_slice());
                match opening.encode() == *encoded && decoded.as_ref() == Ok(opening) {
                    true => Ok(()),
                    false => Err("the opening is encoded in another way".into()),
                }
            }
            Check::Proofs(proofs) => judge_proofs(proofs),
        }
    }
}

fn judge_runs(Runs { kernel, inputs, cases }: &Runs) -> Result<(), String> {
    let kernel = decode(kernel)?;
    let lengths: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    for case in cases {
        let Case { params, invocation, fuel, .. } = case;
        let about = case.title();
        let most = kernel.cost(params, &lengths).map_err(|error| format!("{about}: {error}"))?.fuel;
        let step = Step::new(&kernel, params, &lengths).map_err(|error| format!("{about}: {error}"))?;
        let run = |fuel| step.run(*invocation, &mut Slices(&slices), fuel);
        let execution = run(most).map_err(|trap| format!("{about}: {trap}"))?;
        case.compare(&execution.words)?;
        let Some(fuel) = fuel else { continue };
        same(&format!("{about}: fuel"), &execution.fuel, fuel)?;
        // This much fuel is enough, and one unit less is not.
        let least = run(*fuel).map(|least| least == execution);
        same(&format!("{about}: on its fuel alone"), &least, &Ok(true))?;
        let less = fuel.checked_sub(1).map(|fuel| run(fuel).map(drop));
        same(&format!("{about}: on too little fuel"), &less, &Some(Err(Trap::OutOfFuel)))?;
    }
    Ok(())
}

fn judge_cost(kernel: &Kernel, Cost { params, lengths, cost }: &Cost) -> Result<(), String> {
    let counted = kernel.cost(params, lengths).map_err(rule_of_cost).map(|cost| {
        let (chunks, rest) = cost.chunks.split_at(lengths.len().min(cost.chunks.len()));
        // What is said of inputs that do not exist would be wrong, too.
        let chunks = chunks.iter().chain(rest.iter().filter(|chunks| **chunks != 0));
        (cost.fuel, chunks.copied().collect::<Vec<u32>>())
    });
    same(&format!("parameters {params:?}, lengths {lengths:?}: the cost"), &counted, cost)
}

fn judge_proofs(Proofs { kernel, inputs, proofs }: &Proofs) -> Result<(), String> {
    let kernel = decode(kernel)?;
    let lengths: Vec<u32> = inputs.iter().map(|input| input.length).collect();
    let opened = inputs.iter().map(|input| verify(&input.opening, &input.root, input.length));
    let opened: Vec<_> = opened.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let mut reader = OpenedInputs::new(opened);
    for Proof { params, invocation, words } in proofs {
        let about = format!("on openings, parameters {params:?}, invocation {invocation}");
        let most = kernel.cost(params, &lengths).map_err(|error| format!("{about}: {error}"))?.fuel;
        let given = interpret(&kernel, params, &lengths, *invocation, &mut reader, most);
        same(&about, &given, &words.clone().map_err(Trap::Missing))?;
    }
    Ok(())
}

/// The kernel of an encoding, which is its only one.
fn decode(bytes: &[u8]) -> Result<Kernel, String> {
    let kernel = Kernel::decode(bytes).map_err(|error| format!("the kernel is refused: {error}"))?;
    match kernel.encode() == bytes {
        true => Ok(kernel),
        false => Err("the kernel is encoded in another way".into()),
    }
}

fn same<T: PartialEq + fmt::Debug>(what: &str, given: &T, expected: &T) -> Result<(), String> {
    match given == expected {
        true => Ok(()),
        false => Err(format!("{what}: {given:?} instead of {expected:?}")),
    }
}

fn rule_of_cost(error: CostError) -> String {
    match error {
        CostError::BadArguments(error) => rule(error),
        other => rule(other),
    }
}

fn rule_of_opening(error: OpeningError) -> String {
    match error {
        OpeningError::Range(error) => rule(error),
        other => rule(other),
    }
}

/// The name of an error in the specification: that of its variant, without what it tells of the place.
pub fn rule(error: impl fmt::Debug) -> String {
    format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

//! The validation of a specification: each reason to refuse a job has its own error.

use alloc::vec::Vec;

use codec::{Encode, MaxEncodedLen};
use frame_support::{ensure, traits::Footprint, BoundedVec};
use touchstone_kir::{limits::MAX_BUFFER_BYTES, root, BadArguments, CostError};
use touchstone_primitives::{
    check_url, Input, JobSpec, Kernels, Matching, Source, Step, Terms, Totals, MAX_INLINE_BYTES,
};

use crate::{Appraisal, Config, Error, RecordOf, StepFacts};

const WORD: u32 = 4;
/// Keys of the index entries that a job has at once, bytes: agenda, and duty or the shorter open auction.
const INDEX_BYTES: u64 = 44 + 80;

/// Checks a specification against the rules and the chain's terms, and computes what it amounts to.
///
/// Work is linear in the number of steps and the size of their kernels, of which it reads at most `code_bytes` in all.
pub(crate) fn appraise<T: Config>(spec: &JobSpec, terms: &Terms, code_bytes: u32) -> Result<Appraisal, Error<T>> {
    ensure!(!spec.steps.is_empty(), Error::<T>::NoSteps);
    ensure!(
        spec.deadline >= terms.min_deadline.max(1) && spec.deadline <= terms.max_deadline,
        Error::<T>::DeadlineOutOfRange
    );
    if let Matching::Open { ticks } = spec.matching {
        ensure!(ticks >= 1 && ticks <= terms.max_auction, Error::<T>::AuctionOutOfRange);
    }
    check_inputs::<T>(&spec.inputs)?;

    let mut totals = Totals::default();
    // Lengths of all buffers, in the order in which steps number them.
    let mut buffers: Vec<u32> = spec.inputs.iter().map(|input| input.buffer.len).collect();
    totals.input_bytes = sum(&buffers);

    let mut steps = BoundedVec::new();
    for step in &spec.steps {
        let of_step = T::Kernels::code_bytes(&step.kernel).ok_or(Error::<T>::UnknownKernel)?;
        totals.code_bytes = totals.code_bytes.saturating_add(of_step);
        ensure!(totals.code_bytes <= code_bytes, Error::<T>::UnderDeclared);
        let facts = appraise_step::<T>(step, &buffers)?;
        totals.fuel = totals.fuel.saturating_add(facts.fuel.saturating_mul(step.invocations.into()));
        totals.output_bytes = totals.output_bytes.saturating_add(facts.output_bytes.into());
        buffers.push(facts.output_bytes);
        steps.try_push(facts).map_err(|_| Error::<T>::NoSteps)?;
    }
    totals.memory = sum(&buffers);
    totals.work = totals.fuel.saturating_add(totals.memory.saturating_mul(terms.fuel_per_byte.into()));
    ensure!(totals.fuel <= terms.max_fuel, Error::<T>::TooMuchFuel);
    ensure!(totals.memory <= terms.max_memory, Error::<T>::TooMuchMemory);
    let highest = terms.max_min_collateral(spec.ceiling, totals.fuel);
    ensure!(spec.min_collateral <= highest, Error::<T>::CollateralTooHigh);
    Ok(Appraisal { totals, steps })
}

fn sum(lengths: &[u32]) -> u64 {
    lengths.iter().fold(0, |sum: u64, len| sum.saturating_add((*len).into()))
}

fn check_inputs<T: Config>(inputs: &[Input]) -> Result<(), Error<T>> {
    let mut inline = 0u32;
    for input in inputs {
        let len = input.buffer.len;
        ensure!(len > 0 && len % WORD == 0 && len <= MAX_BUFFER_BYTES, Error::<T>::BadBufferLength);
        match &input.source {
            Source::Inline => inline = inline.saturating_add(len),
            Source::Put => {}
            Source::Url(url) => {
                ensure!(check_url(url).is_ok(), Error::<T>::InvalidUrl)
            }
        }
    }
    ensure!(inline <= MAX_INLINE_BYTES, Error::<T>::TooMuchInlineData);
    Ok(())
}

fn appraise_step<T: Config>(step: &Step, buffers: &[u32]) -> Result<StepFacts, Error<T>> {
    ensure!(step.invocations >= 1, Error::<T>::NoInvocations);
    let kernel = T::Kernels::load(&step.kernel).ok_or(Error::<T>::UnknownKernel)?;
    let mut lengths = Vec::with_capacity(step.reads.len());
    for read in &step.reads {
        lengths.push(*buffers.get(usize::from(*read)).ok_or(Error::<T>::ReadOutOfRange)?);
    }
    let cost = kernel.cost(&step.params, &lengths).map_err(refusal)?;
    let output_bytes = u64::from(step.invocations).saturating_mul(kernel.window().into()).saturating_mul(WORD.into());
    ensure!(output_bytes <= MAX_BUFFER_BYTES.into(), Error::<T>::OutputTooLarge);
    Ok(StepFacts {
        output_bytes: output_bytes as u32,
        fuel: cost.fuel,
        code_bytes: kernel.module().encoded_len() as u32,
    })
}

fn refusal<T: Config>(error: CostError) -> Error<T> {
    match error {
        CostError::BadArguments(BadArguments::WrongParams { .. }) => Error::WrongNumberOfParams,
        CostError::BadArguments(BadArguments::WrongInputs { .. }) => Error::WrongNumberOfReads,
        CostError::BadArguments(BadArguments::WrongLength { .. }) => Error::BadBufferLength,
        CostError::FuelOverLimit { .. } => Error::InvocationTooExpensive,
        CostError::ChunksOverLimit { .. } => Error::InvocationReadsTooMuch,
    }
}

/// Checks that `inline` is exactly the bytes of the inputs marked [`Source::Inline`].
///
/// Work is linear in the bytes given.
pub(crate) fn check_inline<T: Config, Bytes: AsRef<[u8]>>(spec: &JobSpec, inline: &[Bytes]) -> Result<(), Error<T>> {
    let mut given = inline.iter().map(AsRef::as_ref);
    for input in spec.inputs.iter().filter(|input| input.source == Source::Inline) {
        let bytes: &[u8] = given.next().ok_or(Error::<T>::WrongNumberOfInlineInputs)?;
        ensure!(bytes.len() as u64 == u64::from(input.buffer.len), Error::<T>::InlineLengthMismatch);
        ensure!(root(bytes) == input.buffer.root, Error::<T>::InlineRootMismatch);
    }
    ensure!(given.next().is_none(), Error::<T>::WrongNumberOfInlineInputs);
    Ok(())
}

/// What a job occupies in storage until its record is removed: a function of the specification alone, so that a quote
/// knows the deposit. The record beside the specification counts at its longest.
pub(crate) fn footprint<T: Config>(spec: &JobSpec) -> Footprint {
    let inline = spec
        .inputs
        .iter()
        .filter(|input| input.source == Source::Inline)
        .fold(0u64, |sum, input| sum.saturating_add(input.buffer.len.into()));
    let record = RecordOf::<T>::max_encoded_len().saturating_sub(JobSpec::max_encoded_len()) as u64;
    let size = record.saturating_add(spec.encoded_size() as u64).saturating_add(inline).saturating_add(INDEX_BYTES);
    Footprint { count: 1, size }
}

//! WGSL → KIR.

mod abi;
mod bounds;
mod builder;
mod expression;
mod limit;
mod lower;
mod math;
mod place;
mod prelude;
mod statement;
mod types;

use naga::{
    valid::{Capabilities, ModuleInfo, ValidationFlags, Validator},
    Module, Span,
};
use touchstone_kernel::Kernel;

use crate::{allocate, assemble, optimise, CompileError, Compiled, Statistics};

/// Longest source that is compiled.
pub const MAX_SOURCE_BYTES: usize = 128 * 1024;
/// naga recurses on the source: sums of thousands of terms need megabytes.
const STACK_BYTES: usize = 512 * 1024 * 1024;

/// Compiles the WGSL source of a kernel.
///
/// The source may be hostile: it is refused, never trusted. A source that makes naga recurse without limit can still
/// end the process, so services that compile for others run this in a child process.
///
/// # Errors
///
/// What is outside the language (`docs/kernel-language.md`, and the guide beside it), with the place in the source,
/// the reason and a remedy.
pub fn compile(source: &str) -> Result<Compiled, CompileError> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(CompileError::new(format!("the source has {} bytes", source.len()))
            .note(format!("a source has at most {MAX_SOURCE_BYTES} bytes")));
    }
    let worker = |source: &str| compile_here(source);
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || worker(source))
            .map_err(|error| CompileError::new(format!("no memory to compile in: {error}")))?
            .join()
            .unwrap_or_else(|_| Err(CompileError::new("the compiler failed on this source; please report it")))
    })
    .map_err(|error| within(error, source))
}

fn compile_here(source: &str) -> Result<Compiled, CompileError> {
    let module = parse(source)?;
    let abi = abi::Abi::of(&module)?;
    let info = validate(&module)?;
    let lowered = lower::lower(&module, &info, &abi, source)?;
    let mut program = lowered.program;
    optimise::optimise(&mut program);
    let allocated = allocate::allocate(program)?;
    let kir = assemble::assemble(
        allocated,
        assemble::Outline { window: abi.window, inputs: abi.inputs, params: abi.params, ..lowered.tables },
    )?;
    let kernel = Kernel::from_module(kir)
        .map_err(|error| CompileError::new(format!("the compiled kernel is not valid: {error}")))?;
    let module = kernel.module();
    let statistics = Statistics {
        registers: module.registers,
        instructions: module.code.len(),
        constants: module.constants.len(),
        scratch_words: module.segments.iter().map(|&words| usize::from(words)).sum(),
        bytes: module.encoded_len(),
    };
    Ok(Compiled { kernel, statistics })
}

fn parse(source: &str) -> Result<Module, CompileError> {
    let text = format!("{source}\n{}", prelude::TEXT);
    naga::front::wgsl::parse_str(&text).map_err(|error| {
        let mut refusal = CompileError::new(error.message());
        // The first label that is about the author's text: the others may point into the prelude.
        let label = error.labels().find(|(span, _)| span.to_range().is_some_and(|range| range.start <= source.len()));
        if let Some((span, text)) = label {
            refusal = refusal.at(span);
            if !text.is_empty() && text != refusal.message {
                refusal = refusal.note(text);
            }
        }
        error.notes().fold(refusal, |refusal, note| refusal.note(note))
    })
}

fn validate(module: &Module) -> Result<ModuleInfo, CompileError> {
    // Everything that naga can express may pass here: what kernels cannot have is refused with a reason later.
    Validator::new(ValidationFlags::all(), Capabilities::all()).validate(module).map_err(|error| {
        let span = error.spans().next().map_or(Span::UNDEFINED, |(span, _)| *span);
        let mut message = error.as_inner().to_string();
        let mut cause: &dyn std::error::Error = error.as_inner();
        while let Some(source) = cause.source() {
            message = format!("{message}: {source}");
            cause = source;
        }
        CompileError::new(message).at(span)
    })
}

/// Keeps the span inside the author's text.
fn within(mut error: CompileError, source: &str) -> CompileError {
    if let Some(span) = &mut error.span {
        span.end = span.end.min(source.len());
        span.start = span.start.min(span.end);
    }
    error
}

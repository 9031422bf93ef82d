//! WGSL → KIR.

mod abi;
mod bounds;
mod builder;
mod choice;
mod expression;
mod held;
mod limit;
mod lower;
mod math;
mod overrides;
mod parse;
mod place;
mod prelude;
mod statement;
mod text;
mod types;
mod uses;
mod window;

use touchstone_kir::Kernel;

use crate::{
    allocate,
    assemble::{self, Outline},
    ir::Program,
    optimise, share, CompileError, Compiled, Statistics,
};

/// Instructions, before they are optimised, to which loops are unrolled.
const UNROLLED: [usize; 2] = [1024, 16384];
/// Of the fuel, the part that has to be saved by unrolling.
const WORTH: u64 = 20;
/// Longest source that is compiled.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024;
/// Some editors put it in front of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// naga recurses on the source: sums of thousands of terms need megabytes.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Compiles the WGSL source of a kernel.
///
/// The source may be hostile: it is refused, never trusted. A source that makes naga recurse without limit can still
/// end the process, so programs that compile for others use [`compile_apart`](crate::compile_apart).
///
/// # Errors
///
/// What is outside the language (`docs/writing-kernels.md`), with the place in the source, the reason and a remedy.
pub fn compile(source: &str) -> Result<Compiled, CompileError> {
    check_length(source)?;
    let text = source.strip_prefix(BYTE_ORDER_MARK).unwrap_or(source);
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || compile_here(text))
            .map_err(|error| CompileError::new(format!("no memory to compile in: {error}")))?
            .join()
            .unwrap_or_else(|_| Err(CompileError::new("the compiler failed on this source; please report it")))
    })
    .map_err(|error| within(error, source.len() - text.len(), source))
}

/// Refuses what is longer than any source.
pub fn check_length(source: &str) -> Result<(), CompileError> {
    if source.len() <= MAX_SOURCE_BYTES {
        return Ok(());
    }
    Err(CompileError::new(format!("the source has {} bytes", source.len()))
        .note(format!("a source has at most {MAX_SOURCE_BYTES} bytes")))
}

fn compile_here(source: &str) -> Result<Compiled, CompileError> {
    let module = parse::parse(source)?;
    let abi = abi::Abi::of(&module, source)?;
    let info = parse::validate(&module, source)?;
    let lowered = |few| compile_lowered(lower::lower(&module, &info, &abi, source, few)?, &abi);
    lowered(held::FEW).or_else(|error| {
        // Choosing between registers costs more fuel, but no scratch.
        lowered(place::MAX_UNROLLED_COPY).map_err(|_| error)
    })
}

fn compile_lowered(lowered: lower::Lowered, abi: &abi::Abi) -> Result<Compiled, CompileError> {
    let lower::Lowered { mut program, mut tables } = lowered;
    (tables.window, tables.inputs, tables.params) = (abi.window, abi.inputs, abi.params);
    optimise::shorten(&mut program, &mut tables);
    let kernel = best(program, tables)?;
    Ok(Compiled { statistics: Statistics::of(&kernel), kernel })
}

/// The kernel with so many loops unrolled that it fits and gains by it.
fn best(program: Program, tables: Outline) -> Result<Kernel, CompileError> {
    let unrolled = |budget| {
        let (mut program, mut tables) = (program.clone(), tables.clone());
        let any = optimise::unroll(&mut program, &mut tables, budget);
        (any, program, tables)
    };
    // Loops of at most one turn go in any case.
    let (_, shortest, its_tables) = unrolled(0);
    let (mut best, mut least) = finished(shortest, its_tables)?;
    for budget in UNROLLED {
        // Without a loop that fits there is nothing new, but a longer one may fit next.
        let (true, longer, its_tables) = unrolled(budget) else { continue };
        match finished(longer, its_tables) {
            // Whoever stores, fetches and compiles the longer kernel has to gain something.
            Ok((kernel, fuel)) if fuel < least - least / WORTH => (best, least) = (kernel, fuel),
            _ => {}
        }
    }
    Ok(best)
}

/// The kernel of a shortened program, and its fuel with typical parameters.
fn finished(mut program: Program, mut tables: Outline) -> Result<(Kernel, u64), CompileError> {
    optimise::finish(&mut program, &mut tables);
    let segments = share::share(&mut program, &tables.segments)?;
    let allocated = allocate::allocate(program, segments)?;
    let fuel = optimise::typical_fuel(&allocated.code, &tables.bounds);
    let kernel = Kernel::from_module(assemble::assemble(allocated, tables)?)
        .map_err(|error| CompileError::new(format!("the compiled kernel is not valid: {error}")))?;
    Ok((kernel, fuel))
}

/// Moves the span behind what was skipped, and keeps it inside the author's text.
fn within(mut error: CompileError, skipped: usize, source: &str) -> CompileError {
    if let Some(span) = &mut error.span {
        span.end = (span.end + skipped).min(source.len());
        span.start = (span.start + skipped).min(span.end);
    }
    error
}

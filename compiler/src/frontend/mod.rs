//! The front end: compiles WGSL to KIR. naga parses and validates the source; `lower` turns its IR into ours.

mod abi;
mod bounds;
mod builder;
mod choice;
mod counter;
mod expression;
mod held;
mod limit;
mod loops;
mod lower;
mod lowerer;
mod math;
mod memory;
mod overrides;
mod parse;
mod place;
mod prelude;
mod statement;
mod syntax;
mod text;
mod types;
mod uses;
mod value;
mod window;
mod writes;

use touchstone_kir::Kernel;

use crate::{
    allocate,
    assemble::{self, Outline},
    ir::Body,
    optimise, share, CompileError, Compiled, Statistics,
};

/// Limits for unrolling: instructions before optimisation.
const UNROLLED: [usize; 2] = [1024, 16384];
/// Unrolling must save at least one part in so many of the fuel.
const WORTH: u64 = 20;
/// Longest source that is compiled.
pub const MAX_SOURCE_BYTES: usize = 64 * 1024;
/// Some editors write it at the start of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// naga's recursion needs megabytes for sums of thousands of terms.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Compiles the WGSL source of a kernel.
///
/// The source may be hostile: it is refused, never trusted. A source that makes naga recurse without limit can still
/// end the process, so programs that compile for others use [`compile_apart`](crate::compile_apart).
///
/// # Errors
///
/// A source that is not in the language (`docs/writing-kernels.md`). The error has the place in the source, the reason
/// and a remedy.
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

/// Refuses a source that is too long.
pub(crate) fn check_length(source: &str) -> Result<(), CompileError> {
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
        // Selecting between registers costs more fuel, but needs no scratch.
        lowered(memory::MAX_UNROLLED_COPY).map_err(|_| error)
    })
}

fn compile_lowered(lowered: lower::Lowered, abi: &abi::Abi) -> Result<Compiled, CompileError> {
    let lower::Lowered { mut body, mut tables } = lowered;
    (tables.window, tables.inputs, tables.params) = (abi.window, abi.inputs, abi.params);
    optimise::shorten(&mut body, &mut tables);
    let kernel = best(body, tables)?;
    Ok(Compiled { statistics: Statistics::of(&kernel), kernel })
}

/// The kernel with as many loops unrolled as fit and pay off.
fn best(body: Body, tables: Outline) -> Result<Kernel, CompileError> {
    let unrolled = |budget| {
        let (mut body, mut tables) = (body.clone(), tables.clone());
        let any = optimise::unroll(&mut body, &mut tables, budget);
        (any, body, tables)
    };
    // Loops of at most one iteration are always removed.
    let (_, shortest, its_tables) = unrolled(0);
    let (mut best, mut least) = finished(shortest, its_tables)?;
    for budget in UNROLLED {
        // If no loop fits this limit, one may fit the next.
        let (true, longer, its_tables) = unrolled(budget) else { continue };
        match finished(longer, its_tables) {
            // A longer kernel costs more to store, fetch and compile, so it must save enough fuel.
            Ok((kernel, fuel)) if fuel < least - least / WORTH => (best, least) = (kernel, fuel),
            _ => {}
        }
    }
    Ok(best)
}

/// The kernel of a shortened body, and its fuel with typical parameters.
fn finished(mut body: Body, mut tables: Outline) -> Result<(Kernel, u64), CompileError> {
    optimise::finish(&mut body, &mut tables);
    let segments = share::share(&mut body, &tables.segments)?;
    let allocated = allocate::allocate(body, segments)?;
    let fuel = optimise::typical_fuel(&allocated.code, &tables.bounds);
    let kernel = Kernel::from_module(assemble::assemble(allocated, tables)?)
        .map_err(|error| CompileError::new(format!("the compiled kernel is not valid: {error}")))?;
    Ok((kernel, fuel))
}

/// Shifts the span by the bytes that were skipped, and keeps it inside the author's text.
fn within(mut error: CompileError, skipped: usize, source: &str) -> CompileError {
    if let Some(span) = &mut error.span {
        span.end = (span.end + skipped).min(source.len());
        span.start = (span.start + skipped).min(span.end);
    }
    error
}

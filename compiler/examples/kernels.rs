//! Compiles the WGSL files named on the command line, each to a `.kir` file beside it, and says which changed and what
//! they need.

use std::{env, fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let mut failed = false;
    for path in env::args().skip(1) {
        if let Err(error) = compile(Path::new(&path)) {
            eprintln!("{error}");
            failed = true;
        }
    }
    ExitCode::from(u8::from(failed))
}

fn compile(path: &Path) -> Result<(), String> {
    let source = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let compiled =
        touchstone_compiler::compile(&source).map_err(|error| error.render(&source, &path.to_string_lossy()))?;
    let target = path.with_extension("kir");
    let bytes = compiled.kernel.encode();
    let is_new = fs::read(&target).ok().as_ref() != Some(&bytes);
    if is_new {
        fs::write(&target, &bytes).map_err(|error| format!("{}: {error}", target.display()))?;
    }
    let state = if is_new { "written  " } else { "unchanged" };
    let statistics = &compiled.statistics;
    println!(
        "{state}  {}  {} bytes, {} instructions, {} registers, {} constants",
        target.display(),
        statistics.bytes,
        statistics.instructions,
        statistics.registers,
        statistics.constants
    );
    Ok(())
}

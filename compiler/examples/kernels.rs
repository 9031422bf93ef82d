//! Compiles WGSL files to `.kir` files in another folder, and prints which files changed and what each kernel needs.
//!
//! `cargo run -p touchstone-compiler --example kernels -- FOLDER SOURCE.wgsl...`

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let mut failed = false;
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: kernels FOLDER SOURCE.wgsl...");
        return ExitCode::from(2);
    };
    for source in arguments {
        if let Err(error) = compile(&source, &folder) {
            eprintln!("{error}");
            failed = true;
        }
    }
    ExitCode::from(u8::from(failed))
}

fn compile(path: &Path, folder: &Path) -> Result<(), String> {
    let source = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let compiled =
        touchstone_compiler::compile(&source).map_err(|error| error.render(&source, &path.to_string_lossy()))?;
    let name = path.file_stem().ok_or_else(|| format!("{} is not a file", path.display()))?;
    let target = folder.join(name).with_extension("kir");
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

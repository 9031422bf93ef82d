//! Writes a job for a standard kernel into a folder: its description, the kernel and the inputs.
//!
//! `cargo run -p touchstone-kernels --example job -- path_tracer picture` and then, on a chain with a provider,
//! `touchstone --signer //Bob submit picture/job.toml --upload-kernels`.

use std::{env, fs, io, path::Path, process::ExitCode};

use touchstone_kernels::{standard, Arguments, Standard, ALL};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, folder] = arguments.as_slice() else {
        eprintln!("usage: job NAME FOLDER");
        return ExitCode::from(2);
    };
    let Some(kernel) = standard(name) else {
        let names: Vec<&str> = ALL.iter().map(|kernel| kernel.name).collect();
        eprintln!("there is no standard kernel {name}, only {}", names.join(", "));
        return ExitCode::from(2);
    };
    match write(kernel, Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(kernel: &Standard, folder: &Path) -> io::Result<()> {
    let Arguments { params, inputs, invocations } = (kernel.work)();
    let name = kernel.name;
    fs::create_dir_all(folder)?;
    fs::write(folder.join(format!("{name}.kir")), kernel.kir)?;
    let mut description = "ceiling = \"100TSN\"\n".to_string();
    let mut reads = Vec::new();
    for (at, bytes) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("input{at}.bin")), bytes)?;
        description += &format!("\n[[input]]\nname = \"input{at}\"\nfile = \"input{at}.bin\"\nsource = \"put\"\n");
        reads.push(format!("input{at}"));
    }
    description += &format!("\n[[step]]\nname = \"{name}\"\nkernel = \"{name}.kir\"\nreads = {reads:?}\n");
    description += &format!("invocations = {invocations}\nparams = {params:?}\n");
    fs::write(folder.join("job.toml"), description)
}

//! Lists the files of vectors, so that all of them are embedded, including new ones.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var(name).map_err(io::Error::other);
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("data");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .filter(|path| path.as_ref().map_or(true, |path| path.extension().is_some_and(|end| end == "jsonl")))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    let entries = files.iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        format!("({name:?}, include_str!({:?})),\n", path.display().to_string())
    });
    let text = format!("&[\n{}]", entries.collect::<String>());
    fs::write(Path::new(&variable("OUT_DIR")?).join("files.rs"), text)
}

//! Every standard kernel is in the table, and has a page that names it.

use std::{collections::BTreeSet, fs, path::Path};
use touchstone_kernels::ALL;

#[test]
fn every_kernel_has_a_row_and_a_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(folder.join("README.md")).unwrap();
    for standard in ALL {
        let name = standard.name;
        let row = format!("| [`{name}`](wgsl/{name}.wgsl) ([page](");
        let row = table.lines().find_map(|line| line.strip_prefix(&row)).unwrap_or_else(|| panic!("{name}: no row"));
        let page = folder.join(row.split(')').next().unwrap());
        let page = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{name}: {}: {error}", page.display()));
        assert!(page.contains(&format!("(../../kernels/wgsl/{name}.wgsl)")), "{name}: its page does not link to it");
    }
}

#[test]
fn every_file_belongs_to_a_kernel_and_every_kernel_has_both_files() {
    let names: BTreeSet<String> = ALL.iter().map(|standard| standard.name.into()).collect();
    for kind in ["wgsl", "kir"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(kind);
        let files: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .inspect(|path| assert_eq!(path.extension().unwrap(), kind))
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(files, names, "kernels/{kind} and the list in kernels/src/lib.rs differ");
    }
}

//! Every standard kernel is in the table, and has a page that names it.

use std::{fs, path::Path};
use touchstone_kernels::ALL;

#[test]
fn every_kernel_has_a_row_and_a_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(folder.join("README.md")).unwrap();
    for standard in ALL {
        let name = standard.name;
        let row = format!("| [`{name}`]({name}.wgsl) ([page](");
        let row = table.lines().find_map(|line| line.strip_prefix(&row)).unwrap_or_else(|| panic!("{name}: no row"));
        let page = folder.join(row.split(')').next().unwrap());
        let page = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{name}: {}: {error}", page.display()));
        assert!(page.contains(&format!("(../../kernels/{name}.wgsl)")), "{name}: its page does not link to it");
    }
}

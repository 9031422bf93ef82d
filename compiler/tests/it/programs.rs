//! Complete kernels, similar to published ones (`tests/programs/`). Each starts with its number of invocations, its
//! parameters, its inputs, and the output that an independent program computed, in hexadecimal words.

use std::{fs, path::Path};

use crate::common::outputs;

#[test]
fn programs_compute_what_others_compute() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut found = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = fs::read_to_string(&path).unwrap();
        let stated = |key: &str| -> Vec<Vec<u32>> {
            let start = format!("// {key}: ");
            let lines = source.lines().filter_map(|line| line.strip_prefix(&start));
            lines.map(|line| line.split(' ').map(|word| u32::from_str_radix(word, 16).unwrap()).collect()).collect()
        };
        println!("{}", path.display());
        let invocations = stated("invocations")[0][0];
        let got = outputs(&source, &stated("params").concat(), &stated("input"), invocations);
        assert_eq!(got, stated("gives").concat(), "{}", path.display());
        found += 1;
    }
    assert!(found >= 28, "{found}");
}

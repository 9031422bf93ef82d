//! The standard kernels are also committed compiled, for those who have no compiler.

#[test]
fn a_kir_file_is_what_its_source_compiles_to() {
    for standard in touchstone_kernels::ALL {
        let name = standard.name;
        let compiled = touchstone_compiler::compile(standard.source).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            standard.kir == compiled.kernel.encode(),
            "kernels/kir/{name}.kir is out of date: run scripts/kernels.sh"
        );
    }
}

//! What the compiler makes of the standard kernels. That they compute what they should is tested in their own crate.

use crate::common::{compiled, source};
use touchstone_kernels::ALL;

#[test]
fn matmul_inner_loop_is_short() {
    // Two loads, four products, two indices, the loop itself: 11 fuel for 16 products.
    let kernel = compiled(source("matmul_i8")).kernel;
    let lengths = [4 * 1024 * 4; 3];
    let fuel = |k_words| kernel.cost(&[4, k_words, 0, 0, 0, 1], &lengths).unwrap().fuel;
    assert_eq!(fuel(1024) - fuel(1020), 11);
}

#[test]
fn convolve_reads_few_chunks() {
    let kernel = compiled(source("convolve_rgba")).kernel;
    let params = [1024, 768, 4, 8, 1, 2, 1, 2, 4, 2, 1, 2, 1];
    let cost = kernel.cost(&params, &[1024 * 768 * 4]).unwrap();
    assert_eq!(cost.total_chunks(), 8);
}

#[test]
fn every_standard_kernel_leaves_room() {
    for standard in ALL {
        let statistics = compiled(standard.source).statistics;
        println!("{}: {statistics:?}", standard.name);
        assert!(statistics.bytes < 32 * 1024, "{}: {statistics:?}", standard.name);
        assert!(statistics.registers < 128, "{}: {statistics:?}", standard.name);
    }
}

#[test]
fn the_example_of_the_guide_is_what_the_guide_says() {
    let guide = include_str!("../../../docs/writing-kernels.md");
    let source = guide.split("```").find_map(|block| block.strip_prefix("wgsl\n")).unwrap();
    let compiled = compiled(source);
    let hash: String = compiled.kernel.hash().iter().map(|byte| format!("{byte:02x}")).collect();
    let (instructions, registers) = (compiled.statistics.instructions, compiled.statistics.registers);
    let cost = compiled.kernel.cost(&[10_000], &[40_000_000]).unwrap();
    for line in [
        format!("hash          0x{hash}"),
        format!("{} bytes: {instructions} instructions, {registers} registers", compiled.statistics.bytes),
        format!("burns at most {} fuel, reading at most {} chunks", cost.fuel, cost.total_chunks()),
    ] {
        assert!(guide.contains(&line), "not in docs/writing-kernels.md: {line}");
    }
    let columns = source.replace("matrix[row + i]", "matrix[id.x + i * params.n]");
    assert_ne!(columns, source);
    let error = crate::common::compiled(&columns).kernel.cost(&[10_000], &[40_000_000]).unwrap_err();
    assert!(guide.contains(&error.to_string()), "{error}");
}

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
fn every_standard_kernel_is_far_from_the_limits() {
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

/// A number as the pages write it.
fn grouped(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

/// A page, its kernel, parameters, lengths of inputs, what the page says, and how exactly.
type Stated<'a> = (&'a str, &'a str, &'a [u32], &'a [u32], &'a str, u64);

#[test]
fn the_pages_say_what_the_kernels_cost() {
    const MB: u32 = 1 << 20;
    let conv2d: &[u32] = &[56, 56, 16, 56, 16, 3, 48, 1, 1, 4_194_304, 2, 1];
    let convolve: &[u32] = &[640, 427, 4, 8, 1, 2, 1, 2, 4, 2, 1, 2, 1];
    // `F` and `C` stand for fuel and chunks. Rough figures are rounded accordingly.
    let table: [Stated; 20] = [
        ("bitonic_step", "bitonic_step", &[1], &[MB], "F fuel for four keys; at most 2 chunks", 1),
        ("chacha20", "chacha20", &[0; 12], &[MB], "F fuel a block, 28 for each byte; at most C chunks", 1),
        ("conv2d_i8", "conv2d_i8", conv2d, &[200_704, 36_864, 256], "some F fuel, C chunks", 100),
        ("convolve_rgba", "convolve_rgba", convolve, &[MB], "F fuel, at most C chunks", 1),
        ("game_of_life", "game_of_life", &[64, 8192], &[8 * MB], "F fuel for 128 cells; at most C chunks", 1),
        (
            "kmeans",
            "kmeans_step",
            &[16, 64],
            &[2 * MB, 4096],
            "some F for 64 centroids of 64 coordinates | C there",
            100,
        ),
        ("kmeans", "kmeans_sums", &[32_768, 16, 128, 256, 4096], &[2 * MB, MB], "some F for 256 points | C there", 100),
        ("layer_norm", "layer_norm_rows", &[768], &[MB], "F for a row of 768, which reads C chunks", 100),
        ("lz_match", "lz_match", &[65_536, 1024, 64, 8], &[65_536], "some F\nfor window 1,024", 1000),
        ("mandelbrot", "mandelbrot", &[640, 480, 0, 0, 1, 200], &[], "F fuel for 200 steps", 1),
        (
            "matmul_i8",
            "matmul_i8",
            &[4096, 1024, 1, 1, 0, 0],
            &[16 * MB, 16 * MB, MB],
            "takes F fuel, 11 for each 16",
            1,
        ),
        ("matmul_i8", "matmul_i8", &[4096, 1024, 1, 1, 0, 0], &[16 * MB, 16 * MB, MB], "reads at most C chunks", 1),
        ("matmul_i8", "pack_i8", &[], &[MB], "`pack_i8`: F fuel, C chunk", 1),
        ("matmul_i8", "argmax", &[64], &[MB], "`argmax`: F fuel for 64 scores", 1),
        ("ntt", "ntt", &[2, 2, 0, 0], &[MB, MB], "takes F fuel for four words, at most C chunks", 1),
        ("ntt", "ntt_multiply", &[], &[MB, MB], "`ntt_multiply` F fuel for four words, C chunks", 1),
        ("prefix_sum_step", "block_sums", &[], &[MB], "`block_sums` takes F fuel and at most C chunks", 1),
        ("prefix_sum_step", "prefix_sum_step", &[], &[MB, MB], "`prefix_sum_step` F fuel and at most C chunks", 1),
        ("sha256", "sha256", &[16, 2, 0], &[MB, MB], "takes two blocks: F fuel, at most C chunks", 1),
        ("softmax", "softmax_rows", &[512, 1 << 31, 5], &[MB], "F for a row of 512, which reads C chunks", 100),
    ];
    for (page, name, params, lengths, words, rounded) in table {
        let path = format!("{}/../docs/kernels/{page}.md", env!("CARGO_MANIFEST_DIR"));
        let page = std::fs::read_to_string(path).unwrap();
        let cost = compiled(source(name)).kernel.cost(params, lengths).unwrap();
        let fuel = grouped((cost.fuel + rounded / 2) / rounded * rounded);
        let words = words.replace('F', &fuel).replace('C', &cost.total_chunks().to_string());
        assert!(page.contains(&words), "{name}: {words}");
    }
    let statistics = compiled(source("sha256")).statistics;
    let page = include_str!("../../../docs/kernels/sha256.md");
    let (instructions, bytes) = (grouped(statistics.instructions as u64), grouped(statistics.bytes as u64));
    assert!(page.contains(&format!("{instructions} instructions, {bytes} bytes")));
}

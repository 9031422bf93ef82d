//! The standard kernels: their sources, their compiled form, and reference implementations.
//!
//! Each kernel has a source in `wgsl/`, its compiled form in `kir/`, and a module here that computes the same in plain
//! Rust. The examples that every implementation of the kernel language is tested with come from these modules.
//!
//! Other crates take a kernel from its constant (`touchstone_kernels::MATMUL_I8.kir`) or by name with [`standard`];
//! they never open the files themselves.

#![deny(unreachable_pub)]

use touchstone_generate::Random;

mod argmax;
mod arithmetic;
mod bitonic_step;
mod block_sums;
mod chacha20;
mod conv2d_i8;
mod convolve_rgba;
mod game_of_life;
mod kmeans_means;
mod kmeans_step;
mod kmeans_sums;
mod layer_norm;
mod layer_norm_rows;
mod lz_match;
mod mandelbrot;
mod matmul_i8;
pub mod ntt;
mod ntt_multiply;
mod pack_i8;
mod path_tracer;
mod prefix_sum_step;
mod sha256;
mod softmax;
mod softmax_rows;

/// A standard kernel.
pub struct Standard {
    /// Its name, which is also that of its files: `wgsl/<name>.wgsl` and `kir/<name>.kir`.
    pub name: &'static str,
    /// WGSL.
    pub source: &'static str,
    /// The encoded kernel that the source compiles to.
    pub kir: &'static [u8],
    /// Arguments with the output that plain Rust computes: edges and ordinary cases, each of a few thousand invocations
    /// at most.
    pub examples: fn() -> Vec<Example>,
    /// Arguments of an ordinary job, large enough to keep a GPU busy, for measurements of speed.
    pub work: fn() -> Arguments,
}

/// The arguments of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Parameters.
    pub params: Vec<u32>,
    /// Input buffers, bytes.
    pub inputs: Vec<Vec<u8>>,
    /// Number of invocations.
    pub invocations: u32,
}

/// Arguments and their result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What the example shows.
    pub shows: &'static str,
    /// The arguments.
    pub arguments: Arguments,
    /// The words of the output: all windows, in order.
    pub output: Vec<u32>,
}

macro_rules! standard {
    ($($constant:ident: $module:ident),* $(,)?) => {
        $(
            #[doc = concat!("`", stringify!($module), "`: see the row in `kernels/README.md`.")]
            pub const $constant: Standard = Standard {
                name: stringify!($module),
                source: include_str!(concat!("../wgsl/", stringify!($module), ".wgsl")),
                kir: include_bytes!(concat!("../kir/", stringify!($module), ".kir")),
                examples: $module::examples,
                work: $module::work,
            };
        )*

        /// All of them, in the order of the table in `kernels/README.md`.
        pub const ALL: &[Standard] = &[$($constant),*];
    };
}

standard![
    MATMUL_I8: matmul_i8,
    PACK_I8: pack_i8,
    ARGMAX: argmax,
    CONVOLVE_RGBA: convolve_rgba,
    MANDELBROT: mandelbrot,
    CONV2D_I8: conv2d_i8,
    SOFTMAX_ROWS: softmax_rows,
    SOFTMAX: softmax,
    LAYER_NORM_ROWS: layer_norm_rows,
    LAYER_NORM: layer_norm,
    PATH_TRACER: path_tracer,
    KMEANS_STEP: kmeans_step,
    KMEANS_SUMS: kmeans_sums,
    KMEANS_MEANS: kmeans_means,
    LZ_MATCH: lz_match,
    SHA256: sha256,
    CHACHA20: chacha20,
    GAME_OF_LIFE: game_of_life,
    BITONIC_STEP: bitonic_step,
    BLOCK_SUMS: block_sums,
    PREFIX_SUM_STEP: prefix_sum_step,
    NTT: ntt,
    NTT_MULTIPLY: ntt_multiply,
];

/// The standard kernel of this name.
pub fn standard(name: &str) -> Option<&'static Standard> {
    ALL.iter().find(|kernel| kernel.name == name)
}

/// Words as the bytes of a buffer.
pub fn bytes(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Words of a buffer.
pub fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| word.iter().rev().fold(0, |sum, byte| (sum << 8) | u32::from(*byte))).collect()
}

/// Pseudo-random words, the same on every machine.
fn noise(seed: u64, count: usize) -> Vec<u32> {
    let mut random = Random::new(seed);
    (0..count).map(|_| random.bits() as u32).collect()
}

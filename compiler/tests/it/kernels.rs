//! The standard kernels against references in Rust, bit for bit.

use crate::common::{compiled, run, source};
use touchstone_kernel::{generate::Random, interpret, open, verify, ChunkRange, OpenedInputs, Recorder, Slices};

/// Packs int8 values four to a word.
fn pack(values: &[i8]) -> Vec<u32> {
    values
        .chunks(4)
        .map(|four| u32::from_le_bytes([four[0] as u8, four[1] as u8, four[2] as u8, four[3] as u8]))
        .collect()
}

fn int8(random: &mut Random, count: usize) -> Vec<i8> {
    (0..count)
        .map(|_| match random.below(8) {
            0 => -128,
            1 => 127,
            _ => random.bits() as i8,
        })
        .collect()
}

/// What `kernels/matmul_i8.wgsl` says of requantisation.
fn requantised(acc: i32, multiplier: i32, shift: u32, relu: bool) -> i32 {
    let high = ((i64::from(acc) * i64::from(multiplier)) >> 32) as i32;
    let half = if shift == 0 { 0 } else { 1 << (shift - 1) };
    let q = high.wrapping_add(half) >> shift;
    let q = if relu { q.max(0) } else { q };
    q.clamp(-128, 127)
}

struct Product {
    rows: usize,
    columns: usize,
    depth: usize,
    a: Vec<i8>,
    b_transposed: Vec<i8>,
    bias: Vec<u32>,
}

impl Product {
    fn random(seed: u64, rows: usize, columns: usize, depth: usize) -> Self {
        let mut random = Random::new(seed);
        Product {
            rows,
            columns,
            depth,
            a: int8(&mut random, rows * depth),
            b_transposed: int8(&mut random, columns * depth),
            bias: (0..columns).map(|_| random.word()).collect(),
        }
    }

    fn inputs(&self) -> Vec<Vec<u32>> {
        vec![pack(&self.a), pack(&self.b_transposed), self.bias.clone()]
    }

    fn accumulators(&self) -> Vec<i32> {
        let mut all = Vec::new();
        for row in 0..self.rows {
            for column in 0..self.columns {
                let mut acc = self.bias[column] as i32;
                for k in 0..self.depth {
                    let x = i32::from(self.a[row * self.depth + k]);
                    let y = i32::from(self.b_transposed[column * self.depth + k]);
                    acc = acc.wrapping_add(x * y);
                }
                all.push(acc);
            }
        }
        all
    }

    fn run(&self, multiplier: i32, shift: u32, relu: bool, raw: bool) -> Vec<i32> {
        let kernel = compiled(source("matmul_i8")).kernel;
        let params = [self.columns as u32, self.depth as u32 / 4, multiplier as u32, shift, relu.into(), raw.into()];
        let invocations = (self.rows * self.columns) as u32;
        let words = run(&kernel, &params, &self.inputs(), invocations);
        words.into_iter().map(|word| word as i32).collect()
    }
}

#[test]
fn matmul_gives_raw_accumulators() {
    for (seed, rows, columns, depth) in [(1, 1, 1, 16), (2, 3, 5, 64), (3, 4, 2, 304), (4, 2, 3, 1040)] {
        let product = Product::random(seed, rows, columns, depth);
        assert_eq!(product.run(0, 0, false, true), product.accumulators());
    }
}

#[test]
fn matmul_requantises_bit_for_bit() {
    let product = Product::random(5, 6, 7, 64);
    for multiplier in [0, 1, i32::MAX, i32::MIN, -1, 1 << 30, 123_456_789] {
        for shift in [0, 1, 2, 7, 30, 31] {
            for relu in [false, true] {
                let expected: Vec<i32> =
                    product.accumulators().into_iter().map(|acc| requantised(acc, multiplier, shift, relu)).collect();
                assert_eq!(product.run(multiplier, shift, relu, false), expected);
            }
        }
    }
}

#[test]
fn matmul_proof_at_depth_4096_stays_small() {
    let product = Product::random(6, 3, 4, 4096);
    let kernel = compiled(source("matmul_i8")).kernel;
    let params = [4, 1024, 0, 0, 0, 1];
    let inputs: Vec<Vec<u8>> = product.inputs().iter().map(|words| crate::common::bytes(words)).collect();
    let lengths: Vec<u32> = inputs.iter().map(|bytes| bytes.len() as u32).collect();
    let cost = kernel.cost(&params, &lengths).unwrap();
    assert_eq!(cost.chunks[..3], [5, 5, 1]);

    // What the invocation in the middle reads is all that a judge needs.
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let mut recorder = Recorder::new(Slices(&slices));
    let words = interpret(&kernel, &params, &lengths, 6, &mut recorder, cost.fuel).unwrap();
    assert_eq!(words, [product.accumulators()[6] as u32]);
    let openings: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(input, bytes)| {
            let ranges: Vec<ChunkRange> = recorder.ranges(input as u8);
            open(bytes, &ranges).unwrap()
        })
        .collect();
    let size: usize = openings.iter().map(|opening| opening.data.len() + 32 * opening.siblings.len()).sum();
    println!("matmul_i8 at K = 4096: {size} bytes of openings, {} fuel", cost.fuel);
    assert!(size < 11 * 1024, "{size}");
    let opened = openings
        .iter()
        .zip(&inputs)
        .map(|(opening, bytes)| verify(opening, &touchstone_kernel::root(bytes), bytes.len() as u32).unwrap())
        .collect();
    let judged = interpret(&kernel, &params, &lengths, 6, &mut OpenedInputs::new(opened), cost.fuel).unwrap();
    assert_eq!(judged, words);
}

#[test]
fn matmul_inner_loop_is_short() {
    // Two loads, four products, two indices, the loop itself: 11 fuel for 16 products.
    let kernel = compiled(source("matmul_i8")).kernel;
    let lengths = [4 * 1024 * 4; 3];
    let fuel = |k_words| kernel.cost(&[4, k_words, 0, 0, 0, 1], &lengths).unwrap().fuel;
    assert_eq!(fuel(1024) - fuel(1020), 11);
}

#[test]
fn pack_keeps_the_low_bytes_in_order() {
    let kernel = compiled(source("pack_i8")).kernel;
    let values: Vec<u32> = vec![1, -2i32 as u32, 127, -128i32 as u32, 0x1ff, 0x100, -1i32 as u32, 0x7fff_ff80];
    assert_eq!(run(&kernel, &[], &[values], 3), [0x807f_fe01, 0x80ff_00ff, 0]);
}

#[test]
fn argmax_gives_the_first_of_equals() {
    let kernel = compiled(source("argmax")).kernel;
    let rows: [[i32; 5]; 6] = [
        [1, 2, 3, 4, 5],
        [5, 5, 5, 5, 5],
        [-3, -1, -1, -2, -9],
        [i32::MIN, i32::MIN, i32::MAX, i32::MAX, 0],
        [i32::MIN, i32::MIN, i32::MIN, i32::MIN, i32::MIN],
        [0, -1, 7, 7, 7],
    ];
    let scores: Vec<u32> = rows.iter().flatten().map(|&score| score as u32).collect();
    assert_eq!(run(&kernel, &[5], std::slice::from_ref(&scores), 6), [4, 0, 1, 2, 0, 2]);
    // Behind the end, zeros.
    assert_eq!(run(&kernel, &[5], &[scores], 7)[6], 0);
}

#[test]
fn argmax_agrees_with_rust_on_long_rows() {
    let kernel = compiled(source("argmax")).kernel;
    let mut random = Random::new(7);
    let scores: Vec<u32> = (0..4 * 1000).map(|_| random.word()).collect();
    let expected: Vec<u32> = scores
        .chunks(1000)
        .map(|row| {
            let best = row.iter().map(|&score| score as i32).max().unwrap();
            row.iter().position(|&score| score as i32 == best).unwrap() as u32
        })
        .collect();
    assert_eq!(run(&kernel, &[1000], &[scores], 4), expected);
}

/// What `kernels/convolve_rgba.wgsl` says.
fn convolved(pixels: &[u32], width: usize, height: usize, shift: u32, bias: i32, c: &[i32; 9]) -> Vec<u32> {
    let mut all = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let mut bytes = pixels[y * width + x].to_le_bytes();
            for (channel, byte) in bytes.iter_mut().enumerate().take(3) {
                let mut sum = bias;
                for dy in 0..3 {
                    for dx in 0..3 {
                        let row = (y + dy).saturating_sub(1).min(height - 1);
                        let column = (x + dx).saturating_sub(1).min(width - 1);
                        let value = pixels[row * width + column].to_le_bytes()[channel];
                        sum = sum.wrapping_add(c[dy * 3 + dx].wrapping_mul(value.into()));
                    }
                }
                *byte = (sum >> shift).clamp(0, 255) as u8;
            }
            all.push(u32::from_le_bytes(bytes));
        }
    }
    all
}

#[test]
fn convolve_agrees_with_rust_at_every_pixel() {
    let kernel = compiled(source("convolve_rgba")).kernel;
    let mut random = Random::new(8);
    let filters: [(u32, i32, [i32; 9]); 4] = [
        (4, 8, [1, 2, 1, 2, 4, 2, 1, 2, 1]),
        (0, 0, [0, -1, 0, -1, 5, -1, 0, -1, 0]),
        (0, 128, [-1, 0, 1, -2, 0, 2, -1, 0, 1]),
        (31, i32::MIN, [i32::MAX, i32::MIN, -1, 1 << 24, 7, 0, 1, 2, 3]),
    ];
    for (width, height) in [(1, 1), (1, 5), (5, 1), (2, 2), (7, 4), (300, 3)] {
        let pixels: Vec<u32> = (0..width * height).map(|_| random.bits() as u32).collect();
        for (shift, bias, c) in &filters {
            let mut params = vec![width as u32, height as u32, *shift, *bias as u32];
            params.extend(c.iter().map(|&c| c as u32));
            let got = run(&kernel, &params, std::slice::from_ref(&pixels), (width * height) as u32);
            assert_eq!(got, convolved(&pixels, width, height, *shift, *bias, c), "{width}×{height}");
        }
    }
}

#[test]
fn convolve_reads_few_chunks() {
    let kernel = compiled(source("convolve_rgba")).kernel;
    let params = [1024, 768, 4, 8, 1, 2, 1, 2, 4, 2, 1, 2, 1];
    let cost = kernel.cost(&params, &[1024 * 768 * 4]).unwrap();
    assert_eq!(cost.total_chunks(), 8);
}

/// What `kernels/mandelbrot.wgsl` says.
fn escape(cx: i32, cy: i32, max_iter: u32) -> Option<u32> {
    let product = |a: i32, b: i32| (((i64::from(a) * i64::from(b)) >> 32) as i32) << 4;
    let (mut x, mut y) = (0i32, 0i32);
    for i in 0..max_iter.min(65_536) {
        let (xx, yy) = (product(x, x), product(y, y));
        let far = x.wrapping_abs().max(y.wrapping_abs()) > 2 << 28;
        if far || (xx as u32).wrapping_add(yy as u32) > 4 << 28 {
            return Some(i);
        }
        y = (product(x, y) << 1).wrapping_add(cy);
        x = xx.wrapping_sub(yy).wrapping_add(cx);
    }
    None
}

#[test]
fn mandelbrot_agrees_with_rust() {
    let kernel = compiled(source("mandelbrot")).kernel;
    let palette: [u32; 16] = [
        0xff0f1e42, 0xff1a0719, 0xff2f0109, 0xff490404, 0xff640700, 0xff8a2c0c, 0xffb15218, 0xffd17d39, 0xffe5b586,
        0xfff8ecd3, 0xffbfe9f1, 0xff5fc9f8, 0xff00aaff, 0xff0080cc, 0xff005799, 0xff03346a,
    ];
    let (width, height) = (48, 32);
    let one = 1 << 28;
    let (x0, y0, step) = (-2 * one - one / 4, -one - one / 8, 3 * (one / 48));
    let params = [width, height, x0 as u32, y0 as u32, step as u32, 100];
    let got = run(&kernel, &params, &[], width * height + 1);
    let mut inside = 0;
    for (at, &pixel) in got[..(width * height) as usize].iter().enumerate() {
        let (column, row) = (at as i32 % width as i32, at as i32 / width as i32);
        let escaped = escape(x0 + column * step, y0 + row * step, 100);
        inside += usize::from(escaped.is_none());
        let expected = escaped.map_or(0xff00_0000, |i| palette[i as usize % 16]);
        assert_eq!(pixel, expected, "({column}, {row})");
    }
    // It is a picture of something.
    assert!((200..900).contains(&inside), "{inside}");
    assert_eq!(got[(width * height) as usize], 0xff00_0000);
}

#[test]
fn every_standard_kernel_is_small() {
    for (name, source) in crate::common::KERNELS {
        let statistics = compiled(source).statistics;
        println!("{name}: {statistics:?}");
        assert!(statistics.bytes < 2048, "{name}: {statistics:?}");
        assert!(statistics.registers < 64, "{name}: {statistics:?}");
    }
}

#[test]
fn the_kernels_beside_their_sources_are_what_these_compile_to() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../kernels");
    for (name, source) in crate::common::KERNELS {
        let committed = std::fs::read(folder.join(format!("{name}.kir"))).unwrap();
        assert!(compiled(source).kernel.encode() == committed, "kernels/{name}.kir: run scripts/kernels.sh");
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

//! Measures the speed of the interpreter on this machine, in nanoseconds per instruction and per unit of fuel.
//!
//! `cargo run --release -p touchstone-kir --example speed`

use std::time::Instant;

use touchstone_kir::{
    limits::MAX_FUEL, open, root, verify, Bound, ChunkRange, Instr, Kernel, Module, Op, OpenedInputs, ReadWord, Slices,
    Step, ViewDecl,
};

/// One element of an int8 matrix product, K = 4,096: two rows of 1,024 packed words, four at a time.
fn dot_product() -> Kernel {
    let rows = (0..2).map(|buffer| ViewDecl { buffer, bound: 0 });
    let mut code = vec![
        Instr::new(Op::View, 0, 0, 0, 0),
        Instr::new(Op::View, 0, 0, 1, 0),
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(10, 1)),
        Instr::new(Op::Load4View, 2, 0, 0, 0),
        Instr::new(Op::Load4View, 6, 0, 1, 0),
    ];
    code.extend((0..4).map(|word| Instr::new(Op::Dot4AccS, 1, 2 + word, 6 + word, 0)));
    code.extend([
        Instr::binary_imm(Op::Add, 0, 0, 1),
        Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(2, 1)),
        Instr::new(Op::Const, 0, 0, 0, 0),
        Instr::new(Op::Ostore, 1, 0, 0, 0),
    ]);
    build(code, 2, rows.collect(), &[1024, 256])
}

/// Only arithmetic.
fn arithmetic() -> Kernel {
    let code = vec![
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(9, 0)),
        Instr::binary_imm(Op::Add, 0, 0, 0x9E37_79B9),
        Instr::new(Op::Xor, 1, 1, 0, 0),
        Instr::binary_imm(Op::Mul, 1, 1, 0x85EB_CA6B),
        Instr::binary_imm(Op::ShrU, 2, 1, 13),
        Instr::new(Op::Xor, 1, 1, 2, 0),
        Instr::new(Op::LtU, 3, 1, 0, 0),
        Instr::new(Op::Select, 4, 1, 2, 3),
        Instr::new(Op::Add, 5, 5, 4, 0),
        Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(0, 0)),
        Instr::new(Op::Ostore, 5, 6, 0, 0),
    ];
    build(code, 0, Vec::new(), &[1000])
}

/// Only reads that jump between the first and the last opened chunk of a buffer, one word or four at a time.
fn jumps(op: Op) -> Kernel {
    let last = if op == Op::Load4View { 16 } else { 18 };
    let mut code = vec![
        Instr::new(Op::Const, 18, 0, 0, LAST_WORD),
        Instr::new(Op::Const, 16, 0, 0, LAST_WORD / 4),
        Instr::new(Op::View, 0, 0, 0, 0),
        Instr::new(Op::View, 0, 18, 1, 0),
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(21, 1)),
    ];
    for _ in 0..8 {
        code.push(Instr::new(op, 1, 0, 0, 0));
        code.push(Instr::new(op, 5, last, 1, 0));
    }
    code.push(Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(4, 1)));
    code.push(Instr::new(Op::Ostore, 5, 0, 0, 0));
    build(code, 1, vec![ViewDecl { buffer: 0, bound: 0 }; 2], &[4, 1000])
}

/// First word of the last chunk of the buffer that [`jumps`] reads.
const LAST_WORD: u32 = 1022 * 256;

fn build(code: Vec<Instr>, inputs: u8, views: Vec<ViewDecl>, bounds: &[u32]) -> Kernel {
    let module = Module {
        window: 1,
        registers: 20,
        inputs,
        views,
        bounds: bounds.iter().copied().map(Bound::constant).collect(),
        code,
        ..Module::default()
    };
    Kernel::from_module(module).unwrap_or_else(|error| panic!("{error}"))
}

fn measure(name: &str, kernel: &Kernel, lens: &[u32], mut reader: impl ReadWord, times: u32) {
    let step = Step::new(kernel, &[], lens).unwrap_or_else(|error| panic!("{error}"));
    let (mut best, mut fuel, mut sum) = (u128::MAX, 0, 0u32);
    for invocation in 0..times {
        let start = Instant::now();
        match step.run(invocation, &mut reader, MAX_FUEL) {
            Ok(execution) => {
                fuel = execution.fuel;
                sum = sum.wrapping_add(execution.words[0]);
            }
            Err(trap) => panic!("{trap}"),
        }
        // The best of many, to exclude other load on the machine.
        best = best.min(start.elapsed().as_nanos());
    }
    println!(
        "{name}: {:.1} µs per invocation, {:.2} ns per fuel (check sum {sum})",
        best as f64 / 1000.0,
        best as f64 / fuel as f64,
    );
}

fn main() {
    measure("arithmetic", &arithmetic(), &[], Slices(&[]), 100);
    let rows = [vec![3u8; 4096], vec![253u8; 4096]];
    let lens = [4096, 4096];
    let slices = [rows[0].as_slice(), rows[1].as_slice()];
    let kernel = dot_product();
    measure("dot product, whole buffers", &kernel, &lens, Slices(&slices), 10_000);
    let whole = ChunkRange { first: 0, count: 4 };
    let openings = rows.clone().map(|row| open(&row, &[whole]));
    let opened =
        openings.iter().flatten().zip(&rows).flat_map(|(opening, row)| verify(opening, &root(row), 4096)).collect();
    let reader = OpenedInputs::new(opened);
    measure("dot product, openings", &kernel, &lens, reader, 10_000);

    let buffer = vec![7u8; 1023 * 1024];
    let every_second: Vec<ChunkRange> = (0..512).map(|chunk| ChunkRange { first: 2 * chunk, count: 1 }).collect();
    let opening = open(&buffer, &every_second).unwrap_or_default();
    for (name, op) in [("jumps of one word", Op::LoadView), ("jumps of four words", Op::Load4View)] {
        let opened = verify(&opening, &root(&buffer), buffer.len() as u32).into_iter().collect();
        measure(name, &jumps(op), &[buffer.len() as u32], OpenedInputs::new(opened), 1000);
    }
}

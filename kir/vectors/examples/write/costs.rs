//! Bounds, and the static costs that follow from them.

use touchstone_kir::{Bound, Instr, Kernel, Module, Op, ViewDecl};
use touchstone_vectors::{CostLine, Line};

use super::Book;
use touchstone_generate::assembly::*;

pub fn write(book: &mut Book) {
    bounds(book);
    costs(book);
}

/// Bounds, seen as the lengths of views on an input of three words.
fn bounds(book: &mut Book) {
    let free = u32::MAX;
    for (c, cap, m, param, shift) in [
        (0, 0, 0, None, 0),
        (2, 2, 0, None, 0),
        (free, free, 0, None, 0),
        (0, free, 1, Some(0), 0),
        (1, free, 1, Some(0), 2),
        (1, 2, 3, Some(0), 1),
        (0, free, 65_535, Some(0), 0),
        (free, free, 1, Some(0), 0),
        (3, 1, 1, Some(0), 31),
        (0, free, 2, Some(0), 31),
    ] {
        let module = Module {
            window: 3,
            registers: 4,
            inputs: 1,
            params: 1,
            views: vec![ViewDecl { buffer: 0, bound: 0 }],
            bounds: vec![Bound { c, cap, m, param, shift }],
            code: [
                vec![i(View, 0, 0, 0, 0)],
                (0..3u32).flat_map(|at| [i(LoadView, 1, 0, 0, at), i(Ostore, 1, 0, 0, at)]).collect(),
            ]
            .concat(),
            ..Module::default()
        };
        let cases: Vec<_> = [0, 1, 2, 3, 4, 8, 65_537, 1 << 31, free - 1, free].map(|p| (vec![p], 0)).to_vec();
        let shown = param.map_or("no parameter".into(), |param| format!("parameter {param}"));
        let name = format!("c = {c}, cap = {cap}, m = {m}, {shown}, shift = {shift}");
        book.run("bounds", &name, module, &[bytes(&[11, 22, 33])], &cases);
    }
}

/// Static costs: sums, worst arms, loops, what a buffer has, and the limits.
fn costs(book: &mut Book) {
    let base = |code: Vec<Instr>| Module {
        window: 2,
        registers: 8,
        inputs: 2,
        params: 1,
        views: vec![ViewDecl { buffer: 1, bound: 1 }],
        bounds: vec![
            Bound { c: 0, cap: u32::MAX, m: 1, param: Some(0), shift: 0 },
            Bound { c: 1, cap: 1000, m: 2, param: Some(0), shift: 1 },
        ],
        code,
        ..Module::default()
    };
    let looped = |instr: Instr| vec![i(Loop, 0, 0, 0, pack(2, 0)), instr, i(EndLoop, 0, 0, 0, pack(0, 0))];
    let long = 1u32 << 24;
    // Name, code, and for each parameter and pair of lengths the fuel and the chunks, counted by hand, or the refusal.
    type Expected = (u32, [u32; 2], Result<(u64, [u32; 2]), &'static str>);
    let all: Vec<(&str, Vec<Instr>, Vec<Expected>)> = vec![
        ("one instruction and the window", vec![i(Gid, 0, 0, 0, 0)], vec![(0, [4, 4], Ok((19, [0, 0])))]),
        (
            "a free load costs a chunk, if there is one",
            vec![i(Load, 0, 0, 0, 0), i(Load4, 0, 0, 0, 9), i(Load, 0, 0, 1, 0)],
            vec![(0, [long, long], Ok((30, [2, 1]))), (0, [4, 1024], Ok((30, [1, 1])))],
        ),
        (
            "a view costs its length and one chunk more",
            vec![i(View, 0, 0, 0, 0), i(LoadView, 0, 0, 0, 0)],
            vec![
                (0, [4, long], Ok((24, [0, 2]))),
                (254, [4, long], Ok((24, [0, 2]))),
                (256, [4, long], Ok((24, [0, 3]))),
                (u32::MAX, [4, long], Ok((24, [0, 5]))),
                (u32::MAX, [4, 2048], Ok((24, [0, 2]))),
            ],
        ),
        (
            "a loop costs itself and its turns",
            looped(ii(Add, 0, 0, 1)),
            vec![
                (0, [4, 4], Ok((19, [0, 0]))),
                (1, [4, 4], Ok((21, [0, 0]))),
                (1000, [4, 4], Ok((2019, [0, 0]))),
                (8_388_598, [4, 4], Ok((16_777_215, [0, 0]))),
                (8_388_599, [4, 4], Err("FuelOverLimit")),
                (u32::MAX, [4, 4], Err("FuelOverLimit")),
            ],
        ),
        (
            "loads in loops multiply, up to 512 chunks",
            looped(i(Load, 0, 0, 0, 0)),
            vec![
                (512, [long, 4], Ok((2579, [512, 0]))),
                (513, [long, 4], Err("ChunksOverLimit")),
                (513, [512 * 1024, 4], Ok((2584, [512, 0]))),
                (513, [512 * 1024 + 4, 4], Err("ChunksOverLimit")),
            ],
        ),
        (
            "of an if the dearer arm, for fuel and for each buffer by itself",
            vec![
                i(If, 0, 0, 0, pack(3, 6)),
                i(Load, 0, 0, 0, 0),
                i(Load, 0, 0, 0, 9),
                i(Else, 0, 0, 0, 6),
                i(Load, 0, 0, 1, 0),
                i(DivU, 0, 0, 1, 0),
                i(End, 0, 0, 0, 0),
            ],
            vec![(0, [long, long], Ok((29, [2, 1])))],
        ),
        (
            "breaks are ignored",
            vec![i(Block, 0, 0, 0, 3), i(Break, 0, 0, 0, 3), i(Load, 0, 0, 0, 0), i(End, 0, 0, 0, 0)],
            vec![(0, [long, long], Ok((25, [1, 0])))],
        ),
        (
            "lengths are positive multiples of 4 up to 2³¹",
            vec![i(Gid, 0, 0, 0, 0)],
            vec![
                (0, [0, 4], Err("WrongLength")),
                (0, [4, 6], Err("WrongLength")),
                (0, [4, (1 << 31) + 4], Err("WrongLength")),
                (0, [1 << 31, 4], Ok((19, [0, 0]))),
            ],
        ),
    ];
    for (name, code, expected) in all {
        let expected = expected.into_iter().map(|(param, lengths, cost)| (vec![param], lengths.to_vec(), cost));
        add(book, name, base(code), expected.collect());
    }
    more_costs(book);
    weights(book);
}

/// For parameters and lengths, the fuel and the chunks of each input, or the refusal.
type Counted = (Vec<u32>, Vec<u32>, Result<(u64, [u32; 2]), &'static str>);

fn add(book: &mut Book, name: &str, module: Module, counted: Vec<Counted>) {
    let inputs = usize::from(module.inputs);
    let kernel = Kernel::from_module(module).unwrap();
    let costs = counted.into_iter().map(|(params, lengths, cost)| {
        let base = CostLine { params, lengths, ..CostLine::default() };
        match cost {
            Ok((fuel, chunks)) => CostLine { fuel: Some(fuel), chunks: Some(chunks[..inputs].into()), ..base },
            Err(error) => CostLine { error: Some(error.into()), ..base },
        }
    });
    let costs = costs.collect();
    book.add("costs", Line { name: name.into(), kernel: Some(kernel.encode().into()), costs, ..Line::default() });
}

/// Bound 0 is the parameter, bound 1 min(1000, (parameter >> 1)·2 + 1), bound 2 the largest; view 0 has bound 0 on
/// input 0, view 1 bound 1 on input 1.
fn two_views(code: Vec<Instr>) -> Module {
    Module {
        window: 2,
        registers: 8,
        inputs: 2,
        params: 1,
        views: vec![ViewDecl { buffer: 0, bound: 0 }, ViewDecl { buffer: 1, bound: 1 }],
        bounds: vec![
            Bound { c: 0, cap: u32::MAX, m: 1, param: Some(0), shift: 0 },
            Bound { c: 1, cap: 1000, m: 2, param: Some(0), shift: 1 },
            Bound::constant(u32::MAX),
        ],
        code,
        ..Module::default()
    }
}

fn more_costs(book: &mut Book) {
    let long = 1u32 << 24;
    let if_else = |then: usize, otherwise: usize| {
        let (at_else, at_end) = (1 + then as u16, 2 + (then + otherwise) as u16);
        let one = i(Mov, 0, 0, 0, 0);
        let mut code = vec![i(If, 0, 0, 0, pack(at_else, at_end))];
        code.extend(vec![one; then]);
        code.push(i(Else, 0, 0, 0, at_end.into()));
        code.extend(vec![one; otherwise]);
        code.push(i(End, 0, 0, 0, 0));
        code
    };
    let eight_loops = |bound| -> Vec<Instr> {
        let opens = (0..8u16).map(|level| i(Loop, level as u8, 0, 0, pack(16 - level, bound)));
        let closes = (0..8u16).rev().map(|level| i(EndLoop, level as u8, 0, 0, pack(level, bound)));
        opens.chain([i(Load, 0, 0, 0, 0)]).chain(closes).collect()
    };
    let mut huge_in_none = eight_loops(2);
    huge_in_none[0].imm = pack(16, 0);
    huge_in_none[16].imm = pack(0, 0);
    let around = |body: Vec<Instr>| {
        let end = 1 + body.len() as u16;
        [vec![i(Loop, 0, 0, 0, pack(end, 0))], body, vec![i(EndLoop, 0, 0, 0, pack(0, 0))]].concat()
    };
    let short = |param, cost| (vec![param], vec![4, 4], cost);
    let all: Vec<(&str, Vec<Instr>, Vec<Counted>)> = vec![
        (
            "the limit of the fuel itself is admitted",
            [around(vec![ii(Add, 0, 0, 1)]), vec![i(Gid, 0, 0, 0, 0)]].concat(),
            vec![short(8_388_598, Ok((16_777_216, [0, 0]))), short(8_388_599, Err("FuelOverLimit"))],
        ),
        (
            "a loop in a loop multiplies",
            around(vec![i(Loop, 1, 0, 0, pack(3, 1)), i(Mov, 0, 0, 0, 0), i(EndLoop, 1, 0, 0, pack(1, 1))]),
            vec![
                short(0, Ok((19, [0, 0]))),
                short(3, Ok((43, [0, 0]))),
                short(10, Ok((259, [0, 0]))),
                short(2000, Ok((4_004_019, [0, 0]))),
                short(1 << 24, Err("FuelOverLimit")),
            ],
        ),
        (
            "eight loops of 2³² − 1 turns in each other do not wrap",
            eight_loops(2),
            vec![short(0, Err("FuelOverLimit"))],
        ),
        (
            "what a loop without turns holds costs nothing, however much it is",
            huge_in_none,
            vec![(vec![0], vec![long, 4], Ok((19, [0, 0]))), (vec![1], vec![long, 4], Err("FuelOverLimit"))],
        ),
        (
            "an if without an else",
            vec![i(If, 0, 0, 0, pack(2, 2)), i(Load, 0, 0, 0, 0), i(End, 0, 0, 0, 0)],
            vec![(vec![0], vec![long, 4], Ok((24, [1, 0])))],
        ),
        ("an if with two empty arms", if_else(0, 0), vec![short(0, Ok((21, [0, 0])))]),
        ("the else is of the first arm: one instruction against two", if_else(1, 2), vec![short(0, Ok((22, [0, 0])))]),
        (
            "the else is of the first arm: one instruction against three",
            if_else(1, 3),
            vec![short(0, Ok((23, [0, 0])))],
        ),
        (
            "the else is of the first arm: three instructions against one",
            if_else(3, 1),
            vec![short(0, Ok((24, [0, 0])))],
        ),
        (
            "jumps cost 1, and what is behind them counts",
            around(vec![
                i(BreakIf, 0, 0, 0, 6),
                i(ContinueIf, 0, 0, 0, 6),
                i(Break, 0, 0, 0, 6),
                i(Load, 0, 0, 0, 0),
                i(Continue, 0, 0, 0, 6),
            ]),
            vec![(vec![10], vec![long, 4], Ok((109, [10, 0])))],
        ),
        (
            "a view of nothing costs one chunk",
            vec![i(View, 0, 0, 0, 0)],
            vec![
                (vec![0], vec![long, 4], Ok((22, [1, 0]))),
                (vec![1], vec![long, 4], Ok((22, [2, 0]))),
                (vec![256], vec![long, 4], Ok((22, [2, 0]))),
                (vec![257], vec![long, 4], Ok((22, [3, 0]))),
                (vec![511 * 256], vec![long, 4], Ok((22, [512, 0]))),
                (vec![511 * 256 + 1], vec![long, 4], Err("ChunksOverLimit")),
                (vec![u32::MAX], vec![512 * 1024, 4], Ok((22, [512, 0]))),
                (vec![u32::MAX], vec![1 << 31, 4], Err("ChunksOverLimit")),
            ],
        ),
        (
            "a view in a loop costs its chunks in each turn",
            around(vec![i(View, 0, 0, 1, 0)]),
            vec![
                (vec![4], vec![4, long], Ok((39, [0, 8]))),
                (vec![4], vec![4, 3000], Ok((39, [0, 3]))),
                (vec![0], vec![4, long], Ok((19, [0, 0]))),
            ],
        ),
        (
            "chunks of all inputs together are limited",
            around(vec![i(Load, 0, 0, 0, 0), i(Load4, 0, 0, 1, 0)]),
            vec![
                (vec![256], vec![long, long], Ok((2323, [256, 256]))),
                (vec![257], vec![long, long], Err("ChunksOverLimit")),
                (vec![257], vec![long, 255 * 1024], Ok((2332, [257, 255]))),
            ],
        ),
        (
            "as many parameters and inputs as the kernel declares",
            vec![i(Gid, 0, 0, 0, 0)],
            vec![
                (vec![], vec![4, 4], Err("WrongParams")),
                (vec![0, 0], vec![4, 4], Err("WrongParams")),
                (vec![0], vec![4], Err("WrongInputs")),
                (vec![0], vec![4, 4, 4], Err("WrongInputs")),
                (vec![0], vec![4, 1025], Err("WrongLength")),
                (vec![0], vec![u32::MAX, 4], Err("WrongLength")),
            ],
        ),
    ];
    for (name, code, counted) in all {
        add(book, name, two_views(code), counted);
    }
    let window = |window| Module { window, registers: 1, code: vec![i(Gid, 0, 0, 0, 0)], ..Module::default() };
    add(book, "a window of one word", window(1), vec![(vec![], vec![], Ok((18, [0, 0])))]);
    add(book, "a window of 1,024 words", window(1024), vec![(vec![], vec![], Ok((1041, [0, 0])))]);
}

/// One operation in each kernel; constructs and jumps are counted above.
fn weights(book: &mut Book) {
    for &op in Op::ALL {
        let fuel = match op {
            If | Else | End | Block | Loop | EndLoop | Break | BreakIf | Continue | ContinueIf => continue,
            DivU | DivS | RemU | RemS | Load | Load4 | View => 4,
            LoadView | Load4View | Cload => 2,
            _ => 1,
        };
        let imm = if op == Cload { pack(0, 1) } else { 0 };
        let chunks = match op {
            Load | Load4 => [1, 0],
            View => [2, 0],
            _ => [0, 0],
        };
        for (form, instr) in [("", Some(i(op, 0, 0, 0, imm))), (", immediate", op.is_binary().then(|| ii(op, 0, 0, 0)))]
        {
            let Some(instr) = instr else { continue };
            let module = Module { segments: vec![1], constants: vec![0], ..two_views(vec![instr]) };
            let counted = vec![(vec![1], vec![1 << 20, 1 << 20], Ok((18 + fuel, chunks)))];
            add(book, &format!("{}{form}", op.name()), module, counted);
        }
    }
}

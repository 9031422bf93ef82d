//! Constructs and jumps.

use touchstone_kir::{Bound, Instr, Module};

use super::{values::params, Book};
use touchstone_generate::assembly::*;

/// A kernel whose window has four words and which adds marks to register 15; conditions are parameters 0 and 1 in
/// registers 0 and 1.
fn marked(code: Vec<Instr>) -> Module {
    let mut all = params(2);
    let shift = all.len() as u32;
    // Targets count from the beginning of the kernel.
    all.extend(code.into_iter().map(|instr| {
        let low = u32::from(instr.low()) + shift;
        let high = u32::from(instr.high());
        match instr.opcode() {
            Some(If) => Instr { imm: low | (high + shift) << 16, ..instr },
            Some(Loop | EndLoop) => Instr { imm: low | high << 16, ..instr },
            Some(Else | Block | Break | BreakIf | Continue | ContinueIf) => Instr { imm: low, ..instr },
            _ => instr,
        }
    }));
    all.extend([i(Const, 14, 0, 0, 0), i(Ostore, 15, 14, 0, 0)]);
    Module {
        window: 1,
        registers: 16,
        params: 2,
        bounds: vec![Bound::constant(3), Bound::constant(0), Bound { c: 0, cap: 6, m: 1, param: Some(0), shift: 0 }],
        code: all,
        ..Module::default()
    }
}

/// Adds a power of ten to register 15.
fn mark(digit: u32) -> Instr {
    ii(Add, 15, 15, 10u32.pow(digit))
}

pub fn write(book: &mut Book) {
    let truths: Vec<(Vec<u32>, u32)> =
        [0, 1, 5, 0x8000_0000].iter().flat_map(|&x| [0, 1, 2, 3, u32::MAX].map(|y| (vec![x, y], 0))).collect();
    let mut add = |files: &[&str], name: &str, code: Vec<Instr>| {
        for file in files {
            book.run(file, name, marked(code.clone()), &[], &truths);
        }
    };
    add(
        &["if", "end"],
        "an if without an else",
        vec![i(If, 0, 0, 0, pack(2, 2)), mark(0), i(End, 0, 0, 0, 0), mark(1)],
    );
    add(
        &["if", "else"],
        "an if with an else",
        vec![i(If, 0, 0, 0, pack(2, 4)), mark(0), i(Else, 0, 0, 0, 4), mark(1), i(End, 0, 0, 0, 0), mark(2)],
    );
    add(
        &["else"],
        "an if in each arm",
        vec![
            i(If, 0, 0, 0, pack(4, 10)),
            i(If, 0, 1, 0, pack(3, 3)),
            mark(0),
            i(End, 0, 0, 0, 0),
            i(Else, 0, 0, 0, 10),
            i(If, 0, 1, 0, pack(7, 9)),
            mark(1),
            i(Else, 0, 0, 0, 9),
            mark(2),
            i(End, 0, 0, 0, 0),
            i(End, 0, 0, 0, 0),
            mark(3),
        ],
    );
    add(
        &["block", "break"],
        "a break out of a block",
        vec![i(Block, 0, 0, 0, 3), i(Break, 0, 0, 0, 3), mark(0), i(End, 0, 0, 0, 0), mark(1)],
    );
    add(
        &["break_if"],
        "a break out of the first or second block",
        vec![
            i(Block, 0, 0, 0, 7),
            i(Block, 0, 0, 0, 5),
            i(BreakIf, 0, 0, 0, 5),
            i(BreakIf, 0, 1, 1, 7),
            mark(0),
            i(End, 0, 0, 0, 0),
            mark(1),
            i(End, 0, 0, 0, 0),
            mark(2),
        ],
    );
    add(
        &["break", "if"],
        "a break out of an if skips its end",
        vec![
            i(If, 0, 0, 0, pack(3, 6)),
            mark(0),
            i(Break, 0, 0, 0, 6),
            i(Else, 0, 0, 0, 6),
            i(BreakIf, 0, 1, 0, 6),
            mark(1),
            i(End, 0, 0, 0, 0),
            mark(2),
        ],
    );
    add(
        &["loop", "end_loop"],
        "three turns",
        vec![i(Loop, 0, 0, 0, pack(2, 0)), mark(0), i(EndLoop, 0, 0, 0, pack(0, 0)), mark(1)],
    );
    add(&["loop"], "no turn", vec![i(Loop, 0, 0, 0, pack(2, 1)), mark(0), i(EndLoop, 0, 0, 0, pack(0, 1)), mark(1)]);
    add(
        &["loop", "end_loop"],
        "as often as a parameter says, up to its cap",
        vec![i(Loop, 0, 0, 0, pack(2, 2)), mark(0), i(EndLoop, 0, 0, 0, pack(0, 2)), mark(1)],
    );
    add(
        &["loop", "end_loop"],
        "a loop in a loop counts anew",
        vec![
            i(Loop, 0, 0, 0, pack(5, 0)),
            mark(0),
            i(Loop, 1, 0, 0, pack(4, 2)),
            mark(1),
            i(EndLoop, 1, 0, 0, pack(2, 2)),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            mark(2),
        ],
    );
    let counting = |jump: Instr| {
        vec![
            i(Loop, 0, 0, 0, pack(7, 0)),
            ii(Add, 2, 2, 1),
            i(Eq, 3, 2, 1, 0),
            i(If, 0, 3, 0, pack(5, 5)),
            jump,
            i(End, 0, 0, 0, 0),
            mark(0),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            mark(1),
            i(Add, 15, 15, 2, 0),
        ]
    };
    add(&["break"], "a break out of a loop, out of an if", counting(i(Break, 0, 0, 1, 7)));
    add(&["break_if"], "a conditional break out of a loop, out of an if", counting(i(BreakIf, 0, 3, 1, 7)));
    add(&["continue"], "the next turn of a loop, out of an if", counting(i(Continue, 0, 0, 1, 7)));
    add(&["continue_if"], "the next turn of a loop on a condition, out of an if", counting(i(ContinueIf, 0, 0, 1, 7)));
    let nested = |jump: Instr| {
        vec![
            i(Loop, 0, 0, 0, pack(6, 0)),
            mark(0),
            i(Loop, 1, 0, 0, pack(5, 0)),
            mark(1),
            jump,
            i(EndLoop, 1, 0, 0, pack(2, 0)),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            mark(4),
        ]
    };
    for (file, op, conditional) in [
        ("break", Break, false),
        ("break_if", BreakIf, true),
        ("continue", Continue, false),
        ("continue_if", ContinueIf, true),
    ] {
        let condition = u8::from(conditional);
        add(&[file], "of the inner loop", nested(i(op, 0, condition, 0, 5)));
        add(&[file], "of the outer loop", nested(i(op, 0, condition, 1, 6)));
    }
    let at_the_end = vec![
        i(Loop, 0, 0, 0, pack(3, 0)),
        ii(Add, 15, 15, 1),
        i(Ostore, 15, 14, 0, 0),
        i(EndLoop, 0, 0, 0, pack(0, 0)),
    ];
    let module =
        |code| Module { window: 1, registers: 16, bounds: vec![Bound::constant(3)], code, ..Module::default() };
    book.run("end_loop", "the last instruction of a kernel", module(at_the_end), &[], &[(vec![], 0)]);
    let endless = Module {
        bounds: vec![Bound::constant(1 << 20)],
        ..module(vec![
            i(Loop, 0, 0, 0, pack(4, 0)),
            ii(Add, 15, 15, 1),
            ii(Eq, 1, 15, 70),
            i(BreakIf, 0, 1, 0, 4),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            i(Ostore, 15, 14, 0, 0),
        ])
    };
    book.run("break_if", "out of a loop of a million turns", endless, &[], &[(vec![], 0)]);
    let skipped = vec![
        i(Block, 0, 0, 0, 6),
        i(Break, 0, 0, 0, 6),
        i(Loop, 0, 0, 0, pack(5, 0)),
        ii(Add, 15, 15, 1),
        i(Break, 0, 0, 1, 6),
        i(EndLoop, 0, 0, 0, pack(2, 0)),
        i(End, 0, 0, 0, 0),
        i(Ostore, 15, 14, 0, 0),
    ];
    book.run("break", "over what is never reached", module(skipped), &[], &[(vec![], 0)]);
    let last = vec![
        ii(Add, 15, 15, 5),
        i(Ostore, 15, 14, 0, 0),
        i(Block, 0, 0, 0, 4),
        i(Break, 0, 0, 0, 4),
        i(End, 0, 0, 0, 0),
    ];
    book.run("break", "behind the last instruction", module(last), &[], &[(vec![], 0)]);
    bounded(book);
    longest(book);
    deepest(book);
    jumps(book);
}

/// Loops whose bounds saturate in between, and one with the last of 128 bounds.
fn bounded(book: &mut Book) {
    for (name, bound) in [
        ("a product that saturates", Bound { c: 0, cap: 5, m: 65_535, param: Some(0), shift: 0 }),
        ("a sum that saturates", Bound { c: u32::MAX, cap: 5, m: 1, param: Some(0), shift: 0 }),
        ("a parameter without its low bits", Bound { c: 2, cap: 9, m: 3, param: Some(0), shift: 30 }),
        ("no turn, whatever the parameter", Bound { c: 7, cap: 0, m: 1, param: Some(0), shift: 0 }),
    ] {
        let bounds = (0..127).map(|_| Bound::constant(1)).chain([bound]).collect();
        let code = vec![
            i(Loop, 0, 0, 0, pack(2, 127)),
            ii(Add, 0, 0, 1),
            i(EndLoop, 0, 0, 0, pack(0, 127)),
            i(Ostore, 0, 1, 0, 0),
        ];
        let module = Module { window: 1, registers: 2, params: 1, bounds, code, ..Module::default() };
        let cases: Vec<_> = [0, 1, 65_537, 65_538, 1 << 30, 1 << 31, u32::MAX].map(|param| (vec![param], 0)).to_vec();
        book.run("loop", &format!("the last of 128 bounds: {name}"), module, &[], &cases);
    }
}

/// A jump across all of 4,096 instructions.
fn longest(book: &mut Book) {
    let first = vec![i(Block, 0, 0, 0, 4095), i(Param, 1, 0, 0, 0), i(BreakIf, 0, 1, 0, 4095)];
    let last = vec![i(Ostore, 0, 1, 0, 0), i(End, 0, 0, 0, 0)];
    // Compilers for devices generate very much code for a longer computation.
    let code = [first, vec![i(Const, 0, 0, 0, 7); 4091], last].concat();
    let module = Module { window: 1, registers: 2, params: 1, code, ..Module::default() };
    book.run("break_if", "behind instruction 4,095, the last", module, &[], &[(vec![0], 0), (vec![1], 0)]);
}

/// As many nested constructs and loops as are allowed.
fn deepest(book: &mut Book) {
    let turns = |bound| Module {
        window: 1,
        registers: 2,
        bounds: vec![Bound::constant(bound)],
        code: (0..8u16)
            .map(|level| i(Loop, level as u8, 0, 0, pack(17 - level, 0)))
            .chain([ii(Add, 0, 0, 1), i(Ostore, 0, 1, 0, 0)])
            .chain((0..8u16).rev().map(|level| i(EndLoop, level as u8, 0, 0, pack(level, 0))))
            .collect(),
        ..Module::default()
    };
    for bound in [0, 1, 2, 3] {
        book.run("loop", &format!("eight in each other, {bound} turns each"), turns(bound), &[], &[(vec![], 0)]);
    }
    // Parameter 0 is the number of blocks to leave, of 64.
    let depth = 64u32;
    let first_end = 2 * depth + depth + 1;
    let mut code = vec![i(Param, 0, 0, 0, 0)];
    code.extend((0..depth).map(|at| i(Block, 0, 0, 0, first_end + 2 * (depth - 1 - at))));
    code.extend((0..depth).flat_map(|k| [ii(Eq, 1, 0, k), i(BreakIf, 0, 1, k as u8, first_end + 2 * k)]));
    code.extend((0..depth).flat_map(|_| [i(End, 0, 0, 0, 0), ii(Add, 2, 2, 1)]));
    code.push(i(Ostore, 2, 3, 0, 0));
    let module = Module { window: 1, registers: 4, params: 1, code, ..Module::default() };
    let cases: Vec<_> = [0, 1, 2, 31, 32, 62, 63, 64].map(|k| (vec![k], 0)).to_vec();
    book.run("break_if", "out of 64 blocks", module, &[], &cases);
}

/// A construct around a jump.
#[derive(Clone, Copy, PartialEq)]
enum Around {
    Then,
    Else,
    Block,
    Loop,
}

/// Every jump out of three nested constructs of every kind. Register 15 is the trace: each mark multiplies it by 3 and
/// adds its number. Parameter 0 selects the jump, and parameter 1 the pass in which it is taken.
fn jumps(book: &mut Book) {
    let kinds = [(Around::Then, "then"), (Around::Else, "else"), (Around::Block, "block"), (Around::Loop, "loop")];
    for outer in kinds {
        for middle in kinds {
            for inner in kinds {
                let name = format!("{}, {}, {}", outer.1, middle.1, inner.1);
                let (module, jumps) = jumping([outer.0, middle.0, inner.0]);
                let cases: Vec<_> = (0..=jumps)
                    .flat_map(|jump| [1, 2].map(|passage| (vec![jump, passage], 0)))
                    .filter(|(params, _)| params[0] != 0 || params[1] == 1)
                    .collect();
                book.run("jumps", &name, module, &[], &cases);
            }
        }
    }
}

/// The kernel of three constructs, outermost first, and how many jumps it has.
fn jumping(around: [Around; 3]) -> (Module, u32) {
    let mut code = vec![i(Param, 0, 0, 0, 0), i(Param, 1, 0, 1, 0), i(Const, 5, 0, 0, 1)];
    let mut marks = 0;
    let mark = |code: &mut Vec<Instr>, marks: &mut u32| {
        *marks += 1;
        code.extend([ii(Mul, 15, 15, 3), ii(Add, 15, 15, *marks)]);
    };
    // Where each construct opens and has its else.
    let (mut opens, mut elses) = (Vec::new(), Vec::new());
    for kind in around {
        opens.push(code.len());
        let level = opens[..opens.len() - 1].iter().filter(|at| code[**at].opcode() == Some(Loop)).count() as u8;
        code.push(match kind {
            Around::Then => i(If, 0, 5, 0, 0),
            Around::Else => i(If, 0, 14, 0, 0),
            Around::Block => i(Block, 0, 0, 0, 0),
            Around::Loop => i(Loop, level, 0, 0, 0),
        });
        mark(&mut code, &mut marks);
        elses.push(code.len());
        if kind == Around::Else {
            code.push(i(Else, 0, 0, 0, 0));
            mark(&mut code, &mut marks);
        }
    }
    code.extend([ii(Add, 3, 3, 1), i(Eq, 6, 3, 1, 0)]);
    // Instructions whose target is the end of a construct, with that construct.
    let mut targets: Vec<(usize, usize)> = Vec::new();
    let mut jumps = 0;
    for (construct, kind) in around.into_iter().enumerate() {
        let k = 2 - construct as u8;
        let mut forms = vec![(Break, BreakIf)];
        if kind == Around::Loop {
            forms.push((Continue, ContinueIf));
        }
        for (plain, conditional) in forms {
            jumps += 1;
            code.extend([ii(Eq, 4, 0, jumps), i(And, 4, 4, 6, 0)]);
            targets.push((code.len(), construct));
            code.push(i(conditional, 0, 4, k, 0));
            jumps += 1;
            code.extend([ii(Eq, 4, 0, jumps), i(And, 4, 4, 6, 0)]);
            let end = code.len() as u16 + 2;
            code.push(i(If, 0, 4, 0, pack(end, end)));
            targets.push((code.len(), construct));
            code.extend([i(plain, 0, 0, k + 1, 0), i(End, 0, 0, 0, 0)]);
        }
    }
    let mut ends = [0; 3];
    for (construct, kind) in around.into_iter().enumerate().rev() {
        mark(&mut code, &mut marks);
        let (open, end) = (opens[construct], code.len() as u16);
        match kind {
            Around::Then => {
                // The arm that is not taken comes second.
                let end = end + 3;
                code[open].imm = pack(end - 3, end);
                code.push(i(Else, 0, 0, 0, end.into()));
                mark(&mut code, &mut marks);
                code.push(i(End, 0, 0, 0, 0));
            }
            Around::Else => {
                code[open].imm = pack(elses[construct] as u16, end);
                code[elses[construct]].imm = end.into();
                code.push(i(End, 0, 0, 0, 0));
            }
            Around::Block => {
                code[open].imm = end.into();
                code.push(i(End, 0, 0, 0, 0));
            }
            Around::Loop => {
                code[open].imm = pack(end, 0);
                code.push(i(EndLoop, code[open].d, 0, 0, pack(open as u16, 0)));
            }
        }
        ends[construct] = code.len() as u32 - 1;
    }
    for (at, construct) in targets {
        code[at].imm = ends[construct];
    }
    mark(&mut code, &mut marks);
    code.push(i(Ostore, 15, 14, 0, 0));
    let module =
        Module { window: 1, registers: 16, params: 2, bounds: vec![Bound::constant(2)], code, ..Module::default() };
    (module, jumps)
}

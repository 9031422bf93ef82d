//! Encodings that are kernels, and encodings that violate each rule.

use touchstone_kir::{Bound, Instr, Module, Op, ViewDecl};
use touchstone_vectors::Line;

use super::Book;
use touchstone_generate::assembly::*;

pub fn write(book: &mut Book) {
    valid(book);
    header(book);
    tables(book);
    instructions(book);
    every_field(book);
    opcodes(book);
    structure(book);
}

fn good(book: &mut Book, name: &str, bytes: &[u8]) {
    // The hash is plain BLAKE3, so the crate of BLAKE3's authors computes it.
    let hash = blake3::hash(bytes);
    let hash = Some(hash.as_bytes().into());
    book.add(
        "invalid",
        Line { name: name.into(), kernel: Some(bytes.into()), valid: Some(true), hash, ..Line::default() },
    );
}

fn bad(book: &mut Book, name: &str, error: &str, bytes: &[u8]) {
    let (kernel, error) = (Some(bytes.into()), Some(error.into()));
    book.add("invalid", Line { name: name.into(), kernel, valid: Some(false), error, ..Line::default() });
}

/// The kernel that most of these change by little.
fn code() -> Vec<Instr> {
    vec![
        i(Loop, 0, 0, 0, pack(4, 0)),
        i(If, 0, 0, 0, pack(3, 3)),
        i(Continue, 0, 0, 1, 4),
        i(End, 0, 0, 0, 0),
        i(EndLoop, 0, 0, 0, pack(0, 0)),
        i(LoadView, 0, 7, 0, 0),
        i(Cload, 0, 0, 0, pack(3, 1)),
        i(Ostore, 0, 1, 0, 0),
    ]
}

fn encoded() -> Vec<u8> {
    module(code()).encode()
}

fn changed(change: &dyn Fn(&mut Module)) -> Vec<u8> {
    let mut parts = module(code());
    change(&mut parts);
    parts.encode()
}

/// The shortest kernel there is, with one instruction that does nothing.
fn smallest(code: Vec<Instr>) -> Module {
    Module { window: 1, registers: 1, code, ..Module::default() }
}

fn blocks(depth: u32) -> Vec<Instr> {
    let opened = (0..depth).map(|at| i(Block, 0, 0, 0, 2 * depth - 1 - at));
    opened.chain((0..depth).map(|_| i(End, 0, 0, 0, 0))).collect()
}

fn loops(depth: u16) -> Vec<Instr> {
    let opened = (0..depth).map(|level| i(Loop, level as u8, 0, 0, pack(2 * depth - 1 - level, 0)));
    let closed = (0..depth).rev().map(|level| i(EndLoop, level as u8, 0, 0, pack(level, 0)));
    opened.chain(closed).collect()
}

/// Kernels at the limits, and ones that look unusual but are valid.
fn valid(book: &mut Book) {
    good(book, "valid as it is", &encoded());
    let idle = i(Mov, 0, 0, 0, 0);
    good(book, "the smallest kernel", &smallest(vec![idle]).encode());
    let everything = Module {
        window: 1024,
        registers: 256,
        inputs: 8,
        params: 16,
        segments: vec![64; 16],
        views: (0..16).map(|view| ViewDecl { buffer: view % 8, bound: 127 }).collect(),
        bounds: vec![Bound { c: u32::MAX, cap: u32::MAX, m: u16::MAX, param: Some(15), shift: 31 }; 128],
        code: vec![i(Load4View, 252, 255, 15, u32::MAX)],
        constants: vec![u32::MAX; 2],
    };
    good(book, "everything in the header at its limit but instructions and constants", &everything.encode());
    good(book, "4,096 instructions", &smallest(vec![idle; 4096]).encode());
    for end in [4095, 4096] {
        let mut all = |name: &str, first: Instr, last: Instr| {
            let mut parts = smallest(vec![idle; 4096]);
            (parts.code[0], parts.code[4095], parts.bounds) = (first, last, vec![Bound::constant(1)]);
            match end {
                4095 => good(book, &format!("{name} over 4,096 instructions"), &parts.encode()),
                _ => bad(
                    book,
                    &format!("{name} that claims to end behind 4,096 instructions"),
                    "WrongTarget",
                    &parts.encode(),
                ),
            }
        };
        all("a loop", i(Loop, 0, 0, 0, pack(end, 0)), i(EndLoop, 0, 0, 0, pack(0, 0)));
        all("an if", i(If, 0, 0, 0, pack(end, end)), i(End, 0, 0, 0, 0));
        all("a block", i(Block, 0, 0, 0, end.into()), i(End, 0, 0, 0, 0));
    }
    let constants = Module { constants: vec![0; 4096], ..smallest(vec![i(Cload, 0, 0, 0, pack(0, 4096))]) };
    good(book, "4,096 constants", &constants.encode());
    good(book, "64 constructs in each other", &changed(&|m| m.code = blocks(64)));
    good(book, "eight loops in each other", &changed(&|m| m.code = loops(8)));
    good(
        book,
        "a loop behind a loop has its level",
        &changed(&|m| {
            m.code = [loops(1), vec![i(Loop, 0, 0, 0, pack(3, 1)), i(EndLoop, 0, 0, 0, pack(2, 1))]].concat()
        }),
    );
    let unused = Module { segments: vec![5], inputs: 2, params: 3, constants: vec![1], ..smallest(vec![idle]) };
    good(book, "tables that no instruction uses", &unused.encode());
    let dead = vec![i(Block, 0, 0, 0, 3), i(Break, 0, 0, 0, 3), idle, i(End, 0, 0, 0, 0)];
    good(book, "an instruction that is never reached", &smallest(dead).encode());
    let empty = vec![i(If, 0, 0, 0, pack(1, 2)), i(Else, 0, 0, 0, 2), i(End, 0, 0, 0, 0)];
    good(book, "an if with two empty arms", &smallest(empty).encode());
    good(book, "a multiple of a parameter that is cut to nothing", &changed(&|m| m.bounds[2].cap = 0));
}

fn header(book: &mut Book) {
    let valid = encoded();
    bad(book, "nothing", "Truncated", &[]);
    bad(book, "half a header", "Truncated", &valid[..12]);
    bad(book, "a header less one byte", "Truncated", &valid[..23]);
    bad(book, "a header alone", "WrongLength", &valid[..24]);
    bad(book, "a byte less", "WrongLength", &valid[..valid.len() - 1]);
    bad(book, "a byte more", "WrongLength", &[valid.clone(), vec![0]].concat());
    for (name, error, at, value) in [
        ("another magic", "WrongMagic", 0, b'K'),
        ("a magic in small letters", "WrongMagic", 3, b'r'),
        ("version 0", "UnknownVersion", 4, 0),
        ("version 2", "UnknownVersion", 4, 2),
        ("version 257", "UnknownVersion", 5, 1),
        ("a window of 1,028 words", "CountOutOfRange", 7, 4),
        ("264 registers", "CountOutOfRange", 9, 1),
        ("nine inputs", "CountOutOfRange", 10, 9),
        ("17 parameters", "CountOutOfRange", 11, 17),
        ("no window", "CountOutOfRange", 6, 0),
        ("no registers", "CountOutOfRange", 8, 0),
        ("17 segments in the header", "CountOutOfRange", 12, 17),
        ("17 views in the header", "CountOutOfRange", 13, 17),
        ("260 bounds in the header", "CountOutOfRange", 15, 1),
        ("no instructions in the header", "CountOutOfRange", 16, 0),
        ("one segment too few in the header", "WrongLength", 12, 1),
        ("one view too many in the header", "WrongLength", 13, 2),
        ("one bound too many in the header", "WrongLength", 14, 5),
        ("one instruction too few in the header", "WrongLength", 16, 7),
        ("one constant too many in the header", "WrongLength", 18, 5),
        ("a reserved byte", "ReservedNotZero", 20, 1),
        ("the second reserved byte", "ReservedNotZero", 21, 1),
        ("the third reserved byte", "ReservedNotZero", 22, 1),
        ("another reserved byte", "ReservedNotZero", 23, 128),
    ] {
        let mut bytes = valid.clone();
        bytes[at] = value;
        bad(book, name, error, &bytes);
    }
    for (name, change) in [
        ("a window of 1,025 words", (|m| m.window = 1025) as fn(&mut Module)),
        ("a window of 65,535 words", |m| m.window = u16::MAX),
        ("257 registers", |m| m.registers = 257),
        ("17 segments", |m| m.segments = vec![1; 17]),
        ("17 views", |m| m.views = vec![m.views[0]; 17]),
        ("129 bounds", |m| m.bounds = vec![m.bounds[0]; 129]),
        ("no instructions", |m| m.code = vec![]),
        ("4,097 instructions", |m| m.code = vec![i(Mov, 0, 0, 0, 0); 4097]),
        ("4,097 constants", |m| m.constants = vec![0; 4097]),
    ] {
        bad(book, name, "CountOutOfRange", &changed(&change));
    }
}

fn tables(book: &mut Book) {
    let mut padded = encoded();
    // Behind the header and two segments, the second byte of a view.
    padded[24 + 4 + 1] = 1;
    bad(book, "a view with a byte that should be zero", "ViewNotCanonical", &padded);
    for (name, error, change) in [
        ("an empty segment", "SegmentOutOfRange", (|m| m.segments[0] = 0) as fn(&mut Module)),
        ("a segment of 1,025 words", "SegmentOutOfRange", |m| m.segments = vec![1025]),
        ("segments of 1,025 words together", "ScratchTooLarge", |m| m.segments = vec![1000, 25]),
        ("sixteen segments of 1,024 words", "ScratchTooLarge", |m| m.segments = vec![1024; 16]),
        ("a view of a buffer that is not there", "ViewBufferOutOfRange", |m| m.views[0].buffer = 2),
        ("a view of buffer 255", "ViewBufferOutOfRange", |m| m.views[0].buffer = 255),
        ("a view with a bound that is not there", "ViewBoundOutOfRange", |m| m.views[0].bound = 4),
        ("a view with bound 256, of which the low byte is there", "ViewBoundOutOfRange", |m| m.views[0].bound = 256),
        ("a constant bound with a multiplier", "BoundNotCanonical", |m| m.bounds[0].m = 1),
        ("a constant bound with a shift", "BoundNotCanonical", |m| m.bounds[0].shift = 1),
        ("a constant bound with another cap", "BoundNotCanonical", |m| m.bounds[0].cap = 9),
        ("a constant bound with a lower cap", "BoundNotCanonical", |m| m.bounds[0].cap = 2),
        ("a bound of a parameter that is not there", "BoundParamOutOfRange", |m| m.bounds[2].param = Some(2)),
        ("a bound of parameter 254", "BoundParamOutOfRange", |m| m.bounds[2].param = Some(254)),
        ("a bound shifted by 32", "BoundShiftOutOfRange", |m| m.bounds[2].shift = 32),
        ("a bound shifted by 255", "BoundShiftOutOfRange", |m| m.bounds[2].shift = 255),
        ("a bound multiplied by 0", "BoundMultiplierZero", |m| m.bounds[2].m = 0),
        ("the last bound of a parameter that is not there", "BoundParamOutOfRange", |m| {
            m.bounds[3] = Bound { param: Some(2), ..m.bounds[2] }
        }),
    ] {
        bad(book, name, error, &changed(&change));
    }
}

fn instructions(book: &mut Book) {
    for (name, error, at, instr) in [
        ("an opcode that is not there", "UnknownOperation", 7, Instr { op: 0x5A, ..Instr::default() }),
        ("an immediate form of what has none", "UnknownOperation", 7, Instr { op: 0xC2, ..Instr::default() }),
        ("register 8 of 8", "RegisterOutOfRange", 7, i(Mov, 8, 0, 0, 0)),
        ("load4 into registers 5 to 8 of 8", "RegisterOutOfRange", 7, i(Load4, 5, 0, 0, 0)),
        ("load4_view into registers 5 to 8 of 8", "RegisterOutOfRange", 7, i(Load4View, 5, 0, 0, 0)),
        ("load4 into registers 253 to 256", "RegisterOutOfRange", 7, i(Load4, 253, 0, 0, 0)),
        ("parameter 2 of 2", "ParamOutOfRange", 7, i(Param, 0, 0, 2, 0)),
        ("parameter 255", "ParamOutOfRange", 7, i(Param, 0, 0, 255, 0)),
        ("input 2 of 2", "InputOutOfRange", 7, i(Load, 0, 0, 2, 0)),
        ("load4 of input 2 of 2", "InputOutOfRange", 7, i(Load4, 0, 0, 2, 0)),
        ("the length of input 2 of 2", "InputOutOfRange", 7, i(Len, 0, 0, 2, 0)),
        ("view 1 of 1", "ViewOutOfRange", 7, i(LoadView, 0, 0, 1, 0)),
        ("load4_view of view 1 of 1", "ViewOutOfRange", 7, i(Load4View, 0, 0, 1, 0)),
        ("the declaration of view 1 of 1", "ViewOutOfRange", 7, i(View, 0, 0, 1, 0)),
        ("segment 2 of 2", "NoSuchSegment", 7, i(Sload, 0, 0, 2, 0)),
        ("a store to segment 2 of 2", "NoSuchSegment", 7, i(Sstore, 0, 0, 2, 0)),
        ("constants 3 and 4 of 4", "ConstantsOutOfRange", 7, i(Cload, 0, 0, 0, pack(3, 2))),
        ("constant 4 of 4", "ConstantsOutOfRange", 7, i(Cload, 0, 0, 0, pack(4, 1))),
        ("65,535 constants from 65,535", "ConstantsOutOfRange", 7, i(Cload, 0, 0, 0, u32::MAX)),
        ("no constants", "ConstantsOutOfRange", 7, i(Cload, 0, 0, 0, pack(3, 0))),
        ("an unused field", "UnusedFieldNotZero", 7, i(Mov, 0, 0, 1, 0)),
        ("an unused immediate", "UnusedFieldNotZero", 7, i(Mov, 0, 0, 0, 1)),
        ("a loop with a bound that is not there", "BoundOutOfRange", 0, i(Loop, 0, 0, 0, pack(4, 4))),
        ("a loop at level 1 outside of loops", "WrongLevel", 0, i(Loop, 1, 0, 0, pack(4, 0))),
        ("an end_loop at another level", "WrongLevel", 4, i(EndLoop, 1, 0, 0, pack(0, 0))),
        ("a loop that claims another end", "WrongTarget", 0, i(Loop, 0, 0, 0, pack(5, 0))),
        ("an end_loop that goes back elsewhere", "WrongTarget", 4, i(EndLoop, 0, 0, 0, pack(1, 0))),
        ("an end_loop with another bound", "WrongBound", 4, i(EndLoop, 0, 0, 0, pack(0, 1))),
        ("an if that claims another end", "WrongTarget", 1, i(If, 0, 0, 0, pack(4, 4))),
        ("an if that claims an else", "WrongTarget", 1, i(If, 0, 0, 0, pack(2, 3))),
        ("an if without an else whose second target is another", "WrongTarget", 1, i(If, 0, 0, 0, pack(3, 2))),
        ("a jump to another place", "WrongTarget", 2, i(Continue, 0, 0, 1, 3)),
        ("a jump over 65,536 instructions", "WrongTarget", 2, i(Continue, 0, 0, 1, 4 | 1 << 16)),
        ("a break to the end of another construct", "WrongTarget", 2, i(Break, 0, 0, 0, 4)),
        ("a conditional break to the end of another construct", "WrongTarget", 2, i(BreakIf, 0, 0, 1, 3)),
        ("a continue of an if", "NotALoop", 2, i(Continue, 0, 0, 0, 3)),
        ("a conditional continue of an if", "NotALoop", 2, i(ContinueIf, 0, 0, 0, 3)),
        ("a break out of three constructs in two", "NoSuchConstruct", 2, i(Break, 0, 0, 2, 4)),
        ("a continue of a third construct in two", "NoSuchConstruct", 2, i(Continue, 0, 0, 2, 4)),
        ("a break out of 256 constructs", "NoSuchConstruct", 2, i(Break, 0, 0, 255, 4)),
        ("a break outside of constructs", "NoSuchConstruct", 7, i(Break, 0, 0, 0, 7)),
        ("an end outside of constructs", "Unmatched", 7, i(End, 0, 0, 0, 0)),
        ("an else outside of constructs", "Unmatched", 7, i(Else, 0, 0, 0, 7)),
        ("an end_loop outside of loops", "Unmatched", 7, i(EndLoop, 0, 0, 0, 0)),
        ("an else that its if does not claim", "WrongTarget", 2, i(Else, 0, 0, 0, 3)),
        ("an end of a loop", "Unmatched", 4, i(End, 0, 0, 0, 0)),
        ("an end_loop of an if", "Unmatched", 3, i(EndLoop, 0, 0, 0, pack(1, 0))),
        ("a block that is never closed", "Unclosed", 7, i(Block, 0, 0, 0, 8)),
        ("a loop that is never closed", "Unclosed", 7, i(Loop, 0, 0, 0, pack(8, 0))),
    ] {
        bad(book, name, error, &changed(&|m| m.code[at] = instr));
    }
}

const FIELDS: [&str; 3] = ["d", "a", "b"];

/// Each operation with each field that it does not use, and each register that is not there.
fn every_field(book: &mut Book) {
    let small = |code| Module {
        window: 1,
        registers: 8,
        inputs: 2,
        params: 2,
        segments: vec![1],
        views: vec![ViewDecl { buffer: 0, bound: 0 }],
        bounds: vec![Bound::constant(1)],
        constants: vec![0; 4],
        code,
    };
    for (instr, registers, unused, unused_imm) in shapes() {
        let name = instr.opcode().map_or("", Op::name);
        let name = if instr.is_immediate() { format!("{name}, immediate") } else { name.to_owned() };
        good(book, &name, &small(vec![instr]).encode());
        let with = |field: usize, value: u8| {
            let mut instr = instr;
            *[&mut instr.d, &mut instr.a, &mut instr.b][field] = value;
            small(vec![instr]).encode()
        };
        for (field, letter) in FIELDS.into_iter().enumerate() {
            if registers[field] {
                bad(book, &format!("{name}: {letter} = 8 of 8 registers"), "RegisterOutOfRange", &with(field, 8));
            }
            if unused[field] {
                bad(book, &format!("{name}: {letter} = 1, unused"), "UnusedFieldNotZero", &with(field, 1));
            }
        }
        // Two that would cancel each other.
        for (one, other) in [(0, 1), (0, 2), (1, 2)].into_iter().filter(|(one, other)| unused[*one] && unused[*other]) {
            let mut instr = instr;
            let name = format!("{name}: {} = {} = 1, both unused", FIELDS[one], FIELDS[other]);
            for field in [one, other] {
                *[&mut instr.d, &mut instr.a, &mut instr.b][field] = 1;
            }
            bad(book, &name, "UnusedFieldNotZero", &small(vec![instr]).encode());
        }
        for bit in [0, 8, 16, 31].into_iter().filter(|bit| unused_imm >> bit & 1 == 1) {
            let instr = Instr { imm: instr.imm | 1 << bit, ..instr };
            let bytes = small(vec![instr]).encode();
            bad(book, &format!("{name}: bit {bit} of imm, unused"), "UnusedFieldNotZero", &bytes);
        }
    }
    for (name, instr) in [
        ("select: imm = 8 of 8 registers", i(Select, 0, 0, 0, 8)),
        ("extract_u: imm = 8 of 8 registers", i(ExtractU, 0, 0, 0, 8)),
        ("extract_s: imm = 255 of 8 registers", i(ExtractS, 0, 0, 0, 255)),
        ("insert: the low byte of imm = 8 of 8 registers", i(Insert, 0, 0, 0, 0x0008)),
        ("insert: the second byte of imm = 8 of 8 registers", i(Insert, 0, 0, 0, 0x0800)),
    ] {
        bad(book, name, "RegisterOutOfRange", &small(vec![instr]).encode());
    }
    let control = every_control();
    good(book, "every control operation", &small(control.clone()).encode());
    let fields = [
        (0, "d"),
        (0, "b"),
        (1, "d"),
        (1, "a"),
        (1, "b"),
        (2, "d"),
        (2, "a"),
        (2, "b"),
        (3, "d"),
        (3, "a"),
        (3, "b"),
        (4, "d"),
        (6, "a"),
        (6, "b"),
        (7, "d"),
        (7, "a"),
        (8, "d"),
        (8, "a"),
        (9, "d"),
        (10, "a"),
        (10, "b"),
    ];
    let with = |at: usize, letters: &[&str]| {
        let mut code = control.clone();
        let instr = &mut code[at];
        for letter in letters {
            *match *letter {
                "d" => &mut instr.d,
                "a" => &mut instr.a,
                _ => &mut instr.b,
            } = 1;
        }
        (control[at].opcode().map_or("", Op::name), small(code).encode())
    };
    for (at, letter) in fields {
        let (name, bytes) = with(at, &[letter]);
        bad(book, &format!("{name}: {letter} = 1, unused"), "UnusedFieldNotZero", &bytes);
        for (_, other) in fields.into_iter().filter(|(same, other)| *same == at && *other > letter) {
            let (name, bytes) = with(at, &[letter, other]);
            bad(book, &format!("{name}: {other} = {letter} = 1, both unused"), "UnusedFieldNotZero", &bytes);
        }
    }
    for (at, bit) in [(2, 0), (2, 31), (3, 16)] {
        let mut code = control.clone();
        code[at].imm |= 1 << bit;
        let name = format!("{}: bit {bit} of imm, unused", control[at].opcode().map_or("", Op::name));
        bad(book, &name, "UnusedFieldNotZero", &small(code).encode());
    }
    for at in [0, 4, 9] {
        let mut code = control.clone();
        code[at].a = 8;
        let name = format!("{}: a = 8 of 8 registers", control[at].opcode().map_or("", Op::name));
        bad(book, &name, "RegisterOutOfRange", &small(code).encode());
    }
}

/// Every byte that is no opcode.
fn opcodes(book: &mut Book) {
    let known = |byte: u8| {
        let plain = matches!(byte, 0x01..=0x0A | 0x10..=0x3E | 0x40..=0x42 | 0x50..=0x59);
        plain || matches!(byte, 0xA0..=0xBE)
    };
    for op in (0..=255u8).filter(|op| !known(*op)) {
        let bytes = smallest(vec![Instr { op, ..Instr::default() }]).encode();
        bad(book, &format!("opcode {op:02x}"), "UnknownOperation", &bytes);
    }
}

fn structure(book: &mut Book) {
    bad(book, "nine loops in each other", "TooManyLoops", &changed(&|m| m.code = loops(9)));
    bad(book, "65 constructs in each other", "TooDeep", &changed(&|m| m.code = blocks(65)));
    let mut inner_loop = blocks(64);
    inner_loop.splice(64..64, [i(Loop, 0, 0, 0, pack(65, 0)), i(EndLoop, 0, 0, 0, pack(64, 0))]);
    for (at, instr) in inner_loop.iter_mut().enumerate().take(64) {
        instr.imm = 129 - at as u32;
    }
    bad(book, "a loop in 64 blocks", "TooDeep", &changed(&|m| m.code = inner_loop.clone()));
    let two_elses = vec![i(If, 0, 0, 0, pack(1, 3)), i(Else, 0, 0, 0, 3), i(Else, 0, 0, 0, 3), i(End, 0, 0, 0, 0)];
    let crossed =
        vec![i(Loop, 0, 0, 0, pack(2, 0)), i(Block, 0, 0, 0, 3), i(EndLoop, 0, 0, 0, pack(0, 0)), i(End, 0, 0, 0, 0)];
    let branch =
        |low, high, target| vec![i(If, 0, 0, 0, pack(low, high)), i(Else, 0, 0, 0, target), i(End, 0, 0, 0, 0)];
    let levels = |outer, inner, inner_end, outer_end| {
        vec![
            i(Loop, outer, 0, 0, pack(3, 0)),
            i(Loop, inner, 0, 0, pack(2, 0)),
            i(EndLoop, inner_end, 0, 0, pack(1, 0)),
            i(EndLoop, outer_end, 0, 0, pack(0, 0)),
        ]
    };
    let block = |end| vec![i(Block, 0, 0, 0, end), i(End, 0, 0, 0, 0)];
    for (name, error, code) in [
        ("an else behind an else", "Unmatched", two_elses),
        ("an else of a block", "Unmatched", vec![i(Block, 0, 0, 0, 1), i(Else, 0, 0, 0, 1), i(End, 0, 0, 0, 0)]),
        ("a loop and a block that cross", "Unmatched", crossed),
        ("an if whose else is its end", "WrongTarget", branch(2, 2, 2)),
        ("an if whose else is itself", "WrongTarget", branch(0, 2, 2)),
        ("an else that goes to itself", "WrongTarget", branch(1, 2, 1)),
        ("an else that goes behind the end", "WrongTarget", branch(1, 2, 3)),
        ("an if and an else that claim another end", "WrongTarget", branch(1, 3, 3)),
        ("an else with a second target", "WrongTarget", branch(1, 2, 2 | 2 << 16)),
        ("a block that claims itself as its end", "WrongTarget", block(0)),
        ("a block that claims an end behind the program", "WrongTarget", block(2)),
        ("a block that claims instruction 65,535", "WrongTarget", block(0xFFFF)),
        ("an inner loop at level 0", "WrongLevel", levels(0, 0, 0, 0)),
        ("an inner loop at level 2", "WrongLevel", levels(0, 2, 2, 0)),
        ("an inner end_loop at level 0", "WrongLevel", levels(0, 1, 0, 0)),
        ("an outer end_loop at level 1", "WrongLevel", levels(0, 1, 1, 1)),
        ("two constructs that are never closed", "Unclosed", vec![i(If, 0, 0, 0, pack(2, 2)), i(Block, 0, 0, 0, 2)]),
    ] {
        bad(book, name, error, &changed(&|m| m.code = code.clone()));
    }
}

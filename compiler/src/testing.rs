//! Bodies as text, for tests: one instruction per line.
//!
//! `t0 = add v1 7`: a register is `t` (temporary) or `v` (variable) with its number; `#1` is a label, `@1` a table
//! index, `+1` an offset, and any other number the value of a constant or an immediate operand.

use touchstone_kir::{interpret, Bound, Kernel, Op, Slices, ViewDecl};

use crate::{
    allocate::allocate,
    assemble::{assemble, Outline},
    ir::{Body, Inst, Reg, NONE},
    share::Segment,
};

/// Parses a body. Every register is either a temporary or a variable throughout.
pub(crate) fn body(text: &str) -> Body {
    let mut temporary: Vec<Option<bool>> = Vec::new();
    let code = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| inst(line, &mut temporary));
    Body { code: code.collect(), temporary: temporary.into_iter().map(|kind| kind.unwrap_or(true)).collect() }
}

fn inst(line: &str, temporary: &mut Vec<Option<bool>>) -> Inst {
    let (d, rest) = match line.split_once('=') {
        Some((d, rest)) => (Some(d.trim()), rest.trim()),
        None => (None, line),
    };
    let mut tokens = rest.split_whitespace();
    let name = tokens.next().unwrap();
    let op = Op::ALL.iter().copied().find(|op| op.name() == name).unwrap_or_else(|| panic!("no operation in {line}"));
    let mut inst = Inst::new(op);
    let mut sources = 0;
    for token in tokens {
        let (kind, number) = token.split_at(1);
        match kind {
            "t" | "v" => {
                inst.src[sources] = register(token, temporary);
                sources += 1;
            }
            "#" => inst.label = number.parse().unwrap(),
            "@" => inst.table = number.parse().unwrap(),
            "+" => inst.imm = value(number),
            _ => {
                inst.imm = value(token);
                inst.immediate = op.is_binary();
            }
        }
    }
    if let Some(d) = d {
        inst.d = register(d, temporary);
        for reg in inst.writes() {
            declare(reg, d.starts_with('t'), temporary);
        }
    }
    inst
}

fn value(text: &str) -> u32 {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

fn register(token: &str, temporary: &mut Vec<Option<bool>>) -> Reg {
    let reg = token[1..].parse().unwrap();
    declare(reg, token.starts_with('t'), temporary);
    reg
}

fn declare(reg: Reg, is_temporary: bool, temporary: &mut Vec<Option<bool>>) {
    let at = reg as usize;
    if temporary.len() <= at {
        temporary.resize(at + 1, None);
    }
    assert_ne!(temporary[at], Some(!is_temporary), "register {reg} is both a temporary and a variable");
    temporary[at] = Some(is_temporary);
}

/// The text of a body.
pub(crate) fn text(body: &Body) -> String {
    body.code.iter().map(|inst| line(inst, body) + "\n").collect()
}

fn line(inst: &Inst, body: &Body) -> String {
    let name = |reg: Reg| format!("{}{reg}", if body.temporary[reg as usize] { "t" } else { "v" });
    let mut words = Vec::new();
    if inst.d != NONE {
        words.push(format!("{} =", name(inst.d)));
    }
    words.push(inst.op.name().into());
    words.extend(inst.src.into_iter().filter(|&reg| reg != NONE).map(name));
    if inst.immediate || inst.op == Op::Const {
        words.push(inst.imm.to_string());
    } else if inst.imm != 0 {
        words.push(format!("+{}", inst.imm));
    }
    if inst.label != 0 {
        words.push(format!("#{}", inst.label));
    }
    let has_table = matches!(
        inst.op,
        Op::Param | Op::Len | Op::Load | Op::LoadView | Op::Load4 | Op::Load4View | Op::View | Op::Sload | Op::Sstore
    );
    if has_table || inst.table != 0 {
        words.push(format!("@{}", inst.table));
    }
    words.join(" ")
}

/// The text with each instruction on its own line.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

/// Asserts that a pass turns one body into another, and that both compute the same.
#[track_caller]
pub(crate) fn turns(pass: impl Fn(&mut Body), before: &str, after: &str) {
    let mut changed = body(before);
    pass(&mut changed);
    assert_eq!(text(&changed), lines(after));
    assert_eq!(run(&changed), run(&body(before)), "not the same meaning");
}

/// Asserts that a pass does not change a body.
#[track_caller]
pub(crate) fn keeps(pass: impl Fn(&mut Body), before: &str) {
    turns(pass, before, before);
}

/// The tables that bodies in tests refer to: two inputs, two parameters, a segment, a view, and bounds of 3, 0 and
/// parameter 0.
pub(crate) fn outline() -> Outline {
    Outline {
        window: 4,
        inputs: 2,
        params: 2,
        segments: vec![Segment::forever(4)],
        views: vec![ViewDecl { buffer: 0, bound: 0 }],
        bounds: vec![
            Bound::constant(3),
            Bound::constant(0),
            Bound { c: 0, cap: u32::MAX, m: 1, param: Some(0), shift: 0 },
        ],
        constants: vec![100, 200, 300],
    }
}

/// Lengths of the segments.
pub(crate) fn lengths(tables: &Outline) -> Vec<u16> {
    tables.segments.iter().map(|segment| segment.words).collect()
}

/// The windows of the first six invocations, with parameters 2 and 5.
pub(crate) fn run(body: &Body) -> Vec<u32> {
    let tables = outline();
    let allocated = allocate(body.clone(), lengths(&tables)).unwrap();
    let module = assemble(allocated, tables).unwrap();
    let kernel = Kernel::from_module(module).unwrap_or_else(|error| panic!("{error}\n{}", text(body)));
    let inputs: Vec<Vec<u8>> =
        [10u32, 100].iter().map(|scale| (1..=16).flat_map(|at: u32| (at * scale).to_le_bytes()).collect()).collect();
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let lengths = [64, 64];
    let fuel = kernel.cost(&[2, 5], &lengths).unwrap().fuel;
    (0..6).flat_map(|at| interpret(&kernel, &[2, 5], &lengths, at, &mut Slices(&slices), fuel).unwrap()).collect()
}

#[test]
fn text_is_parsed_to_what_it_says() {
    let text_of = "t0 = gid
        v1 = add t0 7
        t2 = load4 t0 +3 @1
        t6 = select t0 v1 t2
        t7 = cload t0 +131073
        loop #1
        break_if t6 #1
        end_loop #1
        t8 = param @1
        ostore t0 v1 +2";
    let parsed = body(text_of);
    assert_eq!(text(&parsed), lines(text_of));
    assert_eq!(parsed.temporary, [true, false, true, true, true, true, true, true, true]);
    assert!(parsed.code[1].immediate && parsed.code[1].imm == 7);
    assert_eq!((parsed.code[2].table, parsed.code[2].imm), (1, 3));
    assert_eq!(parsed.code[5].label, 1);
}

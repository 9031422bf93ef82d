//! Every operation on values, at the words where arithmetic goes wrong.

use touchstone_kir::{Instr, Module, Op};

use super::Book;
use touchstone_generate::assembly::*;

/// Words at which arithmetic goes wrong.
const EDGES: [u32; 12] = [0, 1, 2, 7, 31, 32, 33, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x80FF_017F];

/// Offsets and counts of bit fields.
const FIELDS: [u32; 8] = [0, 1, 5, 8, 31, 32, 33, 0xFFFF_FFFF];

/// A module with these parameters and this code, which stores register 15 in the first word of its window.
fn storing(params: u8, mut code: Vec<Instr>) -> Module {
    code.push(i(Const, 14, 0, 0, 0));
    code.push(i(Ostore, 15, 14, 0, 0));
    Module { window: 1, registers: 16, params, code, ..Module::default() }
}

/// Loads all parameters into registers 0, 1, …
pub fn params(count: u8) -> Vec<Instr> {
    (0..count).map(|at| i(Param, at, 0, at, 0)).collect()
}

pub fn write(book: &mut Book) {
    let singles: Vec<(Vec<u32>, u32)> = EDGES.iter().map(|&x| (vec![x], 0)).collect();
    let pairs: Vec<(Vec<u32>, u32)> = EDGES.iter().flat_map(|&x| EDGES.map(|y| (vec![x, y], 0))).collect();
    for &op in Op::ALL {
        let name = op.name();
        let with = |count: u8, instr: Instr| storing(count, [params(count), vec![instr]].concat());
        match op {
            _ if op.is_binary() => {
                book.run(name, "two registers", with(2, i(op, 15, 0, 1, 0)), &[], &pairs);
                book.run(name, "one register twice", with(1, i(op, 15, 0, 0, 0)), &[], &singles);
                for imm in [0, 1, 31, 32, 0x8000_0000, 0xFFFF_FFFF] {
                    book.run(name, &format!("the immediate {imm}"), with(1, ii(op, 15, 0, imm)), &[], &singles);
                }
            }
            Mov | Not | Neg | Abs | Clz | Ctz | Popcnt | Revbits => {
                let cases: Vec<_> = EDGES
                    .into_iter()
                    .chain((0..32).map(|bit| 1 << bit))
                    .chain([0xF0F0_1234, 0x0001_0000, 0xFFFF_0000])
                    .map(|x| (vec![x], 0))
                    .collect();
                book.run(name, "a register", with(1, i(op, 15, 0, 0, 0)), &[], &cases);
                let own = storing(1, vec![i(Param, 15, 0, 0, 0), i(op, 15, 15, 0, 0)]);
                book.run(name, "its own destination", own, &[], &cases);
            }
            Dot4AccU | Dot4AccS | Mad => {
                let code = [params(3), vec![i(Mov, 15, 0, 0, 0), i(op, 15, 1, 2, 0)]].concat();
                let cases: Vec<_> = pairs
                    .iter()
                    .flat_map(|(pair, _)| [0, 1, 0xFFFF_FFFF].map(|start| (vec![start, pair[0], pair[1]], 0)))
                    .collect();
                book.run(name, "added to what was there", storing(3, code), &[], &cases);
                let own = storing(1, vec![i(Param, 15, 0, 0, 0), i(op, 15, 15, 15, 0)]);
                book.run(name, "three times the same register", own, &[], &singles);
            }
            Select => {
                let cases: Vec<_> = EDGES.iter().map(|&condition| (vec![10, 20, condition], 0)).collect();
                book.run(name, "any condition but 0", with(3, i(op, 15, 0, 1, 2)), &[], &cases);
                let own = vec![i(Mov, 15, 2, 0, 0), i(op, 15, 0, 1, 15)];
                book.run(name, "its own condition", storing(3, [params(3), own].concat()), &[], &cases);
            }
            ExtractU | ExtractS => {
                let cases: Vec<_> = [0xABCD_1234, 0xFFFF_FFFF, 0x8000_0001, 0x7FFF_FFFE]
                    .iter()
                    .flat_map(|&x| FIELDS.iter().flat_map(move |&o| FIELDS.iter().map(move |&n| (vec![x, o, n], 0))))
                    .collect();
                book.run(name, "every clamping of a field", with(3, i(op, 15, 0, 1, 2)), &[], &cases);
                let own = storing(1, [params(1), vec![i(Mov, 15, 0, 0, 0), i(op, 15, 15, 15, 15)]].concat());
                book.run(name, "word, offset and count in its own destination", own, &[], &singles);
            }
            Insert => {
                let cases: Vec<_> = [(0xFFFF_FFFF, 0), (0, 0xFFFF_FFFF), (0x1234_5678, 0xABCD_EF01)]
                    .iter()
                    .flat_map(|&(x, y)| {
                        FIELDS.iter().flat_map(move |&o| FIELDS.iter().map(move |&n| (vec![x, y, o, n], 0)))
                    })
                    .collect();
                book.run(name, "every clamping of a field", with(4, i(op, 15, 0, 1, 2 + 256 * 3)), &[], &cases);
                let own = storing(1, [params(1), vec![i(Mov, 15, 0, 0, 0), i(op, 15, 15, 15, 15 + 256 * 15)]].concat());
                book.run(name, "everything in its own destination", own, &[], &singles);
            }
            Const => {
                for value in EDGES {
                    book.run(
                        name,
                        &format!("the value {value}"),
                        storing(0, vec![i(op, 15, 0, 0, value)]),
                        &[],
                        &[(vec![], 0)],
                    );
                }
            }
            Gid => {
                let cases: Vec<_> = EDGES.iter().map(|&invocation| (vec![], invocation)).collect();
                book.run(name, "any invocation", storing(0, vec![i(op, 15, 0, 0, 0)]), &[], &cases);
            }
            Param => {
                let all: Vec<u32> = (0..16).map(|at| 100 + at).collect();
                for at in [0, 1, 15] {
                    let code = vec![i(op, 15, 0, at, 0)];
                    book.run(name, &format!("parameter {at} of 16"), storing(16, code), &[], &[(all.clone(), 0)]);
                }
            }
            Len => {
                for (at, words) in [(0u8, 1u32), (1, 3), (0, 300)] {
                    let module = Module { inputs: 2, ..storing(0, vec![i(op, 15, 0, at, 0)]) };
                    let mut inputs = vec![bytes(&[0; 5]), bytes(&[0; 5])];
                    inputs[usize::from(at)] = bytes(&vec![0; words as usize]);
                    book.run(name, &format!("an input of {words} words"), module, &inputs, &[(vec![], 0)]);
                }
            }
            _ => {}
        }
    }
}

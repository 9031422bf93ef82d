//! The example of the specification.

use touchstone_kir::{Bound, Kernel, Module, ViewDecl};
use touchstone_vectors::{CaseLine, CostLine, Line};

use super::Book;
use touchstone_generate::assembly::*;

pub fn write(book: &mut Book) {
    let sums = Module {
        window: 1,
        registers: 5,
        inputs: 1,
        params: 1,
        views: vec![ViewDecl { buffer: 0, bound: 0 }],
        bounds: vec![Bound { c: 0, cap: 64, m: 1, param: Some(0), shift: 0 }],
        code: vec![
            i(Gid, 0, 0, 0, 0),
            i(Param, 1, 0, 0, 0),
            i(Mul, 0, 0, 1, 0),
            i(View, 0, 0, 0, 0),
            i(Loop, 0, 0, 0, pack(8, 0)),
            i(LoadView, 2, 0, 0, 0),
            i(Add, 3, 3, 2, 0),
            ii(Add, 0, 0, 1),
            i(EndLoop, 0, 0, 0, pack(4, 0)),
            i(Ostore, 3, 4, 0, 0),
        ],
        ..Module::default()
    };
    let kernel = Kernel::from_module(sums).unwrap().encode();
    let case = |invocation, word| CaseLine { params: vec![3], invocation, words: Some(vec![word]), fuel: Some(41) };
    let cost = |param, length, fuel, chunks| CostLine {
        params: vec![param],
        lengths: vec![length],
        fuel: Some(fuel),
        chunks: Some(vec![chunks]),
        error: None,
    };
    let line = Line {
        name: "sums of rows".into(),
        valid: Some(true),
        hash: Some(blake3::hash(&kernel).as_bytes().into()),
        kernel: Some(kernel.into()),
        inputs: Some(vec![bytes(&[1, 2, 3, 4, 5, 6, 7, 8, 9]).into()]),
        cases: vec![case(0, 6), case(1, 15), case(2, 24), case(3, 0)],
        costs: vec![cost(3, 36, 41, 1), cost(1000, 1 << 20, 346, 2)],
        ..Line::default()
    };
    book.add("example", line);
}

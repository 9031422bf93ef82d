//! The example of the specification.

use serde_json::json;
use touchstone_kernel::{Bound, Kernel, Module, ViewDecl};

use super::write::{text, Book};
use crate::common::*;

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
    book.add(
        "example",
        json!({
            "name": "sums of rows",
            "kernel": text(&kernel),
            "valid": true,
            "hash": text(blake3::hash(&kernel).as_bytes()),
            "inputs": [text(&bytes(&[1, 2, 3, 4, 5, 6, 7, 8, 9]))],
            "cases": [[[3], 0, [6], 41], [[3], 1, [15], 41], [[3], 2, [24], 41], [[3], 3, [0], 41]],
            "costs": [
                { "params": [3], "lengths": [36], "fuel": 41, "chunks": [1] },
                { "params": [1000], "lengths": [1 << 20], "fuel": 346, "chunks": [2] },
            ],
        }),
    );
}

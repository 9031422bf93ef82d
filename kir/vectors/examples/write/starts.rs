//! The state at the start of an invocation: all zero, whatever other invocations did.

use touchstone_kir::{Instr, Module};

use super::Book;
use touchstone_generate::assembly::*;

pub fn write(book: &mut Book) {
    let invocations = [(vec![], 0), (vec![], 1), (vec![], u32::MAX)];
    let mut add = |name: &str, module: Module| book.run("zeros", name, module, &[], &invocations);

    // Register 0 gathers all others before anything but `or` has written any.
    let gather = (1..=255u8).map(|register| i(Or, 0, 0, register, 0));
    let fill = (1..=255u8).map(|register| ii(Add, register, register, u32::MAX));
    let code: Vec<Instr> = gather.chain([i(Ostore, 0, 255, 0, 0)]).chain(fill).collect();
    add("256 registers", Module { window: 1, registers: 256, code, ..Module::default() });

    let sweep = |load: Instr, store: Instr| {
        vec![
            i(Loop, 0, 0, 0, pack(5, 0)),
            load,
            i(Or, 2, 2, 1, 0),
            store,
            ii(Add, 0, 0, 1),
            i(EndLoop, 0, 0, 0, pack(0, 0)),
            i(Ostore, 2, 3, 0, 0),
        ]
    };
    let swept = |window: u16, segments: Vec<u16>, code| Module {
        window,
        registers: 4,
        segments,
        bounds: vec![touchstone_kir::Bound::constant(1024)],
        code,
        ..Module::default()
    };
    let scratch = sweep(i(Sload, 1, 0, 0, 0), i(Sstore, 0, 0, 0, 0));
    add("1,024 words of scratch", swept(1, vec![1024], scratch));
    let window = sweep(i(Oload, 1, 0, 0, 1), i(Mov, 1, 1, 0, 0));
    add("1,024 words of the window", swept(1024, vec![], window));

    let code = vec![i(Gid, 0, 0, 0, 0), ii(RemU, 0, 0, 4), ii(Add, 1, 0, 7), i(Ostore, 1, 0, 0, 0)];
    add("words that are never written", Module { window: 4, registers: 2, code, ..Module::default() });
    let nothing = vec![i(Mov, 0, 0, 0, 0)];
    add("a kernel that writes nothing", Module { window: 3, registers: 1, code: nothing, ..Module::default() });
}

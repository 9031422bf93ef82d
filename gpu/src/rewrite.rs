//! Rewrites kernels: replaces instructions by others that are equivalent, or deliberately not.

use touchstone_kir::{Instr, Kernel, Module, Op};

/// The kernel with each instruction that is not control flow replaced by the result of `by` for its index. Jumps keep
/// their destinations. `None` if the result exceeds a limit and is not a valid kernel.
pub(crate) fn rewrite(module: Module, mut by: impl FnMut(usize, Instr) -> Vec<Instr>) -> Option<Kernel> {
    let mut code = Vec::with_capacity(module.code.len());
    let mut places = Vec::with_capacity(module.code.len());
    for (at, &instr) in module.code.iter().enumerate() {
        places.push(code.len());
        if is_control(instr) {
            code.push(instr);
        } else {
            code.extend(by(at, instr));
        }
    }
    let place = |target: u16| places.get(usize::from(target)).map_or(0, |&place| place as u16);
    for instr in code.iter_mut().filter(|instr| is_control(**instr)) {
        let (low, high) = (instr.low(), instr.high());
        instr.imm = match instr.opcode() {
            Some(Op::If) => Instr::pack(place(low), place(high)),
            Some(Op::Loop | Op::EndLoop) => Instr::pack(place(low), high),
            Some(Op::End) | None => 0,
            Some(_) => place(low).into(),
        };
    }
    Kernel::from_module(Module { code, ..module }).ok()
}

/// Whether an instruction is control flow: it decides or marks where execution continues.
pub(crate) fn is_control(instr: Instr) -> bool {
    instr.opcode().is_none_or(|op| op <= Op::ContinueIf)
}

/// The kernel as computed by a device that gets an operation wrong: the lowest bit of each of its results is flipped.
/// `None` if the kernel does not use the operation.
pub(crate) fn mistaken(kernel: &Kernel, wrong: Op) -> Option<Kernel> {
    let module = kernel.module();
    let is_wrong = |instr: Instr| instr.opcode() == Some(wrong);
    if !module.code.iter().any(|instr| is_wrong(*instr)) {
        return None;
    }
    rewrite(module.clone(), |_, instr| match is_wrong(instr) {
        true => vec![instr, Instr::binary_imm(Op::Xor, instr.d, instr.d, 1)],
        false => vec![instr],
    })
}

/// Whether [`mistaken`] can simulate an error in it: it writes a register.
pub(crate) fn can_be_mistaken(op: Op) -> bool {
    op > Op::ContinueIf && !matches!(op, Op::View | Op::Sstore | Op::Ostore)
}

#[cfg(test)]
mod tests {
    use touchstone_generate::{generate, Generated};
    use touchstone_kir::{interpret, Slices};

    use super::*;

    fn run(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocations: u32) -> Vec<u32> {
        let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let lens: Vec<u32> = inputs.iter().map(|bytes| bytes.len() as u32).collect();
        let one = |g| interpret(kernel, params, &lens, g, &mut Slices(&slices), u64::MAX).unwrap();
        (0..invocations).flat_map(one).collect()
    }

    #[test]
    fn instructions_that_do_nothing_change_nothing_wherever_they_stand() {
        for seed in 0..200 {
            let Generated { kernel, params, inputs, invocations } = generate(seed, 120).unwrap();
            let padded = rewrite(kernel.module().clone(), |at, instr| {
                let idle = Instr::new(Op::Mov, 0, 0, 0, 0);
                [vec![idle; at % 3], vec![instr], vec![idle; at % 2]].concat()
            });
            let padded = padded.unwrap();
            assert!(padded.module().code.len() > kernel.module().code.len());
            let expected = run(&kernel, &params, &inputs, invocations);
            assert_eq!(run(&padded, &params, &inputs, invocations), expected, "seed {seed}");
        }
    }

    #[test]
    fn a_kernel_is_mistaken_only_where_it_uses_the_operation() {
        let code = vec![Instr::new(Op::Gid, 0, 0, 0, 0), Instr::new(Op::Ostore, 0, 1, 0, 0)];
        let kernel = Kernel::from_module(Module { window: 1, registers: 2, code, ..Module::default() }).unwrap();
        assert_eq!(mistaken(&kernel, Op::Mul), None);
        let wrong = mistaken(&kernel, Op::Gid).unwrap();
        assert_eq!(run(&wrong, &[], &[], 4), [1, 0, 3, 2]);
        assert!(!can_be_mistaken(Op::Ostore) && !can_be_mistaken(Op::If) && can_be_mistaken(Op::Oload));
    }
}

//! The byte string: literal bytes, limits of the header, one encoding for one kernel.

use touchstone_kir::{limits::*, Bound, Field, Instr, Kernel, KirError, Module, Op, ViewDecl, HEADER_BYTES};

use crate::common::*;

/// (byte offset, new bytes, refusal)
type Patch = (usize, &'static [u8], KirError);

fn sample() -> Module {
    module(vec![i(Gid, 0, 0, 0, 0), i(Ostore, 0, 7, 0, 1)])
}

#[test]
fn a_kernel_has_exactly_these_bytes() {
    let mut expected = b"TKIR".to_vec();
    expected.extend([1, 0, 4, 0, 8, 0, 2, 2, 2, 1, 4, 0, 2, 0, 4, 0, 0, 0, 0, 0]);
    expected.extend([4, 0, 2, 0]); // segments
    expected.extend([1, 0, 1, 0]); // view
    expected.extend([3, 0, 0, 0, 3, 0, 0, 0, 0, 0, 255, 0]);
    expected.extend([5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 255, 0]);
    expected.extend([1, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 1]);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0]);
    expected.extend([0x12, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([0x59, 0, 7, 0, 1, 0, 0, 0]);
    for constant in [10, 20, 30, 40] {
        expected.extend([constant, 0, 0, 0]);
    }
    let kernel = Kernel::from_module(sample()).unwrap();
    assert_eq!(kernel.encode(), expected);
    assert_eq!(kernel.module().encoded_len(), expected.len());
    assert_eq!(kernel.hash(), *blake3::hash(&expected).as_bytes());
    assert_eq!(Kernel::decode(&expected), Ok(kernel));
}

#[test]
fn an_instruction_has_exactly_these_bytes() {
    let instr = ii(Op::Dot4S, 1, 2, 0x0304_0506);
    assert_eq!(instr.encode(), [0xBE, 1, 2, 0, 6, 5, 4, 3]);
    assert_eq!(Instr::decode(instr.encode()), instr);
    assert_eq!((instr.low(), instr.high()), (0x0506, 0x0304));
    assert_eq!(Instr::pack(instr.low(), instr.high()), instr.imm);
}

#[test]
fn a_damaged_header_is_refused_with_its_own_error() {
    use KirError::*;
    let count = |field, value| CountOutOfRange { field, value };
    let patches: &[Patch] = &[
        (0, b"TKIS", WrongMagic),
        (4, &[0, 0], UnknownVersion { version: 0 }),
        (4, &[2, 0], UnknownVersion { version: 2 }),
        (6, &[0, 0], count(Field::Window, 0)),
        (6, &[1, 4], count(Field::Window, 1025)),
        (8, &[0, 0], count(Field::Registers, 0)),
        (8, &[1, 1], count(Field::Registers, 257)),
        (10, &[9], count(Field::Inputs, 9)),
        (11, &[17], count(Field::Params, 17)),
        (12, &[17], count(Field::Segments, 17)),
        (13, &[17], count(Field::Views, 17)),
        (14, &[129, 0], count(Field::Bounds, 129)),
        (16, &[0, 0], count(Field::Instructions, 0)),
        (16, &[1, 16], count(Field::Instructions, 4097)),
        (18, &[1, 16], count(Field::Constants, 4097)),
        (20, &[1], ReservedNotZero),
        (23, &[128], ReservedNotZero),
    ];
    for (at, bytes, error) in patches {
        let mut encoded = sample().encode();
        encoded[*at..*at + bytes.len()].copy_from_slice(bytes);
        assert_eq!(Kernel::decode(&encoded), Err(*error));
    }
}

#[test]
fn every_truncation_and_every_extension_is_refused() {
    let encoded = sample().encode();
    for bytes in 0..encoded.len() {
        let error = if bytes < HEADER_BYTES {
            KirError::Truncated { bytes }
        } else {
            KirError::WrongLength { expected: encoded.len(), got: bytes }
        };
        assert_eq!(Kernel::decode(&encoded[..bytes]), Err(error));
    }
    let mut longer = encoded.clone();
    longer.push(0);
    assert_eq!(Kernel::decode(&longer), Err(KirError::WrongLength { expected: encoded.len(), got: encoded.len() + 1 }));
}

#[test]
fn the_padding_of_a_view_is_zero() {
    let mut encoded = sample().encode();
    encoded[HEADER_BYTES + 4 + 1] = 1;
    assert_eq!(Kernel::decode(&encoded), Err(KirError::ViewNotCanonical { view: 0 }));
}

#[test]
fn a_kernel_with_everything_at_its_limit_is_valid() {
    let full = Module {
        window: 1024,
        registers: 256,
        inputs: 8,
        params: 16,
        segments: vec![64; 16],
        views: vec![ViewDecl { buffer: 7, bound: 127 }; 16],
        bounds: vec![Bound { c: 0, cap: u32::MAX, m: u16::MAX, param: Some(15), shift: 31 }; 128],
        code: vec![i(Insert, 255, 255, 255, 0xFFFF); 4096],
        constants: vec![u32::MAX; 4096],
    };
    let kernel = Kernel::from_module(full.clone()).unwrap();
    assert_eq!(kernel.encode().len(), MAX_CODE_BYTES);
    assert_eq!(Kernel::decode(&kernel.encode()), Ok(kernel));

    // One more than the limit is also refused in a module built in memory.
    let over = |change: fn(&mut Module)| {
        let mut module = full.clone();
        change(&mut module);
        Kernel::from_module(module).unwrap_err()
    };
    let count = |field, value| KirError::CountOutOfRange { field, value };
    assert_eq!(over(|m| m.window += 1), count(Field::Window, 1025));
    assert_eq!(over(|m| m.registers += 1), count(Field::Registers, 257));
    assert_eq!(over(|m| m.inputs += 1), count(Field::Inputs, 9));
    assert_eq!(over(|m| m.params += 1), count(Field::Params, 17));
    assert_eq!(over(|m| m.segments.push(1)), count(Field::Segments, 17));
    assert_eq!(over(|m| m.views.push(m.views[0])), count(Field::Views, 17));
    assert_eq!(over(|m| m.bounds.push(m.bounds[0])), count(Field::Bounds, 129));
    assert_eq!(over(|m| m.code.push(m.code[0])), count(Field::Instructions, 4097));
    assert_eq!(over(|m| m.constants.push(0)), count(Field::Constants, 4097));
    // A count that wraps in its field of the header is refused as well.
    assert_eq!(over(|m| m.segments = vec![1; 256]), count(Field::Segments, 256));
}

#[test]
fn different_kernels_have_different_hashes() {
    let one = Kernel::from_module(sample()).unwrap();
    let mut changed = sample();
    changed.constants[0] ^= 1;
    let other = Kernel::from_module(changed).unwrap();
    assert_ne!(one.hash(), other.hash());
}

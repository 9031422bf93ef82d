use super::*;

#[test]
fn of_the_frame_are_named_not_a_kernel() {
    let good = module(1, 0).encode();
    refused_bytes(vec![], Error::NotAKernel);
    refused_bytes(good[..23].to_vec(), Error::NotAKernel);
    refused_bytes(good[..good.len() - 1].to_vec(), Error::NotAKernel);
    refused_bytes([&good[..], &[0]].concat(), Error::NotAKernel);
    refused_bytes([b"WGSL", &good[4..]].concat(), Error::NotAKernel);
    let mut reserved = good.clone();
    reserved[20] = 1;
    refused_bytes(reserved, Error::NotAKernel);
}

#[test]
fn of_the_version_are_named() {
    let mut bytes = module(1, 0).encode();
    bytes[4] = 2;
    refused_bytes(bytes, Error::UnknownVersion);
}

#[test]
fn of_the_header_are_named() {
    refused(Module { window: 0, ..module(1, 0) }, Error::CountOutOfRange);
    refused(Module { code: vec![], ..module(1, 0) }, Error::CountOutOfRange);
    refused(Module { registers: 257, ..module(1, 0) }, Error::CountOutOfRange);
}

#[test]
fn of_the_tables_are_named() {
    refused(Module { segments: vec![0], ..module(1, 0) }, Error::InvalidSegment);
    refused(Module { segments: vec![1_000, 25], ..module(1, 0) }, Error::InvalidSegment);
    let views = vec![ViewDecl { buffer: 0, bound: 0 }];
    refused(Module { views: views.clone(), bounds: vec![Bound::constant(1)], ..module(1, 0) }, Error::InvalidView);
    refused(Module { views, inputs: 1, ..module(1, 0) }, Error::InvalidView);
    let bound = Bound { c: 0, cap: 9, m: 1, param: Some(3), shift: 0 };
    refused(Module { bounds: vec![bound], ..module(1, 0) }, Error::InvalidBound);
}

#[test]
fn of_an_instruction_say_which() {
    let mut unknown = module(1, 0);
    unknown.code[2].op = 0x7F;
    refused(unknown, Error::InvalidInstruction(2));

    let mut register = module(1, 0);
    register.code[1].a = 200;
    refused(register, Error::InvalidInstruction(1));

    let mut unused = module(1, 0);
    unused.code[0].imm = 1;
    refused(unused, Error::InvalidInstruction(0));

    let mut unmatched = module(1, 0);
    unmatched.code.push(Instr::new(Op::End, 0, 0, 0, 0));
    refused(unmatched, Error::InvalidInstruction(3));
}

#[test]
fn of_an_open_construct_are_named() {
    let mut open = module(1, 0);
    open.code[0] = Instr::new(Op::Block, 0, 0, 0, 2);
    refused(open, Error::Unclosed);
}

#[test]
fn fit_the_four_bytes_of_a_module_error() {
    use codec::Encode;
    assert_eq!(Error::<Test>::InvalidInstruction(4_095).encode().len(), 3);
}

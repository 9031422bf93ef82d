//! Buffers of every size, and those that are too large.

use touchstone_gpu::GpuError;
use touchstone_kernel::generate::generate;

use crate::support::*;

#[test]
fn a_buffer_above_the_devices_limit_is_an_error_and_the_device_goes_on() {
    let mut gpu = gpu();
    let limit = gpu.summary().max_buffer_bytes;
    if limit < 1 << 31 {
        let (kernel, params, inputs, _) = generate(1, 8);
        let invocations = (limit / 4 + 1).div_ceil(kernel.window().into()) as u32;
        let error = on_device(&mut gpu, &kernel, &params, &inputs, invocations).unwrap_err();
        assert!(matches!(error, GpuError::TooLarge { .. }), "{error}");
    }
    let (kernel, params, inputs, invocations) = generate(2, 8);
    let expected = on_cpu(&kernel, &params, &inputs, invocations);
    let got = on_device(&mut gpu, &kernel, &params, &inputs, invocations).unwrap();
    assert_eq!(got, expected);
}

#[test]
fn buffers_of_several_pieces_come_back_as_they_went() {
    let gpu = gpu();
    let sent = bytes(noise(3, (9 << 20) / 4 + 1));
    let buffer = gpu.upload(sent.len() as u32, &mut sent.as_slice()).unwrap();
    let mut back = Vec::new();
    gpu.download(&buffer, &mut back).unwrap();
    assert!(back == sent);
}

#[test]
fn a_source_that_ends_early_is_an_error() {
    let gpu = gpu();
    let Err(error) = gpu.upload(64, &mut [0u8; 60].as_slice()) else { panic!("60 of 64 bytes") };
    assert!(matches!(error, GpuError::Io(_)), "{error}");
}

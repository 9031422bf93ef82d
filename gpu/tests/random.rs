//! Two thousand random kernels of up to 256 instructions on the device, every word of every invocation compared.
//!
//! Needs an adapter; lavapipe (mesa-vulkan-drivers) will do. There nearly all of the time is compilation: each thread
//! has a device of its own, so that they compile side by side.

#[path = "../examples/equality/device.rs"]
mod device;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use device::Device;
use touchstone_equality::Case;
use touchstone_gpu::Emission;
use touchstone_reference::{Coverage, Group};

const KERNELS: u64 = 2000;

/// Of this many kernels one goes through the plain emission as well.
const PLAIN: u64 = 8;

/// Mostly small, and every size up to 256.
fn size(seed: u64) -> usize {
    let draw = (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize;
    match seed % 8 {
        0 => 1 + draw % 256,
        1..=3 => 24 + draw % 72,
        _ => 4 + draw % 36,
    }
}

#[test]
fn two_thousand_random_kernels_compute_the_same_in_three_implementations() {
    let started = Instant::now();
    let (next, compared) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let mut device = Device::open().expect("an adapter; lavapipe will do");
        let mut coverage = Coverage::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let case = Case::generate_whole(seed, size(seed));
            if !device::compiles_soon(&case) {
                continue;
            }
            if compared.fetch_add(1, Ordering::Relaxed) >= KERNELS {
                return coverage;
            }
            let emissions = [Emission::Specialised, Emission::Plain];
            let result = case.check(Some(&mut coverage)).and_then(|ran| {
                assert!(ran, "seed {seed} is refused");
                emissions[..if seed % PLAIN == 0 { 2 } else { 1 }]
                    .iter()
                    .try_for_each(|emission| device.check(&case, *emission))
            });
            if let Err(difference) = result {
                panic!("seed {seed}: {difference}\n{}", case.to_line("random"));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    let mut coverage = Coverage::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            coverage.merge(&worker.join().unwrap());
        }
    });
    println!("{KERNELS} kernels on the device in {:.1?} on {threads} threads\n{coverage}", started.elapsed());
    // Not every pair in so few, but every border.
    let missing = coverage.missing().into_iter().filter(|shape| matches!(shape.group(), Group::Bounds | Group::Memory));
    assert_eq!(missing.collect::<Vec<_>>(), []);
}

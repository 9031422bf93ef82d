//! The device against the interpreter, bit for bit.
//!
//! These tests need an adapter; lavapipe (mesa-vulkan-drivers) is one that every machine can have.

mod agreement;
mod buffers;
mod dispatches;
mod loops;
mod self_test;
mod support;

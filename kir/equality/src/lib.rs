#![doc = include_str!("../README.md")]
#![deny(unreachable_pub)]

mod case;
mod code;
mod mutate;
mod shrink;

pub use case::{size_of_seed, BadFile, Case};
pub use mutate::mutate;
pub use shrink::shrink;

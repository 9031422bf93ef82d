//! Tests of the kernel language, in one binary.

mod common;
mod control;
mod cost;
mod encoding;
mod exhaustive;
mod generated;
mod hostile;
mod memory;
mod nodes;
mod openings;
mod operations;
mod reference;
mod refusals;
mod specification;
mod vectors;

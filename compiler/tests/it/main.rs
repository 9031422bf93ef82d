//! The compiler as its users call it.

mod by_value;
mod common;
mod control_flow;
mod costs;
mod emission;
mod emission_plain;
mod emission_text;
mod hostile;
mod idioms;
mod kernels;
mod language;
mod loops;
mod operators;
mod programs;
mod random_programs;
mod refusals;
mod values;
mod views;

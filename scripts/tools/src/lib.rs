//! Reads the weights that `scripts/weights.sh` writes, and compares two measurements of them.
//!
//! - [`weights`]: a `weights.rs` file as numbers;
//! - [`drift`]: how far a new measurement is from the committed one;
//! - [`fastest`]: the fastest of several measurements.

pub mod drift;
pub mod fastest;
pub mod weights;

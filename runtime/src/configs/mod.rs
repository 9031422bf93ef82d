//! The configuration of each pallet, by subject.

pub mod accounts;
pub mod assets;
pub mod consensus;
pub mod fees;
pub mod market;
pub mod system;

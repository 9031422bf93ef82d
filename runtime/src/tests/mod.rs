//! Tests of the whole runtime, through the interfaces that the node uses.

mod assets;
mod chain;
mod demands;
mod equivocation;
mod fees;
mod genesis;
mod holds;
mod market;
mod metadata;
mod moves;
mod proxies;
mod sessions;
#[cfg(feature = "try-runtime")]
mod upgrade;
mod weights;

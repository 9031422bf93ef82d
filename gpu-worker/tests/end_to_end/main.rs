//! Whole lives of jobs, with real `touchstone-node` and `gpu-worker` processes.

mod auction;
mod buyer;
mod carried;
mod cut;
mod damaged_files;
mod delivery;
mod demands;
mod market;
mod reorganisation;
mod restart;
mod rig;
mod support;

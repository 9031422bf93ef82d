//! What the pallet promises, one behaviour for each test.

mod hostile;
mod length;
mod refute;
mod scene;
mod size;
mod trace;

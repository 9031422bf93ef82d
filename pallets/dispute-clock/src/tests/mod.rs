//! What the pallet promises, one behaviour for each test.

mod tick;

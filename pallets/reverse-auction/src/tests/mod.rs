//! What the pallet promises, one behaviour for each test, between the real pallets of the market.

mod agenda;
mod auction;
mod carried;
mod commit;
mod demands;
mod history;
mod lifecycle;
mod machine;
mod model;
mod pages;
mod reads;
mod stages;
mod submit;

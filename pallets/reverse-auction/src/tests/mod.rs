//! What the pallet promises, one behaviour for each test, between the real pallets of the market.

mod agenda;
mod auction;
mod commit;
mod history;
mod lifecycle;
mod model;
mod pages;
mod reads;
mod stages;
mod submit;

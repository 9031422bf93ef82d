//! The provider's data endpoint over real HTTP.

mod limits;
mod proved_uploads;
mod pulling;
mod serving;
mod support;
mod uploads;

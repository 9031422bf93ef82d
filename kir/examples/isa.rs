//! Prints the operations of KIR as JSON, by name: `{"add":{"opcode":64,"fuel":1},…}`. Scripts read this table instead
//! of the source.
//!
//! ```text
//! cargo run -p touchstone-kir --example isa
//! ```

use std::collections::BTreeMap;

use serde_json::{json, Value};
use touchstone_kir::Op;

fn main() {
    let table: BTreeMap<&str, Value> =
        Op::ALL.iter().map(|op| (op.name(), json!({ "opcode": *op as u8, "fuel": op.fuel() }))).collect();
    println!("{}", json!(table));
}

//! The tables of operations, rules and limits in `docs/kernel-language.md` agree with the code.

use std::collections::{BTreeMap, BTreeSet};

use touchstone_kir::{limits::*, Op, HEADER_BYTES};
use touchstone_vectors::Check;

const TEXT: &str = include_str!("../../../docs/kernel-language.md");

/// A section by the beginning of its title.
fn section(title: &str) -> &'static str {
    let found = TEXT.split("\n## ").find(|section| section.starts_with(title));
    found.unwrap_or_else(|| panic!("no section {title}"))
}

/// The cells of the rows of all tables in a text.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let rows = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
}

/// The words in backticks.
fn quoted(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn its_tables_have_every_operation_with_its_opcode() {
    let mut named = BTreeMap::new();
    for row in rows(section("4 ")) {
        for pair in row.windows(2) {
            if let (Ok(byte), Some(name)) = (u8::from_str_radix(pair[0], 16), quoted(pair[1]).next()) {
                assert_eq!(named.insert(byte, name), None, "{byte:02x}");
            }
        }
    }
    let have: BTreeMap<u8, &str> = Op::ALL.iter().map(|op| (*op as u8, op.name())).collect();
    assert_eq!(named, have);
}

#[test]
fn its_table_of_fuel_is_what_operations_burn() {
    let mut dearer = BTreeMap::new();
    for row in rows(section("6 ")) {
        if let Ok(fuel @ 2..) = row[0].parse::<u32>() {
            dearer.extend(quoted(row[1]).map(|name| (name, fuel)));
        }
    }
    assert!(!dearer.is_empty());
    for op in Op::ALL {
        assert_eq!(op.fuel(), dearer.remove(op.name()).unwrap_or(1), "{}", op.name());
    }
    assert!(dearer.is_empty(), "{dearer:?}");
}

#[test]
fn every_rule_has_a_vector_that_breaks_it_and_no_vector_breaks_another() {
    let rules = ["5 ", "7 ", "8 "].into_iter().flat_map(|title| rows(section(title)));
    let rules: BTreeSet<&str> =
        rules.filter_map(|row| quoted(row[0]).next()).filter(|name| name.starts_with(char::is_uppercase)).collect();
    let mut broken = BTreeSet::new();
    for check in touchstone_vectors::all().unwrap().into_iter().flat_map(|vector| vector.checks) {
        match check {
            Check::Costs { costs, .. } => broken.extend(costs.into_iter().filter_map(|cost| cost.cost.err())),
            Check::NoKernel { error, .. } | Check::Opening { proves: Err(error), .. } => drop(broken.insert(error)),
            _ => {}
        }
    }
    assert_eq!(broken.iter().map(String::as_str).collect::<BTreeSet<_>>(), rules);
}

#[test]
fn its_example_is_the_vector() {
    let block = section("11 ").split("```").nth(1).unwrap();
    let is_byte = |token: &&str| token.len() == 2 && token.chars().all(|c| c.is_ascii_hexdigit());
    let tokens = block.lines().flat_map(|line| line.split_whitespace().take_while(is_byte));
    let bytes: Vec<u8> = tokens.map(|token| u8::from_str_radix(token, 16).unwrap()).collect();
    let mut checks = touchstone_vectors::all().unwrap().into_iter().filter(|vector| vector.file == "example");
    let checks = checks.next().unwrap().checks;
    let told = checks.iter().find_map(|check| match check {
        Check::Kernel { kernel, hash } => Some((kernel, hash)),
        _ => None,
    });
    let (kernel, hash) = told.unwrap();
    assert_eq!(kernel, &bytes);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(section("11 ").contains(&hash));
}

#[test]
fn its_limits_are_those_of_the_code() {
    let limits = section("9 ");
    for (what, limit) in [
        ("registers", MAX_REGISTERS),
        ("instructions", MAX_INSTRUCTIONS),
        ("constants", MAX_CONSTANTS),
        ("window", MAX_WINDOW),
        ("inputs", MAX_INPUTS),
        ("parameters", MAX_PARAMS),
        ("nested constructs", MAX_NESTING),
        ("nested loops", MAX_LOOPS),
        ("chunks of an invocation", MAX_CHUNKS as usize),
    ] {
        let row = rows(limits).find(|row| row[0] == what).unwrap_or_else(|| panic!("{what}"));
        let shown = row[1].replace([',', ' '], "").replace("words", "");
        assert_eq!(shown, limit.to_string(), "{what}");
    }
    for (what, shown, limit) in [
        ("segments; words of scratch", "16; 1,024", (MAX_SEGMENTS, MAX_SCRATCH_WORDS)),
        ("views, bounds", "16, 128", (MAX_VIEWS, MAX_BOUNDS)),
    ] {
        assert!(rows(limits).any(|row| row[0] == what && row[1] == shown), "{what}");
        let numbers: Vec<usize> =
            shown.split([';', ' ']).filter_map(|part| part.replace(',', "").parse().ok()).collect();
        assert_eq!(numbers, [limit.0, limit.1]);
    }
    assert!(limits.contains("| fuel of an invocation | 2²⁴ |") && MAX_FUEL == 1 << 24);
    assert!(limits.contains("| bytes of a buffer | 2³¹ |") && MAX_BUFFER_BYTES == 1 << 31);
    assert_eq!(HEADER_BYTES, 24);
}

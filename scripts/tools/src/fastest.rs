//! The fastest of several measurements of the same weights, function by function.
//!
//! On a virtual machine whole seconds of a measurement can be slow because of a neighbour. A function that is measured
//! several times was disturbed least where it took the least time.

use std::collections::BTreeMap;

use anyhow::{ensure, Context, Result};
use syn::{spanned::Spanned, Item};

use crate::weights;

/// The first of these `weights.rs` files, with each function as it is in the file where it takes the least time at the
/// largest value of its components.
pub fn fastest(files: &[String]) -> Result<String> {
    let first = files.first().context("there is no measurement")?;
    let weights: Vec<_> = files.iter().map(|file| weights::read(file)).collect::<Result<_>>()?;
    let functions: Vec<_> = files.iter().map(|file| functions(file)).collect::<Result<_>>()?;
    let lines: Vec<Vec<&str>> = files.iter().map(|file| file.lines().collect()).collect();

    let mut text = Vec::new();
    let mut next = 0;
    for (place, function) in &functions[0] {
        let name = &place.name;
        let mut best: Option<(u128, usize)> = None;
        for (file, weights) in weights.iter().enumerate() {
            let weight = weights.get(name).with_context(|| format!("a measurement lacks fn {name}"))?;
            let largest = weight.ranges.iter().map(|(component, (_, largest))| (component.clone(), *largest)).collect();
            let time = weight.at(&largest).time;
            if best.is_none_or(|(least, _)| time < least) {
                best = Some((time, file));
            }
        }
        let (_, file) = best.context("there is no measurement")?;
        let chosen = functions[file].get(place).with_context(|| format!("a measurement lacks fn {name}"))?;
        ensure!(function.0 >= next, "fn {name} is not behind the one before");
        text.extend_from_slice(&lines[0][next..function.0]);
        text.extend_from_slice(&lines[file][chosen.0..chosen.1]);
        next = function.1;
    }
    text.extend_from_slice(&lines[0][next..]);
    let end = if first.ends_with('\n') { "\n" } else { "" };
    Ok(text.join("\n") + end)
}

/// A function of a file: in which implementation it is, and its place there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Place {
    implementation: usize,
    at: usize,
    name: String,
}

/// The lines of each function with its comments: the first one, and the one behind the last.
fn functions(source: &str) -> Result<BTreeMap<Place, (usize, usize)>> {
    let file = syn::parse_file(source).context("it is no Rust source")?;
    let implementations = file.items.iter().filter_map(|item| match item {
        Item::Impl(item) if item.trait_.is_some() => Some(item),
        _ => None,
    });
    let mut found = BTreeMap::new();
    for (implementation, item) in implementations.enumerate() {
        for (at, item) in item.items.iter().enumerate() {
            let syn::ImplItem::Fn(function) = item else { continue };
            let begin = function.attrs.first().map_or(function.sig.span(), Spanned::span).start().line;
            let end = function.block.brace_token.span.close().end().line;
            let name = function.sig.ident.to_string();
            found.insert(Place { implementation, at, name }, (begin - 1, end));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bid: u32, base: u32, per_step: u32) -> String {
        let functions = format!(
            "\t/// Storage: `Jobs` (r:1 w:1)
\t/// The range of component `s` is `[1, 16]`.
\tfn commit(s: u32, ) -> Weight {{
\t\t// Minimum execution time: {base} picoseconds.
\t\tWeight::from_parts({base}, 8)
\t\t\t.saturating_add(Weight::from_parts({per_step}, 0).saturating_mul(s.into()))
\t}}
\tfn bid() -> Weight {{
\t\tWeight::from_parts({bid}, 0)
\t}}
"
        );
        format!(
            "//! Measured.\n\nimpl<T> WeightInfo for SubstrateWeight<T> {{\n{functions}}}\n\n// For tests.\n\
             impl WeightInfo for () {{\n{functions}}}\n"
        )
    }

    #[test]
    fn each_function_comes_from_the_measurement_in_which_it_was_fastest() {
        let files = [file(5, 100, 10), file(7, 150, 1), file(6, 90, 11)];
        assert_eq!(fastest(&files).unwrap(), file(5, 150, 1));
    }

    #[test]
    fn one_measurement_stays_as_it_is() {
        assert_eq!(fastest(&[file(1, 2, 3)]).unwrap(), file(1, 2, 3));
    }

    #[test]
    fn measurements_of_other_functions_are_an_error_that_names_the_function() {
        let other = file(1, 2, 3).replace("bid", "ask");
        assert_eq!(format!("{:#}", fastest(&[file(1, 2, 3), other]).unwrap_err()), "a measurement lacks fn bid");
    }
}

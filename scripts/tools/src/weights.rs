//! The costs that a `weights.rs` file states, read from its syntax tree.
//!
//! The file is the one that `scripts/weights-template.hbs` produces. What it computes is a sum of constants and of
//! constants times a component, so that each function is read into a [`Weight`] without running it.

use std::{
    collections::BTreeMap,
    ops::{Add, Mul},
};

use anyhow::{bail, Context, Result};
use serde::Serialize;
use syn::{Expr, ImplItem, Item, Lit, Type};

/// What something costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Picoseconds of computation, without the database.
    pub time: u128,
    /// Bytes of storage proof.
    pub proof: u128,
    /// Reads of the database.
    pub reads: u128,
    /// Writes to the database.
    pub writes: u128,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            time: self.time + other.time,
            proof: self.proof + other.proof,
            reads: self.reads + other.reads,
            writes: self.writes + other.writes,
        }
    }
}

impl Mul<u32> for Cost {
    type Output = Self;

    fn mul(self, times: u32) -> Self {
        let times = u128::from(times);
        Self {
            time: self.time * times,
            proof: self.proof * times,
            reads: self.reads * times,
            writes: self.writes * times,
        }
    }
}

/// One weight function: a base cost, and a cost for each unit of each component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// The cost where all components are 0.
    pub base: Cost,
    /// The cost of one unit of each component.
    pub per: BTreeMap<String, Cost>,
    /// The least and the largest value of each component that was measured.
    pub ranges: BTreeMap<String, (u32, u32)>,
}

impl Weight {
    /// The cost for these components; those that are not named are 0.
    pub fn at(&self, components: &BTreeMap<String, u32>) -> Cost {
        self.per.iter().fold(self.base, |sum, (name, cost)| sum + *cost * components.get(name).copied().unwrap_or(0))
    }

    fn add(mut self, other: Self) -> Self {
        self.base = self.base + other.base;
        for (name, cost) in other.per {
            let sum = self.per.entry(name).or_default();
            *sum = *sum + cost;
        }
        self
    }
}

/// The weight functions of the runtime, by name: those of `SubstrateWeight` in the text of a `weights.rs` file.
pub fn read(source: &str) -> Result<BTreeMap<String, Weight>> {
    let file = syn::parse_file(source).context("it is no Rust source")?;
    let functions = file.items.iter().find_map(|item| match item {
        Item::Impl(item) if item.trait_.is_some() && is_named(&item.self_ty, "SubstrateWeight") => Some(&item.items),
        _ => None,
    });
    let Some(functions) = functions else { bail!("it has no implementation for SubstrateWeight") };
    functions
        .iter()
        .filter_map(|item| match item {
            ImplItem::Fn(function) => Some(function),
            _ => None,
        })
        .map(|function| {
            let name = function.sig.ident.to_string();
            let weight = body(&function.block).with_context(|| format!("fn {name}"))?;
            Ok((name, Weight { ranges: ranges(&function.attrs), ..weight }))
        })
        .collect()
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}

fn body(block: &syn::Block) -> Result<Weight> {
    match block.stmts.as_slice() {
        [syn::Stmt::Expr(expression, None)] => weight(expression),
        _ => bail!("its body is not one expression"),
    }
}

/// The weight that an expression of the template states.
fn weight(expression: &Expr) -> Result<Weight> {
    match expression {
        Expr::Paren(inner) => weight(&inner.expr),
        Expr::Call(call) if path_ends(&call.func, "from_parts") => {
            let [time, proof] = arguments(&call.args)?;
            let base = Cost { time: number(time)?, proof: number(proof)?, ..Cost::default() };
            Ok(Weight { base, ..Weight::default() })
        }
        Expr::MethodCall(call) => match (call.method.to_string().as_str(), arguments::<1>(&call.args)?) {
            ("saturating_add", [other]) => Ok(weight(&call.receiver)?.add(weight(other)?)),
            ("saturating_mul", [by]) => times(weight(&call.receiver)?, by),
            ("reads", [count]) => accesses(count, Cost { reads: 1, ..Cost::default() }),
            ("writes", [count]) => accesses(count, Cost { writes: 1, ..Cost::default() }),
            (other, _) => bail!("it calls {other}, which the template does not"),
        },
        _ => bail!("it has an expression that the template does not write"),
    }
}

/// A constant weight times a component.
fn times(weight: Weight, by: &Expr) -> Result<Weight> {
    if !weight.per.is_empty() {
        bail!("it multiplies two components");
    }
    Ok(Weight { per: BTreeMap::from([(component(by)?, weight.base)]), ..Weight::default() })
}

/// A constant number of accesses, or a constant times a component.
fn accesses(count: &Expr, one: Cost) -> Result<Weight> {
    let some = |count: u128| Cost { reads: one.reads * count, writes: one.writes * count, ..one };
    match count {
        Expr::MethodCall(call) if call.method == "saturating_mul" => {
            let [by] = arguments(&call.args)?;
            let per = BTreeMap::from([(component(by)?, some(number(&call.receiver)?))]);
            Ok(Weight { per, ..Weight::default() })
        }
        Expr::Paren(inner) => accesses(&inner.expr, one),
        _ => Ok(Weight { base: some(number(count)?), ..Weight::default() }),
    }
}

/// The name in `name.into()`.
fn component(expression: &Expr) -> Result<String> {
    match expression {
        Expr::MethodCall(call) if call.method == "into" => match &*call.receiver {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string).context("a component is a plain name"),
            _ => bail!("a component is a plain name"),
        },
        _ => bail!("a component ends in .into()"),
    }
}

fn number(expression: &Expr) -> Result<u128> {
    match expression {
        Expr::Paren(inner) => number(&inner.expr),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(value) => Ok(value.base10_parse()?),
            _ => bail!("a number is expected"),
        },
        _ => bail!("a number is expected"),
    }
}

fn arguments<const N: usize>(all: &syn::punctuated::Punctuated<Expr, syn::Token![,]>) -> Result<[&Expr; N]> {
    let found: Vec<_> = all.iter().collect();
    found.try_into().map_err(|found: Vec<_>| anyhow::anyhow!("a call has {} arguments, not {N}", found.len()))
}

fn path_ends(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name))
}

/// From the comments that the template writes: ``The range of component `s` is `[1, 16]`.``
fn ranges(attributes: &[syn::Attribute]) -> BTreeMap<String, (u32, u32)> {
    attributes.iter().filter_map(comment).filter_map(|text| range(&text)).collect()
}

fn comment(attribute: &syn::Attribute) -> Option<String> {
    match &attribute.meta.require_name_value().ok()?.value {
        Expr::Lit(literal) if attribute.path().is_ident("doc") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn range(comment: &str) -> Option<(String, (u32, u32))> {
    let rest = comment.trim().strip_prefix("The range of component `")?;
    let (name, rest) = rest.split_once("` is `[")?;
    let (least, largest) = rest.strip_suffix("]`.")?.split_once(", ")?;
    Some((name.to_owned(), (least.parse().ok()?, largest.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "
        pub trait WeightInfo { fn commit(s: u32, ) -> Weight; fn tick() -> Weight; }
        impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
            /// Storage: `Disputes::Now` (r:1 w:0)
            /// The range of component `s` is `[1, 16]`.
            fn commit(s: u32, ) -> Weight {
                // Minimum execution time: 60_000_000 picoseconds.
                Weight::from_parts(61_204_071, 8_517)
                    // Standard Error: 2_000
                    .saturating_add(Weight::from_parts(54_321, 0).saturating_mul(s.into()))
                    .saturating_add(T::DbWeight::get().reads(7_u64))
                    .saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(s.into())))
                    .saturating_add(T::DbWeight::get().writes(3_u64))
                    .saturating_add(Weight::from_parts(0, 64).saturating_mul(s.into()))
            }
            fn tick() -> Weight { Weight::from_parts(5, 0) }
        }
        impl WeightInfo for () {
            fn commit(s: u32, ) -> Weight { Weight::from_parts(1, 1) }
            fn tick() -> Weight { Weight::from_parts(1, 1) }
        }";

    #[test]
    fn a_function_of_the_template_is_read_with_its_components_and_their_ranges() {
        let weights = read(SOURCE).unwrap();
        assert_eq!(weights.keys().collect::<Vec<_>>(), ["commit", "tick"]);
        let commit = &weights["commit"];
        assert_eq!(commit.base, Cost { time: 61_204_071, proof: 8_517, reads: 7, writes: 3 });
        assert_eq!(commit.per["s"], Cost { time: 54_321, proof: 64, reads: 2, writes: 0 });
        assert_eq!(commit.ranges["s"], (1, 16));
        let at = commit.at(&BTreeMap::from([("s".to_owned(), 16)]));
        assert_eq!(at, Cost { time: 61_204_071 + 16 * 54_321, proof: 8_517 + 16 * 64, reads: 39, writes: 3 });
        assert_eq!(weights["tick"].base, Cost { time: 5, ..Cost::default() });
    }

    #[test]
    fn what_the_template_does_not_write_is_an_error_that_names_the_function() {
        for (body, complaint) in [
            ("Weight::from_parts(1, 2).max(x)", "it calls max, which the template does not"),
            ("Weight::from_parts(1)", "a call has 1 arguments, not 2"),
            ("Weight::zero()", "it has an expression that the template does not write"),
            ("let x = 1; Weight::from_parts(x, 2)", "its body is not one expression"),
            ("Weight::from_parts(COST, 2)", "a number is expected"),
        ] {
            let source = format!("impl WeightInfo for SubstrateWeight<T> {{ fn bid() -> Weight {{ {body} }} }}");
            assert_eq!(format!("{:#}", read(&source).unwrap_err()), format!("fn bid: {complaint}"), "{body}");
        }
        assert_eq!(read("struct A;").unwrap_err().to_string(), "it has no implementation for SubstrateWeight");
    }

    /// Every file that is committed can be compared.
    #[test]
    fn the_committed_weights_of_every_pallet_are_read() {
        let pallets = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pallets");
        let mut found = 0;
        for pallet in std::fs::read_dir(pallets).unwrap() {
            let path = pallet.unwrap().path().join("src/weights.rs");
            let Ok(source) = std::fs::read_to_string(&path) else { continue };
            let weights = read(&source).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()));
            assert!(!weights.is_empty(), "{}", path.display());
            found += 1;
        }
        assert!(found >= 4, "{found} files with weights");
    }
}

//! A feature that a crate has is passed on to every dependency that has it too, as `zepter lint propagate-feature`
//! checks: a runtime with `try-runtime` in which one pallet lacks it compiles, and leaves out the checks of that
//! pallet.

use std::collections::{BTreeSet, HashMap};

use cargo_metadata::{Dependency, DependencyKind, Package};

use super::{metadata, none, package};

const FEATURES: [&str; 3] = ["std", "runtime-benchmarks", "try-runtime"];

/// The name by which the features of a crate call this dependency.
fn key(dependency: &Dependency) -> &str {
    dependency.rename.as_deref().unwrap_or(&dependency.name)
}

/// Everything that a feature turns on, of its own crate and of others.
fn closure<'a>(features: &'a HashMap<String, Vec<String>>, feature: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![feature];
    while let Some(feature) = open.pop() {
        if found.insert(feature) {
            open.extend(features.get(feature).into_iter().flatten().map(String::as_str));
        }
    }
    found
}

/// True if `feature` of this dependency is on whenever the same feature of the crate that depends on it is.
fn is_passed_on(features: &HashMap<String, Vec<String>>, feature: &str, to: &Dependency, resolved: &Package) -> bool {
    let has = |on: &str| closure(&resolved.features, on).contains(feature);
    if to.features.iter().any(|on| has(on)) || (to.uses_default_features && has("default")) {
        return true;
    }
    let prefixes = [format!("{}/", key(to)), format!("{}?/", key(to))];
    closure(features, feature)
        .into_iter()
        .filter_map(|on| prefixes.iter().find_map(|prefix| on.strip_prefix(prefix.as_str())))
        .any(has)
}

#[test]
fn features_are_passed_on_to_every_dependency_that_has_them() {
    let resolve = metadata().resolve.as_ref().expect("the dependencies are resolved");
    let mut complaints = Vec::new();
    for own in metadata().workspace_packages() {
        let node = resolve.nodes.iter().find(|node| node.id == own.id).expect("it is resolved");
        for feature in FEATURES.into_iter().filter(|feature| own.features.contains_key(*feature)) {
            for dependency in own.dependencies.iter().filter(|found| found.kind == DependencyKind::Normal) {
                let candidates = node.dependencies.iter().map(package);
                let resolved = candidates.filter(|package| package.name == dependency.name).max_by_key(|p| &p.version);
                let Some(resolved) = resolved.filter(|package| package.features.contains_key(feature)) else {
                    continue;
                };
                if !is_passed_on(&own.features, feature, dependency, resolved) {
                    complaints.push(format!("{}: {feature} does not turn on {}/{feature}", own.name, key(dependency)));
                }
            }
        }
    }
    none(complaints);
}

/// A crate of which the runtime is made, and which has none of these features although what it builds on has them,
/// would end the chain.
#[test]
fn every_pallet_has_the_three_features() {
    let pallets = metadata().workspace_packages().into_iter().filter(|package| package.name.starts_with("pallet-"));
    let complaints = pallets.flat_map(|pallet| {
        let missing = FEATURES.into_iter().filter(|feature| !pallet.features.contains_key(*feature));
        missing.map(|feature| format!("{} has no feature {feature}", pallet.name)).collect::<Vec<_>>()
    });
    none(complaints.collect());
}

/// The check itself: it tells a feature that is passed on from one that is not.
#[test]
fn a_feature_that_is_not_passed_on_is_found() {
    let runtime = metadata().workspace_packages().into_iter().find(|package| package.name == "touchstone-runtime");
    let runtime = runtime.expect("the workspace has the runtime");
    let escrow = runtime.dependencies.iter().find(|found| found.name == "pallet-escrow").expect("it has this pallet");
    let resolved = metadata().packages.iter().find(|package| package.name == "pallet-escrow").expect("it is there");
    let mut features: HashMap<_, _> = runtime.features.clone().into_iter().collect();
    assert!(is_passed_on(&features, "try-runtime", escrow, resolved));
    let without = |on: &String| on != "pallet-escrow/try-runtime";
    features.entry("try-runtime".to_owned()).and_modify(|on| on.retain(without));
    assert!(!is_passed_on(&features, "try-runtime", escrow, resolved));
}

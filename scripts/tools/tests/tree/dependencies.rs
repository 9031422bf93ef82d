//! `deny.toml`, checked as `cargo deny check licenses bans sources` would.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Node, Package, PackageId};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use super::{metadata, none, package, root};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Config {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
    #[allow(dead_code)]
    graph: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Licenses {
    #[allow(dead_code)]
    version: u32,
    allow: Vec<String>,
    clarify: Vec<Clarification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Clarification {
    #[serde(rename = "crate")]
    name: String,
    expression: String,
    #[allow(dead_code)]
    license_files: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Bans {
    multiple_versions: String,
    wildcards: String,
    #[allow(dead_code)]
    allow_wildcard_paths: bool,
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    deny_multiple_versions: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Sources {
    unknown_registry: String,
    unknown_git: String,
    allow_registry: Vec<String>,
    allow_git: Vec<String>,
}

fn config() -> Config {
    let path = root().join("deny.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Why a licence expression is not allowed; `allowed` are licences with their exceptions.
fn refused(expression: &str, allowed: &[Licensee]) -> Option<String> {
    match Expression::parse_mode(expression, ParseMode::LAX) {
        Err(error) => Some(format!("{expression:?} is no licence expression: {}", error.reason)),
        Ok(parsed) => {
            let is_allowed = parsed.evaluate(|wanted| allowed.iter().any(|licensee| licensee.satisfies(wanted)));
            (!is_allowed).then(|| format!("{expression} is not allowed"))
        }
    }
}

fn licensees(names: &[String]) -> Vec<Licensee> {
    names.iter().map(|name| Licensee::parse(name).unwrap_or_else(|error| panic!("{name}: {error}"))).collect()
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let Licenses { allow, clarify, .. } = config().licenses;
    let allowed = licensees(&allow);
    let complaints = metadata().packages.iter().filter_map(|package| {
        let id = format!("{}@{}", package.name, package.version);
        let clarified = clarify.iter().find(|clarification| clarification.name == id);
        match clarified.map(|found| &found.expression).or(package.license.as_ref()) {
            Some(expression) => refused(expression, &allowed).map(|reason| format!("{id}: {reason}")),
            None => Some(format!("{id} states no licence")),
        }
    });
    none(complaints.collect());
}

#[test]
fn a_licence_is_judged_by_its_whole_expression() {
    let allowed = licensees(&["MIT".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()]);
    for fine in ["MIT", "MIT OR GPL-3.0-only", "MIT/Apache-2.0", "(GPL-2.0-only OR MIT)"] {
        assert_eq!(refused(fine, &allowed), None, "{fine}");
    }
    for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "Apache-2.0"] {
        assert_eq!(refused(bad, &allowed), Some(format!("{bad} is not allowed")));
    }
    assert!(refused("Made up", &allowed).unwrap().starts_with("\"Made up\" is no licence expression"));
}

#[test]
fn every_allowance_is_used() {
    let Licenses { allow, clarify, .. } = config().licenses;
    let packages = &metadata().packages;
    let unused = clarify.iter().filter(|clarification| {
        !packages.iter().any(|package| format!("{}@{}", package.name, package.version) == clarification.name)
    });
    let mut complaints: Vec<_> = unused.map(|found| format!("{} is not a dependency", found.name)).collect();
    for name in &allow {
        let licensee = licensees(std::slice::from_ref(name));
        let expressions = packages.iter().filter_map(|package| package.license.as_ref());
        let clarified = clarify.iter().map(|clarification| &clarification.expression);
        let is_named = expressions.chain(clarified).any(|expression| {
            Expression::parse_mode(expression, ParseMode::LAX)
                .is_ok_and(|parsed| parsed.requirements().any(|wanted| licensee[0].satisfies(&wanted.req)))
        });
        if !is_named {
            complaints.push(format!("no dependency has the licence {name}"));
        }
    }
    none(complaints);
}

/// What a crate links: its dependencies and theirs, but for those of tests and of build scripts.
fn linked(start: &PackageId) -> BTreeSet<&'static PackageId> {
    let resolve = metadata().resolve.as_ref().expect("the dependencies are resolved");
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut found = BTreeSet::new();
    let mut open = vec![start];
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let is_normal = dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if is_normal && is_on(nodes[id], &dependency.pkg) && found.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    found
}

/// Cargo also lists optional dependencies that no enabled feature turns on, where one names them as `name?/feature`.
fn is_on(node: &Node, dependency: &PackageId) -> bool {
    let own = package(&node.id);
    let name = &package(dependency).name;
    let mut declared = own.dependencies.iter().filter(|found| found.name == *name).peekable();
    declared.peek().is_none()
        || declared.any(|found| {
            let key = found.rename.as_ref().unwrap_or(&found.name);
            let turned_on = |item: &String| *item == format!("dep:{key}") || item.starts_with(&format!("{key}/"));
            let enabled = node.features.iter().filter_map(|feature| own.features.get(feature)).flatten();
            !found.optional || node.features.contains(key) || enabled.into_iter().any(turned_on)
        })
}

/// What a crate links that is under the GPL and nothing else.
fn gpl(own: &PackageId) -> Vec<&'static str> {
    let licence = |package: &Package| package.license.clone().unwrap_or_default();
    let is_gpl = |package: &&Package| licence(package).starts_with("GPL") && !licence(package).contains(" OR ");
    linked(own).into_iter().map(package).filter(is_gpl).map(|package| package.name.as_str()).collect()
}

#[test]
fn only_the_node_links_code_under_the_gpl() {
    let (node, others): (Vec<_>, Vec<_>) =
        metadata().workspace_packages().into_iter().partition(|package| package.name == "touchstone-node");
    assert!(gpl(&node[0].id).contains(&"sc-service"), "the node is built on it");
    let links = |package: &&Package| gpl(&package.id).first().map(|gpl| format!("{} links {gpl}", package.name));
    none(others.iter().filter_map(links).collect());
}

#[test]
fn every_dependency_comes_from_the_registry() {
    let Sources { unknown_registry, unknown_git, allow_registry, allow_git } = config().sources;
    assert_eq!((unknown_registry.as_str(), unknown_git.as_str(), allow_git.len()), ("deny", "deny", 0));
    let is_allowed = |source: &str| allow_registry.iter().any(|allowed| source == format!("registry+{allowed}"));
    let members: BTreeSet<_> = metadata().workspace_members.iter().collect();
    let complaints = metadata().packages.iter().filter_map(|package| match &package.source {
        Some(source) if is_allowed(&source.repr) => None,
        Some(source) => Some(format!("{} comes from {}", package.name, source.repr)),
        None if members.contains(&package.id) => None,
        None => Some(format!("{} is a folder outside of the workspace", package.name)),
    });
    none(complaints.collect());
}

#[test]
fn no_banned_crate_is_a_dependency_and_no_important_one_is_there_twice() {
    let Bans { multiple_versions, wildcards, deny, .. } = config().bans;
    assert_eq!((multiple_versions.as_str(), wildcards.as_str()), ("allow", "deny"));
    let mut complaints = Vec::new();
    for Ban { name, deny_multiple_versions } in deny {
        let packages = metadata().packages.iter().filter(|package| package.name == name);
        let versions: Vec<_> = packages.map(|package| package.version.to_string()).collect();
        match versions.as_slice() {
            [] if deny_multiple_versions => complaints.push(format!("{name} is not a dependency at all")),
            [_] | [] if deny_multiple_versions => {}
            [] => {}
            found if deny_multiple_versions => complaints.push(format!("{name} is there as {}", found.join(", "))),
            _ => complaints.push(format!("{name} is banned")),
        }
    }
    none(complaints);
}

/// The crates of the workspace agree on one version of everything that they name themselves.
#[test]
fn the_workspace_itself_uses_one_version_of_each_crate() {
    let resolve = metadata().resolve.as_ref().expect("the dependencies are resolved");
    let mut versions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for node in resolve.nodes.iter().filter(|node| metadata().workspace_members.contains(&node.id)) {
        for dependency in &node.dependencies {
            let package = package(dependency);
            versions.entry(&package.name).or_default().insert(package.version.to_string());
        }
    }
    let twice = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    none(twice.map(|(name, versions)| format!("{name}: {versions:?}")).collect());
}

#[test]
fn no_dependency_has_a_wildcard_version() {
    let complaints = metadata().workspace_packages().into_iter().flat_map(|package| {
        let wild = package.dependencies.iter().filter(|found| found.req.to_string() == "*" && found.path.is_none());
        wild.map(|found| format!("{} needs any version of {}", package.name, found.name)).collect::<Vec<_>>()
    });
    none(complaints.collect());
}

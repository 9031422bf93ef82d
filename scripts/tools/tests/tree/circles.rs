//! No two modules of a crate import each other, directly or through others: what a module is for can be understood, and
//! changed, after the modules that it uses.
//!
//! A module uses another one if it names an item that is defined there; a path through a re-export leads to the module
//! that defines the item. A re-export alone is no use, or no folder could list what it holds. Modules of tests
//! (`cfg(test)` or named `tests`) may use everything.
//!
//! FRAME's macros need two circles: a pallet's module calls the functions that use its storage, and the types that
//! `runtime` declares are made of pallets whose configurations use those types. Neither counts: what a pallet's module
//! uses, and uses of the module around `runtime`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree, Visibility};

use super::{metadata, none};

/// The names from the root of a crate to a module; empty for the root.
type Name = Vec<String>;

#[derive(Default)]
struct Module {
    /// Items that are defined here.
    items: BTreeSet<String>,
    /// Names that are imported or exported again, with the paths that they stand for.
    imports: BTreeMap<String, Name>,
    /// Modules of which all names are imported.
    globs: Vec<Name>,
    /// Paths that are used here.
    used: BTreeSet<Name>,
    /// `frame_support::pallet` makes a pallet of it.
    is_pallet: bool,
    /// `frame_support::runtime` declares a runtime in it.
    has_runtime: bool,
}

/// The modules of a crate.
#[derive(Default)]
struct Modules(BTreeMap<Name, Module>);

/// True for what is compiled for tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.meta.to_token_stream().to_string().replace(' ', "");
        text == "cfg(test)" || text.starts_with("cfg(all(test,")
    })
}

/// Has the attribute `frame_support::NAME`.
fn is_frame(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| {
        let names: Vec<_> = attribute.path().segments.iter().map(|segment| segment.ident.to_string()).collect();
        names == ["frame_support", name]
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The name that an item has in its module.
fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

impl Modules {
    /// The modules of the crate that starts with this file.
    fn of(root: &Path) -> Modules {
        let mut modules = Modules::default();
        modules.read_file(root, &root.with_file_name(""), Vec::new());
        modules
    }

    /// Reads a file; those of its modules are in `folder`.
    fn read_file(&mut self, file: &Path, folder: &Path, name: Name) {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_items(parsed.items, folder, name);
    }

    fn read_items(&mut self, items: Vec<Item>, folder: &Path, at: Name) {
        let mut module = Module::default();
        for item in items.into_iter().filter(|item| !is_for_tests(attributes(item))) {
            match item {
                Item::Mod(inner) if inner.ident == "tests" => {}
                Item::Mod(inner) => {
                    let child = inner.ident.to_string();
                    let name: Name = at.iter().cloned().chain([child.clone()]).collect();
                    let folder = folder.join(&child);
                    module.has_runtime |= is_frame(&inner.attrs, "runtime");
                    let is_pallet = is_frame(&inner.attrs, "pallet");
                    match inner.content {
                        Some((_, items)) => {
                            self.read_items(items, &folder, name.clone());
                            self.0.entry(name).and_modify(|module| module.is_pallet = is_pallet);
                        }
                        None => {
                            let files = [folder.with_extension("rs"), folder.join("mod.rs")];
                            let file = files.iter().find(|file| file.exists());
                            self.read_file(file.unwrap_or_else(|| panic!("no file for {name:?}")), &folder, name);
                        }
                    }
                }
                Item::Use(item) => {
                    let is_exported = !matches!(item.vis, Visibility::Inherited);
                    module.import(&item.tree, &mut Vec::new(), is_exported);
                }
                item => {
                    module.items.extend(name(&item));
                    scan(item.to_token_stream(), &mut Vec::new(), &mut module.used);
                }
            }
        }
        self.0.insert(at, module);
    }

    /// The module that defines what a path in module `at` leads to; `None` if it leads out of the crate.
    fn resolve(&self, at: &Name, path: &[String], steps: usize) -> Option<Name> {
        let [first, rest @ ..] = path else { return Some(at.clone()) };
        let parent = || at[..at.len().saturating_sub(1)].to_vec();
        match first.as_str() {
            // The compiler refuses imports that lead to each other; this only makes sure that the test ends.
            _ if steps > 32 => None,
            "crate" => self.descend(&Vec::new(), rest, steps),
            "self" => self.descend(at, rest, steps),
            "super" => match rest.first().is_some_and(|next| next == "super") {
                true => self.resolve(&parent(), rest, steps + 1),
                false => self.descend(&parent(), rest, steps),
            },
            _ => {
                let module = &self.0[at];
                let is_ours = self.child(at, first).is_some()
                    || module.items.contains(first)
                    || module.imports.get(first).is_some_and(|import| import.first() != Some(first));
                if is_ours {
                    return self.descend(at, path, steps);
                }
                self.through_globs(at, path, steps)
            }
        }
    }

    fn child(&self, at: &Name, name: &str) -> Option<Name> {
        let child: Name = at.iter().map(String::as_str).chain([name]).map(str::to_owned).collect();
        self.0.contains_key(&child).then_some(child)
    }

    /// As [`resolve`](Self::resolve), for the names behind the one of a module.
    fn descend(&self, at: &Name, path: &[String], steps: usize) -> Option<Name> {
        let [first, rest @ ..] = path else { return Some(at.clone()) };
        let module = self.0.get(at)?;
        if let Some(child) = self.child(at, first) {
            return self.descend(&child, rest, steps);
        }
        if module.items.contains(first) {
            return Some(at.clone());
        }
        if let Some(import) = module.imports.get(first) {
            let whole: Name = import.iter().chain(rest).cloned().collect();
            return self.resolve(at, &whole, steps + 1);
        }
        self.through_globs(at, path, steps).or_else(|| Some(at.clone()))
    }

    /// The module that defines what a path leads to through a glob of module `at`.
    fn through_globs(&self, at: &Name, path: &[String], steps: usize) -> Option<Name> {
        self.0[at].globs.iter().find_map(|glob| {
            let target = self.glob_target(at, glob)?;
            let module = &self.0[&target];
            let is_there = self.child(&target, &path[0]).is_some()
                || module.items.contains(&path[0])
                || module.imports.contains_key(&path[0]);
            is_there.then(|| self.descend(&target, path, steps + 1)).flatten()
        })
    }

    /// The module that a glob of module `at` names, without other globs.
    fn glob_target(&self, at: &Name, glob: &[String]) -> Option<Name> {
        let mut target = match glob.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => at.clone(),
            first => self.child(at, first)?,
        };
        let rest = glob.iter().skip(1).map(String::as_str);
        for name in glob.first().filter(|first| *first == "super").map(String::as_str).into_iter().chain(rest) {
            match name {
                "super" => drop(target.pop()?),
                name => target.push(name.to_owned()),
            }
        }
        self.0.contains_key(&target).then_some(target)
    }

    /// For each module, the others that it uses.
    fn uses(&self) -> BTreeMap<&Name, BTreeSet<Name>> {
        let used = |(at, module): (&_, &Module)| {
            let others = module.used.iter().filter(|_| !module.is_pallet).filter_map(|path| self.resolve(at, path, 0));
            others.filter(|other| other != at && !self.0[other].has_runtime).collect()
        };
        self.0.iter().map(|(at, module)| (at, used((at, module)))).collect()
    }

    /// Sets of modules of which each uses all others, directly or not.
    fn circles(&self) -> Vec<Vec<String>> {
        let uses = self.uses();
        let reached = |start: &Name| {
            let mut found: BTreeSet<Name> = BTreeSet::new();
            let mut waiting = vec![start.clone()];
            while let Some(next) = waiting.pop() {
                for other in uses.get(&next).into_iter().flatten() {
                    if found.insert(other.clone()) {
                        waiting.push(other.clone());
                    }
                }
            }
            found
        };
        let all: BTreeMap<&Name, BTreeSet<Name>> = self.0.keys().map(|at| (at, reached(at))).collect();
        let circle = |at: &Name| -> BTreeSet<&Name> {
            let both = |other: &&&Name| all[at].contains(**other) && all[**other].contains(at);
            all.keys().filter(both).copied().collect()
        };
        let sets: BTreeSet<BTreeSet<&Name>> = all.keys().map(|at| circle(at)).filter(|set| set.len() > 1).collect();
        let line = |(at, other): (&Name, &Name)| format!("{} uses {}", shown(at), shown(other));
        sets.iter()
            .map(|set| {
                let inner = set
                    .iter()
                    .flat_map(|at| uses[*at].iter().filter(|other| set.contains(other)).map(|other| line((at, other))));
                inner.collect()
            })
            .collect()
    }
}

fn shown(name: &Name) -> String {
    match name.is_empty() {
        true => "the crate's root".to_owned(),
        false => name.join("::"),
    }
}

impl Module {
    fn import(&mut self, tree: &UseTree, path: &mut Name, is_exported: bool) {
        match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.import(&inner.tree, path, is_exported);
                path.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, path, is_exported)),
            UseTree::Name(leaf) => self.leaf(path, &leaf.ident.to_string(), &leaf.ident.to_string(), is_exported),
            UseTree::Rename(leaf) => self.leaf(path, &leaf.ident.to_string(), &leaf.rename.to_string(), is_exported),
            UseTree::Glob(_) => {
                self.globs.push(path.clone());
                if !is_exported {
                    self.used.insert(path.clone());
                }
            }
        }
    }

    fn leaf(&mut self, path: &[String], name: &str, alias: &str, is_exported: bool) {
        let mut whole = path.to_vec();
        let mut alias = alias.to_owned();
        if name == "self" {
            alias = if alias == "self" { path.last().cloned().unwrap_or_default() } else { alias };
        } else {
            whole.push(name.to_owned());
        }
        if !is_exported {
            self.used.insert(whole.clone());
        }
        self.imports.insert(alias, whole);
    }
}

/// Collects the paths of at least two names in these tokens, those in macros too. `prefix` is what a group of imports
/// is behind.
fn scan(tokens: TokenStream, prefix: &mut Name, found: &mut BTreeSet<Name>) {
    let mut path: Name = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    // Colons since the last name; two of them go on with its path.
    let mut colons = 0;
    let mut end = |path: &mut Name, prefix: &Name| {
        let whole: Name = prefix.iter().chain(path.iter()).cloned().collect();
        if !path.is_empty() && whole.len() > 1 {
            found.insert(whole);
        }
        path.clear();
    };
    let mut groups: Vec<(TokenStream, Name)> = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if name == "pub" => {
                end(&mut path, prefix);
                // `pub(in path)` uses nothing.
                let is_group = |next: &TokenTree| match next {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
                    _ => false,
                };
                if tokens.peek().is_some_and(is_group) {
                    tokens.next();
                }
            }
            TokenTree::Ident(name) => {
                if colons != 2 {
                    end(&mut path, prefix);
                }
                path.push(name.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                let is_behind = colons == 2 && group.delimiter() == Delimiter::Brace;
                let inner = if is_behind { prefix.iter().chain(path.iter()).cloned().collect() } else { Vec::new() };
                if is_behind {
                    path.clear();
                }
                end(&mut path, prefix);
                groups.push((group.stream(), inner));
                colons = 0;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {
                end(&mut path, prefix);
                colons = 0;
            }
        }
    }
    end(&mut path, prefix);
    for (stream, mut inner) in groups {
        scan(stream, &mut inner, found);
    }
}

/// The files with which the libraries and programs of the workspace start.
fn roots() -> Vec<PathBuf> {
    let targets = metadata().workspace_packages().into_iter().flat_map(|package| &package.targets);
    let ours = targets.filter(|target| target.kind.iter().any(|kind| kind == "lib" || kind == "bin"));
    ours.map(|target| target.src_path.clone().into_std_path_buf()).collect()
}

#[test]
fn no_modules_import_each_other() {
    let roots = roots();
    assert!(roots.len() > 20, "{roots:?}");
    let complaints = roots.iter().flat_map(|root| {
        let circles = Modules::of(root).circles().into_iter();
        circles.map(move |circle| format!("{}:\n    {}", root.display(), circle.join("\n    ")))
    });
    none(complaints.collect());
}

#[test]
fn the_circles_of_frame_do_not_count() {
    let text = "pub use pallet::*; mod calls { use crate::{Config, Storage}; pub fn submit() {} }
                #[frame_support::pallet] pub mod pallet { use super::*; pub trait Config {} pub struct Storage;
                    fn call() { super::calls::submit() } }";
    assert_eq!(crate_of(text).circles(), Vec::<Vec<String>>::new());
    let text = "mod configs { use crate::Runtime; pub struct Limit; } use configs::Limit;
                #[frame_support::runtime] mod runtime { pub struct Runtime; }";
    assert_eq!(crate_of(text).circles(), Vec::<Vec<String>>::new());
}

/// The modules of a crate in one file.
fn crate_of(text: &str) -> Modules {
    let mut modules = Modules::default();
    modules.read_items(syn::parse_file(text).expect("it is Rust").items, Path::new(""), Vec::new());
    modules
}

#[test]
fn a_circle_is_found_through_imports_paths_macros_and_exports() {
    let circle = [vec!["a uses b".to_owned(), "b uses a".to_owned()]];
    for uses in [
        "use super::b::B;",
        "use crate::b;",
        "use crate::{b::{self as other}};",
        "use super::*; fn f() { b::g(); }",
        "use crate::B;",
        "fn f() { crate::b::g(); }",
        "fn f() { use super::{b::B}; }",
        "fn f() { println!(\"{}\", super::b::g()); }",
        "fn f(it: super::b::B) {}",
        "use crate::exports::B;",
    ] {
        let text = format!(
            "pub use b::B; pub struct Root; pub mod exports {{ pub use super::b::*; }}
             pub mod a {{ {uses} pub struct A; }}
             pub mod b {{ use crate::a::A; pub struct B; pub fn g() {{}} }}"
        );
        assert_eq!(crate_of(&text).circles(), circle, "{uses}");
    }
}

#[test]
fn what_is_no_use_makes_no_circle() {
    for uses in [
        "",
        "use std::b::B;",
        "pub use super::b::B;",
        "pub(in crate::b) struct Other;",
        "#[cfg(test)] mod tests { use crate::b::B; }",
        "#[cfg(test)] use crate::b::B;",
        "fn f(b: u32) { let x: u32 = b; x.b(); }",
    ] {
        let text = format!("pub mod a {{ {uses} pub struct A; }} pub mod b {{ use crate::a::A; pub struct B; }}");
        assert_eq!(crate_of(&text).circles(), Vec::<Vec<String>>::new(), "{uses}");
    }
}

#[test]
fn a_folder_and_a_file_in_it_can_make_a_circle() {
    let text = "pub mod a { mod b { use super::Shared; pub struct B; } use b::B; pub struct Shared; }";
    assert_eq!(crate_of(text).circles(), [vec!["a uses a::b".to_owned(), "a::b uses a".to_owned()]]);
}

#[test]
fn a_circle_of_three_is_one_circle() {
    let text = "mod a { use super::b::B; pub struct A; } mod b { use super::c::C; pub struct B; }
                mod c { use super::a::A; pub struct C; }";
    let circles = crate_of(text).circles();
    assert_eq!(circles, [["a uses b", "b uses c", "c uses a"].map(str::to_owned).to_vec()]);
}

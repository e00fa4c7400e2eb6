//! The paths by which the files of a Rust crate use each other.
//!
//! A name is followed through re-exports to the file that defines it, so that a module which only re-exports its
//! children's items is no use of them. Methods and macros of other files are not seen.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::graph::Graph;

/// A crate: its modules by path, of which the root's is empty.
#[derive(Default)]
pub(crate) struct Crate {
    modules: BTreeMap<Vec<String>, Module>,
}

#[derive(Default)]
struct Module {
    file: String,
    items: BTreeSet<String>,
    /// Names that a `use` brings in, with the paths that they stand for.
    bindings: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// The paths of re-exports, and all the others.
    exported: Vec<Vec<String>>,
    used: Vec<Vec<String>>,
}

impl Crate {
    /// Parses the crate whose root is the file `root`. `read` returns the text of a file, if it exists.
    pub(crate) fn parse(root: &str, read: &dyn Fn(&str) -> Option<String>) -> syn::Result<Self> {
        let mut found = Self::default();
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        found.add_file(Vec::new(), root, &folder, read)?;
        Ok(found)
    }

    /// Adds the module of a file whose children are in `folder`.
    fn add_file(
        &mut self,
        path: Vec<String>,
        file: &str,
        folder: &str,
        read: &dyn Fn(&str) -> Option<String>,
    ) -> syn::Result<()> {
        let text = read(file).unwrap_or_default();
        self.add_items(path, file, folder, &syn::parse_file(&text)?.items, read)
    }

    fn add_items(
        &mut self,
        path: Vec<String>,
        file: &str,
        folder: &str,
        items: &[Item],
        read: &dyn Fn(&str) -> Option<String>,
    ) -> syn::Result<()> {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        for item in items.iter().filter(|item| !attributes(item).iter().any(for_tests)) {
            if let Item::Mod(ItemMod { ident, content, .. }) = item {
                let (name, mut child) = (ident.to_string(), path.clone());
                child.push(name.clone());
                let below = format!("{folder}/{name}");
                match content {
                    Some((_, items)) => self.add_items(child, file, &below, items, read)?,
                    None => {
                        let files = [format!("{below}.rs"), format!("{below}/mod.rs")];
                        let found = files.iter().find(|file| read(file).is_some()).unwrap_or(&files[0]);
                        self.add_file(child, found, &below, read)?;
                    }
                }
            } else {
                module.items.extend(name(item));
                module.visit_item(item);
            }
        }
        self.modules.insert(path, module);
        Ok(())
    }

    /// Which file uses which.
    pub(crate) fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for (path, module) in &self.modules {
            for used in &module.used {
                if let Some(target) = self.resolve(path, used, 0) {
                    graph.add(&module.file, target);
                }
            }
            // A re-export of a child's item is a part of the child's interface.
            for exported in &module.exported {
                let below = self.module_of(path, exported).is_some_and(|target| target.starts_with(path));
                if let Some(target) = self.resolve(path, exported, 0).filter(|_| !below) {
                    graph.add(&module.file, target);
                }
            }
        }
        graph
    }

    /// The file that defines what `used` names in the module `from`; nothing where that is another crate.
    fn resolve(&self, from: &[String], used: &[String], depth: usize) -> Option<&str> {
        // Two re-exports of each other would go on for ever.
        if depth > 16 {
            return None;
        }
        let (mut at, rest) = match self.start(from, used) {
            Some(found) => found,
            None => (self.glob_with(from, used.first()?)?, used),
        };
        for (index, name) in rest.iter().enumerate() {
            let module = self.modules.get(&at)?;
            let mut child = at.clone();
            child.push(name.clone());
            if self.modules.contains_key(&child) {
                at = child;
                continue;
            }
            if let Some(target) = module.bindings.get(name) {
                let mut path = target.clone();
                path.extend_from_slice(&rest[index + 1..]);
                return self.resolve(&at, &path, depth + 1);
            }
            if !module.items.contains(name)
                && let Some(target) = self.glob_with(&at, name)
            {
                return self.resolve(&target, &rest[index..], depth + 1);
            }
            return Some(&module.file);
        }
        Some(&self.modules.get(&at)?.file)
    }

    /// The module in which a path begins, and the names that remain.
    fn start<'a>(&self, from: &[String], used: &'a [String]) -> Option<(Vec<String>, &'a [String])> {
        let mut at = from.to_vec();
        let mut rest = used;
        match rest.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop()?;
                    rest = &rest[1..];
                }
            }
            name => {
                let mut child = at.clone();
                child.push(name.to_owned());
                let known = self.modules.contains_key(&child) || self.modules.get(&at)?.bindings.contains_key(name);
                // Otherwise a local name, an item of this module, or another crate.
                known.then_some(())?;
            }
        }
        Some((at, rest))
    }

    /// The module whose glob import into the module `at` brings in that name.
    fn glob_with(&self, at: &[String], name: &str) -> Option<Vec<String>> {
        self.modules.get(at)?.globs.iter().find_map(|glob| {
            let target = self.module_of(at, glob)?;
            let child = [&target[..], &[name.to_owned()]].concat();
            let has = self.modules.get(&target)?.has(name) || self.modules.contains_key(&child);
            has.then_some(target)
        })
    }

    /// The module that a path leads to, or that holds the item that it leads to.
    fn module_of(&self, from: &[String], used: &[String]) -> Option<Vec<String>> {
        let (mut at, rest) = self.start(from, used)?;
        for name in rest {
            let mut child = at.clone();
            child.push(name.clone());
            if !self.modules.contains_key(&child) {
                break;
            }
            at = child;
        }
        Some(at)
    }
}

impl Module {
    fn has(&self, name: &str) -> bool {
        self.items.contains(name) || self.bindings.contains_key(name)
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String], public: bool) {
        let mut path = before.to_vec();
        match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.add_use(&tree.tree, &path, public);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, before, public)),
            UseTree::Glob(_) => {
                self.globs.push(path.clone());
                self.add_path(path, public);
            }
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = path.last().cloned() {
                    self.bind(&last, path, public);
                }
            }
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                self.bind(&name.ident.to_string(), path, public);
            }
            UseTree::Rename(rename) => {
                path.push(rename.ident.to_string());
                self.bind(&rename.rename.to_string(), path, public);
            }
        }
    }

    fn bind(&mut self, name: &str, path: Vec<String>, public: bool) {
        // `use serde;` binds a name to itself.
        if path.as_slice() != [name] {
            self.bindings.insert(name.to_owned(), path.clone());
        }
        self.add_path(path, public);
    }

    fn add_path(&mut self, path: Vec<String>, public: bool) {
        if public { &mut self.exported } else { &mut self.used }.push(path);
    }

    /// Adds the paths `a::b::c` among the tokens of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.used.extend((path.len() > 1).then(|| std::mem::take(&mut path)));
                        path.clear();
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.used.extend((path.len() > 1).then(|| std::mem::take(&mut path)));
                    path.clear();
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.used.extend((path.len() > 1).then_some(path));
    }
}

impl Visit<'_> for Module {
    fn visit_item_use(&mut self, item: &ItemUse) {
        self.add_use(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.used.push(names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &syn::Macro) {
        self.add_tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_attribute(&mut self, _: &Attribute) {}
}

/// The lines of a file without its tests and its tables, which are constants of more than ten lines.
pub(crate) fn lines(text: &str) -> syn::Result<usize> {
    let mut count = text.lines().count();
    for item in &syn::parse_file(text)?.items {
        let long = |lines: usize| matches!(item, Item::Const(_) | Item::Static(_)) && lines > 10;
        let lines = item.span().end().line - item.span().start().line + 1;
        if attributes(item).iter().any(for_tests) || long(lines) {
            count -= lines;
        }
    }
    Ok(count)
}

/// Whether the attribute is `#[cfg(test)]`, alone or with more conditions.
fn for_tests(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && names_test(list.tokens.clone())
}

fn names_test(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(ident)), None) => ident == "test",
        (Some(TokenTree::Ident(ident)), Some(TokenTree::Group(group))) if ident == "all" => {
            group.stream().into_iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == "test"))
        }
        _ => false,
    }
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

fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(files: &[(&str, &str)]) -> Graph {
        let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        Crate::parse("src/lib.rs", &read).expect("Rust").graph()
    }

    #[test]
    fn names_are_followed_through_re_exports() {
        let files = [
            ("src/lib.rs", "pub mod read; mod write;"),
            ("src/read/mod.rs", "mod slice; mod tiff; pub use slice::Slice; pub use tiff::*;"),
            ("src/read/slice.rs", "pub struct Slice;"),
            ("src/read/tiff.rs", "use super::Slice; pub fn tiff() -> Slice { todo!() }"),
            ("src/write.rs", "use crate::read; fn write() { read::tiff(); }"),
        ];
        let found = graph(&files);
        assert!(found.cycles().is_empty());
        let uses = |file: &str| found.0.get(file).into_iter().flatten().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(uses("src/read/tiff.rs"), ["src/read/slice.rs"]);
        assert_eq!(uses("src/write.rs"), ["src/read/mod.rs", "src/read/tiff.rs"]);
        assert_eq!(uses("src/read/mod.rs"), [""; 0]);
    }

    #[test]
    fn cycles_are_found_in_uses_paths_and_macros() {
        for (a, b) in [
            ("use crate::b::B; pub struct A;", "use super::a::A; pub struct B;"),
            ("pub struct A; fn f() { crate::b::g(); }", "pub fn g() { let _: crate::a::A; }"),
            ("pub fn a() { println!(\"{}\", crate::b::B); }", "pub const B: u8 = 1; fn f() { crate::a::a() }"),
            ("use crate::*; fn f() { b::g() }", "pub fn g() { crate::a::f() }"),
        ] {
            let found = graph(&[("src/lib.rs", "mod a; mod b;"), ("src/a.rs", a), ("src/b.rs", b)]);
            assert!(!found.cycles().is_empty(), "{a} {b}: {found:?}");
        }
    }

    #[test]
    fn a_parent_that_uses_its_child_must_not_be_used_by_it() {
        let parent = "mod child; pub struct Parent; fn f() { child::g() }";
        let files = [("src/lib.rs", "mod parent;"), ("src/parent.rs", parent)];
        let with = |child| graph(&[&files[..], &[("src/parent/child.rs", child)]].concat()).cycles().len();
        assert_eq!(with("pub fn g(_: super::Parent) {}"), 1);
        assert_eq!(with("pub fn g() {}"), 0);
    }

    #[test]
    fn tests_are_no_uses() {
        let files = [
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }"),
            ("src/b.rs", "use crate::a::A; pub struct B; #[cfg(all(test, feature = \"x\"))] fn f() {}"),
        ];
        assert!(graph(&files).cycles().is_empty());
    }

    #[test]
    fn tests_and_tables_are_no_lines() {
        let table = format!("const TABLE: [u8; 20] = [\n{}];\n", "    0,\n".repeat(20));
        let text =
            format!("fn f() {{}}\n{table}const SHORT: u8 = 1;\n#[cfg(test)]\nmod tests {{\n    fn f() {{}}\n}}\n");
        assert_eq!(lines(&text).expect("Rust"), 2);
    }
}

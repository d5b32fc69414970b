//! No two files import each other, straight or by way of others: a file is then understood with those below it alone.
//!
//! Rule: a name counts for the file that defines it, by whichever `mod.rs` it is handed on; what is for tests alone
//! counts for nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::LazyLock;

use regex::Regex;

use super::architecture::{Source, code_of, sources, without_tests};

static CHILD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bmod\s+(\w+)\s*;"));
static USE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);"));
static PATH: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\w+(?:\s*::\s*\w+)+"));

/// A name and those of the modules that hold it, outermost first.
type Names = Vec<String>;

/// A file as the module that it is.
struct Module {
    file: String,
    children: BTreeSet<String>,
    /// What each name that a `use` brings stands for.
    brought: BTreeMap<String, Names>,
    /// The paths that the code itself goes, beside those that it only hands on.
    gone: Vec<Names>,
}

/// The files of a crate by the path of their module; the root has the empty one.
type Modules = BTreeMap<Names, Module>;

/// Which file takes which names from which other one.
type Imports = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

#[test]
fn no_files_import_each_other() {
    let found = cycles(&imports(&modules(&sources())));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is well formed")
}

/// Returns the modules that the crate has outside its tests: those that are declared from its root down.
fn modules(sources: &[Source]) -> Modules {
    let mut found = Modules::new();
    let mut open = vec![Names::new()];
    while let Some(path) = open.pop() {
        let stem = path.join("/");
        let names = match path.is_empty() {
            true => ["lib.rs".to_owned(), String::new()],
            false => [format!("{stem}.rs"), format!("{stem}/mod.rs")],
        };
        let source = sources.iter().find(|source| names.contains(&source.name));
        let source = source.unwrap_or_else(|| panic!("module `{stem}` has no file"));
        let module = module(source);
        open.extend(module.children.iter().map(|child| within(&path, child)));
        found.insert(path, module);
    }
    found
}

fn module(source: &Source) -> Module {
    let code = without_tests(&code_of(&source.text));
    let body = USE.replace_all(&code, "");
    let body = CHILD.replace_all(&body, "");
    let children = CHILD.captures_iter(&code).map(|found| found[1].to_owned());
    let mut brought = BTreeMap::new();
    let mut gone = Vec::new();
    for found in USE.captures_iter(&code) {
        for (name, path) in brought_by(&found[2]) {
            let only_handed_on = found.get(1).is_some() && !has_word(&body, &name);
            if !only_handed_on {
                gone.push(path.clone());
            }
            brought.insert(name, path);
        }
    }
    let names = |path: &str| {
        path.split("::")
            .map(|name| name.trim().to_owned())
            .collect()
    };
    gone.extend(PATH.find_iter(&body).map(|path| names(path.as_str())));
    Module {
        file: source.name.clone(),
        children: children.collect(),
        brought,
        gone,
    }
}

/// Returns the names that a tree of imports brings, each with its path.
fn brought_by(tree: &str) -> Vec<(String, Names)> {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let group = group.trim_end().strip_suffix('}').unwrap_or(group);
        let trees = split_at_commas(group);
        let inner = trees.into_iter().flat_map(|tree| match tree.trim() {
            "self" => brought_by(head.trim().trim_end_matches("::")),
            tree => brought_by(&format!("{head}{tree}")),
        });
        return inner.collect();
    }
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim())),
        None => (tree, None),
    };
    let path: Names = path
        .split("::")
        .map(|name| name.trim().to_owned())
        .collect();
    let name = alias.or(path.last().map(String::as_str)).unwrap_or("");
    vec![(name.to_owned(), path.clone())]
}

/// Returns the parts of a group of imports, those of inner groups left whole.
fn split_at_commas(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let outer = |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    let parts = group.split(outer);
    parts.filter(|part| !part.trim().is_empty()).collect()
}

fn has_word(text: &str, word: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|found| found == word)
}

fn within(path: &[String], name: &str) -> Names {
    [path, &[name.to_owned()]].concat()
}

fn imports(modules: &Modules) -> Imports {
    let mut found = Imports::new();
    for (own, module) in modules {
        let taken = found.entry(module.file.clone()).or_default();
        for path in &module.gone {
            if let Some((file, name)) = defined(modules, own, path)
                && file != module.file
            {
                taken.entry(file).or_default().insert(name);
            }
        }
    }
    found
}

/// Returns the file that defines what a path leads to, and its name there; `None` for another crate's, and for a module
/// itself, whose names are what counts.
fn defined(modules: &Modules, from: &[String], path: &[String]) -> Option<(String, String)> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => follow(modules, &[], rest),
        "self" => follow(modules, from, rest),
        "super" => {
            let (_, parent) = from.split_last()?;
            match rest.first().is_some_and(|next| next == "super") {
                true => defined(modules, parent, rest),
                false => follow(modules, parent, rest),
            }
        }
        name => {
            let module = &modules[from];
            let is_known = module.children.contains(name) || module.brought.contains_key(name);
            is_known.then(|| follow(modules, from, path))?
        }
    }
}

/// Follows a path down from a module that it is known to start in.
fn follow(modules: &Modules, from: &[String], path: &[String]) -> Option<(String, String)> {
    let (first, rest) = path.split_first()?;
    let module = &modules[from];
    let is_child = module.children.contains(first);
    match module.brought.get(first) {
        // A function may have the name of its module: it is the last of its path.
        Some(brought) if !is_child || rest.is_empty() => {
            // What another crate defines may have that crate's name.
            let is_foreign = brought.first() == Some(first) && !is_child;
            let whole = [brought.as_slice(), rest].concat();
            (!is_foreign).then(|| defined(modules, from, &whole))?
        }
        _ if is_child => follow(modules, &within(from, first), rest),
        _ => Some((module.file.clone(), first.clone())),
    }
}

/// Returns the cycles as they are told, each by its shortest way round; a file is told once.
fn cycles(imports: &Imports) -> Vec<String> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for file in imports.keys() {
        if told.contains(file.as_str()) {
            continue;
        }
        if let Some(way) = way_round(imports, file) {
            let steps = way.windows(2).map(|pair| {
                let names: Vec<_> = imports[pair[0]][pair[1]].iter().cloned().collect();
                format!("takes `{}` from src/{}", names.join("`, `"), pair[1])
            });
            let steps: Vec<_> = steps.collect();
            found.push(format!("src/{file} {}", steps.join(", which ")));
            told.extend(way);
        }
    }
    found
}

/// Returns the shortest way from a file back to itself, with the file at both ends.
fn way_round<'a>(imports: &'a Imports, file: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([file]);
    while let Some(at) = open.pop_front() {
        for next in imports.get(at).into_iter().flat_map(BTreeMap::keys) {
            if next == file {
                let mut way = vec![file, at];
                while let Some(before) = came_from.get(way[way.len() - 1]) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next.as_str()) {
                came_from.insert(next, at);
                open.push_back(next);
            }
        }
    }
    None
}

fn cycles_of(files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<_> = files
        .iter()
        .map(|(name, text)| Source {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    cycles(&imports(&modules(&sources)))
}

#[test]
fn a_cycle_is_found_with_the_names_that_tie_it() {
    let straight = [
        ("lib.rs", "mod a;\nmod b;\nmod c;"),
        ("a.rs", "use crate::{b::{self, B}, c};\nfn f(_: B) {}"),
        ("b.rs", "pub struct B;\nfn f(_: crate::a::A) {}"),
        ("c.rs", "use super::b::B as Other;"),
    ];
    assert_eq!(
        cycles_of(&straight),
        ["src/a.rs takes `B` from src/b.rs, which takes `A` from src/a.rs"]
    );
    let by_way_of_others = [
        ("lib.rs", "mod x;\nmod y;"),
        (
            "x/mod.rs",
            "mod low;\npub mod high;\npub(crate) use low::Low;",
        ),
        (
            "x/low.rs",
            "use std::fmt;\nuse crate::y;\nfn f() { y::go(); }",
        ),
        ("x/high.rs", "use super::Low;"),
        ("y.rs", "pub fn go() { crate::x::high::go(); }"),
    ];
    assert_eq!(
        cycles_of(&by_way_of_others),
        [
            "src/x/high.rs takes `Low` from src/x/low.rs, which takes `go` from src/y.rs, \
             which takes `go` from src/x/high.rs"
        ]
    );
    let with_its_parent = [
        ("lib.rs", "mod x;"),
        (
            "x.rs",
            "mod child;\npub(crate) use child::Child;\nstruct Parent(Child);",
        ),
        ("x/child.rs", "pub(crate) struct Child;\nuse super::Parent;"),
    ];
    assert_eq!(
        cycles_of(&with_its_parent),
        ["src/x.rs takes `Child` from src/x/child.rs, which takes `Parent` from src/x.rs"]
    );
}

#[test]
fn files_that_stand_on_those_below_are_fine() {
    let files = [
        ("lib.rs", "mod x;\nmod y;\npub use x::High;"),
        (
            "x/mod.rs",
            "mod high;\nmod low;\n#[cfg(test)]\nmod tests;\npub(crate) use {high::High, low::Low, low::low};",
        ),
        // What the parent hands on is its child's, and a function may have the name of its module.
        (
            "x/high.rs",
            "use super::{Low, low};\nuse super::super::y::Y;",
        ),
        (
            "x/low.rs",
            "// crate::x::High\nconst X: &str = \"super::high::High\";\n#[cfg(test)]\nuse super::High;\n\
             #[cfg(all(test, unix))]\nmod tests {\n    use super::super::High;\n}",
        ),
        ("x/tests.rs", "use super::super::y::Y;"),
        (
            "y.rs",
            "use other::other;\nuse crate::x::{Low, low::low};\nfn f() { other::x(); std::x::High; }",
        ),
    ];
    assert_eq!(cycles_of(&files), [""; 0]);
}

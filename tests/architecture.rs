//! The rules of the source that the compiler does not hold: layers, file heads, and who may touch the world. That no files
//! import each other is held in `cycles`.
//!
//! Rule: a rule here is tested on a text that breaks it, so that it cannot pass by looking at nothing.

use std::path::{Path, PathBuf};

use regex::Regex;

/// The layers from the bottom up; those of one row do not know each other.
const LAYERS: [&[&str]; 5] = [
    &["model"],
    &["providers", "store"],
    &["fetch", "query", "render", "demo"],
    &["commands"],
    &["cli"],
];

/// What only `cli` and `main.rs` may do outside tests.
const CONFINED: [&str; 10] = [
    r"\bstd::env\b",
    r"\benv::(vars?|args|current|temp_dir|home_dir|set_|remove_)\w*",
    r"\bSystemTime::now\b",
    r"\bUtc::now\b",
    r"\bLocal::now\b",
    r"\be?println!",
    r"\be?print!",
    r"\bio::stdout\b",
    r"\bio::stderr\b",
    r"\bprocess::exit\b",
];

/// One source file, named by its path below `src/` with `/` between the parts.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

#[test]
fn the_source_keeps_its_rules() {
    let sources = sources();
    assert!(
        sources.len() > 20,
        "only {} files were found",
        sources.len()
    );
    let broken: Vec<_> = sources.iter().flat_map(broken_rules).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

pub(super) fn sources() -> Vec<Source> {
    fn add(folder: &Path, top: &Path, found: &mut Vec<Source>) {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                add(&path, top, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(top).expect("a path below src");
                let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
                found.push(Source {
                    name: parts.join("/"),
                    text: std::fs::read_to_string(&path).expect("a source is text"),
                });
            }
        }
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    add(&top, &top, &mut found);
    found
}

/// Returns what is wrong with a file, a line for each fault.
fn broken_rules(source: &Source) -> Vec<String> {
    let mut broken = Vec::new();
    let name = &source.name;
    if !source.text.starts_with("//! ") {
        broken.push(format!("src/{name}: does not open with `//!`"));
    }
    let code = code_of(&source.text);
    if let Some(own) = layer_of(name) {
        for (line, used) in used_layers(name, &code) {
            if !may_use(own, used) {
                broken.push(format!("src/{name}:{line}: `{own}` must not use `{used}`"));
            }
        }
    }
    if !name.starts_with("cli/") && name != "main.rs" && !name.ends_with("/tests.rs") {
        let code = without_tests(&code);
        for confined in CONFINED {
            let pattern = Regex::new(confined).expect("the pattern is well formed");
            for found in pattern.find_iter(&code) {
                let (line, what) = (line_of(&code, found.start()), found.as_str());
                broken.push(format!("src/{name}:{line}: `{what}` belongs in `cli`"));
            }
        }
    }
    broken
}

/// Returns the layer of a file; the crate's own two files have none.
fn layer_of(name: &str) -> Option<&str> {
    let (first, _) = name.split_once('/')?;
    Some(first)
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&layer))
}

fn may_use(own: &str, used: &str) -> bool {
    // A folder that is in no layer may be used by none: it has to be given its place first.
    own == used || matches!((rank(own), rank(used)), (Some(own), Some(used)) if used < own)
}

/// Returns the layers that code names by `crate::…`, `crate::{…}` or enough `super::`, each with its line.
fn used_layers<'a>(name: &str, code: &'a str) -> Vec<(usize, &'a str)> {
    let mut used = Vec::new();
    let root = Regex::new(r"\bcrate::\s*(\{|\w+)").expect("well formed");
    for found in root.captures_iter(code) {
        let first = found.get(1).expect("the group is not optional");
        let names = match first.as_str() {
            "{" => heads_of_group(&code[first.end()..]),
            name => vec![name],
        };
        used.extend(
            names
                .into_iter()
                .map(|name| (line_of(code, first.start()), name)),
        );
    }
    // `super::` as often as the module is deep leads to the crate's root.
    let parts = name
        .trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .split('/');
    let depth = parts.count();
    let up = Regex::new(r"\b((?:super::)+)(\w+)").expect("well formed");
    for found in up.captures_iter(code) {
        let steps = found[1].matches("super").count();
        let target = found.get(2).expect("the group is not optional");
        if steps >= depth && rank(target.as_str()).is_some() {
            used.push((line_of(code, target.start()), target.as_str()));
        }
    }
    used
}

/// Returns the first name of each path in a group of imports whose brace is open.
fn heads_of_group(text: &str) -> Vec<&str> {
    let mut heads = Vec::new();
    let (mut depth, mut at_head) = (0, true);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_head = true,
            c if at_head && (c.is_alphabetic() || c == '_') => {
                let end = text[at..].find(|c: char| !c.is_alphanumeric() && c != '_');
                heads.push(&text[at..end.map_or(text.len(), |end| at + end)]);
                at_head = false;
            }
            _ => {}
        }
    }
    heads
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

/// Returns the text with comments and the content of literals blanked, every line where it was.
pub(super) fn code_of(text: &str) -> String {
    let literal = r##"(?s)//[^\n]*|/\*.*?\*/|br?"(?:\\.|[^"\\])*"|r#+".*?"#+|"(?:\\.|[^"\\])*"|b?'(?:\\[^\n]{1,10}?|[^\\'\n])'"##;
    let literal = Regex::new(literal).expect("well formed");
    let blank = |found: &regex::Captures<'_>| -> String {
        let keep_lines = |c: char| if c == '\n' { '\n' } else { ' ' };
        found[0].chars().map(keep_lines).collect()
    };
    literal.replace_all(text, blank).into_owned()
}

/// Returns the code with every item blanked that is compiled for tests alone.
pub(super) fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    let start_of = |out: &str| {
        let for_tests = ["#[cfg(test)]", "#[cfg(all(test,"];
        for_tests.iter().filter_map(|mark| out.find(mark)).min()
    };
    while let Some(start) = start_of(&out) {
        let mut depth = 0;
        let end = out[start..].char_indices().find_map(|(at, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            let ends = depth == 0 && matches!(c, '}' | ';');
            ends.then_some(start + at + 1)
        });
        let end = end.unwrap_or(out.len());
        let blank: String = out[start..end]
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        out.replace_range(start..end, &blank);
    }
    out
}

fn faults(name: &str, text: &str) -> Vec<String> {
    broken_rules(&Source {
        name: name.to_owned(),
        text: format!("//! x\n{text}"),
    })
}

#[test]
fn a_higher_layer_or_a_sibling_is_found() {
    let cases = [
        (
            "store/a.rs",
            "use crate::query::Page;",
            "src/store/a.rs:2: `store` must not use `query`",
        ),
        (
            "store/a.rs",
            "use crate::{model::Hour, providers::{self, X}};",
            "src/store/a.rs:2: `store` must not use `providers`",
        ),
        (
            "model/a.rs",
            "fn f() {\n    crate::store::x();\n}",
            "src/model/a.rs:3: `model` must not use `store`",
        ),
        (
            "render/a.rs",
            "use super::super::fetch::X;",
            "src/render/a.rs:2: `render` must not use `fetch`",
        ),
        (
            "query/mod.rs",
            "use super::demo;",
            "src/query/mod.rs:2: `query` must not use `demo`",
        ),
        (
            "fetch/a.rs",
            "use crate::new_folder::X;",
            "src/fetch/a.rs:2: `fetch` must not use `new_folder`",
        ),
        (
            "commands/a.rs",
            "use crate::cli;",
            "src/commands/a.rs:2: `commands` must not use `cli`",
        ),
    ];
    for (name, text, fault) in cases {
        assert_eq!(faults(name, text), [fault]);
    }
}

#[test]
fn a_lower_layer_is_fine_and_so_is_prose() {
    let cases = [
        (
            "commands/a.rs",
            "use crate::{fetch, query::{self, demo}, store::Store};",
        ),
        (
            "store/a.rs",
            "// see crate::query\n/// [`crate::cli`]\nconst X: &str = \"crate::cli \\\" println!\";",
        ),
        (
            "store/a.rs",
            "use super::query_plan;\nuse crate::model::Hour;",
        ),
        (
            "store/a.rs",
            "const Q: char = '\"'; const X: char = '\"'; fn f<'a>(x: &'a str) {}",
        ),
        ("lib.rs", "mod cli;\npub use cli::run;"),
        (
            "cli/a.rs",
            "fn f() { std::env::var(x); std::process::exit(1) }",
        ),
        (
            "store/a.rs",
            "#[cfg(test)]\nmod tests {\n    fn f() { println!(); }\n}",
        ),
        (
            "store/a.rs",
            "#[cfg(all(test, unix))]\nmod tests {\n    fn f() { println!(); }\n}",
        ),
        (
            "store/a.rs",
            "#[cfg(test)]\nuse std::env;\nconst X: &str = env!(\"X\");",
        ),
    ];
    for (name, text) in cases {
        assert_eq!(faults(name, text), [""; 0], "{name}: {text}");
    }
}

#[test]
fn whoever_touches_the_world_outside_the_edge_is_found() {
    for touch in [
        "use std::env;",
        "let x = env::var(x);",
        "let x = SystemTime::now();",
        "let x = chrono::Utc::now();",
        "let x = Local::now();",
        "println!();",
        "eprint!();",
        "let x = io::stdout();",
        "let x = std::io::stderr();",
        "std::process::exit(1);",
    ] {
        let found = faults(
            "render/a.rs",
            &format!("#[cfg(test)]\nmod tests {{}}\nfn f() {{\n{touch}\n}}"),
        );
        assert_eq!(found.len(), 1, "{touch}: {found:?}");
        assert!(found[0].starts_with("src/render/a.rs:5: "), "{found:?}");
        assert!(found[0].ends_with("belongs in `cli`"), "{found:?}");
    }
}

#[test]
fn a_file_without_a_head_is_found() {
    let headless = Source {
        name: "model/a.rs".to_owned(),
        text: "use x;\n".to_owned(),
    };
    assert_eq!(
        broken_rules(&headless),
        ["src/model/a.rs: does not open with `//!`"]
    );
}

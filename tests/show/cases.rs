//! Runs the cases of `tests/cases`: questions and the answers that were reckoned without the program.
//!
//! Rule: every filter flag has a case; a new flag without one fails here.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{case_file, show, with_many};
use crate::support::{Outcome, TestEnv};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(skip)]
    name: String,
    args: Vec<String>,
    #[serde(default)]
    expect: Vec<toml::Value>,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    stderr_has: Vec<String>,
}

#[test]
fn every_question_has_the_answer_that_was_reckoned() {
    let env = with_many();
    let file = case_file("segment-join.ndjson");
    let file = file.to_str().expect("a path in UTF-8");
    env.run(&["import", file, "--collection", "join"]).success();
    env.write(
        "ids.txt",
        fs::read(case_file("ids.txt")).expect("the list of ids"),
    );
    let (env, cases) = (&env, cases());
    assert!(cases.len() > 100, "only {} cases were found", cases.len());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let failed: Vec<String> = std::thread::scope(|scope| {
        let run = |part| scope.spawn(move || part_of(part, env));
        let parts: Vec<_> = cases
            .chunks(cases.len().div_ceil(threads))
            .map(run)
            .collect();
        let joined = parts.into_iter().map(|part| part.join());
        joined
            .flat_map(|failed| failed.expect("a case panicked"))
            .collect()
    });
    assert!(
        failed.is_empty(),
        "{} cases failed:\n\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

fn part_of(cases: &[Case], env: &TestEnv) -> Vec<String> {
    cases.iter().filter_map(|case| case.failure(env)).collect()
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = fs::read_dir(case_file("."))
        .expect("the folder of cases")
        .map(|entry| entry.expect("a case").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a case is text");
            let mut case: Case =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            case.name = path
                .file_stem()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            case
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    /// Runs the case; returns what is wrong with the answer.
    fn failure(&self, env: &TestEnv) -> Option<String> {
        let mut args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        let has_columns = args.contains(&"--columns");
        if self.exit == 0 {
            args.extend(["-o", "ndjson"]);
            if !has_columns {
                args.extend(["--columns", ".serial"]);
            }
        }
        let outcome = show(env, &args);
        let mut wrong = Vec::new();
        if outcome.code != self.exit {
            wrong.push(format!("exit code {} for {}", outcome.code, self.exit));
        }
        for text in &self.stderr_has {
            if !outcome.stderr.contains(text) {
                wrong.push(format!("no `{text}` on stderr"));
            }
        }
        let rows = rows(&outcome, has_columns);
        if self.exit == 0 && !is_as_expected(&self.expect, &rows) {
            let (expected, got) = (list(&self.expect), list(&rows));
            wrong.push(format!("expected {expected}\n     got {got}"));
        }
        if self.exit != 0 && !outcome.stdout.is_empty() {
            wrong.push("rows beside an error".to_owned());
        }
        (!wrong.is_empty()).then(|| {
            let command = self.args.join(" ");
            let wrong = wrong.join("\n");
            format!("{}: show {command}\n{wrong}\n{}", self.name, outcome.stderr)
        })
    }
}

fn rows(outcome: &Outcome, has_columns: bool) -> Vec<Value> {
    let object = |line: &str| -> Value { serde_json::from_str(line).expect("a line is JSON") };
    let row = |line| {
        let mut object = object(line);
        if has_columns {
            object
        } else {
            object[".serial"].take()
        }
    };
    outcome.stdout.lines().map(row).collect()
}

/// Compares rows; those that stand in a list of their own may come in any order.
fn is_as_expected(expected: &[toml::Value], rows: &[Value]) -> bool {
    let mut rest = rows;
    for expected in expected {
        let group = match expected {
            toml::Value::Array(group) => group.as_slice(),
            one => std::slice::from_ref(one),
        };
        let Some((found, after)) = rest.split_at_checked(group.len()) else {
            return false;
        };
        rest = after;
        let mut found: Vec<&Value> = found.iter().collect();
        for wanted in group.iter().map(wanted) {
            match found.iter().position(|found| **found == wanted) {
                Some(at) => found.swap_remove(at),
                None => return false,
            };
        }
    }
    rest.is_empty()
}

fn wanted(expected: &toml::Value) -> Value {
    match expected {
        toml::Value::Integer(serial) => (*serial).into(),
        toml::Value::String(row) => serde_json::from_str(row).expect("a row is JSON"),
        other => panic!("`{other}` is neither a serial nor a row"),
    }
}

fn list(rows: &[impl ToString]) -> String {
    let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
    rows.join(", ")
}

#[test]
fn every_filter_has_a_case() {
    let help = TestEnv::new().run(&["show", "--help"]);
    let (_, filters) = help
        .success()
        .stdout
        .split_once("\nTime:\n")
        .expect("the times");
    let (filters, _) = filters
        .split_once("\nOutput:\n")
        .expect("the end of the filters");
    let flag = |line: &str| {
        let name = line.trim_start().strip_prefix("--")?;
        Some(format!("--{}", name.split([' ', '[', ']']).next()?))
    };
    let mut flags: BTreeSet<String> = filters.lines().filter_map(flag).collect();
    assert!(flags.len() > 20, "only {flags:?} were found");
    for case in cases() {
        for arg in &case.args {
            flags.remove(arg.split('=').next().unwrap_or_default());
        }
    }
    assert!(flags.is_empty(), "no case for {flags:?}");
}

#[test]
fn rows_are_compared_as_they_should_be() {
    let read = |text: &str| -> Case { toml::from_str(text).expect("a case") };
    let expect = |text: &str| read(&format!("args = []\nexpect = {text}")).expect;
    let rows = [1, 2, 3].map(Value::from);
    assert!(is_as_expected(&expect("[1, [3, 2]]"), &rows));
    for wrong in [
        "[1, 3, 2]",
        "[1, [2, 4]]",
        "[1, 2]",
        "[1, 2, 3, 4]",
        "[1, [2, 2]]",
        "[]",
    ] {
        assert!(!is_as_expected(&expect(wrong), &rows), "{wrong}");
    }
}

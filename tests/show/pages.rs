//! Pages: put together they are the whole, whatever their length and whatever arrives in between.
//!
//! Rule: the next page is reached by the command that was printed, taken as it stands.

use super::{filled, read_serials, serials, show};
use crate::support::{Outcome, TestEnv};

/// Questions whose pages are followed: plain, joined, into raw, with a range, words that a shell would read into.
const QUESTIONS: [(&[&str], &[&str]); 5] = [
    (&[], &["7", "50", "217"]),
    (&["--type", "error", "--status", "429"], &["1", "2", "5"]),
    (
        &["--where", "status >= 500 or reason ~ ^'|\"b(oom|usy)\""],
        &["3", "40"],
    ),
    (
        &["--grep", "it's|dst_hub[s]pot", "--hour", "2025-03-23T21"],
        &["4"],
    ),
    // Within one instant, where only the fixed order of equal times keeps pages apart.
    (
        &[
            "--since",
            "2025-03-23T23:30:00Z",
            "--until",
            "2025-03-23T23:30:01Z",
        ],
        &["1", "2", "3", "4"],
    ),
];

/// Returns the command that the footer names for the next page.
pub(super) fn next_page(outcome: &Outcome) -> Option<String> {
    let mut found = outcome
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("hint: next page: "));
    let command = found.next().map(str::to_owned);
    outcome.assert(found.next().is_none(), "one next page at most");
    command
}

/// Takes a command apart as the shell of the platform would: plain words and words in single quotes.
pub(super) fn words(command: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut is_quoted = false;
    let mut characters = command.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\'' if is_quoted && cfg!(windows) && characters.next_if_eq(&'\'').is_some() => {
                word.push('\'')
            }
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted && !cfg!(windows) => word.extend(characters.next()),
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    assert!(!is_quoted, "a quote is never closed in `{command}`");
    words.push(word);
    words
}

/// Runs the command for the next page, and that for the page after it, to the end.
pub(super) fn follow(env: &TestEnv, first: &Outcome) -> Vec<Vec<u64>> {
    let mut pages = vec![read_serials(first)];
    let mut next = next_page(first);
    while let Some(command) = next {
        let words = words(&command);
        first.assert(
            words[0].ends_with("faillog") || words[0].ends_with("faillog.exe"),
            "the program's name first",
        );
        let outcome = env.run(&words[1..]);
        pages.push(read_serials(outcome.success()));
        next = next_page(&outcome);
        outcome.assert(pages.len() < 300, "pages to come to an end");
    }
    pages
}

#[test]
fn pages_by_cursor_put_together_are_the_whole() {
    let env = filled();
    for (question, lengths) in QUESTIONS {
        let whole = serials(&env, question);
        assert!(whole.len() > 5, "{question:?} gives {whole:?}");
        for length in lengths {
            let paging = ["-n", length, "--columns", ".serial", "-o", "tsv"];
            let first = show(&env, &[question, &paging].concat());
            let pages = follow(&env, first.success());
            let length: usize = length.parse().expect("a number");
            assert_eq!(
                pages.len(),
                whole.len().div_ceil(length),
                "{question:?} by {length}"
            );
            assert!(
                pages[..pages.len() - 1]
                    .iter()
                    .all(|page| page.len() == length)
            );
            assert_eq!(pages.concat(), whole, "{question:?} by {length}");
        }
    }
}

#[test]
fn pages_by_number_put_together_are_the_whole() {
    let env = filled();
    let question = ["--type", "attempt", "--status", ">=400"];
    for sort in [
        "--sort=-time",
        "--sort=time",
        "--sort=-status",
        "--sort=.properties.attempt",
    ] {
        let question = [&question[..], &[sort]].concat();
        let whole = serials(&env, &question);
        let mut numbered = Vec::new();
        for page in 1.. {
            let page = page.to_string();
            let part = serials(
                &env,
                &[&question[..], &["-n", "9", "--page", &page]].concat(),
            );
            if part.is_empty() {
                break;
            }
            numbered.extend(part);
        }
        assert_eq!(numbered, whole, "{sort}");
        // Orders other than newest first name the next page by its number.
        let first = show(
            &env,
            &[
                &question[..],
                &["-n=9", "--columns", ".serial", "-o", "tsv"],
            ]
            .concat(),
        );
        assert_eq!(follow(&env, first.success()).concat(), whole, "{sort}");
    }
}

#[test]
fn the_next_page_is_named_once_and_the_last_page_names_none() {
    let env = filled();
    let last = show(&env, &["--type", "other", "-n", "1"]);
    assert_eq!(next_page(last.success()), None);
    let first = show(
        &env,
        &[
            "-n",
            "2",
            "--page=2",
            "--where",
            "reason ~ \"it''s\"",
            "-o",
            "csv",
        ],
    );
    first.success();
    assert_eq!(next_page(&first), None, "nothing matches");
    let second = show(
        &env,
        &[
            "--page",
            "2",
            "-n",
            "2",
            "--where",
            "destination != \"it's\"",
        ],
    );
    let command = next_page(second.success()).expect("a next page");
    let words = words(&command);
    assert_eq!(
        &words[1..6],
        ["show", "-n", "2", "--where", "destination != \"it's\""]
    );
    assert_eq!(words[6], "--after");
    assert_eq!(words.len(), 8);
}

//! Reading README.md: its fenced blocks, its commands, its tables.
//!
//! Rule: nothing is skipped silently; a line that is not understood fails the test that asked for it.

use std::path::{Path, PathBuf};

/// The languages of blocks; `sql` is for another program, `text` for none.
const LANGUAGES: [&str; 6] = ["sh", "crontab", "console", "toml", "sql", "text"];

/// One fenced block.
pub(super) struct Block {
    pub(super) language: String,
    pub(super) lines: Vec<String>,
}

/// One command of an `sh` or `crontab` block.
#[derive(Debug, PartialEq)]
pub(super) struct Command {
    /// The line without its comment.
    pub(super) text: String,
    /// What the comment says about the ending, else 0.
    pub(super) code: i32,
}

/// The first command of a line as words, and what becomes of its output.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Parsed {
    pub(super) words: Vec<String>,
    /// The file after `>`.
    pub(super) file: Option<String>,
    pub(super) is_piped: bool,
}

pub(super) fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

pub(super) fn read() -> String {
    let text = std::fs::read_to_string(path()).expect("README.md is text");
    text.replace("\r\n", "\n")
}

/// Returns the fenced blocks of a language, in order.
pub(super) fn blocks(text: &str, language: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                assert!(
                    LANGUAGES.contains(&language),
                    "no test looks at blocks of `{language}`"
                );
                open = Some(Block {
                    language: language.to_owned(),
                    lines: Vec::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fenced block is not closed");
    blocks.retain(|block| block.language == language);
    assert!(!blocks.is_empty(), "there is no block of `{language}`");
    blocks
}

/// Returns the commands that the document shows, in order.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let shell = blocks(text, "sh").into_iter().flat_map(|block| block.lines);
    let cron = blocks(text, "crontab")
        .into_iter()
        .flat_map(|block| block.lines);
    let cron = cron.map(|line| {
        let fields = line.split_whitespace().skip(5);
        fields.collect::<Vec<_>>().join(" ")
    });
    shell
        .chain(cron)
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| command(&line))
        .collect()
}

fn command(line: &str) -> Command {
    let (text, comment) = line.split_once(" # ").unwrap_or((line, ""));
    let code = comment.split_once("exit code ").map_or(0, |(_, rest)| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a number follows `exit code`")
    });
    Command {
        text: text.trim().to_owned(),
        code,
    }
}

/// Splits a line as a shell would, as far as the document goes: quotes, `>` and `|`.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut words = Vec::new();
    for c in text.chars() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.extend(word.take()),
            ('|', None) => {
                parsed.is_piped = true;
                break;
            }
            ('$' | '`' | '\\' | '*' | '&' | ';' | '<' | '(', None) => {
                panic!("`{c}` in `{text}` is more shell than this test knows")
            }
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if let Some(at) = words.iter().position(|word| word == ">") {
        parsed.file = words.get(at + 1).cloned();
        words.truncate(at);
    }
    parsed.words = words;
    parsed
}

/// Returns the cells of the table whose first heading is `heading`, without their backticks.
pub(super) fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_matches('|');
        let cells = line.split('|').map(str::trim);
        cells.map(str::to_owned).collect()
    };
    let first = format!("| {heading} |");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&first));
    assert!(
        lines.next().is_some(),
        "there is no table headed `{heading}`"
    );
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let mut row = cells(line);
        row[0] = row[0].trim_matches('`').to_owned();
        row
    })
    .collect()
}

mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_a_shell_does() {
        let parsed = parse("faillog show --status '>=500' -o \"csv\" > a.csv");
        assert_eq!(
            parsed.words,
            ["faillog", "show", "--status", ">=500", "-o", "csv"]
        );
        assert_eq!(parsed.file.as_deref(), Some("a.csv"));
        assert!(!parsed.is_piped);
        let parsed = parse("faillog show --grep '' | head -n 3");
        assert_eq!(parsed.words, ["faillog", "show", "--grep", ""]);
        assert!(parsed.is_piped);
    }

    #[test]
    fn a_comment_tells_the_exit_code() {
        let text = "```sh\nfaillog a  # exit code 3: none\nfaillog b # all\n\n# c\n```\n```crontab\n1 * * * *  faillog d\n```\n";
        let found: Vec<_> = commands(text)
            .into_iter()
            .map(|command| (command.text, command.code))
            .collect();
        let expected = [("faillog a", 3), ("faillog b", 0), ("faillog d", 0)];
        assert_eq!(found, expected.map(|(text, code)| (text.to_owned(), code)));
    }

    #[test]
    fn tables_are_found_by_their_heading() {
        let text = "x\n| a | b |\n| --- | --- |\n| `1` | `2` and 3 |\n\n| c |\n";
        assert_eq!(table(text, "a"), [["1", "`2` and 3"]]);
    }
}

//! Hostile text in every format: spreadsheets, terminals, files.

use super::*;

const FORMULA: &str = "=HYPERLINK(\"http://evil.example\",\"Click\")";
/// Title set, clipboard write, screen cleared, direction reversed, hidden tag.
const ATTACK: &str =
    "\u{1b}]0;root\u{7}\u{1b}]52;c;cm0gLXJm\u{7}\u{1b}[2J\u{202e}fdp\u{9b}1A\u{e0041}\r\n";

fn one(format: Format, cell: &str, options: Options) -> String {
    render(
        format,
        text_headings(["reason"]),
        &[vec![text(cell)]],
        options,
    )
}

#[test]
fn formulas_are_guarded_in_csv_and_tsv_only() {
    assert_eq!(
        one(Format::Csv, FORMULA, TO_FILE),
        "reason\r\n\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"Click\"\")\"\r\n"
    );
    assert_eq!(
        one(Format::Tsv, FORMULA, TO_FILE),
        format!("reason\n'{FORMULA}\n")
    );
    for (cell, written) in [
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "\"'\r=1\""),
        ("  =1", "\"'  =1\""),
        ("＝1", "'＝1"),
        ("-5", "-5"),
    ] {
        assert_eq!(
            one(Format::Csv, cell, TO_FILE),
            format!("reason\r\n{written}\r\n")
        );
    }
    for format in [
        Format::Json,
        Format::Ndjson,
        Format::Markdown,
        Format::Table,
    ] {
        assert!(!one(format, FORMULA, TO_FILE).contains("'="), "{format}");
    }
}

#[test]
fn the_guard_can_be_left_off() {
    let options = Options {
        formula_guard: false,
        ..TO_FILE
    };
    assert_eq!(one(Format::Csv, "=1+1", options), "reason\r\n=1+1\r\n");
    assert_eq!(one(Format::Tsv, "=1+1", options), "reason\n=1+1\n");
}

#[test]
fn numbers_and_times_are_never_guarded() {
    let mut headings = headings(&[Column::Attempt]);
    headings.push(Heading::new(".n", None));
    let rows = [vec![Value::Int(-5), Value::Number("-1.5e3".into())]];
    assert_eq!(
        render(Format::Csv, headings, &rows, TO_FILE),
        "attempt,.n\r\n-5,-1.5e3\r\n"
    );
}

#[test]
fn terminals_are_shown_attacks_and_not_given_them() {
    let is_harmless =
        |c: char| c == '\n' || c == '\r' || c == '\t' || !crate::render::sanitize::is_hostile(c);
    for &format in Format::ALL
        .iter()
        .filter(|&&format| format != Format::Parquet)
    {
        let rows = [vec![text(ATTACK), Value::Bytes(ATTACK.as_bytes())]];
        let mut headings = text_headings(["\u{1b}[2J"]);
        headings.push(Heading::new("raw", Some(Kind::Bytes)));
        let options = Options {
            fit: Fit::All,
            width: None,
            ..TO_TERMINAL
        };
        let shown = render(format, headings, &rows, options);
        assert!(shown.chars().all(is_harmless), "{format}: {shown:?}");
        assert!(shown.contains("52;c;cm0gLXJm"), "{format}: {shown:?}");
        assert!(
            !shown.replace("\r\n", "\n").contains('\r'),
            "{format}: {shown:?}"
        );
    }
}

#[test]
fn files_get_the_text_as_it_is() {
    assert_eq!(
        one(Format::Csv, ATTACK, TO_FILE),
        format!("reason\r\n\"{ATTACK}\"\r\n")
    );
    let rows = [vec![Value::Bytes(ATTACK.as_bytes())]];
    assert_eq!(
        render(Format::Raw, headings(&[Column::Raw]), &rows, TO_FILE),
        format!("{ATTACK}\n")
    );
    assert!(one(Format::Table, ATTACK, TO_FILE).contains("\u{1b}[2J\u{202e}"));
}

#[test]
fn json_on_a_terminal_means_the_same() {
    let embedded = serde_json::json!({ "a": [ATTACK] }).to_string();
    let rows = [vec![
        text(ATTACK),
        Value::Json(format!("{embedded}\n").into()),
    ]];
    let shown = render(
        Format::Json,
        text_headings(["reason", ".x"]),
        &rows,
        TO_TERMINAL,
    );
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{e0041}']));
    let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(read[0]["reason"], ATTACK);
    assert_eq!(read[0][".x"]["a"][0], ATTACK);
}

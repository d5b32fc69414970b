//! What stands in a table: times, wide characters, hostile text, colours.

use crate::model::{Column, Kind, Value};
use crate::render::tests::{TO_FILE, headings, text, text_headings, time};
use crate::render::{Heading, Options};

use super::{all, at, draw};

#[test]
fn times_of_several_days_are_written_whole() {
    let rows = [
        vec![time("2025-03-23T23:59:59Z")],
        vec![time("2025-03-24T00:00:00Z")],
    ];
    let (shown, _) = draw(headings(&[Column::Time]), &rows, at(80));
    assert_eq!(shown, "time\n2025-03-23T23:59:59Z\n2025-03-24T00:00:00Z\n");
}

#[test]
fn the_zone_is_said_and_a_change_of_offset_is_not_hidden() {
    let options = Options {
        zone: "Europe/Berlin".parse().unwrap(),
        ..at(80)
    };
    let one_offset = [vec![time("2025-03-30T10:00:00Z")], vec![Value::Null]];
    let (shown, _) = draw(headings(&[Column::Time]), &one_offset, options);
    assert_eq!(shown, "2025-03-30\ntime (+02:00)\n12:00:00\n\n");
    let summer_begins = [
        vec![time("2025-03-30T00:30:00Z")],
        vec![time("2025-03-30T01:30:00Z")],
    ];
    let (shown, _) = draw(headings(&[Column::Time]), &summer_begins, options);
    assert_eq!(
        shown,
        "time\n2025-03-30T01:30:00+01:00\n2025-03-30T03:30:00+02:00\n"
    );
}

#[test]
fn wide_characters_stay_in_line() {
    let rows = [
        vec![text("日本語"), text("a")],
        vec![text("👩\u{200d}💻 x"), text("b")],
        vec![text("größer"), text("c")],
    ];
    let (shown, _) = draw(text_headings(["actor", "code"]), &rows, all(80));
    assert_eq!(
        shown,
        "\
actor   code
日本語  a
👩\u{200d}💻 x    b
größer  c
"
    );
}

#[test]
fn numbers_without_a_kind_are_right_aligned_too() {
    let headings = vec![
        Heading::new("share", None),
        Heading::new("code", Some(Kind::Text)),
    ];
    let rows = [
        vec![Value::Number("0.5".into()), text("a")],
        vec![Value::Number("12.25".into()), text("b")],
    ];
    let (shown, _) = draw(headings, &rows, all(80));
    assert_eq!(shown, "share  code\n  0.5  a\n12.25  b\n");
}

#[test]
fn hostile_text_cannot_forge_rows_or_steer_the_terminal() {
    let rows = [vec![
        text("x\n20:15:04 all is well\u{1b}[2J\u{202e}"),
        text("b"),
    ]];
    let (shown, _) = draw(text_headings(["reason", "code"]), &rows, all(80));
    assert_eq!(
        shown,
        "\
reason                                    code
x\\n20:15:04 all is well\\u{1b}[2J\\u{202e}  b
"
    );
    // In a pipe the line feed stays, yet inside its column.
    let (shown, _) = draw(
        text_headings(["code", "reason"]),
        &[vec![text("a"), text("x\ny")]],
        TO_FILE,
    );
    assert_eq!(shown, "code  reason\na     x\n      y\n");
}

#[test]
fn colour_only_adds_to_the_text() {
    let (shown, _) = draw(
        headings(&[
            Column::Type,
            Column::Outcome,
            Column::Status,
            Column::Discarded,
        ]),
        &[
            vec![
                text("error"),
                text("failure"),
                Value::Int(503),
                Value::Bool(true),
            ],
            vec![
                text("x"),
                text("success"),
                Value::Int(200),
                Value::Bool(false),
            ],
        ],
        Options {
            color: true,
            ..all(80)
        },
    );
    assert_eq!(
        shown,
        "\u{1b}[1mtype\u{1b}[0m   \u{1b}[1moutcome\u{1b}[0m  \u{1b}[1mstatus\u{1b}[0m  \u{1b}[1mdiscarded\u{1b}[0m\n\
         \u{1b}[1merror\u{1b}[0m  \u{1b}[31mfailure\u{1b}[0m     \u{1b}[31m503\u{1b}[0m  \u{1b}[31mtrue\u{1b}[0m\n\
         x      \u{1b}[32msuccess\u{1b}[0m     \u{1b}[32m200\u{1b}[0m  \u{1b}[2mfalse\u{1b}[0m\n"
    );
}

//! Patterns as columns and filters.
//!
//! Rule: what a table shows can be pasted back.

use super::{filled, show};

#[test]
fn an_id_that_was_shown_finds_its_records() {
    let env = filled();
    let columns = ["--columns", "pattern_id,pattern,reason", "-o", "tsv"];
    let all = show(&env, &columns);
    let row = all
        .success()
        .stdout
        .lines()
        .find(|line| line.ends_with("row 2, column \"email\""));
    let row = row.expect("a reason with a number and a quoted value");
    let cells: Vec<&str> = row.split('\t').collect();
    assert_eq!(cells[1], "row <*>, column <text>");
    let same = all.stdout.lines().filter(|line| *line == row).count();
    for value in [cells[0], cells[1], "Row 77, column \"name\"."] {
        let found = show(&env, &[&columns[..], &["--pattern", value]].concat());
        let rows: Vec<&str> = found.success().stdout.lines().skip(1).collect();
        assert_eq!(rows, vec![row; same], "{value}");
    }
    let both = ["--pattern", cells[0], "--pattern", "boom"];
    let found = show(
        &env,
        &[&both[..], &["--columns", "pattern", "-o", "tsv"]].concat(),
    );
    found
        .success()
        .stdout_has("\nboom\n")
        .stdout_has("\nrow <*>, column <text>\n");
}

#[test]
fn a_pattern_is_a_column_like_any_other() {
    let env = filled();
    let args = [
        "--where",
        "pattern ~ ^row",
        "--sort",
        "pattern_id",
        "--columns",
        "pattern",
        "-o",
        "tsv",
    ];
    let rows = show(&env, &args);
    let rows: Vec<&str> = rows.success().stdout.lines().skip(1).collect();
    assert_eq!(rows, ["row <*>, column <text>"; 11]);
    // Without exchange, code and status there is nothing to make a pattern of.
    let args = [
        "--where",
        "pattern exists",
        "--id",
        "none",
        "-o",
        "tsv",
        "--columns",
        "id",
    ];
    show(&env, &args).success().stdout_is("id\n");
}

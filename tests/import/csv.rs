//! Exports in CSV: every column is found again, whatever the header and the quoting, and a broken row takes no other with it.
//!
//! Rule: what is expected is reckoned from the files by hand.

use super::import;
use crate::support::{TestEnv, rejects_in};

const PUBLISHED: &str = include_str!("../data/workato/published.csv");
const VARIANT: &str = include_str!("../data/workato/variant.csv");
const BROKEN: &[u8] = include_bytes!("../data/workato/broken.csv");

/// What is shown as CSV ends its lines as RFC 4180 has it.
fn as_written(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// Asks for rows as NDJSON.
fn rows(env: &TestEnv, args: &[&str]) -> Vec<serde_json::Value> {
    let outcome = env.run(&[&["show", "-o", "ndjson"], args].concat());
    let lines = outcome.success().stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a row is JSON"))
        .collect()
}

#[test]
fn an_export_comes_back_under_its_own_names() {
    let env = TestEnv::new();
    env.write("logs.csv", PUBLISHED);
    import(&env, &["logs.csv"])
        .success()
        .stderr_has("2 records added to workato `import`, 0 known already, in 1 hour");
    let native = env.run(&["show", "-o", "csv", "--columns", "native", "--sort", "time"]);
    native.success().stdout_is(&as_written(PUBLISHED));
    // Straight from the file, and once more by way of the raw records.
    let args = [
        "show",
        "--input",
        "logs.csv",
        "-o",
        "csv",
        "--columns",
        "native",
        "--sort",
        "time",
    ];
    env.run(&args).success().stdout_is(&as_written(PUBLISHED));
    let raw = env.run(&["show", "-o", "raw", "--sort", "time"]);
    assert_eq!(
        raw.success().stdout.lines().next(),
        Some(
            r#"{"Date":"2025-06-02 14:03:11","Type":"Error","Code":"401","Status":"Unauthorized","Gateway code":"4011","Status details":"Unrecognized token","IP":"203.0.113.7","Timing":"12","Delay":"0","API collection":"Customers API","Endpoint":"/customers/{id}","Client":"","Job details":""}"#
        )
    );
    env.write("raw.ndjson", &raw.stdout);
    import(&env, &["raw.ndjson", "logs.csv"])
        .success()
        .stderr_has("0 records added")
        .stderr_has("4 known already");
}

#[test]
fn every_field_is_a_column_and_a_filter() {
    let env = TestEnv::new();
    env.write("logs.csv", PUBLISHED);
    import(&env, &["logs.csv"]).success();
    let failed = &rows(&env, &["--outcome", "failure"])[0];
    let expected = serde_json::json!({
        "provider": "workato", "collection": "import", "time": "2025-06-02T14:03:11Z", "type": "request",
        "outcome": "failure", "status": 401, "code": "4011", "reason": "Unrecognized token",
        "operation": "/customers/{id}", "resource": "Customers API", "ip": "203.0.113.7",
        "duration_ms": 12, "delay_ms": 0,
    });
    assert_eq!(*failed, expected);
    for filter in [
        &["--client", "Customer Success Team"][..],
        &["--status", "200"],
        &["--outcome", "success"],
        &["--where", "duration_ms > 300"],
        &["--where", "delay_ms = 15"],
        &["--where", "url exists"],
        &["--where", ".\"Job details\" ~ j-AEcaNzd9"],
        &["--where", ".Status = OK"],
        &["--since", "2025-06-02 14:03:12"],
    ] {
        let found = rows(&env, filter);
        assert_eq!(found.len(), 1, "{filter:?}");
        assert_eq!(found[0]["status"], 200, "{filter:?}");
    }
    for filter in [
        &["--code", "4011"][..],
        &["--where", ".\"Gateway code\" = 4011"],
        &["--where", "reason = 'Unrecognized token'"],
        &["--grep", "Unrecognized"],
    ] {
        assert_eq!(rows(&env, filter).len(), 1, "{filter:?}");
    }
    for filter in [
        &["--resource", "Customers API"][..],
        &["--operation", "/customers/{id}"],
        &["--type", "request"],
        &["--provider", "workato"],
        &["--where", "ip = 203.0.113.7"],
    ] {
        assert_eq!(rows(&env, filter).len(), 2, "{filter:?}");
    }
}

#[test]
fn another_header_gives_the_same_columns() {
    let env = TestEnv::new();
    env.write("logs.csv", VARIANT);
    import(&env, &["logs.csv"])
        .success()
        .stderr_has("2 records added");
    let found = rows(&env, &["--sort", "time"]);
    let field = |row: usize, name: &str| found[row][name].clone();
    assert_eq!(field(0, "time"), "2025-06-02T14:05:00Z");
    assert_eq!(field(1, "time"), "2025-06-02T14:06:00Z");
    assert_eq!(field(0, "code"), "4012");
    assert_eq!(
        field(0, "reason"),
        "Recipe is inactive see \"Jobs\"; then start it"
    );
    assert_eq!(
        (field(0, "actor"), field(0, "resource")),
        ("Billing".into(), "Invoices API".into())
    );
    // What is no documented column is found all the same.
    for condition in [
        ".\"Collection type\" = Proxy",
        ".Gateway = Edge",
        ".\"Gateway code\" = ''",
    ] {
        let found = rows(&env, &["--where", condition]);
        assert_eq!(found.len(), 1, "{condition}");
        assert_eq!(found[0]["status"], 200, "{condition}");
    }
    let args = ["show", "-o", "csv", "--columns", "native", "--sort", "time"];
    env.run(&args).success().stdout_is(
        "Date,Type,Code,Status,Gateway code,Status details,IP,Timing,Delay,API collection,Endpoint,Client,Job details\r\n\
         \"Jun 2, 2025 2:05 PM\",Error,404,,4012,\"Recipe is inactive\r\nsee \"\"Jobs\"\"; then start it\",,,,Invoices API,/invoices,Billing,\r\n\
         06/02/2025 14:06,Success,200,,,,,,,Invoices API,/invoices,Billing,https://app.eu.workato.com/recipes/9/job/j-2\r\n",
    );
}

#[test]
fn a_broken_row_takes_no_other_with_it() {
    let env = TestEnv::new();
    env.write("broken.csv", BROKEN);
    let outcome = import(&env, &["broken.csv"]);
    outcome
        .success()
        .stderr_has("3 records added")
        .stderr_has("5 lines of `broken.csv` could not be decoded")
        .stderr_has("line 3: 6 cells where the header has 13");
    let found = rows(&env, &["--sort", "time", "--columns", "reason"]);
    let reasons: Vec<_> = found
        .iter()
        .map(|row| row["reason"].as_str().expect("a reason"))
        .collect();
    assert_eq!(reasons, ["First", "=HYPERLINK(\"x\")", "Last"]);

    let hour = "data/v2/provider=workato/collection=import/date=2025-06-02/hour=15";
    let kept = rejects_in(&env.home().join(hour)).expect("the rejects");
    let kept: Vec<serde_json::Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let lines: Vec<&[u8]> = BROKEN.split(|byte| *byte == b'\n').collect();
    for (reject, (line, reason)) in kept.iter().zip([
        (3, "6 cells where the header has 13"),
        (4, "14 cells where the header has 13"),
        (5, "no valid UTF-8 at byte 54"),
        (
            6,
            "`Date` is `03-06-2025 15:00:04`: the day or the month may come first",
        ),
        (7, "a quote is opened and never closed"),
    ]) {
        assert_eq!(reject["line"], line);
        assert_eq!(reject["reason"], reason);
        let bytes = lines[line - 1];
        match std::str::from_utf8(bytes) {
            Ok(text) => assert_eq!(reject["raw"], text),
            Err(_) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(reject["raw_hex"], hex);
            }
        }
    }
    assert_eq!(kept.len(), 5);
    // Hostile text comes out as it went in, but for what a spreadsheet would run.
    let args = [
        "show",
        "-o",
        "csv",
        "--columns",
        "reason,actor",
        "--where",
        ".Client ~ red",
    ];
    env.run(&args)
        .success()
        .stdout_is("reason,actor\r\n\"'=HYPERLINK(\"\"x\"\")\",\u{1b}[31mred\r\n");
}

#[test]
fn csv_is_read_as_such_whatever_its_header_if_the_provider_is_named() {
    let env = TestEnv::new();
    env.write("few.csv", "when,Date,Code\nx,2025-06-02 14:03,500\n");
    import(&env, &["few.csv"])
        .code(1)
        .stderr_has("begins with `when,Date,Code`");
    import(&env, &["few.csv", "--provider", "workato"])
        .success()
        .stderr_has("1 record added");
    assert_eq!(rows(&env, &["--status", "500"])[0]["outcome"], "failure");
    let args = [
        "--input",
        "few.csv",
        "--provider",
        "workato",
        "--columns",
        ".when",
    ];
    assert_eq!(rows(&env, &args)[0][".when"], "x");
}

#[test]
fn a_header_alone_and_an_empty_file_hold_no_record() {
    let env = TestEnv::new();
    env.write("header.csv", PUBLISHED.lines().next().expect("a header"));
    env.write("empty.csv", "");
    import(&env, &["header.csv", "empty.csv"])
        .success()
        .stderr_has("`header.csv` holds no record")
        .stderr_has("`empty.csv` holds no record");
}

#[test]
fn a_large_export_is_read_whole() {
    let env = TestEnv::new();
    let header = PUBLISHED.lines().next().expect("a header");
    let rows: String = (0..30_000)
        .map(|n| {
            format!(
                "2025-06-02 {:02}:{:02}:{:02},Error,{},X,4{n},\"line one\nof {n}, \"\"quoted\"\"\",203.0.113.7,{n},0,A,/a/{},c,\n",
                n / 3600, n / 60 % 60, n % 60, 400 + n % 100, n % 7
            )
        })
        .collect();
    env.write("large.csv", format!("{header}\n{rows}"));
    import(&env, &["large.csv"])
        .success()
        .stderr_has("30,000 records added")
        .stderr_has("in 9 hours");
    let found = env.run(&["show", "-o", "csv", "--columns", "native", "--sort", "time"]);
    // Line ends inside a cell stay as they are.
    let expected = rows.replace(",c,\n", ",c,\r\n");
    assert!(found.success().stdout == format!("{header}\r\n{expected}"));
}

//! Files that are no log, or not as they should be: each is told what it is, and spares the others.
//!
//! Rule: nobody has to guess what is wrong with a file.

use std::io::Write;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{import, lines, record, stored};
use crate::support::TestEnv;

const WORKATO: &str = include_str!("../data/workato/published.csv");

#[test]
fn what_is_no_log_is_called_by_its_name() {
    let env = TestEnv::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"%PDF-1.7\n").expect("memory takes all");
    let utf16: Vec<u8> = format!("\u{feff}{WORKATO}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes, what, hint) in [
        (
            "a.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            "it is a PNG image, not a log",
            "",
        ),
        (
            "b.pdf.gz",
            gzip.finish().expect("memory takes all"),
            "it is a PDF document, not a log",
            "",
        ),
        (
            "c.xlsx",
            b"PK\x03\x04\x14\0\x06\0xl/workbook.xml".to_vec(),
            "it is an Excel workbook, not a log",
            "Save it as CSV",
        ),
        (
            "d.zip",
            b"PK\x03\x04\x14\0\0\0\x08\0a.ndjson".to_vec(),
            "it is a zip archive, not a log",
            "Unpack it",
        ),
        (
            "e.parquet",
            b"PAR1\x15\x04\x15".to_vec(),
            "it is a Parquet file, not a log",
            "",
        ),
        (
            "f.csv",
            utf16,
            "it is UTF-16 or UTF-32 text",
            "iconv -f UTF-16",
        ),
        ("g.gz", b"\x1f\x8b\x08\0\0".to_vec(), "damaged or cut", ""),
        (
            "h.csv",
            b"Dat\xe9,Gateway code,Status details\n".to_vec(),
            "it is not UTF-8 text: byte 0xE9 at offset 3",
            "iconv -f ISO-8859-1",
        ),
    ] {
        env.write(name, bytes);
        let outcome = import(&env, &[name]);
        outcome
            .code(1)
            .stdout_is("")
            .stderr_has(&format!("`{name}`"))
            .stderr_has(what)
            .stderr_has(hint);
        env.run(&["show", "--input", name]).code(1).stderr_has(what);
    }
    env.write("folder/x", "");
    import(&env, &["folder"])
        .code(1)
        .stderr_has("cannot read `folder`: it is a folder");
    assert!(!env.home().join("data").exists(), "nothing is stored");
}

#[test]
fn latin_text_under_a_plain_header_is_rejected_row_by_row() {
    let env = TestEnv::new();
    let header = WORKATO.lines().next().expect("a header");
    let row = "2025-06-02 14:03:11,Error,401,X,4011,R\u{e9}sum\u{e9},ip,1,0,A,/a,c,";
    let latin: Vec<u8> = format!("{header}\n{row}\n")
        .chars()
        .map(|c| c as u8)
        .collect();
    env.write("latin.csv", latin);
    let outcome = import(&env, &["latin.csv"]);
    outcome
        .code(1)
        .stderr_has(
            "`latin.csv` has no line that could be decoded; line 2: no valid UTF-8 at byte 38",
        )
        .stderr_has("If the whole file is Latin text, convert it: `iconv -f ISO-8859-1 -t UTF-8 latin.csv > utf8.csv`.");
}

#[test]
fn a_mix_of_providers_is_not_guessed() {
    let env = TestEnv::new();
    let row = r#"{"Date":"2025-06-02 14:03:11","Gateway code":"4011","Status details":"x"}"#;
    env.write("mix.ndjson", lines(0..2) + row);
    import(&env, &["mix.ndjson"])
        .code(1)
        .stderr_has("its records fit several providers: segment (2), workato (1)")
        .stderr_has("--provider");
    import(&env, &["mix.ndjson", "--provider", "segment"])
        .success()
        .stderr_has("2 records added")
        .stderr_has("1 line of `mix.ndjson` could not be decoded: line 3: ");
}

/// A line of 100 MB in a pipe: it is passed over, and the records around it are stored.
#[test]
fn a_line_without_end_in_sight_is_passed_over() {
    let env = TestEnv::new();
    let mut command = env.command(&["import", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().expect("stdin is a pipe");
    let writer = std::thread::spawn(move || {
        let piece = vec![b'x'; 1 << 20];
        writeln!(pipe, "{}", record(1)).expect("the program reads");
        pipe.write_all(b"{\"event\":\"").expect("the program reads");
        for _ in 0..100 {
            pipe.write_all(&piece).expect("the program reads");
        }
        writeln!(pipe, "\"}}\n{}", record(2)).expect("the program reads");
    });
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("all was read");
    let outcome = env.outcome(&command, &output);
    outcome.success().stderr_has("2 records added").stderr_has(
        "line 2: longer than 67.1 MB: 104.9 MB, of which only the first 1.0 kB are kept",
    );
    assert_eq!(stored(&env), [1, 2]);
}

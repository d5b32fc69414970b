//! Values that come from files.
//!
//! Rule: flags and conditions read the same values from the same file.

use super::*;

/// Writes a file and returns how a flag names it.
fn file(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    format!("@{}", path.display())
}

#[test]
fn lists_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name, content: &[u8]| file(&folder, name, content);
    let ids = file("ids", b"\xef\xbb\xbfb\r\n\n a \nc");
    let named = format!("id in ({ids}, d, @@e)");
    for flags in [
        &["--id", &ids, "--id", "d", "--id", "@@e"][..],
        &["--where", &named],
    ] {
        assert_eq!(conditions(flags), ["id in (\"@e\", a, b, c, d)"]);
    }
    let names = file("names", b"prod\nx");
    assert_eq!(
        ask(&["--collection", &names]).unwrap().collections,
        ["2wmp", "x"]
    );

    let empty = file("empty", b"\n \n");
    let error = refused(&["--id", &empty]);
    assert_eq!(error, format!("--id `{empty}`: the file holds no value"));
    let binary = file("binary", b"\xff\xfe");
    assert!(refused(&["--code", &binary]).ends_with("the file is no UTF-8 text"));
    let absent = refused(&["--code", "@no/such/file"]);
    assert!(
        absent.starts_with("--code `@no/such/file`: cannot read the file: "),
        "{absent}"
    );
    assert_eq!(
        refused(&["--id", "@-"]),
        "--id `@-`: lists are not read from standard input"
    );
}

#[test]
fn what_faillog_wrote_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name, content: &[u8]| file(&folder, name, content);
    // A mark, a header, quotes, guards, escapes.
    let cells = "\u{feff}reason\r\n\"a, b\"\r\n\"say \"\"x\"\"\"\r\n'=1+1\r\n'tis\r\n";
    let csv = file("reasons.csv", cells.as_bytes());
    assert_eq!(
        conditions(&["--where", &format!("reason in {csv}")]),
        ["reason in (\"'tis\", \"=1+1\", \"a, b\", \"say \\\"x\\\"\")"]
    );
    let tsv = file("resources.tsv", b"resource\na\\tb\\\\n\n\"c\"\n");
    let asked = conditions(&["--resource", &tsv]);
    let texts = r#"resource in ("\"c\"", "a\tb\\n")"#;
    assert!(asked[0].starts_with(texts), "{asked:?}");
    let header = file("header", b"id\n");
    let error = refused(&["--id", &header]);
    assert_eq!(error, format!("--id `{header}`: the file holds no value"));
    let error = refused(&["--where", "id in @no/such/file"]);
    assert!(error.contains("cannot read the file: "), "{error}");
}

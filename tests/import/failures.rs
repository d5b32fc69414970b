//! Files that are missing, damaged or something else: named, and the rest is kept.
//!
//! Rule: exit code 1 whenever anything given could not be read whole.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{import, lines, record, stored};
use crate::support::{TestEnv, rejects_in};

#[test]
fn a_missing_file_is_named_and_the_others_are_kept() {
    let env = TestEnv::new();
    env.write("good.ndjson", lines(0..3));
    env.write("more.ndjson", lines(3..5));
    let outcome = import(&env, &["good.ndjson", "missing.ndjson", "more.ndjson"]);
    outcome
        .code(1)
        .stderr_has("cannot read `missing.ndjson`")
        .stderr_has("5 records added");
    assert_eq!(stored(&env), [0, 1, 2, 3, 4]);
    import(&env, &["missing.ndjson"])
        .code(1)
        .stdout_is("")
        .stderr_has("`missing.ndjson`");
    env.run::<&str>(&["import"]).code(2);
}

#[test]
fn a_folder_is_no_file() {
    let env = TestEnv::new();
    env.write("folder/good.ndjson", lines(0..3));
    import(&env, &["folder"]).code(1).stderr_has("`folder`");
}

#[test]
fn what_is_no_log_is_told_from_one() {
    let env = TestEnv::new();
    env.write(
        "picture.png",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x03\0\x08\x02\0\0\0",
    );
    env.write("other.json", r#"{"name":"faillog","dependencies":{}}"#);
    env.write("page.html", "<!doctype html><title>Sign in</title>");
    env.write("good.ndjson", lines(0..2));
    let outcome = import(
        &env,
        &["picture.png", "other.json", "good.ndjson", "page.html"],
    );
    outcome
        .code(1)
        .stderr_has("3 of 4 files")
        .stderr_has("2 records added")
        .nowhere("\u{1a}");
    for name in ["picture.png", "other.json", "page.html"] {
        outcome.stderr_has(&format!("`{name}`"));
        let advice = match name {
            "picture.png" => "it is a PNG image, not a log",
            _ => "--provider segment",
        };
        import(&env, &[name])
            .code(1)
            .stderr_has(&format!("`{name}`"))
            .stderr_has(advice);
    }
    assert_eq!(stored(&env), [0, 1]);
    // Named all the same, it is a log without a line that could be decoded.
    let outcome = import(&env, &["page.html", "--provider", "segment"]);
    outcome
        .code(1)
        .stderr_has("`page.html`")
        .stderr_has("line 1");
    import(&env, &["picture.png", "--provider", "segment"])
        .code(1)
        .stderr_has("`picture.png`")
        .nowhere("\u{1a}");
}

#[test]
fn a_cut_gzip_gives_what_was_whole() {
    let env = TestEnv::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Text that does not compress well, so that half of the bytes are half of the records.
    let text: String = (0..400u64)
        .map(|n| {
            record(n).replace(
                "\"m-",
                &format!("\"{:016x}-", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            ) + "\n"
        })
        .collect();
    encoder
        .write_all(text.as_bytes())
        .expect("memory takes all");
    let whole = encoder.finish().expect("memory takes all");
    env.write("cut.gz", &whole[..whole.len() / 2]);
    env.write("good.ndjson", lines(1000..1003));
    env.run(&["show", "--input", "cut.gz"])
        .code(1)
        .stdout_is("")
        .stderr_has("Half a file is no answer");
    let outcome = import(&env, &["cut.gz", "good.ndjson"]);
    outcome
        .code(1)
        .stderr_has("`cut.gz`")
        .stderr_has("What could be read of it is imported");
    let found = stored(&env);
    outcome.assert(found.ends_with(&[1000, 1001, 1002]), "the other file");
    let some = &found[..found.len() - 3];
    outcome.assert(
        some.len() > 50 && some.len() < 400,
        "some of the cut file's records",
    );
    assert_eq!(*some, (0..some.len() as u64).collect::<Vec<_>>());
    // The whole file later brings the rest, and nothing twice.
    env.write("cut.gz", &whole);
    import(&env, &["cut.gz"]).success();
    assert_eq!(stored(&env).len(), 403);
    // A flipped byte is no end of file, but it is told as well.
    let mut flipped = whole;
    let at = flipped.len() - 6;
    flipped[at] ^= 1;
    env.write("flipped.gz", flipped);
    import(&env, &["flipped.gz"])
        .code(1)
        .stderr_has("`flipped.gz`");
}

#[test]
fn a_line_in_another_encoding_is_rejected_and_kept() {
    let env = TestEnv::new();
    let latin = record(1)
        .replace("m-1", "caf\u{e9}")
        .chars()
        .map(|c| c as u8)
        .collect::<Vec<_>>();
    let text = [
        lines(0..1).as_bytes(),
        &latin,
        b"\n",
        lines(2..3).as_bytes(),
        b"{\"event\":\"Error Logged\"}\nnot JSON\n",
    ]
    .concat();
    env.write("mixed.ndjson", &text);
    let outcome = import(&env, &["mixed.ndjson"]);
    outcome
        .success()
        .stderr_has("2 records added")
        .stderr_has("3 lines of `mixed.ndjson` could not be decoded");
    outcome
        .stderr_has("line 2: no valid UTF-8")
        .stderr_has("line 4: neither `occurredAt` nor `loggedAt`")
        .stderr_has("line 5: ");
    assert_eq!(stored(&env), [0, 2]);
    let hour = env
        .home()
        .join("data/v2/provider=segment/collection=import/date=2025-03-23/hour=20");
    let kept = rejects_in(&hour).expect("the rejects");
    let kept: Vec<serde_json::Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).expect("a reject is JSON"))
        .collect();
    let lines: Vec<_> = kept.iter().map(|reject| reject["line"].as_u64()).collect();
    assert_eq!(lines, [Some(2), Some(4), Some(5)]);
    assert_eq!(kept[2]["raw"], "not JSON");
    // Imported again, the rejects are not counted twice.
    import(&env, &["mixed.ndjson"]).success();
    let info = env.run(&["store", "info", "-o", "ndjson"]);
    let info: serde_json::Value = serde_json::from_str(&info.success().stdout).expect("one row");
    assert_eq!((&info["records"], &info["rejects"]), (&2.into(), &3.into()));
}

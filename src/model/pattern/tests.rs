//! Real-looking reasons and the patterns they should have, grouped by hand; and what holds of any text.
//!
//! Rule: the golden file never changes but for more of it; it is what users' scripts rely on.

use proptest::prelude::*;

use super::*;

const GOLDEN: &str = include_str!("golden.txt");

/// Returns each pattern with the reasons that have it.
fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in GOLDEN
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
    {
        match line.strip_prefix("    ") {
            Some(reason) => groups.last_mut().unwrap().1.push(reason),
            None => groups.push((line, Vec::new())),
        }
    }
    groups
}

#[test]
fn messages_of_one_cause_have_one_pattern() {
    let mut wrong = Vec::new();
    assert!(groups().len() > 60);
    for (wanted, reasons) in groups() {
        for reason in reasons {
            let got = pattern(reason);
            if got != wanted {
                wrong.push(format!("{reason}\n  wanted {wanted}\n     got {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn patterns_of_different_causes_differ() {
    let mut patterns: Vec<&str> = groups().iter().map(|(pattern, _)| *pattern).collect();
    let count = patterns.len();
    patterns.sort_unstable();
    patterns.dedup();
    assert_eq!(patterns.len(), count);
    let ids: std::collections::BTreeSet<_> = patterns.iter().map(|p| pattern_id(p)).collect();
    assert_eq!(ids.len(), count);
}

/// The ids of two patterns, from an implementation of XXH3 that is not ours.
#[test]
fn ids_never_change() {
    assert_eq!(pattern_id(""), "5m38019r");
    assert_eq!(pattern_id("read econnreset"), "8ndmwx61");
}

#[test]
fn long_text_is_cut_at_a_word() {
    let cut = pattern(&"word ".repeat(100));
    assert!(cut.ends_with("word…"), "{cut}");
    assert!(cut.chars().count() <= LONGEST);
    assert_eq!(pattern(&cut), cut);
    let unbroken = pattern(&"ä".repeat(5000));
    assert_eq!(unbroken.chars().count(), LONGEST);
}

/// Pieces that bring every recogniser to work.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z]{1,12}",
        "[0-9]{1,6}",
        "[0-9a-f]{6,40}",
        "[A-Za-z0-9_-]{1,30}",
        "[ -~]{0,6}",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "\"",
            "'",
            "`",
            "<",
            ">",
            "<*>",
            "<text>",
            "<time>",
            "<",
            "://",
            "https://a.b/c?d=e",
            "@",
            "a@b.cd",
            ".",
            "-",
            "+",
            ":",
            ",",
            "{\"code\":\"",
            "\":",
            "2025-03-23T20:00:00Z",
            "20:15",
            "Mar 23, 2025",
            "10.0.0.1",
            "::1",
            "502 Bad Gateway",
            "status code ",
            "550 5.1.1",
            "(#",
            "arn:aws:iam::1:role/x",
            "…",
            "\\",
            "HTTP/1.1 ",
        ])
        .prop_map(str::to_owned),
    ];
    let joined = (piece, prop::sample::select(vec!["", " "])).prop_map(|(a, b)| a + b);
    prop::collection::vec(joined, 0..25).prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn the_pattern_of_a_pattern_is_itself(text in pieces()) {
        let once = pattern(&text);
        prop_assert_eq!(&pattern(&once), &once);
        prop_assert!(once.chars().count() <= LONGEST);
    }

    #[test]
    fn any_text_has_a_pattern(text in any::<String>()) {
        let once = pattern(&text);
        prop_assert_eq!(pattern(&once), once);
    }

    #[test]
    fn one_number_or_id_is_as_good_as_another(
        a in "[1-9][0-9]{0,11}",
        b in "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
        c in "[0-9a-f]{8,64}",
        d in "-?[0-9]{1,5}\\.[0-9]{1,5}",
    ) {
        let wanted = "profile <*> of list was not updated";
        for id in [a, b, c, d] {
            prop_assert_eq!(pattern(&format!("Profile {id} of list was not updated")), wanted);
        }
    }
}

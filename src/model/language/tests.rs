//! What is read, what is said of what is not, and that what is written reads back.
//!
//! Rule: every message is read here once, with the place it points at.

use proptest::prelude::*;

use super::super::filter::Filter;
use super::super::value::Value;
use super::*;

const NOW: i64 = 1_742_760_000_000_000;

fn read(text: &str) -> Result<Condition, ConditionError> {
    parse_condition(text, Timestamp::from_micros(NOW), &|name| match name {
        "ids" => Ok(["id", "b", "a", "@c"].map(str::to_owned).to_vec()),
        "header" => Ok(vec!["id".to_owned()]),
        "numbers" => Ok(vec!["7".to_owned(), "x".to_owned()]),
        _ => Err("cannot read the file".to_owned()),
    })
}

/// The normal form, written.
fn form(text: &str) -> String {
    read(text).unwrap().to_string()
}

fn accepts(text: &str, value: Value<'_>) -> bool {
    read(text).unwrap().accepts(&|_| value.clone())
}

fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

#[test]
fn single_tests_are_read() {
    assert!(accepts("status >= 500", Value::Int(503)));
    assert!(accepts("status!=200", Value::Int(503)));
    assert!(accepts("status != 200", Value::Null));
    assert!(accepts("reason ~ \"time ?out\"", text("a timeout")));
    assert!(accepts("reason ~ (?i)TIME(d|ly)?out", text("a timeout")));
    assert!(accepts("reason ~ ^[a-z]{1,9}$", text("abc")));
    assert!(!accepts("reason !~ out", text("a timeout")) && accepts("reason !~ out", Value::Null));
    assert!(accepts("reason = 'two \"words\"'", text("two \"words\"")));
    assert!(accepts("code exists", text("x")) && accepts("code MISSING", Value::Null));
    assert!(accepts("discarded == true", Value::Bool(true)));
    assert!(accepts("discarded != true", Value::Null));
    assert!(accepts("reason contains out", text("a TIMEOUT")));
    assert!(accepts("reason not contains OUT", text("a timeout")));
    assert!(accepts(
        "logged_at < 2025-03-23T20:00:00Z",
        Value::Time(Timestamp::from_micros(5))
    ));
    assert!(accepts(
        "logged_at >= now-3h",
        Value::Time(Timestamp::from_micros(NOW))
    ));
    assert!(accepts("url = https://x/y?a=b", text("https://x/y?a=b")));
    assert!(accepts(".a = null", Value::Null) && !accepts(".a = null", text("null")));
    assert!(accepts(".a = \"null\"", text("null")) && !accepts(".a = \"null\"", Value::Null));
    assert!(accepts(".a in (null, 5)", Value::Null) && accepts(".a in (null, 5)", Value::Int(5)));
    assert!(accepts("channel = @@x", text("@x")) && accepts("channel = \"@x\"", text("@x")));
    assert!(accepts("reason ~ @x", text("y@x")) && accepts("reason = a.b", text("a.b")));
    let test = form(".properties.routed.to[0].id = abc");
    assert_eq!(test, ".properties.routed.to[0].id = abc");
}

#[test]
fn not_binds_before_and_and_and_before_or() {
    assert_eq!(
        form("id = a or not id = b and channel exists"),
        "channel exists and id != b or id = a"
    );
    assert_eq!(
        form("NOT (id = a Or (channel = c))and(url missing)"),
        "channel != c and id != a and url missing"
    );
    assert_eq!(form("not not((id=a))"), "id = a");
    assert_eq!(
        form("(id = a or url exists) and channel exists"),
        "channel exists and (id = a or url exists)"
    );
}

#[test]
fn equal_meanings_have_one_form() {
    for (written, same) in [
        ("message_id = X", "message_id in (X)"),
        ("message_id = X", "message_id in (\"X\", X)"),
        ("id = a or id = b", "id in (b, a)"),
        ("id != a and id != b", "id not in (a, b)"),
        ("code = ETIMEDOUT", "code = etimedout"),
        ("type = Error", "type = error"),
        (
            "status >= 500 and status < 600",
            "status < 600 and status > 499",
        ),
        ("status in (1, 2)", "status = 2 or status = 1"),
        ("not (id = a and url exists)", "id != a or url missing"),
        (
            "destination = X and id = a",
            "id = a and destination in (X)",
        ),
        (
            "logged_at > 2025-03-23",
            "logged_at >= 2025-03-23T00:00:00.000001Z",
        ),
        ("id in @ids", "id in (a, b, \"@c\")"),
        ("id in (x, @ids)", "id in (@@c, a, b, x)"),
        ("not id in @ids", "id not in @ids"),
        (".a = null", ".a missing"),
    ] {
        assert_eq!(read(written).unwrap(), read(same).unwrap(), "{written}");
    }
    assert_eq!(
        read("destination = X").unwrap(),
        Condition::text(
            super::super::column::Column::Destination,
            vec!["X".to_owned()]
        )
    );
    let mut filter = Filter::default();
    filter.add(read("time >= 2025-03-23 and id = a and time < 2025-03-24").unwrap());
    assert_eq!(filter.window.start.to_string(), "2025-03-23T00:00:00Z");
    assert_eq!(filter.window.end.to_string(), "2025-03-24T00:00:00Z");
    assert_eq!(filter.conditions.len(), 1);
}

#[test]
fn errors_point_at_the_character() {
    for (text, mark, said) in [
        (
            "staus >= 500",
            0,
            "there is no column `staus`; did you mean `status`?",
        ),
        (
            "properties = 1",
            0,
            "there is no column `properties`; for a key of the raw record write `.properties`",
        ),
        (
            "status >= many",
            10,
            "`many` is no whole number, as `status` needs",
        ),
        (
            "status in (1, many)",
            14,
            "`many` is no whole number, as `status` needs",
        ),
        (
            "status in @numbers",
            10,
            "`x` is no whole number, as `status` needs",
        ),
        (
            "discarded = maybe",
            12,
            "`maybe` is neither `true` nor `false`",
        ),
        ("time > soon", 7, "`soon` is no time, as `time` needs"),
        (
            "status 500",
            7,
            "expected `=`, `!=`, `<`, `<=`, `>`, `>=`, `~`, `!~`, `in`, `contains`, `exists` or `missing`",
        ),
        ("status <> 5", 7, "write `!=` instead of `<>`"),
        ("status => 5", 7, "write `>=` instead of `=>`"),
        ("code ~= 5", 5, "write `~` instead of `~=`"),
        ("! code exists", 0, "write `not` instead of `!`"),
        ("code exists && id = 5", 12, "write `and` instead of `&&`"),
        ("code exists | id = 5", 12, "write `or` instead of `|`"),
        (
            "id = a&&id = b",
            6,
            "write ` and ` instead of `&&`, or put the value in quotes",
        ),
        (
            "id = a or id=b||id = b",
            14,
            "write ` or ` instead of `||`, or put the value in quotes",
        ),
        (
            "reason = too many requests",
            13,
            "a value of several words needs quotes: `\"too many requests\"`",
        ),
        (
            "(reason = too many) or id = a",
            14,
            "a value of several words needs quotes: `\"too many\"`",
        ),
        (
            "reason = too many or id = a",
            13,
            "a value of several words needs quotes: `\"too many\"`",
        ),
        (
            "reason in (a b, c)",
            13,
            "a value of several words needs quotes: `\"a b\"`",
        ),
        ("reason in ('a' b)", 15, "expected `,` or `)`"),
        ("reason in ('a'", 10, "this `(` is never closed"),
        (
            "reason in a",
            10,
            "expected a list: `in (a, \"b c\")` or `in @FILE`",
        ),
        (
            "reason in ()",
            11,
            "expected a value; write `\"\"` for an empty one",
        ),
        (
            "reason in @",
            11,
            "expected a value; write `\"\"` for an empty one",
        ),
        (
            "reason in @ ids",
            10,
            "expected the name of a file after `@`",
        ),
        ("reason in @none", 10, "cannot read the file"),
        ("id in @header", 6, "the file holds no value"),
        (
            "id = @ids",
            5,
            "the values of a file are asked for by `in @FILE`; for the text itself write `= @@…` or quotes",
        ),
        (
            "id = (a, b)",
            5,
            "several values are written `in (a, b)`; a value with parentheses needs quotes",
        ),
        (
            "id = a, b",
            6,
            "several values are written `in (a, b)`; a value with a comma needs quotes",
        ),
        ("id = =5", 5, "a value that begins with `=` needs quotes"),
        (
            "id = and",
            5,
            "expected a value; as a value `and` needs quotes",
        ),
        ("id =", 4, "expected a value; write `\"\"` for an empty one"),
        (
            "id not exists",
            3,
            "write `missing` instead of `not exists`",
        ),
        ("id not = 5", 3, "expected `not in` or `not contains`"),
        ("id = 'a", 5, "this quote is never closed"),
        ("id = \"a", 5, "this quoted value does not end as it should"),
        ("id = \"a\"b", 8, "expected a blank after the quoted value"),
        (
            "code exists id = 5",
            12,
            "expected `and`, `or` or the end of the condition",
        ),
        ("(id = a or id = b", 0, "this `(` is never closed"),
        ("id = a) or id = b", 6, "this `)` closes nothing"),
        ("id = a and", 10, "expected a column or a path"),
        (
            "",
            0,
            "expected a column or a path such as `.properties.attempt`",
        ),
        (
            "reason ~ (",
            9,
            "this regular expression was not understood",
        ),
        (".a[x] = 5", 3, "expected a number or a quoted key"),
        (".a[ = 5", 2, "this `[` is never closed"),
    ] {
        let shown = read(text).unwrap_err().to_string();
        let told = format!("the condition was not understood: {said}");
        assert!(shown.starts_with(&told), "{text}: {shown}");
        let marked = format!("\n  {text}\n  {}^", " ".repeat(mark));
        assert!(shown.ends_with(&marked), "{text}: {shown}");
    }
}

#[test]
fn marks_count_characters_and_depth_is_bounded() {
    let shown = read(".\"größe\" ? 5").unwrap_err().to_string();
    assert!(shown.ends_with("  .\"größe\" ? 5\n           ^"), "{shown}");
    let deep = |levels: usize| read(&format!("{}id = a", "not ".repeat(levels)));
    assert!(deep(99).is_ok());
    let error = deep(100_000).unwrap_err().to_string();
    assert!(
        error.contains("conditions are read 100 levels deep"),
        "{}",
        &error[..90]
    );
}

fn leaf() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[a-zA-Z0-9@._-]{1,6}",
        "[ -~éς]{0,8}",
        Just("null".to_owned()),
        Just("And".to_owned())
    ];
    let quoted = value.prop_map(|value| serde_json::Value::from(value).to_string());
    let texts = prop::sample::select(vec![
        "id",
        "code",
        "type",
        "destination",
        "source",
        "resource",
        "reason",
        "raw",
        "fate",
        "pattern_id",
        "more_destinations",
        ".a.\"b c\"[0]",
        ".n",
    ]);
    let numbers = prop::sample::select(vec!["status", "attempt", "duration_ms"]);
    let times = prop::sample::select(vec!["time", "logged_at"]);
    let sign = || prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    prop_oneof![
        (texts.clone(), sign(), quoted.clone()).prop_map(|(f, s, v)| format!("{f} {s} {v}")),
        (texts.clone(), prop::collection::vec(quoted.clone(), 1..4))
            .prop_map(|(f, v)| format!("{f} not in ({})", v.join(", "))),
        (texts.clone(), quoted).prop_map(|(f, v)| format!("{f} contains {v}")),
        (texts.clone(), "[a-z. ]{0,5}").prop_map(|(f, v)| format!("{f} ~ '{v}'")),
        texts.prop_map(|f| format!("{f} missing")),
        Just("discarded = true".to_owned()),
        (
            numbers,
            sign(),
            prop_oneof![any::<i64>(), -2..3_i64, Just(i64::MAX), Just(i64::MIN)]
        )
            .prop_map(|(f, s, v)| format!("{f} {s} {v}")),
        (times, sign(), 0..4_000_000_000_000_000_i64)
            .prop_map(|(f, s, v)| format!("{f} {s} {}", Timestamp::from_micros(v))),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and {b}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} or ({b})")),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(text in condition()) {
        let condition = read(&text).unwrap();
        let written = condition.to_string();
        let again = read(&written);
        prop_assert!(again.is_ok(), "{} {}", written, again.unwrap_err());
        // Looked at from within: equal texts would say little about what was written.
        prop_assert_eq!(format!("{:?}", again.unwrap()), format!("{condition:?}"), "{}", written);
    }

    #[test]
    fn any_text_is_read_without_panic(text in "[ -~é\"\\[\\].=<>!~(),@]{0,40}") {
        if let Err(error) = read(&text) {
            prop_assert!(error.to_string().contains('^'));
        }
    }

    #[test]
    fn any_words_are_read_without_panic(words in prop::collection::vec(
        prop::sample::select(vec![
            "status", "id", ".a", "and", "or", "not", "in", "(", ")", ",", "=", "~", "contains", "exists", "5", "'x y'", "\"é", "@ids", "&&",
        ]), 0..12)
    ) {
        if let Err(error) = read(&words.join(" ")) {
            prop_assert!(error.to_string().contains('^'));
        }
    }
}

//! The reader beside `serde_json`: both take the same texts, and find the same in them.

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::*;

/// Whether the reader takes a text as one whole value.
fn is_taken(text: &str) -> bool {
    let mut reader = Reader::new(text);
    reader.skip().is_some() && reader.end().is_some()
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Makes a value of what the reader finds.
fn value(reader: &mut Reader<'_>) -> Option<Value> {
    Some(match reader.peek()? {
        b'{' => {
            let mut entries = reader.open()?;
            let mut object = serde_json::Map::new();
            while let Some(key) = reader.key(&mut entries)? {
                object.insert(key.into_owned(), value(reader)?);
            }
            Value::Object(object)
        }
        b'[' => {
            let mut entries = reader.open()?;
            let mut list = Vec::new();
            while reader.item(&mut entries)? {
                list.push(value(reader)?);
            }
            Value::Array(list)
        }
        _ => match reader.scalar()? {
            Scalar::Absent => Value::Null,
            Scalar::Bool(truth) => truth.into(),
            Scalar::Number(number) => serde_json::from_str(number).unwrap(),
            Scalar::Text(text) => text.into_owned().into(),
        },
    })
}

#[test]
fn what_is_json_is_taken_and_nothing_else() {
    for text in [
        "{}",
        "[]",
        " { } ",
        "[ ]\n",
        "{\"a\":1}",
        "{\"a\" : [1 , 2] , \"b\":{}}",
        "\"\"",
        "0",
        "-0",
        "-1.5E+3",
        "1e5",
        "true",
        "false",
        "null",
        "\"\\u00e9\\\\\\\"\"",
        "\"\\ud800\"",
        "\"é\u{7f}\"",
        "\"12345678\"",
        "\"1234567\\n\"",
    ] {
        assert!(is_taken(text) && is_json(text), "{text}");
    }
    for text in [
        "",
        " ",
        "{",
        "}",
        "[",
        "{]",
        "[}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[,1]",
        "{,}",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{1:1}",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "tru",
        "truex",
        "nul",
        "NaN",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12\"",
        "\"\\",
        "\"a\nb\"",
        "\"\t\"",
        "\u{c}{}",
        "\u{feff}{}",
        "{}{}",
        "1 2",
        "é",
    ] {
        assert!(!is_taken(text) && !is_json(text), "{text}");
    }
}

#[test]
fn nesting_ends_where_it_must() {
    let nest = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(is_taken(&nest(MAX_DEPTH)));
    assert!(!is_taken(&nest(MAX_DEPTH + 1)));
    assert!(!is_taken(&nest(1_000_000)));
    // Brackets beside each other do not nest.
    assert!(is_taken(&format!("[{}{{}}]", "{\"a\":[]},".repeat(1000))));
}

proptest! {
    #[test]
    fn both_take_the_same(text in prop_oneof![
        "[\\[\\]{}\",:0-9eE.+\\\\ \\-]{0,12}",
        "(\\{\"a\":|\\[|\"|\\\\u00|\\\\|1|-0|\\.5|e|,|:|\\}|\\]| |true|null|é){0,12}",
        "\\PC{0,20}",
    ]) {
        prop_assert_eq!(is_taken(&text), is_json(&text));
    }

    #[test]
    fn a_damaged_text_is_taken_by_both_or_none(value in nested(), at in any::<prop::sample::Index>(), byte in 0..128u8, cut in any::<bool>()) {
        let mut bytes = value.to_string().into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            prop_assert_eq!(is_taken(text), is_json(text), "{}", text);
        }
    }

    #[test]
    fn both_find_the_same(json in nested(), is_pretty in any::<bool>()) {
        let text = if is_pretty { format!("{json:#}") } else { json.to_string() };
        let mut reader = Reader::new(&text);
        prop_assert_eq!(value(&mut reader), Some(json));
        prop_assert!(reader.end().is_some());
    }

    #[test]
    fn the_end_of_a_string_is_found_at_any_place(before in "[^\"\\\\\\x00-\\x1f]{0,40}", after in "\\PC{0,20}", special_byte in prop::sample::select(vec!['"', '\\', '\n', '\0', '\u{1f}'])) {
        let text = format!("{before}{special_byte}{after}");
        prop_assert_eq!(special(text.as_bytes(), 0), Some(before.len()));
        prop_assert_eq!(special(before.as_bytes(), 0), None);
    }
}

fn nested() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Such that reading it twice rounds alike.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        "\\PC{0,12}|[\"\\\\\n\t\u{1}a]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"é]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

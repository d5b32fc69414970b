//! The ends of a route: what is shown, and what is kept beside it.

use super::*;

#[test]
fn a_route_gives_the_entry_of_its_type_else_the_first() {
    /// Properties; source, destination, subscriber.
    type Case = (
        &'static str,
        Option<&'static str>,
        Option<&'static str>,
        Option<&'static str>,
    );
    let cases: &[Case] = &[
        ("", None, None, None),
        (r#","routed":null"#, None, None, None),
        (r#","routed":"abc""#, None, None, None),
        (r#","routed":{"to":[],"from":null}"#, None, None, None),
        (
            r#","routed":{"to":[{"type":"warehouse","id":"w"},{"type":"other","id":"o"}]}"#,
            None,
            Some("w"),
            None,
        ),
        (
            r#","routed":{"to":[{"type":"warehouse","id":"w"},{"id":"d","type":"destination"}]}"#,
            None,
            Some("d"),
            None,
        ),
        (
            r#","routed":{"to":[{"type":"subscription","id":"s"}]}"#,
            None,
            Some("s"),
            Some("s"),
        ),
        (
            r#","routed":{"to":[{"type":"destination"},{"type":"destination","id":7}]}"#,
            None,
            Some("7"),
            None,
        ),
        (
            r#","routed":{"from":[{"type":"engage","id":"e"},{"type":"source","id":"g"},{"type":"source","id":"h"}]}"#,
            Some("g"),
            None,
            None,
        ),
        (
            r#","routed":{"from":{"type":"space","id":"p"},"to":["bare"],"via":[1]}"#,
            Some("p"),
            Some("bare"),
            None,
        ),
    ];
    for (properties, source, destination, subscriber) in cases {
        let raw = with_properties(properties);
        let record = decoded(&raw);
        assert_eq!(record.source.as_deref(), *source, "{properties}");
        assert_eq!(record.destination.as_deref(), *destination, "{properties}");
        assert_eq!(record.subscriber.as_deref(), *subscriber, "{properties}");
    }
}

#[test]
fn further_entries_of_a_route_are_listed_once() {
    /// The list; the first, and the further ones.
    type Case = (&'static str, Option<&'static str>, Option<&'static str>);
    let entry = |kind: &str, id: &str| format!(r#"{{"type":"{kind}","id":"{id}"}}"#);
    for (side, kind) in [
        ("from", "source"),
        ("to", "destination"),
        ("to", "subscription"),
    ] {
        let cases: &[Case] = &[
            ("a", Some("a"), None),
            ("a b", Some("a"), Some("b")),
            ("a b c b a c", Some("a"), Some("b\nc")),
            ("a x\\ny b", Some("a"), Some("b")),
            ("a x\\ry", Some("a"), None),
            ("x\\ny b", Some("x\ny"), Some("b")),
        ];
        for (ids, first, more) in cases {
            let list: Vec<_> = ids.split(' ').map(|id| entry(kind, id)).collect();
            let other = entry("other", "o");
            let raw = with_properties(&format!(
                r#","routed":{{"{side}":[{other},{},{other}]}}"#,
                list.join(",")
            ));
            let record = decoded(&raw);
            let found = match kind {
                "source" => (record.source, record.more_sources),
                "destination" => (record.destination, record.more_destinations),
                _ => {
                    assert_eq!(record.destination.as_deref(), Some("o"));
                    (record.subscriber, record.more_subscribers)
                }
            };
            assert_eq!(
                (found.0.as_deref(), found.1.as_deref()),
                (*first, *more),
                "{raw}"
            );
        }
    }
    // Of one that has none of its type, every entry counts.
    let raw = with_properties(
        r#","routed":{"to":["a",{"type":"subscription","id":"s"},"b",{"id":"c"}]}"#,
    );
    let record = decoded(&raw);
    assert_eq!(record.destination, text("a"));
    assert_eq!(record.more_destinations.as_deref(), Some("b\nc"));
    assert_eq!(
        (record.subscriber, record.more_subscribers),
        (text("s"), None)
    );
}

#[test]
fn many_entries_are_read_in_little_time() {
    let list: Vec<_> = (0..100_000)
        .map(|id| format!("\"{}\"", id % 50_000))
        .collect();
    let raw = with_properties(&format!(r#","routed":{{"to":[{}]}}"#, list.join(",")));
    let more = decoded(&raw).more_destinations.unwrap();
    assert_eq!(more.lines().count(), 49_999);
}

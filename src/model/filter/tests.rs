//! What conditions accept, and that their normal form means the same.
//!
//! Rule: the normal form is compared with the plain reading of the tree, on records that lack values too.

use proptest::prelude::*;

use super::super::value::Value;
use super::*;

fn field(name: &str) -> Field {
    Field::parse(name).unwrap()
}

fn is(name: &str, comparison: Comparison) -> Condition {
    Condition::Is(Test {
        field: field(name),
        comparison,
    })
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn one_of(name: &str, values: &[&str]) -> Condition {
    let values = values.iter().map(|value| (*value).to_owned());
    is(name, Comparison::texts(&field(name), values))
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

#[test]
fn a_negation_is_true_of_what_is_absent() {
    let absent = |_: &Field| Value::Null;
    let is_200 = is("status", Comparison::Within(200..=200));
    assert!(!is_200.accepts(&absent));
    assert!(not(is_200.clone()).accepts(&absent));
    assert!(not(Condition::All(vec![is_200.clone(), is_200])).accepts(&absent));
    assert!(Condition::All(vec![]).accepts(&absent) && !Condition::Any(vec![]).accepts(&absent));
    assert!(not(is("code", Comparison::Exists)).accepts(&|_| Value::Text("".into())));
    assert!(is(".a", Comparison::Exists).accepts(&|_| Value::Text("".into())));
}

#[test]
fn what_one_test_can_say_is_one_test() {
    let text = |condition: Condition| condition.normal().to_string();
    let range = |range| is("status", Comparison::Within(range));
    let both = Condition::All(vec![range(500..=i64::MAX), range(i64::MIN..=599)]);
    assert_eq!(text(both.clone()), "(status >= 500 and status <= 599)");
    assert_eq!(text(not(both)), "not (status >= 500 and status <= 599)");
    let either = Condition::Any(vec![
        one_of("id", &["b"]),
        Condition::Any(vec![one_of("id", &["a"]), one_of("id", &["b"])]),
    ]);
    assert_eq!(text(either.clone()), "id in (a, b)");
    assert_eq!(text(not(either)), "id not in (a, b)");
    let apart = Condition::All(vec![range(1..=2), range(3..=4), range(2..=3)]);
    assert_eq!(text(apart), "status > 9223372036854775807");
}

#[test]
fn a_value_is_looked_for_wherever_values_of_its_kind_stand() {
    let text = |column, value: &str| Condition::text(column, vec![value.to_owned()]).to_string();
    assert_eq!(
        text(Column::Destination, "X"),
        "destination = X or more_destinations = X or more_subscribers = X or subscriber = X"
    );
    assert_eq!(text(Column::Code, "X"), "code = x or error_type = x");
    assert_eq!(text(Column::Source, "X"), "more_sources = X or source = X");
    assert_eq!(text(Column::Actor, "X"), "actor = X or actor_email = X");
    assert_eq!(
        text(Column::Resource, "X"),
        "resource = X or resource_id = X"
    );
    assert_eq!(text(Column::MessageId, "X"), "message_id = X");
}

#[test]
fn the_window_takes_what_is_said_of_the_time_alone() {
    let during = |start, end| {
        is(
            "time",
            Comparison::During(Window {
                start: at(start),
                end: at(end),
            }),
        )
    };
    let mut filter = Filter::default();
    filter.add(Condition::All(vec![during(5, 20), one_of("id", &["a"])]));
    filter.add(during(10, 30));
    assert_eq!((filter.window.start, filter.window.end), (at(10), at(20)));
    assert_eq!(filter.conditions, [one_of("id", &["a"])]);
    filter.add(Condition::Any(vec![during(1, 2), one_of("id", &["a"])]));
    assert_eq!(filter.conditions.len(), 2);
    filter.add(during(40, 50));
    assert_eq!((filter.window.start, filter.window.end), (at(40), at(40)));
}

#[test]
fn names_take_what_is_said_of_them_alone() {
    let mut filter = Filter::default();
    filter.add(one_of("collection", &["a", "b"]));
    filter.add(one_of("provider", &["Segment", "unheard-of"]));
    filter.add(one_of("collection", &["b", "c"]));
    assert_eq!(filter.collections, ["b"]);
    assert_eq!(filter.providers, [Provider::Segment]);
    assert!(filter.conditions.is_empty());
    // An empty list would mean all of them.
    filter.add(one_of("collection", &["d"]));
    filter.add(not(one_of("provider", &["akeneo"])));
    assert_eq!(filter.collections, ["b"]);
    assert_eq!(filter.conditions.len(), 2);
}

#[test]
fn fingerprints_know_the_question_and_not_its_flags_or_times() {
    let fingerprint = |conditions: Vec<Condition>| {
        let mut filter = Filter::default();
        conditions
            .into_iter()
            .for_each(|condition| filter.add(condition));
        filter.fingerprint()
    };
    let a = || one_of("id", &["a"]);
    let b = || is("code", Comparison::Exists);
    assert_eq!(
        fingerprint(vec![a(), b()]),
        fingerprint(vec![Condition::All(vec![b(), a()])])
    );
    assert_ne!(fingerprint(vec![a()]), fingerprint(vec![b()]));
    assert_ne!(fingerprint(vec![a()]), fingerprint(vec![not(a())]));
    let since = |micros| {
        let window = Window {
            start: at(micros),
            end: Timestamp::MAX,
        };
        fingerprint(vec![is("logged_at", Comparison::During(window)), b()])
    };
    assert_eq!(since(5), since(6));
    assert_ne!(since(5), fingerprint(vec![b()]));
}

/// A tree of tests of two numbers and a text.
fn tree() -> impl Strategy<Value = Condition> {
    let small = -1..5_i64;
    let test = prop_oneof![
        (
            prop::sample::select(vec!["status", "attempt"]),
            small.clone(),
            small
        )
            .prop_map(|(name, start, end)| is(name, Comparison::Within(start..=end))),
        prop::collection::vec("[abX]", 1..3).prop_map(|values| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            one_of("id", &values)
        }),
        Just(is("id", Comparison::Exists)),
        Just(is("status", Comparison::Exists)),
    ];
    test.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(not),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::All),
            prop::collection::vec(inner, 0..4).prop_map(Condition::Any),
        ]
    })
}

/// Returns whether every negation stands at a test and nothing of a kind in its own kind.
fn is_normal(condition: &Condition) -> bool {
    let all = |parts: &[Condition]| parts.len() != 1 && parts.iter().all(is_normal);
    match condition {
        Condition::Is(_) => true,
        Condition::Not(inner) => matches!(**inner, Condition::Is(_)),
        Condition::All(parts) => {
            all(parts) && !parts.iter().any(|part| matches!(part, Condition::All(_)))
        }
        Condition::Any(parts) => {
            all(parts) && !parts.iter().any(|part| matches!(part, Condition::Any(_)))
        }
    }
}

proptest! {
    #[test]
    fn the_normal_form_means_the_same(
        tree in tree(),
        status in prop::option::of(-2..6_i64),
        attempt in prop::option::of(-2..6_i64),
        id in prop::option::of("[abXY]"),
    ) {
        let value = |field: &Field| match field {
            Field::Column(Column::Status) => status.map_or(Value::Null, Value::Int),
            Field::Column(Column::Attempt) => attempt.map_or(Value::Null, Value::Int),
            _ => id.clone().map_or(Value::Null, |id| Value::Text(id.into())),
        };
        let normal = tree.clone().normal();
        prop_assert_eq!(normal.accepts(&value), tree.accepts(&value), "{} {:?}", normal, tree);
        prop_assert!(is_normal(&normal), "{:?}", normal);
        prop_assert_eq!(&not(not(tree)).normal(), &normal);
        prop_assert_eq!(&normal.clone().normal(), &normal);
    }
}

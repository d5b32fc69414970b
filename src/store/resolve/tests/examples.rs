//! Each rule of the join, by an example.

use super::*;

/// Commits records at once; returns what each shows.
fn linked(world: &[Made]) -> Vec<Shown> {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_temporary(folder.path());
    let records: Vec<(usize, &Made)> = world.iter().enumerate().collect();
    commit(&store, Mode::Merge, &records);
    stored(&store).into_values().collect()
}

#[test]
fn an_error_is_of_the_attempt_with_the_number_it_states() {
    let stating = |number| Made {
        number: Some(number),
        ..error(100, 1)
    };
    let shown = linked(&[
        attempt(10, 1, 1, FAILURE),
        attempt(20, 1, 2, FAILURE),
        stating(1),
        stating(3),
    ]);
    assert_eq!(joined(&shown[2]), Some("attempt"));
    assert_eq!(joined(&shown[3]), None, "never another");
    assert_eq!(shown[3].attempt, Some(3));
    // Of one number the latest counts, and none that succeeded.
    let shown = linked(&[
        attempt(10, 1, 1, FAILURE),
        attempt(20, 1, 1, SUCCESS),
        stating(1),
    ]);
    assert_eq!(joined(&shown[2]), None);
    let pending = attempt(20, 1, 1, Outcome::Pending);
    let shown = linked(&[attempt(10, 1, 1, SUCCESS), pending, stating(1)]);
    assert_eq!(joined(&shown[2]), Some("attempt"));
}

#[test]
fn an_error_is_of_the_latest_failed_attempt_until_it() {
    let shown = linked(&[
        attempt(10, 1, 1, FAILURE),
        attempt(20, 1, 2, FAILURE),
        attempt(30, 1, 3, SUCCESS),
        error(30, 1),
        error(19, 1),
        error(20, 1),
        attempt(40, 1, 4, FAILURE),
    ]);
    let of: Vec<Option<i64>> = shown.iter().map(|shown| shown.attempt).collect();
    assert_eq!(of[3..6], [Some(2), Some(1), Some(2)]);
    // Equal times: by when they were logged, then by number.
    let logged = |number, logged| Made {
        logged: Some(logged),
        ..attempt(10, 1, number, FAILURE)
    };
    let shown = linked(&[logged(2, 70), logged(1, 71), error(10, 1)]);
    assert_eq!(shown[2].attempt, Some(1));
    let shown = linked(&[logged(1, 70), logged(2, 70), error(10, 1)]);
    assert_eq!(shown[2].attempt, Some(2));
}

#[test]
fn an_error_may_come_a_second_before_its_attempt() {
    let late = |after| linked(&[attempt(100 + after, 1, 1, FAILURE), error(100, 1)]);
    assert_eq!(late(SECOND)[1].attempt, Some(1));
    assert_eq!(late(SECOND + 1)[1].attempt, None);
    let shown = linked(&[
        attempt(120, 1, 2, FAILURE),
        attempt(110, 1, 1, FAILURE),
        attempt(105, 1, 3, SUCCESS),
        error(100, 1),
    ]);
    assert_eq!(shown[3].attempt, Some(1), "the earliest that failed");
}

#[test]
fn destinations_and_subscriptions_meet() {
    let to = |made: Made, destinations: &[&'static str], subscriptions: &[&'static str]| Made {
        destinations: destinations.to_vec(),
        subscriptions: subscriptions.to_vec(),
        ..made
    };
    let number = |ours: (&[&'static str], &[&'static str]),
                  theirs: (&[&'static str], &[&'static str])| {
        let shown = linked(&[
            to(attempt(10, 1, 1, FAILURE), theirs.0, theirs.1),
            to(error(20, 1), ours.0, ours.1),
        ]);
        shown[1].attempt
    };
    assert_eq!(number((&["d"], &[]), (&["e"], &[])), None);
    assert_eq!(number((&["d"], &[]), (&["e", "d"], &[])), Some(1));
    assert_eq!(number((&["a", "b", "c"], &[]), (&["e", "c"], &[])), Some(1));
    assert_eq!(number((&[], &[]), (&["e"], &["s"])), Some(1));
    assert_eq!(number((&["d"], &["s"]), (&["d"], &["t"])), None);
    assert_eq!(number((&["d"], &["s"]), (&["d"], &[])), Some(1));
    assert_eq!(number((&["d"], &["s"]), (&["d"], &["t", "s"])), Some(1));
}

#[test]
fn of_two_exchanges_the_agreeing_one_counts_then_the_nearest() {
    let status = |outcome, exchanges: &[(i64, i64)]| {
        let mut world = vec![asking(100, 1, 1, outcome, 7)];
        world.extend(
            exchanges
                .iter()
                .map(|(time, status)| exchange(*time, 7, *status)),
        );
        linked(&world)[0].status
    };
    assert_eq!(status(Some(FAILURE), &[(100, 200), (900, 500)]), Some(500));
    assert_eq!(status(Some(SUCCESS), &[(100, 500), (900, 200)]), Some(200));
    assert_eq!(
        status(Some(FAILURE), &[(90, 500), (105, 503), (200, 504)]),
        Some(503)
    );
    assert_eq!(
        status(Some(FAILURE), &[(90, 500), (110, 503)]),
        Some(500),
        "the earlier of two as near"
    );
    assert_eq!(status(None, &[(90, 200), (105, 500)]), Some(500));
    assert_eq!(
        status(Some(FAILURE), &[(100, 200)]),
        Some(200),
        "agreement is a preference"
    );
}

#[test]
fn an_attempt_takes_its_exchange_s_outcome_where_it_has_none() {
    let shown = linked(&[
        asking(100, 1, 1, None, 7),
        exchange(101, 7, 503),
        error(110, 1),
        asking(200, 2, 1, None, 8),
        exchange(201, 8, 204),
        error(210, 2),
        asking(300, 3, 1, None, 9),
        error(310, 3),
    ]);
    assert_eq!(shown[0].outcome.as_deref(), Some("failure"));
    assert_eq!(joined(&shown[2]), Some("attempt+exchange"));
    assert_eq!(shown[3].outcome.as_deref(), Some("success"));
    assert_eq!(joined(&shown[5]), None, "no error of a success");
    assert_eq!(
        (joined(&shown[6]), joined(&shown[7])),
        (Some("missing"), None)
    );
}

#[test]
fn own_values_come_first() {
    let own = Made {
        status: Some(400),
        reason: Some("own".to_owned()),
        ..asking(100, 1, 1, Some(FAILURE), 7)
    };
    let shown = linked(&[
        own,
        exchange(101, 7, 503),
        error(110, 1),
        Made {
            reason: Some("the error's".to_owned()),
            ..error(111, 1)
        },
    ]);
    let of = |at: usize| {
        (
            shown[at].status,
            shown[at].reason.as_deref(),
            shown[at].url.as_deref(),
        )
    };
    let url = Some("https://a/503");
    assert_eq!(of(0), (Some(400), Some("own"), url));
    assert_eq!(
        of(2),
        (Some(400), Some("own"), url),
        "the attempt's before its exchange's"
    );
    assert_eq!(of(3), (Some(400), Some("the error's"), url));
    assert_eq!(shown[2].exchange_id.as_deref(), Some("x7"));
    assert_eq!(shown[2].method.as_deref(), Some("POST"));
}

#[test]
fn an_error_without_attempt_has_the_exchange_it_names() {
    let naming = |message, exchange| Made {
        exchange: Some(exchange),
        ..error(100, message)
    };
    let shown = linked(&[
        naming(1, 7),
        exchange(101, 7, 503),
        naming(1, 8),
        attempt(90, 2, 1, FAILURE),
        naming(2, 7),
    ]);
    assert_eq!(
        (joined(&shown[0]), shown[0].status),
        (Some("exchange"), Some(503))
    );
    assert_eq!(joined(&shown[2]), Some("missing"));
    // Its attempt names none, whatever it names itself.
    assert_eq!(
        (joined(&shown[4]), shown[4].status),
        (Some("attempt"), None)
    );
}

#[test]
fn an_attempt_learns_from_its_errors() {
    let saying = |time, discarded, reason: Option<&str>| Made {
        discarded,
        reason: reason.map(str::to_owned),
        ..error(time, 1)
    };
    let said = |errors: &[Made]| {
        let mut world = vec![attempt(10, 1, 1, FAILURE)];
        world.extend_from_slice(errors);
        let shown = linked(&world);
        (shown[0].discarded, shown[0].reason.clone())
    };
    assert_eq!(said(&[saying(20, Some(true), None)]), (Some(true), None));
    assert_eq!(
        said(&[saying(20, Some(true), None), saying(30, Some(false), None)]).0,
        Some(true)
    );
    assert_eq!(
        said(&[saying(20, None, Some("a")), saying(30, Some(false), None)]),
        (Some(false), Some("a".to_owned()))
    );
    assert_eq!(
        said(&[saying(20, None, Some("a")), saying(30, None, Some("b"))])
            .1
            .as_deref(),
        Some("b")
    );
    let shown = linked(&[
        asking(10, 1, 1, Some(FAILURE), 7),
        exchange(11, 7, 503),
        saying(20, None, Some("a")),
    ]);
    assert_eq!(
        shown[0].reason.as_deref(),
        Some("answer 503"),
        "the answer goes before the error"
    );
}

//! What is said of collections of several providers: each by its own times, and with the command of its own account.

use super::super::filters::Scope;
use super::super::sandbox::{settings, with_context};
use super::super::{Account, Settings};
use super::*;
use crate::store::{Batch, Mode, Object};

const NOW: &str = "2025-03-23T20:30:00Z";

fn account(profile: &str, provider: Provider) -> Account {
    Account {
        profile: profile.to_owned(),
        provider,
        collection: profile.to_owned(),
        retention_days: None,
    }
}

/// Stores hours: provider, collection, hour, when fetched (`None`: imported).
fn store(settings: &Settings, hours: &[(Provider, &str, &str, Option<&str>)]) {
    let store = Store::open(&settings.data);
    for (provider, collection, hour, fetched) in hours {
        let now = Timestamp::parse(NOW).unwrap();
        let lock = store.lock(*provider, collection).unwrap();
        let mut writer = lock
            .begin(Hour::parse(hour, now).unwrap(), Mode::Merge)
            .unwrap();
        writer.append(Batch::new()).unwrap();
        let object = Object {
            name: "a.ndjson".to_owned(),
            etag: None,
            size: 1,
            sha256: (*hour).to_owned(),
            imported: fetched.is_none(),
        };
        let fetched = fetched.map(|text| Timestamp::parse(text).unwrap());
        let staged = writer.finish(fetched, vec![object]).unwrap();
        lock.commit_one(staged).unwrap();
    }
}

/// What is said of some hours, and whether all is complete.
fn told(settings: Settings, scope: &Scope) -> (String, bool) {
    let (complete, _, err) = with_context(settings, NOW, &[], |context| {
        let store = Store::open(&context.settings.data);
        let completeness = Completeness::of(&store, scope, context).unwrap();
        completeness.tell(context);
        completeness.is_complete()
    });
    (err, complete)
}

fn scope(collections: &[&str], since: &str) -> Scope {
    Scope {
        providers: vec![],
        collections: collections.iter().map(|name| (*name).to_owned()).collect(),
        window: Some(Window {
            start: Timestamp::parse(since).unwrap(),
            end: Timestamp::parse(NOW).unwrap(),
        }),
        hours: vec![],
    }
}

#[test]
fn each_account_has_its_own_times_and_its_own_command() {
    let root = tempfile::tempdir().unwrap();
    let mut settings = settings(root.path());
    settings.accounts = vec![
        account("pim", Provider::Akeneo),
        account("mail", Provider::NotificationApi),
        account("pim2", Provider::Akeneo),
    ];
    let fetched = Some("2025-03-23T19:05:00Z");
    store(
        &settings,
        &[
            (Provider::Segment, "2wmp", "2025-03-23T18", fetched),
            (Provider::Akeneo, "pim", "2025-03-23T18", fetched),
            (Provider::NotificationApi, "mail", "2025-03-23T18", fetched),
        ],
    );
    let (said, complete) = told(settings, &scope(&[], "2025-03-23T18:00:00Z"));
    assert!(!complete);
    for line in [
        "warning: 1 hour is not fetched: 2025-03-23T19 (akeneo pim)",
        "hint: faillog fetch --provider akeneo --profile pim --collection pim --hour 2025-03-23T19",
        "warning: 1 hour is not fetched: 2025-03-23T19 (notificationapi mail)",
        "hint: faillog fetch --provider notificationapi --collection mail --hour 2025-03-23T19",
        "1 hour is still growing: 2025-03-23T18 (prod); for what came since: faillog fetch --collection prod --hour 2025-03-23T18",
        "2 hours are too young, logs appear 1 to 2 h late: 2025-03-23T19 to 2025-03-23T20 (prod); the first is due at 2025-03-23T21:00:00Z",
        "1 hour is too young, it has not ended: 2025-03-23T20 (akeneo pim); the first is due at 2025-03-23T21:00:00Z",
        "1 hour is too young, logs appear up to 15 minutes late: 2025-03-23T20 (notificationapi mail); the first is due at 2025-03-23T21:00:00Z",
    ] {
        assert!(
            said.lines().any(|said| said == line),
            "no `{line}` in\n{said}"
        );
    }
}

#[test]
fn what_is_only_imported_lacks_nothing_that_is_known() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    store(
        &settings,
        &[
            (Provider::Workato, "w", "2025-03-20T10", None),
            (Provider::Workato, "w", "2025-03-20T15", None),
            (Provider::SegmentAudit, "old", "2024-03-20T15", None),
            (Provider::SegmentAudit, "old", "2025-03-20T15", None),
        ],
    );
    let any = Scope {
        window: None,
        ..scope(&[], NOW)
    };
    assert_eq!(told(settings.clone(), &any), (String::new(), true));
    // Once the config names the account, it is known what there would be to fetch.
    let mut settings = settings;
    settings.accounts = vec![account("old", Provider::SegmentAudit)];
    let (said, complete) = told(settings, &scope(&["old"], "2025-03-20T14:00:00Z"));
    assert!(!complete);
    assert!(
        said.contains("2025-03-20T14, 2025-03-20T16 to 2025-03-23T19 (segment-audit old)"),
        "{said}"
    );
}

#[test]
fn a_collection_of_which_nothing_is_stored_is_that_of_its_account() {
    let root = tempfile::tempdir().unwrap();
    let mut settings = settings(root.path());
    settings.accounts = vec![account("pim", Provider::Akeneo)];
    let (said, _) = told(settings, &scope(&["pim"], "2025-03-23T19:00:00Z"));
    assert!(said.contains("nothing of `pim` is stored"), "{said}");
    assert!(
        said.contains("faillog fetch --provider akeneo --collection pim --hour 2025-03-23T19"),
        "{said}"
    );
}

#[test]
fn what_lies_far_away_costs_nothing_and_hides_nothing() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    let settled = Some("2025-03-21T20:00:00Z");
    store(
        &settings,
        &[
            (Provider::Segment, "2wmp", "2025-03-20T10", settled),
            (Provider::Segment, "2wmp", "2025-03-20T12", settled),
            (Provider::Segment, "2wmp", "2025-03-20T13", settled),
            (Provider::Segment, "2wmp", "9999-12-31T23", None),
            (Provider::Segment, "2wmp", "1970-01-01T00", None),
        ],
    );
    let any = Scope {
        window: None,
        ..scope(&["2wmp"], NOW)
    };
    let begun = std::time::Instant::now();
    let (said, complete) = told(settings.clone(), &any);
    assert!(!complete);
    for line in [
        "warning: 1 hour is not fetched: 2025-03-20T11 (prod)",
        "77 hours are since the newest stored not fetched: 2025-03-20T14 to 2025-03-23T18 (prod)",
    ] {
        assert!(
            said.lines().any(|said| said == line),
            "no `{line}` in\n{said}"
        );
    }
    // A range that was asked for is told of as it is, however long.
    let (said, _) = told(settings, &scope(&["2wmp"], "0001-01-01T00:00:00Z"));
    assert!(
        said.contains("deleted by the vendor: 0001-01-01T00 to 1969-12-31T23, 1970-01-01T01 to 2025-02-23T20 (prod)"),
        "{said}"
    );
    assert!(begun.elapsed().as_secs() < 5);
}

#[test]
fn an_hour_that_cannot_be_read_is_told_of_once() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    let settled = Some("2025-03-21T20:00:00Z");
    store(
        &settings,
        &[
            (Provider::Segment, "2wmp", "2025-03-20T10", settled),
            (Provider::Segment, "2wmp", "2025-03-20T11", settled),
            (Provider::Segment, "2wmp", "2025-03-20T12", settled),
        ],
    );
    let store = Store::open(&settings.data);
    let keys = store.hours(&Filter::default()).unwrap();
    // Of one the footer cannot be read, of another a part that a question met.
    let path = store.records_file(&keys[0]);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let met = BTreeMap::from([(keys[2].clone(), "it is broken".to_owned())]);
    let scope = scope(&["2wmp"], "2025-03-20T10:00:00Z");
    let any = Scope {
        window: None,
        ..scope
    };
    let (gaps, _, err) = with_context(settings, NOW, &[], |context| {
        let completeness = Completeness::of(&store, &any, context).unwrap();
        let completeness = completeness.without(met, &store);
        completeness.tell(context);
        assert!(!completeness.is_complete());
        let states = completeness
            .runs()
            .map(|(run, state, meta)| (run.first.to_string(), state, meta.is_some()));
        states.collect::<Vec<_>>()
    });
    let missing = Some(State::Missing);
    assert_eq!(
        gaps,
        [
            ("2025-03-20T10".to_owned(), missing, false),
            ("2025-03-20T11".to_owned(), Some(State::Empty), true),
            ("2025-03-20T12".to_owned(), missing, false),
        ]
    );
    let warnings: Vec<&str> = err
        .lines()
        .filter(|line| line.starts_with("warning"))
        .collect();
    assert_eq!(warnings.len(), 2, "{err}");
    assert!(
        warnings[0].starts_with("warning: prod 2025-03-20T10 is left out: "),
        "{err}"
    );
    assert!(
        warnings[1].starts_with("warning: prod 2025-03-20T12 is left out: "),
        "{err}"
    );
}

//! Rows of one hour found by conditions, and row groups that are not even looked at.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::super::plan::Plan;
use super::*;
use crate::model::{Filter, Hour, Provider, Record, Timestamp};
use crate::store::{Batch, HourKey, Mode, Store};

const RECORDS: i64 = 10_000;

fn hour() -> Hour {
    Hour::from_parts("2025-03-23", "20").unwrap()
}

/// Every third record is an exchange with a status, the others are errors; a second apart, within the hour.
fn kept() -> (tempfile::TempDir, Arc<HourFile>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let mut batch = Batch::new();
    for n in 0..RECORDS {
        let raw = format!("{{\"n\": {n} }}");
        let time = hour().start().plus(n % 3600 * 1_000_000);
        let is_exchange = n % 3 == 0;
        let record_type = if is_exchange {
            RecordType::Exchange
        } else {
            RecordType::Error
        };
        let mut record = Record::new(time, record_type, raw.as_bytes());
        record.status = is_exchange.then_some(400 + n % 200);
        record.exchange_id = is_exchange.then(|| format!("x{n}").into());
        batch.push(&record);
    }
    let lock = store.lock(Provider::Segment, "abc").unwrap();
    let mut writer = lock.begin(hour(), Mode::Replace).unwrap();
    writer.append(batch).unwrap();
    let staged = writer.finish(Some(hour().end()), Vec::new()).unwrap();
    lock.commit_one(staged).unwrap();
    let key = HourKey {
        provider: Provider::Segment,
        collection: "abc".to_owned(),
        hour: hour(),
    };
    let file = HourFile::open(&store, &key).unwrap();
    (folder, Arc::new(file))
}

fn filter(condition: Condition) -> Filter {
    let mut filter = Filter::default();
    filter.add(condition);
    filter
}

fn is(column: Column, comparison: Comparison) -> Condition {
    Condition::Is(Test {
        field: Field::Column(column),
        comparison,
    })
}

fn within(range: RangeInclusive<i64>) -> Condition {
    is(Column::Status, Comparison::Within(range))
}

fn id(id: &str) -> Condition {
    Condition::Is(Test::text(Column::ExchangeId, [id.to_owned()]))
}

/// Returns the times of the rows found, of each row group in turn.
fn found(file: &Arc<HourFile>, filter: &Filter) -> Vec<i64> {
    let plan = Plan::of(filter, std::slice::from_ref(file)).unwrap();
    let select = |source| select(source, &plan.stages, plan.stages.window).unwrap();
    plan.sources
        .iter()
        .map(select)
        .flat_map(|selected| selected.times)
        .collect()
}

fn types(file: &Arc<HourFile>, filter: &Filter) -> Vec<RecordType> {
    let plan = Plan::of(filter, std::slice::from_ref(file)).unwrap();
    plan.sources.iter().map(Source::record_type).collect()
}

#[test]
fn conditions_find_the_rows_they_describe() {
    let (_folder, file) = kept();
    for range in [429..=429, 500..=599, 0..=i64::MAX] {
        let met = |n: &i64| n % 3 == 0 && range.contains(&(400 + n % 200));
        let wanted = (0..RECORDS).filter(met).count();
        assert_eq!(found(&file, &filter(within(range.clone()))).len(), wanted);
        let others = filter(Condition::Not(Box::new(within(range))));
        assert_eq!(found(&file, &others).len() as i64, RECORDS - wanted as i64);
    }
    assert_eq!(found(&file, &filter(id("x300"))).len(), 1);
    let grep = regex::bytes::Regex::new("\"n\": 99\\d? ").unwrap();
    let grep = filter(is(Column::Raw, Comparison::Matches(grep)));
    let of_numbers = [99, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999];
    assert_eq!(found(&file, &grep).len(), of_numbers.len());
}

#[test]
fn rows_of_a_window_are_found_newest_first() {
    let (_folder, file) = kept();
    let window = Window {
        start: hour().start().plus(600_000_000),
        end: hour().start().plus(1_200_000_000),
    };
    let filter = Filter {
        window,
        ..filter(within(0..=i64::MAX))
    };
    let times = found(&file, &filter);
    let is_inside = |n: &i64| n % 3 == 0 && (600..1200).contains(&(n % 3600));
    assert_eq!(times.len(), (0..RECORDS).filter(is_inside).count());
    assert!(times.is_sorted_by(|a, b| a >= b));
    assert!(
        times
            .iter()
            .all(|time| window.contains(Timestamp::from_micros(*time)))
    );
}

#[test]
fn statistics_and_filters_rule_out_what_certainly_is_not_there() {
    let (_folder, file) = kept();
    let of_exchanges = [RecordType::Exchange];
    assert_eq!(types(&file, &filter(within(500..=500))), of_exchanges);
    assert_eq!(types(&file, &filter(within(700..=799))), []);
    assert_eq!(types(&file, &filter(id("x300"))), of_exchanges);
    assert_eq!(types(&file, &filter(id("x301"))), []);
    let both = Condition::Any(vec![id("x300"), within(700..=799)]);
    assert_eq!(types(&file, &filter(both)), of_exchanges);
    let neither = Condition::All(vec![id("x300"), within(700..=799)]);
    assert_eq!(types(&file, &filter(neither)), []);
}

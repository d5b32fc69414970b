//! Whole drawings.
//!
//! Rule: what is expected is drawn by hand, from the rule that a bar is as long as its share of the greatest count.

use proptest::prelude::*;

use super::super::sparkline::Ink;
use super::super::table::lines;
use super::*;
use crate::model::{Timestamp, Zone};

const START: &str = "2025-03-23T20:00:00Z";

fn starts(count: i64) -> Vec<Timestamp> {
    let start = Timestamp::parse(START).unwrap();
    (0..count).map(|n| start.plus(n * 300_000_000)).collect()
}

fn series(name: &str, counts: &[u64]) -> Series {
    Series {
        name: name.to_owned(),
        counts: counts.to_vec(),
        is_folded: false,
    }
}

fn drawn(covers: &[Cover], series: Vec<Series>, ink: Ink, width: usize) -> Vec<String> {
    let starts = starts(covers.len() as i64);
    let chart = Chart {
        every: "5 min".to_owned(),
        starts: &starts,
        precision: Precision::Minute,
        zone: Zone::Utc,
        covers,
        series,
        ink,
        width: Some(width),
    };
    let mut out = Vec::new();
    draw(chart, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in &lines {
        assert!(lines::width(line) <= width, "{line}");
    }
    lines
}

const WHOLE: [Cover; 3] = [Cover::Complete; 3];

#[test]
fn one_series_takes_the_whole_width() {
    // 80 columns: 16 of the label, 2 + 5 + 1 of the number, 56 of the bar.
    let lines = drawn(&WHOLE, vec![series("", &[1120, 0, 10])], Ink::Blocks, 80);
    let full = format!("2025-03-23 20:00  1,120 {}", "█".repeat(56));
    let axis = format!("{}0 {} 1,120", " ".repeat(24), "─".repeat(48));
    let expected = [
        "count every 5 min, time in UTC",
        &full,
        "           20:05      0",
        // 10 of 1120 is half a column: four eighths.
        "           20:10     10 ▌",
        &axis,
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_wide_terminal_has_longer_bars() {
    let lines = drawn(&WHOLE, vec![series("", &[1120, 0, 10])], Ink::Ascii, 200);
    assert_eq!(
        lines[1],
        format!("2025-03-23 20:00  1,120 {}", "#".repeat(176))
    );
    // 10 of 1120 is 1.6 columns of 176, and a column begun is drawn.
    assert_eq!(lines[3], "           20:10     10 ##");
    assert_eq!(lines[4].len(), 200);
}

#[test]
fn what_is_not_stored_is_a_gap_and_what_grows_says_so() {
    let covers = [
        Cover::Gap("not fetched"),
        Cover::Complete,
        Cover::Partial("growing"),
    ];
    // The bar has 80 - 16 - 2 - 2 - 1 - 2 - 11 = 46 columns.
    let counts = vec![series("", &[0, 0, 23])];
    let lines = drawn(&covers, counts.clone(), Ink::Blocks, 80);
    assert_eq!(
        lines[1],
        format!("2025-03-23 20:00   ? {}  not fetched", "╌".repeat(46))
    );
    assert_eq!(lines[2], "           20:05   0");
    assert_eq!(
        lines[3],
        format!("           20:10  23 {}  growing", "█".repeat(46))
    );
    let lines = drawn(&covers, counts, Ink::Ascii, 80);
    assert_eq!(
        lines[1],
        format!("2025-03-23 20:00   ? {}  not fetched", "?".repeat(46))
    );
    // A stray record of another hour is drawn where it is.
    let lines = drawn(&covers, vec![series("", &[23, 0, 23])], Ink::Blocks, 80);
    assert_eq!(
        lines[1],
        format!("2025-03-23 20:00  23 {}  not fetched", "█".repeat(46))
    );
}

#[test]
fn a_long_gap_is_drawn_by_its_ends() {
    let mut covers = vec![Cover::Complete];
    covers.extend([Cover::Gap("not fetched"); 7]);
    covers.extend([Cover::Gap("too young"); 5]);
    let mut counts = vec![0; 13];
    counts[0] = 3;
    let lines = drawn(&covers, vec![series("", &counts)], Ink::Blocks, 80);
    let dashes = "╌".repeat(80 - 16 - 4 - 13);
    let gap = |of_day: &str, word: &str| format!("           {of_day}  ? {dashes}  {word}");
    let expected = [
        gap("20:05", "not fetched"),
        format!("{}⋮ 5 more", " ".repeat(18)),
        gap("20:35", "not fetched"),
        gap("20:40", "too young"),
        gap("20:45", "too young"),
    ];
    assert_eq!(lines[2..7], expected);
    // The head, the 13 steps of which one line stands for five, the scale.
    assert_eq!(lines.len(), 1 + 13 - 4 + 1);
    // A record in between ends the run.
    counts[4] = 1;
    let lines = drawn(&covers, vec![series("", &counts)], Ink::Blocks, 80);
    assert_eq!(lines.len(), 1 + 13 + 1);
}

#[test]
fn series_stand_side_by_side_on_one_scale() {
    let all = vec![
        series("429", &[16, 8, 0]),
        series("503\u{1b}", &[0, 4, 0]),
        series("200", &[1, 0, 0]),
    ];
    // (80 - 16 - 3 * 2 - (2 + 1 + 1) - 3) / 3 = 17 columns a bar.
    let lines = drawn(&WHOLE, all, Ink::Ascii, 80);
    let expected = [
        "count every 5 min, time in UTC",
        "                  429 (24)              503\\u{1b} (4)        200 (1)",
        "2025-03-23 20:00  16 #################  0                    1 ##",
        "           20:05   8 #########          4 #####              0",
        "           20:10   0                    0                    0",
        "                     0 ------------ 16    0 ------------ 16    0 ------------ 16",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn series_without_room_are_drawn_together() {
    let all: Vec<Series> = (0..30)
        .map(|n| series(&format!("destination-{n}"), &[30 - n, 0, 1]))
        .collect();
    let names = |width| {
        let lines = drawn(&WHOLE, all.clone(), Ink::Blocks, width);
        lines[1]
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    // 3 * (2 + 2 + 1 + 10) + (2 + 3 + 1 + 10) and 16 of the label fit into 80; five bars would have 7 columns each. The
    // first three have 30, 29 and 28 and one more, the others 378 and 27. A name of 13 columns leaves no room for the total.
    let expected = "destination-0 destination-1 destination-2 27 more (405)";
    assert_eq!(names(80).join(" "), expected);
    let wide = names(200);
    assert_eq!(wide[12..], ["24", "more", "(324)"]);
}

#[test]
fn counts_that_are_lower_bounds_are_marked() {
    let folded = Series {
        is_folded: true,
        ..series("", &[5, 0, 1])
    };
    // 40 - 16 - 2 - 2 - 1 = 19.
    let lines = drawn(&WHOLE, vec![folded.clone()], Ink::Blocks, 40);
    assert_eq!(lines[1], format!("2025-03-23 20:00  ≥5 {}", "█".repeat(19)));
    assert_eq!(lines[2], "           20:05   0");
    let lines = drawn(&WHOLE, vec![folded], Ink::Ascii, 40);
    assert_eq!(
        lines[1],
        format!("2025-03-23 20:00  >=5 {}", "#".repeat(18))
    );
}

#[test]
fn without_buckets_or_series_nothing_is_drawn() {
    assert_eq!(drawn(&[], vec![series("", &[])], Ink::Blocks, 80), [""; 0]);
    assert_eq!(drawn(&WHOLE, vec![], Ink::Blocks, 80), [""; 0]);
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_terminal(
        counts in prop::collection::vec(prop::collection::vec(0..100_000_000u64, 30), 0..12),
        covers in prop::collection::vec(0..3u8, 30),
        names in prop::collection::vec("\\PC{0,30}", 12),
        (width, is_ascii, is_folded) in (60..300usize, any::<bool>(), any::<bool>()),
    ) {
        let cover = |kind: &u8| match kind {
            0 => Cover::Complete,
            1 => Cover::Partial("partly stored"),
            _ => Cover::Gap("not fetched"),
        };
        let covers: Vec<Cover> = covers.iter().map(cover).collect();
        let series = counts.into_iter().zip(names);
        let series = series.map(|(counts, name)| Series { name, counts, is_folded });
        let start = Timestamp::parse("2025-10-25T23:00:00Z").unwrap();
        let starts: Vec<Timestamp> = (0..30).map(|n| start.plus(n * 600_000_000)).collect();
        let chart = Chart {
            every: "10 min".to_owned(),
            starts: &starts,
            precision: Precision::Second,
            zone: "Europe/Berlin".parse().unwrap(),
            covers: &covers,
            series: series.collect(),
            ink: if is_ascii { Ink::Ascii } else { Ink::Blocks },
            width: Some(width),
        };
        let mut out = Vec::new();
        draw(chart, &mut out).unwrap();
        for line in String::from_utf8(out).unwrap().lines() {
            prop_assert!(lines::width(line) <= width, "{line}");
        }
    }
}

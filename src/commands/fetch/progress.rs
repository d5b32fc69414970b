//! The progress of a fetch: hours, bytes, rate and time left, on a terminal only.
//!
//! Rule: it looks at the fetch from beside and never holds it up; nothing is left of it on the screen at the end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::fetch::{Reading, Watch};
use crate::model::bytes;

/// How often the screen is brought up to date.
const PAUSE: Duration = Duration::from_millis(100);

/// Does the work while a bar shows how far it is; of pages nobody knows how many there will be.
pub(super) fn beside<T>(
    watch: &Watch,
    hours: Option<u64>,
    shows: bool,
    work: impl FnOnce() -> T,
) -> T {
    if !shows {
        return work();
    }
    let (bar, template) = match hours {
        Some(hours) => (
            ProgressBar::new(hours),
            "{spinner} {bar:24} {pos}/{len} hours  {msg}",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {msg}"),
    };
    // A template that is not understood would leave the default one, which is good enough.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut rate = Rate::default();
            while !is_done.load(Ordering::Relaxed) {
                let reading = watch.read();
                bar.set_position(reading.hours_done);
                bar.set_message(rate.describe(&reading));
                bar.tick();
                thread::sleep(PAUSE);
            }
            bar.finish_and_clear();
        });
        let result = work();
        is_done.store(true, Ordering::Relaxed);
        result
    })
}

/// Bytes in a second, smoothed so that it can be read.
#[derive(Default)]
struct Rate {
    bytes: u64,
    per_second: f64,
}

impl Rate {
    fn describe(&mut self, reading: &Reading) -> String {
        // Half of the weight lies on the last second and a half.
        const WEIGHT: f64 = 0.05;
        let now = (reading.bytes - self.bytes.min(reading.bytes)) as f64 / PAUSE.as_secs_f64();
        self.bytes = reading.bytes;
        self.per_second = if self.per_second == 0.0 {
            now
        } else {
            now * WEIGHT + self.per_second * (1.0 - WEIGHT)
        };
        let mut text = format!("{}  {}", reading.doing, bytes(reading.bytes));
        if self.per_second >= 1.0 {
            text.push_str(&format!(", {}/s", bytes(self.per_second as u64)));
            if let Some(left) = reading.bytes_left.filter(|left| *left > 0) {
                text.push_str(&format!(
                    ", {:.0} s left",
                    (left as f64 / self.per_second).ceil()
                ));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_are_told_once_known() {
        let reading = |bytes, left| Reading {
            hours_done: 0,
            doing: "2025-03-23T20 of braze".to_owned(),
            bytes,
            bytes_left: left,
        };
        let mut rate = Rate::default();
        assert_eq!(
            rate.describe(&reading(0, None)),
            "2025-03-23T20 of braze  0 B"
        );
        let text = rate.describe(&reading(100_000, Some(2_000_000)));
        assert_eq!(text, "2025-03-23T20 of braze  100.0 kB, 1.0 MB/s, 2 s left");
    }
}

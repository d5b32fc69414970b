//! Where the rows that a question can match lie in time.
//!
//! Rule: footers tell, and only where one reaches far its rows are looked at: the time of one may be wrong.

use crate::model::{Stretch, Stretches, Timestamp, Window, are_far};
use crate::store::StoreError;

use super::plan::Plan;

impl Plan<'_> {
    /// Returns where the rows of the row groups that can match lie; of those that reach far every row is looked at.
    pub(super) fn stretches(&self) -> Result<Stretches, StoreError> {
        let mut all = Vec::new();
        for source in &self.sources {
            let window = Window {
                start: source.info.oldest,
                end: source.info.newest.plus(1),
            };
            if are_far(window) {
                let times = source.file.times(source.group)?;
                all.extend(stretches_of(times.values()));
            } else {
                let records = source.info.rows as u64;
                all.push(Stretch { window, records });
            }
        }
        let Window { start, end } = self.stages.window;
        for stretch in &mut all {
            stretch.window.start = stretch.window.start.max(start);
            stretch.window.end = stretch.window.end.min(end);
        }
        all.retain(|stretch| stretch.window.start < stretch.window.end);
        Ok(Stretches::of(all))
    }
}

/// Returns the stretches of times, which stand newest first.
fn stretches_of(times: &[i64]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for time in times {
        let start = Timestamp::from_micros(*time);
        match stretches.last_mut() {
            Some(last)
                if !are_far(Window {
                    start,
                    end: last.window.start,
                }) =>
            {
                last.window.start = start;
                last.records += 1;
            }
            _ => {
                let window = Window {
                    start,
                    end: start.plus(1),
                };
                stretches.push(Stretch { window, records: 1 });
            }
        }
    }
    stretches
}

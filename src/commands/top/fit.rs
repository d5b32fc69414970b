//! Which columns of `top` a terminal has room for.
//!
//! Rule: what was grouped by and the count are always shown; whatever is left out is named to the caller.

/// Characters of the drawing of counts over time.
pub(super) const TREND_WIDTH: usize = 24;

/// Where that is too wide, pairs of steps are drawn as one.
const SHORT_TREND: usize = TREND_WIDTH / 2;

/// A text that was grouped by is wrapped rather than that a column is left out, but not below this.
const KEY_WIDTH: usize = 22;

/// Blank columns between two columns.
const GAP: usize = 2;

/// The columns beside the key and the count that are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) has_messages: bool,
    pub(super) has_share: bool,
    pub(super) has_first_seen: bool,
    pub(super) has_last_seen: bool,
    /// Characters of the drawing; 0: none.
    pub(super) trend: usize,
}

/// How wide columns would like to be.
#[derive(Clone, Debug)]
pub(super) struct Widths {
    pub(super) keys: Vec<usize>,
    pub(super) count: usize,
    pub(super) messages: usize,
    pub(super) time: usize,
    /// Whether there are counts over time to draw.
    pub(super) has_trend: bool,
}

impl Fit {
    pub(super) const ALL: Fit = Fit {
        has_messages: true,
        has_share: true,
        has_first_seen: true,
        has_last_seen: true,
        trend: TREND_WIDTH,
    };

    /// Leaves out what tells least until the rest fits.
    pub(super) fn to(width: Option<usize>, widths: &Widths) -> Fit {
        let mut fit = Fit::ALL;
        if !widths.has_trend {
            fit.trend = 0;
        }
        let Some(width) = width else { return fit };
        let steps: [fn(&mut Fit); 6] = [
            |fit| fit.trend = fit.trend.min(SHORT_TREND),
            |fit| fit.trend = 0,
            |fit| fit.has_share = false,
            |fit| fit.has_first_seen = false,
            |fit| fit.has_messages = false,
            |fit| fit.has_last_seen = false,
        ];
        for step in steps {
            if fit.width(widths) <= width {
                break;
            }
            step(&mut fit);
        }
        fit
    }

    fn width(&self, widths: &Widths) -> usize {
        // The widest share is `100.0%`.
        let others = [
            (self.has_messages, widths.messages),
            (self.has_share, 6),
            (self.has_first_seen, widths.time),
            (self.has_last_seen, widths.time),
            (self.trend > 0, self.trend),
        ];
        let others = others.iter().filter(|(is_shown, _)| *is_shown);
        let others: usize = others.map(|(_, width)| width + GAP).sum();
        let keys = widths.keys.iter().map(|width| width.min(&KEY_WIDTH) + GAP);
        keys.sum::<usize>() + widths.count + others
    }

    /// Returns the names of the columns that are left out.
    pub(super) fn hidden(&self) -> Vec<&'static str> {
        let columns = [
            (self.has_messages, "messages"),
            (self.has_share, "share"),
            (self.has_first_seen, "first_seen"),
            (self.has_last_seen, "last_seen"),
        ];
        let hidden = columns.into_iter().filter(|(is_shown, _)| !is_shown);
        hidden.map(|(_, name)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(width: usize, keys: &[usize]) -> Fit {
        let widths = Widths {
            keys: keys.to_vec(),
            count: 5,
            messages: 8,
            time: 20,
            has_trend: true,
        };
        Fit::to(Some(width), &widths)
    }

    #[test]
    fn what_tells_least_goes_first() {
        // 6 + 2 + 5 + 10 + 8 + 22 + 22 = 75, and 26 of the drawing.
        assert_eq!(fit(101, &[6]), Fit::ALL);
        assert_eq!(fit(100, &[6]).trend, 12);
        assert_eq!(fit(88, &[6]).trend, 0);
        assert_eq!(fit(75, &[6]).hidden(), [""; 0]);
        assert_eq!(fit(74, &[6]).hidden(), ["share"]);
        // 8 + 6 + 22 and three gaps, 5, 10, 22: 79. A text of 40 is wrapped to 22.
        assert_eq!(fit(79, &[8, 6, 40]).hidden(), ["share", "first_seen"]);
        assert_eq!(
            fit(78, &[8, 6, 40]).hidden(),
            ["messages", "share", "first_seen"]
        );
        assert_eq!(fit(10, &[6]).hidden().len(), 4);
    }

    #[test]
    fn a_line_of_any_length_has_everything() {
        let widths = Widths {
            keys: vec![500],
            count: 5,
            messages: 8,
            time: 20,
            has_trend: false,
        };
        let all = Fit {
            trend: 0,
            ..Fit::ALL
        };
        assert_eq!(Fit::to(None, &widths), all);
    }
}

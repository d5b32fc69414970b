//! Whether to try again, and when.
//!
//! Rule: pure decisions; nothing here sleeps, reads a clock or makes up a random number.

use std::time::Duration;

/// How a try failed, as far as trying again goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The connection or the server failed; the same may work in a moment.
    Transient,
    /// The server is there and asks for patience.
    Throttled,
    /// The same will fail again.
    Permanent,
}

/// How often to try again, and how long to wait in between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    /// The wait after the first failure; it doubles with each further one.
    pub(crate) first: Duration,
    /// The longest wait of our own making.
    pub(crate) most: Duration,
    /// The longest wait that a server may ask for; longer ones are not sat out.
    pub(crate) most_asked: Duration,
    /// Tries in all, the first one included.
    pub(crate) tries: u32,
}

impl Backoff {
    /// For downloads: five tries within about ten seconds.
    pub(crate) const DOWNLOAD: Backoff = Backoff {
        first: Duration::from_millis(500),
        most: Duration::from_secs(8),
        most_asked: Duration::from_secs(60),
        tries: 5,
    };

    /// Returns how long to wait before the next try, or `None` to give up.
    ///
    /// `failed` counts the tries that failed in a row, from one; `asked` is the wait the server asked for; `jitter`, from
    /// 0 to 1, spreads clients that failed together.
    pub(crate) fn wait(
        &self,
        failed: u32,
        kind: Kind,
        asked: Option<Duration>,
        jitter: f64,
    ) -> Option<Duration> {
        if kind == Kind::Permanent || failed >= self.tries {
            return None;
        }
        if asked.is_some_and(|asked| asked > self.most_asked) {
            return None;
        }
        let doublings = failed.saturating_sub(1).min(20);
        // A server that throttles is given twice the time.
        let first = match kind {
            Kind::Throttled => self.first.saturating_mul(2),
            Kind::Transient | Kind::Permanent => self.first,
        };
        // OK because the exponent is at most 20.
        let full = first.saturating_mul(1 << doublings).min(self.most);
        let jitter = if jitter.is_finite() {
            jitter.clamp(0.0, 1.0)
        } else {
            1.0
        };
        // Half is certain, half is spread.
        let own = full.mul_f64(0.5 + 0.5 * jitter);
        Some(asked.map_or(own, |asked| asked.max(own)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn waits_double_up_to_the_most() {
        let waits: Vec<_> = (1..=5)
            .map(|failed| Backoff::DOWNLOAD.wait(failed, Kind::Transient, None, 1.0))
            .collect();
        assert_eq!(
            waits,
            [
                Some(MS(500)),
                Some(MS(1000)),
                Some(MS(2000)),
                Some(MS(4000)),
                None
            ]
        );
        let long = Backoff {
            tries: 99,
            ..Backoff::DOWNLOAD
        };
        assert_eq!(long.wait(60, Kind::Transient, None, 1.0), Some(MS(8000)));
    }

    #[test]
    fn jitter_takes_away_at_most_half() {
        assert_eq!(
            Backoff::DOWNLOAD.wait(1, Kind::Transient, None, 0.0),
            Some(MS(250))
        );
        assert_eq!(
            Backoff::DOWNLOAD.wait(1, Kind::Transient, None, f64::NAN),
            Some(MS(500))
        );
    }

    #[test]
    fn a_server_is_given_the_time_it_asks_for_within_reason() {
        let wait = |asked| {
            Backoff::DOWNLOAD.wait(1, Kind::Throttled, Some(Duration::from_secs(asked)), 1.0)
        };
        assert_eq!(wait(0), Some(MS(1000)));
        assert_eq!(wait(30), Some(MS(30_000)));
        assert_eq!(wait(61), None);
    }

    #[test]
    fn what_will_fail_again_is_not_tried_again() {
        assert_eq!(Backoff::DOWNLOAD.wait(1, Kind::Permanent, None, 1.0), None);
    }

    proptest! {
        #[test]
        fn waits_are_bounded(failed: u32, jitter: f64, asked in proptest::option::of(0u64..u64::MAX)) {
            let wait = Backoff::DOWNLOAD.wait(failed, Kind::Throttled, asked.map(Duration::from_secs), jitter);
            prop_assert!(wait.is_none_or(|wait| wait <= Backoff::DOWNLOAD.most_asked));
        }
    }
}

//! What a fetch does next, after each way an hour can go.
//!
//! Rule: pure decisions. A request is one of 120 a day: nothing is asked for again but where this file says so, and at
//! most once or twice.

use std::time::Duration;

use crate::model::Timestamp;
use crate::providers::segment::ApiError;

use super::download::DownloadError;

/// The longest wait that a run sits out; the shortest keeps a server that says "0 s" from being hammered.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// Waits for one hour's request.
const MAX_WAITS: u32 = 3;

/// Failed hours in a row after which the rest would only burn requests.
const MAX_FAILED: u32 = 2;

/// How an hour went.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'a> {
    /// It is stored, be it with records or empty.
    Stored,
    /// The request for links failed.
    Api(&'a ApiError),
    /// An object could not be read.
    Download(&'a DownloadError),
    /// Decoding or storing failed on this machine.
    Local,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Go on with the next hour.
    GoOn,
    /// This hour failed; go on with the next.
    SkipHour,
    /// Leave out the other hours of this collection.
    SkipCollection,
    /// Wait, then ask for this hour again.
    WaitThenAsk(Duration),
    /// Ask for new links to this hour; costs a request.
    AskAnew,
    /// Read this hour's objects again from their beginning, by the same links.
    Restart,
    /// End the run; what was stored stays.
    End(End),
}

/// Why a run ends before its last hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Token, rights or region: every request would fail alike.
    NotAuthorised,
    /// The day's requests are spent; when to go on, if the server said.
    DaySpent {
        again_at: Option<Timestamp>,
    },
    /// Several hours in a row failed.
    Failing,
    /// The API's address is wrong or unsafe.
    Address,
    /// The disk or the store.
    Local,
    Interrupted,
}

/// What was tried for one hour already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HourTries {
    waits: u32,
    restarted: bool,
    asked_anew: bool,
}

/// The run so far, as far as decisions go.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    failed_in_a_row: u32,
}

impl Course {
    /// Decides what comes next; `may_ask` tells whether the budget has a request left.
    pub(crate) fn after(
        &mut self,
        tries: &mut HourTries,
        outcome: Outcome<'_>,
        may_ask: bool,
        now: Timestamp,
    ) -> Next {
        match outcome {
            Outcome::Stored => {
                self.failed_in_a_row = 0;
                Next::GoOn
            }
            Outcome::Api(error) => self.after_api(tries, error, may_ask, now),
            Outcome::Download(error) => self.after_download(tries, error, may_ask),
            Outcome::Local => Next::End(End::Local),
        }
    }

    fn after_api(
        &mut self,
        tries: &mut HourTries,
        error: &ApiError,
        may_ask: bool,
        now: Timestamp,
    ) -> Next {
        match error {
            ApiError::Unauthorised { .. }
            | ApiError::Forbidden { .. }
            | ApiError::WrongRegion { .. } => Next::End(End::NotAuthorised),
            ApiError::Address { .. } | ApiError::Redirect { .. } | ApiError::Refused(_) => {
                Next::End(End::Address)
            }
            ApiError::Invalid { .. } => Next::SkipCollection,
            ApiError::RateLimited { wait, quota, .. } => match wait {
                Some(wait) if *wait <= LONGEST_WAIT && tries.waits < MAX_WAITS && may_ask => {
                    tries.waits += 1;
                    Next::WaitThenAsk((*wait).max(SHORTEST_WAIT))
                }
                _ => Next::End(End::DaySpent {
                    again_at: wait.map(|wait| later(now, wait)).or(quota.reset),
                }),
            },
            ApiError::Server { .. }
            | ApiError::NoAnswer { .. }
            | ApiError::Unexpected { .. }
            | ApiError::Unreadable { .. } => self.hour_failed(),
        }
    }

    fn after_download(
        &mut self,
        tries: &mut HourTries,
        error: &DownloadError,
        may_ask: bool,
    ) -> Next {
        match error {
            DownloadError::Interrupted => Next::End(End::Interrupted),
            DownloadError::Changed { .. } if !tries.restarted => {
                tries.restarted = true;
                Next::Restart
            }
            DownloadError::Changed { .. }
            | DownloadError::Expired { .. }
            | DownloadError::Gone { .. }
                if !tries.asked_anew && may_ask =>
            {
                tries.asked_anew = true;
                Next::AskAnew
            }
            DownloadError::Changed { .. }
            | DownloadError::Expired { .. }
            | DownloadError::Gone { .. }
            | DownloadError::Refused { .. }
            | DownloadError::Server { .. }
            | DownloadError::Broken { .. }
            | DownloadError::WrongPart { .. }
            | DownloadError::Unexpected { .. }
            | DownloadError::Http(_) => self.hour_failed(),
        }
    }

    fn hour_failed(&mut self) -> Next {
        self.failed_in_a_row += 1;
        if self.failed_in_a_row < MAX_FAILED {
            Next::SkipHour
        } else {
            Next::End(End::Failing)
        }
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.plus(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Failure;
    use crate::providers::http::HttpError;
    use crate::providers::segment::{Quota, Region};

    const NOW: Timestamp = Timestamp::MIN;

    fn host() -> String {
        "h".to_owned()
    }

    fn server() -> ApiError {
        ApiError::Server {
            host: host(),
            status: 503,
            message: String::new(),
        }
    }

    fn limited(wait: Option<u64>) -> ApiError {
        ApiError::RateLimited {
            host: host(),
            wait: wait.map(Duration::from_secs),
            quota: Quota {
                reset: Timestamp::parse("2025-03-23T20:00:00Z"),
                ..Quota::default()
            },
        }
    }

    fn broken() -> DownloadError {
        DownloadError::Broken {
            host: host(),
            failure: Failure::Timeout,
            received: 0,
        }
    }

    /// Decides for a fresh run and a fresh hour.
    fn first(outcome: Outcome<'_>) -> Next {
        Course::default().after(&mut HourTries::default(), outcome, true, NOW)
    }

    #[test]
    fn what_every_request_would_meet_stops_the_run() {
        let (host, message) = (host(), String::new());
        let errors = [
            ApiError::Unauthorised {
                host: host.clone(),
                message: message.clone(),
            },
            ApiError::Forbidden {
                host: host.clone(),
                message,
            },
            ApiError::WrongRegion {
                host: host.clone(),
                needed: Region::Eu,
            },
        ];
        for error in &errors {
            assert_eq!(first(Outcome::Api(error)), Next::End(End::NotAuthorised));
        }
        for error in [
            ApiError::Redirect {
                host: host.clone(),
                to: None,
            },
            ApiError::Refused(HttpError::PlainToken { host }),
            ApiError::Address {
                reason: "it is no URL",
            },
        ] {
            assert_eq!(first(Outcome::Api(&error)), Next::End(End::Address));
        }
        assert_eq!(first(Outcome::Local), Next::End(End::Local));
        assert_eq!(
            first(Outcome::Download(&DownloadError::Interrupted)),
            Next::End(End::Interrupted)
        );
    }

    #[test]
    fn an_invalid_collection_leaves_the_others_alone() {
        let error = ApiError::Invalid {
            host: host(),
            field: None,
            message: String::new(),
        };
        assert_eq!(first(Outcome::Api(&error)), Next::SkipCollection);
    }

    #[test]
    fn a_short_limit_is_waited_out_three_times() {
        let (mut course, mut tries) = (Course::default(), HourTries::default());
        let mut next = |error: &ApiError| course.after(&mut tries, Outcome::Api(error), true, NOW);
        assert_eq!(
            next(&limited(Some(60))),
            Next::WaitThenAsk(Duration::from_secs(60))
        );
        assert_eq!(
            next(&limited(Some(0))),
            Next::WaitThenAsk(Duration::from_secs(1))
        );
        assert_eq!(
            next(&limited(Some(5))),
            Next::WaitThenAsk(Duration::from_secs(5))
        );
        assert!(matches!(
            next(&limited(Some(5))),
            Next::End(End::DaySpent { .. })
        ));
    }

    #[test]
    fn a_spent_day_stops_the_run_and_tells_when_to_go_on() {
        let now = Timestamp::from_micros(0);
        let stop = |wait| {
            Course::default().after(
                &mut HourTries::default(),
                Outcome::Api(&limited(wait)),
                true,
                now,
            )
        };
        assert_eq!(
            stop(Some(61)),
            Next::End(End::DaySpent {
                again_at: Some(Timestamp::from_micros(61_000_000))
            })
        );
        assert_eq!(
            stop(None),
            Next::End(End::DaySpent {
                again_at: Timestamp::parse("2025-03-23T20:00:00Z")
            })
        );
    }

    #[test]
    fn two_failed_hours_in_a_row_stop_the_run() {
        let (error, broken) = (server(), broken());
        let mut course = Course::default();
        let mut next = |outcome| course.after(&mut HourTries::default(), outcome, true, NOW);
        assert_eq!(next(Outcome::Api(&error)), Next::SkipHour);
        assert_eq!(next(Outcome::Stored), Next::GoOn);
        assert_eq!(next(Outcome::Download(&broken)), Next::SkipHour);
        assert_eq!(next(Outcome::Api(&error)), Next::End(End::Failing));
    }

    #[test]
    fn an_expired_link_is_asked_for_anew_once_if_the_budget_allows() {
        let expired = DownloadError::Expired { host: host() };
        let (mut course, mut tries) = (Course::default(), HourTries::default());
        assert_eq!(
            course.after(&mut tries, Outcome::Download(&expired), false, NOW),
            Next::SkipHour
        );
        let (mut course, mut tries) = (Course::default(), HourTries::default());
        let mut next = || course.after(&mut tries, Outcome::Download(&expired), true, NOW);
        assert_eq!([next(), next()], [Next::AskAnew, Next::SkipHour]);
    }

    #[test]
    fn a_changed_object_restarts_the_hour_and_then_is_asked_for_anew() {
        let changed = DownloadError::Changed { host: host() };
        let (mut course, mut tries) = (Course::default(), HourTries::default());
        let mut next = || course.after(&mut tries, Outcome::Download(&changed), true, NOW);
        assert_eq!(
            [next(), next(), next()],
            [Next::Restart, Next::AskAnew, Next::SkipHour]
        );
    }
}

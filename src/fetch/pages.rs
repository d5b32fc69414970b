//! Fetching logs that come page by page: each page is stored before the next is asked for.
//!
//! Rule: an hour counts as fetched only where the feed says that nothing of it can have been missed, and never before it
//! has ended. What is stored when a run ends, for whatever reason, stays.

mod keep;
mod report;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::model::{Hour, Provider, Timestamp, Window};
use crate::providers::Failure;
use crate::providers::feed::{FeedError, Step};
use crate::providers::http::HttpError;
use crate::providers::retry::{Backoff, Kind};
use crate::store::{Object, Store};

use super::pause::{Interrupted, beside, jitter, pause};
use super::watch::Watch;

pub(crate) use report::{PageStop, PagesReport};

/// The longest that a run waits, without a page, for an answer to become ready.
const MOST_WAITING: Duration = Duration::from_secs(600);

/// A step is tried this often before a run gives up: about four seconds of an unsteady network.
pub(crate) const PATIENCE: Backoff = Backoff {
    tries: 4,
    ..Backoff::DOWNLOAD
};

/// One run over the pages of a feed.
pub(crate) struct Pages<'r> {
    pub(crate) store: &'r Store,
    pub(crate) provider: Provider,
    /// Under which name the logs are kept.
    pub(crate) collection: &'r str,
    /// What the feed was asked for.
    pub(crate) window: Window,
    pub(crate) max_pages: Option<u64>,
    pub(crate) backoff: Backoff,
    /// The time at which the run was made; what goes by since is added.
    pub(crate) now: Timestamp,
    pub(crate) started: Instant,
    pub(crate) interrupted: Arc<AtomicBool>,
    pub(crate) watch: &'r Watch,
}

/// What one run remembers from page to page.
#[derive(Default)]
struct State {
    report: PagesReport,
    /// When the first request was made: what is whole is so as of then.
    first_asked: Option<Timestamp>,
    /// The pages of this run that each hour has records of.
    objects: BTreeMap<Hour, Vec<Object>>,
    /// The hour of the last record, for what could not be decoded and so has no time.
    last_hour: Option<Hour>,
    /// Steps that failed in a row.
    failed: u32,
    waited: Duration,
}

impl Pages<'_> {
    /// Takes steps until the feed ends or the run must; a step that fails is taken again where that may help.
    pub(crate) fn fetch<F>(&self, mut step: F) -> PagesReport
    where
        F: FnMut(Timestamp) -> Result<Step, FeedError> + Send + 'static,
    {
        let mut state = State::default();
        loop {
            if let Some(stop) = self.must_stop(&state) {
                return state.stopped(stop);
            }
            let doing = format!("page {} of {}", state.report.pages + 1, self.collection);
            self.watch.begin(doing);
            let now = self.clock();
            state.first_asked.get_or_insert(now);
            let taken = beside(&self.interrupted, move || {
                let made = step(now);
                (step, made)
            });
            let Ok((back, made)) = taken else {
                return state.stopped(PageStop::Interrupted);
            };
            step = back;
            match self.after(&mut state, made) {
                Ok(false) => {}
                Ok(true) => return state.report,
                Err(stop) => return state.stopped(stop),
            }
        }
    }

    fn must_stop(&self, state: &State) -> Option<PageStop> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Some(PageStop::Interrupted);
        }
        let most = self.max_pages?;
        (state.report.pages >= most).then_some(PageStop::MaxPages)
    }

    /// Does what a step calls for; returns whether it was the last.
    fn after(&self, state: &mut State, made: Result<Step, FeedError>) -> Result<bool, PageStop> {
        match made {
            Ok(Step::Page(page)) => {
                state.failed = 0;
                state.waited = Duration::ZERO;
                state.report.pages += 1;
                self.watch.received(page.body.len() as u64);
                self.keep(state, &page)?;
                Ok(false)
            }
            Ok(Step::Wait(wait)) => {
                state.failed = 0;
                state.waited += wait;
                if state.waited > MOST_WAITING {
                    let minutes = MOST_WAITING.as_secs() / 60;
                    return Err(PageStop::Remote(
                        format!("the answer was not ready within {minutes} minutes"),
                        Some("Ask for a shorter range of time.".to_owned()),
                    ));
                }
                self.watch.begin(format!("waiting for {}", self.collection));
                pause(wait, &self.interrupted)?;
                Ok(false)
            }
            Ok(Step::End(coverage)) => {
                self.mark(state, &coverage)?;
                state.report.coverage = Some(coverage);
                Ok(true)
            }
            Err(error) => {
                state.failed += 1;
                let (kind, asked) = kind_of(&error);
                match self.backoff.wait(state.failed, kind, asked, jitter()) {
                    Some(wait) => {
                        state.report.retries += 1;
                        pause(wait, &self.interrupted)?;
                        Ok(false)
                    }
                    None => Err(PageStop::of(error, self.clock())),
                }
            }
        }
    }

    fn clock(&self) -> Timestamp {
        // OK because a run of 292,000 years is not to be expected.
        let now = self.now.plus(self.started.elapsed().as_micros() as i64);
        // Milliseconds are as much as anyone wants to read.
        Timestamp::from_micros(now.micros() / 1000 * 1000)
    }
}

impl State {
    fn stopped(mut self, stop: PageStop) -> PagesReport {
        self.report.stopped = Some(stop);
        self.report
    }
}

impl From<Interrupted> for PageStop {
    fn from(_: Interrupted) -> Self {
        PageStop::Interrupted
    }
}

/// Tells whether the same step may do better, and after what wait if the server said.
fn kind_of(error: &FeedError) -> (Kind, Option<Duration>) {
    match error {
        FeedError::RateLimited { wait, .. } => (Kind::Throttled, *wait),
        FeedError::Server { .. } | FeedError::Query { again: true, .. } => (Kind::Transient, None),
        FeedError::Http(HttpError::NoAnswer { failure, .. }) => match failure {
            Failure::Tls(_) => (Kind::Permanent, None),
            _ => (Kind::Transient, None),
        },
        FeedError::Address { .. }
        | FeedError::Unauthorised { .. }
        | FeedError::Refused { .. }
        | FeedError::Query { again: false, .. }
        | FeedError::Unreadable { .. }
        | FeedError::Http(_) => (Kind::Permanent, None),
    }
}

#[cfg(test)]
mod tests;

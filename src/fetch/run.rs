//! Fetching hours one after the other: request, download, decode, store.
//!
//! Rule: every request is in the ledger before it is made, and no hour is asked for twice but where [`Course`] says so.
//! What is stored when a run ends, for whatever reason, stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::model::Timestamp;
use crate::providers::http::Http;
use crate::providers::segment::{Answer, Api, ApiError};
use crate::store::{CollectionLock, HourKey, HourMeta, Mode, Store, StoreError};

use super::course::{Course, End, HourTries, Next, Outcome};
use super::download::{Download, DownloadError, Transfer};
use super::fault::Fault;
use super::ingest::ingest_hour;
use super::ledger::{Ledger, LedgerError, Report};
use super::pause::{beside, pause};
use super::pipeline::Source;
use super::plan::Planned;
use super::progress::Progress;
use super::report::{Failure, FetchReport, HourReport, HourResult, Stop};
use super::watch::Watch;

/// How much a run may ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_requests: Option<u64>,
    /// Requests of the day that are left alone.
    pub(crate) keep_back: u64,
}

/// One run over some hours.
pub(crate) struct Run<'r> {
    pub(crate) store: &'r Store,
    pub(crate) http: Http,
    pub(crate) api: &'r Api,
    pub(crate) ledger: &'r Ledger,
    pub(crate) limits: Limits,
    /// The time at which the run was made; what goes by since is added.
    pub(crate) now: Timestamp,
    pub(crate) started: Instant,
    pub(crate) interrupted: Arc<AtomicBool>,
    pub(crate) watch: &'r Watch,
}

/// What one run remembers from hour to hour.
struct State {
    course: Course,
    requests: u64,
    report: FetchReport,
    /// Collections that the API does not know.
    refused: Vec<String>,
}

impl Run<'_> {
    /// Fetches the hours in order.
    pub(crate) fn fetch(&self, hours: &[Planned]) -> FetchReport {
        let mut state = State {
            course: Course::default(),
            requests: 0,
            report: FetchReport::default(),
            refused: Vec::new(),
        };
        for planned in hours {
            if state.refused.contains(&planned.key.collection) {
                continue;
            }
            self.watch.begin(format!(
                "{} of {}",
                planned.key.hour, planned.key.collection
            ));
            let stop = self.fetch_hour(&mut state, planned);
            self.watch.end_hour();
            if stop.is_some() {
                state.report.stopped = stop;
                break;
            }
        }
        state.report
    }

    /// Fetches one hour, as often as it takes and may be tried; returns why the run must end.
    fn fetch_hour(&self, state: &mut State, planned: &Planned) -> Option<Stop> {
        let key = &planned.key;
        let mut tries = HourTries::default();
        let lock = match self.store.lock(key.provider, &key.collection) {
            Ok(lock) => lock,
            Err(error) => {
                state.fail(key, &Fault::Local(error));
                return None;
            }
        };
        match self.stored_meanwhile(planned) {
            Ok(Some(meta)) => {
                state.keep(
                    &meta,
                    Some("another faillog has just fetched it".to_owned()),
                );
                return None;
            }
            Ok(None) => {}
            Err(error) => {
                state.fail(key, &Fault::Local(error));
                return None;
            }
        }
        let mut answer = None;
        loop {
            let asked_at = self.clock();
            let fault = match self.try_hour(state, key, &lock, &mut answer, asked_at) {
                Ok((meta, note)) => {
                    state
                        .course
                        .after(&mut tries, Outcome::Stored, true, asked_at);
                    state.keep(&meta, note);
                    return None;
                }
                Err(fault) => fault,
            };
            let next = self.next(state, &mut tries, &fault);
            match next {
                Next::WaitThenAsk(wait) => {
                    answer = None;
                    if pause(wait, &self.interrupted).is_err() {
                        return Some(Stop::Interrupted);
                    }
                }
                Next::AskAnew => answer = None,
                Next::Restart => {}
                Next::GoOn | Next::SkipHour => {
                    state.fail(key, &fault);
                    return None;
                }
                Next::SkipCollection => {
                    state.fail(key, &fault);
                    state.refused.push(key.collection.clone());
                    return None;
                }
                Next::End(end) => return Some(self.stop(state, key, end, &fault)),
            }
        }
    }

    /// Asks for the hour's links unless they are there already, then downloads and stores.
    fn try_hour(
        &self,
        state: &mut State,
        key: &HourKey,
        lock: &CollectionLock,
        answer: &mut Option<Answer>,
        asked_at: Timestamp,
    ) -> Result<(HourMeta, Option<String>), Fault> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Fault::Interrupted);
        }
        let answer = match answer {
            Some(answer) => answer,
            None => answer.insert(self.ask(state, key)?),
        };
        let before = self.stored(key).map_err(Fault::Local)?;
        let had = before.as_ref().map_or(0, HourMeta::records);
        // An hour that had records is not emptied by an answer without any: the vendor may have deleted them by now.
        let mode = if answer.objects.is_empty() && had > 0 {
            Mode::Merge
        } else {
            Mode::Replace
        };
        let mut writer = lock.begin(key.hour, mode).map_err(Fault::Local)?;

        let transfers: Vec<Arc<Transfer>> = answer.objects.iter().map(|_| Arc::default()).collect();
        self.watch.transfer(&transfers);
        let sources = answer.objects.iter().zip(&transfers).enumerate();
        let sources = sources.map(|(number, (link, transfer))| {
            let download = Download::new(
                self.http.clone(),
                link.clone(),
                Arc::clone(transfer),
                Arc::clone(&self.interrupted),
                self.clock(),
            );
            let name = format!("object {}", number + 1);
            Source::new(name, Box::new(download), asked_at)
        });
        let progress = Progress::new(Arc::clone(&self.interrupted));
        let mut ingested = ingest_hour(key.provider, sources.collect(), &mut writer, &progress)?;
        for (object, transfer) in ingested.objects.iter_mut().zip(&transfers) {
            object.etag = transfer.etag();
        }
        let meta = writer
            .finish(Some(asked_at), ingested.objects)
            .and_then(|staged| lock.commit_one(staged))
            .map_err(Fault::Local)?
            .meta;
        let note = if answer.objects.is_empty() && had > 0 {
            Some("the API has nothing for it now; the records stored before are kept".to_owned())
        } else if meta.records() < had {
            Some(format!(
                "it had {had} records before and has {} now",
                meta.records()
            ))
        } else if answer.not_found {
            Some("no logs, or no such collection (status 404)".to_owned())
        } else {
            None
        };
        Ok((meta, note))
    }

    /// Makes the one request that costs, written down before and after.
    fn ask(&self, state: &mut State, key: &HourKey) -> Result<Answer, Fault> {
        if self
            .limits
            .max_requests
            .is_some_and(|most| state.requests >= most)
        {
            return Err(Fault::MaxRequests);
        }
        let ticket = self
            .ledger
            .reserve(self.clock(), self.limits.keep_back)
            .map_err(Fault::Budget)?;
        state.requests += 1;
        let (api, key, now) = (self.api.clone(), key.clone(), self.clock());
        // Left alone, it stays in the ledger as spent: the server may have counted it.
        let asked = beside(&self.interrupted, move || {
            api.request_download(&key.collection, key.hour, now)
        })
        .map_err(|_| Fault::Interrupted)?;
        let (quota, counted) = match &asked {
            Ok(answer) => (answer.quota, true),
            // Turned away before anything was counted.
            Err(ApiError::RateLimited { quota, .. }) => (*quota, false),
            Err(ApiError::Unauthorised { .. } | ApiError::Forbidden { .. }) => {
                (Default::default(), false)
            }
            Err(error) => (Default::default(), error.may_be_counted()),
        };
        let report = Report {
            consumed: quota.consumed,
            remaining: quota.remaining,
            reset: quota.reset,
            counted,
        };
        self.ledger
            .settle(ticket, self.clock(), &report)
            .map_err(Fault::Budget)?;
        asked.map_err(Fault::Api)
    }

    fn next(&self, state: &mut State, tries: &mut HourTries, fault: &Fault) -> Next {
        let now = self.clock();
        let may_ask = self
            .limits
            .max_requests
            .is_none_or(|most| state.requests < most)
            && self
                .ledger
                .budget(now)
                .is_ok_and(|budget| budget.left > self.limits.keep_back);
        let changed = DownloadError::Changed {
            host: String::new(),
        };
        let outcome = match fault {
            Fault::Api(error) => Outcome::Api(error),
            Fault::Download(error) => Outcome::Download(error),
            // Data cut or damaged at its source may be whole when read again.
            Fault::Data(_) => Outcome::Download(&changed),
            Fault::Local(_) => Outcome::Local,
            Fault::Budget(_) | Fault::MaxRequests => {
                return Next::End(End::DaySpent { again_at: None });
            }
            Fault::Interrupted => return Next::End(End::Interrupted),
        };
        state.course.after(tries, outcome, may_ask, now)
    }

    fn stop(&self, state: &mut State, key: &HourKey, end: End, fault: &Fault) -> Stop {
        match (end, fault) {
            (_, Fault::MaxRequests) => Stop::MaxRequests,
            (
                _,
                Fault::Budget(LedgerError::Spent {
                    next_at,
                    left,
                    kept_back,
                }),
            ) => Stop::Spent {
                next_at: *next_at,
                left: *left,
                kept_back: *kept_back,
            },
            (End::Interrupted, _) => Stop::Interrupted,
            (End::NotAuthorised, fault) => Stop::Unauthorised(fault.message(), fault.hint()),
            (End::DaySpent { again_at }, Fault::Api(_)) => {
                // The next run need not ask to learn it again. A ledger that cannot be written costs one request then.
                let _ = self.ledger.spent_until(self.clock(), again_at);
                Stop::Spent {
                    next_at: again_at,
                    left: 0,
                    kept_back: 0,
                }
            }
            (End::Local, fault) | (End::DaySpent { .. }, fault) => {
                state.fail(key, fault);
                Stop::Local(fault.message())
            }
            (End::Failing | End::Address, fault) => {
                state.fail(key, fault);
                Stop::Remote(fault.message(), fault.hint())
            }
        }
    }

    /// Returns what another process stored since this run was planned.
    ///
    /// It may have asked before this run was planned and stored after, so that the times do not tell: only that they differ.
    fn stored_meanwhile(&self, planned: &Planned) -> Result<Option<HourMeta>, StoreError> {
        let meta = self.stored(&planned.key)?;
        let is_new =
            |meta: &HourMeta| meta.fetched_at.is_some() && meta.fetched_at != planned.fetched_at;
        Ok(meta.filter(is_new))
    }

    /// Returns what is stored; a damaged file is as good as none, and the new one takes its place.
    fn stored(&self, key: &HourKey) -> Result<Option<HourMeta>, StoreError> {
        match self.store.meta(key) {
            Err(StoreError::Damaged { .. }) => Ok(None),
            other => other,
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
    fn keep(&mut self, meta: &HourMeta, note: Option<String>) {
        self.report.hours.push(HourReport {
            key: meta.key.clone(),
            result: HourResult::Stored {
                records: meta.records(),
                rejects: meta.rejects.lines,
            },
            note,
        });
    }

    fn fail(&mut self, key: &HourKey, fault: &Fault) {
        let failure = match fault {
            Fault::Local(_) | Fault::Budget(_) => Failure::Store,
            _ => Failure::Remote,
        };
        self.report.hours.push(HourReport {
            key: key.clone(),
            result: HourResult::Failed {
                failure,
                message: fault.message(),
            },
            note: fault.hint(),
        });
    }
}

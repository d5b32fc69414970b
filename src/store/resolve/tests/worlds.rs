//! Any small world, in any order of its hours, in one commit or many: the rows are those of a reckoning that compares
//! every record with every other.
//!
//! Rule: the reckoning shares nothing with the program but the records.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

/// The extent of each bucket's linked records.
fn extents(world: &[Made]) -> BTreeMap<i32, (i64, i64)> {
    let mut extents: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for made in world {
        let (oldest, newest) = extents.entry(made.bucket).or_insert((made.time, made.time));
        (*oldest, *newest) = ((*oldest).min(made.time), (*newest).max(made.time));
    }
    extents
}

struct Reckoning<'w> {
    world: &'w [Made],
    extents: BTreeMap<i32, (i64, i64)>,
}

impl Reckoning<'_> {
    fn is_near(&self, a: usize, b: usize) -> bool {
        let (a, b) = (
            &self.extents[&self.world[a].bucket],
            &self.extents[&self.world[b].bucket],
        );
        a.0 - 60 * SECOND <= b.1 && b.0 - 60 * SECOND <= a.1
    }

    fn of_type(&self, record_type: RecordType) -> Vec<usize> {
        let all = 0..self.world.len();
        all.filter(|n| self.world[*n].record_type == record_type)
            .collect()
    }

    fn exchange_of(&self, n: usize) -> Option<usize> {
        let made = &self.world[n];
        let id = made.exchange?;
        let mut named = self.of_type(RecordType::Exchange);
        named.retain(|x| self.world[*x].exchange == Some(id));
        if named.iter().any(|x| self.is_near(n, *x)) {
            named.retain(|x| self.is_near(n, *x));
        }
        if let Some(outcome) = made.outcome {
            let agrees = |x: &usize| self.world[*x].outcome == Some(outcome);
            if named.iter().any(agrees) {
                named.retain(agrees);
            }
        }
        named.into_iter().min_by_key(|x| {
            let x = &self.world[*x];
            ((x.time - made.time).abs(), x.time, x.status)
        })
    }

    fn outcome_of(&self, attempt: usize) -> Option<Outcome> {
        let exchange = self.exchange_of(attempt);
        self.world[attempt]
            .outcome
            .or_else(|| self.world[exchange?].outcome)
    }

    fn own_attempt(&self, error: usize) -> Option<usize> {
        let made = &self.world[error];
        let meet = |a: &[&str], b: &[&str]| {
            a.is_empty() || b.is_empty() || a.iter().any(|a| b.contains(a))
        };
        let mut attempts = self.of_type(RecordType::Attempt);
        attempts.retain(|n| {
            let attempt = &self.world[*n];
            made.message.is_some()
                && attempt.message == made.message
                && meet(&made.destinations, &attempt.destinations)
                && meet(&made.subscriptions, &attempt.subscriptions)
        });
        attempts.sort_by_key(|n| {
            let attempt = &self.world[*n];
            let logged = attempt.logged.unwrap_or(i64::MIN);
            (
                attempt.time,
                logged,
                attempt.number,
                record_key(None, raw_of(*n).as_bytes()),
            )
        });
        let near: Vec<usize> = attempts
            .iter()
            .copied()
            .filter(|n| self.is_near(error, *n))
            .collect();
        [near, attempts].into_iter().find_map(|of| {
            if made.number.is_some() {
                let numbered = of
                    .iter()
                    .rev()
                    .find(|n| self.world[**n].number == made.number)?;
                let failed = self.outcome_of(*numbered) != Some(Outcome::Success);
                return Some(failed.then_some(*numbered));
            }
            let failed: Vec<usize> = of
                .into_iter()
                .filter(|n| self.outcome_of(*n) == Some(Outcome::Failure))
                .collect();
            let until = failed
                .iter()
                .rev()
                .find(|n| self.world[**n].time <= made.time);
            let soon = || {
                let after = failed
                    .iter()
                    .filter(|n| (1..=SECOND).contains(&(self.world[**n].time - made.time)));
                let first = after.clone().map(|n| self.world[*n].time).min()?;
                after.rev().find(|n| self.world[**n].time == first)
            };
            until.or_else(soon).copied().map(Some)
        })?
    }

    fn state(&self, n: usize) -> Option<&'static str> {
        self.world[n].exchange?;
        Some(match self.exchange_of(n) {
            Some(_) => "exchange",
            None => "missing",
        })
    }

    fn shown(&self) -> BTreeMap<usize, Shown> {
        let errors = self.of_type(RecordType::Error);
        let of_error: BTreeMap<usize, usize> = errors
            .iter()
            .filter_map(|n| Some((*n, self.own_attempt(*n)?)))
            .collect();
        let all = 0..self.world.len();
        all.map(|n| (n, self.shown_of(n, &of_error))).collect()
    }

    fn shown_of(&self, n: usize, of_error: &BTreeMap<usize, usize>) -> Shown {
        let made = &self.world[n];
        let id = |made: &Made| made.exchange.map(|id| format!("x{id}"));
        let mut shown = Shown {
            joined: None,
            outcome: made.outcome.map(|outcome| outcome.name().to_owned()),
            attempt: made.number,
            discarded: made.discarded,
            status: made.status,
            reason: made.reason.clone(),
            exchange_id: id(made),
            method: made.url.as_ref().map(|_| "POST".to_owned()),
            url: made.url.clone(),
        };
        let others: Vec<usize> = match made.record_type {
            RecordType::Exchange => return shown,
            RecordType::Attempt => {
                shown.joined = self.state(n).map(str::to_owned);
                let outcome = self.outcome_of(n);
                shown.outcome = outcome.map(|outcome| outcome.name().to_owned());
                self.exchange_of(n).into_iter().collect()
            }
            _ => match of_error.get(&n) {
                Some(attempt) => {
                    let state = self
                        .state(*attempt)
                        .map_or(String::new(), |state| format!("+{state}"));
                    shown.joined = Some(format!("attempt{state}"));
                    shown.attempt = shown.attempt.or(self.world[*attempt].number);
                    shown.exchange_id = shown.exchange_id.or(id(&self.world[*attempt]));
                    [*attempt]
                        .into_iter()
                        .chain(self.exchange_of(*attempt))
                        .collect()
                }
                None => {
                    shown.joined = self.state(n).map(str::to_owned);
                    self.exchange_of(n).into_iter().collect()
                }
            },
        };
        for other in others {
            let other = &self.world[other];
            shown.status = shown.status.or(other.status);
            shown.reason = shown.reason.or(other.reason.clone());
            shown.method = shown
                .method
                .or(other.url.as_ref().map(|_| "POST".to_owned()));
            shown.url = shown.url.or(other.url.clone());
        }
        if made.record_type == RecordType::Attempt {
            let mut errors: Vec<&Made> = of_error
                .iter()
                .filter(|(_, attempt)| **attempt == n)
                .map(|(error, _)| &self.world[*error])
                .collect();
            errors.sort_by_key(|error| {
                (
                    error.time,
                    error.logged.unwrap_or(i64::MIN),
                    error.number.unwrap_or(i64::MIN),
                    error.reason.clone(),
                )
            });
            let said: Vec<bool> = errors.iter().filter_map(|error| error.discarded).collect();
            let discarded = (!said.is_empty()).then(|| said.contains(&true));
            shown.discarded = shown.discarded.or(discarded);
            let reason = errors.iter().rev().find_map(|error| error.reason.clone());
            shown.reason = shown.reason.or(reason);
        }
        shown
    }
}

fn reckoned(world: &[Made]) -> BTreeMap<usize, Shown> {
    let extents = extents(world);
    Reckoning { world, extents }.shown()
}

/// Times that lie near one another, in the same hour or not, or days apart.
fn times() -> impl Strategy<Value = i64> {
    let hours = select(vec![0_i64, 0, 1, 1, 2, 2, 3, 40, 41]);
    let seconds = select(vec![0_i64, 1, 2, 10, 1800, 3590, 3598, 3599]);
    (hours, seconds, select(vec![0_i64, 1, 500_000]))
        .prop_map(|(hours, seconds, micros)| (hours * 3600 + seconds) * SECOND + micros)
}

fn ends(names: [&'static str; 2]) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(names.to_vec(), 0..=2)
}

fn records() -> impl Strategy<Value = Made> {
    let types = select(vec![
        RecordType::Error,
        RecordType::Error,
        RecordType::Attempt,
        RecordType::Attempt,
        RecordType::Exchange,
    ]);
    let outcomes = select(vec![
        None,
        Some(Outcome::Failure),
        Some(Outcome::Failure),
        Some(Outcome::Success),
    ]);
    let identity = (
        types,
        times(),
        prop::option::of(times()),
        prop::option::of(0..3_i32),
    );
    let links = (
        prop::option::weighted(0.9, 0..3_u8),
        prop::option::weighted(0.8, 0..4_u8),
        prop::option::of(1..4_i64),
    );
    let values = (
        outcomes,
        prop::option::of(any::<bool>()),
        prop::option::weighted(0.2, 400..404_i64),
        prop::option::weighted(0.3, "[a-c]"),
    );
    (identity, links, values, ends(["d", "e"]), ends(["s", "t"])).prop_map(
        |((record_type, time, logged, late), links, values, destinations, subscriptions)| {
            let (message, exchange, number) = links;
            let (outcome, discarded, status, reason) = values;
            let by_time = made(record_type, time, message);
            let is_exchange = record_type == RecordType::Exchange;
            Made {
                // Some are kept under the hour of the original event.
                bucket: by_time.bucket - late.unwrap_or_default(),
                logged,
                exchange,
                number: number.filter(|_| !is_exchange),
                outcome: match record_type {
                    RecordType::Error => Some(Outcome::Failure),
                    _ => outcome,
                },
                discarded: discarded.filter(|_| record_type == RecordType::Error),
                status: status.filter(|_| !is_exchange),
                reason,
                destinations,
                subscriptions,
                ..match is_exchange {
                    true => super::exchange(time, 0, 200),
                    false => by_time,
                }
            }
        },
    )
}

/// A world whose exchanges all answer differently.
fn worlds() -> impl Strategy<Value = Vec<Made>> {
    prop::collection::vec(records(), 1..24).prop_map(|mut world| {
        for (n, made) in world.iter_mut().enumerate() {
            if made.record_type == RecordType::Exchange {
                let status = 200 + n as i64;
                made.status = Some(status);
                made.reason = Some(format!("answer {status}"));
                made.url = Some(format!("https://a/{status}"));
                made.message = None;
            } else if made.record_type == RecordType::Attempt && n % 2 == 0 {
                made.discarded = None;
            }
        }
        world
    })
}

/// Which commit each record comes in: hours whole and alone, several at once, or in parts.
fn orders() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(vec![0; 24]),
        prop::collection::vec(0..3_u8, 24),
        prop::collection::vec(0..9_u8, 24),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 1500, ..ProptestConfig::default() })]

    #[test]
    fn the_order_in_which_hours_come_changes_nothing(
        world in worlds(),
        by_hour in any::<bool>(),
        order in orders(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_temporary(folder.path());
        let mut commits: BTreeMap<u8, Vec<(usize, &Made)>> = BTreeMap::new();
        for (serial, made) in world.iter().enumerate() {
            let at = match by_hour {
                // OK because it is taken modulo the length.
                true => order[made.bucket.rem_euclid(24) as usize],
                false => order[serial],
            };
            commits.entry(at).or_default().push((serial, made));
        }
        for records in commits.values() {
            commit(&store, Mode::Merge, records);
        }
        let (stored, reckoned) = (stored(&store), reckoned(&world));
        for (serial, expected) in &reckoned {
            prop_assert_eq!(&stored[serial], expected, "record {}", serial);
        }
        prop_assert_eq!(stored.len(), reckoned.len());
    }
}

//! Sending against a real local server: what is retried, what is searched, what is remembered.

use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::providers::Token;
use crate::providers::http::{Http, Timeouts};
use crate::providers::segment::Region;
use crate::providers::test_server::{Reply, TestServer};

struct World {
    state: TempDir,
    server: TestServer,
}

impl World {
    fn answering(script: Vec<Reply>) -> World {
        World {
            state: tempfile::tempdir().unwrap(),
            server: TestServer::start(script),
        }
    }

    /// Sends events numbered from 0, and returns how that ended, what it came to, what was said.
    fn send(&self, events: u128) -> (Result<(), Error>, Tally, String) {
        let key = Token::new("wk-secret").unwrap();
        let http = Http::new(Timeouts::default());
        let url = self.server.url("");
        let tracking = Tracking::new(http, Some(&url), Region::Us, key).unwrap();
        let sent = Sent::open(self.state.path(), "s").unwrap();
        let now = Timestamp::parse("2025-03-24T00:00:00Z").unwrap();
        let mut sender = Sender::new(tracking, sent, now, Arc::default());
        let mut said = Vec::new();
        let mut messages = Messages::new(&mut said, false, false);
        let ended = (0..events)
            .try_for_each(|key| sender.push(&event(key), &mut messages))
            .and_then(|()| sender.flush(&mut messages));
        let tally = sender.tally();
        (ended, tally, String::from_utf8(said).unwrap())
    }

    fn remembered(&self, events: u128) -> Vec<u128> {
        remembered(self.state.path(), events)
    }

    /// What each request held.
    fn bodies(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter();
        requests.map(|request| request.body).collect()
    }
}

fn remembered(state: &Path, events: u128) -> Vec<u128> {
    let mut sent = Sent::look(state, "s");
    (0..events)
        .filter(|key| sent.contains(event(*key).hour, *key).unwrap())
        .collect()
}

fn event(key: u128) -> Event {
    Event {
        key,
        hour: Hour::parse("2025-03-23T20", Timestamp::MIN).unwrap(),
        text: format!(r#"{{"n":{key}}}"#),
        is_cut: false,
        is_bare: false,
    }
}

fn body(events: &[u128]) -> String {
    let events: Vec<String> = events.iter().map(|key| event(*key).text).collect();
    format!(r#"{{"batch":[{}]}}"#, events.join(","))
}

fn taken() -> Reply {
    Reply::new(200, &[], r#"{"success":true}"#)
}

fn refused() -> Reply {
    Reply::new(400, &[], r#"{"success":false,"message":"Malformed"}"#)
}

#[test]
fn a_batch_is_one_request_and_is_remembered() {
    let world = World::answering(vec![taken()]);
    let (ended, tally, said) = world.send(3);
    ended.unwrap();
    assert_eq!(world.bodies(), [body(&[0, 1, 2])]);
    assert_eq!(world.remembered(4), [0, 1, 2]);
    assert_eq!((tally.events, tally.requests, said.as_str()), (3, 1, ""));
    assert_eq!(tally.tell("h"), "3 events sent to `h` in 1 request");
    let nothing = World::answering(Vec::new());
    nothing.send(0).0.unwrap();
    assert!(nothing.bodies().is_empty());
}

#[test]
fn what_may_work_later_is_sent_again_as_it_was() {
    let world = World::answering(vec![
        Reply::new(503, &[], ""),
        Reply::new(429, &[("Retry-After", "1")], ""),
        Reply::raw(b""),
        taken(),
    ]);
    let (ended, tally, said) = world.send(2);
    ended.unwrap();
    assert_eq!(world.bodies(), vec![body(&[0, 1]); 4]);
    assert_eq!((tally.events, tally.requests), (2, 1));
    assert_eq!(said.matches("trying again in").count(), 3, "{said}");
}

#[test]
fn a_long_wait_is_not_sat_out_and_what_was_sent_is_kept() {
    let world = World::answering(vec![
        taken(),
        Reply::new(429, &[("X-RateLimit-Reset", "3600")], ""),
    ]);
    // 2500 events are a batch; one more is the next.
    let (ended, tally, _) = world.send(2501);
    let error = ended.unwrap_err();
    assert_eq!(error.kind, Kind::BudgetSpent);
    assert_eq!(error.hints[0], "It will take more in 1 h.");
    assert_eq!(tally.events, 2500);
    assert_eq!(world.remembered(2501).len(), 2500);
}

#[test]
fn the_one_event_that_is_not_taken_is_found_and_the_others_are_sent() {
    let world = World::answering(vec![refused(), taken(), refused(), refused(), taken()]);
    let (ended, tally, said) = world.send(4);
    ended.unwrap();
    let asked = [
        body(&[0, 1, 2, 3]),
        body(&[0, 1]),
        body(&[2, 3]),
        body(&[2]),
        body(&[3]),
    ];
    assert_eq!(world.bodies(), asked);
    assert_eq!((tally.events, tally.refused), (3, 1));
    assert_eq!(world.remembered(4), [0, 1, 3]);
    let expected = "warning: an event of 2025-03-23T20 is not sent: ";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.contains("Malformed"), "{said}");
}

#[test]
fn a_server_that_takes_nothing_is_not_asked_for_each_event() {
    let world = World::answering(vec![refused(); 40]);
    let (ended, tally, _) = world.send(64);
    let error = ended.unwrap_err();
    assert_eq!(error.kind, Kind::Remote);
    assert!(error.message.starts_with("5 events in a row were refused"));
    assert_eq!((tally.events, tally.refused), (0, 5));
    assert!(world.bodies().len() < 20);
}

#[test]
fn endings_tell_scripts_what_to_do() {
    for (status, kind) in [
        (401, Kind::Unauthorised),
        (403, Kind::Unauthorised),
        (404, Kind::Remote),
        (302, Kind::Remote),
    ] {
        let world = World::answering(vec![Reply::new(status, &[], "")]);
        let (ended, ..) = world.send(1);
        assert_eq!(ended.unwrap_err().kind, kind, "{status}");
        assert_eq!(world.bodies().len(), 1, "{status}");
        assert!(world.remembered(1).is_empty());
    }
}

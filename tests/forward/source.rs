//! A server on this machine that behaves as Segment's Tracking API is documented to.
//!
//! Rule: shares no code with the program: the limits are its own, and an event that breaks one is told, not mended.

use std::collections::{HashSet, VecDeque};
use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

use crate::support::server::{Reply, Request, read_request};

/// `printf 'wk-NobodyMayEverSee:' | base64`
pub(super) const AUTHORIZATION: &str = "Basic d2stTm9ib2R5TWF5RXZlclNlZTo=";
pub(super) const WRITE_KEY: &str = "wk-NobodyMayEverSee";

#[derive(Default)]
struct World {
    script: VecDeque<Reply>,
    /// An event that has this anywhere is malformed.
    poison: Option<String>,
    requests: Vec<Request>,
    /// As received, each `messageId` once.
    events: Vec<Value>,
    ids: HashSet<String>,
    /// Events of an id that was there already.
    repeated: usize,
}

/// A source; dropped, it takes no more connections.
pub(super) struct Source {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Source {
    pub(super) fn start() -> Source {
        let listener = TcpListener::bind("127.0.0.1:0").expect("no port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let world: Arc<Mutex<World>> = Arc::default();
        let ended = Arc::new(AtomicBool::new(false));
        let (shared, until) = (Arc::clone(&world), Arc::clone(&ended));
        let thread = thread::spawn(move || {
            for connection in listener.incoming() {
                if until.load(Ordering::Relaxed) {
                    break;
                }
                if let Ok(connection) = connection {
                    let world = Arc::clone(&shared);
                    thread::spawn(move || converse(connection, &world));
                }
            }
        });
        Source {
            address,
            world,
            ended,
            thread: Some(thread),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers the next request that has no answer yet with something else, and takes nothing of it.
    pub(super) fn next(&self, reply: Reply) {
        self.world().script.push_back(reply);
    }

    pub(super) fn forget_script(&self) {
        self.world().script.clear();
    }

    pub(super) fn poison(&self, word: &str) {
        self.world().poison = Some(word.to_owned());
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.world().requests.clone()
    }

    pub(super) fn events(&self) -> Vec<Value> {
        self.world().events.clone()
    }

    pub(super) fn repeated(&self) -> usize {
        self.world().repeated
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread, which waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn converse(connection: TcpStream, world: &Mutex<World>) {
    let Ok(mut out) = connection.try_clone() else {
        return;
    };
    let mut requests = BufReader::new(connection);
    while let Ok(Some(request)) = read_request(&mut requests) {
        let reply = world
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .answer(request);
        if !reply.send(&mut out).unwrap_or(false) {
            break;
        }
    }
}

impl World {
    fn answer(&mut self, request: Request) -> Reply {
        self.requests.push(request.clone());
        if let Some(reply) = self.script.pop_front() {
            return reply;
        }
        if (request.method.as_str(), request.path.as_str()) != ("POST", "/v1/batch") {
            return Reply::new(404, "no such page");
        }
        let refuse = |why: &str| Reply::json(400, &json!({ "success": false, "message": why }));
        if request.body.len() > 500_000 {
            return refuse("Exceeded payload limit");
        }
        let body: Value = match serde_json::from_str(&request.body) {
            Ok(body) => body,
            Err(_) => return refuse("Malformed JSON"),
        };
        let Some(events) = body["batch"].as_array().cloned() else {
            return refuse("No batch");
        };
        for event in &events {
            let text = event.to_string();
            if text.len() > 32_000 || self.poison.as_ref().is_some_and(|word| text.contains(word)) {
                return refuse("Malformed event");
            }
        }
        // A wrong key gets the same answer, and its events are dropped.
        if request.header("authorization") == Some(AUTHORIZATION) {
            for event in events.into_iter().take(2500) {
                let id = event["messageId"].as_str().unwrap_or_default().to_owned();
                if self.ids.insert(id) {
                    self.events.push(event);
                } else {
                    self.repeated += 1;
                }
            }
        }
        Reply::json(200, &json!({ "success": true }))
    }
}

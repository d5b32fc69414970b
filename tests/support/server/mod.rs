//! A server on this machine that behaves as Segment's Public API and the storage behind it are documented to.
//!
//! Rule: shares no code with the program or its demo; everything asked of it is logged, so that a test can say what a
//! request cost.

mod object;
mod wire;
mod world;

use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use world::World;

pub(crate) use object::Object;
pub(crate) use wire::{Reply, Request, read_request};
pub(crate) use world::{CREDENTIAL, Reads, SIGNATURE, TOKEN, refusal};

/// A running server; dropped, it takes no more connections.
pub(crate) struct Server {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on a free port of the loopback address. It holds no logs.
    pub(crate) fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("no port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let world = Arc::new(Mutex::new(World::new(format!("http://{address}"))));
        let ended = Arc::new(AtomicBool::new(false));
        let (shared, until) = (Arc::clone(&world), Arc::clone(&ended));
        let thread = thread::spawn(move || {
            for connection in listener.incoming() {
                if until.load(Ordering::Relaxed) {
                    break;
                }
                if let Ok(connection) = connection {
                    let world = Arc::clone(&shared);
                    // Ends when the program hangs up.
                    thread::spawn(move || converse(connection, &world));
                }
            }
        });
        Server {
            address,
            world,
            ended,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets what an hour, written as it is sent, consists of.
    pub(crate) fn hold(&self, collection: &str, hour: &str, objects: Vec<Object>) {
        let key = (collection.to_owned(), hour.to_owned());
        self.world().hours.insert(key, objects);
    }

    /// Answers the next POST that has no answer yet with something else.
    pub(crate) fn next_post(&self, reply: Reply) {
        self.world().posts.push_back(Some(reply));
    }

    /// Answers the next POST that has no answer yet as if nothing was scripted.
    pub(crate) fn next_post_as_usual(&self) {
        self.world().posts.push_back(None);
    }

    /// Puts something at a path of its own, for anybody.
    pub(crate) fn page(&self, path: &str, reply: Reply) {
        self.world().pages.insert(path.to_owned(), reply);
    }

    /// Answers the next requests for a path with these, one after the other.
    pub(crate) fn script(&self, path: &str, replies: Vec<Reply>) {
        let mut world = self.world();
        let scripted = world.scripted.entry(path.to_owned()).or_default();
        scripted.extend(replies);
    }

    pub(crate) fn echo(&self, reply: Reply) {
        self.world().echo = Some(reply);
    }

    pub(crate) fn reads(&self, reads: Reads) {
        self.world().reads = reads;
    }

    /// Puts the links elsewhere than documented.
    pub(crate) fn envelope(&self, envelope: fn(&[String]) -> Value) {
        self.world().envelope = envelope;
    }

    /// Tells a state of the rate limit with every answer from now on.
    pub(crate) fn tell_quota(&self, consumed: u64, remaining: u64, reset: &str) {
        self.world().headers = [
            ("X-RateLimit-Consumed", consumed.to_string()),
            ("X-RateLimit-Remaining", remaining.to_string()),
            ("X-RateLimit-Reset", reset.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
    }

    /// Returns all requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.world().requests()
    }

    /// Returns the requests that cost.
    pub(crate) fn posts(&self) -> Vec<Request> {
        let mut posts = self.requests();
        posts.retain(|request| request.method == "POST");
        posts
    }

    /// Returns the requests for objects.
    pub(crate) fn downloads(&self) -> Vec<Request> {
        let mut gets = self.requests();
        gets.retain(|request| request.path.starts_with("/objects/"));
        gets
    }

    /// Returns the hours that were asked for, in order, as they were sent.
    pub(crate) fn hours_asked(&self) -> Vec<String> {
        let said = |request: &Request| request.query("hour").map(str::to_owned);
        self.posts().iter().filter_map(said).collect()
    }

    pub(crate) fn story(&self) -> String {
        self.world().story()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread, which waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Returns the address of nobody.
pub(crate) fn dead_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("no port is free");
    let address = listener.local_addr().expect("a listener has an address");
    format!("http://{address}")
}

fn converse(connection: TcpStream, world: &Mutex<World>) {
    let Ok(mut out) = connection.try_clone() else {
        return;
    };
    let mut requests = BufReader::new(connection);
    while let Ok(Some(request)) = wire::read_request(&mut requests) {
        let mut held = world.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = held.answer(request);
        // Others are served while this is sent.
        drop(held);
        if !reply.send(&mut out).unwrap_or(false) {
            break;
        }
    }
}

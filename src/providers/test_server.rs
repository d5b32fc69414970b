//! A server on this machine that answers by a script and remembers what it was asked. For tests alone.
//!
//! Rule: one connection is one request and one reply; a request beyond the script has its connection closed.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    /// Stay silent with the connection open once `bytes` are sent.
    stall: bool,
}

impl Reply {
    /// Answers with a status, headers and a body; `Content-Length` is added.
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
        Reply::partial(status, headers, body.as_ref(), body.as_ref().len())
    }

    /// Answers like [`Reply::new`], but sends `sent` bytes of the body only.
    pub(crate) fn partial(
        status: u16,
        headers: &[(&str, &str)],
        body: &[u8],
        sent: usize,
    ) -> Reply {
        let mut bytes = format!("HTTP/1.1 {status} Scripted\r\nConnection: close\r\n").into_bytes();
        if status != 204 {
            bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        }
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&body[..sent]);
        Reply {
            bytes,
            stall: false,
        }
    }

    /// Sends bytes as they are, then closes.
    pub(crate) fn raw(bytes: &[u8]) -> Reply {
        Reply {
            bytes: bytes.to_vec(),
            stall: false,
        }
    }

    /// Says nothing more after its bytes, and does not close.
    pub(crate) fn then_stall(self) -> Reply {
        Reply {
            stall: true,
            ..self
        }
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lowercase.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A running server; dropped, it is gone.
pub(crate) struct TestServer {
    address: SocketAddr,
    requests: Receiver<Request>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Listens on a free port of the loopback address.
    pub(crate) fn start(script: Vec<Reply>) -> TestServer {
        TestServer::start_with(|_| script)
    }

    /// Listens, with a script that needs the server's own address.
    pub(crate) fn start_with(script: impl FnOnce(&str) -> Vec<Reply>) -> TestServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let script = script(&format!("http://{address}"));
        let (sender, requests) = mpsc::channel();
        let ended = Arc::new(AtomicBool::new(false));
        let stalled: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());
        let until = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            let mut script = script.into_iter();
            for connection in listener.incoming() {
                if until.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(mut connection) = connection else {
                    continue;
                };
                let Ok(request) = read_request(&connection) else {
                    continue;
                };
                let _ = sender.send(request);
                let Some(reply) = script.next() else { continue };
                let _ = connection.write_all(&reply.bytes);
                if reply.stall {
                    stalled.lock().unwrap().push(connection);
                }
            }
        });
        TestServer {
            address,
            requests,
            ended,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the requests since the last call.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns an address where nobody listens.
pub(crate) fn dead_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn read_request(connection: &TcpStream) -> io::Result<Request> {
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut parts = line.split_whitespace();
    let (Some(method), Some(target)) = (parts.next(), parts.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let (method, target) = (method.to_owned(), target.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request {
        method,
        target,
        headers,
        body: String::new(),
    };
    let length = request
        .header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Ok(request)
}

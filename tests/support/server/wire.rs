//! HTTP/1.1 as far as the test server speaks it: requests read whole, replies sent whole, cut, or slowly.
//!
//! Rule: written from the protocol, sharing no code with the program, so that a mistake is not made on both sides.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lowercase.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// Returns a text of the JSON body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}

fn first<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value.as_str())
}

/// How a reply's body goes out.
#[derive(Clone, Copy, Debug)]
enum Sending {
    Whole,
    /// So many bytes, then the connection is closed.
    Cut(usize),
    /// So many bytes at a time, with a pause after each.
    Slowly(usize, Duration),
    /// The connection is closed without a word.
    Silence,
}

/// What the server says.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    sending: Sending,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl AsRef<[u8]>) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            body: body.as_ref().to_owned(),
            sending: Sending::Whole,
        }
    }

    /// Closes the connection instead of answering, as a server that crashed.
    pub(crate) fn silence() -> Reply {
        Reply {
            sending: Sending::Silence,
            ..Reply::new(0, "")
        }
    }

    /// An error of the API, as documented.
    pub(crate) fn error(status: u16, kind: &str, message: &str) -> Reply {
        let error = serde_json::json!({ "type": kind, "message": message, "status": status });
        Reply::json(status, &serde_json::json!({ "errors": [error] }))
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Reply {
        Reply::new(status, body.to_string()).with("Content-Type", "application/json")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Closes the connection after so many bytes of the body.
    pub(crate) fn cut_at(self, bytes: usize) -> Reply {
        Reply {
            sending: Sending::Cut(bytes),
            ..self
        }
    }

    pub(crate) fn slowly(self, piece: usize, pause: Duration) -> Reply {
        Reply {
            sending: Sending::Slowly(piece, pause),
            ..self
        }
    }

    /// Sends it; returns whether the connection may be used again.
    pub(crate) fn send(&self, to: &mut TcpStream) -> io::Result<bool> {
        if matches!(self.sending, Sending::Silence) {
            return Ok(false);
        }
        let mut head = format!("HTTP/1.1 {} Answer\r\n", self.status);
        if self.status != 204 {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        let now = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT");
        head.push_str(&format!("Date: {now}\r\n"));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        to.write_all(head.as_bytes())?;
        match self.sending {
            Sending::Whole => to.write_all(&self.body)?,
            Sending::Cut(bytes) => {
                to.write_all(&self.body[..bytes])?;
                return Ok(false);
            }
            Sending::Slowly(piece, pause) => {
                for part in self.body.chunks(piece) {
                    to.write_all(part)?;
                    to.flush()?;
                    thread::sleep(pause);
                }
            }
            Sending::Silence => {}
        }
        to.flush()?;
        Ok(true)
    }
}

/// Reads the next request of a connection; `None` where the other side has hung up.
pub(crate) fn read_request(from: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut parts = line.split_whitespace();
    let (Some(method), Some(target)) = (parts.next(), parts.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let url = url::Url::parse(&format!("http://server{target}")).map_err(io::Error::other)?;
    let mut request = Request {
        method: method.to_owned(),
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        headers: Vec::new(),
        body: String::new(),
    };
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let pair = (name.to_ascii_lowercase(), value.trim().to_owned());
        request.headers.push(pair);
    }
    let length = request.header("content-length").unwrap_or("0");
    let mut body = vec![0; length.parse().map_err(io::Error::other)?];
    from.read_exact(&mut body)?;
    request.body = String::from_utf8(body).map_err(io::Error::other)?;
    Ok(Some(request))
}

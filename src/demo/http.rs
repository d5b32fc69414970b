//! The loopback plumbing: a thread that accepts connections and hands each request, whole, to a [`Service`].
//!
//! Rule: nothing here knows what a request means; it binds to the loopback address only, and ends when it is dropped.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::answer::{Answer, plain};
use super::service::Service;

/// Longest request body that is read, in bytes; the API's are below 200.
const REQUEST_LIMIT: usize = 64 * 1024;

/// A free port of the loopback address, bound but not yet served.
pub(super) struct Port {
    pub(super) address: SocketAddr,
    socket: std::net::TcpListener,
}

/// A thread that serves a port until it is dropped.
pub(super) struct Listener {
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Port {
    pub(super) fn bind() -> io::Result<Port> {
        let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Port { address, socket })
    }

    pub(super) fn serve(self, service: Arc<Mutex<Service>>) -> io::Result<Listener> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(self.socket)?
        };
        let (shutdown, ended) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("demo-server".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    tokio::spawn(accept(listener, service));
                    // An error means that the sender was dropped, which ends the server too.
                    let _ = ended.await;
                });
            })?;
        Ok(Listener {
            shutdown: Some(shutdown),
            thread: Some(thread),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            // A thread that has ended already needs no telling.
            let _ = shutdown.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes a lock even if a thread panicked while it held it: the demo's state is always whole.
pub(super) fn lock(service: &Mutex<Service>) -> MutexGuard<'_, Service> {
    service.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, service: Arc<Mutex<Service>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, most likely; others may end meanwhile.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let handler = service_fn(move |request| answer(Arc::clone(&service), request));
            // A client that goes away is no failure of the server.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), handler)
                .await;
        });
    }
}

async fn answer(
    service: Arc<Mutex<Service>>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_LIMIT).collect().await else {
        return Ok(plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "text/plain",
            "request body too large",
        ));
    };
    let (answer, delay) = lock(&service).respond(&parts, &body.to_bytes());
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    Ok(answer)
}

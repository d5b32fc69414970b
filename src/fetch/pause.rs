//! Waiting that Ctrl-C ends.
//!
//! Rule: every wait of a fetch, for time or for the network, goes through here; anything else would hold the program for
//! up to a minute after Ctrl-C.

use std::hash::{BuildHasher, RandomState};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long Ctrl-C may go unnoticed.
const SLICE: Duration = Duration::from_millis(50);

/// Ctrl-C was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interrupted;

/// Waits, unless or until `interrupted` is set.
pub(crate) fn pause(wait: Duration, interrupted: &AtomicBool) -> Result<(), Interrupted> {
    let start = Instant::now();
    loop {
        if interrupted.load(Ordering::Relaxed) {
            return Err(Interrupted);
        }
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(SLICE));
    }
}

/// Makes a call that may block, on a thread of its own. Once `interrupted` is set the call is left to itself: it ends with
/// the process, if not before.
pub(crate) fn beside<T: Send + 'static>(
    interrupted: &AtomicBool,
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Interrupted> {
    let (sender, receiver) = sync_channel(1);
    let thread = thread::spawn(move || {
        // Fails only when the caller has left.
        let _ = sender.send(call());
    });
    loop {
        match receiver.recv_timeout(SLICE) {
            Ok(made) => return Ok(made),
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => {
                return Err(Interrupted);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => resume_unwind(panic),
                // OK because a thread that has ended without a panic has sent.
                Ok(()) => return Err(Interrupted),
            },
        }
    }
}

/// Returns a number from 0 to 1 that differs from call to call; the randomness of hash maps serves.
pub(crate) fn jitter() -> f64 {
    let bits = RandomState::new().hash_one(0u8) >> 32;
    bits as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_lasts_as_long_as_asked() {
        let start = Instant::now();
        assert_eq!(
            pause(Duration::from_millis(60), &AtomicBool::new(false)),
            Ok(())
        );
        assert!(start.elapsed() >= Duration::from_millis(60));
    }

    #[test]
    fn a_pause_ends_when_interrupted() {
        let start = Instant::now();
        let interrupted = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(30));
                interrupted.store(true, Ordering::Relaxed);
            });
            assert_eq!(
                pause(Duration::from_secs(60), &interrupted),
                Err(Interrupted)
            );
        });
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_call_is_waited_for_unless_interrupted() {
        let interrupted = AtomicBool::new(false);
        let slow = || {
            thread::sleep(Duration::from_millis(60));
            7
        };
        assert_eq!(beside(&interrupted, slow), Ok(7));
        interrupted.store(true, Ordering::Relaxed);
        let start = Instant::now();
        let endless = || thread::sleep(Duration::from_secs(60));
        assert_eq!(beside(&interrupted, endless), Err(Interrupted));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_panic_of_a_call_is_passed_on() {
        let panic = std::panic::catch_unwind(|| {
            let _ = beside(&AtomicBool::new(false), || panic!("the call's own"));
        });
        let message = panic.unwrap_err();
        assert_eq!(message.downcast_ref(), Some(&"the call's own"));
    }

    #[test]
    fn jitter_is_spread_from_0_to_1() {
        let all: Vec<f64> = (0..200).map(|_| jitter()).collect();
        assert!(all.iter().all(|x| (0.0..=1.0).contains(x)));
        assert!(all.iter().any(|x| *x < 0.4) && all.iter().any(|x| *x > 0.6));
    }
}

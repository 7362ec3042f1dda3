use std::sync::mpsc;
use std::thread::Builder;
use std::time::Duration;

/// The result of `work`, which runs on its own thread; `None` if it panics or takes longer than `limit`. A broken driver, a file server
/// that is down or a dead network can block a thread for minutes, and the report must be printed anyway.
pub fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (send, receive) = mpsc::channel();
    Builder::new().spawn(move || send.send(work())).ok()?;
    receive.recv_timeout(limit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_hangs_is_abandoned() {
        assert_eq!(within(Duration::from_secs(60), || 1), Some(1));
        let hangs = || std::thread::sleep(Duration::from_secs(60));
        assert_eq!(within(Duration::from_millis(1), hangs), None);
    }
}

use std::thread;
use std::time::Duration;

use super::HubError;

const TRIES: u32 = 5;
const LONGEST: Duration = Duration::from_secs(60);

/// How often something that fails is tried again.
pub struct Patience {
    pause: Duration,
    failures: u32,
}

impl Patience {
    pub fn new(pause: Duration) -> Self {
        Patience { pause, failures: 0 }
    }

    /// There was progress: all tries are left again.
    pub fn renew(&mut self) {
        self.failures = 0;
    }

    /// Waits before the next try, or gives the error back if it is lasting or there were enough tries.
    pub fn wait(&mut self, error: HubError) -> Result<(), HubError> {
        if !error.is_transient() || self.failures == TRIES {
            return Err(error);
        }
        thread::sleep(self.before_next(&error));
        self.failures += 1;
        Ok(())
    }

    fn before_next(&self, error: &HubError) -> Duration {
        let own = self.pause.saturating_mul(2_u32.saturating_pow(self.failures));
        let asked = if let HubError::Busy { after, .. } = error { *after } else { None };
        asked.unwrap_or(own).min(LONGEST)
    }
}

/// Calls until there is an answer. A host that cannot be reached at all is not tried again.
pub fn retry<T>(pause: Duration, mut call: impl FnMut() -> Result<T, HubError>) -> Result<T, HubError> {
    let mut patience = Patience::new(pause);
    loop {
        match call() {
            Err(error @ HubError::Unreachable { .. }) => return Err(error),
            Err(error) => patience.wait(error)?,
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_the_hub_may_ask_for_others() {
        let busy = |after: Option<u64>| HubError::Busy {
            url: String::new(),
            status: 429,
            after: after.map(Duration::from_secs),
        };
        let pause = |failures, after| {
            let patience = Patience { pause: Duration::from_secs(1), failures };
            patience.before_next(&busy(after)).as_secs()
        };
        assert_eq!((pause(0, None), pause(1, None), pause(4, None)), (1, 2, 16));
        assert_eq!((pause(0, Some(7)), pause(0, Some(3600)), pause(4, Some(0))), (7, 60, 0));
    }
}

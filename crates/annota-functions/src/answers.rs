use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion_common::{Result, ScalarValue};
use datafusion_expr::ColumnarValue;
use lru::LruCache;

const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);

/// An answer, or the place where it will be.
type Answer = Arc<Mutex<Option<ScalarValue>>>;

/// The answers of a function's calls on nothing but literals: as many as a query is likely to have, those that were
/// asked last.
pub struct Answers(Mutex<LruCache<Vec<ScalarValue>, Answer>>);

impl Default for Answers {
    fn default() -> Self {
        Answers(Mutex::new(LruCache::new(KEPT)))
    }
}

impl Answers {
    /// The answer for these arguments, which is computed if it is not there. Others wait who ask for the same.
    pub fn get(
        &self,
        literals: Vec<ScalarValue>,
        compute: impl FnOnce() -> Result<ColumnarValue>,
    ) -> Result<ColumnarValue> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.get_or_insert(literals, Answer::default).clone();
        drop(answers);
        let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = answer.as_ref() {
            return Ok(ColumnarValue::Scalar(value.clone()));
        }
        let value = compute()?;
        if let ColumnarValue::Scalar(value) = &value {
            *answer = Some(value.clone());
        }
        Ok(value)
    }
}

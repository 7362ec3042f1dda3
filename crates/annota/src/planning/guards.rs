//! What a row must pass for an expression to be evaluated for it.

use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{CaseExpr, Literal};
use datafusion::scalar::ScalarValue;

/// A condition as that of a `CASE`, of one over an expression if there is one. A row passes that meets it, or all others
/// do.
#[derive(Clone)]
pub struct Guard {
    base: Option<Arc<dyn PhysicalExpr>>,
    condition: Arc<dyn PhysicalExpr>,
    is_to_be_met: bool,
}

impl Guard {
    pub fn when(base: &Option<Arc<dyn PhysicalExpr>>, condition: &Arc<dyn PhysicalExpr>) -> Self {
        Guard { base: base.clone(), condition: condition.clone(), is_to_be_met: true }
    }

    pub fn unless(base: &Option<Arc<dyn PhysicalExpr>>, condition: &Arc<dyn PhysicalExpr>) -> Self {
        Guard { is_to_be_met: false, ..Guard::when(base, condition) }
    }

    /// `value` where a row passes, else NULL.
    fn over(&self, value: Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
        let (met, otherwise) = if self.is_to_be_met {
            (value, None)
        } else {
            let null: Arc<dyn PhysicalExpr> = Arc::new(Literal::new(ScalarValue::try_from(value.data_type(schema)?)?));
            (null, Some(value))
        };
        let branches = vec![(self.condition.clone(), met)];
        Ok(Arc::new(CaseExpr::try_new(self.base.clone(), branches, otherwise)?))
    }
}

impl PartialEq for Guard {
    fn eq(&self, other: &Self) -> bool {
        // Derived, it would move what it compares.
        self.base.eq(&other.base) && self.condition.eq(&other.condition) && self.is_to_be_met == other.is_to_be_met
    }
}

/// An argument of a call, NULL for rows that do not pass the guards, of which the last is the innermost. Literals are
/// parameters and stay what they are.
pub fn guarded(argument: &Arc<dyn PhysicalExpr>, guards: &[Guard], schema: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
    if argument.downcast_ref::<Literal>().is_some() {
        return Ok(argument.clone());
    }
    guards.iter().rev().try_fold(argument.clone(), |value, guard| guard.over(value, schema))
}

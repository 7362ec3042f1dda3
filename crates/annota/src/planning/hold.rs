use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::utils::take_function_args;
use datafusion::common::{Column, internal_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, Filter, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::optimizer::OptimizerConfig;

use super::calls::embeds;

/// Keeps filters over vectors where they are. DataFusion's `FilterPushdown` carries a condition on a column of a
/// projection to a filter below it and writes what computes the column in its place: computed there and again above,
/// and for rows that the lower filter drops. It does so with volatile functions as well, but not with conditions
/// that are volatile before: the column goes through [`computed`].
pub fn hold_computed(plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Filter(filter) = plan else { return Ok(Transformed::no(plan)) };
    let hold = |expr: Expr| match &expr {
        Expr::ScalarFunction(call) if *call.func == **COMPUTED => {
            Ok(Transformed::new(expr, false, TreeNodeRecursion::Jump))
        }
        Expr::Column(column) if is_computed(column, &filter.input) => {
            Ok(Transformed::new(COMPUTED.call(vec![expr]), true, TreeNodeRecursion::Jump))
        }
        _ => Ok(Transformed::no(expr)),
    };
    let held = filter.predicate.transform_down(hold)?;
    Ok(held.update_data(|predicate| LogicalPlan::Filter(Filter::new(predicate, filter.input))))
}

/// Whether a model is asked for a column by projections that a condition on it might be carried through.
fn is_computed(column: &Column, plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => {
            let expr = projection.schema.maybe_index_of_column(column).and_then(|place| projection.expr.get(place));
            expr.is_some_and(|expr| {
                embeds(expr) || expr.column_refs().into_iter().any(|column| is_computed(column, &projection.input))
            })
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let place = alias.schema.maybe_index_of_column(column);
            let inner = place.map(|place| Column::from(alias.input.schema().qualified_field(place)));
            inner.is_some_and(|column| is_computed(&column, &alias.input))
        }
        LogicalPlan::Filter(_) | LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Window(_) => {
            plan.inputs().into_iter().any(|input| is_computed(column, input))
        }
        LogicalPlan::Join(_) | LogicalPlan::Repartition(_) => {
            let mut inputs = plan.inputs().into_iter().filter(|input| input.schema().has_column(column));
            inputs.any(|input| is_computed(column, input))
        }
        _ => false,
    }
}

static COMPUTED: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(Computed::default())));

/// A function that every process knows which runs such plans.
pub fn computed() -> Arc<ScalarUDF> {
    COMPUTED.clone()
}

/// `annota_computed(column)` → the column. Volatile in name only.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Computed {
    signature: Signature,
}

impl Default for Computed {
    fn default() -> Self {
        Computed { signature: Signature::any(1, Volatility::Volatile) }
    }
}

impl ScalarUDFImpl for Computed {
    fn name(&self) -> &str {
        "annota_computed"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("annota_computed has a return field")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let [field] = take_function_args(self.name(), args.arg_fields)?;
        Ok(field.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [column] = take_function_args(self.name(), args.args)?;
        Ok(column)
    }
}

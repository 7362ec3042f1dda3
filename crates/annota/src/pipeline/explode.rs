use datafusion::common::{Column, NullHandling, RecursionUnnestOption, UnnestOptions};
use datafusion::dataframe::DataFrame;
use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::expr::Unnest;
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::prelude::{Expr, ident};

use super::others;
use crate::Result;

/// A row for every annotation of a column, which has one in each row from then on. It is the plan that SQL makes of
/// `as_annotations([unnest(column)], kind)`, with the names that it gives.
pub fn explode(data: DataFrame, column: &str, kind: &str) -> Result<DataFrame> {
    let (state, plan) = data.into_parts();
    let rest = others(&plan, column);
    let placeholder = Column::from_name(format!("__unnest_placeholder({column})"));
    let annotation = Column::from_name(format!("__unnest_placeholder({column},depth=1)"));
    let list = ident(column).alias(&placeholder.name);
    let inner = LogicalPlanBuilder::from(plan).project(rest.iter().cloned().chain([list]))?;
    let rows = inner.unnest_columns_with_options(vec![placeholder.clone()], options(placeholder, &annotation))?;
    let shown = Expr::Unnest(Unnest::new(ident(column))).schema_name().to_string();
    let one = make_array(vec![Expr::Column(annotation).alias(shown)]);
    let call = state.udf("as_annotations")?.call(vec![one, lit(kind)]).alias(column);
    let plan: LogicalPlan = rows.project(rest.into_iter().chain([call]))?.build()?;
    Ok(DataFrame::new(state, plan))
}

/// A row whose list is NULL or empty vanishes.
fn options(list: Column, item: &Column) -> UnnestOptions {
    let recursion = RecursionUnnestOption { input_column: list, output_column: item.clone(), depth: 1 };
    UnnestOptions::new().with_null_handling(NullHandling::Drop).with_recursions(recursion)
}

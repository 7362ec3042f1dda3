use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::physical_expr::{PhysicalExpr, conjunction, split_conjunction};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};

use super::embeds;

/// Splits filters, so that conditions that ask a model see only rows that have passed the others: `AND` by itself
/// evaluates both sides on all rows of a batch.
pub fn cheap_conditions_first(plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
    let split = |plan: Arc<dyn ExecutionPlan>| match plan.downcast_ref::<FilterExec>().map(split) {
        Some(Ok(Some(filter))) => Ok(Transformed::yes(filter)),
        Some(Err(error)) => Err(error),
        _ => Ok(Transformed::no(plan)),
    };
    Ok(plan.transform_up(split)?.data)
}

fn split(filter: &FilterExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let conditions = split_conjunction(filter.predicate()).into_iter().cloned();
    let (dear, cheap): (Vec<Arc<dyn PhysicalExpr>>, Vec<_>) = conditions.partition(embeds);
    if dear.is_empty() || cheap.is_empty() {
        return Ok(None);
    }
    let first = FilterExecBuilder::new(conjunction(cheap), filter.input().clone())
        .with_batch_size(filter.batch_size())
        .with_default_selectivity(filter.default_selectivity())
        .build()?;
    let second = FilterExecBuilder::from(filter).with_predicate(conjunction(dear)).with_input(Arc::new(first));
    Ok(Some(Arc::new(second.build()?)))
}

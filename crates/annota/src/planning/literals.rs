use std::collections::HashSet;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::OptimizerConfig;

use super::calls::{is_constant, plan_embeds};

/// Makes equal calls on literals the same call, wherever they stand in a plan: it keeps its answer.
pub fn literals_once(plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
    if !plan_embeds(&plan)? {
        return Ok(Transformed::no(plan));
    }
    let mut calls: HashSet<Expr> = HashSet::new();
    let mut same = |expr: Expr| {
        if !is_constant(&expr) {
            return Ok(Transformed::no(expr));
        }
        if let Some(call) = calls.get(&expr) {
            return Ok(Transformed::new(call.clone(), true, TreeNodeRecursion::Jump));
        }
        calls.insert(expr.clone());
        Ok(Transformed::new(expr, false, TreeNodeRecursion::Jump))
    };
    plan.transform_down_with_subqueries(|node| node.map_expressions(|expr| expr.transform_down(&mut same)))
}

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::OptimizerConfig;

use super::calls::{embeds, is_conditional, is_liftable};
use super::columns::{Wider, named_as, only};

/// Gives columns to nodes that would evaluate again what asks a model: a sort does where it merges partitions, a window
/// for each of its parts, a join for pairs of rows. Nor need a sort keep vectors for the numbers that it sorts by.
pub fn embed_below(plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
    use LogicalPlan::{Aggregate, Join, Sort, Window};
    let evaluates_again = matches!(plan, Sort(_) | Aggregate(_) | Window(_) | Join(_));
    if !evaluates_again || !plan.expressions().iter().any(embeds) {
        return Ok(Transformed::no(plan));
    }
    let inputs = plan.inputs().into_iter();
    let mut inputs: Vec<Wider> = inputs.map(|input| Wider::new(input.clone(), config.alias_generator())).collect();
    let exprs = of_rows(&plan, |expr| {
        let lifted = expr.clone().transform_down(|expr| Ok(lift(expr, &mut inputs)))?;
        Ok(if lifted.transformed { named_as(&expr, lifted.data, &plan) } else { expr })
    })?;
    if !inputs.iter().any(Wider::is_wider) {
        return Ok(Transformed::no(plan));
    }
    let inputs = inputs.into_iter().map(Wider::build).collect::<Result<_>>()?;
    only(plan.with_new_exprs(exprs, inputs)?, plan.schema().columns()).map(Transformed::yes)
}

/// The expressions of a node, changed where they are evaluated for all rows of an input.
fn of_rows(plan: &LogicalPlan, mut change: impl FnMut(Expr) -> Result<Expr>) -> Result<Vec<Expr>> {
    let LogicalPlan::Join(join) = plan else {
        return plan.expressions().into_iter().map(change).collect();
    };
    let mut keys = plan.expressions();
    let conditions = keys.split_off(join.on.len());
    // A join without keys asks for each pair of rows, one with keys for pairs of equal keys, which may be few.
    let conditions = match keys.is_empty() {
        true => conditions.into_iter().flat_map(split_conjunction_owned).map(&mut change).collect::<Result<_>>()?,
        false => conditions,
    };
    let keys = keys.into_iter().map(change);
    keys.chain(conjunction(conditions).map(Ok)).collect()
}

fn lift(expr: Expr, inputs: &mut [Wider]) -> Transformed<Expr> {
    let input = inputs.iter_mut().find(|input| input.can_compute(&expr));
    match input.filter(|_| is_liftable(&expr)) {
        Some(input) => Transformed::new(Expr::Column(input.column(&expr)), true, TreeNodeRecursion::Jump),
        None if is_conditional(&expr) => Transformed::new(expr, false, TreeNodeRecursion::Jump),
        None => Transformed::no(expr),
    }
}

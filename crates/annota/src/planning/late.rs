use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, JoinType};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use super::calls::{embeds, over, varies};

/// Computes vectors after nodes that drop rows by other columns (`ORDER BY … LIMIT`, semi-joins and anti-joins) where
/// a query would compute them before.
#[derive(Debug)]
pub struct EmbedLate;

impl OptimizerRule for EmbedLate {
    fn name(&self) -> &str {
        "embed_late"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let is_worthwhile = match &plan {
            LogicalPlan::Sort(sort) => sort.fetch.is_some(),
            LogicalPlan::Join(join) => matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti),
            _ => false,
        };
        match Deferred::of(&plan).filter(|_| is_worthwhile) {
            Some(deferred) => Ok(Transformed::yes(deferred.rewrite(&plan)?)),
            None => Ok(Transformed::no(plan)),
        }
    }
}

/// A node over a projection of which some columns are vectors that the node does not look at.
struct Deferred {
    /// What the projection reads.
    source: Arc<LogicalPlan>,
    /// The columns of the node's first input: their names, how they are computed, and whether that is put off.
    columns: Vec<(Column, Expr, bool)>,
    /// The columns that what is put off reads, and what they are called on the way.
    carried: HashMap<Column, String>,
}

impl Deferred {
    fn of(plan: &LogicalPlan) -> Option<Self> {
        let input = *plan.inputs().first()?;
        let Computed { exprs, source } = Computed::by(input)?;
        let is_looked_at = |column: &Column| plan.expressions().iter().any(|expr| refers(expr, column, input.schema()));
        let columns = input.schema().columns().into_iter().zip(exprs).map(|(name, expr)| {
            let put_off = embeds(&expr) && !is_looked_at(&name);
            (name, expr, put_off)
        });
        let columns: Vec<(Column, Expr, bool)> = columns.collect();
        if !columns.iter().any(|(_, _, put_off)| *put_off) {
            return None;
        }
        let mut carried = HashMap::new();
        for (_, expr, _) in columns.iter().filter(|(_, _, put_off)| *put_off) {
            for column in expr.column_refs() {
                let next = format!("annota_carried_{}", carried.len());
                carried.entry(column.clone()).or_insert(next);
            }
        }
        Some(Deferred { source, columns, carried })
    }

    fn rewrite(self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        let kept = self.columns.iter().filter(|(_, _, put_off)| !put_off);
        let kept = kept.map(|(name, expr, _)| expr.clone().alias_qualified(name.relation.clone(), name.name.clone()));
        let mut carried: Vec<(&Column, &String)> = self.carried.iter().collect();
        carried.sort();
        let carried = carried.into_iter().map(|(column, name)| Expr::Column(column.clone()).alias(name.clone()));
        let before = Projection::try_new(kept.chain(carried).collect(), self.source.clone())?;
        let others = plan.inputs().into_iter().skip(1).cloned();
        let inputs = std::iter::once(LogicalPlan::Projection(before)).chain(others).collect();
        let node = plan.with_new_exprs(plan.expressions(), inputs)?;
        let after = self.columns.iter().map(|(name, expr, put_off)| match put_off {
            true => Ok(self.over_carried(expr.clone())?.alias_qualified(name.relation.clone(), name.name.clone())),
            false => Ok(Expr::Column(name.clone())),
        });
        let after = after.collect::<Result<Vec<Expr>>>()?;
        Ok(LogicalPlan::Projection(Projection::try_new(after, Arc::new(node))?))
    }

    fn over_carried(&self, expr: Expr) -> Result<Expr> {
        let replaced = expr.transform_up(|expr| match &expr {
            Expr::Column(column) => Ok(match self.carried.get(column) {
                Some(name) => Transformed::yes(Expr::Column(Column::new_unqualified(name))),
                None => Transformed::no(expr),
            }),
            _ => Ok(Transformed::no(expr)),
        });
        Ok(replaced?.data)
    }
}

/// The columns of a plan, as projections that stand on one another compute them from what the lowest of them reads.
struct Computed {
    exprs: Vec<Expr>,
    source: Arc<LogicalPlan>,
}

impl Computed {
    fn by(plan: &LogicalPlan) -> Option<Self> {
        let projection = match plan {
            LogicalPlan::Projection(projection) => projection,
            LogicalPlan::SubqueryAlias(alias) => return Computed::by(&alias.input),
            _ => return None,
        };
        let exprs: Vec<Expr> = projection.expr.iter().map(|expr| expr.clone().unalias()).collect();
        let schema = projection.input.schema();
        // What is not the same at every time stays a column, of which there may be several readers.
        let below = Computed::by(&projection.input).filter(|below| !below.exprs.iter().any(varies));
        let inlined = below.and_then(|Computed { exprs: inner, source }| {
            let inner = |column: &Column| inner.get(schema.maybe_index_of_column(column)?).cloned();
            let exprs = exprs.iter().map(|expr| over(expr.clone(), inner)).collect::<Option<_>>()?;
            Some(Computed { exprs, source })
        });
        Some(inlined.unwrap_or_else(|| Computed { exprs, source: projection.input.clone() }))
    }
}

/// Whether an expression reads a column of a schema, however it names it.
fn refers(expr: &Expr, column: &Column, schema: &DFSchema) -> bool {
    let place = schema.maybe_index_of_column(column);
    expr.column_refs().into_iter().any(|other| schema.maybe_index_of_column(other) == place)
}

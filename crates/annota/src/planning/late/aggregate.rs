use std::collections::{HashMap, HashSet};
use std::slice::from_ref;
use std::sync::Arc;

use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams, NullTreatment, Sort};
use datafusion::logical_expr::logical_plan::Aggregate;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::{Carried, Deferral, Late, columns_of, is_movable};
use crate::planning::calls::{embeds, named};

impl Deferral<'_> {
    /// The first or last vector of a group is the vector of its first or last row: `DISTINCT ON` asks so, too.
    pub(super) fn aggregate(&self, aggregate: &Aggregate, looked_at: &HashSet<Column>) -> Result<Option<Late>> {
        let schema = aggregate.input.schema();
        // Without groups there may be no row, of which nothing is the first.
        let has_rows = !aggregate.group_expr.is_empty()
            && !aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)));
        let outputs =
            aggregate.schema.columns().into_iter().skip(aggregate.schema.fields().len() - aggregate.aggr_expr.len());
        let calls: Vec<(Column, &Expr, Option<Pick>)> = outputs
            .zip(&aggregate.aggr_expr)
            .map(|(output, expr)| {
                let pick = Pick::of(expr).filter(|_| has_rows && !looked_at.contains(&output));
                (output, expr, pick)
            })
            .collect();
        let mut read_here: Vec<&Column> = aggregate.group_expr.iter().flat_map(Expr::column_refs).collect();
        for (_, expr, pick) in &calls {
            match pick {
                Some(pick) => read_here.extend(pick.keys().iter().flat_map(|key| key.expr.column_refs())),
                None => read_here.extend(expr.column_refs()),
            }
        }
        let below = self.below(&aggregate.input, &columns_of(&read_here, schema))?;

        let (mut kept, mut vectors, mut carried) = (Vec::new(), HashMap::new(), Carried::new(self.names));
        for (output, expr, pick) in calls {
            let vector = pick.map(|pick| (below.replace(named(pick.value(), from_ref(schema))), pick));
            match vector.filter(|(vector, _)| embeds(vector)) {
                Some((vector, pick)) => {
                    vectors.insert(output, carried.vector(&vector, |column| pick.of_column(column)));
                }
                None => kept.push(expr.clone()),
            }
        }
        if vectors.is_empty() {
            return Ok(None);
        }
        let calls = kept.into_iter().chain(carried.exprs()).collect();
        let aggregate = Aggregate::try_new(Arc::new(below.plan), aggregate.group_expr.clone(), calls)?;
        Ok(Some(Late { plan: LogicalPlan::Aggregate(aggregate), vectors }))
    }
}

/// A call that picks the value of one of a group's rows, by other columns.
struct Pick<'a>(&'a AggregateFunction);

impl<'a> Pick<'a> {
    fn of(expr: &'a Expr) -> Option<Self> {
        let call = match expr {
            Expr::Alias(alias) => return Pick::of(&alias.expr),
            Expr::AggregateFunction(call) => call,
            _ => return None,
        };
        let AggregateFunctionParams { args, distinct, filter, null_treatment, .. } = &call.params;
        let picks_row = ["first_value", "last_value"].contains(&call.func.name());
        let is_by_others = *null_treatment != Some(NullTreatment::IgnoreNulls);
        let is_plain = !distinct && filter.is_none() && args.len() == 1 && args.iter().all(is_movable);
        (picks_row && is_by_others && is_plain).then_some(Pick(call))
    }

    fn value(&self) -> Expr {
        self.0.params.args[0].clone()
    }

    /// What says which row it is.
    fn keys(&self) -> &'a [Sort] {
        &self.0.params.order_by
    }

    /// The column of the same row.
    fn of_column(&self, column: &Column) -> Expr {
        let params = AggregateFunctionParams { args: vec![Expr::Column(column.clone())], ..self.0.params.clone() };
        Expr::AggregateFunction(AggregateFunction { func: self.0.func.clone(), params })
    }
}

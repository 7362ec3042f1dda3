//! Plans with more columns, and with less.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::Column;
use datafusion::common::alias::AliasGenerator;
use datafusion::error::Result;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};

/// A plan that is to have columns for expressions beside those that it has.
pub struct Wider<'a> {
    plan: LogicalPlan,
    names: &'a AliasGenerator,
    columns: HashMap<Expr, Column>,
    computed: Vec<Expr>,
}

impl<'a> Wider<'a> {
    pub fn new(plan: LogicalPlan, names: &'a AliasGenerator) -> Self {
        Wider { plan, names, columns: HashMap::new(), computed: Vec::new() }
    }

    /// Whether the plan has all columns that an expression reads.
    pub fn can_compute(&self, expr: &Expr) -> bool {
        expr.column_refs().into_iter().all(|column| self.plan.schema().has_column(column))
    }

    pub fn column(&mut self, expr: &Expr) -> Column {
        if let Some(column) = self.columns.get(expr) {
            return column.clone();
        }
        let name = self.names.next("annota_once");
        self.computed.push(expr.clone().alias(&name));
        let column = Column::new_unqualified(name);
        self.columns.insert(expr.clone(), column.clone());
        column
    }

    pub fn is_wider(&self) -> bool {
        !self.computed.is_empty()
    }

    pub fn build(self) -> Result<LogicalPlan> {
        if self.computed.is_empty() {
            return Ok(self.plan);
        }
        let exprs = self.plan.schema().columns().into_iter().map(Expr::Column).chain(self.computed);
        Ok(LogicalPlan::Projection(Projection::try_new(exprs.collect(), Arc::new(self.plan))?))
    }
}

/// The plan with no columns but these, all of which it has.
pub fn only(plan: LogicalPlan, columns: Vec<Column>) -> Result<LogicalPlan> {
    if plan.schema().fields().len() == columns.len() {
        return Ok(plan);
    }
    let exprs = columns.into_iter().map(Expr::Column).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}

/// An expression of a node after it changed, under its old name where columns of the node are named by its expressions.
pub fn named_as(before: &Expr, after: Expr, plan: &LogicalPlan) -> Expr {
    match plan {
        LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) | LogicalPlan::Window(_) => {
            NamePreserver::new(plan).save(before).restore(after)
        }
        _ => after,
    }
}

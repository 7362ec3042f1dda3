//! Calls of functions that ask a model, in logical expressions.

use std::collections::HashMap;
use std::sync::Arc;

use annota_functions::AnnotatorUdf;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, Operator};

/// Whether a model is asked anywhere in an expression.
pub fn embeds(expr: &Expr) -> bool {
    expr.exists(|expr| Ok(is_embedding(expr))).unwrap_or(false)
}

/// Whether an expression may be of another value at every time, even if models are not.
pub fn varies(expr: &Expr) -> bool {
    expr.exists(|expr| Ok(expr.is_volatile_node() && !is_embedding(expr))).unwrap_or(true)
}

/// Whether a model is asked anywhere in a plan.
pub fn plan_embeds(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            found |= embeds(expr);
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
    })?;
    Ok(found)
}

fn is_embedding(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if AnnotatorUdf::embeds(&call.func))
}

/// Whether an expression is a call on nothing but literals.
pub fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarFunction(call) if is_embedding(expr) => {
            call.args.iter().all(|arg| matches!(arg, Expr::Literal(..)))
        }
        _ => false,
    }
}

/// Whether an expression is a call that depends on the columns of a row and on nothing else, so that one column may
/// stand for it and its equals.
pub fn is_shareable(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarFunction(call) if is_embedding(expr) => {
            expr.any_column_refs() && is_of_row(expr) && !call.args.iter().any(Expr::is_volatile)
        }
        _ => false,
    }
}

/// Whether an expression can become a column below its node, and asks a model for each row there as it does here.
pub fn is_liftable(expr: &Expr) -> bool {
    let stays = |expr: &Expr| match expr {
        Expr::Alias(_) | Expr::AggregateFunction(_) | Expr::WindowFunction(_) | Expr::GroupingSet(_) => true,
        _ => expr.is_volatile_node() && !is_embedding(expr),
    };
    let mut reached = Vec::new();
    find_reached(expr, &mut reached);
    !reached.is_empty() && is_of_row(expr) && !expr.exists(|expr| Ok(stays(expr))).unwrap_or(true)
}

/// Whether all that an expression reads is in the row.
pub fn is_of_row(expr: &Expr) -> bool {
    let reads_elsewhere = |expr: &Expr| {
        let is_bound_outside = matches!(expr, Expr::OuterReferenceColumn(..) | Expr::LambdaVariable(_));
        let is_subquery =
            matches!(expr, Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_) | Expr::ScalarSubquery(_));
        is_bound_outside || is_subquery
    };
    !expr.exists(|expr| Ok(reads_elsewhere(expr))).unwrap_or(true)
}

/// The calls of a node, their columns named as its inputs name them, so that equal calls are equal.
pub struct Calls {
    /// All of them, as often as they stand there.
    pub all: Vec<Expr>,
    /// Those that are evaluated for every row.
    pub reached: Vec<Expr>,
}

impl Calls {
    pub fn of(exprs: &[Expr], inputs: &[Arc<DFSchema>]) -> Self {
        let (mut all, mut reached) = (Vec::new(), Vec::new());
        for expr in exprs {
            find(expr, &mut all);
            find_reached(expr, &mut reached);
        }
        let named = |calls: Vec<&Expr>| calls.into_iter().map(|call| named(call.clone(), inputs)).collect();
        Calls { all: named(all), reached: named(reached) }
    }

    pub fn times(&self, call: &Expr) -> usize {
        self.all.iter().filter(|other| *other == call).count()
    }
}

fn find<'a>(expr: &'a Expr, found: &mut Vec<&'a Expr>) {
    let _ = expr.apply(|expr| {
        if is_shareable(expr) {
            found.push(expr);
        }
        Ok(if is_shareable(expr) || is_closed(expr) { TreeNodeRecursion::Jump } else { TreeNodeRecursion::Continue })
    });
}

fn find_reached<'a>(expr: &'a Expr, found: &mut Vec<&'a Expr>) {
    let _ = expr.apply(|expr| {
        if is_shareable(expr) {
            found.push(expr);
        } else if let Some(always) = always_evaluated(expr) {
            always.into_iter().for_each(|expr| find_reached(expr, found));
        } else if !is_closed(expr) {
            return Ok(TreeNodeRecursion::Continue);
        }
        Ok(TreeNodeRecursion::Jump)
    });
}

/// Expressions within which nothing is looked for: bodies of lambdas run for elements, and grouping sets take their
/// names from what stands in them.
fn is_closed(expr: &Expr) -> bool {
    matches!(expr, Expr::Lambda(_) | Expr::GroupingSet(_))
}

/// Whether what stands within an expression may not be evaluated for each row, or not in the node's input.
pub fn is_conditional(expr: &Expr) -> bool {
    is_closed(expr) || always_evaluated(expr).is_some()
}

/// The children that are evaluated for every row, of an expression that has others.
fn always_evaluated(expr: &Expr) -> Option<Vec<&Expr>> {
    match expr {
        Expr::BinaryExpr(binary) if matches!(binary.op, Operator::And | Operator::Or) => Some(vec![&binary.left]),
        Expr::Case(case) => {
            let first = case.when_then_expr.first().map(|(when, _)| when.as_ref());
            Some(case.expr.iter().map(AsRef::as_ref).chain(first).collect())
        }
        Expr::ScalarFunction(call) => call.func.conditional_arguments(&call.args).map(|(always, _)| always),
        Expr::HigherOrderFunction(call) => call.func.conditional_arguments(&call.args).map(|(always, _)| always),
        // Of rows that a filter drops, some aggregates do not evaluate the arguments.
        Expr::AggregateFunction(call) => call.params.filter.as_deref().map(|filter| vec![filter]),
        _ => None,
    }
}

/// The expression over the columns that hold what its calls compute, and whether there are any.
pub fn replace(expr: Expr, known: &HashMap<Expr, Column>, inputs: &[Arc<DFSchema>]) -> Result<Transformed<Expr>> {
    expr.transform_down(|expr| {
        if is_closed(&expr) {
            return Ok(Transformed::new(expr, false, TreeNodeRecursion::Jump));
        }
        let column = if is_shareable(&expr) { known.get(&named(expr.clone(), inputs)) } else { None };
        Ok(match column {
            Some(column) => Transformed::new(Expr::Column(column.clone()), true, TreeNodeRecursion::Jump),
            None => Transformed::no(expr),
        })
    })
}

/// An expression with its columns named as a schema names them.
pub fn named(expr: Expr, schemas: &[Arc<DFSchema>]) -> Expr {
    let name = |column: &Column| {
        let found = schemas.iter().find_map(|schema| Some((schema, schema.maybe_index_of_column(column)?)));
        found.map(|(schema, index)| Expr::Column(Column::from(schema.qualified_field(index))))
    };
    over(expr.clone(), name).unwrap_or(expr)
}

/// An expression with other expressions in place of its columns, if there is one for each.
pub fn over(expr: Expr, other: impl Fn(&Column) -> Option<Expr>) -> Option<Expr> {
    let mut all = true;
    let replaced = expr.transform_up(|expr| match &expr {
        Expr::Column(column) => Ok(match other(column) {
            Some(other) => Transformed::yes(other),
            None => {
                all = false;
                Transformed::no(expr)
            }
        }),
        _ => Ok(Transformed::no(expr)),
    });
    replaced.ok().map(|replaced| replaced.data).filter(|_| all)
}

use std::collections::HashMap;
use std::slice::from_ref;
use std::sync::Arc;

use datafusion::common::alias::AliasGenerator;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, JoinType};
use datafusion::error::Result;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, Projection, WriteOp};
use datafusion::optimizer::OptimizerConfig;

use super::calls::{Calls, embeds, is_shareable, named, over, plan_embeds, replace};
use super::columns::{Wider, named_as, only};

/// Computes equal calls of a query once: the lowest node that needs a call for each of its rows gets it from a
/// projection below, and the others get the column that this makes. What only some rows reach moves nowhere, though it
/// may become such a column.
pub fn embed_once(plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
    let mut sharing = Sharing { names: config.alias_generator(), is_changed: false };
    let shared = sharing.whole(plan.clone())?;
    Ok(if sharing.is_changed { shared } else { Transformed::no(plan) })
}

/// A plan with the columns that it had, then those for some of the calls that nodes above would compute on them.
struct Carried {
    plan: LogicalPlan,
    columns: HashMap<Expr, Column>,
}

struct Sharing<'a> {
    names: &'a AliasGenerator,
    is_changed: bool,
}

impl Sharing<'_> {
    fn whole(&mut self, plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        Ok(Transformed::yes(self.carry(plan, &[])?.plan))
    }

    /// The plan with columns for those wanted calls that it computes anyway.
    fn carry(&mut self, plan: LogicalPlan, wanted: &[Expr]) -> Result<Carried> {
        if !plan_embeds(&plan)? {
            return Ok(Carried { plan, columns: HashMap::new() });
        }
        let plan = plan.map_uncorrelated_subqueries(|plan| self.whole(plan))?.data;
        match plan {
            LogicalPlan::Projection(projection) => self.projection(projection, wanted),
            LogicalPlan::Filter(filter) => self.filter(filter, wanted),
            LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Repartition(_) => self.node(plan, wanted),
            LogicalPlan::Aggregate(_) | LogicalPlan::Window(_) => self.node(plan, wanted),
            LogicalPlan::SubqueryAlias(_) | LogicalPlan::Join(_) => self.node(plan, wanted),
            // What to change or to delete is read from the filters of a plan.
            LogicalPlan::Dml(write) if !matches!(write.op, WriteOp::Insert(_)) => {
                Ok(Carried { plan: LogicalPlan::Dml(write), columns: HashMap::new() })
            }
            plan => {
                let plan = plan.map_children(|plan| self.whole(plan))?.data;
                Ok(Carried { plan, columns: HashMap::new() })
            }
        }
    }

    fn projection(&mut self, projection: Projection, wanted: &[Expr]) -> Result<Carried> {
        let inputs = [projection.input.schema().clone()];
        let computed = projection.expr.iter().map(|expr| named(expr.clone().unalias_nested().data, &inputs));
        let computed: Vec<Expr> = computed.collect();
        let outputs = projection.schema.columns();
        let below = |column: &Column| computed.get(projection.schema.maybe_index_of_column(column)?).cloned();
        let (mut columns, mut asked) = (HashMap::new(), Vec::new());
        for call in wanted {
            let Some(below) = over(call.clone(), below).filter(is_shareable) else { continue };
            // The call may be a column here already.
            match computed.iter().zip(&outputs).find(|(expr, _)| **expr == below) {
                Some((_, output)) => {
                    columns.insert(call.clone(), output.clone());
                }
                None => asked.push((call, below)),
            }
        }

        let own = Calls::of(&projection.expr, &inputs);
        let also: Vec<Expr> = asked.iter().map(|(_, below)| below.clone()).collect();
        let input = self.input(&projection.input, &own, &also)?;
        let mut exprs = self.replaced(&LogicalPlan::Projection(projection), &input.columns, &inputs)?;
        for (call, below) in asked {
            if let Some(column) = input.columns.get(&below) {
                columns.insert(call.clone(), column.clone());
                let column = Expr::Column(column.clone());
                if !exprs.contains(&column) {
                    exprs.push(column);
                }
            }
        }
        let plan = LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input.plan))?);
        Ok(Carried { plan, columns })
    }

    /// Takes the conditions of a filter one by one, those that ask no model first, so that what a condition asks is
    /// computed for rows that have passed those before it.
    fn filter(&mut self, filter: Filter, wanted: &[Expr]) -> Result<Carried> {
        let schema = filter.input.schema().clone();
        let conditions = split_conjunction_owned(filter.predicate).into_iter();
        let (dear, mut conditions): (Vec<Expr>, Vec<Expr>) = conditions.partition(embeds);
        conditions.extend(dear);
        let last = conditions.pop();
        let input = match conjunction(conditions) {
            Some(first) => Arc::new(LogicalPlan::Filter(Filter::new(first, filter.input))),
            None => filter.input,
        };
        let Some(last) = last else { return self.carry(Arc::unwrap_or_clone(input), wanted) };
        let own = Calls::of(from_ref(&last), from_ref(&schema));
        let input = self.input(&input, &own, wanted)?;
        let last = replace(last, &input.columns, from_ref(&schema))?;
        self.is_changed |= last.transformed;
        let filter = match input.plan {
            LogicalPlan::Filter(first) => Filter::new(first.predicate.and(last.data), first.input),
            plan => Filter::new(last.data, Arc::new(plan)),
        };
        with_wanted(LogicalPlan::Filter(filter), &schema, wanted, input.columns)
    }

    /// The input of a node that evaluates once what it computes, with columns for calls that are its own and asked for
    /// from above, or its own more than once.
    fn input(&mut self, input: &LogicalPlan, own: &Calls, asked: &[Expr]) -> Result<Carried> {
        let calls: Vec<Expr> = own.all.iter().chain(asked).cloned().collect();
        let Carried { plan, mut columns } = self.carry(input.clone(), &calls)?;
        let mut wider = Wider::new(plan, self.names);
        for call in &own.reached {
            let is_shared = own.times(call) > 1 || asked.contains(call);
            if is_shared && !columns.contains_key(call) {
                columns.insert(call.clone(), wider.column(call));
            }
        }
        self.is_changed |= wider.is_wider();
        Ok(Carried { plan: wider.build()?, columns })
    }

    /// A node that passes on what its inputs have, and takes from it what it needs.
    fn node(&mut self, plan: LogicalPlan, wanted: &[Expr]) -> Result<Carried> {
        let inputs: Vec<Arc<DFSchema>> = plan.inputs().into_iter().map(|input| input.schema().clone()).collect();
        let own = Calls::of(&plan.expressions(), &inputs).all;
        let (mut plans, mut known, mut columns) = (Vec::new(), HashMap::new(), HashMap::new());
        for (side, input) in plan.inputs().into_iter().enumerate() {
            let asked: Vec<(&Expr, Expr)> =
                wanted.iter().filter_map(|call| Some((call, passed(call, &plan, side)?))).collect();
            let own = own.iter().filter(|call| reads(call, &inputs[side])).cloned();
            let calls: Vec<Expr> = own.chain(asked.iter().map(|(_, below)| below.clone())).collect();
            let input = self.carry(input.clone(), &calls)?;
            for (call, below) in asked {
                let column = input.columns.get(&below).map(|column| renamed(column, &plan));
                columns.extend(column.map(|column| (call.clone(), column)));
            }
            known.extend(input.columns);
            plans.push(input.plan);
        }
        let exprs = self.replaced(&plan, &known, &inputs)?;
        with_wanted(plan.with_new_exprs(exprs, plans)?, plan.schema(), wanted, columns)
    }

    fn replaced(
        &mut self,
        plan: &LogicalPlan,
        known: &HashMap<Expr, Column>,
        inputs: &[Arc<DFSchema>],
    ) -> Result<Vec<Expr>> {
        let replaced = plan.expressions().into_iter().map(|expr| {
            let replaced = replace(expr.clone(), known, inputs)?;
            self.is_changed |= replaced.transformed;
            Ok(if replaced.transformed { named_as(&expr, replaced.data, plan) } else { expr })
        });
        replaced.collect()
    }
}

/// A plan with its columns of a schema, those for wanted calls, and no others.
fn with_wanted(
    plan: LogicalPlan,
    schema: &DFSchema,
    wanted: &[Expr],
    mut columns: HashMap<Expr, Column>,
) -> Result<Carried> {
    columns.retain(|call, _| wanted.contains(call));
    let mut kept = schema.columns();
    for column in wanted.iter().filter_map(|call| columns.get(call)) {
        if !kept.contains(column) {
            kept.push(column.clone());
        }
    }
    Ok(Carried { plan: only(plan, kept)?, columns })
}

/// A call on what a node puts out as the same call on what it takes in on one side, if its value is the same.
fn passed(call: &Expr, plan: &LogicalPlan, side: usize) -> Option<Expr> {
    let input = plan.inputs().into_iter().nth(side)?.schema();
    let is_kept = match plan {
        LogicalPlan::SubqueryAlias(_) => {
            let inner = |column: &Column| Some(input.qualified_field(plan.schema().maybe_index_of_column(column)?));
            return over(call.clone(), |column| Some(Expr::Column(Column::from(inner(column)?))));
        }
        LogicalPlan::Aggregate(_) => false,
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::Inner => true,
            JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => side == 0,
            JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => side == 1,
            JoinType::Full => false,
        },
        _ => true,
    };
    Some(call.clone()).filter(|call| is_kept && reads(call, input))
}

/// Whether a call reads nothing but columns of a schema.
fn reads(call: &Expr, schema: &DFSchema) -> bool {
    call.column_refs().into_iter().all(|column| schema.has_column(column))
}

/// A column of a node's input as the node puts it out.
fn renamed(column: &Column, plan: &LogicalPlan) -> Column {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => Column::new(Some(alias.alias.clone()), column.name.clone()),
        _ => column.clone(),
    }
}

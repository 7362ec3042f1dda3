//! Vectors that are computed after nodes which drop rows by other columns.

mod aggregate;
mod union;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::common::alias::AliasGenerator;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, JoinType};
use datafusion::error::Result;
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::logical_plan::SubqueryAlias;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, lit};
use datafusion::optimizer::OptimizerConfig;

use super::calls::{embeds, is_of_row, named, over, plan_embeds, varies};

/// Computes vectors after nodes that drop rows by other columns (`ORDER BY … LIMIT`, filters, semi-joins and anti-joins,
/// `DISTINCT ON`) where a query would compute them before: also below joins, windows and unions.
pub fn embed_late(plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
    use JoinType::{LeftAnti, LeftSemi, RightAnti, RightSemi};
    let drops_rows = match &plan {
        LogicalPlan::Sort(sort) => sort.fetch.is_some(),
        LogicalPlan::Join(join) => matches!(join.join_type, LeftSemi | LeftAnti | RightSemi | RightAnti),
        LogicalPlan::Limit(_) | LogicalPlan::Filter(_) | LogicalPlan::Aggregate(_) => true,
        _ => false,
    };
    if !drops_rows || !plan_embeds(&plan)? {
        return Ok(Transformed::no(plan));
    }
    match (Deferral { names: config.alias_generator() }).of(&plan, &HashSet::new())? {
        Some(late) => Ok(Transformed::yes(late.whole(plan.schema())?)),
        None => Ok(Transformed::no(plan)),
    }
}

/// A plan without the vectors that are put off.
struct Late {
    /// Has the other columns under their names, and under names of its own what the vectors are computed from.
    plan: LogicalPlan,
    /// How to compute what is put off, from columns of the plan.
    vectors: HashMap<Column, Expr>,
}

impl Late {
    /// The plan with the vectors where they were among its columns.
    fn whole(self, schema: &DFSchema) -> Result<LogicalPlan> {
        let columns = schema.columns().into_iter().map(|column| match self.vectors.get(&column) {
            Some(vector) => called(vector.clone(), &column),
            None => Expr::Column(column),
        });
        Ok(LogicalPlan::Projection(Projection::try_new(columns.collect(), Arc::new(self.plan))?))
    }

    /// An expression over the columns that the plan had, as one over those that it has.
    fn replace(&self, expr: Expr) -> Expr {
        let columns = |column: &Column| Some(self.vectors.get(column).map_or_else(|| read(column), Expr::clone));
        over(expr.clone(), columns).unwrap_or(expr)
    }
}

fn read(column: &Column) -> Expr {
    Expr::Column(column.clone())
}

/// A vector over columns as one over what stands for them.
fn renamed(vector: &Expr, named: &HashMap<Column, Expr>) -> Expr {
    over(vector.clone(), |column| named.get(column).cloned()).unwrap_or_else(|| vector.clone())
}

fn called(expr: Expr, column: &Column) -> Expr {
    expr.alias_qualified(column.relation.clone(), column.name.clone())
}

/// What vectors are computed from, under names on the way up.
struct Carried<'a> {
    names: &'a AliasGenerator,
    exprs: Vec<(Expr, String)>,
}

impl<'a> Carried<'a> {
    fn new(names: &'a AliasGenerator) -> Self {
        Carried { names, exprs: Vec::new() }
    }

    /// A vector over columns of an input as one over columns that come up, each by an expression.
    fn vector(&mut self, vector: &Expr, by: impl Fn(&Column) -> Expr) -> Expr {
        let columns = columns_in_order(vector).into_iter();
        let named: HashMap<Column, Expr> = columns.map(|column| (column.clone(), self.column(by(&column)))).collect();
        renamed(vector, &named)
    }

    fn column(&mut self, expr: Expr) -> Expr {
        let known = self.exprs.iter().find(|(known, _)| *known == expr).map(|(_, name)| name.clone());
        let name = known.unwrap_or_else(|| {
            let name = self.names.next("annota_carried");
            self.exprs.push((expr, name.clone()));
            name
        });
        Expr::Column(Column::new_unqualified(name))
    }

    fn exprs(self) -> impl Iterator<Item = Expr> {
        self.exprs.into_iter().map(|(expr, name)| expr.alias(name))
    }

    /// What stays, then what is carried.
    fn over(self, kept: Vec<Expr>, plan: LogicalPlan) -> Result<LogicalPlan> {
        let exprs = kept.into_iter().chain(self.exprs()).collect();
        Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
    }
}

/// Finds what can be put off.
struct Deferral<'a> {
    names: &'a AliasGenerator,
}

impl Deferral<'_> {
    /// The plan without its vectors; `None` if all are computed in it. Those stay that somebody looks at.
    fn of(&self, plan: &LogicalPlan, looked_at: &HashSet<Column>) -> Result<Option<Late>> {
        match plan {
            LogicalPlan::Projection(projection) => self.projection(projection, looked_at),
            LogicalPlan::SubqueryAlias(alias) => self.alias(alias, looked_at),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate, looked_at),
            LogicalPlan::Union(union) => self.union(union, looked_at),
            LogicalPlan::Filter(_) | LogicalPlan::Sort(_) | LogicalPlan::Limit(_) => self.passing(plan, looked_at),
            LogicalPlan::Join(_) | LogicalPlan::Window(_) => self.passing(plan, looked_at),
            _ => Ok(None),
        }
    }

    /// The plan without its vectors, if there are any that can be computed above it.
    fn below(&self, plan: &LogicalPlan, looked_at: &HashSet<Column>) -> Result<Late> {
        let late = self.of(plan, looked_at)?;
        Ok(late.unwrap_or_else(|| Late { plan: plan.clone(), vectors: HashMap::new() }))
    }

    fn projection(&self, projection: &Projection, looked_at: &HashSet<Column>) -> Result<Option<Late>> {
        let schema = projection.input.schema();
        let exprs = projection.expr.iter().map(|expr| named(expr.clone().unalias(), std::slice::from_ref(schema)));
        self.projected(&projection.input, projection.schema.columns().into_iter().zip(exprs).collect(), looked_at)
    }

    fn alias(&self, alias: &SubqueryAlias, looked_at: &HashSet<Column>) -> Result<Option<Late>> {
        let inner = alias.input.schema().columns().into_iter().map(Expr::Column);
        self.projected(&alias.input, alias.schema.columns().into_iter().zip(inner).collect(), looked_at)
    }

    /// Columns by expressions over an input.
    fn projected(
        &self,
        input: &LogicalPlan,
        exprs: Vec<(Column, Expr)>,
        looked_at: &HashSet<Column>,
    ) -> Result<Option<Late>> {
        let stays = |output: &Column, expr: &Expr| looked_at.contains(output) || !is_movable(expr);
        let here = exprs.iter().filter(|(output, expr)| stays(output, expr));
        let read_here = here.flat_map(|(_, expr)| expr.column_refs()).cloned().collect();
        let below = self.below(input, &read_here)?;
        let (mut kept, mut vectors, mut carried) = (Vec::new(), HashMap::new(), Carried::new(self.names));
        for (output, expr) in exprs {
            let is_put_off = !stays(&output, &expr);
            let expr = below.replace(expr);
            if is_put_off && embeds(&expr) {
                vectors.insert(output, carried.vector(&expr, read));
            } else {
                kept.push(called(expr, &output));
            }
        }
        if vectors.is_empty() {
            return Ok(None);
        }
        Ok(Some(Late { plan: carried.over(kept, below.plan)?, vectors }))
    }

    /// Nodes that put out rows of their inputs.
    fn passing(&self, plan: &LogicalPlan, looked_at: &HashSet<Column>) -> Result<Option<Late>> {
        let exprs = plan.expressions();
        let own: Vec<&Column> = exprs.iter().flat_map(Expr::column_refs).chain(looked_at).collect();
        let (mut inputs, mut vectors) = (Vec::new(), HashMap::new());
        for (side, input) in plan.inputs().into_iter().enumerate() {
            let passed = passed(plan, side);
            let late = match passed {
                Passed::Nothing => None,
                Passed::Rows | Passed::RowsOrNulls => self.of(input, &columns_of(&own, input.schema()))?,
            };
            let late = match late {
                Some(late) if passed == Passed::RowsOrNulls => Some(self.or_null(late)?),
                late => late,
            };
            match late {
                Some(late) => {
                    inputs.push(late.plan);
                    vectors.extend(late.vectors);
                }
                None => inputs.push(input.clone()),
            }
        }
        if vectors.is_empty() {
            return Ok(None);
        }
        Ok(Some(Late { plan: plan.with_new_exprs(exprs, inputs)?, vectors }))
    }

    /// With vectors that are NULL where an outer join has no row, by a column that is NULL there as well.
    fn or_null(&self, late: Late) -> Result<Late> {
        let is_there = self.names.next("annota_carried");
        let columns = late.plan.schema().columns().into_iter().map(Expr::Column);
        let columns = columns.chain([lit(true).alias(&is_there)]).collect();
        let plan = LogicalPlan::Projection(Projection::try_new(columns, Arc::new(late.plan))?);
        let is_there = Expr::Column(Column::new_unqualified(is_there));
        let vectors = late.vectors.into_iter().map(|(column, vector)| {
            let vector = Case::new(None, vec![(Box::new(is_there.clone()), Box::new(vector))], None);
            (column, Expr::Case(vector))
        });
        Ok(Late { plan, vectors: vectors.collect() })
    }
}

/// What of an input a node puts out.
#[derive(PartialEq)]
enum Passed {
    Rows,
    /// NULL in all columns where the other side of a join has a row and this one none.
    RowsOrNulls,
    Nothing,
}

fn passed(plan: &LogicalPlan, side: usize) -> Passed {
    let LogicalPlan::Join(join) = plan else { return Passed::Rows };
    match (join.join_type, side) {
        (JoinType::Inner, _) => Passed::Rows,
        (JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark, 0) => Passed::Rows,
        (JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark, 1) => Passed::Rows,
        (JoinType::Left | JoinType::Right | JoinType::Full, _) => Passed::RowsOrNulls,
        _ => Passed::Nothing,
    }
}

/// Whether an expression is the same wherever it is evaluated for a row. What is not the same at every time is computed
/// once where it stands, for there may be several readers.
fn is_movable(expr: &Expr) -> bool {
    is_of_row(expr) && !varies(expr)
}

/// The columns that an expression reads, as they stand in it.
fn columns_in_order(expr: &Expr) -> Vec<Column> {
    let mut columns = Vec::new();
    let _ = expr.apply(|expr| {
        if let Expr::Column(column) = expr {
            columns.push(column.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    columns
}

/// Those of some columns that a schema has, under the names that it has for them.
fn columns_of(columns: &[&Column], schema: &DFSchema) -> HashSet<Column> {
    let places = columns.iter().filter_map(|column| schema.maybe_index_of_column(column));
    places.map(|place| Column::from(schema.qualified_field(place))).collect()
}

use std::fmt;
use std::sync::Arc;

use annota_models::engine::on_behalf_of;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::async_udf::{AsyncScalarUDF, AsyncScalarUDFImpl};
use datafusion::logical_expr::{
    ColumnarValue, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::physical_expr::async_scalar_function::AsyncFuncExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CaseExpr, Column, Literal, NotExpr};
use datafusion::physical_expr::{HigherOrderFunctionExpr, PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::async_func::AsyncFuncExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

use super::fence::open_fences;
use super::gradual::Gradual;
use super::guards::{Guard, guarded};
use super::{embedding, embeds, varies};

/// Lets queries wait for vectors without holding a thread of theirs: a query that ends early (`LIMIT` reached, Ctrl-C,
/// an error elsewhere) drops what it waits for, and the engine gives up its work. Equal calls of one node become one.
/// Of calls that not all rows reach, as those in `CASE`, the others ask for nothing.
pub fn await_embeddings(plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
    awaiting(plan, None, |call, input| Ok(Arc::new(AsyncFuncExec::try_new(vec![call], input)?)), config)
}

/// What makes a node that awaits a call over an input, as a column behind those of the input.
type Node = fn(Arc<AsyncFuncExpr>, Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>>;

/// The plan with a node of its own for each call that is awaited. `fetch` is how many of its rows are wanted, where somebody
/// above may soon have enough.
fn awaiting(
    plan: Arc<dyn ExecutionPlan>,
    fetch: Option<usize>,
    node: Node,
    config: &ConfigOptions,
) -> Result<Arc<dyn ExecutionPlan>> {
    let fetch = plan.fetch().or(fetch).filter(|_| passes_as_it_comes(&plan));
    let children = plan.children().into_iter().map(|child| awaiting(child.clone(), fetch, node, config));
    let children = children.collect::<Result<_>>()?;
    let plan = replace_children_if_necessary(plan, children)?;
    let awaited = |input: &Arc<dyn ExecutionPlan>| {
        let (plan, calls) = (input.clone(), Vec::new());
        Awaited { config, node, fetch, plan, calls }
    };
    let waiting = if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        awaited(projection.input()).projection(projection)?
    } else if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        awaited(filter.input()).filter(filter)?
    } else {
        None
    };
    Ok(waiting.unwrap_or(plan))
}

/// Whether a node asks for no more rows than it needs for those that it is asked for.
fn passes_as_it_comes(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.is::<FilterExec>()
        || plan.is::<ProjectionExec>()
        || plan.is::<GlobalLimitExec>()
        || plan.is::<LocalLimitExec>()
        || plan.is::<CoalescePartitionsExec>()
        || plan.is::<CooperativeExec>()
}

/// [`AsyncFuncExec`] without metrics of its own: a cluster's scheduler counts the nodes of its plan.
#[derive(Debug)]
struct Unmeasured(Arc<dyn ExecutionPlan>);

/// The plan of a task as a local session would await it, with metrics of the nodes that it had.
pub fn awaiting_in_task(plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
    let plan = open_fences(plan, config)?;
    awaiting(
        plan,
        None,
        |call, input| Ok(Arc::new(Unmeasured(Arc::new(AsyncFuncExec::try_new(vec![call], input)?)))),
        config,
    )
}

impl DisplayAs for Unmeasured {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as(format, f)
    }
}

impl ExecutionPlan for Unmeasured {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.0.children()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Unmeasured(replace_children_if_necessary(self.0.clone(), children)?)))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.0.apply_expressions(f)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.0.execute(partition, context)
    }
}

/// The calls of one node, as columns behind those of its input.
struct Awaited<'a> {
    config: &'a ConfigOptions,
    node: Node,
    /// How many rows are wanted, where that may soon be enough.
    fetch: Option<usize>,
    /// The input of the node, then of what awaits its calls.
    plan: Arc<dyn ExecutionPlan>,
    calls: Vec<Call>,
}

impl Awaited<'_> {
    fn projection(mut self, projection: &ProjectionExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let columns = projection
            .expr()
            .iter()
            .map(|column| Ok(ProjectionExpr { expr: self.replace(&column.expr, &[])?, alias: column.alias.clone() }));
        let columns: Vec<ProjectionExpr> = columns.collect::<Result<_>>()?;
        if self.calls.is_empty() {
            return Ok(None);
        }
        let awaited = ProjectionExec::try_new(columns, self.plan)?;
        // Where it cannot be seen any more that a column is never NULL, it stays as it is.
        Ok((awaited.schema() == projection.schema()).then(|| Arc::new(awaited) as _))
    }

    fn filter(mut self, filter: &FilterExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let predicate = self.replace(filter.predicate(), &[])?;
        if self.calls.is_empty() {
            return Ok(None);
        }
        let builder = FilterExecBuilder::from(filter).with_predicate(predicate).with_input(self.plan);
        // What is awaited above is awaited for few rows as well: this one does not fill a batch with them.
        let builder = match self.fetch.filter(|_| filter.fetch().is_none()) {
            Some(rows) => builder.with_batch_size(filter.batch_size().min(Gradual::first(rows))),
            None => builder,
        };
        // The awaited columns stand behind those of the input, and go no further.
        let builder = match filter.projection() {
            Some(_) => builder,
            None => builder.apply_projection(Some((0..filter.input().schema().fields().len()).collect()))?,
        };
        Ok(Some(Arc::new(builder.build()?)))
    }

    /// The expression over the columns of its calls. It is evaluated for rows that pass the guards.
    fn replace(&mut self, expr: &Arc<dyn PhysicalExpr>, guards: &[Guard]) -> Result<Arc<dyn PhysicalExpr>> {
        if !embeds(expr) || expr.downcast_ref::<HigherOrderFunctionExpr>().is_some() {
            return Ok(expr.clone());
        }
        if let Some(case) = expr.downcast_ref::<CaseExpr>() {
            return self.replace_case(expr, case, guards);
        }
        if let Some(binary) =
            expr.downcast_ref::<BinaryExpr>().filter(|binary| matches!(binary.op(), Operator::And | Operator::Or))
        {
            return self.replace_logical(binary, guards);
        }
        if expr.downcast_ref::<ScalarFunctionExpr>().is_some_and(|call| call.fun().short_circuits()) {
            return Ok(expr.clone());
        }
        let children = expr.children().into_iter().map(|child| self.replace(child, guards)).collect::<Result<_>>()?;
        let expr = expr.clone().with_new_children(children)?;
        match embedding(&expr).filter(|call| !is_constant(call)) {
            Some(call) => Ok(Arc::new(self.column(&expr, call, guards)?)),
            None => Ok(expr),
        }
    }

    /// `AND` and `OR`: rows for which some operands decide do not reach the others. Those decide that ask no model, then
    /// those that do, in their order.
    fn replace_logical(&mut self, binary: &BinaryExpr, guards: &[Guard]) -> Result<Arc<dyn PhysicalExpr>> {
        let op = *binary.op();
        let mut operands = Vec::new();
        flatten(op, binary.left(), &mut operands);
        flatten(op, binary.right(), &mut operands);
        let decides = |operand: &Arc<dyn PhysicalExpr>| match op {
            Operator::And => Guard::unless(&None, &(Arc::new(NotExpr::new(operand.clone())) as Arc<dyn PhysicalExpr>)),
            _ => Guard::unless(&None, operand),
        };
        let cheap = operands.iter().filter(|operand| !embeds(operand) && !varies(operand));
        let mut guards: Vec<Guard> = guards.iter().cloned().chain(cheap.map(decides)).collect();
        let mut whole: Option<Arc<dyn PhysicalExpr>> = None;
        for operand in operands {
            let replaced = self.replace(&operand, &guards)?;
            if embeds(&operand) && !varies(&operand) {
                guards.push(decides(&replaced));
            }
            whole = Some(match whole {
                Some(left) => Arc::new(BinaryExpr::new(left, op, replaced)),
                None => replaced,
            });
        }
        whole.map_or_else(|| internal_err!("{op} of nothing"), Ok)
    }

    fn replace_case(
        &mut self,
        expr: &Arc<dyn PhysicalExpr>,
        case: &CaseExpr,
        guards: &[Guard],
    ) -> Result<Arc<dyn PhysicalExpr>> {
        if case.when_then_expr().iter().map(|(when, _)| when).chain(case.expr()).any(varies) {
            // What decides may decide otherwise the next time.
            return Ok(expr.clone());
        }
        let base = case.expr().map(|base| self.replace(base, guards)).transpose()?;
        let (mut guards, mut branches) = (guards.to_vec(), Vec::new());
        for (when, then) in case.when_then_expr() {
            let when = self.replace(when, &guards)?;
            let then = self.replace(then, &[guards.as_slice(), &[Guard::when(&base, &when)]].concat())?;
            guards.push(Guard::unless(&base, &when));
            branches.push((when, then));
        }
        let otherwise = case.else_expr().map(|expr| self.replace(expr, &guards)).transpose()?;
        Ok(Arc::new(CaseExpr::try_new(base, branches, otherwise)?))
    }

    /// The column of a call, which is computed for rows that pass the guards.
    fn column(&mut self, expr: &Arc<dyn PhysicalExpr>, call: &ScalarFunctionExpr, guards: &[Guard]) -> Result<Column> {
        // One that was computed for these rows, and maybe for others.
        let is_same = |known: &Call| {
            known.call.eq(expr) && known.guards.iter().all(|guard| guards.contains(guard)) && !varies(expr)
        };
        if let Some(known) = self.calls.iter().find(|known| is_same(known)) {
            return Ok(known.column.clone());
        }
        let schema = self.plan.schema();
        let args = call.args().iter().map(|arg| guarded(arg, guards, &schema)).collect::<Result<Vec<_>>>()?;
        let function = AsyncScalarUDF::new(Arc::new(Awaitable(Arc::new(call.fun().clone())))).into_scalar_udf();
        let (field, config) = (call.return_field(&schema)?, Arc::new(self.config.clone()));
        let awaitable = ScalarFunctionExpr::new(call.name(), Arc::new(function), args, field, config);
        let column = Column::new(&format!("annota_{}", self.calls.len()), schema.fields().len());
        let awaited = AsyncFuncExpr::try_new(column.name(), Arc::new(awaitable), &schema)?;
        let (awaited, input) = (Arc::new(awaited), self.plan.clone());
        self.plan = match self.fetch {
            Some(rows) => Arc::new(Gradual::try_new(awaited, input, rows)?),
            None => (self.node)(awaited, input)?,
        };
        self.calls.push(Call { call: expr.clone(), guards: guards.to_vec(), column: column.clone() });
        Ok(column)
    }
}

/// A call that is awaited, and where its value is.
struct Call {
    call: Arc<dyn PhysicalExpr>,
    guards: Vec<Guard>,
    column: Column,
}

/// The operands of `op`, in their order.
fn flatten(op: Operator, expr: &Arc<dyn PhysicalExpr>, operands: &mut Vec<Arc<dyn PhysicalExpr>>) {
    match expr.downcast_ref::<BinaryExpr>().filter(|binary| *binary.op() == op) {
        Some(binary) => {
            flatten(op, binary.left(), operands);
            flatten(op, binary.right(), operands);
        }
        None => operands.push(expr.clone()),
    }
}

/// Computed once in a plan ([`annota_functions::AnnotatorUdf`]), so there is nothing to wait for in every batch.
fn is_constant(call: &ScalarFunctionExpr) -> bool {
    call.args().iter().all(|arg| arg.downcast_ref::<Literal>().is_some())
}

/// A function whose calls run on a thread that may wait.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Awaitable(Arc<ScalarUDF>);

impl ScalarUDFImpl for Awaitable {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.0.inner().return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.0.inner().return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.0.invoke_with_args(args)
    }
}

#[async_trait::async_trait]
impl AsyncScalarUDFImpl for Awaitable {
    async fn invoke_async_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // Dropped with this future: that is how the engine learns that nobody waits.
        let caller = Arc::new(());
        let (function, waits, rows) = (self.0.clone(), Arc::downgrade(&caller), args.number_rows);
        let work = move || on_behalf_of(waits, || function.invoke_with_args(args));
        let value =
            tokio::task::spawn_blocking(work).await.map_err(|error| DataFusionError::External(error.into()))??;
        drop(caller);
        value.into_array(rows).map(ColumnarValue::Array)
    }
}

use std::sync::Arc;

use annota_models::engine::on_behalf_of;
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::async_udf::{AsyncScalarUDF, AsyncScalarUDFImpl};
use datafusion::logical_expr::{
    ColumnarValue, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::physical_expr::async_scalar_function::AsyncFuncExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CaseExpr, Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::async_func::AsyncFuncExec;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use super::embedding;

/// Lets queries wait for vectors without holding a thread of theirs: a query that ends early (`LIMIT` reached, Ctrl-C,
/// an error elsewhere) drops what it waits for, and the engine gives up its work. Equal calls of one node become one.
/// Calls that a row may not reach, as those in `CASE`, stay where they are.
#[derive(Debug)]
pub struct AwaitEmbeddings;

impl PhysicalOptimizerRule for AwaitEmbeddings {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let wait = |plan: Arc<dyn ExecutionPlan>| {
            let waiting = if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
                in_projection(projection, config)?
            } else if let Some(filter) = plan.downcast_ref::<FilterExec>() {
                in_filter(filter, config)?
            } else {
                None
            };
            Ok(waiting.map_or_else(|| Transformed::no(plan), Transformed::yes))
        };
        Ok(plan.transform_up(wait)?.data)
    }

    fn name(&self) -> &str {
        "await_embeddings"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn in_projection(projection: &ProjectionExec, config: &ConfigOptions) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let mut awaited = Awaited::new(projection.input(), config);
    projection.expr().iter().try_for_each(|column| awaited.find(&column.expr))?;
    if awaited.calls.is_empty() {
        return Ok(None);
    }
    let columns = projection
        .expr()
        .iter()
        .map(|column| Ok(ProjectionExpr { expr: awaited.replace(&column.expr)?, alias: column.alias.clone() }));
    let columns: Vec<ProjectionExpr> = columns.collect::<Result<_>>()?;
    Ok(Some(Arc::new(ProjectionExec::try_new(columns, awaited.node()?)?)))
}

fn in_filter(filter: &FilterExec, config: &ConfigOptions) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let mut awaited = Awaited::new(filter.input(), config);
    awaited.find(filter.predicate())?;
    if awaited.calls.is_empty() {
        return Ok(None);
    }
    let predicate = awaited.replace(filter.predicate())?;
    let builder = FilterExecBuilder::from(filter).with_predicate(predicate).with_input(awaited.node()?);
    // The awaited columns stand behind those of the input, and go no further.
    let builder = match filter.projection() {
        Some(_) => builder,
        None => builder.apply_projection(Some((0..awaited.schema.fields().len()).collect()))?,
    };
    Ok(Some(Arc::new(builder.build()?)))
}

/// The calls of one node, as columns behind those of its input.
struct Awaited<'a> {
    config: &'a ConfigOptions,
    input: Arc<dyn ExecutionPlan>,
    schema: Arc<Schema>,
    calls: Vec<(Arc<dyn PhysicalExpr>, Arc<AsyncFuncExpr>)>,
}

impl<'a> Awaited<'a> {
    fn new(input: &Arc<dyn ExecutionPlan>, config: &'a ConfigOptions) -> Self {
        Awaited { config, input: input.clone(), schema: input.schema(), calls: Vec::new() }
    }

    /// Takes in the outermost calls that every row reaches.
    fn find(&mut self, expr: &Arc<dyn PhysicalExpr>) -> Result<()> {
        expr.apply(|expr| {
            if let Some(call) = embedding(expr) {
                if !is_constant(call) && !self.calls.iter().any(|(known, _)| known == expr) {
                    let name = format!("annota_{}", self.calls.len());
                    let call = Arc::new(self.awaitable(call)?);
                    self.calls.push((expr.clone(), Arc::new(AsyncFuncExpr::try_new(name, call, &self.schema)?)));
                }
                return Ok(TreeNodeRecursion::Jump);
            }
            Ok(if is_conditional(expr) { TreeNodeRecursion::Jump } else { TreeNodeRecursion::Continue })
        })?;
        Ok(())
    }

    fn replace(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let first = self.schema.fields().len();
        let replaced = expr.clone().transform_down(|expr| {
            let known = self.calls.iter().position(|(call, _)| call == &expr);
            Ok(match known {
                Some(index) => {
                    let column: Arc<dyn PhysicalExpr> =
                        Arc::new(Column::new(self.calls[index].1.name(), first + index));
                    Transformed::new(column, true, TreeNodeRecursion::Jump)
                }
                None => Transformed::no(expr),
            })
        });
        Ok(replaced?.data)
    }

    /// The same call, to be awaited.
    fn awaitable(&self, call: &ScalarFunctionExpr) -> Result<ScalarFunctionExpr> {
        let function = AsyncScalarUDF::new(Arc::new(Awaitable(Arc::new(call.fun().clone())))).into_scalar_udf();
        let field = call.return_field(&self.schema)?;
        Ok(ScalarFunctionExpr::new(
            call.name(),
            Arc::new(function),
            call.args().to_vec(),
            field,
            Arc::new(self.config.clone()),
        ))
    }

    fn node(&self) -> Result<Arc<dyn ExecutionPlan>> {
        let calls = self.calls.iter().map(|(_, call)| call.clone()).collect();
        Ok(Arc::new(AsyncFuncExec::try_new(calls, self.input.clone())?))
    }
}

/// Computed once in a plan ([`annota_functions::AnnotatorUdf`]), so there is nothing to wait for in every batch.
fn is_constant(call: &ScalarFunctionExpr) -> bool {
    call.args().iter().all(|arg| arg.downcast_ref::<Literal>().is_some())
}

/// Whether some of what stands within an expression may not be evaluated for a row.
fn is_conditional(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let is_logical = |binary: &BinaryExpr| matches!(binary.op(), Operator::And | Operator::Or);
    expr.downcast_ref::<CaseExpr>().is_some()
        || expr.downcast_ref::<BinaryExpr>().is_some_and(is_logical)
        || expr.downcast_ref::<ScalarFunctionExpr>().is_some_and(|call| call.fun().short_circuits())
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

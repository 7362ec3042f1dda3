//! Rules that keep queries from computing vectors which they do not need. DataFusion plans functions as if they were
//! cheap; ours cost more than all the rest of a query.

mod awaiting;
mod calls;
mod cheap_first;
mod columns;
mod fence;
mod gradual;
mod guards;
mod hold;
mod late;
mod lift;
mod literals;
mod once;
mod rule;

use std::sync::Arc;

use annota_functions::AnnotatorUdf;
use datafusion::catalog::Session;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};

use awaiting::await_embeddings;
pub use awaiting::awaiting_in_task;
use cheap_first::cheap_conditions_first;
pub use fence::Fence;
use fence::{fence_embeddings, open_fences};
use hold::{computed, hold_computed};
use late::embed_late;
use lift::embed_below;
use literals::literals_once;
use once::embed_once;
use rule::{node_rule, plan_rule, rule};

/// Adds the rules whose plans any process of a cluster can run, so for its scheduler too. Plans keep their fences there,
/// for they are optimised again while they run.
pub fn saving(mut state: SessionStateBuilder) -> SessionStateBuilder {
    state.scalar_functions().get_or_insert_default().push(computed());
    let given = state.physical_optimizers().take().unwrap_or_default().rules;
    let rules = std::iter::once(rule("fence_embeddings", fence_embeddings)).chain(given);
    let state = state.with_physical_optimizer_rules(rules.collect());
    // In this order: what is computed late is not computed below a sort for more rows.
    state
        .with_optimizer_rule(node_rule("embed_late", embed_late))
        .with_optimizer_rule(node_rule("embed_below", embed_below))
        .with_optimizer_rule(plan_rule("embed_once", embed_once))
        .with_optimizer_rule(node_rule("hold_computed", hold_computed))
        .with_optimizer_rule(plan_rule("literals_once", literals_once))
        .with_physical_optimizer_rule(rule("cheap_conditions_first", cheap_conditions_first))
}

/// Plans as DataFusion does, with [`saving`]'s physical rules after all others: where a cluster's scheduler plans while a query
/// runs, it has rules of its own instead of the session's.
#[derive(Debug)]
pub struct SavingPlanner;

#[async_trait::async_trait]
impl QueryPlanner for SavingPlanner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, state: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = DefaultPhysicalPlanner::default().create_physical_plan(plan, state).await?;
        let options = state.config_options();
        fence_embeddings(cheap_conditions_first(plan, options)?, options)
    }
}

/// Adds all rules: plans run in this process.
pub(crate) fn saving_and_awaiting(state: SessionStateBuilder) -> SessionStateBuilder {
    saving(state)
        .with_physical_optimizer_rule(rule("open_fences", open_fences))
        .with_physical_optimizer_rule(rule("await_embeddings", await_embeddings))
}

/// The call of a function that asks a model, if the expression is one.
fn embedding(expr: &Arc<dyn PhysicalExpr>) -> Option<&ScalarFunctionExpr> {
    expr.downcast_ref::<ScalarFunctionExpr>().filter(|call| AnnotatorUdf::embeds(call.fun()))
}

/// Whether a model is asked anywhere in an expression.
fn embeds(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let mut found = false;
    let search = expr.apply(|expr| {
        found |= embedding(expr).is_some();
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    search.is_ok() && found
}

/// Whether an expression may be of another value at every time, even if models are not.
fn varies(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let is_ours = |call: &ScalarFunctionExpr| AnnotatorUdf::embeds(call.fun()) || *call.fun() == *computed();
    let varies = |expr: &Arc<dyn PhysicalExpr>| {
        expr.is_volatile_node() && !expr.downcast_ref::<ScalarFunctionExpr>().is_some_and(is_ours)
    };
    expr.exists(|expr| Ok(varies(expr))).unwrap_or(true)
}

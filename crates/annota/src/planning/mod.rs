//! Rules that keep queries from computing vectors which they do not need. DataFusion plans functions as if they were
//! cheap; ours cost more than all the rest of a query.

mod awaiting;
mod cheap_first;
mod late;

use std::sync::Arc;

use annota_functions::AnnotatorUdf;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

use awaiting::AwaitEmbeddings;
use cheap_first::CheapFirst;
use late::EmbedLate;

/// Adds the rules whose plans any process can run, so for the scheduler of a cluster too.
pub fn saving(state: SessionStateBuilder) -> SessionStateBuilder {
    state.with_optimizer_rule(Arc::new(EmbedLate)).with_physical_optimizer_rule(Arc::new(CheapFirst))
}

/// Adds all rules: plans run in this process.
pub(crate) fn saving_and_awaiting(state: SessionStateBuilder) -> SessionStateBuilder {
    saving(state).with_physical_optimizer_rule(Arc::new(AwaitEmbeddings))
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

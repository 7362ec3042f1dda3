//! Functions as rules for DataFusion.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

/// What makes one plan of another that gives the same rows.
type Rewrite = fn(Arc<dyn ExecutionPlan>, &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>>;

/// The same, of plans that are not yet ways to compute.
type LogicalRewrite = fn(LogicalPlan, &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>>;

#[derive(Debug)]
struct Rule {
    name: &'static str,
    rewrite: Rewrite,
}

impl PhysicalOptimizerRule for Rule {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        (self.rewrite)(plan, config)
    }

    fn name(&self) -> &str {
        self.name
    }

    fn schema_check(&self) -> bool {
        true
    }
}

pub fn rule(name: &'static str, rewrite: Rewrite) -> Arc<dyn PhysicalOptimizerRule + Send + Sync> {
    Arc::new(Rule { name, rewrite })
}

#[derive(Debug)]
struct LogicalRule {
    name: &'static str,
    order: Option<ApplyOrder>,
    rewrite: LogicalRewrite,
}

impl OptimizerRule for LogicalRule {
    fn name(&self) -> &str {
        self.name
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.order
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        (self.rewrite)(plan, config)
    }
}

/// For each node of a plan, inputs first.
pub fn node_rule(name: &'static str, rewrite: LogicalRewrite) -> Arc<dyn OptimizerRule + Send + Sync> {
    Arc::new(LogicalRule { name, order: Some(ApplyOrder::BottomUp), rewrite })
}

/// For a whole plan.
pub fn plan_rule(name: &'static str, rewrite: LogicalRewrite) -> Arc<dyn OptimizerRule + Send + Sync> {
    Arc::new(LogicalRule { name, order: None, rewrite })
}

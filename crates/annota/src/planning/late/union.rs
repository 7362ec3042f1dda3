use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::logical_plan::Union;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};

use super::{Deferral, Late, called};
use crate::planning::calls::over;

impl Deferral<'_> {
    /// Where all inputs put off the same columns and compute them alike, so can the union.
    pub(super) fn union(&self, union: &Union, looked_at: &HashSet<Column>) -> Result<Option<Late>> {
        let outputs = union.schema.columns();
        let mut inputs = Vec::new();
        for input in &union.inputs {
            let columns = input.schema().columns();
            let looked_at = outputs.iter().zip(&columns).filter(|(output, _)| looked_at.contains(output));
            let looked_at = looked_at.map(|(_, column)| column.clone()).collect();
            let Some(late) = self.of(input, &looked_at)? else { return Ok(None) };
            inputs.push(Aligned::new(late, &columns));
        }
        let Some(first) = inputs.first() else { return Ok(None) };
        if !inputs.iter().all(|input| input.vectors == first.vectors && input.types() == first.types()) {
            return Ok(None);
        }
        let names: Vec<String> = first.carried.iter().map(|_| self.names.next("annota_carried")).collect();
        let named = |column: &Column| Some(Expr::Column(Column::new_unqualified(names.get(place(column)?)?)));
        let vectors = first.vectors.iter().zip(&outputs).filter_map(|(vector, output)| {
            let vector = over(vector.clone()?, named)?;
            Some((output.clone(), vector))
        });
        let vectors: HashMap<Column, Expr> = vectors.collect();
        let inputs = inputs.into_iter().map(|input| input.build(&outputs, &names).map(Arc::new));
        let union = Union::try_new(inputs.collect::<Result<_>>()?)?;
        Ok(Some(Late { plan: LogicalPlan::Union(union), vectors }))
    }
}

/// An input of a union, so that those which compute alike are equal.
struct Aligned {
    plan: LogicalPlan,
    columns: Vec<Column>,
    /// For each column that is put off how it is computed from the columns `0`, `1`, … of `carried`.
    vectors: Vec<Option<Expr>>,
    carried: Vec<Column>,
}

impl Aligned {
    fn new(late: Late, columns: &[Column]) -> Self {
        let mut carried: Vec<Column> = Vec::new();
        let vectors = columns.iter().map(|column| {
            let vector = late.vectors.get(column)?;
            for column in in_order(vector) {
                if !carried.contains(&column) {
                    carried.push(column);
                }
            }
            let numbered = |column: &Column| carried.iter().position(|known| known == column).map(numbered);
            over(vector.clone(), numbered)
        });
        let vectors = vectors.collect();
        Aligned { plan: late.plan, columns: columns.to_vec(), vectors, carried }
    }

    /// The types of what is carried.
    fn types(&self) -> Option<Vec<&DataType>> {
        let schema = self.plan.schema();
        self.carried
            .iter()
            .map(|column| Some(schema.field(schema.maybe_index_of_column(column)?).data_type()))
            .collect()
    }

    /// What stays, under the names of the union, then what is carried.
    fn build(self, outputs: &[Column], names: &[String]) -> Result<LogicalPlan> {
        let columns = self.columns.into_iter().zip(outputs).zip(&self.vectors);
        let kept = columns.filter(|(_, vector)| vector.is_none());
        let kept = kept.map(|((column, output), _)| called(Expr::Column(column), output));
        let carried = self.carried.into_iter().zip(names).map(|(column, name)| Expr::Column(column).alias(name));
        Ok(LogicalPlan::Projection(Projection::try_new(kept.chain(carried).collect(), Arc::new(self.plan))?))
    }
}

fn numbered(place: usize) -> Expr {
    Expr::Column(Column::new_unqualified(place.to_string()))
}

fn place(column: &Column) -> Option<usize> {
    column.name.parse().ok()
}

/// The columns that an expression reads, as they stand in it.
fn in_order(expr: &Expr) -> Vec<Column> {
    let mut columns = Vec::new();
    let _ = expr.apply(|expr| {
        if let Expr::Column(column) = expr {
            columns.push(column.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    columns
}

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::logical_expr::logical_plan::Union;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::{Carried, Deferral, Late, called, read};

/// An input of a union, what stays under the names of the union, and for each column that is put off how it is computed.
/// Inputs that compute alike have equal vectors, for their carried columns have the same names.
struct Input {
    plan: LogicalPlan,
    vectors: Vec<Option<Expr>>,
}

impl Deferral<'_> {
    /// Where all inputs put off the same columns and compute them alike, so can the union.
    pub(super) fn union(&self, union: &Union, looked_at: &HashSet<Column>) -> Result<Option<Late>> {
        let outputs = union.schema.columns();
        let (mut inputs, mut names): (Vec<Input>, Vec<String>) = (Vec::new(), Vec::new());
        for input in &union.inputs {
            let columns = input.schema().columns();
            let looked_at = outputs.iter().zip(&columns).filter(|(output, _)| looked_at.contains(output));
            let looked_at = looked_at.map(|(_, column)| column.clone()).collect();
            let Some(late) = self.of(input, &looked_at)? else { return Ok(None) };
            let mut carried = Carried { given: names, ..Carried::new(self.names) };
            let vectors = columns.iter().map(|column| Some(carried.vector(late.vectors.get(column)?, read)));
            let vectors: Vec<Option<Expr>> = vectors.collect();
            let kept = columns.iter().zip(&outputs).filter(|(column, _)| !late.vectors.contains_key(column));
            let kept = kept.map(|(column, output)| called(read(column), output)).collect();
            names = carried.names();
            inputs.push(Input { plan: carried.over(kept, late.plan)?, vectors });
        }
        let Some((first, others)) = inputs.split_first() else { return Ok(None) };
        if !others.iter().all(|input| input.vectors == first.vectors && types(&input.plan) == types(&first.plan)) {
            return Ok(None);
        }
        let vectors = outputs.into_iter().zip(first.vectors.clone());
        let vectors = vectors.filter_map(|(output, vector)| Some((output, vector?))).collect();
        let inputs = inputs.into_iter().map(|input| Arc::new(input.plan)).collect();
        Ok(Some(Late { plan: LogicalPlan::Union(Union::try_new(inputs)?), vectors }))
    }
}

fn types(plan: &LogicalPlan) -> Vec<&DataType> {
    plan.schema().fields().iter().map(|field| field.data_type()).collect()
}

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::alias::AliasGenerator;
use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::logical_plan::Union;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Projection, lit};

use super::{Deferral, Late, called, columns_in_order, read, renamed};

impl Deferral<'_> {
    /// What any input puts off is put off. Where inputs compute it in ways of their own, their number tells which is a row's.
    pub(super) fn union(&self, union: &Union, looked_at: &HashSet<Column>) -> Result<Option<Late>> {
        let outputs = union.schema.columns();
        let below = |input: &Arc<LogicalPlan>| {
            let columns = input.schema().columns();
            let looked_at = outputs.iter().zip(&columns).filter(|(output, _)| looked_at.contains(output));
            let looked_at = looked_at.map(|(_, column)| column.clone()).collect();
            Ok((self.below(input, &looked_at)?, columns))
        };
        let inputs: Vec<(Late, Vec<Column>)> = union.inputs.iter().map(below).collect::<Result<_>>()?;
        let is_late = |place: &usize| inputs.iter().any(|(late, columns)| late.vectors.contains_key(&columns[*place]));
        let (late, kept): (Vec<usize>, Vec<usize>) = (0..outputs.len()).partition(is_late);
        if late.is_empty() {
            return Ok(None);
        }

        let mut shared = Shared { names: self.names, columns: Vec::new() };
        let mut carrying = Vec::new();
        for (below, columns) in &inputs {
            let mut carried = HashMap::new();
            let here = late.iter().map(|place| below.replace(read(&columns[*place])));
            let vectors = here.map(|vector| shared.vector(&vector, &below.plan, &mut carried));
            let vectors: Vec<Expr> = vectors.collect::<Result<_>>()?;
            carrying.push((vectors, carried));
        }
        let number = self.names.next("annota_input");
        let vectors = late.iter().enumerate().map(|(i, place)| {
            let ways = carrying.iter().map(|(vectors, _)| vectors[i].clone());
            (outputs[*place].clone(), of_its_input(ways.collect(), &number))
        });
        let vectors = vectors.collect();
        let plans = inputs.into_iter().zip(carrying).enumerate().map(|(i, ((below, columns), (_, carried)))| {
            let kept = kept.iter().map(|place| called(read(&columns[*place]), &outputs[*place]));
            let exprs = kept.chain([lit(i as u64).alias(&number)]).chain(shared.exprs(&carried)?);
            Ok(Arc::new(LogicalPlan::Projection(Projection::try_new(exprs.collect(), Arc::new(below.plan))?)))
        });
        let plans = plans.collect::<Result<_>>()?;
        Ok(Some(Late { plan: LogicalPlan::Union(Union::try_new(plans)?), vectors }))
    }
}

/// How a row's vector is computed, by the number of the input that it comes from, if that makes a difference.
fn of_its_input(ways: Vec<Expr>, number: &str) -> Expr {
    if ways.iter().all(|way| *way == ways[0]) {
        return ways[0].clone();
    }
    let numbered = ways.into_iter().enumerate().map(|(i, way)| (Box::new(lit(i as u64)), Box::new(way)));
    Expr::Case(Case::new(Some(Box::new(read(&Column::new_unqualified(number)))), numbered.collect(), None))
}

/// The columns that the inputs of a union carry for vectors. Those that compute alike do so from the same columns.
struct Shared<'a> {
    names: &'a AliasGenerator,
    columns: Vec<(String, DataType)>,
}

impl Shared<'_> {
    /// A vector over columns of an input as one over columns of the union; `carried` is what the input carries in those.
    fn vector(&mut self, vector: &Expr, input: &LogicalPlan, carried: &mut HashMap<String, Column>) -> Result<Expr> {
        let mut named = HashMap::new();
        for column in columns_in_order(vector) {
            let name = match carried.iter().find(|(_, known)| **known == column) {
                Some((name, _)) => name.clone(),
                None => self.name(read(&column).get_type(input.schema())?, carried),
            };
            carried.insert(name.clone(), column.clone());
            named.insert(column, read(&Column::new_unqualified(name)));
        }
        Ok(renamed(vector, &named))
    }

    /// The first column of a type that an input does not yet carry anything in.
    fn name(&mut self, of_type: DataType, carried: &HashMap<String, Column>) -> String {
        let free = self.columns.iter().find(|(name, known)| *known == of_type && !carried.contains_key(name));
        if let Some((name, _)) = free {
            return name.clone();
        }
        let name = self.names.next("annota_carried");
        self.columns.push((name.clone(), of_type));
        name
    }

    /// All columns, of NULL where an input carries nothing.
    fn exprs(&self, carried: &HashMap<String, Column>) -> Result<Vec<Expr>> {
        let expr = |(name, of_type): &(String, DataType)| match carried.get(name) {
            Some(column) => Ok(read(column).alias(name)),
            None => Ok(lit(ScalarValue::try_from(of_type)?).alias(name)),
        };
        self.columns.iter().map(expr).collect()
    }
}

//! Vectors of texts that are as they were, with the other columns as they are now.

use std::sync::Arc;

use annota::files::text::adapted;
use annota::{Error, Result};
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::compute::{concat_batches, interleave};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;

use super::read::{self, Columns};
use super::shard::{Renewed, Shard};

/// The kept rows of a shard, with the columns of the input anew where it is said.
///
/// # Errors
/// An input that cannot be read, or that has other rows than when the job was planned.
pub async fn renewed(
    runtime: &RuntimeEnv,
    shard: &Shard,
    columns: &Columns,
    kept: Vec<RecordBatch>,
) -> Result<Vec<RecordBatch>> {
    let (Some(first), Some(only)) = (kept.first(), &shard.only) else { return Ok(kept) };
    if shard.renewed.is_empty() {
        return Ok(kept);
    }
    let kept = concat_batches(&first.schema(), &kept).map_err(DataFusionError::from)?;
    // From which batch each row has the input's columns, and from which row of it: 0 is the kept rows themselves.
    let mut origins: Vec<(usize, usize)> = (0..kept.num_rows()).map(|row| (0, row)).collect();
    let mut anew = Vec::new();
    for renewed in &shard.renewed {
        let (places, batch) = rows_of(runtime, renewed, columns).await?;
        anew.push(batch);
        for [old, new] in &renewed.places {
            let (Ok(row), Ok(place)) = (only.binary_search(old), places.binary_search(new)) else {
                return Err(Error::Pipeline(format!("row {old} of `{}` is renewed, and not kept", shard.input())));
            };
            origins[row] = (anew.len(), place);
        }
    }
    Ok(vec![joined(&kept, &anew, &origins, &columns.all).map_err(DataFusionError::from)?])
}

/// The rows that are asked for, and their places in the part, which are in order.
async fn rows_of(runtime: &RuntimeEnv, renewed: &Renewed, columns: &Columns) -> Result<(Vec<u64>, RecordBatch)> {
    let mut places: Vec<u64> = renewed.places.iter().map(|[_, place]| *place).collect();
    places.sort_unstable();
    // Where rows of the output are sentences or tokens, several are of one row of the input.
    places.dedup();
    let (pieces, only) = (renewed.pieces.clone(), Some(places.clone()));
    let rows = Shard { pieces, rows: renewed.rows, only, ..Shard::new(0) };
    let rows = read::rows(runtime, &rows, columns).await?;
    Ok((places, concat_batches(&columns.all, &rows).map_err(DataFusionError::from)?))
}

/// The input's columns by their origins, before those that the job has made.
fn joined(
    kept: &RecordBatch,
    anew: &[RecordBatch],
    origins: &[(usize, usize)],
    schema: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    let own = adapted(kept, schema)?;
    let batches: Vec<&RecordBatch> = std::iter::once(&own).chain(anew).collect();
    let column = |index| {
        let columns: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(index).as_ref()).collect();
        interleave(&columns, origins)
    };
    let mut columns = (0..schema.fields().len()).map(column).collect::<Result<Vec<ArrayRef>, _>>()?;
    let mut fields = schema.fields().to_vec();
    let made = kept.schema();
    let made = made.fields().iter().zip(kept.columns()).filter(|(field, _)| schema.index_of(field.name()).is_err());
    for (field, column) in made {
        fields.push(field.clone());
        columns.push(column.clone());
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

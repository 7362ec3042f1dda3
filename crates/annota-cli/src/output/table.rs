use std::io::Write;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::execution::SendableRecordBatchStream;

use super::{each, vectors};

/// Writes a table of at most `maxrows` rows, vectors shortened, and returns how many rows there were.
pub async fn write(
    rows: SendableRecordBatchStream,
    maxrows: Option<usize>,
    out: &mut dyn Write,
) -> anyhow::Result<usize> {
    let mut shown = vec![vectors::shortened(&RecordBatch::new_empty(rows.schema()))?];
    let mut left = maxrows.unwrap_or(usize::MAX);
    let count = each(rows, |batch| {
        let take = batch.num_rows().min(left);
        left -= take;
        if take > 0 {
            shown.push(vectors::shortened(&batch.slice(0, take))?);
        }
        Ok(())
    })
    .await?;
    let schema = shown[0].schema();
    writeln!(out, "{}", pretty_format_batches_with_schema(schema, &shown)?)?;
    let hidden = count - shown.iter().map(RecordBatch::num_rows).sum::<usize>();
    if hidden > 0 {
        writeln!(out, "… and {hidden} more rows (--maxrows)")?;
    }
    Ok(count)
}

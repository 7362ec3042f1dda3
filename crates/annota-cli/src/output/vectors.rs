//! Vectors and other nested values as text.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, ListArray, RecordBatch, StringArray, StructArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Float32Type, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

/// How many values of a vector are shown.
const SHOWN: usize = 2;

/// The batch with every vector, however deep, as `[0.3967, -0.6449, … ] (256)`.
pub fn shortened(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    rebuilt(batch, shorten)
}

/// The batch with every nested column as text, whole.
pub fn nested_as_text(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    rebuilt(batch, |column| if column.data_type().is_nested() { as_text(column) } else { Ok(column.clone()) })
}

fn rebuilt(
    batch: &RecordBatch,
    change: impl Fn(&ArrayRef) -> Result<ArrayRef, ArrowError>,
) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(change).collect::<Result<Vec<_>, _>>()?;
    let schema = batch.schema();
    let fields = schema.fields().iter().zip(&columns).map(|(field, column)| retyped(field, column));
    let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new_with_options(schema, columns, &options)
}

fn retyped(field: &Field, column: &ArrayRef) -> Field {
    field.clone().with_data_type(column.data_type().clone()).with_nullable(true)
}

fn shorten(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        DataType::List(item) | DataType::FixedSizeList(item, _) if *item.data_type() == DataType::Float32 => {
            let lists = cast(column, &DataType::new_list(DataType::Float32, true))?;
            let lists = lists.as_list::<i32>();
            Ok(Arc::new(
                lists
                    .iter()
                    .map(|list| list.map(|list| short(list.as_primitive::<Float32Type>())))
                    .collect::<StringArray>(),
            ))
        }
        DataType::List(item) => {
            let lists = column.as_list::<i32>();
            let values = shorten(lists.values())?;
            let item = Arc::new(retyped(item, &values));
            Ok(Arc::new(ListArray::try_new(item, lists.offsets().clone(), values, lists.nulls().cloned())?))
        }
        DataType::Struct(fields) => {
            let values = column.as_struct();
            let columns = values.columns().iter().map(shorten).collect::<Result<Vec<_>, _>>()?;
            let fields: Fields = fields.iter().zip(&columns).map(|(field, column)| retyped(field, column)).collect();
            Ok(Arc::new(StructArray::try_new(fields, columns, values.nulls().cloned())?))
        }
        _ => Ok(column.clone()),
    }
}

fn short(vector: &Float32Array) -> String {
    let shown: Vec<String> =
        vector.iter().take(SHOWN).map(|value| format!("{:.4}", value.unwrap_or(f32::NAN))).collect();
    match vector.len() {
        0 => "[]".to_owned(),
        length if length <= SHOWN => format!("[{}] ({length})", shown.join(", ")),
        length => format!("[{}, … ] ({length})", shown.join(", ")),
    }
}

fn as_text(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options)?;
    let text = (0..column.len()).map(|row| column.is_valid(row).then(|| formatter.value(row).to_string()));
    Ok(Arc::new(text.collect::<StringArray>()))
}

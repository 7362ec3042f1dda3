use std::sync::{Arc, LazyLock};

use annota_annotators::vector_type;
use arrow::array::{FixedSizeListBuilder, Float32Builder};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::utils::take_function_args;
use datafusion_common::{Result, ScalarValue, exec_err, internal_err, plan_err};
use datafusion_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::arguments::open_signature;
use crate::documentation::SECTION;
use crate::similarity::{Vectors, check_vector, coerce_vector};

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    let about = "A vector as a list of fixed size, for stores that want it. An empty vector becomes NULL; one of another length is an error.";
    Documentation::builder(SECTION, about, "vector(embedding, size)")
        .with_argument("embedding", "a list of numbers")
        .with_argument("size", "the number of values, a literal")
        .with_sql_example("SELECT vector(albert_embed(text), 256) FROM docs")
        .build()
});

/// `vector(embedding, size)` → `FixedSizeList<Float32, size>`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ToVector {
    signature: Signature,
}

impl Default for ToVector {
    fn default() -> Self {
        let types = vec![vector_type(), DataType::Int64];
        ToVector { signature: open_signature(types, &["embedding", "size"], Volatility::Immutable) }
    }
}

fn vector_of(size: i32) -> DataType {
    DataType::FixedSizeList(Arc::new(Field::new_list_field(DataType::Float32, true)), size)
}

fn size_of(value: Option<&ScalarValue>) -> Result<i32> {
    match value {
        Some(ScalarValue::Int64(Some(size))) if (1..=1 << 20).contains(size) => Ok(*size as i32),
        Some(other) => plan_err!("vector: size is `{other}`: expected a literal from 1 to {}", 1 << 20),
        None => plan_err!("vector: size must be a literal"),
    }
}

impl ScalarUDFImpl for ToVector {
    fn name(&self) -> &str {
        "vector"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("vector has a return field")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let [embedding, _] = take_function_args(self.name(), args.arg_fields)?;
        let [_, size] = take_function_args(self.name(), args.scalar_arguments)?;
        check_vector(self.name(), embedding.data_type())?;
        // Without a literal there is no type yet; running the call will say so.
        let data_type = if size.is_some() { vector_of(size_of(*size)?) } else { vector_type() };
        Ok(Arc::new(Field::new(self.name(), data_type, true)))
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let vectors = types.iter().take(1).map(coerce_vector);
        Ok(vectors.chain(types.iter().skip(1).cloned()).collect())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [embedding, size] = take_function_args(self.name(), &args.args)?;
        let size = match size {
            ColumnarValue::Scalar(size) => size_of(Some(size))?,
            ColumnarValue::Array(_) => size_of(None)?,
        };
        let vectors = Vectors::read(embedding)?;
        let mut out = FixedSizeListBuilder::with_capacity(Float32Builder::new(), size, args.number_rows);
        for row in 0..args.number_rows {
            match vectors.get(row) {
                Some(vector) if vector.len() == size as usize => {
                    out.values().append_slice(vector);
                    out.append(true);
                }
                Some(vector) if !vector.is_empty() => {
                    return exec_err!("vector: a vector has {} values: expected {size}", vector.len());
                }
                _ => {
                    out.values().append_nulls(size as usize);
                    out.append(false);
                }
            }
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

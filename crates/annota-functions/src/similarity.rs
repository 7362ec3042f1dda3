use std::sync::{Arc, LazyLock};

use annota_annotators::vector_type;
use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Builder, ListArray};
use arrow::datatypes::{DataType, Float32Type};
use datafusion_common::utils::take_function_args;
use datafusion_common::{Result, ScalarValue, exec_err, internal_datafusion_err, plan_err};
use datafusion_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::arguments::open_signature;
use crate::documentation::SECTION;

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    let about =
        "The cosine of the angle between two vectors, -1 to 1. NULL where a vector is NULL, empty or all zeros.";
    Documentation::builder(SECTION, about, "cosine_similarity(a, b)")
        .with_argument("a", "a vector")
        .with_argument("b", "a vector of the same length")
        .with_sql_example("SELECT cosine_similarity(albert_embed(text), albert_embed('a question')) FROM docs")
        .build()
});

/// `cosine_similarity(a, b)`, which DataFusion has only as a distance.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CosineSimilarity {
    signature: Signature,
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        let types = vec![vector_type(), vector_type()];
        CosineSimilarity { signature: open_signature(types, &["a", "b"], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for CosineSimilarity {
    fn name(&self) -> &str {
        "cosine_similarity"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let [a, b] = take_function_args(self.name(), types)?;
        check_vector(self.name(), a)?;
        check_vector(self.name(), b)?;
        Ok(DataType::Float64)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.iter().map(coerce_vector).collect())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [a, b] = take_function_args(self.name(), &args.args)?;
        let constant = matches!((a, b), (ColumnarValue::Scalar(_), ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let (a, b) = (Vectors::read(a)?, Vectors::read(b)?);
        let mut out = Float64Builder::with_capacity(rows);
        for row in 0..rows {
            out.append_option(match (a.get(row), b.get(row)) {
                (Some(a), Some(b)) => cosine(a, b)?,
                _ => None,
            });
        }
        let column: ArrayRef = Arc::new(out.finish());
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&column, 0)?));
        }
        Ok(ColumnarValue::Array(column))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

/// Whether a type is a list of numbers.
fn is_vector(found: &DataType) -> bool {
    match found {
        DataType::Null => true,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            item.data_type().is_numeric() || item.data_type().is_null()
        }
        _ => false,
    }
}

pub fn check_vector(function: &str, found: &DataType) -> Result<()> {
    if is_vector(found) {
        Ok(())
    } else {
        plan_err!("{function}: an argument is of type {found}: expected a list of numbers")
    }
}

/// `List<Float32>` for every list of numbers; another type is left as it is, for [`check_vector`] to name.
pub fn coerce_vector(found: &DataType) -> DataType {
    if is_vector(found) { vector_type() } else { found.clone() }
}

/// Vectors of a column, or one for all rows.
pub struct Vectors {
    rows: ListArray,
    numbers: Float32Array,
    constant: bool,
}

impl Vectors {
    pub fn read(value: &ColumnarValue) -> Result<Self> {
        let constant = matches!(value, ColumnarValue::Scalar(_));
        let array = value.to_array(1)?;
        let rows = array.as_list_opt::<i32>().ok_or_else(|| internal_datafusion_err!("a vector is a list"))?.clone();
        let numbers = rows.values().as_primitive_opt::<Float32Type>();
        let numbers = numbers.ok_or_else(|| internal_datafusion_err!("a vector is of Float32"))?.clone();
        Ok(Vectors { rows, numbers, constant })
    }

    /// `None` where it is NULL or holds a NULL.
    pub fn get(&self, row: usize) -> Option<&[f32]> {
        let row = if self.constant { 0 } else { row };
        if self.rows.is_null(row) {
            return None;
        }
        let offsets = self.rows.value_offsets();
        let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
        let has_null = self.numbers.null_count() > 0 && (start..end).any(|place| self.numbers.is_null(place));
        (!has_null).then(|| &self.numbers.values()[start..end])
    }
}

fn cosine(a: &[f32], b: &[f32]) -> Result<Option<f64>> {
    if a.is_empty() || b.is_empty() {
        return Ok(None);
    }
    if a.len() != b.len() {
        return exec_err!("cosine_similarity: vectors of {} and {} values: expected equal lengths", a.len(), b.len());
    }
    let (mut dot, mut norm_a, mut norm_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        dot += a * b;
        norm_a += a * a;
        norm_b += b * b;
    }
    let norms = norm_a.sqrt() * norm_b.sqrt();
    Ok((norms > 0.0).then(|| dot / norms))
}

use std::sync::Arc;

use annota_annotators::{Definition, Embedder};
use datafusion_expr::ScalarUDF;

use crate::AnnotatorUdf;
use crate::similarity::CosineSimilarity;
use crate::vector::ToVector;

/// A function for each annotator, and those over vectors.
pub fn functions(
    definitions: impl Iterator<Item = &'static Definition>,
    embedder: &Arc<dyn Embedder>,
) -> Vec<Arc<ScalarUDF>> {
    let annotators = definitions.map(|definition| AnnotatorUdf::new(definition, embedder.clone()));
    let annotators = annotators.map(ScalarUDF::new_from_impl);
    let vectors =
        [ScalarUDF::new_from_impl(CosineSimilarity::default()), ScalarUDF::new_from_impl(ToVector::default())];
    annotators.chain(vectors).map(Arc::new).collect()
}

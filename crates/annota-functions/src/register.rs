use std::sync::Arc;

use annota_annotators::{DEFINITIONS, Embedder};
use datafusion_common::Result;
use datafusion_expr::ScalarUDF;
use datafusion_expr::registry::FunctionRegistry;

use crate::AnnotatorUdf;
use crate::similarity::CosineSimilarity;
use crate::vector::ToVector;

/// Every function of Annota. Each process that plans or runs its queries registers all of them.
pub fn all_functions(embedder: &Arc<dyn Embedder>) -> Vec<Arc<ScalarUDF>> {
    let annotators = DEFINITIONS.iter().map(|definition| AnnotatorUdf::new(definition, embedder.clone()));
    let annotators = annotators.map(ScalarUDF::new_from_impl);
    let vectors =
        [ScalarUDF::new_from_impl(CosineSimilarity::default()), ScalarUDF::new_from_impl(ToVector::default())];
    annotators.chain(vectors).map(Arc::new).collect()
}

/// Puts [`all_functions`] into a registry.
pub fn register_all(registry: &mut dyn FunctionRegistry, embedder: &Arc<dyn Embedder>) -> Result<()> {
    for function in all_functions(embedder) {
        registry.register_udf(function)?;
    }
    Ok(())
}

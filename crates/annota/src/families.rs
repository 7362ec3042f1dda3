//! The functions of each family of models, as many as the table of families has.

use std::sync::Arc;

use annota_annotators::{DEFINITIONS, Definition, Embedder};
use datafusion::logical_expr::ScalarUDF;

macro_rules! functions {
    ($($family:ident: $stage:ident,)+) => {
        $(
            #[doc = concat!("Annotators that ask models of the family `", stringify!($family), "`.")]
            pub mod $family {
                annota_annotators::family_definitions!($family);
            }
        )+

        const OF_FAMILIES: &[&[&Definition]] = &[$($family::DEFINITIONS),+];
    };
}
annota_models::families!(functions);

/// Every annotator, those of single families among them.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    DEFINITIONS.iter().copied().chain(OF_FAMILIES.iter().copied().flatten().copied())
}

/// Every function of Annota. Each process that plans or runs its queries registers all of them.
pub fn all_functions(embedder: &Arc<dyn Embedder>) -> Vec<Arc<ScalarUDF>> {
    annota_functions::functions(definitions(), embedder)
}

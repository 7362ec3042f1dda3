use annota::annotators::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Input, Inputs, Output,
};
use annota::prelude::*;

/// Everything that SQL and pipelines need to know of it.
static ACRONYMS: Definition = Definition {
    name: "acronyms",
    family: None,
    aliases: &[],
    summary: "Keeps the tokens that are two or more capitals.",
    example: "acronyms(tokens(sentences(document(text))))",
    inputs: &[Input::Annotations { name: "tokens", kind: AnnotatorType::TOKEN }],
    output: Output::Annotations(AnnotatorType("acronym")),
    parameters: &[],
    embeds: false,
    build: |_settings| Ok(Box::new(Acronyms)),
};

#[derive(Debug)]
struct Acronyms;

impl Annotator for Acronyms {
    fn annotate(&self, inputs: &Inputs, _context: &Context) -> Result<Column, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            for token in inputs.annotations(0, row) {
                if token.result.len() > 1 && token.result.chars().all(|c| c.is_ascii_uppercase()) {
                    out.push(&AnnotationView { annotator_type: "acronym", ..token });
                }
            }
            Ok(())
        })
    }
}

type Column = std::sync::Arc<dyn annota::arrow::array::Array>;

#[tokio::main]
async fn main() -> Result<()> {
    let session = Session::new()?;
    session.register(&ACRONYMS);
    let found =
        "SELECT finish(acronyms(tokens(sentences(document('NASA and ESA sent it to ISS, he said.'))))) AS found";
    session.sql(found).await?.show().await?;
    Ok(())
}

//! Pipelines make the plans that SQL makes, and the rows.

use annota::annotators::{
    AnnotationView, Annotator, AnnotatorError, AnnotatorType, Context, Definition, Input, Inputs, Output,
};
use annota::prelude::*;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::dataframe::DataFrame;

const TEXTS: [Option<&str>; 4] = [Some("I love NLP. It works."), None, Some(""), Some("é😀 one.")];

fn data(session: &Session) -> DataFrame {
    let ids: ArrayRef = std::sync::Arc::new(Int64Array::from_iter_values(0..TEXTS.len() as i64));
    let texts: ArrayRef = std::sync::Arc::new(StringArray::from_iter(TEXTS));
    let batch = RecordBatch::try_from_iter_with_nullable([("id", ids, false), ("text", texts, true)]).expect("a batch");
    session.context().read_batch(batch).expect("a dataframe")
}

fn pipeline() -> Pipeline {
    Pipeline::new()
        .stage(DocumentAssembler::new().set_input_col("text").set_output_col("document").set_cleanup_mode("shrink"))
        .stage(SentenceDetector::new().set_input_cols(["document"]).set_output_col("sentence"))
        .stage(Tokenizer::new().set_input_cols(["sentence"]).set_output_col("token"))
        .stage(
            AlbertEmbeddings::pretrained("albert_tiny_en", "en")
                .expect("the bundled model")
                .set_input_cols(["token", "sentence"])
                .set_output_col("embeddings"),
        )
        .stage(SentenceEmbeddings::new().set_input_cols(["sentence", "embeddings"]).set_output_col("Sentence vectors"))
}

pub async fn shown(data: DataFrame) -> String {
    pretty_format_batches(&data.collect().await.expect("rows")).expect("a table").to_string()
}

pub fn plan(data: &DataFrame) -> String {
    data.clone().into_optimized_plan().expect("a plan").display_indent_schema().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_and_the_builder_are_the_same() {
    let session = Session::new().expect("a session");
    session.context().register_table("docs", data(&session).into_view()).expect("a table");
    let docs = session.context().table("docs").await.expect("docs");
    let model = pipeline().fit(&docs).expect("a model");
    let built = model.transform(docs).expect("columns");
    let written = session.sql(&model.to_sql("docs")).await.expect("a plan");
    assert_eq!(plan(&built), plan(&written));
    assert_eq!(shown(built).await, shown(written).await);
}

/// Every stage over texts with settings of its own.
fn text_pipeline() -> Pipeline {
    let sentences = SentenceDetector::new()
        .set_profile("spark_nlp")
        .set_use_abbreviations(false)
        .set_abbreviations(["approx"])
        .set_detect_lists(false)
        .set_custom_bounds([";", "'"])
        .set_custom_bounds_strategy("append")
        .set_split_length(40)
        .set_min_length(1)
        .set_max_length(60);
    let tokens = Tokenizer::new()
        .set_exceptions(["New York"])
        .set_case_sensitive_exceptions(false)
        .set_split_chars(["/"])
        .set_min_length(1);
    let parts = RegexTokenizer::new().set_pattern("[,;]\\s*").set_to_lowercase(true).set_trim_whitespace(true);
    let words = Normalizer::new().set_lowercase(true).set_slang_dictionary(["gr8,great"]).set_min_length(1);
    Pipeline::new()
        .stage(DocumentAssembler::new().set_input_col("text"))
        .stage(sentences.set_input_cols(["document"]).set_output_col("sentence"))
        .stage(tokens.set_input_cols(["sentence"]).set_output_col("token"))
        .stage(parts.set_input_cols(["sentence"]).set_output_col("part"))
        .stage(words.set_input_cols(["token"]).set_output_col("word"))
        .stage(StopWordsCleaner::new().set_stop_words(["it"]).set_input_cols(["word"]).set_output_col("kept"))
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_texts_are_the_same_in_sql_and_the_builder() {
    let session = Session::new().expect("a session");
    session.context().register_table("docs", data(&session).into_view()).expect("a table");
    let docs = session.context().table("docs").await.expect("docs");
    let model = text_pipeline().fit(&docs).expect("a model");
    let built = model.transform(docs).expect("columns");
    let written = session.sql(&model.to_sql("docs")).await.expect("a plan");
    assert_eq!(plan(&built), plan(&written));
    assert_eq!(shown(built).await, shown(written).await);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("texts.toml");
    text_pipeline().save(&path).expect("saved");
    assert_eq!(Pipeline::load(&path).expect("loaded").to_sql("docs"), text_pipeline().to_sql("docs"));
    let light = LightPipeline::new(&session, &text_pipeline()).expect("a pipeline");
    let found = light.annotate("It is gr8 in New York/LA; yes.").expect("annotations");
    assert_eq!(found["sentence"], ["It is gr8 in New York/LA;", "yes."]);
    assert_eq!(found["token"], ["It", "is", "gr8", "in", "New York", "LA", ";", "yes", "."]);
    assert_eq!(found["kept"], ["is", "great", "in", "newyork", "la", "yes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_pipeline_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipeline.toml");
    pipeline().save(&path).expect("saved");
    let loaded = Pipeline::load(&path).expect("loaded");
    assert_eq!(loaded.to_sql("docs"), pipeline().to_sql("docs"));
    let text = std::fs::read_to_string(&path).expect("a file");
    for (wrong, expected) in [
        (text.replace("\"tokens\"", "\"tokenz\""), "annotator `tokenz` is not known"),
        (text.replace("cleanup_mode", "clean"), "no parameter `clean`"),
        ("stage = 3".to_owned(), "invalid type"),
    ] {
        std::fs::write(&path, wrong).expect("written");
        let message = Pipeline::load(&path).expect_err("wrong").to_string();
        assert!(message.contains(expected) && message.contains("pipeline.toml"), "{message}");
    }
}

#[tokio::test]
async fn wrong_inputs_are_named_before_anything_runs() {
    let session = Session::new().expect("a session");
    let docs = data(&session);
    let tokens = |column: &str| {
        Pipeline::new()
            .stage(DocumentAssembler::new().set_input_col("text"))
            .stage(Tokenizer::new().set_input_cols([column]).set_output_col("token"))
    };
    assert!(tokens("document").fit(&docs).is_ok(), "a document is a sentence too");
    for (pipeline, expected) in [
        (tokens("sentence"), "`document` annotations of type `document`"),
        (tokens("id"), "`id` Int64"),
        (Pipeline::new().stage(DocumentAssembler::new().set_input_col("txt")), "[\"txt\"]"),
        (Pipeline::new().stage(DocumentAssembler::new().set_input_cols(["text", "id"])), "expected text"),
        (
            Pipeline::new().stage(DocumentAssembler::new().set_input_col("text").set_cleanup_mode("x")),
            "cleanup_mode is `x`",
        ),
    ] {
        let message = pipeline.fit(&docs).expect_err("wrong").to_string();
        assert!(message.contains(expected), "{message}");
    }
    let message = AlbertEmbeddings::pretrained("albert_tiny_en", "fr").expect_err("wrong").to_string();
    assert!(message.contains("`albert_tiny_en`") && message.contains("`fr`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_light_path_finds_what_the_dataframe_path_finds() {
    let session = Session::new().expect("a session");
    let light = LightPipeline::new(&session, &pipeline()).expect("a pipeline");
    let found = light.annotate("I love NLP. It works.").expect("annotations");
    assert_eq!(found["token"], ["I", "love", "NLP", ".", "It", "works", "."]);
    let full = light.full_annotate("é😀 one.").expect("annotations");
    assert_eq!((full["token"][2].begin, full["token"][2].end), (4, 6));
    assert_eq!(full["embeddings"][0].embeddings.len(), 256);
    let all = light.full_annotate_all(&["a b", ""]).expect("annotations");
    assert_eq!((all[0]["token"].len(), all[1]["token"].len()), (2, 0));
}

/// An annotator that this workspace does not know.
static SHOUT: Definition = Definition {
    name: "shout",
    family: None,
    aliases: &[],
    summary: "Tokens in capitals.",
    example: "shout(tokens)",
    inputs: &[Input::Annotations { name: "tokens", kind: AnnotatorType::TOKEN }],
    output: Output::Annotations(AnnotatorType::TOKEN),
    parameters: &[],
    embeds: false,
    build: |_| Ok(Box::new(Shout)),
};

#[derive(Debug)]
struct Shout;

impl Annotator for Shout {
    fn annotate(&self, inputs: &Inputs<'_>, _context: &Context<'_>) -> Result<ArrayRef, AnnotatorError> {
        inputs.annotate_rows(|row, out| {
            for token in inputs.annotations(0, row) {
                out.push(&AnnotationView { result: &token.result.to_uppercase(), ..token });
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn an_annotator_from_outside_is_a_function_and_a_stage() {
    let session = Session::new().expect("a session");
    session.register(&SHOUT);
    let by_sql =
        session.sql("SELECT finish(shout(tokens(sentences(document('hear me'))))) AS loud").await.expect("a plan");
    assert!(shown(by_sql).await.contains("[HEAR, ME]"));
    let pipeline = Pipeline::new()
        .stage(DocumentAssembler::new().set_input_col("text"))
        .stage(Tokenizer::new().set_input_cols(["document"]).set_output_col("token"))
        .stage(Stage::of(&SHOUT).set_input_cols(["token"]).set_output_col("loud"));
    let light = LightPipeline::new(&session, &pipeline).expect("a pipeline");
    assert_eq!(light.annotate("hear me").expect("annotations")["loud"], ["HEAR", "ME"]);
}

//! Assemblers, finishers and exploded sentences in pipelines: the plans and rows of the SQL that they print.

use annota::annotators::{Annotation, SettingValue, annotators};
use annota::pipeline::Step;
use annota::prelude::*;
use datafusion::dataframe::DataFrame;

use crate::pipelines::{plan, shown};

const DOCS: &str = "SELECT * FROM (VALUES
    (1, 'I love NLP. It works.', 'a title', ['one', 'two'], MAP {'k': 'v'}, 'nlp', 2),
    (2, NULL, 'Another', NULL, NULL, NULL, NULL),
    (3, '', '', [], MAP {'n': NULL}, 'x', 0))
    AS docs(id, text, title, texts, meta, chunk, start)";

async fn docs(session: &Session) -> DataFrame {
    let data = session.sql(DOCS).await.expect("a plan");
    session.context().register_table("docs", data.into_view()).expect("a table");
    session.context().table("docs").await.expect("docs")
}

fn document() -> DocumentAssembler {
    DocumentAssembler::new().set_input_col("text").set_output_col("document")
}

fn sentences() -> SentenceDetector {
    SentenceDetector::new().set_input_cols(["document"]).set_output_col("sentence")
}

fn tokens() -> Pipeline {
    let tokens = Tokenizer::new().set_input_cols(["sentence"]).set_output_col("token");
    Pipeline::new().stage(document()).stage(sentences()).stage(tokens)
}

/// A pipeline for everything that is a noun of its own, with the columns that come out.
fn pipelines() -> Vec<(Pipeline, &'static [&'static str])> {
    let chunks = || Doc2Chunk::new().set_input_cols(["document"]).set_output_col("Chunks");
    let exploded = || Pipeline::new().stage(document()).stage(sentences().set_explode_sentences(true));
    let assembled = TokenAssembler::new().set_input_cols(["token", "sentence"]).set_preserve_position(true);
    let tiny = AlbertEmbeddings::pretrained("albert_tiny_en", "en").expect("the bundled model");
    let tiny = tiny.set_input_cols(["sentence", "token"]).set_output_col("embeddings");
    let several = MultiDocumentAssembler::new().set_input_cols(["title", "texts"]).set_cleanup_mode("shrink");
    vec![
        (Pipeline::new().stage(document().set_id_col("id").set_metadata_col("meta")), &["document"]),
        (Pipeline::new().stage(document().set_input_col("texts").set_metadata_col("meta")), &["document"]),
        (Pipeline::new().stage(several.clone().set_id_col("id")), &["document_title", "document_texts"]),
        (Pipeline::new().stage(several.set_output_cols(["a", "b"])), &["a", "b"]),
        (exploded(), &["document", "sentence"]),
        (
            Pipeline::new().stage(document()).stage(sentences().set_output_col("One (1)").set_explode_sentences(true)),
            &["document", "One (1)"],
        ),
        (exploded().stage(Tokenizer::new().set_input_cols(["sentence"])), &["document", "sentence", "tokens"]),
        (tokens().stage(Step::Drop(vec!["sentence".to_owned()])), &["document", "token"]),
        (tokens().stage(assembled.set_output_col("again")), &["document", "sentence", "token", "again"]),
        (Pipeline::new().stage(document()).stage(chunks()), &["document", "Chunks"]),
        (
            Pipeline::new().stage(document()).stage(
                chunks()
                    .set_chunk_col("chunk")
                    .set_start_col("start")
                    .set_start_col_by_token_index(true)
                    .set_lower_case(true),
            ),
            &["document", "Chunks"],
        ),
        (
            tokens().stage(Finisher::new().set_input_cols(["sentence", "token"]).set_include_metadata(true)),
            &["finished_sentence", "finished_sentence_metadata", "finished_token", "finished_token_metadata"],
        ),
        (
            tokens().stage(
                Finisher::new()
                    .set_input_cols(["token"])
                    .set_output_cols(["words"])
                    .set_output_as_array(false)
                    .set_include_metadata(true)
                    .set_annotation_split_symbol(" ")
                    .set_value_split_symbol("'")
                    .set_clean_annotations(false),
            ),
            &["document", "sentence", "token", "words"],
        ),
        (
            tokens().stage(tiny).stage(EmbeddingsFinisher::new().set_input_cols(["embeddings"])),
            &["finished_embeddings"],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_and_the_builder_are_the_same() {
    let session = Session::new().expect("a session");
    let docs = docs(&session).await;
    for (pipeline, columns) in pipelines() {
        let model = pipeline.fit(&docs).expect("a model");
        let built = model.transform(docs.clone()).expect("columns");
        let names = built.schema().field_names();
        let names: Vec<&str> = names.iter().map(|name| name.rsplit('.').next().unwrap_or(name)).collect();
        assert_eq!(names, [&["id", "text", "title", "texts", "meta", "chunk", "start"], columns].concat());
        let sql = model.to_sql("docs");
        let written = session.sql(&sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
        assert_eq!(plan(&built), plan(&written), "{sql}");
        assert_eq!(shown(built).await, shown(written).await, "{sql}");
    }
}

#[test]
fn saved_pipelines_are_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipeline.toml");
    for (pipeline, _) in pipelines() {
        pipeline.save(&path).expect("saved");
        assert_eq!(Pipeline::load(&path).expect("loaded").to_sql("docs"), pipeline.to_sql("docs"));
    }
    for (text, expected) in [
        ("[[stage]]\nannotator = 'document'\noptional_cols = { ids = 'id' }", "no optional input `ids`"),
        ("[[stage]]\ndrop_annotations = true\ndrop = ['a']", "exactly one of"),
    ] {
        std::fs::write(&path, text).expect("written");
        let message = Pipeline::load(&path).expect_err("wrong").to_string();
        assert!(message.contains(expected) && message.contains("pipeline.toml"), "{message}");
    }
}

#[tokio::test]
async fn a_finisher_drops_the_annotations_that_were_there_before() {
    let session = Session::new().expect("a session");
    let before = Pipeline::new().stage(document().set_output_col("old")).transform(docs(&session).await);
    let pipeline = tokens().stage(Finisher::new().set_input_cols(["token"]));
    let model = pipeline.fit(&before.expect("columns")).expect("a model");
    assert!(model.to_sql("docs").starts_with("SELECT * EXCEPT (old, document, sentence, token) FROM"));
}

#[tokio::test]
async fn exploded_sentences_stand_alone() {
    let session = Session::new().expect("a session");
    let pipeline = Pipeline::new().stage(document()).stage(sentences().set_explode_sentences(true));
    let exploded = pipeline.transform(docs(&session).await).expect("columns");
    let finished = Pipeline::new().stage(Finisher::new().set_input_cols(["sentence"]).set_include_metadata(true));
    let rows = shown(finished.transform(exploded).expect("the column says what it is")).await;
    assert!(rows.contains("[I love NLP.]") && rows.contains("[It works.]") && rows.contains("value: 1"), "{rows}");
    assert_eq!(rows.lines().count(), 6, "rows without sentences vanish: {rows}");
}

#[tokio::test]
async fn wrong_columns_are_named_before_anything_runs() {
    let session = Session::new().expect("a session");
    let docs = docs(&session).await;
    let assembled = |assembler: DocumentAssembler| Pipeline::new().stage(assembler);
    let several = MultiDocumentAssembler::new().set_input_cols(["text", "title"]);
    let stage = Stage::of(&annotators::FINISHER).set_input_cols(["document"]);
    let metadata = stage.clone().set("include_metadata", SettingValue::Boolean(true));
    for (pipeline, expected) in [
        (assembled(document().set_id_col("meta")), "and `meta` as id: wrong or missing inputs"),
        (assembled(document().set_id_col("nobody")), "the columns are `id` Int64, `text` text"),
        (assembled(document().set_metadata_col("texts")), "`texts` List(Utf8), `meta` Map"),
        (assembled(document().set_input_col("id")), "expected text or a list of texts; as id text or a whole number"),
        (Pipeline::new().stage(several.set_output_cols(["a"])), "[\"a\"] for input columns [\"text\", \"title\"]"),
        (
            Pipeline::new().stage(Step::Drop(vec!["nobody".to_owned()])),
            "column `nobody` to drop is not there; the columns",
        ),
        (Pipeline::new().stage(Finisher::new()), "Finisher has no input columns"),
        (tokens().stage(Finisher::new().set_input_cols(["text"])), "expected an annotation column"),
        (assembled(document()).stage(stage.set_explode(true)), "it makes List(Utf8): expected annotations"),
        (assembled(document()).stage(metadata), "include_metadata is `true`"),
        (
            Pipeline::new().stage(Stage::of(&annotators::TOKENIZER).set_optional_col("id", "id")),
            "stage `tokens` has no optional input `id` (given as `id`): expected none",
        ),
    ] {
        let message = pipeline.fit(&docs).expect_err("wrong").to_string();
        assert!(message.contains(expected), "{message}");
    }
}

fn entries(annotation: &Annotation) -> Vec<(&str, &str)> {
    annotation.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn light_texts_bring_ids_and_metadata() {
    let session = Session::new().expect("a session");
    let pipeline = Pipeline::new()
        .stage(document().set_id_col("number"))
        .stage(sentences().set_explode_sentences(true))
        .stage(Tokenizer::new().set_input_cols(["sentence"]).set_output_col("token"))
        .stage(Step::Drop(vec!["number".to_owned()]));
    let light = LightPipeline::new(&session, &pipeline).expect("a pipeline");
    let inputs = [
        LightInput::new("One. Two").with_id("a").with_metadata([("k", "v"), ("sentence", "9")]),
        LightInput::from("three"),
    ];
    let found = light.full_annotate_with(inputs).expect("annotations");
    assert_eq!(entries(&found[0]["document"][0]), [("id", "a"), ("k", "v"), ("sentence", "0")]);
    assert_eq!(entries(&found[1]["document"][0]), [("sentence", "0")]);
    assert_eq!((found[0]["sentence"].len(), found[0].len()), (2, 3), "no rows are made");
    let all = light.annotate_all(&["One. Two", "three"]).expect("annotations");
    assert_eq!((all[0]["token"].len(), all[1]["token"].len()), (3, 1));
    let chosen = light.set_output_cols(["token"]).expect("a column");
    assert_eq!(chosen.annotate("a b").expect("annotations").into_keys().collect::<Vec<_>>(), ["token"]);
    let message = chosen.set_output_cols(["document"]).err().expect("wrong").to_string();
    assert!(message.contains("`document` does not come out: expected one of token"), "{message}");
}

#[tokio::test]
async fn finishers_choose_the_columns_of_light_texts() {
    let session = Session::new().expect("a session");
    let several = MultiDocumentAssembler::new().set_input_cols(["title", "text"]).set_output_cols(["a", "document"]);
    let pipeline = Pipeline::new()
        .stage(several)
        .stage(sentences())
        .stage(Finisher::new().set_input_cols(["a", "sentence"]).set_output_as_array(false));
    let light = LightPipeline::new(&session, &pipeline).expect("a pipeline");
    let found = light.annotate("One. Two").expect("annotations");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a", "sentence"]);
    assert_eq!(
        (&found["a"][..], &found["sentence"][..]),
        (&["One. Two".to_owned()][..], &["One.".to_owned(), "Two".to_owned()][..])
    );
    let message = LightPipeline::new(&session, &Pipeline::new()).err().expect("wrong").to_string();
    assert!(message.contains("no stage that reads text"), "{message}");
}

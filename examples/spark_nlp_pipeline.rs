use annota::prelude::*;

#[tokio::main]
async fn main() -> Result<()> {
    let pipeline = Pipeline::new()
        .stage(DocumentAssembler::new().set_input_col("text").set_output_col("document").set_cleanup_mode("shrink"))
        .stage(SentenceDetector::new().set_input_cols(["document"]).set_output_col("sentence"))
        .stage(Tokenizer::new().set_input_cols(["sentence"]).set_output_col("token"))
        .stage(
            AlbertEmbeddings::pretrained("albert_tiny_en", "en")?
                .set_input_cols(["sentence", "token"])
                .set_output_col("embeddings"),
        );

    let session = Session::new()?;
    let data = session.sql("SELECT id, text FROM 'examples/data/texts.csv' WHERE id <= 3").await?;
    let model = pipeline.fit(&data)?;
    let annotated = model.transform(data)?;
    println!("{} rows with columns {:?}", annotated.clone().count().await?, annotated.schema().field_names());

    let light = LightPipeline::new(&session, &pipeline)?;
    for embedding in &light.full_annotate("I love NLP")?["embeddings"] {
        println!("{} {}-{} {:?}…", embedding.result, embedding.begin, embedding.end, &embedding.embeddings[..3]);
    }
    println!("{}", pipeline.to_sql("docs"));
    Ok(())
}

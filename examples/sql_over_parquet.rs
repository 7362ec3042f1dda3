use annota::prelude::*;

#[tokio::main]
async fn main() -> Result<()> {
    let session = Session::new()?;
    let topics = session
        .sql(
            "SELECT topic, count(*) AS texts, sum(cardinality(tokens(sentences(document(text))))) AS tokens
             FROM 'examples/data/texts.parquet' GROUP BY topic ORDER BY topic",
        )
        .await?;
    topics.show().await?;

    let vectors = session
        .sql("SELECT id, albert_embed(text) AS embedding FROM 'examples/data/texts.parquet' WHERE topic = 'weather'")
        .await?;
    println!("{} vectors", vectors.count().await?);
    Ok(())
}

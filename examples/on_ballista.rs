use annota::ProcessSettings;
use annota::prelude::*;

#[tokio::main]
async fn main() -> Result<()> {
    // A scheduler and two executors of two cores each, all within this process.
    let cluster = annota_cluster::in_process(&ProcessSettings::from_env()?, 2, 2).await?;
    let longest =
        "SELECT topic, max(cardinality(sentences(document(text)))) AS sentences, count(albert_embed(text)) AS vectors
                   FROM 'examples/data/texts.parquet' GROUP BY topic ORDER BY topic";
    cluster.sql(longest).await?.show().await?;
    Ok(())
}

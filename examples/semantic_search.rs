use annota::prelude::*;

#[tokio::main]
async fn main() -> Result<()> {
    let question = std::env::args().nth(1).unwrap_or_else(|| "I forgot my password".to_owned());
    let nearest = format!(
        "SELECT text, round(cosine_similarity(albert_embed(text), albert_embed('{}')), 3) AS similarity
         FROM 'examples/data/texts.parquet' ORDER BY similarity DESC LIMIT 5",
        question.replace('\'', "''")
    );
    println!("The five texts nearest to: {question}");
    Session::new()?.sql(&nearest).await?.show().await?;
    Ok(())
}

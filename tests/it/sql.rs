use annota::{ProcessSettings, Session};
use datafusion::arrow::util::pretty::pretty_format_batches;

async fn table(session: &Session, sql: &str) -> String {
    let batches = session.sql(sql).await.expect("a plan").collect().await.expect("rows");
    pretty_format_batches(&batches).expect("a table").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn walk() {
    let local = Session::new().expect("a session");
    let cluster = annota_cluster::in_process(&ProcessSettings::default(), 2, 2).await.expect("a cluster");
    for sql in [
        "SELECT finish(tokens(sentences(document('I love NLP. It works.')))) AS tokens",
        "SELECT array_length(albert_embed('I love NLP')) AS n",
        "SELECT t.token AS token, array_length(t.embedding) AS embedding FROM (SELECT unnest(albert_embed_tokens('I love NLP')) AS t)",
        "SELECT cosine_similarity(albert_embed(text, on_error => 'null'), albert_embed('a cat')) AS c FROM (VALUES ('the dog'), (NULL), (''), ('a kitten')) AS d(text)",
        "SELECT sentences(document(text)) AS s FROM (VALUES ('é😀. B c')) AS d(text)",
    ] {
        assert_eq!(table(&local, sql).await, table(&cluster, sql).await);
    }
}

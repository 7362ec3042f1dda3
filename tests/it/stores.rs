//! Files behind URLs, from a small HTTP server that the test starts.

use annota::Session;
use datafusion::arrow::util::pretty::pretty_format_batches;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CSV: &str = "id,text\n1,\"One.\nTwo.\"\n2,Three.\n";

/// Answers HEAD and GET for `/texts.csv`, parts of it too.
async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    let request = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let common = "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nConnection: close\r\n";
    if !request.contains(" /texts.csv ") {
        return stream
            .write_all(format!("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n{common}\r\n").as_bytes())
            .await;
    }
    let range = request.lines().find_map(|line| line.strip_prefix("range: bytes="));
    let range = range.and_then(|range| range.split_once('-'));
    let (status, start, end) = match range {
        Some((start, end)) => {
            let start: usize = start.parse().unwrap_or(0);
            ("206 Partial Content", start, end.parse::<usize>().map_or(CSV.len(), |end| (end + 1).min(CSV.len())))
        }
        None => ("200 OK", 0, CSV.len()),
    };
    let total = CSV.len();
    let last = end - 1;
    let length = end - start;
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nContent-Range: bytes {start}-{last}/{total}\r\n{common}\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    if request.starts_with("get") {
        stream.write_all(&CSV.as_bytes()[start..end]).await?;
    }
    stream.shutdown().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_a_table() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let session = Session::new().expect("a session");
    let count = format!("SELECT sum(cardinality(sentences(document(text)))) AS n FROM 'http://{address}/texts.csv'");
    let rows = session.sql(&count).await.expect("a plan").collect().await.expect("rows");
    assert!(pretty_format_batches(&rows).expect("a table").to_string().contains("| 3 |"));
    let absent = session.sql(&format!("SELECT * FROM 'http://{address}/none.csv'")).await.expect_err("absent");
    assert!(absent.to_string().contains("none.csv"), "{absent}");
}

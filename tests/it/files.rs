//! Files as people have them: every format, compression and layout gives the same rows by SQL, as a dataframe and by a
//! batch job, and what cannot be read is told with its place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annota::Session;
use annota_cluster::job::{self, Job};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::parquet::data_type::{Int96, Int96Type};
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::file::writer::SerializedFileWriter;
use datafusion::parquet::schema::parser::parse_message_type;
use futures::{StreamExt, TryStreamExt};

/// Two files' rows, with what breaks readers: quotes, delimiters, line breaks, emptiness.
const ROWS: [[(i64, &str); 2]; 2] = [[(1, "One; \"two\", 3."), (2, "line\none")], [(3, "tab\there"), (4, "é😀")]];

fn csv(rows: &[(i64, &str)], delimiter: char) -> String {
    let row = |(id, text): &(i64, &str)| format!("{id}{delimiter}\"{}\"\n", text.replace('"', "\"\""));
    format!("id{delimiter}text\n{}", rows.iter().map(row).collect::<String>())
}

fn json(rows: &[(i64, &str)]) -> Vec<String> {
    rows.iter().map(|(id, text)| serde_json::json!({"id": id, "text": text}).to_string()).collect()
}

/// The content of a file that ends so.
fn content(ending: &str, rows: &[(i64, &str)]) -> String {
    match ending {
        "csv" | "CSV" => csv(rows, ','),
        "tsv" => csv(rows, '\t'),
        "jsonl" | "ndjson" => json(rows).join("\n"),
        // As pandas writes it.
        _ => format!("[{}]", json(rows).join(",")),
    }
}

async fn compressed(text: &str, compression: FileCompressionType) -> Vec<u8> {
    let bytes = bytes::Bytes::copy_from_slice(text.as_bytes());
    let stream = futures::stream::once(async { Ok(bytes) }).boxed();
    let parts: Vec<bytes::Bytes> =
        compression.convert_to_compress_stream(stream).expect("an encoder").try_collect().await.expect("bytes");
    parts.concat()
}

/// Two frames one after the other, as pzstd, pbzip2 and parallel xz write them.
async fn two_frames(text: &str, compression: FileCompressionType) -> Vec<u8> {
    let middle = text.len() / 2;
    let middle = (middle..=text.len()).find(|at| text.is_char_boundary(*at)).expect("a boundary");
    [compressed(&text[..middle], compression).await, compressed(&text[middle..], compression).await].concat()
}

fn session() -> Session {
    Session::new().expect("a session")
}

fn named(path: impl AsRef<Path>) -> String {
    path.as_ref().to_string_lossy().into_owned()
}

fn shown(batches: &[RecordBatch]) -> Vec<String> {
    let row = |batch: &RecordBatch, row| {
        let value = |column| array_value_to_string(batch.column(column), row).expect("a value");
        (0..batch.num_columns()).map(value).collect::<Vec<_>>().join("|")
    };
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |at| row(batch, at))).collect()
}

async fn sql(query: &str) -> Vec<String> {
    let rows = session().sql(query).await.unwrap_or_else(|error| panic!("{query}: {error}")).collect().await;
    shown(&rows.unwrap_or_else(|error| panic!("{query}: {error}")))
}

async fn sql_error(query: &str) -> String {
    let session = session();
    match session.sql(query).await {
        Err(error) => error.to_string(),
        Ok(rows) => rows.collect().await.expect_err(query).to_string(),
    }
}

async fn read(paths: &[String], columns: &[&str]) -> Vec<String> {
    let rows = session().read(paths).await.unwrap_or_else(|error| panic!("{paths:?}: {error}"));
    let rows = rows.select_columns(columns).expect("columns").sort_by(vec![datafusion::prelude::col("id")]);
    shown(&rows.expect("sorted").collect().await.unwrap_or_else(|error| panic!("{paths:?}: {error}")))
}

async fn run(job: &Job) -> annota::Result<job::Summary> {
    job::run(&session(), job, &mut |_| {}).await
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        path
    }

    fn name(&self, name: &str) -> String {
        named(self.path(name))
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).expect("written");
        named(path)
    }

    /// What a job over this input writes, by id.
    async fn job(&self, input: Vec<String>, columns: &[&str]) -> Vec<String> {
        let output = self.name("out");
        let job = Job { overwrite: true, ..Job::new(input.clone(), output.clone()) };
        let summary = run(&job).await.unwrap_or_else(|error| panic!("{input:?}: {error}"));
        let rows = read(&[output], columns).await;
        assert_eq!((summary.input_rows, summary.output_rows), (rows.len() as u64, rows.len() as u64));
        rows
    }
}

/// Writes the two files of a layout and names them as users do, with the column that their folders have.
async fn layouts(folder: &Folder, ending: &str, files: [Vec<u8>; 2]) -> Vec<(Vec<String>, Option<[&'static str; 4]>)> {
    let [first, second] = files;
    let one = folder.write(&format!("flat/a.{ending}"), &first);
    let two = folder.write(&format!("flat/b.{ending}"), &second);
    folder.write(&format!("deep/x/a.{ending}"), &first);
    folder.write(&format!("deep/y/z/b.{ending}"), &second);
    folder.write(&format!("hive/year=2025/month=01/a.{ending}"), &first);
    folder.write(&format!("hive/year=2026/month=__HIVE_DEFAULT_PARTITION__/b.{ending}"), &second);
    // What others leave in folders.
    for name in ["flat/_SUCCESS", "flat/.b.crc", "deep/x/_tmp/c.csv", "hive/_committed_1", "hive/.staging/c.json"] {
        folder.write(name, "not data");
    }
    let year = Some(["2025|1", "2025|1", "2026|", "2026|"]);
    vec![
        (vec![one, two], None),
        (vec![folder.name("flat")], None),
        (vec![folder.name("flat") + "/"], None),
        (vec![folder.name(&format!("flat/*.{ending}"))], None),
        (vec![folder.name("deep")], None),
        (vec![folder.name(&format!("deep/**/*.{ending}"))], None),
        (vec![folder.name("hive")], year),
        (vec![folder.name(&format!("hive/*/*/*.{ending}"))], year),
    ]
}

const NONE: FileCompressionType = FileCompressionType::UNCOMPRESSED;

#[tokio::test(flavor = "multi_thread")]
async fn every_format_compression_and_layout_gives_the_same_rows() {
    let expected: Vec<String> = ROWS.concat().iter().map(|(id, text)| format!("{id}|{text}")).collect();
    let compressions = [
        ("", NONE),
        (".gz", FileCompressionType::GZIP),
        (".bz2", FileCompressionType::BZIP2),
        (".xz", FileCompressionType::XZ),
        (".zst", FileCompressionType::ZSTD),
    ];
    for format in ["csv", "CSV", "tsv", "jsonl", "ndjson", "json", "parquet"] {
        for (suffix, compression) in compressions {
            if format == "parquet" && !suffix.is_empty() {
                continue;
            }
            let folder = Folder::new();
            let mut files = Vec::new();
            for rows in ROWS {
                files.push(match format {
                    "parquet" => parquet(&folder, &csv(&rows, ',')).await,
                    format => two_frames(&content(format, &rows), compression).await,
                });
            }
            let files = files.try_into().expect("two files");
            for (paths, year) in layouts(&folder, &format!("{format}{suffix}"), files).await {
                let columns: &[&str] = if year.is_some() { &["id", "text", "year", "month"] } else { &["id", "text"] };
                let expected: Vec<String> = match year {
                    Some(years) => expected.iter().zip(years).map(|(row, year)| format!("{row}|{year}")).collect(),
                    None => expected.clone(),
                };
                assert_eq!(read(&paths, columns).await, expected, "{paths:?}");
                if let [path] = paths.as_slice() {
                    let query = format!("SELECT {} FROM '{path}' ORDER BY id", columns.join(", "));
                    assert_eq!(sql(&query).await, expected, "{query}");
                    assert_eq!(sql(&format!("SELECT count(*) FROM '{path}'")).await, ["4"]);
                    assert_eq!(sql(&format!("FROM '{path}' LIMIT 3")).await.len(), 3);
                }
                // Jobs read by the same reader, in pieces: one compression serves for all.
                if ["", ".zst"].contains(&suffix) {
                    assert_eq!(folder.job(paths.clone(), columns).await, expected, "{paths:?}");
                }
            }
        }
    }
}

/// The rows of CSV as the bytes of a Parquet file.
async fn parquet(folder: &Folder, text: &str) -> Vec<u8> {
    let (source, target) = (folder.write("source.csv", text), folder.name("target.parquet"));
    sql(&format!("COPY (SELECT * FROM '{source}') TO '{target}' STORED AS PARQUET")).await;
    fs::read(target).expect("read")
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_several_files_are_joined_by_name() {
    let folder = Folder::new();
    folder.write("csv/a.csv", "id,text\n1,one\n");
    folder.write("csv/b.csv", "text,id\ntwo,2\n");
    folder.write("csv/c.csv", "id,lang,text\n3,en,three\n");
    folder.write("csv/d.csv", "id\n4\n");
    folder.write("json/a.jsonl", "{\"id\":1,\"text\":\"one\"}\n{\"text\":\"two\",\"id\":2}");
    folder.write("json/b.jsonl", "{\"id\":3,\"lang\":\"en\",\"text\":\"three\"}\n{\"id\":4}");
    let expected = ["1|one|", "2|two|", "3|three|en", "4||"];
    for name in ["csv", "json"] {
        let path = folder.name(name);
        let columns = ["id", "text", "lang"];
        assert_eq!(sql(&format!("SELECT id, text, lang FROM '{path}' ORDER BY id")).await, expected, "{name}");
        assert_eq!(folder.job(vec![path.clone()], &columns).await, expected, "{name}");
        let mut files: Vec<String> =
            fs::read_dir(&path).expect("a folder").map(|it| named(it.expect("it").path())).collect();
        files.sort();
        assert_eq!(folder.job(files.clone(), &columns).await, expected, "{name}");
        let mut parquets = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let target = folder.name(&format!("{name}-parquet/{index}.parquet"));
            sql(&format!("COPY (SELECT * FROM '{file}') TO '{target}' STORED AS PARQUET")).await;
            parquets.push(target);
        }
        assert_eq!(folder.job(parquets, &columns).await, expected, "{name} as Parquet");
    }
    let strict = [("union".to_owned(), "strict".to_owned())].into();
    let job = Job { read: strict, ..Job::new(vec![folder.name("csv")], folder.name("strict")) };
    let error = run(&job).await.expect_err("other columns").to_string();
    assert!(error.contains("c.csv") && error.contains("a.csv") && error.contains("`id`, `lang`, `text`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_holds_the_values_of_all_files() {
    let folder = Folder::new();
    folder.write("n/a.csv", "id,n,m\n1,1,1\n");
    folder.write("n/b.csv", "id,n,m\n2,2.5,x\n");
    let path = folder.name("n");
    assert_eq!(sql(&format!("SELECT id, n, m FROM '{path}' ORDER BY id")).await, ["1|1.0|1", "2|2.5|x"]);
    // A value of another type beyond what types are inferred from.
    let late: String = (0..700_000).map(|id| format!("{id},{id}\n")).collect();
    let late = folder.write("late.csv", format!("id,n\n{late}700000,N/A\n"));
    let error = sql_error(&format!("SELECT sum(n) FROM '{late}'")).await;
    for part in ["late.csv", "line 700002", "column 2 (`n`)", "`N/A` is no whole number", "--columns text"] {
        assert!(error.contains(part), "{error}");
    }
    let session = session();
    session.sql("SET input.columns = 'text'").await.expect("set");
    let rows = session.sql(&format!("SELECT n FROM '{late}' WHERE id = '700000'")).await.expect("a plan");
    assert_eq!(shown(&rows.collect().await.expect("rows")), ["N/A"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_keys_count_wherever_they_begin() {
    let folder = Folder::new();
    let line =
        |id: usize| if id < 3000 { format!("{{\"id\":{id}}}\n") } else { format!("{{\"id\":{id},\"label\":\"x\"}}\n") };
    let path = folder.write("late.jsonl", (0..3500).map(line).collect::<String>());
    assert_eq!(sql(&format!("SELECT count(label), count(*) FROM '{path}'")).await, ["500|3500"]);
    let big = folder.write("big.jsonl", "{\"id\":9007199254740993}\n{\"id\":18446744073709551615}\n");
    let rows = sql(&format!("SELECT id, arrow_typeof(id) FROM '{big}' ORDER BY id")).await;
    assert_eq!(rows, ["9007199254740993|UInt64", "18446744073709551615|UInt64"]);
    let mixed = folder.write("mixed.jsonl", "{\"a\":{\"b\":[1, 2]}}\n{\"a\":\"s\"}\n{\"a\":7}\n");
    assert_eq!(sql(&format!("SELECT a FROM '{mixed}'")).await, ["{\"b\":[1, 2]}", "s", "7"]);
    let pretty = folder.write("pretty.json", "{\n  \"id\": 1,\n  \"text\": \"a\"\n}\n{\n  \"id\": 2\n}\n");
    assert_eq!(sql(&format!("SELECT id, text FROM '{pretty}'")).await, ["1|a", "2|"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_exist_are_meant_before_patterns() {
    let folder = Folder::new();
    let odd = ["br[a].csv", "b c.csv", "d%20e.csv", "q?.csv", "st*r.csv", "ünï.csv", "a:b.csv"];
    folder.write("bra.csv", "id\n0\n");
    for (id, name) in odd.iter().enumerate() {
        let path = folder.write(name, format!("id,text\n{id},x\n"));
        assert_eq!(sql(&format!("SELECT id FROM '{path}'")).await, [id.to_string()], "{name}");
        assert_eq!(folder.job(vec![path], &["id"]).await, [id.to_string()], "{name}");
    }
    fs::remove_file(folder.path("br[a].csv")).expect("removed");
    assert_eq!(sql(&format!("SELECT id FROM '{}'", folder.name("br[a].csv"))).await, ["0"]);
    let error = sql_error(&format!("SELECT * FROM '{}'", folder.name("nothing*.csv"))).await;
    assert!(error.contains("nothing*.csv") && error.contains("no file matches"), "{error}");
    folder.write("up/x.csv", "id,text\n9,x\n");
    let above = format!("{}/up/../up/x.csv", folder.0.path().display());
    assert_eq!(sql(&format!("SELECT id FROM '{above}'")).await, ["9"]);
    assert_eq!(folder.job(vec![above], &["id"]).await, ["9"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_folder_has_beside_data_is_told() {
    let folder = Folder::new();
    for name in ["in/.hidden.csv", "in/_tmp.csv", "in/readme.md", "in/data.csv"] {
        folder.write(name, "id,text\n1,x\n");
    }
    let summary = run(&Job::new(vec![folder.name("in")], folder.name("o"))).await.expect("a job");
    let mut left_out = summary.left_out.clone();
    left_out.sort();
    assert_eq!((summary.input_rows, left_out), (1, vec![".hidden.csv".into(), "_tmp.csv".into(), "readme.md".into()]));
    assert!(summary.to_string().contains("left out  3 files"), "{summary}");
    folder.write("in/more.jsonl", "{\"id\":2}");
    let error = sql_error(&format!("SELECT * FROM '{}'", folder.name("in"))).await;
    for part in ["1 of CSV, 1 of JSON", "data.csv", "more.jsonl", "/*.csv"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(sql(&format!("SELECT id FROM '{}'", folder.name("in/*.csv"))).await, ["1"]);
    fs::create_dir(folder.path("empty")).expect("a folder");
    let error = sql_error(&format!("SELECT * FROM '{}'", folder.name("empty"))).await;
    assert!(error.contains("empty folder"), "{error}");
    // Named by itself, a hidden file is meant.
    assert_eq!(sql(&format!("SELECT id FROM '{}'", folder.name("in/_tmp.csv"))).await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn encodings_quotes_and_delimiters_are_read_as_they_are_said() {
    let folder = Folder::new();
    let text = "id;text\n1;Größe – «é»\n2;'a; b'\n";
    let (western, ..) = encoding_rs::WINDOWS_1252.encode(text);
    let western = folder.write("western.csv", &western);
    let wide: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let wide = folder.write("wide.csv", wide);
    let marked = folder.write("marked.csv", [b"\xEF\xBB\xBF", text.as_bytes()].concat());
    let expected = ["1|Größe – «é»", "2|a; b"];
    for (path, encoding) in [(&western, "latin1"), (&wide, ""), (&marked, "")] {
        let read = [("quote", "'"), ("encoding", encoding), ("delimiter", ";")];
        let read = read.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let output = folder.name("out");
        let job = Job { read, overwrite: true, shard_rows: Some(1), ..Job::new(vec![path.clone()], output.clone()) };
        assert_eq!(run(&job).await.expect(path).shards, 2);
        assert_eq!(self::read(&[output], &["id", "text"]).await, expected, "{path}");
    }
    // If nothing is said, the delimiter is found, and the encoding is refused with its place.
    let found = folder.write("found.csv", "\u{feff}id;text\n1;a\n2;\"b; c\"\n");
    assert_eq!(sql(&format!("SELECT id, text FROM '{found}'")).await, ["1|a", "2|b; c"]);
    let error = sql_error(&format!("SELECT * FROM '{western}'")).await;
    for part in ["western.csv", "line 2, column 1", "is not UTF-8", "--encoding windows-1252"] {
        assert!(error.contains(part), "{error}");
    }
    let plain = folder.write("plain.dat", "1|x\n2|y\n");
    let create = format!(
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{plain}' OPTIONS ('format.delimiter' '|', 'format.has_header' 'false')"
    );
    let session = session();
    session.sql(&create).await.expect("a table");
    let rows = session.sql("SELECT column_1, column_2 FROM t").await.expect("a plan").collect().await.expect("rows");
    assert_eq!(shown(&rows), ["1|x", "2|y"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn external_tables_are_read_as_files_in_from_and_take_rows() {
    let folder = Folder::new();
    folder.write("t/a.csv", "id,text\n1,\"line\none\"\n");
    let session = session();
    let path = folder.name("t") + "/";
    session.sql(&format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{path}'")).await.expect("a table");
    let rows = session.sql("SELECT text FROM t").await.expect("a plan").collect().await.expect("rows");
    assert_eq!(shown(&rows), ["line\none"]);
    session.sql("INSERT INTO t VALUES (2, 'two')").await.expect("a plan").collect().await.expect("inserted");
    assert_eq!(sql(&format!("SELECT id FROM '{path}' ORDER BY id")).await, ["1", "2"]);
}

/// A file as Spark writes timestamps: days of the Julian calendar and nanoseconds.
fn spark_timestamps(path: &Path) {
    let schema = parse_message_type("message m { required int96 at; required int64 id; }").expect("a schema");
    let file = fs::File::create(path).expect("a file");
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), properties).expect("a writer");
    let mut group = writer.next_row_group().expect("a row group");
    let mut column = group.next_column().expect("a column").expect("a column");
    let day = |day: u32| Int96::from(vec![0, 0, day]);
    // 9999-12-31 and 1970-01-01.
    let days = [day(5_373_484), day(2_440_588)];
    column.typed::<Int96Type>().write_batch(&days, None, None).expect("written");
    column.close().expect("closed");
    let mut column = group.next_column().expect("a column").expect("a column");
    column.typed::<datafusion::parquet::data_type::Int64Type>().write_batch(&[1, 2], None, None).expect("written");
    column.close().expect("closed");
    group.close().expect("closed");
    writer.close().expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn timestamps_of_spark_keep_their_years() {
    let folder = Folder::new();
    let path = folder.name("spark.parquet");
    spark_timestamps(Path::new(&path));
    let expected = ["1|9999-12-31T00:00:00", "2|1970-01-01T00:00:00"];
    assert_eq!(sql(&format!("SELECT id, at FROM '{path}' ORDER BY id")).await, expected);
    let output = folder.name("out");
    let text = folder.write("text.csv", "id,text\n3,x\n");
    run(&Job::new(vec![path.clone(), text], output.clone())).await.expect("a job");
    assert_eq!(read(&[output], &["id", "at"]).await, [expected[0], expected[1], "3|"]);
    let session = session();
    session.sql("SET datafusion.execution.parquet.coerce_int96 = 'ms'").await.expect("set");
    let rows = session.sql(&format!("SELECT arrow_typeof(at) FROM '{path}' LIMIT 1")).await.expect("a plan");
    assert_eq!(shown(&rows.collect().await.expect("rows")), ["Timestamp(ms)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_columns_of_one_name_are_refused() {
    let folder = Folder::new();
    let csv = folder.write("a.csv", "id,text,text\n1,a,b\n");
    let error = sql_error(&format!("SELECT * FROM '{csv}'")).await;
    assert!(error.contains("a.csv") && error.contains("columns 2 and 3 are both named `text`"), "{error}");
    let path = folder.name("a.parquet");
    let schema = parse_message_type("message m { required int64 id; required int64 id; }").expect("a schema");
    let writer = SerializedFileWriter::new(fs::File::create(&path).expect("a file"), Arc::new(schema), Arc::default());
    writer.expect("a writer").close().expect("closed");
    let error = sql_error(&format!("SELECT * FROM '{path}'")).await;
    assert!(error.contains("a.parquet") && error.contains("columns 1 and 2 are both named `id`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_told_with_file_line_and_value() {
    let folder = Folder::new();
    let cases: [(&str, &str, &[&str]); 9] = [
        ("q.csv", "id,text\n1,\"a\n2,b\n", &["line 2", "a quoted field is not closed"]),
        ("a.csv", "id,text\n1,a\n2,b,c\n", &["line 3", "3 fields", "expected 2"]),
        ("b.csv", "", &["it is empty"]),
        ("c.jsonl", "{\"id\":1}\n{\"id\":}\n", &["line 2, column 7", "expected value"]),
        ("d.jsonl", "{\"id\":1}\n[1]\n", &["line 2", "expected an object"]),
        ("e.json", "[{\"id\":1},", &["ends within a JSON array"]),
        ("f.parquet", "no parquet", &["f.parquet"]),
        ("g.csv.gz", "no gzip", &["g.csv.gz"]),
        ("h.docx", "x", &["its format is not known", "--input-format"]),
    ];
    for (name, content, parts) in cases {
        let path = folder.write(name, content);
        let output = folder.name(&format!("out-{name}"));
        let error = run(&Job::new(vec![path.clone()], output.clone())).await.expect_err(name).to_string();
        // Nothing is left of jobs that never began.
        assert_eq!(Path::new(&output).exists(), name == "a.csv", "{name}");
        assert!(error.contains(&format!("input `{path}`")), "{name}: {error}");
        assert!(parts.iter().all(|part| error.contains(part)), "{name}: {error}");
        assert!(!error.contains("Error(") && !error.contains("error: Parquet error"), "{name}: {error}");
        if name != "h.docx" {
            let error = sql_error(&format!("SELECT * FROM '{path}'")).await;
            assert!(parts.iter().all(|part| error.contains(part)), "{name}: {error}");
        }
    }
    let spaced = folder.write("spaced.csv", "id, text\n1,a\n");
    let error = run(&Job::new(vec![spaced], folder.name("out"))).await.expect_err("a space").to_string();
    assert!(error.contains("did you mean ` text`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_look_like_numbers_are_texts() {
    let folder = Folder::new();
    let path = folder.write("a.csv", "id,text\n1,2024\n2,17\n");
    assert_eq!(folder.job(vec![path.clone()], &["id", "text"]).await, ["1|2024", "2|17"]);
    let rows = session().read(&[folder.name("out")]).await.expect("rows");
    assert_eq!(rows.schema().field_with_unqualified_name("text").expect("text").data_type(), &DataType::Utf8);
}

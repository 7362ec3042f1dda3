//! Batch jobs: every input format and level, and what they refuse.

use std::fs;
use std::io::Write;
use std::path::Path;

use annota::Session;
use annota_cluster::job::{self, Job, Level, Summary};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::prelude::ParquetReadOptions;

/// Texts with what breaks readers: quotes, newlines, emptiness.
const CSV: &str = "id,text,lang\n1,\"One. Two, \"\"quoted\"\".\",en\n2,,en\n3,\"line\none\",en\n4,Last é😀,fr\n";
const JSON: &str = "{\"id\":1,\"text\":\"One. Two, \\\"quoted\\\".\",\"lang\":\"en\"}\n{\"id\":2,\"text\":null,\"lang\":\"en\"}\n{\"id\":3,\"text\":\"line\\none\",\"lang\":\"en\"}\n{\"id\":4,\"text\":\"Last é😀\",\"lang\":\"fr\"}\n";

async fn run(job: &Job) -> annota::Result<Summary> {
    job::run(&Session::new()?, job, &mut |_| {}).await
}

/// The output's rows, by id.
async fn output(folder: impl AsRef<Path>) -> RecordBatch {
    let session = Session::new().expect("a session");
    let path = folder.as_ref().to_string_lossy();
    let data = session.context().read_parquet(path.as_ref(), ParquetReadOptions::default()).await.expect("parquet");
    let sort = datafusion::prelude::col("id").sort(true, true);
    let rows = data.sort(vec![sort]).expect("sorted").collect().await.expect("rows");
    concat_batches(&rows[0].schema(), &rows).expect("one batch")
}

/// A path as jobs name it.
fn named(path: impl AsRef<Path>) -> String {
    path.as_ref().to_string_lossy().into_owned()
}

fn ids(batch: &RecordBatch) -> Vec<i64> {
    batch.column_by_name("id").expect("id").as_primitive::<Int64Type>().values().to_vec()
}

fn gzip(path: &Path) {
    let status = std::process::Command::new("gzip").arg(path).status().expect("gzip");
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_gives_the_same_vectors() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::File::create(&path).and_then(|mut file| file.write_all(text.as_bytes())).expect("written");
        path.to_string_lossy().into_owned()
    };
    let mut inputs = vec![
        write("a.csv", CSV),
        write("a.jsonl", JSON),
        write("a.tsv", &CSV.replace(',', "\t").replace("Two\t", "Two,")),
    ];
    for (name, text) in [("b.csv", CSV), ("b.jsonl", JSON)] {
        let path = write(name, text);
        gzip(Path::new(&path));
        inputs.push(format!("{path}.gz"));
    }
    let parquet = folder.path().join("a.parquet").to_string_lossy().into_owned();
    let source = Session::new().expect("a session").read(&inputs[1..2]).await.expect("json");
    source.write_parquet(&parquet, Default::default(), None).await.expect("parquet");
    inputs.push(parquet);
    let mut first: Option<RecordBatch> = None;
    for (index, input) in inputs.into_iter().enumerate() {
        let out = folder.path().join(format!("out{index}"));
        let summary = run(&Job::new(vec![input.clone()], named(&out))).await.expect(&input);
        assert_eq!((summary.input_rows, summary.output_rows), (4, 4), "{input}");
        assert!(out.join("_SUCCESS").exists());
        let batch = output(&out).await;
        assert_eq!(ids(&batch), [1, 2, 3, 4], "{input}");
        let vectors = batch.column_by_name("embedding").expect("embedding");
        assert!(matches!(vectors.data_type(), DataType::List(item) if *item.data_type() == DataType::Float32));
        assert_eq!((vectors.is_null(1), vectors.null_count()), (true, 1), "{input}: only the text that is not there");
        match &first {
            None => first = Some(batch),
            Some(first) => assert_eq!(first.column_by_name("embedding"), Some(vectors), "{input}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sentences_and_tokens_keep_every_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("a.csv");
    fs::write(&input, CSV).expect("written");
    for (level, expected) in
        [(Level::Sentence, vec![1, 1, 2, 3, 4]), (Level::Token, vec![1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 3, 4, 4, 4])]
    {
        let out = folder.path().join(format!("{level:?}"));
        let job = Job { level, ..Job::new(vec![named(&input)], named(&out)) };
        let summary = run(&job).await.expect("a job");
        assert_eq!(summary.output_rows as usize, expected.len());
        let other = Job {
            profile: Some("spark_nlp".to_owned()),
            output: named(folder.path().join(format!("{level:?}-spark"))),
            ..job.clone()
        };
        // Spark NLP's tokenizer leaves a dot at a closing quote, and an emoji at its word.
        let fewer = if level == Level::Token { 2 } else { 0 };
        assert_eq!(run(&other).await.expect("a job").output_rows as usize, expected.len() - fewer);
        let batch = output(&out).await;
        let found = ids(&batch);
        assert_eq!(found, expected, "{level:?}");
        let vectors = batch.column_by_name("embedding").expect("embedding");
        for (row, id) in found.iter().enumerate() {
            assert_eq!(vectors.is_null(row), *id == 2, "{level:?} {row}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_refused_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("a.csv").to_string_lossy().into_owned();
    fs::write(&input, CSV).expect("written");
    let out = folder.path().join("out");
    let job = Job::new(vec![input.clone()], named(&out));
    run(&job).await.expect("a first run");
    let other = folder.path().join("other");
    let fresh = Job { output: named(&other), ..job.clone() };
    fs::write(folder.path().join("x.docx"), "").expect("written");
    let cases = [
        (Job { pooling: Some("cls".into()), ..job.clone() }, "holds another job: pass --overwrite"),
        (
            Job { text_column: "txt".into(), ..fresh.clone() },
            "column `txt` is not in the input: expected one of `id`, `text`, `lang`",
        ),
        (
            Job {
                text_column: "embedding".into(),
                input: vec![named(&out)],
                column_prefix: "a_".into(),
                ..fresh.clone()
            },
            "column `embedding` of the input is of type List",
        ),
        (Job { model: Some("nope".into()), ..fresh.clone() }, "unknown model `nope`"),
        (Job { shard_rows: Some(0), ..fresh.clone() }, "shard_rows is `0`"),
        (Job { pooling: Some("median".into()), ..fresh.clone() }, "pooling is `median`"),
        (Job { input: vec!["/no/such.csv".into()], ..fresh.clone() }, "/no/such.csv"),
        (
            Job { input: vec![folder.path().join("x.docx").to_string_lossy().into_owned()], ..fresh.clone() },
            "format is not known",
        ),
        (
            Job { input: vec![out.to_string_lossy().into_owned()], ..fresh.clone() },
            "the input already has a column `embedding`: pass `--column-prefix annota_`",
        ),
    ];
    for (job, expected) in cases {
        let message = run(&job).await.expect_err(expected).to_string();
        assert!(message.contains(expected), "{message}");
        assert!(!other.join("_SUCCESS").exists());
    }
    let again = Job { overwrite: true, ..job };
    run(&again).await.expect("may be replaced");
    fs::write(out.join("precious.txt"), "mine").expect("written");
    let message = run(&again).await.expect_err("foreign files stay").to_string();
    assert!(message.contains("precious.txt"), "{message}");
    let prefixed =
        Job { input: vec![input], column_prefix: "annota_".into(), output: named(other), overwrite: true, ..again };
    run(&prefixed).await.expect("a job");
}

#[tokio::test(flavor = "multi_thread")]
async fn outputs_of_two_models_or_settings_do_not_mix() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("a.csv").to_string_lossy().into_owned();
    fs::write(&input, CSV).expect("written");
    let more = named(folder.path().join("more.csv"));
    fs::write(&more, CSV).expect("written");
    let job = Job { append: true, ..Job::new(vec![input], named(folder.path().join("out"))) };
    let first = run(&job).await.expect("a first run");
    let again = run(&job).await.expect("nothing to do");
    assert_eq!((first.shards, again.shards, output(&job.output).await.num_rows()), (1, 0, 4));
    let second = run(&Job { input: vec![more], ..job.clone() }).await.expect("a second run");
    assert_eq!((first.output_rows, second.output_rows, output(&job.output).await.num_rows()), (4, 8, 8));
    let message =
        run(&Job { pooling: Some("cls".into()), ..job.clone() }).await.expect_err("other settings").to_string();
    assert!(message.contains("annota.pooling, and this job `cls`"), "{message}");
    // The same name, and another model.
    let model = folder.path().join("model");
    fs::create_dir(&model).expect("a folder");
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/annota-models/bundled/albert-tiny-en");
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(Path::new(bundled).join(file), model.join(file)).expect("a copy");
    }
    let other = Job { model: Some(model.to_string_lossy().into_owned()), ..job.clone() };
    run(&other).await.expect("the same files have the same fingerprint");
    let config = fs::read_to_string(model.join("config.json")).expect("config.json");
    fs::write(model.join("config.json"), config.replacen('{', "{ ", 1)).expect("written");
    let message = run(&other).await.expect_err("another model").to_string();
    assert!(message.contains("as annota.fingerprint"), "{message}");
    assert_eq!(output(&job.output).await.num_rows(), 12);
}

/// A CSV file of `rows` rows with texts of two sentences.
fn table(path: &Path, rows: std::ops::Range<u32>) -> String {
    let lines = rows.map(|id| format!("{id},\"Text {id} has\na line. And \"\"{}\"\" more.\"\n", id % 7));
    fs::write(path, format!("id,text\n{}", lines.collect::<String>())).expect("written");
    named(path)
}

/// Names and contents of the parts of an output.
fn parts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut parts: Vec<_> = names.filter(|path| path.extension().is_some_and(|end| end == "parquet")).collect();
    parts.sort();
    parts.iter().map(|path| (named(path.file_name().expect("a name")), fs::read(path).expect("read"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = table(&folder.path().join("a.csv"), 0..95);
    let out = folder.path().join("out");
    let job = Job { shard_rows: Some(10), level: Level::Sentence, ..Job::new(vec![input], named(&out)) };
    let whole = run(&job).await.expect("a job");
    assert_eq!((whole.input_rows, whole.output_rows, whole.shards, whole.files), (95, 190, 10, 10));
    let before = parts(&out);
    // What a driver leaves that dies after seven of ten shards, one of them while it is written.
    let manifest = fs::read_to_string(out.join("_annota/manifest.jsonl")).expect("a manifest");
    let id = job::status(&Session::new().expect("a session"), &job.output).await.expect("a status")[0].id.clone();
    let journal: Vec<&str> = manifest.lines().take(7).collect();
    fs::write(out.join(format!("_annota/{id}/journal-1-000000.jsonl")), journal.join("\n")).expect("written");
    fs::remove_file(out.join("_SUCCESS")).expect("removed");
    fs::remove_file(out.join("_annota/manifest.jsonl")).expect("removed");
    for (name, _) in &before[6..] {
        fs::remove_file(out.join(name)).expect("removed");
    }
    fs::write(out.join(format!("{}#1", before[7].0)), "half").expect("written");
    let rest = run(&job).await.expect("the rest");
    assert_eq!((rest.output_rows, rest.shards, rest.earlier_shards), (190, 4, 6));
    assert_eq!(parts(&out), before, "the same bytes under the same names");
    let names: Vec<String> =
        fs::read_dir(&out).expect("a folder").map(|e| named(e.expect("an entry").file_name())).collect();
    assert!(names.iter().all(|name| !name.contains('#')), "{names:?}");
    let batch = output(&out).await;
    assert_eq!(ids(&batch), (0..95).flat_map(|id| [id, id]).collect::<Vec<i64>>());
    let text = array_value_to_string(batch.column_by_name("text").expect("text"), 0).expect("a text");
    assert_eq!(text, "Text 0 has\na line. And \"0\" more.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grown_and_changed_input_costs_what_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.csv");
    let input = table(&path, 0..40);
    let out = folder.path().join("out");
    let job = Job { key: Some("id".into()), shard_rows: Some(8), ..Job::new(vec![input], named(&out)) };
    run(&job).await.expect("a first run");
    let untouched = parts(&out)[2].clone();
    let same = run(&job).await.expect("nothing to do");
    assert_eq!((same.shards, same.output_rows), (0, 40));
    // Row 3 changes, rows 8 to 15 go, rows 40 to 43 come.
    let text = fs::read_to_string(table(&path, 0..44)).expect("text");
    let mut text = text.replace("Text 3 has", "Text three has");
    for id in 8..16 {
        let (start, end) =
            (text.find(&format!("\n{id},")).expect("a row"), text.find(&format!("\n{},", id + 1)).expect("a row"));
        text.replace_range(start..end, "");
    }
    fs::write(&path, text).expect("written");
    let changed = run(&job).await.expect("the changes");
    assert_eq!((changed.input_rows, changed.output_rows), (36, 36));
    let batch = output(&out).await;
    assert_eq!(ids(&batch), (0..8).chain(16..44).collect::<Vec<i64>>());
    assert_eq!(batch.column_by_name("embedding").expect("embedding").null_count(), 0);
    assert!(parts(&out).contains(&untouched), "files in which nothing changed stay");
    let afresh = Job { key: None, output: named(folder.path().join("afresh")), ..job.clone() };
    run(&afresh).await.expect("a job");
    assert_eq!(output(&afresh.output).await, batch, "as if computed afresh");
    fs::write(&path, "id,text\n1,a\n1,b\n").expect("written");
    let message = run(&job).await.expect_err("a key twice").to_string();
    assert!(message.contains("key `id`") && message.contains("twice"), "{message}");
    assert_eq!(output(&out).await.num_rows(), 36, "and nothing is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_columns_change_without_a_text_computed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.csv");
    let write = |changed: &[(usize, &str)], lang: &dyn Fn(usize) -> &'static str| {
        let text = |id: usize| {
            changed.iter().find(|(it, _)| *it == id).map_or_else(|| id.to_string(), |(_, it)| (*it).to_owned())
        };
        let row = |id| format!("{id},Text {} has two. Sentences.{}\n", text(id), lang(id));
        let rows: String = (0..30).map(row).collect();
        let more = if lang(0).is_empty() { "" } else { ",lang" };
        fs::write(&path, format!("id,text{more}\n{rows}")).expect("written");
    };
    let changed = [(3, "three"), (7, "seven")];
    for level in [Level::Document, Level::Sentence] {
        let out = folder.path().join(level.to_string());
        let job =
            Job { key: Some("id".into()), shard_rows: Some(8), level, ..Job::new(vec![named(&path)], named(&out)) };
        write(&[], &|_| "");
        run(&job).await.expect("a first run");
        assert_eq!(computed(&out), 30);
        // A column comes: no text has changed.
        write(&[], &|_| ",en");
        run(&job).await.expect("another column");
        assert_eq!(computed(&out), 0);
        // Row 3 by its text, rows 5 and 20 by another column, row 7 by both.
        write(&changed, &|id| if [5, 7, 20].contains(&id) { ",fr" } else { ",en" });
        run(&job).await.expect("the changes");
        assert_eq!(computed(&out), 2);
        let afresh = Job { key: None, output: named(folder.path().join(format!("afresh-{level}"))), ..job.clone() };
        run(&afresh).await.expect("a job");
        assert_eq!(sorted(&output(&out).await), sorted(&output(&afresh.output).await), "as if computed afresh");
    }
}

/// Rows of the input that were computed for the output as it is by the job that was run last.
fn computed(out: &Path) -> u64 {
    let manifest = fs::read_to_string(out.join("_annota/manifest.jsonl")).expect("a manifest");
    let records = manifest.lines().map(|line| serde_json::from_str::<job::Record>(line).expect("a record"));
    let records: Vec<job::Record> = records.collect();
    let time = |id: &str| {
        fs::metadata(out.join(format!("_annota/{id}/job.json"))).and_then(|it| it.modified()).expect("a time")
    };
    let last = records.iter().map(|record| &record.job).max_by_key(|id| time(id)).expect("a job");
    let own = records.iter().filter(|record| record.job == *last && record.input.ends_with("a.csv"));
    own.map(|record| record.rows).sum()
}

/// Rows as text, in order, so that those of one key may stand in any.
fn sorted(batch: &RecordBatch) -> Vec<String> {
    let shown =
        |row| batch.columns().iter().map(|it| array_value_to_string(it, row).expect("a value")).collect::<Vec<_>>();
    let mut rows: Vec<String> = (0..batch.num_rows()).map(|row| shown(row).join("|")).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_fail_are_told_and_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = named(folder.path().join("a.csv"));
    let long = "many words ".repeat(600);
    fs::write(&input, format!("id,text\n1,short\n2,{long}\n3,\"  \"\n4,last\n")).expect("written");
    let job = Job { long: Some("fail".into()), ..Job::new(vec![input], named(folder.path().join("out"))) };
    let message = run(&job).await.expect_err("a text that is too long").to_string();
    assert!(message.contains("1 shard of output") && message.contains("pieces"), "{message}");
    assert!(!Path::new(&job.output).join("_SUCCESS").exists());
    let lenient = Job { on_error: "null".into(), overwrite: true, ..job };
    let summary = run(&lenient).await.expect("a job");
    assert_eq!((summary.input_rows, summary.output_rows, summary.rejected), (4, 4, 1));
    let batch = output(&lenient.output).await;
    let vectors = batch.column_by_name("embedding").expect("embedding");
    assert_eq!((ids(&batch), vectors.is_null(1)), (vec![1, 2, 3, 4], true));
    let id = &job::status(&Session::new().expect("a session"), &lenient.output).await.expect("a status")[0].id;
    let rejects = format!("{}/_annota/{id}/rejects-000000.jsonl", lenient.output);
    let rejects = fs::read_to_string(rejects).expect("rejects");
    assert_eq!(rejects.lines().count(), 1);
    assert!(rejects.contains("many words") && rejects.contains("pieces"), "{rejects}");
}

#[test]
fn a_job_file_is_read_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("job.toml");
    fs::write(&path, "input = [\"a.csv\"]\noutput = \"out\"\nlevel = \"token\"\ntext_column = \"body\"\n")
        .expect("written");
    let job = Job::load(&path).expect("a job");
    assert_eq!((job.level, job.text_column.as_str(), job.pooling.as_deref()), (Level::Token, "body", None));
    fs::write(&path, "input = [\"a.csv\"]\noutput = \"out\"\nlevel = \"word\"\n").expect("written");
    assert!(Job::load(&path).expect_err("wrong").to_string().contains("unknown variant `word`"));
}

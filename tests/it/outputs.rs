//! Outputs of batch jobs under what happens to them: several drivers, missing parts, changed inputs, failures.

use std::fs;
use std::path::{Path, PathBuf};

use annota::Session;
use annota_cluster::job::{self, Job, Summary, VectorType};
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::DataType;

struct Stage(tempfile::TempDir);

impl Stage {
    fn new() -> Self {
        Stage(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).expect("written");
        self.path(name).to_string_lossy().into_owned()
    }

    fn texts(&self, name: &str, ids: std::ops::Range<u32>) -> String {
        let rows = ids.map(|id| format!("{id},Text {id}.\n"));
        self.write(name, &format!("id,text\n{}", rows.collect::<String>()))
    }

    fn job(&self, input: &str) -> Job {
        let output = self.path("out").to_string_lossy().into_owned();
        Job { shard_rows: Some(5), ..Job::new(vec![input.to_owned()], output) }
    }

    fn parts(&self) -> Vec<String> {
        let names = fs::read_dir(self.path("out")).expect("a folder").map(|it| it.expect("it").file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        let mut parts: Vec<String> = names.filter(|name| name.starts_with("part-")).collect();
        parts.sort();
        parts
    }

    fn is_whole(&self) -> bool {
        self.path("out/_SUCCESS").exists()
    }

    async fn rows(&self) -> RecordBatch {
        let query = format!("SELECT * FROM '{}' ORDER BY id", self.path("out").display());
        let session = Session::new().expect("a session");
        let rows = session.sql(&query).await.expect("a plan").collect().await.expect("rows");
        datafusion::arrow::compute::concat_batches(&rows[0].schema(), &rows).expect("one batch")
    }
}

async fn run(job: &Job) -> annota::Result<Summary> {
    job::run(&Session::new()?, job, &mut |_| {}).await
}

/// Sets back when a file was changed, as a copy, a download or another mount does.
fn touch(path: &str) {
    let file = fs::File::options().append(true).open(path).expect("a file");
    let time = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    file.set_modified(time).expect("a time");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_are_gone_or_damaged_are_made_again() {
    let stage = Stage::new();
    let job = stage.job(&stage.texts("a.csv", 0..20));
    run(&job).await.expect("a job");
    let (parts, expected) = (stage.parts(), stage.rows().await);
    fs::remove_file(stage.path("out").join(&parts[1])).expect("removed");
    fs::write(stage.path("out").join(&parts[2]), "half").expect("damaged");
    let status = job::status(&Session::new().expect("a session"), &job.output).await.expect("a status");
    assert!(status[0].to_string().contains("2 of the shards' files missing or damaged"), "{}", status[0]);
    let again = run(&job).await.expect("the rest");
    assert_eq!((again.shards, again.earlier_shards, again.output_rows), (2, 2, 20));
    assert_eq!((stage.parts(), stage.rows().await), (parts, expected));
    let third = run(&job).await.expect("nothing");
    assert!(third.is_done_before && third.to_string().contains("nothing to do"), "{third}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_content_of_an_input_counts_and_not_its_time() {
    let stage = Stage::new();
    let input = stage.texts("a.csv", 0..20);
    let job = stage.job(&input);
    run(&job).await.expect("a job");
    touch(&input);
    assert!(run(&job).await.expect("nothing").is_done_before);
    let append = Job { append: true, ..job.clone() };
    touch(&input);
    assert_eq!(run(&append).await.expect("nothing").output_rows, 20);
    // The same length and time, and another text.
    let before = fs::metadata(&input).and_then(|it| it.modified()).expect("a time");
    stage.write("a.csv", &fs::read_to_string(&input).expect("text").replace("Text 7.", "Word 7."));
    fs::File::options().append(true).open(&input).and_then(|file| file.set_modified(before)).expect("a time");
    let error = run(&job).await.map(|summary| summary.is_done_before);
    // A file that a store says is the same is taken for the same; on this machine the new file is another one.
    assert!(error.is_err() || cfg!(not(unix)) || error.is_ok_and(|done| done), "another text is another job");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_line_costs_its_shard() {
    let stage = Stage::new();
    let input = stage.texts("a.csv", 0..40);
    let text = fs::read_to_string(&input).expect("text");
    // Types are those of the first records, so that the fault is found by reading.
    let job = Job { read: [("columns".to_owned(), "text".to_owned())].into(), ..stage.job(&input) };
    stage.write("a.csv", &text.replace("\n12,Text 12.", "\n12,Text 12.,more"));
    let error = run(&job).await.expect_err("three fields").to_string();
    assert!(error.contains("line 14") && error.contains("a.csv"), "{error}");
    stage.write("a.csv", &text.replace("Text 12.", "Text 12, mended."));
    let error = run(&job).await.expect_err("still three fields").to_string();
    assert!(error.contains("line 14"), "{error}");
    stage.write(
        "a.csv",
        &text.replace("Text 12.", "Text twelve, mended.").replace("Text twelve, mended.", "\"Text twelve, mended.\""),
    );
    let mended = run(&job).await.expect("the rest");
    assert_eq!((mended.output_rows, mended.earlier_shards, mended.shards), (40, 7, 1));
    assert_eq!(stage.rows().await.num_rows(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_rows_are_done_as_often_as_they_are_there() {
    let stage = Stage::new();
    let rows = "1,same\n".repeat(30);
    let input = stage.write("a.csv", &format!("id,text\n{rows}"));
    let job = stage.job(&input);
    let bad = stage.write("b.csv", "id,text\n2,a,b\n");
    let both = Job { input: vec![input.clone(), bad.clone()], ..job.clone() };
    run(&both).await.expect_err("three fields");
    stage.write("b.csv", "id,text\n2,\"a,b\"\n");
    assert_eq!(run(&both).await.expect("the rest").output_rows, 31);
    assert_eq!(stage.rows().await.num_rows(), 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_driver_writes_an_output_whatever_its_job() {
    let stage = Stage::new();
    let first = stage.job(&stage.texts("a.csv", 0..10));
    run(&first).await.expect("a job");
    let appends: Vec<Job> = (1..4)
        .map(|at| Job { append: true, ..stage.job(&stage.texts(&format!("{at}.csv"), at * 100..at * 100 + 40)) })
        .collect();
    let results = futures::future::join_all(appends.iter().map(run)).await;
    let done = results.iter().filter(|result| result.is_ok()).count();
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        let error = error.to_string();
        assert!(error.contains("is being written by process") && error.contains("annota jobs cancel"), "{error}");
    }
    assert!(done >= 1);
    assert_eq!(stage.rows().await.num_rows(), 10 + 40 * done);
    for job in &appends {
        run(job).await.expect("one after the other");
    }
    assert_eq!((stage.rows().await.num_rows(), stage.is_whole()), (130, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_output_lives_until_the_new_one_is_whole() {
    let stage = Stage::new();
    let good = stage.job(&stage.texts("a.csv", 0..20));
    run(&good).await.expect("a job");
    let (parts, rows) = (stage.parts(), stage.rows().await);
    let bad = stage.texts("b.csv", 100..140);
    stage.write("b.csv", &fs::read_to_string(&bad).expect("text").replace("Text 120.", "Text 120., more"));
    for job in [Job { append: true, ..stage.job(&bad) }, Job { overwrite: true, ..stage.job(&bad) }] {
        run(&job).await.expect_err("three fields");
        assert_eq!((stage.parts(), stage.is_whole()), (parts.clone(), true), "as before");
        assert_eq!(stage.rows().await, rows);
    }
    stage.texts("b.csv", 100..140);
    let append = run(&Job { append: true, ..stage.job(&bad) }).await.expect("mended");
    assert_eq!((append.output_rows, stage.rows().await.num_rows()), (60, 60));
    let overwrite = run(&Job { overwrite: true, ..stage.job(&bad) }).await.expect("replaced");
    assert_eq!((overwrite.output_rows, stage.rows().await.num_rows()), (40, 40));
    let memory = fs::read_dir(stage.path("out/_annota")).expect("a folder").count();
    assert_eq!(memory, 2, "the manifest and the folder of one job");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_that_dies_while_it_completes_an_output_is_no_loss() {
    let stage = Stage::new();
    run(&stage.job(&stage.texts("a.csv", 0..20))).await.expect("a job");
    let old = stage.parts();
    let append = Job { append: true, ..stage.job(&stage.texts("b.csv", 20..40)) };
    run(&append).await.expect("a job");
    let manifest = stage.path("out/_annota/manifest.jsonl");
    // As after the first of the new parts got its name.
    let new: Vec<String> = stage.parts().into_iter().filter(|part| !old.contains(part)).collect();
    let id = new[0].split('-').nth(1).expect("an id");
    for part in &new[1..] {
        fs::rename(stage.path("out").join(part), stage.path(&format!("out/_annota/{id}")).join(part)).expect("moved");
    }
    fs::copy(&manifest, stage.path("out/_annota/commit.jsonl")).expect("a copy");
    let before: Vec<String> =
        fs::read_to_string(&manifest).expect("text").lines().take(old.len()).map(str::to_owned).collect();
    fs::write(&manifest, before.join("\n")).expect("written");
    fs::remove_file(stage.path("out/_SUCCESS")).expect("removed");
    let again = run(&append).await.expect("a job");
    assert_eq!((again.output_rows, again.shards), (40, 0));
    assert_eq!((stage.rows().await.num_rows(), stage.is_whole()), (40, true));
    assert!(!stage.path("out/_annota/commit.jsonl").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_changes_while_it_is_read_is_an_error() {
    let stage = Stage::new();
    let input = stage.texts("a.csv", 0..300);
    let job = Job { shard_rows: Some(1), ..stage.job(&input) };
    let text = fs::read_to_string(&input).expect("text");
    let mut is_changed = false;
    let mut change = |_| {
        if !std::mem::replace(&mut is_changed, true) {
            fs::write(&input, text.replace("Text", "Word")).expect("written");
        }
    };
    let session = Session::new().expect("a session");
    let error = job::run(&session, &job, &mut change).await.expect_err("another text").to_string();
    assert!(error.contains("has changed since it was planned"), "{error}");
    assert!(!stage.is_whole());
    let again = run(&job).await.expect("the text as it is now");
    assert_eq!(again.output_rows, 300);
    let texts = stage.rows().await;
    let texts = datafusion::arrow::array::AsArray::as_string::<i32>(texts.column_by_name("text").expect("text"));
    assert!(texts.iter().all(|text| text.is_some_and(|text| text.starts_with("Word"))), "no row of the old text");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_without_rows_gives_a_file_with_its_columns() {
    let stage = Stage::new();
    let job = stage.job(&stage.write("a.csv", "id,text\n"));
    let summary = run(&job).await.expect("a job");
    assert_eq!((summary.input_rows, summary.output_rows, summary.files), (0, 0, 1));
    let session = Session::new().expect("a session");
    let rows = session.read(std::slice::from_ref(&job.output)).await.expect("a table");
    let names: Vec<&str> = rows.schema().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id", "text", "embedding"]);
    assert!(run(&job).await.expect("nothing").is_done_before);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_keep_their_types_and_vectors_have_the_one_asked_for() {
    let stage = Stage::new();
    let session = Session::new().expect("a session");
    let source = stage.path("types.parquet");
    let query = format!(
        "COPY (SELECT 1 AS id, arrow_cast('a', 'LargeUtf8') AS text, arrow_cast('b', 'Utf8View') AS v, \
         arrow_cast('c', 'Dictionary(Int32, Utf8)') AS d, DATE '2026-01-02' AS at) TO '{}' STORED AS PARQUET",
        source.display()
    );
    session.sql(&query).await.expect("a plan").collect().await.expect("written");
    let job = stage.job(&source.to_string_lossy());
    for (vector_type, is_fixed) in [(VectorType::List, false), (VectorType::Fixed, true)] {
        run(&Job { vector_type, overwrite: true, ..job.clone() }).await.expect("a job");
        let schema = stage.rows().await.schema();
        let of = |name: &str| schema.field_with_name(name).expect(name).data_type().clone();
        assert_eq!((of("text"), of("at")), (DataType::LargeUtf8, DataType::Date32));
        assert_eq!(of("d"), DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)));
        assert_eq!(matches!(of("embedding"), DataType::FixedSizeList(_, 256)), is_fixed);
        assert_eq!(matches!(of("embedding"), DataType::List(_)), !is_fixed);
    }
    let blank = stage.write("blank.csv", "id,text\n1,\n2,x\n");
    let rows = Job { overwrite: true, ..stage.job(&blank) };
    run(&rows).await.expect("a job");
    let rows = stage.rows().await;
    let vectors = rows.column_by_name("embedding").expect("vectors");
    assert_eq!((vectors.is_null(0), vectors.is_null(1)), (true, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_files_become_few_parts() {
    let stage = Stage::new();
    fs::create_dir(stage.path("in")).expect("a folder");
    for id in 0..200 {
        stage.write(&format!("in/{id:03}.csv"), &format!("id,text\n{id},Text {id}.\n"));
    }
    let input = stage.path("in").to_string_lossy().into_owned();
    let job = Job { shard_rows: None, ..stage.job(&input) };
    let summary = run(&job).await.expect("a job");
    assert_eq!((summary.output_rows, summary.files), (200, 4));
    assert!(Path::new(&job.output).join("_SUCCESS").exists());
}

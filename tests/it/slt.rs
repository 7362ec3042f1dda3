//! The `.slt` files of `tests/sql`, each run on a local session, on Ballista within this process, and on a cluster as
//! `annota scheduler` and `annota executor` make one. The same rows must come from all.

use std::path::{Path, PathBuf};
use std::time::Duration;

use annota::{ProcessSettings, Session};
use annota_cluster::roles::{ExecutorSettings, SchedulerSettings, run_executor, run_scheduler};
use annota_cluster::{Access, ClusterInfo};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

struct Database {
    session: Session,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(String);

fn failed(error: impl std::fmt::Display) -> Failed {
    Failed(error.to_string())
}

#[async_trait::async_trait]
impl AsyncDB for Database {
    type Error = Failed;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failed> {
        let data = self.session.sql(sql).await.map_err(failed)?;
        let columns = data.schema().fields().len();
        let batches = data.collect().await.map_err(failed)?;
        if columns == 0 {
            return Ok(DBOutput::StatementComplete(0));
        }
        let rows = batches.iter().map(rows).collect::<Result<Vec<_>, _>>()?.concat();
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Text; columns], rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        "annota"
    }

    async fn sleep(duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

fn rows(batch: &RecordBatch) -> Result<Vec<Vec<String>>, Failed> {
    let options = FormatOptions::default().with_null("NULL");
    let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
    let columns = columns.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let value = |column: &ArrayFormatter<'_>, row| {
        let text = column.value(row).to_string();
        if text.is_empty() { "(empty)".to_owned() } else { text.replace(' ', "␣") }
    };
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| value(column, row)).collect()).collect())
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/sql")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "slt"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

async fn run_all(session: Session) {
    for file in files() {
        let mut runner = Runner::new(|| async { Ok(Database { session: session.clone() }) });
        if let Err(error) = runner.run_file_async(&file).await {
            panic!("{}", error.display(false));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_this_machine() {
    run_all(Session::new().expect("a session")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_ballista() {
    run_all(annota_cluster::in_process(&ProcessSettings::default(), 2, 2).await.expect("a cluster")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_cluster() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let scheduler = SchedulerSettings { bind_port: free.port(), ..SchedulerSettings::default() };
    tokio::spawn(async move {
        run_scheduler(&ProcessSettings::default(), &scheduler, &Access::default()).await.expect("a scheduler");
    });
    for _ in 0..2 {
        let executor = ExecutorSettings {
            scheduler_port: free.port(),
            bind_port: 0,
            bind_grpc_port: 0,
            bind_http_port: 0,
            ..ExecutorSettings::default()
        };
        tokio::spawn(async move {
            run_executor(&ProcessSettings::default(), &executor, &Access::default()).await.expect("an executor");
        });
    }
    let url = format!("df://127.0.0.1:{}", free.port());
    let executors = async || ClusterInfo::of(&url, &Access::default()).await.map_or(0, |info| info.executors.len());
    for _ in 0..600 {
        if executors().await == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let session = annota_cluster::connect(&url, &ProcessSettings::default(), &Access::default()).await;
    run_all(session.expect("a session")).await;
    assert_eq!(executors().await, 2);
}

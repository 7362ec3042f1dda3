//! Roles that do not fit together, within this process.

use std::num::NonZeroUsize;
use std::time::Duration;

use annota::ProcessSettings;
use annota::models::engine::Snapshot;
use annota::models::{DeviceSpec, Model};
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{ExecutorRegistration, RegisterExecutorParams};

use super::scheduler::serve_as;
use super::{ExecutorSettings, SchedulerSettings, run_executor};
use crate::secure::{Access, SecureListener};
use crate::{ClusterError, ClusterInfo, connect, version};

const OTHER: &str = "0.0.1+0badcafe";

fn process() -> ProcessSettings {
    ProcessSettings { device: DeviceSpec::Cpu, ..ProcessSettings::default() }
}

/// A scheduler of that version; its port.
async fn scheduler(version: &'static str) -> u16 {
    let listener = SecureListener::bind("127.0.0.1", 0, None).await.expect("a port");
    let port = listener.address().port();
    tokio::spawn(async move {
        serve_as(listener, &process(), &SchedulerSettings::default(), &Access::default(), version).await
    });
    port
}

fn executor(port: u16) -> ExecutorSettings {
    ExecutorSettings {
        scheduler_port: port,
        bind_port: 0,
        bind_grpc_port: 0,
        bind_http_port: 0,
        vcores: Some(NonZeroUsize::MIN),
        ..ExecutorSettings::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_versions_are_refused_by_name() {
    let port = scheduler(OTHER).await;
    let url = format!("df://127.0.0.1:{port}");
    let names_both = |error: &ClusterError| {
        let text = error.to_string();
        assert!(text.contains(OTHER) && text.contains(version()) && text.lines().count() == 1, "{text}");
    };
    let client = connect(&url, &process(), &Access::default()).await.err().expect("a refusal");
    names_both(&client);
    let executor = run_executor(&process(), &executor(port), &Access::default()).await.expect_err("a refusal");
    names_both(&executor);
    // One that does not greet is refused when it registers.
    let registration = ExecutorRegistration { id: "some-executor".to_owned(), ..ExecutorRegistration::default() };
    let mut stock = SchedulerGrpcClient::connect(format!("http://127.0.0.1:{port}")).await.expect("a connection");
    let refusal = stock.register_executor(RegisterExecutorParams { metadata: Some(registration) }).await;
    assert!(refusal.expect_err("a refusal").message().contains("the executor is no Annota"));
}

/// A scheduler and an executor of one vcore: the scheduler's URL.
async fn cluster() -> String {
    let port = scheduler(version()).await;
    let settings = executor(port);
    tokio::spawn(async move { run_executor(&process(), &settings, &Access::default()).await });
    let url = format!("df://127.0.0.1:{port}");
    let mut info = ClusterInfo::of(&url, &Access::default()).await.expect("an answer");
    for _ in 0..600 {
        if !info.executors.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        info = ClusterInfo::of(&url, &Access::default()).await.expect("an answer");
    }
    assert_eq!((info.executors.len(), info.vcores(None)), (1, 1));
    url
}

/// 320 texts.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/texts.csv");

#[tokio::test(flavor = "multi_thread")]
async fn a_query_ends_with_whoever_asked() {
    let url = cluster().await;
    let session = connect(&url, &process(), &Access::default()).await.expect("a session");
    // Ten thousand million rows.
    let slow = format!(
        "SELECT count(*) FROM '{SAMPLE}' a, '{SAMPLE}' b, '{SAMPLE}' c, '{SAMPLE}' d \
         WHERE a.id + b.id + c.id < d.id"
    );
    let query = session.sql(&slow).await.expect("a plan").collect();
    assert!(tokio::time::timeout(Duration::from_secs(2), query).await.is_err(), "it takes long");
    let link = crate::client::Link::parse(&url, &Access::default()).expect("a link");
    let mut jobs = String::new();
    for _ in 0..100 {
        jobs = String::from_utf8(link.get("/api/jobs").await.expect("an answer")).expect("UTF-8");
        if jobs.to_lowercase().contains("cancel") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it was not cancelled: {jobs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn executors_do_not_compute_what_was_given_up() {
    let url = cluster().await;
    let session = connect(&url, &process(), &Access::default()).await.expect("a session");
    let snapshot = || {
        let loaded = Model::loaded();
        loaded.iter().map(|model| model.counters().snapshot()).fold(Snapshot::default(), Snapshot::plus)
    };
    let before = snapshot();
    // Each text has more than 450 pieces.
    let long = format!("SELECT albert_embed(concat(repeat('many words to compute ', 110), text)) FROM '{SAMPLE}'");
    let query = tokio::spawn(session.sql(&long).await.expect("a plan").collect());
    while snapshot().since(before).batches == 0 {
        assert!(!query.is_finished(), "it computes nothing");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    query.abort();
    let short = session.sql("SELECT albert_embed('a short question')").await.expect("a plan").collect();
    assert_eq!(short.await.expect("an answer").iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
    let done = snapshot().since(before);
    assert!(done.pieces < 450 * 320 / 2, "{done:?}");
}

/// By a model that no other test asks: the same under another name.
#[tokio::test(flavor = "multi_thread")]
async fn executors_compute_a_literal_once() {
    let url = cluster().await;
    let session = connect(&url, &process(), &Access::default()).await.expect("a session");
    for setting in ["annota.cache_bytes = '0'", "datafusion.execution.batch_size = 16"] {
        session.sql(&format!("SET {setting}")).await.expect("a setting").collect().await.expect("it is set");
    }
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../annota-models/bundled/albert-tiny-en");
    let one = format!("albert_embed('a question to all rows', model => '{model}')");
    let sql = format!("SELECT text, cosine_similarity({one}, {one}) FROM '{SAMPLE}' WHERE {one}[1] <> id ORDER BY id");
    let rows = session.sql(&sql).await.expect("a plan").collect().await.expect("an answer");
    assert_eq!(rows.iter().map(|batch| batch.num_rows()).sum::<usize>(), 320);
    let asked = Model::loaded().into_iter().find(|loaded| loaded.name() == model).expect("the model");
    assert_eq!(asked.counters().snapshot().sequences, 1);
}

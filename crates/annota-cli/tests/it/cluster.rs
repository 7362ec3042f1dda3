//! A cluster as processes: what `annota scheduler`, `annota executor` and `annota sql --cluster` do together.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::services::{Cluster, annota, annota_on, get, soon};

const TOKEN: &str = "a-token-of-tests";

fn sample() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data/texts.csv").to_string_lossy().into_owned()
}

/// Queries whose rows have an order.
fn queries() -> Vec<String> {
    let sample = sample();
    vec![
        "SELECT 1 + 1 AS two".to_owned(),
        format!("SELECT topic, count(*) AS n FROM '{sample}' GROUP BY topic ORDER BY topic"),
        format!(
            "SELECT id, cardinality(tokens(sentences(document(text)))) AS n, finish(sentences(document(text)))[1] AS s
             FROM '{sample}' ORDER BY id LIMIT 20"
        ),
        format!("SELECT id, round(albert_embed(text)[1], 4) AS v FROM '{sample}' WHERE id < 30 ORDER BY id"),
        "SELECT t.token AS token, array_length(t.embedding) AS n
         FROM (SELECT unnest(albert_embed_tokens('I love NLP')) AS t)"
            .to_owned(),
        format!(
            "SELECT topic, max(cardinality(sentences(document(text)))) AS most, count(albert_embed(text, pooling => 'cls')) \
             AS n FROM '{sample}' GROUP BY topic ORDER BY topic"
        ),
    ]
}

fn local(sql: &str) -> String {
    let done = annota(&["sql", "-q", "--format", "csv", "-c", sql]).output().expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// One cluster for all that does not need another: starting processes is what takes time.
#[test]
fn a_cluster_with_a_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = ["--token", TOKEN];
    let mut cluster = Cluster::start(2, folder.path(), &["--flight-sql", "--token", TOKEN], &[]);
    for sql in queries() {
        assert_eq!(cluster.rows(&sql, &shown), local(&sql), "{sql}");
    }
    let executors = cluster.executors.iter().map(|executor| executor.log());
    assert!(executors.into_iter().all(|log| log.contains("Execute task")), "tasks are spread over all executors");
    refusals(&cluster);
    pages(&cluster);
    errors(&cluster);
    flight_sql(&cluster);
    for secret in [cluster.scheduler.log(), cluster.executors[0].log()] {
        assert!(!secret.contains(TOKEN), "{secret}");
    }
    endings(&mut cluster, folder.path());
}

fn refusals(cluster: &Cluster) {
    let without = cluster.refusal("SELECT 1", &[]);
    assert!(without.contains("no token was shown") && without.lines().count() == 1, "{without}");
    let wrong = cluster.refusal("SELECT 1", &["--token", "another"]);
    assert!(wrong.contains("the token is not the scheduler's"), "{wrong}");
    let class = cluster.refusal("SET annota.device_class = 'gpu'; SELECT 1", &["--token", TOKEN]);
    assert!(class.contains("no executor of the device class `gpu`") && class.contains("2 of cpu"), "{class}");
    assert_eq!(cluster.rows("SET annota.device_class = 'cpu'; SELECT 1 AS n", &["--token", TOKEN]), "n\n1\n");
}

/// What is asked over HTTP.
fn pages(cluster: &Cluster) {
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(&cluster.port, path, "").0, 200, "{path}");
        assert!(cluster.http.iter().all(|port| get(port, path, "").0 == 200), "{path}");
    }
    for path in ["/metrics", "/api/executors", "/api/jobs", "/tui", "/nothing"] {
        assert_eq!(get(&cluster.port, path, "").0, 401, "{path}");
    }
    let (status, jobs) = get(&cluster.port, "/api/jobs", &authorization);
    assert_eq!(status, 200, "{jobs}");
    let job = jobs.split("\"job_id\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a job");
    let (status, settings) = get(&cluster.port, &format!("/api/job/{job}/config"), &authorization);
    assert!(status == 200 && settings.contains("annota.model") && !settings.contains(TOKEN), "{settings}");
    assert!(get(&cluster.port, "/metrics", &authorization).1.contains("job_submitted_total"));
    let counted = cluster.http.iter().filter(|port| get(port, "/metrics", "").1.contains("annota_tokens_total{"));
    assert!(counted.count() > 0, "an executor has computed vectors");
}

fn errors(cluster: &Cluster) {
    let sql = format!("SELECT count(albert_embed(text, '/absent/model')) FROM '{}'", sample());
    let error = cluster.refusal(&sql, &["--token", TOKEN]);
    assert!(error.contains("executor cpu-") && error.contains("/absent/model"), "{error}");
}

/// Another language asks.
fn flight_sql(cluster: &Cluster) {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = |code: &str| {
        let run = Command::new(&python).args(["-c", code]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    };
    if !has("import adbc_driver_flightsql.dbapi, pyarrow") {
        eprintln!("skipped: Flight SQL, for want of Python's adbc-driver-flightsql and pyarrow");
        return;
    }
    let asks = |password: &str, what: &str| {
        format!(
            "import adbc_driver_flightsql.dbapi as dbapi
keys = {{'username': 'anyone', 'password': '{password}'}}
with dbapi.connect('grpc://127.0.0.1:{}', db_kwargs=keys) as connection, connection.cursor() as cursor:
{what}",
            cluster.port
        )
    };
    let vector = "    cursor.execute(\"SELECT albert_embed('x') AS v\")
    assert len(cursor.fetch_arrow_table()['v'][0]) == 256
";
    assert!(has(&asks(TOKEN, vector)), "{}", cluster.scheduler.log());
    assert!(!has(&asks("another", vector)));
    let files = format!(
        "    cursor.execute(\"SELECT count(*) AS n FROM '{}'\")
    assert cursor.fetch_arrow_table()['n'][0].as_py() == 320
",
        sample()
    );
    assert!(has(&asks(TOKEN, &files)), "{}", cluster.scheduler.log());
    // Without a refusal it would wait for ever.
    let class = "    cursor.execute(\"SET annota.device_class = 'gpu'\")
    try:
        cursor.execute('SELECT 1')
    except Exception as error:
        assert 'no executor of the device class' in str(error), error
    else:
        assert False
";
    assert!(has(&asks(TOKEN, class)), "{}", cluster.scheduler.log());
    // Ten thousand million rows, for one second.
    let slow = format!(
        "    import threading
    threading.Timer(1, cursor.adbc_cancel).start()
    try:
        cursor.execute(\"SELECT count(*) FROM '{0}' a, '{0}' b, '{0}' c, '{0}' d WHERE a.id + b.id + c.id < d.id\")
    except Exception:
        pass
    else:
        assert False
",
        sample()
    );
    assert!(has(&asks(TOKEN, &slow)), "{}", cluster.scheduler.log());
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    let jobs = || get(&cluster.port, "/api/jobs", &authorization).1.to_lowercase();
    assert!(soon(|| jobs().contains("cancel")), "{}", jobs());
}

/// SIGTERM ends an executor after its tasks, and the scheduler after its queries.
fn endings(cluster: &mut Cluster, folder: &Path) {
    let folders = || std::fs::read_dir(folder).expect("a folder").count();
    assert_eq!(folders(), 2);
    let mut executor = cluster.executors.remove(0);
    executor.terminate();
    assert_eq!(executor.wait().code(), Some(0), "{}", executor.log());
    assert_eq!(folders(), 1, "its folder goes with it");
    assert_eq!(cluster.rows("SELECT 2 AS n", &["--token", TOKEN]), "n\n2\n");
    cluster.scheduler.terminate();
    assert_eq!(cluster.scheduler.wait().code(), Some(0), "{}", cluster.scheduler.log());
    assert!(soon(|| get(&cluster.http[1], "/readyz", "").0 == 503), "{}", cluster.executors[0].log());
}

#[test]
fn certificates_between_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let made = annota(&["tls", "init", "--dir", &file("")]).output().expect("it runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for key in ["ca.key", "server.key", "client.key"] {
        let mode = std::fs::metadata(folder.path().join(key)).expect("a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    let again = annota(&["tls", "init", "--dir", &file("")]).output().expect("it runs");
    assert!(!again.status.success(), "an authority is not replaced");
    let (ca, cert, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
    let servers = ["--tls-ca", &ca, "--tls-cert", &cert, "--tls-key", &key];
    let (cert, key) = (file("client.pem"), file("client.key"));
    let clients = ["--tls-ca", &ca, "--tls-cert", &cert, "--tls-key", &key];
    let work = folder.path().join("work");
    let cluster = Cluster::start(1, &work, &["--bind-host", "0.0.0.0"], &servers);
    for sql in &queries()[2..4] {
        assert_eq!(cluster.rows(sql, &clients), local(sql), "{sql}");
    }
    let plaintext = cluster.refusal("SELECT 1", &[]);
    assert!(plaintext.contains("cannot be reached") && plaintext.contains("TLS"), "{plaintext}");
    // A certificate for clients makes nobody an executor.
    let client = ["executor", "--scheduler-port", &cluster.port, "--bind-port", "0", "--bind-grpc-port", "0"];
    let client = [&client[..], &["--bind-http-port", "0"]].concat();
    let client = annota(&[&client[..], &clients].concat()).output().expect("it runs");
    let refusal = String::from_utf8_lossy(&client.stderr);
    assert!(client.status.code() == Some(1) && refusal.contains("expected one for servers"), "{refusal}");
}

/// An executor on a GPU, or on a CPU that plays one, beside one on a CPU.
#[test]
fn devices_of_two_kinds() {
    let alone = annota_on("wgpu", &["sql", "-q", "-c", "SELECT albert_embed('x')[1]"]).output().expect("it runs");
    if !alone.status.success() {
        eprintln!("skipped: two kinds of devices, for want of an adapter: {}", String::from_utf8_lossy(&alone.stderr));
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut cluster = Cluster::start(1, folder.path(), &[], &[]);
    cluster.add_executor_on(folder.path(), "wgpu");
    assert!(soon(|| get(&cluster.http[1], "/readyz", "").0 == 200), "{}", cluster.executors[1].log());
    let texts = folder.path().join("texts.csv");
    // Of one length, so that few shapes are compiled.
    let lines: String = (100..148).map(|id| format!("{id},Row {id} is as long as others.\n")).collect();
    std::fs::write(&texts, format!("id,text\n{lines}")).expect("written");
    let run = |output: &str, more: &[&str]| {
        let (input, output) = (texts.to_string_lossy().into_owned(), folder.path().join(output));
        let url = format!("df://localhost:{}", cluster.port);
        let given =
            ["run", "--input", &input, "--output", &output.to_string_lossy(), "--shard-rows", "4", "--cluster", &url];
        let done = annota(&[&given[..], more].concat()).output().expect("it runs");
        assert!(done.status.success(), "{}\n{}", String::from_utf8_lossy(&done.stderr), cluster.executors[1].log());
        let manifest = std::fs::read_to_string(output.join("_annota/manifest.jsonl")).expect("a manifest");
        let records = manifest.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a record"));
        let records: Vec<serde_json::Value> = records.collect();
        assert_eq!(records.iter().map(|record| record["rows"].as_u64().expect("rows")).sum::<u64>(), 48);
        assert!(records.iter().all(|record| record["precision"] == "f32"));
        let mut devices: Vec<String> =
            records.iter().map(|it| it["device"].as_str().expect("a device").to_owned()).collect();
        devices.sort();
        devices.dedup();
        devices
    };
    let (cpu, gpu) = (run("cpu", &["--device-class", "cpu"]), run("gpu", &["--device-class", "gpu"]));
    assert_eq!(cpu, ["cpu"]);
    assert!(gpu.len() == 1 && gpu != cpu, "{gpu:?}");
    assert_eq!(run("both", &[]).len(), 2, "shards go to both");
    let held = |port: &str| {
        let metrics = get(port, "/metrics", "").1;
        let line = metrics.lines().find(|line| line.starts_with("annota_device_memory_bytes{"))?.to_owned();
        line.rsplit(' ').next()?.parse::<f64>().ok()
    };
    assert_eq!(held(&cluster.http[0]), None, "of a GPU's memory");
    assert!(held(&cluster.http[1]).is_some_and(|bytes| bytes > 1e6));
    let folder = folder.path().display();
    // What Annota promises on a GPU in f32.
    let differ = format!(
        "SELECT count(*) AS rows, count(*) FILTER (WHERE abs(a.v - b.v) > 1e-3) AS differ
         FROM (SELECT id, unnest(embedding) AS v, unnest(range(256)) AS at FROM '{folder}/cpu/*.parquet') a
         JOIN (SELECT id, unnest(embedding) AS v, unnest(range(256)) AS at FROM '{folder}/gpu/*.parquet') b
         ON a.id = b.id AND a.at = b.at"
    );
    assert_eq!(local(&differ), "rows,differ\n12288,0\n");
}

#[test]
fn plaintext_is_for_loopback() {
    for role in ["scheduler", "executor"] {
        let done = annota(&[role, "--bind-host", "0.0.0.0"]).output().expect("it runs");
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(1) && error.contains("--insecure"), "{error}");
    }
}

/// Compose files and charts write flags as 0, 1, off and on.
#[test]
fn flags_in_the_environment_are_true_or_false_in_any_usual_word() {
    for [no, yes] in [["0", "1"], ["false", "true"], ["off", "on"], ["no", "yes"]] {
        let mut command = annota(&["scheduler", "--bind-host", "0.0.0.0"]);
        let done = command.env("ANNOTA_INSECURE", no).env("ANNOTA_FLIGHT_SQL", yes).output().expect("it runs");
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(1) && error.contains("or --insecure"), "{no} {yes}: {error}");
    }
    let done = annota(&["scheduler"]).env("ANNOTA_INSECURE", "perhaps").output().expect("it runs");
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(2) && error.contains("perhaps"), "{error}");
}

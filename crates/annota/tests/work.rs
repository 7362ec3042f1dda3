//! Work that is not needed is not done: what the engine computed for a query, by its counters.

use std::sync::{Mutex, MutexGuard, PoisonError};

use annota::{ProcessSettings, Session};
use annota_models::engine::Snapshot;
use annota_models::{DeviceSpec, Model};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

/// The counters are the process's: one query at a time.
static ONE: Mutex<()> = Mutex::new(());

struct Bench {
    session: Session,
    runtime: tokio::runtime::Runtime,
    _one: MutexGuard<'static, ()>,
}

/// 400 rows of ten words: `id`, `text` (all different), `kind` (0 to 3).
const TABLE: &str = "CREATE TABLE docs AS SELECT value AS id, value % 4 AS kind, \
    concat('a text with the number ', value, ' in its midst and some more words') AS text FROM generate_series(1, 400)";

impl Bench {
    fn new() -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = ProcessSettings { device: DeviceSpec::Cpu, ..ProcessSettings::default() };
        let session = Session::with_settings(&settings).expect("a session");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let bench = Bench { session, runtime, _one: one };
        bench.rows(TABLE);
        bench.rows("SET annota.cache_bytes = '0'");
        bench
    }

    /// The rows of a query as text.
    fn rows(&self, sql: &str) -> Vec<String> {
        let run = async { self.session.sql(sql).await?.collect().await.map_err(annota::Error::from) };
        let batches = self.runtime.block_on(run).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let rows = batches.iter().flat_map(|batch| {
            let columns = batch.columns().iter();
            let columns = columns.map(|column| ArrayFormatter::try_new(column, &FormatOptions::default()));
            let columns: Vec<ArrayFormatter> = columns.collect::<Result<_, _>>().expect("values that can be shown");
            let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" | ");
            (0..batch.num_rows()).map(row).collect::<Vec<String>>()
        });
        rows.collect()
    }

    /// The rows of a query, and how many texts were computed for it.
    fn computed(&self, sql: &str) -> (Vec<String>, u64) {
        let before = snapshot();
        let rows = self.rows(sql);
        let found = snapshot().since(before);
        (rows, found.sequences - found.cache_hits)
    }
}

fn snapshot() -> Snapshot {
    Model::loaded().iter().map(|model| model.counters().snapshot()).fold(Snapshot::default(), Snapshot::plus)
}

#[test]
fn rows_that_are_dropped_are_not_computed() {
    let bench = Bench::new();
    bench.rows("CREATE VIEW embedded AS SELECT id, kind, albert_embed(text) AS e FROM docs");
    let cases = [
        ("SELECT albert_embed(text) FROM docs WHERE id <= 7", 7),
        ("SELECT albert_embed(text) FROM docs LIMIT 5", 5),
        ("SELECT albert_embed(text) FROM docs LIMIT 5 OFFSET 3", 5),
        ("SELECT id, albert_embed(text) FROM docs ORDER BY id DESC LIMIT 5", 5),
        ("SELECT albert_embed(text) FROM docs ORDER BY kind, id LIMIT 5", 5),
        ("SELECT id, albert_embed(text)[1] AS x FROM docs ORDER BY id LIMIT 5", 5),
        ("SELECT id, e[1] FROM (SELECT id, albert_embed(text) AS e FROM docs) ORDER BY id LIMIT 5", 5),
        ("SELECT e FROM (SELECT id, albert_embed(text) AS e FROM docs) WHERE id <= 7", 7),
        ("SELECT albert_embed(text) FROM docs WHERE id IN (SELECT value FROM generate_series(1, 6))", 6),
        (
            "SELECT e FROM (SELECT id, albert_embed(text) AS e FROM docs) AS d \
             WHERE EXISTS (SELECT 1 FROM generate_series(1, 6) AS s WHERE s.value = d.id)",
            6,
        ),
        ("SELECT id FROM docs WHERE id <= 7 AND albert_embed(text)[1] > -100", 7),
        ("SELECT id FROM docs WHERE albert_embed(text)[1] > -100 AND id <= 7", 7),
        ("SELECT CASE WHEN id <= 7 THEN albert_embed(text) END FROM docs WHERE kind >= 0", 7),
        // Through names and views.
        ("WITH d AS (SELECT id, albert_embed(text) AS e FROM docs) SELECT id, e[1] FROM d ORDER BY id LIMIT 5", 5),
        ("SELECT id, e[1], e[2] FROM embedded ORDER BY id LIMIT 5", 5),
        ("SELECT id, cosine_similarity(e, albert_embed('a query')) FROM embedded ORDER BY id LIMIT 5", 6),
        ("SELECT id, x + 1 FROM (SELECT id, e[1] AS x FROM embedded) AS d ORDER BY id DESC LIMIT 5", 5),
        (
            "SELECT x FROM (SELECT id, e[1] AS x FROM embedded) AS d WHERE id IN (SELECT value FROM generate_series(1, 6))",
            6,
        ),
        ("SELECT d.e FROM embedded AS d JOIN docs AS o ON d.id = o.id LIMIT 5", 5),
        (
            "SELECT e FROM (SELECT value FROM generate_series(1, 6)) AS s RIGHT SEMI JOIN embedded AS d ON s.value = d.id",
            6,
        ),
        ("SELECT DISTINCT ON (kind) kind, id, albert_embed(text) FROM docs ORDER BY kind, id DESC", 4),
        // What not all rows reach.
        ("SELECT kind = 1 AND albert_embed(text)[1] > -100 FROM docs", 100),
        ("SELECT albert_embed(text)[1] > -100 AND kind = 1 FROM docs", 100),
        ("SELECT id FROM docs WHERE albert_embed(text)[1] > 100 OR kind = 1", 300),
        ("SELECT id FROM docs WHERE kind = 1 OR albert_embed(text)[1] > 100", 300),
        (
            "SELECT CASE kind WHEN 1 THEN albert_embed(text) WHEN 2 THEN albert_embed(concat(text, '!')) END FROM docs",
            200,
        ),
        (
            "SELECT CASE WHEN id > 7 THEN 0 WHEN albert_embed(text)[1] < -100 THEN 1 ELSE albert_embed(concat(text, '!'))[1] END \
             FROM docs",
            14,
        ),
        ("SELECT CASE WHEN id <= 7 THEN CASE WHEN kind = 1 THEN albert_embed(text)[1] ELSE 0 END END FROM docs", 2),
        (
            "SELECT albert_embed(text)[1] < -100 AND albert_embed(concat(text, '!'))[1] > 0 FROM docs WHERE kind = 1",
            100,
        ),
        ("SELECT count(*) FROM (SELECT id, albert_embed(text) AS e FROM docs)", 0),
        ("EXPLAIN SELECT albert_embed(text) FROM docs", 0),
    ];
    for (sql, expected) in cases {
        assert_eq!(bench.computed(sql).1, expected, "{sql}");
    }
}

/// How many rows a filter over vectors must look at is not known before.
#[test]
fn a_filter_over_vectors_stops_soon_after_it_has_enough() {
    let bench = Bench::new();
    bench.rows("SET datafusion.execution.target_partitions = 1");
    bench.rows("CREATE TABLE once AS SELECT * FROM docs");
    let cases = [
        ("SELECT id FROM once WHERE albert_embed(text)[1] > -100 LIMIT 5", 5, 16),
        ("SELECT id FROM once WHERE albert_embed(text)[1] > -100 LIMIT 40 OFFSET 10", 40, 50),
        ("SELECT id FROM once WHERE albert_embed(text)[1] > -100 AND kind < 2 LIMIT 50", 50, 50),
        (
            "SELECT id FROM once WHERE albert_embed(text)[1] < -100 OR (albert_embed(text)[1] > -100 AND kind < 2) LIMIT 5",
            5,
            16,
        ),
        ("SELECT id FROM once WHERE CASE WHEN albert_embed(text)[1] > -100 THEN id > 40 END LIMIT 5", 5, 48),
        (
            "SELECT id FROM once WHERE albert_embed(text)[1] > -100 AND albert_embed(concat(text, '!'))[1] > -100 LIMIT 5",
            5,
            32,
        ),
        (
            "SELECT id FROM (SELECT id, text, random() AS r FROM once WHERE albert_embed(text)[1] > -100) AS d \
             WHERE albert_embed(concat(text, r))[1] > -100 LIMIT 5",
            5,
            32,
        ),
        ("SELECT id, albert_embed(text)[1] FROM once WHERE albert_embed(text)[1] > -100 LIMIT 5", 5, 16),
        ("SELECT id, e[2] FROM (SELECT id, albert_embed(text) AS e FROM once) AS d WHERE e[1] > -100 LIMIT 5", 5, 16),
        (
            "SELECT id FROM (SELECT * FROM once ORDER BY kind LIMIT 90) AS d WHERE albert_embed(text)[1] > -100 LIMIT 5",
            5,
            16,
        ),
        ("SELECT id FROM once WHERE albert_embed(text)[1] > 100 LIMIT 5", 0, 400),
        ("SELECT id FROM once WHERE albert_embed(text)[1] > -100 LIMIT 1000", 400, 400),
    ];
    for (sql, rows, expected) in cases {
        let (found, computed) = bench.computed(sql);
        assert_eq!((found.len(), computed), (rows, expected), "{sql}");
    }
}

/// Below joins, windows, unions and groups, with the rows that the same query has over a table of vectors.
#[test]
fn what_is_put_off_is_of_the_same_rows() {
    let bench = Bench::new();
    bench.rows("CREATE VIEW embedded AS SELECT id, kind, albert_embed(text) AS e FROM docs");
    bench.rows("CREATE TABLE stored AS SELECT * FROM embedded");
    let cases = [
        ("SELECT d.e FROM embedded AS d JOIN docs AS o ON d.id = o.id ORDER BY o.id DESC LIMIT 5", 5),
        ("SELECT l.e, r.id, r.e FROM embedded AS l JOIN embedded AS r ON l.id = r.id + 1 ORDER BY l.id LIMIT 3", 6),
        ("SELECT d.id, d.e[1] FROM embedded AS d LEFT JOIN docs AS o ON d.id = o.id + 9 ORDER BY d.id LIMIT 8", 8),
        // A row that is not there has no vector.
        ("SELECT o.id, d.e[1] FROM docs AS o LEFT JOIN embedded AS d ON d.id = o.id - 5 ORDER BY o.id LIMIT 8", 3),
        (
            "SELECT o.id, d.id, d.e FROM docs AS o FULL JOIN embedded AS d ON d.id = o.id + 9 ORDER BY o.id, d.id LIMIT 8",
            8,
        ),
        (
            "SELECT o.id, coalesce(d.x, 7) FROM docs AS o LEFT JOIN (SELECT id, coalesce(e[999], 8.0) AS x FROM embedded) AS d \
             ON d.id = o.id - 5 ORDER BY o.id LIMIT 8",
            3,
        ),
        (
            "SELECT id, e FROM (SELECT id, e, row_number() OVER (PARTITION BY kind ORDER BY id) AS place FROM embedded) \
             WHERE place <= 2 ORDER BY id",
            8,
        ),
        ("SELECT id, e, sum(id) OVER (ORDER BY id) AS s FROM embedded ORDER BY s LIMIT 5", 5),
        ("SELECT x FROM (SELECT id, random() AS r, e[1] AS x FROM embedded) WHERE r < 2 ORDER BY id LIMIT 5", 5),
        (
            "SELECT id, x, y FROM (SELECT id, e[1] AS x, kind AS y FROM embedded WHERE kind = 1 \
             UNION ALL SELECT id, e[1], kind FROM embedded WHERE kind = 2) ORDER BY id LIMIT 5",
            5,
        ),
        // Computed otherwise in each part.
        (
            "SELECT id, x FROM (SELECT id, e[1] AS x FROM embedded WHERE id <= 20 \
             UNION ALL SELECT id, e[2] FROM embedded WHERE id > 380) ORDER BY id LIMIT 5",
            5,
        ),
        (
            "SELECT id, x, y, z FROM (SELECT id, e[1] AS x, concat(kind, 'a') AS y, e AS z FROM embedded WHERE kind = 1 \
             UNION ALL SELECT -id, 7.5, 'b', NULL FROM docs \
             UNION ALL SELECT id + 1, e[2], kind, e FROM embedded WHERE kind = 2) ORDER BY id DESC, y LIMIT 5",
            5,
        ),
        // Vectors that are stored beside those that are computed.
        (
            "SELECT id, e FROM (SELECT id, e FROM stored WHERE id <= 20 UNION ALL SELECT id - 2, e FROM embedded \
             WHERE id > 20) ORDER BY id LIMIT 24",
            4,
        ),
        ("SELECT kind, first_value(e ORDER BY id), count(*) FROM embedded GROUP BY kind ORDER BY kind", 4),
        ("SELECT kind, last_value(e[1] ORDER BY id), max(id) FROM embedded GROUP BY kind ORDER BY kind", 4),
        ("SELECT first_value(e ORDER BY id DESC) FROM embedded WHERE id > 390", 10),
        ("SELECT DISTINCT ON (kind) kind, id, e FROM embedded ORDER BY kind, id DESC", 4),
    ];
    for (sql, expected) in cases {
        let (rows, computed) = bench.computed(sql);
        assert_eq!(computed, expected, "{sql}\n{}", bench.rows(&format!("EXPLAIN {sql}")).join("\n"));
        assert_eq!(rows, bench.rows(&sql.replace("embedded", "stored")), "{sql}");
    }
}

#[test]
fn what_is_asked_twice_in_a_node_is_computed_once() {
    let bench = Bench::new();
    let cases = [
        ("SELECT cosine_similarity(albert_embed(text), albert_embed('a query')) FROM docs", 401),
        ("SELECT albert_embed(text), albert_embed(text)[1], array_length(albert_embed(text)) FROM docs", 400),
        (
            "SELECT albert_embed(text)[1] > 0 AND albert_embed(text)[2] > 0 FROM docs WHERE albert_embed('x')[1] < -100",
            1,
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(bench.computed(sql).1, expected, "{sql}");
    }
}

/// Without a cache, and with the rows that the same query has over a table of vectors.
#[test]
fn what_is_asked_in_several_nodes_is_computed_once() {
    let bench = Bench::new();
    bench.rows("CREATE OR REPLACE TABLE docs AS SELECT * FROM docs WHERE id <= 100");
    bench.rows("CREATE TABLE vectors AS SELECT *, albert_embed(text) AS v FROM docs");
    let cases = [
        // SELECT, WHERE and ORDER BY.
        ("SELECT id, f(text) FROM docs WHERE f(text)[1] > 0.5", 100),
        ("SELECT id, f(text)[1] FROM docs WHERE f(text)[1] > 0.5 ORDER BY f(text)[2]", 100),
        ("SELECT id, f(text) AS e FROM docs WHERE f(text)[1] > 0.5 ORDER BY f(text)[2], id", 100),
        ("SELECT id, f(text)[1] FROM docs ORDER BY f(text)[2]", 100),
        ("SELECT id FROM docs WHERE f(text)[1] > 0.5 ORDER BY f(text)[2] DESC", 100),
        ("SELECT * FROM docs WHERE f(text)[1] > 0.5 ORDER BY f(text)[2] DESC", 100),
        ("SELECT id FROM docs ORDER BY f(text)[2]", 100),
        ("SELECT id FROM docs WHERE f(text)[1] BETWEEN -0.5 AND 0.5 ORDER BY id", 100),
        // With LIMIT.
        ("SELECT id FROM docs ORDER BY f(text)[2] LIMIT 3", 100),
        ("SELECT id, f(text) FROM docs ORDER BY f(text)[2] LIMIT 3", 100),
        ("SELECT id, f(text)[1] FROM docs ORDER BY f(text)[2] LIMIT 3 OFFSET 2", 100),
        ("SELECT id, f(text)[1] FROM docs WHERE f(text)[1] > 0.5 ORDER BY f(text)[2] LIMIT 3", 100),
        ("SELECT id, f(text)[1] FROM docs WHERE f(text)[1] > 0.5 ORDER BY id LIMIT 3", 100),
        ("SELECT id, f(text), f(text)[1] FROM docs ORDER BY id LIMIT 3", 3),
        ("SELECT id, f(concat(text, '!'))[1] FROM docs ORDER BY f(text)[2] LIMIT 3", 103),
        // Conditions that ask nothing go first; what they drop is not computed.
        ("SELECT id, f(text)[2] FROM docs WHERE id <= 7 AND f(text)[1] > -100 ORDER BY f(text)[2]", 7),
        ("SELECT id, f(text)[2] FROM docs WHERE f(text)[1] > -100 AND id <= 7 AND f(text)[2] > -100 ORDER BY id", 7),
        ("SELECT id FROM docs WHERE f(text)[1] > -100 AND f(text)[2] > -100 AND kind = 1 ORDER BY id", 25),
        (
            "SELECT id, f(concat(text, '!'))[2] FROM docs WHERE id <= 7 AND f(text)[1] < -100 AND f(concat(text, '!'))[1] > 0",
            7,
        ),
        // What only some rows reach is computed for those, if nothing computes it for all.
        ("SELECT id, CASE WHEN id <= 7 THEN f(text)[1] END FROM docs WHERE kind >= 0 ORDER BY id", 7),
        (
            "SELECT id, CASE WHEN id <= 7 THEN f(text)[1] END, CASE WHEN id = 8 THEN f(text)[1] END FROM docs ORDER BY id",
            8,
        ),
        ("SELECT id, CASE WHEN id <= 7 THEN f(text)[1] END FROM docs WHERE f(text)[1] > 0.5 ORDER BY id", 100),
        ("SELECT id, coalesce(CAST(kind AS DOUBLE), f(text)[1]) FROM docs ORDER BY id", 0),
        ("SELECT id FROM docs WHERE id <= 7 AND (kind = 9 OR f(text)[1] > 0) ORDER BY id", 7),
        ("SELECT id, kind = 1 AND f(text)[1] > 0 AND f(text)[2] > 0 FROM docs ORDER BY id", 25),
        ("SELECT id, NOT (kind = 1 OR f(text)[1] > 0), f(text)[2] > 0 OR kind IS NULL FROM docs ORDER BY id", 100),
        (
            "SELECT id, CASE WHEN kind = 1 THEN f(text)[1] WHEN f(text)[1] > 0 THEN f(text)[2] ELSE 0 END FROM docs ORDER BY id",
            100,
        ),
        ("SELECT id, CASE kind WHEN 1 THEN f(text)[1] WHEN 2 THEN f(text)[2] END FROM docs ORDER BY id", 50),
        // Through subqueries, views and joins.
        ("SELECT id, e[1] FROM (SELECT *, f(text) AS e FROM docs) AS d WHERE f(d.text)[1] > 0.5 ORDER BY e[2]", 100),
        ("SELECT id, f(t)[1] FROM (SELECT id, text AS t FROM docs WHERE f(text)[1] > 0.5) AS d ORDER BY f(t)[2]", 100),
        (
            "SELECT id, f(t)[1] FROM (SELECT id, text AS t FROM docs ORDER BY f(text)[2] LIMIT 9) AS d ORDER BY f(t)[3]",
            100,
        ),
        ("SELECT id FROM (SELECT *, f(text) AS e FROM docs) AS d WHERE id <= 7 AND e[1] > -100 ORDER BY e[2]", 7),
        ("WITH d AS (SELECT id, f(text) AS e FROM docs) SELECT id, e FROM d WHERE e[1] > 0.5 ORDER BY e[2]", 100),
        (
            "SELECT d.id, f(d.text)[1] FROM docs AS d JOIN generate_series(1, 100) AS s ON s.value = d.id \
             WHERE f(d.text)[1] > 0.5 ORDER BY f(d.text)[2]",
            100,
        ),
        (
            "SELECT id, f(text)[1] FROM docs WHERE f(text)[1] > 0.5 AND id IN (SELECT value FROM generate_series(1, 6)) ORDER BY id",
            100,
        ),
        (
            "SELECT a.id, b.id FROM (SELECT * FROM docs WHERE id <= 9) AS a JOIN (SELECT * FROM docs WHERE id > 95) AS b \
             ON cosine_similarity(f(a.text), f(b.text)) > 0.9 ORDER BY a.id, b.id",
            14,
        ),
        // Groups and windows.
        ("SELECT f(text)[1] > 0.5, count(*), max(f(text)[2]) FROM docs GROUP BY f(text)[1] > 0.5 ORDER BY 1", 100),
        ("SELECT f(text), count(*) FROM docs WHERE f(text)[1] > 0.5 GROUP BY f(text) ORDER BY f(text)[1]", 100),
        ("SELECT kind, min(f(text)[1]), max(f(text)[1]), count(f(text)) FROM docs GROUP BY kind ORDER BY kind", 100),
        ("SELECT sum(f(text)[1]) FILTER (WHERE id <= 7) FROM docs", 7),
        ("SELECT kind, max(f(text)[1]) FROM docs GROUP BY ROLLUP (kind) ORDER BY kind", 100),
        (
            "SELECT id, rank() OVER (PARTITION BY kind ORDER BY f(text)[1]) AS place FROM docs WHERE f(text)[2] > -100 \
             ORDER BY id",
            100,
        ),
        ("SELECT DISTINCT f(text)[1] > 0.5 AS x FROM docs WHERE f(text)[1] > -100 ORDER BY x", 100),
        // Within other calls; what is the query's is computed once as well.
        ("SELECT id FROM docs ORDER BY cosine_similarity(f(text), f('a query')) LIMIT 3", 101),
        (
            "SELECT id, cosine_similarity(f(text), f('a query')) AS s FROM docs \
             WHERE cosine_similarity(f(text), f('a query')) > 0.1 ORDER BY s DESC LIMIT 3",
            101,
        ),
        ("SELECT id FROM docs WHERE f(text)[1] > (SELECT avg(f(text)[1]) FROM docs WHERE id <= 7) ORDER BY id", 107),
        // Calls on what differs from call to call are not equal.
        (
            "SELECT count(*) FROM (SELECT r, f(concat(text, random())) AS e FROM (SELECT *, concat(text, random()) AS r FROM docs)) \
             WHERE e[1] > -100 AND f(r)[1] > -100",
            200,
        ),
        (
            "SELECT count(*) FROM docs WHERE f(concat(text, random()))[1] > -100 AND f(concat(text, random()))[1] > -100",
            200,
        ),
        ("SELECT f(concat(text, random()))[1] = f(concat(text, random()))[1] FROM docs", 200),
    ];
    for (sql, expected) in cases {
        let asked = sql.replace("f(", "albert_embed(");
        let (rows, computed) = bench.computed(&asked);
        assert_eq!(computed, expected, "{sql}\n{}", bench.rows(&format!("EXPLAIN {asked}")).join("\n"));
        // The same over the stored vectors.
        let stored = sql.replace("docs", "vectors").replace("f(d.text)", "d.v").replace("f(text)", "v");
        let stored = stored.replace("text AS t", "v AS t").replace("f(t)", "t").replace("f('a query')", "query");
        if !stored.contains("f(") {
            let stored = stored.replace("query", "albert_embed('a query')");
            assert_eq!(rows, bench.rows(&stored), "{sql}");
        }
    }
}

/// Texts in files are read by scans, within which nothing could be given up.
#[test]
fn scans_of_files_compute_nothing() {
    let bench = Bench::new();
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display();
    for part in 0..3 {
        bench.rows(&format!("COPY (SELECT * FROM docs WHERE id % 3 = {part}) TO '{place}/{part}.parquet'"));
    }
    let plan = bench.rows(&format!("EXPLAIN SELECT id, albert_embed(text) FROM '{place}'")).join("\n");
    let scan = plan.lines().find(|line| line.contains("parquet")).unwrap_or_default();
    assert!(!scan.is_empty() && !scan.contains("albert_embed"), "{plan}");
    let cases = [
        ("SELECT id, albert_embed(text) FROM files", 400),
        ("SELECT id, albert_embed(text) FROM files LIMIT 5", 5),
        ("SELECT id, albert_embed(text)[1] FROM files WHERE id <= 7", 7),
        ("SELECT id, albert_embed(text)[1] AS x FROM files ORDER BY id LIMIT 5", 5),
        ("SELECT id FROM files WHERE albert_embed(text)[1] > -100 AND id <= 7 ORDER BY id", 7),
    ];
    for (sql, expected) in cases {
        let sql = sql.replace("files", &format!("'{place}'"));
        assert_eq!(bench.computed(&sql).1, expected, "{sql}\n{}", bench.rows(&format!("EXPLAIN {sql}")).join("\n"));
    }
    frees_its_work(&bench, &format!("'{place}'"), "albert_embed(TEXT)");
}

#[test]
fn a_query_that_ends_early_frees_its_work() {
    let bench = Bench::new();
    for call in [
        "albert_embed(TEXT)",
        "CASE WHEN kind >= 0 THEN albert_embed(TEXT) END",
        "kind < 9 AND albert_embed(TEXT)[1] > 0",
    ] {
        frees_its_work(&bench, "docs", call);
    }
}

fn frees_its_work(bench: &Bench, table: &str, call: &str) {
    let call = call.replace("TEXT", "concat(repeat('many words to compute ', 60), text)");
    let long = format!("SELECT {call} FROM {table}");
    let before = snapshot();
    bench.runtime.block_on(async {
        let query = bench.session.sql(&long).await.expect("a plan").collect();
        let query = tokio::spawn(query);
        while snapshot().since(before).batches == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        query.abort();
        assert!(query.await.is_err_and(|error| error.is_cancelled()), "the query was to be given up while it runs");
    });
    // A question that comes now is answered; what was given up is never computed.
    assert_eq!(bench.rows("SELECT albert_embed('a short question')").len(), 1);
    let done = snapshot().since(before);
    // Each text has more than 250 pieces.
    assert!(done.batches >= 2 && done.pieces < 250 * 400 / 2, "{call}: {done:?}");
}

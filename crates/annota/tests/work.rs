//! Work that is not needed is not done: what the engine computed for a query, by its counters.

use std::sync::{Mutex, MutexGuard, PoisonError};

use annota::{ProcessSettings, Session};
use annota_models::engine::Snapshot;
use annota_models::{DeviceSpec, Model};

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

    fn rows(&self, sql: &str) -> usize {
        let run = async { self.session.sql(sql).await?.collect().await.map_err(annota::Error::from) };
        let batches = self.runtime.block_on(run).unwrap_or_else(|error| panic!("{sql}: {error}"));
        batches.iter().map(|batch| batch.num_rows()).sum()
    }

    /// Empties the cache: without room the engine lets all go with the next sequence.
    fn forget(&self) {
        self.rows("SET annota.cache_bytes = '0'");
        self.rows("SELECT albert_embed('x')");
    }

    /// The rows of a query, and how many texts were computed for it.
    fn computed(&self, sql: &str) -> (usize, u64) {
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
        ("SELECT count(*) FROM (SELECT id, albert_embed(text) AS e FROM docs)", 0),
        ("EXPLAIN SELECT albert_embed(text) FROM docs", 0),
    ];
    for (sql, expected) in cases {
        assert_eq!(bench.computed(sql).1, expected, "{sql}");
    }
}

#[test]
fn what_is_asked_twice_is_computed_once() {
    let bench = Bench::new();
    let without_cache = [
        ("SELECT cosine_similarity(albert_embed(text), albert_embed('a query')) FROM docs", 401),
        ("SELECT albert_embed(text), albert_embed(text)[1], array_length(albert_embed(text)) FROM docs", 400),
        (
            "SELECT albert_embed(text)[1] > 0 AND albert_embed(text)[2] > 0 FROM docs WHERE albert_embed('x')[1] < -100",
            1,
        ),
    ];
    for (sql, expected) in without_cache {
        assert_eq!(bench.computed(sql).1, expected, "{sql}");
    }
    let with_cache = [
        (
            "SELECT id, albert_embed(text)[1] AS x FROM docs WHERE albert_embed(text)[1] > -100 \
             ORDER BY albert_embed(text)[2]",
            400,
        ),
        ("SELECT id FROM docs ORDER BY cosine_similarity(albert_embed(text), albert_embed('a query')) LIMIT 3", 401),
    ];
    for (sql, expected) in with_cache {
        bench.rows("SET annota.cache_bytes = '67108864'");
        assert_eq!(bench.computed(sql).1, expected, "{sql}");
        assert_eq!(bench.computed(sql).1, 0, "again: {sql}");
        bench.forget();
    }
}

#[test]
fn a_query_that_ends_early_frees_its_work() {
    let bench = Bench::new();
    let long = "SELECT albert_embed(concat(repeat('many words to compute ', 60), text)) FROM docs";
    let before = snapshot();
    bench.runtime.block_on(async {
        let query = bench.session.sql(long).await.expect("a plan").collect();
        let query = tokio::spawn(query);
        while snapshot().since(before).batches == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        query.abort();
        assert!(query.await.is_err_and(|error| error.is_cancelled()), "the query was to be given up while it runs");
    });
    // A question that comes now is answered; what was given up is never computed.
    assert_eq!(bench.rows("SELECT albert_embed('a short question')"), 1);
    let done = snapshot().since(before);
    // Each text has more than 250 pieces.
    assert!(done.batches >= 2 && done.pieces < 250 * 400 / 2, "{done:?}");
}

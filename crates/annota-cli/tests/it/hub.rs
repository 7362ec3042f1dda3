//! The command against a hub: many at once, offline afterwards, and what it says when the hub fails.

// What of the hub the library's own tests use, and these do not.
#[allow(dead_code)]
#[path = "../../../annota-models/tests/it/hub/fake.rs"]
mod fake;
#[path = "../../../annota-models/tests/it/hub/replies.rs"]
mod replies;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use fake::{FakeHub, REPOSITORY, What};
use tempfile::TempDir;

const MODEL: &str = "crates/annota-models/bundled/albert-tiny-en";

/// A hub that has the bundled model as `org/name`, and an empty cache.
struct Bench {
    hub: FakeHub,
    home: TempDir,
}

impl Bench {
    fn new() -> Bench {
        let hub = FakeHub::start();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(MODEL);
        for file in ["config.json", "model.safetensors", "tokenizer.json"] {
            hub.set(file, &std::fs::read(folder.join(file)).expect(file));
        }
        Bench { hub, home: tempfile::tempdir().expect("a folder") }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_annota"));
        command.args(arguments).env("HF_ENDPOINT", &self.hub.url).env("HF_HOME", self.home.path());
        for variable in ["HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN", "HF_TOKEN_PATH", "ANNOTA_MODEL", "ANNOTA_DEVICE"]
        {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A vector by the hub's model.
    fn embed(&self) -> Command {
        let query = format!("SELECT embed('I love NLP', '{REPOSITORY}')[1] AS x");
        self.command(&["--device", "cpu", "sql", "-q", "--format", "csv", "-c", &query])
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn check(done: &Output) {
    assert!(done.status.success(), "{}", text(&done.stderr));
    let text = text(&done.stdout);
    let x: f32 = text.strip_prefix("x\n").and_then(|x| x.trim().parse().ok()).expect("a number");
    // The bundled model's own answer, by its name in the binary.
    let own = Command::new(env!("CARGO_BIN_EXE_annota"))
        .args([
            "--device",
            "cpu",
            "sql",
            "-q",
            "--format",
            "csv",
            "-c",
            "SELECT embed('I love NLP', 'albert_tiny_en')[1] AS x",
        ])
        .output()
        .expect("it starts");
    assert_eq!(self::text(&own.stdout), text);
    assert!(x.is_finite());
}

#[test]
fn sixteen_processes_download_once_and_a_later_one_needs_no_hub() {
    let bench = Bench::new();
    let children: Vec<Child> = (0..16).map(|_| bench.embed().spawn().expect("it starts")).collect();
    for child in children {
        check(&child.wait_with_output().expect("an end"));
    }
    assert_eq!(bench.hub.seen("GET /cdn").len(), 1, "the weights came once");
    let requests = bench.hub.seen("").len();
    check(&bench.embed().env("HF_HUB_OFFLINE", "1").output().expect("it starts"));
    assert_eq!(bench.hub.seen("").len(), requests, "offline asks nothing");
    bench.hub.fail("", usize::MAX, What::Status(503, ""));
    check(&bench.embed().output().expect("it starts"));
}

#[test]
fn a_hub_that_fails_is_named_with_its_reason() {
    let refusals: [(What, &[&str]); 3] = [
        (What::Status(404, "X-Error-Code: RepoNotFound\r\n"), &["`org/name`", "404"]),
        (What::Status(401, ""), &["`org/name`", "401", "HF_TOKEN"]),
        (What::Status(403, "X-Error-Code: GatedRepo\r\n"), &["`org/name`", "403"]),
    ];
    for (what, expected) in refusals {
        let bench = Bench::new();
        bench.hub.fail("", usize::MAX, what);
        let done = bench.embed().output().expect("it starts");
        let message = text(&done.stderr);
        assert!(!done.status.success() && done.stdout.is_empty());
        assert!(expected.iter().all(|part| message.contains(part)), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn a_download_with_another_checksum_is_refused_and_leaves_nothing_to_trust() {
    let bench = Bench::new();
    bench.hub.fail("GET /cdn", usize::MAX, What::Wrong);
    let done = bench.embed().output().expect("it starts");
    let message = text(&done.stderr);
    assert!(!done.status.success() && message.contains("model.safetensors"), "{message}");
    bench.hub.heal();
    check(&bench.embed().output().expect("it starts"));
}

#[test]
fn a_cut_download_is_taken_up_where_it_ended() {
    let bench = Bench::new();
    bench.hub.fail("GET /cdn", 2, What::Cut(1_000_000));
    check(&bench.embed().output().expect("it starts"));
    let from: Vec<_> = bench.hub.seen("GET /cdn").iter().map(|seen| seen.from).collect();
    assert_eq!(from, [None, Some(1_000_000), Some(2_000_000)]);
}

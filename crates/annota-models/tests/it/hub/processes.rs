//! Many that want the same files at once.

use std::env;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use annota_models::store::hub::{Hub, Settings, Silent};

use super::fake::{REPOSITORY, What};
use super::{Bench, LARGE, Notes};

const ENDPOINT: &str = "ANNOTA_TEST_HUB";
const CACHE: &str = "ANNOTA_TEST_CACHE";

/// Not a test: what the processes run that the tests start.
#[test]
fn child() {
    let (Ok(endpoint), Some(cache)) = (env::var(ENDPOINT), env::var_os(CACHE)) else { return };
    let mut settings = Settings::new(cache.into());
    settings.endpoint = endpoint;
    let hub = Hub::new(settings).expect("a client");
    hub.fetch(REPOSITORY, "main", &|files| files.to_vec(), &Silent).expect("fetched");
}

fn start(bench: &Bench) -> Child {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", "hub::processes::child"]).stdout(Stdio::null());
    command.env(ENDPOINT, &bench.hub.url).env(CACHE, bench.cache.path()).spawn().expect("a process")
}

fn check_once(bench: &Bench) {
    bench.check();
    assert_eq!(bench.hub.seen("GET /cdn").len(), 1);
    assert_eq!(bench.hub.seen("GET /org/name/resolve").len(), 3);
}

#[test]
fn sixteen_processes_download_once() {
    let bench = Bench::new();
    let children: Vec<Child> = (0..16).map(|_| start(&bench)).collect();
    for mut child in children {
        assert!(child.wait().expect("an end").success());
    }
    check_once(&bench);
}

#[test]
fn sixteen_threads_download_once() {
    let bench = Bench::new();
    let (hub, barrier) = (bench.client(), Barrier::new(16));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                barrier.wait();
                hub.fetch(REPOSITORY, "main", &|files| files.to_vec(), &Silent).expect("fetched");
            });
        }
    });
    check_once(&bench);
}

#[test]
fn a_dead_process_leaves_its_bytes_and_no_lock() {
    let bench = Bench::new();
    bench.hub.fail("GET /cdn", 1, What::Silent(100_000));
    let mut child = start(&bench);
    while bench.partial(LARGE).metadata().map_or(0, |data| data.len()) < 100_000 {
        thread::sleep(Duration::from_millis(5));
    }
    let mut settings = bench.settings();
    settings.notice = Duration::from_millis(20);
    let hub = Hub::new(settings).expect("a client");
    let notes = Notes::default();
    thread::scope(|scope| {
        scope.spawn(|| hub.fetch(REPOSITORY, "main", &|files| files.to_vec(), &notes).expect("fetched"));
        while !notes.all().contains(&format!("waiting {LARGE}")) {
            thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("killed");
        child.wait().expect("an end");
    });
    bench.check();
    let seen = bench.hub.seen("GET /cdn");
    assert!(seen.len() == 2 && seen[1].from == Some(100_000), "{seen:?}");
    assert!(notes.all().contains(&"advance 100000".to_owned()));
}

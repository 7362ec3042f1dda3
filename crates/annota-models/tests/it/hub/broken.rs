//! Connections that break and hubs that are busy.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use annota_models::store::hub::{Hub, HubError, Settings, Silent};

use super::fake::{REPOSITORY, What};
use super::{Bench, LARGE, large};

#[test]
fn broken_downloads_go_on_as_long_as_bytes_arrive() {
    let bench = Bench::new();
    bench.hub.fail("GET /cdn", 20, What::Cut(20_000));
    bench.fetch_large().expect("fetched");
    bench.check_large();
    let from: Vec<_> = bench.hub.seen("GET /cdn").iter().map(|seen| seen.from).collect();
    assert_eq!(from.len(), 15);
    assert_eq!((from[0], from[1], from[14]), (None, Some(20_000), Some(280_000)));
}

#[test]
fn without_bytes_five_more_tries_are_made() {
    let bench = Bench::new();
    bench.leave(&bench.partial(LARGE), &large()[..1000]);
    bench.hub.fail("GET /cdn", usize::MAX, What::Cut(0));
    let error = bench.fetch_large().expect_err("an error");
    assert!(matches!(error, HubError::Network { .. }) && error.is_transient(), "{error}");
    assert!(error.to_string().contains("after 1000 bytes"), "{error}");
    assert_eq!(bench.hub.seen("GET /cdn").len(), 6);
    assert!(!bench.folder().join("refs").exists());
    bench.hub.heal();
    bench.fetch_large().expect("fetched");
    bench.check_large();
    assert_eq!(bench.hub.seen("GET /cdn")[6].from, Some(1000));
}

#[test]
fn a_hub_that_always_begins_again_is_left() {
    let bench = Bench::new();
    bench.hub.fail("GET /cdn", usize::MAX, What::NoRange(20_000));
    let error = bench.fetch_large().expect_err("an error");
    assert!(error.is_transient(), "{error}");
    assert_eq!(bench.hub.seen("GET /cdn").len(), 6);
}

#[test]
fn a_silent_connection_is_a_broken_one() {
    let bench = Bench::new();
    bench.hub.fail("GET /api", 1, What::Silent(10));
    bench.hub.fail("GET /cdn", 1, What::Silent(1000));
    let mut settings = bench.settings();
    settings.etag_timeout = Duration::from_millis(300);
    settings.download_timeout = Duration::from_millis(300);
    let hub = Hub::new(settings).expect("a client");
    hub.fetch(REPOSITORY, "main", &|files| files.to_vec(), &Silent).expect("fetched");
    bench.check();
    assert!(bench.hub.seen("GET /cdn").iter().any(|seen| seen.from == Some(1000)));
}

#[test]
fn answers_without_the_range_begin_again() {
    for what in [What::NoRange(usize::MAX), What::OtherRange, What::Status(416, "")] {
        let bench = Bench::new();
        bench.leave(&bench.partial(LARGE), &large()[..1000]);
        bench.hub.fail("GET /cdn", 1, what);
        bench.fetch_large().expect("fetched");
        bench.check_large();
        assert_eq!(bench.hub.seen("GET /cdn")[0].from, Some(1000));
    }
}

#[test]
fn busy_hubs_are_asked_again() {
    let bench = Bench::new();
    bench.hub.fail("GET /api", 1, What::Status(500, ""));
    bench.hub.fail("GET /api", 1, What::Cut(10));
    bench.hub.fail("HEAD /org", 2, What::Status(429, "Retry-After: 0\r\n"));
    bench.hub.fail("GET /org", 1, What::Status(503, "Retry-After: soon\r\n"));
    bench.fetch().expect("fetched");
    bench.check();
    assert_eq!((bench.hub.seen("GET /api").len(), bench.hub.seen("HEAD /org").len()), (3, 5));
}

#[test]
fn busy_hubs_are_not_asked_for_ever() {
    for request in ["GET /api", "HEAD /org", "GET /org"] {
        let bench = Bench::new();
        bench.hub.fail(request, usize::MAX, What::Status(503, ""));
        let error = bench.fetch().expect_err("an error");
        assert!(matches!(error, HubError::Busy { status: 503, .. }) && error.is_transient(), "{error}");
        assert!(error.to_string().contains(&bench.hub.url), "{error}");
        assert_eq!(bench.hub.seen(request).len(), 6);
    }
}

#[test]
fn a_hub_that_is_not_there_is_named() {
    let bench = Bench::new();
    let mut settings = bench.settings();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    settings.endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let url = settings.endpoint.clone();
    let hub = Hub::new(settings).expect("a client");
    let error = hub.fetch(REPOSITORY, "main", &|_| vec![], &Silent).expect_err("an error");
    assert!(matches!(error, HubError::Unreachable { .. }) && error.is_transient(), "{error}");
    assert!(error.to_string().contains(&url), "{error}");
}

/// RFC 6761: no name under `invalid` can be resolved.
#[test]
fn a_hub_without_an_address_is_not_asked_again() {
    let bench = Bench::new();
    let mut settings = bench.settings();
    settings.endpoint = "http://hub.invalid".to_owned();
    settings.pause = std::time::Duration::from_secs(3600);
    let hub = Hub::new(settings).expect("a client");
    let error = hub.fetch(REPOSITORY, "main", &|_| vec![], &Silent).expect_err("an error");
    assert!(matches!(error, HubError::Unreachable { .. }), "{error}");
    assert!(error.to_string().starts_with("cannot reach `http://hub.invalid`: "), "{error}");
}

#[test]
fn reaching_a_hub_takes_one_request_without_the_token() {
    let bench = Bench::new();
    let mut settings = bench.settings();
    settings.token = Some("hf_x".to_owned());
    let reach = |settings: &Settings| Hub::reach(settings, Duration::from_secs(5));
    reach(&settings).expect("404 is an answer too");
    let seen = bench.hub.seen("HEAD /");
    assert_eq!((seen.len(), &seen[0].token), (1, &None));
    bench.hub.fail("HEAD /", 1, What::Status(503, ""));
    assert!(matches!(reach(&settings), Err(HubError::Busy { status: 503, .. })));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    settings.endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    assert!(matches!(reach(&settings), Err(HubError::Unreachable { .. })));
}

#[test]
fn a_hub_that_speaks_no_tls_is_told() {
    let bench = Bench::new();
    let mut settings = bench.settings();
    settings.endpoint = bench.hub.url.replace("http:", "https:");
    let url = settings.endpoint.clone();
    let hub = Hub::new(settings).expect("a client");
    let error = hub.fetch(REPOSITORY, "main", &|_| vec![], &Silent).expect_err("an error").to_string();
    assert!(error.contains(&url), "{error}");
}

#[test]
fn wrong_content_is_asked_for_once_more() {
    for what in [What::Wrong, What::Longer] {
        for (request, file) in [("GET /cdn", LARGE), ("GET /org/name/resolve", "config.json")] {
            let bench = Bench::new();
            let fetch = || bench.client().fetch(REPOSITORY, "main", &|_| vec![file.to_owned()], &Silent);
            bench.hub.fail(request, 2, what.clone());
            let error = fetch().expect_err("an error");
            assert!(!error.is_transient() && error.to_string().contains(file), "{error}");
            assert!(!bench.blob(file).exists() && !bench.partial(file).exists());
            assert!(!bench.folder().join("refs").exists());
            assert_eq!(bench.hub.seen(request).len(), 2);
            bench.hub.fail(request, 1, what.clone());
            assert!(fs::read(fetch().expect("fetched").join(file)).is_ok_and(|content| content.len() > 2));
            assert_eq!(bench.hub.seen(request).len(), 4);
        }
    }
}

#[test]
fn wrong_checksums_are_told() {
    let bench = Bench::new();
    bench.hub.fail("GET /cdn", 2, What::Wrong);
    let error = bench.fetch_large().expect_err("an error").to_string();
    let expected = format!("expected {}", bench.hub.etag(LARGE));
    assert!(error.contains(&expected) && error.contains("has the checksum"), "{error}");
    bench.hub.fail("GET /cdn", 2, What::Longer);
    let error = bench.fetch_large().expect_err("an error").to_string();
    assert_eq!(error, "`model.safetensors` has 300004 bytes or more, expected 300000");
}

#[test]
fn short_content_is_a_broken_connection() {
    let bench = Bench::new();
    bench.hub.fail("GET /cdn", 1, What::Shorter);
    bench.fetch_large().expect("fetched");
    bench.check_large();
    assert_eq!(bench.hub.seen("GET /cdn")[1].from, Some(299_999));
}

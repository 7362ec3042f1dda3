//! What is not tried again, and what is never done.

use std::fs;

use annota_models::store::hub::{Hub, HubError, Silent};

use super::Bench;
use super::fake::{COMMIT, REPOSITORY, What};

/// The error of fetching `config.json`, after checks that hold for each.
fn refused(bench: &Bench, request: &str, what: What) -> HubError {
    bench.hub.fail(request, usize::MAX, what);
    let fetched = bench.client().fetch(REPOSITORY, "main", &|_| vec!["config.json".to_owned()], &Silent);
    let error = fetched.expect_err("an error");
    assert!(!error.is_transient() && !error.to_string().contains('\n'), "{error}");
    assert_eq!(bench.hub.seen(request).len(), 1, "{error}");
    assert!(!bench.folder().join("refs").exists());
    error
}

#[test]
fn no_access_names_the_remedy() {
    for status in [401, 403] {
        for request in ["GET /api", "HEAD /org", "GET /org"] {
            let bench = Bench::new();
            let error = refused(&bench, request, What::Status(status, ""));
            assert!(matches!(error, HubError::Unauthorized { .. }), "{error}");
            let message = error.to_string();
            for part in [&bench.hub.url, REPOSITORY, "HF_TOKEN", "gated", &status.to_string()] {
                assert!(message.contains(part), "{part} in {message}");
            }
        }
    }
}

#[test]
fn what_is_not_there_is_named() {
    let cases = [
        ("GET /api", "X-Error-Code: RevisionNotFound\r\n", "has no such revision"),
        ("GET /api", "X-Error-Code: RepoNotFound\r\n", "repository, revision or file"),
        ("HEAD /org", "X-Error-Code: EntryNotFound\r\n", "has no such file"),
        ("GET /org", "", "repository, revision or file"),
    ];
    for (request, headers, expected) in cases {
        let error = refused(&Bench::new(), request, What::Status(404, headers));
        assert!(matches!(error, HubError::NotFound { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(expected) && message.contains(REPOSITORY), "{message}");
    }
}

#[test]
fn other_statuses_are_told() {
    let error = refused(&Bench::new(), "GET /api", What::Status(410, ""));
    assert!(error.to_string().contains("answered 410"), "{error}");
    let bench = Bench::new();
    let error = refused(&bench, "GET /org", What::Status(416, ""));
    assert!(matches!(error, HubError::Status { status: 416, .. }), "{error}");
}

#[test]
fn offline_asks_nobody() {
    let bench = Bench::new();
    let mut settings = bench.settings();
    settings.offline = Some("HF_HUB_OFFLINE");
    let hub = Hub::new(settings).expect("a client");
    let error = hub.fetch(REPOSITORY, "main", &|_| vec![], &Silent).expect_err("an error").to_string();
    assert!(error.contains(REPOSITORY) && error.contains("HF_HUB_OFFLINE"), "{error}");
    assert!(bench.hub.seen("").is_empty());
}

#[test]
fn hostile_names_touch_nothing() {
    for name in ["../../../evil", "/tmp/evil", "a/../../evil", "a\\evil", "C:evil", "a//b", "ev\0il", ""] {
        let bench = Bench::new();
        bench.hub.set(name, b"evil");
        let error = bench.fetch().expect_err(name).to_string();
        assert!(error.contains("is refused") && !error.contains('\0'), "{error}");
        assert!(bench.hub.seen("HEAD").is_empty());
        assert_eq!(fs::read_dir(bench.cache.path()).expect("a folder").count(), 0);
    }
    let bench = Bench::new();
    for (repository, revision) in [("../x", "main"), ("a/b/c", "main"), (REPOSITORY, "../main"), (REPOSITORY, "")] {
        let error = bench.client().fetch(repository, revision, &|_| vec![], &Silent).expect_err("an error");
        assert!(matches!(error, HubError::Name { .. }), "{error}");
    }
    assert!(bench.hub.seen("").is_empty());
}

#[test]
fn listings_of_no_hub_are_refused() {
    let listing = |commit: &str| format!("{{\"sha\":\"{commit}\",\"siblings\":[]}}").into_bytes();
    let cases = [
        (b"<html>".to_vec(), "expected value"),
        (b"{}".to_vec(), "missing field `sha`"),
        (listing("../../evil"), "`../../evil` for a commit"),
        (listing(""), "`` for a commit"),
        (vec![b' '; 16 * 1024 * 1024 + 1], "more than 16 MiB"),
    ];
    for (body, expected) in cases {
        let error = refused(&Bench::new(), "GET /api", What::Body(body)).to_string();
        assert!(error.contains(expected), "{expected} in {error}");
    }
}

#[test]
fn headers_of_no_hub_are_refused() {
    let cases = [
        ("", "the etag ``"),
        ("ETag: \"../../../evil\"\r\n", "the etag `\"../../../evil\"`"),
        ("X-Linked-Etag: \"a/b\"\r\nETag: \"ok\"\r\n", "the etag `\"a/b\"`"),
        ("ETag: \"ok\"\r\nX-Linked-Size: -1\r\n", "the size `-1`"),
        ("ETag: \"ok\"\r\nX-Repo-Commit: ffff\r\n", "commit `ffff`, expected `0123"),
    ];
    for (headers, expected) in cases {
        let error = refused(&Bench::new(), "HEAD /org", What::Headers(headers)).to_string();
        assert!(error.contains(expected), "{expected} in {error}");
    }
}

#[test]
fn redirects_end() {
    let bench = Bench::new();
    let error = refused(&bench, "GET /org", What::Status(302, "Location: file:///etc/passwd\r\n")).to_string();
    assert!(error.contains("a redirect to `file:///etc/passwd`"), "{error}");
    for location in ["Location: /api/models/org/name/revision/main\r\n", "Location: /api\r\n"] {
        let bench = Bench::new();
        bench.hub.fail("GET /api", usize::MAX, What::Status(302, location));
        let error = bench.fetch().expect_err("an error");
        assert!(error.to_string().contains("more than 10 redirects"), "{error}");
        assert_eq!(bench.hub.seen("GET /api").len(), 11);
    }
}

#[test]
fn odd_etags_are_names_without_a_checksum() {
    let bench = Bench::new();
    bench.hub.fail("HEAD /org", 1, What::Headers("ETag: W/\"5f-1_a\"\r\n"));
    let picked = |_: &[String]| vec!["config.json".to_owned()];
    bench.client().fetch(REPOSITORY, "main", &picked, &Silent).expect("fetched");
    assert_eq!(fs::read(bench.folder().join("blobs/5f-1_a")).expect("a blob"), b"{}\n");
    assert!(bench.folder().join("snapshots").join(COMMIT).join("config.json").is_symlink());
}

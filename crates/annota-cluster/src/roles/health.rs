//! What probes and collectors of metrics ask.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use super::metrics::metrics;

/// `/healthz`, `/readyz` and `/metrics`. `ready` says how things are, as an error where no work can be taken.
pub fn routes(ready: impl Fn() -> Result<String, String> + Clone + Send + Sync + 'static) -> Router {
    let readyz = move || {
        let state = ready();
        async move {
            match state {
                Ok(state) => (StatusCode::OK, format!("{state}\n")),
                Err(state) => (StatusCode::SERVICE_UNAVAILABLE, format!("{state}\n")),
            }
        }
    };
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(async || ([("content-type", prometheus::TEXT_FORMAT)], metrics())))
}

//! What stands before all routes of a port: who comes without what is needed gets no further.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use lru::LruCache;
use tonic::Status;

use super::{Peer, Standing, Token};

const SCHEDULER: &str = "/ballista.protobuf.SchedulerGrpc/";
const EXECUTOR: &str = "/ballista.protobuf.ExecutorGrpc/";
const FLIGHT: &str = "/arrow.flight.protocol.FlightService/";

/// The calls that executors make of a scheduler.
const OF_EXECUTORS: [&str; 5] =
    ["PollWork", "RegisterExecutor", "HeartBeatFromExecutor", "UpdateTaskStatus", "ExecutorStopped"];

/// Sessions of Flight SQL that are remembered; those that were used longest ago leave first.
const SESSIONS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// Asks for certificates where connections are over TLS, and for the token where there is one.
pub struct Gate {
    token: Option<Token>,
    /// What Flight SQL has given to those who showed the token. It checks that itself but for one call, which
    /// Ballista leaves open since its own clients, where results go through the scheduler, have none.
    sessions: Mutex<LruCache<String, ()>>,
}

/// Whom a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Probes of health.
    Everyone,
    /// What schedulers and executors ask of each other.
    Servers,
    /// Flight SQL, which has its own handshake.
    Flight,
    Clients,
}

impl For {
    fn path(path: &str) -> For {
        if path == "/healthz" || path == "/readyz" {
            return For::Everyone;
        }
        match path.strip_prefix(SCHEDULER) {
            Some(call) if OF_EXECUTORS.contains(&call) => For::Servers,
            None if path.starts_with(EXECUTOR) => For::Servers,
            None if path.starts_with(FLIGHT) => For::Flight,
            _ => For::Clients,
        }
    }
}

impl Gate {
    pub fn new(token: Option<Token>) -> Self {
        Gate { token, sessions: Mutex::new(LruCache::new(SESSIONS)) }
    }

    /// The routes behind the gate.
    pub fn before(self, routes: Router) -> Router {
        routes.layer(from_fn_with_state(Arc::new(self), pass))
    }

    fn check(&self, path: &str, headers: &HeaderMap, standing: Standing) -> Result<(), Status> {
        let whom = For::path(path);
        match (whom, standing) {
            (For::Everyone, _) => return Ok(()),
            (_, Standing::Unknown) => {
                return Err(Status::unauthenticated(
                    "no certificate was shown: expected one of this cluster's authority (--tls-cert, --tls-key)",
                ));
            }
            (For::Servers, Standing::Client) => {
                return Err(Status::permission_denied("the certificate is for clients: expected one for servers"));
            }
            (For::Servers, _) => return Ok(()),
            _ => {}
        }
        let Some(token) = &self.token else { return Ok(()) };
        let shown = bearer(headers);
        let is_known = match whom {
            For::Flight if path.ends_with("/DoGet") => shown.is_some_and(|session| self.knows(session)),
            For::Flight => true,
            _ => shown.is_some_and(|shown| token.matches(shown)),
        };
        match is_known {
            true => Ok(()),
            false => Err(Status::unauthenticated(match shown {
                Some(_) => "the token is not the scheduler's: expected another (--token or ANNOTA_TOKEN)",
                None => "no token was shown: expected the scheduler's (--token or ANNOTA_TOKEN)",
            })),
        }
    }

    fn knows(&self, session: &str) -> bool {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(session).is_some()
    }

    fn remember(&self, session: &str) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).put(session.to_owned(), ());
    }
}

async fn pass(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if let Err(refusal) = gate.check(path, request.headers(), peer.standing) {
        return refuse(refusal, request.headers());
    }
    let is_handshake = path.strip_prefix(FLIGHT) == Some("Handshake");
    // Ballista asks for the address of who registers.
    request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.address));
    let response = next.run(request).await;
    if let Some(session) = bearer(response.headers()).filter(|_| is_handshake) {
        gate.remember(session);
    }
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The refusal in the caller's protocol.
fn refuse(refusal: Status, headers: &HeaderMap) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/grpc")) {
        return refusal.into_http::<Body>();
    }
    let status = match refusal.code() {
        tonic::Code::PermissionDenied => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    };
    (status, format!("{}\n", refusal.message())).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{FLIGHT, Gate, Standing};
    use crate::secure::Token;

    fn showing(value: &str) -> HeaderMap {
        let value = HeaderValue::from_str(value).expect("a header");
        HeaderMap::from_iter([(header::AUTHORIZATION, value)])
    }

    #[test]
    fn each_path_asks_for_its_own() {
        let gate = Gate::new(Some(Token::new("secret").expect("a token")));
        let (none, right, wrong) = (HeaderMap::new(), showing("Bearer secret"), showing("Bearer other"));
        let may = |path: &str, headers: &HeaderMap, standing| gate.check(path, headers, standing).is_ok();
        for path in ["/api/jobs", "/metrics", "/ballista.protobuf.SchedulerGrpc/ExecuteQueryPush", "/anything"] {
            assert!(may(path, &right, Standing::Client) && may(path, &right, Standing::Plaintext), "{path}");
            assert!(!may(path, &none, Standing::Server) && !may(path, &wrong, Standing::Plaintext), "{path}");
            assert!(!may(path, &right, Standing::Unknown), "{path}");
        }
        for path in
            ["/ballista.protobuf.SchedulerGrpc/RegisterExecutor", "/ballista.protobuf.ExecutorGrpc/LaunchMultiTask"]
        {
            assert!(may(path, &none, Standing::Server) && may(path, &none, Standing::Plaintext), "{path}");
            assert!(!may(path, &right, Standing::Client) && !may(path, &right, Standing::Unknown), "{path}");
        }
        assert!(may("/healthz", &none, Standing::Unknown) && may("/readyz", &none, Standing::Plaintext));
    }

    #[test]
    fn results_of_flight_sql_are_for_its_sessions() {
        let gate = Gate::new(Some(Token::new("secret").expect("a token")));
        let (get, session) = (format!("{FLIGHT}DoGet"), showing("Bearer a-session"));
        assert!(gate.check(&get, &session, Standing::Plaintext).is_err());
        gate.remember("a-session");
        assert!(gate.check(&get, &session, Standing::Plaintext).is_ok());
        assert!(gate.check(&get, &showing("Bearer secret"), Standing::Plaintext).is_err());
    }
}

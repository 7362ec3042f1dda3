//! Arrow Flight SQL, for what speaks ADBC, JDBC or ODBC.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use annota::functions::AnnotaOptions;
use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use async_trait::async_trait;
use ballista_core::error::{BallistaError, Result};
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::flight_proxy_service::BallistaFlightProxyService;
use ballista_flight_sql::backend::{QueryBackend, QueryResult};
use ballista_flight_sql::{Authenticator, BallistaFlightSqlService, Identity};
use ballista_scheduler::config::SchedulerConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::executors::Executors;
use super::guard::check_start;
use super::jobs;
use crate::secure::Token;

pub fn service(
    queries: Arc<dyn QueryBackend>,
    executors: Executors,
    closing: &Arc<AtomicBool>,
) -> FlightServiceServer<impl FlightService> {
    let access = executors.access.clone();
    let limit = SchedulerConfig::default();
    let decoding = limit.grpc_server_max_decoding_message_size as usize;
    let encoding = limit.grpc_server_max_encoding_message_size as usize;
    let endpoint = Arc::new(BallistaConfigGrpcEndpoint::new(access.endpoint_override()));
    let proxy = BallistaFlightProxyService::new(decoding, encoding, access.tls.is_some(), Some(endpoint));
    let backend = Backend { queries, executors, closing: closing.clone() };
    let mut service = BallistaFlightSqlService::new(Arc::new(backend), proxy);
    if let Some(token) = &access.token {
        service = service.with_authenticator(Arc::new(ByToken(token.clone())));
    }
    FlightServiceServer::new(service).max_decoding_message_size(decoding).max_encoding_message_size(encoding)
}

/// The scheduler, for queries as Annota's own clients have them: files are named in FROM, executors of a class are there
/// or it is said that they are not, and a query ends with whoever asked.
struct Backend {
    queries: Arc<dyn QueryBackend>,
    executors: Executors,
    closing: Arc<AtomicBool>,
}

#[async_trait]
impl QueryBackend for Backend {
    async fn session(&self, session_id: &str) -> Result<Arc<SessionContext>> {
        let context = self.queries.session(session_id).await?;
        Ok(Arc::new(annota::files::files_in_from(context.as_ref().clone())))
    }

    async fn close_session(&self, session_id: &str) -> Result<()> {
        self.queries.close_session(session_id).await
    }

    async fn execute(&self, job_name: &str, context: Arc<SessionContext>, plan: LogicalPlan) -> Result<QueryResult> {
        let class = AnnotaOptions::of(context.copied_config().options()).device_class;
        let start = check_start(&self.executors, &self.closing, class).await;
        start.map_err(|status| BallistaError::General(status.message().to_owned()))?;
        jobs::own(&self.executors.service, self.queries.execute(job_name, context, plan)).await
    }
}

/// The token as password of any user, as drivers ask for both, or as it is.
struct ByToken(Token);

#[async_trait]
impl Authenticator for ByToken {
    async fn authenticate(&self, headers: &MetadataMap) -> std::result::Result<Identity, Status> {
        let value = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, shown) = value.split_once(' ').unwrap_or_default();
        let (user, secret) = match scheme.to_ascii_lowercase().as_str() {
            "basic" => credentials(shown).unwrap_or_default(),
            "bearer" => (String::new(), shown.trim().to_owned()),
            _ => Default::default(),
        };
        match self.0.matches(&secret) {
            true => Ok(Identity { user: Some(user).filter(|user| !user.is_empty()) }),
            false => Err(Status::unauthenticated(
                "the password is not the scheduler's token: expected any user name, and the token as password",
            )),
        }
    }
}

/// User and secret; drivers differ in whether they pad.
fn credentials(shown: &str) -> Option<(String, String)> {
    let text = STANDARD_NO_PAD.decode(shown.trim().trim_end_matches('=')).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (user, secret) = text.split_once(':')?;
    Some((user.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::credentials;

    #[test]
    fn padding_may_be_left_out() {
        let expected = Some(("a".to_owned(), "b:c".to_owned()));
        assert_eq!(credentials("YTpiOmM="), expected);
        assert_eq!(credentials("YTpiOmM"), expected);
        assert_eq!(credentials("no credentials"), None);
    }
}

use ballista_core::extension::BallistaGrpcMetadataInterceptor;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{GetJobStatusParams, PollWorkParams};
use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use http_body_util::BodyExt;
use tonic::metadata::MetadataMap;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tower_service::Service;
use url::Url;

use crate::error::{ClusterError, Result};
use crate::secure::Access;
use crate::version::VERSION_HEADER;

const PORT: u16 = 50050;
const SCHEDULER: &str = "scheduler";
const EXECUTOR: &str = "executor";

pub type SchedulerClient = SchedulerGrpcClient<InterceptedService<Channel, BallistaGrpcMetadataInterceptor>>;

/// The way to a scheduler, or to where an executor takes tasks.
#[derive(Debug, Clone)]
pub struct Link {
    role: &'static str,
    authority: String,
    access: Access,
}

impl Link {
    pub fn new(host: &str, port: u16, access: &Access) -> Self {
        Link { role: SCHEDULER, authority: format!("{host}:{port}"), access: access.clone() }
    }

    pub fn to_executor(host: &str, port: u16, access: &Access) -> Self {
        Link { role: EXECUTOR, ..Link::new(host, port, access) }
    }

    /// Reads `df://host:port`.
    pub fn parse(url: &str, access: &Access) -> Result<Self> {
        let unknown = || ClusterError::Setting {
            setting: "--cluster",
            value: url.to_owned(),
            expected: "a scheduler's URL, as df://localhost:50050 is one".to_owned(),
        };
        let parsed = Url::parse(url).map_err(|_| unknown())?;
        let host = parsed.host_str().filter(|host| !host.is_empty()).ok_or_else(unknown)?;
        match parsed.scheme() {
            "df" | "http" | "https" => Ok(Link::new(host, parsed.port().unwrap_or(PORT), access)),
            _ => Err(unknown()),
        }
    }

    /// As Ballista writes it; over TLS its endpoints are made anew.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    pub async fn channel(&self) -> Result<Channel> {
        let unreachable = |reason: String| self.unreachable(reason);
        let endpoint = create_grpc_client_endpoint(self.url(), Some(&GrpcClientConfig::default()))
            .map_err(|error| unreachable(innermost(&error)))?;
        let endpoint = match &self.access.tls {
            Some(tls) => tls.endpoint(endpoint)?,
            None => endpoint,
        };
        endpoint.connect().await.map_err(|error| unreachable(innermost(&error)))
    }

    pub async fn client(&self) -> Result<SchedulerClient> {
        let metadata = BallistaGrpcMetadataInterceptor::new(self.access.metadata().into_iter().collect());
        Ok(SchedulerGrpcClient::with_interceptor(self.channel().await?, metadata))
    }

    /// Asks the scheduler whether it wants this process as a client.
    pub async fn greet_as_client(&self) -> Result<()> {
        let answer = self.client().await?.get_job_status(GetJobStatusParams { job_id: String::new() }).await;
        self.check(answer.map(|answer| answer.metadata().clone()))
    }

    /// Asks the scheduler whether it wants this process as an executor.
    pub async fn greet_as_executor(&self) -> Result<()> {
        let answer = self.client().await?.poll_work(PollWorkParams::default()).await;
        self.check(answer.map(|answer| answer.metadata().clone()))
    }

    fn check(&self, answer: Result<MetadataMap, Status>) -> Result<()> {
        match answer {
            Ok(metadata) if metadata.contains_key(VERSION_HEADER) => Ok(()),
            Ok(_) => Err(self.refused("it is Ballista's, not Annota's: expected one that `annota scheduler` runs")),
            Err(status) => Err(self.error(&status)),
        }
    }

    /// What a status means to who has called.
    pub fn error(&self, status: &Status) -> ClusterError {
        // What has a cause comes from the connection, not from the scheduler.
        let is_answer = std::error::Error::source(status).is_none() && status.code() != Code::Unknown;
        match (is_answer, self.access.tls.is_some()) {
            // Another time it may be otherwise.
            (true, _) if status.code() == Code::Unavailable => ClusterError::Ballista(status.message().to_owned()),
            (true, _) => self.refused(status.message()),
            (false, true) => self.unreachable(told(status)),
            (false, false) => self.unreachable(format!("{} (is it one that expects TLS?)", told(status))),
        }
    }

    fn refused(&self, reason: &str) -> ClusterError {
        ClusterError::Refused { role: self.role, address: self.authority.clone(), reason: reason.to_owned() }
    }

    fn unreachable(&self, reason: String) -> ClusterError {
        ClusterError::Unreachable { role: self.role, address: self.authority.clone(), reason }
    }

    /// Asks the scheduler's REST interface, on the same port and with the same credentials.
    pub async fn get(&self, path: &str) -> Result<Vec<u8>> {
        let fail = |reason: String| self.unreachable(reason);
        let mut channel = self.channel().await?;
        let scheme = if self.access.tls.is_some() { "https" } else { "http" };
        let mut request = axum::http::Request::get(format!("{scheme}://{}{path}", self.authority));
        for (name, value) in self.access.metadata() {
            request = request.header(name, value);
        }
        let request = request.body(tonic::body::Body::empty()).map_err(|error| fail(error.to_string()))?;
        std::future::poll_fn(|context| channel.poll_ready(context)).await.map_err(|error| fail(innermost(&error)))?;
        let response = channel.call(request).await.map_err(|error| fail(innermost(&error)))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| fail(error.to_string()))?.to_bytes();
        match status.is_success() {
            true => Ok(body.to_vec()),
            false => Err(self.refused(String::from_utf8_lossy(&body).trim())),
        }
    }
}

/// Transport errors say what happened only in what caused them.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn told(status: &Status) -> String {
    std::error::Error::source(status).map_or_else(|| status.message().to_owned(), innermost)
}

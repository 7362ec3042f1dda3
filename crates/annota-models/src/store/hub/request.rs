use std::time::Duration;

use ureq::http::Response;
use ureq::{Agent, Body, Error, Proxy, Timeout};

use super::error::line;
use super::url::{is_relative, join, origin};
use super::{HubError, Settings};

const REDIRECTS: usize = 10;

/// The proxy of all requests, as `scheme://host:port`: the first valid value of `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY`, in
/// upper or lower case.
pub fn proxy() -> Option<String> {
    let proxy = Proxy::try_from_env()?;
    Some(format!("{}://{}:{}", proxy.protocol(), proxy.host(), proxy.port()).to_ascii_lowercase())
}

/// One request of the hub.
pub struct Request<'a> {
    pub url: &'a str,
    /// For messages.
    pub repository: &'a str,
    /// Only the headers; redirects to other hosts are not followed.
    pub is_head: bool,
    /// How many bytes from the start are not wanted.
    pub skip: u64,
    /// How long the other side may be silent.
    pub timeout: Duration,
}

/// Sends requests, with the token for the hub and without it for other hosts.
pub struct Client {
    agent: Agent,
    hub: String,
    token: Option<String>,
}

impl Client {
    pub fn new(settings: &Settings) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .accept_encoding("identity")
            .user_agent(concat!("annota/", env!("CARGO_PKG_VERSION")))
            .build();
        let hub = origin(&settings.endpoint).to_owned();
        Client { agent: config.into(), hub, token: settings.token.clone() }
    }

    /// The first answer that is no redirect; for `HEAD` also a redirect to another host.
    pub fn send(&self, request: &Request) -> Result<Response<Body>, HubError> {
        let mut url = request.url.to_owned();
        for _ in 0..=REDIRECTS {
            let response = self.hop(&url, request)?;
            let location = header(&response, "Location").filter(|_| response.status().is_redirection());
            let Some(location) = location else {
                return accept(response, request);
            };
            if request.is_head && !is_relative(location) && is_told(&response, location, &url) {
                return Ok(response);
            }
            let strange = || HubError::reply(request.url, format!("a redirect to `{location}`"));
            url = join(&url, location).ok_or_else(strange)?;
        }
        Err(HubError::reply(request.url, format!("more than {REDIRECTS} redirects")))
    }

    fn hop(&self, url: &str, request: &Request) -> Result<Response<Body>, HubError> {
        let call = if request.is_head { self.agent.head(url) } else { self.agent.get(url) };
        let timeout = Some(request.timeout);
        let config = call.config().timeout_resolve(timeout).timeout_connect(timeout);
        let config = config.timeout_per_read(timeout).timeout_per_write(timeout).timeout_recv_response(timeout);
        let mut call = config.build();
        if let Some(token) = self.token.as_ref().filter(|_| origin(url) == self.hub) {
            call = call.header("Authorization", format!("Bearer {token}"));
        }
        if request.skip > 0 {
            call = call.header("Range", format!("bytes={}-", request.skip));
        }
        call.call().map_err(|error| trouble(error, url, request.url))
    }
}

/// Whether the hub itself has said all about the file that it sends us elsewhere for.
fn is_told(response: &Response<Body>, location: &str, url: &str) -> bool {
    header(response, "X-Linked-Etag").is_some() || origin(location) != origin(url)
}

/// The text of a header, if it has one.
pub fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn accept(response: Response<Body>, request: &Request) -> Result<Response<Body>, HubError> {
    let (url, repository) = (request.url.to_owned(), request.repository.to_owned());
    match response.status().as_u16() {
        200..=299 => Ok(response),
        status @ (401 | 403) => Err(HubError::Unauthorized { url, repository, status }),
        404 => {
            let what = match header(&response, "X-Error-Code") {
                Some("RevisionNotFound") => "revision",
                Some("EntryNotFound") => "file",
                _ => "repository, revision or file",
            };
            Err(HubError::NotFound { url, repository, what })
        }
        status @ (408 | 429 | 500..=599) => {
            let seconds = header(&response, "Retry-After").and_then(|value| value.parse().ok());
            Err(HubError::Busy { url, status, after: seconds.map(Duration::from_secs) })
        }
        status => Err(HubError::Status { url, status }),
    }
}

/// What a request that has no answer means. `url` is the hop; it may hold a signature, so only its host is told.
fn trouble(error: Error, url: &str, asked: &str) -> HubError {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, InvalidData, NetworkDown, NetworkUnreachable,
    };
    let unreachable = match &error {
        Error::HostNotFound | Error::ConnectionFailed | Error::ConnectProxyFailed(_) => true,
        Error::Timeout(timeout) => matches!(timeout, Timeout::Resolve | Timeout::Connect),
        Error::Tls(_) | Error::Rustls(_) => true,
        Error::Io(error) => {
            let kinds =
                [AddrNotAvailable, ConnectionRefused, HostUnreachable, InvalidData, NetworkDown, NetworkUnreachable];
            kinds.contains(&error.kind()) || is_failed_lookup(error)
        }
        _ => false,
    };
    if unreachable {
        return HubError::Unreachable { host: origin(url).to_owned(), reason: line(&error.to_string()) };
    }
    match error {
        Error::Io(_) | Error::Timeout(_) | Error::Protocol(_) => HubError::network(asked, error),
        _ => HubError::reply(asked, error),
    }
}

/// True if the name of a host could not be resolved. The standard library has no stable `ErrorKind` for it: on Unix its
/// message begins with these words, on Windows the error is one of Winsock's four codes from `WSAHOST_NOT_FOUND`.
fn is_failed_lookup(error: &std::io::Error) -> bool {
    let is_winsock = cfg!(windows) && error.raw_os_error().is_some_and(|code| (11001..=11004).contains(&code));
    is_winsock || error.to_string().starts_with("failed to lookup address information")
}

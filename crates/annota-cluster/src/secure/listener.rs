//! Connections as they come, in plaintext or over TLS, with what their other side has shown.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::Tls;
use crate::error::{ClusterError, Result};

/// The longest that a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections whose handshake is over and that wait to be served.
const READY: usize = 64;
/// How long is waited where no connection can be taken, as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// What the other side of a connection is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is asked of a plaintext connection.
    Plaintext,
    /// TLS without a certificate.
    Unknown,
    /// It has a certificate for clients.
    Client,
    /// It has a certificate for servers: a scheduler or an executor.
    Server,
}

#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: SocketAddr,
    pub standing: Standing,
}

pub trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

/// Takes connections of one port. Handshakes go on side by side, so that a slow one holds up no other.
pub struct SecureListener {
    ready: mpsc::Receiver<(Box<dyn Connection>, Peer)>,
    accepting: JoinHandle<()>,
    address: SocketAddr,
}

impl SecureListener {
    /// # Errors
    /// An address that cannot be bound.
    pub async fn bind(host: &str, port: u16, tls: Option<&Tls>) -> Result<Self> {
        let fail =
            |error: io::Error| ClusterError::Bind { address: format!("{host}:{port}"), reason: error.to_string() };
        let listener = TcpListener::bind((host, port)).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let (sender, ready) = mpsc::channel(READY);
        let accepting = tokio::spawn(accept(listener, tls.cloned(), sender));
        Ok(SecureListener { ready, accepting, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for SecureListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<Tls>, ready: mpsc::Sender<(Box<dyn Connection>, Peer)>) {
    while !ready.is_closed() {
        match listener.accept().await {
            Ok((stream, address)) => {
                tokio::spawn(admit(stream, address, tls.clone(), ready.clone()));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn admit(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<Tls>,
    ready: mpsc::Sender<(Box<dyn Connection>, Peer)>,
) {
    // Small messages go both ways; waiting to fill packets only slows them.
    let _ = stream.set_nodelay(true);
    let connection: (Box<dyn Connection>, Standing) = match tls {
        None => (Box::new(stream), Standing::Plaintext),
        Some(tls) => match tokio::time::timeout(HANDSHAKE, TlsAcceptor::from(tls.server()).accept(stream)).await {
            Ok(Ok(stream)) => {
                let standing = match stream.get_ref().1.peer_certificates() {
                    None => Standing::Unknown,
                    Some(chain) if tls.is_server(chain) => Standing::Server,
                    Some(_) => Standing::Client,
                };
                (Box::new(stream), standing)
            }
            Ok(Err(error)) => return log::debug!("connection from {address}: {error}"),
            Err(_) => return log::debug!("connection from {address}: no handshake within {HANDSHAKE:?}"),
        },
    };
    // Whoever served is gone; so is the connection.
    let _ = ready.send((connection.0, Peer { address, standing: connection.1 })).await;
}

impl Listener for SecureListener {
    type Io = Box<dyn Connection>;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { address: self.address, standing: Standing::Plaintext })
    }
}

impl Connected<IncomingStream<'_, SecureListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, SecureListener>) -> Self {
        *stream.remote_addr()
    }
}

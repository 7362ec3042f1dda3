//! What an executor serves under TLS. Ballista lets its Flight service be replaced, but binds the one for tasks itself
//! and in plaintext: that one listens on loopback, behind a front which lets only servers of the cluster through.

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::error::BallistaError;
use ballista_executor::ArrowFlightServerProvider;
use ballista_executor::flight_service::BallistaFlightService;
use ballista_scheduler::config::SchedulerConfig;
use tokio::net::TcpStream;
use tonic::service::RoutesBuilder;

use crate::error::Result;
use crate::secure::{Connection, Gate, Peer, SecureListener, Standing, Tls};

/// The TLS side of a plaintext port on loopback.
pub struct Front {
    pub host: String,
    pub port: u16,
    pub inside: (&'static str, u16),
    pub tls: Tls,
}

impl Front {
    /// Binds the port, and serves it for as long as the runtime lives.
    pub async fn open(self) -> Result<()> {
        let mut listener = SecureListener::bind(&self.host, self.port, Some(&self.tls)).await?;
        tokio::spawn(async move {
            while let Some((connection, peer)) = listener.next().await {
                match peer.standing {
                    Standing::Server => drop(tokio::spawn(pass(connection, self.inside))),
                    _ => log::warn!("{} may not send tasks: expected a certificate for servers", peer.address),
                }
            }
        });
        Ok(())
    }
}

async fn pass(mut connection: Box<dyn Connection>, inside: (&'static str, u16)) {
    let passed = match TcpStream::connect(inside).await {
        Ok(mut inner) => tokio::io::copy_bidirectional(&mut connection, &mut inner).await.map(|_| ()),
        Err(error) => Err(error),
    };
    if let Err(error) = passed {
        log::debug!("a connection to the executor ended: {error}");
    }
}

/// Serves what tasks have written, to all who have a certificate.
pub fn flight(host: &str, tls: Tls) -> Arc<ArrowFlightServerProvider> {
    let host = host.to_owned();
    Arc::new(move |work_dir, address, mut shutdown, _| {
        let (host, tls) = (host.clone(), tls.clone());
        tokio::spawn(async move {
            let fail = |error: &dyn std::fmt::Display| BallistaError::General(error.to_string());
            let listener = SecureListener::bind(&host, address.port(), Some(&tls)).await.map_err(|it| fail(&it))?;
            let limit = SchedulerConfig::default().grpc_client_max_message_size as usize;
            let service = FlightServiceServer::new(BallistaFlightService::new(work_dir));
            let mut routes = RoutesBuilder::default();
            routes.add_service(service.max_decoding_message_size(limit).max_encoding_message_size(limit));
            let routes = Gate::new(None).before(routes.routes().into_axum_router());
            axum::serve(listener, routes.into_make_service_with_connect_info::<Peer>())
                .with_graceful_shutdown(async move { shutdown.recv().await })
                .await
                .map_err(|it| fail(&it))
        })
    })
}

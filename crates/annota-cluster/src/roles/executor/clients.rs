use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ballista_core::client::BallistaClient;
use ballista_core::client_pool::{BallistaClientPool, PooledClient};
use ballista_core::error::Result;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::utils::GrpcClientConfig;
use lru::LruCache;

/// Executors to which idle connections are kept; those from which nothing was fetched for longest are closed first.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

type Peer = (String, u16, GrpcClientConfig);
type Idle = Mutex<LruCache<Peer, Vec<BallistaClient>>>;

/// Connections over which results of other executors are fetched. A new one for each would be a handshake for each.
pub struct Clients(Arc<Idle>);

impl Default for Clients {
    fn default() -> Self {
        Clients(Arc::new(Mutex::new(LruCache::new(KEPT))))
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clients(…)")
    }
}

#[async_trait]
impl BallistaClientPool for Clients {
    async fn acquire(
        &self,
        host: &str,
        port: u16,
        config: &GrpcClientConfig,
        endpoint: Option<Arc<BallistaConfigGrpcEndpoint>>,
    ) -> Result<PooledClient> {
        let peer = (host.to_owned(), port, config.clone());
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&peer).and_then(Vec::pop);
        let client = match idle {
            Some(client) => client,
            None => {
                BallistaClient::try_new(
                    host,
                    port,
                    config.max_message_size,
                    config.use_tls,
                    endpoint,
                    config.io_retries_times,
                    config.io_retry_wait_time_ms,
                    config.initial_connection_window_size,
                    config.initial_stream_window_size,
                )
                .await?
            }
        };
        let idle = self.0.clone();
        let give_back = move |client| {
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.get_or_insert_mut(peer, Vec::new).push(client);
        };
        Ok(PooledClient::new(client, Box::new(give_back)))
    }

    async fn evict_idle(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

//! The accept loop: headers have a deadline, connections a number, stopping is graceful.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use crate::api::{Service, router};

/// A client has this long to send the head of a request, also between two on one connection.
const HEAD_DEADLINE: Duration = Duration::from_secs(15);
/// What is being answered when the service stops may take this long.
const GRACE: Duration = Duration::from_secs(10);
/// Longest head of a request.
const HEAD_BYTES: usize = 64 << 10;

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections served at a time; more wait to be accepted.
    pub connections: usize,
}

/// A socket that listens.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Binds `address`, e.g. `127.0.0.1:8080` or `[::]:80`; port 0 takes a free one.
    pub async fn bind(address: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stopping` turns true, then lets running requests end.
    pub async fn serve(self, service: Arc<Service>, limits: Limits, mut stopping: watch::Receiver<bool>) {
        let router = router(&service);
        let slots = Arc::new(Semaphore::new(limits.connections));
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &slots) => accepted,
                _ = stopping.wait_for(|stopping| *stopping) => break,
            };
            let Some((stream, slot)) = accepted else { continue };
            let handler = router.clone().map_request(|request: Request<Incoming>| request);
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_DEADLINE)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(handler));
            let connection = graceful.watch(connection);
            let service = service.clone();
            tokio::spawn(async move {
                service.metrics.connections.inc();
                // A client that breaks off is no event.
                drop(connection.await);
                service.metrics.connections.dec();
                drop(slot);
            });
        }
        drop(self.listener);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(GRACE) => tracing::warn!("requests were still running and are given up"),
        }
    }
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are written whole; waiting for more would only delay them.
            drop(stream.set_nodelay(true));
            Some((stream, slot))
        }
        Err(error) => {
            // Out of file handles, most likely: they come back as connections end.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

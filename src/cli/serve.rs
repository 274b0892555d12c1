//! `patrolmap serve`.

use anyhow::{Context, anyhow};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::api::{self, Access, Limits, Listening, Service};
use crate::app::{App, Opening};
use crate::cli::{Failure, Global};
use crate::domain::layer::Layer;
use crate::store::Mode;

#[derive(Args)]
pub(super) struct ServeArguments {
    /// Address and port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Let others than this machine write
    #[arg(long)]
    open: bool,
}

pub(super) async fn serve(global: &Global, arguments: ServeArguments) -> Result<(), Failure> {
    let mut config = global.config()?;
    config.open |= arguments.open;
    if let Some(listen) = arguments.listen {
        config.listen = listen;
    }
    let listening = Listening::bind(&config.listen)
        .await
        .with_context(|| format!("cannot listen at {}: name another address with --listen", config.listen))?;
    let address = listening.address();
    let access = Access::of(address, config.open);
    let (stop, stopping) = watch::channel(false);
    let service = Service::new(access, stopping.clone());
    let limits = Limits { connections: config.max_connections };
    // Requests are answered from now on: with "starting" until the map is there.
    let serving = tokio::spawn(listening.serve(service.clone(), limits, stopping));
    eprintln!("listening at http://{address}/ (store: {})", global.directory().display());
    if !api::is_built_in() {
        eprintln!("{}", api::HOW_TO_BUILD);
    }
    match access {
        Access::ReadOnly => eprintln!("read-only, since others than this machine can reach it: --open lets them write"),
        Access::Open => eprintln!("open: whoever reaches this address may write"),
        Access::Loopback => {}
    }
    let opening = Opening {
        directory: global.directory(),
        mode: Mode::Create,
        settings: config.settings(),
        actor: global.actor.clone(),
        layers: &Layer::ALL,
    };
    let started = std::time::Instant::now();
    let app = tokio::select! {
        app = App::open(opening) => app?,
        signal = stop_signal() => return signal,
    };
    eprintln!("ready after {:.1} s", started.elapsed().as_secs_f64());
    service.ready(app.clone());
    stop_signal().await?;
    eprintln!("stopping");
    stop.send_replace(true);
    serving.await.map_err(|error| Failure::Failed(anyhow!("the service failed: {error}")))?;
    app.close().await;
    Ok(())
}

/// Waits for SIGINT or SIGTERM.
async fn stop_signal() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

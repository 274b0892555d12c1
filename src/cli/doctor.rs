//! `patrolmap doctor`: is what is stored what a rebuild gives, and does a service hold the same?

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Empty};
use hyper::Uri;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::TcpStream;

use crate::app::App;
use crate::app::doctor::{Findings, examine};
use crate::cli::{Failure, Global};
use crate::domain::feature::Rev;
use crate::domain::layer::Layer;
use crate::store::Mode;

#[derive(Args)]
pub(super) struct DoctorArguments {
    /// Compare with what this service holds in memory, e.g. http://127.0.0.1:8080
    #[arg(long, value_name = "URL")]
    server: Option<Uri>,
}

/// How often the comparison starts again because somebody was writing.
const ATTEMPTS: usize = 10;

pub(super) async fn doctor(global: &Global, arguments: DoctorArguments) -> Result<(), Failure> {
    let app = global.open(Mode::Existing, &Layer::ALL).await?;
    let mut findings = examine(&app).await?;
    if let Some(server) = arguments.server {
        findings.faults.extend(compare(global, app.clone(), &server).await?);
    }
    app.close().await;
    tell(&findings)
}

fn tell(findings: &Findings) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "at sequence {}", findings.seq.0)?;
    for (layer, count) in &findings.counts {
        writeln!(out, "{:20} {count:>9}", layer.name())?;
    }
    if findings.waiting > 0 {
        writeln!(out, "{} areas wait to be derived again", findings.waiting)?;
    }
    if findings.faults.is_empty() {
        writeln!(out, "healthy")?;
        return Ok(());
    }
    for fault in &findings.faults {
        writeln!(out, "fault: {fault}")?;
    }
    writeln!(out, "{} faults", findings.faults.len())?;
    Err(Failure::Told)
}

/// Features of a service's answer, as they stand there.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    rel: String,
    href: String,
}

/// Faults where the service holds something else than the store. Waits for a moment at which nobody writes.
async fn compare(global: &Global, mut app: App, server: &Uri) -> anyhow::Result<Vec<String>> {
    for _ in 0..ATTEMPTS {
        let mut client = Client::connect(server).await?;
        let before = client.sequence().await?;
        let mut faults = Vec::new();
        for layer in Layer::ALL {
            faults.extend(compare_layer(&app, &mut client, layer).await?);
        }
        if before == client.sequence().await? && before == app.snapshot().seq() {
            return Ok(faults);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        app = global
            .open(Mode::Existing, &Layer::ALL)
            .await
            .map_err(|_| anyhow!("the store could not be opened again"))?;
    }
    bail!("the service is being written to all the time: nothing could be compared at one moment")
}

async fn compare_layer(app: &App, client: &mut Client, layer: Layer) -> anyhow::Result<Vec<String>> {
    let mut ours: HashMap<Box<[u8]>, i64> = HashMap::new();
    app.snapshot().layer(layer).for_each(&mut |row| {
        ours.insert(row.payload().as_ref().into(), row.id().0);
    });
    let mut faults = Vec::new();
    let mut next = Some(format!("/api/collections/{}/items?limit=10000", layer.name()));
    while let Some(path) = next {
        let body = client.get(&path).await?;
        let page: Page<'_> = serde_json::from_slice(&body).context("the service answered no collection")?;
        for feature in page.features {
            if ours.remove(feature.get().as_bytes()).is_none() && faults.len() < 20 {
                let shown: String = feature.get().chars().take(120).collect();
                faults.push(format!("{}: the service holds something else than the store: {shown}...", layer.name()));
            }
        }
        let link = page.links.into_iter().find(|link| link.rel == "next");
        next = link.and_then(|link| Some(link.href.parse::<Uri>().ok()?.path_and_query()?.to_string()));
    }
    faults.extend(
        ours.values().take(20).map(|id| format!("{} {id}: the service does not hold what is stored", layer.name())),
    );
    Ok(faults)
}

/// One connection to a service.
struct Client {
    sender: hyper::client::conn::http1::SendRequest<Empty<Bytes>>,
    authority: String,
}

impl Client {
    async fn connect(server: &Uri) -> anyhow::Result<Self> {
        if server.scheme_str().is_some_and(|scheme| scheme != "http") {
            bail!("--server: only http:// is spoken here");
        }
        let authority = server.authority().ok_or_else(|| anyhow!("--server: write it as http://127.0.0.1:8080"))?;
        let address = (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot reach {authority}"))?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, authority: authority.to_string() })
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<Bytes> {
        let request = hyper::Request::get(path).header("host", &self.authority).body(Empty::new())?;
        self.sender.ready().await.context("the service hung up")?;
        let response = self.sender.send_request(request).await.context("the service did not answer")?;
        let status = response.status();
        let body = response.into_body().collect().await.context("the answer broke off")?.to_bytes();
        if !status.is_success() {
            bail!("the service answered {path} with {status}");
        }
        Ok(body)
    }

    async fn sequence(&mut self) -> anyhow::Result<Rev> {
        let body = self.get("/readyz").await?;
        let json: serde_json::Value = serde_json::from_slice(&body).context("the service answered no JSON")?;
        json["sequence"].as_i64().map(Rev).ok_or_else(|| anyhow!("the service does not say its sequence"))
    }
}

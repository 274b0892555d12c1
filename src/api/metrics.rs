//! What the service counts about itself, for Prometheus.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus::{
    Encoder, Gauge, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::app::App;
use crate::domain::layer::Layer;

pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    /// Must stay 0.
    pub panics: IntCounter,
    pub connections: IntGauge,
    features: IntGaugeVec,
    sequence: IntGauge,
    writes_waiting: IntGauge,
    /// Count, sum and longest of publications.
    published: IntGauge,
    publishing: Gauge,
    longest_publication: Gauge,
}

impl Metrics {
    pub fn new() -> Self {
        let text = |name: &str, help: &str| Opts::new(format!("patrolmap_{name}"), help.to_owned());
        let valid = "names of metrics are written here, and valid";
        let latency = HistogramOpts::new("patrolmap_http_request_seconds", "Time to answer a request, by route")
            .buckets(vec![0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]);
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                text("http_requests_total", "Requests answered"),
                &["method", "route", "status"],
            )
            .expect(valid),
            seconds: HistogramVec::new(latency, &["route"]).expect(valid),
            panics: IntCounter::with_opts(text("panics_total", "Panics caught; must stay 0")).expect(valid),
            connections: IntGauge::with_opts(text("connections", "Connections open now")).expect(valid),
            features: IntGaugeVec::new(text("features", "Features in memory"), &["layer"]).expect(valid),
            sequence: IntGauge::with_opts(text("sequence", "Last change that readers see")).expect(valid),
            published: IntGauge::with_opts(text("publish_count", "Groups of commits made visible")).expect(valid),
            publishing: Gauge::with_opts(text("publish_seconds_sum", "Time that making commits visible took"))
                .expect(valid),
            longest_publication: Gauge::with_opts(text("publish_seconds_max", "The longest of them")).expect(valid),
            writes_waiting: IntGauge::with_opts(text("writes_waiting", "Writes that wait for their turn"))
                .expect(valid),
        };
        let registry = &metrics.registry;
        let registered = [
            registry.register(Box::new(metrics.requests.clone())),
            registry.register(Box::new(metrics.seconds.clone())),
            registry.register(Box::new(metrics.panics.clone())),
            registry.register(Box::new(metrics.connections.clone())),
            registry.register(Box::new(metrics.features.clone())),
            registry.register(Box::new(metrics.sequence.clone())),
            registry.register(Box::new(metrics.writes_waiting.clone())),
            registry.register(Box::new(metrics.published.clone())),
            registry.register(Box::new(metrics.publishing.clone())),
            registry.register(Box::new(metrics.longest_publication.clone())),
        ];
        registered.into_iter().collect::<Result<Vec<()>, _>>().expect("each metric has a name of its own");
        metrics
    }

    pub fn observe(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        // Words that a client makes up must not become labels.
        let method = match method.as_str() {
            known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
            _ => "other",
        };
        self.requests.with_label_values(&[method, route, status.as_str()]).inc();
        self.seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    }

    /// The text format of Prometheus.
    pub fn text(&self, app: Option<&App>) -> Vec<u8> {
        if let Some(app) = app {
            let snapshot = app.snapshot();
            for layer in Layer::ALL {
                self.features.with_label_values(&[layer.name()]).set(snapshot.layer(layer).len() as i64);
            }
            self.sequence.set(snapshot.seq().0);
            self.writes_waiting.set(app.writes_waiting() as i64);
            self.published.set(app.publications().count() as i64);
            self.publishing.set(app.publications().total().as_secs_f64());
            self.longest_publication.set(app.publications().longest().as_secs_f64());
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).expect("writing to memory cannot fail");
        text
    }
}

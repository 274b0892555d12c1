//! The doors over HTTP: decode, call, encode. axum lives here only.
//!
//! One table (`routes`) makes the router and the OpenAPI description; one table (`problem`) turns what can go wrong
//! into `application/problem+json`.

mod answer;
mod body;
mod changes;
mod create;
mod extract;
mod feed;
mod gaps;
mod guard;
mod health;
mod imports;
mod items;
mod landing;
mod metrics;
mod nearest;
mod negotiate;
mod openapi;
mod page;
mod parameters;
mod problem;
mod routes;
mod schema;
mod sections;
mod serve;
mod single;
mod travel;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::cors::{Any, CorsLayer};

use crate::api::metrics::Metrics;
use crate::api::problem::{Kind, Problem};
use crate::app::App;
use crate::domain::feature::Rev;

pub use guard::Access;
pub use openapi::openapi;
pub use page::{HOW_TO_BUILD, is_built_in};
pub use serve::{Limits, Listening};

/// What every request can reach. The app is there once the world is loaded.
pub struct Service {
    app: OnceLock<App>,
    access: Access,
    metrics: Metrics,
    /// True once the service is to stop: streams end then.
    stopping: watch::Receiver<bool>,
    /// Lets only a few long reads work at a time.
    heavy: Semaphore,
    /// One file at a time is imported.
    importing: Semaphore,
    /// Makes tags of one run differ from those of another: sequences may go back when a backup is restored.
    run: String,
}

type Shared = Arc<Service>;

/// Long reads at a time: as many as the cores that can be spared.
const HEAVY: usize = 4;

impl Service {
    pub fn new(access: Access, stopping: watch::Receiver<bool>) -> Arc<Self> {
        let started = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_micros());
        Arc::new(Self {
            app: OnceLock::new(),
            access,
            metrics: Metrics::new(),
            stopping,
            heavy: Semaphore::new(HEAVY),
            importing: Semaphore::new(1),
            run: format!("{started:x}"),
        })
    }

    /// From here on requests are answered.
    pub fn ready(&self, app: App) {
        app.keep_streets_warm();
        // A second call would change nothing.
        drop(self.app.set(app));
    }

    /// Tag of an answer that any change may change.
    fn tag(&self, seq: Rev) -> String {
        format!("W/\"{}-{}\"", self.run, seq.0)
    }

    fn app(&self) -> Option<&App> {
        self.app.get()
    }

    /// Runs something long where it holds up nobody, a few at a time. A panic there is counted and told as such.
    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _turn =
            self.heavy.acquire().await.map_err(|_| Problem::new(Kind::Overloaded, "the service is stopping"))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            if error.is_panic() {
                self.metrics.panics.inc();
            }
            Problem::new(Kind::Internal, "the service failed; the failure was recorded")
        })
    }
}

/// All routes with everything that goes round them.
pub fn router(service: &Shared) -> Router {
    let counted = service.clone();
    let panics = CatchPanicLayer::custom(move |_: Box<dyn std::any::Any + Send>| {
        counted.metrics.panics.inc();
        Problem::new(Kind::Internal, "the service failed; the failure was recorded").into_response()
    });
    let reads = [Method::GET, Method::HEAD, Method::POST];
    let exposed = [header::ETAG, header::LINK, header::LOCATION, answer::CONTENT_CRS, header::RETRY_AFTER];
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(reads).allow_headers(Any).expose_headers(exposed);
    routes::router()
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(cors)
        .layer(panics)
        .layer(middleware::from_fn_with_state(service.clone(), count))
        .with_state(service.clone())
}

async fn no_such_path() -> Problem {
    Problem::new(Kind::NotFound, "there is nothing here: /api lists what there is")
}

/// The methods that there are stand in `Allow`.
async fn no_such_method(request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let detail = format!("{} is not answered here: Allow says what is", request.method());
    Problem::new(Kind::MethodNotAllowed, detail).into_response()
}

/// Counts and times each request, by route.
async fn count(State(service): State<Shared>, request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let route = request.extensions().get::<axum::extract::MatchedPath>().cloned();
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let route = route.as_ref().map_or("none", |path| path.as_str());
    service.metrics.observe(&method, route, response.status(), started.elapsed());
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

//! Is it up, is it ready, what does it count.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::extract::{Doors, Ready};

pub async fn healthz() -> Response {
    uncached(axum::Json(json!({ "status": "up" })).into_response())
}

pub async fn readyz(Ready(app): Ready) -> Response {
    let json = json!({ "status": "ready", "sequence": app.snapshot().seq().0 });
    uncached(axum::Json(json).into_response())
}

pub async fn metrics(Doors(service): Doors) -> Response {
    let mut response = (StatusCode::OK, service.metrics.text(service.app())).into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    uncached(response)
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

//! Is it up, is it ready, what does it count. And the page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
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

/// The page, which is built into the program.
pub async fn page() -> Response {
    of_page(Html(include_str!("../../web/index.html")).into_response())
}

pub async fn map_script() -> Response {
    script(include_str!("../../web/map.js"))
}

pub async fn frame_script() -> Response {
    script(include_str!("../../web/frame.js"))
}

fn script(text: &'static str) -> Response {
    let mut response = text.into_response();
    let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    of_page(response)
}

fn of_page(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

//! Answers with the headers that all of them carry.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value as Json;

use crate::api::extract::Asked;
use crate::api::negotiate::{Media, has_already};
use crate::domain::feature::Rev;
use crate::spatial::crs::Crs;

pub const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// Tag of a feature: its revision, whatever the format.
pub fn feature_tag(rev: Rev) -> String {
    format!("\"{}\"", rev.0)
}

/// The answer to a read. `etag` lets the client keep it; 304 when it has it already.
pub fn read(asked: &Asked, media: Media, etag: Option<&str>, body: impl FnOnce() -> Bytes) -> Response {
    if let Some(etag) = etag.filter(|etag| has_already(asked, etag)) {
        return unchanged(etag);
    }
    let mut response = Response::new(Body::from(body()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media.media_type()));
    cacheable(response, etag)
}

/// The answer to a client that has it already.
pub fn unchanged(etag: &str) -> Response {
    cacheable(StatusCode::NOT_MODIFIED.into_response(), Some(etag))
}

fn cacheable(mut response: Response, etag: Option<&str>) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// A JSON document that changes only with the program.
pub fn document(asked: &Asked, media: Media, json: &Json) -> Response {
    let mut response = read(asked, media, None, || Bytes::from(format!("{json}\n")));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    response
}

/// The answer to something that changed the map and is no feature.
pub fn changing(json: Bytes) -> Response {
    let mut response = Response::new(Body::from(json));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Says in which system the answer's coordinates are.
pub fn in_crs(mut response: Response, crs: &Crs) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("<{}>", crs.uri())) {
        response.headers_mut().insert(CONTENT_CRS, value);
    }
    response
}

//! The page that is built into the program: its files, how long a browser may keep them, what the page may load.
//!
//! A program that was built without the page says how to build it. Debug builds read the folder when asked.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::api::negotiate::encodings;
use crate::api::problem::{Kind, Problem};

#[derive(RustEmbed)]
#[folder = "web/dist/"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

/// The page loads nothing from elsewhere and runs nothing that did not come as a file of its own. The map's styles are
/// set through the object model, which needs no word here; `data:` is for the empty picture that MapLibre carries.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Said at `/` and at the start of a service without a page.
pub const HOW_TO_BUILD: &str =
    "this program was built without its page: run `make web-build`, then build it again, or run `make demo`";

/// Names of assets hold a digest of their content, so they never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Is the page in the program?
pub fn is_built_in() -> bool {
    Files::get(INDEX).is_some()
}

pub async fn page(headers: HeaderMap) -> Response {
    match Files::get(INDEX) {
        Some(file) => of_page(answer(&headers, INDEX, file, "no-cache")),
        None => of_page(without_page()),
    }
}

pub async fn asset(uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    // Names of assets are plain: nothing in them is encoded.
    let path = uri.path().trim_start_matches('/');
    let Some(file) = Files::get(path) else {
        return Err(Problem::new(Kind::NotFound, "the page has no such file: load / again"));
    };
    Ok(of_page(answer(&headers, path, file, FOR_EVER)))
}

/// A file, or the news that the browser has it already. The page's build puts `.br` and `.gz` beside what shrinks.
fn answer(headers: &HeaderMap, path: &str, file: EmbeddedFile, keep: &'static str) -> Response {
    let tag = tag(&file);
    let has = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if has.is_some_and(|has| has.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return kept(StatusCode::NOT_MODIFIED.into_response(), &tag, keep);
    }
    let accepted = encodings(headers);
    let packed = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, ending)| {
        let file =
            accepted.iter().any(|one| one == encoding).then(|| Files::get(&format!("{path}.{ending}"))).flatten()?;
        Some((encoding, file))
    });
    let (encoding, file) = match packed {
        Some((encoding, packed)) => (Some(encoding), packed),
        None => (None, file),
    };
    let body = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    kept(response, &tag, keep)
}

/// A weak tag, since the packed forms answer to it, too.
fn tag(file: &EmbeddedFile) -> String {
    let digest = file.metadata.sha256_hash();
    let head = digest.first_chunk().copied().unwrap_or_default();
    format!("\"{:016x}\"", u64::from_be_bytes(head))
}

fn kept(mut response: Response, tag: &str, keep: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&format!("W/{tag}")) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

fn without_page() -> Response {
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>patrolmap</title><h1>patrolmap</h1><p>{HOW_TO_BUILD}.</p>\
         <p>The interface works without it: <a href=/api/docs>to read</a>, <a href=/api>landing page</a>.</p></html>\n"
    );
    let mut response = (StatusCode::NOT_FOUND, Html(page)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn of_page(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

//! `POST .../items`: one feature or a collection, all or nothing, repeatable under an `Idempotency-Key`.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::api::answer::{feature_tag, in_crs};
use crate::api::body::{self, MOST_OF_A_COLLECTION, MOST_OF_A_FEATURE};
use crate::api::extract::{Asked, Doors, OfLayer, Ready, Writing};
use crate::api::negotiate::Media;
use crate::api::problem::{Kind, Problem};
use crate::api::single::{CHANGING, input_crs, of_plan};
use crate::app::{Created, Idempotency, Stored, Written};
use crate::domain::layer::Layer;
use crate::formats::geojson::{Document, parse_document};
use crate::spatial::crs::WGS84;
use crate::store::Remembered;

const LONGEST_KEY: usize = 255;

pub async fn create(
    _: Writing,
    Doors(service): Doors,
    Ready(app): Ready,
    OfLayer(layer): OfLayer,
    mut asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    body::check_type(&asked.headers, None)?;
    let named = asked.parameters.named_crs("crs")?;
    let force = asked.parameters.truth("force")?;
    std::mem::take(&mut asked.parameters).finish(&CHANGING)?;
    let key = idempotency_key(&asked.headers)?;
    let bytes = body::read(&asked.headers, body, MOST_OF_A_COLLECTION).await?;
    let digest = key.as_ref().map(|_| digest(&asked, &bytes));
    let length = bytes.len();
    let (document, declared) = parse(&service, bytes).await?;
    let (raw, in_collection) = match document {
        Document::Feature(_) if length > MOST_OF_A_FEATURE => return Err(body::too_large(MOST_OF_A_FEATURE)),
        Document::Feature(raw) => (vec![raw], false),
        Document::Collection(raw) => (raw, true),
    };
    let crs = input_crs(named, declared.as_deref())?;
    let again = key.zip(digest).map(|(key, digest)| {
        let kept = digest.clone();
        Idempotency {
            key,
            digest,
            answer: Box::new(move |written: &Written| remembered(layer, written, in_collection, kept)),
        }
    });
    Ok(match app.create(layer, raw, crs, force, in_collection, again).await? {
        Created::Now(written) => answer(remembered(layer, &written, in_collection, Vec::new())),
        Created::Before(before) => answer(before),
    })
}

/// Parses large bodies where they hold up nobody.
async fn parse(service: &crate::api::Service, bytes: Bytes) -> Result<(Document, Option<String>), Problem> {
    const LARGE: usize = 64 << 10;
    let parsed = if bytes.len() < LARGE {
        parse_document(&bytes)
    } else {
        service.off_thread(move || parse_document(&bytes)).await?
    };
    Ok(parsed?)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str().map(str::trim) {
        Ok(key) if !key.is_empty() && key.len() <= LONGEST_KEY => Ok(Some(key.to_owned())),
        _ => Err(Problem::new(
            Kind::Malformed,
            format!("Idempotency-Key must be 1 to {LONGEST_KEY} visible ASCII characters"),
        )),
    }
}

/// Of all that decides what a request does.
fn digest(asked: &Asked, body: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(asked.uri.path());
    hash.update([0]);
    hash.update(asked.uri.query().unwrap_or_default());
    hash.update([0]);
    hash.update(body);
    hash.finalize().to_vec()
}

/// The answer, in the form in which it can be kept.
fn remembered(layer: Layer, written: &Written, in_collection: bool, digest: Vec<u8>) -> Remembered {
    match written {
        Written::Stored(stored) => of_stored(layer, stored, in_collection, digest),
        Written::Drafted(draft) => Remembered {
            digest,
            status: StatusCode::ACCEPTED.as_u16(),
            location: Some(of_plan(draft)),
            etag: None,
            body: draft.document.to_string().into_bytes(),
        },
    }
}

fn of_stored(layer: Layer, stored: &[Stored], in_collection: bool, digest: Vec<u8>) -> Remembered {
    let items = format!("/api/collections/{}/items", layer.name());
    match stored {
        [one] if !in_collection => Remembered {
            digest,
            status: StatusCode::CREATED.as_u16(),
            location: Some(format!("{items}/{}", one.id.0)),
            etag: Some(feature_tag(one.rev)),
            body: one.payload.to_vec(),
        },
        many => {
            let mut body = Vec::with_capacity(many.iter().map(|one| one.payload.len() + 1).sum::<usize>() + 100);
            body.extend_from_slice(br#"{"type":"FeatureCollection","features":["#);
            for (at, one) in many.iter().enumerate() {
                if at > 0 {
                    body.push(b',');
                }
                body.extend_from_slice(&one.payload);
            }
            body.extend_from_slice(format!("],\"numberReturned\":{}}}", many.len()).as_bytes());
            Remembered { digest, status: StatusCode::CREATED.as_u16(), location: Some(items), etag: None, body }
        }
    }
}

fn answer(kept: Remembered) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::CREATED);
    let plain = (status, kept.body).into_response();
    let is_draft = status == StatusCode::ACCEPTED;
    let mut response = if is_draft { plain } else { in_crs(plain, &WGS84) };
    let media = if is_draft { Media::Json } else { Media::GeoJson };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in [(header::LOCATION, kept.location), (header::ETAG, kept.etag)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

//! One feature: read, replaced, merged, deleted; and what it was.

use std::str::FromStr;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

use crate::api::answer::{changing, feature_tag, in_crs, read};
use crate::api::body::{self, MOST_OF_A_FEATURE};
use crate::api::extract::{Asked, OfFeature, Ready, Writing};
use crate::api::items::{encode_one, property_names};
use crate::api::negotiate::{Media, negotiate};
use crate::api::problem::{Kind, Problem};
use crate::app::plan::DraftOfZones;
use crate::app::{App, AppError, Guard, Stored, Target, Written};
use crate::domain::draft::{Onto, RawFeature};
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::domain::moment::write_instant;
use crate::formats::geojson::{Document, parse_document, parse_patch};
use crate::spatial::crs::{Crs, WGS84};

pub const READING: [&str; 3] = ["crs", "properties", "f"];
pub const CHANGING: [&str; 2] = ["crs", "force"];

pub async fn get(Ready(app): Ready, OfFeature(layer, id): OfFeature, mut asked: Asked) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::GeoJson])?;
    let snapshot = app.snapshot();
    let crs = asked.parameters.crs("crs")?;
    let properties =
        asked.parameters.take("properties")?.map(|text| property_names(&snapshot, layer, &text)).transpose()?;
    std::mem::take(&mut asked.parameters).finish(&READING)?;
    let prepared = crs.is_stored() && properties.is_none();
    let found = snapshot.layer(layer).with_row(id, |row| {
        let body = if prepared {
            Ok(row.payload())
        } else {
            encode_one(layer, &row.feature(), &crs, properties.as_deref()).map(Bytes::from)
        };
        (row.rev(), body)
    });
    let (rev, body) = found.ok_or(AppError::NotFound { layer, id })?;
    let body = body?;
    Ok(in_crs(read(&asked, media, Some(&feature_tag(rev)), || body), &crs))
}

pub async fn put(
    _: Writing,
    Ready(app): Ready,
    OfFeature(layer, id): OfFeature,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    change(&app, (layer, id), asked, body, Onto::Replace).await
}

pub async fn patch(
    _: Writing,
    Ready(app): Ready,
    OfFeature(layer, id): OfFeature,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    change(&app, (layer, id), asked, body, Onto::Merge).await
}

async fn change(
    app: &App,
    (layer, id): (Layer, FeatureId),
    asked: Asked,
    body: Body,
    how: Onto,
) -> Result<Response, Problem> {
    let Change { guard, raw, crs, force } = read_change(asked, body, how).await?;
    match app.change(Target { layer, id, guard }, raw, crs, how, force).await? {
        Written::Drafted(draft) => Ok(drafted(&draft)),
        Written::Stored(stored) => Ok(changed(stored.first().ok_or(AppError::Overloaded)?)),
    }
}

pub async fn delete(
    _: Writing,
    Ready(app): Ready,
    OfFeature(layer, id): OfFeature,
    mut asked: Asked,
) -> Result<Response, Problem> {
    std::mem::take(&mut asked.parameters).finish(&[])?;
    match app.delete(Target { layer, id, guard: guard(&asked.headers) }).await? {
        Written::Drafted(draft) => Ok(drafted(&draft)),
        Written::Stored(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

struct Change {
    guard: Guard,
    raw: RawFeature,
    crs: Crs,
    force: bool,
}

async fn read_change(mut asked: Asked, body: Body, how: Onto) -> Result<Change, Problem> {
    let merge_patch = (how == Onto::Merge).then_some("application/merge-patch+json");
    body::check_type(&asked.headers, merge_patch)?;
    let named = asked.parameters.named_crs("crs")?;
    let force = asked.parameters.truth("force")?;
    std::mem::take(&mut asked.parameters).finish(&CHANGING)?;
    let bytes = body::read(&asked.headers, body, MOST_OF_A_FEATURE).await?;
    let (raw, declared) = match how {
        Onto::Merge => (parse_patch(&bytes).map_err(|error| Problem::new(Kind::Malformed, error))?, None),
        Onto::Replace => match parse_document(&bytes)? {
            (Document::Feature(raw), declared) => (raw, declared),
            (Document::Collection(_), _) => {
                return Err(Problem::new(Kind::Malformed, "the body is a collection: send one Feature"));
            }
        },
    };
    Ok(Change { guard: guard(&asked.headers), raw, crs: input_crs(named, declared.as_deref())?, force })
}

/// The system of a body: what the address says, else what the body says, else WGS 84.
pub fn input_crs(named: Option<Crs>, declared: Option<&str>) -> Result<Crs, Problem> {
    match (named, declared) {
        (Some(crs), _) => Ok(crs),
        (None, None) => Ok(Crs::default()),
        (None, Some(name)) => Crs::parse(name).map_err(|error| {
            Problem::new(
                Kind::Malformed,
                format!("the body names its coordinate system, but {error}; crs= overrides it"),
            )
        }),
    }
}

/// Reads `If-Match`. Weak tags and tags of other services match no revision.
pub fn guard(headers: &HeaderMap) -> Guard {
    let mut revs = Vec::new();
    let mut said = false;
    for list in headers.get_all(header::IF_MATCH) {
        said = true;
        for tag in list.to_str().unwrap_or_default().split(',') {
            let tag = tag.trim();
            if tag == "*" {
                return Guard::Any;
            }
            let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            revs.extend(inner.and_then(|inner| i64::from_str(inner).ok()).map(Rev));
        }
    }
    if said { Guard::OneOf(revs) } else { Guard::None }
}

/// Nothing has changed: a draft plan was made of what was wanted.
fn drafted(draft: &DraftOfZones) -> Response {
    let mut response = changing(Bytes::from(draft.document.to_string()));
    *response.status_mut() = StatusCode::ACCEPTED;
    if let Ok(location) = HeaderValue::from_str(&of_plan(draft)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Where a draft of zones is.
pub fn of_plan(draft: &DraftOfZones) -> String {
    format!("/api/plans/{}", draft.plan.0)
}

pub fn changed(stored: &Stored) -> Response {
    let mut response = in_crs(Response::new(Body::from(stored.payload.clone())), &WGS84);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Media::GeoJson.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(etag) = HeaderValue::from_str(&feature_tag(stored.rev)) {
        headers.insert(header::ETAG, etag);
    }
    response
}

pub async fn history(
    Ready(app): Ready,
    OfFeature(layer, id): OfFeature,
    mut asked: Asked,
) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::Json])?;
    std::mem::take(&mut asked.parameters).finish(&["f"])?;
    let versions = app.history(layer, id).await?;
    let newest = versions.last().map(|version| feature_tag(version.entry.rev));
    let entries: Vec<_> = versions
        .iter()
        .map(|version| {
            let entry = &version.entry;
            json!({
                "rev": entry.rev.0,
                "commit": entry.commit,
                "at": write_instant(entry.at),
                "actor": entry.actor,
                "operation": entry.operation.name(),
                "feature": version.feature,
            })
        })
        .collect();
    let json = json!({ "layer": layer.name(), "id": id.0, "history": entries });
    Ok(read(&asked, media, newest.as_deref(), || Bytes::from(json.to_string())))
}

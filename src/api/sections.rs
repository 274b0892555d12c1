//! Road sections split, merged and reversed, and where they come from.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use geo::Coord;
use serde_json::{Map, Value as Json, json};

use crate::api::answer::{feature_tag, in_crs, read};
use crate::api::body::{self, MOST_OF_A_FEATURE};
use crate::api::extract::{Asked, OfFeature, OfLayer, Ready, Writing};
use crate::api::nearest::place;
use crate::api::negotiate::{Media, negotiate};
use crate::api::problem::{Kind, Problem};
use crate::api::single::{changed, guard};
use crate::app::sections::targets;
use crate::app::{Stored, Target};
use crate::domain::draft::{FieldError, RawFeature};
use crate::domain::feature::{FeatureId, Rev};
use crate::domain::layer::Layer;
use crate::domain::lineage::Descent;
use crate::domain::reading::shortened;
use crate::domain::resection::Cut;
use crate::spatial::crs::{Crs, WGS84};

const CUTS: &str =
    "say where to cut: {\"at\": [lon, lat]}, {\"at_m\": 120.5} or {\"share\": 0.5}, one or a list of them";

pub async fn split(
    _: Writing,
    Ready(app): Ready,
    OfFeature(layer, id): OfFeature,
    mut asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    of_sections(layer)?;
    let crs = asked.parameters.crs("crs")?;
    std::mem::take(&mut asked.parameters).finish(&["crs"])?;
    let mut members = object(&asked.headers, body).await?;
    let cuts = cuts(&mut members, &crs)?;
    none_left(&members, "at, at_m, share")?;
    let target = Target { layer, id, guard: guard(&asked.headers) };
    let pieces = app.split_section(target, cuts).await?;
    let mut text = br#"{"type":"FeatureCollection","features":["#.to_vec();
    for (at, piece) in pieces.iter().enumerate() {
        text.extend_from_slice(if at > 0 { b"," } else { b"" });
        text.extend_from_slice(&piece.payload);
    }
    let children: Vec<i64> = pieces.iter().map(|piece| piece.id.0).collect();
    let lineage = json!({ "operation": "split", "parents": [id.0], "children": children });
    text.extend_from_slice(format!("],\"numberReturned\":{},\"lineage\":{lineage}}}", pieces.len()).as_bytes());
    let mut response = in_crs((StatusCode::CREATED, text).into_response(), &WGS84);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Media::GeoJson.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

pub async fn reverse(
    _: Writing,
    Ready(app): Ready,
    OfFeature(layer, id): OfFeature,
    mut asked: Asked,
) -> Result<Response, Problem> {
    of_sections(layer)?;
    std::mem::take(&mut asked.parameters).finish(&[])?;
    let target = Target { layer, id, guard: guard(&asked.headers) };
    Ok(changed(&app.reverse_section(target).await?))
}

pub async fn merge(
    _: Writing,
    Ready(app): Ready,
    OfLayer(layer): OfLayer,
    mut asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    of_sections(layer)?;
    let force = asked.parameters.truth("force")?;
    std::mem::take(&mut asked.parameters).finish(&["force"])?;
    let mut members = object(&asked.headers, body).await?;
    let ids = whole_numbers(&mut members, "ids")?;
    let ids = ids.ok_or_else(|| Problem::new(Kind::Malformed, "name the sections: {\"ids\": [12, 13]}"))?;
    let revs = whole_numbers(&mut members, "revs")?.unwrap_or_default();
    if !revs.is_empty() && revs.len() != ids.len() {
        return Err(Problem::new(Kind::Malformed, "revs: there must be one for each of ids, or none"));
    }
    let properties = match members.shift_remove("properties") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(properties)) => properties,
        Some(_) => return Err(Problem::new(Kind::Malformed, "properties: must be an object")),
    };
    none_left(&members, "ids, revs, properties")?;
    let ids: Vec<FeatureId> = ids.into_iter().map(FeatureId).collect();
    let revs: Vec<Rev> = revs.into_iter().map(Rev).collect();
    let raw = RawFeature { properties, ..RawFeature::default() };
    let stored = app.merge_sections(targets(&ids, &revs), raw, force).await?;
    Ok(created(&stored))
}

/// The answer with the one section that was made.
fn created(stored: &Stored) -> Response {
    let mut response = changed(stored);
    *response.status_mut() = StatusCode::CREATED;
    let location = format!("/api/collections/{}/items/{}", Layer::RoadSections.name(), stored.id.0);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

pub async fn lineage(
    Ready(app): Ready,
    OfFeature(layer, id): OfFeature,
    mut asked: Asked,
) -> Result<Response, Problem> {
    of_sections(layer)?;
    let media = negotiate(&mut asked, &[Media::Json])?;
    std::mem::take(&mut asked.parameters).finish(&["f"])?;
    let steps = app.lineage(id).await?;
    let told = |step: &Descent| {
        json!({
            "operation": step.operation.name(),
            "parent": step.parent.0,
            "parent_external_id": step.parent_external_id,
            "child": step.child.0,
        })
    };
    let newest = app.snapshot().layer(layer).with_row(id, |row| feature_tag(row.rev()));
    let json = json!({
        "id": id.0,
        "ancestors": related(id, &steps, |step| (step.child, step.parent)),
        "descendants": related(id, &steps, |step| (step.parent, step.child)),
        "steps": steps.iter().map(told).collect::<Vec<_>>(),
    });
    // What a section will be made into is not in its revision.
    let etag = newest.filter(|_| !steps.iter().any(|step| step.parent == id));
    Ok(read(&asked, media, etag.as_deref(), || Bytes::from(json.to_string())))
}

/// All sections that steps lead to from one, nearest first.
fn related(id: FeatureId, steps: &[Descent], ends: impl Fn(&Descent) -> (FeatureId, FeatureId)) -> Vec<i64> {
    let mut found = vec![id];
    let mut next = 0;
    while let Some(&from) = found.get(next) {
        next += 1;
        for (_, to) in steps.iter().map(&ends).filter(|(start, _)| *start == from) {
            if !found.contains(&to) {
                found.push(to);
            }
        }
    }
    found.into_iter().skip(1).map(|id| id.0).collect()
}

fn of_sections(layer: Layer) -> Result<(), Problem> {
    if layer == Layer::RoadSections {
        return Ok(());
    }
    Err(Problem::new(Kind::NotFound, format!("{} cannot be split or merged: road-sections can", layer.name())))
}

async fn object(headers: &HeaderMap, body: Body) -> Result<Map<String, Json>, Problem> {
    body::check_type(headers, None)?;
    let bytes = body::read(headers, body, MOST_OF_A_FEATURE).await?;
    match serde_json::from_slice(&bytes) {
        Ok(Json::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::new(Kind::Malformed, "the body must be an object")),
        Err(error) => Err(Problem::new(Kind::Malformed, error.to_string())),
    }
}

fn none_left(members: &Map<String, Json>, known: &str) -> Result<(), Problem> {
    let Some(name) = members.keys().next() else { return Ok(()) };
    let name = shortened(name);
    Err(Problem::new(Kind::Malformed, format!("'{name}' is no member here: there are {known}")))
}

fn whole_numbers(members: &mut Map<String, Json>, name: &str) -> Result<Option<Vec<i64>>, Problem> {
    let wrong = || Problem::new(Kind::Malformed, format!("{name}: must be a list of whole numbers"));
    match members.shift_remove(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(items)) => items.iter().map(Json::as_i64).collect::<Option<_>>().map(Some).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

fn cuts(members: &mut Map<String, Json>, crs: &Crs) -> Result<Vec<Cut>, Problem> {
    let mut cuts = Vec::new();
    if let Some(at) = members.shift_remove("at") {
        let many = at.as_array().is_some_and(|items| items.first().is_some_and(Json::is_array));
        let positions = if many { at.as_array().cloned().unwrap_or_default() } else { vec![at] };
        for position in positions {
            let numbers: Option<Vec<f64>> =
                position.as_array().and_then(|items| items.iter().map(Json::as_f64).collect());
            let Some([x, y]) = numbers.as_deref() else { return Err(Problem::new(Kind::Malformed, CUTS)) };
            let at: Coord = place(*x, *y, crs)?;
            cuts.push(Cut::Place(at));
        }
    }
    for (name, most, make) in
        [("at_m", f64::INFINITY, Cut::Metres as fn(f64) -> Cut), ("share", 1.0, Cut::Share as fn(f64) -> Cut)]
    {
        let Some(said) = members.shift_remove(name) else { continue };
        let items = if let Json::Array(items) = said { items } else { vec![said] };
        for (at, item) in items.iter().enumerate() {
            match item.as_f64() {
                Some(number) if number > 0.0 && number < most => cuts.push(make(number)),
                Some(_) => {
                    let detail = "must lie inside the section, more than 0 from its start";
                    let errors = vec![FieldError::new(format!("/{name}/{at}"), detail)];
                    return Err(Problem::new(Kind::Invalid, format!("{name}: {detail}")).with_errors(errors));
                }
                None => return Err(Problem::new(Kind::Malformed, CUTS)),
            }
        }
    }
    if cuts.is_empty() { Err(Problem::new(Kind::Malformed, CUTS)) } else { Ok(cuts) }
}

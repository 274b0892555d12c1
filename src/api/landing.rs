//! Landing page, conformance, collections, schemas, and the description of the interface.

use std::fmt::Write;

use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value as Json, json};

use crate::api::answer::{document, read, unchanged};
use crate::api::extract::{Asked, Doors, OfLayer, Ready};
use crate::api::negotiate::{Media, has_already, negotiate};
use crate::api::problem::{Problem, TABLE};
use crate::api::{openapi, routes, schema};
use crate::domain::layer::{Layer, Time};
use crate::domain::moment::write_instant;
use crate::world::Snapshot;

/// What of the standards is kept.
const CONFORMS_TO: [&str; 8] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
];

/// Systems in which a layer is answered: those with an OGC address first.
const SYSTEMS: [&str; 7] = [
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "http://www.opengis.net/def/crs/EPSG/0/4326",
    "http://www.opengis.net/def/crs/EPSG/0/3857",
    "http://www.opengis.net/def/crs/EPSG/0/4490",
    "http://www.opengis.net/def/crs/EPSG/0/32648",
    "gcj02",
    "bd09",
];

fn link(base: &str, rel: &str, media: &str, path: &str, title: &str) -> Json {
    json!({ "rel": rel, "type": media, "href": format!("{base}{path}"), "title": title })
}

/// Takes `f` and refuses every other parameter.
fn only_format(asked: &mut Asked, offered: &[Media]) -> Result<Media, Problem> {
    let media = negotiate(asked, offered)?;
    std::mem::take(&mut asked.parameters).finish(&["f"])?;
    Ok(media)
}

pub async fn landing(mut asked: Asked) -> Result<Response, Problem> {
    let media = only_format(&mut asked, &[Media::Json])?;
    let base = asked.base();
    let json = json!({
        "title": "patrolmap",
        "description": "The map of a patrol bureau: jurisdiction, squads, road sections, parking points, violations",
        "links": [
            link(&base, "self", "application/json", "/api", "This page"),
            link(&base, "service-desc", "application/vnd.oai.openapi+json;version=3.1", "/api/openapi.json", "The interface, OpenAPI 3.1"),
            link(&base, "service-doc", "text/html", "/api/docs", "The interface, to read"),
            link(&base, "conformance", "application/json", "/api/conformance", "What of the standards is kept"),
            link(&base, "data", "application/json", "/api/collections", "The layers"),
            link(&base, "changes", "application/json", "/api/changes", "What changed"),
        ],
    });
    Ok(document(&asked, media, &json))
}

pub async fn conformance(mut asked: Asked) -> Result<Response, Problem> {
    let media = only_format(&mut asked, &[Media::Json])?;
    Ok(document(&asked, media, &json!({ "conformsTo": CONFORMS_TO })))
}

pub async fn collections(Doors(service): Doors, Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    let media = only_format(&mut asked, &[Media::Json])?;
    let base = asked.base();
    let snapshot = app.snapshot();
    let etag = service.tag(snapshot.seq());
    if has_already(&asked, &etag) {
        return Ok(unchanged(&etag));
    }
    // Extents in time are a look at every feature.
    let json = service
        .off_thread(move || {
            json!({
                "links": [link(&base, "self", "application/json", "/api/collections", "The layers")],
                "crs": SYSTEMS,
                "collections": Layer::ALL.map(|layer| described(&snapshot, layer, &base)),
            })
        })
        .await?;
    Ok(read(&asked, media, Some(&etag), || Bytes::from(json.to_string())))
}

pub async fn collection(
    Doors(service): Doors,
    Ready(app): Ready,
    OfLayer(layer): OfLayer,
    mut asked: Asked,
) -> Result<Response, Problem> {
    let media = only_format(&mut asked, &[Media::Json])?;
    let snapshot = app.snapshot();
    let etag = service.tag(snapshot.seq());
    if has_already(&asked, &etag) {
        return Ok(unchanged(&etag));
    }
    let base = asked.base();
    let json = service.off_thread(move || described(&snapshot, layer, &base)).await?;
    Ok(read(&asked, media, Some(&etag), || Bytes::from(json.to_string())))
}

fn described(snapshot: &Snapshot, layer: Layer, base: &str) -> Json {
    let declaration = layer.declaration();
    let path = format!("/api/collections/{}", layer.name());
    let held = snapshot.layer(layer);
    let mut json = json!({
        "id": layer.name(),
        "title": declaration.title_en,
        "x-title-zh": declaration.title_zh,
        "itemType": "feature",
        "itemCount": held.len(),
        "x-sequence": snapshot.seq().0,
        "storageCrs": SYSTEMS[0],
        "crs": ["#/crs"],
        "links": [
            link(base, "self", "application/json", &path, "This layer"),
            link(base, "items", "application/geo+json", &format!("{path}/items"), "Its features"),
            link(base, "items", "text/csv", &format!("{path}/items?f=csv"), "Its features as a table"),
            link(base, "items", "application/geo+json-seq", &format!("{path}/items?f=geojsonl"), "Its features, one a line"),
            link(base, "http://www.opengis.net/def/rel/ogc/1.0/schema", "application/schema+json", &format!("{path}/schema"), "Their schema"),
            link(base, "http://www.opengis.net/def/rel/ogc/1.0/queryables", "application/schema+json", &format!("{path}/queryables"), "What they can be asked by"),
        ],
    });
    let mut extent = serde_json::Map::new();
    let envelope = held.envelope();
    if !envelope.is_empty() {
        let bbox = [envelope.west, envelope.south, envelope.east, envelope.north];
        extent.insert("spatial".to_owned(), json!({ "bbox": [bbox], "crs": SYSTEMS[0] }));
    }
    if let Time::At(name) = declaration.time
        && let Some((first, last)) = declaration.position(name).and_then(|at| held.time_extent(at))
    {
        let interval = [write_instant(first), write_instant(last)];
        extent.insert("temporal".to_owned(), json!({ "interval": [interval] }));
    }
    if !extent.is_empty() {
        json["extent"] = extent.into();
    }
    json
}

pub async fn layer_schema(Ready(app): Ready, OfLayer(layer): OfLayer, mut asked: Asked) -> Result<Response, Problem> {
    let media = only_format(&mut asked, &[Media::Schema])?;
    Ok(document(&asked, media, &schema::feature_schema(layer, &asked.base(), app.catalogue())))
}

pub async fn layer_queryables(
    Ready(app): Ready,
    OfLayer(layer): OfLayer,
    mut asked: Asked,
) -> Result<Response, Problem> {
    let media = only_format(&mut asked, &[Media::Schema])?;
    Ok(document(&asked, media, &schema::queryables(layer, &asked.base(), app.catalogue())))
}

pub async fn description(mut asked: Asked) -> Result<Response, Problem> {
    let media = only_format(&mut asked, &[Media::Json])?;
    Ok(document(&asked, media, &openapi()))
}

/// The interface to read: the same table that the router is made of, and the table of problems.
pub async fn docs(mut asked: Asked) -> Result<Response, Problem> {
    let media = only_format(&mut asked, &[Media::Html])?;
    Ok(read(&asked, media, None, || Bytes::from(docs_page())))
}

fn docs_page() -> String {
    let mut page = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>patrolmap: the interface</title>\
         <style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
         td{padding:.2rem .8rem .2rem 0;vertical-align:top}code{font-size:.9em}</style>\
         <h1>The interface</h1><p>Machine-readable: <a href=openapi.json>openapi.json</a>.</p><table>",
    );
    for endpoint in routes::ENDPOINTS {
        let _ = write!(
            page,
            "<tr><td><code>{}</code><td><code>{}</code><td>{}",
            endpoint.method.name(),
            endpoint.path,
            endpoint.summary
        );
    }
    page.push_str("</table><h2>Problems</h2><p>Errors are <code>application/problem+json</code>; <code>type</code> leads here.</p><dl>");
    for (_, slug, status, title, advice) in TABLE {
        let _ = write!(page, "<dt id={slug}><b>{}</b> {title} (<code>{slug}</code>)<dd>{advice}", status.as_u16());
    }
    page.push_str("</dl></html>\n");
    page
}

//! The OpenAPI 3.1 description, made of the table of endpoints, the declarations and the table of problems.

use serde_json::{Map, Value as Json, json};

use crate::api::openapi_cases;
use crate::api::problem::TABLE;
use crate::api::routes::{Content, ENDPOINTS, Endpoint};
use crate::api::schema::geojson_schema;
use crate::domain::category::Catalogue;
use crate::domain::layer::Layer;

/// Where a parameter stands, its schema, and what it does.
pub(super) type Parameter = (&'static str, &'static str, fn() -> Json, &'static str);

const PARAMETERS: [Parameter; 48] = [
    (
        "bbox",
        "query",
        || json!({ "type": "string" }),
        "west,south,east,north in bbox-crs; west beyond east crosses the antimeridian",
    ),
    ("bbox-crs", "query", || json!({ "type": "string", "default": "wgs84" }), "Coordinate system of bbox"),
    (
        "crs",
        "query",
        || json!({ "type": "string", "default": "wgs84" }),
        "Coordinate system: wgs84, cgcs2000, gcj02, bd09, EPSG:n (x,y), or an OGC URI (authority's order)",
    ),
    (
        "datetime",
        "query",
        || json!({ "type": "string" }),
        "An instant, or from/to with .. for an open end; from is inclusive, to is not",
    ),
    (
        "sortby",
        "query",
        || json!({ "type": "string" }),
        "Names with commas between, - before one for the greatest first",
    ),
    ("properties", "query", || json!({ "type": "string" }), "Only these properties, with commas between"),
    (
        "limit",
        "query",
        || json!({ "type": "integer", "minimum": 1 }),
        "How many at most; more than 10000 is taken as 10000",
    ),
    ("token", "query", || json!({ "type": "string" }), "Where the page before ended; stands in its link next"),
    ("f", "query", || json!({ "type": "string" }), "Format; wins over Accept"),
    (
        "{property}",
        "query",
        || json!({ "type": "string" }),
        "Any property by name: features that have this value; repeat it for any of several",
    ),
    ("force", "query", || json!({ "type": "boolean", "default": false }), "Take a place that looks wrong"),
    ("lon", "query", || json!({ "type": "number" }), "Longitude or easting in crs"),
    ("lat", "query", || json!({ "type": "number" }), "Latitude or northing in crs"),
    ("k", "query", || json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 5 }), "How many"),
    (
        "by",
        "query",
        || json!({ "type": "string", "enum": ["line", "walk", "bicycle", "drive"], "default": "walk" }),
        "By which way",
    ),
    ("max_m", "query", || json!({ "type": "number", "minimum": 0 }), "Nothing farther, metres"),
    (
        "max_snap_m",
        "query",
        || json!({ "type": "number", "minimum": 0, "maximum": 50000 }),
        "Farthest street to start from, metres",
    ),
    ("min_room", "query", || json!({ "type": "integer" }), "Free places wanted"),
    (
        "open_at",
        "query",
        || json!({ "type": "string" }),
        "A time: points that say that they are closed then are left out; open is null where nobody says",
    ),
    ("route", "query", || json!({ "type": "boolean", "default": false }), "With the line of the way"),
    (
        "by_streets",
        "query",
        || json!({ "type": "string", "enum": ["walk", "bicycle", "drive"], "default": "walk" }),
        "Who travels",
    ),
    ("metres", "query", || json!({ "type": "string" }), "Limits in metres, with commas between"),
    ("minutes", "query", || json!({ "type": "string" }), "Limits in minutes, with commas between"),
    ("from", "query", || json!({ "type": "string" }), "LON,LAT in crs"),
    ("to", "query", || json!({ "type": "string" }), "LON,LAT in crs"),
    ("via", "query", || json!({ "type": "string" }), "LON,LAT in crs; repeat it for more"),
    (
        "category",
        "query",
        || json!({ "type": "string" }),
        "Violations that count; repeat it for more [bicycle-parking, motor-parking]",
    ),
    (
        "measure",
        "query",
        || json!({ "type": "string", "enum": ["entrance", "centroid"], "default": "entrance" }),
        "What of an area counts",
    ),
    (
        "since",
        "query",
        || json!({ "type": "integer", "minimum": 0, "default": 0 }),
        "Changes after this sequence number",
    ),
    (
        "Idempotency-Key",
        "header",
        || json!({ "type": "string", "maxLength": 255 }),
        "Kept 24 h: the same request gets the same answer again",
    ),
    ("If-Match", "header", || json!({ "type": "string" }), "ETag of the revision that is meant"),
    ("layer_name", "query", || json!({ "type": "string", "enum": layer_names() }), "The layer to import into"),
    ("xy", "query", || json!({ "type": "string" }), "Columns of a table that hold the position, with a comma between"),
    ("wkt", "query", || json!({ "type": "string" }), "Column of a table that holds well-known text"),
    ("map", "query", || json!({ "type": "string" }), "TARGET=SOURCE, or an object of them; may be repeated"),
    ("set", "query", || json!({ "type": "string" }), "TARGET=VALUE, or an object of them; may be repeated"),
    ("tz", "query", || json!({ "type": "string" }), "Time zone of local times"),
    ("encoding", "query", || json!({ "type": "string" }), "Encoding, where the file does not show it"),
    ("format", "query", || json!({ "type": "string" }), "Format, where name and content do not tell"),
    (
        "on_error",
        "query",
        || json!({ "type": "string", "enum": ["stop", "skip"], "default": "stop" }),
        "What to do with a feature that cannot be taken",
    ),
    ("assistant", "query", || json!({ "type": "string" }), "An assistant, by id or by code"),
    ("at", "query", || json!({ "type": "string" }), "A moment, RFC 3339 or local time"),
    (
        "with",
        "query",
        || json!({ "type": "integer", "minimum": 1 }),
        "A plan to compare with; the one in force when none is named",
    ),
    ("dry_run", "query", || json!({ "type": "boolean", "default": false }), "Say what would change, change nothing"),
    ("name", "query", || json!({ "type": "string" }), "Name of the file, when it is the body"),
    ("layer", "path", || json!({ "type": "string", "enum": layer_names() }), "The layer"),
    ("file", "path", || json!({ "type": "string" }), "Name of the file"),
    ("id", "path", || json!({ "type": "integer", "minimum": 1 }), "The feature's id"),
];

fn layer_names() -> Vec<&'static str> {
    Layer::ALL.into_iter().map(Layer::name).collect()
}

/// The description as a JSON document.
pub fn openapi() -> Json {
    let mut paths: Map<String, Json> = Map::new();
    for endpoint in ENDPOINTS {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.name().to_ascii_lowercase()] = operation(endpoint);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "patrolmap",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Longitude before latitude, WGS 84; metres along the ellipsoid; times RFC 3339 in UTC.",
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": schemas(), "responses": problems(), "parameters": parameters() },
    })
}

fn operation(endpoint: &Endpoint) -> Json {
    let in_path = ["layer", "id", "file"].into_iter().filter(|name| endpoint.path.contains(&format!("{{{name}}}")));
    let references: Vec<Json> =
        in_path.chain(endpoint.parameters.iter().copied()).map(|name| reference("parameters", name)).collect();
    let mut responses = Map::new();
    let mut good = json!({ "description": "Done" });
    if let Some(content) = content(endpoint.answer) {
        good["content"] = content;
    }
    responses.insert(endpoint.status.to_string(), good);
    if DRAFTING.contains(&endpoint.name) {
        responses.insert("202".to_owned(), drafted());
    }
    for status in endpoint.problems {
        responses.insert(status.to_string(), reference("responses", &status.to_string()));
    }
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": references,
        "responses": responses,
    });
    if let Some(content) = content(endpoint.body) {
        operation["requestBody"] = json!({ "required": endpoint.body != Content::MaybeJson, "content": content });
    }
    operation
}

/// What changes features: zones that the plan in force draws are not among them.
const DRAFTING: [&str; 4] = ["createItems", "replaceItem", "patchItem", "deleteItem"];

fn drafted() -> Json {
    json!({
        "description": "Of squad-zones, while a plan is in force: nothing is changed; the answer is a draft plan in which the \
                        sections in the edited zones belong to their squads",
        "headers": { "Location": { "schema": { "type": "string" }, "description": "The draft" } },
        "content": content(Content::Json),
    })
}

/// Names of components are narrower than those of parameters.
fn component(name: &str) -> String {
    name.trim_matches(['{', '}']).to_owned()
}

fn reference(kind: &str, name: &str) -> Json {
    json!({ "$ref": format!("#/components/{kind}/{}", component(name)) })
}

fn content(content: Content) -> Option<Json> {
    let schema = |name: &str| reference("schemas", name);
    let either = json!({ "oneOf": [schema("feature"), schema("features")] });
    Some(match content {
        Content::Nothing => return None,
        Content::Json | Content::MaybeJson => json!({ "application/json": { "schema": { "type": "object" } } }),
        Content::File => json!({
            "multipart/form-data": { "schema": { "type": "object", "required": ["file", "layer"],
                "properties": { "file": { "type": "string", "format": "binary" }, "layer": { "type": "string" } } } },
            "application/octet-stream": { "schema": { "type": "string", "format": "binary" } },
        }),
        Content::Schema => json!({ "application/schema+json": { "schema": { "type": "object" } } }),
        Content::Html => json!({ "text/html": { "schema": { "type": "string" } } }),
        Content::Bytes => json!({ "*/*": { "schema": { "type": "string", "format": "binary" } } }),
        Content::Text => json!({ "text/plain": { "schema": { "type": "string" } } }),
        Content::Feature => json!({ "application/geo+json": { "schema": schema("feature") } }),
        Content::Features => json!({
            "application/geo+json": { "schema": schema("features") },
            "application/geo+json-seq": { "schema": { "type": "string" } },
            "text/csv": { "schema": { "type": "string" } },
        }),
        Content::FeatureOrFeatures => json!({ "application/geo+json": { "schema": either } }),
        Content::Patch => json!({ "application/merge-patch+json": { "schema": { "type": "object" } } }),
        Content::Points => json!({ "application/json": { "schema": schema("points") } }),
        Content::Matrix => json!({ "application/json": { "schema": schema("matrix") } }),
        Content::Siting => json!({ "application/json": { "schema": schema("siting") } }),
        Content::Events => json!({
            "application/json": { "schema": { "type": "object" } },
            "text/event-stream": { "schema": { "type": "string" } },
        }),
    })
}

fn schemas() -> Json {
    let catalogue = Catalogue::embedded();
    let mut schemas: Map<String, Json> =
        Layer::ALL.into_iter().map(|layer| (layer.name().to_owned(), geojson_schema(layer, &catalogue))).collect();
    let any: Vec<Json> = Layer::ALL.into_iter().map(|layer| reference("schemas", layer.name())).collect();
    schemas.insert("feature".to_owned(), json!({ "anyOf": any }));
    schemas.insert(
        "features".to_owned(),
        json!({
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": { "const": "FeatureCollection" },
                "features": { "type": "array", "items": reference("schemas", "feature") },
                "numberReturned": { "type": "integer" },
                "numberMatched": { "type": "integer" },
                "links": { "type": "array", "items": { "type": "object" } },
            },
        }),
    );
    let point = json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 });
    schemas.insert(
        "points".to_owned(),
        json!({
            "type": "object",
            "required": ["points"],
            "properties": {
                "points": { "type": "array", "maxItems": 10000, "items": point.clone() },
                "k": { "type": "integer", "minimum": 1, "maximum": 100 },
                "by": { "type": "string" },
            },
        }),
    );
    let places = json!({ "type": "array", "items": point });
    schemas.insert(
        "matrix".to_owned(),
        json!({
            "type": "object",
            "required": ["origins"],
            "properties": {
                "origins": places,
                "destinations": places,
                "by": { "type": "string", "enum": ["walk", "bicycle", "drive"] },
                "max_snap_m": { "type": "number" },
                "crs": { "type": "string" },
            },
        }),
    );
    schemas.insert(
        "siting".to_owned(),
        json!({
            "type": "object",
            "required": ["p"],
            "properties": {
                "p": { "type": "integer", "minimum": 1, "maximum": 100 },
                "max_m": { "type": "number", "default": 300 },
                "serve": { "type": "string", "enum": ["violations", "streets"], "default": "violations" },
                "candidates": places,
                "category": { "type": "array", "items": { "type": "string" } },
                "datetime": { "type": "string" },
                "crs": { "type": "string" },
            },
        }),
    );
    schemas.insert(
        "problem".to_owned(),
        json!({
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": { "type": "string", "format": "uri-reference" },
                "title": { "type": "string" },
                "status": { "type": "integer" },
                "detail": { "type": "string" },
                "errors": {
                    "type": "array",
                    "items": { "type": "object", "properties": { "pointer": { "type": "string" }, "detail": { "type": "string" } } },
                },
            },
        }),
    );
    schemas.into()
}

fn problems() -> Json {
    let mut responses: Map<String, Json> = Map::new();
    for (_, slug, status, title, advice) in TABLE {
        let told = format!("{title} ({slug}). {advice}");
        let response = responses.entry(status.as_str()).or_insert_with(|| {
            json!({ "description": "", "content": { "application/problem+json": { "schema": reference("schemas", "problem") } } })
        });
        let before = response["description"].as_str().unwrap_or_default();
        response["description"] = if before.is_empty() { told.into() } else { format!("{before} Or: {told}").into() };
    }
    responses.into()
}

fn parameters() -> Json {
    let described = PARAMETERS.iter().chain(&openapi_cases::PARAMETERS).map(|(name, place, schema, description)| {
        // In a form or an address the layer is called so, too.
        let shown = match *name {
            "layer_name" => "layer".to_owned(),
            "by_streets" => "by".to_owned(),
            name => openapi_cases::SHOWN
                .iter()
                .find(|(own, _)| *own == name)
                .map_or_else(|| component(name), |(_, shown)| (*shown).to_owned()),
        };
        let mut parameter = json!({ "name": shown, "in": place, "schema": schema(), "description": description });
        if *place == "path" {
            parameter["required"] = true.into();
        }
        if *name == "{property}" {
            // One parameter stands for all that the layer declares or its data carry.
            parameter["style"] = "form".into();
            parameter["explode"] = true.into();
            parameter["schema"] = json!({ "type": "object", "additionalProperties": { "type": "string" } });
        }
        (component(name), parameter)
    });
    described.collect::<Map<String, Json>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(json: &Json, root: &Json) {
            match json {
                Json::Object(members) => {
                    if let Some(Json::String(path)) = members.get("$ref") {
                        assert!(root.pointer(path.trim_start_matches('#')).is_some(), "{path}");
                    }
                    members.values().for_each(|value| walk(value, root));
                }
                Json::Array(values) => values.iter().for_each(|value| walk(value, root)),
                _ => {}
            }
        }
        let description = openapi();
        walk(&description, &description);
        let mut names: Vec<&str> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENDPOINTS.len(), "operation ids are unique");
    }
}

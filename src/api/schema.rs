//! A layer's declaration as JSON Schema: what its features look like, and what they can be asked by.

use serde_json::{Map, Value as Json, json};

use crate::domain::category::Catalogue;
use crate::domain::layer::{Declaration, Layer};
use crate::domain::property::{Kind, Property};
use crate::spatial::shape::GeometryKind;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// OGC API Features part 5: the schema of what a collection answers.
pub fn feature_schema(layer: Layer, base: &str, catalogue: &Catalogue) -> Json {
    let declaration = layer.declaration();
    let mut properties = Map::new();
    properties
        .insert("id".to_owned(), json!({ "type": "integer", "minimum": 1, "readOnly": true, "x-ogc-role": "id" }));
    properties.insert("geometry".to_owned(), geometry(declaration));
    properties.extend(service_properties());
    for property in declaration.properties {
        properties.insert(property.name.to_owned(), of_property(property, catalogue));
    }
    let mut required: Vec<&str> =
        declaration.properties.iter().filter(|property| property.required).map(|property| property.name).collect();
    if declaration.geometry_required {
        required.push("geometry");
    }
    json!({
        "$schema": DIALECT,
        "$id": format!("{base}/api/collections/{}/schema", layer.name()),
        "type": "object",
        "title": declaration.title_en,
        "x-title-zh": declaration.title_zh,
        "properties": properties,
        "required": required,
        "additionalProperties": true,
    })
}

/// OGC API Features part 3: what a query may name.
pub fn queryables(layer: Layer, base: &str, catalogue: &Catalogue) -> Json {
    let declaration = layer.declaration();
    let mut properties = Map::new();
    properties.insert("id".to_owned(), json!({ "type": "integer", "minimum": 1 }));
    properties.insert("geometry".to_owned(), geometry(declaration));
    properties.extend(service_properties());
    for property in declaration.properties.iter().filter(|property| property.kind != Kind::Positions) {
        let mut schema = of_property(property, catalogue);
        if let Some(object) = schema.as_object_mut() {
            object.remove("readOnly");
            object.remove("default");
        }
        properties.insert(property.name.to_owned(), schema);
    }
    json!({
        "$schema": DIALECT,
        "$id": format!("{base}/api/collections/{}/queryables", layer.name()),
        "type": "object",
        "title": declaration.title_en,
        "properties": properties,
        "additionalProperties": true,
    })
}

/// A Feature of the layer as a body, for the description of the interface.
pub fn geojson_schema(layer: Layer, catalogue: &Catalogue) -> Json {
    let declaration = layer.declaration();
    let mut properties = service_properties();
    for property in declaration.properties {
        properties.insert(property.name.to_owned(), of_property(property, catalogue));
    }
    let required: Vec<&str> =
        declaration.properties.iter().filter(|property| property.required).map(|property| property.name).collect();
    json!({
        "type": "object",
        "title": declaration.title_en,
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": { "const": "Feature" },
            "id": { "type": "integer", "minimum": 1, "readOnly": true },
            "geometry": geojson_geometry(declaration),
            "properties": { "type": "object", "properties": properties, "required": required, "additionalProperties": true },
        },
    })
}

/// What every feature has beside its layer's properties.
fn service_properties() -> Map<String, Json> {
    let instant = json!({ "type": "string", "format": "date-time", "readOnly": true });
    [
        (
            "external_id",
            json!({ "type": ["string", "null"], "description": "The source's own id, unique in the layer" }),
        ),
        ("rev", json!({ "type": "integer", "readOnly": true, "description": "Sequence number of the last change" })),
        ("created_at", instant.clone()),
        ("updated_at", instant),
        ("flags", json!({ "type": "array", "items": { "type": "string" }, "readOnly": true })),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn of_property(property: &Property, catalogue: &Catalogue) -> Json {
    let mut schema = of_kind(property.kind, catalogue);
    let Some(object) = schema.as_object_mut() else { return schema };
    object.insert("title".to_owned(), property.title_en.into());
    object.insert("x-title-zh".to_owned(), property.title_zh.into());
    if let Some(unit) = property.unit {
        object.insert("x-ogc-unit".to_owned(), unit.into());
    }
    if let Some(default) = property.default {
        object.insert("default".to_owned(), default.into());
    }
    if property.computed {
        object.insert("readOnly".to_owned(), true.into());
    }
    if !property.aliases.is_empty() {
        let aliases: Map<String, Json> =
            property.aliases.iter().map(|(word, meant)| ((*word).to_owned(), (*meant).into())).collect();
        object.insert("x-aliases".to_owned(), aliases.into());
    }
    schema
}

fn of_kind(kind: Kind, catalogue: &Catalogue) -> Json {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Integer { min } => json!({ "type": "integer", "minimum": min }),
        Kind::Number { min } if min.is_finite() => json!({ "type": "number", "minimum": min }),
        Kind::Number { .. } => json!({ "type": "number" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Instant => json!({ "type": "string", "format": "date-time" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::MonthDay => json!({ "type": "string", "pattern": "^[01][0-9]-[0-3][0-9]$" }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Category => {
            let slugs: Vec<&str> = catalogue.entries().iter().map(|entry| entry.slug.as_str()).collect();
            let titles: Map<String, Json> = catalogue
                .entries()
                .iter()
                .map(|entry| (entry.slug.clone(), json!({ "en": entry.en, "zh": entry.zh })))
                .collect();
            json!({ "type": "string", "enum": slugs, "x-titles": titles })
        }
        Kind::Reference(target) => {
            json!({ "type": "integer", "minimum": 1, "x-ogc-role": "reference", "x-ogc-collectionId": target.name() })
        }
        Kind::Positions => {
            let number = json!({ "type": "number" });
            json!({ "type": "array", "items": { "type": "array", "prefixItems": [number, number], "minItems": 2, "maxItems": 2 } })
        }
    }
}

/// The registered format names of OGC API Features part 5.
fn geometry(declaration: &Declaration) -> Json {
    let format = match declaration.geometry {
        [GeometryKind::Point] => "geometry-point",
        [GeometryKind::LineString] => "geometry-linestring",
        [GeometryKind::Polygon] => "geometry-polygon",
        [GeometryKind::Polygon, GeometryKind::MultiPolygon] => "geometry-polygon-or-multipolygon",
        _ => "geometry-any",
    };
    json!({ "format": format, "x-ogc-role": "primary-geometry" })
}

fn geojson_geometry(declaration: &Declaration) -> Json {
    let kinds: Vec<&str> = declaration.geometry.iter().map(|kind| kind.name()).collect();
    let types = if declaration.geometry_required { json!("object") } else { json!(["object", "null"]) };
    json!({
        "type": types,
        "required": ["type", "coordinates"],
        "properties": { "type": { "enum": kinds }, "coordinates": { "type": "array" } },
    })
}

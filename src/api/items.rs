//! `GET .../items`: a layer's features, window by window, page by page.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;

use crate::api::answer::{in_crs, read, unchanged};
use crate::api::extract::{Asked, Doors, OfLayer, Ready};
use crate::api::negotiate::{Media, has_already, negotiate};
use crate::api::parameters::Parameters;
use crate::api::problem::{Kind, Problem};
use crate::app::App;
use crate::app::question::{field, sort_order, time_window, unknown_name};
use crate::domain::layer::Layer;
use crate::formats::Format;
use crate::formats::geojson::{Encoding, write_feature};
use crate::formats::writer::{Writer, crs_member};
use crate::spatial::bbox;
use crate::spatial::crs::{Crs, CrsError};
use crate::world::{Condition, Query, Selection, Snapshot, Token};

/// Parameters that have a meaning of their own; every other name is a property.
pub const RESERVED: [&str; 12] = [
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "properties",
    "limit",
    "token",
    "f",
];
const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 10_000;

/// What an address asks for.
struct Wanted {
    layer: Layer,
    query: Query,
    crs: Crs,
    properties: Option<Vec<String>>,
    media: Media,
}

pub async fn list(
    Doors(service): Doors,
    Ready(app): Ready,
    OfLayer(layer): OfLayer,
    mut asked: Asked,
) -> Result<Response, Problem> {
    let all = asked.parameters.clone();
    let media = negotiate(&mut asked, &[Media::GeoJson, Media::GeoJsonSeq, Media::Csv])?;
    let snapshot = app.snapshot();
    let wanted = wanted(&app, &snapshot, layer, media, std::mem::take(&mut asked.parameters))?;
    let etag = service.tag(snapshot.seq());
    if has_already(&asked, &etag) {
        return Ok(in_crs(unchanged(&etag), &wanted.crs));
    }
    let links = Links { base: asked.base(), asked: asked.uri.to_string(), layer, all };
    let crs = wanted.crs.clone();
    let page = if wanted.is_quick() {
        page(&snapshot, &wanted, &links)?
    } else {
        let held = snapshot.clone();
        service.off_thread(move || page(&held, &wanted, &links)).await??
    };
    let mut response = in_crs(read(&asked, media, Some(&etag), || page.body), &crs);
    if let Some(link) = page.next.and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

impl Wanted {
    /// Whether the answer is a copy of prepared bytes, found without a scan.
    fn is_quick(&self) -> bool {
        self.is_prepared() && !self.query.looks_at_rows() && self.query.sort.is_empty()
    }

    fn is_prepared(&self) -> bool {
        self.media == Media::GeoJson && self.crs.is_stored() && self.properties.is_none()
    }
}

fn wanted(
    app: &App,
    snapshot: &Snapshot,
    layer: Layer,
    media: Media,
    mut given: Parameters,
) -> Result<Wanted, Problem> {
    for name in ["filter", "filter-lang", "filter-crs"] {
        if given.take(name)?.is_some() {
            let detail = "filters in CQL2 are not answered yet: use bbox, datetime and {property}=value";
            return Err(Problem::parameter(name, detail));
        }
    }
    let limit = match given.number::<u64>("limit", "a whole number of 1 or more")? {
        None => DEFAULT_LIMIT,
        Some(0) => return Err(Problem::parameter("limit", "must be 1 or more")),
        Some(limit) => limit.min(MOST as u64) as usize,
    };
    let bbox_crs = given.crs("bbox-crs")?;
    let windows = match given.take("bbox")? {
        None => Vec::new(),
        Some(text) => bbox::parse(&text, &bbox_crs).map_err(|error| Problem::parameter("bbox", error))?,
    };
    let crs = given.crs("crs")?;
    let time = given.take("datetime")?.map(|text| time_window(&text, app.zone())).transpose();
    let time = time.map_err(|error| Problem::parameter("datetime", error))?;
    let time = time.filter(|_| layer.declaration().time != crate::domain::layer::Time::None);
    let sort = match given.take("sortby")? {
        None => Vec::new(),
        Some(text) => sort_order(snapshot, layer, &text).map_err(|error| Problem::parameter("sortby", error))?,
    };
    let properties = given.take("properties")?.map(|text| property_names(snapshot, layer, &text)).transpose()?;
    let after = given.take("token")?.map(|text| token(&text, !sort.is_empty())).transpose()?;
    let conditions = conditions(app, snapshot, layer, &mut given, &RESERVED)?;
    Ok(Wanted { layer, query: Query { windows, time, conditions, sort, after, limit }, crs, properties, media })
}

/// Everything that is left must be a property of the layer.
pub fn conditions(
    app: &App,
    snapshot: &Snapshot,
    layer: Layer,
    given: &mut Parameters,
    reserved: &[&str],
) -> Result<Vec<Condition>, Problem> {
    let mut conditions = Vec::new();
    for name in given.names() {
        let texts = given.take_all(&name);
        let condition =
            app.condition(snapshot, layer, &name, &texts).map_err(|error| Problem::new(Kind::Malformed, error))?;
        conditions.push(condition.ok_or_else(|| {
            let detail = unknown_name(snapshot, layer, &name);
            let hint = crate::app::question::nearest_word(&name, reserved.iter().copied());
            Problem::new(
                Kind::Malformed,
                hint.map_or(detail.clone(), |word| format!("{detail} (or the parameter {word}?)")),
            )
        })?);
    }
    Ok(conditions)
}

/// Reads `properties`: a list of names.
pub fn property_names(snapshot: &Snapshot, layer: Layer, text: &str) -> Result<Vec<String>, Problem> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| match field(snapshot, layer, name) {
            Some(_) => Ok(name.to_owned()),
            None => Err(Problem::parameter("properties", unknown_name(snapshot, layer, name))),
        })
        .collect()
}

fn token(text: &str, sorted: bool) -> Result<Token, Problem> {
    let token = Token::parse(text).filter(|token| matches!(token, Token::Sorted { .. }) == sorted);
    token.ok_or_else(|| {
        Problem::parameter("token", "is not one that a page of this query ended with: follow the link next")
    })
}

struct Page {
    body: Bytes,
    /// Address of the next page.
    next: Option<String>,
}

struct Links {
    base: String,
    /// Path and query as they were asked for.
    asked: String,
    layer: Layer,
    /// As they were asked with.
    all: Parameters,
}

impl Links {
    fn after(&self, token: &Token) -> String {
        let query = self.all.query_with("token", &token.to_string());
        format!("{}/api/collections/{}/items{query}", self.base, self.layer.name())
    }
}

fn page(snapshot: &Snapshot, wanted: &Wanted, links: &Links) -> Result<Page, Problem> {
    let selection = snapshot.layer(wanted.layer).select(&wanted.query);
    let next = selection.next.as_ref().map(|token| links.after(token));
    let body = match wanted.media {
        Media::GeoJson => collection(&selection, wanted, links, next.as_deref())?,
        other => {
            table(snapshot, &selection, wanted, if other == Media::Csv { Format::Csv } else { Format::GeoJsonSeq })?
        }
    };
    Ok(Page { body, next })
}

fn collection(selection: &Selection, wanted: &Wanted, links: &Links, next: Option<&str>) -> Result<Bytes, Problem> {
    let mut out = Vec::new();
    out.extend_from_slice(br#"{"type":"FeatureCollection","features":["#);
    if wanted.is_prepared() {
        selection.write_payloads(&mut out);
    } else {
        let encoding = Encoding { crs: &wanted.crs, properties: wanted.properties.as_deref() };
        let mut outcome = Ok(());
        let mut first = true;
        selection.for_each(&mut |row| {
            if outcome.is_ok() {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                outcome = write_feature(wanted.layer, &row.feature(), &encoding, &mut out);
            }
        });
        outcome.map_err(|error| outside(&error))?;
    }
    let mut list = vec![
        json!({ "rel": "self", "type": Media::GeoJson.media_type(), "href": format!("{}{}", links.base, links.asked) }),
        json!({ "rel": "collection", "type": "application/json", "href": format!("{}/api/collections/{}", links.base, wanted.layer.name()) }),
    ];
    if let Some(next) = next {
        list.push(json!({ "rel": "next", "type": Media::GeoJson.media_type(), "href": next }));
    }
    out.extend_from_slice(b"],");
    out.extend_from_slice(crs_member(&wanted.crs).as_bytes());
    let matched = selection.matched.map(|matched| format!(r#""numberMatched":{matched},"#)).unwrap_or_default();
    let tail =
        format!(r#"{matched}"numberReturned":{},"links":{}}}"#, selection.features, serde_json::Value::from(list));
    out.extend_from_slice(tail.as_bytes());
    Ok(out.into())
}

/// Lines or rows.
fn table(snapshot: &Snapshot, selection: &Selection, wanted: &Wanted, format: Format) -> Result<Bytes, Problem> {
    let mut out = Vec::new();
    if format == Format::GeoJsonSeq && wanted.crs.is_stored() && wanted.properties.is_none() {
        for payload in selection.payloads() {
            out.extend_from_slice(&payload);
            out.push(b'\n');
        }
        return Ok(out.into());
    }
    let extras = snapshot.layer(wanted.layer).extra_names().into_iter().collect();
    let failed = |error: crate::formats::writer::WriteError| Problem::parameter("crs", error);
    let properties = wanted.properties.clone();
    let mut writer =
        Writer::narrowed(out, format, wanted.layer, wanted.crs.clone(), extras, properties).map_err(failed)?;
    let mut outcome = Ok(());
    selection.for_each(&mut |row| {
        if outcome.is_ok() {
            outcome = writer.write(&row.feature());
        }
    });
    outcome.map_err(failed)?;
    Ok(writer.finish().map_err(failed)?.into())
}

/// A stored place that the wanted system cannot express.
pub fn outside(error: &CrsError) -> Problem {
    Problem::parameter("crs", format!("{error}: narrow the answer with bbox, or take another system"))
}

/// The form in which one feature is answered.
pub fn encode_one(
    layer: Layer,
    feature: &crate::domain::feature::Feature,
    crs: &Crs,
    properties: Option<&[String]>,
) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(1024);
    write_feature(layer, feature, &Encoding { crs, properties }, &mut out).map_err(|error| outside(&error))?;
    Ok(out)
}

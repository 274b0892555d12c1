//! `.../nearest`: the nearest features of a layer, for one place or for many.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use geo::Coord;
use serde_json::{Map, Value as Json, json};

use crate::api::answer::{in_crs, read, unchanged};
use crate::api::body::{self, MOST_OF_A_FEATURE};
use crate::api::extract::{Asked, Doors, OfLayer, Ready};
use crate::api::items::{conditions, outside};
use crate::api::negotiate::{Media, has_already, negotiate};
use crate::api::parameters::Parameters;
use crate::api::problem::{Kind, Problem};
use crate::app::App;
use crate::app::nearest::{FIGURES, Measure, NearestQuestion, answers};
use crate::domain::layer::Layer;
use crate::formats::Format;
use crate::formats::geojson::{Encoding, write_feature};
use crate::formats::writer::{Writer, crs_member};
use crate::spatial::crs::Crs;
use crate::world::Snapshot;

/// Parameters with a meaning of their own; every other name is a property.
pub const RESERVED: [&str; 13] =
    ["lon", "lat", "k", "by", "max_m", "max_snap_m", "min_room", "open_at", "filter", "measure", "route", "crs", "f"];
/// Members of a question about many places.
const MEMBERS: &str = "points, k, by, max_m, max_snap_m, min_room, measure, crs and properties by name";
const MOST_POINTS: usize = 1_000;
const MOST_ANSWERS: usize = 100;
/// Farther from any street nobody starts.
const FARTHEST_SNAP_M: f64 = 50_000.0;

pub async fn get(
    Doors(service): Doors,
    Ready(app): Ready,
    OfLayer(layer): OfLayer,
    mut asked: Asked,
) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::GeoJson, Media::GeoJsonSeq, Media::Csv])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let snapshot = app.snapshot();
    let crs = given.crs("crs")?;
    let (lon, lat) = (given.finite("lon")?, given.finite("lat")?);
    let (Some(lon), Some(lat)) = (lon, lat) else {
        return Err(Problem::parameter(if lon.is_none() { "lon" } else { "lat" }, "is missing: say lon= and lat="));
    };
    let from = place(lon, lat, &crs)?;
    let question = question(&app, &snapshot, layer, given)?;
    let etag = service.tag(snapshot.seq());
    if has_already(&asked, &etag) {
        return Ok(in_crs(unchanged(&etag), &crs));
    }
    let encoded = {
        let crs = crs.clone();
        service.off_thread(move || encode(&snapshot, &NearestQuestion { from, ..question }, &crs, media)).await??
    };
    Ok(in_crs(read(&asked, media, Some(&etag), || encoded.into()), &crs))
}

/// The question but for its place.
fn question(app: &App, snapshot: &Snapshot, layer: Layer, mut given: Parameters) -> Result<NearestQuestion, Problem> {
    let k = match given.number::<usize>("k", "a whole number")? {
        None => 5,
        Some(k) if (1..=MOST_ANSWERS).contains(&k) => k,
        Some(_) => return Err(Problem::parameter("k", format!("must be 1 to {MOST_ANSWERS}"))),
    };
    match given.take("by")?.as_deref() {
        Some("line") => {}
        None | Some("walk" | "bicycle" | "drive") => {
            let detail = "by: ways along streets are not known yet: ask with by=line";
            return Err(Problem::new(Kind::Invalid, detail));
        }
        Some(_) => return Err(Problem::parameter("by", "is none of line, walk, bicycle, drive")),
    }
    let max_m = metres(&mut given, "max_m")?;
    if metres(&mut given, "max_snap_m")?.is_some_and(|metres| metres > FARTHEST_SNAP_M) {
        return Err(Problem::new(Kind::Invalid, "max_snap_m: may be 50000 at most"));
    }
    for name in ["open_at", "filter", "route"] {
        if given.take(name)?.is_some() {
            return Err(Problem::new(Kind::Invalid, format!("{name}: is not answered yet: leave it out")));
        }
    }
    let measure = match given.take("measure")?.as_deref() {
        None | Some("entrance") => Measure::Entrance,
        Some("centroid") => Measure::Centroid,
        Some(_) => return Err(Problem::parameter("measure", "is none of entrance, centroid")),
    };
    let min_room = given.number("min_room", "a whole number")?;
    let conditions = conditions(app, snapshot, layer, &mut given, &RESERVED)?;
    Ok(NearestQuestion { layer, from: Coord { x: 0.0, y: 0.0 }, k, max_m, conditions, min_room, measure })
}

fn metres(given: &mut Parameters, name: &str) -> Result<Option<f64>, Problem> {
    match given.finite(name)? {
        Some(metres) if metres < 0.0 => Err(Problem::parameter(name, "must be 0 or more")),
        metres => Ok(metres),
    }
}

pub fn place(x: f64, y: f64, crs: &Crs) -> Result<Coord, Problem> {
    let (x, y) = crs.to_wgs84(x, y).map_err(|error| Problem::new(Kind::Invalid, format!("the place: {error}")))?;
    if (-180.0..=180.0).contains(&x) && (-90.0..=90.0).contains(&y) {
        return Ok(Coord { x, y });
    }
    Err(Problem::new(
        Kind::Invalid,
        "the place leaves the globe: longitude is within -180 and 180, latitude within -90 and 90; longitude comes first",
    ))
}

fn encode(snapshot: &Snapshot, question: &NearestQuestion, crs: &Crs, media: Media) -> Result<Vec<u8>, Problem> {
    let features = answers(snapshot, question);
    if media == Media::GeoJson {
        let mut out = br#"{"type":"FeatureCollection","features":["#.to_vec();
        for (at, feature) in features.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_feature(question.layer, feature, &Encoding { crs, properties: None }, &mut out)
                .map_err(|error| outside(&error))?;
        }
        out.extend_from_slice(format!("],{}\"numberReturned\":{}}}", crs_member(crs), features.len()).as_bytes());
        return Ok(out);
    }
    let format = if media == Media::Csv { Format::Csv } else { Format::GeoJsonSeq };
    let names = FIGURES.iter().map(|name| (*name).to_owned());
    let extras = names.chain(snapshot.layer(question.layer).extra_names()).collect();
    let failed = |error: crate::formats::writer::WriteError| Problem::parameter("crs", error);
    let mut writer = Writer::new(Vec::new(), format, question.layer, crs.clone(), extras).map_err(failed)?;
    for feature in &features {
        writer.write(feature).map_err(failed)?;
    }
    writer.finish().map_err(failed)
}

/// Many places at once; a place that cannot be answered gets its own problem.
pub async fn post(
    Doors(service): Doors,
    Ready(app): Ready,
    OfLayer(layer): OfLayer,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    body::check_type(&asked.headers, None)?;
    asked.parameters.finish(&[])?;
    let bytes = body::read(&asked.headers, body, MOST_OF_A_FEATURE).await?;
    let mut members: Map<String, Json> = serde_json::from_slice(&bytes).map_err(|error| {
        Problem::new(Kind::Malformed, format!("the body is no JSON object with {MEMBERS}: {error}"))
    })?;
    let points = match members.remove("points") {
        Some(Json::Array(points)) if points.len() <= MOST_POINTS => points,
        Some(Json::Array(_)) => {
            return Err(Problem::new(Kind::TooLarge, format!("points: at most {MOST_POINTS} at a time")));
        }
        _ => return Err(Problem::new(Kind::Malformed, "points: must be a list of [longitude, latitude]")),
    };
    let mut given = Parameters::read(&as_query(&members)?)?;
    let snapshot = app.snapshot();
    let crs = given.crs("crs")?;
    let question = question(&app, &snapshot, layer, given)?;
    let body = service.off_thread(move || encode_all(&snapshot, &points, &question, &crs)).await?;
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(Media::Json.media_type()));
    Ok(response)
}

/// Members are read like parameters of an address, a list like a parameter that is repeated.
fn as_query(members: &Map<String, Json>) -> Result<String, Problem> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let text = |name: &str, json: &Json| match json {
        Json::String(text) => Ok(text.clone()),
        Json::Number(_) | Json::Bool(_) => Ok(json.to_string()),
        _ => Err(Problem::new(
            Kind::Malformed,
            format!("{}: must be a text, a number or a truth", name.chars().take(60).collect::<String>()),
        )),
    };
    for (name, value) in members {
        match value {
            Json::Null => {}
            Json::Array(values) => {
                for value in values {
                    query.append_pair(name, &text(name, value)?);
                }
            }
            value => drop(query.append_pair(name, &text(name, value)?)),
        }
    }
    Ok(query.finish())
}

fn encode_all(snapshot: &Snapshot, points: &[Json], question: &NearestQuestion, crs: &Crs) -> Bytes {
    let mut out = br#"{"results":["#.to_vec();
    for (at, point) in points.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let found = read_point(point, crs)
            .and_then(|from| encode(snapshot, &NearestQuestion { from, ..question.clone() }, crs, Media::GeoJson));
        match found {
            Ok(bytes) => out.extend_from_slice(&bytes),
            Err(problem) => out.extend_from_slice(json!({ "problem": problem.to_json() }).to_string().as_bytes()),
        }
    }
    out.extend_from_slice(b"]}");
    out.into()
}

fn read_point(point: &Json, crs: &Crs) -> Result<Coord, Problem> {
    let numbers: Option<Vec<f64>> = point.as_array().and_then(|numbers| numbers.iter().map(Json::as_f64).collect());
    match numbers.as_deref() {
        Some([x, y]) => place(*x, *y, crs),
        _ => Err(Problem::new(Kind::Malformed, "the point is not [longitude, latitude]")),
    }
}

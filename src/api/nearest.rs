//! `.../nearest`: the nearest features of a layer, for one place or for many.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use geo::Coord;
use serde_json::{Map, Value as Json, json};

use crate::api::answer::{in_crs, read, unchanged};
use crate::api::body;
use crate::api::extract::{Asked, Doors, OfLayer, Ready};
use crate::api::items::{conditions, outside};
use crate::api::negotiate::{Media, has_already, negotiate};
use crate::api::parameters::Parameters;
use crate::api::problem::{Kind, Problem};
use crate::app::App;
use crate::app::nearest::{By, COLUMNS, Measure, NearestError, NearestQuestion, Prepared, is_quick};
use crate::domain::layer::Layer;
use crate::domain::moment::read_instant;
use crate::domain::reading::shortened;
use crate::formats::Format;
use crate::formats::geojson::{Encoding, write_feature};
use crate::formats::writer::{Writer, crs_member};
use crate::spatial::crs::Crs;
use crate::spatial::network::Profile;
use crate::world::Snapshot;

/// Parameters with a meaning of their own; every other name is a property.
pub const RESERVED: [&str; 13] =
    ["lon", "lat", "k", "by", "max_m", "max_snap_m", "min_room", "open_at", "filter", "measure", "route", "crs", "f"];
/// Members of a question about many places.
const MEMBERS: &str = "points, k, by, max_m, max_snap_m, min_room, open_at, measure, route, crs and properties by name";
const MOST_POINTS: usize = 10_000;
/// Features in the answers to all of them, and of those with the line of the way.
const MOST_FEATURES: usize = 200_000;
const MOST_ROUTES: usize = 20_000;
/// Of a body with so many points.
const MOST_OF_POINTS: usize = 4 << 20;
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
    let quick = media == Media::GeoJson && is_quick(&app, &snapshot, &question);
    let encoded = {
        let crs = crs.clone();
        let work = move || {
            let prepared = Prepared::new(&app, snapshot.clone(), question, crs.clone());
            encode(&snapshot, layer, &prepared, from, &crs, media)
        };
        // A look into a table takes less time than handing it to another thread.
        if quick { work()? } else { service.off_thread(work).await?? }
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
    let by = match given.take("by")? {
        None => By::Streets(Profile::Walk),
        Some(name) => {
            By::from_name(&name).ok_or_else(|| Problem::parameter("by", "is none of line, walk, bicycle, drive"))?
        }
    };
    let max_m = metres(&mut given, "max_m")?;
    let max_snap_m = metres(&mut given, "max_snap_m")?;
    if max_snap_m.is_some_and(|metres| metres > FARTHEST_SNAP_M) {
        return Err(Problem::new(Kind::Invalid, "max_snap_m: may be 50000 at most"));
    }
    if given.take("filter")?.is_some() {
        return Err(Problem::new(Kind::Invalid, "filter: is not answered yet: leave it out"));
    }
    let open_at = given.take("open_at")?.map(|text| read_instant(&text, app.zone())).transpose();
    let open_at = open_at.map_err(|error| Problem::parameter("open_at", error))?;
    let open_at = open_at.map(|moment| app.open_at(moment.at));
    let route = given.truth("route")?;
    let measure = match given.take("measure")?.as_deref() {
        None | Some("entrance") => Measure::Entrance,
        Some("centroid") => Measure::Centroid,
        Some(_) => return Err(Problem::parameter("measure", "is none of entrance, centroid")),
    };
    let min_room = given.number("min_room", "a whole number")?;
    let conditions = conditions(app, snapshot, layer, &mut given, &RESERVED)?;
    Ok(NearestQuestion { layer, k, by, max_m, max_snap_m, conditions, min_room, open_at, measure, route })
}

pub fn metres(given: &mut Parameters, name: &str) -> Result<Option<f64>, Problem> {
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

fn encode(
    snapshot: &Snapshot,
    layer: Layer,
    prepared: &Prepared,
    from: Coord,
    crs: &Crs,
    media: Media,
) -> Result<Vec<u8>, Problem> {
    let answers = prepared.answers(from)?;
    let features = answers.features;
    if media == Media::GeoJson {
        let mut out = br#"{"type":"FeatureCollection","features":["#.to_vec();
        for (at, feature) in features.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_feature(layer, feature, &Encoding { crs, properties: None }, &mut out)
                .map_err(|error| outside(&error))?;
        }
        let origin = answers.origin.map(|origin| format!("\"origin\":{},", Json::Object(origin))).unwrap_or_default();
        out.extend_from_slice(
            format!("],{}{origin}\"numberReturned\":{}}}", crs_member(crs), features.len()).as_bytes(),
        );
        return Ok(out);
    }
    let format = if media == Media::Csv { Format::Csv } else { Format::GeoJsonSeq };
    let names = COLUMNS.iter().map(|name| (*name).to_owned());
    let extras = names.chain(snapshot.layer(layer).extra_names()).collect();
    let failed = |error: crate::formats::writer::WriteError| Problem::parameter("crs", error);
    let mut writer = Writer::new(Vec::new(), format, layer, crs.clone(), extras).map_err(failed)?;
    for feature in &features {
        writer.write(feature).map_err(failed)?;
    }
    writer.finish().map_err(failed)
}

impl From<NearestError> for Problem {
    fn from(error: NearestError) -> Self {
        match error {
            NearestError::Crs(error) => outside(&error),
            NearestError::FarFromStreets => Self::new(Kind::Invalid, error.to_string()),
        }
    }
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
    let bytes = body::read(&asked.headers, body, MOST_OF_POINTS).await?;
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
    let most = if question.route { MOST_ROUTES } else { MOST_FEATURES };
    if points.len() * question.k > most {
        let detail =
            format!("points: at most {most} features are answered at a time: send fewer points, or a smaller k");
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    let work = move || {
        let prepared = Prepared::new(&app, snapshot.clone(), question, crs.clone());
        encode_all(&snapshot, layer, &prepared, &points, &crs)
    };
    let body = service.off_thread(work).await?;
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(Media::Json.media_type()));
    Ok(response)
}

/// Members are read like parameters of an address, a list like a parameter that is repeated.
pub fn as_query(members: &Map<String, Json>) -> Result<String, Problem> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let text = |name: &str, json: &Json| match json {
        Json::String(text) => Ok(text.clone()),
        Json::Number(_) | Json::Bool(_) => Ok(json.to_string()),
        _ => Err(Problem::new(Kind::Malformed, format!("{}: must be a text, a number or a truth", shortened(name)))),
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

fn encode_all(snapshot: &Snapshot, layer: Layer, prepared: &Prepared, points: &[Json], crs: &Crs) -> Bytes {
    let mut out = br#"{"results":["#.to_vec();
    for (at, point) in points.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let found =
            read_point(point, crs).and_then(|from| encode(snapshot, layer, prepared, from, crs, Media::GeoJson));
        match found {
            Ok(bytes) => out.extend_from_slice(&bytes),
            Err(problem) => out.extend_from_slice(json!({ "problem": problem.to_json() }).to_string().as_bytes()),
        }
    }
    out.extend_from_slice(b"]}");
    out.into()
}

pub fn read_point(point: &Json, crs: &Crs) -> Result<Coord, Problem> {
    let numbers: Option<Vec<f64>> = point.as_array().and_then(|numbers| numbers.iter().map(Json::as_f64).collect());
    match numbers.as_deref() {
        Some([x, y]) => place(*x, *y, crs),
        _ => Err(Problem::new(Kind::Malformed, "the point is not [longitude, latitude]")),
    }
}

//! `/reach`, `/route`, `/matrix`: travel along the streets.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use geo::Coord;
use serde_json::{Map, Value as Json};

use crate::api::Shared;
use crate::api::answer::{in_crs, read, unchanged};
use crate::api::body;
use crate::api::extract::{Asked, Doors, Ready};
use crate::api::items::outside;
use crate::api::nearest::{as_query, metres, place, read_point};
use crate::api::negotiate::{Media, has_already, negotiate};
use crate::api::parameters::Parameters;
use crate::api::problem::{Kind, Problem};
use crate::app::App;
use crate::app::nearest::By;
use crate::app::travel::{FARTHEST_SNAP_M, Limits, TravelError, matrix, reach_from, route};
use crate::spatial::crs::Crs;
use crate::spatial::network::{Network, Profile};
use crate::world::Snapshot;

/// Limits at a time, and the greatest ones.
const MOST_LIMITS: usize = 10;
const FARTHEST_M: f64 = 200_000.0;
const LONGEST_MIN: f64 = 600.0;
/// Places of a route and of a matrix, and pairs of a matrix.
const MOST_VIA: usize = 50;
const MOST_PLACES: usize = 1_000;
const MOST_PAIRS: usize = 100_000;
const MOST_OF_A_MATRIX: usize = 1 << 20;

impl From<TravelError> for Problem {
    fn from(error: TravelError) -> Self {
        match error {
            TravelError::Crs(error) => outside(&error),
            error => Self::new(Kind::Invalid, error.to_string()),
        }
    }
}

pub async fn get_reach(Doors(service): Doors, Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    negotiate(&mut asked, &[Media::GeoJson])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let crs = given.crs("crs")?;
    let from = from_lon_lat(&mut given, &crs)?;
    let (profile, within_m) = terms(&mut given)?;
    let limits = match (numbers(&mut given, "metres", FARTHEST_M)?, numbers(&mut given, "minutes", LONGEST_MIN)?) {
        (Some(metres), None) => Limits::Metres(metres),
        (None, Some(minutes)) => Limits::Minutes(minutes),
        (None, None) => return Err(Problem::parameter("metres", "is missing: say metres=500,1000 or minutes=5,10")),
        (Some(_), Some(_)) => return Err(Problem::parameter("minutes", "does not go with metres: give one of them")),
    };
    given.finish(&["lon", "lat", "by", "metres", "minutes", "max_snap_m", "crs", "f"])?;
    let ask = Ask { snapshot: app.snapshot(), app, crs };
    read_along(&service, &asked, ask, move |network, crs| reach_from(network, profile, from, &limits, within_m, crs))
        .await
}

pub async fn get_route(Doors(service): Doors, Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    negotiate(&mut asked, &[Media::GeoJson])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let crs = given.crs("crs")?;
    let (profile, within_m) = terms(&mut given)?;
    let end = |given: &mut Parameters, name: &str| match given.take(name)? {
        None => Err(Problem::parameter(name, "is missing: say from=LON,LAT and to=LON,LAT")),
        Some(text) => read_place(name, &text, &crs),
    };
    let mut places = vec![end(&mut given, "from")?];
    for text in given.take_all("via") {
        places.push(read_place("via", &text, &crs)?);
    }
    places.push(end(&mut given, "to")?);
    if places.len() > MOST_VIA + 2 {
        return Err(Problem::parameter("via", format!("stands more than {MOST_VIA} times")));
    }
    given.finish(&["from", "to", "via", "by", "max_snap_m", "crs", "f"])?;
    let ask = Ask { snapshot: app.snapshot(), app, crs };
    read_along(&service, &asked, ask, move |network, crs| route(network, profile, &places, within_m, crs)).await
}

pub async fn post_matrix(
    Doors(service): Doors,
    Ready(app): Ready,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    body::check_type(&asked.headers, None)?;
    asked.parameters.finish(&[])?;
    let mut members = members(&body::read(&asked.headers, body, MOST_OF_A_MATRIX).await?, "origins and destinations")?;
    let origins = list(&mut members, "origins")?
        .ok_or_else(|| Problem::new(Kind::Malformed, "origins: must be a list of [longitude, latitude]"))?;
    let destinations = list(&mut members, "destinations")?.unwrap_or_else(|| origins.clone());
    if origins.len() > MOST_PLACES || origins.len() * destinations.len() > MOST_PAIRS {
        let detail = format!("a matrix has at most {MOST_PLACES} origins and {MOST_PAIRS} pairs: ask in parts");
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    let mut given = Parameters::read(&as_query(&members)?)?;
    let crs = given.crs("crs")?;
    let (profile, within_m) = terms(&mut given)?;
    given.finish(&["origins", "destinations", "by", "max_snap_m", "crs"])?;
    let ask = Ask { snapshot: app.snapshot(), app, crs };
    let work = move |network: &Network, crs: &Crs| {
        let read = |points: &[Json]| -> Vec<Result<Coord, Json>> {
            points.iter().map(|point| read_point(point, crs).map_err(|problem| problem.to_json())).collect()
        };
        matrix(network, profile, &read(&origins), &read(&destinations), within_m, crs)
    };
    Ok(json(&ask_along(&service, ask, work).await?))
}

/// What a question along the streets is asked of, and the system of the answer.
pub struct Ask {
    pub app: App,
    pub snapshot: Arc<Snapshot>,
    pub crs: Crs,
}

/// Answers on the street network of one snapshot, off the threads that serve: the network may have to be made first.
pub async fn ask_along(
    service: &Shared,
    Ask { app, snapshot, crs }: Ask,
    work: impl FnOnce(&Network, &Crs) -> Result<Json, TravelError> + Send + 'static,
) -> Result<Json, Problem> {
    let work = move || {
        let network = app.network(&snapshot);
        work(network.get().expect("the network was just made"), &crs)
    };
    Ok(service.off_thread(work).await??)
}

/// The same for a question that may be asked again: nothing is worked out for a client that has the answer already.
pub async fn read_along(
    service: &Shared,
    asked: &Asked,
    ask: Ask,
    work: impl FnOnce(&Network, &Crs) -> Result<Json, TravelError> + Send + 'static,
) -> Result<Response, Problem> {
    let (etag, crs) = (service.tag(ask.snapshot.seq()), ask.crs.clone());
    if has_already(asked, &etag) {
        return Ok(in_crs(unchanged(&etag), &crs));
    }
    let answer = ask_along(service, ask, work).await?;
    Ok(in_crs(read(asked, Media::GeoJson, Some(&etag), || answer.to_string().into()), &crs))
}

/// An answer to a question that came as a body.
pub fn json(answer: &Json) -> Response {
    let mut response = Response::new(Body::from(answer.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(Media::Json.media_type()));
    response
}

/// The object of a body.
pub fn members(bytes: &[u8], what: &str) -> Result<Map<String, Json>, Problem> {
    serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Kind::Malformed, format!("the body is no JSON object with {what}: {error}")))
}

/// Takes a member that is a list.
pub fn list(members: &mut Map<String, Json>, name: &str) -> Result<Option<Vec<Json>>, Problem> {
    match members.remove(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(list)) => Ok(Some(list)),
        Some(_) => Err(Problem::new(Kind::Malformed, format!("{name}: must be a list of [longitude, latitude]"))),
    }
}

/// The profile, and how far a street may be.
fn terms(given: &mut Parameters) -> Result<(Profile, f64), Problem> {
    let profile = match given.take("by")? {
        None => Profile::Walk,
        Some(name) => match By::from_name(&name) {
            Some(By::Streets(profile)) => profile,
            _ => return Err(Problem::parameter("by", "is none of walk, bicycle, drive")),
        },
    };
    match metres(given, "max_snap_m")? {
        Some(metres) if metres > FARTHEST_SNAP_M => {
            Err(Problem::new(Kind::Invalid, "max_snap_m: may be 50000 at most"))
        }
        within => Ok((profile, within.unwrap_or(FARTHEST_SNAP_M))),
    }
}

fn from_lon_lat(given: &mut Parameters, crs: &Crs) -> Result<Coord, Problem> {
    let (lon, lat) = (given.finite("lon")?, given.finite("lat")?);
    let missing = |name: &str| Problem::parameter(name, "is missing: say lon= and lat=");
    place(lon.ok_or_else(|| missing("lon"))?, lat.ok_or_else(|| missing("lat"))?, crs)
}

fn read_place(name: &str, text: &str, crs: &Crs) -> Result<Coord, Problem> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some([x, y]) if x.is_finite() && y.is_finite() => place(*x, *y, crs),
        _ => Err(Problem::parameter(name, "is not of the form LON,LAT")),
    }
}

/// A list of numbers with commas between, or repeated; each above 0.
fn numbers(given: &mut Parameters, name: &str, most: f64) -> Result<Option<Vec<f64>>, Problem> {
    let texts = given.take_all(name);
    if texts.is_empty() {
        return Ok(None);
    }
    let numbers: Option<Vec<f64>> =
        texts.iter().flat_map(|text| text.split(',')).map(|part| part.trim().parse().ok()).collect();
    match numbers {
        Some(numbers) if numbers.len() <= MOST_LIMITS && numbers.iter().all(|limit| *limit > 0.0 && *limit <= most) => {
            Ok(Some(numbers))
        }
        _ => Err(Problem::parameter(name, format!("must be 1 to {MOST_LIMITS} numbers above 0, {most} at most"))),
    }
}

//! `/parking-gaps` and `/siting`: where parking is missing, and where new points would serve most.

use axum::body::Body;
use axum::response::Response;
use geo::Coord;

use crate::api::body;
use crate::api::extract::{Asked, Doors, Ready};
use crate::api::items::conditions;
use crate::api::nearest::{as_query, metres, read_point};
use crate::api::negotiate::{Media, negotiate};
use crate::api::parameters::Parameters;
use crate::api::problem::{Kind, Problem};
use crate::api::travel::{Ask, ask_along, json, list, members, read_along};
use crate::app::App;
use crate::app::question::time_window;
use crate::app::travel::{GapQuestion, Serve, SiteQuestion, parking_gaps, siting};
use crate::domain::layer::Layer;
use crate::domain::moment::read_instant;
use crate::spatial::crs::Crs;
use crate::spatial::network::Network;
use crate::world::Snapshot;

const RESERVED: [&str; 8] = ["max_m", "category", "datetime", "min_room", "open_at", "limit", "crs", "f"];
/// Metres on foot when nobody says how many.
const DEFAULT_M: f64 = 300.0;
const FARTHEST_M: f64 = 20_000.0;
/// Violations that speak of missing parking.
const PARKING: [&str; 2] = ["bicycle-parking", "motor-parking"];
const MOST_SITES: usize = 100;
const MOST_CANDIDATES: usize = 10_000;
const MOST_OF_CANDIDATES: usize = 4 << 20;

pub async fn get_gaps(Doors(service): Doors, Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    negotiate(&mut asked, &[Media::GeoJson])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let snapshot = app.snapshot();
    let crs = given.crs("crs")?;
    let limit = match given.number::<usize>("limit", "a whole number of 1 or more")? {
        None => 100,
        Some(0) => return Err(Problem::parameter("limit", "must be 1 or more")),
        Some(limit) => limit.min(10_000),
    };
    let question = question(&app, &snapshot, given)?;
    let ask = Ask { app: app.clone(), snapshot: snapshot.clone(), crs };
    let work = move |network: &Network, crs: &Crs| {
        parking_gaps(&app, snapshot, network, &question)?.features(network, limit, crs)
    };
    read_along(&service, &asked, ask, work).await
}

fn question(app: &App, snapshot: &Snapshot, mut given: Parameters) -> Result<GapQuestion, Problem> {
    let max_m = metres(&mut given, "max_m")?.unwrap_or(DEFAULT_M);
    if max_m > FARTHEST_M {
        return Err(Problem::new(Kind::Invalid, "max_m: may be 20000 at most"));
    }
    let mut categories = given.take_all("category");
    if categories.is_empty() {
        categories = PARKING.map(str::to_owned).to_vec();
    }
    let violations = app
        .condition(snapshot, Layer::Violations, "category", &categories)
        .map_err(|error| Problem::new(Kind::Malformed, error))?;
    let time = given.take("datetime")?.map(|text| time_window(&text, app.zone())).transpose();
    let time = time.map_err(|error| Problem::parameter("datetime", error))?;
    let min_room = given.number("min_room", "a whole number")?;
    let open_at = given.take("open_at")?.map(|text| read_instant(&text, app.zone())).transpose();
    let open_at = open_at.map_err(|error| Problem::parameter("open_at", error))?;
    let conditions = conditions(app, snapshot, Layer::ParkingPoints, &mut given, &RESERVED)?;
    let open_at = open_at.map(|moment| app.open_at(moment.at));
    Ok(GapQuestion { max_m, conditions, min_room, open_at, violations: violations.into_iter().collect(), time })
}

pub async fn post_siting(
    Doors(service): Doors,
    Ready(app): Ready,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    body::check_type(&asked.headers, None)?;
    asked.parameters.finish(&[])?;
    let mut members = members(&body::read(&asked.headers, body, MOST_OF_CANDIDATES).await?, "p and max_m")?;
    let candidates = list(&mut members, "candidates")?;
    if candidates.as_ref().is_some_and(|candidates| candidates.len() > MOST_CANDIDATES) {
        return Err(Problem::new(Kind::TooLarge, format!("candidates: at most {MOST_CANDIDATES} at a time")));
    }
    let mut given = Parameters::read(&as_query(&members)?)?;
    let crs = given.crs("crs")?;
    let p = match given.number::<usize>("p", "a whole number")? {
        Some(p) if (1..=MOST_SITES).contains(&p) => p,
        _ => return Err(Problem::parameter("p", format!("says how many points to set up: 1 to {MOST_SITES}"))),
    };
    let serve = match given.take("serve")?.as_deref() {
        None | Some("violations") => Serve::Violations,
        Some("streets") => Serve::Streets,
        Some(_) => return Err(Problem::parameter("serve", "is none of violations, streets")),
    };
    let candidates = candidates.map(|list| read_candidates(&list, &crs)).transpose()?;
    let snapshot = app.snapshot();
    let question = question(&app, &snapshot, given)?;
    let ask = Ask { app: app.clone(), snapshot: snapshot.clone(), crs };
    let work = move |network: &Network, crs: &Crs| {
        let gaps = parking_gaps(&app, snapshot, network, &question)?;
        siting(network, &gaps, &SiteQuestion { p, serve, candidates }, crs)
    };
    Ok(json(&ask_along(&service, ask, work).await?))
}

/// A candidate that is none is named with its place.
fn read_candidates(list: &[serde_json::Value], crs: &Crs) -> Result<Vec<Coord>, Problem> {
    let read = |(at, point): (usize, &serde_json::Value)| {
        read_point(point, crs).map_err(|problem| {
            let detail = problem.to_json()["detail"].as_str().unwrap_or_default().to_owned();
            Problem::new(Kind::Invalid, format!("candidates/{at}: {detail}"))
        })
    };
    list.iter().enumerate().map(read).collect()
}

//! `/api/plans`: plans proposed, looked at, compared, changed by hand, published and dropped.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value as Json, json};

use crate::api::Shared;
use crate::api::answer::{changing, in_crs, read};
use crate::api::body::{self, MOST_OF_A_COLLECTION};
use crate::api::extract::{Asked, Ready, Writing, segment};
use crate::api::jobs;
use crate::api::nearest::place;
use crate::api::negotiate::{Media, negotiate};
use crate::api::problem::{Kind, Problem};
use crate::api::single::guard;
use crate::app::jobs::{Done, Monitor};
use crate::app::plan::rotation::{BeatsMode, BeatsWish};
use crate::app::plan::wish::{Pair, Wish};
use crate::app::plan::{propose, summary};
use crate::app::{App, AppError};
use crate::domain::moment::{read_instant, write_instant};
use crate::domain::plan::PlanId;
use crate::domain::reading::shortened;
use crate::spatial::crs::WGS84;

/// The plan that the path names.
pub struct OfPlan(pub PlanId);

impl FromRequestParts<Shared> for OfPlan {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        let id = segment(parts, service, "id").await?;
        match id.parse() {
            Ok(number) if number > 0 && id.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self(PlanId(number))),
            _ => {
                let id = shortened(&id);
                Err(Problem::new(Kind::NotFound, format!("'{id}' is no plan: plans have positive whole numbers")))
            }
        }
    }
}

pub async fn create(_: Writing, Ready(app): Ready, mut asked: Asked, body: Body) -> Result<Response, Problem> {
    std::mem::take(&mut asked.parameters).finish(&[])?;
    let mut wish = Wish::read(object(&asked.headers, body, true).await?)?;
    wish.weights.settle_categories(app.catalogue(), &app.settings().category_scheme)?;
    let worker = app.clone();
    let runtime = tokio::runtime::Handle::current();
    let work = move |monitor: &Monitor| -> Result<Done, AppError> {
        let new = propose(&worker.snapshot(), &wish, monitor)?;
        monitor.stage("storing the draft");
        let (plan, document) = runtime.block_on(async {
            let plan = worker.create_plan(new).await?;
            let document = worker.plan_document(plan.id).await?;
            Ok::<_, AppError>((plan, document))
        })?;
        let location = Some(format!("/api/plans/{}", plan.id.0));
        Ok(Done { media_type: "application/json", body: Bytes::from(document.to_string()), location })
    };
    jobs::answer(&app, &asked, "plan", work, |_, done| {
        let mut response = changing(done.body);
        *response.status_mut() = StatusCode::CREATED;
        let headers = response.headers_mut();
        if let Some(location) = done.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
            headers.insert(header::LOCATION, location);
        }
        headers.insert(header::ETAG, HeaderValue::from_static("\"1\""));
        response
    })
    .await
}

/// All plans, newest first; with `at` the one that was in force then.
pub async fn list(Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::Json])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let at = given.take("at")?;
    given.finish(&["at", "f"])?;
    let owners = app.snapshot().owners().clone();
    let json = if let Some(text) = at {
        let at = read_instant(&text, app.zone()).map_err(|error| Problem::parameter("at", error))?.at;
        let plan = app.plan_at(at).await?;
        json!({ "at": write_instant(at), "plans": plan.iter().map(|plan| summary(&owners, plan)).collect::<Vec<_>>() })
    } else {
        json!({ "plans": app.plans().await?.iter().map(|plan| summary(&owners, plan)).collect::<Vec<_>>() })
    };
    Ok(read(&asked, media, None, || Bytes::from(json.to_string())))
}

pub async fn get(Ready(app): Ready, OfPlan(id): OfPlan, mut asked: Asked) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::Json])?;
    std::mem::take(&mut asked.parameters).finish(&["f"])?;
    let document = app.plan_document(id).await?;
    Ok(with_version(fresh(&asked, media, Bytes::from(document.to_string())), &document["version"]))
}

pub async fn sections(Ready(app): Ready, OfPlan(id): OfPlan, asked: Asked) -> Result<Response, Problem> {
    features(asked, app.plan_sections(id)).await
}

pub async fn zones(Ready(app): Ready, OfPlan(id): OfPlan, asked: Asked) -> Result<Response, Problem> {
    features(asked, app.plan_zones(id)).await
}

pub async fn compare(Ready(app): Ready, OfPlan(id): OfPlan, mut asked: Asked) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::Json])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let with = given.number::<i64>("with", "the number of a plan")?;
    given.finish(&["with", "f"])?;
    let with = match with {
        Some(with) => PlanId(with),
        None => in_force(&app)?,
    };
    let json = app.compare_plans(id, with).await?;
    Ok(fresh(&asked, media, Bytes::from(json.to_string())))
}

fn in_force(app: &App) -> Result<PlanId, Problem> {
    let term = app.snapshot().owners().in_force().map(|term| term.plan);
    term.ok_or_else(|| Problem::parameter("with", "no plan is in force: name a plan"))
}

pub async fn patch(
    _: Writing,
    Ready(app): Ready,
    OfPlan(id): OfPlan,
    mut asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    let mut given = std::mem::take(&mut asked.parameters);
    let dry_run = given.truth("dry_run")?;
    given.finish(&["dry_run"])?;
    let guard = guard(&asked.headers);
    if guard == crate::app::Guard::None && !dry_run && app.settings().require_if_match {
        return Err(AppError::GuardRequired.into());
    }
    let json = object(&asked.headers, body, false).await?;
    let moves: Option<Vec<Pair>> = json.get("sections").cloned().and_then(|list| serde_json::from_value(list).ok());
    let moves = moves.filter(|moves| !moves.is_empty() && json.as_object().is_some_and(|members| members.len() == 1));
    let wanted = "name the moves: {\"sections\": [{\"section_id\": 12, \"squad_id\": 3}]}; codes and external ids are taken, too";
    let moves = moves.ok_or_else(|| Problem::new(Kind::Malformed, wanted))?;
    let (version, answer) = app.move_sections(id, &guard, &moves, dry_run).await?;
    Ok(with_version(changing(Bytes::from(answer.to_string())), &version.into()))
}

pub async fn publish(_: Writing, Ready(app): Ready, OfPlan(id): OfPlan, mut asked: Asked) -> Result<Response, Problem> {
    std::mem::take(&mut asked.parameters).finish(&[])?;
    let plan = app.publish_plan(id, guard(&asked.headers)).await?;
    let document = app.plan_document(id).await?;
    Ok(with_version(changing(Bytes::from(document.to_string())), &plan.version.into()))
}

pub async fn delete(_: Writing, Ready(app): Ready, OfPlan(id): OfPlan, mut asked: Asked) -> Result<Response, Problem> {
    std::mem::take(&mut asked.parameters).finish(&[])?;
    let guard = guard(&asked.headers);
    if guard == crate::app::Guard::None && app.settings().require_if_match {
        return Err(AppError::GuardRequired.into());
    }
    app.drop_plan(id, &guard).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Shares the sections of each squad out among its assistants, or lets these change places over their beats.
pub async fn share_out(
    _: Writing,
    Ready(app): Ready,
    OfPlan(id): OfPlan,
    mut asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    std::mem::take(&mut asked.parameters).finish(&[])?;
    let wish = BeatsWish::read(object(&asked.headers, body, true).await?)?;
    let worker = app.clone();
    let runtime = tokio::runtime::Handle::current();
    let work = move |monitor: &Monitor| -> Result<Done, AppError> {
        let report = runtime.block_on(async {
            match wish.mode {
                BeatsMode::ShareOut => worker.share_out(id, monitor).await,
                BeatsMode::Rotate => worker.rotate_beats(id, &wish).await,
            }
        })?;
        let location = Some(format!("/api/plans/{}/beats", id.0));
        Ok(Done { media_type: "application/json", body: Bytes::from(report.to_string()), location })
    };
    jobs::answer(&app, &asked, "beats", work, |_, done| changing(done.body)).await
}

pub async fn beats(Ready(app): Ready, OfPlan(id): OfPlan, asked: Asked) -> Result<Response, Problem> {
    features(asked, app.plan_beats(id)).await
}

/// The way of one assistant.
pub async fn route(Ready(app): Ready, OfPlan(id): OfPlan, mut asked: Asked) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::GeoJson, Media::Gpx])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let assistant = given.take("assistant")?;
    given.finish(&["assistant", "f"])?;
    let assistant = assistant.ok_or_else(|| Problem::parameter("assistant", "name one, by id or by code"))?;
    let route = app.beat_route(id, &assistant).await?;
    let body = if media == Media::Gpx { route.gpx() } else { route.feature().to_string() };
    Ok(in_crs(fresh(&asked, media, Bytes::from(body)), &WGS84))
}

/// Who is in charge of a place at a moment, now unless `at` says otherwise.
pub async fn in_charge(Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::Json])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let crs = given.crs("crs")?;
    let (lon, lat) = (given.finite("lon")?, given.finite("lat")?);
    let (at, category) = (given.take("at")?, given.take("category")?);
    given.finish(&["lon", "lat", "at", "category", "crs", "f"])?;
    let missing = |name: &'static str| move || Problem::parameter(name, "is missing: say where");
    let place = place(lon.ok_or_else(missing("lon"))?, lat.ok_or_else(missing("lat"))?, &crs)?;
    let at = match at {
        Some(text) => read_instant(&text, app.zone()).map_err(|error| Problem::parameter("at", error))?.at,
        None => jiff::Timestamp::now(),
    };
    let scheme = &app.settings().category_scheme;
    let resolved = category.map(|word| app.catalogue().resolve(&word, scheme).map(str::to_owned)).transpose();
    let category = resolved.map_err(|error| Problem::parameter("category", error.to_string()))?;
    let json = app.in_charge(place, at, category.as_deref())?;
    Ok(fresh(&asked, media, Bytes::from(json.to_string())))
}

/// Features of a plan with its version; `work` begins when the question makes sense.
async fn features(
    mut asked: Asked,
    work: impl Future<Output = Result<(i64, Bytes), AppError>>,
) -> Result<Response, Problem> {
    let media = negotiate(&mut asked, &[Media::GeoJson])?;
    std::mem::take(&mut asked.parameters).finish(&["f"])?;
    let (version, body) = work.await?;
    Ok(in_crs(with_version(fresh(&asked, media, body), &version.into()), &WGS84))
}

/// A plan's answer depends on the streets and on other plans as well: its version guards changes, it is no cache's tag.
fn fresh(asked: &Asked, media: Media, body: Bytes) -> Response {
    read(asked, media, None, || body)
}

fn with_version(mut response: Response, version: &Json) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The body as JSON; where none is needed an empty one says nothing.
async fn object(headers: &HeaderMap, body: Body, may_be_empty: bool) -> Result<Json, Problem> {
    let bytes = body::read(headers, body, MOST_OF_A_COLLECTION).await?;
    if bytes.is_empty() && may_be_empty {
        return Ok(json!({}));
    }
    body::check_type(headers, None)?;
    match serde_json::from_slice(&bytes) {
        Ok(json @ Json::Object(_)) => Ok(json),
        Ok(_) => Err(Problem::new(Kind::Malformed, "the body must be an object")),
        Err(error) => Err(Problem::new(Kind::Malformed, error.to_string())),
    }
}

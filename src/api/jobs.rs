//! `/api/jobs`: long work asked for with `Prefer: respond-async`: how far it is, what came out, cancelling.
//!
//! [`answer`] is the one way by which an endpoint lets long work be waited for or come back to.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use crate::api::extract::{Asked, Ready};
use crate::api::problem::{Kind, Problem};
use crate::app::jobs::{Done, Monitor, State, Status};
use crate::app::{App, AppError};
use crate::domain::moment::write_instant;
use crate::domain::reading::shortened;

/// How long a caller may wait for an answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a job may work.
const LONGEST: Duration = Duration::from_mins(10);
/// A result up to this size stands inside the job's own answer, bytes.
const MOST_INSIDE: usize = 4 << 20;

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What the header `Prefer` (RFC 7240) asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Preference {
    respond_async: bool,
    wait: Option<Duration>,
}

fn preference(asked: &Asked) -> Preference {
    let mut found = Preference { respond_async: false, wait: None };
    let lists = asked.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    for word in lists.flat_map(|list| list.split([',', ';'])).map(|word| word.trim().to_ascii_lowercase()) {
        match word.split_once('=') {
            None if word == "respond-async" => found.respond_async = true,
            Some((name, value)) if name.trim() == "wait" => {
                found.wait = value.trim().trim_matches('"').parse().ok().map(Duration::from_secs);
            }
            _ => {}
        }
    }
    found
}

/// Does long work: the caller waits for it, or is told where to come back to.
///
/// `encode` makes the answer of what came out.
pub async fn answer(
    app: &App,
    asked: &Asked,
    kind: &'static str,
    work: impl FnOnce(&Monitor) -> Result<Done, AppError> + Send + 'static,
    encode: impl FnOnce(&Asked, Done) -> Response,
) -> Result<Response, Problem> {
    let preference = preference(asked);
    if !preference.respond_async {
        return Ok(encode(asked, app.jobs().run(PATIENCE, work).await?));
    }
    let id = app.jobs().submit(kind, LONGEST, work)?;
    if let Some(wait) = preference.wait {
        let status = app.jobs().wait(id, wait.min(PATIENCE)).await;
        match status.and_then(|status| status.outcome) {
            Some(Ok(done)) => return Ok(encode(asked, done)),
            Some(Err(error)) => return Err(Problem::from(&*error)),
            None => {}
        }
    }
    let status = app.jobs().status(id).ok_or_else(|| missing(id))?;
    let mut response = (StatusCode::ACCEPTED, told(asked, &status)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("respond-async"));
    if let Ok(location) = HeaderValue::from_str(&format!("/api/jobs/{id}")) {
        headers.insert(header::LOCATION, location);
    }
    Ok(response)
}

pub async fn get(Ready(app): Ready, Number(id): Number, asked: Asked) -> Result<Response, Problem> {
    asked.parameters.clone().finish(&[])?;
    let status = app.jobs().status(id).ok_or_else(|| missing(id))?;
    Ok(kept(told(&asked, &status), "application/json"))
}

pub async fn result(Ready(app): Ready, Number(id): Number, asked: Asked) -> Result<Response, Problem> {
    asked.parameters.clone().finish(&[])?;
    let status = app.jobs().status(id).ok_or_else(|| missing(id))?;
    match (status.state, status.outcome) {
        (_, Some(Ok(done))) => Ok(kept(done.body, done.media_type)),
        (_, Some(Err(error))) => Err(Problem::from(&*error)),
        (State::Cancelled, None) => Err(Problem::new(Kind::NotFound, "the job was cancelled: it has no result")),
        (_, None) => {
            let detail = format!("the job is not finished: /api/jobs/{id} tells how far it is");
            Err(Problem::new(Kind::NotFound, detail))
        }
    }
}

/// Cancels a job. Nobody can guess a job's number: whoever knows it may.
pub async fn delete(Ready(app): Ready, Number(id): Number, asked: Asked) -> Result<Response, Problem> {
    asked.parameters.clone().finish(&[])?;
    let status = app.jobs().cancel(id).ok_or_else(|| missing(id))?;
    Ok(kept(told(&asked, &status), "application/json"))
}

fn missing(id: i64) -> Problem {
    Problem::new(Kind::NotFound, format!("there is no job {id}: jobs are kept for an hour, and end with the service"))
}

fn kept(body: impl Into<Bytes>, media_type: &'static str) -> Response {
    let mut response = body.into().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The job as OGC API - Processes has it (`statusInfo`), with the result inside when that is JSON and not large.
fn told(asked: &Asked, status: &Status) -> String {
    let state = match status.state {
        State::Waiting => "accepted",
        State::Running => "running",
        State::Done => "successful",
        State::Failed => "failed",
        State::Cancelled => "dismissed",
    };
    let base = asked.base();
    let link = |rel: &str, path: String| json!({ "rel": rel, "href": format!("{base}{path}") });
    let mut links = vec![link("self", format!("/api/jobs/{}", status.id))];
    let mut object = json!({
        "jobID": status.id.to_string(),
        "type": "process",
        "processID": status.kind,
        "status": state,
        "progress": (status.share * 1e3).round() / 10.0,
        "message": status.stage,
        "created": write_instant(status.created),
        "started": status.started.map(write_instant),
        "finished": status.finished.map(write_instant),
    });
    match &status.outcome {
        Some(Ok(done)) => {
            links.push(link(
                "http://www.opengis.net/def/rel/ogc/1.0/results",
                format!("/api/jobs/{}/result", status.id),
            ));
            if let Some(location) = &done.location {
                links.push(link("related", location.clone()));
            }
        }
        Some(Err(error)) => object["problem"] = Problem::from(&**error).to_json(),
        None => {}
    }
    object["links"] = Json::from(links);
    let mut text = object.to_string();
    if let Some(Ok(done)) = &status.outcome
        && done.body.len() <= MOST_INSIDE
        && done.media_type.ends_with("json")
        && let Some(result) =
            std::str::from_utf8(&done.body).ok().and_then(|body| RawValue::from_string(body.trim().to_owned()).ok())
    {
        text.pop();
        text.push_str(",\"result\":");
        text.push_str(result.get());
        text.push('}');
    }
    text
}

/// The number of a job in the path.
pub struct Number(i64);

impl axum::extract::FromRequestParts<crate::api::Shared> for Number {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        service: &crate::api::Shared,
    ) -> Result<Self, Problem> {
        let id = crate::api::extract::segment(parts, service, "id").await?;
        let plain = id.bytes().all(|byte| byte.is_ascii_digit());
        id.parse().ok().filter(|_| plain).map(Self).ok_or_else(|| {
            let id = shortened(&id);
            Problem::new(Kind::NotFound, format!("there is no job '{id}'"))
        })
    }
}

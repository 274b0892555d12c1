//! `/api/hotspots`, `/api/recurrence`, `/api/time-patterns`, `/api/before-after`: questions about cases.
//!
//! One way for all: what was written is read, an answer that is kept is given at once, the rest is long work.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::api::answer::{in_crs, read, unchanged};
use crate::api::extract::{Asked, Ready};
use crate::api::items::conditions;
use crate::api::jobs;
use crate::api::negotiate::{Media, has_already, negotiate};
use crate::api::problem::Problem;
use crate::app::answers::{Form, Question};
use crate::app::before_after::{self, BeforeAfterQuestion, before_after};
use crate::app::hotspots::{HotspotsQuestion, hotspots};
use crate::app::jobs::{Done, Monitor};
use crate::app::patterns::{PatternsQuestion, time_patterns};
use crate::app::recurrence::{RecurrenceQuestion, recurrence};
use crate::app::texts::Texts;
use crate::app::{App, AppError, hotspots as about, patterns, recurrence as again};
use crate::domain::layer::Layer;
use crate::spatial::crs::Crs;
use crate::world::{Condition, Snapshot};

/// What every question about cases takes apart into.
struct Decoded {
    texts: Texts,
    conditions: Vec<Condition>,
    form: Form,
    media: Media,
    crs: Crs,
    snapshot: Arc<Snapshot>,
}

/// Takes the parameters of a question; every other name is a property of violations.
fn decode(app: &App, asked: &mut Asked, known: &[&str], has_places: bool) -> Result<Decoded, Problem> {
    let json = if has_places { Media::GeoJson } else { Media::Json };
    let media = negotiate(asked, &[json, Media::Csv])?;
    let mut given = std::mem::take(&mut asked.parameters);
    let crs = if has_places { given.crs("crs")? } else { Crs::default() };
    let mut texts = Texts::default();
    for name in known {
        given.take_all(name).into_iter().for_each(|text| texts.add(name, text));
    }
    let mut reserved: Vec<&str> = known.to_vec();
    reserved.extend(["crs", "f"]);
    let snapshot = app.snapshot();
    let conditions = conditions(app, &snapshot, Layer::Violations, &mut given, &reserved)?;
    let form = if media == Media::Csv { Form::Csv } else { Form::Json };
    Ok(Decoded { texts, conditions, form, media, crs, snapshot })
}

/// Answers with what is kept, or works and keeps.
async fn respond(
    app: App,
    asked: Asked,
    (media, crs): (Media, Crs),
    question: Question,
    kind: &'static str,
    work: impl FnOnce(&App, &Arc<Snapshot>, &Monitor) -> Result<Done, AppError> + Send + 'static,
) -> Result<Response, Problem> {
    let encode = move |asked: &Asked, done: Done| encode(asked, media, &crs, done);
    if let Some(done) = app.kept(&question) {
        return Ok(encode(&asked, done));
    }
    let worker = app.clone();
    let work = move |monitor: &Monitor| {
        let done = work(&worker, question.snapshot(), monitor)?;
        worker.keep(question, &done);
        Ok(done)
    };
    jobs::answer(&app, &asked, kind, work, encode).await
}

fn encode(asked: &Asked, media: Media, crs: &Crs, done: Done) -> Response {
    let etag = tag(&done);
    if has_already(asked, &etag) {
        return in_crs(unchanged(&etag), crs);
    }
    let mut response = read(asked, media, Some(&etag), || done.body.clone());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(done.media_type));
    *response.body_mut() = Body::from(done.body);
    in_crs(response, crs)
}

/// The digest stands at the end of an answer; a table is told by its bytes.
fn tag(done: &Done) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    done.body.hash(&mut hasher);
    format!("\"{:016x}-{}\"", hasher.finish(), done.body.len())
}

pub async fn list(Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    let Decoded { mut texts, conditions, form, media, crs, snapshot } =
        decode(&app, &mut asked, &about::PARAMETERS, true)?;
    let wanted = HotspotsQuestion::read(&app, &mut texts, form, &crs, conditions)?;
    let efforts = app.efforts().await?;
    let question = wanted.ask(snapshot, efforts.version());
    respond(app, asked, (media, crs), question, "hotspots", move |app, snapshot, monitor| {
        hotspots(app, snapshot, &efforts, &wanted, monitor)
    })
    .await
}

pub async fn recurring(Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    let Decoded { mut texts, conditions, form, media, crs, snapshot } =
        decode(&app, &mut asked, &again::PARAMETERS, true)?;
    let wanted = RecurrenceQuestion::read(&app, &mut texts, form, &crs, conditions)?;
    let question = wanted.ask(snapshot);
    respond(app, asked, (media, crs), question, "recurrence", move |app, snapshot, monitor| {
        recurrence(app, snapshot, &wanted, monitor)
    })
    .await
}

pub async fn patterns(Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    let Decoded { mut texts, conditions, form, media, crs, snapshot } =
        decode(&app, &mut asked, &patterns::PARAMETERS, false)?;
    let wanted = PatternsQuestion::read(&app, &mut texts, form, conditions)?;
    let question = wanted.ask(snapshot);
    respond(app, asked, (media, crs), question, "time-patterns", move |app, snapshot, monitor| {
        time_patterns(app, snapshot, &wanted, monitor)
    })
    .await
}

pub async fn comparison(Ready(app): Ready, mut asked: Asked) -> Result<Response, Problem> {
    let Decoded { mut texts, conditions, form, media, crs, snapshot } =
        decode(&app, &mut asked, &before_after::PARAMETERS, true)?;
    let wanted = BeforeAfterQuestion::read(&app, &mut texts, form, &crs, conditions)?;
    let question = wanted.ask(snapshot);
    respond(app, asked, (media, crs), question, "before-after", move |app, snapshot, monitor| {
        before_after(app, snapshot, &wanted, monitor)
    })
    .await
}

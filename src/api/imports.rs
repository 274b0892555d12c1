//! `POST /api/imports`: a file into a layer, by the same engine as the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::api::answer::changing;
use crate::api::extract::{Asked, Doors, Ready, Writing};
use crate::api::parameters::Parameters;
use crate::api::problem::{Kind, Problem};
use crate::app::AppError;
use crate::app::import::{ImportRequest, Summary, import};
use crate::domain::draft::FieldError;
use crate::domain::layer::Layer;
use crate::domain::reading::shortened;
use crate::formats::Format;
use crate::formats::csv::GeometryColumns;
use crate::formats::open::OpenOptions;
use crate::formats::text::encoding_named;
use crate::spatial::crs::Crs;

/// Largest file, bytes.
const MOST: u64 = 1 << 30;
/// Largest other field of a form, bytes.
const MOST_OF_A_FIELD: usize = 64 << 10;
/// Largest sum of them, bytes, each with a little of its own.
const MOST_OF_FIELDS: usize = 1 << 20;
const OF_A_FIELD: usize = 64;
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Refused features are given back up to this size, bytes.
const MOST_GIVEN_BACK: u64 = 4 << 20;

const KNOWN: [&str; 13] =
    ["layer", "crs", "xy", "wkt", "map", "set", "tz", "encoding", "format", "on_error", "dry_run", "force", "name"];

pub async fn post(
    _: Writing,
    Doors(service): Doors,
    Ready(app): Ready,
    mut asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    let directory = tempfile::tempdir().map_err(|error| full(&error))?;
    let mut given = std::mem::take(&mut asked.parameters);
    let file = if is_form(&asked.headers) {
        form(request, &mut given, &directory).await?
    } else {
        let name = given.take("name")?.unwrap_or_else(|| name_by_type(&asked.headers).to_owned());
        let path = directory.path().join(plain_name(&name));
        save(request.into_body(), &path).await?;
        path
    };
    let request = import_request(file, given)?;
    let _turn = service.importing.acquire().await.map_err(|_| Problem::new(Kind::Overloaded, "the service stops"))?;
    // It goes on to its end also when whoever asked has gone.
    let work = tokio::spawn(async move {
        let outcome = import(&app, &request, &|_| {}).await;
        (request, outcome)
    });
    let (request, outcome) =
        work.await.map_err(|_| Problem::new(Kind::Internal, "the service failed; the failure was recorded"))?;
    let summary = outcome.map_err(|error| told(error, directory.path()))?;
    if summary.stopped {
        return Err(stopped(&summary));
    }
    let text = answer(&request, &summary).to_string();
    Ok(changing(text.into()))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("multipart/form-data")
}

fn name_by_type(headers: &HeaderMap) -> &'static str {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "text/csv" => "body.csv",
        "application/geo+json" | "application/json" => "body.geojson",
        "application/geo+json-seq" => "body.geojsonl",
        // Found out by its content.
        _ => "body",
    }
}

/// The last part of a name, of letters that file systems take.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|letter| !letter.is_control()).take(60).collect();
    if plain.trim_matches('.').is_empty() { "body".to_owned() } else { plain }
}

/// Reads a form: the file to disk, the other fields to the parameters.
async fn form(request: Request, given: &mut Parameters, directory: &TempDir) -> Result<PathBuf, Problem> {
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| Problem::new(Kind::Malformed, error.to_string()))?;
    let (mut file, mut held) = (None, 0);
    while let Some(field) = timely(form.next_field()).await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            if file.is_some() {
                return Err(Problem::new(Kind::Malformed, "file: send one at a time"));
            }
            let path = directory.path().join(plain_name(field.file_name().unwrap_or("body")));
            save_field(field, &path).await?;
            file = Some(path);
        } else {
            let text = short_field(field, &name).await?;
            held += name.len() + text.len() + OF_A_FIELD;
            if held > MOST_OF_FIELDS {
                return Err(Problem::new(Kind::TooLarge, "the form has too many fields"));
            }
            given.add(&name, String::from_utf8_lossy(&text).into_owned());
        }
    }
    file.ok_or_else(|| Problem::new(Kind::Malformed, "the form has no field 'file' with a file in it"))
}

/// A field of the form that is no file. Reads no further than its bound.
async fn short_field(mut field: Field<'_>, name: &str) -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    while let Some(chunk) = timely(field.chunk()).await? {
        if text.len() + chunk.len() > MOST_OF_A_FIELD {
            let name = shortened(name);
            return Err(Problem::new(Kind::TooLarge, format!("{name}: is too long")));
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

async fn timely<T>(wait: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    let late = |_| Problem::new(Kind::Timeout, "the body did not come in time");
    let done = tokio::time::timeout(LONGEST_PAUSE, wait).await.map_err(late)?;
    done.map_err(|error| Problem::new(Kind::Malformed, format!("the form cannot be read: {}", error.body_text())))
}

async fn save_field(mut field: Field<'_>, path: &Path) -> Result<(), Problem> {
    let mut sink = Sink::new(path).await?;
    while let Some(chunk) = timely(field.chunk()).await? {
        sink.write(&chunk).await?;
    }
    sink.finish().await
}

async fn save(mut body: Body, path: &Path) -> Result<(), Problem> {
    let mut sink = Sink::new(path).await?;
    loop {
        let frame = tokio::time::timeout(LONGEST_PAUSE, body.frame()).await;
        let frame = frame.map_err(|_| Problem::new(Kind::Timeout, "the body did not come in time"))?;
        let Some(frame) = frame else { return sink.finish().await };
        let frame = frame.map_err(|_| Problem::new(Kind::Malformed, "the body broke off"))?;
        if let Ok(chunk) = frame.into_data() {
            sink.write(&chunk).await?;
        }
    }
}

/// A file that grows to a bound.
struct Sink {
    file: File,
    written: u64,
}

impl Sink {
    async fn new(path: &Path) -> Result<Self, Problem> {
        Ok(Self { file: File::create(path).await.map_err(|error| full(&error))?, written: 0 })
    }

    async fn write(&mut self, chunk: &Bytes) -> Result<(), Problem> {
        self.written += chunk.len() as u64;
        if self.written > MOST {
            let detail = format!("the file has more than {} MiB: import it on the command line", MOST >> 20);
            return Err(Problem::new(Kind::TooLarge, detail));
        }
        self.file.write_all(chunk).await.map_err(|error| full(&error))
    }

    async fn finish(mut self) -> Result<(), Problem> {
        self.file.flush().await.map_err(|error| full(&error))
    }
}

fn full(error: &std::io::Error) -> Problem {
    tracing::error!(error = error as &dyn std::error::Error, "an uploaded file could not be kept");
    Problem::new(Kind::DiskFull, "there is no room to keep the file while it is read")
}

fn import_request(file: PathBuf, mut given: Parameters) -> Result<ImportRequest, Problem> {
    let layer = given.take("layer")?.ok_or_else(|| Problem::parameter("layer", "is missing: name a layer"))?;
    let names = || Layer::ALL.into_iter().map(Layer::name).collect::<Vec<_>>().join(", ");
    let layer = Layer::from_name(&layer)
        .ok_or_else(|| Problem::parameter("layer", format!("there is no such layer: there are {}", names())))?;
    let crs = given.take("crs")?;
    if let Some(name) = &crs {
        Crs::parse(name).map_err(|error| Problem::parameter("crs", error))?;
    }
    let xy = match given.take("xy")? {
        None => None,
        Some(text) => {
            let pair = text.split_once(',').map(|(x, y)| (x.trim().to_owned(), y.trim().to_owned()));
            let wrong = || Problem::parameter("xy", "name two columns with a comma between, such as lon,lat");
            Some(pair.ok_or_else(wrong)?)
        }
    };
    let encoding = given.take("encoding")?.map(|name| encoding_named(&name)).transpose();
    let format = match given.take("format")? {
        None => None,
        Some(name) => Some(
            Format::from_name(&name)
                .ok_or_else(|| Problem::parameter("format", format!("is none of {}", Format::NAMES)))?,
        ),
    };
    let skip_errors = match given.take("on_error")?.as_deref() {
        None | Some("stop") => false,
        Some("skip") => true,
        Some(_) => return Err(Problem::parameter("on_error", "is neither stop nor skip")),
    };
    let request = ImportRequest {
        layer,
        files: vec![file],
        open: OpenOptions {
            format,
            columns: GeometryColumns { xy, wkt: given.take("wkt")? },
            encoding: encoding.map_err(|error| Problem::parameter("encoding", error))?,
            keep_written: false,
        },
        crs,
        map: pairs("map", given.take_all("map"))?,
        set: pairs("set", given.take_all("set"))?,
        timezone: given.take("tz")?,
        skip_errors,
        dry_run: given.truth("dry_run")?,
        force: given.truth("force")?,
    };
    given.finish(&KNOWN)?;
    Ok(request)
}

/// `TARGET=SOURCE`, or an object of them in JSON.
fn pairs(name: &str, given: Vec<String>) -> Result<Vec<String>, Problem> {
    let mut pairs = Vec::new();
    for text in given {
        if !text.trim_start().starts_with('{') {
            pairs.push(text);
            continue;
        }
        let members: std::collections::BTreeMap<String, String> = serde_json::from_str(&text)
            .map_err(|error| Problem::parameter(name, format!("is no object of texts: {error}")))?;
        pairs.extend(members.into_iter().map(|(target, source)| format!("{target}={source}")));
    }
    Ok(pairs)
}

/// Without the directory where the file is kept while it is read.
fn told(error: AppError, directory: &Path) -> Problem {
    Problem::from(error).without(&format!("{}/", directory.display()))
}

/// Nothing was stored: where it stopped.
fn stopped(summary: &Summary) -> Problem {
    let errors: Vec<FieldError> = summary
        .refusals
        .iter()
        .map(|refusal| {
            let pointer = refusal
                .place
                .strip_prefix("feature ")
                .map_or_else(|| refusal.place.clone(), |at| format!("/features/{at}"));
            FieldError::new(pointer, refusal.reason.clone())
        })
        .collect();
    let first = summary.refusals.first().map(|first| format!("{}: {}", first.place, first.reason)).unwrap_or_default();
    let detail = format!("{first}; nothing was stored: mend the file, or leave such features out with on_error=skip");
    Problem::new(Kind::Invalid, detail).with_errors(errors)
}

fn answer(request: &ImportRequest, summary: &Summary) -> Json {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let refusals: Vec<Json> =
        summary.refusals.iter().map(|refusal| json!({ "place": refusal.place, "reason": refusal.reason })).collect();
    let given_back = summary.given_back.first().and_then(|path| {
        let small = std::fs::metadata(path).is_ok_and(|file| file.len() <= MOST_GIVEN_BACK);
        let text = small.then(|| std::fs::read_to_string(path).ok()).flatten();
        Some(json!({ "name": name(path)?, "text": text? }))
    });
    json!({
        "layer": request.layer.name(),
        "dry_run": request.dry_run,
        "created": summary.created,
        "updated": summary.updated,
        "unchanged": summary.unchanged,
        "refused": summary.refused,
        "refusals": refusals,
        "refused_features": given_back,
        "encoding": summary.encodings.first().map_or("UTF-8", |(_, name)| *name),
        "columns_by_title": summary.titled,
        "outside_jurisdiction": summary.outside_jurisdiction,
        "without_section": summary.without_section,
        "heights_dropped": summary.heights_dropped,
        "times_twice": summary.times_twice,
        "times_skipped": summary.times_skipped,
        "serial_dates": summary.serial_dates,
        "superseded": summary.superseded,
        "redrawn": summary.redrawn.as_ref().map(|redrawn| json!({
            "detail": redrawn.detail,
            "zones": redrawn.zones,
            "sections_moved": redrawn.moved,
            "sections_left": redrawn.left,
            "plan_id": redrawn.plan.map(|plan| plan.0),
            "href": redrawn.plan.map(|plan| format!("/api/plans/{}", plan.0)),
            "notes": redrawn.notes,
        })),
        "undeclared": summary.undeclared,
        "never_met": summary.never_met,
    })
}

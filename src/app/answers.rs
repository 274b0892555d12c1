//! Answers about cases as bytes: encoded once, digested, kept for as long as what they were made of stays the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::app::jobs::Done;
use crate::app::texts::question;
use crate::app::{App, AppError};
use crate::domain::layer::Layer;
use crate::formats::sheet::Sheet;
use crate::spatial::crs::Crs;
use crate::world::{LayerSnapshot, Snapshot};

/// How an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// JSON, or GeoJSON where the answer has places.
    Json,
    Csv,
}

/// Answers that are kept, at most, and their bytes.
const MOST_KEPT: usize = 200;
const MOST_BYTES: usize = 128 << 20;

/// What an answer was made of: the layers as they were, and the version of what else it looked at.
#[derive(Clone)]
struct Basis {
    layers: Vec<Weak<LayerSnapshot>>,
    effort: i64,
}

impl Basis {
    fn of(snapshot: &Snapshot, layers: &[Layer], effort: i64) -> Self {
        let layers = layers.iter().map(|layer| Arc::downgrade(&snapshot.layer_handle(*layer))).collect();
        Self { layers, effort }
    }

    fn is(&self, other: &Self) -> bool {
        self.effort == other.effort
            && self.layers.len() == other.layers.len()
            && self.layers.iter().zip(&other.layers).all(|(a, b)| a.ptr_eq(b))
    }
}

struct Kept {
    basis: Basis,
    done: Done,
    used: u64,
}

#[derive(Default)]
struct Shelf {
    kept: HashMap<String, Kept>,
    bytes: usize,
    clock: u64,
}

/// Answers by question.
#[derive(Default)]
pub(crate) struct AnswerCache(Mutex<Shelf>);

impl AnswerCache {
    fn get(&self, key: &str, basis: &Basis) -> Option<Done> {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.clock += 1;
        let clock = shelf.clock;
        let kept = shelf.kept.get_mut(key).filter(|kept| kept.basis.is(basis))?;
        kept.used = clock;
        Some(kept.done.clone())
    }

    fn put(&self, key: String, basis: Basis, done: Done) {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.clock += 1;
        let used = shelf.clock;
        shelf.bytes += done.body.len();
        if let Some(before) = shelf.kept.insert(key, Kept { basis, done, used }) {
            shelf.bytes -= before.done.body.len();
        }
        while shelf.kept.len() > MOST_KEPT || shelf.bytes > MOST_BYTES {
            let oldest = shelf.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(key, _)| key.clone());
            let Some(gone) = oldest.and_then(|key| shelf.kept.remove(&key)) else { return };
            shelf.bytes -= gone.done.body.len();
        }
    }
}

/// A question about cases that has been understood: where its answer is kept, and how it is made.
pub struct Question {
    key: String,
    basis: Basis,
    snapshot: Arc<Snapshot>,
}

impl App {
    /// The answer, when it is kept already.
    pub(crate) fn kept(&self, question: &Question) -> Option<Done> {
        self.0.answers.get(&question.key, &question.basis)
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, question: Question, done: &Done) {
        self.0.answers.put(question.key, question.basis, done.clone());
    }
}

impl Question {
    /// `key` says the whole question, `layers` what it looks at, `effort` the version of the patrol effort.
    pub(crate) fn new(snapshot: Arc<Snapshot>, key: String, layers: &[Layer], effort: i64) -> Self {
        Self { basis: Basis::of(&snapshot, layers, effort), key, snapshot }
    }

    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

/// Bytes of a sheet. The digest is taken over the answer without it: equal input and seed, equal bytes.
pub fn encode_sheet(sheet: &Sheet, form: Form, crs: &Crs) -> Result<Done, AppError> {
    let outside = |error: crate::spatial::crs::CrsError| question("crs", error.to_string());
    if form == Form::Csv {
        let body = sheet.to_csv(crs).map_err(outside)?;
        return Ok(Done { media_type: "text/csv; charset=utf-8", body: body.into(), location: None });
    }
    let mut body = sheet.to_geojson(crs).map_err(outside)?;
    let digest = digest(&body);
    // In the place of the closing brace and the end of the line.
    body.truncate(body.len() - 2);
    body.extend_from_slice(format!(",\"digest\":\"{digest}\"}}\n").as_bytes());
    Ok(Done { media_type: "application/geo+json", body: body.into(), location: None })
}

/// Bytes of an answer without places.
pub fn encode_document(mut members: Map<String, Json>, table: Option<Sheet>, form: Form) -> Result<Done, AppError> {
    if let (Form::Csv, Some(table)) = (form, table) {
        return encode_sheet(&table, Form::Csv, &Crs::default());
    }
    let digest = digest(Json::Object(members.clone()).to_string().as_bytes());
    members.insert("digest".to_owned(), digest.into());
    let body = Bytes::from(format!("{}\n", Json::Object(members)));
    Ok(Done { media_type: "application/json", body, location: None })
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing to memory cannot fail");
    }
    text
}

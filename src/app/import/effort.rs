//! Patrol effort out of tables: minutes and passes by section and period.
//!
//! The same reading, zones, encodings and refusals as for layers; all rows in one transaction, and the same rows again
//! change nothing. A row names its section by id or external id.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::app::import::given_back::{GivenBack, Returned};
use crate::app::import::reader::{in_file, usage};
use crate::app::import::{Refusal, Summary, TOLD};
use crate::app::settings::read_zone;
use crate::app::{App, AppError};
use crate::domain::draft::RawFeature;
use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::domain::moment::{Fold, read_instant, to_microseconds};
use crate::domain::patrol_effort::PatrolEffort;
use crate::domain::reading::shortened;
use crate::formats::mapping::Mapping;
use crate::formats::open::{OpenOptions, open};
use crate::formats::refused::Origin;
use crate::formats::{FormatError, Source, Written};
use crate::store::EffortWritten;

#[derive(Debug, Clone)]
pub struct EffortRequest {
    pub files: Vec<PathBuf>,
    pub open: OpenOptions,
    pub map: Vec<String>,
    pub set: Vec<String>,
    /// For local times; the configured zone when none.
    pub timezone: Option<String>,
    pub skip_errors: bool,
    pub dry_run: bool,
}

/// Names that a column may have.
const SECTION: [&str; 2] = ["section", "路段"];
const SECTION_ID: [&str; 1] = ["section_id"];
const SECTION_EXTERNAL_ID: [&str; 1] = ["section_external_id"];
const FROM: [&str; 4] = ["from", "开始", "开始时间", "起"];
const TO: [&str; 4] = ["to", "结束", "结束时间", "止"];
const MINUTES: [&str; 3] = ["minutes", "分钟", "巡查分钟"];
const PASSES: [&str; 3] = ["passes", "次数", "巡查次数"];

/// More people than patrol one section at a time, day and night.
const MOST_PEOPLE: f64 = 1_000.0;

/// How a row names its section.
enum Named {
    Id(i64),
    ExternalId(String),
    Either(String),
}

struct Row {
    file: usize,
    place: String,
    written: Option<Box<Written>>,
    read: Result<(Named, PatrolEffort), Vec<String>>,
}

/// What reading found, in the order of the files.
#[derive(Default)]
struct Sheet {
    rows: Vec<Row>,
    columns: HashMap<usize, Vec<String>>,
    summary: Summary,
}

/// Imports files of patrol effort. `progress` is told how many rows have been read.
pub async fn import_effort(
    app: &App,
    request: &EffortRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Summary, AppError> {
    let zone = match &request.timezone {
        None => app.0.zone.clone(),
        Some(name) => read_zone(name).map_err(usage)?,
    };
    let mapping = Mapping::parse(&request.map, &request.set)?;
    let asked = request.clone();
    let mut sheet = tokio::task::spawn_blocking(move || read(&asked, mapping, &zone))
        .await
        .map_err(|_| AppError::Configuration("reading the file failed".to_owned()))??;
    progress(sheet.rows.len() as u64);
    let efforts = settle(app, request, &mut sheet).await?;
    let mut summary = sheet.summary;
    if summary.refused > 0 && !request.skip_errors {
        summary.stopped = true;
        return Ok(summary);
    }
    let mut tx = app.0.store.write(&app.0.actor, to_microseconds(Timestamp::now())).await?;
    for effort in &efforts {
        match tx.put_effort(&app.0.actor, effort).await? {
            EffortWritten::Created => summary.created += 1,
            EffortWritten::Updated => summary.updated += 1,
            EffortWritten::Unchanged => summary.unchanged += 1,
        }
    }
    if request.dry_run || summary.created + summary.updated == 0 {
        // Dropped, the transaction leaves nothing.
        return Ok(summary);
    }
    tx.advance_effort().await?;
    tx.commit().await?;
    Ok(summary)
}

fn read(request: &EffortRequest, mut mapping: Mapping, zone: &TimeZone) -> Result<Sheet, AppError> {
    let mut sheet = Sheet::default();
    for (file, path) in request.files.iter().enumerate() {
        let keep_written = request.skip_errors && !request.dry_run;
        let options = OpenOptions { keep_written, ..request.open.clone() };
        let Source { features, columns, encoding, .. } = open(path, &options).map_err(|error| in_file(path, error))?;
        if let Some(columns) = columns {
            check_columns(path, &columns, &mapping)?;
            sheet.columns.insert(file, columns);
        }
        for feature in features {
            let row = match feature {
                Ok(mut located) => {
                    mapping.apply(&mut located.raw);
                    let read = row(&located.raw, zone, &mut sheet.summary);
                    Row { file, place: located.place, written: located.written, read }
                }
                Err(FormatError::Feature { place, detail, written }) => {
                    Row { file, place, written, read: Err(vec![detail]) }
                }
                Err(error) => return Err(in_file(path, error)),
            };
            sheet.rows.push(row);
        }
        if let Some(name) = encoding.other_than_utf8() {
            sheet.summary.encodings.push((path.clone(), name));
        }
    }
    sheet.summary.never_met = mapping.never_met().into_iter().map(str::to_owned).collect();
    Ok(sheet)
}

fn check_columns(path: &std::path::Path, columns: &[String], mapping: &Mapping) -> Result<(), AppError> {
    let told = |what: String| usage(format!("{}: {what}: the table has {}", path.display(), columns.join(", ")));
    if let Some(name) = mapping.missing_from(columns).first() {
        return Err(told(format!("there is no column '{name}' for --map")));
    }
    let has = |names: &[&str]| {
        names.iter().any(|name| columns.iter().any(|column| column.trim() == *name) || mapping.gives(name))
    };
    if !has(&SECTION) && !has(&SECTION_ID) && !has(&SECTION_EXTERNAL_ID) {
        return Err(told("no column names the section (section, section_id or section_external_id)".to_owned()));
    }
    for (names, what) in [(&FROM, "from"), (&TO, "to")] {
        if !has(names) {
            return Err(told(format!("there is no column '{what}'; --map {what}=COLUMN names another")));
        }
    }
    if !has(&MINUTES) && !has(&PASSES) {
        return Err(told("there is neither a column 'minutes' nor 'passes'".to_owned()));
    }
    Ok(())
}

fn row(raw: &RawFeature, zone: &TimeZone, summary: &mut Summary) -> Result<(Named, PatrolEffort), Vec<String>> {
    let mut errors = Vec::new();
    let cell = |names: &[&str]| names.iter().find_map(|name| raw.properties.get(*name)).and_then(text);
    let named = match (cell(&SECTION), cell(&SECTION_ID), cell(&SECTION_EXTERNAL_ID)) {
        (_, Some(id), _) => {
            if id.parse::<i64>().is_err() {
                errors.push(format!("section_id: '{}' is not an id", shortened(&id)));
            }
            id.parse().ok().map(Named::Id)
        }
        (_, _, Some(id)) => Some(Named::ExternalId(id)),
        (Some(word), _, _) => Some(Named::Either(word)),
        (None, None, None) => {
            errors.push("section: is missing".to_owned());
            None
        }
    };
    let mut instant = |name: &str, names: &[&str]| {
        let Some(text) = cell(names) else {
            errors.push(format!("{name}: is missing"));
            return None;
        };
        match read_instant(&text, zone) {
            Ok(moment) => {
                summary.times_twice += u64::from(moment.fold == Fold::Twice);
                summary.times_skipped += u64::from(moment.fold == Fold::Skipped);
                summary.serial_dates += u64::from(moment.is_serial);
                Some(moment.at)
            }
            Err(error) => {
                errors.push(format!("{name}: {error}"));
                None
            }
        }
    };
    let (from, to) = (instant("from", &FROM), instant("to", &TO));
    let mut amount = |name: &str, names: &[&str]| {
        let text = cell(names)?;
        let read = text.parse::<f64>().ok().filter(|amount| amount.is_finite() && *amount >= 0.0);
        if read.is_none() {
            errors.push(format!("{name}: '{}' is not a number of 0 or more", shortened(&text)));
        }
        read
    };
    let (minutes, passes) = (amount("minutes", &MINUTES), amount("passes", &PASSES));
    if minutes.is_none() && passes.is_none() && errors.is_empty() {
        errors.push("says neither minutes nor passes".to_owned());
    }
    let (Some(named), Some(from), Some(to)) = (named, from, to) else { return Err(errors) };
    if from >= to {
        errors.push("to: the period ends before it begins: to is exclusive and must be later than from".to_owned());
    }
    let seconds = to.duration_since(from).as_secs_f64();
    let most = [("minutes", minutes, MOST_PEOPLE * seconds / 60.0), ("passes", passes, MOST_PEOPLE * seconds)];
    for (name, amount, most) in most {
        if let Some(amount) = amount.filter(|amount| from < to && *amount > most) {
            errors.push(format!("{name}: {amount} is more than {MOST_PEOPLE} people can do from from to to"));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok((named, PatrolEffort { section: FeatureId(0), from, to, minutes, passes }))
}

fn text(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Finds the sections, and refuses rows whose section is not there or that say the same period twice.
async fn settle(app: &App, request: &EffortRequest, sheet: &mut Sheet) -> Result<Vec<PatrolEffort>, AppError> {
    let names: HashSet<String> = sheet
        .rows
        .iter()
        .filter_map(|row| match &row.read {
            Ok((Named::ExternalId(name) | Named::Either(name), _)) => Some(name.clone()),
            _ => None,
        })
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let mut tx = app.0.store.read().await?;
    let by_name: HashMap<String, FeatureId> =
        tx.by_external_ids(Layer::RoadSections, &names).await?.into_iter().collect();
    let snapshot = app.snapshot();
    let sections = snapshot.layer(Layer::RoadSections);
    let by_id = |id: i64| sections.with_row(FeatureId(id), |row| row.id());
    let find = |named: &Named| match named {
        Named::Id(id) => by_id(*id).ok_or_else(|| format!("section_id: there is no road section {id}")),
        Named::ExternalId(name) => by_name.get(name).copied().ok_or_else(|| {
            format!("section_external_id: there is no road section with the external id '{}'", shortened(name))
        }),
        Named::Either(word) => match (word.parse().ok().and_then(by_id), by_name.get(word).copied()) {
            (Some(id), Some(other)) if id != other => Err(format!(
                "section: '{}' is the id of one section and the external id of another: call the column section_id or \
                 section_external_id",
                shortened(word)
            )),
            (Some(id), _) | (None, Some(id)) => Ok(id),
            (None, None) => {
                Err(format!("section: there is no road section with the id or external id '{}'", shortened(word)))
            }
        },
    };
    let mut efforts = Vec::with_capacity(sheet.rows.len());
    let mut seen: BTreeMap<(FeatureId, Timestamp, Timestamp), String> = BTreeMap::new();
    let mut given_back = GivenBack::default();
    for row in std::mem::take(&mut sheet.rows) {
        let settled = row.read.and_then(|(named, effort)| {
            let section = find(&named).map_err(|error| vec![error])?;
            match seen.insert((section, effort.from, effort.to), row.place.clone()) {
                Some(before) => Err(vec![format!("says the same section and period as {before}")]),
                None => Ok(PatrolEffort { section, ..effort }),
            }
        });
        match settled {
            Ok(effort) => efforts.push(effort),
            Err(errors) => {
                let reason = errors.join("; ");
                let path = &request.files[row.file];
                sheet.summary.refused += 1;
                if request.skip_errors && !request.dry_run {
                    let returned = Returned {
                        inputs: &request.files,
                        file: row.file,
                        origin: Origin {
                            input: path,
                            columns: sheet.columns.get(&row.file).map(Vec::as_slice),
                            declared_crs: None,
                            encoding_is_named: request.open.encoding.is_some(),
                        },
                        written: row.written.as_deref(),
                        place: &row.place,
                        reason: &reason,
                    };
                    given_back.write(&returned, &mut sheet.summary);
                }
                if sheet.summary.refusals.len() < TOLD {
                    sheet.summary.refusals.push(Refusal { file: path.clone(), place: row.place, reason });
                }
            }
        }
    }
    given_back.finish(&mut sheet.summary);
    Ok(efforts)
}

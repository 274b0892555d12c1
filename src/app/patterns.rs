//! When cases happen: hour by weekday in the configured zone, months with trend and season.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::analysis::rhythm::{self, Days, LocalTime, Month, Trend};
use crate::app::answers::{Form, Question, encode_document};
use crate::app::jobs::{Done, Monitor};
use crate::app::selection::{Selection, Written};
use crate::app::texts::{Texts, question};
use crate::app::{App, AppError};
use crate::domain::layer::Layer;
use crate::domain::property::Kind;
use crate::formats::sheet::{Cell, Sheet, significant};
use crate::world::{Condition, Field, Snapshot};

/// What `time-patterns` takes.
pub const PARAMETERS: [&str; 5] = ["category", "from", "to", "hours", "weekdays"];

#[derive(Debug, Clone)]
pub struct PatternsQuestion {
    pub selection: Selection,
    pub form: Form,
}

/// Reads the selection out of what was written; `conditions` are of other properties.
pub(crate) fn read_selection(app: &App, texts: &mut Texts, conditions: Vec<Condition>) -> Result<Selection, AppError> {
    let written = Written {
        category: texts.all("category"),
        from: texts.one("from")?,
        to: texts.one("to")?,
        hours: texts.one("hours")?,
        weekdays: texts.one("weekdays")?,
    };
    if let Some(nobody) = conditions.iter().find(|condition| condition.any_of.is_empty()) {
        return Err(unknown_reference(app, nobody));
    }
    Ok(Selection { conditions, ..Selection::read(&written, app)? })
}

/// A code or external id that no feature has: a slip, and not a question without cases.
fn unknown_reference(app: &App, condition: &Condition) -> AppError {
    const TOLD: usize = 20;
    let Field::Declared(at) = condition.field else { return question("where", "names nothing") };
    let property = &Layer::Violations.declaration().properties[at];
    let Kind::Reference(target) = property.kind else { return question(property.name, "names nothing") };
    let mut codes: Vec<String> = Vec::new();
    if let Some(code_at) = target.declaration().code.and_then(|code| target.declaration().position(code)) {
        app.snapshot().layer(target).for_each(&mut |row| {
            codes.extend(row.declared_text(code_at).filter(|_| codes.len() < TOLD).map(str::to_owned));
        });
    }
    codes.sort_unstable();
    let known = if codes.is_empty() { String::new() } else { format!(": their codes are {}", codes.join(", ")) };
    question(property.name, format!("none of the stored {} is meant by this code or external id{known}", target.name()))
}

impl PatternsQuestion {
    pub fn read(app: &App, texts: &mut Texts, form: Form, conditions: Vec<Condition>) -> Result<Self, AppError> {
        Ok(Self { selection: read_selection(app, texts, conditions)?, form })
    }

    pub fn ask(&self, snapshot: Arc<Snapshot>) -> Question {
        Question::new(snapshot, format!("time-patterns {self:?}"), &[Layer::Violations], 0)
    }
}

/// Hours by weekday, months, trend and season of the selected cases.
///
/// Cost: a look at each violation.
pub fn time_patterns(
    app: &App,
    snapshot: &Snapshot,
    asked: &PatternsQuestion,
    monitor: &Monitor,
) -> Result<Done, AppError> {
    let cases = asked.selection.cases(snapshot, app.zone());
    monitor.tell(0.5);
    let mut members = Map::new();
    members.insert("method".to_owned(), "time-patterns".into());
    members.insert("parameters".to_owned(), Json::Object(asked.selection.told()));
    members.insert("cases".to_owned(), cases.told(cases.all.len()));
    members.insert("timezone".to_owned(), json!(app.zone().iana_name()));
    let Some((first, last)) = asked.selection.days(app.zone(), &cases) else {
        members.insert("note".to_owned(), asked.selection.without_cases(snapshot, app.zone()).into());
        return encode_document(members, Some(Sheet::new(&COLUMNS)), asked.form);
    };
    let days = Days { first, last, weekdays: asked.selection.weekdays };
    let times: Vec<LocalTime> =
        cases.all.iter().map(|case| LocalTime { date: case.date, hour: case.hour, weekday: case.weekday }).collect();
    let week = rhythm::week(&times, days);
    let months = rhythm::months(&times, days);
    let rate = |count: u32, days: u32| (days > 0).then(|| significant(f64::from(count) / f64::from(days), 6));
    members.insert("first_day".to_owned(), days.first.to_string().into());
    members.insert("last_day".to_owned(), days.last.to_string().into());
    let weekdays: Vec<Json> = (0..7)
        .map(|weekday| {
            let counts = week.counts[weekday];
            json!({
                "weekday": weekday + 1,
                "days": week.days[weekday],
                "count": counts.iter().sum::<u32>(),
                "by_hour": counts,
            })
        })
        .collect();
    members.insert("weekdays".to_owned(), weekdays.into());
    let told: Vec<Json> = months
        .iter()
        .map(|month| {
            json!({ "month": name(month), "count": month.count, "days": month.days, "whole": month.whole,
                "per_day": rate(month.count, month.days) })
        })
        .collect();
    members.insert("months".to_owned(), told.into());
    members.insert("trend".to_owned(), rhythm::trend(&months).map_or(Json::Null, |trend| trend_told(&trend)));
    let season = rhythm::season(&months).map_or(Json::Null, |season| {
        let index: Vec<Json> =
            season.index.iter().map(|index| json!(index.map(|index| significant(index, 6)))).collect();
        let high: Vec<usize> =
            (1..=12).filter(|month| season.index[month - 1].is_some_and(|index| index >= HIGH)).collect();
        json!({ "index": index, "high_months": high, "high_from_index": HIGH,
            "strength": season.strength.map(|strength| significant(strength, 6)) })
    });
    members.insert("season".to_owned(), season);
    encode_document(members, (asked.form == Form::Csv).then(|| table(&week, &months)), asked.form)
}

/// A month of the year with so much more than an average month is called high.
const HIGH: f64 = 1.25;

fn trend_told(trend: &Trend) -> Json {
    let direction = match trend.p <= 0.05 {
        true if trend.s > 0 => "rising",
        true => "falling",
        false => "none",
    };
    json!({
        "method": if trend.seasonal { "seasonal Mann-Kendall" } else { "Mann-Kendall" },
        "months": trend.months,
        "s": trend.s,
        "z": significant(trend.z, 8),
        "p": significant(trend.p, 8),
        "per_day_per_year": significant(trend.per_day_per_year, 6),
        "direction": direction,
    })
}

fn name(month: &Month) -> String {
    format!("{:04}-{:02}", month.year, month.month)
}

const COLUMNS: [&str; 6] = ["part", "weekday", "hour", "month", "count", "days"];

fn table(week: &rhythm::Week, months: &[Month]) -> Sheet {
    let mut sheet = Sheet::new(&COLUMNS);
    for (weekday, counts) in week.counts.iter().enumerate() {
        for (hour, count) in counts.iter().enumerate() {
            let cells = [
                "hour of the week".into(),
                (weekday + 1).into(),
                hour.into(),
                Cell::Null,
                (*count).into(),
                week.days[weekday].into(),
            ];
            sheet.push(None, None, cells.to_vec());
        }
    }
    for month in months {
        let cells = ["month".into(), Cell::Null, Cell::Null, name(month).into(), month.count.into(), month.days.into()];
        sheet.push(None, None, cells.to_vec());
    }
    sheet
}

//! Did it help, and did they just move round the corner: cases before and after something was done in an area,
//! against a control, with the displacement quotient on rings along the streets.
//!
//! Counts and quotients describe; the effect against the control carries a normal-theory interval that takes cases for
//! independent, so it is too narrow where they come in bursts.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value as Json, json};

use crate::analysis::hotspots::displacement::{BeforeAfter, Verdict, displacement_quotient};
use crate::analysis::hotspots::special::normal_two_sided;
use crate::analysis::hotspots::streets::Walk;
use crate::app::answers::{Form, Question, encode_sheet};
use crate::app::hotspots::Town;
use crate::app::jobs::{Done, Monitor};
use crate::app::patterns::read_selection;
use crate::app::selection::{Cases, Selection, read_time};
use crate::app::texts::{Texts, question};
use crate::app::{App, AppError};
use crate::domain::layer::Layer;
use crate::domain::moment::write_instant;
use crate::domain::reading::shortened;
use crate::formats::sheet::{Cell, Sheet, significant};
use crate::formats::wkt;
use crate::spatial::crs::Crs;
use crate::spatial::foot::contains;
use crate::spatial::gate::admit;
use crate::spatial::shape::{GeometryKind, Shape};
use crate::world::{Condition, Snapshot};

/// What `before-after` takes.
pub const PARAMETERS: [&str; 13] = [
    "category",
    "from",
    "to",
    "hours",
    "weekdays",
    "split_date",
    "before",
    "after",
    "sections",
    "area",
    "control_sections",
    "control_area",
    "rings",
];

const RINGS_M: [f64; 2] = [150.0, 300.0];

/// From inclusive, to exclusive.
type Span = (Timestamp, Timestamp);

#[derive(Debug, Clone)]
pub struct BeforeAfterQuestion {
    pub selection: Selection,
    split_date: Option<Timestamp>,
    before: Option<Span>,
    after: Option<Span>,
    target: Chosen,
    control: Chosen,
    rings: Vec<f64>,
    crs: String,
    form: Form,
}

/// Sections by name, and areas that hold the middle of a section.
#[derive(Debug, Clone, Default)]
struct Chosen {
    names: Vec<String>,
    area: Option<Shape>,
}

impl Chosen {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.area.is_none()
    }
}

impl BeforeAfterQuestion {
    pub fn read(
        app: &App,
        texts: &mut Texts,
        form: Form,
        crs: &Crs,
        conditions: Vec<Condition>,
    ) -> Result<Self, AppError> {
        let split_date = match texts.one("split_date")? {
            None => None,
            Some(text) => {
                Some(read_time(&text, app.zone()).map_err(|error| question("split_date", error.to_string()))?)
            }
        };
        let (before, after) = (span(app, texts, "before")?, span(app, texts, "after")?);
        if split_date.is_none() && (before.is_none() || after.is_none()) {
            let detail = "is missing: say when it was done (split_date=2025-05-01), or both periods \
                          (before=2024-05-01/2024-11-01 and after=2025-05-01/2025-11-01)";
            return Err(question("split_date", detail));
        }
        if let (Some(before), Some(after)) = (before, after)
            && after.0 < before.1
        {
            return Err(question("after", "begins before the period before has ended"));
        }
        let target = chosen(texts, "sections", "area", crs)?;
        if target.is_empty() {
            let detail = "is missing: name the sections where it was done (sections=ID,ID,...), or draw them in (area=POLYGON ((...)))";
            return Err(question("sections", detail));
        }
        let rings = match texts.one("rings")? {
            None => RINGS_M.to_vec(),
            Some(text) => {
                let read: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
                let rise = |rings: &Vec<f64>| {
                    rings.windows(2).all(|pair| pair[0] < pair[1])
                        && rings.iter().all(|edge| *edge > 0.0 && *edge <= 100_000.0)
                        && rings.len() <= 20
                };
                let wrong = || question("rings", "write rising metres with commas between, such as 150,300");
                read.filter(rise).ok_or_else(wrong)?
            }
        };
        Ok(Self {
            selection: read_selection(app, texts, conditions)?,
            split_date,
            before,
            after,
            target,
            control: chosen(texts, "control_sections", "control_area", crs)?,
            rings,
            crs: crs.name().to_owned(),
            form,
        })
    }

    pub fn ask(&self, snapshot: Arc<Snapshot>) -> Question {
        Question::new(snapshot, format!("before-after {self:?}"), &[Layer::Violations, Layer::RoadSections], 0)
    }

    /// Both periods; with a split alone they are equally long, whole days, and reach no further than what is stored:
    /// before the first case there is no record, which is not the same as no case.
    fn periods(&self, cases: &Cases, zone: &TimeZone) -> Result<(Span, Span), AppError> {
        if let (Some(before), Some(after)) = (self.before, self.after) {
            return Ok((before, after));
        }
        let split = self.split_date.or(self.before.map(|before| before.1)).or(self.after.map(|after| after.0));
        let (Some(split), Some((oldest, newest))) = (split, cases.stored) else {
            return Err(question("split_date", "there are no cases stored: import some first"));
        };
        let midnight = |at: Timestamp, days: i64| {
            let day = zone.to_datetime(at).date().saturating_add(days.days());
            zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(at)
        };
        let first = self.selection.from.map_or(midnight(oldest, 0), |from| from.max(midnight(oldest, 0)));
        // The whole day of the newest case, that case included.
        let end = self.selection.to.unwrap_or(midnight(newest, 1));
        if self.after.is_none() && split >= end {
            return Err(question("split_date", "there are no cases after it: take an earlier one"));
        }
        if self.before.is_none() && split <= first {
            let day = zone.to_datetime(first).date();
            let detail = format!("there are no cases before it: those asked about begin on {day}; take a later one");
            return Err(question("split_date", detail));
        }
        let length = split.duration_since(first).min(end.duration_since(split));
        let before = match (self.before, self.selection.from) {
            (Some(before), _) => before,
            (None, Some(_)) => (first, split),
            (None, None) => (split.checked_sub(length).unwrap_or(first), split),
        };
        let after = match (self.after, self.selection.to) {
            (Some(after), _) => after,
            (None, Some(_)) => (split, end),
            (None, None) if self.selection.from.is_some() => (split, end),
            (None, None) => (split, split.checked_add(length).unwrap_or(end)),
        };
        Ok((before, after))
    }
}

/// What a reader of the counts has to know: periods that reach beyond what is stored.
fn beyond(spans: [(&str, Span); 2], cases: &Cases, zone: &TimeZone) -> Option<String> {
    let (oldest, newest) = cases.stored?;
    let day = |at: Timestamp| zone.to_datetime(at).date();
    let short = spans.iter().find(|(_, (from, to))| day(*from) < day(oldest) || *from > newest || *to <= oldest)?;
    Some(format!(
        "the period {} reaches beyond what is stored ({} to {}): its days without records count as days without cases",
        short.0,
        day(oldest),
        day(newest)
    ))
}

fn span(app: &App, texts: &mut Texts, name: &'static str) -> Result<Option<Span>, AppError> {
    let Some(text) = texts.one(name)? else { return Ok(None) };
    let wrong = || question(name, "write both ends, such as 2024-05-01/2024-11-01; the second is exclusive");
    let (from, to) = text.split_once('/').ok_or_else(wrong)?;
    let instant = |text: &str| read_time(text, app.zone()).map_err(|error| question(name, error.to_string()));
    let (from, to) = (instant(from)?, instant(to)?);
    if from >= to {
        return Err(question(name, "the period ends before it begins: the second date must be later"));
    }
    Ok(Some((from, to)))
}

fn chosen(texts: &mut Texts, names: &'static str, area: &'static str, crs: &Crs) -> Result<Chosen, AppError> {
    let names = texts
        .all(names)
        .iter()
        .flat_map(|list| list.split([',', '，']))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let area = match texts.one(area)? {
        None => None,
        Some(text) => {
            let raw = wkt::read(&text).map_err(|error| question(area, error))?;
            let kinds = [GeometryKind::Polygon, GeometryKind::MultiPolygon];
            Some(admit(&raw, crs, &kinds).map_err(|error| question(area, error.reason))?.shape)
        }
    };
    Ok(Chosen { names, area })
}

/// Which sections play which part.
struct Parts {
    target: BTreeSet<u32>,
    /// By ring, the nearest first.
    rings: Vec<BTreeSet<u32>>,
    control: BTreeSet<u32>,
    control_is_rest: bool,
}

fn sections(town: &Town, chosen: &Chosen, name: &'static str) -> Result<BTreeSet<u32>, AppError> {
    let mut found = BTreeSet::new();
    for word in &chosen.names {
        let by_id = word.parse().ok().and_then(|id| town.number(crate::domain::feature::FeatureId(id)));
        let by_external = || town.external_ids.iter().position(|id| id.as_deref() == Some(word)).map(|at| at as u32);
        let section = by_id.or_else(by_external).ok_or_else(|| {
            let word = shortened(word);
            question(name, format!("there is no road section with the id or external id '{word}'"))
        })?;
        found.insert(section);
    }
    if let Some(area) = &chosen.area {
        let inside = (0..town.len()).filter(|section| contains(area, town.middles[*section]));
        found.extend(inside.map(|section| section as u32));
    }
    Ok(found)
}

impl Parts {
    fn new(town: &Town, asked: &BeforeAfterQuestion) -> Result<Self, AppError> {
        let target = sections(town, &asked.target, "sections")?;
        if target.is_empty() {
            return Err(question("area", "holds the middle of no road section: draw it larger"));
        }
        let chosen = sections(town, &asked.control, "control_sections")?;
        if let Some(both) = target.intersection(&chosen).next() {
            let detail =
                format!("section {} is of the target, too: a control is elsewhere", town.ids[*both as usize].0);
            return Err(question("control_sections", detail));
        }
        let mut walk = Walk::new(&town.streets);
        let sources: Vec<(u32, f64)> = target
            .iter()
            .flat_map(|section| town.streets.ends(*section as usize))
            .map(|junction| (junction, 0.0))
            .collect();
        let farthest = asked.rings.last().copied().unwrap_or(0.0);
        walk.run(&town.streets, &sources, farthest);
        let mut rings = vec![BTreeSet::new(); asked.rings.len()];
        let mut rest = BTreeSet::new();
        for section in 0..town.len() as u32 {
            if target.contains(&section) || chosen.contains(&section) {
                continue;
            }
            let to_end = town.streets.ends(section as usize).map(|junction| walk.to(junction));
            let to_middle = to_end[0].min(to_end[1]) + town.streets.length(section as usize) / 2.0;
            match asked.rings.iter().position(|edge| to_middle <= *edge) {
                Some(ring) => drop(rings[ring].insert(section)),
                None => drop(rest.insert(section)),
            }
        }
        let control_is_rest = asked.control.is_empty();
        if !control_is_rest && chosen.is_empty() {
            let detail = "holds the middle of no road section: draw it larger, or leave it out to compare with all beyond the \
                          rings";
            return Err(question("control_area", detail));
        }
        Ok(Self { target, rings, control: if control_is_rest { rest } else { chosen }, control_is_rest })
    }
}

const COLUMNS: [&str; 7] = ["external_id", "name", "part", "count", "before", "after", "change"];

/// Counts before and after by section and part, the quotient of each ring, and the effect against the control.
pub fn before_after(
    app: &App,
    snapshot: &Snapshot,
    asked: &BeforeAfterQuestion,
    monitor: &Monitor,
) -> Result<Done, AppError> {
    let crs = Crs::parse(&asked.crs).map_err(|error| question("crs", error.to_string()))?;
    let Some(town) = app.0.towns.of(snapshot) else {
        let detail = "there are no road sections stored: import some (patrolmap import-osm)";
        return Err(question("sections", detail));
    };
    // The periods say which cases; the selection's own bounds only stand in where they are not said.
    let everything = Selection { from: None, to: None, ..asked.selection.clone() };
    let mut cases = everything.cases(snapshot, app.zone());
    monitor.tell(0.4);
    let (before, after) = asked.periods(&cases, app.zone())?;
    let parts = Parts::new(&town, asked)?;
    let mut counts = vec![BeforeAfter::default(); town.len()];
    let (mut used, mut without, mut outside) = (0, 0, 0);
    let within = |span: Span, at: Timestamp| span.0 <= at && at < span.1;
    for case in &cases.all {
        let (then, now) = (within(before, case.at), within(after, case.at));
        if !then && !now {
            outside += 1;
            continue;
        }
        let Some(section) = case.section.and_then(|id| town.number(id)) else {
            without += 1;
            continue;
        };
        used += 1;
        counts[section as usize].before += u64::from(then);
        counts[section as usize].after += u64::from(now);
    }
    for (reason, count) in [("no-section", without), ("outside-periods", outside)] {
        if count > 0 {
            cases.dropped.insert(reason, count);
        }
    }
    let mut sheet = Sheet::new(&COLUMNS);
    let mut tell = |sections: &BTreeSet<u32>, part: &str| {
        for section in sections {
            let at = *section as usize;
            let BeforeAfter { before, after } = counts[at];
            let cells: Vec<Cell> = vec![
                town.external_ids[at].clone().into(),
                town.names[at].clone().into(),
                part.to_owned().into(),
                ((before + after) as i64).into(),
                (before as i64).into(),
                (after as i64).into(),
                (after as i64 - before as i64).into(),
            ];
            sheet.push(Some(town.ids[at].0), Some(town.shapes[at].clone()), cells);
        }
    };
    tell(&parts.target, "target");
    for (ring, sections) in parts.rings.iter().enumerate() {
        tell(sections, &format!("ring-{}", ring + 1));
    }
    if !parts.control_is_rest {
        tell(&parts.control, "control");
    }
    sheet.members = members(asked, (before, after), &parts, &counts, &cases, used);
    if let Some(note) = beyond([("before", before), ("after", after)], &cases, app.zone()) {
        sheet.members.insert("note".to_owned(), note.into());
    }
    encode_sheet(&sheet, asked.form, &crs)
}

fn sum(counts: &[BeforeAfter], sections: &BTreeSet<u32>) -> BeforeAfter {
    sections.iter().fold(BeforeAfter::default(), |sum, section| {
        let own = counts[*section as usize];
        BeforeAfter { before: sum.before + own.before, after: sum.after + own.after }
    })
}

fn members(
    asked: &BeforeAfterQuestion,
    (before, after): (Span, Span),
    parts: &Parts,
    counts: &[BeforeAfter],
    cases: &Cases,
    used: usize,
) -> Map<String, Json> {
    let told = |span: Span| json!([write_instant(span.0), write_instant(span.1)]);
    let days = |span: Span| span.1.duration_since(span.0).as_secs_f64() / 86_400.0;
    let of_part = |sections: &BTreeSet<u32>| {
        let own = sum(counts, sections);
        json!({ "sections": sections.len(), "before": own.before, "after": own.after,
            "per_day_before": significant(own.before as f64 / days(before), 6),
            "per_day_after": significant(own.after as f64 / days(after), 6) })
    };
    let (target, control) = (sum(counts, &parts.target), sum(counts, &parts.control));
    let mut parameters = asked.selection.told();
    parameters.insert("before".to_owned(), told(before));
    parameters.insert("after".to_owned(), told(after));
    parameters.insert("rings".to_owned(), json!(asked.rings));
    parameters.insert(
        "control".to_owned(),
        if parts.control_is_rest { "all sections beyond the rings" } else { "named sections" }.into(),
    );
    let rings: Vec<Json> = parts
        .rings
        .iter()
        .zip(&asked.rings)
        .map(|(sections, edge)| {
            let mut ring = of_part(sections);
            ring["up_to_m"] = json!(edge);
            match displacement_quotient(target, sum(counts, sections), control) {
                Ok(found) => {
                    ring["wdq"] = json!(found.wdq.map(|wdq| significant(wdq, 8)));
                    ring["success"] = significant(found.success, 8).into();
                    ring["verdict"] = verdict(found.verdict).into();
                }
                Err(error) => ring["note"] = error.to_string().into(),
            }
            ring
        })
        .collect();
    let mut members = Map::new();
    members.insert("method".to_owned(), "before-after".into());
    members.insert("parameters".to_owned(), Json::Object(parameters));
    members.insert("cases".to_owned(), cases.told(used));
    members.insert("target".to_owned(), of_part(&parts.target));
    members.insert("control".to_owned(), of_part(&parts.control));
    members.insert("effect".to_owned(), effect(target, control, parts));
    members.insert("displacement".to_owned(), rings.into());
    members
}

/// Change of the target against that of the control: the ratio of ratios, its interval and its p.
fn effect(target: BeforeAfter, control: BeforeAfter, parts: &Parts) -> Json {
    let counts = [target.before, target.after, control.before, control.after];
    let note = match counts.iter().position(|count| *count == 0) {
        _ if parts.control.is_empty() => Some(
            "no section lies beyond the rings, so there is no control: take smaller rings, or name control_sections",
        ),
        Some(0 | 1) => Some("the target has no cases in a period: take longer periods or a larger target"),
        Some(_) => Some("the control has no cases in a period: take longer periods or a larger control"),
        None => None,
    };
    if let Some(note) = note {
        return json!({ "ratio": null, "note": note });
    }
    let [a0, a1, c0, c1] = counts.map(|count| count as f64);
    let ratio = (a1 / a0) / (c1 / c0);
    let error = (1.0 / a0 + 1.0 / a1 + 1.0 / c0 + 1.0 / c1).sqrt();
    let z = ratio.ln() / error;
    let bound = |sides: f64| significant((ratio.ln() + sides * 1.959_963_985 * error).exp(), 6);
    json!({ "ratio": significant(ratio, 6), "interval_95": [bound(-1.0), bound(1.0)], "z": significant(z, 8),
        "p": significant(normal_two_sided(z), 8) })
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NoSuccess => "no-success",
        Verdict::BenefitAboveEffect => "benefit-above-effect",
        Verdict::Benefit => "benefit",
        Verdict::Neither => "neither",
        Verdict::Displacement => "displacement",
        Verdict::DisplacementAboveEffect => "displacement-above-effect",
    }
}

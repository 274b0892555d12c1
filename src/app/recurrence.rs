//! Which troubles come again: groups of cases of one category, near in space and time, and how soon they recur.
//!
//! Exact single linkage: along the streets between the feet of the cases, or in a straight line on the ellipsoid.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::parallel::{Watch, watched};
use crate::analysis::recurrence::{Groups, groups_along, groups_in_plane};
use crate::app::answers::{Form, Question, encode_sheet};
use crate::app::hotspots::{Frame, Step, Town, envelope_of};
use crate::app::jobs::{Done, Monitor};
use crate::app::patterns::read_selection;
use crate::app::selection::{Case, Cases, Selection};
use crate::app::texts::{Texts, question};
use crate::app::{App, AppError};
use crate::domain::layer::Layer;
use crate::domain::moment::write_instant;
use crate::formats::sheet::{Cell, Sheet, significant};
use crate::spatial::crs::Crs;
use crate::spatial::geodesic::distance_m;
use crate::spatial::shape::Shape;
use crate::world::{Condition, Snapshot};

/// What `recurrence` takes.
pub const PARAMETERS: [&str; 9] =
    ["category", "from", "to", "hours", "weekdays", "distance_m", "window_days", "by", "limit"];

const MICROSECONDS_A_DAY: f64 = 86_400e6;
/// Groups of at least so many cases are recurrences.
const RECURRING: usize = 3;
/// The plane over the cases errs by less than this share of a distance within 40 km of its middle.
const PLANE_ERROR: f64 = 0.02;

/// How distance is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Walk,
    Line,
}

#[derive(Debug, Clone)]
pub struct RecurrenceQuestion {
    pub selection: Selection,
    pub distance_m: f64,
    pub window_days: f64,
    /// Along the streets when none and there are any.
    pub by: Option<By>,
    pub limit: usize,
    pub crs: String,
    pub form: Form,
}

impl RecurrenceQuestion {
    pub fn read(
        app: &App,
        texts: &mut Texts,
        form: Form,
        crs: &Crs,
        conditions: Vec<Condition>,
    ) -> Result<Self, AppError> {
        Ok(Self {
            selection: read_selection(app, texts, conditions)?,
            distance_m: texts.number("distance_m", 0.0, 10_000.0)?.unwrap_or(50.0),
            window_days: texts.number("window_days", 0.0, 3_650.0)?.unwrap_or(30.0),
            by: texts.choice("by", &[("walk", By::Walk), ("line", By::Line)])?,
            limit: texts.whole("limit", 1, 1_000_000)?.unwrap_or(100) as usize,
            crs: crs.name().to_owned(),
            form,
        })
    }

    pub fn ask(&self, snapshot: Arc<Snapshot>) -> Question {
        Question::new(snapshot, format!("recurrence {self:?}"), &[Layer::Violations, Layer::RoadSections], 0)
    }
}

const COLUMNS: [&str; 10] = [
    "rank",
    "category",
    "count",
    "first",
    "last",
    "span_days",
    "median_gap_days",
    "section_id",
    "section_external_id",
    "section_name",
];

/// A group of one category: its cases in the order of time.
struct Recurring<'a> {
    category: &'a str,
    cases: Vec<Case>,
}

pub fn recurrence(
    app: &App,
    snapshot: &Snapshot,
    asked: &RecurrenceQuestion,
    monitor: &Monitor,
) -> Result<Done, AppError> {
    let crs = Crs::parse(&asked.crs).map_err(|error| question("crs", error.to_string()))?;
    let mut cases = asked.selection.cases(snapshot, app.zone());
    monitor.tell(0.2);
    let town = app.0.towns.of(snapshot);
    let by = asked.by.unwrap_or(if town.is_some() { By::Walk } else { By::Line });
    let mut places: Vec<Option<OnSection>> = Vec::new();
    if by == By::Walk {
        let Some(town) = &town else {
            let detail = "there are no road sections stored: import some (patrolmap import-osm), or ask with by=line";
            return Err(question("by", detail));
        };
        places = cases.all.iter().map(|case| town.place(case)).collect();
        let without = places.iter().filter(|place| place.is_none()).count();
        if without > 0 {
            cases.dropped.insert("no-section", without);
        }
    }
    let mut found: Vec<Recurring<'_>> = Vec::new();
    let mut gaps: Vec<f64> = Vec::new();
    let (mut used, mut groups_in_all) = (0, 0);
    for (category, name) in cases.categories.iter().enumerate() {
        monitor.checked()?;
        let own = own_cases(&cases, &places, by, category as u16);
        let times: Vec<i64> = own.iter().map(|(case, _)| case.at.as_microsecond()).collect();
        let looking = monitor.clone();
        let watch: Watch = Arc::new(move |_| looking.goes_on());
        let grouped = watched(watch, || group(&own, &times, asked, by, town.as_deref()));
        let groups = grouped.ok_or_else(|| monitor.reason())?;
        used += own.len();
        groups_in_all += groups.members.len();
        gaps.extend(groups.gaps(&times).into_iter().map(|gap| gap as f64 / MICROSECONDS_A_DAY));
        let recurring = groups.members.iter().filter(|group| group.len() >= RECURRING);
        found.extend(recurring.map(|group| Recurring {
            category: name,
            cases: group.iter().map(|case| own[*case as usize].0).collect(),
        }));
        monitor.tell(0.2 + 0.7 * (category + 1) as f64 / cases.categories.len() as f64);
    }
    // The largest first, then the one that went on last, then by its first case.
    found.sort_by(|a, b| {
        let key = |group: &Recurring<'_>| (group.cases.len(), group.cases.last().map(|case| case.at));
        let (first, other) = (&a.cases[0], &b.cases[0]);
        let place = || first.place.x.total_cmp(&other.place.x).then(first.place.y.total_cmp(&other.place.y));
        key(b).cmp(&key(a)).then(first.at.cmp(&other.at)).then_with(place).then(first.id.cmp(&other.id))
    });
    let mut sheet = Sheet::new(&COLUMNS);
    for (rank, group) in found.iter().take(asked.limit).enumerate() {
        let (id, cells) = row(rank + 1, group, town.as_deref());
        sheet.push(id, Some(Shape::Point(geo::Point(middle(&group.cases)))), cells);
    }
    sheet.members = members(asked, by, &cases, used, groups_in_all, &found, gaps);
    if used == 0 {
        sheet.members.insert("note".to_owned(), asked.selection.without_cases(snapshot, app.zone()).into());
    }
    encode_sheet(&sheet, asked.form, &crs)
}

type Own = (Case, Option<OnSection>);

/// Cases of a category in the order of time; along the streets only those that have a section.
fn own_cases(cases: &Cases, places: &[Option<OnSection>], by: By, category: u16) -> Vec<Own> {
    let place = |at: usize| if by == By::Walk { places[at] } else { None };
    // All come in the order of time, those of one moment by place.
    cases
        .all
        .iter()
        .enumerate()
        .filter(|(at, case)| case.category == category && (by == By::Line || places[*at].is_some()))
        .map(|(at, case)| (*case, place(at)))
        .collect()
}

fn group(own: &[Own], times: &[i64], asked: &RecurrenceQuestion, by: By, town: Option<&Town>) -> Groups {
    let window = (asked.window_days * MICROSECONDS_A_DAY).round() as i64;
    if let (By::Walk, Some(town)) = (by, town) {
        let places: Vec<OnSection> = own.iter().filter_map(|(_, place)| *place).collect();
        return groups_along(&town.streets, &places, times, asked.distance_m, window);
    }
    let frame = Frame::over(envelope_of(own.iter().map(|(case, _)| &case.place)));
    let positions: Vec<_> = own.iter().map(|(case, _)| frame.of(case.place)).collect();
    let margin = asked.distance_m * PLANE_ERROR + 0.01;
    let near = |a: usize, b: usize| distance_m(own[a].0.place, own[b].0.place) <= asked.distance_m;
    groups_in_plane(&positions, times, asked.distance_m, margin, window, near)
}

/// The case that lies nearest to the mean of all.
fn middle(cases: &[Case]) -> geo::Coord {
    let n = cases.len() as f64;
    let mean = geo::Coord {
        x: cases.iter().map(|case| case.place.x).sum::<f64>() / n,
        y: cases.iter().map(|case| case.place.y).sum::<f64>() / n,
    };
    let squeeze = mean.y.to_radians().cos();
    let off = |case: &&Case| ((case.place.x - mean.x) * squeeze).hypot(case.place.y - mean.y);
    cases.iter().min_by(|a, b| off(a).total_cmp(&off(b)).then(a.id.cmp(&b.id))).map_or(mean, |case| case.place)
}

fn row(rank: usize, group: &Recurring<'_>, town: Option<&Town>) -> (Option<i64>, Vec<Cell>) {
    let (first, last) = (group.cases[0].at, group.cases[group.cases.len() - 1].at);
    let mut gaps: Vec<f64> = group.cases.windows(2).map(|pair| days(pair[1].at.duration_since(pair[0].at))).collect();
    // The section that most of the cases lie on; of equals the lowest.
    let mut on: BTreeMap<u32, usize> = BTreeMap::new();
    for section in group.cases.iter().filter_map(|case| town?.number(case.section?)) {
        *on.entry(section).or_insert(0) += 1;
    }
    let section = on.into_iter().max_by_key(|(section, count)| (*count, std::cmp::Reverse(*section)));
    let of_section = town.zip(section.map(|(section, _)| section as usize));
    let cells = vec![
        rank.into(),
        group.category.to_owned().into(),
        group.cases.len().into(),
        write_instant(first).into(),
        write_instant(last).into(),
        significant(days(last.duration_since(first)), 7).into(),
        crate::app::hotspots::median(&mut gaps).map(|gap| significant(gap, 7)).into(),
        of_section.map(|(town, section)| town.ids[section].0).into(),
        of_section.and_then(|(town, section)| town.external_ids[section].clone()).into(),
        of_section.and_then(|(town, section)| town.names[section].clone()).into(),
    ];
    (None, cells)
}

fn days(duration: jiff::SignedDuration) -> f64 {
    duration.as_secs_f64() / 86_400.0
}

fn members(
    asked: &RecurrenceQuestion,
    by: By,
    cases: &Cases,
    used: usize,
    groups: usize,
    found: &[Recurring<'_>],
    mut gaps: Vec<f64>,
) -> Map<String, Json> {
    let mut parameters = asked.selection.told();
    parameters.insert("distance_m".to_owned(), asked.distance_m.into());
    parameters.insert("window_days".to_owned(), asked.window_days.into());
    parameters.insert("by".to_owned(), if by == By::Walk { "walk" } else { "line" }.into());
    let recurring: usize = found.iter().map(|group| group.cases.len()).sum();
    let share = |part: usize, whole: usize| (whole > 0).then(|| significant(part as f64 / whole as f64, 6));
    gaps.sort_unstable_by(f64::total_cmp);
    // The smallest value that so large a share does not exceed.
    let quantile = |share: f64| {
        let at = ((share * gaps.len() as f64).ceil() as usize).max(1) - 1;
        gaps.get(at).map(|gap| significant(*gap, 7))
    };
    let mut members = Map::new();
    members.insert("method".to_owned(), "recurrence".into());
    members.insert("parameters".to_owned(), Json::Object(parameters));
    members.insert("cases".to_owned(), cases.told(used));
    members.insert(
        "recurrence".to_owned(),
        json!({
            "groups": groups,
            "groups_of_3": found.len(),
            "cases_in_groups_of_3": recurring,
            "share_in_groups_of_3": share(recurring, used),
            "days_to_recur": { "pairs": gaps.len(), "lower_quartile": quantile(0.25), "median": quantile(0.5),
                "upper_quartile": quantile(0.75) },
        }),
    );
    members.insert("months".to_owned(), months(cases, by, found, &share));
    members
}

/// Cases of each month and how many of them belong to recurrences: what is reported month by month.
fn months(cases: &Cases, by: By, found: &[Recurring<'_>], share: &dyn Fn(usize, usize) -> Option<f64>) -> Json {
    let mut months: BTreeMap<i32, (usize, usize)> = BTreeMap::new();
    for case in cases.all.iter().filter(|case| by == By::Line || case.section.is_some()) {
        months.entry(Step::Month.number(case.date)).or_default().0 += 1;
    }
    for case in found.iter().flat_map(|group| &group.cases) {
        months.entry(Step::Month.number(case.date)).or_default().1 += 1;
    }
    months
        .into_iter()
        .map(|(month, (count, recurring))| {
            let first = Step::Month.first_day(month);
            json!({ "month": format!("{:04}-{:02}", first.year(), first.month()), "count": count,
                "in_groups_of_3": recurring, "share": share(recurring, count) })
        })
        .collect()
}

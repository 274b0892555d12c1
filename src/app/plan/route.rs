//! The way of an assistant along the own beat: the shortest closed walk over the streets on foot.

use std::collections::HashMap;
use std::fmt::Write;

use geo::{Coord, LineString};
use serde_json::{Value as Json, json};

use crate::analysis::postman::{PostmanError, Street, Walk, closed_walk};
use crate::app::error::invalid;
use crate::app::plan::desk::rounded;
use crate::app::{App, AppError};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::domain::plan::{Beat, PlanId};
use crate::domain::reading::shortened;
use crate::domain::road_section;
use crate::spatial::cut::{cut, spot_at};
use crate::spatial::foot::grow;
use crate::spatial::geodesic::{distance_m, length_m};
use crate::spatial::network::{WALK_M_S, junctions};
use crate::spatial::shape::{Envelope, Shape};
use crate::world::Snapshot;

/// Streets so far round the beat may be walked on the way; all of them where that is not enough.
const AROUND_M: f64 = 800.0;

/// A closed walk along a beat.
pub struct Route {
    pub assistant: FeatureId,
    pub code: String,
    /// From the start back to it.
    pub line: Vec<Coord>,
    pub metres: f64,
    /// Metres that are walked only to get on.
    pub passed_m: f64,
    pub own_m: f64,
    /// Whether there is no shorter one.
    pub is_shortest: bool,
    /// Section, and which part of its line is walked in which direction.
    pub steps: Vec<Stretch>,
}

#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub section: FeatureId,
    pub from_share: f64,
    pub to_share: f64,
    pub only_passed: bool,
}

impl App {
    /// The route of an assistant by a plan. `assistant` is an id or a code.
    pub async fn beat_route(&self, id: PlanId, assistant: &str) -> Result<Route, AppError> {
        let snapshot = self.snapshot();
        let beats = {
            let mut tx = self.store().read().await?;
            tx.plan(id).await?.ok_or(AppError::NoPlan { id })?;
            tx.beats(id).await?
        };
        let person = person(&snapshot, assistant)?;
        tokio::task::spawn_blocking(move || route(&snapshot, &person, &beats))
            .await
            .map_err(|_| AppError::Configuration("the route could not be found".to_owned()))?
    }
}

fn person(snapshot: &Snapshot, named: &str) -> Result<Feature, AppError> {
    let mut found = None;
    snapshot.layer(Layer::Assistants).for_each(&mut |row| {
        let person = row.feature();
        if person.id.0.to_string() == named || person.value(Layer::Assistants, "code").text() == Some(named) {
            found = Some(person);
        }
    });
    found.ok_or_else(|| AppError::Question {
        name: "assistant",
        detail: format!("there is no assistant '{}'", shortened(named)),
    })
}

/// The shortest closed walk over what `person` has of `beats`, from the post where there is one.
///
/// Errors: [`AppError::Invalid`] where there is nothing to walk, or no way on foot joins it. Cost: a search over the
/// streets around for each odd junction.
pub fn route(snapshot: &Snapshot, person: &Feature, beats: &[Beat]) -> Result<Route, AppError> {
    let layer = snapshot.layer(Layer::RoadSections);
    let own: Vec<Beat> = beats.iter().filter(|beat| beat.assistant == person.id).copied().collect();
    let mut window = Envelope::EMPTY;
    for beat in &own {
        window = window.union(layer.shape(beat.section).map_or(Envelope::EMPTY, |shape| shape.envelope()));
    }
    let post = person.geometry.as_ref().map(|shape| shape.anchor().0);
    if let Some(post) = post {
        window.include(post);
    }
    if own.is_empty() || window.is_empty() {
        let detail = "the assistant has no sections in this plan: share them out first (POST /api/plans/{id}/beats)";
        return Err(invalid("", detail));
    }
    let code = person.value(Layer::Assistants, "code").text().unwrap_or_default().to_owned();
    let near = Ground::new(snapshot, grow(window, AROUND_M), &own);
    let walked = near.walk(post).map(|walk| near.route(person.id, code.clone(), &walk)).or_else(|error| match error {
        PostmanError::Apart { .. } | PostmanError::Start { .. } => {
            let all = Ground::new(snapshot, Envelope::WORLD, &own);
            all.walk(post).or_else(|_| all.walk(None)).map(|walk| all.route(person.id, code, &walk))
        }
        other => Err(other),
    });
    walked.map_err(|error| match error {
        PostmanError::Apart { .. } => {
            invalid("", "no way on foot joins the sections of the beat: move some, or add the way")
        }
        other => invalid("", other.to_string()),
    })
}

/// Streets that may be walked, cut where beats begin and end.
struct Ground {
    lines: Vec<(FeatureId, f64, f64, LineString)>,
    streets: Vec<Street>,
    own: Vec<u32>,
    places: Vec<Coord>,
}

impl Ground {
    fn new(snapshot: &Snapshot, window: Envelope, beats: &[Beat]) -> Self {
        let mut sections: Vec<Feature> = Vec::new();
        let mut of_beat: HashMap<FeatureId, Vec<Beat>> = HashMap::new();
        beats.iter().for_each(|beat| of_beat.entry(beat.section).or_default().push(*beat));
        snapshot.layer(Layer::RoadSections).in_window(window, &mut |row| {
            let section = row.feature();
            let on_foot = section.value(Layer::RoadSections, "foot") == &crate::domain::value::Value::Boolean(true);
            if on_foot || of_beat.contains_key(&section.id) {
                sections.push(section);
            }
        });
        sections.sort_by_key(|section| section.id);
        let streets: Vec<_> = sections
            .iter()
            .filter_map(|own| road_section::street(own.geometry.as_ref(), &own.values, &own.extras))
            .collect();
        let (ends, count) = junctions(&streets);
        let mut ground =
            Self { lines: Vec::new(), streets: Vec::new(), own: Vec::new(), places: vec![Coord::default(); count] };
        for ((section, [start, end]), street) in sections.iter().zip(ends).zip(&streets) {
            ground.places[start as usize] = street.start;
            ground.places[end as usize] = street.end;
            let Some(Shape::LineString(line)) = &section.geometry else { continue };
            let beats = of_beat.get(&section.id).map_or(&[][..], Vec::as_slice);
            ground.add(section.id, line, [start, end], beats);
        }
        ground
    }

    fn add(&mut self, id: FeatureId, line: &LineString, [start, end]: [u32; 2], beats: &[Beat]) {
        let mut shares: Vec<f64> = beats.iter().flat_map(|beat| [beat.from_share, beat.to_share]).collect();
        shares.retain(|share| *share > 1e-9 && *share < 1.0 - 1e-9);
        shares.sort_by(f64::total_cmp);
        shares.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
        let length = length_m(line);
        let spots: Vec<_> = shares.iter().map(|share| spot_at(line, share * length)).collect();
        let mut parts = cut(line, &spots);
        if parts.len() != shares.len() + 1 {
            // Cuts that fall together: the section is walked as a whole.
            parts = vec![line.clone()];
            shares.clear();
        }
        let bounds: Vec<f64> = std::iter::once(0.0).chain(shares).chain(std::iter::once(1.0)).collect();
        let last = parts.len() - 1;
        let mut from = start;
        for (at, part) in parts.into_iter().enumerate() {
            let to = if at == last {
                end
            } else {
                self.places.push(part.0.last().copied().unwrap_or_default());
                self.places.len() as u32 - 1
            };
            let (low, high) = (bounds[at], bounds[at + 1]);
            let middle = f64::midpoint(low, high);
            if beats.iter().any(|beat| beat.from_share <= middle && middle < beat.to_share) {
                self.own.push(self.streets.len() as u32);
            }
            self.streets.push(Street { ends: [from, to], metres: length_m(&part) });
            self.lines.push((id, low, high, part));
            from = to;
        }
    }

    fn walk(&self, post: Option<Coord>) -> Result<Walk, PostmanError> {
        let ends = || self.streets.iter().flat_map(|street| street.ends);
        let start = post.and_then(|post| {
            let metres = |junction: &u32| distance_m(self.places[*junction as usize], post);
            ends().min_by(|a, b| metres(a).total_cmp(&metres(b)).then(a.cmp(b)))
        });
        closed_walk(&self.streets, &self.own, start)
    }

    fn route(&self, assistant: FeatureId, code: String, walk: &Walk) -> Route {
        let mut line: Vec<Coord> = Vec::new();
        let mut steps = Vec::with_capacity(walk.steps.len());
        for step in &walk.steps {
            let (section, low, high, part) = &self.lines[step.street as usize];
            let mut corners: Vec<Coord> = part.0.clone();
            let (mut from_share, mut to_share) = (*low, *high);
            if !step.forward {
                corners.reverse();
                (from_share, to_share) = (to_share, from_share);
            }
            let skip = usize::from(line.last() == corners.first());
            line.extend(corners.into_iter().skip(skip));
            steps.push(Stretch { section: *section, from_share, to_share, only_passed: step.only_passed });
        }
        let own_m = self.own.iter().map(|street| self.streets[*street as usize].metres).sum();
        Route {
            assistant,
            code,
            line,
            metres: walk.metres,
            passed_m: walk.passed_m,
            own_m,
            is_shortest: walk.is_shortest,
            steps,
        }
    }
}

impl Route {
    /// A GeoJSON feature.
    pub fn feature(&self) -> Json {
        let steps = self.steps.iter().map(|step| {
            json!({
                "section_id": step.section.0,
                "from_share": rounded(step.from_share, 4),
                "to_share": rounded(step.to_share, 4),
                "only_passed": step.only_passed,
            })
        });
        let line: Vec<Json> = self.line.iter().map(|at| json!([rounded(at.x, 7), rounded(at.y, 7)])).collect();
        json!({
            "type": "Feature",
            "id": self.assistant.0,
            "geometry": { "type": "LineString", "coordinates": line },
            "properties": {
                "assistant_id": self.assistant.0,
                "code": self.code,
                "distance_m": rounded(self.metres, 1),
                "own_m": rounded(self.own_m, 1),
                "passed_m": rounded(self.passed_m, 1),
                "duration_s": rounded(self.metres / WALK_M_S, 0),
                "is_shortest": self.is_shortest,
                "steps": steps.collect::<Vec<_>>(),
            },
        })
    }

    /// A GPX 1.1 file with one track.
    pub fn gpx(&self) -> String {
        let name: String = self.code.chars().filter(|letter| !"<>&\"'".contains(*letter)).collect();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"patrolmap\" \
             xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk><name>{name}</name><trkseg>\n"
        );
        for at in &self.line {
            let point = writeln!(text, "<trkpt lat=\"{:.7}\" lon=\"{:.7}\"/>", at.y, at.x);
            point.expect("writing to memory cannot fail");
        }
        text.push_str("</trkseg></trk>\n</gpx>\n");
        text
    }
}

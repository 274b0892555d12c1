//! Which sections of an input stand here in pieces already, because they were split or merged here? Those are left as
//! they are. Decides; changes nothing.
//!
//! An extract numbers the parts of a way anew when a junction comes or goes, so its sections are known by their line,
//! not by their name. Files of others are known by their external ids.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use crate::app::AppError;
use crate::app::import::osm;
use crate::domain::draft::{Draft, Given};
use crate::domain::feature::{Feature, FeatureId};
use crate::domain::layer::Layer;
use crate::spatial::shape::Shape;
use crate::store::{ReadTx, Resection};

/// What of an input is left as it is.
#[derive(Default)]
pub(super) struct Resected {
    /// External ids of the input for which pieces stand.
    pub kept: HashSet<String>,
    /// Pieces of sections that an extract does not have any more as they were.
    pub orphans: HashSet<FeatureId>,
    /// The commit up to which this is known.
    pub seen: i64,
}

/// Positions in steps of 1e-7 degrees, as OpenStreetMap has them.
type Line = Vec<(i64, i64)>;

impl Resected {
    /// `extract` is what an extract holds; none for other files.
    pub async fn find(tx: &mut ReadTx, extract: Option<&osm::Items>) -> Result<Self, AppError> {
        let seen = tx.newest_lineage().await?;
        let resections = tx.resections().await?;
        let Some(extract) = extract else {
            let kept = resections.into_iter().map(|one| one.external_id).collect();
            return Ok(Self { kept, orphans: HashSet::new(), seen });
        };
        let own: Vec<Resection> = resections.into_iter().filter(|one| osm::is_section(&one.external_id)).collect();
        if own.is_empty() {
            return Ok(Self { seen, ..Self::default() });
        }
        let mut ids: Vec<FeatureId> = own.iter().flat_map(|one| one.heirs.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        let heirs = tx.features(Layer::RoadSections, &ids).await?;
        let heirs: HashMap<FeatureId, Line> =
            heirs.iter().filter_map(|heir: &Feature| Some((heir.id, line(heir.geometry.as_ref()?)?))).collect();
        Ok(Self { seen, ..decide(&own, &heirs, &Streets::of(extract)) })
    }
}

/// Sections that share a piece are decided together: all of them are in the extract as they were, or all its pieces
/// are; else the extract's streets are taken and the pieces have lost their ground.
fn decide(resections: &[Resection], heirs: &HashMap<FeatureId, Line>, streets: &Streets<'_>) -> Resected {
    let mut decided = Resected::default();
    for group in groups(resections) {
        let mut pieces: Vec<FeatureId> = group.iter().flat_map(|one| one.heirs.iter().copied()).collect();
        pieces.sort_unstable();
        pieces.dedup();
        let lines: Vec<&Line> = pieces.iter().filter_map(|id| heirs.get(id)).collect();
        let cuts: HashSet<(i64, i64)> =
            lines.iter().flat_map(|line| [line.first(), line.last()]).flatten().copied().collect();
        let as_before = |one: &&Resection| match one.body.as_deref().and_then(line_of_body) {
            Some(line) => streets.along(&line, &cuts),
            // Without its line only its name is known.
            None => streets.named(&one.external_id).map(|id| vec![id]),
        };
        let found: Option<Vec<Vec<&str>>> = group.iter().map(as_before).collect();
        let found = found.or_else(|| lines.iter().map(|line| streets.along(line, &HashSet::new())).collect());
        match found {
            Some(found) => decided.kept.extend(found.into_iter().flatten().map(str::to_owned)),
            None => decided.orphans.extend(pieces),
        }
    }
    decided
}

/// Resections that have pieces in common, directly or by others.
fn groups(resections: &[Resection]) -> Vec<Vec<&Resection>> {
    let mut groups: Vec<(HashSet<FeatureId>, Vec<&Resection>)> = Vec::new();
    let mut group_of: HashMap<FeatureId, usize> = HashMap::new();
    for one in resections {
        let mut met: Vec<usize> = one.heirs.iter().filter_map(|heir| group_of.get(heir).copied()).collect();
        met.sort_unstable();
        met.dedup();
        let target = met.first().copied().unwrap_or(groups.len());
        if target == groups.len() {
            groups.push((HashSet::new(), Vec::new()));
        }
        for other in met.into_iter().skip(1) {
            let (heirs, members) = std::mem::take(&mut groups[other]);
            group_of.extend(heirs.iter().map(|heir| (*heir, target)));
            groups[target].0.extend(heirs);
            groups[target].1.extend(members);
        }
        group_of.extend(one.heirs.iter().map(|heir| (*heir, target)));
        groups[target].0.extend(&one.heirs);
        groups[target].1.push(one);
    }
    groups.into_iter().map(|(_, members)| members).filter(|members| !members.is_empty()).collect()
}

/// The extract's sections, by their first steps in both directions.
struct Streets<'a> {
    by_step: HashMap<[(i64, i64); 2], Vec<(&'a str, Line)>>,
    names: HashSet<&'a str>,
}

impl<'a> Streets<'a> {
    fn of(extract: &'a osm::Items) -> Self {
        let mut streets = Self { by_step: HashMap::new(), names: HashSet::new() };
        for draft in extract.iter().filter_map(|(_, read)| read.as_ref().ok()) {
            let Draft { external_id: Given::Value(id), geometry: Given::Value(shape), .. } = draft else { continue };
            let Some(forward) = line(shape) else { continue };
            streets.names.insert(id);
            let backward: Line = forward.iter().rev().copied().collect();
            for line in [forward, backward] {
                streets.by_step.entry([line[0], line[1]]).or_default().push((id, line));
            }
        }
        streets
    }

    fn named(&self, id: &str) -> Option<&'a str> {
        self.names.get(id).copied()
    }

    /// The sections that together are this line, in either direction, meeting at these places only.
    fn along(&self, line: &[(i64, i64)], cuts: &HashSet<(i64, i64)>) -> Option<Vec<&'a str>> {
        let (mut at, mut found) = (0, Vec::new());
        while at + 1 < line.len() {
            let candidates = self.by_step.get(&[line[at], line[at + 1]])?;
            let (id, part) = candidates.iter().find(|(_, part)| line[at..].starts_with(part))?;
            at += part.len() - 1;
            if at + 1 < line.len() && !cuts.contains(&line[at]) {
                return None;
            }
            found.push(*id);
        }
        Some(found)
    }
}

fn line(shape: &Shape) -> Option<Line> {
    let Shape::LineString(line) = shape else { return None };
    Some(line.0.iter().map(|at| steps(at.x, at.y)).collect())
}

fn steps(lon: f64, lat: f64) -> (i64, i64) {
    ((lon * 1e7).round() as i64, (lat * 1e7).round() as i64)
}

/// The line of a feature as the history keeps it.
fn line_of_body(body: &str) -> Option<Line> {
    let body: Json = serde_json::from_str(body).ok()?;
    let positions = body.pointer("/geometry/coordinates")?.as_array()?;
    let line: Option<Line> =
        positions.iter().map(|at| Some(steps(at.get(0)?.as_f64()?, at.get(1)?.as_f64()?))).collect();
    line.filter(|line| line.len() > 1)
}

//! Streets and parking out of an extract of OpenStreetMap into their layers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::app::import::attempt::Attempt;
use crate::app::import::reader::in_file;
use crate::app::import::{self, ATTEMPTS, BATCH, Feed, Item, Parcel, Summary};
use crate::app::{App, AppError};
use crate::domain::draft::{self, Draft, FieldError, Given, Rules};
use crate::domain::layer::Layer;
use crate::domain::road_section;
use crate::domain::value::Value;
use crate::formats::open::{OpenOptions, open};
use crate::formats::osm::{Extract, read};
use crate::formats::{FormatError, Located};
use crate::spatial::area::PreparedArea;
use crate::spatial::crs::{Crs, WGS84};
use crate::spatial::gate;
use crate::spatial::network::{Profile, Street, pieces};
use crate::spatial::raw::RawGeometry;
use crate::spatial::shape::{GeometryKind, Shape};

#[derive(Debug, Clone)]
pub struct OsmRequest {
    pub file: PathBuf,
    /// Areas; what touches none of them is left out.
    pub boundary: Option<PathBuf>,
    /// Take away what is stored from an earlier extract and not in this one.
    pub prune: bool,
    pub dry_run: bool,
    pub force: bool,
}

/// What an import of an extract did, or would do.
#[derive(Debug, Clone, Default)]
pub struct OsmSummary {
    pub sections: Summary,
    pub parking: Summary,
    /// Streets and parking that touch no boundary.
    pub outside_boundary: u64,
    /// Nodes that ways pass and that the extract does not hold.
    pub missing_nodes: u64,
    /// Areas of parking that are no valid polygons and were kept as their centroid.
    pub areas_as_points: u64,
    /// One line a profile.
    pub networks: Vec<NetworkSummary>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSummary {
    pub profile: Profile,
    pub km: f64,
    pub largest_km: f64,
    pub islands: usize,
    pub islands_km: f64,
}

/// What is read of an extract: the place of each feature and what stands there.
pub(super) type Items = [(String, Result<Draft, Vec<FieldError>>)];

/// What the extract holds, how features of an earlier one are known, and whether those that vanished go.
pub(super) struct Terms {
    layer: Layer,
    pub items: Arc<Items>,
    pub prune: bool,
}

impl Terms {
    /// Whether an external id is one that an extract gives: `w12:0` for sections, `n12` or `w12` for parking.
    pub fn is_own(&self, id: &str) -> bool {
        match self.layer {
            Layer::RoadSections => is_section(id),
            _ => id.strip_prefix(['n', 'w']).is_some_and(is_number),
        }
    }
}

/// Whether an external id is one that an extract gives a section.
pub(super) fn is_section(id: &str) -> bool {
    let parts = id.strip_prefix('w').and_then(|rest| rest.split_once(':'));
    parts.is_some_and(|(way, part)| is_number(way) && is_number(part))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Layers that have to be in memory.
pub fn layers_needed() -> Vec<Layer> {
    let mut needed = import::layers_needed(Layer::RoadSections);
    needed.extend(import::layers_needed(Layer::ParkingPoints));
    needed.push(Layer::ParkingPoints);
    needed.sort_unstable();
    needed.dedup();
    needed
}

/// Reads and judges all of the extract before anything is stored; then the sections are published, then the parking.
/// Where either is refused, neither is stored.
pub async fn import_osm(
    app: &App,
    request: &OsmRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<OsmSummary, AppError> {
    let (asked, owned) = (request.clone(), app.clone());
    let taken = tokio::task::spawn_blocking(move || Taken::read(&owned, &asked))
        .await
        .map_err(|_| AppError::Configuration("reading the extract failed".to_owned()))??;
    let summary = taken.summary;
    let terms = [
        terms(request, Layer::RoadSections, taken.sections.into()),
        terms(request, Layer::ParkingPoints, taken.parking.into()),
    ];
    let mut published: Vec<Summary> = Vec::with_capacity(terms.len());
    for _ in 0..ATTEMPTS {
        let mut prepared = Vec::with_capacity(terms.len());
        for terms in &terms[published.len()..] {
            let attempt = Attempt::new(app, terms).await?.prepare(feed(terms), progress).await?;
            if attempt.summary().stopped {
                let stopped = attempt.summary().clone();
                return Ok(match terms.layer {
                    Layer::RoadSections => OsmSummary { sections: stopped, ..summary },
                    _ => OsmSummary { parking: stopped, ..summary },
                });
            }
            prepared.push(attempt);
        }
        for attempt in prepared {
            let Some(one) = attempt.publish().await? else { break };
            published.push(one);
        }
        if published.len() == terms.len() {
            let parking = published.pop().unwrap_or_default();
            let sections = published.pop().unwrap_or_default();
            return Ok(OsmSummary { sections, parking, ..summary });
        }
    }
    let stored = if published.is_empty() { "nothing was stored" } else { "only the sections were stored" };
    Err(AppError::Conflict {
        detail: format!("others keep changing the same features: {stored}, run the import again"),
        pointer: None,
    })
}

fn terms(request: &OsmRequest, layer: Layer, items: Arc<Items>) -> import::Terms {
    import::Terms {
        layer,
        files: vec![request.file.clone()],
        skip_errors: false,
        dry_run: request.dry_run,
        force: request.force,
        osm: Some(Terms { layer, items, prune: request.prune }),
    }
}

fn feed(terms: &import::Terms) -> Feed {
    let items: Arc<Items> = terms.osm.as_ref().map_or_else(|| Vec::new().into(), |osm| osm.items.clone());
    Box::new(move |parcels: &mpsc::Sender<Parcel>| {
        for batch in items.chunks(BATCH) {
            let item = |(place, read): &(String, Result<Draft, Vec<FieldError>>)| Item {
                file: 0,
                place: place.clone(),
                read: read.clone(),
                // A tag that is not there says nothing of a new feature.
                is_row: true,
                written: None,
            };
            if parcels.blocking_send(Parcel::Items(batch.iter().map(item).collect())).is_err() {
                return;
            }
        }
        drop(parcels.blocking_send(Parcel::End { never_met: Vec::new() }));
    })
}

/// What is taken of an extract, typed and gated.
struct Taken {
    sections: Vec<(String, Result<Draft, Vec<FieldError>>)>,
    parking: Vec<(String, Result<Draft, Vec<FieldError>>)>,
    summary: OsmSummary,
}

impl Taken {
    fn read(app: &App, request: &OsmRequest) -> Result<Self, AppError> {
        let boundary = request.boundary.as_deref().map(Boundary::read).transpose()?;
        let extract = read(&request.file)?;
        if !extract.has_streets() {
            return Err(AppError::Format(FormatError::Broken {
                place: request.file.display().to_string(),
                detail: "holds no streets: is it an extract of another kind, or cut off?".to_owned(),
            }));
        }
        let mut summary = OsmSummary { missing_nodes: extract.missing_nodes() as u64, ..OsmSummary::default() };
        let rules = Rules {
            zone: &app.0.zone,
            catalogue: &app.0.catalogue,
            scheme: &app.0.settings.category_scheme,
            crs: &WGS84,
            id_is_external: false,
        };
        let within = |read: &Result<Draft, _>| match (&boundary, read) {
            (Some(boundary), Ok(Draft { geometry: Given::Value(shape), .. })) => boundary.touches(shape),
            _ => true,
        };
        let mut sections = Vec::new();
        for Located { place, raw, .. } in extract.sections() {
            let read = draft::read(Layer::RoadSections, raw, &rules);
            if within(&read) {
                sections.push((place, read));
            } else {
                summary.outside_boundary += 1;
            }
        }
        let mut parking = Vec::new();
        for (place, read) in parking_of(&extract, &rules, &mut summary.areas_as_points) {
            if within(&read) {
                parking.push((place, read));
            } else {
                summary.outside_boundary += 1;
            }
        }
        if sections.is_empty() {
            return Err(AppError::Format(FormatError::Broken {
                place: request.file.display().to_string(),
                detail: "no street of the extract touches the boundary: is it the right extract, the right system?"
                    .to_owned(),
            }));
        }
        summary.networks = networks(&sections);
        Ok(Self { sections, parking, summary })
    }
}

/// An area that is no valid polygon is kept as its centroid, and counted.
fn parking_of(
    extract: &Extract,
    rules: &Rules<'_>,
    as_points: &mut u64,
) -> Vec<(String, Result<Draft, Vec<FieldError>>)> {
    let mut all = Vec::new();
    for parking in extract.parking() {
        let Located { place, raw, .. } = parking.located;
        let mut read = draft::read(Layer::ParkingPoints, raw.clone(), rules);
        if matches!(&read, Err(errors) if errors.iter().any(|error| error.pointer.starts_with("/geometry"))) {
            let mut raw = raw;
            raw.geometry = Given::Value(RawGeometry::Point(parking.centroid));
            read = draft::read(Layer::ParkingPoints, raw, rules);
            *as_points += u64::from(read.is_ok());
        }
        all.push((place, read));
    }
    all
}

fn networks(sections: &Items) -> Vec<NetworkSummary> {
    let streets: Vec<Street> = sections
        .iter()
        .filter_map(|(_, read)| {
            let draft = read.as_ref().ok()?;
            let Given::Value(shape) = &draft.geometry else { return None };
            let values: Vec<Value> = draft.values.iter().map(|said| said.clone().unwrap_or(Value::Null)).collect();
            road_section::street(Some(shape), &values, &draft.extras)
        })
        .collect();
    Profile::ALL
        .into_iter()
        .map(|profile| {
            let pieces = pieces(&streets, profile);
            NetworkSummary {
                profile,
                km: pieces.metres / 1e3,
                largest_km: pieces.largest_m() / 1e3,
                islands: pieces.islands(),
                // No islands add up to minus zero.
                islands_km: pieces.lengths.iter().skip(1).sum::<f64>().abs() / 1e3,
            }
        })
        .collect()
}

/// The areas of a file, any of which may be touched.
struct Boundary(Vec<(Shape, PreparedArea)>);

impl Boundary {
    fn read(path: &Path) -> Result<Self, AppError> {
        let wrong = |place: &str, detail: String| {
            AppError::Format(FormatError::Broken { place: format!("{}, {place}", path.display()), detail })
        };
        let source = open(path, &OpenOptions::default()).map_err(|error| in_file(path, error))?;
        let crs = match &source.declared_crs {
            Some(name) => Crs::parse(name).map_err(|error| wrong("the file", error.to_string()))?,
            None => Crs::default(),
        };
        let mut areas = Vec::new();
        for feature in source.features {
            let Located { place, raw, .. } = feature.map_err(|error| in_file(path, error))?;
            let Given::Value(geometry) = raw.geometry else {
                return Err(wrong(&place, "has no geometry: a boundary needs a Polygon or MultiPolygon".to_owned()));
            };
            let kinds = [GeometryKind::Polygon, GeometryKind::MultiPolygon];
            let admitted = gate::admit(&geometry, &crs, &kinds).map_err(|error| wrong(&place, error.reason))?;
            let prepared = PreparedArea::new(&admitted.shape);
            areas.push((admitted.shape, prepared));
        }
        if areas.is_empty() {
            return Err(wrong("the file", "holds no area".to_owned()));
        }
        Ok(Self(areas))
    }

    fn touches(&self, shape: &Shape) -> bool {
        self.0.iter().any(|(_, area)| area.touches(shape))
    }
}

//! The road sections of one moment as hotspots need them: lines, lengths, junctions, neighbourhoods. Made once for as
//! long as the sections stay the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use geo::Coord;

use crate::analysis::hotspots::HotspotError;
use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::hotspots::streets::Streets;
use crate::analysis::hotspots::weights::Weights;
use crate::app::selection::Case;
use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::domain::road_section;
use crate::spatial::foot::foot_on_line;
use crate::spatial::network::{Street, junctions};
use crate::spatial::shape::Shape;
use crate::world::{LayerSnapshot, Snapshot};

/// Neighbourhoods by distance that are kept for a town.
const MOST_BANDS: usize = 8;
/// Neighbours in all of them.
const MOST_ENTRIES: usize = 30_000_000;
/// A section has some length, or nothing could be divided by it.
const SHORTEST_M: f64 = 0.001;

/// Sections by id, with what they are called and how they hang together.
pub(crate) struct Town {
    made_of: Weak<LayerSnapshot>,
    pub ids: Vec<FeatureId>,
    pub external_ids: Vec<Option<String>>,
    pub names: Vec<Option<String>>,
    pub shapes: Vec<Shape>,
    /// Longitude and latitude of the middle.
    pub middles: Vec<Coord>,
    number: HashMap<FeatureId, u32>,
    /// Lengths are geodesic metres.
    pub streets: Streets,
    touching: OnceLock<Arc<Weights>>,
    bands: Mutex<Vec<(f64, Arc<Weights>)>>,
}

/// The town that was asked for last.
#[derive(Default)]
pub(crate) struct TownCache(Mutex<Option<Arc<Town>>>);

impl TownCache {
    /// The sections of a snapshot; none where there are none.
    ///
    /// Cost: a copy of each section when sections have changed since the last question.
    pub fn of(&self, snapshot: &Snapshot) -> Option<Arc<Town>> {
        let layer = snapshot.layer_handle(Layer::RoadSections);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(town) = kept.as_ref().filter(|town| town.made_of.ptr_eq(&Arc::downgrade(&layer))) {
            return Some(town.clone());
        }
        let town = Arc::new(Town::new(&layer)?);
        *kept = Some(town.clone());
        Some(town)
    }
}

impl Town {
    fn new(layer: &Arc<LayerSnapshot>) -> Option<Self> {
        let mut features = Vec::with_capacity(layer.len());
        layer.for_each(&mut |row| features.push(row.feature()));
        features.sort_unstable_by_key(|feature| feature.id);
        let mut streets: Vec<Street> = Vec::with_capacity(features.len());
        let (mut ids, mut external_ids, mut names, mut shapes, mut middles) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for feature in features {
            let street = road_section::street(feature.geometry.as_ref(), &feature.values, &feature.extras);
            let name = feature.value(Layer::RoadSections, "name").text().map(str::to_owned);
            let (Some(street), Some(shape)) = (street, feature.geometry) else { continue };
            streets.push(street);
            ids.push(feature.id);
            external_ids.push(feature.external_id);
            names.push(name);
            middles.push(shape.anchor().0);
            shapes.push(shape);
        }
        let (ends, _) = junctions(&streets);
        let lengths: Vec<f64> = streets.iter().map(|street| street.metres.max(SHORTEST_M)).collect();
        let number = ids.iter().enumerate().map(|(at, id)| (*id, at as u32)).collect();
        Some(Self {
            made_of: Arc::downgrade(layer),
            streets: Streets::new(&ends, &lengths).ok()?,
            ids,
            external_ids,
            names,
            shapes,
            middles,
            number,
            touching: OnceLock::new(),
            bands: Mutex::default(),
        })
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number of a section here.
    pub fn number(&self, id: FeatureId) -> Option<u32> {
        self.number.get(&id).copied()
    }

    /// Where on its section a case lies; none when it has no section here.
    pub fn place(&self, case: &Case) -> Option<OnSection> {
        let section = self.number(case.section?)?;
        let Shape::LineString(line) = &self.shapes[section as usize] else { return None };
        let length = self.streets.length(section as usize);
        let offset_m = (foot_on_line(line, case.place).share * length).clamp(0.0, length);
        Some(OnSection { section, offset_m })
    }

    /// Sections that share a junction.
    pub fn touching(&self) -> Arc<Weights> {
        self.touching.get_or_init(|| Arc::new(Weights::sharing_ends(&self.streets))).clone()
    }

    /// Sections within a distance along the streets, middle to middle.
    pub fn band(&self, distance_m: f64) -> Result<Arc<Weights>, HotspotError> {
        let known = |bands: &[(f64, Arc<Weights>)]| {
            bands.iter().find(|(distance, _)| *distance == distance_m).map(|(_, weights)| weights.clone())
        };
        if let Some(weights) = known(&self.bands.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(weights);
        }
        let weights = Arc::new(Weights::network_band(&self.streets, distance_m)?);
        let mut bands = self.bands.lock().unwrap_or_else(PoisonError::into_inner);
        bands.push((distance_m, weights.clone()));
        let entries = |bands: &[(f64, Arc<Weights>)]| bands.iter().map(|(_, band)| band.entries()).sum::<usize>();
        while bands.len() > MOST_BANDS || (bands.len() > 1 && entries(&bands) > MOST_ENTRIES) {
            bands.remove(0);
        }
        Ok(weights)
    }
}

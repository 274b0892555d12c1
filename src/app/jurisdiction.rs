//! Where a place stands to the jurisdictions: inside, near outside (flagged), or far (refused).

use std::sync::{Arc, Mutex, PoisonError};

use geo::Coord;

use crate::app::error::{AppError, invalid};
use crate::domain::feature::Feature;
use crate::domain::layer::Layer;
use crate::spatial::area::PreparedArea;
use crate::spatial::foot::distance_to_shape_m;
use crate::spatial::shape::Shape;
use crate::world::{LayerSnapshot, Snapshot};

/// Features farther than this outside every jurisdiction are taken for misplaced.
pub const FAR_M: f64 = 5_000.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Inside, or there is nothing to be inside of.
    Inside,
    Outside,
    Far,
}

/// The jurisdictions of one snapshot, prepared for many questions.
pub struct Jurisdictions {
    areas: Vec<(Shape, PreparedArea)>,
}

impl Jurisdictions {
    /// Cost: proportional to the vertices of all jurisdictions.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut areas = Vec::new();
        snapshot.layer(Layer::Jurisdictions).for_each(&mut |row| {
            if let Some(shape) = row.shape() {
                let prepared = PreparedArea::new(&shape);
                areas.push((shape, prepared));
            }
        });
        Self { areas }
    }

    pub fn standing(&self, layer: Layer, feature: &Feature) -> Standing {
        if self.areas.is_empty() || !layer.declaration().bound_to_jurisdiction {
            return Standing::Inside;
        }
        match &feature.geometry {
            None => Standing::Inside,
            Some(shape) => self.standing_of(shape.anchor().0),
        }
    }

    fn standing_of(&self, at: Coord) -> Standing {
        if self.areas.iter().any(|(_, prepared)| prepared.contains(at)) {
            return Standing::Inside;
        }
        let near = self.areas.iter().any(|(shape, _)| distance_to_shape_m(at, shape) <= FAR_M);
        if near { Standing::Outside } else { Standing::Far }
    }

    /// The standing to store, or the refusal of a place that is far outside unless `force` is given.
    pub fn admit(&self, layer: Layer, feature: &Feature, force: bool) -> Result<Standing, AppError> {
        match self.standing(layer, feature) {
            Standing::Far if force => Ok(Standing::Outside),
            Standing::Far => Err(invalid("/geometry", self.far(feature))),
            near => Ok(near),
        }
    }

    fn far(&self, feature: &Feature) -> String {
        let at = feature.geometry.as_ref().map_or(Coord::default(), |shape| shape.anchor().0);
        let swapped = Coord { x: at.y, y: at.x };
        let guess = if self.standing_of(swapped) == Standing::Inside {
            "with longitude and latitude swapped it would lie inside: put the longitude first"
        } else {
            "is it in another coordinate system or zone (--crs, crs=)? Of an extract, --boundary takes what is inside"
        };
        format!("lies more than 5 km outside every jurisdiction: {guess}; --force (force=true) takes it as it is")
    }
}

/// The jurisdictions of the newest state, prepared once for as long as they stay the same.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Option<(Arc<LayerSnapshot>, Arc<Jurisdictions>)>>);

impl Cache {
    pub fn of(&self, snapshot: &Snapshot) -> Arc<Jurisdictions> {
        let newest = snapshot.layer_handle(Layer::Jurisdictions);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((layer, prepared)) = kept.as_ref()
            && Arc::ptr_eq(layer, &newest)
        {
            return prepared.clone();
        }
        let prepared = Arc::new(Jurisdictions::of(snapshot));
        *kept = Some((newest, prepared.clone()));
        prepared
    }
}

//! The units that cases are counted on: road sections, or the cells of a lattice that stays where it is when data grow.

use std::sync::Arc;

use geo::{Coord, LineString, Polygon};

use crate::analysis::hotspots::lattice::{Block, Cell as LatticeCell, Lattice, Shape as CellShape};
use crate::analysis::hotspots::neighbourhood::{Around, Discs, Neighbourhood};
use crate::analysis::hotspots::sections::OnSection;
use crate::analysis::hotspots::weights::Weights;
use crate::analysis::hotspots::{HotspotError, Position};
use crate::app::effort::Exposure;
use crate::app::hotspots::THREADS;
use crate::app::hotspots::grid;
use crate::app::hotspots::question::{Figure, HotspotsQuestion, Unit};
use crate::app::hotspots::town::Town;
use crate::app::selection::{Case, Cases};
use crate::app::texts::question;
use crate::app::{App, AppError};
use crate::formats::sheet::{Cell, significant};
use crate::spatial::crs::Crs;
use crate::spatial::foot::plane_at;
use crate::spatial::shape::{Envelope, Shape};
use crate::world::Snapshot;

/// Columns that a row begins with.
pub(super) const ON_SECTIONS: [&str; 5] = ["external_id", "name", "length_m", "count", "rate_per_100m"];
pub(super) const ON_CELLS: [&str; 3] = ["cell", "count", "rate_per_km2"];

/// A lattice over the cases.
pub(crate) struct Grid {
    pub crs: Crs,
    pub lattice: Lattice,
    pub block: Block,
}

pub(crate) enum Ground {
    Sections(Arc<Town>),
    Grid(Box<Grid>),
}

/// Units with the cases on them. Slices of units have the same length; so have slices of cases.
pub(crate) struct Units {
    pub ground: Ground,
    /// The cases that are used, by id.
    pub cases: Vec<Case>,
    /// The unit of each.
    pub unit_of: Vec<u32>,
    /// Planar metres of each, in the frame of the units.
    pub positions: Vec<Position>,
    pub counts: Vec<u32>,
    /// Planar metres of each unit's middle.
    pub middles: Vec<Position>,
    /// Metres of section, or square metres of cell.
    pub sizes: Vec<f64>,
    /// Patrol effort on each section; none when cases are weighed against size.
    pub effort: Option<Effort>,
}

/// Patrol effort that cases are weighed against.
pub(crate) struct Effort {
    pub exposure: Exposure,
    /// On each section.
    pub amounts: Vec<f64>,
    /// Cases on each section while its effort is on record: others must not be divided by it.
    pub counts: Vec<u32>,
}

/// Who lies around each unit.
pub(crate) enum Near {
    Sections(Arc<Weights>),
    Cells(Discs),
}

impl Neighbourhood for Near {
    fn units(&self) -> usize {
        match self {
            Self::Sections(weights) => weights.units(),
            Self::Cells(discs) => discs.units(),
        }
    }

    fn around(&self, counts: &[u32], exposures: &[f64]) -> Vec<Around> {
        match self {
            Self::Sections(weights) => weights.around(counts, exposures),
            Self::Cells(discs) => discs.around(counts, exposures),
        }
    }
}

/// A plane that touches the globe in the middle of an area. Within 20 km of it lengths err by less than 0.4 %: good for
/// kernels and circles, not for lengths that are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    origin: Coord,
    scale: (f64, f64),
}

impl Frame {
    pub fn over(envelope: Envelope) -> Self {
        let origin = envelope.centre();
        Self { origin, scale: plane_at(origin.y) }
    }

    pub fn of(&self, at: Coord) -> Position {
        [(at.x - self.origin.x) * self.scale.0, (at.y - self.origin.y) * self.scale.1]
    }
}

/// The box round some places.
pub(crate) fn envelope_of<'a>(places: impl Iterator<Item = &'a Coord>) -> Envelope {
    let mut envelope = Envelope::EMPTY;
    places.for_each(|at| envelope.include(*at));
    envelope
}

impl Units {
    /// Counts the cases; those that have no unit are dropped in `cases` with the reason.
    pub fn new(
        app: &App,
        snapshot: &Snapshot,
        asked: &HotspotsQuestion,
        cases: &mut Cases,
        exposure: Option<Exposure>,
    ) -> Result<Self, AppError> {
        match asked.unit {
            Unit::Sections => Self::on_sections(app, snapshot, cases, exposure),
            Unit::Grid => Self::on_grid(snapshot, asked, cases),
        }
    }

    fn on_sections(
        app: &App,
        snapshot: &Snapshot,
        cases: &mut Cases,
        exposure: Option<Exposure>,
    ) -> Result<Self, AppError> {
        let Some(town) = app.0.towns.of(snapshot) else {
            let detail = "there are no road sections stored: import some (patrolmap import-osm), or ask with unit=grid";
            return Err(question("unit", detail));
        };
        let frame = Frame::over(envelope_of(town.middles.iter()));
        let mut counts = vec![0; town.len()];
        let (mut used, mut unit_of, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        let mut without = 0;
        for case in &cases.all {
            match case.section.and_then(|id| town.number(id)) {
                None => without += 1,
                Some(section) => {
                    counts[section as usize] += 1;
                    used.push(*case);
                    unit_of.push(section);
                    positions.push(frame.of(case.place));
                }
            }
        }
        if without > 0 {
            cases.dropped.insert("no-section", without);
        }
        let effort = exposure.map(|exposure| {
            let amounts = town.ids.iter().map(|id| exposure.by_section.get(id).copied().unwrap_or(0.0)).collect();
            let mut counts = vec![0; town.len()];
            for (case, section) in used.iter().zip(&unit_of) {
                counts[*section as usize] += u32::from(exposure.covers(town.ids[*section as usize], case.at));
            }
            Effort { exposure, amounts, counts }
        });
        Ok(Self {
            cases: used,
            unit_of,
            positions,
            counts,
            middles: town.middles.iter().map(|at| frame.of(*at)).collect(),
            sizes: town.streets.lengths().to_vec(),
            effort,
            ground: Ground::Sections(town),
        })
    }

    fn on_grid(snapshot: &Snapshot, asked: &HotspotsQuestion, cases: &mut Cases) -> Result<Self, AppError> {
        let middle = grid::middle(snapshot);
        let crs = match &asked.grid_crs {
            Some(name) => grid::chosen(name, middle)?,
            None => grid::utm_zone(middle)?,
        };
        let lattice = Lattice::new(CellShape::Square, asked.cell_m, crs.name()).map_err(|error| refused(&error))?;
        let (mut used, mut positions) = (Vec::new(), Vec::new());
        let mut outside = 0;
        for case in &cases.all {
            match crs.from_wgs84(case.place.x, case.place.y) {
                Ok((x, y)) if x.is_finite() && y.is_finite() => {
                    used.push(*case);
                    positions.push([x, y]);
                }
                _ => outside += 1,
            }
        }
        if outside > 0 {
            cases.dropped.insert("outside-grid-crs", outside);
        }
        if used.is_empty() {
            return Err(question("grid_crs", "holds no case: leave it out, and the UTM zone of the town is taken"));
        }
        grid::check_extent(snapshot, &lattice, &positions, &used)?;
        let on_cells = grid::on_cells(&positions);
        let block = lattice.count(&on_cells).map_err(|error| refused(&error))?;
        let unit_of = on_cells
            .iter()
            .map(|at| {
                let cell = lattice.cell(*at);
                let (row, column) = (cell.row - block.first.row, cell.column - block.first.column);
                (row as usize * block.columns + column as usize) as u32
            })
            .collect();
        let cells = block.counts.len();
        Ok(Self {
            cases: used,
            unit_of,
            positions,
            counts: block.counts.clone(),
            middles: (0..cells).map(|index| lattice.centre(block.cell(index))).collect(),
            sizes: vec![lattice.area_m2(); cells],
            effort: None,
            ground: Ground::Grid(Box::new(Grid { crs, lattice, block })),
        })
    }

    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn town(&self) -> Option<&Town> {
        match &self.ground {
            Ground::Sections(town) => Some(town),
            Ground::Grid(_) => None,
        }
    }

    /// Units that touch: sections at a junction, cells at a side or a corner.
    pub fn touching(&self) -> Result<Arc<Weights>, HotspotError> {
        match &self.ground {
            Ground::Sections(town) => Ok(town.touching()),
            Ground::Grid(grid) => Ok(Arc::new(grid.lattice.neighbours(&grid.block)?)),
        }
    }

    /// Units within a distance: along the streets, or between middles of cells.
    pub fn band(&self, distance_m: f64) -> Result<Arc<Weights>, HotspotError> {
        match &self.ground {
            Ground::Sections(town) => town.band(distance_m),
            Ground::Grid(grid) => {
                let (columns, rows) = (grid.block.columns, grid.block.rows);
                Ok(Arc::new(Weights::within(columns, rows, grid.lattice.size_m, distance_m)?))
            }
        }
    }

    /// The same where only sums are wanted: cells need no lists for them.
    pub fn neighbourhood(&self, distance_m: f64) -> Result<Near, HotspotError> {
        match &self.ground {
            Ground::Sections(town) => Ok(Near::Sections(town.band(distance_m)?)),
            Ground::Grid(grid) => {
                let (columns, rows) = (grid.block.columns, grid.block.rows);
                Ok(Near::Cells(Discs::new(columns, rows, grid.lattice.size_m, distance_m, THREADS)?))
            }
        }
    }

    /// Lengths of sections, by which shares of the streets are taken; none on cells, which are all alike.
    pub fn unlike_sizes(&self) -> Option<&[f64]> {
        self.town().map(|_| &self.sizes[..])
    }

    /// What cases are weighed against: patrol effort, else size.
    pub fn exposures(&self) -> &[f64] {
        self.effort.as_ref().map_or(&self.sizes, |effort| &effort.amounts)
    }

    /// The cases that are weighed against it.
    pub fn weighed(&self) -> &[u32] {
        self.effort.as_ref().map_or(&self.counts, |effort| &effort.counts)
    }

    /// Whether a used case may be weighed: it happened while its section's effort is on record.
    pub fn is_weighed(&self, case: usize) -> bool {
        let (Some(effort), Some(town)) = (&self.effort, self.town()) else { return true };
        effort.exposure.covers(town.ids[self.unit_of[case] as usize], self.cases[case].at)
    }

    /// A usual reach in the plane, shorter where the units do not lie that far apart.
    pub fn reach_in_plane(&self, usual_m: f64) -> f64 {
        let span = |axis: usize| {
            let values = self.middles.iter().chain(&self.positions).map(|at| at[axis]);
            let (least, most) = values.fold((f64::MAX, f64::MIN), |(least, most), at| (least.min(at), most.max(at)));
            (most - least).max(0.0)
        };
        within(usual_m, span(0).hypot(span(1)))
    }

    /// The same along the streets.
    pub fn reach_along_streets(&self, usual_m: f64) -> f64 {
        within(usual_m, self.sizes.iter().sum())
    }

    /// Whether anybody looked at the unit, as far as is known: where cases were seen, somebody did.
    pub fn observed(&self, unit: usize) -> bool {
        self.counts[unit] > 0 || self.patrolled(unit)
    }

    /// Whether the unit has patrol effort on record, or none is asked about.
    pub fn patrolled(&self, unit: usize) -> bool {
        self.effort.as_ref().is_none_or(|effort| effort.amounts[unit] > 0.0)
    }

    /// Counts or rates, as asked; 0 where nobody looked.
    pub fn values(&self, figure: Figure) -> Vec<f64> {
        let exposures = self.exposures();
        let value = |unit: usize| match figure {
            Figure::Count => f64::from(self.counts[unit]),
            Figure::Rate if exposures[unit] > 0.0 => f64::from(self.weighed()[unit]) / exposures[unit],
            Figure::Rate => 0.0,
        };
        (0..self.len()).map(value).collect()
    }

    /// Places of the used cases on their sections.
    pub fn places(&self) -> Option<Vec<OnSection>> {
        let town = self.town()?;
        self.cases.iter().map(|case| town.place(case)).collect()
    }

    /// Names of the cells that every row begins with.
    pub fn columns(&self) -> Vec<&'static str> {
        let mut columns = match &self.ground {
            Ground::Sections(_) => ON_SECTIONS.to_vec(),
            Ground::Grid(_) => ON_CELLS.to_vec(),
        };
        if let Some(effort) = &self.effort {
            columns.extend(match effort.exposure.measure {
                crate::app::effort::Measure::Minutes => ["effort_minutes", "rate_per_patrol_hour"],
                crate::app::effort::Measure::Passes => ["effort_passes", "rate_per_pass"],
            });
            columns.extend(["count_in_effort", "observed"]);
        }
        columns
    }

    /// The cells that a unit's row begins with.
    pub fn cells(&self, unit: usize) -> Vec<Cell> {
        let count = f64::from(self.counts[unit]);
        let mut cells: Vec<Cell> = match &self.ground {
            Ground::Sections(town) => vec![
                town.external_ids[unit].clone().into(),
                town.names[unit].clone().into(),
                significant(self.sizes[unit], 7).into(),
                self.counts[unit].into(),
                significant(count * 100.0 / self.sizes[unit], 6).into(),
            ],
            Ground::Grid(grid) => {
                let LatticeCell { row, column } = grid.block.cell(unit);
                let rate = significant(count * 1e6 / self.sizes[unit], 6);
                vec![format!("{column}:{row}").into(), self.counts[unit].into(), rate.into()]
            }
        };
        if let Some(effort) = &self.effort {
            let per = match effort.exposure.measure {
                crate::app::effort::Measure::Minutes => 60.0,
                crate::app::effort::Measure::Passes => 1.0,
            };
            let (amount, weighed) = (effort.amounts[unit], effort.counts[unit]);
            cells.push(significant(amount, 7).into());
            cells.push((amount > 0.0).then(|| significant(f64::from(weighed) * per / amount, 6)).into());
            cells.extend([weighed.into(), Cell::Truth(amount > 0.0)]);
        }
        cells
    }

    pub fn id(&self, unit: usize) -> Option<i64> {
        self.town().map(|town| town.ids[unit].0)
    }

    pub fn shape(&self, unit: usize) -> Option<Shape> {
        match &self.ground {
            Ground::Sections(town) => Some(town.shapes[unit].clone()),
            Ground::Grid(grid) => {
                let corners = grid.lattice.corners(grid.block.cell(unit));
                let ring: Option<Vec<Coord>> = corners
                    .iter()
                    .map(|[x, y]| grid.crs.to_wgs84(*x, *y).ok().map(|(x, y)| Coord { x: rounded(x), y: rounded(y) }))
                    .collect();
                Some(Shape::Polygon(Polygon::new(LineString(ring?), Vec::new())))
            }
        }
    }
}

/// Half of the extent where that is less than what is usual.
fn within(usual_m: f64, extent_m: f64) -> f64 {
    if extent_m > 0.0 { usual_m.min(extent_m / 2.0) } else { usual_m }
}

/// On the grid that is stored.
fn rounded(degrees: f64) -> f64 {
    (degrees * crate::spatial::shape::GRID).round() / crate::spatial::shape::GRID
}

/// A question that cannot be answered as it was asked.
pub(crate) fn refused(error: &HotspotError) -> AppError {
    let name = match error {
        HotspotError::LargerThanCity { .. } => "bandwidth_m",
        HotspotError::TooMany { what: "cells", .. } => "cell_m",
        HotspotError::Alpha(_) => "alpha",
        _ => "method",
    };
    question(name, error.to_string())
}
